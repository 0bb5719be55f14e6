"""`carechain run ...` as a process of its own, killed and started again by tests."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import Place

CARECHAIN = [str(Path(sys.executable).parent / "carechain")]
ROOT = Path(__file__).parent.parent


class Process:
    """A worker of ours, started again after each kill."""

    def __init__(self, place: Place, *arguments: str) -> None:
        self._command = [*CARECHAIN, "run", *arguments]
        self._env = {**os.environ, **place.env}
        self.log = _log(place, arguments[:1]).open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            env=self._env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
        )

    def kill_and_restart(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def running(place: Place, *arguments: str) -> Iterator[Process]:
    """A process inside, killed at the end if it was not stopped."""
    process = Process(place, *arguments)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait()
        process.log.close()


def said_by(place: Place, name: str) -> bytes:
    """All that processes of this name said."""
    return _log(place, (name,)).read_bytes()


def _log(place: Place, arguments: tuple[str, ...]) -> Path:
    # Not captured by pytest: the process outlives calls, and what it says is wanted when a test fails.
    return place.settings.home / f"run-{'-'.join(arguments) or 'all'}.log"
