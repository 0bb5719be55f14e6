"""Linked journeys on real servers: two patient numbers become one person and two again, whoever works on which half."""

import threading
from collections.abc import Iterator
from contextlib import closing
from uuid import UUID

import pytest
from conftest import Place
from given import instant
from pipeline import Pipeline, submission

from consumers import projector
from consumers.conclusions import conclude_journeys
from consumers.journal import Journal
from consumers.past import show_past
from consumers.projector import Projector
from consumers.system_findings import system_findings
from domain.submission import Patient, Submission
from infra import kafka
from infra.kafka import Record
from infra.postgres import connect
from projections.base import SCHEMA
from projections.query import Filters
from projections.stays import stays

pytestmark = pytest.mark.broker
WARD = "hsa:SE2321000198-WARD1"
ADMISSION = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
Batches = list[tuple[int, list[Record]]]
LATER = instant("2026-04-01T00:00:00Z")


@pytest.fixture
def pipeline(place: Place) -> Pipeline:
    return Pipeline(place)


def admitted(patient: str, time: str, episode: str) -> Submission:
    return submission(
        "patient-admitted", time, patient, episode=episode, message=f"a-{episode}", data=ADMISSION
    )


def discharged(patient: str, time: str, episode: str) -> Submission:
    data = {"destination": "home"}
    return submission("patient-discharged", time, patient, episode=episode, message=f"d-{episode}", data=data)


def about(kind: str, time: str, patient: str, other: str, message: str, **data: str) -> Submission:
    named = Patient(system="simulated", value=other)
    said = submission(kind, time, patient, message=message, data=data)
    return said.model_copy(update={"other": named})


def linked(time: str, patient: str, other: str) -> Submission:
    return about("patient-identity-linked", time, patient, other, f"l-{time}", ground="reserve-number")


def parted(time: str, patient: str, other: str) -> Submission:
    return about("patient-identity-unlinked", time, patient, other, f"u-{time}", ground="mistaken")


def shown(pipeline: Pipeline, patient: str) -> list[tuple[str, str]]:
    """Phase and first day of each stay that is shown of a patient."""
    with connect(pipeline.place.connections.read_dsn) as connection:
        heads = Journal(connection).heads([pipeline.journey("simulated", patient)])
        found = stays(connection, SCHEMA, Filters(journeys=heads), LATER)
    return sorted((row["state"], f"{row['started_at']:%m-%d}") for row in found if row["started_at"])


def test_two_numbers_become_one_person_and_two_again(pipeline: Pipeline) -> None:
    pipeline.submit(
        [
            admitted("SIM-RESERVE", "2026-03-02T08:00:00+01:00", "e1"),
            discharged("SIM-RESERVE", "2026-03-04T08:00:00+01:00", "e1"),
            admitted("SIM-PERSON", "2026-03-14T08:00:00+01:00", "e2"),
        ]
    )
    pipeline.project()
    before = (shown(pipeline, "SIM-RESERVE"), shown(pipeline, "SIM-PERSON"))
    assert before == ([("discharged", "03-02")], [("inpatient", "03-14")])

    (answer,) = pipeline.submit([linked("2026-03-15T08:00:00+01:00", "SIM-PERSON", "SIM-RESERVE")])
    reserve, person = (pipeline.journey("simulated", name) for name in ("SIM-RESERVE", "SIM-PERSON"))
    told = {fact.originator_id: fact.fact for fact in answer.new}
    assert {journey: fact.other_journey for journey, fact in told.items() if fact is not None} == {
        person: str(reserve),
        reserve: str(person),
    }
    pipeline.project()
    both = [("discharged", "03-02"), ("inpatient", "03-14")]
    assert shown(pipeline, "SIM-RESERVE") == shown(pipeline, "SIM-PERSON") == both
    with connect(pipeline.place.connections.read_dsn) as connection:
        assert (
            system_findings(connection, SCHEMA, Filters(), LATER) == []
        )  # one message, in both: that is right
    assert pipeline.differences() == []
    live = pipeline.shown()
    pipeline.rebuild()
    assert pipeline.shown() == live
    assert pipeline.differences() == []

    pipeline.submit([parted("2026-03-20T08:00:00+01:00", "SIM-RESERVE", "SIM-PERSON")])
    pipeline.project()
    assert (shown(pipeline, "SIM-RESERVE"), shown(pipeline, "SIM-PERSON")) == before
    live = pipeline.shown()
    pipeline.rebuild()
    assert pipeline.shown() == live


def test_known_before_the_link_was_recorded_they_were_two(pipeline: Pipeline) -> None:
    pipeline.submit(
        [
            admitted("SIM-RESERVE", "2026-03-02T08:00:00+01:00", "e1"),
            admitted("SIM-PERSON", "2026-03-14T08:00:00+01:00", "e2"),
        ],
        now=lambda: instant("2026-03-14T12:00"),
    )
    pipeline.submit(
        [linked("2026-03-01T08:00:00+01:00", "SIM-PERSON", "SIM-RESERVE")],
        now=lambda: instant("2026-03-15T12:00"),
    )
    pipeline.project()

    def then(known_at: str) -> list[str]:
        connections = pipeline.place.connections
        with connect(connections.read_dsn) as connection:
            journeys = [pipeline.journey("simulated", "SIM-PERSON")]
            past = show_past(connection, connections, pipeline.key, journeys, instant(known_at))
            found = stays(connection, past.schema, Filters(journeys=past.journeys), LATER)
            return sorted(f"{row['started_at']:%m-%d}" for row in found)

    assert then("2026-03-15T11:00") == ["03-14"]
    assert then("2026-03-15T13:00") == ["03-02", "03-14"]


def test_an_episode_moved_is_shown_with_whom_it_belongs_to(pipeline: Pipeline) -> None:
    pipeline.submit(
        [
            admitted("SIM-WRONG", "2026-03-02T08:00:00+01:00", "e1"),
            about(
                "episode-moved",
                "2026-03-03T08:00:00+01:00",
                "SIM-RIGHT",
                "SIM-WRONG",
                "m1",
                moved_episode="e1",
            ),
            discharged("SIM-WRONG", "2026-03-04T08:00:00+01:00", "e1"),
        ]
    )
    pipeline.project()
    assert (shown(pipeline, "SIM-WRONG"), shown(pipeline, "SIM-RIGHT")) == ([], [("discharged", "03-02")])
    live = pipeline.shown()
    pipeline.rebuild()
    assert pipeline.shown() == live


# -- two workers at the same instant ------------------------------------------------------------------------------


class Bench:
    """Two projectors fed by hand, each with its own half of the partitions."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        place = pipeline.place
        self.workers = [
            Projector(
                place.connections,
                pipeline.key,
                topic=place.topic("facts"),
                reference_topic=place.topic("reference"),
                slot=f"projector-{number}",
            )
            for number in (1, 2)
        ]
        self.done: dict[int, int] = {}
        for worker in self.workers:
            worker._prepare()
        with connect(place.connections.read_dsn) as connection, kafka.admin(place.connections.kafka) as admin:
            topic_id = kafka.topic_id(admin, place.topic("facts"))
            for partition in range(place.settings.facts_partitions):
                Journal(connection).position("projector", place.topic("facts"), topic_id, partition)

    def close(self) -> None:
        for worker in self.workers:
            worker.close()

    def waiting(self) -> dict[int, list[Record]]:
        """What has not been projected yet, by partition."""
        found: dict[int, list[Record]] = {}
        for record in self.pipeline.topic_records():
            if record.offset >= self.done.get(record.partition, 0):
                found.setdefault(record.partition, []).append(record)
        return found

    def on_two_partitions(self, names: list[tuple[str, str]]) -> tuple[str, str, list[Batches]]:
        """One of the pairs whose halves are on two partitions, and the batch of each half."""
        waiting = self.waiting()
        for one, other in names:
            halves = []
            for name in (one, other):
                key = str(self.pipeline.journey("simulated", name)).encode()
                own = {p: [r for r in records if r.key == key] for p, records in waiting.items()}
                halves.append([(p, records) for p, records in own.items() if records])
            if halves[0][0][0] != halves[1][0][0]:
                return one, other, halves
        raise AssertionError("every pair is on one partition: make more of them")

    def project_one(self, number: int, batches: Batches) -> None:
        """One worker its batches."""
        for partition, records in batches:
            after = records[-1].offset + 1
            self.workers[number].project(partition, records, self.done.get(partition, 0), after)
            self.done[partition] = after

    def project(self, partitions: list[Batches]) -> None:
        """Each worker its batches, both beginning at once."""
        start, failures = threading.Barrier(2), []

        def work(number: int, batches: Batches) -> None:
            try:
                start.wait(10)
                self.project_one(number, batches)
            except Exception as error:  # noqa: BLE001
                failures.append(error)

        threads = [threading.Thread(target=work, args=pair) for pair in enumerate(partitions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def bench(pipeline: Pipeline) -> Iterator[Bench]:
    with closing(Bench(pipeline)) as made:
        yield made


def shared_out(pairs: list[tuple[UUID, UUID]], waiting: dict[int, list[Record]]) -> list[Batches]:
    """The partitions of the first halves to one worker, of the second to the other, as far as that goes."""
    first = {str(one).encode() for one, _ in pairs}
    mine = {p for p, records in waiting.items() if any(record.key in first for record in records)}
    return [
        sorted((p, records) for p, records in waiting.items() if (p in mine) is wanted)
        for wanted in (True, False)
    ]


@pytest.mark.parametrize("known_before", [True, False])
@pytest.mark.parametrize("first", [0, 1])
def test_a_worker_in_the_middle_of_one_half_is_waited_for_by_the_other(
    pipeline: Pipeline, bench: Bench, monkeypatch: pytest.MonkeyPatch, known_before: bool, first: int
) -> None:
    """One worker has read the journal and not written yet when the other gets the other half (or the link itself)."""
    names = [(f"SIM-A{n:03}", f"SIM-B{n:03}") for n in range(4)]
    links = [linked(f"2026-03-01T08:0{n}:00+01:00", one, other) for n, (one, other) in enumerate(names)]
    if known_before:
        pipeline.submit(links)
        pipeline.relay()
        bench.project([sorted(bench.waiting().items()), []])
    pipeline.submit(admitted(one, "2026-03-02T08:00:00+01:00", f"e-{one}") for one, _ in names)
    pipeline.submit(discharged(other, "2026-03-04T08:00:00+01:00", f"e-{one}") for one, other in names)
    pipeline.submit([] if known_before else links)
    pipeline.relay()
    one, other, halves = bench.on_two_partitions(names)
    if not known_before:  # the second half's own copy of the link is still on its way
        halves[1] = [
            (p, [r for r in records if b"identity-linked" not in r.value]) for p, records in halves[1]
        ]
    read, other_done = threading.Event(), threading.Event()
    slow = bench.workers[first]

    def conclude(journal, journeys, seal, basis):  # type: ignore[no-untyped-def]
        concluded = conclude_journeys(journal, journeys, seal, basis)
        if seal is slow.seal and not read.is_set():
            read.set()
            other_done.wait(1.0)  # the other one must not come to an end before this one has
            assert not other_done.is_set()
        return concluded

    monkeypatch.setattr(projector, "conclude_journeys", conclude)

    def then() -> None:
        assert read.wait(10)
        bench.project_one(1 - first, halves[1 - first])
        other_done.set()

    thread = threading.Thread(target=then)
    thread.start()
    bench.project_one(first, halves[first])
    thread.join(30)
    assert other_done.is_set()
    assert shown(pipeline, one) == shown(pipeline, other) == [("discharged", "03-02")]
    assert pipeline.differences() == []


@pytest.mark.parametrize("link_first", [True, False])
@pytest.mark.slow
def test_both_halves_get_facts_at_the_same_instant_on_two_workers(
    pipeline: Pipeline, bench: Bench, link_first: bool
) -> None:
    """The link is known before, or comes in the very batches that race: nothing of either half is lost."""
    names = [(f"SIM-{n:03}A", f"SIM-{n:03}B") for n in range(12)]
    links = [linked(f"2026-03-01T08:{n:02}:00+01:00", one, other) for n, (one, other) in enumerate(names)]
    pipeline.submit(links if link_first else [])
    for day in range(2, 6):
        if day == 4 and not link_first:
            pipeline.submit(links)
        pipeline.submit(
            admitted(name, f"2026-03-{day:02}T0{8 + half}:00:00+01:00", f"{name}-{day}")
            for pair in names
            for half, name in enumerate(pair)
        )
        pipeline.submit(
            discharged(name, f"2026-03-{day:02}T1{8 + half}:00:00+01:00", f"{name}-{day}")
            for pair in names
            for half, name in enumerate(pair)
        )
        pipeline.relay()
        pairs = [(pipeline.journey("simulated", a), pipeline.journey("simulated", b)) for a, b in names]
        bench.project(shared_out(pairs, bench.waiting()))
        assert pipeline.differences() == []

    expected = [("discharged", f"03-{day:02}") for day in range(2, 6) for _ in "AB"]
    for one, other in names:
        assert shown(pipeline, one) == shown(pipeline, other) == expected
    live = pipeline.shown()
    pipeline.rebuild()
    assert pipeline.shown() == live
