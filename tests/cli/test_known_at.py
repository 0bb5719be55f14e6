"""The two clocks at a terminal, on real servers: as it was, as it was known, and what changed in between."""

import io
import json
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from given import instant
from mission_way import Answer
from pipeline import Pipeline, submission
from terminals import terminal as in_terminal

from cli import main
from consumers.adoption import adopt, adopt_population
from domain.agreement import Agreement, LocalLimits
from domain.population import read_population
from infra.settings import Settings

pytestmark = pytest.mark.broker

CARECHAIN = Path(sys.executable).parent / "carechain"
WARD = "hsa:SE2321000198-WARD1"
ADMITTED = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
NEED = {"outcome": "yes", "needs": ["municipal-health"], "at_admission": True}
TOLD = {"recipients": [{"role": "municipal-health", "municipality": "2180"}]}
MENDED = {
    "target_message": "A3",
    "amended_type": "se.carechain.admission-notified.v1",
    "amended_at": "2026-03-02T08:00:00+01:00",
    "amended_data": TOLD,
}
SAID: list[tuple[str, str, str, str, dict[str, Any]]] = [
    ("2026-03-01T10:01", "A1", "patient-admitted", "2026-03-01T10:00", ADMITTED),
    ("2026-03-01T12:00", "A2", "service-need-assessed", "2026-03-01T12:00", NEED),
    ("2026-03-02T14:01", "A3", "admission-notified", "2026-03-02T14:00", TOLD),
    ("2026-03-04T09:00", "B1", "patient-admitted", "2026-03-01T09:00", ADMITTED),
    ("2026-03-06T09:00", "A4", "fact-amended", "2026-03-06T09:00", MENDED),
]
"""When recorded, message, fact, when it happened, data. The letter is the patient."""
AGREED = Agreement(id="eight", version=1, title="Eight hours", limits=LocalLimits(acknowledgement_hours=8))
POPULATION = (
    "# id: counted\n# title: Counted\n# as_of: 2025-12-31\n# source: SCB\ncode;total;aged_65\n2180;1000;\n"
)
MONDAY, WEDNESDAY, FRIDAY = "2026-03-02T17:00", "2026-03-04T17:00", "2026-03-06T17:00"
MONDAY_TOLD = "2026-03-02T17:00:00+01:00 (Europe/Stockholm)."
TITLE = "Admission notice within 24 hours (MH-01), Region Gävleborg, inpatient"


@dataclass
class Terminal:
    """Runs a command about patient A and keeps what it said."""

    pipeline: Pipeline
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    out: str = ""
    err: str = ""

    def run(self, *arguments: str) -> int:
        self.monkeypatch.setattr("sys.stdin", io.StringIO("simulated:SIM-A000\n"))
        self.capsys.readouterr()
        code = main.run(arguments)
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *arguments: str) -> Any:
        assert self.run(*arguments, "--json") == 0, self.err
        return json.loads(self.out)

    def data(self, *arguments: str) -> list[Answer]:
        found: list[Answer] = self.json(*arguments)["data"]
        return found

    @property
    def journey(self) -> str:
        return str(self.pipeline.journey("simulated", "SIM-A000"))


@pytest.fixture(scope="module")
def told(module_place: Place) -> Pipeline:
    """In on Sunday 1 March at 10. The notice to Gävle, due on Monday at 10, was sent that Monday at 14.

    On Friday 6 March at 9 the ward corrects that: it had been sent on Monday at 8. Of a second patient nothing is
    recorded until Wednesday. On Thursday an agreement and a population file are adopted.
    """
    pipeline = Pipeline(module_place)
    for recorded, message, fact, time, data in SAID:
        patient = f"SIM-{message[0]}000"
        pipeline.submit(
            [submission(fact, f"{time}:00+01:00", patient=patient, message=message, data=data)],
            now=lambda recorded=recorded: instant(recorded),  # type: ignore[misc]
        )
    store = module_place.connections.store_dsn
    adopt(store, AGREED, AGREED.model_dump_json(), "tester", instant("2026-03-05T10:00"))
    adopt_population(store, read_population(POPULATION), POPULATION, "tester", instant("2026-03-05T11:00"))
    pipeline.project()
    return pipeline


@pytest.fixture
def terminal(told: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in {**told.place.env, "NO_COLOR": "1", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    return Terminal(told, capsys, monkeypatch)


def state(answers: list[Answer], rule: str) -> list[str]:
    return [answer["state"] for answer in answers if answer["rule"] == rule]


# -- the correction that arrives on Friday ---------------------------------------------------------------------------


def test_it_changes_mondays_answer_as_it_was(terminal: Terminal) -> None:
    found = terminal.data("missed", "--all", "--patient", "-", "--as-of", MONDAY)
    assert state(found, "MH-01") == ["done"]


@pytest.mark.parametrize("clocks", [("--as-of", MONDAY, "--known-at", MONDAY), ("--known-at", MONDAY)])
@pytest.mark.parametrize("whom", [("--patient", "-"), ("--municipality", "Gävle"), ()])
def test_it_does_not_change_mondays_answer_as_it_was_known_on_monday(
    terminal: Terminal, whom: tuple[str, ...], clocks: tuple[str, ...]
) -> None:
    document = terminal.json("missed", "--all", *whom, *clocks)
    assert state(document["data"], "MH-01") == ["late"]
    assert {answer["journey"] for answer in document["data"]} == {terminal.journey}
    assert (document["as_of"], document["known_at"], document["provisional"]) == (
        "2026-03-02T17:00:00+01:00",
        "2026-03-02T17:00:00+01:00",
        False,
    )
    assert document["positions"]
    assert [line for line in terminal.err.splitlines() if " " in line][:2] == [
        f"As of {MONDAY_TOLD}",
        f"As known at {MONDAY_TOLD}",
    ]


def test_on_monday_nobody_knew_of_the_second_patient(terminal: Terminal) -> None:
    """He had come on Sunday already; that was recorded on Wednesday."""
    count = len(terminal.data("stay", "list", "--as-of", MONDAY))
    assert count == 2
    assert len(terminal.data("stay", "list", "--known-at", MONDAY)) == 1
    assert len(terminal.data("stay", "list", "--known-at", WEDNESDAY, "--as-of", MONDAY)) == 2
    other = str(terminal.pipeline.journey("simulated", "SIM-B000"))
    assert terminal.run("journey", "show", other, "--known-at", MONDAY) == 1
    assert "Nothing had been recorded about that patient by then." in terminal.err


def test_what_was_known_on_monday_of_later_days(terminal: Terminal) -> None:
    """As known on Monday nobody has acknowledged by Friday; W-02 runs from Monday at 14."""
    asked = ("waits", "--measure", "W-02", "--patient", "-", "--as-of", FRIDAY)
    (wait,) = terminal.data(*asked, "--known-at", MONDAY)
    assert (wait["started_at"], wait["value"]) == ("2026-03-02T14:00:00+01:00", 99.0)
    (wait,) = terminal.data(*asked)
    assert (wait["started_at"], wait["value"]) == ("2026-03-02T08:00:00+01:00", 105.0)


def test_facts_recorded_later_are_nowhere(terminal: Terminal) -> None:
    (page,) = terminal.data("journey", "show", "--patient", "-", "--known-at", MONDAY, "--as-of", FRIDAY)
    happened = ["patient-admitted", "service-need-assessed", "admission-notified"]
    assert [(one["fact"], one["state"]) for one in page["timeline"]] == [
        (one, "happened") for one in happened
    ]
    assert page["facts"] == 3
    replay = terminal.data("journey", "replay", "--patient", "-", "--known-at", MONDAY, "--as-of", FRIDAY)
    assert [(fact["fact"], fact["state"]) for step in replay for fact in step["facts"]] == [
        (one, "happened") for one in happened
    ]
    (line,) = terminal.data("journey", "list", "--known-at", MONDAY)
    assert (line["facts"], line["last_fact"]) == (3, "admission-notified")


def test_an_explanation_rests_on_what_was_known_and_agreed_then(terminal: Terminal) -> None:
    asked = ("explain", "--patient", "-", "--rule", "MH-05", "--as-of", FRIDAY)
    (then,) = terminal.data(*asked, "--known-at", MONDAY)
    assert (then["agreement"]["name"], then["state"], then["started_at"]) == (
        "statute@1",
        "open",
        "2026-03-02T14:00:00+01:00",
    )
    assert then["clock"]["known_at"] == "2026-03-02T17:00:00+01:00"
    (now,) = terminal.data(*asked)
    assert (now["agreement"]["name"], now["state"]) == ("eight@1", "missed")
    assert terminal.data("explain", then["id"], "--as-of", FRIDAY, "--known-at", MONDAY) == [then]
    assert terminal.run(*asked, "--known-at", MONDAY) == 0
    assert "and had been recorded by 2026-03-02 17:00" in terminal.out
    assert terminal.run("explain", "00000000", "--known-at", MONDAY) == 1
    assert "Say --journey or --patient, too." in terminal.err


def test_a_population_file_holds_from_when_it_was_adopted(terminal: Terminal) -> None:
    asked = ("population", "show", "--region", "Gävleborg")
    assert terminal.json(*asked)["population"]["id"] == "counted"
    assert terminal.json(*asked, "--known-at", MONDAY)["population"]["id"] == "scb-2024"
    figures = ("summary", "--municipality", "Gävle", "--small-groups", "--as-of", FRIDAY)
    assert {line["population"] for line in terminal.data(*figures)} == {None, "counted"}
    assert {line["population"] for line in terminal.data(*figures, "--known-at", MONDAY)} == {
        None,
        "scb-2024",
    }


QUESTIONS = (
    ("responsible", "--all"),
    ("waits", "--causes"),
    ("missed", "--all"),
    ("findings",),
    ("liability",),
    ("stay", "list"),
    ("journey", "list"),
)
ABOUT_ALL = (*QUESTIONS, ("summary", "--small-groups"))
ABOUT_ONE = (
    *QUESTIONS,
    ("journey", "show"),
    ("journey", "replay"),
    ("explain", "--rule", "MH-01"),
)


@pytest.mark.parametrize(
    "words", [*ABOUT_ALL, *((*words, "--patient", "-") for words in ABOUT_ONE)], ids=" ".join
)
def test_known_now_is_the_plain_answer(terminal: Terminal, words: tuple[str, ...]) -> None:
    """The last thing was recorded on Friday at 9."""
    plain = terminal.json(*words, "--as-of", "2026-03-06T12:00")
    known = terminal.json(*words, "--as-of", "2026-03-06T12:00", "--known-at", FRIDAY)
    for one in known["data"]:
        one.get("clock", {}).pop("known_at", None)
    assert known["data"] == plain["data"]
    assert plain["data"] or words[0] in ("findings", "liability")
    assert known.keys() - plain.keys() == {"known_at", "provisional"}


# -- what cannot be asked --------------------------------------------------------------------------------------------


def test_the_last_seconds_are_provisional(terminal: Terminal) -> None:
    now = datetime.now(UTC).isoformat()
    document = terminal.json("missed", "--patient", "-", "--known-at", now)
    assert document["provisional"] is True
    assert "Provisional: facts recorded in the last seconds may still be on their way." in terminal.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("missed", "--known-at", "2999-01-01T00:00"), 2, "that is in the future"),
        (("missed", "--known-at", "lately"), 2, "This is not a date and a time that can be read."),
        (("responsible", "--patient", "-", "--known-at", "2026-03-01T10:00"), 1, "Nothing had been recorded"),
        (("journey", "diff", "--patient", "-"), 2, "give it twice"),
        (("journey", "diff", "--known-at", MONDAY), 2, "say which journey"),
        (("journey", "diff", "--patient", "-", *("--known-at", MONDAY) * 2), 2, "the earlier moment first"),
        (("journey", "diff", "--patient", "-", *("--known-at", MONDAY) * 3), 2, "give it twice"),
        (("journey", "diff", "ffffffff", "--known-at", MONDAY), 1, "No journey with that id is known."),
        (
            (
                "journey",
                "diff",
                "--patient",
                "-",
                "--known-at",
                "2026-03-01T08:00",
                "--known-at",
                "2026-03-01T09:00",
            ),
            1,
            "Nothing had been recorded",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(
    terminal: Terminal, words: tuple[str, ...], code: int, said: str
) -> None:
    assert terminal.run(*words) == code
    assert said in terminal.err
    assert terminal.out == ""


# -- what changed in between -----------------------------------------------------------------------------------------

BETWEEN = ("journey", "diff", "--patient", "-", "--known-at", MONDAY, "--known-at", FRIDAY)


def test_what_changed_and_which_fact_changed_it(terminal: Terminal) -> None:
    document = terminal.json(*BETWEEN, "--as-of", MONDAY)
    change = next(one for one in document["data"] if one["rule"] == "MH-01")
    assert {name: change[name] for name in ("kind", "title", "change", "party", "before", "after")} == {
        "kind": "obligation",
        "title": "Admission notice within 24 hours",
        "change": "changed",
        "party": "region:21",
        "before": {"agreement": "statute@1", "ended_at": "2026-03-02T14:00:00+01:00", "state": "late"},
        "after": {"agreement": "eight@1", "ended_at": "2026-03-02T08:00:00+01:00", "state": "done"},
    }
    adoption, amendment = change["because"]
    assert adoption == {"recorded_at": "2026-03-05T10:00:00+01:00", "adopted": ["eight@1"], "withdrawn": []}
    assert (amendment["fact"], amendment["time"], amendment["recorded_at"]) == (
        "fact-amended",
        "2026-03-06T09:00:00+01:00",
        "2026-03-06T09:00:00+01:00",
    )
    assert [(one["fact"], one["time"]) for one in amendment["corrects"]] == [
        ("admission-notified", "2026-03-02T14:00:00+01:00")
    ]
    assert document["learned"] == [adoption, amendment]
    assert document["known_at"] == ["2026-03-02T17:00:00+01:00", "2026-03-06T17:00:00+01:00"]
    assert document["as_of"] == "2026-03-02T17:00:00+01:00"


def test_it_reads_as_what_before_and_after_and_because(terminal: Terminal) -> None:
    assert terminal.run(*BETWEEN, "--as-of", MONDAY) == 0
    lines = terminal.out.splitlines()
    assert lines[0] == "Recorded in between"
    assert lines[1].split("  ")[1:3] == ["2026-03-05 10:00", "adopted: eight@1"]
    (line,) = [line for line in lines if line.startswith(TITLE)]
    assert "late -> done; ended 2026-03-02 14:00 -> 2026-03-02 08:00" in line
    assert line.endswith(
        "fact amended 2026-03-06 09:00 (was: admission notified 2026-03-02 14:00), recorded 2026-03-06 09:00"
    )
    assert "next_step" not in terminal.out
    assert "more rest on another agreement and say the same (--json tells which)." in terminal.err


def test_once_means_until_now(terminal: Terminal) -> None:
    assert terminal.run("journey", "diff", terminal.journey[:8], "--known-at", FRIDAY) == 0
    assert "Recorded in between\n  nothing\n" in terminal.out
    assert "It changes nothing of what is said as of" in terminal.err


def test_each_change_is_a_line_of_a_csv(terminal: Terminal) -> None:
    assert terminal.run(*BETWEEN, "--output", "csv") == 0
    heading, *lines = terminal.out.splitlines()
    assert heading.startswith("id,journey,kind,rule,title,detail,change,")
    assert len(lines) == len(terminal.data(*BETWEEN))


def test_it_fits_a_terminal_of_100_columns(told: Pipeline) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("CARECHAIN_")}
    env = {**own, **told.place.env, "TERM": "xterm-256color", "NO_COLOR": "1"}
    journey = str(told.journey("simulated", "SIM-A000"))
    words = ["journey", "diff", journey, "--known-at", MONDAY, "--known-at", FRIDAY]
    with in_terminal([CARECHAIN, *words], env, size=(100, 80)) as shown:
        lines = shown.see("acknowledgement (W-02)")
    (at,) = [number for number, line in enumerate(lines) if line.startswith("what ")]
    assert lines[at].split() == ["what", "before", "->", "after", "because"]
    (first,) = [line for line in lines[at:] if line.startswith("Admission notice within 24")]
    assert "late -> done;" in first
