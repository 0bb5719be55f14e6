"""NS-tell, LUS 2:1: a unit that joins after the admission notice is told of the admission as well."""

import pytest
from given import WARD, given, instant
from units import OTHER_NURSING, astray, joined, left
from ward import NURSING, OPEN_CARE, SOCIAL, admitted, died, discharged, judged, notified, voided

from domain.facts._parts import Recipient

TOLD = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00"), notified("2026-03-02T12:00", NURSING))
JOINED = joined("2026-03-04T09:00", SOCIAL)
LATER = "2026-03-10T10:00"


def test_nobody_joined() -> None:
    assert given(*TOLD).duties("NS-tell", LATER) == []


def test_before_any_notice_the_admission_notice_itself_is_owed() -> None:
    story = given(*TOLD[:2], joined("2026-03-02T11:00", SOCIAL))
    assert story.duties("NS-tell", LATER) == []
    assert story.duty("MH-01", LATER).state == "missed"
    told = given(*TOLD[:2], joined("2026-03-02T11:00", SOCIAL), *TOLD[2:])
    assert told.duties("NS-tell", LATER) == []


def test_open_until_told_and_never_late() -> None:
    story = given(*TOLD, JOINED)
    assert story.duties("NS-tell", "2026-03-04T08:59") == []
    duty = story.duty("NS-tell", LATER)
    assert (duty.state, duty.due_at, duty.severity) == ("open", None, "next-step")
    assert (duty.party, duty.role, duty.unit) == ("region:21", "inpatient", WARD)


@pytest.mark.parametrize("sent", ["2026-03-04T09:00", "2026-03-04T12:00", "2026-03-09T12:00"])
def test_told(sent: str) -> None:
    duty = given(*TOLD, JOINED, notified(sent, SOCIAL)).duty("NS-tell", LATER)
    assert (duty.state, duty.ended_at) == ("done", instant(sent))


def test_a_notice_to_others_or_from_before_is_none() -> None:
    story = given(*TOLD, notified("2026-03-03T12:00", SOCIAL), JOINED, notified("2026-03-04T10:00", NURSING))
    assert story.duty("NS-tell", LATER).state == "open"


def test_each_who_joined_and_no_ward() -> None:
    added = joined("2026-03-04T09:00", SOCIAL, OTHER_NURSING, OPEN_CARE, Recipient(role="inpatient"))
    story = given(*TOLD, added, notified("2026-03-04T10:00", OTHER_NURSING))
    duties = story.duties("NS-tell", LATER)
    assert sorted(str(duty.state) for duty in duties) == ["done", "open", "open"]
    assert len({duty.id for duty in duties}) == 3


def test_told_and_said_to_be_astray_is_not_told() -> None:
    story = given(
        *TOLD,
        JOINED,
        notified("2026-03-04T10:00", SOCIAL),
        astray("2026-03-04T12:00", "admission-notified", SOCIAL),
    )
    assert story.duty("NS-tell", "2026-03-04T11:00").state == "done"
    assert story.duty("NS-tell", "2026-03-04T12:00").state == "open"


def test_out_again_before_it_was_told() -> None:
    duty = given(*TOLD, JOINED, left("2026-03-05T09:00", SOCIAL)).duty("NS-tell", LATER)
    assert (duty.state, duty.outcome) == ("cancelled", "removed")


@pytest.mark.parametrize("end", [discharged, died])
def test_the_end_of_the_stay_ends_it(end: object) -> None:
    assert callable(end)
    assert given(*TOLD, JOINED, end("2026-03-05T10:00")).duty("NS-tell", LATER).state == "cancelled"


def test_the_notice_is_annulled() -> None:
    notice = notified("2026-03-04T10:00", SOCIAL, message="notice")
    story = given(*TOLD, JOINED, notice, voided("2026-03-04T11:00", "notice"))
    assert story.duty("NS-tell", LATER).state == "open"
