"""Reading the facts topic: each record's key, headers, time and place against its own bytes, and sums."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from consumers.audit.copies import (
    BLOCK_BITS,
    LARGEST,
    NO_JOURNEY,
    Ground,
    Held,
    Sums,
    decode,
    held,
    place,
    summing,
)
from consumers.audit.copies_store import contradiction, unreadable
from consumers.audit.verify_faults import Fault, Found
from infra.kafka import partition_of

if TYPE_CHECKING:
    from infra.kafka import Record

CONTENT_TYPE = ("content-type", b"application/cloudevents+json")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass
class KafkaSeen:
    """What a portion of a partition comes to."""

    facts: int = 0
    first: tuple[int, str] | None = None
    """Position and place of its first record that has one."""
    last: int = 0
    """The highest position in it."""
    due: Sums = field(default_factory=dict)
    """Of what must be in the journal."""
    later: Sums = field(default_factory=dict)
    """Of what came after the journal's end."""
    found: Found = field(default_factory=Found)


def read_kafka(records: "Iterable[Record]", ground: Ground) -> KafkaSeen:
    """Check the records of one partition, in the order of their offsets."""
    seen, summand = KafkaSeen(), summing(ground.key)
    found, due, later = seen.found, seen.due, seen.later
    expected = [CONTENT_TYPE, ("store", str(ground.store).encode())]
    source, journalled = ground.source, ground.journalled
    journeys: dict[bytes, tuple[str, bytes]] = {}
    for record in records:
        seen.facts += 1
        key, raw, headers = record.key, record.value, record.headers
        known = journeys.get(key or b"")
        if known is None:
            known = _journey(found, record, ground)
            journeys[key or b""] = known
        subject, journey = known
        try:
            head = decode(raw or b"")
            version = head.journeyversion
            if (
                head.subject != subject
                or head.source != source
                or record.timestamp != (head.recordedtime - _EPOCH) // _MILLISECOND
            ):
                at = (_position(record) or 0, journey, version)
                for name, told, own in (
                    ("key", head.subject, subject),
                    ("source", source, head.source),
                    ("time", (head.recordedtime - _EPOCH) // _MILLISECOND, record.timestamp),
                ):
                    if told != own:
                        found.add(contradiction("kafka", name, told, own, at, _where(record)))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            version = 0
            found.add(unreadable("kafka", _position(record) or 0, journey, version, error, _where(record)))
        position = _position(record)
        if position is None:
            found.add(_odd_headers(record, journey, version))
            continue
        if len(headers) != 3 or headers[:2] != expected:
            found.add(_odd_headers(record, journey, version))
        if position <= seen.last:
            found.add(_not_ascending(position, seen.last, journey, version, _where(record)))
        if seen.first is None:
            seen.first = (position, _where(record))
        seen.last = max(seen.last, position)
        block = position >> BLOCK_BITS
        sums = due if record.offset < journalled.get(record.partition, 0) else later
        sums[block] = sums.get(block, 0) + summand(place(position, journey, version) + (raw or b""))
    return seen


def _journey(found: Found, record: "Record", ground: Ground) -> tuple[str, bytes]:
    """The journey that a key names, as text and as bytes; whether the record lies where it belongs is looked at once."""
    text = (record.key or b"").decode("ascii", "replace")
    journey = _as_uuid(text)
    if journey is None:
        return "no journey", NO_JOURNEY
    right = partition_of(text, ground.partitions)
    if right != record.partition:
        found.add(
            Fault(
                "partition",
                ("kafka",),
                f"partition {right}",
                f"partition {record.partition}",
                _position(record),
                journey,
                place=_where(record),
                why="The key's hash says where it belongs.",
            )
        )
    return text, journey.bytes


def _as_uuid(text: str) -> UUID | None:
    try:
        journey = UUID(text)
    except ValueError:
        return None
    return journey if str(journey) == text else None


def _position(record: "Record") -> int | None:
    """What the header says, written as we write it; the last header, as it is where the relay puts it."""
    headers = record.headers
    if not headers or headers[-1][0] != "position":
        return None
    value = headers[-1][1]
    # int() alone would take other digits, signs and spaces, too.
    if not value or not value.isdigit() or value[:1] == b"0" or len(value) > 19:
        return None
    position = int(value)
    return position if position <= LARGEST else None


def _odd_headers(record: "Record", journey: bytes, version: int) -> Fault:
    names = ", ".join(str(name) for name, _ in record.headers)
    return contradiction(
        "kafka",
        "headers",
        "content-type, store and position as the relay writes them",
        f"{names or 'none'}, of which one is not",
        (_position(record) or 0, journey, version),
        _where(record),
    )


def _not_ascending(position: int, last: int, journey: bytes, version: int, where: str) -> Fault:
    return Fault(
        "repeated" if position == last else "order",
        ("kafka",),
        f"a position above {last}",
        f"position {position}",
        position,
        UUID(bytes=journey),
        version,
        where,
        "The relay publishes in the order of positions, each once.",
    )


def check_border(found: Found, last: int, seen: KafkaSeen) -> int:
    """That a partition's next portion goes on where the one before ended; returns the highest position so far."""
    if seen.first is not None and seen.first[0] <= last:
        found.add(_not_ascending(seen.first[0], last, NO_JOURNEY, 0, seen.first[1]))
    return max(last, seen.last)


def _where(record: "Record") -> str:
    return f"partition {record.partition}, offset {record.offset}"


def kafka_held(records: "Iterable[Record]", blocks: Container[int]) -> Iterator[Held]:
    """The facts in these blocks, to be compared one by one."""
    for record in records:
        position = _position(record)
        if position is None or position >> BLOCK_BITS not in blocks:
            continue
        journey = _as_uuid((record.key or b"").decode("ascii", "replace"))
        raw = record.value or b""
        try:
            version = decode(raw).journeyversion
        except (msgspec.MsgspecError, UnicodeDecodeError):
            version = 0
        yield held(
            position,
            NO_JOURNEY if journey is None else journey.bytes,
            version,
            raw,
            record.partition,
            record.offset,
        )
