"""A folder that files are dropped into: each is taken in when it is complete, and then moved to ``done``.

A file is complete when nothing about it has changed between two looks; a name that is hidden or ends in ``.part`` or
``.tmp`` says that it is not. Whoever writes under such a name and renames the file last is never read too early.
Nothing is remembered outside the folder: a file that was begun when the program was killed is still there, is taken
again from its beginning, and what was saved of it is known by then. Names may hold an identity, and are not told: a file
is called by the beginning of its content's SHA-256, or by its number in the file system (``ls -i``).
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import structlog

from consumers.intake.door import UNREACHABLE, Door, guarded, utc_now
from consumers.intake.dropped import Dropped, Seen, reserved, whole
from consumers.intake.ingest import Counts, portions
from consumers.intake.reading import messages
from infra.errors import OperatingError

LOOK_S = 2.0
"""How long between two looks at a folder."""
DONE = "done"
_UNFINISHED = (".part", ".tmp")
_STOCKHOLM = ZoneInfo("Europe/Stockholm")
_NAMED = 12
"""Digits of a content's digest that a file is called by."""
_NOT_ALLOWED = 4

log = structlog.get_logger("folder")


class Folder:
    """Takes in what is dropped into one folder. Belongs to one thread."""

    def __init__(
        self,
        path: Path,
        door: Door,
        *,
        look_s: float = LOOK_S,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.path = path
        self.door = door
        self.look_s = look_s
        self.clock = clock
        self._seen: dict[str, Seen] = {}
        self._told: set[Seen] = set()
        """Those that could not be opened: said once."""
        self._taken: dict[str, Seen] = {}
        """Those that are taken in and could not be moved."""
        self._away = False

    def run(self, stop: Event) -> None:
        """Look until ``stop`` is set. Raises ``OperatingError`` where folder or server are out of reach at the start."""
        with self._alone(stop):
            if not stop.is_set():
                self.door.open()
            try:
                while not stop.is_set():
                    self.look(stop)
                    stop.wait(self.look_s)
            finally:
                self.door.close()

    def look(self, stop: Event) -> int:
        """Take in what is complete, in order of name; how many files. What is new is left for the next look."""
        before, self._seen = self._seen, dict(self._inside())
        self._told &= set(self._seen.values())
        taken = 0
        for name in sorted(self._seen):
            if stop.is_set():
                break
            if before.get(name) == self._seen[name] and self._file(name, self._seen[name], stop):
                taken += 1
        return taken

    def _inside(self) -> Iterator[tuple[str, Seen]]:
        try:
            entries = list(os.scandir(self.path))
            self._away = False
        except OSError as error:
            if not self._away:
                log.warning("folder_not_read", kind=type(error).__name__)
            self._away = True
            return
        for entry in entries:
            unfinished = entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED)
            if not unfinished and entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError):
                    yield entry.name, Seen.of(self.path / entry.name)

    def _file(self, name: str, seen: Seen, stop: Event) -> bool:
        """Whether the file is taken in and moved."""
        if self._taken.get(name) != seen and not self._take(name, seen, stop):
            return False
        self._taken[name] = seen
        if self._move(name, seen):
            del self._taken[name]
            return True
        return False

    def _take(self, name: str, seen: Seen, stop: Event) -> bool:
        """Whether everything in the file is on disk."""
        while not stop.is_set():
            try:
                return self._read(name, stop)
            except OSError as error:
                if seen not in self._told:
                    log.warning("file_not_read", file=seen.number, kind=type(error).__name__)
                    self._told.add(seen)
                return False
            except OperatingError as trouble:
                if trouble.exit_code != UNREACHABLE:
                    raise
                log.warning("database_away", kind=type(trouble).__name__)
                self.door.wait(stop)
        return False

    def _read(self, name: str, stop: Event) -> bool:
        """Whether it was read to its end. Raises ``OSError`` of the file, ``OperatingError``."""
        path = self.path / name
        with path.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
        source = Dropped(1, path, digest[:_NAMED])
        found = guarded(messages([source], self.door.site), lambda: whole(source, digest))
        counts = Counts()
        for portion in portions(found, lambda message: message):
            if stop.is_set():
                return False
            for outcome in self.door.take(portion):
                counts.add(outcome)
        log.info(
            "file_taken_in",
            file=source.called,
            read=counts.read,
            accepted=counts.accepted,
            known=counts.known,
            not_of_use=counts.not_of_use,
            put_aside=counts.put_aside,
        )
        return True

    def _move(self, name: str, seen: Seen) -> bool:
        """Whether the file now lies in ``done``; not where it is another one, or has grown, since it was read."""
        source = self.path / name
        try:
            if Seen.of(source) != seen:
                return False
            target = self._free(name)
            source.rename(target)
            if Seen.of(target) == seen:
                return True
            # Changed in the last moment: back, so that it is read as it is now.
            target.rename(reserved(self.path, name))
        except FileNotFoundError:
            return True  # somebody took it away
        except OSError as error:
            log.warning("file_not_moved", file=seen.number, kind=type(error).__name__)
        return False

    def _free(self, name: str) -> Path:
        """A name in today's folder that nothing has, held by an empty file."""
        folder = self.path / DONE / self.clock().astimezone(_STOCKHOLM).date().isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        return reserved(folder, name)

    @contextmanager
    def _alone(self, stop: Event) -> Iterator[None]:
        """One program a folder: another waits, and takes over when this one ends."""
        try:
            (self.path / DONE).mkdir(exist_ok=True)
            folder = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise OperatingError(
                "The folder that files are dropped into cannot be used.",
                hint="Name a folder that exists and that this user may read and write.",
                exit_code=_NOT_ALLOWED if isinstance(error, PermissionError) else 2,
            ) from error
        try:
            waits = False
            while not stop.is_set():
                try:
                    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not waits:
                        log.warning("another_takes_this_folder")
                    waits = True
                    stop.wait(self.look_s)
            yield
        finally:
            os.close(folder)
