"""How a field's value is written on the command line, and the JSON that it gives."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from domain.calendar import format_instant, parse_instant
from domain.errors import Refused
from domain.reference import find_municipality, find_region

RECIPIENT_SAMPLE = "municipal-health,municipality=2180"
RECIPIENT_HELP = (
    "ROLE is inpatient, emergency, open-care, municipal-health or social-services; "
    f"keys are unit, municipality, received. As {RECIPIENT_SAMPLE}."
)
PRINCIPAL_SAMPLE = "2180"
PRINCIPAL_HELP = "A region (as 21) or a municipality (as 2180), by code or name."
JOURNEY_HELP = "Its id, or how it begins."
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_RECIPIENT_KEYS = {"unit": "unit", "municipality": "municipality", "received": "received_at"}


def read_recipient(text: str) -> dict[str, str]:
    """``role[,unit=...][,municipality=...][,received=...]`` as JSON. Raises ``Refused``."""
    role, *rest = (part.strip() for part in text.split(","))
    readers: Mapping[str, Callable[[str], str]] = {
        "unit": organisation,
        "municipality": municipality,
        "received": moment,
    }
    read = {"role": role}
    for part in rest:
        key, equals, value = part.partition("=")
        if not equals or key not in readers:
            raise Refused("A recipient cannot be read.", f"Write it as {RECIPIENT_SAMPLE}.")
        read[_RECIPIENT_KEYS[key]] = readers[key](value)
    return read


def organisation(text: str) -> str:
    """An HSA-id may come without its system."""
    return text if ":" in text else f"hsa:{text}"


def municipality(text: str) -> str:
    """The code of a municipality by name or code. Raises ``Refused``."""
    return find_municipality(text).code


def region(text: str) -> str:
    """The code of a region by name or code. Raises ``Refused``."""
    return find_region(text).code


def principal(text: str) -> str:
    """The code of a *huvudman*. A name that both have is the municipality's, unless it says region. Raises ``Refused``."""
    says_region = text.strip().casefold().startswith("region")
    for read in (region, municipality) if says_region else (municipality, region):
        try:
            return read(text)
        except Refused:
            continue
    raise Refused(
        "No region or municipality has that name or code.",
        "Write the two digits of a region, or the four of a municipality.",
    )


def month(text: str) -> str:
    """A calendar month. Raises ``Refused``."""
    if MONTH.fullmatch(text.strip()) is None:
        raise Refused("This is not a calendar month.", "Write it as 2026-03.")
    return text.strip()


def moment(text: str) -> str:
    """An instant; Swedish time where no offset is given. Raises ``Refused``."""
    return format_instant(parse_instant(text))


def json_object(text: str) -> Any:
    """A JSON object. Raises ``Refused``."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Refused(
            "This is not a JSON object.", 'Write it as {"unit": "hsa:..."}, in quotes of the shell.'
        )
    return read
