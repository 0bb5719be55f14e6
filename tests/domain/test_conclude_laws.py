"""Laws that hold for every journey whatever was said: order of arrival, as-of, no clock, refusals, annulments."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from given import EVERY_LIMIT, JOURNEY, STORE, episode, instant
from histories import FIRST, RECORDED, Journey, distinct, extra_acts, journeys
from hypothesis import HealthCheck, assume, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from sealing import ScopeSeal

from domain.command import Command
from domain.conclude import conclude
from domain.errors import Refused
from domain.facts.correction import Correction, FactVoided
from domain.history import History
from domain.journey import CareJourney
from domain.rows import Row, TimelineEntry, at
from domain.stays import OPENING
from domain.unfold import REVISING

RELAXED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
NORMAL = settings(max_examples=50, deadline=None, suppress_health_check=RELAXED)
LONG = settings(max_examples=1000, deadline=None, suppress_health_check=RELAXED)
MICROSECOND = timedelta(microseconds=1)
MOMENTS = 16
END_OF_TIME = instant("2027-06-01T00:00:00Z")


def law(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Any]:
    """One property as two tests: ``test_normal`` of 50 examples, and ``test_long`` of 1 000, marked slow."""

    def both(check: Callable[..., None]) -> Any:
        class Law:
            __doc__ = check.__doc__

            @NORMAL
            @for_all(given=st.tuples(*strategies))
            def test_normal(self, given: tuple[Any, ...]) -> None:
                check(*given)

            @pytest.mark.slow
            @pytest.mark.timeout(600)
            @LONG
            @for_all(given=st.tuples(*strategies))
            def test_long(self, given: tuple[Any, ...]) -> None:
                check(*given)

        return Law

    return both


def concluded(history: History) -> list[Row]:
    return conclude(JOURNEY, history, EVERY_LIMIT)


def moments(history: History) -> list[datetime]:
    """Each time of an act, the microsecond before and after it, and one between it and the next."""
    times = sorted({fact.time for fact in (*history.facts, *history.voided, *history.corrections)})
    between = [a + (b - a) / 2 for a, b in pairwise(times)]
    near = [time + shift for time in times for shift in (-MICROSECOND, timedelta(), MICROSECOND)]
    return sorted({*near, *between, END_OF_TIME})


def seen(rows: Iterable[Row], now: datetime) -> set[Row]:
    """What is shown at ``now``."""
    return set(at(rows, now))


@law(journeys(), st.randoms(use_true_random=False), st.integers(0, 10**8))
def TestArrivalAndClock(journey: Journey, random: Any, later: int) -> None:  # noqa: N802
    """Any order of arrival, with any repeats, at any time, gives the same rows in the same order."""
    arrived = [*journey.commands, *random.choices(journey.commands, k=3)]
    random.shuffle(arrived)
    rows = journey.rows()
    assert concluded(journey.history(arrived, clock=RECORDED + timedelta(seconds=later))) == rows
    assert journey.rows() == rows


@law(journeys(), st.randoms(use_true_random=False))
def TestOneMoment(journey: Journey, random: Any) -> None:  # noqa: N802
    """Also where everything is said to have happened at one moment, the order of arrival decides nothing."""
    at_once = replace(journey, commands=distinct([replace(c, time=FIRST) for c in journey.commands]))
    arrived = list(at_once.commands)
    random.shuffle(arrived)
    assert concluded(at_once.history(arrived)) == at_once.rows()


@law(journeys(), st.integers(0, 1_000))
def TestAsOf(journey: Journey, begin: int) -> None:  # noqa: N802
    """What is shown as of a moment is what would have been concluded then from what had happened."""
    history = journey.history()
    rows, then = set(concluded(history)), history.until(instant("1900-01-01T00:00:00Z"))
    rows_then = set(concluded(then))
    for moment in some(moments(history), begin):
        if history.until(moment) != then:
            then = history.until(moment)
            rows_then = set(concluded(then))
        # Rows that are equal are shown alike: the others are laid under the clock.
        assert seen(rows - rows_then, moment) == seen(rows_then - rows, moment), moment.isoformat()


def some(found: list[datetime], begin: int) -> list[datetime]:
    """At most sixteen of them, evenly spread: each example takes others, so that many examples take all."""
    step = -(-len(found) // MOMENTS)
    return found[begin % step :: step] if step > 1 else found


@law(journeys())
def TestRows(journey: Journey) -> None:  # noqa: N802
    """(id, valid_from) is a key, versions of a row do not overlap, and each row names the facts it rests on.

    A row falls away altogether only where a fact says that what it rests on was another's, as a change of municipality.
    """
    history = journey.history()
    known = {fact.id for fact in (*history.facts, *history.voided, *history.corrections)}
    turns = {fact.time for fact in history.facts if fact.kind in REVISING}
    by_id: dict[Any, list[Row]] = defaultdict(list)
    for row in concluded(history):
        by_id[row.id].append(row)
        assert row.journey == JOURNEY
        assert row.valid_to is None or row.valid_to > row.valid_from
        assert row.opened_by
        assert set(row.facts) <= known
        assert (row.ended_at is None) == (row.outcome is None)
        assert row.ended_at is not None or not row.closed_by
    for versions in by_id.values():
        versions.sort(key=lambda row: row.valid_from)
        assert len({(row.KIND, row.rule) for row in versions}) == 1
        for row, following in pairwise(versions):
            assert row.valid_to is not None
            assert row.valid_to <= following.valid_from
        assert versions[-1].valid_to in (None, *turns)


@law(journeys())
def TestRefused(journey: Journey) -> None:  # noqa: N802
    """An operator's command that is refused writes nothing; one that is not writes one fact."""
    seal, clock = ScopeSeal(), RECORDED
    ward = CareJourney(JOURNEY)
    for command in journey.commands:
        before = (ward.version, ward.head, list(ward.facts))
        try:
            decided = ward.decide(replace(command, operator=True), clock, seal, STORE)
        except Refused:
            assert (ward.version, ward.head, ward.facts) == before
            assert ward.collect_events() == []
        else:
            assert list(ward.collect_events()) == ([decided.fact] if decided.is_new else [])


@law(journeys(corrections=False), st.data())
def TestVoided(journey: Journey, data: st.DataObject) -> None:  # noqa: N802
    """An annulled act leaves its line in the history, and a cancelled stay where it opened one; nothing else."""
    journey = replace(journey, keys_gone=False)  # a correction whose key is gone can't say what it annuls
    command = data.draw(st.sampled_from(journey.commands))
    seal = ScopeSeal()
    voided_id = seal.fact_id(command.scope, command.canonical())
    assume(sum(c.message == command.message for c in journey.commands) == 1)
    void = replace(
        command,
        fact=FactVoided(target_fact=voided_id, target_regime=command.fact.regime()),
        time=END_OF_TIME,
        message="void",
        stay=None,
    )
    with_void = replace(journey, commands=(*journey.commands, void)).rows()
    opening = issubclass(type(command.fact), OPENING)
    trace = {row.KIND for row in with_void if voided_id in row.facts}
    assert trace <= {"timeline", "stay"} if opening else trace == {"timeline"}
    assert all(row.state == "cancelled" for row in at(with_void, END_OF_TIME) if _only(row, voided_id))
    if not opening:
        rest = [row for row in with_void if not isinstance(row, TimelineEntry)]
        assert rest == [row for row in journey.without(command).rows() if not isinstance(row, TimelineEntry)]


@law(journeys(), extra_acts())
def TestVoidedExtra(journey: Journey, extra: Command) -> None:  # noqa: N802
    """A journey with one more act that is annulled again concludes as the journey without it.

    An opening leaves the row of a cancelled stay, as in ``TestVoided``; so that it is a row of its own, it opens a
    stay of its own.
    """
    journey = replace(journey, keys_gone=False)
    if isinstance(extra.fact, OPENING):
        extra = replace(extra, stay=episode("extra"))
    assume(not any(getattr(c.fact, "target_episode", None) == str(extra.stay) for c in journey.commands))
    seal = ScopeSeal()
    extra_id = seal.fact_id(extra.scope, extra.canonical())
    void = replace(
        extra,
        fact=FactVoided(target_fact=extra_id, target_regime=extra.fact.regime()),
        time=END_OF_TIME,
        message="void",
        stay=None,
    )
    history = replace(journey, commands=(*journey.commands, extra, void)).history()
    told = [row for row in concluded(history) if not isinstance(row, TimelineEntry)]
    assert [row for row in told if not _only(row, extra_id)] == [
        row for row in journey.rows() if not isinstance(row, TimelineEntry)
    ]
    assert [fact.id for fact in history.voided if fact.id == extra_id] == [extra_id]


def _only(row: Row, fact_id: str) -> bool:
    return row.KIND == "stay" and row.opened_by == (fact_id,)


@law(journeys())
def TestHistory(journey: Journey) -> None:  # noqa: N802
    """Known at a moment is what had been recorded by then; each fact counts once: as act, annulled, or correction."""
    recorded = journey.recorded()
    history = History.of(recorded)
    assert History.of(recorded, known_at=recorded[-1].envelope.recordedtime) == history
    for number, fact in enumerate(recorded):
        known = History.of(recorded, known_at=fact.envelope.recordedtime)
        assert known == History.of(recorded[: number + 1])
    everything = [*history.facts, *history.voided, *history.corrections]
    assert Counter(f.id for f in everything) == Counter(f.id for f in recorded)
    assert all(issubclass(f.kind, Correction) for f in history.corrections)
    assert [f.order for f in history.facts] == sorted(f.order for f in history.facts)
