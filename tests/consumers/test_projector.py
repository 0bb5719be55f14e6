"""The projector: journal and rows in one transaction with the position; what cannot be read parks its journey."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from conftest import Place
from given import DEMO
from pipeline import Pipeline, submission

from consumers.journal import LIVE, Stale
from consumers.projector import READER, Projector
from infra import kafka
from infra.kafka import Record
from infra.postgres import connect
from projections import base

pytestmark = pytest.mark.broker
ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}


class Copy:
    """A record as read, with something else in it."""

    def __init__(
        self, record: Record, value: bytes, key: bytes | None = None, offset: int | None = None
    ) -> None:
        self.topic, self.partition, self.timestamp = record.topic, record.partition, record.timestamp
        self.headers = record.headers
        self.value = value
        self.key = key or record.key
        self.offset = record.offset if offset is None else offset


class Bench:
    """A projector fed by hand."""

    def __init__(self, place: Place) -> None:
        self.pipeline = Pipeline(place)
        self.projector = Projector(
            place.connections,
            self.pipeline.key,
            topic=place.topic("facts"),
            reference_topic=place.topic("reference"),
        )
        self.projector._prepare()

    def records(self) -> dict[int, list[Record]]:
        found: dict[int, list[Record]] = {}
        for record in self.pipeline.topic_records():
            found.setdefault(record.partition, []).append(record)
        return found

    def position(self, partition: int) -> int:
        with (
            connect(self.pipeline.place.connections.read_dsn) as connection,
            kafka.admin(self.pipeline.place.connections.kafka) as admin,
        ):
            from consumers.journal import Journal

            topic = self.pipeline.place.topic("facts")
            return Journal(connection).position(READER, topic, kafka.topic_id(admin, topic), partition)

    def project(self, partition: int, records: list[Record], before: int = 0) -> int:
        self.position(partition)
        return self.projector.project(partition, records, before, records[-1].offset + 1)

    def rewind(self) -> None:
        with connect(self.pipeline.place.connections.read_dsn) as connection:
            connection.execute("UPDATE journal.position SET next_offset = 0")

    def count(self, table: str) -> int:
        with connect(self.pipeline.place.connections.read_dsn) as connection:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
            assert row is not None
            return int(row[0])

    def parked(self) -> list[tuple[UUID, str]]:
        with connect(self.pipeline.place.connections.read_dsn) as connection:
            return connection.execute("SELECT journey, reason FROM journal.parked ORDER BY 1").fetchall()

    def oddities(self) -> list[str]:
        with connect(self.pipeline.place.connections.read_dsn) as connection:
            return [
                code
                for (code,) in connection.execute("SELECT code FROM journal.oddity ORDER BY 1").fetchall()
            ]


@pytest.fixture
def bench(place: Place) -> Iterator[Bench]:
    made = Bench(place)
    made.pipeline.submit(
        [
            submission(
                "patient-admitted", "2026-03-02T08:00:00+01:00", "SIM-AAAA", message="a1", data=ADMISSION
            ),
            submission("leave-started", "2026-03-03T08:00:00+01:00", "SIM-AAAA", message="a2"),
            submission("leave-ended", "2026-03-04T08:00:00+01:00", "SIM-AAAA", message="a3"),
            submission(
                "patient-admitted", "2026-03-02T09:00:00+01:00", "SIM-BBBB", message="b1", data=ADMISSION
            ),
            submission(
                "municipal-care-started",
                "2026-03-12T10:00:00+01:00",
                "SIM-BBBB",
                message="b2",
                principal="2180",
                data={"services": ["home-help"], "municipality": "2180"},
            ),
        ]
    )
    made.pipeline.relay()
    yield made
    made.projector.close()


def _all(bench: Bench) -> None:
    for partition, records in bench.records().items():
        bench.project(partition, records)


def test_a_redelivery_changes_nothing(bench: Bench) -> None:
    _all(bench)
    before, facts = bench.pipeline.shown(), bench.count("journal.fact")
    assert facts == 5
    bench.rewind()
    assert [bench.project(partition, records) for partition, records in bench.records().items()] == [0] * len(
        bench.records()
    )
    assert (bench.pipeline.shown(), bench.count("journal.fact")) == (before, facts)


def test_facts_one_by_one_give_the_same_rows_as_all_at_once(bench: Bench) -> None:
    for partition, records in bench.records().items():
        bench.position(partition)
        before = 0
        for record in records:
            bench.projector.project(partition, [record], before, record.offset + 1)
            before = record.offset + 1
    one_by_one = bench.pipeline.shown()
    with connect(bench.pipeline.place.connections.read_dsn) as connection:
        connection.execute("TRUNCATE journal.fact, journal.concluded")
        for projection in base.all_projections():
            connection.execute(f"TRUNCATE shown.{projection.table}")  # type: ignore[arg-type]
    bench.rewind()
    _all(bench)
    assert bench.pipeline.shown() == one_by_one


def test_a_worker_that_another_has_overtaken_keeps_nothing(bench: Bench) -> None:
    partition, records = next(iter(bench.records().items()))
    bench.project(partition, records)
    shown = bench.pipeline.shown()
    with pytest.raises(Stale):
        bench.projector.project(partition, records, 0, records[-1].offset + 1)
    assert bench.pipeline.shown() == shown
    assert bench.position(partition) == records[-1].offset + 1


def test_other_bytes_in_a_known_place_are_kept_as_an_oddity_and_park_the_journey(bench: Bench) -> None:
    _all(bench)
    partition, records = next(iter(bench.records().items()))
    first, after = records[0], records[-1].offset + 1
    value = bytes(first.value or b"").replace(b"WARD1", b"WARD2")
    forged = Copy(first, value, offset=after)
    bench.projector.project(partition, [forged], after, after + 1)  # type: ignore[list-item]
    assert bench.oddities() == ["other-bytes"]
    assert len(bench.parked()) == 1
    again = Copy(first, bytes(first.value or b""), offset=after + 1)
    bench.projector.project(partition, [again], after + 1, after + 2)  # type: ignore[list-item]
    assert len(bench.parked()) == 1, "concluded again it is still not all"
    with connect(bench.pipeline.place.connections.read_dsn) as connection:
        kept = connection.execute("SELECT raw FROM journal.fact WHERE version = 1").fetchall()
    assert all(b"WARD2" not in bytes(raw) for (raw,) in kept)


def test_what_cannot_be_read_parks_its_journey_and_the_others_go_on(bench: Bench) -> None:
    for partition, records in bench.records().items():
        changed = [
            Copy(record, bytes(record.value or b"").replace(b"leave-started.v1", b"leave-started.v99"))
            for record in records
        ]
        bench.project(partition, changed)  # type: ignore[arg-type]
    admitted = bench.pipeline.journey("simulated", "SIM-AAAA")
    ((journey, reason),) = bench.parked()
    assert journey == admitted
    assert "leave-started.v99" in reason
    assert bench.count("journal.fact") == 5
    with connect(bench.pipeline.place.connections.read_dsn) as connection:
        rules = connection.execute(
            "SELECT rule FROM shown.timeline WHERE journey = %s", (admitted,)
        ).fetchall()
    assert rules == [("patient-admitted",)]
    assert bench.count("shown.stays") == 2


def test_a_missing_version_is_told_and_mended_when_it_comes(bench: Bench) -> None:
    admitted = bench.pipeline.journey("simulated", "SIM-AAAA")
    partition, records = next(
        (p, r) for p, r in bench.records().items() if any((x.key or b"").decode() == str(admitted) for x in r)
    )
    of_journey = [record for record in records if (record.key or b"").decode() == str(admitted)]
    bench.project(partition, [of_journey[0], of_journey[2]])
    assert bench.parked() == [(admitted, "Version 2 of the journey is missing.")]
    after = of_journey[2].offset + 1
    bench.projector.project(
        partition, [Copy(of_journey[1], bytes(of_journey[1].value or b""))], after, after + 1
    )  # type: ignore[list-item]
    assert bench.parked() == []
    with connect(bench.pipeline.place.connections.read_dsn) as connection:
        row = connection.execute(
            "SELECT leave_closed FROM shown.stays WHERE journey = %s AND valid_to IS NULL", (admitted,)
        ).fetchone()
    assert row == (24 * 3_600_000_000,)


@pytest.mark.parametrize(
    ("value", "key", "code"), [(b"not json", None, "no-envelope"), (None, b"x", "wrong-key")]
)
def test_a_record_that_is_no_fact_is_kept_and_stops_nothing(
    bench: Bench, value: bytes | None, key: bytes | None, code: str
) -> None:
    partition, records = next(iter(bench.records().items()))
    odd = Copy(records[0], value or bytes(records[0].value or b""), key)
    bench.project(partition, [odd, *records[1:]])  # type: ignore[list-item]
    assert bench.oddities() == [code]
    assert bench.position(partition) == records[-1].offset + 1


def test_an_adopted_agreement_concludes_everything_anew(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(
        [
            submission("patient-admitted", "2026-03-02T08:00:00+01:00", message="1", data=ADMISSION),
            submission("discharge-ready-declared", "2026-03-05T08:00:00+01:00", message="2"),
        ]
    )
    pipeline.project()
    assert _due(place) == [(None, "statute@1")]
    pipeline.adopt(DEMO.agreements[0])
    pipeline.project()
    ((due, agreement),) = _due(place)
    assert (str(due), agreement) == ("2026-03-05 08:00:00+00:00", "demo@1")
    assert pipeline.differences() == []


def _due(place: Place) -> list[tuple[object, str]]:
    with connect(place.connections.read_dsn) as connection:
        connection.execute("SET timezone TO 'UTC'")
        return connection.execute(
            "SELECT due_at, agreement FROM shown.handoffs WHERE rule = 'MH-09'"
        ).fetchall()


def test_what_a_destroyed_key_sealed_still_counts(bench: Bench) -> None:
    _all(bench)
    with connect(bench.pipeline.place.connections.vault_dsn) as connection:
        connection.execute(
            "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE regime = 'SoL'"
        )
    made = bench.pipeline.rebuild()
    assert (made.facts, made.parked) == (5, 0)
    with connect(bench.pipeline.place.connections.read_dsn) as connection:
        care = connection.execute(
            "SELECT role, party FROM shown.responsibility WHERE rule = 'care' AND role = 'social-services'"
        ).fetchall()
        marks = connection.execute("SELECT detail FROM shown.timeline WHERE regime = 'SoL'").fetchall()
    assert care == [("social-services", "municipality:2180")]
    assert marks == [("sealed",)]


def test_verify_finds_a_row_that_somebody_changed(bench: Bench) -> None:
    _all(bench)
    assert bench.pipeline.differences() == []
    with connect(bench.pipeline.place.connections.read_dsn) as connection:
        connection.execute("UPDATE shown.stays SET unit = 'hsa:SE2321000198-OTHER' WHERE phase = 'on_leave'")
        connection.execute("DELETE FROM shown.timeline WHERE rule = 'leave-ended'")
    found = {(difference.table, difference.columns) for difference in bench.pipeline.differences()}  # type: ignore[attr-defined]
    assert found == {("stays", ("unit",)), ("timeline", ("missing",))}
    assert LIVE == "journal"
