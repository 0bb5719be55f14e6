"""MH-15, LUS 5:3 and 5:5: what is missing when liability would start, and whose step that is."""

import pytest
from given import Story, given, instant
from liable import (
    ADMITTED,
    GAVLE,
    JUDGED,
    MONDAY,
    REGION,
    THURSDAY,
    bar_or_delay,
    blocked,
    moved,
    told,
    unblocked,
)
from ward import (
    OPEN_CARE,
    closed,
    consent,
    died,
    discharged,
    not_ready,
    notified,
    sip_called,
    sip_needed,
    told_ready,
    transferred,
)

MUCH_LATER = "2026-03-20T10:00"
NEEDED = sip_needed("2026-02-27T15:00")
EVERYTHING_MISSING = (ADMITTED, JUDGED, NEEDED, told_ready(MONDAY), blocked("2026-03-03T10:00"))


def missing(story: Story, now: str) -> dict[str | None, tuple[str | None, str | None, str | None]]:
    """Condition -> state, party, capacity."""
    return {duty.detail: (duty.state, duty.party, duty.role) for duty in story.duties("MH-15", now)}


def test_nothing_is_missing() -> None:
    assert missing(told(), MUCH_LATER) == {}


def test_everything_is_missing() -> None:
    story = given(*EVERYTHING_MISSING)
    assert missing(story, "2026-03-04T23:59:59.999999") == {}
    assert missing(story, "2026-03-05T00:00:00.000001") == {
        "admission-notice": ("missed", REGION, "inpatient"),
        "sip-call": ("missed", REGION, "open-care"),
        "open-care": ("missed", REGION, "open-care"),
    }
    assert {(d.valid_from, d.due_at, d.severity) for d in story.duties("MH-15", THURSDAY)} == {
        (instant(THURSDAY), instant(THURSDAY), "money")
    }
    assert story.next_step(MUCH_LATER) >= {("MH-14", GAVLE), ("MH-15", REGION)}


def test_done_later_is_late() -> None:
    story = given(
        *EVERYTHING_MISSING,
        notified("2026-03-06T10:00"),
        sip_called("2026-03-06T11:00"),
        unblocked("2026-03-06T12:00"),
    )
    assert {state for state, *_ in missing(story, MUCH_LATER).values()} == {"late"}
    assert ("MH-15", REGION) not in story.next_step(MUCH_LATER)


def test_an_admission_notice_to_others_does_not_help() -> None:
    story = given(*EVERYTHING_MISSING, notified("2026-03-06T10:00", OPEN_CARE))
    assert missing(story, MUCH_LATER)["admission-notice"][0] == "missed"


def test_each_service_has_to_be_in_place() -> None:
    story = told(
        blocked("2026-03-03T10:00"), blocked("2026-03-06T10:00", "equipment"), unblocked("2026-03-07T10:00")
    )
    assert missing(story, MUCH_LATER)["open-care"][0] == "missed"


def test_what_was_done_too_late_is_nobodys_next_step() -> None:
    """There is nothing left to do about it; the municipality goes on owing that the patient is received."""
    story = given(ADMITTED, JUDGED, notified("2026-03-01T10:00"), told_ready(MONDAY))
    assert missing(story, MUCH_LATER) == {"late-admission-notice": ("missed", REGION, "inpatient")}
    assert ("MH-15", REGION) not in story.next_step(MUCH_LATER)
    assert ("MH-14", GAVLE) in story.next_step(MUCH_LATER)


def test_where_late_is_no_bar_nothing_is_missing() -> None:
    story = given(ADMITTED, JUDGED, notified("2026-03-01T10:00"), told_ready(MONDAY))
    assert missing(story.under(bar_or_delay(late_admission_notice="delay")), MUCH_LATER) == {}


def test_a_call_at_the_moment_its_limit_is_over() -> None:
    story = told(NEEDED, sip_called("2026-03-06T00:00"), notice="2026-03-02T13:00")
    assert missing(story, MUCH_LATER) == {"late-sip-call": ("missed", REGION, "open-care")}


def test_called_on_the_third_day_is_late_by_then_but_no_bar() -> None:
    story = told(NEEDED, sip_called("2026-03-05T23:59:59"))
    assert missing(story, MUCH_LATER)["sip-call"][0] == "late"


def test_missing_only_after_the_start_is_not_this() -> None:
    story = told(blocked("2026-03-06T10:00"), sip_needed("2026-03-06T11:00"))
    assert missing(story, MUCH_LATER) == {}


def test_the_ward_the_patient_was_on_then() -> None:
    other = "hsa:SE2321000198-WARD2"
    story = given(
        ADMITTED,
        JUDGED,
        told_ready(MONDAY),
        transferred("2026-03-03T10:00", other),
        transferred("2026-03-07T10:00", "hsa:SE2321000198-WARD3"),
    )
    assert story.duty("MH-15", MUCH_LATER).unit == other


@pytest.mark.parametrize(
    ("end", "outcome"),
    [
        (not_ready("2026-03-06T10:00"), "withdrawn"),
        (discharged("2026-03-06T10:00"), "stay-ended"),
        (died("2026-03-06T10:00"), "stay-ended"),
        (closed("2026-03-06T10:00"), "stopped"),
        (moved("2026-03-06T10:00", "2101"), "moved"),
        (consent("2026-03-06T10:00", "refused"), "not-needed"),
        (sip_needed("2026-03-06T10:00", needed=False), "not-needed"),
    ],
    ids=["withdrawn", "discharged", "died", "closed", "moved", "refused", "not needed"],
)
def test_it_falls_away_and_stays_missed(end: object, outcome: str) -> None:
    duty = told(NEEDED, end).duty("MH-15", MUCH_LATER)  # type: ignore[arg-type]
    assert (duty.detail, duty.state, duty.outcome) == ("sip-call", "missed", outcome)


@pytest.mark.parametrize("left", ["2026-03-04T10:00", THURSDAY])
def test_gone_by_then_nothing_is_missing(left: str) -> None:
    assert missing(given(*EVERYTHING_MISSING, discharged(left)), MUCH_LATER) == {}
