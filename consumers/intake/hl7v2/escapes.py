"""Undoes the escapes of a field's text (HL7 v2, chapter 2, use of escape sequences in text fields).

The ``hl7`` library has a function for it, which writes what it cannot undo into the log and repeats line breaks as
often as a message says; neither may happen with a patient's words.
"""

import re
from functools import cache
from typing import Final

_BREAKS_MAX: Final = 100
_HEX = re.compile(r"X((?:[0-9A-Fa-f]{2})+)")
_FORMAT = re.compile(r"\.(br|sp|ce|in|ti|sk|fi|nf)([+-]?\d{0,3})")


def unescaped(text: str, separator: str, signs: str, codec: str) -> str:
    """The text as it was meant; an escape that is not known stays as it is.

    ``signs`` are component, repetition, escape and subcomponent sign; bytes in hex are read in the message's own
    character set.
    """
    component, repetition, escape, subcomponent = (signs[number] for number in range(4))
    if escape not in text:
        return text
    plain = {
        "F": separator,
        "S": component,
        "T": subcomponent,
        "R": repetition,
        "E": escape,
        "P": "#",
        "H": "",
        "N": "",
    }

    def meant(match: re.Match[str]) -> str:
        inner = match[1]
        if inner in plain:
            return plain[inner]
        if found := _HEX.fullmatch(inner):
            return _bytes(found[1], codec)
        if found := _FORMAT.fullmatch(inner):
            return _layout(found[1], found[2])
        return match[0]

    return _between(escape).sub(meant, text)


@cache
def _between(escape: str) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(escape)}([^{re.escape(escape)}]*){re.escape(escape)}")


def _bytes(digits: str, codec: str) -> str:
    raw = bytes.fromhex(digits)
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _layout(command: str, times: str) -> str:
    number = min(int(times), _BREAKS_MAX) if times.isdigit() else 1
    if command in ("br", "sp", "ce"):
        return "\n" * number
    return " " * number if command == "sk" else ""
