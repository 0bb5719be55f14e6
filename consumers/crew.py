"""Processes that share the work of one job: started by spawn, given a portion at a time, ended all together."""

import gc
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection as Line
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from psycopg import IsolationLevel, sql

from consumers.journal import Journal
from consumers.sealing import OpeningSeal
from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.logs import configure_logs
from infra.postgres import Connection, connect
from infra.settings import Connections
from infra.vault import KeyReader

AHEAD = 2
"""Portions a worker has at a time: the next is there when one is done."""
LOOK_S = 0.5
"""How often whoever waits looks whether the job is still wanted."""
END_S = 5.0
COLLECT_EVERY = 16
"""Portions, in case a task does leave circles behind."""

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Work:
    """What a task finds in its process. All statements are one transaction at the shared moment, committed at the end."""

    connection: Connection
    journal: Journal
    seal: OpeningSeal


Task = Callable[[Work, Given], Made]
"""Something that can be pickled, as what it is given and what it makes: a function of a module, or a ``partial`` of it."""


@dataclass(frozen=True)
class Portion(Generic[Given]):
    """What a task is given at a time, small itself (it waits in a pipe), and how many facts it stands for."""

    given: Given
    facts: int


@dataclass
class _Worker:
    process: BaseProcess
    line: Line
    given: list[Portion[Any]] = field(default_factory=list)
    """What it has and has not answered yet, in order."""


@dataclass(frozen=True)
class _Answer:
    made: Any = None
    error: Exception | None = None
    committed: bool = False


Room = Callable[[], AbstractContextManager[Callable[[Any], Any]]]
"""Opens what a worker needs in its process, gives what it does with a portion, and at the end settles what was done.

Something that can be pickled, as a ``partial`` of a function of a module.
"""


class Crew:
    """The workers of one job."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.workers: list[_Worker] = []

    def start(self, count: int) -> None:
        # Spawn: a client of a server that is inherited over a fork is used by two.
        context = multiprocessing.get_context("spawn")
        for number in range(count):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_serve, args=(theirs, self.room), name=f"carechain worker {number + 1}", daemon=True
            )
            with _without_interrupts():
                process.start()
            theirs.close()
            self.workers.append(_Worker(process, ours))

    def work_off(
        self, portions: Sequence[Portion[Any]], meanwhile: Callable[[], None]
    ) -> Iterator[tuple[Portion[Any], Any]]:
        waiting = iter(portions)
        for worker in self.workers * AHEAD:
            self._give(worker, next(waiting, None))
        busy = {worker.line: worker for worker in self.workers}
        while busy:
            ready = wait(list(busy), LOOK_S)
            meanwhile()
            for worker in [busy[line] for line in ready if isinstance(line, Line)]:
                answer = self._receive(worker)
                if answer.committed:
                    del busy[worker.line]
                    continue
                portion = worker.given.pop(0)
                self._give(worker, next(waiting, None))
                yield portion, answer.made

    def _give(self, worker: _Worker, portion: Portion[Any] | None) -> None:
        """The next portion; when there is none and nothing is left to answer, that this is all."""
        try:
            if portion is not None:
                worker.given.append(portion)
                worker.line.send(portion)
            elif not worker.given:
                worker.line.send(None)
        except OSError:
            raise _ended(worker) from None

    def _receive(self, worker: _Worker) -> _Answer:
        try:
            answer: _Answer = worker.line.recv()
        except (EOFError, OSError):
            raise _ended(worker) from None
        if answer.error is not None:
            raise answer.error
        return answer

    def end(self) -> None:
        """End what still runs, at once: a transaction that was not committed is as if it had never been."""
        for worker in self.workers:
            worker.line.close()
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join(END_S)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join(END_S)
            with suppress(ValueError):  # not even killed: the operating system has it
                worker.process.close()


def _ended(worker: _Worker) -> OperatingError:
    worker.process.join(END_S)
    return OperatingError(
        f"One of the processes that share the work was ended from outside (exit code {worker.process.exitcode}).",
        hint="Ask again; if it happens again, look whether the machine is short of memory.",
    )


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """What is started here never sees Ctrl-C: the terminal sends it to all processes, and one answer is enough."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# -- a worker ------------------------------------------------------------------------------------------------------


def _serve(line: Line, room: Room) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    configure_logs("WARNING", color=False)
    try:
        with room() as perform:
            _collect_seldom()
            for done in count(1):
                portion = line.recv()
                if portion is None:
                    break
                line.send(_Answer(perform(portion.given)))
                if done % COLLECT_EVERY == 0:
                    gc.collect()
        line.send(_Answer(committed=True))
    except (EOFError, BrokenPipeError):
        os._exit(1)
    except Exception as error:  # noqa: BLE001  # raised again by the process that gave out the work
        line.send(_Answer(error=_portable(error)))


@contextmanager
def at_the_moment(
    connections: Connections, master_key: MasterKey, snapshot: str, task: Task[Given, Made]
) -> Iterator[Callable[[Given], Made]]:
    """The room of those who see the tables at one shared moment; what they wrote is committed at the end."""
    with (
        connect(connections.read_dsn, application_name="carechain worker") as connection,
        KeyReader(connections.vault_dsn, master_key) as keys,
    ):
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(snapshot))
        work = Work(connection, Journal(connection), OpeningSeal(keys))
        yield lambda given: task(work, given)
        connection.commit()


def _collect_seldom() -> None:
    """Conclusions leave no circles behind; looking for them all the time would take an eighth of it."""
    gc.collect()
    gc.freeze()
    gc.disable()


def _portable(error: Exception) -> Exception:
    """The error as another process can read it, with its place as a note."""
    told = error
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301  # made on the line before
    except Exception:  # noqa: BLE001  # whatever keeps it from being pickled
        told = RuntimeError(f"A worker failed ({type(error).__name__}).")
    told.add_note("".join(traceback.format_exception(error)))
    return told


def _end_with_parent() -> None:
    """A worker without anybody to answer to ends, in the middle of whatever it does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
