"""Findings: what does not fit is never refused from another system, and always shown."""

import pytest
from given import given, instant, said
from ward import (
    admitted,
    back,
    came_to_emergency,
    closed,
    consent,
    contact,
    died,
    discharged,
    judged,
    on_leave,
    transferred,
    voided,
)

from domain.command import Command
from domain.facts._parts import Recipient
from domain.facts.correction import FactVoided
from domain.facts.discharge import PatientDeceased, PatientDischarged
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.facts.messages import MessageNoted
from domain.facts.person import PatientIdentityLinked
from domain.findings import TEXTS
from domain.mismatches import texts
from domain.rows import Finding

OTHER_JOURNEY = "00000000-0000-4000-8000-000000000002"
OTHER = "hsa:SE2321000198-WARD2"
LATER = "2026-03-20T10:00"
IN = admitted("2026-03-02T10:00", stay="A")
OUT = discharged("2026-03-05T10:00", stay="A")

AFTER_IT_ENDED = PatientDischarged(destination="home", admitted_at=instant("2026-03-06T10:00"))

CASES: list[tuple[str, list[Command]]] = [
    ("admitted-twice", [IN, admitted("2026-03-03T10:00", stay="A")]),
    ("after-death", [IN, died("2026-03-04T10:00"), judged("2026-03-04T11:00")]),
    ("after-end", [IN, OUT, transferred("2026-03-06T10:00", OTHER, stay="A")]),
    ("closed-while-open", [IN, closed("2026-03-03T10:00")]),
    ("correction-without-target", [IN, voided("2026-03-03T10:00", "no such message")]),
    ("died-twice", [IN, died("2026-03-04T10:00"), died("2026-03-05T10:00")]),
    ("end-without-start", [OUT]),
    ("ended-twice", [IN, OUT, discharged("2026-03-06T10:00", stay="A")]),
    ("leave-end-without-start", [IN, back("2026-03-03T10:00")]),
    ("leave-started-twice", [IN, on_leave("2026-03-03T10:00"), on_leave("2026-03-03T12:00")]),
    ("mandatory-missing", [IN, judged("2026-03-03T10:00", outcome=None)]),
    (
        "message-id-reused",
        [IN, judged("2026-03-03T10:00", message="same"), judged("2026-03-03T11:00", message="same")],
    ),
    ("no-admission", [transferred("2026-03-03T10:00", OTHER, stay="A")]),
    ("no-stay", [judged("2026-03-03T10:00")]),
    (
        "on-cancelled-stay",
        [admitted("2026-03-02T10:00", stay="A", message="in"), voided("2026-03-02T11:00", "in"), OUT],
    ),
    ("times-backwards", [IN, said("2026-03-05T10:00", AFTER_IT_ENDED, stay="A")]),
    ("two-open-stays", [IN, admitted("2026-03-03T10:00", OTHER, stay="B")]),
]


@pytest.mark.parametrize(("code", "story"), CASES, ids=[code for code, _ in CASES])
def test_each_finding(code: str, story: list[Command]) -> None:
    assert given(*story).findings(LATER) == {code}
    assert given(*reversed(story)).findings(LATER) == {code}


def test_every_finding_has_a_sentence_and_a_test() -> None:
    assert {code for code, _ in CASES} == set(TEXTS) - set(texts())
    assert all(text.endswith(".") for text in TEXTS.values())


def test_a_stay_that_ended_before_it_began() -> None:
    late = admitted("2026-03-06T10:00", stay="A")
    assert given(OUT, late).findings(LATER) == {"end-without-start", "times-backwards"}
    assert given(late, OUT).findings(LATER) == {"end-without-start", "times-backwards"}


@pytest.mark.parametrize(("received", "found"), [("09:59", {"times-backwards"}), ("10:00", set())])
def test_a_notice_that_arrived_before_it_was_sent(received: str, found: set[str]) -> None:
    to = Recipient(role="open-care", municipality="2180", received_at=instant(f"2026-03-03T{received}"))
    notice = DischargeReadyNotified(recipients=(to,))
    story = given(IN, said("2026-03-03T10:00", notice, stay="A"))
    assert story.findings(LATER) & {"times-backwards"} == found


def test_what_is_said_of_records_after_a_death_fits() -> None:
    story = given(
        *(IN, died("2026-03-04T10:00")),
        said("2026-03-05T10:00", MessageNoted(text="Adress ändrad.")),
        said("2026-03-05T11:00", PatientIdentityLinked(other_journey=OTHER_JOURNEY, ground="double-record")),
    )
    assert story.findings(LATER) == set()


@pytest.mark.parametrize(("day", "found"), [("2026-03-04", set()), ("2026-03-05", {"died-twice"})])
def test_a_death_told_again_by_its_day_alone(day: str, found: set[str]) -> None:
    again = said(f"{day}T00:00", PatientDeceased(), precision="day")
    assert given(IN, died("2026-03-04T10:00"), again).findings(LATER) == found
    assert given(again, IN, died("2026-03-04T10:00")).findings(LATER) - {"after-death"} == found


def test_a_day_alone_runs_neither_way() -> None:
    begun = PatientDischarged(destination="home", admitted_at=instant("2026-03-05T14:00"))
    story = given(IN, said("2026-03-05T00:00", begun, stay="A", precision="day"))
    assert story.findings(LATER) == set()


@pytest.mark.parametrize(
    "story",
    [
        [IN, OUT],
        [came_to_emergency("2026-03-02T08:00", stay="A", unit=OTHER), IN, OUT],
        [IN, died("2026-03-04T10:00"), died("2026-03-04T10:00")],
        [consent("2026-03-01T10:00", "given")],
        [IN, OUT, contact("2026-03-06T10:00"), closed("2026-03-07T10:00")],
        [IN, OUT, IN, OUT],
    ],
)
def test_what_fits(story: list[Command]) -> None:
    assert given(*story).findings(LATER) == set()


def test_a_finding_is_shown_from_when_the_odd_thing_happened() -> None:
    story = given(IN, OUT, transferred("2026-03-06T10:00", OTHER, stay="A"))
    assert story.findings("2026-03-06T09:59") == set()
    (finding,) = story.rows(Finding, "2026-03-06T10:00")
    assert (finding.state, finding.detail, finding.region) == ("open", "patient-transferred", "21")


def test_what_is_missing_is_named() -> None:
    story = given(IN, judged("2026-03-03T10:00", outcome=None))
    (finding,) = story.rows(Finding, LATER)
    assert finding.detail == "outcome"


def test_the_annulment_that_waited_finds_its_message() -> None:
    void = said("2026-03-03T12:00", FactVoided(target_message="late"))
    assert given(IN, void).findings(LATER) == {"correction-without-target"}
    assert given(IN, void, judged("2026-03-03T10:00", message="late")).findings(LATER) == set()


def test_an_annulled_contradiction_is_no_finding() -> None:
    story = given(
        IN, OUT, discharged("2026-03-06T10:00", stay="A", message="x"), voided("2026-03-07T10:00", "x")
    )
    assert story.findings(LATER) == set()


def test_after_death_means_later_and_not_at_the_same_time() -> None:
    assert given(IN, died("2026-03-04T10:00"), judged("2026-03-04T10:00")).findings(LATER) == set()
    (finding,) = given(IN, died("2026-03-04T10:00"), contact("2026-03-05T10:00")).rows(Finding, LATER)
    assert finding.valid_from == instant("2026-03-05T10:00")
