"""Workers of ours as processes of their own, which tests stop and kill."""

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
        self.command = [*CARECHAIN, "run", *arguments]
        self.env = {**os.environ, **place.env}
        # Not captured by pytest: the process outlives calls, and what it says is wanted when a test fails.
        self.log = (place.settings.home / f"{'-'.join(arguments)}.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            env=self.env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self.log,
        )

    def kill_and_restart(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = self._start()

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@contextmanager
def running(place: Place, *arguments: str) -> Iterator[Process]:
    process = Process(place, *arguments)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.process.wait()
        process.log.close()
