"""The answer to an HL7 v2 message: an ACK in the sender's own version, character set and signs (HL7 v2, chapter 2)."""

import codecs
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, Literal

from consumers.intake.hl7v2.header import SIGNS, Header, read_header

Code = Literal["AA", "AE", "AR"]
"""Table 0008: accepted, error, rejected."""
_VERSION = re.compile(r"2\.\d(\.\d)?", re.ASCII)
_CONTROL_ID_MAX: Final = 199
_TEXT_MAX: Final = 80
"""Characters of MSA-3 (HL7 v2.1 to 2.6)."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f]+")


def acknowledgement(raw: bytes, code: Code, text: str = "", *, now: datetime | None = None) -> bytes:
    """The answer to these bytes, without framing. It never fails, however little of the header can be read.

    ``text`` is a sentence for the sender; ``now`` the time of answering, left out where it is not given. The control
    id of the message comes back as it was written; the answer's own is made of the message's digest.
    """
    header = read_header(raw) or Header("|", SIGNS, (), "utf-8", "", "")
    separator, signs = header.separator, header.signs
    version = _version(header)
    fields = [
        f"MSH{separator}{_written_signs(header)}",
        *(header.field(number) for number in (5, 6, 3, 4)),
        now.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000") if now is not None else "",
        "",
        _type(header, version),
        sha256(code.encode() + raw).hexdigest()[:20],
        header.first(11) if header.first(11) in ("P", "T", "D") else "P",
        version,
    ]
    if header.field(18):
        fields += ["", "", "", "", "", header.field(18)]
    answer = ["MSA", code, header.field(10)[:_CONTROL_ID_MAX], _escaped(text, separator, signs)]
    lines = [
        separator.join(_UNSEEN.sub(" ", field) for field in line).rstrip(separator)
        for line in (fields, answer)
    ]
    return _encoded("".join(f"{line}\r" for line in lines), header.codec)


def is_supported(raw: bytes) -> bool:
    """Whether it is an ADT message of an event that is read here."""
    header = read_header(raw)
    return header is not None and header.is_supported


def _version(header: Header) -> str:
    said = header.first(12)
    return said if _VERSION.fullmatch(said) else "2.3"


def _type(header: Header, version: str) -> str:
    """``ACK`` alone before 2.2; the event behind it, and since 2.3.1 the structure, too."""
    if version < "2.2" or not header.trigger:
        return "ACK"
    parts = ["ACK", header.trigger, "ACK"] if version > "2.3" else ["ACK", header.trigger]
    return header.signs[0].join(parts)


def _written_signs(header: Header) -> str:
    written = header.field(2)
    return written if written.startswith(header.signs) else header.signs


def _escaped(text: str, separator: str, signs: str) -> str:
    names = dict(zip(separator + signs, "FSRET", strict=True))
    escape = signs[2]
    text = text if len(text) <= _TEXT_MAX else f"{text[: _TEXT_MAX - 1].rstrip()}…"
    return "".join(f"{escape}{names[sign]}{escape}" if sign in names else sign for sign in text)


def _encoded(text: str, codec: str) -> bytes:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(codec, b"")
    if codec != "utf-8" and not mark:
        text = text.replace("…", "...")
    return mark + text.encode(codec, "replace")
