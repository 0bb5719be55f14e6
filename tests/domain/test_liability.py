"""LUS 5 chap.: from which date which municipality pays, and why not. Every date here was counted in a calendar.

2 March 2026 is a Monday. Summer time begins on Sunday 29 March 2026 and ends on Sunday 25 October 2026.
"""

from datetime import date, datetime, timedelta

import pytest
from given import DEMO, JOURNEY, STATUTE_ONLY, Story, given, instant
from liable import (
    ADMITTED,
    GAVLE,
    IN_TIME,
    JUDGED,
    MONDAY,
    OCKELBO,
    REGION,
    THURSDAY,
    astray,
    bar_or_delay,
    begins,
    blocked,
    compulsory,
    liable,
    moved,
    only_for,
    payers,
    pays,
    told,
    unblocked,
)
from ward import (
    NURSING,
    OPEN_CARE,
    SOCIAL,
    admitted,
    amended,
    back,
    cancelled,
    closed,
    consent,
    died,
    discharged,
    judged,
    not_ready,
    notified,
    on_leave,
    ready,
    sip_called,
    sip_needed,
    told_ready,
    transferred,
    voided,
)

from domain.basis import Basis
from domain.calendar import start_of_local_day
from domain.conclude import conclude
from domain.facts._parts import Recipient
from domain.history import History
from domain.liability import start_date
from domain.rows import Responsibility, Wait, at

MUCH_LATER = "2026-03-20T10:00"
NEEDED = sip_needed("2026-02-27T15:00")
REFUSES = consent("2026-02-27T16:00", "refused")
NOT_YET = ("not-ready", "waiting-days")
DELAY, BAR = "delay", "bar"


# -- the start date (LUS 5:4) ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "starts"),
    [
        ("2026-03-02T10:00", "2026-03-05"),  # Monday, Thursday
        ("2026-03-02T12:00:00", "2026-03-05"),  # "after" 12.00 is needed for four days
        ("2026-03-02T12:00:00.000001", "2026-03-06"),
        ("2026-03-02T12:00:01", "2026-03-06"),  # Monday, Friday
        ("2026-03-06T11:30", "2026-03-09"),  # Friday, Monday
        ("2026-03-06T13:00", "2026-03-10"),  # Friday, Tuesday
        ("2026-03-07T09:00", "2026-03-10"),  # Saturday, Tuesday
        ("2026-03-03T00:30", "2026-03-06"),  # still 2 March in UTC
        ("2026-03-02T23:59:59", "2026-03-06"),
        ("2026-03-02T12:30:00+02:00", "2026-03-05"),  # 11.30 in Sweden
        # Over the night in which summer time begins:
        ("2026-03-27T11:00", "2026-03-30"),
        ("2026-03-26T13:00", "2026-03-30"),
        ("2026-03-28T12:00:01", "2026-04-01"),
        ("2026-03-29T01:59:59", "2026-04-01"),
        ("2026-03-29T03:00:00", "2026-04-01"),
        ("2026-03-29T12:00:00", "2026-04-01"),  # 10.00 in UTC
        ("2026-03-29T12:00:01", "2026-04-02"),
        # Over the night in which it ends:
        ("2026-10-23T11:00", "2026-10-26"),
        ("2026-10-24T23:59:59", "2026-10-28"),
        ("2026-10-25T02:30:00+02:00", "2026-10-28"),  # the first time it is half past two
        ("2026-10-25T02:30:00+01:00", "2026-10-28"),  # the second
        ("2026-10-25T12:00:00", "2026-10-28"),  # 11.00 in UTC
        ("2026-10-25T12:00:01", "2026-10-29"),
        # New Year's Eve, a Thursday in 2026; no date is moved for a holiday or a weekend:
        ("2026-12-31T11:59", "2027-01-03"),
        ("2026-12-31T13:00", "2027-01-04"),
        ("2028-02-27T10:00", "2028-03-01"),  # a leap year
    ],
)
def test_start_date(sent: str, starts: str) -> None:
    assert start_date(instant(sent)) == date.fromisoformat(starts)


def test_a_time_without_a_zone_has_no_date() -> None:
    with pytest.raises(ValueError, match="time zone"):
        start_date(datetime(2026, 3, 2, 10))


@pytest.mark.parametrize(
    ("came_in", "sent", "from_moment"),
    [
        ("2026-03-01T10:00", "2026-03-02T12:00:00", "2026-03-05T00:00+01:00"),
        ("2026-03-01T10:00", "2026-03-02T12:00:00.000001", "2026-03-06T00:00+01:00"),
        ("2026-03-01T10:00", "2026-03-02T12:00:01", "2026-03-06T00:00+01:00"),
        ("2026-03-26T10:00", "2026-03-27T00:00", "2026-03-30T00:00+02:00"),  # 71 hours
        ("2026-10-22T10:00", "2026-10-23T00:00", "2026-10-26T00:00+01:00"),  # 73 hours
        ("2026-12-30T10:00", "2026-12-31T13:00", "2027-01-04T00:00+01:00"),
    ],
)
def test_the_municipality_pays_from_the_beginning_of_that_date(
    came_in: str, sent: str, from_moment: str
) -> None:
    story = given(admitted(came_in), notified(came_in), told_ready(sent))
    assert begins(story, from_moment)
    assert payers(story, from_moment) == [(REGION, reason) for reason in NOT_YET] + [(GAVLE, None)]
    before = (instant(from_moment) - timedelta(microseconds=1)).isoformat()
    assert pays(story, before) == (REGION, "waiting-days")
    assert liable(story, before) == []
    assert liable(story, from_moment) == [(GAVLE, 0, None)]


def test_each_local_midnight_is_one_day_more() -> None:
    """Over the night summer time begins: the dates are whole though that day has 23 hours."""
    story = given(admitted("2026-03-20T10:00"), notified("2026-03-20T12:00"), told_ready("2026-03-25T09:00"))
    assert liable(story, "2026-03-28T23:59:59") == [(GAVLE, 0, None)]
    assert liable(story, "2026-03-29T00:00:00") == [(GAVLE, 1, None)]
    assert liable(story, "2026-03-29T23:59:59") == [(GAVLE, 1, None)]
    assert liable(story, "2026-03-30T00:00:00") == [(GAVLE, 2, None)]


def test_discharged_on_the_start_date_costs_no_day() -> None:
    story = told(discharged("2026-03-05T09:00"))
    assert liable(story) == [(GAVLE, 0, "discharged")]
    assert payers(story) == [(REGION, "not-ready"), (REGION, "waiting-days"), (GAVLE, None)]


@pytest.mark.parametrize("left", ["2026-03-04T23:59:59.999999", THURSDAY])
def test_discharged_before_it_begins_or_at_that_moment_nobody_owes_a_day(left: str) -> None:
    story = told(discharged(left))
    assert liable(story) == []
    assert payers(story) == [(REGION, "not-ready"), (REGION, "waiting-days")]


def test_a_leave_in_the_waiting_days_changes_nothing() -> None:
    story = told(on_leave("2026-03-03T10:00"), back("2026-03-06T10:00"), discharged("2026-03-08T10:00"))
    assert begins(story, THURSDAY)
    assert liable(story) == [(GAVLE, 3, "discharged")]


def test_another_ward_changes_nothing() -> None:
    story = told(transferred("2026-03-03T10:00", "hsa:SE2321000198-WARD2"))
    assert begins(story, THURSDAY)


# -- ready, withdrawn, ready again -------------------------------------------------------------------------------


def test_ready_without_a_notice_starts_nothing() -> None:
    assert payers(given(*IN_TIME, ready(MONDAY))) == [(REGION, "not-ready")]


def test_a_notice_that_nobody_in_the_municipality_got() -> None:
    """LUS 5:3 first paragraph, second point."""
    story = given(*IN_TIME, told_ready(MONDAY, OPEN_CARE), told_ready("2026-03-04T13:00", SOCIAL))
    assert pays(story, "2026-03-04T12:59") == (REGION, "no-notice")
    assert pays(story, "2026-03-04T13:00") == (REGION, "waiting-days")
    assert begins(story, "2026-03-08T00:00")


def test_a_notice_that_names_nobody_is_no_notice_to_the_municipality() -> None:
    story = given(*IN_TIME, told_ready(MONDAY, recipients=()))
    assert payers(story)[1:] == [(REGION, "no-notice")]


def test_a_recipient_that_names_no_municipality_is_the_patients_own() -> None:
    nameless = Recipient(role="social-services")
    story = given(ADMITTED, notified("2026-02-27T12:00", nameless), told_ready(MONDAY, nameless))
    assert begins(story, THURSDAY)


def test_withdrawn_before_it_begins() -> None:
    story = told(not_ready("2026-03-04T10:00"))
    assert payers(story) == [(REGION, "not-ready"), (REGION, "waiting-days"), (REGION, "not-ready")]
    assert liable(story) == []


def test_withdrawn_after_it_began_the_days_already_run_are_kept() -> None:
    story = told(not_ready("2026-03-07T10:00"), discharged("2026-03-12T10:00"))
    assert pays(story, "2026-03-07T09:59") == (GAVLE, None)
    assert pays(story, "2026-03-07T10:00") == (REGION, "not-ready")
    assert liable(story) == [(GAVLE, 2, "withdrawn")]


def test_withdrawn_at_the_moment_it_would_begin() -> None:
    assert liable(told(not_ready(THURSDAY))) == []


def test_declared_again_twice_each_notice_is_a_new_clock() -> None:
    story = told(
        not_ready("2026-03-06T10:00"),
        ready("2026-03-09T10:00"),
        told_ready("2026-03-09T12:00:01"),  # Monday after noon: Friday 13
        not_ready("2026-03-11T10:00"),
        ready("2026-03-13T09:00"),
        told_ready("2026-03-13T09:00"),  # Friday: Monday 16
        discharged("2026-03-18T10:00"),
    )
    assert liable(story) == [(GAVLE, 1, "withdrawn"), (GAVLE, 2, "discharged")]
    assert begins(story, THURSDAY)
    assert begins(story, "2026-03-16T00:00")
    assert pays(story, "2026-03-13T00:00") == (REGION, "not-ready")


def test_declared_and_told_twice_without_a_withdrawal_the_first_notice_counts() -> None:
    story = told(ready("2026-03-04T10:00"), told_ready("2026-03-04T13:00"))
    assert begins(story, THURSDAY)


def test_withdrawn_and_told_anew_in_one_moment() -> None:
    story = told(not_ready("2026-03-04T11:00"), told_ready("2026-03-04T11:00"))
    assert pays(story, THURSDAY) == (REGION, "waiting-days")
    assert begins(story, "2026-03-07T00:00")


# -- the admission notice (LUS 5:3 first point, 2:3) -------------------------------------------------------------


def test_without_an_admission_notice_the_region_goes_on_paying() -> None:
    story = given(ADMITTED, JUDGED, told_ready(MONDAY))
    assert pays(story, "2026-03-04T23:59:59") == (REGION, "waiting-days")
    assert pays(story, THURSDAY) == (REGION, "admission-notice")
    assert liable(story) == []


def test_an_admission_notice_to_open_care_alone_is_none_to_the_municipality() -> None:
    story = given(ADMITTED, JUDGED, notified("2026-02-27T12:00", OPEN_CARE), told_ready(MONDAY))
    assert pays(story, THURSDAY) == (REGION, "admission-notice")


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        ("2026-02-28T11:00", None),  # 24 hours after the judgement, not after the admission
        ("2026-02-28T11:00:00.000001", "late-admission-notice"),
        ("2026-03-04T10:00", "late-admission-notice"),
    ],
)
def test_a_late_admission_notice_is_a_bar(sent: str, reason: str | None) -> None:
    story = given(ADMITTED, JUDGED, notified(sent), told_ready(MONDAY))
    assert pays(story, MUCH_LATER) == ((GAVLE, None) if reason is None else (REGION, reason))


def test_25_hours_after_admission_but_in_time_after_a_later_judgement() -> None:
    """LUS 2:3: judged later, the 24 hours run from the judgement."""
    judged_later = judged("2026-02-27T16:00", at_admission=False)
    story = given(ADMITTED, judged_later, notified("2026-02-28T11:00"), told_ready(MONDAY))
    assert begins(story, THURSDAY)


def test_25_hours_after_an_admission_at_which_it_was_judged() -> None:
    at_once = judged("2026-02-27T10:00")
    story = given(ADMITTED, at_once, notified("2026-02-28T11:00"), told_ready(MONDAY))
    assert pays(story, THURSDAY) == (REGION, "late-admission-notice")


def test_without_a_judgement_there_is_no_limit() -> None:
    story = given(ADMITTED, notified("2026-03-02T09:00"), told_ready(MONDAY))
    assert begins(story, THURSDAY)


def test_late_is_no_matter_where_that_is_agreed() -> None:
    late = given(ADMITTED, JUDGED, notified("2026-03-04T10:00"), told_ready(MONDAY))
    assert begins(late.under(bar_or_delay(late_admission_notice=DELAY)), THURSDAY)


@pytest.mark.parametrize(
    ("policy", "from_then"), [(BAR, (REGION, "late-admission-notice")), (DELAY, (GAVLE, None))]
)
def test_sent_after_the_start_date(policy: str, from_then: tuple[str, str | None]) -> None:
    sent = "2026-03-07T15:00"
    story = given(
        ADMITTED,
        JUDGED,
        told_ready(MONDAY),
        notified(sent),
        discharged("2026-03-09T10:00"),
        basis=bar_or_delay(late_admission_notice=policy),
    )
    assert pays(story, "2026-03-07T14:59") == (REGION, "admission-notice")
    assert pays(story, sent) == from_then
    assert liable(story) == ([(GAVLE, 2, "discharged")] if policy == DELAY else [])


def test_sent_after_the_start_date_without_any_judgement_it_starts_then() -> None:
    story = given(ADMITTED, told_ready(MONDAY), notified("2026-03-07T15:00"), discharged("2026-03-09T10:00"))
    assert begins(story, "2026-03-07T15:00")
    assert liable(story) == [(GAVLE, 2, "discharged")]


# -- the call to a SIP (LUS 5:3 second paragraph, 4:3) -----------------------------------------------------------


def needing_a_sip(*more: object, notice: str = MONDAY, basis: Basis = DEMO) -> Story:
    return told(NEEDED, *more, notice=notice, basis=basis)  # type: ignore[arg-type]


def test_a_sip_is_needed_and_called_in_time() -> None:
    assert begins(needing_a_sip(sip_called("2026-03-04T10:00")), THURSDAY)


def test_a_call_before_the_notice_counts() -> None:
    assert begins(given(*IN_TIME, NEEDED, sip_called("2026-03-01T10:00"), told_ready(MONDAY)), THURSDAY)


def test_no_call_no_liability() -> None:
    story = needing_a_sip()
    assert pays(story, "2026-03-04T23:59:59") == (REGION, "waiting-days")
    assert pays(story, MUCH_LATER) == (REGION, "sip-call")


@pytest.mark.parametrize("policy", [BAR, DELAY])
def test_called_on_the_third_day_after_liability_would_have_started(policy: str) -> None:
    """The call may come until Thursday night (4:3); liability would start on Thursday morning (5:4)."""
    called = "2026-03-05T23:59:59"
    story = needing_a_sip(
        sip_called(called), discharged("2026-03-08T10:00"), basis=bar_or_delay(late_sip_call=policy)
    )
    assert pays(story, THURSDAY) == (REGION, "sip-call")
    assert begins(story, called)
    assert liable(story) == [(GAVLE, 3, "discharged")]


@pytest.mark.parametrize(("policy", "from_then"), [(BAR, (REGION, "late-sip-call")), (DELAY, (GAVLE, None))])
@pytest.mark.parametrize("called", ["2026-03-06T00:00:00", "2026-03-06T08:00"])
def test_called_on_the_fourth_day(policy: str, from_then: tuple[str, str | None], called: str) -> None:
    story = needing_a_sip(
        sip_called(called), discharged("2026-03-08T10:00"), basis=bar_or_delay(late_sip_call=policy)
    )
    assert pays(story, called) == from_then
    assert liable(story) == ([(GAVLE, 2, "discharged")] if policy == DELAY else [])


@pytest.mark.parametrize(
    ("called", "from_friday"),
    [("2026-03-05T23:59:59", (GAVLE, None)), ("2026-03-06T00:00", (REGION, "late-sip-call"))],
)
def test_sent_after_noon_the_limit_and_the_start_meet(
    called: str, from_friday: tuple[str, str | None]
) -> None:
    story = needing_a_sip(sip_called(called), notice="2026-03-02T13:00")
    assert pays(story, "2026-03-06T00:00") == from_friday


@pytest.mark.parametrize("decision", ["refused", "withdrawn"])
def test_a_patient_who_says_no_to_a_sip_needs_no_call(decision: str) -> None:
    assert begins(given(*IN_TIME, NEEDED, consent(MONDAY, decision), told_ready(MONDAY)), THURSDAY)


def test_unless_it_is_agreed_that_the_call_is_needed_all_the_same() -> None:
    story = needing_a_sip(REFUSES, basis=bar_or_delay(refused_sip_waives_call=False))
    assert pays(story, THURSDAY) == (REGION, "sip-call")


def test_a_yes_after_the_no() -> None:
    story = needing_a_sip(REFUSES, consent("2026-03-03T10:00", "given"))
    assert pays(story, THURSDAY) == (REGION, "sip-call")


def test_a_no_to_sharing_information_is_no_no_to_a_sip() -> None:
    story = needing_a_sip(consent("2026-03-03T10:00", "refused", scope="information-sharing"))
    assert pays(story, THURSDAY) == (REGION, "sip-call")


@pytest.mark.parametrize(
    "waived",
    [consent("2026-03-07T10:00", "refused"), sip_needed("2026-03-07T10:00", needed=False)],
    ids=["refused", "not needed"],
)
def test_no_call_is_needed_any_more_and_it_starts_that_day(waived: object) -> None:
    story = needing_a_sip(waived, discharged("2026-03-09T10:00"))
    assert pays(story, "2026-03-07T09:59") == (REGION, "sip-call")
    assert begins(story, "2026-03-07T10:00")
    assert liable(story) == [(GAVLE, 2, "discharged")]


def test_a_need_found_out_after_it_began_ends_nothing() -> None:
    story = told(sip_needed("2026-03-06T10:00"), discharged("2026-03-09T10:00"))
    assert liable(story) == [(GAVLE, 4, "discharged")]


def test_a_need_found_out_while_something_else_stands_in_the_way() -> None:
    story = told(blocked("2026-03-03T10:00"), sip_needed("2026-03-06T10:00"), unblocked("2026-03-07T10:00"))
    assert pays(story, "2026-03-05T12:00") == (REGION, "open-care")
    assert pays(story, "2026-03-06T10:00") == (REGION, "sip-call,open-care")
    assert pays(story, "2026-03-07T10:00") == (REGION, "sip-call")


def test_a_call_that_went_astray_is_no_call() -> None:
    story = needing_a_sip(
        sip_called("2026-03-03T10:00", NURSING), astray("2026-03-04T10:00", "sip-meeting-called")
    )
    assert pays(story, THURSDAY) == (REGION, "sip-call")


def test_compulsory_open_care_is_the_notice_and_needs_no_call() -> None:
    """LUS 3:1 second paragraph; 4:1 second paragraph: a *samordnad vårdplan* instead of a SIP."""
    story = given(*IN_TIME, NEEDED, compulsory(MONDAY))
    assert pays(story, MONDAY) == (REGION, "waiting-days")
    assert begins(story, THURSDAY)


# -- open care (LUS 5:5) -----------------------------------------------------------------------------------------


def test_blocked_and_cleared_before_the_start() -> None:
    assert begins(told(blocked("2026-03-03T10:00"), unblocked("2026-03-04T10:00")), THURSDAY)


@pytest.mark.parametrize(("policy", "from_then"), [(BAR, (REGION, "open-care")), (DELAY, (GAVLE, None))])
def test_blocked_at_the_start_and_cleared_later(policy: str, from_then: tuple[str, str | None]) -> None:
    story = told(
        blocked("2026-03-03T10:00"),
        unblocked("2026-03-08T15:00"),
        discharged("2026-03-10T10:00"),
        basis=bar_or_delay(open_care_cleared=policy),
    )
    assert pays(story, THURSDAY) == (REGION, "open-care")
    assert pays(story, "2026-03-08T15:00") == from_then
    assert liable(story) == ([(GAVLE, 2, "discharged")] if policy == DELAY else [])


def test_a_bar_is_over_with_its_period() -> None:
    story = told(
        blocked("2026-03-03T10:00"),
        unblocked("2026-03-06T10:00"),
        not_ready("2026-03-06T11:00"),
        told_ready("2026-03-09T10:00"),
        basis=bar_or_delay(open_care_cleared=BAR),
    )
    assert begins(story, "2026-03-12T00:00")


def test_blocked_only_after_the_start_changes_nothing() -> None:
    story = told(blocked("2026-03-06T10:00"), discharged("2026-03-09T10:00"))
    assert liable(story) == [(GAVLE, 4, "discharged")]


def test_each_service_must_be_in_place() -> None:
    story = told(
        blocked("2026-03-03T10:00", "rehabilitation"),
        blocked("2026-03-03T11:00", "equipment"),
        unblocked("2026-03-06T10:00", "rehabilitation"),
        unblocked("2026-03-07T10:00", "equipment"),
    )
    assert pays(story, "2026-03-06T10:00") == (REGION, "open-care")
    assert begins(story, "2026-03-07T10:00")


def test_cleared_at_the_very_moment_of_the_start() -> None:
    assert begins(told(blocked("2026-03-03T10:00"), unblocked(THURSDAY)), THURSDAY)


def test_several_reasons_are_all_named() -> None:
    story = given(ADMITTED, JUDGED, NEEDED, told_ready(MONDAY), blocked("2026-03-03T10:00"))
    assert pays(story, THURSDAY) == (REGION, "admission-notice,sip-call,open-care")
    assert payers(story)[-1] == (REGION, "admission-notice,sip-call,open-care")


# -- which municipality (LUS 5:2, SoL 29:2-3) --------------------------------------------------------------------

BOTH = (OPEN_CARE, NURSING, Recipient(role="municipal-health", municipality="2101"))


def test_moved_between_notice_and_start_the_new_one_needs_notices_of_its_own() -> None:
    story = told(moved("2026-03-03T10:00", "2101"))
    assert pays(story, "2026-03-03T09:59") == (REGION, "waiting-days")
    assert pays(story, "2026-03-03T10:00") == (REGION, "no-notice")
    assert pays(story, MUCH_LATER) == (REGION, "no-notice")
    assert liable(story) == []


def test_the_new_one_is_told_and_has_a_clock_of_its_own() -> None:
    own = Recipient(role="social-services", municipality="2101")
    story = told(
        moved("2026-03-03T10:00", "2101"),
        notified("2026-03-03T11:00", own),
        told_ready("2026-03-04T10:00", own),
        basis=bar_or_delay(late_admission_notice=DELAY),
    )
    assert pays(story, "2026-03-04T10:00") == (REGION, "waiting-days")
    assert pays(story, THURSDAY) == (REGION, "waiting-days")
    assert begins(story, "2026-03-07T00:00")
    assert liable(story, "2026-03-09T10:00") == [(OCKELBO, 2, None)]


def test_both_were_told_from_the_beginning() -> None:
    story = given(
        ADMITTED,
        JUDGED,
        notified("2026-02-27T12:00", *BOTH),
        told_ready(MONDAY, *BOTH),
        moved("2026-03-03T10:00", "2101"),
    )
    assert begins(story, THURSDAY)
    assert pays(story, THURSDAY) == (OCKELBO, None)


def test_moved_after_the_start_the_old_ones_days_are_kept() -> None:
    story = given(
        ADMITTED,
        JUDGED,
        notified("2026-02-27T12:00", *BOTH),
        told_ready(MONDAY, *BOTH),
        moved("2026-03-07T10:00", "2101"),
        discharged("2026-03-10T10:00"),
    )
    assert liable(story) == [(GAVLE, 2, "moved"), (OCKELBO, 3, "discharged")]
    assert pays(story, "2026-03-07T09:59") == (GAVLE, None)
    assert pays(story, "2026-03-07T10:00") == (OCKELBO, None)


def test_moved_and_moved_back() -> None:
    story = told(moved("2026-03-03T10:00", "2101"), moved("2026-03-06T10:00", "2180"))
    assert pays(story, THURSDAY) == (REGION, "no-notice")
    assert begins(story, "2026-03-06T10:00")


def test_a_placement_keeps_the_placing_municipality_responsible() -> None:
    """SoL 29:2: placed in Gävle by Ockelbo, which is told and pays."""
    own = Recipient(role="social-services", municipality="2101")
    story = given(
        moved("2026-01-15T10:00", "2101", "placement"),
        ADMITTED,
        JUDGED,
        notified("2026-02-27T12:00", own),
        told_ready(MONDAY, own),
    )
    assert pays(story, THURSDAY) == (OCKELBO, None)


def test_a_move_after_the_discharge_leaves_the_stay_alone() -> None:
    story = told(discharged("2026-03-07T10:00"), moved("2026-03-08T10:00", "2101"))
    assert liable(story) == [(GAVLE, 2, "discharged")]


def test_the_notice_went_astray() -> None:
    """From the report on it satisfies no duty, so nobody was ever liable by it; before, nobody knew."""
    story = told(astray("2026-03-03T10:00", "discharge-ready-notified", municipality="2180"))
    assert pays(story, "2026-03-03T09:59") == (REGION, "waiting-days")
    assert pays(story, "2026-03-03T10:00") == (REGION, "no-notice")
    assert liable(story) == []


def test_the_agreement_is_the_municipalitys() -> None:
    late = given(ADMITTED, JUDGED, notified("2026-03-04T10:00"), told_ready(MONDAY))
    for municipality, expected in (("2180", (GAVLE, None)), ("2101", (REGION, "late-admission-notice"))):
        basis = Basis(agreements=(only_for(municipality, late_admission_notice=DELAY),))
        assert pays(late.under(basis), THURSDAY) == expected


# -- the end -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "outcome"), [(discharged, "discharged"), (died, "deceased"), (cancelled, "cancelled")]
)
def test_what_ends_it(end: object, outcome: str) -> None:
    assert callable(end)
    story = told(end("2026-03-08T10:00"))
    assert liable(story) == [(GAVLE, 3, outcome)]
    assert pays(story, "2026-03-08T10:00") is None


def test_death_while_ready_before_the_start() -> None:
    story = told(died("2026-03-04T10:00"))
    assert liable(story) == []
    assert payers(story) == [(REGION, "not-ready"), (REGION, "waiting-days")]
    assert pays(story, THURSDAY) is None


def test_closing_the_case_of_a_patient_who_is_still_in_moves_no_money() -> None:
    assert pays(told(closed("2026-03-04T10:00")), THURSDAY) == (GAVLE, None)


def test_readmitted_on_the_day_of_discharge_is_a_new_stay_and_a_new_clock() -> None:
    story = given(
        admitted("2026-02-27T10:00", stay="A"),
        notified("2026-02-27T12:00", stay="A"),
        told_ready(MONDAY, stay="A"),
        discharged("2026-03-06T10:00", stay="A"),
        admitted("2026-03-06T18:00", stay="B"),
        notified("2026-03-06T19:00", stay="B"),
        told_ready("2026-03-07T09:00", stay="B"),
        discharged("2026-03-10T09:00", stay="B"),
    )
    assert liable(story) == [(GAVLE, 1, "discharged"), (GAVLE, 0, "discharged")]
    assert pays(story, "2026-03-06T12:00") is None
    assert pays(story, "2026-03-06T18:00") == (REGION, "not-ready")
    assert begins(story, "2026-03-10T00:00")


def test_a_notice_after_the_discharge_is_too_late_for_any_liability() -> None:
    story = given(*IN_TIME, ready(MONDAY), discharged("2026-03-03T10:00"), told_ready("2026-03-03T11:00"))
    assert payers(story) == [(REGION, "not-ready")]
    assert liable(story) == []


# -- corrections -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "corrected", "before", "after"),
    [
        ("2026-03-02T11:50", "2026-03-02T12:10", THURSDAY, "2026-03-06T00:00"),
        ("2026-03-02T12:10", "2026-03-02T11:50", "2026-03-06T00:00", THURSDAY),
    ],
)
def test_the_sending_time_is_corrected_across_noon(
    first: str, corrected: str, before: str, after: str
) -> None:
    """As it is known now, and as it was known before the correction was recorded."""
    story = given(
        *IN_TIME,
        told_ready(first, message="notice"),
        amended("2026-03-09T09:00", "notice", told_ready(corrected)),
    )
    assert begins(story, after)
    assert not begins(story, before)
    *_, last_known, _ = story.journey.facts
    earlier = History.of(story.journey.facts, known_at=last_known.envelope.recordedtime)
    then = [row for row in conclude(JOURNEY, earlier, DEMO) if isinstance(row, Wait) and row.rule == "W-11"]
    assert [row.started_at for row in then] == [instant(before)]


def test_an_annulled_notice() -> None:
    story = given(*IN_TIME, told_ready(MONDAY, message="notice"), voided("2026-03-06T10:00", "notice"))
    assert payers(story) == [(REGION, "not-ready")]


# -- what the rows say -------------------------------------------------------------------------------------------


def test_the_start_rests_on_the_facts_that_the_law_asks_for() -> None:
    story = needing_a_sip(sip_called("2026-03-04T10:00"))
    (row,) = [r for r in story.rows(Responsibility, THURSDAY, "payment") if r.party == GAVLE]
    named = {fact.kind.NAME for fact in story.history.facts if fact.id in row.opened_by}
    assert named == {
        "admission-notified",
        "sip-need-decided",
        "sip-meeting-called",
        "discharge-ready-notified",
    }
    (wait,) = story.rows(Wait, THURSDAY, "W-11")
    assert set(wait.opened_by) == set(row.opened_by)


def test_the_waiting_days_say_until_when_and_end_by_the_clock_alone() -> None:
    story = told()
    (waiting,) = [r for r in story.rows(Responsibility, THURSDAY, "payment") if r.detail == "waiting-days"]
    assert waiting.due_at == waiting.ended_at == start_of_local_day(date(2026, 3, 5))
    assert (waiting.outcome, waiting.closed_by) == ("changed", ())


def test_it_holds_by_the_statute_alone() -> None:
    assert begins(told().under(STATUTE_ONLY), THURSDAY)


def test_no_stay_under_another_law_has_a_payer() -> None:
    """LUS applies to inpatient care that a Swedish region gives."""
    abroad = given(admitted("2026-02-27T10:00", principal=None), told_ready(MONDAY))
    assert at([r for r in abroad.all_rows() if r.rule in ("payment", "W-11")], instant(MUCH_LATER)) == []
