"""What a message says beside its facts: where it is kept, how a long text is divided, and that nothing of it is lost."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from consumers.intake.notes import NOTE_MAX, parts, with_note
from domain.submission import Patient, Submission

BARE = Submission(
    type="se.carechain.message-noted.v1",
    time=datetime(2026, 3, 2, 8, tzinfo=UTC),
    patient=Patient(system="simulated", value="SIM-0001"),
    source="ward",
    message="M1",
)
ADMITTED = BARE.model_copy(update={"type": "se.carechain.patient-admitted.v1", "data": {"unplanned": True}})
MOVED = BARE.model_copy(update={"type": "se.carechain.patient-transferred.v1"})


def test_the_first_fact_holds_the_note() -> None:
    assert with_note([ADMITTED, MOVED], "NK1-2: a son\n", bare=BARE) == (
        ADMITTED.model_copy(update={"data": {"unplanned": True, "note": "NK1-2: a son"}}),
        MOVED,
    )


def test_without_anything_more_to_say_the_facts_are_as_they_were() -> None:
    assert with_note([ADMITTED], " \n", bare=BARE) == (ADMITTED,)
    assert with_note([], "", bare=BARE) == ()


def test_a_message_without_an_act_is_noted() -> None:
    (noted,) = with_note([], "AL1-3: penicillin", bare=ADMITTED)
    assert noted.type == "se.carechain.message-noted.v1"
    assert (noted.message, noted.data) == ("M1", {"text": "AL1-3: penicillin"})


def test_a_note_that_is_there_comes_first() -> None:
    noted = ADMITTED.model_copy(update={"data": {"note": "said"}})
    (first,) = with_note([noted], "more", bare=BARE)
    assert first.data["note"] == "said\nmore"
    full = ADMITTED.model_copy(update={"data": {"note": "x" * NOTE_MAX}})
    kept, more = with_note([full], "more", bare=BARE)
    assert kept == full
    assert more.data == {"text": "more"}


def test_a_long_text_is_divided_at_the_ends_of_lines() -> None:
    line = "x" * 9_999
    first, second, third = with_note([ADMITTED], "\n".join([line] * 5), bare=BARE)
    assert first.data["note"] == f"{line}\n{line}"
    assert second.data == {"text": f"{line}\n{line}", "part": "2/3"}
    assert third.data == {"text": line, "part": "3/3"}
    # One message id with two contents would be a finding.
    assert [one.message for one in (first, second, third)] == ["M1", "M1#2", "M1#3"]


def test_a_long_message_without_an_act_begins_with_part_one() -> None:
    one, other = with_note([], "y" * (NOTE_MAX + 1), bare=BARE)
    assert one.data == {"text": "y" * NOTE_MAX, "part": "1/2"}
    assert other.data == {"text": "y", "part": "2/2"}


def test_a_message_id_that_is_full_is_not_made_longer() -> None:
    bare = BARE.model_copy(update={"message": "m" * 512})
    _, other = with_note([], "y" * (NOTE_MAX + 1), bare=bare)
    assert other.message is not None
    assert len(other.message) == 66


def test_signs_that_cannot_be_kept_are_replaced() -> None:
    (noted,) = with_note([], "a\ud800b", bare=BARE)
    assert noted.data == {"text": "a?b"}


@given(st.lists(st.tuples(st.sampled_from("ab\n"), st.integers(1, 30_000)), max_size=8))
def test_no_sign_but_ends_of_lines_is_lost(runs: list[tuple[str, int]]) -> None:
    text = "".join(sign * times for sign, times in runs)
    pieces = parts(text)
    assert "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert all(0 < len(piece) <= NOTE_MAX for piece in pieces)
