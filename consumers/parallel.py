"""One task over the journeys of the journal in several processes, which all see the very same moment of it."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

from psycopg import IsolationLevel

from consumers.crew import Crew, Given, Made, Portion, Task, Work, at_the_moment
from consumers.journal import LIVE, Journal
from domain.errors import Refused
from domain.links import components
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.settings import Connections

__all__ = [
    "Moment",
    "Portion",
    "Tell",
    "Work",
    "cores",
    "in_parallel",
    "moment",
    "one_of_each_group",
    "over_journeys",
    "pages",
]

MOST_WORKERS = 4
"""More would wait for one another in PostgreSQL, and each takes memory."""
PAGE_FACTS = 4_000
PAGE_JOURNEYS = 500
"""What a worker has in memory at a time; small enough for progress to be seen, and to end together."""

Tell = Callable[[str, int, int], None]
"""Is told what is being done, how many facts are done, and of how many."""


@dataclass(frozen=True)
class Moment:
    """A transaction that sees one moment of the tables, and the name by which others may see the same."""

    connection: Connection
    name: str
    journal: int
    """Which journal was live (``which_journal``)."""


@contextmanager
def moment(read_dsn: str) -> Iterator[Moment]:
    """The tables as they are now, for this process and its workers.

    Raises ``OperatingError``, and at the end ``Refused`` when a rebuild has put other tables in the place of those
    that were read: what their names stand for changes at once, even for whoever sees an earlier moment.
    """
    with connect(read_dsn, application_name="carechain moment") as connection:
        before = which_journal(connection)
        connection.commit()
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None
        yield Moment(connection, row[0], before)
        connection.rollback()
        if which_journal(connection) != before:
            raise Refused("What is shown was rebuilt in the meantime.", hint="Ask again.")


def which_journal(connection: Connection) -> int:
    """A number for the journal that is live: a rebuild puts another in its place."""
    row = connection.execute("SELECT %s::regclass::oid", (f"{LIVE}.fact",)).fetchone()
    assert row is not None
    return int(row[0])


def facts_of_journeys(
    seen: Moment, *, known_at: datetime | None = None, journeys: Sequence[UUID] | None = None
) -> list[tuple[UUID, int]]:
    """Each journey (of these, or of all) and how many facts it has; with ``known_at`` (UTC), those recorded by then."""
    counted = seen.connection.execute(
        "SELECT journey, count(*) FROM journal.fact WHERE (%(known_at)s::timestamptz IS NULL OR recorded_at <= %(known_at)s)"
        " AND (%(journeys)s::uuid[] IS NULL OR journey = ANY(%(journeys)s)) GROUP BY journey ORDER BY journey",
        {"known_at": known_at, "journeys": None if journeys is None else list(journeys)},
        binary=True,
    ).fetchall()
    return one_of_each_group(Journal(seen.connection), counted)


def one_of_each_group(journal: Journal, counted: Iterable[tuple[UUID, int]]) -> list[tuple[UUID, int]]:
    """The same, with one journey for each group of linked ones: they are read together."""
    pairs = journal.links()
    if not pairs:
        return list(counted)
    every = list(counted)
    first = components([journey for journey, _ in every], pairs)
    found: dict[UUID, tuple[UUID, int]] = {}
    for journey, facts in every:
        leader, before = found.get(first[journey], (journey, 0))
        found[first[journey]] = (leader, before + facts)
    return list(found.values())


def pages(
    counted: Iterable[tuple[UUID, int]], facts: int = PAGE_FACTS, journeys: int = PAGE_JOURNEYS
) -> Iterator[Portion[list[UUID]]]:
    """Journeys in portions of a bounded number of facts; one with more makes a portion of its own."""
    page: list[UUID] = []
    count = 0
    for journey, more in counted:
        if page and (count + more > facts or len(page) == journeys):
            yield Portion(page, count)
            page, count = [], 0
        page.append(journey)
        count += more
    if page:
        yield Portion(page, count)


def over_journeys(
    connections: Connections,
    master_key: MasterKey,
    task: Task[list[UUID], Made],
    *,
    known_at: datetime | None = None,
    journeys: Sequence[UUID] | None = None,
    workers: int | None = None,
    what: str = "concluding journeys",
    tell: Tell = lambda _what, _done, _of: None,
) -> Generator[Made, None, None]:
    """What ``task`` makes of each page of journeys, as it comes, in any order. See ``in_parallel``.

    With ``known_at`` (UTC) only journeys with facts recorded by then; the task itself loads them so.
    """
    with moment(connections.read_dsn) as seen:
        portions = list(pages(facts_of_journeys(seen, known_at=known_at, journeys=journeys)))
        with closing(
            in_parallel(connections, master_key, seen, task, portions, workers=workers, what=what, tell=tell)
        ) as made:
            yield from made


def in_parallel(
    connections: Connections,
    master_key: MasterKey,
    seen: Moment,
    task: Task[Given, Made],
    portions: Sequence[Portion[Given]],
    *,
    workers: int | None = None,
    what: str = "concluding journeys",
    tell: Tell = lambda _what, _done, _of: None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Generator[Made, None, None]:
    """What ``task`` makes of each portion, as it comes, in any order, by as many processes as there are cores.

    Closing the generator (``contextlib.closing``), Ctrl-C or an error ends all workers at once, and nothing that
    they have not committed stays. ``meanwhile`` is called at least twice a second and may raise to stop the job.
    Each worker commits when nothing is left for it: what was written counts only after the last result.

    Raises what the task raised (its place as a note), and ``OperatingError`` where a worker was ended from outside.
    """
    count = min(workers or min(cores(), MOST_WORKERS), len(portions))
    total, done = sum(portion.facts for portion in portions), 0
    crew = Crew(partial(at_the_moment, connections, master_key, seen.name, task))
    try:
        crew.start(count)
        tell(what, 0, total)
        for portion, made in crew.work_off(portions, meanwhile):
            done += portion.facts
            tell(what, done, total)
            yield made
    finally:
        crew.end()


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
