"""What is done about dead letters: read again with today's programs, profiles and mappings, or discarded with a reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, islice
from typing import Literal
from uuid import UUID

from consumers.intake import dead_letter_rows as rows
from consumers.intake.dead_letter_events import seal_reason
from consumers.intake.dead_letters import DeadLetters
from consumers.intake.dead_letters_kept import Letter, bytes_of, locked
from consumers.intake.ingest import Counts, Ingestion, examine
from consumers.intake.intake import Intake
from consumers.intake.message import Message
from consumers.intake.reading import messages_of
from consumers.intake.site import Site
from domain.errors import Refused, Unreadable
from infra.postgres import Connection, connect
from infra.vault import Vault

FACTS_MAX = 10_000
"""Ids of facts that an event names; a letter that told more names none."""
_NOT_KEPT = Unreadable("bytes-gone", "Its bytes are not kept, or have been erased.")
_NOTHING = Unreadable("nothing-read", "No message could be found in its bytes.")


@dataclass(frozen=True)
class Retried:
    """What came of one retry."""

    letter: Letter
    """As it was before."""
    outcome: Literal["retried", "still-open", "resolved-before"]
    trouble: Unreadable | Refused | None = None
    """Why it still lies there."""
    facts: int = 0
    """New ones."""
    letters: int = 0
    """New letters, of parts of it: it held several messages."""


class Clerk:
    """Reads letters again. Shares an intake: one per thread."""

    def __init__(self, intake: Intake, site: Site, clock: Callable[[], datetime], by: str) -> None:
        """``clock`` gives the recorded time (UTC), ``by`` is a staff reference."""
        self._intake = intake
        self._site = site
        self._clock = clock
        self._by = by
        self._store = intake.app.store
        self._letters = DeadLetters(intake.store_dsn, self._store, intake.vault)

    def retry(self, letter: Letter) -> Retried:
        """Read its bytes again: what they tell is recorded, and takes its place by its own time.

        Nobody else can change the letter meanwhile. Interrupted, it can be done again: nothing doubles.
        Raises ``OperatingError`` where a server is lost.
        """
        with self._transaction() as connection:
            now_there = locked(connection, letter.digest)
            if now_there.state != "open":
                return Retried(now_there, "resolved-before")
            found = self._messages(connection, now_there)
            if isinstance(found, Unreadable):
                return Retried(now_there, "still-open", found)
            first, second = next(found, None), next(found, None)
            if first is None:
                return Retried(now_there, "still-open", _NOTHING)
            if second is None:
                return self._one(connection, now_there, first)
        # Its parts may be letters themselves: they must not wait for this one.
        return self._several(now_there, chain((first, second), found))

    def rehearse(self, letter: Letter) -> Counts | None:
        """What reading it again would come to, without a trace; ``None`` where its bytes are gone."""
        with self._transaction() as connection:
            found = self._messages(connection, letter)
        return None if isinstance(found, Unreadable) else examine(found)

    def _messages(self, connection: Connection, letter: Letter) -> Iterator[Message] | Unreadable:
        raw = bytes_of(connection, letter, self._intake.vault)
        return _NOT_KEPT if raw is None else messages_of(raw, letter.content_type, self._site)

    def _one(self, connection: Connection, letter: Letter, message: Message) -> Retried:
        same = replace(message, place=letter.place, digest=letter.digest, size=letter.size)
        outcome = Ingestion(self._intake, self._clock).try_again(same)
        aside = outcome.letter()
        if aside is not None:
            self._letters.tried(connection, aside, self._clock())
            return Retried(letter, "still-open", outcome.trouble, len(outcome.new))
        self._resolve(connection, letter, outcome.fact_ids)
        return Retried(letter, "retried", facts=len(outcome.new))

    def _several(self, letter: Letter, found: Iterator[Message]) -> Retried:
        """It is taken apart: what cannot be read of it becomes letters of its own."""
        run, facts, new = Ingestion(self._intake, self._clock), list[str](), 0
        while batch := list(islice(found, 100)):
            for outcome in run.take(batch):
                facts += outcome.fact_ids
                new += len(outcome.new)
        with self._transaction() as connection:
            self._resolve(connection, letter, tuple(facts) if len(facts) <= FACTS_MAX else ())
        return Retried(letter, "retried", facts=new, letters=run.counts.dead_letters)

    def _resolve(self, connection: Connection, letter: Letter, facts: tuple[str, ...]) -> None:
        now = self._clock()
        event = rows.resolve(
            connection, self._store, letter.digest, now, how="retried", by=self._by, facts=facts
        )
        rows.publish(connection, [event] if event is not None else [], now)

    def _transaction(self) -> Connection:
        return connect(self._intake.store_dsn, application_name="carechain dead letters")


def discard(
    store_dsn: str, store: UUID, vault: Vault, letter: Letter, *, reason: str, by: str, now: datetime
) -> bool:
    """Decide that a letter need not be read: by whom (a staff reference) and why, which is sealed. ``now`` is UTC.

    False where it has been resolved already. The bytes stay, and can be looked at.
    """
    with connect(store_dsn, application_name="carechain dead letters") as connection:
        if locked(connection, letter.digest).state != "open":
            return False
        sealed = seal_reason(vault, letter.digest, reason)
        event = rows.resolve(connection, store, letter.digest, now, how="discarded", by=by, reason=sealed)
        rows.publish(connection, [event] if event is not None else [], now)
        return True
