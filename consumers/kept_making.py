"""Makes an answer about a past time: every journey concluded from what was known then, in parallel, into a schema."""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain
from uuid import UUID

import psycopg
from psycopg import sql

from consumers.adoption import basis_of
from consumers.conclusions import conclude_lines
from consumers.journal import Journal
from consumers.kept_registry import PREFIX, WHOLE, Kept, Registry, cancelled, positions
from consumers.parallel import (
    Moment,
    Portion,
    Tell,
    Work,
    cores,
    in_parallel,
    moment,
    one_of_each_group,
    pages,
)
from domain.basis import Basis
from domain.conclude import mark
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.settings import Connections
from projections import base

CONCLUDING = "concluding journeys"
NOTE_S = 0.5
"""How often it is noted how far the work has come, and looked whether it is still wanted."""
COPY_FACTS = 20_000
COPY_JOURNEYS = 2_000
"""Rows that are copied never leave PostgreSQL, so more at a time."""
INDEX_SETTINGS = """
SET maintenance_work_mem = '64MB'; SET max_parallel_maintenance_workers = 0; SET default_statistics_target = 10;
"""
"""One table per core is all the parallelism there is; a rough idea of the rows is enough for good plans."""


@dataclass(frozen=True)
class _Journeys:
    """What a worker is given: journeys to conclude, or whose live rows are just those."""

    ids: list[UUID]
    live: bool


class Making:
    """One answer being made, from the sweep to the last index."""

    def __init__(
        self,
        connections: Connections,
        master_key: MasterKey,
        registry: Registry,
        key: str,
        question: str,
        known_at: datetime,
        tell: Tell,
    ) -> None:
        self.connections = connections
        self.master_key = master_key
        self.registry = registry
        self.key = key
        self.question = question
        self.known_at = known_at
        self.tell = tell
        self.schema = f"{PREFIX}{key}_{secrets.token_hex(4)}"
        self.done, self.total = 0, 0
        self._noted = 0.0

    def run(self, workers: int | None) -> str:
        """Make it, whole or not at all."""
        try:
            with moment(self.connections.read_dsn) as seen:
                basis = self._begin(seen)
                self._make_tables()
                incomplete = self._fill(seen, basis, workers)
            self._finish(incomplete)
        except BaseException:
            self._undo()
            raise
        return self.schema

    def _begin(self, seen: Moment) -> Basis:
        """The line in the registry comes first: a schema without one is swept."""
        basis = basis_of(Journal(seen.connection).reference(), known_at=self.known_at)
        self.registry.begin(
            Kept(
                self.key,
                self.question,
                self.known_at,
                self.schema,
                mark(basis),
                positions(seen.connection),
                seen.journal,
                "running",
                stop=False,
                facts_done=0,
                facts=0,
                incomplete=0,
                started_at=self.known_at,
                finished_at=None,
                used_at=self.known_at,
            )
        )
        return basis

    def _make_tables(self) -> None:
        connection = self.registry.connection
        with connection.transaction():
            base.create_schema(connection, self.schema, indexes=False)
            connection.execute(
                sql.SQL("CREATE UNLOGGED TABLE {} ()").format(sql.Identifier(self.schema, WHOLE))
            )
            for projection in base.all_projections():
                # What is lost can be made again; without a log it is made sooner.
                table = sql.Identifier(self.schema, projection.table)
                connection.execute(sql.SQL("ALTER TABLE {} SET UNLOGGED").format(table))

    def _fill(self, seen: Moment, basis: Basis, workers: int | None) -> int:
        portions = list(self._portions(seen, mark(basis)))
        self.total = sum(portion.facts for portion in portions)
        self._look()
        task = partial(_fill, self.schema, basis, self.known_at)
        incomplete = 0
        with closing(
            in_parallel(
                self.connections,
                self.master_key,
                seen,
                task,
                portions,
                workers=workers,
                what=CONCLUDING,
                tell=self._told,
                meanwhile=self._look,
            )
        ) as made:
            for parked in made:
                incomplete += parked
        return incomplete

    def _portions(self, seen: Moment, basis: str) -> Iterator[Portion[_Journeys]]:
        counted = _facts_by_then(seen.connection, self.known_at, basis)
        anew = [(journey, facts) for journey, facts, live in counted if not live]
        then = one_of_each_group(Journal(seen.connection), anew)
        same = ((journey, facts) for journey, facts, live in counted if live)
        # The heavy ones first: then all workers end at about the same time.
        for page in pages(then):
            yield Portion(_Journeys(page.given, live=False), page.facts)
        for page in pages(same, COPY_FACTS, COPY_JOURNEYS):
            yield Portion(_Journeys(page.given, live=True), page.facts)

    def _finish(self, incomplete: int) -> None:
        _index(self.connections.read_dsn, self.schema, self._look)
        connection = self.registry.connection
        connection.execute(sql.SQL("INSERT INTO {} DEFAULT VALUES").format(_whole(self.schema)))
        if not self.registry.complete(self.schema, incomplete):
            raise cancelled()

    def _told(self, what: str, done: int, of: int) -> None:
        self.done = done
        self.tell(what, done, of)

    def _look(self) -> None:
        """Note how far it has come; raises ``Refused`` when it is not wanted any more."""
        if time.monotonic() - self._noted < NOTE_S:
            return
        self._noted = time.monotonic()
        if not self.registry.goes_on(self.schema, self.done, self.total):
            raise cancelled()

    def _undo(self) -> None:
        """Take away what was begun. Where that is not possible, the next to ask does it."""
        with suppress(psycopg.Error):
            self.registry.cancelled(self.schema)
            self.registry.drop_schema(self.schema)


def _facts_by_then(connection: Connection, known_at: datetime, basis: str) -> list[tuple[UUID, int, bool]]:
    """Each journey with facts by then, how many, and whether its live rows follow from just these on the same basis."""
    same = "" if base.stale(connection) else basis
    return connection.execute(
        """
        WITH counted AS (
            SELECT journey, count(*) AS every, count(*) FILTER (WHERE recorded_at <= %s) AS known
            FROM journal.fact GROUP BY journey)
        SELECT journey, known, coalesce(known = every AND c.facts = every AND c.basis = %s, false)
               AND NOT EXISTS (SELECT FROM journal.parked p WHERE p.journey = counted.journey)
               AND NOT EXISTS (SELECT FROM journal.link l WHERE l.journey = counted.journey)
        FROM counted LEFT JOIN journal.concluded c USING (journey) WHERE known > 0 ORDER BY journey
        """,
        (known_at, same),
        binary=True,
    ).fetchall()


def _whole(schema: str) -> sql.Identifier:
    return sql.Identifier(schema, WHOLE)


# -- what workers do -----------------------------------------------------------------------------------------------


def _fill(schema: str, basis: Basis, known_at: datetime, work: Work, given: _Journeys) -> int:
    """The rows of these journeys; how many could not be read, or concluded, whole."""
    if given.live:
        _copy_live(work.connection, schema, given.ids)
        return 0
    concluded = conclude_lines(work.journal.load(given.ids, known_at=known_at), work.seal, basis)
    base.copy_rows(work.connection, schema, chain.from_iterable(concluded.rows.values()), concluded.partition)
    return len(concluded.parked)


def _copy_live(connection: Connection, schema: str, journeys: list[UUID]) -> None:
    for projection in base.all_projections():
        columns = sql.SQL(", ").join(map(sql.Identifier, projection.columns))
        connection.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE journey = ANY(%s)").format(
                sql.Identifier(schema, projection.table),
                columns,
                columns,
                sql.Identifier(base.SCHEMA, projection.table),
            ),
            (journeys,),
        )


def _index(read_dsn: str, schema: str, look: Callable[[], None]) -> None:
    """Primary keys, indexes and statistics, several tables at a time."""
    statements = [
        sql.SQL("{}\nANALYZE {};").format(p.index(schema), sql.Identifier(schema, p.table))
        for p in base.all_projections()
    ]

    def run(statement: sql.Composed) -> None:
        with connect(read_dsn, autocommit=True, application_name="carechain kept index") as connection:
            connection.execute(INDEX_SETTINGS)
            connection.execute(statement)

    pool = ThreadPoolExecutor(min(cores(), len(statements)))
    try:
        waiting = {pool.submit(run, statement) for statement in statements}
        while waiting:
            done, waiting = wait(waiting, NOTE_S, FIRST_COMPLETED)
            look()
            for future in done:
                future.result()
    finally:
        pool.shutdown(cancel_futures=True)
