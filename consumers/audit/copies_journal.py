"""Reading the journal: each row's columns against its own bytes, and sums; rows come in any order."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec

from consumers.audit.copies import (
    BLOCK_BITS,
    Ground,
    Head,
    Held,
    JournalRow,
    Sums,
    decode,
    held,
    place,
    summing,
)
from consumers.audit.copies_store import contradiction, unreadable
from consumers.audit.verify_faults import Found
from infra.kafka import partition_of

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WORD_MAX = 200


@dataclass
class JournalSeen:
    """What a portion of the journal comes to."""

    facts: int = 0
    sums: Sums = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)
    """Partition -> the highest position."""
    found: Found = field(default_factory=Found)


def read_journal(rows: Iterable[JournalRow], ground: Ground) -> JournalSeen:
    """Check rows, in any order; plain tuples will do, as for all who read rows."""
    seen, summand = JournalSeen(), summing(ground.key)
    sums, last, own = seen.sums, seen.last, ground.store.bytes
    partition_by_journey = lru_cache(maxsize=1 << 17)(
        lambda journey: partition_of(str(UUID(bytes=journey)), ground.partitions)
    )
    for row in rows:
        store, journey, version, partition, position, recorded, system, message, raw = row
        seen.facts += 1
        right = partition_by_journey(journey)
        try:
            head = decode(raw)
            if (
                head.journeyversion != version
                or partition != right
                or store != own
                or head.sourcesystem != system
                or head.sourcemessage != message
                or (head.recordedtime - _EPOCH) // _MICROSECOND != recorded
                or head.subject.replace("-", "") != journey.hex()
            ):
                _contradictions(seen.found, head, JournalRow(*row), ground, right)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            seen.found.add(unreadable("journal", position, journey, version, error))
        if position > last.get(right, 0):
            last[right] = position
        block = position >> BLOCK_BITS
        sums[block] = sums.get(block, 0) + summand(place(position, journey, version) + raw)
    return seen


def _contradictions(found: Found, head: Head, row: JournalRow, ground: Ground, partition: int) -> None:
    at = (row.position, row.journey, row.version)
    for name, told, own in (
        ("store", ground.store, UUID(bytes=row.store)),
        ("journey", head.subject, str(UUID(bytes=row.journey))),
        ("version", head.journeyversion, row.version),
        ("partition", partition, row.partition),
        ("recorded_at", head.recordedtime.isoformat(), _instant(row.recorded)),
        ("source_system", _word(head.sourcesystem), row.source_system),
        ("source_message", _word(head.sourcemessage), row.source_message),
    ):
        if told != own:
            found.add(contradiction("journal", name, told, own, at))


def _instant(recorded: int) -> str:
    try:
        return (_EPOCH + recorded * _MICROSECOND).isoformat()
    except OverflowError:
        return "beyond all times"


def _word(value: object) -> str | None:
    """As the projector takes it into its column: nothing for what is no reference."""
    good = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _WORD_MAX
    return str(value) if good else None


def journal_held(rows: Iterable[JournalRow], blocks: Container[int]) -> Iterator[Held]:
    """The facts in these blocks, to be compared one by one."""
    for _store, journey, version, _partition, position, _recorded, _system, _message, raw in rows:
        if position >> BLOCK_BITS in blocks:
            yield held(position, journey, version, raw)
