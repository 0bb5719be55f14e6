"""MH-24: a proposed takeover is answered within the local hours; silence moves nothing (LUS has no such message)."""

import pytest
from given import DEMO, given, instant
from ward import accepted, admitted, declined, died, discharged, proposed

from domain.agreement import Agreement, LocalLimits
from domain.basis import Basis
from domain.command import Command

FOUR_HOURS = Basis(
    agreements=(Agreement(id="four", version=1, title="4 h", limits=LocalLimits(takeover_answer_hours=4)),)
)
ASKED = (admitted("2026-03-02T10:00"), proposed("2026-03-03T09:00"))
LATER = "2026-03-10T10:00"


@pytest.mark.parametrize("answer", [accepted, declined])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-03T13:00:00", "done"), ("2026-03-03T13:00:01", "late")]
)
def test_a_yes_and_a_no_are_answers(answer: object, time: str, state: str) -> None:
    assert callable(answer)
    duty = given(*ASKED, answer(time), basis=FOUR_HOURS).duty("MH-24", LATER)
    assert (duty.state, duty.due_at) == (state, instant("2026-03-03T13:00"))
    assert (duty.party, duty.role) == ("municipality:2180", "municipal-health")


def test_silence() -> None:
    assert given(*ASKED, basis=FOUR_HOURS).duty("MH-24", "2026-03-03T13:00").state == "due"
    assert given(*ASKED, basis=FOUR_HOURS).duty("MH-24", LATER).state == "missed"
    assert given(*ASKED, basis=DEMO).duty("MH-24", LATER).state == "open"


@pytest.mark.parametrize(
    "other",
    [
        accepted("2026-03-03T10:00", municipality="2181"),
        accepted("2026-03-03T10:00", "home-help"),  # an answer under SoL is none under HSL
        accepted("2026-03-03T08:00"),  # before it was asked
    ],
)
def test_what_is_no_answer(other: Command) -> None:
    assert given(*ASKED, other).duty("MH-24", LATER).state == "open"


def test_each_proposal_is_a_question_of_its_own() -> None:
    story = given(*ASKED, declined("2026-03-03T10:00"), proposed("2026-03-04T09:00"))
    duties = sorted(story.duties("MH-24", LATER), key=lambda duty: duty.valid_from)
    assert [duty.state for duty in duties] == ["done", "open"]


def test_discharge_does_not_end_it_and_death_does() -> None:
    assert given(*ASKED, discharged("2026-03-04T10:00")).duty("MH-24", LATER).state == "open"
    assert given(*ASKED, died("2026-03-04T10:00")).duty("MH-24", LATER).state == "cancelled"
