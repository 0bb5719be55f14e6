"""Voiding and amending: an operator names something that is there; a source's correction may wait for it."""

import pytest
from given import episode, given, said
from pydantic import ValidationError
from situations import ADMISSION, NOON, accepted, admitted, needs, refused

from domain.fact import Fact
from domain.facts.admission import LeaveStarted
from domain.facts.correction import Correction, FactAmended, FactVoided

NO_TARGET = "There is no such fact in this journey to correct."
ADMISSION_TYPE = "se.carechain.patient-admitted.v1"
SOL_TYPE = "se.carechain.municipal-care-started.v1"


def amended(**target: object) -> FactAmended:
    return FactAmended.model_validate(
        {"amended_type": ADMISSION_TYPE, "amended_data": {"unit": "hsa:SE2321000198-WARD2"}, **target}
    )


@pytest.mark.parametrize("kind", [FactVoided, amended])
def test_a_fact_is_corrected_by_its_id(kind: object) -> None:
    assert callable(kind)
    story = admitted()
    accepted(story, kind(target_fact=story.history.facts[0].id))


@pytest.mark.parametrize("kind", [FactVoided, amended])
def test_a_fact_that_is_not_there_is_not_corrected(kind: object) -> None:
    assert callable(kind)
    refused(admitted(), kind(target_fact="0" * 64), NO_TARGET)
    refused(admitted(), kind(target_message="never-sent"), NO_TARGET)
    refused(admitted(), kind(), NO_TARGET)


def test_a_fact_is_corrected_by_its_message() -> None:
    story = given(said("2026-03-02T10:00", ADMISSION, message="told"))
    accepted(story, FactVoided(target_message="told"))


def test_another_source_does_not_correct_by_message() -> None:
    story = given(said("2026-03-02T10:00", ADMISSION, message="told", source="elsewhere"))
    refused(story, FactVoided(target_message="told"), NO_TARGET)


def test_a_kind_picks_among_a_messages_facts() -> None:
    story = given(said("2026-03-02T10:00", ADMISSION, message="told"))
    refused(story, FactVoided(target_message="told", target_kinds=("leave-started",)), NO_TARGET)
    accepted(story, FactVoided(target_message="told", target_kinds=("patient-admitted",)))


def test_a_fact_is_corrected_by_episode_and_kind() -> None:
    story = given(said("2026-03-02T10:00", ADMISSION, stay="e1"))
    own, other = str(episode("e1")), str(episode("e2"))
    refused(story, FactVoided(target_episode=own), NO_TARGET)
    refused(story, FactVoided(target_episode=other, target_kinds=("patient-admitted",)), NO_TARGET)
    accepted(story, FactVoided(target_episode=own, target_kinds=("patient-admitted",)))


def test_an_operator_may_correct_what_is_recorded_as_later() -> None:
    story = given(said("2026-03-02T18:00", ADMISSION, message="told"))
    story.when(said(NOON, FactVoided(target_message="told"))).then(FactVoided(target_message="told"))


def test_a_source_may_correct_what_has_not_arrived() -> None:
    story = given(said(NOON, FactVoided(target_message="later")))
    assert [fact.fact for fact in story.history.waiting] == [FactVoided(target_message="later")]
    story.record(said("2026-03-02T10:00", ADMISSION, message="later"))
    assert story.history.waiting == ()
    assert [fact.fact for fact in story.history.voided] == [ADMISSION]


def test_an_amendment_needs_the_type_it_is_written_in() -> None:
    needs(FactAmended(target_message="told"), "amended type")


def test_new_data_without_their_type_are_no_fact() -> None:
    with pytest.raises(ValidationError, match="amended_data needs amended_type beside it"):
        FactAmended(target_message="told", amended_data={"note": "who knows what"})


@pytest.mark.parametrize("kind", ["fact-voided", "fact-amended"])
def test_a_correction_is_not_amended(kind: str) -> None:
    with pytest.raises(ValidationError, match="a correction cannot be amended, only voided"):
        FactAmended(amended_type=f"se.carechain.{kind}.v1", amended_data={})


@pytest.mark.parametrize(
    ("correction", "regime"),
    [
        (FactVoided(target_message="told"), "HSL"),
        (FactVoided(target_message="told", target_regime="SoL"), "SoL"),
        (FactAmended(amended_type=ADMISSION_TYPE, amended_data={}), "HSL"),
        (FactAmended(amended_type=ADMISSION_TYPE, amended_data={}, target_regime="SoL"), "SoL"),
        (FactAmended(amended_type=SOL_TYPE, amended_data={"services": ["home-nursing"]}), "HSL"),
        (FactAmended(amended_type=SOL_TYPE, amended_data={"services": ["home-help"]}), "SoL"),
        (
            FactAmended(amended_type=SOL_TYPE, amended_data={"services": ["home-help"]}, target_regime="HSL"),
            "SoL",
        ),
        (FactAmended(amended_type="se.carechain.unheard-of.v1", amended_data={"x": 1}), "HSL"),
        (FactAmended(), "HSL"),
    ],
)
def test_what_is_said_of_social_services_stays_under_their_law(correction: Correction, regime: str) -> None:
    assert correction.regime() == regime


def test_two_corrections_may_be_amended_and_voided_in_turn() -> None:
    first: Fact = FactVoided(target_message="told")
    story = given(
        said("2026-03-02T10:00", ADMISSION, message="told"), said("2026-03-02T10:30", first, message="void")
    )
    accepted(story, FactVoided(target_message="void"))
    assert [fact.fact for fact in story.history.facts] == [ADMISSION]
    story.record(said("2026-03-02T13:00", LeaveStarted()))
    assert [fact.fact for fact in story.history.facts] == [ADMISSION, LeaveStarted()]
