"""The way a user goes: facts in by the command line, through the real servers, and answers out by the command line."""

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from pipeline import Pipeline

from cli import main
from domain.agreement import Agreement
from infra.settings import Settings

Answer = Mapping[str, Any]
Line = Mapping[str, Any]

GAVLEBORG, JAMTLAND = "region:21", "region:23"
GAVLE = "municipality:2180"
WARD = "hsa:SE2321000198-WARD1"
HEALTH_CENTRE = "hsa:SE2321000198-HC1"
"""A ward and a health centre of Region Gävleborg."""
BY_WARD = ("--unit", WARD, "--role", "inpatient")
BY_HEALTH_CENTRE = ("--unit", HEALTH_CENTRE, "--role", "open-care")
HOME_NURSING = "hsa:SE2120002338-NURSING"
"""Gävle's home nursing."""
BY_GAVLE = ("--unit", HOME_NURSING, "--principal", "2180", "--role", "municipal-health")


class Way:
    """One place's servers, as a person at the command line meets them."""

    def __init__(self, place: Place, folder: Path) -> None:
        self.pipeline = Pipeline(place)
        self._env = {**place.env, "NO_COLOR": "1", "COLUMNS": "200"}
        self._folder = folder
        self._files = 0

    def carechain(self, *words: str, stdin: str = "", code: int = 0) -> str:
        """What a command prints; it must end with ``code``."""
        out, err = io.StringIO(), io.StringIO()
        with self._at_the_keyboard(stdin), redirect_stdout(out), redirect_stderr(err):
            ended = main.run(words)
        assert ended == code, f"{' '.join(words)}: {out.getvalue()}{err.getvalue()}"
        return out.getvalue()

    @contextmanager
    def _at_the_keyboard(self, stdin: str) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Settings, "flags", {})
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in self._env.items():
                patch.setenv(name, value)
            yield

    def patient(self, name: str) -> "Patient":
        """A simulated patient; ``name`` is four signs or more."""
        return Patient(self, f"simulated:SIM-{name}")

    def ingest(self, lines: Iterable[Line]) -> None:
        """Send a file of messages in; every one must be taken."""
        self._files += 1
        file = self._folder / f"{self._files}.ndjson"
        file.write_text(
            "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8"
        )
        self.carechain("ingest", str(file))

    def adopt(self, agreement: Agreement) -> None:
        self.pipeline.adopt(agreement)

    def show(self) -> None:
        """Let everything that was recorded reach the answers."""
        self.pipeline.project()

    def ask(self, *words: str, as_of: str | None = None, stdin: str = "") -> list[dict[str, Any]]:
        """A question's answers as data."""
        when = () if as_of is None else ("--as-of", as_of)
        data: list[dict[str, Any]] = json.loads(self.carechain(*words, *when, "--json", stdin=stdin))["data"]
        return data


class Patient:
    """One patient of a row: what is recorded about them, and what is answered about them."""

    def __init__(self, way: Way, number: str) -> None:
        self.way, self.number = way, number

    def record(self, at: str, fact: str, *options: str, text: str = "") -> None:
        """``carechain record``, with ``text`` on stdin after the patient's number."""
        words = ("record", fact, "--patient", "-", "--at", at, *options)
        self.way.carechain(*words, stdin=f"{self.number}\n{text}")

    def message(self, time: str, fact: str, data: Mapping[str, Any], unit: str, **more: Any) -> Line:
        """A line of NDJSON about the patient, by that unit's own system. ``time`` has an offset."""
        system, value = self.number.split(":")
        return {
            "type": f"se.carechain.{fact}.v1",
            "time": time,
            "patient": {"system": system, "value": value},
            "source": unit,
            "message": f"{value}/{fact}/{time}",
            "unit": unit,
            "data": dict(data),
            **more,
        }

    def ask(self, *words: str, as_of: str) -> list[dict[str, Any]]:
        return self.way.ask(*words, "--patient", "-", as_of=as_of, stdin=f"{self.number}\n")

    def responsible(self, as_of: str, notion: str = "care") -> list[dict[str, Any]]:
        """Who is responsible at that moment, by one of the notions."""
        return [line for line in self.ask("responsible", as_of=as_of) if line["notion"] == notion]

    def waits(self, as_of: str, measure: str) -> list[dict[str, Any]]:
        return self.ask("waits", "--measure", measure, as_of=as_of)

    def why(self, as_of: str, measure: str) -> list[dict[str, Any]]:
        """The causes of the patient's waits by a measure."""
        waits = self.ask("waits", "--measure", measure, "--causes", as_of=as_of)
        return [cause for wait in waits for cause in wait["causes"]]

    def missed(self, as_of: str, *options: str) -> list[dict[str, Any]]:
        """What is late or was never done; with ``--all`` everything that is owed."""
        return self.ask("missed", *options, as_of=as_of)

    def findings(self, as_of: str) -> list[dict[str, Any]]:
        return self.ask("findings", as_of=as_of)

    def explain(self, as_of: str, rule: str) -> list[dict[str, Any]]:
        return self.ask("explain", "--rule", rule, as_of=as_of)

    def figures(self, as_of: str, measure: str) -> dict[str | None, float]:
        """Part -> number, of a measure that counts."""
        return {line["detail"]: line["value"] for line in self.explain(as_of, measure)}

    def replay(self, as_of: str, *options: str) -> list[dict[str, Any]]:
        """The journey moment by moment."""
        return self.ask("journey", "replay", "--all", *options, as_of=as_of)

    def page(self, as_of: str) -> str:
        """The journey on one page, as a person reads it."""
        words = ("journey", "show", "--patient", "-", "--as-of", as_of)
        return self.way.carechain(*words, stdin=f"{self.number}\n")

    def fact_names(self, as_of: str) -> dict[str, str]:
        """Id -> name, of every fact of the journey."""
        (journey,) = self.ask("journey", "show", as_of=as_of)
        return {fact["facts"][0]: fact["fact"] for fact in journey["timeline"]}


def told(lines: Iterable[Answer], *fields: str) -> set[tuple[Any, ...]]:
    """These fields of each line, or of what it rests on; no two lines say the same."""
    found = [tuple({**line.get("basis", {}), **line}[field] for field in fields) for line in lines]
    assert len(set(found)) == len(found), f"said twice: {found}"
    return set(found)


def told_at(replay: Iterable[Answer], time: str) -> list[str]:
    """The facts of one moment of a replay."""
    return [fact["fact"] for step in replay if step["time"] == time for fact in step["facts"]]


def changes(replay: Iterable[Answer], time: str) -> set[tuple[Any, ...]]:
    """What changed at one moment of a replay: rule, measure or notion; state; party."""
    return {
        (
            change.get("rule") or change.get("measure") or change.get("notion"),
            change["state"],
            change["party"],
        )
        for step in replay
        if step["time"] == time
        for change in step["changes"]
    }
