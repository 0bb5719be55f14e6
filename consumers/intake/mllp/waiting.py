"""What was read and is not recorded yet: bounded by number and bytes, handed on in batches to one thread."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from consumers.intake.mllp.framing import Frame

Take = Callable[[Sequence[Frame]], list[bytes]]
"""Records frames and gives the answer of each, in order; does not raise."""


@dataclass(frozen=True)
class Bounds:
    """How much may wait, and how much is recorded at a time."""

    frames: int = 1000
    size: int = 32 * 1024 * 1024
    """Bytes; a frame alone is always let in."""
    batch: int = 500
    batch_size: int = 16 * 1024 * 1024


@dataclass(frozen=True, repr=False)
class _Item:
    frame: Frame
    answer: "asyncio.Future[bytes]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Waiting:
    """Between the connections and the thread that records. All methods belong to the event loop's thread."""

    def __init__(self, take: Take, bounds: Bounds) -> None:
        self._take = take
        self._bounds = bounds
        self._items: deque[_Item] = deque()
        self._size = 0
        self._closed = False
        self._changed = asyncio.Condition()

    async def put(self, frame: Frame) -> "asyncio.Future[bytes]":
        """Let a frame wait, as soon as there is room; the future is its answer."""
        item = _Item(frame)
        async with self._changed:
            await self._changed.wait_for(lambda: self._has_room(frame))
            self._items.append(item)
            self._size += len(frame.head)
            self._changed.notify_all()
        return item.answer

    async def close(self) -> None:
        """Nothing more is put; ``run`` ends when all that waits is recorded."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    async def run(self, executor: Executor) -> None:
        """Hand on what waits, one batch after the other, until closed."""
        while batch := await self._next():
            frames = [item.frame for item in batch]
            answers = await asyncio.get_running_loop().run_in_executor(executor, self._take, frames)
            for item, answer in zip(batch, answers, strict=True):
                # A connection that is gone waits for nothing.
                if not item.answer.done():
                    item.answer.set_result(answer)

    async def _next(self) -> list[_Item]:
        """All that waits, up to a batch; nothing when it is over."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._items or self._closed)
            batch: list[_Item] = []
            size = 0
            while self._items and len(batch) < self._bounds.batch:
                size += len(self._items[0].frame.head)
                if batch and size > self._bounds.batch_size:
                    break
                batch.append(self._items.popleft())
            self._size -= sum(len(item.frame.head) for item in batch)
            self._changed.notify_all()
            return batch

    def _has_room(self, frame: Frame) -> bool:
        if not self._items:
            return True
        room = self._size + len(frame.head) <= self._bounds.size
        return room and len(self._items) < self._bounds.frames
