"""Hands messages of many senders to one thread that takes them in, several a transaction; each gets its own answer."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event, Thread

from consumers.intake.door import Door
from consumers.intake.ingest import BATCH_BYTES, Outcome
from consumers.intake.intake import BATCH
from consumers.intake.message import Message
from infra.errors import OperatingError
from infra.logs import correlation, fault, get_logger

WAITING = 1_000
"""Messages that may wait for their turn."""
_LOOK_S = 0.2

_log = get_logger(__name__)
_Waiting = tuple[Message, "Future[Outcome]"]


class Desk:
    """A bounded queue before a door. Any thread may put; ``open`` runs the one that takes."""

    def __init__(self, door: Door, waiting: int = WAITING) -> None:
        self._door = door
        self._queue: Queue[_Waiting] = Queue(waiting)
        self._held: _Waiting | None = None
        self._stop = Event()

    @contextmanager
    def open(self) -> Iterator["Desk"]:
        """Messages are taken in inside; what still waits at the end is taken in before it returns."""
        thread = Thread(target=self._run, name="desk", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def put(self, message: Message) -> "Future[Outcome]":
        """What will have become of it, set when it is on disk. Never waits.

        The future raises ``OperatingError`` where a server is away and nothing was stored. Raises ``queue.Full``
        where too many wait.
        """
        future: Future[Outcome] = Future()
        self._queue.put_nowait((message, future))
        return future

    def _run(self) -> None:
        try:
            while not (self._stop.is_set() and self._queue.empty() and self._held is None):
                batch = self._batch()
                if batch:
                    with correlation():
                        self._answer(batch)
        finally:
            self._door.close()

    def _batch(self) -> list[_Waiting]:
        """All that waits now, up to a batch; nothing if nothing came for a moment."""
        batch: list[_Waiting] = []
        size = 0
        while len(batch) < BATCH:
            waiting = self._next(wait=not batch)
            if waiting is None:
                break
            size += len(waiting[0].raw or b"")
            if batch and size > BATCH_BYTES:
                self._held = waiting
                break
            batch.append(waiting)
        return batch

    def _next(self, *, wait: bool) -> _Waiting | None:
        held, self._held = self._held, None
        if held is not None:
            return held
        try:
            return self._queue.get(block=wait, timeout=_LOOK_S)
        except Empty:
            return None

    def _answer(self, batch: list[_Waiting]) -> None:
        # A sender that hung up meanwhile is answered no more, but its message was received.
        for _, future in batch:
            future.set_running_or_notify_cancel()
        self._take(batch)

    def _take(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = self._door.take([message for message, _ in batch])
        except OperatingError as error:
            _log.warning("not_stored", why=type(error).__name__, messages=len(batch))
            _fail(batch, error)
        except Exception as error:  # noqa: BLE001  # only the sender of the message that it is about is told so
            if len(batch) == 1:
                _log.warning("not_stored", why=fault(error), messages=1)
                _fail(batch, error)
                return
            for waiting in batch:
                self._take([waiting])
        else:
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if not future.cancelled():
                    future.set_result(outcome)


def _fail(batch: list[_Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.cancelled():
            future.set_exception(error)
