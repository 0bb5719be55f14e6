"""The intake of a program that runs for ever: opened when needed, and anew after PostgreSQL was away."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import psycopg
from eventsourcing.persistence import PersistenceError

from consumers.intake.ingest import Counts, Ingestion, Outcome
from consumers.intake.intake import Intake
from consumers.intake.message import Message, Told
from consumers.intake.site import Site
from domain.errors import Unreadable
from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.logs import fault, get_logger
from infra.settings import Connections
from infra.store import store_id

UNREACHABLE = 3
"""The exit code of trouble that passes by itself: a server is out of reach."""
PATIENCE_S = 0.5
"""How long to wait between attempts while PostgreSQL is away."""

_log = get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Door:
    """Takes batches of messages in. Belongs to one thread; close it.

    ``reach`` is asked anew each time: the local servers may come back with another port.
    """

    def __init__(
        self,
        reach: Callable[[], Connections],
        master_key: MasterKey,
        site: Site | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.reach = reach
        self.site = site or Site()
        self._key = master_key
        self._clock = clock
        self._ingestion: Ingestion | None = None

    def take(self, batch: Sequence[Message]) -> list[Outcome]:
        """What became of each; all of it is on disk when this returns.

        Raises ``OperatingError``: exit code 3 where PostgreSQL is away. Then nothing was answered, and the same
        batch may be taken again: what was saved of it is known by then.
        """
        ingestion = self.open()
        # A door has no end, and its counts nobody who reads them: the tally has them.
        ingestion.counts = Counts()
        # What was erased meanwhile must not be sealed with a key that is only in memory any more.
        ingestion.intake.vault.forget()
        try:
            return self._take(ingestion, batch)
        except OperatingError:
            self.close()
            raise

    def open(self) -> Ingestion:
        """The intake, opened where it is not. Raises ``OperatingError``."""
        if self._ingestion is None:
            reached = self.reach()
            try:
                store_id(reached.store_dsn)
                intake = Intake(reached.store_dsn, reached.vault_dsn, self._key)
            except (psycopg.Error, PersistenceError) as error:
                raise OperatingError(
                    "PostgreSQL does not let messages in.",
                    hint="See `carechain status` and `carechain doctor`.",
                ) from error
            self._ingestion = Ingestion(intake, self._clock)
        return self._ingestion

    def close(self) -> None:
        """Let go of the servers; the next batch opens again."""
        ingestion, self._ingestion = self._ingestion, None
        if ingestion is not None:
            # Closing what is lost already may fail, and there is nothing to save.
            with suppress(psycopg.Error, PersistenceError, OperatingError):
                ingestion.intake.__exit__()

    def wait(self, stop: Event, meanwhile: Callable[[], object] = lambda: None) -> bool:
        """Wait until PostgreSQL is back; whether it is, rather than that the program is to stop."""
        while not stop.wait(PATIENCE_S):
            meanwhile()
            try:
                self.open()
            except OperatingError as error:
                if error.exit_code != UNREACHABLE:
                    raise
            else:
                return True
        return False

    def _take(self, ingestion: Ingestion, batch: Sequence[Message]) -> list[Outcome]:
        """The batch; where something in it is more than a message may do, each alone, so that one is put aside."""
        try:
            return ingestion.take(batch)
        except OperatingError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, the other messages go on
            if len(batch) == 1:
                _log.error("not_taken", place=batch[0].place, digest=batch[0].digest, why=fault(error))
                return ingestion.take([unreadable(batch[0], error)])
            _log.warning("taken_one_by_one", kind=type(error).__name__, messages=len(batch))
        return [outcome for message in batch for outcome in self._take(ingestion, [message])]


def unreadable(message: Message, error: Exception) -> Message:
    """The same message as one that nothing can be told of: a mistake of ours about one must not stop the others."""

    def refuse() -> Told:
        # What the error says may hold a piece of the message; its name does not.
        raise Unreadable("not-read", f"carechain could not read this message ({type(error).__name__}).")

    return replace(message, read=refuse)


def guarded(messages: Iterable[Message], whole: Callable[[], Message]) -> Iterator[Message]:
    """The messages of one file or value; where splitting it fails, ``whole`` stands for what is left.

    Raises ``OSError`` of the file it is read from.
    """
    try:
        yield from messages
    except (OSError, OperatingError):
        raise
    except Exception as error:  # noqa: BLE001  # a mistake of ours about one file must not stop the others
        _log.error("not_split", why=fault(error))
        yield unreadable(whole(), error)
