"""What has changed in a frozen month since: the cases as they were known at the freeze, beside those of today."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from uuid import UUID

from consumers.adoption import basis_of
from consumers.conclusions import conclude_lines
from consumers.journal import Journal
from consumers.sealing import OpeningSeal
from consumers.settlements import Frozen, Standing
from domain.basis import Basis
from domain.calendar import format_instant, start_of_local_day
from domain.fact import load_catalogue
from domain.facts.correction import FactAmended, FactVoided
from domain.links import ABOUT_TWO
from domain.rows import at
from domain.settle import Settled, first_day_after, settle
from domain.settled import SettledCase
from domain.spells import Spell, spells_of
from infra.keys import MasterKey
from infra.postgres import Connection
from infra.settings import Connections
from infra.vault import KeyReader
from projections.population import population_in
from projections.settlement import journeys_about


@dataclass(frozen=True)
class Change:
    """One case that is not what it was when the month was frozen."""

    what: str
    """``appeared``, ``gone`` or ``changed``."""
    before: SettledCase | None
    after: SettledCase | None


@dataclass(frozen=True)
class Since:
    """A frozen month beside the same month as it stands."""

    then: Settled
    """The cases behind the frozen figures."""
    changes: tuple[Change, ...]
    traced: bool
    """Whether those cases come to the frozen figures: not where rules were changed, or a key destroyed, since."""


def since(
    connection: Connection,
    connections: Connections,
    master_key: MasterKey,
    schema: str,
    frozen: Frozen,
    today: Standing,
    later: Mapping[UUID, datetime],
    now: datetime,
) -> Since:
    """What has become of a frozen month by ``now`` (UTC).

    ``today`` is the month read there from ``schema``, ``later`` what ``recorded_later`` gives from the freeze on, or
    from before it. Only journeys that can have changed are concluded again:
    those with a correction, or an act of before the month's end, recorded since; all of the month's where what is
    agreed on is not what it was.
    """
    load_catalogue()
    settlement = frozen.settlement
    code, month = settlement.municipality, settlement.month
    standing = today.months[code]
    journal = Journal(connection)
    basis = basis_of(journal.reference(), known_at=frozen.known_at)
    touched = {journey for journey, recorded in later.items() if recorded > frozen.known_at}
    if basis.digest != today.basis.digest:
        touched |= {spell.journey for spell in standing.spells}
        touched |= set(journeys_about(connection, schema, code, month, now))
    touched = set(journal.with_linked(list(touched)))
    spells = [spell for spell in standing.spells if spell.journey not in touched]
    spells += _spells_then(journal, connections, master_key, touched, frozen, basis)
    population = population_in(connection, known_at=frozen.known_at)
    then = settle(code, month, spells, basis, population)
    traced = settlement.means is None or (then.means, then.singly) == (settlement.means, settlement.singly)
    return Since(then, tuple(_changes(then.cases, standing.settled.cases)), traced)


def recorded_later(
    connection: Connection, month: str, since: datetime, known_at: datetime | None = None
) -> dict[UUID, datetime]:
    """Journeys in which something was recorded after ``since`` that can matter for the month, and when it last was.

    An act after the month's end cannot: what had ended by then was concluded from what had happened by then. Stored
    instants all have one form and are in order as text. Times are UTC; ``known_at`` ``None``: all that is known.
    """
    rows = connection.execute(
        """
        SELECT journey, max(recorded_at) FROM (
            SELECT journey, recorded_at, substring(envelope FROM '"type":"([^"]*)"') AS type,
                substring(envelope FROM '"time":"([^"]*)"') AS time
            FROM (SELECT journey, recorded_at, encode(raw, 'escape') AS envelope FROM journal.fact
                WHERE recorded_at > %s AND (%s::timestamptz IS NULL OR recorded_at <= %s)) later) f
        WHERE type = ANY(%s) OR coalesce(time < %s, true) GROUP BY journey
        """,
        (
            since,
            known_at,
            known_at,
            [FactVoided.TYPE, FactAmended.TYPE, *(kind.TYPE for kind in ABOUT_TWO)],
            format_instant(start_of_local_day(first_day_after(month))),
        ),
    )
    return dict(rows.fetchall())


def _spells_then(
    journal: Journal,
    connections: Connections,
    master_key: MasterKey,
    journeys: Collection[UUID],
    frozen: Frozen,
    basis: Basis,
) -> list[Spell]:
    lines = journal.load(list(journeys), known_at=frozen.known_at) if journeys else {}
    if not lines:
        return []
    with closing(KeyReader(connections.vault_dsn, master_key)) as keys:
        concluded = conclude_lines(lines, OpeningSeal(keys), basis)
    return [
        spell for rows in concluded.rows.values() for spell in spells_of(at(rows, frozen.settlement.as_of))
    ]


def _changes(before: Iterable[SettledCase], after: Iterable[SettledCase]) -> list[Change]:
    """Stay by stay, in order of the day on which each ended."""
    then, today = _by_stay(before), _by_stay(after)
    found: list[Change] = []
    for stay in dict.fromkeys([*then, *today]):
        for old, new in zip_longest(then.get(stay, ()), today.get(stay, ())):
            if old is None or new is None:
                found.append(Change("appeared" if old is None else "gone", old, new))
            elif _counts(old) != _counts(new):
                found.append(Change("changed", old, new))
    return sorted(found, key=lambda change: _place(change.after or change.before))


def _by_stay(cases: Iterable[SettledCase]) -> dict[tuple[UUID, bool], Sequence[SettledCase]]:
    """A stay may count by its days ready for discharge, and by each stretch that was paid for."""
    found: dict[tuple[UUID, bool], list[SettledCase]] = {}
    for case in sorted(cases, key=_place):
        found.setdefault((case.stay, case.paid), []).append(case)
    return dict(found)


def _counts(case: SettledCase) -> tuple[object, ...]:
    """What figures are made from."""
    return (case.counted, case.days, case.terms, case.amount)


def _place(case: SettledCase | None) -> tuple[object, ...]:
    assert case is not None
    return (case.end, case.start, str(case.journey))
