"""`carechain journey replay` in a real terminal, on a journey that went through the real servers."""

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Place
from pipeline import Pipeline, submission
from terminals import terminal

from infra.postgres import connect

pytestmark = pytest.mark.broker

CARECHAIN = Path(sys.executable).parent / "carechain"
WARD = "hsa:SE2321000198-WARD1"
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


@pytest.fixture(scope="module")
def journey(module_place: Place) -> str:
    """Admitted on 2 March, need assessed, home on the 5th without a notice."""
    pipeline = Pipeline(module_place)
    need = {"outcome": "yes", "needs": ["municipal-health"], "at_admission": True}
    told = [
        (
            "patient-admitted",
            "2026-03-02T08:00",
            {"unit": WARD, "care_form": "somatic", "municipality": "2180"},
        ),
        ("service-need-assessed", "2026-03-02T10:00", need),
        ("patient-discharged", "2026-03-05T13:00", {"destination": "home"}),
    ]
    pipeline.submit(
        submission(kind, f"{time}:00+01:00", message=str(number), data=data)
        for number, (kind, time, data) in enumerate(told)
    )
    pipeline.project()
    with connect(module_place.connections.read_dsn) as connection:
        row = connection.execute("SELECT DISTINCT journey FROM shown.timeline").fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture
def env(module_place: Place) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CARECHAIN_")}
    return {**own, **module_place.env, "TERM": "xterm-256color", "NO_COLOR": "1"}


def replay(journey: str, *options: str) -> list[str | Path]:
    return [CARECHAIN, "journey", "replay", journey, "--as-of", "2026-03-06T08:00", *options]


def test_by_key_without_colour(journey: str, env: Mapping[str, str]) -> None:
    with terminal(replay(journey), env) as shown:
        shown.see(f"Journey {journey[:8]}   step 1 of ")
        shown.see("Mon 2026-03-02 08:00 +01:00")
        shown.see(f"Stay: + inpatient at {WARD}")
        shown.see(f"+ care       {WARD}, since 2026-03-02 08:00")
        shown.see("n/p →/← step")
        shown.press("n")
        shown.see("+ 22 h left   Admission notice within 24 hours (MH-01), by 2026-03-03 08:00")
        shown.press("\x1b[C")
        shown.see("! missed now   Admission notice within 24 hours (MH-01), was due 2026-03-03 08:00")
        shown.press("\x1b[F")
        shown.see("the end")
        shown.press("\x1b[H")
        shown.see("step 1 of")
        shown.press("?")
        shown.see("Any key closes this.")
        shown.press("x")
        shown.see("step 1 of")
        shown.press("q")
        assert shown.ended() == 0
        assert not COLOUR.search(shown.written)


def test_with_colour_where_it_is_wanted(journey: str, env: dict[str, str]) -> None:
    del env["NO_COLOR"]
    with terminal(replay(journey), env) as shown:
        shown.see("step 1 of")
        shown.press("nn")
        shown.see("missed now")
        shown.press("q")
        assert shown.ended() == 0
        assert COLOUR.search(shown.written)


def test_by_itself_until_a_moment_in_a_small_terminal(journey: str, env: Mapping[str, str]) -> None:
    options = ("--speed", "0.05", "--until", "2026-03-03T09:00")
    with terminal(replay(journey, *options), env, size=(80, 24)) as shown:
        shown.see("Tue 2026-03-03 08:00 +01:00   the end")
        shown.see("? help   q quit")
        shown.press("q")
        assert shown.ended() == 0


@pytest.mark.parametrize("plain", ["dumb", "--step"])
def test_line_by_line_where_text_cannot_be_placed_or_is_not_to_be(
    journey: str, env: dict[str, str], plain: str
) -> None:
    options = []
    if plain == "dumb":
        env["TERM"] = "dumb"
    else:
        options.append(plain)
    with terminal(replay(journey, *options), env) as shown:
        shown.see("Any key goes on, q ends.")
        shown.see("patient admitted")
        shown.press("n")
        shown.see("service need assessed")
        shown.press("q")
        assert shown.ended() == 0
        assert b"\x1b[?1049h" not in shown.written


def test_a_moment_before_everything_says_so(journey: str, env: Mapping[str, str]) -> None:
    with terminal(replay(journey, "--until", "2026-03-01T08:00"), env) as shown:
        shown.see("Nothing had happened by then.")
        assert shown.ended() == 0


def test_a_moment_that_cannot_be_read_is_refused(journey: str, env: Mapping[str, str]) -> None:
    with terminal(replay(journey, "--until", "soon"), env) as shown:
        shown.see("This is not a date and a time that can be read.")
        assert shown.ended() == 2


def test_the_view_leaves_the_terminal_as_it_was_when_something_breaks(
    journey: str, env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import cli.replay_panes\n"
        "def broken(*_, **__):\n"
        "    secret = 'Qvintilia'\n"
        "    raise ValueError(secret)\n"
        "cli.replay_panes.panes = broken\n",
        encoding="utf-8",
    )
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(tmp_path), env.get("PYTHONPATH")]))
    with terminal(replay(journey), env) as shown:
        shown.see("Something is wrong inside carechain (ValueError).")
        assert shown.ended() == 70
        assert b"Qvintilia" not in shown.written
        assert b"\x1b[?1049l" in shown.written
        assert b"Traceback" not in shown.written
