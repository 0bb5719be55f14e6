"""A terminal for tests: a command runs in it as under a person's hands, and its screen can be read."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyte
from waiting import wait_until


class Terminal:
    """One command in a pseudo-terminal. What it writes goes to an emulated screen."""

    def __init__(self, process: "subprocess.Popen[bytes]", handle: int, size: tuple[int, int]) -> None:
        self.process, self._handle = process, handle
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self.written = b""

    def lines(self) -> list[str]:
        """The screen now, after reading what has come."""
        while select.select([self._handle], [], [], 0)[0]:
            try:
                came = os.read(self._handle, 65_536)
            except OSError:  # the command ended and closed its side
                break
            if not came:
                break
            self.written += came
            self._stream.feed(came)
        return [line.rstrip() for line in self._screen.display]

    def press(self, keys: str) -> None:
        """Press once the command listens for single keys: what is typed before is thrown away."""
        wait_until(self._by_key, 30, "the command reads single keys")
        os.write(self._handle, keys.encode())

    def _by_key(self) -> bool:
        return not termios.tcgetattr(self._handle)[3] & termios.ICANON

    def see(self, words: str, timeout: float = 30) -> list[str]:
        """Wait until the words stand on the screen; the screen's lines."""

        def seen() -> bool:
            return any(words in line for line in self.lines())

        try:
            wait_until(seen, timeout, f"{words!r} stands on the screen")
        except AssertionError as error:
            raise AssertionError("\n".join([str(error), *self.lines()])) from None
        return self.lines()

    def ended(self, timeout: float = 30) -> int:
        """Wait for the end, reading on; the exit code."""
        wait_until(lambda: self.lines() and self.process.poll() is not None, timeout, "the command ended")
        self.lines()
        return self.process.returncode


@contextmanager
def terminal(
    command: Sequence[str | Path], env: Mapping[str, str], size: tuple[int, int] = (100, 30)
) -> Iterator[Terminal]:
    """Start a command in a terminal of this size (columns, lines); it is ended when the test is."""
    ours, theirs = pty.openpty()
    columns, lines = size
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(env), start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours, size)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        os.close(ours)
