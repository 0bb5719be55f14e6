"""Verify: the event store, Kafka and the journal held against each other byte for byte, and against what was signed."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from consumers.audit import copies_servers as servers
from consumers.audit.copies import Ground
from consumers.audit.copies_servers import Reader, Whereabouts
from consumers.audit.verify_check import Check, Job, Portion, Verdict
from consumers.audit.verify_notes import Checkpoints, check_notes
from consumers.audit.verify_places import kept_checkpoints
from consumers.crew import Crew
from consumers.crew import Portion as Given
from consumers.parallel import MOST_WORKERS, Moment, Tell, cores, moment
from consumers.projector import READER
from domain.checkpoint import origin_of
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import Consumer, TopicPartition
from infra.postgres import Connection, connect
from infra.settings import Connections
from infra.signing import NoteError, open_note
from infra.store import store_id

ALONE = 20_000
"""Fewer facts are read sooner than other processes are started."""
VISIBLE_S = 5.0
"""Kafka answers a commit a moment before readers see it: so long what was noted as published may take to show."""
KEY_OF_SUMS = 64


@dataclass(frozen=True)
class Asked:
    """What is to be verified, and with what."""

    connections: Connections
    topic: str
    checkpoints_topic: str
    folder: Path
    """Where the files of checkpoints are, if there are any."""
    keys: str | None
    """Verifier keys that are trusted, a line each; None where there are none."""
    workers: int | None = None


@dataclass(frozen=True)
class _Kafka:
    """How far the topic goes."""

    partitions: int
    begins: Mapping[int, int]
    ends: Mapping[int, int]
    journalled: Mapping[int, int]
    noted: int


def verify(asked: Asked, tell: Tell = lambda _what, _done, _of: None) -> Verdict:
    """Read all three copies once, and of what differs a second time, and say what is wrong with which copy.

    Facts go on being recorded meanwhile: ends are taken first, the journal's before Kafka's before the store's, so that
    what lies before an end must stand in the copies before it, too. What the newest facts have not reached yet is
    counted, and is no fault; a hole before them is.

    In memory are: in this process 250 bytes a journey and 300 bytes a thousand facts; in each of the others a portion
    of 50 000 facts without their bytes, and of its journeys as much again.

    The journal's offsets are not looked at: they are where a fact lay when the projector read it, and a topic that was
    published anew has others.

    Raises ``OperatingError`` (2: there are checkpoints and no public key; 3: a server is out of reach; 4: this login
    may not see all) and ``Refused`` where the journal was rebuilt meanwhile.
    """
    store = store_id(asked.connections.store_dsn)
    with moment(asked.connections.read_dsn) as seen:
        at = _ends(asked, seen)
        notes = _checkpoints(asked, store)
        ground = Ground(store, at.partitions, at.journalled, secrets.token_bytes(KEY_OF_SUMS))
        portions = _portions(asked, seen, at, [made.position for made in notes.good[-1:]])
        check = Check(ground, portions, notes.good, noted=at.noted)
        where = Whereabouts(asked.connections, asked.topic, seen.name, ground)
        verdict = check.run(partial(_run, where, asked.workers, tell))
    verdict.found.merge(notes.found)
    verdict.checkpoints_not_on_kafka = notes.not_on_kafka
    return verdict


def _portions(asked: Asked, seen: Moment, at: _Kafka, cuts: Sequence[int]) -> list[Portion]:
    with connect(asked.connections.store_dsn, application_name="carechain audit") as connection:
        of_store = servers.store_portions(connection, cuts)
    of_kafka = servers.kafka_portions(at.begins, at.ends)
    of_journal = servers.journal_portions(seen.connection, sum(portion.facts for portion in of_kafka))
    return [*of_store, *of_kafka, *of_journal]


# -- ends ----------------------------------------------------------------------------------------------------------


def _ends(asked: Asked, seen: Moment) -> _Kafka:
    """How far each of the copies goes. The journal's moment has been taken already."""
    with kafka.admin(asked.connections.kafka) as admin:
        topic_id = kafka.topic_id(admin, asked.topic)
    journalled: dict[int, int] = dict(
        seen.connection.execute(
            "SELECT partition, next_offset FROM journal.position"
            " WHERE (reader, topic, topic_id) = (%s, %s, %s)",
            (READER, asked.topic, str(topic_id)),
        ).fetchall()
    )
    with connect(asked.connections.store_dsn, application_name="carechain audit") as connection:
        noted = _noted(connection, asked.topic, topic_id)
    with closing(kafka.assigned_consumer(asked.connections.kafka)) as consumer:
        ends = _visible(consumer, asked.topic, {partition: end for partition, end, _ in noted})
        begins = consumer.beginning_offsets(list(ends))
    return _Kafka(
        len(ends),
        {tp.partition: begin for tp, begin in begins.items()},
        {tp.partition: end for tp, end in ends.items()},
        journalled,
        max((position for _, _, position in noted), default=0),
    )


def _noted(connection: Connection, topic: str, topic_id: UUID) -> list[tuple[int, int, int]]:
    """Partition, end and highest position, as the relay noted them after its commits."""
    return connection.execute(
        "SELECT partition, end_offset, position FROM store.relayed WHERE (topic, topic_id) = (%s, %s)",
        (topic, str(topic_id)),
    ).fetchall()


def _visible(consumer: Consumer, topic: str, noted: Mapping[int, int]) -> dict[TopicPartition, int]:
    """The ends, once what was noted can be seen; where it never can, that is for the check to find."""
    deadline = time.monotonic() + VISIBLE_S
    while True:
        ends = kafka.end_offsets(consumer, topic)
        behind = any(ends.get(TopicPartition(topic, partition), 0) < end for partition, end in noted.items())
        if not behind or time.monotonic() > deadline:
            return ends
        time.sleep(0.02)


def _checkpoints(asked: Asked, store: UUID) -> Checkpoints:
    kept = kept_checkpoints(asked.connections, asked.checkpoints_topic, asked.folder, store)
    if asked.keys is None and any(kept.places.values()):
        raise OperatingError(
            "There is no public key to check the checkpoints' signatures with.",
            hint="Give the one that the auditors were given: `carechain audit verify --key FILE`.",
            exit_code=2,
        )
    keys = asked.keys or ""
    return check_notes(kept, origin_of(store), lambda note: open_note(note, keys), (NoteError,))


# -- processes -----------------------------------------------------------------------------------------------------


def _run(
    where: Whereabouts, workers: int | None, tell: Tell, jobs: Sequence[Job], what: str
) -> Iterator[tuple[Job, Any]]:
    """Perform jobs in as many processes as there are cores, or in this one where they are small."""
    total, done = sum(job.portion.facts for job in jobs), 0
    tell(what, 0, total)
    performed = _alone if workers is None and total < ALONE else partial(_together, workers)
    for job, made in performed(where, jobs):
        yield job, made
        done += job.portion.facts
        tell(what, done, total)


def _alone(where: Whereabouts, jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    with _reading(where) as perform:
        for job in jobs:
            yield job, perform(job)


def _together(workers: int | None, where: Whereabouts, jobs: Sequence[Job]) -> Iterator[tuple[Job, Any]]:
    crew = Crew(partial(_reading, where))
    try:
        crew.start(min(workers or min(cores(), MOST_WORKERS), len(jobs)))
        for portion, made in crew.work_off([Given(job, job.portion.facts) for job in jobs], lambda: None):
            yield portion.given, made
    finally:
        crew.end()


@contextmanager
def _reading(where: Whereabouts) -> Iterator[Callable[[Job], Any]]:
    """What a process needs to read portions."""
    with closing(Reader(where)) as reader:
        yield reader.perform
