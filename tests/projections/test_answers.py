"""What is asked of the tables: whom it is about, in which state, and figures over many waits."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from hand_rows import JOURNEY, OTHER, T0, hours, make

from domain import reference
from domain.rows import Finding, Obligation, Responsibility, Row, Stay, TimelineEntry, Wait
from projections import base
from projections.findings import findings
from projections.handoffs import handoffs, missed
from projections.journeys import find, journeys
from projections.query import Filters
from projections.responsibility import responsible
from projections.stays import stays
from projections.timeline import timeline
from projections.waits import waits

Shown = psycopg.Connection[Any]
NOW = T0 + hours(48)
ALL = Filters()


def put(connection: Shown, *rows: Row) -> None:
    base.copy_rows(connection, base.SCHEMA, rows, {JOURNEY: 0, OTHER: 1})


def test_an_answer_names_its_row_facts_and_basis_in_the_settled_order(shown: Shown) -> None:
    wait = make(
        Wait,
        "W-01",
        stay=OTHER,
        rule_version=2,
        party="region:21",
        unit="hsa:A",
        municipality="2180",
        opened_by=("f1", "f2"),
        closed_by=("f2", "f3"),
        ended_at=T0 + hours(3),
        outcome="done",
        agreement="statute@1",
    )
    put(shown, wait)
    (found,) = waits(shown, base.SCHEMA, ALL, NOW)
    assert list(found.items())[:16] == [
        ("id", wait.id),
        ("journey", JOURNEY),
        ("stay", OTHER),
        ("measure", "W-01"),
        ("kind", "wait"),
        ("state", "ended"),
        ("party", "region:21"),
        ("unit", "hsa:A"),
        ("municipality", "2180"),
        ("started_at", T0),
        ("ended_at", T0 + hours(3)),
        ("value", 3.0),
        ("value_unit", "hours"),
        ("facts", ["f1", "f2", "f3"]),
        ("basis", {"agreement": "statute@1", "rule": "W-01@2", "reference": reference.digest()}),
        ("role", None),
    ]


def test_a_next_step_rests_on_the_rule_that_says_so(shown: Shown) -> None:
    put(
        shown,
        make(Responsibility, "one", rule="care", role="inpatient"),
        make(Responsibility, "two", rule="next_step", detail="MH-10", rule_version=3, due_at=NOW),
        make(Responsibility, "three", rule="care", ended_at=T0 + hours(1), outcome="discharged"),
    )
    current = responsible(shown, base.SCHEMA, Filters(states=("current",)), NOW)
    assert [(line["notion"], line["rule"], line["due_at"], line["basis"]["rule"]) for line in current] == [
        ("care", None, None, "care@1"),
        ("next_step", "MH-10", NOW, "MH-10@3"),
    ]
    assert len(responsible(shown, base.SCHEMA, Filters(rules=("care",)), NOW)) == 2


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), {"a", "b", "c", "d"}),
        (Filters(journeys=[OTHER]), {"d"}),
        (Filters(journeys=[]), set()),
        (Filters(unit="hsa:A"), {"a", "b"}),
        (Filters(municipality="2180"), {"a", "c"}),
        (Filters(region="21"), {"b", "d"}),
        (Filters(region="21", unit="hsa:A"), {"b"}),
        (Filters(rules=("a", "d")), {"a", "d"}),
    ],
)
def test_rows_are_found_by_whom_they_are_about_and_whose_they_are(
    shown: Shown, filters: Filters, expected: set[str]
) -> None:
    put(
        shown,
        make(Responsibility, "a", unit="hsa:A", municipality="2180"),
        make(Responsibility, "b", organisation="hsa:A", party="region:21"),
        make(Responsibility, "c", party="municipality:2180"),
        make(Responsibility, "d", journey=OTHER, region="21"),
    )
    assert {line["notion"] for line in responsible(shown, base.SCHEMA, filters, NOW)} == expected


def test_missed_is_what_was_not_done_in_time(shown: Shown) -> None:
    put(
        shown,
        make(Obligation, "due", due_at=NOW + hours(1)),
        make(Obligation, "open"),
        make(Obligation, "gone", due_at=T0 + hours(2)),
        make(Obligation, "late", due_at=T0 + hours(1), ended_at=T0 + hours(2), outcome="done"),
        make(Obligation, "done", due_at=T0 + hours(5), ended_at=T0 + hours(2), outcome="done"),
        make(Obligation, "fell", due_at=T0 + hours(3), ended_at=T0 + hours(4), outcome="stopped"),
    )
    assert [
        (line["rule"], line["state"], line["done_at"], line["ended_at"])
        for line in missed(shown, base.SCHEMA, ALL, NOW)
    ] == [
        ("late", "late", T0 + hours(2), T0 + hours(2)),
        ("gone", "missed", None, None),
        ("fell", "missed", None, T0 + hours(4)),
    ]
    every = {line["rule"]: line["state"] for line in handoffs(shown, base.SCHEMA, ALL, NOW)}
    assert every == {
        "due": "due",
        "open": "open",
        "gone": "missed",
        "late": "late",
        "done": "done",
        "fell": "missed",
    }


def test_stays_findings_and_timeline_say_their_own(shown: Shown) -> None:
    put(
        shown,
        make(Stay, "stay", phase="on_leave", leave_closed=hours(1), leave_since=NOW - hours(2)),
        make(Finding, "after-death", detail="patient-admitted"),
        make(TimelineEntry, "patient-admitted", regime="SoL", detail="voided"),
    )
    (stay,) = stays(shown, base.SCHEMA, Filters(states=("on_leave",)), NOW)
    assert (stay["leave_hours"], stay["source_episode"]) == (3.0, None)
    (finding,) = findings(shown, base.SCHEMA, ALL, NOW)
    assert (finding["rule"], finding["state"], finding["detail"], finding["system"]) == (
        "after-death",
        "open",
        "patient-admitted",
        False,
    )
    assert finding["text"] == "Something is recorded as done after the patient's death."
    (entry,) = timeline(shown, base.SCHEMA, ALL, NOW)
    assert (entry["fact"], entry["regime"], entry["state"]) == ("patient-admitted", "SoL", "voided")


def test_a_parked_journey_is_marked_wherever_it_is_shown(shown: Shown) -> None:
    put(shown, make(Wait, "W-01"), make(Wait, "W-02", journey=OTHER), make(TimelineEntry, "x", journey=OTHER))
    parked = UUID("33333333-3333-4333-8333-333333333333")
    for journey in (OTHER, parked):
        shown.execute("INSERT INTO journal.parked VALUES (%s, %s, 'why', 1)", (journey, T0))
    assert [line["incomplete_since"] for line in waits(shown, base.SCHEMA, ALL, NOW)] == [None, T0]
    assert [
        (j["journey"], j["facts"], j["incomplete_since"], j["incomplete_because"])
        for j in journeys(shown, base.SCHEMA, ALL, NOW)
    ] == [
        (OTHER, 1, T0, "why"),
        (parked, 0, T0, "why"),
    ]
    assert find(shown, parked, parked) == [parked]


def test_journeys_are_listed_by_what_happened_last(shown: Shown) -> None:
    put(
        shown,
        make(TimelineEntry, "patient-admitted", started_at=T0, valid_from=T0),
        make(TimelineEntry, "leave-started", started_at=T0 + hours(1), valid_from=T0 + hours(1)),
        make(TimelineEntry, "later", started_at=NOW + hours(1), valid_from=NOW + hours(1)),
        make(TimelineEntry, "other", journey=OTHER, started_at=T0 + hours(3), valid_from=T0 + hours(3)),
        make(Stay, "stay", phase="on_leave", unit="hsa:A", municipality="2180", region="21"),
        make(Obligation, "MH-01", due_at=T0 + hours(1)),
    )
    found = journeys(shown, base.SCHEMA, ALL, NOW)
    assert [(j["journey"], j["facts"], j["last_fact"], j["state"], j["missed"]) for j in found] == [
        (OTHER, 1, "other", None, 0),
        (JOURNEY, 2, "leave-started", "on_leave", 1),
    ]
    for filters in (
        Filters(unit="hsa:A"),
        Filters(municipality="2180"),
        Filters(region="21"),
        Filters(states=("on_leave",)),
    ):
        assert [j["journey"] for j in journeys(shown, base.SCHEMA, filters, NOW)] == [JOURNEY]
    assert [j["journey"] for j in journeys(shown, base.SCHEMA, Filters(journeys=[OTHER]), NOW)] == [OTHER]
