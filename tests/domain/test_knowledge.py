"""What changed between two states of knowledge, and because of what: by hand, and as laws that hold for every journey."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from given import DEMO, JOURNEY, STATUTE_ONLY, STORE, instant
from histories import RECORDED, Journey, journeys
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from sealing import ScopeSeal
from ward import NURSING, admitted, amended, discharged, judged, notified, told_ready, voided

from domain.agreement import Agreement, LocalLimits
from domain.basis import Basis
from domain.command import Command
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.history import History
from domain.journey import CareJourney
from domain.knowledge import Change, Comparison, compare
from domain.knowledge import said as said_by
from domain.rows import Row, TimelineEntry, at

NORMAL = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
MONDAY, FRIDAY = "2026-03-02T17:00", "2026-03-06T17:00"


def recorded(*told: tuple[str, Command]) -> list[RecordedFact]:
    """The facts of these commands, each recorded at its moment."""
    journey, seal = CareJourney(JOURNEY), ScopeSeal()
    for moment, command in told:
        journey.decide(command, instant(moment), seal, STORE)
    return list(journey.facts)


def changed(
    facts: Sequence[RecordedFact],
    known_from: str = MONDAY,
    known_at: str = FRIDAY,
    as_of: str = MONDAY,
    bases: Sequence[tuple[datetime, Basis]] | None = None,
) -> Comparison:
    return compare(
        JOURNEY,
        facts,
        bases or [(instant(known_from), STATUTE_ONLY)],
        known_from=instant(known_from),
        known_at=instant(known_at),
        as_of=instant(as_of),
    )


def of(found: Comparison, rule: str) -> Change:
    (change,) = [one for one in found.changes if one.row.rule == rule]
    return change


def because(found: Comparison, rule: str) -> list[str | None]:
    """Message of each fact that changed the rule's one row."""
    return messages(found, of(found, rule))


def messages(found: Comparison, change: Change) -> list[str | None]:
    facts = [found.learned[number].fact for number in change.because]
    return [fact.envelope.sourcemessage for fact in facts if fact is not None]


IN = ("2026-03-01T10:01", admitted("2026-03-01T10:00"))
NEED = ("2026-03-01T12:00", judged("2026-03-01T12:00", needs=("municipal-health",), at_admission=True))
TOLD_LATE = ("2026-03-02T14:01", notified("2026-03-02T14:00", NURSING, message="told"))


# -- by hand ---------------------------------------------------------------------------------------------------------


def test_a_correction_changes_what_was_and_names_itself() -> None:
    """Told on Monday at 14, four hours late; on Friday it is corrected to have been on Monday at 8."""
    mended = amended("2026-03-06T09:00", "told", notified("2026-03-02T08:00", NURSING), message="mended")
    found = changed(recorded(IN, NEED, TOLD_LATE, ("2026-03-06T09:00", mended)))
    (learned,) = found.learned
    assert learned.recorded_at == instant("2026-03-06T09:00")
    assert [(fact.kind.NAME, fact.time) for fact in learned.corrects] == [
        ("admission-notified", instant("2026-03-02T14:00"))
    ]
    duty = of(found, "MH-01")
    assert (duty.how, duty.attributes) == ("changed", ("ended_at", "state"))
    assert (duty.before and duty.before.state, duty.after and duty.after.state) == ("late", "done")
    assert because(found, "MH-01") == ["mended"]
    wait = of(found, "W-01")
    assert (wait.before and wait.before.value, wait.after and wait.after.value) == (28.0, 22.0)


def test_what_is_recorded_later_than_asked_changes_nothing() -> None:
    mended = amended("2026-03-06T09:00", "told", notified("2026-03-02T08:00", NURSING), message="mended")
    facts = recorded(IN, NEED, TOLD_LATE, ("2026-03-06T17:00:01", mended))
    assert changed(facts) == Comparison((), ())


def test_what_changed_and_changed_back_is_not_told() -> None:
    facts = recorded(
        IN,
        NEED,
        TOLD_LATE,
        ("2026-03-04T09:00", voided("2026-03-04T09:00", "told", message="void")),
        ("2026-03-05T09:00", voided("2026-03-05T09:00", "void", message="void-the-void")),
    )
    found = changed(facts)
    assert len(found.learned) == 2
    assert found.changes == ()
    assert [fact.kind.NAME for fact in found.learned[1].corrects] == ["admission-notified"]


def test_only_the_steps_after_it_last_stood_as_before_are_blamed() -> None:
    """Voided, given back, and then amended: the amendment alone made the difference."""
    mended = amended("2026-03-06T09:00", "told", notified("2026-03-02T08:00", NURSING), message="mended")
    found = changed(
        recorded(
            IN,
            NEED,
            TOLD_LATE,
            ("2026-03-04T09:00", voided("2026-03-04T09:00", "told", message="void")),
            ("2026-03-05T09:00", voided("2026-03-05T09:00", "void", message="void-the-void")),
            ("2026-03-06T09:00", mended),
        )
    )
    assert because(found, "MH-01") == ["mended"]


def test_each_attribute_has_its_own_reasons() -> None:
    """He had come an hour earlier, and the notice had been sent earlier, too; that he has left matters to neither."""
    earlier = amended("2026-03-03T09:00", "in", admitted("2026-03-01T09:00"), message="came-earlier")
    mended = amended("2026-03-06T09:00", "told", notified("2026-03-02T08:00", NURSING), message="mended")
    found = changed(
        recorded(
            ("2026-03-01T10:01", admitted("2026-03-01T10:00", message="in")),
            NEED,
            TOLD_LATE,
            ("2026-03-03T09:00", earlier),
            ("2026-03-03T10:00", discharged("2026-03-03T09:30", message="home")),
            ("2026-03-06T09:00", mended),
        )
    )
    wait = of(found, "W-01")
    assert wait.attributes == ("started_at", "ended_at", "value")
    assert because(found, "W-01") == ["came-earlier", "mended"]
    assert because(found, "W-02") == ["mended"]
    assert all("home" not in messages(found, change) for change in found.changes)


def test_a_late_message_makes_rows_appear_and_a_void_makes_them_vanish() -> None:
    late = ("2026-03-04T08:00", told_ready("2026-03-02T15:00", NURSING, message="ready"))
    void = ("2026-03-05T08:00", voided("2026-03-05T08:00", "told", message="void"))
    found = changed(recorded(IN, NEED, TOLD_LATE, late, void))
    ready = of(found, "W-06")
    assert (ready.how, ready.before, because(found, "W-06")) == ("appeared", None, ["ready"])
    acknowledged = of(found, "W-02")
    assert (acknowledged.how, acknowledged.after, because(found, "W-02")) == ("vanished", None, ["void"])


def test_an_agreement_adopted_in_between_is_a_step_of_its_own() -> None:
    """Eight hours for the acknowledgement are agreed on Wednesday: the notice of Monday at 14 has a limit now."""
    agreed = Agreement(
        id="eight", version=1, title="Eight hours", limits=LocalLimits(acknowledgement_hours=8)
    )
    wednesday = instant("2026-03-04T12:00")
    found = changed(
        recorded(IN, NEED, TOLD_LATE),
        as_of="2026-03-03T12:00",
        bases=[(instant(MONDAY), STATUTE_ONLY), (wednesday, Basis(agreements=(agreed,)))],
    )
    (learned,) = found.learned
    assert (learned.recorded_at, learned.adopted, learned.withdrawn) == (wednesday, ("eight@1",), ())
    duty = of(found, "MH-05")
    assert duty.attributes == ("agreement", "state", "due_at")
    assert (duty.before and duty.before.state, duty.after and duty.after.state) == ("open", "missed")
    assert duty.because == (0,)


def test_an_agreement_withdrawn_gives_back_the_old_rows() -> None:
    facts = recorded(IN, NEED, TOLD_LATE)
    moments = [instant("2026-03-04T12:00"), instant("2026-03-05T12:00")]
    bases = [(instant(MONDAY), STATUTE_ONLY), (moments[0], DEMO), (moments[1], STATUTE_ONLY)]
    found = changed(facts, bases=bases)
    assert [(one.recorded_at, one.adopted, one.withdrawn) for one in found.learned] == [
        (moments[0], ("demo@1",), ()),
        (moments[1], (), ("demo@1",)),
    ]
    assert found.changes == ()


# -- laws ------------------------------------------------------------------------------------------------------------


def seen(rows: Sequence[Row], moment: datetime) -> dict[UUID, Row]:
    return {row.id: row for row in at(rows, moment) if not isinstance(row, TimelineEntry)}


@st.composite
def knowledge(draw: st.DrawFn) -> tuple[Journey, int, int, datetime, list[int]]:
    """A journey whose facts arrive one a second, two moments of knowledge, one asked about, and adoptions."""
    journey = draw(journeys())
    count = len(journey.commands)
    first, last = sorted((draw(st.integers(0, count)), draw(st.integers(0, count))))
    as_of = draw(st.sampled_from([command.time for command in journey.commands])) + timedelta(
        hours=draw(st.sampled_from((0, 1, 30)))
    )
    return journey, first, last, as_of, draw(st.lists(st.integers(0, count), max_size=2, unique=True))


def clock(number: int) -> datetime:
    """When the n-th fact was recorded, counted from 1; 0 is before all of them."""
    return RECORDED + timedelta(seconds=number - 1)


@NORMAL
@for_all(given=knowledge())
def test_the_changes_lead_from_one_answer_to_the_other_and_each_names_its_reason(
    given: tuple[Journey, int, int, datetime, list[int]],
) -> None:
    journey, first, last, as_of, adoptions = given
    facts = journey.recorded()
    standing = [STATUTE_ONLY, DEMO]
    bases = [(clock(first), standing[0])]
    for number, adopted in enumerate(sorted(adoptions), 1):
        if first < adopted <= last:
            bases.append((clock(adopted), standing[number % 2]))

    found = compare(JOURNEY, facts, bases, known_from=clock(first), known_at=clock(last), as_of=as_of)

    def answer(known: int, basis: Basis) -> dict[UUID, Row]:
        history = History.of(facts, known_at=clock(known))
        return seen(conclude(JOURNEY, history, basis), as_of)

    before, after = answer(first, bases[0][1]), answer(last, bases[-1][1])
    told = {change.row.id: change for change in found.changes}
    for id_ in before.keys() | after.keys():
        one, other = before.get(id_), after.get(id_)
        if id_ in told:
            assert (told[id_].before, told[id_].after) == (one, other)
            assert told[id_].because
            assert set(told[id_].because) <= set(range(len(found.learned)))
        else:
            assert one is not None
            assert other is not None
            assert said_by(one) == said_by(other)
    assert told.keys() <= before.keys() | after.keys()
    assert [one.recorded_at for one in found.learned] == sorted(one.recorded_at for one in found.learned)


@NORMAL
@for_all(given=knowledge())
def test_known_at_a_moment_is_what_a_fresh_installation_says_that_was_fed_no_more(
    given: tuple[Journey, int, int, datetime, list[int]],
) -> None:
    """Fed the same commands in the same order, up to then: at every moment it says the same, and now all of it."""
    journey, first, _, as_of, _ = given
    facts = journey.recorded()
    fresh = journey.recorded(journey.commands[:first]) if first else []
    rows = conclude(JOURNEY, History.of(facts, known_at=clock(first)), DEMO)
    assert rows == conclude(JOURNEY, History.of(fresh), DEMO)
    assert seen(rows, as_of) == seen(conclude(JOURNEY, History.of(fresh).until(as_of), DEMO), as_of)
    everything = History.of(facts, known_at=clock(len(facts)))
    assert conclude(JOURNEY, everything, DEMO) == conclude(JOURNEY, journey.history(), DEMO)
