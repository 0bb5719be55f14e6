"""Homes of their own, for tests that start, kill and stop servers."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.embedded import servers as embedded
from infra.home import Home
from infra.settings import MAVEN_CENTRAL

CARECHAIN = Path(sys.executable).parent / "carechain"
BUILD = Path(__file__).parent.parent.parent / "build"


class Told:
    """A narrator that remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def progress(self, title: str, done: int, total: int) -> None: ...


@pytest.fixture
def told() -> Told:
    return Told()


def _make_home(jars_of: Home) -> Home:
    # Not in the temporary folder: it is closed to all but us, and root's PostgreSQL is another account.
    path = BUILD / "homes" / secrets.token_hex(4)
    path.mkdir(parents=True)
    (path / "cache").symlink_to(jars_of.cache)
    return Home(path)


def _remove(home: Home) -> None:
    embedded.down(home, Told())
    shutil.rmtree(home.path)


@pytest.fixture
def fresh_home(servers) -> Iterator[Home]:
    """A home in which nothing was ever started; Kafka's programs are there."""
    home = _make_home(servers.home)
    yield home
    _remove(home)


@pytest.fixture
def bare_home(servers) -> Iterator[Home]:
    """A home in which nothing was ever started or fetched."""
    home = _make_home(servers.home)
    (home.path / "cache").unlink()
    yield home
    _remove(home)


@pytest.fixture(scope="module")
def running_home(servers) -> Iterator[Home]:
    """A home whose servers run; whoever ends them starts them again."""
    home = _make_home(servers.home)
    embedded.up(home, MAVEN_CENTRAL, Told())
    yield home
    _remove(home)


@pytest.fixture
def start_carechain() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Starts the installed command as a process of its own; what is left of it in the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(home: Home, *words: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [CARECHAIN, *words],
            env={**os.environ, "CARECHAIN_HOME": str(home.path), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def carechain(start_carechain) -> Callable[..., tuple[int, str, str]]:
    """Runs the installed command to its end: exit code, stdout, stderr."""

    def run(home: Home, *words: str, **environment: str) -> tuple[int, str, str]:
        process = start_carechain(home, *words, **environment)
        out, err = process.communicate(timeout=90)
        return process.returncode, out, err

    return run
