"""What fuzzing feeds: each parser as a function of bytes that may say no, and well-formed input to begin from."""

from collections.abc import Callable, Mapping
from itertools import islice

from parser_seeds import CANARY, MAPPING

from consumers.intake.hl7v2.ack import acknowledgement, is_supported
from consumers.intake.hl7v2.profile import parse_profile
from consumers.intake.message import Message, Told
from consumers.intake.mllp.framing import MESSAGE_MAX, Framer
from consumers.intake.prepare import prepare
from consumers.intake.reading import messages_of
from consumers.intake.site import Site
from consumers.intake.tables.mapping import parse_mapping
from domain.errors import Refused, Unreadable

MESSAGES_MAX = 200
"""Messages read of one input; more of the same tell nothing new."""
SITE = Site(mappings=(parse_mapping(MAPPING, "fuzzed.toml"),))


def _in_clear(where: Message, *texts: str | None) -> None:
    for text in (where.place, where.content_type, *texts):
        assert CANARY not in (text or ""), "a value of the message is told in clear"


def _no(where: Message, trouble: Unreadable | Refused | None) -> None:
    if isinstance(trouble, Unreadable):
        _in_clear(where, trouble.reason, trouble.message, trouble.field)
    elif trouble is not None:
        _in_clear(where, trouble.message, trouble.hint)


def _said(told: Told | None) -> object:
    """To be compared: errors are equal only to themselves."""
    if told is None:
        return None
    trouble = told.trouble and (told.trouble.reason, told.trouble.message, told.trouble.field)
    return told.kind, told.submissions, told.source, told.unit, told.patient, trouble


def _told(message: Message) -> Told | None:
    try:
        told = message.read()
    except Unreadable as unreadable:
        _no(message, unreadable)
        return None
    _in_clear(message, told.kind)
    _no(message, told.trouble)
    return told


def _reads(content_type: str) -> Callable[[bytes], None]:
    """Read the bytes as this type, each message twice: it says the same both times, or no."""

    def check(data: bytes) -> None:
        for message in islice(messages_of(data, content_type, SITE, "fuzz"), MESSAGES_MAX):
            told = _told(message)
            assert _said(told) == _said(_told(message)), (
                "the same message says something else the second time"
            )
            for submission in told.submissions if told is not None else ():
                prepared = prepare(submission)
                if isinstance(prepared, Unreadable):
                    _no(message, prepared)

    return check


def _toml(parse: Callable[[str, str], object]) -> Callable[[bytes], None]:
    def check(data: bytes) -> None:
        try:
            parse(data.decode(), "fuzz.toml")
        except (UnicodeDecodeError, Refused):
            return

    return check


def _frames(data: bytes) -> None:
    """The first byte says in which pieces the rest comes."""
    step = data[0] % 64 + 1 if data else 1
    framer = Framer(256)
    found = 0
    for at in range(1, len(data), step):
        for frame in framer.feed(data[at : at + step]):
            assert frame.wrong is not None or len(frame.head) <= 256
            found += 1
    for frame in framer.end():
        assert frame.wrong is not None
        found += 1
    assert not framer.begun
    assert found <= data.count(b"\x1c") + data.count(b"\x0b") + 1 <= MESSAGE_MAX


def _acknowledges(data: bytes) -> None:
    answer = acknowledgement(data, "AA", "It is stored.")
    is_supported(data)
    assert b"MSH" in answer.replace(b"\0", b"")
    if not answer.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert b"MSA" in answer
        assert not {0x0B, 0x1C} & set(answer), "what was sent ends the block of the answer"


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "hl7v2": _reads("application/hl7-v2"),
    "ack": _acknowledges,
    "fhir-json": _reads("application/fhir+json"),
    "fhir-xml": _reads("application/fhir+xml"),
    "ndjson": _reads("application/x-ndjson"),
    "csv": _reads("text/csv"),
    "xes": _reads("application/xes+xml"),
    "unknown": _reads(""),
    "profile": _toml(parse_profile),
    "mapping": _toml(parse_mapping),
    "mllp": _frames,
}
"""Each raises only where something is wrong with the parser."""
