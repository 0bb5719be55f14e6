"""NS-assess, LUS 2:1: an admitted patient's need of services is judged."""

from given import WARD, given
from ward import admitted, came_to_emergency, discharged, judged

ADMITTED = admitted("2026-03-02T10:00")


def test_the_hospital_assesses_from_the_admission_on() -> None:
    duty = given(ADMITTED).duty("NS-assess", "2026-03-20T10:00")
    assert (duty.state, duty.party, duty.role, duty.unit) == ("open", "region:21", "inpatient", WARD)


def test_any_judgement_does_it() -> None:
    for outcome in ("yes", "no", "unknown"):
        story = given(ADMITTED, judged("2026-03-02T12:00", outcome))
        assert story.duty("NS-assess", "2026-03-02T11:59").state == "open"
        assert story.duty("NS-assess", "2026-03-02T12:00").state == "done"


def test_discharge_ends_it() -> None:
    story = given(ADMITTED, discharged("2026-03-03T10:00"))
    assert story.duty("NS-assess", "2026-03-03T10:00").state == "cancelled"


def test_an_emergency_visit_needs_none() -> None:
    assert given(came_to_emergency("2026-03-02T10:00")).duties("NS-assess", "2026-03-02T12:00") == []
