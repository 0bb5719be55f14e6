"""One HL7 v2 message taken apart: its fields by their usual names (``PV1-3.1``), and what nobody has asked for."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import Any, Final

import hl7

from consumers.intake.hl7v2.charset import decoded
from consumers.intake.hl7v2.escapes import unescaped
from consumers.intake.hl7v2.header import Header, declared_set, header_of, read_header
from domain.errors import Unreadable

SEPARATORS_MAX: Final = 20_000
"""Signs that divide the segments which are taken apart: more than any real message has, and each costs memory."""
READ: Final = ("EVN", "PID", "PV1", "PV2", "MRG")
"""Segments that are always taken apart; others only where a profile names one of their fields."""
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9]\d{0,2})(?:\.([1-9]\d?)(?:\.([1-9]\d?))?)?", re.ASCII)
_LINES = re.compile(r"[\r\n\x0b\x1c]+")
_UNTOLD: Final = frozenset({("PID", 1), ("PV1", 1), ("EVN", 1), ("EVN", 2)})
"""What is never left over: numbers of segments, the event, and when the message was recorded."""
NULL: Final = '""'
"""By this a sender takes a value back."""


@dataclass(frozen=True)
class Path:
    """Where something stands in a message: ``PV1-3``, ``PV1-3.1``, ``PID-3.4.2``, all counted from 1."""

    segment: str
    field: int
    component: int = 1
    subcomponent: int = 1

    @property
    def whole(self) -> str:
        """The field it lies in: ``PV1-3``."""
        return f"{self.segment}-{self.field}"


@lru_cache(maxsize=1024)
def path_of(text: str) -> Path:
    """Raises ValueError for what is not a path."""
    match = _PATH.fullmatch(text)
    if match is None:
        raise ValueError("not a path")
    return Path(match[1], int(match[2]), int(match[3] or 1), int(match[4] or 1))


@dataclass(frozen=True, repr=False)
class Repetition:
    """One of the values of a field."""

    text: str
    """As written."""
    parts: tuple[tuple[str, ...], ...]
    """Components and their subcomponents, as written."""
    header: Header

    def get(self, component: int, subcomponent: int = 1) -> str:
        """A component's subcomponent as it was meant, without space around it; empty where there is none."""
        if component > len(self.parts) or subcomponent > len(self.parts[component - 1]):
            return ""
        written = self.parts[component - 1][subcomponent - 1]
        header = self.header
        value = unescaped(written, header.separator, header.signs, header.codec).strip()
        return "" if value == NULL else value

    def subcomponents(self, component: int) -> tuple[str, ...]:
        """Those of a component that say something."""
        count = len(self.parts[component - 1]) if component <= len(self.parts) else 0
        return tuple(value for number in range(1, count + 1) if (value := self.get(component, number)))

    def says_only(self, component: int, subcomponent: int) -> bool:
        """Whether nothing else stands in it."""
        return all(
            not part.strip() or (number, place) == (component, subcomponent)
            for number, subs in enumerate(self.parts, 1)
            for place, part in enumerate(subs, 1)
        )


@dataclass(repr=False)
class Segment:
    """One line of the message. ``used`` holds what has become of its fields: (field, repetition), from 1 and 0."""

    name: str
    text: str
    header: Header
    used: set[tuple[int, int]] = field(default_factory=set)
    _tree: "hl7.Segment | None" = None
    _values: dict[int, list[Repetition]] = field(default_factory=dict)

    @property
    def parts(self) -> int:
        """How many signs divide it."""
        return sum(map(self.text.count, (self.header.separator, *self.header.signs)))

    @property
    def tree(self) -> "hl7.Segment":
        """As the library takes it apart. Raises Unreadable (``too-many-parts``)."""
        if self._tree is None:
            if self.parts > SEPARATORS_MAX:
                raise Unreadable("too-many-parts", "It has more parts than any real message.", self.name)
            head = f"MSH{self.header.separator}{self.header.signs}{self.header.separator}"
            self._tree = hl7.parse(f"{head}\r{self.text}")[1]
        return self._tree

    @cached_property
    def fields(self) -> list[str]:
        """As written; the name stands first."""
        return self.text.split(self.header.separator)

    def repetitions(self, number: int) -> list[Repetition]:
        """The values of a field; none where it is not there or empty."""
        if number not in self._values:
            written = self.fields[number].split(self.header.signs[1]) if number < len(self.fields) else []
            says = any(text.strip() for text in written)
            parts = self.tree[number] if says else ()
            self._values[number] = [
                Repetition(text, _parts(value), self.header)
                for text, value in zip(written, parts, strict=False)
            ]
        return self._values[number]

    def left(self, number: int, written: str) -> str:
        """What of a field has not been used, as written."""
        if (self.name, number) in _UNTOLD:
            return ""
        sign = self.header.signs[1]
        kept = [text for place, text in enumerate(written.split(sign)) if (number, place) not in self.used]
        return "" if all(text.strip() in ("", NULL) for text in kept) else sign.join(kept)


@dataclass(repr=False)
class Parsed:
    """A message in Unicode, by segments. It notes which fields were asked for."""

    header: Header
    segments: list[Segment]

    @classmethod
    def of(cls, raw: bytes, certain: str | None = None) -> "Parsed":
        """Raises Unreadable (``no-header``, ``too-many-parts``). ``certain`` is a codec that goes before MSH-18."""
        header = read_header(raw, certain)
        if header is None:
            raise Unreadable("no-header", "The message does not begin with a message header (MSH).", "MSH")
        text, codec = decoded(raw, declared_set(header), certain)
        text = text[text.index(f"MSH{header.separator}") :]
        header = header_of(text, codec)
        segments = list(_segments(text, header))
        read = [segment for segment in segments if segment.name in READ]
        if sum(segment.parts for segment in read) > SEPARATORS_MAX:
            most = max(read, key=lambda segment: segment.parts)
            raise Unreadable("too-many-parts", "It has more parts than any real message.", most.name)
        return cls(header, segments)

    @property
    def digest(self) -> str:
        """Of what it says, however its lines end: the id of a message that has none."""
        return sha256(
            "\r".join(segment.text for segment in self.segments).encode("utf-8", "replace")
        ).hexdigest()

    def named(self, name: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.name == name]

    def get(self, path: str, *, is_used: bool = True) -> str:
        """The first value at a path, as it was meant; empty where there is none.

        Where nothing else stands in the field it is noted as used, unless ``is_used`` is false.
        """
        place = path_of(path)
        if place.segment == "MSH":
            return self._of_header(place)
        segment = next(iter(self.named(place.segment)), None)
        values = segment.repetitions(place.field) if segment is not None else []
        if segment is None or not values:
            return ""
        if is_used and values[0].says_only(place.component, place.subcomponent):
            segment.used.add((place.field, 0))
        return values[0].get(place.component, place.subcomponent)

    def values(self, path: str, within: Segment | None = None) -> list[Repetition]:
        """All values of a field, not noted as used: see ``take``."""
        place = path_of(path)
        segment = within or next(iter(self.named(place.segment)), None)
        return segment.repetitions(place.field) if segment is not None else []

    def take(self, path: str, place: int = 0, within: Segment | None = None) -> None:
        """Note that one value of a field has been used as a whole."""
        at = path_of(path)
        segment = within or next(iter(self.named(at.segment)), None)
        if segment is not None:
            segment.used.add((at.field, place))

    def leftover(self) -> str:
        """What has not been used, a line each: fields of the segments taken apart (``PID-5: ...``), other segments whole."""
        lines = []
        counts: defaultdict[str, int] = defaultdict(int)
        for segment in self.segments[1:]:
            counts[segment.name] += 1
            if segment.name not in READ and not segment.used:
                lines.append(segment.text)
                continue
            again = f"[{counts[segment.name]}]" if counts[segment.name] > 1 else ""
            for number, written in enumerate(segment.fields):
                if number and (left := segment.left(number, written)):
                    lines.append(f"{segment.name}{again}-{number}: {left}")
        return "\n".join(lines)

    def _of_header(self, place: Path) -> str:
        first = self.header.field(place.field).partition(self.header.signs[1])[0]
        components = first.split(self.header.signs[0])
        if place.component > len(components):
            return ""
        subs = components[place.component - 1].split(self.header.signs[3])
        written = subs[place.subcomponent - 1] if place.subcomponent <= len(subs) else ""
        value = unescaped(written, self.header.separator, self.header.signs, self.header.codec).strip()
        return "" if value == NULL else value


def _segments(text: str, header: Header) -> Iterator[Segment]:
    """The lines; one that is no segment goes on with the one before, as where a text was broken."""
    begins = re.compile(rf"[A-Z][A-Z0-9]{{2}}(?:{re.escape(header.separator)}|$)")
    current: Segment | None = None
    for line in _LINES.split(text):
        if current is None or begins.match(line.lstrip()):
            if current is not None:
                yield current
            line = line.strip()
            current = Segment(line[:3], line, header)
        elif line.strip():
            current.text += f"\n{line.rstrip()}"
    if current is not None:
        yield current


def _parts(value: Any) -> tuple[tuple[str, ...], ...]:
    """The library leaves out a level that has only one part."""
    if isinstance(value, str):
        return ((value,),)
    return tuple((part,) if isinstance(part, str) else tuple(map(str, part)) for part in value)
