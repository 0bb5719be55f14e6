"""MH-03, LUS 2:2: the admission notice holds name, identity, address and the estimated time of discharge."""

import pytest
from given import WARD, given, instant
from units import astray, new_estimate
from ward import NURSING, admitted, amended, died, discharged, notified

SENT = "2026-03-02T12:00"
LATER = "2026-03-10T10:00"
ESTIMATE = instant("2026-03-06T14:00")
ADMITTED = admitted("2026-03-02T10:00")
NO_ESTIMATE = (ADMITTED, notified(SENT))
NO_ADDRESS = (ADMITTED, notified(SENT, address_included=False, estimated_discharge_at=ESTIMATE))


def test_a_notice_that_holds_everything_owes_nothing() -> None:
    whole = notified(
        SENT,
        name_included=True,
        identity_included=True,
        address_included=True,
        estimated_discharge_at=ESTIMATE,
    )
    assert given(ADMITTED, whole).duties("MH-03", LATER) == []


def test_what_nobody_says_of_name_identity_and_address_is_no_lack() -> None:
    assert given(ADMITTED, notified(SENT, estimated_discharge_at=ESTIMATE)).duties("MH-03", LATER) == []


def test_what_is_lacking_is_named_in_the_order_of_the_paragraph() -> None:
    bare = notified(SENT, address_included=False, name_included=False, identity_included=False)
    duty = given(ADMITTED, bare).duty("MH-03", LATER)
    assert duty.detail == "name, identity, address, estimate"
    assert (duty.party, duty.role, duty.unit, duty.severity) == ("region:21", "inpatient", WARD, "legal")


def test_due_with_the_notice_and_missed_right_after_it() -> None:
    story = given(*NO_ESTIMATE)
    assert story.duties("MH-03", "2026-03-02T11:59:59") == []
    duty = story.duty("MH-03", SENT)
    assert (duty.state, duty.due_at, duty.detail) == ("due", instant(SENT), "estimate")
    assert story.duty("MH-03", "2026-03-02T12:00:00.000001").state == "missed"


def test_a_later_notice_that_holds_it_is_late() -> None:
    again = notified("2026-03-03T09:00", address_included=True, estimated_discharge_at=ESTIMATE)
    story = given(*NO_ADDRESS, again)
    assert story.duty("MH-03", "2026-03-03T08:59").state == "missed"
    duty = story.duty("MH-03", "2026-03-03T09:00")
    assert (duty.state, duty.ended_at) == ("late", instant("2026-03-03T09:00"))


def test_sent_again_in_the_same_moment_is_done() -> None:
    bare = notified(SENT, address_included=False, estimated_discharge_at=ESTIMATE, sequence=1)
    whole = notified(SENT, address_included=True, estimated_discharge_at=ESTIMATE, sequence=2)
    assert given(ADMITTED, bare, whole).duty("MH-03", LATER).state == "done"


def test_a_later_notice_that_lacks_the_same_mends_nothing_and_owes_it_too() -> None:
    story = given(*NO_ADDRESS, notified("2026-03-03T09:00", address_included=False))
    duties = sorted(story.duties("MH-03", LATER), key=lambda duty: duty.valid_from)
    assert [(duty.state, duty.detail) for duty in duties] == [
        ("missed", "address"),
        ("missed", "address, estimate"),
    ]


def test_an_estimate_told_on_its_own_mends_it() -> None:
    story = given(*NO_ESTIMATE, new_estimate("2026-03-02T15:00", "2026-03-06T14:00"))
    assert story.duty("MH-03", LATER).state == "late"
    assert story.duty("MH-03", LATER).ended_at == instant("2026-03-02T15:00")


def test_an_estimate_told_on_its_own_and_then_a_notice_with_the_rest() -> None:
    story = given(
        ADMITTED,
        notified(SENT, address_included=False),
        new_estimate("2026-03-02T15:00", "2026-03-06T14:00"),
        notified("2026-03-03T09:00", address_included=True),
    )
    first = min(story.duties("MH-03", LATER), key=lambda duty: duty.valid_from)
    assert (first.state, first.ended_at) == ("late", instant("2026-03-03T09:00"))


def test_a_notice_that_reached_nobody_mends_nothing() -> None:
    story = given(
        *NO_ADDRESS,
        notified("2026-03-03T09:00", NURSING, address_included=True, estimated_discharge_at=ESTIMATE),
        astray("2026-03-03T12:00", "admission-notified", NURSING),
    )
    assert story.duty("MH-03", "2026-03-03T10:00").state == "late"  # as it looked then
    assert story.duty("MH-03", "2026-03-03T12:00").state == "missed"


@pytest.mark.parametrize("end", [discharged, died])
def test_the_end_of_the_stay_ends_it(end: object) -> None:
    assert callable(end)
    duty = given(*NO_ADDRESS, end("2026-03-04T10:00")).duty("MH-03", LATER)
    assert (duty.state, duty.ended_at) == ("missed", instant("2026-03-04T10:00"))


def test_what_the_notice_held_is_corrected() -> None:
    story = given(
        ADMITTED,
        notified(SENT, message="notice"),
        amended("2026-03-03T10:00", "notice", notified(SENT, estimated_discharge_at=ESTIMATE)),
    )
    assert story.duties("MH-03", LATER) == []
