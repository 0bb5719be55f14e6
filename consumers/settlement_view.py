"""Municipalities' months as they are shown: frozen figures, disputes, and beside them what the month comes to now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from consumers.adoption import basis_of
from consumers.journal import Journal
from consumers.settlement_changes import Since, recorded_later, since
from consumers.settlements import Frozen, OnRecord, on_record, standing
from domain.calendar import local_date
from domain.dispute import Disputed, last_day
from domain.settle import Settled, agreed_in, dispute_day_agreed, first_day_after, freeze_day_agreed
from domain.settlement import freeze_day
from infra.keys import MasterKey
from infra.postgres import Connection
from infra.settings import Connections
from projections.settlement import Month, months_with_cases

RUNNING, PROVISIONAL, FROZEN = "running", "provisional", "frozen"
"""A month that is not over; one that can still change; one whose figures stand."""


@dataclass(frozen=True, kw_only=True)
class MonthView:
    """One municipality's month."""

    municipality: str
    month: str
    state: str
    agreement: str
    """In force on the month's last day for stays of any form."""
    today: Month
    """As it stands at the moment asked about, whether it is frozen or not."""
    frozen: Frozen | None
    since: Since | None
    """What has changed, where it is frozen."""
    disputes: tuple[Disputed, ...]
    freeze_from: date
    dispute_until: date | None
    """The last day for a dispute that is not late; ``None`` where none is agreed."""

    @property
    def settled(self) -> Settled:
        """What counts: as it was frozen, else as it stands."""
        return self.today.settled if self.since is None else self.since.then


@dataclass(frozen=True, kw_only=True)
class Looking:
    """What is read from, and the two clocks (UTC; ``known_at`` ``None``: everything known counts)."""

    connection: Connection
    connections: Connections
    master_key: MasterKey
    schema: str
    now: datetime
    known_at: datetime | None


def months_shown(looking: Looking, codes: Sequence[str], month: str) -> list[MonthView]:
    """The month (``2026-03``) of each of these municipalities (SCB codes)."""
    by = looking.now if looking.known_at is None else min(looking.now, looking.known_at)
    record = on_record(looking.connections.store_dsn, by=by)
    found = standing(looking.connection, looking.schema, codes, month, looking.now, known_at=looking.known_at)
    frozen_at = [one.known_at for code in codes if (one := record.frozen_month(code, month)) is not None]
    later = recorded_later(looking.connection, month, min(frozen_at), looking.known_at) if frozen_at else {}
    shown = []
    for code in codes:
        today = found.months[code]
        agreements = agreed_in(code, month, today.agreements, found.basis)
        frozen = record.frozen_month(code, month)
        changed = None
        if frozen is not None:
            changed = since(
                looking.connection,
                looking.connections,
                looking.master_key,
                looking.schema,
                frozen,
                found,
                later,
                looking.now,
            )
        shown.append(
            MonthView(
                municipality=code,
                month=month,
                state=_state(frozen, month, looking.now),
                agreement=agreements[0].name if frozen is None else frozen.settlement.agreement,
                today=today,
                frozen=frozen,
                since=changed,
                disputes=record.disputes(code, month),
                freeze_from=freeze_day(month, freeze_day_agreed(agreements)),
                dispute_until=last_day(month, dispute_day_agreed(agreements)),
            )
        )
    return shown


def _state(frozen: Frozen | None, month: str, now: datetime) -> str:
    if frozen is not None:
        return FROZEN
    return RUNNING if local_date(now) < first_day_after(month) else PROVISIONAL


@dataclass(frozen=True)
class Waiting:
    """A month that is over, and not frozen."""

    municipality: str
    month: str
    freeze_from: date
    """From then on it can be frozen."""
    dispute_until: date | None


def not_frozen(
    connection: Connection, schema: str, record: OnRecord, codes: Sequence[str] | None, now: datetime
) -> list[Waiting]:
    """Every month with cases that is over at ``now`` (UTC) and not frozen, of these municipalities or of all."""
    basis = basis_of(Journal(connection).reference())
    found = []
    for code, month, names in months_with_cases(connection, schema, codes, now):
        if record.frozen_month(code, month) is not None or _state(None, month, now) == RUNNING:
            continue
        agreements = agreed_in(code, month, names, basis)
        from_day = freeze_day(month, freeze_day_agreed(agreements))
        found.append(Waiting(code, month, from_day, last_day(month, dispute_day_agreed(agreements))))
    return found
