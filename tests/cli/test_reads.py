"""The questions people ask at a terminal, on the real server: what they print, and with which exit code."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from conftest import Place
from given import JOURNEY, STORE, Story, given, said
from hand_rows import OTHER

from cli import main
from consumers.journal import Journal, Line
from domain import reference
from domain.facts._parts import Recipient
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted
from domain.facts.correction import FactVoided
from domain.facts.discharge import PatientDischarged
from domain.facts.discharge_ready import DischargeReadyDeclared, DischargeReadyNotified
from domain.facts.notification import AdmissionNotified, ServiceNeedAssessed
from domain.stays import stay_of_fact
from infra.keys import load_or_create
from infra.postgres import connect
from infra.settings import Settings
from infra.vault import Vault
from projections import base

pytestmark = pytest.mark.broker

WARD = "hsa:SE2321000198-WARD1"
AS_OF = "2026-03-06T12:00"
RECIPIENTS = (Recipient(role="open-care"), Recipient(role="municipal-health", municipality="2180"))
PERSONNUMMER = "191212121212"
ID = str(JOURNEY)


def story() -> Story:
    """Admitted on Monday 2 March at 10, notified a day too late, a leave annulled, ready on Thursday, home on Friday."""
    facts = [
        ("2026-03-02T10:00", PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180")),
        (
            "2026-03-02T12:00",
            ServiceNeedAssessed(outcome="yes", needs=("municipal-health",), at_admission=True),
        ),
        ("2026-03-03T15:00", LeaveStarted()),
        ("2026-03-03T18:30", LeaveEnded()),
        ("2026-03-04T10:00", AdmissionNotified(recipients=RECIPIENTS)),
        ("2026-03-05T09:00", DischargeReadyDeclared()),
        ("2026-03-05T09:40", DischargeReadyNotified(recipients=RECIPIENTS)),
        ("2026-03-06T11:00", PatientDischarged(destination="home")),
        ("2026-03-06T11:30", FactVoided(target_message="m3")),
        ("2026-03-06T11:31", FactVoided(target_message="m4")),
    ]
    return given(*(said(time, fact, message=f"m{n}") for n, (time, fact) in enumerate(facts, 1)))


@dataclass
class Terminal:
    """Runs a command and keeps what it said."""

    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def run(self, *arguments: str) -> int:
        self.capsys.readouterr()
        code = main.run(arguments)
        self.out, self.err = self.capsys.readouterr()
        return code

    def json(self, *arguments: str) -> Any:
        assert self.run(*arguments, "--as-of", AS_OF, "--json") == 0, self.err
        return json.loads(self.out)


@pytest.fixture(scope="module")
def told(module_place: Place) -> Place:
    """The story's facts in the journal and its rows in the tables; a second journey that is parked."""
    made = story()
    lines = [
        Line(STORE, JOURNEY, n, 4, n - 1, n, fact.envelope.recordedtime, fact.raw)
        for n, fact in enumerate(made.journey.facts, 1)
    ]
    event = {
        "type": "se.carechain.agreement-adopted.v1",
        "recordedtime": "2026-01-01T08:00:00.000000Z",
        "data": {"agreement": made.basis.agreements[0].model_dump(mode="json")},
    }
    with connect(module_place.connections.read_dsn) as connection:
        base.create_schema(connection)
        journal = Journal(connection)
        journal.append(lines, "facts")
        journal.add_reference([(0, "agreement:demo", json.dumps(event).encode())])
        connection.execute("INSERT INTO journal.position VALUES ('projector', 'facts', 4, 'id', 10, NULL)")
        journal.park(
            [(OTHER, datetime(2026, 3, 4, 9, tzinfo=UTC), "This version does not know a fact.", 1)], []
        )
        base.write(connection, base.SCHEMA, {JOURNEY: made.all_rows()}, {JOURNEY: 4})
        journal.concluded([(JOURNEY, 4, len(lines), JOURNEY)], "basis")
    stay = stay_of_fact(made.journey.facts[0].id)
    with Vault(
        module_place.connections.vault_dsn, load_or_create(module_place.settings.master_key_file)
    ) as vault:
        vault.remember("episode", [(str(stay), JOURNEY, "EPISODE-7")])
        (known,) = vault.journeys_of([("personnummer", PERSONNUMMER)])
    with connect(module_place.connections.vault_dsn) as connection:
        connection.execute("INSERT INTO vault.journey (id) VALUES (%s)", (JOURNEY,))
        connection.execute("UPDATE vault.person SET journey = %s WHERE journey = %s", (JOURNEY, known))
    return module_place


@pytest.fixture
def terminal(told: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in told.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal(capsys)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr("sys.stdin", io.StringIO(text))


# -- what is printed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("journey-show", ("journey", "show", ID)),
        ("journey-replay", ("journey", "replay", ID)),
        ("journey-list", ("journey", "list")),
        ("stay-list", ("stay", "list")),
        ("responsible", ("responsible",)),
        ("waits", ("waits",)),
        ("explain", ("explain", "--journey", ID, "--rule", "MH-06")),
        ("waits-causes", ("waits", "--measure", "W-06", "--causes")),
        ("missed", ("missed",)),
        ("missed-all", ("missed", "--all")),
    ],
)
@pytest.mark.parametrize("form", ["txt", "json"])
def test_each_question_prints_the_same_for_the_same_moment(
    terminal: Terminal, golden: Callable[[str, str], None], name: str, command: tuple[str, ...], form: str
) -> None:
    extra = ("--json",) if form == "json" else ()
    assert terminal.run(*command, "--as-of", AS_OF, *extra) == 0, terminal.err
    text = terminal.out
    if form == "json":
        text = (
            json.dumps(json.loads(text), ensure_ascii=False, indent=1).replace(
                reference.digest(), "REFERENCE"
            )
            + "\n"
        )
    golden(f"cli/{name}.{form}", text)
    assert "As of 2026-03-06T12:00:00+01:00 (Europe/Stockholm)." in terminal.err


def test_the_envelope_says_as_of_when_and_how_far_the_answers_had_come(terminal: Terminal) -> None:
    document = terminal.json("missed")
    assert {key: document[key] for key in ("version", "as_of", "positions")} == {
        "version": 1,
        "as_of": "2026-03-06T12:00:00+01:00",
        "positions": {"facts": {"4": 10}},
    }
    late = next(row for row in document["data"] if row["rule"] == "MH-01")
    settled = ["id", "journey", "stay", "rule", "kind", "state", "party", "unit", "municipality"]
    settled += ["started_at", "due_at", "ended_at", "done_at", "value", "value_unit", "facts", "basis"]
    assert list(late)[:17] == settled
    assert (late["state"], late["due_at"], late["done_at"]) == (
        "late",
        "2026-03-03T10:00:00+01:00",
        "2026-03-04T10:00:00+01:00",
    )
    assert late["basis"] == {"agreement": "demo@1", "rule": "MH-01@1", "reference": reference.digest()}


def test_each_wait_says_why_and_who_could_end_it(terminal: Terminal) -> None:
    """Ready on Thursday at 9.40, home on Friday at 11: nobody had asked the municipality to take over."""
    (wait,) = terminal.json("waits", "--measure", "W-06", "--causes")["data"]
    (cause,) = wait["causes"]
    assert {name: cause[name] for name in list(cause) if name not in ("id", "facts")} == {
        "cause": "no-takeover-asked",
        "text": "The hospital has not asked the municipality to take over.",
        "state": "ended",
        "party": "region:21",
        "role": "inpatient",
        "unit": WARD,
        "started_at": "2026-03-05T09:40:00+01:00",
        "ended_at": "2026-03-06T11:00:00+01:00",
        "outcome": "wait-ended",
        "value": 25.3333,
        "value_unit": "hours",
    }
    assert terminal.run("waits", "--causes", "--as-of", "2026-03-05T12:00") == 0
    (line,) = [line for line in terminal.out.splitlines() if "because" in line]
    assert "still so" in line
    assert line.endswith("not asked the municipality to take over. (Region Gävleborg, inpatient)")
    assert "causes" not in terminal.json("waits")["data"][0]


def test_a_table_for_machines_has_the_causes_in_its_last_column(terminal: Terminal) -> None:
    assert terminal.run("waits", "--causes", "--as-of", AS_OF, "--output", "csv") == 0
    lines = list(csv.DictReader(io.StringIO(terminal.out)))
    assert list(lines[0])[-1] == "causes"
    told = [cause["cause"] for line in lines for cause in json.loads(line["causes"])]
    assert told == ["no-takeover-asked"]


def test_as_of_an_earlier_moment_it_is_as_it_was(terminal: Terminal) -> None:
    assert terminal.run("missed", "--as-of", "2026-03-03T10:00:00+01:00", "--json") == 0
    assert json.loads(terminal.out)["data"] == []
    assert terminal.run("missed", "--as-of", "2026-03-03T10:00:01+01:00", "--rule", "mh-01", "--json") == 0
    assert [(row["state"], row["done_at"]) for row in json.loads(terminal.out)["data"]] == [("missed", None)]


def test_a_stay_is_named_by_its_sources_own_id(terminal: Terminal) -> None:
    (stay,) = terminal.json("stay", "list")["data"]
    said_ = {
        name: stay[name]
        for name in ("source_episode", "state", "unit", "started_at", "ended_at", "leave_hours")
    }
    assert said_ == {
        "source_episode": "EPISODE-7",
        "state": "discharged",
        "unit": WARD,
        "started_at": "2026-03-02T10:00:00+01:00",
        "ended_at": "2026-03-06T11:00:00+01:00",
        "leave_hours": 0.0,
    }


def test_csv_and_ndjson_have_every_field(terminal: Terminal) -> None:
    assert terminal.run("missed", "--all", "--as-of", AS_OF, "--output", "csv") == 0
    by_csv = list(csv.DictReader(io.StringIO(terminal.out)))
    assert terminal.run("missed", "--all", "--as-of", AS_OF, "--output", "ndjson") == 0
    by_ndjson = [json.loads(line) for line in terminal.out.splitlines()]
    assert [list(row) for row in by_csv] == [list(row) for row in by_ndjson]
    assert [row["id"] for row in by_csv] == [row["id"] for row in by_ndjson]


def test_a_csv_without_rows_still_has_its_heading(terminal: Terminal) -> None:
    assert terminal.run("findings", "--rule", "died-twice", "--output", "csv") == 0
    assert terminal.out.startswith("id,journey,stay,rule,kind,state,")


def test_nothing_found_is_said_and_is_well(terminal: Terminal) -> None:
    assert terminal.run("findings", "--rule", "died-twice") == 0
    assert (terminal.out, terminal.err) == ("", "Nothing found.\n")


def test_a_check_exits_1_when_something_is_found(terminal: Terminal) -> None:
    assert terminal.run("missed", "--check", "--as-of", AS_OF) == 1
    assert terminal.run("missed", "--check", "--as-of", "2026-03-02T11:00") == 0
    assert terminal.run("waits", "--check", "--as-of", AS_OF) == 1


# -- about whom ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "count"),
    [
        (("--municipality", "Gävle"), 1),
        (("--municipality", "2180"), 1),
        (("--municipality", "Sandviken"), 0),
        (("--region", "Gävleborg"), 1),
        (("--region", "01"), 0),
        (("--unit", "SE2321000198-WARD1"), 1),
        (("--unit", "sor:1"), 0),
        (("--journey", ID), 1),
        (("--journey", ID[:8]), 1),
        (("--state", "discharged", "--state", "inpatient"), 1),
        (("--state", "inpatient"), 0),
    ],
)
def test_stays_are_found_by_place_unit_journey_and_state(
    terminal: Terminal, question: tuple[str, ...], count: int
) -> None:
    assert len(terminal.json("stay", "list", *question)["data"]) == count


@pytest.mark.parametrize(
    "number", [PERSONNUMMER, "19121212-1212", f"personnummer:{PERSONNUMMER}", "121212+1212"]
)
def test_a_patient_is_named_on_stdin(terminal: Terminal, stdin: Callable[[str], None], number: str) -> None:
    stdin(f"{number}\n")
    found = terminal.json("journey", "show", "--patient", "-")["data"]
    assert [one["journey"] for one in found] == [ID]
    assert PERSONNUMMER[2:] not in (terminal.out + terminal.err).replace("-", "")


def test_an_unknown_patient_exits_1(terminal: Terminal, stdin: Callable[[str], None]) -> None:
    stdin("simulated:SIM-9999\n")
    assert terminal.run("responsible", "--patient", "-") == 1
    assert terminal.err.splitlines()[0] == "error: No journey is known for that patient."
    assert "9999" not in terminal.err


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (
            ("responsible", "--patient", PERSONNUMMER),
            2,
            "a patient's number must not stand in a command line",
        ),
        (("journey", "show", PERSONNUMMER), 2, "a patient's number must not stand"),
        (("journey", "replay", "19121212-1212"), 2, "a patient's number must not stand"),
        (("waits", "--journey", "121212-1212"), 2, "a patient's number must not stand"),
        (("journey", "show", "Sven"), 2, "that is not a journey's id"),
        (("journey", "show"), 2, "say which journey"),
        (("journey", "show", "ffffffff"), 1, "No journey with that id is known."),
        (("journey", "replay", "ffffffff"), 1, "No journey with that id is known."),
        (("stay", "list", "--journey", "ffffffff"), 1, "No journey with that id is known."),
        (("missed", "--rule", "MH01"), 2, "Did you mean MH-01?"),
        (("waits", "--measure", "W-77"), 2, "there is no such one"),
        (("responsible", "--notion", "xyz"), 2, "Known: care, next_step, payment, care_contact, overall."),
        (("responsible", "--municipality", "Gefle"), 2, "No municipality has that name or code."),
        (("stay", "list", "--state", "away"), 2, "the states are inpatient"),
        (("missed", "--as-of", "yesterday"), 2, "This is not a date and a time that can be read."),
        (("explain",), 2, "say which row"),
        (("explain", "nonsense"), 2, "not a row's id"),
        (("explain", "00000000"), 1, "No such row stands at that moment."),
        (("explain", "00000000", "--output", "csv"), 2, "an explanation is no table"),
        (("journey", "replay", ID, "--all", "--speed", "1"), 2, "choose one of"),
        (("journey", "replay", ID, "--step"), 2, "there is no terminal with keys"),
        (("journey", "show", ID, "--output", "csv"), 2, "a journey is no table"),
    ],
)
def test_what_cannot_be_answered_is_refused_without_repeating_it(
    terminal: Terminal, command: tuple[str, ...], code: int, words: str
) -> None:
    assert terminal.run(*command) == code
    assert words in terminal.err
    assert terminal.out == ""
    assert "1212" not in terminal.err


def test_nothing_on_stdin_is_no_patient(terminal: Terminal, stdin: Callable[[str], None]) -> None:
    stdin("")
    assert terminal.run("waits", "--patient", "-") == 2
    assert "no number came on stdin" in terminal.err


# -- what is not whole ---------------------------------------------------------------------------------------------


def test_a_journey_that_cannot_be_read_whole_says_so(terminal: Terminal) -> None:
    assert terminal.run("journey", "list", "--as-of", AS_OF) == 0
    assert f"{str(OTHER)[:8]}*" in terminal.out
    assert "1 of these journeys cannot be shown in full (marked *)." in terminal.err
    assert terminal.run("journey", "show", str(OTHER), "--as-of", AS_OF) == 0
    assert "Incomplete since 2026-03-04 10:00: This version does not know a fact." in terminal.out


def test_before_anything_is_shown_it_says_what_to_start(
    new_place: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with new_place() as place:
        for name, value in place.env.items():
            monkeypatch.setenv(name, value)
        assert main.run(["responsible"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "error: Nothing is shown yet.",
        "hint: Start `carechain run`, which makes what is shown.",
    ]


def test_tables_of_another_version_are_shown_with_a_warning(terminal: Terminal, told: Place) -> None:
    with connect(told.connections.read_dsn, autocommit=True) as connection:
        connection.execute("UPDATE shown.projection SET version = version - 1 WHERE name = 'waits'")
        try:
            assert terminal.run("missed", "--as-of", AS_OF) == 0
        finally:
            connection.execute("UPDATE shown.projection SET version = version + 1 WHERE name = 'waits'")
    assert (
        "warning: waits: made by another version; `carechain projection rebuild` renews it." in terminal.err
    )
