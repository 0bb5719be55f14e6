"""Corrections: void and amend, by fact, message or episode and kind; the last by correction time wins, not by arrival."""

import re
from itertools import permutations
from typing import Any

import pytest
from given import Story, episode, given, instant, said
from sealing import ScopeSeal
from ward import admitted, amended, care_started, discharged, judged, voided

from domain.command import Command
from domain.envelope import plain_data, read
from domain.facts.correction import FactAmended, FactVoided
from domain.facts.discharge import PatientDischarged
from domain.facts.notification import ServiceNeedAssessed
from domain.history import History

IN = admitted("2026-03-02T10:00", stay="A", message="in")
JUDGED = judged("2026-03-02T12:00", "no", stay="A", message="need")


def fact_id(command: Command) -> str:
    return ScopeSeal().fact_id(command.scope, command.canonical())


def outcomes(history: History) -> list[tuple[Any, str]]:
    """Outcome and hour of each judgement that counts."""
    return [
        (fact.fact.outcome, fact.time.isoformat())
        for fact in history.facts
        if isinstance(fact.fact, ServiceNeedAssessed)
    ]


def when(text: str) -> str:
    return instant(text).isoformat()


def in_every_order(*commands: Command) -> History:
    """The one history that every order of arrival gives."""
    histories = [given(*order).history for order in permutations(commands)]
    kept = [
        (
            [(f.id, f.time, f.fact, f.corrected_by) for f in h.facts],
            *([f.id for f in part] for part in (h.voided, h.corrections, h.waiting)),
        )
        for h in histories
    ]
    assert all(one == kept[0] for one in kept)
    return histories[0]


@pytest.mark.parametrize(
    "target",
    [
        {"target_fact": fact_id(JUDGED)},
        {"target_message": "need"},
        {"target_message": "need", "target_kinds": ("service-need-assessed",)},
        {"target_episode": str(episode("A")), "target_kinds": ("service-need-assessed",)},
    ],
    ids=["fact", "message", "message and kind", "episode and kind"],
)
class TestTarget:
    def test_void(self, target: dict[str, Any]) -> None:
        history = in_every_order(IN, JUDGED, said("2026-03-03T10:00", FactVoided(**target)))
        assert outcomes(history) == []
        assert [fact.id for fact in history.voided] == [fact_id(JUDGED)]
        assert history.waiting == ()
        assert len(history.corrections) == 1

    def test_amend_replaces_time_and_data_and_keeps_id_and_stay(self, target: dict[str, Any]) -> None:
        mend = FactAmended(
            **target,
            amended_type=ServiceNeedAssessed.TYPE,
            amended_at=instant("2026-03-02T11:00"),
            amended_data={"outcome": "yes"},
        )
        history = in_every_order(IN, JUDGED, said("2026-03-03T10:00", mend))
        assert outcomes(history) == [("yes", when("2026-03-02T11:00"))]
        (fact,) = [f for f in history.facts if f.kind is ServiceNeedAssessed]
        assert (fact.id, fact.stay) == (fact_id(JUDGED), episode("A"))
        assert fact.corrected_by == history.corrections[0].id
        # What was recorded is never changed.
        assert fact.envelope.time == instant("2026-03-02T12:00")


@pytest.mark.parametrize(
    "target",
    [
        {"target_message": "another"},
        {"target_fact": "0" * 64},
        {"target_message": "need", "target_kinds": ("patient-admitted",)},
        {"target_episode": str(episode("B")), "target_kinds": ("service-need-assessed",)},
        {"target_episode": str(episode("A"))},  # an episode without a kind names nothing
        {},
    ],
)
def test_a_correction_without_its_target_waits(target: dict[str, Any]) -> None:
    history = in_every_order(IN, JUDGED, said("2026-03-03T10:00", FactVoided(**target)))
    assert outcomes(history) == [("no", when("2026-03-02T12:00"))]
    assert [fact.id for fact in history.waiting] == [fact.id for fact in history.corrections]


@pytest.mark.parametrize("target", [{"target_message": "need"}, {"target_fact": fact_id(JUDGED)}])
def test_only_the_same_source_is_meant_by_its_messages(target: dict[str, Any]) -> None:
    history = in_every_order(IN, JUDGED, said("2026-03-03T10:00", FactVoided(**target), source="town"))
    # A fact's id is the same whoever names it; a message id is its source's own.
    assert len(history.voided) == (1 if "target_fact" in target else 0)


def test_the_last_by_correction_time_wins() -> None:
    history = in_every_order(
        IN,
        JUDGED,
        amended("2026-03-03T10:00", "need", judged("2026-03-02T11:00", "yes")),
        amended("2026-03-03T09:00", "need", judged("2026-03-02T11:30", "unknown")),
    )
    assert outcomes(history) == [("yes", when("2026-03-02T11:00"))]


def test_amended_and_later_voided_and_the_other_way_round() -> None:
    mend = "2026-03-03T10:00", "need", judged("2026-03-02T11:00", "yes")
    assert outcomes(in_every_order(IN, JUDGED, amended(*mend), voided("2026-03-03T11:00", "need"))) == []
    kept = in_every_order(IN, JUDGED, amended(*mend), voided("2026-03-03T09:00", "need"))
    assert outcomes(kept) == [("yes", when("2026-03-02T11:00"))]


def test_a_voided_correction_restores() -> None:
    history = in_every_order(
        IN, JUDGED, voided("2026-03-03T10:00", "need", message="v1"), voided("2026-03-03T11:00", "v1")
    )
    assert outcomes(history) == [("no", when("2026-03-02T12:00"))]
    assert history.voided == ()
    assert history.waiting == ()
    assert len(history.corrections) == 2


def test_a_voided_amendment_restores_the_one_before_it() -> None:
    history = in_every_order(
        IN,
        JUDGED,
        amended("2026-03-03T09:00", "need", judged("2026-03-02T11:30", "unknown")),
        amended("2026-03-03T10:00", "need", judged("2026-03-02T11:00", "yes"), message="a2"),
        voided("2026-03-03T11:00", "a2"),
    )
    assert outcomes(history) == [("unknown", when("2026-03-02T11:30"))]


def test_a_void_of_a_void_of_a_void() -> None:
    history = in_every_order(
        IN,
        JUDGED,
        voided("2026-03-03T10:00", "need", message="v1"),
        voided("2026-03-03T11:00", "v1", message="v2"),
        voided("2026-03-03T12:00", "v2"),
    )
    assert outcomes(history) == []


def test_a_message_with_several_facts() -> None:
    out = discharged("2026-03-04T10:00", stay="A", message="need")
    both = in_every_order(IN, JUDGED, out, voided("2026-03-05T10:00", "need"))
    assert len(both.voided) == 2
    one = FactVoided(target_message="need", target_kinds=("patient-discharged",))
    assert [f.kind for f in in_every_order(IN, JUDGED, out, said("2026-03-05T10:00", one)).voided] == [
        PatientDischarged
    ]


class TestEpisodeAndKind:
    """A source that names no message means what it said last before."""

    VOID = FactVoided(target_episode=str(episode("A")), target_kinds=("patient-discharged",))

    def left(self, *commands: Command) -> list[str]:
        facts = in_every_order(*commands).facts
        return [fact.time.isoformat() for fact in facts if fact.kind is PatientDischarged]

    def test_the_last_sent_before_it(self) -> None:
        first = discharged("2026-03-04T10:00", stay="A", sent="2026-03-04T10:05")
        second = discharged("2026-03-03T10:00", stay="A", sent="2026-03-04T11:00")
        void = said("2026-03-04T12:00", self.VOID)
        assert self.left(IN, first, second, void) == [when("2026-03-04T10:00")]

    def test_what_was_sent_after_it_stands(self) -> None:
        wrong = discharged("2026-03-04T10:00", stay="A", sent="2026-03-04T10:05")
        right = discharged("2026-03-04T15:00", stay="A", sent="2026-03-04T15:05")
        void = said("2026-03-04T12:00", self.VOID)
        assert self.left(IN, wrong, right, void) == [when("2026-03-04T15:00")]

    def test_the_same_act_sent_again_goes_with_it(self) -> None:
        once = discharged("2026-03-04T10:00", stay="A", sent="2026-03-04T10:05")
        again = discharged("2026-03-04T10:00", stay="A", sent="2026-03-04T10:09")
        assert self.left(IN, once, again, said("2026-03-04T12:00", self.VOID)) == []

    def test_amended(self) -> None:
        wrong = discharged("2026-03-04T10:00", stay="A")
        mend = FactAmended(
            target_episode=str(episode("A")),
            target_kinds=("patient-discharged",),
            amended_type=PatientDischarged.TYPE,
            amended_at=instant("2026-03-04T09:00"),
            amended_data=plain_data(wrong.fact),
        )
        assert self.left(IN, wrong, said("2026-03-04T12:00", mend)) == [when("2026-03-04T09:00")]


def test_an_amendment_that_cannot_be_read_waits_and_changes_nothing() -> None:
    mend = FactAmended(
        target_message="need", amended_type=ServiceNeedAssessed.TYPE, amended_data={"outcome": "perhaps"}
    )
    history = in_every_order(IN, JUDGED, said("2026-03-03T10:00", mend))
    assert outcomes(history) == [("no", when("2026-03-02T12:00"))]
    assert len(history.waiting) == 1


def test_as_of_applies_every_correction_and_drops_what_was_later_as_corrected() -> None:
    """CONTRACT: as-of T drops facts whose corrected time is after T."""
    story = given(IN, JUDGED, amended("2026-03-09T10:00", "need", judged("2026-03-04T11:00", "yes")))
    assert outcomes(story.history.until(instant("2026-03-03T10:00"))) == []
    assert outcomes(story.history.until(instant("2026-03-04T11:00"))) == [("yes", when("2026-03-04T11:00"))]


def test_known_at_drops_what_was_recorded_later_first() -> None:
    story: Story = given(IN, JUDGED, amended("2026-03-02T13:00", "need", judged("2026-03-02T11:00", "yes")))
    recorded = story.journey.facts
    assert outcomes(History.of(recorded, known_at=recorded[1].envelope.recordedtime)) == [
        ("no", when("2026-03-02T12:00"))
    ]
    assert outcomes(History.of(recorded, known_at=recorded[2].envelope.recordedtime)) == [
        ("yes", when("2026-03-02T11:00"))
    ]
    assert History.of(recorded, known_at=recorded[0].envelope.recordedtime).facts == (recorded[0],)


def test_one_moment_is_ordered_by_kind_then_sequence_never_by_arrival() -> None:
    moment = "2026-03-02T10:00"
    history = in_every_order(
        judged(moment, stay="A", message="b", sequence=2),
        judged(moment, "no", stay="A", message="a", sequence=1),
        admitted(moment, stay="A", message="z"),
    )
    assert [(f.kind.NAME, f.envelope.sourcesequence) for f in history.facts] == [
        ("patient-admitted", None),
        ("service-need-assessed", 1),
        ("service-need-assessed", 2),
    ]


def read_without_keys(story: Story) -> History:
    """The stored bytes as they are read once the social services' key has been destroyed."""
    story.seal.destroyed.update(
        name
        for fact in story.journey.facts
        for name in re.findall(r'"key":"([0-9a-f]{32})"', fact.raw.decode())
    )
    return History.of(read(fact.raw, story.seal) for fact in story.journey.facts)


def test_a_voided_fact_stays_voided_when_the_key_is_destroyed() -> None:
    history = read_without_keys(
        given(
            IN,
            care_started("2026-03-05T10:00", "home-help", message="help"),
            said(
                "2026-03-05T11:00", FactVoided(target_message="help", target_regime="SoL", note="Fel person.")
            ),
        )
    )
    assert [fact.kind.NAME for fact in history.facts] == ["patient-admitted"]
    assert [fact.kind.NAME for fact in history.voided] == ["municipal-care-started"]
    assert history.waiting == ()


def test_an_amended_fact_keeps_its_amended_time_when_the_key_is_destroyed() -> None:
    """It counts by type, time and controller; what it said is gone."""
    history = read_without_keys(
        given(
            IN,
            care_started("2026-03-05T10:00", "home-help", message="help"),
            amended("2026-03-06T10:00", "help", care_started("2026-03-04T10:00", "home-help")),
        )
    )
    mended = history.facts[-1]
    assert (mended.kind.NAME, mended.fact) == ("municipal-care-started", None)
    assert mended.time == instant("2026-03-04T10:00")
    assert history.waiting == ()


def test_what_an_amendment_says_of_social_services_is_sealed_and_opens_with_its_key() -> None:
    story = given(
        IN,
        care_started("2026-03-05T10:00", "home-help", message="help"),
        amended("2026-03-06T10:00", "help", care_started("2026-03-04T10:00", "short-term-place")),
    )
    assert b"short-term-place" not in story.journey.facts[-1].raw
    history = History.of(read(fact.raw, story.seal) for fact in story.journey.facts)
    assert history.facts[-1].fact.services == ("short-term-place",)  # type: ignore[union-attr]
