"""What the values of an agreement must be to each other: keys that mean nothing in its model, days out of order, gaps."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from domain.agreement import AVERAGE, CAPPED, INDIVIDUAL
from domain.agreement_words import Wrong
from domain.reference import municipality, region

Said = Mapping[str, Any]
"""What a file says and confirms, as TOML has it; the values are valid each by itself."""
Found = Iterator[tuple[str, Wrong]]

_OF_AVERAGES = ("threshold_days", "count_day_zero", "rounding")
_OF_CAPS = ("individual_cap_days", "capped")
_OF_SINGLE_PATIENTS = ("free_days", "cutoff_local_time")


def senseless(said: Said, unconfirmed: Collection[str]) -> Found:
    """Each key that has no sense beside the others, with what is wrong; nobody knows what ``unconfirmed`` ones say."""
    yield from _days(said)
    yield from _parties(said)
    yield from _windows(said.get("limits", {}))
    payment = said.get("payment", {})
    yield from _model(said, payment, unconfirmed)
    yield from _amounts(payment, unconfirmed)
    freeze = payment.get("freeze_day_of_month")
    dispute = said.get("limits", {}).get("dispute_day_of_month")
    if freeze is not None and dispute is not None and freeze <= dispute:
        what = f"A month is frozen from day {freeze} on, but may be contested until day {dispute}."
        yield "payment.freeze_day_of_month", Wrong(what, "Freeze it on a later day.")


def _days(said: Said) -> Found:
    begins, ends = _day(said.get("valid_from")), _day(said.get("valid_to"))
    if begins and ends and ends < begins:
        what = f"valid_to, {ends}, is before valid_from, {begins}."
        yield "valid_to", Wrong(what, "The last day is the first one or later.")
    if said.get("care_forms") and said.get("excluded_care_forms"):
        what = "care_forms and excluded_care_forms cannot both be given."
        yield "excluded_care_forms", Wrong(what, "Name the care forms it is for, or those it is not for.")
    if said.get("supplements") is not None and said.get("supplements") == said.get("id"):
        yield (
            "supplements",
            Wrong("An agreement cannot supplement itself.", "Give the id of the overall one."),
        )


def _parties(said: Said) -> Found:
    regions = said.get("regions", [])
    for code in said.get("municipalities", []):
        if regions and code[:2] not in regions:
            named = " or ".join(region(one).name for one in regions)
            what = f"{municipality(code).name} ({code}) does not lie in {named}."
            yield "municipalities", Wrong(what, "Name its region too, or leave it out.")


def _windows(limits: Said) -> Found:
    opens, closes = limits.get("follow_up_from_hours"), limits.get("follow_up_within_hours")
    if opens is not None and closes is not None and closes < opens:
        what = f"The follow-up window closes after {closes} hours, before it opens after {opens}."
        yield "limits.follow_up_within_hours", Wrong(what, "It closes when it opens, or later.")


def _model(said: Said, payment: Said, unconfirmed: Collection[str]) -> Found:
    """What means nothing in the model, and what it cannot be without. An unknown model says nothing of either."""
    if "payment.model" in unconfirmed or ("model" not in payment and "supplements" in said):
        return
    model = payment.get("model", INDIVIDUAL)
    given = [*payment, *(key.removeprefix("payment.") for key in unconfirmed if key.startswith("payment."))]
    for names, fits, where in (
        (_OF_AVERAGES, model != INDIVIDUAL, f'model = "{AVERAGE}", or "{CAPPED}"'),
        (_OF_CAPS, model == CAPPED, f'model = "{CAPPED}"'),
        (
            _OF_SINGLE_PATIENTS,
            model != AVERAGE,
            "models that reckon patients singly; a mean has threshold_days",
        ),
    ):
        for name in given:
            if name in names and not fits:
                what = f'This means nothing where the model is "{model}".'
                yield f"payment.{name}", Wrong(what, f"Leave it out; it belongs to {where}.")
    if model != INDIVIDUAL and "threshold_days" not in given:
        yield "payment.model", _without("threshold_days")
    if model == CAPPED and "individual_cap_days" not in given:
        yield "payment.model", _without("individual_cap_days")


def _without(name: str) -> Wrong:
    what = f"This model cannot be reckoned without {name}, which is not given."
    return Wrong(what, f'Give it, or write `{name} = "unconfirmed"`: then the statute\'s rule holds.')


def _amounts(payment: Said, unconfirmed: Collection[str]) -> Found:
    amounts = payment.get("amounts", [])
    local = payment.get("amount_source") == "local"
    if amounts and not local and "payment.amount_source" not in unconfirmed:
        mend = 'Write `amount_source = "local"`, or leave the amounts out.'
        yield "payment.amounts", Wrong("Amounts of one's own are used only with a local amount source.", mend)
    if local and not amounts and "payment.amounts" not in unconfirmed:
        mend = 'Add `[[payment.amounts]]`, or write `amounts = "unconfirmed"`.'
        yield "payment.amount_source", Wrong("The amounts are local, and none is given.", mend)
    spans = sorted(
        (_day(one["valid_from"]) or date.min, _day(one.get("valid_to")) or date.max, number)
        for number, one in enumerate(amounts)
    )
    for begins, ends, number in spans:
        if ends < begins:
            what = f"valid_to, {ends}, is before valid_from, {begins}."
            yield f"payment.amounts.{number}.valid_to", Wrong(what, "The last day is the first one or later.")
    for (_, ends, before), (begins, _, number) in pairwise(spans):
        if begins <= ends:
            what = f"From {begins} on, amount {before + 1} of the file holds already."
            mend = "Give that one a `valid_to` before this day."
            yield f"payment.amounts.{number}.valid_from", Wrong(what, mend)


def _day(value: object) -> date | None:
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
