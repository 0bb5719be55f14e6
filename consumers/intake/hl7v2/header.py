"""The header of an HL7 v2 message, read from bytes that may be hardly readable: signs, character set, sender, event."""

import re
from dataclasses import dataclass
from typing import Final

from consumers.intake.hl7v2.charset import decoded

SIGNS: Final = "^~\\&"
"""Component, repetition, escape, subcomponent: what HL7 recommends, and what a header without its own is read by."""
SUPPORTED: Final = frozenset(
    f"A{number:02d}"
    for number in (*range(1, 9), 11, 12, 13, 16, 21, 22, 25, 28, 31, 40, 45, 47, 52, 53, 54, 55)
)
"""Trigger events of ADT that are read (HL7 table 0003)."""

_CODE = re.compile(r"[A-Z0-9]{3}", re.ASCII)
_TRIGGER = re.compile(r"[A-Z]\d\d", re.ASCII)
_ENDS = re.compile(r"[\r\n\x0b\x1c]")
_HEAD_MAX: Final = 64 * 1024
"""Bytes at the beginning that header and EVN are looked for in."""


@dataclass(frozen=True, repr=False)
class Header:
    """MSH, as far as it could be read. Its fields are as written, not unescaped."""

    separator: str
    signs: str
    """Component, repetition, escape and subcomponent sign."""
    fields: tuple[str, ...]
    """From MSH-1 on."""
    codec: str
    code: str
    """The message code (MSH-9.1) in capitals where it has the form of one, else nothing."""
    trigger: str
    """The trigger event: MSH-9.2, else EVN-1; nothing where neither has the form of one."""

    def field(self, number: int) -> str:
        """MSH-``number`` as written, or nothing."""
        return self.fields[number - 1] if number <= len(self.fields) else ""

    def first(self, number: int) -> str:
        """The first component of the first repetition, without space around it."""
        value = self.field(number).partition(self.signs[1])[0]
        return value.partition(self.signs[0])[0].strip()

    @property
    def kind(self) -> str:
        """What sort of message it is, in clear; a word of the sender's own is not repeated."""
        if not self.code:
            return "HL7 v2"
        return f"{self.code}^{self.trigger}" if self.trigger else self.code

    @property
    def is_supported(self) -> bool:
        return self.code == "ADT" and self.trigger in SUPPORTED


def read_header(raw: bytes, certain: str | None = None) -> Header | None:
    """The header of the first message in these bytes; ``None`` where there is none. Never raises.

    ``certain`` is a codec that goes before what is declared.
    """
    text, _ = decoded(raw[:_HEAD_MAX], "8859/1")
    begin = _begin(text)
    if begin is None:
        return None
    text, codec = decoded(raw, declared_set(header_of(text[begin:])), certain)
    begin = _begin(text[:_HEAD_MAX])
    return None if begin is None else header_of(text[begin:], codec)


def header_of(text: str, codec: str = "utf-8") -> Header:
    """The header of a text that begins with ``MSH`` and a separator."""
    separator = text[3]
    fields = (separator, *_line(text).split(separator)[1:])
    signs = encoding_signs(fields[1] if len(fields) > 1 else "", separator)
    parts = [part.strip().upper() for part in _of(fields, 9).partition(signs[1])[0].split(signs[0])]
    code, trigger = _event(parts, text, separator)
    return Header(separator, signs, fields, codec, code, trigger)


def encoding_signs(written: str, separator: str) -> str:
    """The four signs of MSH-2. Too few or doubled ones are made up for with the usual; ``^~\\\\&`` is a known slip."""
    found = "".join(dict.fromkeys(written.strip()))
    usable = all(not sign.isalnum() and sign.isprintable() and sign not in ' "' for sign in found)
    if not usable or separator in found or len(found) > 5:
        found = ""
    for sign in SIGNS[len(found) :]:
        found += (
            sign if sign not in found + separator else next(s for s in "!$%*+;" if s not in found + separator)
        )
    return found[:4]


def declared_set(header: Header) -> str:
    """The first character set that MSH-18 declares."""
    return header.first(18)


def _event(parts: list[str], text: str, separator: str) -> tuple[str, str]:
    """Message code and trigger. Versions 2.1 and 2.2 may leave the one or the other out."""
    first, second = (*parts, "", "")[:2]
    if _TRIGGER.fullmatch(first) and not second:
        return "ADT", first
    code = first if _CODE.fullmatch(first) else ""
    if _CODE.fullmatch(second):
        return code, second
    structure = parts[2].removeprefix(f"{code}_") if len(parts) > 2 else ""
    if _TRIGGER.fullmatch(structure):
        return code, structure
    return code, _event_of_evn(text, separator) if code == "ADT" else ""


def _event_of_evn(text: str, separator: str) -> str:
    match = re.search(rf"[\r\n]EVN{re.escape(separator)}([A-Za-z]\d\d)(?![A-Za-z0-9])", text[:_HEAD_MAX])
    return match[1].upper() if match else ""


def _begin(text: str) -> int | None:
    """Where ``MSH`` and a separator stand, at the beginning of a line or behind a mark of the beginning."""
    match = re.search(r"(?:^|[\r\n\x0b\x1c\ufeff\]>])[ \t]*(MSH[^\w\s])", text)
    return match.start(1) if match else None


def _line(text: str) -> str:
    return _ENDS.split(text[:_HEAD_MAX], maxsplit=1)[0]


def _of(fields: tuple[str, ...], number: int) -> str:
    return fields[number - 1] if number <= len(fields) else ""
