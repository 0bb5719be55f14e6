"""Which character set a message is really written in: what MSH-18 declares is tried, never trusted."""

import codecs
import re
from typing import Final

from domain.errors import Refused

_NAMED: Final = {
    "ascii": "ascii",
    "unicode": "utf-8",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "unicodeutf-8": "utf-8",
    "unicodeutf-16": "utf-16",
    "iso ir87": "iso2022_jp",
    "gb18030-2000": "gb18030",
    "gb18030": "gb18030",
    "ksx1001": "euc_kr",
    "big-5": "big5",
    "big5": "big5",
}
"""Values of HL7 table 0211 without their spaces, in lower case."""
_ISO_8859 = re.compile(r"(?:iso-?)?8859[/-]?(\d{1,2})")
_WINDOWS = re.compile(r"(?:windows-?|cp-?|win-?)(125[0-8])")
_CONTROL = re.compile(rb"[\x80-\x9f]")
_WIDE: Final = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def codec_of(name: str) -> str | None:
    """Python's name for a value of MSH-18 (table 0211) or for what senders write there; ``None`` if it is none."""
    plain = name.strip().lower().replace(" ", "").replace("_", "-")
    if plain in _NAMED:
        return _NAMED[plain]
    if match := _ISO_8859.fullmatch(plain):
        return _existing(f"iso8859-{int(match[1])}")
    if match := _WINDOWS.fullmatch(plain):
        return f"cp{match[1]}"
    return None


def required_codec(name: str) -> str:
    """The same for a profile; raises Refused."""
    codec = codec_of(name)
    if codec is None:
        raise Refused(
            "This character set is not known.",
            hint='Write it as MSH-18 has it: "UNICODE UTF-8", "8859/1", "8859/15", "windows-1252".',
        )
    return codec


def wide(head: bytes) -> str | None:
    """UTF-16, by its byte-order mark or by how ``MSH`` stands in it."""
    for mark, codec in _WIDE:
        if head.startswith(mark):
            return codec
    if head[1:6:2] == b"\0\0\0" and head[:1].isalpha():
        return "utf-16-le"
    return "utf-16-be" if head[:5:2] == b"\0\0\0" and head[1:2].isalpha() else None


def decoded(raw: bytes, declared: str, certain: str | None = None) -> tuple[str, str]:
    """The text and the codec that it was read with. It never fails.

    ``certain`` (a codec that a profile names) goes before everything but a byte-order mark. Then what is declared,
    UTF-8, Windows-1252, ISO 8859-1: the first that can be. A set of one byte a sign is not believed where the bytes
    are UTF-8, which no text in such a set is by chance, nor ISO 8859 where they would be control signs.
    """
    if codec := wide(raw):
        return raw.decode(codec, "replace").removeprefix("\ufeff"), codec
    raw = raw.removeprefix(codecs.BOM_UTF8)
    for codec in _candidates(raw, declared, certain):
        try:
            return raw.decode(codec), codec
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1"), "latin-1"


def _candidates(raw: bytes, declared: str, certain: str | None) -> list[str]:
    said = codec_of(declared)
    if said in ("utf-16", None):  # it is not: see ``wide``
        said = "utf-8"
    if said.startswith("iso8859"):
        controls = _CONTROL.search(raw) is not None
        rest = ["utf-8", "cp1252", said] if controls else ["utf-8", said]
    elif said.startswith("cp"):
        rest = ["utf-8", said]
    else:
        rest = [said, "utf-8"]
    return [*([certain] if certain else []), *rest, "cp1252"]


def _existing(codec: str) -> str | None:
    try:
        return codecs.lookup(codec).name
    except LookupError:
        return None
