"""Who pays at each moment of a stay, state by state (`domain-facts.md` §10): one payer from the admission to the end."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from given import DEMO, JOURNEY, Story, given, instant
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st
from liable import (
    ADMITTED,
    GAVLE,
    JUDGED,
    MONDAY,
    NOTIFIED,
    OCKELBO,
    REGION,
    astray,
    bar_or_delay,
    blocked,
    compulsory,
    moved,
    pays,
    unblocked,
)
from ward import (
    NURSING,
    OPEN_CARE,
    SOCIAL,
    accepted,
    admitted,
    came_to_emergency,
    cancelled,
    consent,
    contact,
    declined,
    died,
    discharged,
    informed,
    judged,
    not_ready,
    notified,
    proposed,
    ready,
    sip_called,
    sip_needed,
    told_ready,
    transferred,
)

from domain.calendar import add_days, local_date, start_of_local_day
from domain.command import Command
from domain.conclude import conclude
from domain.facts._parts import Recipient
from domain.rows import Responsibility, Stay, at

END_OF_TIME = instant("2027-06-01T00:00:00Z")
RULES = ("payment", "MH-14", "MH-15", "W-11")

PATH = [
    # state, what happened, who pays from then on, and why the region does
    ("Admitted", ADMITTED, (REGION, "not-ready")),
    ("NotifyDue", JUDGED, (REGION, "not-ready")),
    ("Notified", NOTIFIED, (REGION, "not-ready")),
    ("Planning", contact("2026-02-28T09:00"), (REGION, "not-ready")),
    ("SIP needed", sip_needed("2026-02-28T10:00"), (REGION, "not-ready")),
    ("ReadyUnsent", ready("2026-03-02T09:30"), (REGION, "not-ready")),
    ("Ready", told_ready(MONDAY), (REGION, "waiting-days")),
    ("ReadySipCalled", sip_called("2026-03-03T10:00"), (REGION, "waiting-days")),
    ("Proposed", proposed("2026-03-03T11:00"), (REGION, "waiting-days")),
    ("Declined", declined("2026-03-04T11:00"), (REGION, "waiting-days")),
    ("ReadyLiable", accepted("2026-03-05T11:00"), (GAVLE, None)),
    ("Another ward", transferred("2026-03-06T10:00", "hsa:SE2321000198-WARD2"), (GAVLE, None)),
    ("Withdrawn", not_ready("2026-03-07T10:00"), (REGION, "not-ready")),
    ("Ready again", told_ready("2026-03-09T10:00"), (REGION, "waiting-days")),
    ("Discharged", discharged("2026-03-11T10:00"), None),
    ("Informed", informed("2026-03-11T11:00"), None),
    ("Readmitted", admitted("2026-03-11T20:00", stay="B"), (REGION, "not-ready")),
]


@pytest.mark.parametrize("number", range(len(PATH)), ids=[state for state, *_ in PATH])
def test_the_whole_way(number: int) -> None:
    """One state after the other: as it is when nothing more has happened, and as of then when everything has."""
    _, command, payer = PATH[number]
    moment = command.time.isoformat()
    everything = [command for _, command, _ in PATH]
    for story in (given(*everything[: number + 1]), given(*everything)):
        assert pays(story, moment) == payer


def test_before_the_admission_nobody_pays() -> None:
    assert pays(given(ADMITTED), "2026-02-27T09:59:59") is None


def test_an_emergency_visit_is_no_inpatient_care() -> None:
    story = given(came_to_emergency("2026-02-27T06:00", stay="A"), admitted("2026-02-27T10:00", stay="A"))
    assert pays(story, "2026-02-27T07:00") is None
    assert pays(story, "2026-02-27T10:00") == (REGION, "not-ready")


@pytest.mark.parametrize("end", [discharged, died, cancelled])
def test_after_the_end_nobody_pays(end: object) -> None:
    assert callable(end)
    story = given(ADMITTED, NOTIFIED, told_ready(MONDAY), end("2026-03-06T10:00"))
    assert pays(story, "2026-03-06T09:59:59") == (GAVLE, None)
    assert pays(story, "2026-03-06T10:00") is None


def test_a_silent_municipality_pays_all_the_same_and_one_that_takes_over_does_not_earlier() -> None:
    """An answer moves no money: the notice does (LUS 5:3)."""
    silent = given(ADMITTED, NOTIFIED, told_ready(MONDAY))
    eager = given(ADMITTED, NOTIFIED, told_ready(MONDAY), accepted("2026-03-02T11:00"))
    for story in (silent, eager):
        assert pays(story, "2026-03-04T23:59:59.999999") == (REGION, "waiting-days")
        assert pays(story, "2026-03-05T00:00:00") == (GAVLE, None)


def test_a_row_names_municipality_region_agreement_and_facts() -> None:
    story = given(ADMITTED, NOTIFIED, told_ready(MONDAY))
    first, waiting, liable = sorted(
        story.rows(Responsibility, "2026-03-06T10:00", "payment"), key=lambda row: row.valid_from
    )
    assert [row.municipality for row in (first, waiting, liable)] == ["2180"] * 3
    assert [row.region for row in (first, waiting, liable)] == ["21"] * 3
    assert [row.role for row in (first, waiting, liable)] == [None] * 3
    assert {row.agreement for row in (first, waiting, liable)} == {"demo@1"}
    admission, notice_of_admission, notice = (fact.id for fact in story.history.facts)
    assert first.opened_by == (admission,)
    assert (first.ended_at, first.closed_by, first.outcome) == (instant(MONDAY), (notice,), "changed")
    assert waiting.opened_by == (notice,)
    assert set(liable.opened_by) == {notice, notice_of_admission}


# -- laws --------------------------------------------------------------------------------------------------------

HALF_DAYS = st.integers(0, 24).map(lambda n: instant("2026-03-26T00:00") + timedelta(hours=12 * n))
TIMES = st.one_of(
    HALF_DAYS,
    st.integers(0, 12).map(
        lambda n: start_of_local_day(add_days(local_date(instant("2026-03-27T10:00")), n))
    ),
    st.integers(0, 17_280).map(lambda n: instant("2026-03-26T00:00") + timedelta(minutes=n)),
)
OTHER = Recipient(role="municipal-health", municipality="2101")
WORDS = st.sampled_from(
    [
        lambda time: judged(time, stay="A"),
        lambda time: judged(time, at_admission=True, stay="A"),
        lambda time: notified(time, stay="A"),
        lambda time: notified(time, OPEN_CARE, stay="A"),
        lambda time: notified(time, NURSING, OTHER, stay="A"),
        lambda time: told_ready(time, stay="A"),
        lambda time: told_ready(time, stay="A"),
        lambda time: told_ready(time, SOCIAL, OTHER, stay="A"),
        lambda time: told_ready(time, OPEN_CARE, stay="A"),
        lambda time: compulsory(time, stay="A"),
        lambda time: ready(time, stay="A"),
        lambda time: not_ready(time, stay="A"),
        lambda time: sip_needed(time, stay="A"),
        lambda time: sip_needed(time, needed=False, stay="A"),
        lambda time: consent(time, "refused", stay="A"),
        lambda time: consent(time, "given", stay="A"),
        lambda time: sip_called(time, stay="A"),
        lambda time: blocked(time, stay="A"),
        lambda time: blocked(time, "equipment", stay="A"),
        lambda time: unblocked(time, stay="A"),
        lambda time: unblocked(time, "equipment", stay="A"),
        lambda time: moved(time, "2101"),
        lambda time: moved(time, "2180"),
        lambda time: moved(time, "2101", "placement"),
        lambda time: astray(time, "discharge-ready-notified", municipality="2180", stay="A"),
        lambda time: astray(time, "admission-notified", stay="A"),
        lambda time: astray(time, "sip-meeting-called", stay="A"),
        lambda time: discharged(time, stay="A"),
        lambda time: died(time, stay="A"),
        lambda time: cancelled(time, stay="A"),
    ]
)
BASES = st.sampled_from(
    [
        DEMO,
        bar_or_delay(late_admission_notice="delay", late_sip_call="delay", open_care_cleared="bar"),
        bar_or_delay(refused_sip_waives_call=False),
    ]
)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A stay over the night summer time begins, with anything that moves money in any order."""
    said: Sequence[Command] = [
        draw(WORDS)(time.isoformat()) for time in draw(st.lists(TIMES, min_size=1, max_size=9))
    ]
    if draw(st.booleans()):
        said = [notified("2026-03-25T12:00", stay="A"), told_ready("2026-03-26T09:00", stay="A"), *said]
    return given(admitted("2026-03-25T10:00", stay="A"), *said, basis=draw(BASES))


def moments(story: Story) -> list[datetime]:
    """Each act, each local midnight, and the microsecond before them."""
    midnights = [start_of_local_day(add_days(local_date(instant("2026-03-25T10:00")), n)) for n in range(20)]
    times = {*(fact.time for fact in story.history.facts), *midnights}
    return sorted(time - shift for time in times for shift in (timedelta(), timedelta(microseconds=1)))


@settings(max_examples=50, deadline=None)
@for_all(stories())
def test_one_payer_from_admission_to_the_end_without_gap_or_overlap(story: Story) -> None:
    rows = [row for row in story.all_rows() if isinstance(row, Responsibility) and row.rule == "payment"]
    stays = [row for row in story.all_rows() if isinstance(row, Stay)]
    for moment in (*moments(story), END_OF_TIME):
        shown = sorted(at(rows, moment), key=lambda row: row.started_at or moment)
        stay = next(iter(at(stays, moment)), None)
        if stay is None:
            assert shown == []
            continue
        assert stay.started_at is not None
        for one, following in pairwise(shown):
            assert one.ended_at == following.started_at
            assert (one.party, one.detail, one.due_at, one.municipality) != (
                following.party,
                following.detail,
                following.due_at,
                following.municipality,
            )
        length = stay.ended_at is None or stay.ended_at > stay.started_at
        assert bool(shown) == length
        if shown:
            assert shown[0].started_at == stay.started_at
            assert shown[-1].ended_at == stay.ended_at
            assert all(row.started_at != row.ended_at for row in shown)
        for row in shown:
            assert (row.detail is None) == (row.party in (GAVLE, OCKELBO))


@settings(max_examples=50, deadline=None)
@for_all(stories())
def test_as_of_a_moment_is_what_was_concluded_then(story: Story) -> None:
    """Also for the date on which liability starts without anybody doing anything."""
    rows = [row for row in story.all_rows() if row.rule in RULES]
    for moment in moments(story):
        then = conclude(JOURNEY, story.history.until(moment), story.basis)
        known = [row for row in then if row.rule in RULES]
        assert set(at(rows, moment)) == set(at(known, moment)), moment.isoformat()
