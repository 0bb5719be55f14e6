"""`carechain record`: one command a fact, what it understands, refuses, echoes and prints."""

import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from conftest import Place
from intakes import facts, intake_into, places_with, tables

from cli import main
from cli.fact_help import steps
from cli.fact_options import options
from cli.field_values import principal
from cli.identities import refuse_identities
from cli.record import command_of
from consumers.intake.intake import Intake
from domain.fact import Fact, load_catalogue

CARECHAIN = Path(sys.executable).parent / "carechain"
WARD = "SE2321000198-016965"
KINDS = sorted(load_catalogue().values(), key=lambda kind: kind.NAME)
Ran = tuple[int, str, str]


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


@pytest.fixture
def record(
    module_place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Runs `carechain record ...` for a patient given on stdin."""
    for name, value in module_place.env.items():
        monkeypatch.setenv(name, value)

    def run(*words: str, patient: str | None = None, text: str = "") -> Ran:
        stdin = "" if patient is None else f"simulated:{patient}\n"
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin + text))
        whom = [] if patient is None else ["--patient", "-"]
        code = main.run(["record", *words, *whom])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def admit(record: Callable[..., Ran], patient: str, *more: str) -> Ran:
    return record(
        "patient-admitted",
        *("--unit", WARD, "--care-form", "somatic", "--municipality", "Gävle"),
        *("--at", "2026-03-02T08:00", *more),
        patient=patient,
    )


# -- recording -----------------------------------------------------------------------------------------------------


@pytest.mark.broker
def test_an_admission_is_recorded_with_what_was_given(record, intake, module_place):
    code, out, err = admit(record, "SIM-RECORD")

    (fact,) = facts(intake, "simulated", "SIM-RECORD")
    assert code == 0
    assert out == f"Recorded patient-admitted at 2026-03-02T08:00:00+01:00 in journey {fact.originator_id}.\n"
    assert err == "At 2026-03-02T08:00:00+01:00 (Europe/Stockholm).\n"
    said = json.loads(fact.raw)
    assert said["data"] == {"unit": f"hsa:{WARD}", "care_form": "somatic", "municipality": "2180"}
    named = ("time", "timeprecision", "sourcesystem", "actorunit", "controller", "principal")
    assert [said[name] for name in named] == [
        "2026-03-02T07:00:00.000000Z",
        "minute",
        "operator",
        f"hsa:{WARD}",
        "orgnr:2321000198",
        "21",
    ]
    assert str(intake.vault.staff_of(said["actor"])).startswith("os:")
    assert places_with(module_place, "SIM-RECORD") == []


@pytest.mark.broker
def test_a_request_given_again_is_known(record, intake):
    request = str(uuid4())
    again = ("--request-id", request, "--json")

    first = admit(record, "SIM-REQUEST", *again)
    second = admit(record, "SIM-REQUEST", *again)
    without_time = record(
        "patient-admitted",
        *("--unit", WARD, "--care-form", "somatic", "--municipality", "2180", *again),
        patient="SIM-REQUEST",
    )

    states = [json.loads(out)["data"][0]["state"] for _, out, _ in (first, second, without_time)]
    assert [code for code, _, _ in (first, second, without_time)] == [0, 0, 0]
    assert states == ["recorded", "known", "known"]
    assert len(facts(intake, "simulated", "SIM-REQUEST")) == 1
    assert "Already known: patient-admitted" in admit(record, "SIM-REQUEST", "--request-id", request)[1]


@pytest.mark.broker
def test_what_cannot_be_is_refused_in_words_and_leaves_no_trace(record, module_place):
    admit(record, "SIM-REFUSED")
    before = tables(module_place)

    code, out, err = record("leave-ended", "--unit", WARD, patient="SIM-REFUSED")
    assert (code, out) == (1, "")
    assert err == (
        "error: You cannot end a leave: the patient was an inpatient at that time.\n"
        "hint: Record the start of the leave first.\n"
    )
    assert record("patient-discharged", "--unit", WARD, "--destination", "home", patient="SIM-NOBODY")[0] == 1
    assert record("patient-admitted", "--unit", WARD, patient="SIM-NOBODY")[0] == 1
    assert tables(module_place) == before


@pytest.mark.broker
def test_a_dry_run_says_what_would_come_of_it_and_writes_nothing(record, module_place):
    admit(record, "SIM-DRYRUN")
    before = tables(module_place)

    code, out, _ = record(
        "leave-started", "--unit", WARD, "--dry-run", "--at", "2026-03-03T08:00", patient="SIM-DRYRUN"
    )
    assert (code, out) == (
        0,
        "Would record leave-started at 2026-03-03T08:00:00+01:00. Nothing was written.\n",
    )
    assert record("leave-ended", "--unit", WARD, "--dry-run", patient="SIM-DRYRUN")[0] == 1
    code, out, _ = admit(record, "SIM-DRYNEW", "--dry-run", "--json")
    assert json.loads(out)["data"] == [
        {
            "type": "se.carechain.patient-admitted.v1",
            "time": "2026-03-02T08:00:00+01:00",
            "state": "would be recorded",
        }
    ]
    assert tables(module_place) == before


@pytest.mark.broker
def test_a_journey_stands_in_place_of_the_patient(record, intake):
    admit(record, "SIM-JOURNEY")
    journey = str(facts(intake, "simulated", "SIM-JOURNEY")[0].originator_id)

    assert record("leave-started", "--journey", journey, "--unit", WARD, "--at", "2026-03-03T08:00")[0] == 0
    assert (
        record("leave-ended", "--journey", journey[:12], "--unit", WARD, "--at", "2026-03-03T09:00")[0] == 0
    )
    assert [fact.kind.NAME for fact in facts(intake, "simulated", "SIM-JOURNEY")] == [
        "patient-admitted",
        "leave-started",
        "leave-ended",
    ]
    assert record("leave-started", "--journey", str(uuid4()), "--unit", WARD)[0] == 1
    assert record("leave-started", "--journey", "x", "--unit", WARD)[0] == 1


@pytest.mark.broker
def test_recipients_choices_switches_and_texts(record, intake, module_place):
    admit(record, "SIM-TYPED")
    notified = record(
        "admission-notified",
        *("--unit", WARD, "--at", "2026-03-02T09:00"),
        *("--recipient", "municipal-health,municipality=Gävle,received=2026-03-02T09:05"),
        *("--recipient", f"open-care,unit={WARD}", "--no-name-included", "--note", "-"),
        patient="SIM-TYPED",
        text="Tolvan bor hos Elvan.\nRing först.\n",
    )
    assessed = record(
        "service-need-assessed",
        *("--unit", WARD, "--at", "2026-03-02T09:10", "--outcome", "yes", "--at-admission"),
        *("--need", "social-services", "--need", "open-care", "--role", "inpatient"),
        patient="SIM-TYPED",
    )

    assert (notified[0], assessed[0]) == (0, 0)
    _, notice, need = facts(intake, "simulated", "SIM-TYPED")
    data = json.loads(notice.raw)["data"]
    sealed = data.pop("note")
    assert data == {
        "recipients": [
            {
                "role": "municipal-health",
                "municipality": "2180",
                "received_at": "2026-03-02T08:05:00.000000Z",
            },
            {"role": "open-care", "unit": f"hsa:{WARD}"},
        ],
        "name_included": False,
    }
    assert set(sealed) == {"sealed", "key"}
    assert places_with(module_place, "Tolvan") == []
    assert json.loads(need.raw)["data"] == {
        "outcome": "yes",
        "needs": ["social-services", "open-care"],
        "at_admission": True,
    }
    assert need.envelope.actorrole == "inpatient"


@pytest.mark.broker
def test_who_acts_may_be_another_than_whom_it_concerns(record, intake):
    admit(record, "SIM-ACTING")
    planned = record(
        "follow-up-planned",
        *(
            "--unit",
            "SE2321000198-HC1",
            "--role",
            "open-care",
            "--acting-unit",
            WARD,
            "--acting-role",
            "inpatient",
        ),
        *("--at", "2026-03-02T10:00", "--due-at", "2026-03-12T10:00", "--municipality", "2180"),
        patient="SIM-ACTING",
    )

    assert planned[0] == 0
    fact = facts(intake, "simulated", "SIM-ACTING")[-1]
    assert (fact.fact.unit, fact.fact.role) == ("hsa:SE2321000198-HC1", "open-care")
    assert (fact.envelope.actorunit, fact.envelope.actorrole) == (f"hsa:{WARD}", "inpatient")


@pytest.mark.broker
def test_an_act_under_two_laws_prints_both_facts(record):
    admit(record, "SIM-LAWS")
    code, out, _ = record(
        "municipal-takeover-proposed",
        *(
            "--unit",
            WARD,
            "--municipality",
            "Gävle",
            "--service",
            "home-nursing",
            "--service",
            "home-help",
            "--json",
        ),
        patient="SIM-LAWS",
    )

    assert code == 0
    assert [row["state"] for row in json.loads(out)["data"]] == ["recorded", "recorded"]


@pytest.mark.broker
def test_a_fact_is_corrected_by_its_id(record, intake):
    admit(record, "SIM-CORRECT")
    (wrong,) = facts(intake, "simulated", "SIM-CORRECT")
    amended = record(
        "fact-amended",
        *("--unit", WARD, "--target-fact", wrong.id, "--amended-type", "patient-admitted"),
        *("--amended-at", "2026-03-02T07:30", "--amended-data", '{"municipality": "2181"}'),
        patient="SIM-CORRECT",
    )

    assert amended[0] == 0
    fact = facts(intake, "simulated", "SIM-CORRECT")[-1].fact
    assert (fact.target_fact, fact.amended_type) == (wrong.id, "se.carechain.patient-admitted.v1")
    assert record("fact-voided", "--unit", WARD, "--target-fact", "0" * 64, patient="SIM-CORRECT")[0] == 1


@pytest.mark.broker
def test_another_journey_is_found_by_how_it_begins(record, intake):
    admit(record, "SIM-RESERVE")
    admit(record, "SIM-PERSON")
    (reserve,) = facts(intake, "simulated", "SIM-RESERVE")
    other = str(reserve.originator_id)
    link = ("patient-identity-linked", "--unit", WARD, "--ground", "reserve-number", "--other-journey")

    assert record(*link, other[:13], patient="SIM-PERSON")[0] == 0

    fact = facts(intake, "simulated", "SIM-PERSON")[-1]
    assert (fact.kind.NAME, fact.fact.other_journey) == ("patient-identity-linked", other)
    there = facts(intake, "simulated", "SIM-RESERVE")[-1]
    own = str(fact.originator_id)
    assert (there.kind.NAME, there.fact.other_journey) == ("patient-identity-linked", own)
    assert there.envelope.correlationid == fact.envelope.correlationid is not None


@pytest.mark.broker
def test_a_journey_that_is_not_there_is_not_linked(record, intake):
    admit(record, "SIM-ALONE")
    own = str(facts(intake, "simulated", "SIM-ALONE")[0].originator_id)
    link = ("patient-identity-linked", "--unit", WARD, "--ground", "other", "--other-journey")

    code, out, err = record(*link, str(uuid4()), patient="SIM-ALONE")
    assert (code, out) == (1, "")
    assert err == (
        "error: --other-journey: No journey with that id is known.\n"
        "hint: `carechain journey list` shows those that are.\n"
    )
    assert "that is this journey itself" in record(*link, own, patient="SIM-ALONE")[2]
    assert len(facts(intake, "simulated", "SIM-ALONE")) == 1


@pytest.mark.broker
def test_tracks_principals_regions_and_months_by_name(record, intake):
    admit(record, "SIM-NAMED")
    sent = ("referral-sent", "--unit", WARD, "--to-unit", "SE2321000198-HEART", "--track")
    code, _, err = record(*sent, "heart", patient="SIM-NAMED")
    assert code == 1
    assert err == (
        "error: There is no such track between specialists and primary care.\n"
        "hint: The tracks are adult-psychiatry, addiction-care, heart-failure, asthma-copd, diabetes,"
        " cancer-rehabilitation, geriatrics.\n"
    )

    assert record(*sent, "heart-failure", "--to-region", "Uppsala", patient="SIM-NAMED")[0] == 0
    plan = ("sip-established", "--unit", WARD, "--overall-responsible", "Gävle")
    assert record(*plan, *("--principals", "Gävleborg", "--principals", "2180"), patient="SIM-NAMED")[0] == 0
    dispute = ("case-disputed", "--unit", WARD, "--municipality", "Gävle", "--reason", "wrong-time")
    assert record(*dispute, "--month", "2026-03", "--principal", "Gävle", patient="SIM-NAMED")[0] == 0
    code, _, err = record(*dispute, "--month", "2026-03", "--principal", "Atlantis", patient="SIM-NAMED")
    assert (code, "No region or municipality has that name or code." in err) == (2, True)

    _, referral, sip, case = facts(intake, "simulated", "SIM-NAMED")
    assert (referral.fact.track, referral.fact.to_region) == ("heart-failure", "03")
    assert (sip.fact.principals, sip.fact.overall_responsible) == (("21", "2180"), "2180")
    assert (case.fact.municipality, case.fact.month) == ("2180", "2026-03")
    assert case.envelope.principal == "2180"


@pytest.mark.broker
def test_a_block_is_the_units_that_is_named_and_not_of_who_records_it(record, intake):
    admit(record, "SIM-BLOCK")
    block = ("block-set", "--unit", WARD, "--kind", "inner")
    assert record(*block, patient="SIM-BLOCK")[0] == 0
    assert record(*block, "--closed-unit", "SE2321000198-PSYCH", patient="SIM-BLOCK")[0] == 0

    _, whole, one = facts(intake, "simulated", "SIM-BLOCK")
    assert (whole.fact.closed_unit, one.fact.closed_unit) == (None, "hsa:SE2321000198-PSYCH")
    assert {whole.envelope.actorunit, one.envelope.actorunit} == {f"hsa:{WARD}"}


@pytest.mark.parametrize(
    ("written", "code"),
    [("21", "21"), ("Gävleborg", "21"), ("2180", "2180"), ("Gävle", "2180"), ("Stockholm", "0180"),
     ("Region Stockholm", "01")],
)  # fmt: skip
def test_a_huvudman_by_code_or_name(written, code):
    assert principal(written) == code


# -- what cannot be understood -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["patient-admitted"], "say about whom"),
        (["patient-admitted", "--patient", "-", "--journey", "1234"], "say about whom"),
        (["patient-admitted", "--patient", "SIM-0001"], "must not stand in a command line"),
        (["patient-admitted", "--journey", "1234", "--at", "noon"], "--at"),
        (["patient-admitted", "--journey", "1234", "--at", "2026-03-29T02:30"], "did not exist"),
        (["patient-admitted", "--journey", "1234", "--municipality", "Atlantis"], "--municipality"),
        (["patient-admitted", "--journey", "1234", "--unit", "Ward 7"], "--unit"),
        (["patient-admitted", "--journey", "1234", "--care-form", "surgical"], "--care-form"),
        (["admission-notified", "--journey", "1234", "--recipient", "nurse"], "--recipient"),
        (["admission-notified", "--journey", "1234", "--recipient", "open-care,ward=7"], "--recipient"),
        (["fact-amended", "--journey", "1234", "--amended-data", "[]"], "--amended-data"),
        (["case-disputed", "--journey", "1234", "--month", "March"], "Write it as 2026-03"),
        (["sip-established", "--journey", "1234", "--principals", "Atlantis"], "--principals"),
        (["referral-sent", "--journey", "1234", "--track", "Heart failure"], "--track"),
        (["message-sent", "--journey", "1234", "--subject", "Anna Andersson"], "--subject"),
        (["sip-established", "--journey", "1234", "--plan", "-", "--note", "-"], "one text only"),
        (["patient-abducted"], "No such command"),
        (["patient-admited"], "Did you mean 'patient-admitted'"),
    ],
)
def test_wrong_usage_names_the_option(capsys, words, said):
    assert main.run(["record", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "hint: See `carechain record" in err


@pytest.mark.parametrize(
    "number",
    [
        "19121212-1212",
        "191212121212",
        "121212-1212",
        "121212+1212",
        "1212121212",
        "19701063-2391",
        "010150-1234",
    ],
)
@pytest.mark.parametrize(
    "words",
    [
        ["patient-admitted", "--patient", "{}"],
        ["patient-admitted", "--patient=personnummer:{}"],
        ["patient-admitted", "--note", "Tolvan, {}, bor"],
        ["{}"],
        ["patient-admitted", "{}"],
        ["patient-admited", "--episode", "{}"],
    ],
)
def test_a_patients_number_as_an_argument_is_refused_and_not_repeated(capsys, words, number):
    assert main.run(["record", *(word.format(number) for word in words)]) == 2

    out, err = capsys.readouterr()
    assert "a patient's number must not stand in a command line" in err
    assert number not in out + err
    assert "Tolvan" not in out + err


@pytest.mark.parametrize(
    "harmless",
    [
        "orgnr:2321000198",
        "orgnr:232100-0198",
        "hsa:SE2321000198-016965",
        "sor:265161000016000",
        "2026-03-02T08:00:00+01:00",
        "12121212-1212-4121-8121-191212121212",
        "19121212121212121212121212121212",
        "5d41402abc4b2a76b9719d911017c592" * 2,
        "0700-123 456",
        "2180",
    ],
)
def test_what_only_looks_a_little_like_one_is_let_through(harmless):
    refuse_identities([harmless])


# -- help ----------------------------------------------------------------------------------------------------------


def test_without_a_fact_all_facts_are_listed_by_step(capsys):
    assert main.run(["record"]) == 0
    out = capsys.readouterr().out

    assert (
        "\nInto inpatient care and moves within it:\n  patient-admitted     Inskrivning i sluten vård (LUS 1:3)\n"
        in out
    )
    assert (steps()[0][0], steps()[-1][0]) == ("The patient as a person", "Mending what was recorded")
    for kind in KINDS:
        assert f"\n  {kind.NAME}" in out


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.NAME)
def test_each_fact_has_a_command_with_the_words_of_its_file_and_an_example(capsys, kind: type[Fact]):
    assert main.run(["record", kind.NAME, "--help"]) == 0
    out = capsys.readouterr().out

    term = str(kind.__doc__).split("*")[1]
    assert term in " ".join(out.split())
    assert f"\n  carechain record {kind.NAME} --patient -" in out
    for field in kind.model_fields:
        assert f"--{field.replace('_', '-')}" in out
    assert out.count("Must be given.") == len(kind.MANDATORY)


def test_the_tracks_stand_whole_in_the_help_of_what_is_on_one(capsys):
    assert main.run(["record", "wait-paused", "--help"]) == 0
    assert "\n  Tracks:\n    adult-psychiatry       Vuxenpsykiatri\n" in capsys.readouterr().out


def test_every_field_is_given_by_one_option_of_the_fact_or_a_common_one():
    for kind in KINDS:
        taken = [
            flag for option in command_of(kind).params for flag in (*option.opts, *option.secondary_opts)
        ]
        assert len(taken) == len(set(taken)), kind.NAME
        own = {option.field for option in options(kind, frozenset())}
        assert own | {"unit", "role"} >= set(kind.model_fields)


def test_the_help_of_all_commands_does_not_import_the_facts():
    code = "import sys; from cli.main import run; run(['--help']); print([m for m in sys.modules if 'domain' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
