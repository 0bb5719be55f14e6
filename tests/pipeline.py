"""The whole way of a fact on real servers: intake, relay, Kafka, projector, rows."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from conftest import Place
from waiting import wait_until

from consumers import workers
from consumers.adoption import adopt
from consumers.intake.intake import BATCH, Answer, Intake
from consumers.rebuild import Rebuild, Rebuilt, verify
from consumers.status import status
from domain.agreement import Agreement
from domain.submission import Submission
from infra import kafka
from infra.kafka import Record
from infra.keys import MasterKey, load_or_create
from infra.postgres import connect
from infra.topics import Name
from projections import base


class Pipeline:
    """One place's servers with everything between them, in this process."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.key: MasterKey = load_or_create(place.settings.master_key_file)

    def intake(self) -> Intake:
        return Intake(self.place.connections.store_dsn, self.place.connections.vault_dsn, self.key)

    def submit(
        self, submissions: Iterable[Submission], now: Callable[[], datetime] | None = None
    ) -> list[Answer]:
        """Take everything in, in batches."""
        waiting, answers = list(submissions), []
        with self.intake() as intake:
            for start in range(0, len(waiting), BATCH):
                answers += intake.submit(waiting[start : start + BATCH], now or (lambda: datetime.now(UTC)))
        return answers

    def adopt(self, agreement: Agreement) -> None:
        adopt(
            self.place.connections.store_dsn,
            agreement,
            agreement.model_dump_json(),
            "tester",
            datetime.now(UTC),
        )

    def relay(self) -> None:
        """Publish what is stored, facts and agreements."""
        for stream in ("reference", "facts"):
            workers.relay(self.place.settings, self.place.connections, stream).publish_available()

    @contextmanager
    def projecting(self, slots: int = 1) -> Iterator[None]:
        """Projectors run meanwhile."""
        stop, failures = threading.Event(), []
        made = [
            workers.projector(self.place.settings, self.place.connections, self.key, slot + 1)
            for slot in range(slots)
        ]

        def run() -> None:
            try:
                workers.run_all(made, stop)
            except Exception as error:  # noqa: BLE001
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)
        if failures:
            raise failures[0]

    def caught_up(self) -> bool:
        place = self.place
        found = status(place.connections, place.topic("facts"), place.topic("reference"))
        return found.lag == found.reference_lag == found.to_conclude == 0 and bool(found.journeys)

    def project(self, timeout: float = 60) -> None:
        """Relay and project until everything is shown."""
        self.relay()
        with self.projecting():
            wait_until(self.caught_up, timeout, "everything is shown")

    def rebuild(self) -> Rebuilt:
        place = self.place
        job = Rebuild(
            place.connections, self.key, topic=place.topic("facts"), reference_topic=place.topic("reference")
        )
        return job.run()

    def differences(self) -> list[object]:
        return list(verify(self.place.connections, self.key, reference_topic=self.place.topic("reference")))

    def shown(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, as text, in order: what a rebuild must give again."""
        with connect(self.place.connections.read_dsn) as connection:
            return {
                projection.table: connection.execute(
                    f"SELECT t::text FROM {base.SCHEMA}.{projection.table} t ORDER BY 1"
                ).fetchall()
                for projection in base.all_projections()
            }

    def topic_records(self, name: Name = "facts") -> list[Record]:
        """Everything committed on a topic."""
        consumer = kafka.assigned_consumer(self.place.connections.kafka)
        try:
            ends = kafka.end_offsets(consumer, self.place.topic(name))
            consumer.assign(list(ends))
            consumer.seek_to_beginning(*ends)
            records: list[Record] = []
            while any(consumer.position(partition) < end for partition, end in ends.items()):
                for batch in consumer.poll(timeout_ms=200).values():
                    records.extend(batch)
            return records
        finally:
            consumer.close(autocommit=False)

    def journey(self, system: str, value: str) -> UUID:
        with self.intake() as intake:
            found = intake.vault.find_journey(system, value)
        assert found is not None
        return found


def lines(path: Any) -> list[Submission]:
    """The submissions of an NDJSON file."""
    with open(path, encoding="utf-8") as file:
        return [Submission.model_validate_json(line) for line in file if line.strip()]


def submission(fact: str, time: str, patient: str = "SIM-0001", **more: Any) -> Submission:
    """One submission about a simulated patient of Region Gävleborg."""
    document: dict[str, Any] = {
        "type": f"se.carechain.{fact}.v1",
        "time": time,
        "patient": {"system": "simulated", "value": patient},
        "source": "test",
        "unit": "hsa:SE2321000198-WARD1",
        "data": {},
        **more,
    }
    return Submission.model_validate_json(json.dumps(document))


def sequence_of(records: Sequence[Record]) -> list[tuple[int, int]]:
    """Partition and position of each record."""
    return [(record.partition, int(dict(record.headers)["position"])) for record in records]
