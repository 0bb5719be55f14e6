"""NS-treat, LUS 1:3: the judgement was withdrawn, so the hospital treats on until it is made again."""

from given import WARD, given
from ward import admitted, discharged, not_ready, ready, told_ready

STAY = (admitted("2026-03-02T10:00"), ready("2026-03-05T10:00"), told_ready("2026-03-05T10:10"))
WORSE = not_ready("2026-03-06T10:00")


def test_from_the_withdrawal() -> None:
    duty = given(*STAY, WORSE).duty("NS-treat", "2026-03-20T10:00")
    assert (duty.state, duty.party, duty.unit) == ("open", "region:21", WARD)
    assert given(*STAY).duties("NS-treat", "2026-03-20T10:00") == []


def test_declared_again() -> None:
    story = given(*STAY, WORSE, ready("2026-03-08T10:00"))
    assert story.duty("NS-treat", "2026-03-08T09:59").state == "open"
    assert story.duty("NS-treat", "2026-03-08T10:00").state == "done"


def test_a_notice_says_it_is_made_again_also_where_the_declaration_comes_late() -> None:
    story = given(*STAY, WORSE, told_ready("2026-03-08T10:00"), ready("2026-03-08T12:00"))
    assert story.duty("NS-treat", "2026-03-08T10:00").state == "done"
    duty = story.duty("NS-treat", "2026-03-09T10:00")
    assert duty.ended_at is not None
    assert duty.ended_at.isoformat() == "2026-03-08T09:00:00+00:00"


def test_discharge_ends_it() -> None:
    story = given(*STAY, WORSE, discharged("2026-03-08T10:00"))
    assert story.duty("NS-treat", "2026-03-08T10:00").state == "cancelled"


def test_nothing_to_withdraw() -> None:
    assert given(STAY[0], WORSE).duties("NS-treat", "2026-03-20T10:00") == []
