"""One sender's connection: messages in, answers out in the same order, and an end in every case."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from hl7.mllp import HL7StreamReader, HL7StreamWriter

from consumers.intake.mllp.framing import MESSAGE_MAX, Frame, Framer
from consumers.intake.mllp.recording import Answer, written
from consumers.intake.mllp.waiting import Waiting
from infra.logs import get_logger

CHUNK = 64 * 1024
_log = get_logger(__name__)


@dataclass(frozen=True)
class Limits:
    """What a sender may take of us."""

    message: int = MESSAGE_MAX
    """Bytes of a message."""
    unanswered: int = 100
    """Messages that it may send ahead of their answers; then we read no further."""
    idle_s: float = 3600.0
    """Seconds that it may be silent between messages: wards are, at night."""
    message_s: float = 60.0
    """Seconds from a message's first byte to its last, and for taking an answer."""


@dataclass
class Connection:
    """Reads until the sender hangs up, is too slow, or we stop; answers all that was read; closes."""

    reader: HL7StreamReader
    writer: HL7StreamWriter
    waiting: Waiting
    limits: Limits
    read: int = 0
    """Messages so far, those that were refused among them."""
    refused: int = 0
    """Those with wrong framing, or too large."""
    _framer: Framer = field(init=False)
    _answers: "asyncio.Queue[asyncio.Future[bytes] | None]" = field(init=False)
    _room: asyncio.Semaphore = field(init=False)
    _reading: "asyncio.Task[None] | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._framer = Framer(self.limits.message)
        self._answers = asyncio.Queue()
        self._room = asyncio.Semaphore(self.limits.unanswered)

    async def run(self) -> None:
        """From the first byte to the last. Raises nothing: the network's troubles are no errors of ours."""
        self._reading = asyncio.create_task(self._read())
        writing = asyncio.create_task(self._write())
        try:
            await asyncio.wait({self._reading, writing}, return_when=asyncio.FIRST_COMPLETED)
            if not writing.done():
                self._answers.put_nowait(None)
                await writing
        finally:
            for task in (self._reading, writing):
                task.cancel()
            ended = await asyncio.gather(self._reading, writing, return_exceptions=True)
            await self._close()
            for error in ended:
                if isinstance(error, Exception):
                    # What it says may hold a piece of a message; its name does not.
                    _log.error("mllp_connection_failed", why=type(error).__name__)

    def stop(self) -> None:
        """Read no further; what was read is answered."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        begun_at: float | None = None
        while True:
            now = loop.time()
            until = now + self.limits.idle_s if begun_at is None else begun_at + self.limits.message_s
            try:
                async with asyncio.timeout_at(until):
                    data = await self.reader.read(CHUNK)
            except (TimeoutError, OSError):
                break
            if not data:
                break
            was = self._framer.begun
            completed = False
            for frame in self._framer.feed(data):
                completed = True
                await self._take(frame)
            if not self._framer.begun:
                begun_at = None
            elif completed or not was:
                begun_at = loop.time()
        for frame in self._framer.end():
            await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        await self._room.acquire()
        self.read += 1
        if frame.wrong is not None:
            self.refused += 1
            # The first tells what is wrong; a sender that goes on so must not fill the log.
            if self.refused == 1:
                _log.warning("mllp_refused", why=frame.wrong, size=frame.size)
        if frame.wrong is None or frame.digest is not None:
            answer = await self.waiting.put(frame)
        else:
            answer = asyncio.get_running_loop().create_future()
            answer.set_result(written(frame, Answer("AR", frame.wrong)))
        self._answers.put_nowait(answer)

    async def _write(self) -> None:
        try:
            while (answer := await self._answers.get()) is not None:
                self.writer.writeblock(await answer)
                async with asyncio.timeout(self.limits.message_s):
                    await self.writer.drain()
                self._room.release()
        except (OSError, TimeoutError):
            # Whoever takes no answer sends its messages again, and they are known then.
            self.writer.transport.abort()

    async def _close(self) -> None:
        if self.refused > 1 or self._framer.ignored:
            _log.warning("mllp_refused_in_all", messages=self.refused, ignored_bytes=self._framer.ignored)
        self.writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self.limits.message_s):
                await self.writer.wait_closed()
