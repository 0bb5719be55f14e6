"""NS-plan, LUS 2:6: each unit that was told plans from receipt on."""

from given import given
from units import joined, left
from ward import NURSING, OPEN_CARE, SOCIAL, admitted, discharged, notified, told_ready

from domain.facts._parts import Recipient

ADMITTED = admitted("2026-03-02T10:00")
TOLD = notified("2026-03-02T12:00", OPEN_CARE, NURSING, SOCIAL)


def test_each_receiver_plans() -> None:
    duties = given(ADMITTED, TOLD).duties("NS-plan", "2026-03-02T12:00")
    assert {(duty.party, duty.role, duty.state) for duty in duties} == {
        ("region:21", "open-care", "open"),
        ("municipality:2180", "municipal-health", "open"),
        ("municipality:2180", "social-services", "open"),
    }


def test_the_hospital_itself_is_no_receiver() -> None:
    story = given(ADMITTED, notified("2026-03-02T12:00", Recipient(role="inpatient"), NURSING))
    assert [duty.role for duty in story.duties("NS-plan", "2026-03-02T13:00")] == ["municipal-health"]


def test_a_receiver_told_twice_plans_once_and_another_joins_later() -> None:
    story = given(
        ADMITTED, notified("2026-03-02T12:00", NURSING), notified("2026-03-03T12:00", NURSING, SOCIAL)
    )
    assert len(story.duties("NS-plan", "2026-03-03T11:59")) == 1
    assert len(story.duties("NS-plan", "2026-03-03T12:00")) == 2


def test_the_discharge_ready_notice_asks_for_more_and_discharge_for_nothing() -> None:
    ready = given(ADMITTED, TOLD, told_ready("2026-03-05T10:00")).duties("NS-plan", "2026-03-05T10:00")
    assert {duty.outcome for duty in ready} == {"ready"}
    left = given(ADMITTED, TOLD, discharged("2026-03-05T10:00")).duties("NS-plan", "2026-03-05T10:00")
    assert {duty.outcome for duty in left} == {"stay-ended"}


def test_who_no_longer_takes_part_plans_no_more() -> None:
    story = given(ADMITTED, TOLD, left("2026-03-03T10:00", SOCIAL))
    assert {(duty.role, duty.outcome) for duty in story.duties("NS-plan", "2026-03-03T10:00")} == {
        ("open-care", None),
        ("municipal-health", None),
        ("social-services", "removed"),
    }
    assert len([d for d in story.duties("NS-plan", "2026-03-03T09:59") if d.state == "open"]) == 3


def test_another_unit_of_open_care_was_meant() -> None:
    """The first told is not the one that leaves; where no unit is named it is all of them."""
    other = Recipient(role="open-care", unit="hsa:SE2321000198-VC2")
    story = given(ADMITTED, TOLD, left("2026-03-03T10:00", other))
    assert {duty.state for duty in story.duties("NS-plan", "2026-03-03T10:00")} == {"open"}
    everybody = given(ADMITTED, TOLD, left("2026-03-03T10:00", Recipient(role="open-care")))
    assert [d.role for d in everybody.duties("NS-plan", "2026-03-03T10:00") if d.state != "open"] == [
        "open-care"
    ]


def test_back_and_told_again_they_plan_again() -> None:
    story = given(
        ADMITTED,
        notified("2026-03-02T12:00", NURSING),
        left("2026-03-03T10:00", NURSING),
        joined("2026-03-04T10:00", NURSING),
        notified("2026-03-04T11:00", NURSING),
    )
    states = [duty.state for duty in story.duties("NS-plan", "2026-03-04T11:00")]
    assert sorted(states, key=str) == ["cancelled", "open"]
