"""Publishes figures over everybody for those who see no patients: small groups hidden, also from who subtracts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any, cast

import psycopg
from psycopg import IsolationLevel
from psycopg.types.json import Jsonb

from domain.calendar import local_date
from domain.organisations import Names, read_adopted
from infra.errors import OperatingError
from infra.logs import get_logger
from infra.postgres import Connection, connect
from projections.base import SCHEMA, stale
from projections.measures.question import FIGURES, Key, SummaryLine
from projections.organisations import adopted_in
from projections.query import Filters
from projections.summary import summary

GROUPINGS: tuple[tuple[Key, ...], ...] = (
    (),
    ("region",),
    ("municipality",),
    ("unit",),
    ("provider",),
    ("month",),
    ("municipality", "month"),
)
"""What figures are published side by side by."""
LOOK = timedelta(minutes=1)
"""So often is looked whether figures are due, where the interval is not shorter."""
TROUBLE = (psycopg.OperationalError, OperatingError)
_LOCK = 0x66696775
"""Any number will do, as long as nobody else takes the same lock."""

_log = get_logger(__name__)


@dataclass(frozen=True)
class Published:
    """One set of published figures, by one grouping. Times are aware."""

    made_at: datetime
    as_of: datetime
    lines: list[dict[str, Any]]


def name_of(by: Sequence[str]) -> str:
    """How a grouping is called in the table."""
    return "+".join(by)


class Figures:
    """Publishes figures again and again. Several may: one at a time, and each set takes the place of the last, whole."""

    def __init__(
        self,
        read_dsn: str,
        *,
        interval: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dsn = read_dsn
        self._interval = interval
        self._clock = clock

    def run(self, stop: Event) -> None:
        """Publish when it is due until ``stop`` is set, through every outage after the first look."""
        started = False
        while not stop.is_set():
            try:
                lines = self.keep_up()
                started = True
                if lines is not None:
                    _log.info("figures_published", lines=lines)
            except TROUBLE as error:
                if not started:
                    raise
                _log.warning("figures_trouble", error=type(error).__name__)
            stop.wait(min(self._interval, LOOK).total_seconds())

    def keep_up(self) -> int | None:
        """Publish if the last set is older than the interval; ``None`` where it is not, or where nothing is shown."""
        with _counting(self._dsn) as connection:
            (last,) = connection.execute("SELECT max(made_at) FROM figures.summary").fetchone() or (None,)
            due = last is None or self._clock() - last >= self._interval
            return _publish(connection, self._clock()) if due and not stale(connection) else None

    def publish(self) -> int:
        """Publish now; returns how many lines. Raises ``OperatingError`` where nothing is shown."""
        with _counting(self._dsn) as connection:
            if stale(connection):
                raise OperatingError(
                    "What is shown was not made by this version, or not at all.",
                    hint="Start `carechain run`, or renew it with `carechain projection rebuild`.",
                    exit_code=1,
                )
            return _publish(connection, self._clock())


def _counting(dsn: str) -> "closing[Connection]":
    """A connection of the service that counts, alone at it until it is closed."""
    connection = connect(dsn, autocommit=True, application_name="carechain figures")
    try:
        connection.execute("SET ROLE carechain_figures")
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    except BaseException:
        connection.close()
        raise
    return closing(connection)


def _publish(connection: Connection, now: datetime) -> int:
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    count = 0
    with connection.transaction():
        names = Names(read_adopted(raw), local_date(now)) if (raw := adopted_in(connection)) else None
        connection.execute("DELETE FROM figures.summary")
        for by in GROUPINGS:
            found = covered(summary(connection, SCHEMA, Filters(), now, by=by), by)
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO figures.summary (made_at, as_of, by, line) VALUES (%s, %s, %s, %s)",
                    [(now, now, name_of(by), Jsonb(_named(line, names))) for line in found],
                )
            count += len(found)
    return count


def _named(line: SummaryLine, names: Names | None) -> dict[str, Any]:
    """The line with what unit and provider are called: its readers do not see the register."""
    called = {key: names.of(line[key] or "") for key in ("unit", "provider")} if names else {}
    return {**line, **{f"{key}_name": name for key, name in called.items() if name}}


def covered(lines: Sequence[SummaryLine], by: Sequence[Key]) -> list[SummaryLine]:
    """The lines with more of them hidden, where a hidden one would follow from the others and their sum.

    In each row of a table, along each key, no group is hidden alone: the smallest of the others is hidden with it.
    """
    told = [cast(SummaryLine, dict(line)) for line in lines]
    while any(_cover(told, by, key) for key in by):
        pass
    return told


def _cover(lines: Sequence[SummaryLine], by: Sequence[Key], along: Key) -> bool:
    """Hide what one key makes necessary; whether that was anything."""
    rows: defaultdict[tuple[object, ...], list[SummaryLine]] = defaultdict(list)
    for line in lines:
        rest = (line[key] for key in by if key != along)
        rows[(line["measure"], line["part"], *rest)].append(line)
    changed = False
    for row in rows.values():
        open_ones = [line for line in row if not line["suppressed"]]
        if len(row) - len(open_ones) == 1 and open_ones:
            smallest = min(
                open_ones, key=lambda line: (line["patients"] or 0, str([line[key] for key in by]))
            )
            smallest.update(dict.fromkeys(FIGURES))  # type: ignore[typeddict-item]
            smallest["suppressed"] = changed = True
    return changed


def published(connection: Connection, by: Sequence[str]) -> Published | None:
    """The figures last published by this grouping, if it is one that is. Whoever may reads them sees no patient."""
    rows = connection.execute(
        "SELECT made_at, as_of, line FROM figures.summary WHERE by = %s", (name_of(by),)
    ).fetchall()
    if not rows:
        return None
    return Published(rows[0][0], rows[0][1], [line for _, _, line in rows])
