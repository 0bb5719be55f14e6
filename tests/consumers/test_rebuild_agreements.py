"""From empty databases, with Kafka and the vault's keys alone: the same rows, agreements and registers included."""

from datetime import UTC, date, datetime

import pytest
from conftest import Place
from pipeline import Pipeline, submission

from consumers.adoption import adopt_register, basis_of, withdraw
from consumers.journal import Journal
from domain.agreement import AVERAGE, Agreement, LocalLimits, PaymentTerms
from domain.registers import read_register
from infra.postgres import connect
from projections import base

pytestmark = pytest.mark.broker
WARD = "hsa:SE2321000198-WARD1"
TO_GAVLE = {"recipients": [{"role": "municipal-health", "municipality": "2180"}]}
TRACKS = """
[[track]]
id = "heart-failure"
title = "Hjärtsvikt"
visit_days = 30
"""


def agreement(name: str, version: int = 1, **said: object) -> Agreement:
    return Agreement.model_validate(
        {"id": name, "version": version, "title": name, "regions": ("21",), **said}
    )


OLD = agreement("gavleborg", valid_to=date(2026, 3, 3), limits=LocalLimits(discharge_ready_notice_minutes=60))
NEW = agreement(
    "gavleborg",
    2,
    valid_from=date(2026, 3, 4),
    payment=PaymentTerms(model=AVERAGE, threshold_days=2.5),
)
MISTAKEN = agreement("mistaken", municipalities=("2180",), limits=LocalLimits(takeover_answer_hours=1))


def _patient(number: int, day: str) -> list:  # type: ignore[type-arg]
    """Admitted on the 1st, judged ready and told of it on that day, a referral sent beside it."""
    name = f"SIM-{number:06d}"
    admitted = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
    sent = {"track": "heart-failure", "from_unit": "hsa:SE2321000198-VC1", "to_unit": WARD, "to_region": "21"}
    return [
        submission("patient-admitted", "2026-03-01T08:00:00+01:00", name, message="a", data=admitted),
        submission("discharge-ready-declared", f"{day}T09:00:00+01:00", name, message="r"),
        submission("discharge-ready-notified", f"{day}T11:00:00+01:00", name, message="n", data=TO_GAVLE),
        submission("referral-sent", f"{day}T12:00:00+01:00", name, message="s", data=sent),
    ]


def test_from_empty_databases_with_kafka_and_the_keys_alone(place: Place) -> None:
    pipeline = Pipeline(place)
    for one in (OLD, NEW, MISTAKEN):
        pipeline.adopt(one)
    store = place.connections.store_dsn
    withdraw(store, "mistaken@1", "Another municipality was meant.", "tester", datetime.now(UTC))
    adopt_register(store, read_register(TRACKS), TRACKS, "tester", datetime.now(UTC))
    pipeline.submit([*_patient(1, "2026-03-03"), *_patient(2, "2026-03-04")])
    pipeline.project()
    before = pipeline.shown()
    with connect(place.connections.read_dsn) as connection:
        basis = basis_of(Journal(connection).reference())
        agreements = {row[0] for row in connection.execute("SELECT DISTINCT agreement FROM shown.handoffs")}
        limits = {row[0] for row in connection.execute("SELECT at_most FROM shown.waits WHERE rule = 'W-18'")}
    assert {"gavleborg@1", "gavleborg@2"} <= agreements
    assert "mistaken@1" not in agreements
    assert limits == {30.0}

    with connect(store) as connection:
        connection.execute("TRUNCATE store.journeys_events, store.outbox, store.dead_letter, store.relayed")
    with connect(place.connections.read_dsn) as connection:
        connection.execute("DROP SCHEMA shown CASCADE")
        connection.execute("TRUNCATE journal.fact, journal.position, journal.concluded, journal.reference")
    pipeline.rebuild()

    assert pipeline.shown() == before
    assert pipeline.differences() == []
    with connect(place.connections.read_dsn) as connection:
        assert basis_of(Journal(connection).reference()) == basis
        assert base.stale(connection) == []
