"""Versions of rows for histories in which a later fact changes what an earlier one had led to.

Nearly every rule looks only backward from each fact, so that one conclusion serves every moment. A few facts make
that hard to write: a notice turns out to have gone astray, a care contact ends before the discharge it was for, the
patient's municipality changes, a clock is paused. Where the history holds some, the time before each of them is
concluded without it, and the answers are joined into versions: a rule may then say of the past what it follows from
such a fact, and ``at(conclude(H), T) == at(conclude(H.until(T)), T)`` holds all the same.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.facts.guarantee import WaitPaused, WaitResumed
from domain.facts.messages import NotificationMisdirected, ParticipantChanged
from domain.facts.notification import CareContactEnded
from domain.facts.provider import ProviderCommissioned
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.history import History
from domain.rows import Row

MICROSECOND = timedelta(microseconds=1)
REVISING = frozenset(
    {
        CareContactEnded,
        NotificationMisdirected,
        ParticipantChanged,
        ProviderCommissioned,
        ResponsibleMunicipalityChanged,
        WaitPaused,
        WaitResumed,
    }
)
"""Facts that change what rows of earlier facts say, from their time on."""


def unfolded(history: History, make: Callable[[History], Iterable[Row]]) -> list[Row]:
    """What ``make`` concludes, as versions where a fact of the history is one of ``REVISING``."""
    turns = sorted({fact.time for fact in history.facts if fact.kind in REVISING})
    if not turns:
        return list(make(history))
    told: dict[UUID, list[Row]] = {}
    for since, following in zip([None, *turns], [*turns, None], strict=True):
        known = history if following is None else history.until(following - MICROSECOND)
        for row in make(known):
            version = _within(row, since, following)
            if version is not None:
                _tell(told.setdefault(row.id, []), version)
    return [row for versions in told.values() for row in versions]


def _within(row: Row, since: datetime | None, following: datetime | None) -> Row | None:
    """The part of a version that stands from ``since`` until the next turn; ``None`` where nothing is left."""
    begins = row.valid_from if since is None else max(row.valid_from, since)
    until = row.valid_to if following is None or (row.valid_to or following) < following else following
    if until is not None and begins >= until:
        return None
    if until is not None and row.ended_at is not None and row.ended_at >= until:
        # An ending that the clock alone brings had not come by then, and may never come.
        row = replace(row, ended_at=None, outcome=None, closed_by=())
    if (begins, until) == (row.valid_from, row.valid_to):
        return row
    return replace(row, valid_from=begins, valid_to=until)


def _tell(versions: list[Row], new: Row) -> None:
    """Add a version; one that says no more than that the row before has ended takes its place."""
    before = versions[-1] if versions else None
    if before is not None and before.valid_to == new.valid_from and _goes_on(before, new):
        versions[-1] = replace(new, valid_from=before.valid_from)
    else:
        versions.append(new)


def _goes_on(before: Row, new: Row) -> bool:
    same = replace(new, valid_from=before.valid_from, valid_to=before.valid_to)
    if new.ended_at is not None and new.ended_at >= new.valid_from and before.ended_at is None:
        same = replace(same, ended_at=None, outcome=None, closed_by=())
    return same == before
