"""NS-discharge, LUS 3 chap.: ready, and the municipality can receive: the hospital discharges."""

from given import given
from ward import accepted, admitted, discharged, not_ready, ready, told_ready

STAY = (admitted("2026-03-02T10:00"), ready("2026-03-05T10:00"))
TOLD = told_ready("2026-03-05T10:10")


def test_when_both_have_happened() -> None:
    story = given(*STAY, TOLD, accepted("2026-03-05T15:00"))
    assert story.duties("NS-discharge", "2026-03-05T14:59") == []
    duty = story.duty("NS-discharge", "2026-03-05T15:00")
    assert (duty.state, duty.party, duty.role) == ("open", "region:21", "inpatient")
    assert given(*STAY, TOLD).duties("NS-discharge", "2026-03-09T10:00") == []


def test_accepted_before_the_patient_was_ready() -> None:
    story = given(STAY[0], accepted("2026-03-03T10:00"), STAY[1], TOLD)
    assert story.duties("NS-discharge", "2026-03-05T10:09") == []
    assert story.duty("NS-discharge", "2026-03-05T10:10").state == "open"


def test_discharge_does_it_and_withdrawal_ends_it() -> None:
    yes = accepted("2026-03-05T15:00")
    out = given(*STAY, TOLD, yes, discharged("2026-03-06T10:00"))
    assert out.duty("NS-discharge", "2026-03-06T10:00").state == "done"
    worse = given(*STAY, TOLD, yes, not_ready("2026-03-06T10:00"))
    assert worse.duty("NS-discharge", "2026-03-06T10:00").state == "cancelled"


def test_accepted_after_the_judgement_was_withdrawn() -> None:
    story = given(*STAY, TOLD, not_ready("2026-03-05T12:00"), accepted("2026-03-05T15:00"))
    assert story.duties("NS-discharge", "2026-03-09T10:00") == []
