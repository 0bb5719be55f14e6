"""Which sources have fallen silent: read from when the journal's facts were recorded, and from what was received."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, LiteralString, TypedDict
from uuid import UUID

from domain.calendar import format_instant
from domain.rhythm import LAPSES, LEAST_WEEKS, WEEKS, Rhythm, Silence, awaited, due, learn, silent
from domain.rows import Finding, row_id
from infra.postgres import Connection

SILENT = "source-silent"
TEXT = "A source has not been heard for longer than its rhythm explains."
_WINDOW = timedelta(weeks=WEEKS, days=2)
"""What is learned from lies within it: whole weeks before a day, and that day."""

# Times by source, of everybody's facts: functions, as no reader sees everybody's facts.
_SOURCES: LiteralString = "SELECT source, first, last FROM access.sources_heard(%(until)s) ORDER BY source"
_HOURS: LiteralString = "SELECT hour FROM access.hours_heard(%(source)s, %(begin)s, %(until)s) hour"
_RECEIVED: LiteralString = """
    SELECT source, max(last_at) FROM store.received WHERE last_at <= %(until)s GROUP BY source ORDER BY source
"""


@dataclass(frozen=True)
class Heard:
    """One source, as far as it was heard by a moment. Times are UTC."""

    source: str
    last: datetime
    """Its last message, also one that told nothing new."""
    rhythm: Rhythm | None
    """``None`` where it has not been heard for long enough."""

    @property
    def why_not_judged(self) -> str | None:
        """Why no silence of it is told, in a few words; ``None`` where it is judged."""
        if self.rhythm is None:
            return f"heard for less than {LEAST_WEEKS} whole weeks"
        if not self.rhythm.regular:
            return f"without a rhythm: too often silent, more than once in {LAPSES} weeks"
        return None

    @property
    def awaited(self) -> datetime | None:
        """When its next message is to be expected."""
        return None if self.rhythm is None else awaited(self.rhythm, self.last)

    @property
    def due(self) -> datetime | None:
        """From when on it is silent if nothing comes."""
        return None if self.rhythm is None else due(self.rhythm, self.last)

    def silence(self, now: datetime) -> Silence | None:
        """Its silence at ``now`` (UTC), where there is one."""
        return None if self.rhythm is None else silent(self.rhythm, self.last, now)


def heard(connection: Connection, until: datetime, received: Mapping[str, datetime]) -> list[Heard]:
    """Every source heard by ``until`` (UTC), by name. ``received`` is what ``received_by`` gives for that moment.

    The rhythm is that of what was recorded new; a source that only repeats itself is heard all the same.
    """
    found = []
    for source, first, last in connection.execute(_SOURCES, {"until": until}).fetchall():
        recorded = last.astimezone(UTC)
        begin = (recorded - _WINDOW).replace(minute=0, second=0, microsecond=0)
        span = {"source": source, "begin": begin, "until": recorded}
        hours = {hour.astimezone(UTC) for (hour,) in connection.execute(_HOURS, span)}
        rhythm = learn(hours, first.astimezone(UTC), recorded)
        found.append(Heard(source, max(recorded, received.get(source, recorded)), rhythm))
    known = {one.source for one in found}
    found += [Heard(source, last, None) for source, last in received.items() if source not in known]
    return sorted(found, key=lambda one: one.source)


def received_by(store: Connection, until: datetime) -> dict[str, datetime]:
    """When a message of each source was last received by ``until`` (UTC), whatever became of it."""
    rows = store.execute(_RECEIVED, {"until": until}).fetchall()
    return {source: last.astimezone(UTC) for source, last in rows}


def silences(connection: Connection, now: datetime) -> dict[str, Silence]:
    """The sources that are silent at ``now`` (UTC), by name; received counts only where the store is in this database."""
    by_source = {one.source: one.silence(now) for one in heard(connection, now, received_by(connection, now))}
    return {source: silence for source, silence in by_source.items() if silence is not None}


def place_of(source: str, since: datetime) -> str:
    """What tells one silence from another: the source, and the last that was heard of it (UTC)."""
    return f"{source}|{format_instant(since)}"


def finding_of(source: str, since: datetime) -> UUID:
    """The id of the finding about a silence, which its alarms name."""
    return row_id(Finding, SILENT, f"{None}|{place_of(source, since)}")


class SourceLine(TypedDict):
    """One source: when it was heard, and when it is to be heard again. Times are aware."""

    source: str
    """The sending system."""
    state: Literal["regular", "silent", "not-judged"]
    """Of a source that is not judged no silence is told."""
    last_heard: datetime
    """Its last message, also one that told nothing new."""
    expected_next: datetime | None
    """When its rhythm lets expect one message after that."""
    silent_from: datetime | None
    """From when on it is silent if nothing comes."""
    expected: float | None
    """Of a silent source: how many messages its rhythm lets expect by now."""
    weeks: int | None
    """How many weeks its rhythm was learned from."""
    why: str | None
    """Why it is not judged."""


def sources(found: Sequence[Heard], now: datetime) -> list[SourceLine]:
    """The sources as they stand at ``now`` (UTC): the silent ones first, then by name."""
    lines = [_source(one, now) for one in found]
    return sorted(lines, key=lambda line: (line["state"] != "silent", line["source"]))


def _source(one: Heard, now: datetime) -> SourceLine:
    silence, why = one.silence(now), one.why_not_judged
    return SourceLine(
        source=one.source,
        state="silent" if silence is not None else "not-judged" if why is not None else "regular",
        last_heard=one.last,
        expected_next=one.awaited,
        silent_from=one.due,
        expected=None if silence is None else round(silence.expected, 1),
        weeks=None if one.rhythm is None else one.rhythm.weeks,
        why=why,
    )
