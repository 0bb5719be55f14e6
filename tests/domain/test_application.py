"""The application on a real PostgreSQL: batches, writers that race, lost answers, bytes that are broken."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from conftest import Place
from eventsourcing.persistence import IntegrityError, StoredEvent
from given import WARD, said
from sealing import ScopeSeal

from domain.application import ATTEMPTS, CareChain
from domain.command import Command
from domain.errors import Refused
from domain.fact import Fact
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.journey import Decided
from domain.seal import Scope
from infra.store import recorder_factory, store_id

pytestmark = pytest.mark.broker
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
ADMISSION = PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180")
HOME = PatientDischarged(destination="home")


class MeddlingSeal(ScopeSeal):
    """Calls ``meddle`` when a fact is named: after the journeys were read and before anything is saved."""

    meddle: Callable[[], None] | None = None

    def fact_id(self, scope: Scope, canonical: bytes) -> str:
        if self.meddle is not None:
            self.meddle()
        return super().fact_id(scope, canonical)


@contextmanager
def application(place: Place, seal: ScopeSeal | None = None) -> Iterator[CareChain]:
    dsn = place.connections.store_dsn
    app = CareChain(lambda: recorder_factory(dsn), seal or ScopeSeal(), store_id(dsn))
    try:
        yield app
    finally:
        app.close()


@pytest.fixture
def app(module_place: Place) -> Iterator[CareChain]:
    with application(module_place) as made:
        yield made


@pytest.fixture
def journey() -> UUID:
    return uuid4()


def told(journey: UUID, time: str, fact: Fact, **more: Any) -> Command:
    return replace(said(time, fact, **more), journey=journey)


def asked(journey: UUID, time: str, fact: Fact) -> Command:
    return replace(told(journey, time, fact), operator=True)


def facts(app: CareChain, journey: UUID) -> list[Fact | None]:
    return [recorded.fact for recorded in app.journeys([journey])[journey].facts]


def execute(place: Place, query: str, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(place.connections.store_dsn, autocommit=True) as connection:
        cursor = connection.execute(query.encode(), values)
        return cursor.fetchall() if cursor.description else []


def test_a_journey_nobody_wrote_in_is_empty(app: CareChain, journey: UUID) -> None:
    found = app.journeys([journey])[journey]
    assert (found.id, found.version, found.facts, found.head) == (journey, 0, [], "0" * 64)


def test_several_facts_of_one_save_are_chained(app: CareChain, journey: UUID) -> None:
    answers = app.record(
        [
            told(journey, "2026-03-02T10:00", ADMISSION),
            told(journey, "2026-03-02T11:00", LeaveStarted()),
            told(journey, "2026-03-02T12:00", LeaveEnded()),
        ],
        NOW,
    )
    assert all(isinstance(answer, Decided) and answer.is_new for answer in answers)
    first, second, third = app.journeys([journey])[journey].facts
    assert [f.envelope.journeyversion for f in (first, second, third)] == [1, 2, 3]
    assert first.envelope.prevhash == "0" * 64
    assert second.envelope.prevhash == first.hash
    assert third.envelope.prevhash == second.hash
    assert [f.envelope.recordedtime.microsecond for f in (first, second, third)] == [0, 1, 2]
    assert [answer.fact.raw for answer in answers if isinstance(answer, Decided)] == [
        first.raw,
        second.raw,
        third.raw,
    ]


def test_what_is_stored_is_named_by_the_pinned_type(
    app: CareChain, journey: UUID, module_place: Place
) -> None:
    app.record([told(journey, "2026-03-02T10:00", ADMISSION)], NOW)
    assert execute(
        module_place,
        "SELECT originator_version, topic FROM store.journeys_events WHERE originator_id = %s",
        journey,
    ) == [(1, "se.carechain.patient-admitted.v1")]


def test_the_same_again_changes_nothing(app: CareChain, journey: UUID) -> None:
    command = told(journey, "2026-03-02T10:00", ADMISSION, message="once")
    app.record([command], NOW)
    (again,) = app.record([replace(command, sent=NOW, unit="hsa:SE2321000198-WARD2")], NOW)
    assert isinstance(again, Decided)
    assert not again.is_new
    twice = told(journey, "2026-03-02T11:00", LeaveStarted(), message="twice")
    first, second = app.record([twice, twice], NOW)
    assert isinstance(first, Decided)
    assert isinstance(second, Decided)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.fact is second.fact
    assert facts(app, journey) == [ADMISSION, LeaveStarted()]


def test_many_journeys_are_saved_in_one_transaction(app: CareChain, module_place: Place) -> None:
    journeys = [uuid4() for _ in range(5)]
    app.record([told(journey, "2026-03-02T10:00", ADMISSION) for journey in journeys], NOW)
    transactions = execute(
        module_place,
        "SELECT DISTINCT xmin::text FROM store.journeys_events WHERE originator_id = ANY(%s)",
        journeys,
    )
    assert len(transactions) == 1
    assert [facts(app, journey) for journey in journeys] == [[ADMISSION]] * 5


def test_a_refusal_concerns_its_own_command_alone(app: CareChain, journey: UUID) -> None:
    other = uuid4()
    refused, accepted, beside = app.record(
        [
            asked(journey, "2026-03-02T10:00", HOME),
            asked(journey, "2026-03-02T10:00", ADMISSION),
            asked(other, "2026-03-02T10:00", ADMISSION),
        ],
        NOW,
    )
    assert isinstance(refused, Refused)
    assert isinstance(accepted, Decided)
    assert isinstance(beside, Decided)
    assert facts(app, journey) == facts(app, other) == [ADMISSION]


def test_a_refused_command_writes_nothing(app: CareChain, journey: UUID, module_place: Place) -> None:
    count = "SELECT count(*) FROM store.journeys_events"
    before = execute(module_place, count)
    (answer,) = app.record([asked(journey, "2026-03-02T10:00", HOME)], NOW)
    assert isinstance(answer, Refused)
    assert execute(module_place, count) == before
    assert app.journeys([journey])[journey].version == 0


def test_an_operators_future_is_refused_and_a_slow_clock_is_not(app: CareChain, journey: UUID) -> None:
    late, soon = app.record(
        [
            asked(journey, "2026-03-10T09:01:00.000001Z", ADMISSION),
            asked(journey, "2026-03-10T09:01:00Z", ADMISSION),
        ],
        NOW,
    )
    assert isinstance(late, Refused)
    assert late.message == "That time has not come yet."
    assert isinstance(soon, Decided)


class Race:
    """A first application that is overtaken by a second while it decides."""

    def __init__(self, place: Place, slow: CareChain, seal: MeddlingSeal) -> None:
        self.place, self.slow, self.seal = place, slow, seal
        self.overtaken = 0

    def overtake(self, say: Callable[[], Command], times: int = 1) -> None:
        """Let the second application record what it says each time the first decides, so many times."""

        def meddle() -> None:
            if self.overtaken < times:
                self.overtaken += 1
                with application(self.place) as quick:
                    quick.record([say()], NOW)

        self.seal.meddle = meddle


@pytest.fixture
def race(module_place: Place) -> Iterator[Race]:
    seal = MeddlingSeal()
    with application(module_place, seal) as slow:
        yield Race(module_place, slow, seal)


def test_who_comes_second_reads_again_and_follows(race: Race, journey: UUID) -> None:
    race.overtake(lambda: told(journey, "2026-03-02T10:00", ADMISSION))
    (answer,) = race.slow.record([told(journey, "2026-03-02T11:00", LeaveStarted())], NOW)
    assert race.overtaken == 1
    assert isinstance(answer, Decided)
    assert answer.fact.envelope.journeyversion == 2
    assert facts(race.slow, journey) == [ADMISSION, LeaveStarted()]


def test_who_comes_second_decides_again(race: Race, journey: UUID) -> None:
    race.slow.record([told(journey, "2026-03-02T10:00", ADMISSION)], NOW)
    race.overtake(lambda: asked(journey, "2026-03-02T11:00", HOME))
    (answer,) = race.slow.record([asked(journey, "2026-03-02T11:30", HOME)], NOW)
    assert isinstance(answer, Refused)
    assert answer.message == "You cannot discharge the patient: the stay had ended by then."
    assert facts(race.slow, journey) == [ADMISSION, HOME]


def test_who_comes_second_with_the_same_finds_it_known(race: Race, journey: UUID) -> None:
    command = told(journey, "2026-03-02T10:00", ADMISSION, message="from both")
    race.overtake(lambda: command)
    (answer,) = race.slow.record([command], NOW + timedelta(seconds=1))
    assert isinstance(answer, Decided)
    assert not answer.is_new
    assert facts(race.slow, journey) == [ADMISSION]


def test_who_is_always_second_gives_up_and_writes_nothing(race: Race, journey: UUID) -> None:
    beside = uuid4()
    race.overtake(lambda: told(journey, "2026-03-02T10:00", ADMISSION), times=100)
    with pytest.raises(IntegrityError):
        race.slow.record(
            [
                told(beside, "2026-03-02T11:00", ADMISSION),
                told(journey, "2026-03-02T11:00", LeaveStarted()),
            ],
            NOW,
        )
    race.seal.meddle = None
    assert race.overtaken >= ATTEMPTS
    assert facts(race.slow, beside) == []
    assert LeaveStarted() not in facts(race.slow, journey)


@pytest.fixture
def lost_answers(app: CareChain, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every save is committed and its answer lost, so that the library's second try collides with the first."""
    insert = app.recorder.insert_events
    calls: list[int] = []

    def committed_then_lost(stored: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        calls.append(len(stored))
        insert(stored, **kwargs)
        return insert(stored, **kwargs)

    monkeypatch.setattr(app.recorder, "insert_events", committed_then_lost)
    return calls


def test_a_save_that_collides_with_itself_is_a_success(
    app: CareChain, journey: UUID, lost_answers: list[int]
) -> None:
    other = uuid4()
    answers = app.record(
        [
            told(journey, "2026-03-02T10:00", ADMISSION),
            told(journey, "2026-03-02T11:00", LeaveStarted()),
            told(other, "2026-03-02T10:00", ADMISSION),
        ],
        NOW,
    )
    assert [isinstance(answer, Decided) and answer.is_new for answer in answers] == [True, True, True]
    assert lost_answers == [3]
    assert facts(app, journey) == [ADMISSION, LeaveStarted()]
    assert facts(app, other) == [ADMISSION]


def test_the_application_goes_on_after_a_lost_answer(
    app: CareChain, journey: UUID, lost_answers: list[int]
) -> None:
    app.record([told(journey, "2026-03-02T10:00", ADMISSION)], NOW)
    app.record([told(journey, "2026-03-02T11:00", LeaveStarted())], NOW)
    assert lost_answers == [1, 1]
    assert facts(app, journey) == [ADMISSION, LeaveStarted()]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (b"\x00\x01", "A stored fact cannot be read: "),
        (b'{"specversion":"1.0"}', "A stored fact cannot be read: Object missing required field"),
    ],
)
def test_broken_bytes_say_where_they_are(
    app: CareChain, journey: UUID, module_place: Place, broken: bytes, words: str
) -> None:
    app.record([told(journey, "2026-03-02T10:00", ADMISSION)], NOW)
    execute(
        module_place, "UPDATE store.journeys_events SET state = %s WHERE originator_id = %s", broken, journey
    )
    with pytest.raises(Refused) as refused:
        app.journeys([journey])
    assert f"{journey}/1: {words}" in refused.value.message


def test_a_type_of_a_later_edition_says_so(app: CareChain, journey: UUID, module_place: Place) -> None:
    app.record([told(journey, "2026-03-02T10:00", ADMISSION)], NOW)
    execute(
        module_place,
        "UPDATE store.journeys_events SET state = replace(convert_from(state, 'UTF8'), 'patient-admitted.v1',"
        " 'patient-admitted.v9')::bytea WHERE originator_id = %s",
        journey,
    )
    with pytest.raises(Refused, match=r"does not know the fact se\.carechain\.patient-admitted\.v9"):
        app.journeys([journey])


def test_a_changed_fact_breaks_the_chain(app: CareChain, journey: UUID, module_place: Place) -> None:
    app.record([told(journey, "2026-03-02T10:00", ADMISSION), told(journey, "2026-03-02T11:00", HOME)], NOW)
    execute(
        module_place,
        "UPDATE store.journeys_events SET state = replace(convert_from(state, 'UTF8'), 'somatic',"
        " 'psychiatric')::bytea WHERE originator_id = %s AND originator_version = 1",
        journey,
    )
    with pytest.raises(Refused, match="the chain is broken at version 2"):
        app.journeys([journey])


def test_a_damaged_journey_does_not_stop_the_others(
    app: CareChain, journey: UUID, module_place: Place
) -> None:
    app.record([told(journey, "2026-03-02T10:00", ADMISSION)], NOW)
    execute(
        module_place, "UPDATE store.journeys_events SET state = %s WHERE originator_id = %s", b"{}", journey
    )
    other = uuid4()
    damaged, whole = app.record(
        [told(journey, "2026-03-02T11:00", HOME), told(other, "2026-03-02T10:00", ADMISSION)], NOW
    )
    assert isinstance(damaged, Refused)
    assert isinstance(whole, Decided)
    assert facts(app, other) == [ADMISSION]
