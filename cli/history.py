"""One journey's facts as the journal holds them, corrected and in order, with the basis in force: for replay and explain."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from cli.asking import Asked

if TYPE_CHECKING:
    from domain.basis import Basis
    from domain.envelope import RecordedFact
    from domain.history import History
    from infra.postgres import Connection


@dataclass(frozen=True)
class Loaded:
    """A journey's history, and why it is not all where it is not."""

    history: "History"
    basis: "Basis"
    incomplete: str | None


def load_history(asked: Asked, journey: UUID) -> Loaded:
    """The journey's facts and the basis, as known at the moment asked about."""
    from consumers.journal import Journal
    from domain.adopted import basis_of
    from domain.history import History

    facts, incomplete = load_facts(asked.connection, journey, asked.known_at)
    basis = basis_of(Journal(asked.connection).reference(), known_at=asked.known_at)
    return Loaded(History.of(facts), basis, incomplete)


def load_facts(
    connection: "Connection", journey: UUID, known_at: datetime | None
) -> "tuple[list[RecordedFact], str | None]":
    """The facts recorded by ``known_at`` (UTC), and why they are not all where they are not.

    They are opened with the keys that the projector's role may ask for.
    """
    from consumers.conclusions import read_people
    from consumers.journal import Journal
    from consumers.sealing import OpeningSeal
    from domain.fact import load_catalogue
    from infra.keys import master_key
    from infra.settings import connections, load_settings
    from infra.vault import KeyReader

    load_catalogue()
    settings = load_settings()
    keys = KeyReader(connections(settings).vault_dsn, master_key(settings))
    with closing(keys):
        journal = Journal(connection)
        lines = journal.load([journey], known_at=known_at)
        people, troubles = read_people(lines, OpeningSeal(keys), journal.withheld([journey]))
    person = next((person for person in people if journey in person.journeys), None)
    if person is None:
        return [], None
    trouble = next((troubles[one] for one in person.journeys if one in troubles), None)
    return list(person.facts), trouble[1] if trouble else None
