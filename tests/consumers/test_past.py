"""Journeys as they were known earlier, on the real server: what an empty installation shows that was fed no more."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from conftest import NewPlace, Place
from given import instant
from pipeline import Pipeline, submission
from psycopg import IsolationLevel, sql

from consumers.adoption import adopt, basis_of
from consumers.journal import Journal
from consumers.past import bases, show_past
from consumers.projector import READER, Projector
from consumers.system_findings import system_findings
from domain.agreement import Agreement, LocalLimits
from domain.errors import Refused
from infra.kafka import Record
from infra.postgres import Connection, connect
from projections import base
from projections.findings import findings
from projections.handoffs import handoffs
from projections.journeys import journeys
from projections.query import Filters
from projections.responsibility import responsible
from projections.stays import stays
from projections.timeline import timeline
from projections.waits import waits

pytestmark = pytest.mark.broker

WARD = "hsa:SE2321000198-WARD1"
ADMITTED = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
NEED = {"outcome": "yes", "needs": ["municipal-health"], "at_admission": True}
TOLD = {"recipients": [{"role": "municipal-health", "municipality": "2180"}]}
MENDED = {
    "target_message": "A3",
    "amended_type": "se.carechain.admission-notified.v1",
    "amended_at": "2026-03-02T08:00:00+01:00",
    "amended_data": TOLD,
}
SAID: list[tuple[str, str, str, str, dict[str, Any], dict[str, Any]]] = [
    ("2026-03-01T10:01", "A1", "patient-admitted", "2026-03-01T10:00", ADMITTED, {}),
    ("2026-03-01T12:00", "A2", "service-need-assessed", "2026-03-01T12:00", NEED, {}),
    ("2026-03-02T09:00", "B1", "patient-admitted", "2026-03-02T08:00", ADMITTED, {}),
    ("2026-03-02T14:01", "A3", "admission-notified", "2026-03-02T14:00", TOLD, {}),
    ("2026-03-03T09:00", "A4", "municipal-takeover-accepted", "2026-03-03T08:00",
     {"services": ["home-help"], "municipality": "2180"},
     {"regime": "SoL", "role": "social-services", "unit": "hsa:SE2120002338-HELP", "principal": "2180"}),
    ("2026-03-04T09:00", "B2", "patient-discharged", "2026-03-03T15:00", {"destination": "home"}, {}),
    ("2026-03-06T09:00", "A5", "fact-amended", "2026-03-06T09:00", MENDED, {}),
    ("2026-03-06T10:00", "B3", "fact-voided", "2026-03-06T10:00", {"target_message": "B2"}, {}),
]  # fmt: skip
"""When recorded, message, fact, when it happened, data, and what is said around it. The letter is the patient."""
AGREED = Agreement(id="eight", version=1, title="Eight hours", limits=LocalLimits(acknowledgement_hours=8))
RENEWED = AGREED.model_copy(update={"version": 2, "limits": LocalLimits(acknowledgement_hours=12)})
ADOPTED = (("2026-03-02T10:00", AGREED), ("2026-03-05T10:00", RENEWED))
MOMENTS = ("2026-03-01T11:00", "2026-03-02T12:00", "2026-03-04T08:00", "2026-03-06T09:00", "2026-03-07T08:00")


@pytest.fixture(scope="module")
def told(module_place: Place) -> Pipeline:
    """Two patients' facts and two versions of an agreement, each recorded in its time, and all shown."""
    pipeline = Pipeline(module_place)
    for recorded, message, fact, time, data, more in SAID:
        told = submission(
            fact, f"{time}:00+01:00", patient=f"SIM-{message[0]}000", message=message, data=data, **more
        )
        pipeline.submit([told], now=lambda recorded=recorded: instant(recorded))  # type: ignore[misc]
    for recorded, agreement in ADOPTED:
        text = agreement.model_dump_json()
        adopt(module_place.connections.store_dsn, agreement, text, "tester", instant(recorded))
    pipeline.project()
    return pipeline


@contextmanager
def past(told: Pipeline, known_at: datetime) -> Iterator[Connection]:
    """A connection on which everybody is shown as known then."""
    with connect(told.place.connections.read_dsn) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute("SET TIME ZONE 'UTC'")
        past = show_past(connection, told.place.connections, told.key, everybody(told), known_at)
        assert (past.schema, past.linked) == ("pg_temp", ())
        assert set(past.journeys) <= set(everybody(told))
        yield connection
        connection.rollback()


def everybody(told: Pipeline) -> list[UUID]:
    return [told.journey("simulated", f"SIM-{letter}000") for letter in "AB"]


def recorded_at(record: Record) -> datetime:
    return datetime.fromisoformat(msgspec.json.decode(bytes(record.value or b""))["recordedtime"])


@contextmanager
def fresh(told: Pipeline, known_at: datetime, place: Place) -> Iterator[Connection]:
    """An empty installation fed only what had been recorded by then, by the projector itself."""
    projector = Projector(
        replace(place.connections, vault_dsn=told.place.connections.vault_dsn),
        told.key,
        topic=place.topic("facts"),
        reference_topic=place.topic("reference"),
    )
    adopted = [r for r in told.topic_records("reference") if recorded_at(r) <= known_at]
    facts = [r for r in told.topic_records() if recorded_at(r) <= known_at]
    projector.basis = basis_of(bytes(r.value or b"") for r in adopted)
    with connect(place.connections.read_dsn) as connection:
        base.create_schema(connection)
        journal = Journal(connection)
        journal.add_reference([(r.offset, (r.key or b"").decode(), bytes(r.value or b"")) for r in adopted])
        for partition in {record.partition for record in facts}:
            journal.position(READER, projector.topic, uuid4(), partition)
    for partition in {record.partition for record in facts}:
        some = [record for record in facts if record.partition == partition]
        projector.project(partition, some, 0, some[-1].offset + 1)
    projector.close()
    with connect(place.connections.read_dsn) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        yield connection


def tables(connection: Connection, schema: str) -> dict[str, list[Any]]:
    return {
        projection.table: connection.execute(
            sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(schema, projection.table))
        ).fetchall()
        for projection in base.all_projections()
    }


def answers(connection: Connection, schema: str, known_at: datetime | None, as_of: datetime) -> list[Any]:
    filters = Filters(known_at=known_at)
    questions = (responsible, handoffs, waits, stays, findings, timeline, journeys)
    return [question(connection, schema, filters, as_of) for question in questions]


@pytest.mark.parametrize("moment", MOMENTS)
def test_known_at_shows_what_a_fresh_installation_shows_that_was_fed_no_more(
    told: Pipeline, new_place: NewPlace, moment: str
) -> None:
    known_at = instant(moment)
    with new_place() as place, past(told, known_at) as then, fresh(told, known_at, place) as other:
        rows = tables(other, base.SCHEMA)
        assert rows["timeline"]
        assert tables(then, "pg_temp") == rows
        for as_of in (known_at - timedelta(hours=20), known_at, known_at + timedelta(days=3)):
            assert answers(then, "pg_temp", known_at, as_of) == answers(other, base.SCHEMA, None, as_of)


def test_known_at_the_last_moment_is_what_is_shown_now(told: Pipeline) -> None:
    with past(told, instant("2026-03-07T08:00")) as connection:
        assert tables(connection, "pg_temp") == tables(connection, base.SCHEMA)


def test_only_those_asked_about_are_shown(told: Pipeline) -> None:
    first, _ = everybody(told)
    with connect(told.place.connections.read_dsn) as connection:
        show_past(connection, told.place.connections, told.key, [first], instant("2026-03-07T08:00"))
        shown = connection.execute("SELECT DISTINCT journey FROM pg_temp.timeline").fetchall()
    assert shown == [(first,)]


def test_a_reader_who_has_looked_may_ask(told: Pipeline) -> None:
    """Under the rights of a reader; and nothing of it is there for the next one."""
    dsn = told.place.connections.read_dsn
    known_at = instant("2026-03-02T12:00")
    with connect(dsn) as connection:
        connection.execute("SET ROLE carechain_operator")
        journeys = list(everybody(told))
        connection.execute("SELECT access.look('coordination', 'test', journeys => %s)", (journeys,))
        connection.commit()
        show_past(connection, told.place.connections, told.key, journeys, known_at)
        assert handoffs(connection, "pg_temp", Filters(known_at=known_at), known_at)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TEMP TABLE another ()")
    with connect(dsn) as owner:
        left = owner.execute("SELECT count(*) FROM pg_class WHERE relname = 'handoffs'").fetchone()
    assert left == (1,)


def test_somebody_nobody_had_heard_of_is_not_known(told: Pipeline) -> None:
    with connect(told.place.connections.read_dsn) as connection, pytest.raises(Refused) as refused:
        show_past(
            connection,
            told.place.connections,
            told.key,
            everybody(told)[:1],
            instant("2026-03-01T10:00:59"),
        )
    assert refused.value.message == "Nothing had been recorded about that patient by then."


def test_what_held_from_when_on(told: Pipeline) -> None:
    """Adopted on Monday at 10, a new version on Thursday at 10."""
    with connect(told.place.connections.read_dsn) as connection:
        events = Journal(connection).reference()

    def held(first: str, last: str) -> list[tuple[datetime, Sequence[str]]]:
        found = bases(events, known_from=instant(first), known_at=instant(last))
        return [(since, [agreement.name for agreement in basis.agreements]) for since, basis in found]

    monday, thursday = instant("2026-03-02T10:00"), instant("2026-03-05T10:00")
    assert held("2026-03-01T12:00", "2026-03-06T12:00") == [
        (instant("2026-03-01T12:00"), []),
        (monday, ["eight@1"]),
        (thursday, ["eight@1", "eight@2"]),
    ]
    assert held("2026-03-02T10:00", "2026-03-05T09:59") == [(monday, ["eight@1"])]


def test_what_stands_beside_the_rows_is_what_was_known_then(told: Pipeline) -> None:
    """One journey cannot be shown in full since Tuesday; a record that is no fact came on Wednesday."""
    first, second = everybody(told)
    now = instant("2026-03-07T08:00")
    with connect(told.place.connections.read_dsn) as connection:
        connection.execute(
            "INSERT INTO journal.parked (journey, since, reason, version) VALUES (%s, %s, 'unknown', 9)",
            (first, instant("2026-03-03T08:00")),
        )
        connection.execute(
            "INSERT INTO journal.oddity (topic, partition, kafka_offset, journey, code, detail, seen_at, raw)"
            " VALUES ('facts', 0, 99, %s, 'other-bytes', '', %s, '')",
            (second, instant("2026-03-04T08:00")),
        )

        def known(moment: str | None) -> tuple[set[Any], list[Any], set[str]]:
            filters = Filters(known_at=None if moment is None else instant(moment))
            listed = journeys(connection, base.SCHEMA, filters, now)
            duties = handoffs(connection, base.SCHEMA, filters, now)
            found = system_findings(connection, base.SCHEMA, filters, now)
            return (
                {line["journey"] for line in listed if line["incomplete_since"]},
                [line["journey"] for line in duties if line["incomplete_since"]][:1],
                {line["rule"] for line in found},
            )

        assert known("2026-03-02T12:00") == (set(), [], set())
        assert known("2026-03-03T12:00") == ({first}, [first], {"journey-incomplete"})
        assert known("2026-03-04T12:00") == known(None)
        assert known(None) == ({first}, [first], {"journey-incomplete", "other-bytes"})
        connection.rollback()
