"""NS-escalate: a declined takeover moves neither care nor payment (§0.8), so somebody takes it further."""

import pytest
from given import given
from ward import accepted, admitted, declined, discharged, proposed

STAY = (admitted("2026-03-02T10:00"), proposed("2026-03-03T09:00"), declined("2026-03-03T12:00"))


def test_open_from_the_no() -> None:
    duty = given(*STAY).duty("NS-escalate", "2026-03-20T10:00")
    assert (duty.state, duty.party) == ("open", "region:21")


@pytest.mark.parametrize("answer", [proposed, accepted])
def test_a_new_proposal_or_a_yes_answers_it(answer: object) -> None:
    assert callable(answer)
    story = given(*STAY, answer("2026-03-04T09:00"))
    assert story.duty("NS-escalate", "2026-03-04T08:59").state == "open"
    assert story.duty("NS-escalate", "2026-03-04T09:00").state == "done"


def test_discharge_ends_it() -> None:
    story = given(*STAY, discharged("2026-03-04T09:00"))
    assert story.duty("NS-escalate", "2026-03-04T09:00").state == "cancelled"
