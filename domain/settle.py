"""A municipality's month, settled: the mean of each agreement that has one, and stretches paid for singly (LUS 4:5).

Pure arithmetic in whole numbers and decimals: what is paid for never depends on how a computer stores a fraction.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from pydantic import TypeAdapter

from domain.agreed_amounts import agreed_cost, amount_of
from domain.agreement import CAPPED, STATUTE, Agreement, PaymentTerms
from domain.basis import Basis
from domain.calendar import add_days, date_difference, working_days_between
from domain.facts.settlement import Month
from domain.population import Population
from domain.reference import region_of_municipality
from domain.settled import (
    APART,
    IN_MEAN,
    LEFT_OUT,
    NO_MEAN,
    PAID_SINGLY,
    UP_TO_CAP,
    Mean,
    SettledCase,
    Singly,
)
from domain.spells import READY, Spell

_FOUR = Decimal("0.0001")
_ORE = Decimal("0.01")
_ROUNDING = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "half-up": ROUND_HALF_UP}


@dataclass(frozen=True)
class Settled:
    """What a municipality's month comes to, with the cases behind each figure."""

    means: tuple[Mean, ...]
    """By agreement."""
    singly: Singly
    cases: tuple[SettledCase, ...]


def settle(
    municipality: str, month: str, spells: Iterable[Spell], basis: Basis, population: Population
) -> Settled:
    """Settle one municipality (SCB code) and calendar month (``2026-03``); other spells are left aside.

    In a mean are the stays discharged in the month whose agreement, on the day of their notice, has an average
    model. It is reckoned by the version of that agreement in force on the month's last day, else by their own.
    """
    mine = sorted(s for s in spells if (s.municipality, s.month) == (municipality, month))
    last_day = first_day_after(month) - timedelta(days=1)
    aged_65 = population.aged_65_of_municipality(municipality)
    by_terms: dict[str, tuple[Agreement, list[SettledCase]]] = {}
    singly: list[SettledCase] = []
    others: list[SettledCase] = []
    for spell in mine:
        own = agreement_of(spell, basis)
        if spell.rule != READY:
            singly.append(_paid(spell, own, basis))
        elif own.payment.is_average:
            terms = terms_of(own, basis, last_day)
            by_terms.setdefault(terms.name, (terms, []))[1].append(_case(spell, own.payment, terms))
        else:
            others.append(_said(spell, NO_MEAN, date_difference(spell.start, spell.end), own))
    means = tuple(
        _mean(terms, cases, last_day, basis, aged_65) for _, (terms, cases) in sorted(by_terms.items())
    )
    cases = [case for _, (_, some) in sorted(by_terms.items()) for case in some]
    return Settled(means, _singly(singly), (*cases, *singly, *others))


def agreed_in(municipality: str, month: str, names: Iterable[str], basis: Basis) -> tuple[Agreement, ...]:
    """What a month is reckoned by: the agreement in force on its last day for stays of any form, then, by name, those
    that its cases rest on."""
    last_day = first_day_after(month) - timedelta(days=1)
    general = basis.agreement_for(region_of_municipality(municipality), municipality, last_day)
    found = {general.name: general}
    for name in dict.fromkeys(names):
        terms = terms_of(basis.named(name, last_day) or STATUTE, basis, last_day)
        found.setdefault(terms.name, terms)
    return tuple(found.values())


def freeze_day_agreed(agreements: Iterable[Agreement]) -> int | None:
    """From which day of the next month on a month is frozen: of several the latest, as one freeze covers them all."""
    return max(
        (a.payment.freeze_day_of_month for a in agreements if a.payment.freeze_day_of_month), default=None
    )


def dispute_day_agreed(agreements: Iterable[Agreement]) -> int | None:
    """Until which day of the next month it can be disputed: of several the latest."""
    return max(
        (a.limits.dispute_day_of_month for a in agreements if a.limits.dispute_day_of_month), default=None
    )


def first_day(month: str) -> date:
    """The first day of a calendar month, as ``2026-03``. ValueError where it is none."""
    TypeAdapter(Month).validate_python(month)
    return date(int(month[:4]), int(month[5:]), 1)


def first_day_after(month: str) -> date:
    """The first day of the month after it."""
    day = first_day(month)
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def agreement_of(spell: Spell, basis: Basis) -> Agreement:
    """The agreement that a row names; the statute where it is not on record any more."""
    return basis.named(spell.agreement, spell.start) or STATUTE


def terms_of(own: Agreement, basis: Basis, last_day: date) -> Agreement:
    """The version of a stay's agreement by which its month is reckoned: on the last day, if it has a mean then."""
    versions = [agreement for agreement in basis.agreements if agreement.id == own.id]
    valid = [agreement for agreement in versions if agreement.holds_on(last_day)]
    if not valid:
        return own
    # Of several the one valid since latest, then the last adopted.
    latest = max(enumerate(valid), key=lambda one: (one[1].valid_from or date.min, one[0]))[1]
    found = basis.named(latest.name, last_day)
    return found if found is not None and found.payment.is_average else own


# -- the mean ----------------------------------------------------------------------------------------------------


def _case(spell: Spell, own: PaymentTerms, terms: Agreement) -> SettledCase:
    """How one stay counts. Whether it is reckoned singly was decided, in mid-stay, by its own agreement's cap."""
    cap = own.individual_cap_days if own.model == CAPPED else None
    over = cap is not None and date_difference(spell.start, spell.end) > cap
    if over and own.capped == "apart":
        return _said(spell, APART, 0, terms)
    if not terms.payment.count_day_zero and spell.start == spell.end:
        return _said(spell, LEFT_OUT, 0, terms)
    end = add_days(spell.start, cap) if over and cap is not None else spell.end
    return _said(spell, UP_TO_CAP if over else IN_MEAN, _days(spell.start, end, terms.payment), terms)


def _days(start: date, end: date, terms: PaymentTerms) -> int:
    return working_days_between(start, end) if terms.day_type == "weekday" else date_difference(start, end)


def _mean(
    terms: Agreement, cases: Sequence[SettledCase], last_day: date, basis: Basis, aged_65: int | None
) -> Mean:
    counted = [case.days for case in cases if case.counted in (IN_MEAN, UP_TO_CAP)]
    number, days = len(counted), sum(counted)
    # By way of its digits: 2.1 is meant as 2.1, and not as the fraction nearest to it that a float can hold.
    threshold = Decimal(str(terms.payment.threshold_days))
    over = max(Decimal(days) - threshold * number, Decimal(0))
    billable = _rounded(over, terms.payment.rounding)
    per_day = amount_of(last_day, terms, basis.amounts)
    if billable == 0:
        amount, missing = Decimal(0), None
    elif per_day.amount is None:
        amount, missing = None, per_day.missing
    else:
        amount, missing = (billable * per_day.amount).quantize(_ORE, ROUND_HALF_UP), None
    return Mean(
        agreement=terms.name,
        discharged=number,
        days=days,
        mean=_ratio(days, number),
        threshold=threshold,
        above=over > 0,
        billable=billable,
        apart=sum(case.counted == APART for case in cases),
        left_out=sum(case.counted == LEFT_OUT for case in cases),
        sek_per_day=per_day.amount,
        amount=amount,
        amount_missing=missing,
        per_1000_aged_65=_ratio(days * 1000, aged_65),
    )


def _rounded(days: Decimal, rounding: str) -> Decimal:
    return days.quantize(Decimal(1), _ROUNDING[rounding]) if rounding in _ROUNDING else days


def _ratio(number: int, by: int | None) -> Decimal | None:
    """With four decimals, half up; none of nobody."""
    return (Decimal(number) / by).quantize(_FOUR, ROUND_HALF_UP) if by else None


# -- singly ------------------------------------------------------------------------------------------------------


def _paid(spell: Spell, own: Agreement, basis: Basis) -> SettledCase:
    owed = agreed_cost(spell.start, spell.end, own, basis.amounts)
    days = date_difference(spell.start, spell.end)
    amounts = {amount_of(add_days(spell.start, number), own, basis.amounts).amount for number in range(days)}
    return replace(
        _said(spell, PAID_SINGLY, days, own),
        agreement=own.name,
        sek_per_day=amounts.pop() if len(amounts) == 1 else None,
        amount=owed.amount,
        amount_missing=owed.missing,
    )


def _singly(cases: Sequence[SettledCase]) -> Singly:
    known = [case.amount for case in cases if case.amount is not None]
    missing = dict.fromkeys(case.amount_missing for case in cases if case.amount_missing)
    return Singly(
        stretches=len(cases),
        days=sum(case.days for case in cases),
        amount=None if missing else sum(known),
        amount_missing=" ".join(missing) or None,
    )


def _said(spell: Spell, counted: str, days: int, terms: Agreement) -> SettledCase:
    return SettledCase(
        id=spell.id,
        journey=spell.journey,
        stay=spell.stay,
        agreement=spell.agreement,
        terms=terms.name,
        start=spell.start,
        end=spell.end,
        outcome=spell.outcome,
        counted=counted,
        days=days,
        notified=spell.notified,
    )
