"""Laws of measures that hold for every journey: causes lie within their wait, and no number is told before its time."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from given import DEMO, JOURNEY, instant, said
from histories import UNITS, Journey, journeys
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.cause import causes
from domain.conclude import conclude, rules
from domain.fact import Fact
from domain.facts.contact import VisitMade
from domain.facts.discharge import PatientDeceased
from domain.facts.guarantee import (
    CareContactSought,
    TreatmentDecided,
    TreatmentStarted,
    WaitPaused,
    WaitResumed,
)
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent
from domain.history import History
from domain.rows import Cause, Figure, Row, Wait, at

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
NORMAL = settings(max_examples=50, deadline=None, suppress_health_check=RELAXED)
LONG = settings(max_examples=250, deadline=None, suppress_health_check=RELAXED)
MICROSECOND = timedelta(microseconds=1)


ON_A_TRACK: tuple[Fact, ...] = (
    ReferralSent(track="diabetes", to_unit=UNITS[0]),
    ReferralReturned(track="diabetes", reason="other"),
    ReferralReturned(track="diabetes", reason="other", passed_on_to=UNITS[1]),
    ReferralAccepted(track="diabetes", unit=UNITS[1]),
    CareContactSought(track="diabetes", unit=UNITS[0]),
    VisitMade(track="diabetes", unit=UNITS[1]),
    WaitPaused(track="diabetes", ground="abstains", step="visit"),
    WaitPaused(track="diabetes", ground="medically-impossible", step="visit"),
    WaitResumed(track="diabetes", step="visit"),
    WaitPaused(track="diabetes", ground="abstains", step="treatment"),
    TreatmentDecided(track="diabetes", unit=UNITS[1]),
    TreatmentStarted(track="diabetes", unit=UNITS[1]),
    PatientDeceased(),
)


@st.composite
def tracks(draw: st.DrawFn) -> Journey:
    """One track from referral to treatment in any order, with pauses; several acts in one moment are common."""
    acts = draw(st.lists(st.tuples(st.integers(0, 8), st.sampled_from(ON_A_TRACK)), min_size=1, max_size=9))
    start = instant("2026-03-26T12:00")
    commands = [
        said((start + timedelta(days=day)).isoformat(), fact, message=f"m{day}-{ON_A_TRACK.index(fact)}")
        for day, fact in set(acts)
    ]
    return Journey(tuple(commands))


def measured(history: History) -> list[Row]:
    return [row for row in conclude(JOURNEY, history, DEMO) if isinstance(row, Wait | Figure | Cause)]


def edges(rows: list[Row]) -> list[datetime]:
    """Where something begins, ends or is replaced, and the microsecond before; also long after the last fact."""
    times = {
        time for row in rows for time in (row.valid_from, row.valid_to, row.ended_at) if time is not None
    }
    return sorted({time - shift for time in times for shift in (MICROSECOND, timedelta())})


def check_at_their_own_edges(journey: Journey) -> None:
    """As of the moments that follow from rules and not from facts: a window's end, a planned day."""
    history = journey.history()
    rows = measured(history)
    told = {fact.time - shift for fact in history.facts for shift in (MICROSECOND, timedelta())}
    for moment in set(edges(rows)) - told:
        then = measured(history.until(moment))
        assert set(at(rows, moment)) == set(at(then, moment)), moment.isoformat()


def check_causes_within_their_wait(journey: Journey) -> None:
    rows = measured(journey.history())
    for moment in edges(rows):
        shown = at(rows, moment)
        waits = {row.id: row for row in shown if isinstance(row, Wait)}
        for cause in shown:
            if isinstance(cause, Cause):
                wait = waits[cause.of]
                assert cause.started_at is not None
                assert wait.started_at is not None
                assert wait.started_at <= cause.started_at <= moment
                assert cause.ended_at is None or cause.started_at < cause.ended_at
                if wait.ended_at is not None:
                    assert cause.ended_at is not None
                    assert cause.ended_at <= wait.ended_at
                assert wait.rule == causes()[cause.rule].measure
                assert cause.journey == JOURNEY


def check_figures_never_change(journey: Journey) -> None:
    """Told once, a number stays as it is; only who it is about may be told anew."""
    by_id: dict[object, list[Figure]] = {}
    for row in measured(journey.history()):
        if isinstance(row, Figure):
            by_id.setdefault(row.id, []).append(row)
    for versions in by_id.values():
        for one, other in pairwise(sorted(versions, key=lambda row: row.valid_from)):
            assert (one.number, one.detail, one.ended_at) == (other.number, other.detail, other.ended_at)


CHECKS = (check_at_their_own_edges, check_causes_within_their_wait, check_figures_never_change)


@pytest.mark.parametrize("check", CHECKS)
@NORMAL
@for_all(journey=st.one_of(journeys(), tracks()))
def test_normal(check: object, journey: Journey) -> None:
    assert callable(check)
    check(journey)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("check", CHECKS)
@LONG
@for_all(journey=st.one_of(journeys(), tracks()))
def test_long(check: object, journey: Journey) -> None:
    assert callable(check)
    check(journey)


def test_every_cause_belongs_to_a_measure_and_says_what_is_waited_for() -> None:
    for code, why in causes().items():
        assert code == why.code
        assert why.measure in rules()
        assert why.text.endswith(".")
        assert why.source
    assert set(causes()) == {
        "abstains",
        "chose-other-region",
        "homegoing",
        "medically-impossible",
        "no-takeover-asked",
        "open-care-missing",
        "referral-returned",
        "referral-unanswered",
        "sip-not-called",
        "sip-not-established",
        "takeover-declined",
        "takeover-unanswered",
        "waiting-for-start",
    }
