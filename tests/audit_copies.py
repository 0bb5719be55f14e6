"""The three copies of a small log in memory, as a check reads them, and every way to tamper with one of them."""

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from consumers.audit.copies import LARGEST, Ground, JournalRow, StoreRow
from consumers.audit.copies_kafka import CONTENT_TYPE
from consumers.audit.verify_check import Check, Job, Portion, Verdict, perform
from domain import merkle
from domain.checkpoint import Checkpoint, fact_leaf, head_leaf, origin_of
from domain.envelope import GENESIS, encode
from infra.kafka import partition_of

STORE = UUID("00000000-0000-4000-8000-0000000000aa")
OTHER = UUID("00000000-0000-4000-8000-0000000000bb")
PARTITIONS = 3
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
TYPE = "se.carechain.patient-admitted.v1"


class Written(NamedTuple):
    """A record on Kafka."""

    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    topic: str = "facts"


@dataclass
class Copies:
    """A log in all three places, and the checkpoints over it."""

    store: list[StoreRow] = field(default_factory=list)
    kafka: dict[int, list[Written]] = field(default_factory=lambda: {p: [] for p in range(PARTITIONS)})
    journal: list[JournalRow] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    journalled: dict[int, int] = field(default_factory=dict)
    noted: int = 0
    ends: dict[int, int] = field(default_factory=dict)
    """Where each partition ended: dropping a record does not take it back."""

    def check(self, *, portion: int = 7) -> Verdict:
        """What a verification in small portions comes to."""
        ground = Ground(STORE, PARTITIONS, self.journalled, b"k" * 64)
        checked = Check(ground, list(self._portions(portion)), self.checkpoints, noted=self.noted)
        chance = random.Random(portion)

        def run(jobs: Sequence[Job], _what: str) -> Iterator[tuple[Job, Any]]:
            for job in chance.sample(list(jobs), len(jobs)):
                yield job, perform(job, self._rows(job.portion), ground)

        return checked.run(run)

    def _portions(self, size: int) -> Iterator[Portion]:
        positions = sorted(row.position for row in self.store)
        cut = self.checkpoints[-1].position if self.checkpoints else 0
        if positions:
            lasts = sorted(
                {*positions[size - 1 :: size], *([cut] if cut < positions[-1] else []), positions[-1]}
            )
            for first, last in zip([-LARGEST, *(last + 1 for last in lasts)], lasts, strict=False):
                yield Portion("store", (first, last), size)
        for partition, records in self.kafka.items():
            end = max(records[-1].offset + 1 if records else 0, self.ends.get(partition, 0))
            for start in range(0, end, size):
                yield Portion("kafka", (partition, start, min(start + size, end)), size)
        for start in range(0, len(self.journal), size):
            yield Portion("journal", (start, start + size), size)

    def _rows(self, portion: Portion) -> list[Any]:
        match portion.copy:
            case "store":
                first, last = portion.where
                return sorted(row for row in self.store if first <= row.position <= last)
            case "kafka":
                partition, start, end = portion.where
                return [record for record in self.kafka[partition] if start <= record.offset < end]
            case _:
                start, end = portion.where
                return self.journal[start:end]


def fact(journey: UUID, version: int, before: str, number: int, **more: Any) -> bytes:
    """A fact's bytes."""
    at = START + timedelta(minutes=number, microseconds=number)
    return encode(
        {
            "specversion": "1.0",
            "id": hashlib.sha256(f"{journey}/{number}".encode()).hexdigest(),
            "source": f"/carechain/{STORE}",
            "type": TYPE,
            "subject": journey,
            "time": at,
            "datacontenttype": "application/json",
            "dataschema": "urn:carechain:schema:patient-admitted.v1",
            "journeyversion": version,
            "recordedtime": at,
            "prevhash": before,
            "controller": "orgnr:2321000198",
            "regime": "HSL",
            "sourcesystem": "hsa:SE2321000198-journal",
            "sourcemessage": hashlib.sha256(f"m{number}".encode()).hexdigest(),
            "data": {"care_form": "somatic"},
            **more,
        }
    )


def record(row: StoreRow, offset: int) -> Written:
    """A fact as the relay publishes it."""
    journey = str(UUID(bytes=row.journey))
    at = _recorded(row.raw)
    return Written(
        partition_of(journey, PARTITIONS),
        offset,
        (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1),
        journey.encode(),
        row.raw,
        [CONTENT_TYPE, ("store", str(STORE).encode()), ("position", b"%d" % row.position)],
    )


def line(row: StoreRow) -> JournalRow:
    """A fact as the projector keeps it."""
    envelope = _envelope(row.raw)
    return JournalRow(
        STORE.bytes,
        row.journey,
        row.version,
        partition_of(str(UUID(bytes=row.journey)), PARTITIONS),
        row.position,
        (_recorded(row.raw) - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1),
        envelope["sourcesystem"],
        envelope["sourcemessage"],
        row.raw,
    )


def _envelope(raw: bytes) -> dict[str, Any]:
    import json

    read: dict[str, Any] = json.loads(raw)
    return read


def _recorded(raw: bytes) -> datetime:
    return datetime.fromisoformat(_envelope(raw)["recordedtime"])


def checkpoint(rows: Sequence[StoreRow]) -> Checkpoint:
    """What is signed of these facts."""
    leaves = [
        merkle.leaf_hash(fact_leaf(row.position, UUID(bytes=row.journey), row.version, row.raw))
        for row in rows
    ]
    last = {row.journey: row for row in rows}
    heads = [
        merkle.leaf_hash(
            head_leaf(UUID(bytes=journey), last[journey].version, hashlib.sha256(last[journey].raw).digest())
        )
        for journey in sorted(last)
    ]
    return Checkpoint(
        origin_of(STORE),
        len(rows),
        merkle.root(leaves),
        rows[-1].position,
        len(last),
        merkle.root(heads),
        START,
        "0" * 64,
    )


def a_log(facts: int = 30, journeys: int = 6, *, signed: Sequence[int] = (20,), seed: int = 0) -> Copies:
    """A log whose journeys come mixed and whose positions have gaps; checkpoints count so many facts."""
    chance = random.Random(seed)
    ids = [UUID(int=chance.getrandbits(128), version=4) for _ in range(journeys)]
    heads = dict.fromkeys(ids, (0, GENESIS))
    made = Copies()
    position = 0
    for number in range(facts):
        journey = chance.choice(ids)
        version, before = heads[journey][0] + 1, heads[journey][1]
        raw = fact(journey, version, before, number)
        heads[journey] = (version, hashlib.sha256(raw).hexdigest())
        position += chance.choice((1, 1, 1, 5, 400))
        row = StoreRow(position, journey.bytes, version, TYPE, raw)
        made.store.append(row)
        partition = partition_of(str(journey), PARTITIONS)
        # Every transaction ends with a marker, which takes up an offset.
        offset = 2 * len(made.kafka[partition])
        made.kafka[partition].append(record(row, offset))
        made.journal.append(line(row))
        made.journalled[partition] = made.ends[partition] = offset + 1
    chance.shuffle(made.journal)
    made.noted = position
    made.checkpoints = [checkpoint(made.store[:size]) for size in signed]
    return made


# -- tampering -----------------------------------------------------------------------------------------------------

Tamper = Callable[[Copies, random.Random], None]


def flipped(raw: bytes, chance: random.Random) -> bytes:
    """One bit of one byte turned."""
    at = chance.randrange(len(raw))
    return raw[:at] + bytes([raw[at] ^ (1 << chance.randrange(8))]) + raw[at + 1 :]


def _store_byte(copies: Copies, chance: random.Random) -> None:
    at = chance.randrange(len(copies.store))
    copies.store[at] = copies.store[at]._replace(raw=flipped(copies.store[at].raw, chance))


def _store_drop(copies: Copies, chance: random.Random) -> None:
    copies.store.pop(chance.randrange(len(copies.store)))


def _store_add(copies: Copies, chance: random.Random) -> None:
    """A well chained fact of a known journey or a new one, in a gap, or at the end."""
    if chance.random() < 0.5:
        journey, version, before = UUID(int=chance.getrandbits(128), version=4), 1, GENESIS
    else:
        last = {row.journey: row for row in copies.store}[chance.choice(copies.store).journey]
        journey, version = UUID(bytes=last.journey), last.version + 1
        before = hashlib.sha256(last.raw).hexdigest()
    position = _free_position(copies, chance)
    raw = fact(journey, version, before, 900)
    copies.store.append(StoreRow(position, journey.bytes, version, TYPE, raw))


def _free_position(copies: Copies, chance: random.Random) -> int:
    taken = {row.position for row in copies.store}
    last = max(taken)
    free = [position for position in range(1, last) if position not in taken]
    # Not after the end: there it is a fact like any other that has not been published yet.
    return chance.choice(free)


def _store_repeat(copies: Copies, chance: random.Random) -> None:
    row = chance.choice(copies.store)
    top = max(other.version for other in copies.store if other.journey == row.journey)
    copies.store.append(row._replace(position=_free_position(copies, chance), version=top + 1))


def _store_reorder(copies: Copies, chance: random.Random) -> None:
    one, other = chance.sample(range(len(copies.store)), 2)
    a, b = copies.store[one], copies.store[other]
    copies.store[one] = a._replace(position=b.position)
    copies.store[other] = b._replace(position=a.position)


def _store_column(copies: Copies, chance: random.Random) -> None:
    at = chance.randrange(len(copies.store))
    row = copies.store[at]
    change: dict[str, Any] = chance.choice(
        [
            {"journey": flipped(row.journey, chance)},
            {"version": row.version + 40},
            {"topic": "se.carechain.patient-admitted.v2"},
        ]
    )
    copies.store[at] = row._replace(**change)


def _a_record(copies: Copies, chance: random.Random) -> tuple[list[Written], int]:
    partition = chance.choice([records for records in copies.kafka.values() if records])
    return partition, chance.randrange(len(partition))


def _kafka_byte(copies: Copies, chance: random.Random) -> None:
    records, at = _a_record(copies, chance)
    records[at] = records[at]._replace(value=flipped(records[at].value or b"", chance))


def _kafka_drop(copies: Copies, chance: random.Random) -> None:
    records, at = _a_record(copies, chance)
    records.pop(at)


def _kafka_empty(copies: Copies, chance: random.Random) -> None:
    records, at = _a_record(copies, chance)
    records[at] = records[at]._replace(value=None)


def _kafka_repeat(copies: Copies, chance: random.Random) -> None:
    records, at = _a_record(copies, chance)
    records.append(records[at]._replace(offset=records[-1].offset + 2))


def _kafka_reorder(copies: Copies, chance: random.Random) -> None:
    records = chance.choice([records for records in copies.kafka.values() if len(records) > 1])
    one, other = chance.sample(range(len(records)), 2)
    a, b = records[one], records[other]
    records[one], records[other] = b._replace(offset=a.offset), a._replace(offset=b.offset)


def _kafka_elsewhere(copies: Copies, chance: random.Random) -> None:
    records, at = _a_record(copies, chance)
    moved = records.pop(at)
    to = (moved.partition + 1) % PARTITIONS
    end = copies.kafka[to][-1].offset + 2 if copies.kafka[to] else 0
    copies.kafka[to].append(moved._replace(partition=to, offset=end))


def _kafka_add(copies: Copies, chance: random.Random) -> None:
    journey = UUID(int=chance.getrandbits(128), version=4)
    row = StoreRow(_free_position(copies, chance), journey.bytes, 1, TYPE, fact(journey, 1, GENESIS, 901))
    partition = partition_of(str(journey), PARTITIONS)
    records = copies.kafka[partition]
    records.append(record(row, records[-1].offset + 2 if records else 0))
    # The projector has been there, and knows nothing of it: else there would be only two copies to ask.
    copies.journalled[partition] = records[-1].offset + 1


def _kafka_beside(copies: Copies, chance: random.Random) -> None:
    records, at = _a_record(copies, chance)
    was = records[at]
    position = dict(was.headers)["position"]

    def headers(store: bytes = str(STORE).encode(), position: bytes = position) -> list[tuple[str, bytes]]:
        return [CONTENT_TYPE, ("store", store), ("position", position)]

    change: dict[str, Any] = chance.choice(
        [
            {"key": str(OTHER).encode()},
            {"key": (was.key or b"").upper()},
            {"key": None},
            {"timestamp": was.timestamp + 1},
            {"headers": headers(store=str(OTHER).encode())},
            {"headers": headers(position=b"0" + position)},
            {"headers": headers(position=b"99999999")},
            {"headers": headers(position=b"x")},
            {"headers": headers()[:2]},
            {"headers": [("more", b"1"), *headers()]},
            {"headers": []},
        ]
    )
    if change.get("key") == was.key:
        change = {"key": None}
    records[at] = was._replace(**change)


def _journal_byte(copies: Copies, chance: random.Random) -> None:
    at = chance.randrange(len(copies.journal))
    copies.journal[at] = copies.journal[at]._replace(raw=flipped(copies.journal[at].raw, chance))


def _journal_drop(copies: Copies, chance: random.Random) -> None:
    copies.journal.pop(chance.randrange(len(copies.journal)))


def _journal_repeat(copies: Copies, chance: random.Random) -> None:
    row = chance.choice(copies.journal)
    change: dict[str, Any] = chance.choice(
        [{"version": 77}, {"store": OTHER.bytes}, {"position": _free_position(copies, chance), "version": 78}]
    )
    copies.journal.append(row._replace(**change))


def _journal_add(copies: Copies, chance: random.Random) -> None:
    journey = UUID(int=chance.getrandbits(128), version=4)
    row = StoreRow(_free_position(copies, chance), journey.bytes, 1, TYPE, fact(journey, 1, GENESIS, 902))
    copies.journal.append(line(row))


def _journal_reorder(copies: Copies, chance: random.Random) -> None:
    one, other = chance.sample(range(len(copies.journal)), 2)
    a, b = copies.journal[one], copies.journal[other]
    copies.journal[one], copies.journal[other] = (
        a._replace(position=b.position),
        b._replace(position=a.position),
    )


def _journal_column(copies: Copies, chance: random.Random) -> None:
    at = chance.randrange(len(copies.journal))
    row = copies.journal[at]
    change: dict[str, Any] = chance.choice(
        [
            {"store": OTHER.bytes},
            {"journey": flipped(row.journey, chance)},
            {"version": row.version + 40},
            {"partition": row.partition + 1},
            {"position": row.position + 100_000},
            {"recorded": row.recorded + 1},
            {"recorded": LARGEST},
            {"source_system": None},
            {"source_message": "f" * 64},
        ]
    )
    copies.journal[at] = row._replace(**change)


TAMPERINGS: dict[str, list[Tamper]] = {
    "store": [_store_byte, _store_drop, _store_add, _store_repeat, _store_reorder, _store_column],
    "kafka": [
        _kafka_byte,
        _kafka_drop,
        _kafka_empty,
        _kafka_repeat,
        _kafka_reorder,
        _kafka_elsewhere,
        _kafka_add,
        _kafka_beside,
    ],
    "journal": [
        _journal_byte,
        _journal_drop,
        _journal_repeat,
        _journal_add,
        _journal_reorder,
        _journal_column,
    ],
}
