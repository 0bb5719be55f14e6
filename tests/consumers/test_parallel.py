"""Work shared by several processes: the same moment for all, and an end for all, however one of them ends."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import active_children
from typing import Any
from uuid import UUID, uuid4

import pytest
from conftest import NewPlace, Place
from waiting import wait_until

from consumers.journal import Journal, Line
from consumers.parallel import Work, moment, over_journeys, pages
from domain.errors import Refused
from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.postgres import Connection, connect

KEY = MasterKey.derive(bytes(32))
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
JOURNEYS = 1_200
"""More than two pages."""


def line(journey: UUID, version: int, recorded_at: datetime, offset: int) -> Line:
    return Line(UUID(int=1), journey, version, 0, offset, offset, recorded_at, b"{}")


@pytest.fixture(scope="module")
def journal(new_place: NewPlace) -> Iterator[Place]:
    """Journeys of two facts, one recorded at noon and one an hour later."""
    with new_place() as place:
        with connect(place.connections.read_dsn) as connection:
            later = NOON + timedelta(hours=1)
            lines: list[Line] = []
            for _ in range(JOURNEYS):
                journey = uuid4()
                lines += [line(journey, 1, NOON, len(lines)), line(journey, 2, later, len(lines) + 1)]
            Journal(connection).append(lines, "facts")
        yield place


def workers_of(place: Place) -> int:
    with connect(place.connections.read_dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'carechain worker' AND datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def counted(work: Work, journeys: list[UUID]) -> tuple[int, list[UUID], int, int]:
    row = work.connection.execute("SELECT count(*) FROM journal.fact").fetchone()
    assert row is not None
    return os.getpid(), journeys, row[0], sum(map(len, work.journal.load(journeys).values()))


def test_each_journey_once_and_all_at_one_moment(journal: Place) -> None:
    told: list[tuple[str, int, int]] = []
    found = []
    with closing(
        over_journeys(
            journal.connections,
            KEY,
            counted,
            workers=2,
            tell=lambda *news: told.append(news),
            what="counting",
        )
    ) as made:
        for number, answer in enumerate(made):
            found.append(answer)
            if number == 0:
                # What comes now is seen by none of them.
                with connect(journal.connections.read_dsn) as connection:
                    Journal(connection).append([line(uuid4(), 1, NOON + timedelta(hours=2), 10**6)], "facts")
    with connect(journal.connections.read_dsn) as connection:
        connection.execute("DELETE FROM journal.fact WHERE kafka_offset = 1000000")
    journeys = [journey for _, of_page, _, _ in found for journey in of_page]
    assert len(journeys) == len(set(journeys)) == JOURNEYS
    assert len({process for process, *_ in found}) == 2
    assert os.getpid() not in {process for process, *_ in found}
    assert {count for _, _, count, _ in found} == {2 * JOURNEYS}
    assert sum(facts for *_, facts in found) == 2 * JOURNEYS
    assert (told[0], told[-1]) == (("counting", 0, 2 * JOURNEYS), ("counting", 2 * JOURNEYS, 2 * JOURNEYS))
    assert active_children() == []


def test_only_what_was_known_and_only_these_journeys(journal: Place) -> None:
    before = NOON - timedelta(microseconds=1)
    assert list(over_journeys(journal.connections, KEY, counted, known_at=before)) == []
    told: list[tuple[str, int, int]] = []
    (first, *_) = over_journeys(
        journal.connections, KEY, counted, known_at=NOON, tell=lambda *news: told.append(news)
    )
    assert told[-1][1:] == (JOURNEYS, JOURNEYS)
    some = first[1][:3]
    ((_, journeys, _, facts),) = over_journeys(journal.connections, KEY, counted, journeys=some)
    assert (sorted(journeys), facts) == (sorted(some), 6)


def test_pages_hold_few_facts_and_few_journeys() -> None:
    a, b, c, d = (UUID(int=number) for number in range(1, 5))
    made = list(pages([(a, 3), (b, 2), (c, 9), (d, 1)], facts=5, journeys=2))
    assert [(page.given, page.facts) for page in made] == [([a, b], 5), ([c], 9), ([d], 1)]
    assert [page.given for page in pages([(a, 1), (b, 1), (c, 1)], facts=5, journeys=2)] == [[a, b], [c]]
    assert list(pages([])) == []


def fail(_work: Work, journeys: list[UUID]) -> None:
    raise OperatingError("The disk is full.", hint="Make room.", exit_code=4)


def fail_strangely(_work: Work, journeys: list[UUID]) -> None:
    class Local(Exception):
        """Cannot be pickled."""

    raise Local("whatever")


def kill_itself(_work: Work, journeys: list[UUID]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_an_error_in_a_worker_ends_the_job_with_its_reason(journal: Place) -> None:
    with pytest.raises(OperatingError, match="The disk is full") as failed:
        list(over_journeys(journal.connections, KEY, fail, workers=2))
    assert (failed.value.hint, failed.value.exit_code) == ("Make room.", 4)
    assert "in fail" in failed.value.__notes__[0]
    with pytest.raises(RuntimeError, match="Local"):
        list(over_journeys(journal.connections, KEY, fail_strangely, workers=2))
    assert active_children() == []


def test_a_worker_that_is_killed_ends_the_job(journal: Place) -> None:
    with pytest.raises(OperatingError, match=r"ended from outside \(exit code -9\)"):
        list(over_journeys(journal.connections, KEY, kill_itself, workers=2))
    assert active_children() == []


def test_without_a_server_the_sentence_is_the_usual_one(journal: Place) -> None:
    nowhere = replace(journal.connections, vault_dsn="host=127.0.0.1 port=1")
    with pytest.raises(OperatingError, match=r"PostgreSQL at 127\.0\.0\.1:1 does not answer"):
        list(over_journeys(nowhere, KEY, ask_the_vault, workers=2))


def ask_the_vault(work: Work, journeys: list[UUID]) -> None:
    keys: Any = work.seal
    keys.keys.load_keys(journeys)


def wait_for_ever(_work: Work, journeys: list[UUID], first: UUID) -> None:
    if first not in journeys:
        signal.pause()


def test_closing_ends_all_workers_at_once(journal: Place) -> None:
    with connect(journal.connections.read_dsn) as connection:
        row = connection.execute("SELECT journey FROM journal.fact ORDER BY journey LIMIT 1").fetchone()
    assert row is not None
    # One page is answered, the others never.
    with closing(
        over_journeys(journal.connections, KEY, partial(wait_for_ever, first=row[0]), workers=2)
    ) as made:
        assert next(made) is None
        assert len(active_children()) == 2
    assert active_children() == []
    wait_until(lambda: workers_of(journal) == 0, 10, "no worker is connected")


def put_another_journal_in_its_place(connection: Connection) -> None:
    connection.execute("ALTER TABLE journal.fact RENAME TO fact_before")
    connection.execute("CREATE TABLE journal.fact (LIKE journal.fact_before INCLUDING ALL)")


def test_a_rebuild_in_the_meantime_is_noticed(journal: Place) -> None:
    read_dsn = journal.connections.read_dsn
    with moment(read_dsn):
        pass
    with ExitStack() as stack:
        stack.enter_context(moment(read_dsn))
        with connect(read_dsn) as connection:
            put_another_journal_in_its_place(connection)
        with pytest.raises(Refused, match="rebuilt in the meantime"):
            stack.close()
    with connect(read_dsn) as connection:
        connection.execute("DROP TABLE journal.fact")
        connection.execute("ALTER TABLE journal.fact_before RENAME TO fact")
