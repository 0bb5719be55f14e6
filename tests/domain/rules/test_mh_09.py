"""MH-09, LUS 3:1: the discharge-ready notice as soon as possible after the judgement; minutes only where agreed."""

import pytest
from given import STATUTE_ONLY, WARD, given, instant
from ward import admitted, died, discharged, not_ready, ready, told_ready

ADMITTED = admitted("2026-03-02T10:00")
NOON = "2026-03-05T12:00"


@pytest.mark.parametrize(
    ("sent", "state"),
    [
        ("2026-03-05T12:00:00", "done"),
        ("2026-03-05T13:00:00", "done"),  # the demo agreement's 60 minutes exactly
        ("2026-03-05T13:00:01", "late"),
    ],
)
def test_within_the_agreed_minutes(sent: str, state: str) -> None:
    story = given(ADMITTED, ready(NOON), told_ready(sent))
    duty = story.duty("MH-09", "2026-03-06T12:00")
    assert (duty.state, duty.due_at) == (state, instant("2026-03-05T13:00"))
    assert (duty.party, duty.role, duty.unit) == ("region:21", "inpatient", WARD)


def test_never_told() -> None:
    story = given(ADMITTED, ready(NOON))
    assert story.duty("MH-09", "2026-03-05T13:00").state == "due"
    assert story.duty("MH-09", "2026-03-05T13:00:01").state == "missed"


def test_the_statute_names_no_minutes() -> None:
    """LUS 3:1 says "as soon as possible": open and never late."""
    story = given(ADMITTED, ready(NOON), basis=STATUTE_ONLY)
    assert story.duty("MH-09", "2026-04-05T12:00").state == "open"
    story = given(ADMITTED, ready(NOON), told_ready("2026-03-09T12:00"), basis=STATUTE_ONLY)
    assert story.duty("MH-09", "2026-04-05T12:00").state == "done"


@pytest.mark.parametrize("end", [not_ready, discharged, died])
@pytest.mark.parametrize(
    ("time", "state"), [("2026-03-05T12:30", "cancelled"), ("2026-03-05T14:00", "missed")]
)
def test_what_makes_the_notice_needless(end: object, time: str, state: str) -> None:
    assert callable(end)
    assert given(ADMITTED, ready(NOON), end(time)).duty("MH-09", "2026-03-09T12:00").state == state


def test_declared_twice_the_first_counts() -> None:
    story = given(ADMITTED, ready(NOON), ready("2026-03-05T15:00"), told_ready("2026-03-05T15:10"))
    assert story.duty("MH-09", "2026-03-09T12:00").state == "late"


def test_withdrawn_and_declared_again_is_a_second_duty() -> None:
    story = given(
        ADMITTED,
        ready(NOON),
        told_ready("2026-03-05T12:10"),
        not_ready("2026-03-06T08:00"),
        ready("2026-03-07T08:00"),
    )
    duties = sorted(story.duties("MH-09", "2026-03-07T08:30"), key=lambda duty: duty.valid_from)
    assert [(d.state, d.due_at) for d in duties] == [
        ("done", instant("2026-03-05T13:00")),
        ("due", instant("2026-03-07T09:00")),
    ]


def test_a_notice_that_came_before_the_declaration_answers_it() -> None:
    story = given(ADMITTED, told_ready("2026-03-05T11:00"), ready(NOON))
    assert story.duty("MH-09", NOON).state == "done"


def test_nobody_declared_nothing_owed() -> None:
    assert given(ADMITTED, told_ready(NOON)).duties("MH-09", "2026-03-09T12:00") == []
