"""What is wrong with a value of an agreement file, and how to mend it, in words for the person who wrote it."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from domain.agreement import AgreedAmount

UNCONFIRMED = "unconfirmed"


class Wrong(NamedTuple):
    """A sentence on what is wrong, and one on how to mend it."""

    what: str
    mend: str


_BY_TYPE = {
    "int_type": Wrong("This is not a whole number.", "Write it as in `= 3`, without quotation marks."),
    "int_parsing": Wrong("This is not a whole number.", "Write it as in `= 3`, without quotation marks."),
    "float_type": Wrong("This is not a number.", "Write it as in `= 3` or `= 2.5`, without quotation marks."),
    "bool_type": Wrong("This is neither true nor false.", "Write `= true` or `= false`."),
    "string_type": Wrong("This is not a text.", 'Write it in quotation marks, as in `= "text"`.'),
    "string_pattern_mismatch": Wrong(
        "This is not an id.", 'Write small letters a to z, digits and hyphens, as in "vastra-gotaland".'
    ),
    "missing": Wrong("This is missing.", "Each amount needs `valid_from` and `sek`."),
    "tuple_type": Wrong("This is not a list.", 'Write it in brackets, as in `= ["psychiatric"]`.'),
    "model_type": Wrong(
        "This is not an amount.",
        "Write `[[payment.amounts]]` on a line of its own, and its keys on those after it.",
    ),
}
_NO_DAY = Wrong("This is not a day.", "Write it as in `= 2026-01-31`, without quotation marks.")
_NO_TIME = Wrong("This is not a time of day.", 'Write it as in `= 12:00:00`, or "none".')


def what_is_wrong(error: Mapping[str, Any]) -> Wrong:
    """One of pydantic's errors as sentences."""
    kind: str = error["type"]
    said = error.get("ctx", {})
    if kind.startswith("date_"):
        return _NO_DAY
    if kind.startswith("time_"):
        return _NO_TIME
    if kind == "greater_than_equal":
        return Wrong("The number is too small.", f"It is {said['ge']} or more.")
    if kind == "less_than_equal":
        return Wrong("The number is too large.", f"It is {said['le']} or less.")
    if kind == "literal_error":
        return Wrong(
            "There is no such choice.", f"It is {said['expected']}.{_near(error['input'], said['expected'])}"
        )
    if kind == "extra_forbidden":
        name, known = str(error["loc"][-1]), list(AgreedAmount.model_fields)
        near = get_close_matches(name, known, n=1)
        meant = f"Did you mean {near[0]}?" if near else f"An amount has {', '.join(known)}."
        return Wrong("An amount has no such key.", meant)
    return _BY_TYPE.get(kind) or Wrong("This cannot be used.", f"{error['msg']}.")


def _near(given: object, expected: str) -> str:
    choices = expected.split("'")[1::2]
    near = get_close_matches(given, choices, n=1) if isinstance(given, str) else []
    return f" Did you mean {near[0]}?" if near else ""
