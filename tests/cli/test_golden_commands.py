"""What every other command prints, on the real servers, and the help of each: golden files, with what changes masked."""

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline

from cli import main
from infra.settings import Settings

Golden = Callable[[str, str], None]
DEMO = Path(str(files("infra").joinpath("demo", "messages")))
MASKS = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<uuid>"),
    (r"\b[0-9a-f]{64}\b", "<hash>"),
    (r"(?m)^[0-9a-f]{8}(?=  )", "<uuid8>"),
    (r"127\.0\.0\.1:\d+", "<address>"),
    (r"\bt_[0-9a-f]{10}\b", "<place>"),
    (r"\d+\.\d s\b", "<time>"),
    (r"\b\d+ s ago", "<time> ago"),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+\+\d{2}:\d{2}", "<instant>"),
    (r'"newest_age_seconds": [0-9.]+', '"newest_age_seconds": <time>'),
)


def masked(text: str, *folders: Path) -> str:
    for folder in folders:
        text = text.replace(str(folder), "<folder>")
    for pattern, name in MASKS:
        text = re.sub(pattern, name, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


@pytest.fixture
def told(place: Place, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """A place with the demonstration's messages on Kafka; commands reach it by the environment."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Settings, "flags", {})
    return Pipeline(place)


@pytest.mark.broker
def test_the_way_of_a_message_is_told_step_by_step(
    told: Pipeline, golden: Golden, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    odd = tmp_path / "odd.ndjson"
    odd.write_text('{"type": "se.carechain.patient-admitted.v1"}\nnot json\n', encoding="utf-8")
    pages = []

    def run(*arguments: str) -> None:
        code = main.run(arguments)
        out, err = capsys.readouterr()
        shown = " ".join(argument.replace(str(tmp_path), "<folder>") for argument in arguments)
        pages.append(f"$ carechain {shown}\n{err}{out}[exit {code}]\n")

    run("ingest", str(DEMO))
    run("ingest", str(DEMO))
    run("ingest", str(odd), "--json")
    told.relay()
    capsys.readouterr()
    run("projection", "rebuild")
    run("projection", "rebuild", "--json")
    run("projection", "verify")
    run("stay", "list")
    run("topics", "list")
    run("simulate", "--region", "Gotland", "--admissions", "5", "--output", str(tmp_path / "month"), "--json")
    run("schema", "leave-started")
    run("record", "leave-started", "--journey", "00000000-0000-4000-8000-000000000009")
    golden("cli/way-of-a-message.txt", masked("\n".join(pages), tmp_path, DEMO))


def _paths(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    yield path
    for name in command.list_commands(None) if hasattr(command, "list_commands") else ():
        child = main.load_command(name) if not path else command.get_command(None, name)
        yield from _paths(child, (*path, name))


def test_every_command_explains_itself(
    golden: Golden, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    pages = []
    for path in _paths(main.app_command(), ()):
        assert main.run([*path, "--help"]) == 0
        pages.append(f"$ carechain {' '.join((*path, '--help'))}\n{capsys.readouterr().out}")
    assert len(pages) > 50
    lines = [line for page in pages for line in page.splitlines()]
    # An example to copy and a list to choose from stay whole; everything else fits the terminal.
    whole = ("  carechain ", "  --service,", "  --profession ", "  --notification ")
    assert not [line for line in lines if len(line) > 100 and not line.startswith(whole)]
    golden("cli/help.txt", masked("\n".join(pages), Path.home()))
