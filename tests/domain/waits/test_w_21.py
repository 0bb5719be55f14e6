"""W-21: days without a fast vårdkontakt, from a discharge that open care had been told of."""

from given import Story, given
from nearby import astray, contact_ended, lasted
from ward import NURSING, OPEN_CARE, admitted, closed, contact, died, discharged, notified

from domain.rows import Wait

IN = admitted("2026-03-02T10:00", stay="A")
TOLD = notified("2026-03-02T12:00", OPEN_CARE, NURSING)
OUT = discharged("2026-03-05T14:00", stay="A")
LATER = "2026-03-15T14:00"


def _waits(story: Story, now: str = LATER) -> list[Wait]:
    return sorted(story.rows_of_wait("W-21", now), key=lambda row: row.valid_from)


def test_from_the_discharge_until_one_is_appointed() -> None:
    (wait,) = _waits(given(IN, TOLD, OUT, contact("2026-03-08T02:00")))
    assert (wait.value, wait.value_unit, wait.outcome) == (2.5, "days", "appointed")
    assert (wait.party, wait.role, wait.unit) == ("region:21", "open-care", OPEN_CARE.unit)


def test_still_without_one() -> None:
    (wait,) = _waits(given(IN, TOLD, OUT))
    assert (wait.value, wait.state) == (10.0, "waiting")


def test_appointed_before_the_discharge_there_is_none() -> None:
    assert _waits(given(IN, TOLD, contact("2026-03-05T13:00"), OUT)) == []


def test_one_from_long_before_still_stands() -> None:
    assert _waits(given(contact("2025-03-05T13:00"), IN, TOLD, OUT)) == []


def test_one_that_had_ended_before_does_not() -> None:
    (wait,) = _waits(given(contact("2025-03-05T13:00"), contact_ended("2026-01-01T10:00"), IN, TOLD, OUT))
    assert wait.value == 10.0


def test_again_from_when_the_contact_ends() -> None:
    story = given(
        IN,
        TOLD,
        OUT,
        contact("2026-03-06T14:00"),
        contact_ended("2026-03-10T14:00"),
        contact("2026-03-12T14:00"),
    )
    assert [wait.value for wait in _waits(story)] == [1.0, 2.0]


def test_open_care_was_not_told() -> None:
    assert _waits(given(IN, notified("2026-03-02T12:00", NURSING), OUT)) == []


def test_told_by_a_notice_that_went_astray() -> None:
    report = astray("2026-03-03T12:00", "admission-notified", role="open-care")
    assert _waits(given(IN, TOLD, report, OUT)) == []


def test_found_astray_after_the_discharge_one_was_due_all_the_same() -> None:
    report = astray("2026-03-07T12:00", "admission-notified", role="open-care")
    (wait,) = _waits(given(IN, TOLD, OUT, report))
    assert wait.value == 10.0


def test_readmission_death_and_a_closed_case_cut_it_short() -> None:
    for end, outcome in (
        (admitted("2026-03-07T14:00", stay="B"), "readmitted"),
        (died("2026-03-07T14:00"), "deceased"),
        (closed("2026-03-07T14:00", stay="A"), "stopped"),
    ):
        story = given(IN, TOLD, OUT, end, contact_ended("2026-03-08T14:00"))
        (wait,) = _waits(story)
        assert (wait.value, wait.outcome) == (2.0, outcome)


def test_nobody_left_the_hospital() -> None:
    assert _waits(given(IN, TOLD)) == []


def test_no_new_one_while_it_runs() -> None:
    """A contact that ends while nobody is appointed begins nothing."""
    (wait,) = _waits(given(IN, TOLD, OUT, contact_ended("2026-03-08T14:00")))
    assert wait.value == 10.0
    assert lasted(wait, "2026-03-05T14:00", None)
