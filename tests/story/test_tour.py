"""The README's tour: every command in it is run on real servers, and says what the README shows."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import ROOT, Place
from jsonschema import Draft202012Validator
from waiting import wait_until

from cli.schemas import one
from infra.postgres import connect

README = (ROOT / "README.md").read_text(encoding="utf-8")
CARECHAIN = Path(sys.executable).parent / "carechain"
NUMBER = "19121212-1212\n"
BACKGROUND = ["carechain", "run"]

_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{8}\b|127\.0\.0\.1:\d+"
)
"""Journeys, whole or by their beginning, and ports."""


class Step(NamedTuple):
    """One command of the tour, and the lines shown after it."""

    words: list[str]
    shown: list[str]


def marked(mark: str, language: str) -> list[str]:
    """The blocks of the README that follow this mark."""
    return re.findall(rf"<!-- {mark} -->\n```{language}\n(.*?)```", README, re.DOTALL)


def tour() -> list[Step]:
    steps: list[Step] = []
    for block in marked("tour", "console"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                steps.append(Step(shlex.split(line[2:]), []))
            elif line != "...":
                steps[-1].shown.append(line)
    return steps


def lines(text: list[str]) -> Counter[str]:
    """What lines say, without what is random and without widths, which depend on it."""
    return Counter(" ".join(_RANDOM.sub("#", line).split()) for line in text)


@contextmanager
def running(env: dict[str, str], folder: Path) -> Iterator[None]:
    """`carechain run` meanwhile, stopped as by Ctrl-C."""
    with (folder / "run.log").open("w") as log:
        process = subprocess.Popen([CARECHAIN, "run"], env=env, cwd=folder, stderr=log)
        try:
            yield
            process.terminate()
            assert process.wait(30) == 0, (folder / "run.log").read_text(encoding="utf-8")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()


def everything_is_shown(place: Place) -> bool:
    """Whether each stored fact has come through Kafka, and its journey's rows rest on it."""
    with connect(place.connections.store_dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM store.journeys_events), (SELECT count(*) FROM journal.fact),"
            " (SELECT coalesce(sum(facts), 0) FROM journal.concluded)"
        ).fetchone()
    assert row is not None
    stored, journalled, concluded = row
    return bool(stored == journalled == concluded)


@pytest.mark.broker
def test_the_tour_is_as_the_readme_tells_it(place: Place, tmp_path: Path) -> None:
    env = {**{k: v for k, v in os.environ.items() if not k.startswith("CARECHAIN_")}, **place.env}
    steps = tour()
    start = next(number for number, step in enumerate(steps) if step.words == BACKGROUND)
    for step in steps[:start]:
        take(step, env, tmp_path)
    with running(env, tmp_path):
        for step in steps[start + 1 :]:
            wait_until(lambda: everything_is_shown(place), 60, "what was recorded is shown")
            take(step, env, tmp_path)


def take(step: Step, env: dict[str, str], folder: Path) -> None:
    command, *arguments = step.words
    assert command == "carechain"
    done = subprocess.run(
        [CARECHAIN, *arguments],
        env=env,
        cwd=folder,
        input=NUMBER,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = done.stdout + done.stderr
    # The servers of the tests are one node that is told as if it were a cluster, which doctor does not let pass.
    assert done.returncode in ((0, 1) if arguments == ["doctor"] else (0,)), (shlex.join(step.words), said)
    missing = lines(step.shown) - lines(said.splitlines())
    assert not missing, f"{shlex.join(step.words)}\nshown, and not said: {list(missing)}\nsaid:\n{said}"


def test_the_tour_shows_what_matters() -> None:
    """Were the blocks marked wrongly, nothing would be run, and nothing would fail."""
    commands = [" ".join(step.words[1:3]) for step in tour()]
    for wanted in ("up", "run", "record patient-admitted", "journey replay", "projection rebuild", "down"):
        assert wanted in commands
    assert sum(len(step.shown) for step in tour()) > 30


def test_the_example_lines_are_what_the_schemas_describe(tmp_path: Path) -> None:
    (line,) = marked("ndjson", "json")
    (fact,) = marked("fact", "json")
    for text, schema in ((line, one("ndjson")), (fact, one("patient-admitted", message=True))):
        assert schema is not None
        Draft202012Validator(schema).validate(json.loads(text))
    (tmp_path / "example.ndjson").write_text(line, encoding="utf-8")
    done = subprocess.run(
        [CARECHAIN, "ingest", "--dry-run", "--json", tmp_path / "example.ndjson"],
        env={**os.environ, "CARECHAIN_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["data"]["accepted"] == 1


def test_every_setting_is_told() -> None:
    from infra.settings import PREFIX, Settings

    table = README[README.index("| setting (environment) |") :]
    assert [name for name in Settings.model_fields if f"`{PREFIX}{name.upper()}`" not in table] == []


def test_every_file_and_heading_that_is_linked_is_there() -> None:
    for page in (ROOT / "README.md", *(ROOT / "infra" / "decisions").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#\s]+)\)", text):
            assert "://" in target or (page.parent / target).exists(), f"{page.name} links to {target}"
        headings = {
            re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
            for title in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        }
        assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
