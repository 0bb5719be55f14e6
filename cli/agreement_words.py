"""How agreements read to people: parties, validity, models, values, and why one holds and another does not."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from domain import reference
from domain.agreed_values import AGREEMENT, OVERALL, AgreedValue
from domain.agreement import AVERAGE, CAPPED, INDIVIDUAL, AgreedAmount, Agreement

MODELS = {INDIVIDUAL: "each patient", AVERAGE: "monthly average", CAPPED: "monthly average with a cap"}
NOT_SAID = "-"


def parties(agreement: Agreement) -> str:
    """Whom it binds, by name."""
    regions = ", ".join(reference.region(code).name for code in agreement.regions)
    names = ", ".join(reference.municipality(code).name for code in agreement.municipalities)
    if names:
        return f"{regions} with {names}" if regions else names
    return f"{regions} and its municipalities" if len(agreement.regions) == 1 else regions or "everybody"


def validity(agreement: Agreement) -> str:
    """From and until when it holds."""
    if agreement.valid_from is None and agreement.valid_to is None:
        return "always"
    begins = f"from {agreement.valid_from}" if agreement.valid_from else ""
    ends = f"until {agreement.valid_to}" if agreement.valid_to else ""
    return " ".join(filter(None, (begins, ends)))


def care_forms(agreement: Agreement) -> str:
    """Which stays it is for; empty for all."""
    if agreement.care_forms:
        return f"only for {' and '.join(agreement.care_forms)} stays"
    if agreement.excluded_care_forms:
        return f"not for {' and '.join(agreement.excluded_care_forms)} stays"
    return ""


def model(agreement: Agreement) -> str:
    """How payment is reckoned, as far as the agreement says."""
    if "payment.model" in agreement.unconfirmed:
        return "model unconfirmed"
    if "model" not in agreement.payment.model_fields_set:
        return "no payment model"
    return MODELS[agreement.payment.model]


def value(key: str, said: Any) -> str:
    """A value as people read it."""
    if said is None:
        return "no limit" if key.startswith("limits.") else "not set"
    if isinstance(said, bool):
        return "yes" if said else "no"
    if key == "payment.amounts":
        return "; ".join(map(_amount, said)) or "none"
    if isinstance(said, Sequence) and not isinstance(said, str):
        return ", ".join(map(str, said)) or "none"
    return f"{said:g}" if isinstance(said, float) else str(said)


def _amount(amount: AgreedAmount) -> str:
    until = f" until {amount.valid_to}" if amount.valid_to else ""
    return f"{amount.sek} SEK from {amount.valid_from}{until}"


def origin(found: AgreedValue) -> str:
    """From where a value is, and why it is not the agreement's own."""
    if found.origin == AGREEMENT:
        return "the agreement"
    if found.origin == OVERALL:
        return f"{found.by}, the overall one: {found.because}"
    return f"statute: {found.because}"


def source(found: AgreedValue) -> str:
    """Where it is from; of an unconfirmed one what it is said to be, and by whom."""
    if found.unused is not None:
        said = f"agreed, and not used: {value(found.key, found.unused)}"
    elif found.candidate is not None:
        said = f"said to be {value(found.key, found.candidate)}"
    else:
        return found.source or ""
    return f"{said} ({found.source})" if found.source else said


def binds_by(agreement: Agreement) -> str:
    """What it names, from the most specific."""
    named = [
        word
        for word, names in (
            ("the municipality", agreement.municipalities),
            ("care forms", agreement.care_forms or agreement.excluded_care_forms),
            ("the region", agreement.regions),
        )
        if names
    ]
    return f"it names {' and '.join(named)}" if named else "it is for everybody"


def passed_over(agreement: Agreement, winner: Agreement | None, day: date, care_form: str | None) -> str:
    """Why an agreement of these parties is not the one that holds that day."""
    if agreement.valid_to is not None and agreement.valid_to < day:
        return f"it ended on {agreement.valid_to}"
    if agreement.valid_from is not None and agreement.valid_from > day:
        return f"it holds from {agreement.valid_from}"
    if not agreement.covers(care_form):
        return f"it is {care_forms(agreement)}"
    assert winner is not None
    ours, theirs = (_names(one) for one in (agreement, winner))
    if ours != theirs:
        return f"{binds_by(agreement)}, which is less specific"
    if agreement.valid_from != winner.valid_from:
        return f"it is valid since {agreement.valid_from or 'always'}, which is earlier"
    return "it was adopted earlier"


def _names(agreement: Agreement) -> tuple[bool, bool, bool]:
    forms = agreement.care_forms or agreement.excluded_care_forms
    return bool(agreement.municipalities), bool(forms), bool(agreement.regions)
