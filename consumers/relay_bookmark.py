"""Where a relay goes on: what its topic holds, held against the store and against what was noted before."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from consumers.access_log import AccessLog
from infra.errors import OperatingError
from infra.kafka import Consumer, KafkaTimeoutError, Record, TopicPartition, end_offsets
from infra.logs import get_logger
from infra.postgres import Connection
from infra.store import FactsLog, OutboxLog

Log = FactsLog | OutboxLog | AccessLog

STORE_HEADER = "store"
POSITION_HEADER = "position"

# More than the last record, because control markers and aborted records take up offsets, too.
FIRST_LOOK = 8
READ_PATIENCE_S = 30.0

_log = get_logger(__name__)


@dataclass(frozen=True)
class Route:
    """Which store's log goes to which topic; `topic_id` changes when the topic is deleted and made anew."""

    connection: Connection
    log: Log
    topic: str
    topic_id: UUID
    store: UUID


@dataclass(frozen=True)
class Tail:
    """A partition's beginning, its end as far as committed, and its last committed record, if it has one."""

    begin: int
    end: int
    last: Record | None


class Reach(NamedTuple):
    """How far a partition goes: the offset after its last record, and the highest position of the log in it."""

    end: int
    position: int


@dataclass(frozen=True)
class Bookmark:
    """What is published: everything up to `position`, except in partitions that lost their tail.

    `lost` has the last position that is left in each of those, `reached` how far every partition goes.
    """

    position: int
    lost: Mapping[int, int]
    reached: Mapping[int, Reach]


def find_bookmark(consumer: Consumer, route: Route) -> Bookmark:
    """Read off the topic, and off the notes where records have expired, how far it was published.

    Raises OperatingError, exit code 1, where the topic doesn't hold what this store would have published.
    """
    tails = read_tails(consumer, route.topic)
    last = [tail.last for tail in tails.values() if tail.last is not None]
    _check_same(last, route)
    noted = _noted(route)
    if last and not noted:
        _check_whole(consumer, route)
    _forget_other_topics(route)
    found = {p: Reach(tail.end, position_of(tail.last, route.store) or 0) for p, tail in tails.items()}
    lost = {p: found[p].position for p, note in noted.items() if _has_lost(tails[p], found[p], note)}
    for p in noted.keys() - lost.keys():
        found[p] = Reach(found[p].end, max(found[p].position, noted[p].position))
    # The next loss shows against this, also where who wrote it was killed before it could note it.
    note_reached(route, {p: reach for p, reach in found.items() if p not in lost})
    position = max((reach.position for reach in (*found.values(), *noted.values())), default=0)
    return Bookmark(position, lost, found)


def _has_lost(tail: Tail, found: Reach, noted: Reach) -> bool:
    """Whether the partition has less than it had. Its offsets alone don't tell: aborted records take them up."""
    if tail.last is not None:
        return found.position < noted.position
    # Without any record it may have outlived them: then it no longer begins with its first.
    return noted.position > 0 and (tail.begin == 0 or found.end < noted.end)


def read_tails(consumer: Consumer, topic: str) -> dict[int, Tail]:
    """Each partition's last committed record; where only aborted ones are seen, looks further back."""
    ends = end_offsets(consumer, topic)
    begins = consumer.beginning_offsets(list(ends))
    last: dict[TopicPartition, Record] = {}
    look = FIRST_LOOK
    wanted = {tp for tp in ends if begins[tp] < ends[tp]}
    while wanted:
        starts = {tp: max(begins[tp], ends[tp] - look) for tp in wanted}
        last |= _read(consumer, starts, ends)
        wanted = {tp for tp, start in starts.items() if tp not in last and start > begins[tp]}
        look *= 8
    return {tp.partition: Tail(begins[tp], end, last.get(tp)) for tp, end in ends.items()}


def _read(
    consumer: Consumer,
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    *,
    first: bool = False,
) -> dict[TopicPartition, Record]:
    """The last committed record between start and end of each partition, or the first one."""
    consumer.assign(sorted(starts))
    for tp, start in starts.items():
        consumer.seek(tp, start)
    found: dict[TopicPartition, Record] = {}
    open_ones = set(starts)
    deadline = time.monotonic() + READ_PATIENCE_S
    while open_ones:
        for tp, records in consumer.poll(timeout_ms=200).items():
            deadline = time.monotonic() + READ_PATIENCE_S
            if not (first and tp in found):
                found[tp] = records[0 if first else -1]
        # The position moves over control markers and aborted records as well.
        open_ones = {
            tp for tp in open_ones if consumer.position(tp) < ends[tp] and not (first and tp in found)
        }
        if open_ones and time.monotonic() > deadline:
            raise KafkaTimeoutError("the topic could not be read to its end")
    return found


def wait_until_visible(consumer: Consumer, topic: str, ends: Mapping[int, int]) -> None:
    """Kafka answers a commit a moment before readers see it; wait until they do."""
    deadline = time.monotonic() + READ_PATIENCE_S
    while any(end < ends.get(tp.partition, 0) for tp, end in end_offsets(consumer, topic).items()):
        if time.monotonic() > deadline:
            raise KafkaTimeoutError("what was committed did not appear")
        time.sleep(0.02)


def check_decided(committed: Mapping[int, int], uncommitted: Mapping[int, int], topic: str) -> None:
    """Raises OperatingError where a transaction is open that nobody can end any more.

    Readers of committed records never get past it. The two are each partition's end, with and without it.
    """
    stuck = sorted(p for p, end in committed.items() if uncommitted[p] > end)
    if stuck:
        raise OperatingError(
            f"In the topic {topic} a transaction is open that nobody ends, in the partitions {stuck}.",
            hint="End it with Kafka's own `kafka-transactions abort`, or delete the topic so that it is published anew.",
            exit_code=1,
        )


def position_of(record: Record | None, store: UUID) -> int | None:
    """The record's position in this store's log; none if it is somebody else's."""
    if record is None:
        return None
    headers = dict(record.headers)
    position = headers.get(POSITION_HEADER, b"")
    if headers.get(STORE_HEADER) != str(store).encode() or not position.isdigit():
        return None
    return int(position)


def _check_same(records: Iterable[Record], route: Route) -> None:
    end = route.log.end(route.connection)
    for record in records:
        position = position_of(record, route.store)
        if position is None:
            raise OperatingError(
                f"The topic {route.topic} holds records that are not from this event store.",
                hint="Give each store topics of its own with CARECHAIN_TOPIC_PREFIX, or connect the right store.",
                exit_code=1,
            )
        if position > end:
            raise OperatingError(
                f"The topic {route.topic} is ahead of the event store: it holds position {position},"
                f" and the store ends at {end}.",
                hint="The store seems restored from an older backup: restore one that holds that position.",
                exit_code=1,
            )
        entry = route.log.at(route.connection, position)
        if entry is None or entry.body != record.value:
            raise OperatingError(
                f"At position {position} the topic {route.topic} holds something else than the event store.",
                hint="The store seems restored from an older backup and used since: connect the one that was"
                " published, or delete the topic so that this one is published anew.",
                exit_code=1,
            )


def _check_whole(consumer: Consumer, route: Route) -> None:
    """A topic nothing was noted of may have been made anew and written to since: then its beginning is missing."""
    ends = end_offsets(consumer, route.topic)
    begins = consumer.beginning_offsets(list(ends))
    starts = {tp: begin for tp, begin in begins.items() if begin < ends[tp]}
    firsts = _read(consumer, starts, ends, first=True).values()
    oldest = route.log.read(route.connection, 0, 1)
    if not oldest or oldest[0].position not in [position_of(record, route.store) for record in firsts]:
        raise OperatingError(
            f"The topic {route.topic} does not begin with what the event store begins with.",
            hint="Delete the topic and run `carechain topics create`: the relay then publishes everything anew.",
            exit_code=1,
        )


def _noted(route: Route) -> dict[int, Reach]:
    rows = route.connection.execute(
        "SELECT partition, end_offset, position FROM store.relayed WHERE topic = %s AND topic_id = %s",
        (route.topic, str(route.topic_id)),
    )
    return {partition: Reach(end, position) for partition, end, position in rows}


def highest_noted(connection: Connection, topic: str) -> int:
    """The highest position that any relay has noted of this topic, 0 for none."""
    row = connection.execute("SELECT max(position) FROM store.relayed WHERE topic = %s", (topic,)).fetchone()
    return row[0] or 0 if row else 0


def _forget_other_topics(route: Route) -> None:
    gone = route.connection.execute(
        "DELETE FROM store.relayed WHERE topic = %s AND topic_id <> %s", (route.topic, str(route.topic_id))
    )
    if gone.rowcount:
        _log.warning("relay_topic_made_anew", topic=route.topic)


def note_reached(route: Route, reached: Mapping[int, Reach]) -> None:
    """Note that these partitions go so far. A position once noted is never taken back."""
    route.connection.execute(
        "INSERT INTO store.relayed AS r (topic, partition, topic_id, end_offset, position)"
        " SELECT %s, partition, %s, end_offset, position"
        " FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS n (partition, end_offset, position)"
        " ON CONFLICT (topic, partition) DO UPDATE SET topic_id = excluded.topic_id,"
        " end_offset = excluded.end_offset, position = greatest(r.position, excluded.position)",
        (
            route.topic,
            str(route.topic_id),
            list(reached),
            [reach.end for reach in reached.values()],
            [reach.position for reach in reached.values()],
        ),
    )
