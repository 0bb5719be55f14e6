"""One journey's facts as the journal holds them, corrected and in order, with the basis in force: for replay and explain."""

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from cli.asking import Asked

if TYPE_CHECKING:
    from domain.agreement import Basis
    from domain.history import History


@dataclass(frozen=True)
class Loaded:
    """A journey's history, and why it is not all where it is not."""

    history: "History"
    basis: "Basis"
    incomplete: str | None


def load_history(asked: Asked, journey: UUID) -> Loaded:
    """The journey's facts, opened with the keys that the projector's role may ask for."""
    from consumers.adoption import basis_of
    from consumers.conclusions import read_prefix
    from consumers.journal import Journal
    from consumers.sealing import OpeningSeal
    from domain.fact import load_catalogue
    from domain.history import History
    from infra.keys import load_or_create
    from infra.settings import connections, load_settings
    from infra.vault import KeyReader

    load_catalogue()
    journal = Journal(asked.connection)
    settings = load_settings()
    keys = KeyReader(connections(settings).vault_dsn, load_or_create(settings.master_key_file))
    with closing(keys):
        facts, trouble = read_prefix(journal.load([journey])[journey], OpeningSeal(keys))
    return Loaded(History.of(facts), basis_of(journal.reference()), trouble[1] if trouble else None)
