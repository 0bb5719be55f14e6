"""NS-attend, LUS 4:2, HSL 16:4, SoL 10:8: those called draw up the SIP without delay; no date is set."""

import pytest
from given import given
from units import astray
from ward import NURSING, SOCIAL, admitted, died, discharged, sip_called, sip_made

from domain.command import Command

CALLED = (admitted("2026-03-02T10:00"), sip_called("2026-03-05T10:00", NURSING, SOCIAL))
LATER = "2026-03-20T10:00"


def test_those_called_and_the_caller() -> None:
    assert {(d.party, d.role, d.state) for d in given(*CALLED).duties("NS-attend", LATER)} == {
        ("region:21", "open-care", "open"),
        ("municipality:2180", "municipal-health", "open"),
        ("municipality:2180", "social-services", "open"),
    }


def test_the_plan_is_often_made_after_the_discharge() -> None:
    story = given(*CALLED, discharged("2026-03-06T10:00"), sip_made("2026-03-10T10:00"))
    assert {duty.state for duty in story.duties("NS-attend", "2026-03-09T10:00")} == {"open"}
    assert {duty.state for duty in story.duties("NS-attend", LATER)} == {"done"}


@pytest.mark.parametrize("end", [died("2026-03-07T10:00"), admitted("2026-03-07T10:00", stay="B")])
def test_death_or_readmission_ends_it(end: Command) -> None:
    story = given(*CALLED, discharged("2026-03-06T10:00"), end)
    assert {duty.state for duty in story.duties("NS-attend", LATER)} == {"cancelled"}


def test_who_says_that_the_call_was_not_for_them_attends_nothing() -> None:
    story = given(*CALLED, astray("2026-03-06T10:00", "sip-meeting-called", SOCIAL))
    states = {duty.role: duty.state for duty in story.duties("NS-attend", "2026-03-06T10:00")}
    assert states == {"open-care": "open", "municipal-health": "open"}
    assert len(story.duties("NS-attend", "2026-03-06T09:59")) == 3
