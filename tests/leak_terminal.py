"""A terminal for leak tests: runs commands, and keeps all that they said and logged, to be scanned."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from conftest import Place

from cli import main
from infra.settings import Settings


@dataclass
class Terminal:
    """Runs commands, and keeps all that they said and logged."""

    place: Place
    patch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    caplog: pytest.LogCaptureFixture
    said: dict[str, bytes] = field(default_factory=dict)
    """By command line; a line that named somebody is to be taken out by who ran it."""

    def __post_init__(self) -> None:
        self.patch.setattr(Settings, "flags", {})
        for name, value in (self.place.env | {"NO_COLOR": "1"}).items():
            self.patch.setenv(name, value)
        self.caplog.set_level("DEBUG")

    def run(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """Run a command; what it wrote to stdout."""
        out, err, found = self._run(words, stdin)
        assert found == code, (words, err)
        return out

    def try_(self, *words: str, stdin: str = "") -> str:
        """Run a command that may be refused; all that it wrote."""
        out, err, _ = self._run(words, stdin)
        return out + err

    def _run(self, words: tuple[str, ...], stdin: str) -> tuple[str, str, int]:
        self.patch.setattr(sys, "stdin", io.StringIO(stdin))
        self.capsys.readouterr()
        self.caplog.clear()
        code = main.run(words)
        out, err = self.capsys.readouterr()
        self.said[f"carechain {' '.join(words)}"] = (out + err + self.caplog.text).encode()
        return out, err, code

    @contextmanager
    def named(self, name: str) -> Iterator[None]:
        """What commands inside say is kept under this name: their command lines name somebody, and are the caller's."""
        before = self.said
        self.said = {}
        try:
            yield
        finally:
            lines = {f"{name} {number}": text for number, text in enumerate(self.said.values(), 1)}
            self.said = before | lines

    def take(self, *beginnings: str) -> dict[str, bytes]:
        """What commands with these beginnings have said, which is kept no longer."""
        meant = [one for one in self.said if one.startswith(tuple(f"carechain {b}" for b in beginnings))]
        return {one: self.said.pop(one) for one in meant}
