"""The patient as a person: goal, identities, blocks and protection, each taken back only where it holds."""

import json

import pytest
from given import JOURNEY, said
from situations import (
    accepted,
    admitted,
    in_clear_under_hsl,
    needs,
    of_anybody,
    of_the_living,
    refused,
    unknown,
)

from domain.fact import Fact
from domain.facts.person import (
    BlockLifted,
    BlockSet,
    PatientGoalStated,
    PatientIdentityLinked,
    PatientIdentityUnlinked,
    ProtectedIdentityLifted,
    ProtectedIdentitySet,
)

GOAL = PatientGoalStated(goal="Kunna gå till brevlådan själv.")
OTHER, THIRD = "00000000-0000-4000-8000-000000000002", "00000000-0000-4000-8000-000000000003"
LINKED = PatientIdentityLinked(other_journey=OTHER, ground="reserve-number")
UNLINKED = PatientIdentityUnlinked(other_journey=OTHER, ground="mistaken")
BLOCK = BlockSet(kind="inner", closed_unit="hsa:SE2321000198-PSYCH")
LIFTED = BlockLifted(kind="inner", closed_unit="hsa:SE2321000198-PSYCH", ground="patient")
PROTECTED = ProtectedIdentitySet(kind="secrecy-marking")
OPEN = ProtectedIdentityLifted(kind="secrecy-marking")

PAIRS: list[tuple[Fact, Fact, str]] = [
    (LINKED, UNLINKED, "You cannot unlink an identity: that journey is not linked to this one."),
    (BLOCK, LIFTED, "You cannot lift a block: no such block is set."),
    (PROTECTED, OPEN, "You cannot lift the protection: no such protection is set."),
]
OTHERS: list[tuple[Fact, Fact, str]] = [
    (LINKED.model_copy(update={"other_journey": THIRD}), UNLINKED, PAIRS[0][2]),
    (BLOCK.model_copy(update={"kind": "shared-documentation"}), LIFTED, PAIRS[1][2]),
    (BLOCK.model_copy(update={"closed_unit": None}), LIFTED, PAIRS[1][2]),
    (PROTECTED.model_copy(update={"kind": "protected-registration"}), OPEN, PAIRS[2][2]),
]


def test_the_living_say_what_matters_to_them() -> None:
    of_the_living(GOAL, "state the patient's goal")


def test_their_words_are_sealed() -> None:
    recorded = unknown().record(said("2026-03-02T12:00", GOAL))
    assert set(json.loads(bytes(recorded.envelope.data))["goal"]) == {"sealed", "key"}
    assert "brevl" not in recorded.raw.decode()


@pytest.mark.parametrize("fact", [LINKED, BLOCK, PROTECTED])
def test_what_nothing_in_the_journey_stands_in_the_way_of(fact: Fact) -> None:
    of_anybody(fact)


@pytest.mark.parametrize(("done", "undone", "words"), PAIRS)
def test_what_holds_is_taken_back_once(done: Fact, undone: Fact, words: str) -> None:
    accepted(admitted(said("2026-03-02T11:00", done)), undone)
    refused(unknown(), undone, words)
    refused(admitted(said("2026-03-02T12:01", done)), undone, words)
    refused(admitted(said("2026-03-02T11:00", done), said("2026-03-02T11:30", undone)), undone, words)


@pytest.mark.parametrize(("other", "undone", "words"), OTHERS)
def test_one_is_not_the_other(other: Fact, undone: Fact, words: str) -> None:
    refused(admitted(said("2026-03-02T11:00", other)), undone, words)


def test_a_journey_is_not_linked_to_itself() -> None:
    own = LINKED.model_copy(update={"other_journey": str(JOURNEY)})
    refused(admitted(), own, "You cannot link an identity: that is this journey itself.")


@pytest.mark.parametrize("written", ["19121212-1212", "00000000-0000-4000-8000-00000000000", "SIM-0001"])
def test_a_journey_is_named_by_its_id(written: str) -> None:
    with pytest.raises(ValueError, match="other_journey"):
        PatientIdentityLinked(other_journey=written)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (PatientGoalStated(), "goal"),
        (PatientIdentityLinked(), "other journey, ground"),
        (PatientIdentityUnlinked(), "other journey, ground"),
        (BlockSet(), "kind"),
        (BlockLifted(), "kind, ground"),
        (ProtectedIdentitySet(), "kind"),
        (ProtectedIdentityLifted(), "kind"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize("fact", [GOAL, LINKED, UNLINKED, BLOCK, LIFTED, PROTECTED, OPEN])
def test_it_stands_under_health_care_law_unless_its_sender_says_the_other(fact: Fact) -> None:
    in_clear_under_hsl(fact)
