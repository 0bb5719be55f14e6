"""A simulated month through real servers: what the projections say equals what the simulator planned, row by row."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest
from conftest import Place
from given import DEMO
from mutants import MUTANTS, ONE_PER_RULE, Mutant, mutated
from pipeline import Pipeline, lines
from truth import Line, concluded, differences, expected, shown

from consumers.conclusions import read_prefix
from consumers.journal import Journal
from consumers.sealing import OpeningSeal
from consumers.simulator.run import simulate
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.history import History
from domain.rows import Row
from domain.stays import stay_of_episode
from infra.postgres import connect
from infra.vault import KeyReader

pytestmark = pytest.mark.broker
JOURNEYS_OF_MUTANTS = 500


@dataclass
class Month:
    """A simulated month that has gone all the way, and its truth in our ids."""

    pipeline: Pipeline
    truth: Counter[Line]
    horizon: datetime
    facts: dict[UUID, list[RecordedFact]]

    def shown(self) -> Counter[Line]:
        with connect(self.pipeline.place.connections.read_dsn) as connection:
            return shown(connection, self.horizon)

    def truth_of(self, journeys: set[UUID]) -> Counter[Line]:
        return Counter({line: count for line, count in self.truth.items() if line[1] in journeys})


@contextmanager
def a_month(place: Place, folder: Path, admissions: int, *, live: bool = True) -> Iterator[Month]:
    """The month by the live projector, or by a rebuild from Kafka, which concludes each journey once."""
    simulate("Gävleborg", admissions, seed=7, output=folder)
    pipeline = Pipeline(place)
    pipeline.adopt(DEMO.agreements[0])
    submissions = lines(folder / "facts.ndjson")
    answers = pipeline.submit(submissions)
    assert not [answer.refused for answer in answers if answer.refused]
    if live:
        pipeline.project(timeout=400)
    else:
        pipeline.relay()
        pipeline.rebuild()
    horizon = datetime.fromisoformat(json.loads((folder / "about.json").read_text())["horizon"])
    patients = sorted({said.patient.value for said in submissions})
    hospital = next(said.source for said in submissions if said.episode is not None)
    with pipeline.intake() as intake:
        ids = dict(zip(patients, intake.vault.journeys_of([("simulated", p) for p in patients]), strict=True))
        truth = expected(
            folder / "truth.ndjson",
            ids.__getitem__,
            lambda episode: stay_of_episode(hospital, intake.vault.episode_ref(hospital, episode)),
        )
    yield Month(pipeline, truth, horizon, _facts(pipeline))


def _facts(pipeline: Pipeline) -> dict[UUID, list[RecordedFact]]:
    """Some journeys' facts as they stand in the journal."""
    connections = pipeline.place.connections
    with connect(connections.read_dsn) as connection, KeyReader(connections.vault_dsn, pipeline.key) as keys:
        journal = Journal(connection)
        journeys = [
            j for partition in journal.partitions() for j in journal.journeys(partition, None, 10_000)
        ]
        chosen = sorted(journeys)[:JOURNEYS_OF_MUTANTS]
        keys.load_keys(chosen)
        seal = OpeningSeal(keys)
        return {journey: read_prefix(found, seal)[0] for journey, found in journal.load(chosen).items()}


@pytest.fixture(scope="module")
def month(module_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    with a_month(module_place, tmp_path_factory.mktemp("month"), 1_000) as made:
        yield made


@pytest.fixture(scope="module")
def histories(month: Month) -> dict[UUID, History]:
    return {journey: History.of(facts) for journey, facts in month.facts.items()}


def test_the_projections_say_what_the_simulator_planned(month: Month) -> None:
    assert differences(month.truth, month.shown()) == []


def test_live_equals_rebuilt_equals_recomputed(month: Month) -> None:
    live = month.pipeline.shown()
    assert month.pipeline.differences() == []
    month.pipeline.rebuild()
    assert month.pipeline.shown() == live
    assert month.pipeline.differences() == []
    month.pipeline.rebuild()
    assert month.pipeline.shown() == live


def _concluded(histories: dict[UUID, History], horizon: datetime) -> Counter[Line]:
    rows: list[Row] = []
    for journey, history in histories.items():
        rows += conclude(journey, history, DEMO)
    return concluded(rows, horizon)


def test_without_a_mutant_there_is_no_difference(month: Month, histories: dict[UUID, History]) -> None:
    assert differences(month.truth_of(set(histories)), _concluded(histories, month.horizon)) == []


def _noticed(mutant: Mutant, month: Month, histories: dict[UUID, History]) -> bool:
    with mutated(mutant):
        ours = _concluded(histories, month.horizon)
    return bool(differences(month.truth_of(set(histories)), ours))


@pytest.mark.parametrize("mutant", ONE_PER_RULE, ids=str)
def test_a_mutant_is_noticed(mutant: Mutant, month: Month, histories: dict[UUID, History]) -> None:
    assert _noticed(mutant, month, histories)


@pytest.mark.slow
@pytest.mark.parametrize("mutant", [m for m in MUTANTS if m not in ONE_PER_RULE], ids=str)
def test_every_other_mutant_is_noticed(mutant: Mutant, month: Month, histories: dict[UUID, History]) -> None:
    assert _noticed(mutant, month, histories)


@pytest.mark.slow
@pytest.mark.timeout(800)
def test_ten_thousand_admissions(place: Place, tmp_path: Path) -> None:
    with a_month(place, tmp_path, 10_000, live=False) as month:
        assert differences(month.truth, month.shown()) == []
