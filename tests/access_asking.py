"""Commands asked at a terminal by people with logins of their own, for tests of who may see what."""

import io
import json
from typing import Any

import pytest
from access_world import Login
from conftest import Place

from cli import main
from infra.settings import Settings


class Ask:
    """Runs a command, as who runs the installation or as one of the logins."""

    def __init__(self, place: Place, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._capsys = patch, capsys
        self.out = self.err = ""
        patch.setattr(Settings, "flags", {})
        for name, value in {**place.env, "NO_COLOR": "1", "COLUMNS": "200"}.items():
            patch.setenv(name, value)

    def run(self, *words: str, by: Login | None = None, stdin: str = "") -> int:
        with self._patch.context() as patch:
            if by is not None:
                patch.setenv("CARECHAIN_READ_DSN", by.dsn)
            patch.setattr("sys.stdin", io.StringIO(stdin))
            self._capsys.readouterr()
            code = main.run(words)
            self.out, self.err = self._capsys.readouterr()
        return code

    def json(self, *words: str, by: Login | None = None, stdin: str = "") -> list[dict[str, Any]]:
        assert self.run(*words, "--json", by=by, stdin=stdin) == 0, self.err
        data: list[dict[str, Any]] = json.loads(self.out)["data"]
        return data
