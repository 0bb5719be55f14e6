"""A dispute on real servers: on the stream and in the patients' journeys, once, also when it was cut off between them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline
from settled_month import NOW, a_march, stay

from consumers import disputes
from consumers.disputes import Author, Taken
from consumers.settlements import freeze, on_record, standing
from domain.dispute import DisputeSettlement
from domain.envelope import RecordedFact
from domain.errors import Refused
from domain.facts.settlement import CaseDisputed
from domain.settlement import FreezeSettlement
from infra.postgres import connect
from projections.base import SCHEMA

pytestmark = pytest.mark.broker
IN_TIME = instant("2026-04-08T15:00")
AUTHOR = Author(controller="orgnr:2120002338")


@pytest.fixture
def march(place: Place) -> Pipeline:
    return a_march(place)


def stays(march: Pipeline, *patients: str) -> tuple[UUID, ...]:
    """The one stay in March of each."""
    found = []
    with connect(march.place.connections.read_dsn) as connection:
        for patient in patients:
            row = connection.execute(
                "SELECT stay FROM shown.stays WHERE journey = %s AND ended_at < '2026-04-01'",
                (march.journey("simulated", patient),),
            ).fetchone()
            assert row is not None
            found.append(row[0])
    return tuple(found)


def asked(now: datetime = IN_TIME, **more: Any) -> DisputeSettlement:
    said: dict[str, Any] = {
        "municipality": "2180",
        "month": "2026-03",
        "ground": "wrong-time",
        "actor": "00000000-0000-4000-8000-00000000000a",
    }
    return DisputeSettlement(now=now, **{**said, **more})


def dispute(march: Pipeline, command: DisputeSettlement, author: Author = AUTHOR) -> Taken:
    return disputes.dispute(march.place.connections, march.key, command, author, lambda: command.now)


def told(march: Pipeline, patient: str) -> list[RecordedFact]:
    """What the patient's journey holds of disputes."""
    journey = march.journey("simulated", patient)
    with march.intake() as intake:
        facts = intake.app.journeys([journey])[journey].facts
    return [fact for fact in facts if fact.kind is CaseDisputed]


def test_a_whole_month_is_disputed_on_the_stream_alone(march: Pipeline, place: Place) -> None:
    taken = dispute(march, asked(ground="other"), Author())
    assert (taken.is_new, taken.facts_new) == (True, 0)
    (one,) = on_record(place.connections.store_dsn).disputes("2180", "2026-03")
    assert one == taken.disputed
    assert (one.data.ground, one.data.stays, one.data.late, one.time) == ("other", (), (), IN_TIME)
    assert told(march, "SIM-0001") == []


def test_each_case_named_is_disputed_in_its_patients_journey_too(march: Pipeline) -> None:
    both = stays(march, "SIM-0001", "SIM-0002")
    taken = dispute(march, asked(stays=both))
    assert (taken.is_new, taken.facts_new) == (True, 2)
    facts = [*told(march, "SIM-0001"), *told(march, "SIM-0002")]
    assert [fact.fact for fact in facts] == [
        CaseDisputed(municipality="2180", month="2026-03", reason="wrong-time")
    ] * 2
    assert [fact.stay for fact in facts] == list(both)
    assert {fact.envelope.correlationid for fact in facts} == {taken.disputed.correlationid}
    assert {fact.time for fact in facts} == {IN_TIME}
    (first, _) = facts
    assert (first.envelope.controller, first.envelope.principal, first.envelope.actor) == (
        *("orgnr:2120002338", "2180"),
        "00000000-0000-4000-8000-00000000000a",
    )


def test_the_stay_meant_is_told_though_another_has_ended_since(march: Pipeline) -> None:
    (meant,) = stays(march, "SIM-0001")
    stay(march, "SIM-0001", "2180", "2026-04-03", "2026-04-07")
    march.project()
    dispute(march, asked(stays=(meant,)))
    assert [fact.stay for fact in told(march, "SIM-0001")] == [meant]


def test_asked_again_it_is_known(march: Pipeline, place: Place) -> None:
    command = asked(stays=stays(march, "SIM-0001"))
    first = dispute(march, command)
    again = dispute(march, asked(now=IN_TIME + timedelta(days=3), stays=command.stays))
    assert (again.is_new, again.facts_new, again.disputed) == (False, 0, first.disputed)
    assert len(on_record(place.connections.store_dsn).disputed) == 1
    assert len(told(march, "SIM-0001")) == 1


def test_cut_off_between_stream_and_journeys_it_is_made_good_by_asking_again(
    march: Pipeline, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = stays(march, "SIM-0001", "SIM-0002")

    def cut_off(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(disputes, "_record", cut_off)
        with pytest.raises(KeyboardInterrupt):
            dispute(march, asked(stays=both))
    assert len(on_record(place.connections.store_dsn).disputed) == 1
    assert told(march, "SIM-0001") == []

    healed = dispute(march, asked(now=IN_TIME + timedelta(hours=2), stays=both))
    assert (healed.is_new, healed.facts_new) == (False, 2)
    (fact,) = told(march, "SIM-0001")
    assert fact.time == IN_TIME
    assert fact.envelope.correlationid == healed.disputed.correlationid
    assert dispute(march, asked(stays=both)).facts_new == 0


def test_after_the_agreed_day_or_the_freeze_it_is_taken_as_late(march: Pipeline, place: Place) -> None:
    after = dispute(march, asked(now=instant("2026-04-09T00:00")))
    assert after.disputed.data.late == ("after-the-agreed-day",)
    freeze(
        place.settings,
        place.connections,
        FreezeSettlement(municipality="2180", month="2026-03", actor="tester", now=NOW),
    )
    both = dispute(march, asked(now=NOW + timedelta(hours=1), ground="not-notified"))
    assert both.disputed.data.late == ("after-the-agreed-day", "after-the-freeze")
    other = dispute(march, asked(municipality="2181", now=NOW + timedelta(hours=1)))
    assert other.disputed.data.late == ()


def test_a_stay_of_another_month_or_municipality_is_refused(march: Pipeline, place: Place) -> None:
    (theirs,) = stays(march, "SIM-0004")
    with pytest.raises(Refused, match="is not among the cases of Gävle in 2026-03"):
        dispute(march, asked(stays=(*stays(march, "SIM-0001"), theirs)))
    assert on_record(place.connections.store_dsn).disputed == ()
    assert told(march, "SIM-0001") == []


def test_without_a_controller_nothing_is_recorded(march: Pipeline, place: Place) -> None:
    named = stays(march, "SIM-0001")
    for author in (Author(), Author(unit="sor:265161000016000")):
        with pytest.raises(Refused, match="who answers"):
            dispute(march, asked(stays=named), author)
    assert on_record(place.connections.store_dsn).disputed == ()
    dispute(march, asked(stays=named), Author(unit="hsa:SE2120002338-SOC1"))
    (fact,) = told(march, "SIM-0001")
    assert (fact.envelope.controller, fact.envelope.actorunit) == (
        "orgnr:2120002338",
        "hsa:SE2120002338-SOC1",
    )


def test_what_a_journey_would_refuse_leaves_nothing_on_the_stream(march: Pipeline, place: Place) -> None:
    """A time that has not come yet, by the clock of the recording."""
    command = asked(stays=stays(march, "SIM-0001"))
    early = IN_TIME - timedelta(days=1)
    with pytest.raises(Refused, match="not come yet"):
        disputes.dispute(place.connections, march.key, command, AUTHOR, lambda: early)
    assert on_record(place.connections.store_dsn).disputed == ()


def test_it_changes_no_figure(march: Pipeline, place: Place) -> None:
    with connect(place.connections.read_dsn) as connection:
        before = standing(connection, SCHEMA, ["2180"], "2026-03", NOW).months["2180"]
    dispute(march, asked(stays=stays(march, "SIM-0001")))
    march.project()
    with connect(place.connections.read_dsn) as connection:
        assert standing(connection, SCHEMA, ["2180"], "2026-03", NOW).months["2180"] == before
