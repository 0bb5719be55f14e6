"""What a month's settlement is made from: stays whose days ready for discharge count, and stretches that are paid for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.calendar import local_date
from domain.case import READY_NOTICES
from domain.rows import Row, TimelineEntry, Wait

READY, PAID = "W-06", "W-11"
"""Days *utskrivningsklar* until discharge; days for which the municipality pays for one patient."""
NOTICES = tuple(kind.NAME for kind in READY_NOTICES)
"""The facts that are, or count as, a discharge-ready notice."""


@dataclass(frozen=True, kw_only=True, order=True)
class Spell:
    """One wait of ``READY`` or ``PAID`` that has ended, in Swedish dates."""

    end: date
    start: date
    """Of the notice; or the first date that is paid for."""
    journey: UUID
    stay: UUID
    rule: str
    id: UUID
    """The row's."""
    agreement: str
    """In force on the day of the notice, as ``statute@1``."""
    outcome: str | None
    """How it ended: ``discharged``, ``deceased``, ``withdrawn``, ``moved`` and so on."""
    municipality: str | None
    """SCB code of who answered for the patient, or of who pays."""
    notified: date | None = None
    """The notice's day, where it is known."""

    @property
    def month(self) -> str:
        """The calendar month in which it ended."""
        return f"{self.end:%Y-%m}"


def spell_of(line: Mapping[str, Any], notices: Mapping[str, datetime]) -> Spell | None:
    """What a row says by column, if it is one that a settlement counts. ``notices`` are times by fact id, in UTC.

    Stays ready for discharge that ended by discharge are the patient's municipality's; stretches that are paid for
    are the payer's, however they ended.
    """
    if line["ended_at"] is None or line["stay"] is None:
        return None
    if line["rule"] == READY:
        if line["outcome"] != "discharged":
            return None
        municipality = line["municipality"]
    elif line["rule"] == PAID:
        municipality = _municipality(line["party"])
    else:
        return None
    started_at: datetime = line["started_at"]
    notice = started_at if line["rule"] == READY else notices.get(notice_of(line))
    return Spell(
        end=local_date(line["ended_at"]),
        start=local_date(started_at),
        journey=line["journey"],
        stay=line["stay"],
        rule=line["rule"],
        id=line["id"],
        agreement=line["agreement"],
        outcome=line["outcome"],
        municipality=municipality,
        notified=None if notice is None else local_date(notice),
    )


def notice_of(line: Mapping[str, Any]) -> str:
    """The id of the notice that a wait rests on: what opened it comes last."""
    opened: Sequence[str] = line["opened_by"]
    return opened[-1]


def spells_of(rows: Iterable[Row]) -> list[Spell]:
    """The same of concluded rows, with the clock laid over them (``domain.rows.at``) where that is wanted."""
    every = list(rows)
    notices = {
        row.opened_by[0]: row.valid_from
        for row in every
        if isinstance(row, TimelineEntry) and row.rule in NOTICES
    }
    waits = (row for row in every if isinstance(row, Wait))
    found = (spell_of({name: getattr(row, name) for name in _COLUMNS}, notices) for row in waits)
    return [spell for spell in found if spell is not None]


_COLUMNS = (
    "id",
    "journey",
    "stay",
    "rule",
    "started_at",
    "ended_at",
    "outcome",
    "party",
    "municipality",
    "agreement",
    "opened_by",
)


def _municipality(party: str | None) -> str | None:
    kind, _, code = (party or "").partition(":")
    return code if kind == "municipality" else None
