"""Messages of other systems as values on Kafka, taken in by a group: each is on disk before its offset is committed.

Unlike the projector's, the group's own offsets are the position: taking the same value in twice adds nothing, so one
read again after a crash is known, and none is passed over.
"""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from threading import Event

import structlog

from consumers.intake.door import PATIENCE_S, UNREACHABLE, Door
from consumers.intake.inbound_value import read_value
from consumers.intake.ingest import portions
from consumers.intake.intake import BATCH
from consumers.intake.message import Message
from consumers.membership import Membership
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import Consumer, KafkaConnection, OffsetAndMetadata, Record, TopicPartition

KEEP_S = 1.0
"""How long one value may take before the group hears of us again."""
REFUSED_S = 15.0
"""How long the group may take no position before this member joins anew: longer than its session."""
ANSWER_MS = 10_000
"""How long Kafka may take to tell a position."""

log = structlog.get_logger("inbound")


class Inbound:
    """One member of the group. ``slot`` names it across restarts, so that it has its partitions back at once."""

    def __init__(
        self, connection: KafkaConnection, door: Door, *, topic: str, slot: str = "intake-1"
    ) -> None:
        self.connection = connection
        self.door = door
        self.topic = topic
        self.slot = slot
        self.next: dict[TopicPartition, int] = {}
        """Of each partition that is read, the first value that is not taken in."""
        self.fresh: set[TopicPartition] = set()
        """Assigned, and paused until their position is known."""
        self._committed: dict[TopicPartition, int] = {}
        self._polled = 0.0
        self._refused: float | None = None
        """Since when the group has taken no position."""

    def run(self, stop: Event) -> None:
        """Read until ``stop`` is set. Raises ``OperatingError`` where a server is out of reach at the start."""
        with kafka.admin(self.connection) as admin:
            kafka.topic_id(admin, self.topic)
        self.door.open()
        consumer: Consumer | None = self._consumer()
        try:
            while consumer is not None:
                self._be_member(consumer, stop)
                consumer = self._consumer_again(stop)
        finally:
            self.door.close()

    def _consumer(self) -> Consumer:
        # One value may be as large as many: few at a time.
        group = f"{self.topic}.intake"
        return kafka.group_consumer(self.connection, group, self.slot, max_poll_records=BATCH)

    def _consumer_again(self, stop: Event) -> Consumer | None:
        """A new one as soon as Kafka is there; ``None`` when the program is to stop."""
        while not stop.is_set():
            try:
                return self._consumer()
            except OperatingError as error:
                if error.exit_code != UNREACHABLE:
                    raise
                stop.wait(PATIENCE_S)
        return None

    def _be_member(self, consumer: Consumer, stop: Event) -> None:
        """Work as a member of the group, as long as it is one."""
        member = Membership(consumer, self.topic, _Listener(self, consumer), self.slot)
        self._refused = None
        member.join()
        try:
            while not stop.is_set() and not self._is_refused():
                self._round(consumer, stop)
                member.join_again_when_forgotten()
            if stop.is_set():
                self._commit_last(consumer)
        except kafka.FencedInstanceIdError as error:
            raise OperatingError(
                f"Another worker has taken the place of {self.slot}.",
                hint="Give each worker its own --slot.",
                exit_code=1,
            ) from error
        finally:
            self.next.clear()
            self.fresh.clear()
            consumer.close(autocommit=False)

    def _is_refused(self) -> bool:
        """Whether the group has taken no position for so long that it knows this member no more."""
        refused = self._refused is not None and time.monotonic() - self._refused > REFUSED_S
        if refused:
            log.warning("member_no_more", slot=self.slot)
        return refused

    def _round(self, consumer: Consumer, stop: Event) -> None:
        try:
            batches = self._poll(consumer, 200)
        except kafka.OffsetOutOfRangeError:
            self.renew(consumer, consumer.assignment())
            batches = {}
        self._settle(consumer)
        try:
            for partition, records in batches.items():
                self._take(consumer, partition, records, stop)
        except OperatingError as trouble:
            if trouble.exit_code != UNREACHABLE:
                raise
            log.warning("database_away", kind=type(trouble).__name__)
            self._wait_for_database(consumer, stop)
        if not stop.is_set():
            self._commit(consumer)

    def _poll(self, consumer: Consumer, timeout_ms: float) -> dict[TopicPartition, list[Record]]:
        self._polled = time.monotonic()
        return consumer.poll(timeout_ms=timeout_ms)

    # -- positions -------------------------------------------------------------------------------------------

    def renew(self, consumer: Consumer, partitions: Iterable[TopicPartition]) -> None:
        """Hold these until the group's position is read, which the client's own thread must not wait for."""
        for partition in partitions:
            self.next.pop(partition, None)
            self.fresh.add(partition)
            consumer.seek(partition, 0)
            consumer.pause(partition)

    def _settle(self, consumer: Consumer) -> None:
        for partition in self.fresh & consumer.assignment():
            try:
                start = self._start(consumer, partition)
            except kafka.KafkaTimeoutError:
                return  # Kafka is slow or away: at the next round
            self.next[partition] = self._committed[partition] = start
            self.fresh.discard(partition)
            consumer.seek(partition, start)
            consumer.resume(partition)

    def _start(self, consumer: Consumer, partition: TopicPartition) -> int:
        """Where the group stands; for a new one the beginning. What Kafka has let go of unread is told."""
        first = consumer.beginning_offsets([partition], timeout_ms=ANSWER_MS)[partition]
        after = consumer.end_offsets([partition], timeout_ms=ANSWER_MS)[partition]
        committed = consumer.committed(partition, timeout_ms=ANSWER_MS)
        if committed is None:
            return first
        if committed < first:
            log.error("inbound_lost", partition=partition.partition, values=first - committed)
            return first
        if committed > after:
            log.error("inbound_begins_anew", partition=partition.partition, position=committed, end=after)
            return first
        return committed

    def _uncommitted(self) -> dict[TopicPartition, int]:
        return {p: offset for p, offset in self.next.items() if self._committed.get(p) != offset}

    def _commit(self, consumer: Consumer) -> None:
        """Tell the group what is on disk. Where that fails the next round tells it again."""
        done = self._uncommitted()

        def told(_: object, answer: object) -> None:
            if not isinstance(answer, Exception):
                self._refused = None
                self._committed.update(done)
            elif self._refused is None:
                log.warning("not_committed", kind=type(answer).__name__)
                self._refused = time.monotonic()

        if done:
            consumer.commit_async(_positions(done), told)

    def _commit_last(self, consumer: Consumer) -> None:
        done = self._uncommitted()
        try:
            if done:
                consumer.commit(_positions(done), timeout_ms=ANSWER_MS)
        except kafka.KafkaError as error:
            # What is read again is known.
            log.warning("not_committed", kind=type(error).__name__)

    # -- values ----------------------------------------------------------------------------------------------

    def _take(
        self, consumer: Consumer, partition: TopicPartition, records: Sequence[Record], stop: Event
    ) -> None:
        """All of one partition's values; less where the partition goes to another meanwhile, or on ``stop``."""
        verdicts: Counter[str] = Counter()
        for portion in portions(self._messages(records), lambda item: item[0]):
            if stop.is_set() or partition not in self.next:
                return
            outcomes = self.door.take([message for message, _ in portion])
            verdicts.update(outcome.verdict for outcome in outcomes)
            # Of the last value some messages may be left: it would be read again from its beginning.
            self.next[partition] = portion[-1][1]
            self._keep_membership(consumer)
        if partition in self.next and not stop.is_set():
            self.next[partition] = records[-1].offset + 1
            log.info(
                "taken_in",
                partition=partition.partition,
                values=len(records),
                next_offset=records[-1].offset + 1,
                **verdicts,
            )

    def _messages(self, records: Sequence[Record]) -> Iterator[tuple[Message, int]]:
        """Each message with its value's offset."""
        for record in records:
            for message in read_value(record, self.door.site):
                yield message, record.offset

    def _keep_membership(self, consumer: Consumer) -> None:
        if time.monotonic() - self._polled > KEEP_S:
            held = consumer.assignment()
            consumer.pause(*held)
            self._poll(consumer, 0)
            self._commit(consumer)
            consumer.resume(*((held & consumer.assignment()) - self.fresh))

    def _wait_for_database(self, consumer: Consumer, stop: Event) -> None:
        """Keep the membership alive, hand nothing out, and go on from the first value not taken in."""
        consumer.pause(*consumer.assignment())
        if self.door.wait(stop, lambda: self._poll(consumer, 100)):
            ours = consumer.assignment() & self.next.keys()
            for partition in ours:
                consumer.seek(partition, self.next[partition])
            consumer.resume(*ours)
            log.info("database_back")


def _positions(done: dict[TopicPartition, int]) -> dict[TopicPartition, OffsetAndMetadata]:
    return {partition: OffsetAndMetadata(offset, "", -1) for partition, offset in done.items()}


class _Listener(kafka.RebalanceListener):
    """New partitions wait until their position is known; those that go are left as they stand."""

    def __init__(self, inbound: Inbound, consumer: Consumer) -> None:
        self.inbound = inbound
        self.consumer = consumer

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        partitions = list(assigned)
        self.inbound.renew(self.consumer, partitions)
        log.info("assigned", slot=self.inbound.slot, partitions=[p.partition for p in partitions])

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        for partition in revoked:
            self.inbound.next.pop(partition, None)
            self.inbound.fresh.discard(partition)

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self.on_partitions_revoked(lost)
