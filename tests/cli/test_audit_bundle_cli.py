"""`carechain audit prove`, `export` and `check` on real servers, and the check alone where there are none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from audit_bundles import A, Log, folder_of, key_line, zipped
from conftest import Place
from jsonschema import Draft202012Validator, FormatChecker
from pipeline import Pipeline, submission

from cli import main
from cli.audit_bundle_schema import TITLES, body
from infra.settings import Settings

pytestmark = pytest.mark.broker
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
VERIFIER = Path(__file__).parent.parent / "independent_verifier.py"


class Terminal:
    """Runs commands at a place."""

    def __init__(self, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
        self.pipeline = Pipeline(place)
        self.dsn = place.connections.store_dsn
        self._capsys = capsys

    def run(self, *arguments: object, code: int = 0) -> tuple[str, str]:
        self._capsys.readouterr()
        got = main.run([str(one) for one in arguments])
        out, err = self._capsys.readouterr()
        assert got == code, out + err
        return out, err

    def asked(self, *arguments: object, code: int = 0) -> dict[str, Any]:
        """The answer for programs, of the form that is published."""
        answer: dict[str, Any] = json.loads(self.run(*arguments, "--json", code=code)[0])
        if (name := f"audit-{arguments[1]}") in TITLES:
            Draft202012Validator(body(name), format_checker=FormatChecker()).validate(answer)
        return answer

    def record(self, *acts: tuple[int, str, str]) -> None:
        """Facts of a kind about a patient, recorded so many minutes after eight."""
        for minutes, fact, patient in acts:
            at = MORNING + timedelta(minutes=minutes)
            said = submission(fact, at.isoformat(), patient, message=f"{minutes}")
            self.pipeline.submit([said], lambda at=at: at)  # type: ignore[misc]

    def journey(self, patient: str) -> UUID:
        return self.pipeline.journey("simulated", patient)

    def change(self, statement: str, *values: object) -> None:
        with psycopg.connect(self.dsn) as connection:
            connection.execute(statement.encode(), values)


@pytest.fixture
def terminal(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in (place.env | {"NO_COLOR": "1"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    made = Terminal(place, capsys)
    made.record(
        (0, "patient-admitted", "SIM-0001"),
        (1, "patient-admitted", "SIM-0002"),
        (2, "discharge-ready-declared", "SIM-0001"),
        (3, "patient-discharged", "SIM-0001"),
        (4, "discharge-ready-declared", "SIM-0002"),
    )
    return made


def independent(*arguments: object) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARECHAIN")}
    return subprocess.run(
        [sys.executable, "-I", VERIFIER, *map(str, arguments)],
        capture_output=True,
        env=environment,
        check=False,
    ).returncode


def without_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nothing answers: the address of a server is a port where nobody listens."""
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")


def test_from_the_record_to_the_auditor(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key, kept = tmp_path / "key.pub", tmp_path / "kept.txt"
    first = terminal.asked("audit", "checkpoint")["data"][0]
    key.write_text(terminal.run("audit", "key")[0])
    kept.write_bytes(Path(first["file"]).read_bytes())
    terminal.record((5, "patient-discharged", "SIM-0002"), (6, "patient-admitted", "SIM-0003"))
    one, two = terminal.journey("SIM-0001"), terminal.journey("SIM-0002")

    _, refused = terminal.run("audit", "export", "--journey", two, code=1)
    assert "after the last checkpoint" in refused
    assert "carechain audit checkpoint" in refused
    later = terminal.asked("audit", "prove", two)
    assert [row["proven"] for row in later["data"]] == [True, True, None]
    assert (later["holds"], later["whole"], later["later"]) == (True, True, 1)
    assert (
        "came after the checkpoint: proven only against the other copies"
        in terminal.run("audit", "prove", two)[0]
    )

    second = terminal.asked("audit", "checkpoint")["data"][0]
    proven = terminal.asked("audit", "prove", str(two)[:8])
    assert [(row["version"], row["leaf"], row["proven"]) for row in proven["data"]] == [
        (1, 1, True),
        (2, 4, True),
        (3, 5, True),
    ]
    assert proven["later"] == 0
    assert proven["checkpoint"]["size"] == 7
    out = terminal.run("audit", "export", "--journey", two, "--journey", one, "--output", "both.zip")[0]
    assert "both.zip: 6 facts of 2 journeys, complete" in out
    # The checkpoints' times are those of this test's run: the period ends with the last one.
    terminal.run(
        "audit", "export", "--period", "2026-03-02T09:02", "2026-03-02T09:04", "--output", "period.zip"
    )
    terminal.run("audit", "export", "--journey", one, "--output", "folder")
    assert {
        file: os.stat(file).st_mode & 0o777 for file in os.listdir() if not file.endswith((".pub", ".txt"))
    } == {
        "both.zip": 0o600,
        "period.zip": 0o600,
        "folder": 0o700,
    }
    _, there = terminal.run("audit", "export", "--journey", one, "--output", "folder", code=1)
    assert "folder is there already" in there

    without_servers(monkeypatch)
    checked = terminal.asked("audit", "check", "both.zip", "--key", key, "--since", kept)
    assert checked["holds"]
    assert checked["data"] == []
    assert checked["journeys"] == sorted(map(str, (one, two)))
    assert (checked["facts"], checked["earlier"], checked["key"]) == (6, 1, "given")
    assert checked["since"]["size"] == 5
    assert checked["checkpoint"]["root"] == second["root"]
    period = terminal.asked("audit", "check", "period.zip", "--key", key.read_text().strip())
    # In it the facts of 9.02 and 9.03 Swedish time, leaves 2 and 3; around it one on each side.
    assert (period["holds"], period["leaves"], period["facts"]) == (True, [1, 4], 4)
    out, err = terminal.run("audit", "check", "folder")
    assert out.startswith("The bundle holds: 3 facts of 1 journey, complete, of carechain/")
    assert "The log extends 1 earlier checkpoints of its own." in out
    assert "The key was taken from the bundle itself" in err
    for bundle in ("both.zip", "period.zip"):
        assert independent(bundle, key, kept) == 0
    raw = bytearray(Path("both.zip").read_bytes())
    raw[-2000] ^= 1
    Path("changed.zip").write_bytes(raw)
    changed = terminal.asked("audit", "check", "changed.zip", "--key", key, code=1)
    assert not changed["holds"]
    assert independent("changed.zip", key) == 1
    out, _ = terminal.run("audit", "check", "changed.zip", code=1)
    assert out.startswith("The bundle is rejected.")


def test_a_kept_checkpoint_that_is_no_longer_on_record_is_proven_when_asked_for(
    terminal: Terminal, tmp_path: Path
) -> None:
    first = terminal.asked("audit", "checkpoint")["data"][0]
    kept = tmp_path / "kept.txt"
    kept.write_bytes(Path(first["file"]).read_bytes())
    terminal.record((5, "patient-discharged", "SIM-0002"))
    terminal.run("audit", "checkpoint")
    terminal.change("DELETE FROM audit.checkpoint WHERE size = 5")
    journey = terminal.journey("SIM-0001")
    terminal.run("audit", "export", "--journey", journey, "--output", "without.zip")
    terminal.run("audit", "export", "--journey", journey, "--output", "with.zip", "--since", kept)
    out, _ = terminal.run("audit", "check", "without.zip", "--since", kept, code=1)
    assert "holds no proof for the checkpoint you kept" in out
    assert terminal.asked("audit", "check", "with.zip", "--since", kept)["since"]["size"] == 5
    assert (independent("with.zip", "", kept), independent("without.zip", "", kept)) == (0, 1)


CHANGES: dict[str, Callable[[Terminal, UUID], None]] = {
    "a byte": lambda terminal, journey: terminal.change(
        "UPDATE store.journeys_events SET state = overlay(state PLACING %s FROM 20)"
        " WHERE originator_id = %s AND originator_version = 2",
        b"0",
        journey,
    ),
    "the last fact dropped": lambda terminal, journey: terminal.change(
        "DELETE FROM store.journeys_events WHERE originator_id = %s AND originator_version = 3", journey
    ),
    "the middle fact dropped": lambda terminal, journey: terminal.change(
        "DELETE FROM store.journeys_events WHERE originator_id = %s AND originator_version = 2", journey
    ),
    "another place": lambda terminal, journey: terminal.change(
        "UPDATE store.journeys_events SET notification_id = 1000000"
        " WHERE originator_id = %s AND originator_version = 2",
        journey,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_was_changed_after_it_was_signed_is_neither_proven_nor_exported(
    terminal: Terminal, change: Callable[[Terminal, UUID], None]
) -> None:
    journey = terminal.journey("SIM-0001")
    terminal.run("audit", "checkpoint")
    assert terminal.asked("audit", "prove", journey)["holds"]
    change(terminal, journey)
    told = terminal.asked("audit", "prove", journey, code=1)
    assert not told["holds"]
    assert told["faults"]
    terminal.run("audit", "export", "--journey", journey, "--output", "changed.zip", code=1)
    assert os.listdir() == []


def test_what_cannot_be_proven_is_said_in_a_sentence(terminal: Terminal, tmp_path: Path) -> None:
    journey = terminal.journey("SIM-0001")
    (tmp_path / "no-key").write_text("no key")
    terminal.run("audit", "key")
    for arguments, code, said in (
        (("prove", journey), 1, "No checkpoint has been signed yet"),
        (("export", "--journey", journey), 1, "No checkpoint has been signed yet"),
        (("export",), 2, "give either --journey or --period"),
        (("check", "nothing.zip"), 2, "nothing.zip cannot be read"),
        (("check", "no-key"), 1, "It is no bundle"),
        (("check", "no-key", "--key", "no-key"), 2, "not a verifier key"),
        (("check", "no-key", "--since", "nothing"), 2, "nothing cannot be read"),
    ):
        out, err = terminal.run("audit", *arguments, code=code)
        assert said in out + err
    terminal.run("audit", "checkpoint")
    for arguments, code, said in (
        (("prove", "00000000"), 1, "No journey with that id is on record"),
        (("prove", "SIM"), 2, "not a journey's id"),
        (("export", "--period", "2026-03-02", "2026-03-01"), 2, "the earlier moment first"),
        (("export", "--period", "2126-03-02", "2126-03-03"), 1, "before the period begins"),
        (("export", "--period", "soon", "2026-03-01"), 2, "not a date and a time"),
    ):
        out, err = terminal.run("audit", *arguments, code=code)
        assert said in out + err


def test_every_look_is_logged_before_the_answer(terminal: Terminal) -> None:
    journey = terminal.journey("SIM-0001")
    terminal.run("audit", "checkpoint")
    terminal.run("audit", "prove", journey)
    terminal.run("audit", "export", "--journey", journey, "--output", "one.zip")
    with psycopg.connect(terminal.dsn) as connection:
        rows = connection.execute(
            "SELECT l.action, e.journey FROM access.look l JOIN access.entry e ON e.look = l.id ORDER BY l.at"
        ).fetchall()
    assert rows == [("audit prove", journey), ("audit export", journey)]


def test_a_bundle_is_checked_without_any_setting(tmp_path: Path) -> None:
    """In an empty home, where no command could find a server."""
    file = zipped(folder_of(tmp_path / "bundle", Log.of([A, A]).contents(A)))
    done = subprocess.run(
        [Path(sys.executable).parent / "carechain", "audit", "check", file, "--key", key_line().strip()],
        capture_output=True,
        text=True,
        env={"CARECHAIN_HOME": str(tmp_path / "home"), "PATH": os.environ["PATH"]},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The bundle holds: 2 facts of 1 journey, complete")
    assert not (tmp_path / "home").exists()
