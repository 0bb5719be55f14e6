"""A month frozen on real servers: its figures as they stood, refused twice, published, and left alone by corrections."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from conftest import Place
from pipeline import Pipeline
from settled_month import NOW, REPORTED, a_march, own, stay

from consumers import workers
from consumers.settlement_view import (
    FROZEN,
    PROVISIONAL,
    RUNNING,
    Looking,
    MonthView,
    months_shown,
    not_frozen,
)
from consumers.settlements import freeze, on_record
from domain.errors import Refused
from domain.population import SHIPPED
from domain.settled import Figures, Mean, Singly
from domain.settlement import FreezeSettlement, Settlement
from infra.postgres import connect
from projections.base import SCHEMA

pytestmark = pytest.mark.broker
NOBODY = Figures(discharged=0, days=0, mean_stockholm=None, stays_one_day=0, mean_skr=None)
GAVLE_IN_MARCH = Figures(discharged=2, days=3, mean_stockholm=1.5, stays_one_day=1, mean_skr=3)
MEAN_IN_MARCH = Mean(
    agreement="own@1",
    discharged=2,
    days=3,
    mean=Decimal("1.5"),
    threshold=Decimal(1),
    above=True,
    billable=Decimal(1),
    sek_per_day=6_000,
    amount=Decimal(6_000),
)


@pytest.fixture
def march(place: Place) -> Pipeline:
    return a_march(place)


def asked(municipality: str = "2180", month: str = "2026-03", now: datetime = NOW) -> FreezeSettlement:
    return FreezeSettlement(municipality=municipality, month=month, actor="tester", now=now)


def frozen_in(place: Place, command: FreezeSettlement) -> Settlement:
    return freeze(place.settings, place.connections, command)


def view(
    march: Pipeline,
    municipality: str = "2180",
    now: datetime = NOW + timedelta(days=1),
    month: str = "2026-03",
) -> MonthView:
    connections = march.place.connections
    with connect(connections.read_dsn) as connection:
        looking = Looking(
            connection=connection,
            connections=connections,
            master_key=march.key,
            schema=SCHEMA,
            now=now,
            known_at=None,
        )
        (found,) = months_shown(looking, [municipality], month)
    return found


def test_the_months_figures_stand_on_record_with_agreement_and_moment(march: Pipeline, place: Place) -> None:
    assert on_record(place.connections.store_dsn).frozen == ()

    made = frozen_in(place, asked())

    assert made == Settlement(
        municipality="2180",
        month="2026-03",
        agreement="own@1",
        as_of=NOW,
        known_at=NOW,
        positions=made.positions,
        population=SHIPPED.id,
        figures=GAVLE_IN_MARCH,
        means=(MEAN_IN_MARCH,),
        singly=Singly(amount=0),
    )
    facts = [made.positions[topic] for topic in made.positions if topic.endswith("facts")]
    assert sum(sum(partitions.values()) for partitions in facts) >= 12
    sandviken = frozen_in(place, asked("2181"))
    assert (sandviken.figures.days, sandviken.agreement, sandviken.means) == (5, "statute@1", ())
    assert sandviken.singly == Singly(
        stretches=1, days=2, amount_missing="The amount per day is not confirmed for 2026."
    )
    assert frozen_in(place, asked("2104")).figures == NOBODY
    standing = on_record(place.connections.store_dsn).frozen
    assert [one.settlement.municipality for one in standing] == ["2180", "2181", "2104"]
    assert {one.actor for one in standing} == {"tester"}
    assert standing[0].settlement == made


def test_a_month_is_frozen_once_and_not_before_its_end(march: Pipeline, place: Place) -> None:
    with pytest.raises(Refused, match="not over yet"):
        frozen_in(place, asked(now=datetime(2026, 3, 31, 21, 59, tzinfo=UTC)))
    frozen_in(place, asked())
    with pytest.raises(Refused, match="frozen already"):
        frozen_in(place, asked())
    frozen_in(place, asked(month="2026-02"))
    assert len(on_record(place.connections.store_dsn).frozen) == 2


def test_not_before_the_agreed_day_either(march: Pipeline, place: Place) -> None:
    """The 10th by the agreement; Sandviken has none."""
    ninth = datetime(2026, 4, 9, 21, 59, tzinfo=UTC)
    with pytest.raises(Refused, match="frozen from 2026-04-10 on"):
        frozen_in(place, asked(now=ninth))
    assert on_record(place.connections.store_dsn).frozen == ()
    frozen_in(place, asked("2181", now=ninth))
    frozen_in(place, asked(now=ninth + timedelta(minutes=1)))


def test_the_relay_publishes_it_to_its_own_topic(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    relay = workers.relay(place.settings, place.connections, "settlements")
    assert relay.publish_available() == 1
    assert relay.publish_available() == 0

    (record,) = march.topic_records("settlements")
    event = json.loads(record.value or b"")
    assert record.key == b"2180:2026-03"
    assert (event["type"], event["subject"]) == (
        "se.carechain.settlement-frozen.v2",
        "settlement:2180:2026-03",
    )
    assert event["data"]["figures"]["mean_stockholm"] == 1.5
    assert "settlements" in workers.STREAMS
    with connect(place.connections.store_dsn) as connection:
        stored = connection.execute("SELECT body FROM store.outbox WHERE stream = 'settlements'").fetchall()
    assert [bytes(row[0]) for row in stored] == [record.value]


def test_what_is_recorded_and_not_shown_yet_stands_in_the_way(march: Pipeline, place: Place) -> None:
    stay(march, "SIM-0005", "2180", "2026-03-04", "2026-03-05")
    with pytest.raises(Refused, match="have not caught up"):
        frozen_in(place, asked())
    march.relay()
    with pytest.raises(Refused, match="have not caught up"):
        frozen_in(place, asked())
    assert on_record(place.connections.store_dsn).frozen == ()

    march.project()
    assert frozen_in(place, asked()).figures.days == 4


def test_a_dry_run_freezes_nothing(march: Pipeline, place: Place) -> None:
    shown = freeze(place.settings, place.connections, asked(), dry_run=True)
    assert shown.figures == GAVLE_IN_MARCH
    assert on_record(place.connections.store_dsn).frozen == ()


# -- what comes after ----------------------------------------------------------------------------------------------


def stay_of(march: Pipeline, patient: str) -> tuple[UUID, UUID]:
    """Journey and stay of a patient."""
    journey = march.journey("simulated", patient)
    with connect(march.place.connections.read_dsn) as connection:
        row = connection.execute("SELECT stay FROM shown.stays WHERE journey = %s", (journey,)).fetchone()
    assert row is not None
    return journey, row[0]


def test_nothing_has_changed_right_after(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    found = view(march)
    assert found.since is not None
    assert (found.state, found.since.changes, found.since.traced) == (FROZEN, (), True)
    assert found.settled == found.today.settled


def test_what_is_told_later_stands_beside_the_frozen_figures_and_not_in_them(
    march: Pipeline, place: Place
) -> None:
    """After the freeze a stay of one day comes to be known, and one of three days had in truth ended a day later."""
    frozen_in(place, asked())
    later = NOW + timedelta(hours=1)
    stay(march, "SIM-0005", "2180", "2026-03-04", "2026-03-05", recorded=later)
    stay(march, "SIM-0001", "2180", "2026-03-03", "2026-03-07", amend=True, recorded=later)
    march.project()

    found = view(march)
    assert found.frozen is not None
    assert found.since is not None
    assert found.frozen.settlement.figures == GAVLE_IN_MARCH
    assert found.frozen.settlement.means == (MEAN_IN_MARCH,)
    assert found.since.traced
    assert found.since.then.means == (MEAN_IN_MARCH,)
    assert sorted(case.days for case in found.since.then.cases) == [0, 3]
    (now,) = found.today.settled.means
    assert (now.discharged, now.days, str(now.billable)) == (3, 5, "2.0")
    appeared, changed = found.since.changes
    assert (appeared.what, appeared.before, appeared.after and appeared.after.days) == ("appeared", None, 1)
    assert changed.what == "changed"
    assert (changed.before and changed.before.days, changed.after and changed.after.days) == (3, 4)
    assert changed.after is not None
    assert (changed.after.journey, changed.after.stay) == stay_of(march, "SIM-0001")


def test_a_case_that_left_the_month_is_told_as_gone(march: Pipeline, place: Place) -> None:
    """It had in truth ended in April: known from the correction, which no case of today's March has."""
    frozen_in(place, asked())
    stay(march, "SIM-0001", "2180", "2026-03-03", "2026-04-02", amend=True, recorded=NOW + timedelta(hours=1))
    march.project()
    found = view(march)
    assert found.since is not None
    (gone,) = found.since.changes
    assert (gone.what, gone.before and gone.before.days, gone.after) == ("gone", 3, None)
    assert found.since.traced


def test_another_agreement_after_the_freeze_is_a_change_too(march: Pipeline, place: Place) -> None:
    """A threshold of 2 adopted in May: 3 days of 2 patients come to nothing now, but not in the frozen figures."""
    frozen_in(place, asked())
    march.adopt(own(2, threshold_days=2.0))
    march.project()
    found = view(march, now=datetime.now(UTC))
    assert found.since is not None
    assert (found.since.then.means, found.since.traced) == ((MEAN_IN_MARCH,), True)
    (now,) = found.today.settled.means
    assert (now.agreement, str(now.billable)) == ("own@2", "0")
    assert {change.what for change in found.since.changes} == {"changed"}


def test_an_act_after_the_month_changes_nothing_in_it(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    stay(march, "SIM-0001", "2180", "2026-04-03", "2026-04-20", recorded=NOW + timedelta(hours=1))
    march.project()
    found = view(march)
    assert found.since is not None
    assert found.since.changes == ()


def test_a_month_that_is_not_frozen_is_provisional(march: Pipeline, place: Place) -> None:
    found = view(march)
    assert (found.state, found.frozen, found.since) == (PROVISIONAL, None, None)
    assert str(found.freeze_from) == "2026-04-10"
    assert str(found.dispute_until) == "2026-04-08"
    running = view(march, now=datetime(2026, 3, 20, tzinfo=UTC))
    assert (running.state, running.today.figures.discharged) == (RUNNING, 2)
    sandviken = view(march, "2181")
    assert (str(sandviken.freeze_from), sandviken.dispute_until) == ("2026-04-01", None)


def test_before_it_was_frozen_it_was_not(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    assert view(march, now=NOW - timedelta(seconds=1)).state == PROVISIONAL
    assert view(march, now=NOW).state == FROZEN


def test_which_months_could_be_frozen(march: Pipeline, place: Place) -> None:
    """April runs on the 9th; on the 9th Gävle's March is over, but its day has not come."""
    store, read = place.connections.store_dsn, place.connections.read_dsn
    with connect(read) as connection:
        found = not_frozen(connection, SCHEMA, on_record(store), None, datetime(2026, 4, 9, 12, tzinfo=UTC))
        assert [(one.municipality, one.month, str(one.freeze_from)) for one in found] == [
            ("2180", "2026-03", "2026-04-10"),
            ("2181", "2026-03", "2026-04-01"),
        ]
        frozen_in(place, asked())
        left = not_frozen(connection, SCHEMA, on_record(store), ["2180"], datetime(2026, 5, 2, tzinfo=UTC))
        assert [(one.municipality, one.month) for one in left] == [("2180", "2026-04")]


def test_what_was_on_record_by_then(march: Pipeline, place: Place) -> None:
    frozen_in(place, asked())
    store = place.connections.store_dsn
    assert on_record(store, by=NOW - timedelta(seconds=1)).frozen == ()
    assert len(on_record(store, by=NOW).frozen) == 1
    assert REPORTED < NOW
