"""Answers about what was known at a past time: right, kept, made anew when they must be, and never half-made."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import NewPlace, Place
from pipeline import Pipeline, submission
from psycopg import sql
from waiting import wait_until

from cli import main
from consumers import kept, kept_making
from consumers.adoption import adopt
from consumers.kept_registry import MOST_KEPT, Kept, key_of, opened
from domain.agreement import Agreement
from domain.errors import Refused
from domain.submission import Submission
from infra.errors import OperatingError
from infra.postgres import connect
from infra.settings import Settings
from projections import base

pytestmark = pytest.mark.broker

PROGRAM = Path(__file__).parent / "kept_process.py"
MONDAY = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
TUESDAY, WEDNESDAY, FRIDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 4))
A, B, C, LATE, LATER = (f"SIM-000{number}" for number in range(1, 6))
_moments = count()
VAULT = ("vault.purpose_key", "vault.journey", "vault.content_key")


def a_moment() -> datetime:
    """Some time on Wednesday evening that no other test asks about."""
    return WEDNESDAY + timedelta(microseconds=next(_moments))


def told(fact: str, time: str, patient: str, **data: Any) -> Submission:
    return submission(fact, time, patient, message=f"{patient} {fact} {time}", data=data)


def admitted(patient: str) -> Submission:
    return told(
        "patient-admitted",
        "2026-03-02T08:00:00+01:00",
        patient,
        unit="hsa:SE2321000198-WARD1",
        care_form="somatic",
        municipality="2180",
    )


def notified(patient: str) -> Submission:
    receiver = [{"role": "municipal-health", "municipality": "2180"}]
    return told("discharge-ready-notified", "2026-03-02T12:00:00+01:00", patient, recipients=receiver)


def discharged(patient: str) -> Submission:
    return told("patient-discharged", "2026-03-06T10:00:00+01:00", patient, destination="home")


def the_week(pipeline: Pipeline) -> None:
    """A goes on after Wednesday, B does not, and C is heard of on Friday only."""
    submit(pipeline, MONDAY, admitted(A), notified(A), admitted(B))
    submit(pipeline, FRIDAY, discharged(A), admitted(C))


def submit(pipeline: Pipeline, recorded_at: datetime, *submissions: Submission) -> None:
    answers = pipeline.submit(submissions, lambda: recorded_at)
    assert all(answer.new for answer in answers)


@pytest.fixture(scope="module")
def week(new_place: NewPlace) -> Iterator[Pipeline]:
    with new_place() as place:
        pipeline = Pipeline(place)
        the_week(pipeline)
        pipeline.project()
        yield pipeline


def ask(pipeline: Pipeline, known_at: datetime, **more: Any) -> str:
    return kept.kept_schema(pipeline.place.connections, pipeline.key, known_at, **more)


def rows(pipeline: Pipeline, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, by its columns' text."""
    with connect(pipeline.place.connections.read_dsn) as connection:
        return {
            projection.table: connection.execute(
                sql.SQL("SELECT {} FROM {} ORDER BY id, valid_from").format(
                    sql.SQL(", ").join(map(sql.Identifier, projection.columns)),
                    sql.Identifier(schema, projection.table),
                )
            ).fetchall()
            for projection in base.all_projections()
        }


def schemas(pipeline: Pipeline) -> set[str]:
    """Schemas with answers in them, whole or not."""
    with connect(pipeline.place.connections.read_dsn) as connection:
        found = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, 'kept_')"
        ).fetchall()
    return {name for (name,) in found}


def registered(pipeline: Pipeline) -> list[Kept]:
    with opened(pipeline.place.connections) as registry:
        return registry.all()


@contextmanager
def workers_wait(pipeline: Pipeline) -> Iterator[None]:
    """As long as this is open no worker gets a key: each job stands still in the middle."""
    with connect(pipeline.place.connections.vault_dsn) as connection:
        connection.execute("LOCK TABLE vault.content_key IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def backends(pipeline: Pipeline, name: str, *, waiting: bool = False) -> int:
    with connect(pipeline.place.connections.read_dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
            " AND (NOT %s OR wait_event_type = 'Lock')",
            (name, waiting),
        ).fetchone()
    assert row is not None
    return int(row[0])


def standing_still(pipeline: Pipeline) -> None:
    wait_until(lambda: backends(pipeline, "carechain vault", waiting=True), 60, "a worker waits for keys")


@contextmanager
def asking_elsewhere(pipeline: Pipeline, known_at: datetime) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, str(PROGRAM), known_at.isoformat()],
        env={**os.environ, **pipeline.place.env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


class Asking:
    """The same question in a thread of its own."""

    def __init__(self, pipeline: Pipeline, known_at: datetime) -> None:
        self.schema: str | None = None
        self.failure: Exception | None = None
        self.news: list[tuple[str, int, int]] = []
        self._thread = threading.Thread(target=self._run, args=(pipeline, known_at))
        self._thread.start()

    def _run(self, pipeline: Pipeline, known_at: datetime) -> None:
        try:
            self.schema = ask(pipeline, known_at, tell=lambda *news: self.news.append(news))
        except Exception as error:  # noqa: BLE001
            self.failure = error

    def ended(self) -> None:
        self._thread.join(100)
        assert not self._thread.is_alive()


# -- right ---------------------------------------------------------------------------------------------------------


def fed_until(pipeline: Pipeline, other: Place, known_at: datetime) -> Pipeline:
    """Another installation, with the same keys, that got only the facts recorded by then."""
    shutil.copy(pipeline.place.settings.master_key_file, other.settings.master_key_file)
    fresh = Pipeline(other)
    with (
        connect(pipeline.place.connections.store_dsn) as source,
        connect(other.connections.store_dsn) as target,
    ):
        for table in VAULT:
            target.execute(sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(table)))
            lines = source.execute(sql.SQL("SELECT * FROM {}").format(sql.SQL(table))).fetchall()
            for line in lines:
                values = sql.SQL(", ").join(map(sql.Literal, line))
                target.execute(sql.SQL("INSERT INTO {} VALUES ({})").format(sql.SQL(table), values))
        events = source.execute(
            "SELECT originator_id, originator_version, topic, state FROM store.journeys_events"
            " WHERE (convert_from(state, 'UTF8')::jsonb ->> 'recordedtime')::timestamptz <= %s"
            " ORDER BY notification_id",
            (known_at,),
        ).fetchall()
        for event in events:
            target.execute(
                "INSERT INTO store.journeys_events (originator_id, originator_version, topic, state)"
                " VALUES (%s, %s, %s, %s)",
                event,
            )
    fresh.project()
    return fresh


def test_equal_to_a_fresh_installation_fed_only_the_facts_of_then(new_place: NewPlace) -> None:
    with new_place() as place, new_place() as other:
        pipeline = Pipeline(place)
        the_week(pipeline)
        pipeline.project()
        fresh = fed_until(pipeline, other, WEDNESDAY)
        expected = rows(fresh, base.SCHEMA)
        a, b, c = (pipeline.journey("simulated", which) for which in (A, B, C))
        assert {line[1] for line in expected["stays"]} == {a, b}
        assert rows(pipeline, ask(pipeline, WEDNESDAY)) == expected
        # On the basis of now every live row is another; then's is the same as ever.
        pipeline.adopt(Agreement(id="agreed", version=1, title="Agreed", regions=("21",)))
        pipeline.project()
        assert rows(pipeline, ask(pipeline, WEDNESDAY + timedelta(seconds=1))) == expected
        later = rows(pipeline, ask(pipeline, FRIDAY))
        assert {line[1] for line in later["stays"]} == {a, b, c}
        now = ask(pipeline, datetime.now(UTC))
        assert rows(pipeline, now) == rows(pipeline, base.SCHEMA)


@pytest.mark.slow
def test_what_has_not_changed_since_is_copied(place: Place) -> None:
    week = Pipeline(place)
    the_week(week)
    week.project()
    b = week.journey("simulated", B)
    before = rows(week, ask(week, a_moment()))
    with connect(place.connections.read_dsn) as connection:
        connection.execute("UPDATE shown.stays SET unit = 'copied'")
    after = rows(week, ask(week, a_moment()))
    names = next(p.columns for p in base.all_projections() if p.table == "stays")
    unit, journey = names.index("unit"), names.index("journey")
    copied = {line[journey] for line in after["stays"] if line[unit] == "copied"}
    assert copied == {b}
    assert {line[journey] for line in before["stays"] if line[unit] == "copied"} == set()


def test_its_functions_and_indexes_are_there(week: Pipeline) -> None:
    schema = ask(week, a_moment())
    with connect(week.place.connections.read_dsn) as connection:
        # Other tests of this week may have told of more patients.
        live, kept = (
            connection.execute(
                sql.SQL("SELECT id FROM {}(%s) ORDER BY id").format(sql.Identifier(name, "stays_at")),
                (WEDNESDAY,),
            ).fetchall()
            for name in (base.SCHEMA, schema)
        )
        assert set(kept) <= set(live)
        assert len(kept) >= 2
        of_live, of_kept = (
            {
                name
                for (name,) in connection.execute(
                    "SELECT regexp_replace(indexdef, '^.* USING ', tablename || ' ') FROM pg_indexes"
                    " WHERE schemaname = %s",
                    (name,),
                )
            }
            for name in (base.SCHEMA, schema)
        )
    assert of_live == of_kept != set()


# -- kept ----------------------------------------------------------------------------------------------------------


def test_asked_again_it_is_shown_at_once(week: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = a_moment()
    schema = ask(week, moment)
    monkeypatch.setattr(kept_making, "in_parallel", None)
    assert ask(week, moment) == schema
    # The same moment in another time zone is the same question.
    assert ask(week, moment.astimezone(None)) == schema
    # A fact that was recorded later tells nothing about then.
    submit(week, FRIDAY, admitted(LATER))
    week.project()
    assert ask(week, moment) == schema


def test_a_late_fact_makes_it_anew(week: Pipeline) -> None:
    moment = a_moment()
    schema = ask(week, moment)
    submit(week, TUESDAY, admitted(LATE))
    week.project()
    late = week.journey("simulated", LATE)
    again = ask(week, moment)
    assert again != schema
    before, after = rows(week, schema) if schema in schemas(week) else None, rows(week, again)
    assert late in {line[1] for line in after["stays"]}
    assert before is None or late not in {line[1] for line in before["stays"]}


def test_an_agreement_of_then_makes_it_anew_and_one_of_today_does_not(week: Pipeline) -> None:
    moment = a_moment()
    schema = ask(week, moment)
    agreement = Agreement(id="of-today", version=1, title="Of today", regions=("10",))
    week.adopt(agreement)
    week.project()
    assert ask(week, moment) == schema
    early = agreement.model_copy(update={"id": "of-then"})
    adopt(week.place.connections.store_dsn, early, early.model_dump_json(), "tester", TUESDAY)
    week.project()
    assert ask(week, moment) != schema


def test_a_rebuild_makes_it_anew(week: Pipeline) -> None:
    moment = a_moment()
    schema = ask(week, moment)
    expected = rows(week, schema)
    week.rebuild()
    again = ask(week, moment)
    assert again != schema
    assert rows(week, again) == expected


def test_rows_of_another_version_are_made_anew(week: Pipeline) -> None:
    moment = a_moment()
    schema = ask(week, moment)
    with connect(week.place.connections.read_dsn) as connection:
        connection.execute(
            sql.SQL("UPDATE {} SET version = 0 WHERE name = 'stays'").format(
                sql.Identifier(schema, "projection")
            )
        )
    assert ask(week, moment) != schema


def test_what_a_crash_of_postgresql_has_emptied_is_made_anew(week: Pipeline) -> None:
    moment = a_moment()
    schema = ask(week, moment)
    expected = rows(week, schema)
    with connect(week.place.connections.read_dsn) as connection:
        unlogged = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s)"
            " AND relkind = 'r' AND relpersistence = 'u'",
            (schema,),
        ).fetchall()
        assert {name for (name,) in unlogged} == {"whole", *(p.table for p in base.all_projections())}
        for (name,) in unlogged:
            connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(schema, name)))
    again = ask(week, moment)
    assert again != schema
    assert rows(week, again) == expected


@pytest.mark.slow
def test_only_a_few_are_kept_and_never_one_dropped_that_is_read(week: Pipeline) -> None:
    read, unread = a_moment(), a_moment()
    with connect(week.place.connections.read_dsn) as reader:
        held = ask(week, read, reader=reader)
        gone = ask(week, unread)
        for _ in range(MOST_KEPT):
            ask(week, a_moment())
        left = schemas(week)
        assert gone not in left
        assert held in left
        assert len(left) == len(registered(week)) == MOST_KEPT + 1
    ask(week, a_moment())
    assert held not in schemas(week)
    assert len(schemas(week)) == MOST_KEPT


# -- two, and none -------------------------------------------------------------------------------------------------


def test_the_second_to_ask_waits_for_the_first(week: Pipeline) -> None:
    moment = a_moment()
    with workers_wait(week):
        first = Asking(week, moment)
        standing_still(week)
        second = Asking(week, moment)
        wait_until(lambda: second.news, 60, "the second is told")
        assert {what for what, *_ in second.news} == {kept_making.CONCLUDING}
    first.ended()
    second.ended()
    assert first.failure is second.failure is None
    assert first.schema == second.schema != None  # noqa: E711
    assert sum(one.known_at == moment for one in registered(week)) == 1


def test_killed_in_the_middle_it_leaves_nothing_that_counts(week: Pipeline) -> None:
    moment = a_moment()
    with workers_wait(week), asking_elsewhere(week, moment) as process:
        standing_still(week)
        (running,) = [one for one in registered(week) if one.known_at == moment]
        assert running.state == "running"
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(60)
        # Nobody is left: workers end themselves when there is nobody to answer to.
        psutil.wait_procs(children, timeout=60)
        assert not [child for child in children if child.is_running() and child.status() != "zombie"]
    wait_until(lambda: backends(week, "carechain worker") == 0, 60, "no worker is connected")
    schema = ask(week, moment)
    assert schema != running.shown_in
    assert running.shown_in not in schemas(week)
    a, b = (week.journey("simulated", which) for which in (A, B))
    assert {a, b} <= {line[1] for line in rows(week, schema)["stays"]}


def test_a_worker_killed_in_the_middle_ends_it_and_the_next_is_right(week: Pipeline) -> None:
    moment = a_moment()
    before = schemas(week)
    with workers_wait(week):
        asking = Asking(week, moment)
        standing_still(week)
        children = [c for c in psutil.Process().children() if c.status() != psutil.STATUS_ZOMBIE]
        (worker, *_) = [child for child in children if "spawn_main" in " ".join(child.cmdline())]
        worker.kill()
        asking.ended()
    assert isinstance(asking.failure, OperatingError)
    assert "ended from outside" in asking.failure.message
    assert schemas(week) <= before
    assert rows(week, ask(week, moment)) == rows(week, ask(week, a_moment()))


def test_interrupted_it_ends_at_once_and_quietly(week: Pipeline) -> None:
    moment = a_moment()
    with workers_wait(week), asking_elsewhere(week, moment) as process:
        standing_still(week)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "")
    assert not [one for one in registered(week) if one.known_at == moment and one.state == "complete"]
    assert ask(week, moment) in schemas(week)


def test_cancelled_from_elsewhere_it_ends_for_all_who_wait(week: Pipeline) -> None:
    moment = a_moment()
    before = schemas(week)
    with workers_wait(week):
        first = Asking(week, moment)
        standing_still(week)
        second = Asking(week, moment)
        wait_until(lambda: second.news, 60, "the second waits")
        with opened(week.place.connections) as registry:
            assert registry.stop(key_of(kept.KNOWN_AT, moment))
        first.ended()
        second.ended()
    for asking in (first, second):
        assert isinstance(asking.failure, Refused)
        assert asking.failure.message == "Making this answer was cancelled."
    assert schemas(week) <= before
    assert ask(week, moment) in schemas(week)


def test_all_are_dropped_those_being_made_too(week: Pipeline) -> None:
    ask(week, a_moment())
    with workers_wait(week):
        asking = Asking(week, a_moment())
        standing_still(week)
        assert kept.drop_all(week.place.connections) >= 2
        asking.ended()
    assert isinstance(asking.failure, Refused)
    assert schemas(week) == set()
    assert registered(week) == []


# -- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def carechain(
    week: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `carechain kept ...`: exit code, stdout, stderr."""
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "1")
    for name, value in week.place.env.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return (main.run(["kept", *arguments]), *capsys.readouterr())

    return run


def test_the_command_lists_and_drops(week: Pipeline, carechain: Callable[..., tuple[int, str, str]]) -> None:
    assert carechain("drop", "--all")[0] == 0
    assert carechain("list") == (
        0,
        "key  known at  state  done  facts  megabytes  incomplete  started at  used at\n",
        "No answer about a past time is kept.\n",
    )
    ask(week, WEDNESDAY)
    code, out, err = carechain("list")
    assert (code, err) == (0, "")
    _, line = out.splitlines()
    key, day, time, state, done = line.split()[:5]
    assert (day, time, state, done) == ("2026-03-04", "21:00", "complete", "100%")
    assert carechain("cancel", key) == (
        1,
        "",
        "error: No answer with that key is being made.\nhint: `carechain kept list` shows those that are.\n",
    )
    assert carechain("drop", key) == (0, "", "Dropped.\n")
    assert schemas(week) == set()
    assert carechain("drop", key)[0] == 1
    ask(week, WEDNESDAY)
    assert carechain("drop", "--all") == (0, "", "Dropped: 1.\n")
    assert carechain("drop")[0] == carechain("drop", key, "--all")[0] == 2


def test_the_command_stops_what_is_made(
    week: Pipeline, carechain: Callable[..., tuple[int, str, str]]
) -> None:
    moment = a_moment()
    key = key_of(kept.KNOWN_AT, moment)
    with workers_wait(week):
        asking = Asking(week, moment)
        standing_still(week)
        assert carechain("drop", key) == (
            1,
            "",
            f"error: This answer is being made.\nhint: Stop it with `carechain kept cancel {key}`.\n",
        )
        assert carechain("cancel", key) == (0, "", "It stops within a second.\n")
        asking.ended()
    assert isinstance(asking.failure, Refused)


def test_the_command_does_not_drop_what_is_read(
    week: Pipeline, carechain: Callable[..., tuple[int, str, str]]
) -> None:
    moment = a_moment()
    with connect(week.place.connections.read_dsn) as reader:
        ask(week, moment, reader=reader)
        code, _, err = carechain("drop", key_of(kept.KNOWN_AT, moment))
    assert (code, err) == (
        1,
        "error: This answer is being read just now.\nhint: Run the command again when it is not.\n",
    )
