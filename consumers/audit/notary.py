"""Signs from time to time how much is on record: counts what is new, and puts a checkpoint on record and into a file."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from uuid import UUID

import psycopg

from consumers.audit import tiles
from consumers.audit.checkpoints import Kept, file_of, files, newest, of_size, record, write_missing
from consumers.audit.counting import check_extends, count, finding, forget
from consumers.audit.heads import heads_at, heads_root
from domain.checkpoint import NO_PREVIOUS, Checkpoint, note_digest, origin_of
from domain.errors import Refused
from infra import signing
from infra.errors import OperatingError
from infra.home import disk_errors
from infra.logs import get_logger
from infra.postgres import Connection, connect

LOOK = timedelta(minutes=1)
"""So often is looked whether a checkpoint is due, where the interval is not shorter."""
TROUBLE = (psycopg.OperationalError, OperatingError)

_log = get_logger(__name__)


@dataclass(frozen=True)
class Made:
    """The newest checkpoint: what it says, its bytes, its file, and whether it was made just now."""

    checkpoint: Checkpoint
    kept: Kept
    file: Path
    is_new: bool


class Notary:
    """Makes checkpoints of one store. Several may: one is at work at a time, and the next finds nothing new."""

    def __init__(
        self,
        store_dsn: str,
        *,
        key_file: Path,
        folder: Path,
        interval: timedelta = timedelta(hours=1),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dsn = store_dsn
        self._key_file = key_file
        self._folder = folder
        self._interval = interval
        self._clock = clock

    def run(self, stop: Event) -> None:
        """Make a checkpoint whenever one is due, until ``stop`` is set, through every outage after the first look.

        What stands in the way of a checkpoint is logged again and again, and stops nobody else's work. Raises
        ``OperatingError`` where the store or the signing key cannot be had at the start.
        """
        started = False
        while not stop.is_set():
            try:
                made = self.keep_up(stop)
                started = True
                if made is not None and made.is_new:
                    _log.info("checkpoint_made", size=made.checkpoint.size, journeys=made.checkpoint.journeys)
            except TROUBLE as error:
                if not started and not _is_finding(error):
                    raise
                _say(error)
            stop.wait(min(self._interval, LOOK).total_seconds())

    def keep_up(self, stop: Event | None = None) -> Made | None:
        """Make a checkpoint if the last one is older than the interval; else only see that each has its file."""
        with connect(self._dsn, autocommit=True, application_name="carechain notary") as connection:
            last = newest(connection)
            if last is not None and self._clock() - last.time < self._interval:
                write_missing(connection, self._folder)
                return None
        return self.checkpoint(stop=stop)

    def checkpoint(
        self, *, new_key: bool = False, recount: bool = False, stop: Event | None = None
    ) -> Made | None:
        """Make a checkpoint of all that is on record now, or find that the newest one says it all.

        None where there are no facts yet, or ``stop`` was set meanwhile. ``new_key``: another key than the one of
        the checkpoint before may sign. ``recount``: count everything anew, and not only what is new.

        Raises ``OperatingError``: exit code 1 where what was counted before is not there any more as it was, 2 where
        the key cannot be used, 3 where PostgreSQL is not to be had, 4 where the file cannot be written.
        """
        with self._alone() as (connection, store):
            write_missing(connection, self._folder)
            key, before = self._sign_with(store, newest(connection), new_key=new_key)
            if recount:
                forget(connection)
            counted = count(connection, stop)
            if counted is None:
                return None
            self._check(connection, store, counted[0], before)
            last = newest(connection)
            if last is None and counted == (0, 0):
                return None
            if last is None or last.size < counted[0]:
                made = self._make(connection, store, key, counted, last)
            else:
                made = Made(self._read(last.note), last, file_of(self._folder, last.size), is_new=False)
            write_missing(connection, self._folder)
            return made

    @contextmanager
    def _alone(self) -> Iterator[tuple[Connection, UUID]]:
        """A connection that nobody else makes checkpoints on meanwhile; waits for whoever is at it."""
        with closing(connect(self._dsn, autocommit=True, application_name="carechain notary")) as connection:
            row = connection.execute("SELECT id FROM store.identity").fetchone()
            assert row is not None
            store = UUID(str(row[0]))
            lock = hashlib.sha256(f"notary {store}".encode()).digest()
            connection.execute("SELECT pg_advisory_lock(%s)", (int.from_bytes(lock[:8], signed=True),))
            yield connection, store

    def _sign_with(
        self, store: UUID, last: Kept | None, *, new_key: bool
    ) -> tuple[signing.SigningKey, Checkpoint | None]:
        """The key, and what the last checkpoint says once it is found to be signed by it."""
        name = origin_of(store)
        # A key that got lost must not be replaced by a new one before somebody has said so.
        first = last is None or new_key
        key = signing.load_or_create(self._key_file) if first else signing.load(self._key_file)
        if last is not None and not new_key:
            try:
                signing.open_note(last.note, signing.verifier_key(name, key.public))
            except signing.UnknownSignerError:
                raise OperatingError(
                    f"The key in {self._key_file} is not the one that signed the last checkpoint.",
                    hint="Restore that key. Where it is lost, run `carechain audit checkpoint --new-key` and give the"
                    " auditors the new public key.",
                    exit_code=2,
                ) from None
            except signing.NoteError:
                pass  # reading it says so, below
        signing.tell_public(self._key_file, signing.verifier_key(name, key.public))
        return key, None if last is None else self._read(last.note)

    def _read(self, note: bytes) -> Checkpoint:
        """What a checkpoint says that a key of ours signed, this one or one before it."""
        told = signing.public_file(self._key_file)
        try:
            return Checkpoint.parse(signing.open_note(note, told.read_text(encoding="utf-8")))
        except signing.UnknownSignerError:
            raise finding(
                f"None of the keys in {told} signed a checkpoint that is on record.",
                "Add the public key of then as a line at the end of that file: the auditors have it.",
            ) from None
        except (Refused, signing.NoteError):
            raise finding(
                "A checkpoint on record is not as it was signed.",
                "Compare it with its file and with the topic of checkpoints: `carechain audit verify` does.",
            ) from None

    def _check(self, connection: Connection, store: UUID, size: int, before: Checkpoint | None) -> None:
        """That what is counted extends the checkpoint before, and the newest one there is a file of."""
        if before is not None:
            check_extends(connection, before, size)
        found = files(self._folder)
        if not found:
            return
        with disk_errors(self._folder):
            note = found[-1].read_bytes()
        told = self._read_file(found[-1], note, store)
        kept = of_size(connection, told.size)
        if kept is not None and kept.note != note:
            raise finding(
                f"The file {found[-1]} is not the checkpoint that is on record.",
                "Find out which of the two the auditors have; move the other one away.",
            )
        if kept is None:
            check_extends(connection, told, size)
            # The record of it was lost with a restored backup, and the facts it counts were not.
            with connection.transaction():
                record(connection, store, Kept(told.size, told.time, note, note_digest(note)))

    def _read_file(self, file: Path, note: bytes, store: UUID) -> Checkpoint:
        keys = signing.public_file(self._key_file).read_text(encoding="utf-8")
        with suppress(Refused, signing.NoteError):
            told = Checkpoint.parse(signing.open_note(note, keys))
            if told.origin == origin_of(store) and file == file_of(self._folder, told.size):
                return told
        raise finding(
            f"The file {file} is not a checkpoint of this store.",
            "Give each store a folder of its own with CARECHAIN_CHECKPOINTS, or move that file away.",
        )

    def _make(
        self,
        connection: Connection,
        store: UUID,
        key: signing.SigningKey,
        counted: tuple[int, int],
        last: Kept | None,
    ) -> Made:
        size, position = counted
        heads = heads_at(connection, position)
        checkpoint = Checkpoint(
            origin=origin_of(store),
            size=size,
            root=tiles.Tree(connection, size).root(),
            position=position,
            journeys=len(heads),
            heads=heads_root(heads),
            time=self._clock(),
            previous=NO_PREVIOUS if last is None else last.digest,
        )
        note = signing.sign_note(checkpoint.text(), checkpoint.origin, key)
        kept = Kept(size, checkpoint.time, note, note_digest(note))
        with connection.transaction():
            record(connection, store, kept)
        return Made(checkpoint, kept, file_of(self._folder, size), is_new=True)


def _is_finding(error: Exception) -> bool:
    return isinstance(error, OperatingError) and error.exit_code == 1


def _say(error: Exception) -> None:
    if isinstance(error, OperatingError) and error.exit_code != 3:
        _log.error("notary_refuses", why=error.message, hint=error.hint)
    else:
        _log.warning("notary_trouble", error=type(error).__name__)
