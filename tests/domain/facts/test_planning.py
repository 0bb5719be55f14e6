"""The coordinated individual plan (SIP): what an operator may record, and in which words the rest is refused."""

import pytest
from given import said
from situations import accepted, admitted, deceased, discharged, needs, refused, unknown

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.notification import ConsentRecorded
from domain.facts.planning import SipEstablished, SipMeetingCalled, SipMeetingHeld, SipNeedDecided

NEEDED = SipNeedDecided(needed=True)
CALL = SipMeetingCalled(invitees=(Recipient(role="social-services", municipality="2180"),))
HELD = SipMeetingHeld(form="digital", participants=(Recipient(role="open-care"),), patient_took_part=True)
PLAN = SipEstablished(principals=("21", "2180"), overall_responsible="2180")
SAID_NO = "A SIP cannot be established: the patient has said no to it."


@pytest.mark.parametrize(
    ("fact", "act"),
    [
        (NEEDED, "decide on a SIP"),
        (CALL, "call a SIP meeting"),
        (HELD, "hold a SIP meeting"),
        (PLAN, "establish a SIP"),
    ],
)
def test_what_is_said_of_the_living(fact: Fact, act: str) -> None:
    accepted(unknown(), fact)
    accepted(admitted(), fact)
    accepted(discharged(), fact)
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_no_plan_against_the_patients_will(decision: str) -> None:
    no = ConsentRecorded.model_validate({"scope": "sip", "decision": decision})
    refused(admitted(said("2026-03-02T11:00", no)), PLAN, SAID_NO)


@pytest.mark.parametrize("decision", ["given", "incapable"])
def test_a_plan_where_the_patient_has_not_said_no(decision: str) -> None:
    answer = ConsentRecorded.model_validate({"scope": "sip", "decision": decision})
    accepted(admitted(said("2026-03-02T11:00", answer)), PLAN)


def test_the_last_answer_counts() -> None:
    no, yes = ConsentRecorded(scope="sip", decision="refused"), ConsentRecorded(scope="sip", decision="given")
    accepted(admitted(said("2026-03-02T11:00", no), said("2026-03-02T11:30", yes)), PLAN)
    refused(admitted(said("2026-03-02T11:30", no), said("2026-03-02T11:00", yes)), PLAN, SAID_NO)
    accepted(admitted(said("2026-03-02T12:30", no)), PLAN)


def test_a_no_to_sharing_is_no_no_to_the_plan() -> None:
    no = ConsentRecorded(scope="information-sharing", decision="refused")
    accepted(admitted(said("2026-03-02T11:00", no)), PLAN)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (SipNeedDecided(), "needed"),
        (SipMeetingCalled(), "invitees"),
        (SipMeetingHeld(), "form, participants"),
        (SipEstablished(), "principals, overall responsible"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


def test_no_is_an_answer_too() -> None:
    accepted(admitted(), SipNeedDecided(needed=False))
