"""For what patients' data are read: asked once at a terminal, where the role has several purposes."""

import io

import psycopg
import pytest
from access_world import TOGETHER, furnish, logins
from conftest import Place

from cli import main
from infra.settings import Settings

pytestmark = pytest.mark.broker


def test_it_is_asked_once_and_written_into_the_log(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second answer is none of theirs and is asked again; the next command asks nothing; --purpose wins."""
    furnish(place)
    with logins(place, ["carechain_care"]) as made:
        monkeypatch.setattr(Settings, "flags", {})
        for name, value in {**place.env, "NO_COLOR": "1", "CARECHAIN_READ_DSN": made["care"].dsn}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("cli.purpose.at_a_terminal", lambda: True)
        words = ("responsible", "--journey", str(TOGETHER))
        for given, answers in (((), "gossip\npatient-request\n"), ((), ""), (("--purpose", "care"), "")):
            monkeypatch.setattr("sys.stdin", io.StringIO(answers))
            assert main.run([*given, *words]) == 0
        with psycopg.connect(place.connections.read_dsn) as admin:
            found = admin.execute(
                "SELECT purpose FROM access.look WHERE role = 'care' ORDER BY at"
            ).fetchall()
    assert [purpose for (purpose,) in found] == ["patient-request", "patient-request", "care"]
