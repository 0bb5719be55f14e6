"""What a what-if comes to: figures by municipality and month, before and after, with the cases behind each."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.basis import Basis
from domain.population import Population
from domain.rows import Row, Wait
from domain.settle import Settled, settle
from domain.settled import SettledCase
from domain.spells import PAID, READY, spells_of
from domain.whatif import Difference, Otherwise, Scope, month_of

SETTLED_DAYS, SETTLED_SEK = "settled-days", "settled-sek"
"""What a month comes to when it is settled, means and single patients together."""


@dataclass(frozen=True)
class WhatIfCase:
    """One case behind a figure: what it is as things are, and what it would have been."""

    id: UUID
    """Of the row."""
    journey: UUID
    stay: UUID | None
    party: str | None
    role: str | None
    unit: str | None
    before: str | float | None
    """A state of a duty, or a number of days; ``None``: nothing."""
    after: str | float | None
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class WhatIfFigure:
    """One figure of one municipality and month."""

    municipality: str | None
    """SCB code."""
    month: str
    """In Sweden: when a duty was due, when days ended."""
    what: str
    """A rule that is missed, W-06 or W-11, or ``SETTLED_DAYS`` and ``SETTLED_SEK`` of the whole month."""
    unit: str
    """``misses``, ``dates`` or ``SEK``."""
    before: float | None
    after: float | None
    """``None`` where it cannot be told; ``missing`` says why."""
    missing: str | None
    cases: tuple[WhatIfCase, ...]

    @property
    def difference(self) -> float | None:
        """After less before."""
        return None if self.before is None or self.after is None else round(self.after - self.before, 4)


def figures(
    found: Difference, scope: Scope, basis: Basis, other: Basis, population: Population
) -> list[WhatIfFigure]:
    """Misses of each rule, days and money, wherever one of the two has any. By municipality, month and figure.

    ``other`` is the basis under which things would have been; the same one where a step is taken sooner.
    """
    made = [
        *_misses(found),
        *_days(found, scope, READY),
        *_days(found, scope, PAID),
        *_settled(found, basis, other, population),
    ]
    return sorted(made, key=lambda one: (one.municipality or "", one.month, one.what))


def _misses(found: Difference) -> Iterable[WhatIfFigure]:
    changed: defaultdict[tuple[str | None, str, str], list[Otherwise]] = defaultdict(list)
    for one in found.otherwise:
        duty = one.missed
        assert duty.due_at is not None
        changed[duty.municipality, month_of(duty.due_at), duty.rule].append(one)
    for place in {**found.before, **found.after}:
        municipality, month, rule = place
        yield WhatIfFigure(
            municipality,
            month,
            rule,
            "misses",
            found.before[place],
            found.after[place],
            None,
            tuple(_case(one.missed, one.before, one.after, lambda row: row.state) for one in changed[place]),
        )


def _days(found: Difference, scope: Scope, measure: str) -> Iterable[WhatIfFigure]:
    """Days by the municipality whose they are and the month in which they ended, or in which they are asked about."""
    before = {row.id: row for row in found.waits_before if row.rule == measure}
    after = {row.id: row for row in found.waits_after if row.rule == measure}
    places: defaultdict[tuple[str | None, str], list[tuple[Wait | None, Wait | None]]] = defaultdict(list)
    for id_ in {**before, **after}:
        was, would = before.get(id_), after.get(id_)
        row = was or would
        assert row is not None
        places[_whose(row), month_of(row.ended_at or scope.now)].append((was, would))
    for (municipality, month), pairs in places.items():
        yield WhatIfFigure(
            municipality,
            month,
            measure,
            "dates",
            sum(_value(was) for was, _ in pairs),
            sum(_value(would) for _, would in pairs),
            None,
            tuple(
                _case(was or would, was, would, lambda row: row.value)
                for was, would in pairs
                if _value(was) != _value(would)
            ),
        )


def _settled(found: Difference, basis: Basis, other: Basis, population: Population) -> Iterable[WhatIfFigure]:
    """Each month as it is settled and as it would have been: means and single patients together."""
    first, second = spells_of(found.waits_before), spells_of(found.waits_after)
    places = {(one.municipality, one.month) for one in (*first, *second) if one.municipality is not None}
    for municipality, month in sorted(places):
        was = settle(municipality, month, first, basis, population)
        would = settle(municipality, month, second, other, population)
        cases = tuple(_settled_cases(was, would))
        yield WhatIfFigure(
            municipality, month, SETTLED_DAYS, "dates", _paid_days(was), _paid_days(would), None, cases
        )
        sums = _paid_sek(was), _paid_sek(would)
        yield WhatIfFigure(municipality, month, SETTLED_SEK, "SEK", *sums, _why_no_sum(was, would), cases)


def _paid_days(settled: Settled) -> float:
    return float(sum(mean.billable for mean in settled.means)) + settled.singly.days


def _paid_sek(settled: Settled) -> float | None:
    """In SEK; ``None`` where the amount of any day is not known."""
    sums = [*(mean.amount for mean in settled.means), settled.singly.amount]
    return None if None in sums else float(sum(amount for amount in sums if amount is not None))


def _why_no_sum(*months: Settled) -> str | None:
    reasons = [
        why
        for month in months
        for why in (*(mean.amount_missing for mean in month.means), month.singly.amount_missing)
        if why
    ]
    return " ".join(dict.fromkeys(reasons)) or None


def _settled_cases(was: Settled, would: Settled) -> Iterable[WhatIfCase]:
    """The stays that count otherwise."""
    first, second = ({(c.stay, c.id): c for c in month.cases} for month in (was, would))
    for key in {**first, **second}:
        before, after = first.get(key), second.get(key)
        case = before or after
        assert case is not None
        one, other = _as_counted(before), _as_counted(after)
        if one != other:
            yield WhatIfCase(case.id, case.journey, case.stay, None, None, None, one, other)


def _as_counted(case: SettledCase | None) -> str | None:
    return None if case is None else f"{case.counted}: {case.days} days"


def _whose(row: Wait) -> str | None:
    """Days that are paid for are the payer's, also after the patient has moved."""
    kind, _, code = (row.party or "").partition(":")
    return code if row.rule == PAID and kind == "municipality" else row.municipality


def _value(row: Wait | None) -> float:
    return 0.0 if row is None or row.value is None else row.value


def _case(
    about: Row | None, was: Row | None, would: Row | None, said: Callable[[Row], str | float | None]
) -> WhatIfCase:
    assert about is not None
    return WhatIfCase(
        about.id,
        about.journey,
        about.stay,
        about.party,
        about.role,
        about.unit,
        None if was is None else said(was),
        None if would is None else said(would),
        about.facts,
    )


@dataclass(frozen=True)
class Haste:
    """Which misses of a rule a quicker step would have saved."""

    saved: int
    still_late: int
    """Done, and still too late."""
    never_done: int
    """Nothing was done that could have been quicker."""

    @property
    def misses(self) -> int:
        """All of them."""
        return self.saved + self.still_late + self.never_done


def haste(found: Difference) -> Haste:
    """Counts over the misses that were asked about."""
    never = sum(was.state == "missed" for was, _ in found.asked)
    saved = sum(
        was.state == "late" and (would is None or would.state != "late") for was, would in found.asked
    )
    return Haste(saved, len(found.asked) - never - saved, never)


def changed(figures: Sequence[WhatIfFigure]) -> list[WhatIfFigure]:
    """Those that would have been otherwise, also where as many misses come as go."""
    return [one for one in figures if one.before != one.after or (one.unit == "misses" and one.cases)]


def telling(figures: Sequence[WhatIfFigure]) -> list[WhatIfFigure]:
    """Those of ``changed`` that say something of their own: no sum that cannot be told, no days told before."""
    paid = {(one.municipality, one.month): (one.before, one.after) for one in figures if one.what == PAID}
    return [
        one
        for one in changed(figures)
        if not (
            one.what == SETTLED_DAYS and paid.get((one.municipality, one.month)) == (one.before, one.after)
        )
        and not (one.what == SETTLED_SEK and one.difference is None)
    ]
