"""The municipality that answers for the patient says that the patient is not its resident."""

import dataclasses

from given import given
from nearby import GAVLE, found, lasted, moved, open_findings
from ward import accepted, admitted, declined, discharged, proposed

CODE = "contradiction-residence"
IN = admitted("2026-03-02T10:00", stay="A")
ASKED = proposed("2026-03-04T10:00")
_NO = declined("2026-03-04T14:00")
NOT_OURS = dataclasses.replace(_NO, fact=_NO.fact.model_copy(update={"reason": "not-our-resident"}))


def test_until_the_stay_ends() -> None:
    story = given(IN, ASKED, NOT_OURS, discharged("2026-03-06T14:00", stay="A"))
    assert CODE not in open_findings(story, "2026-03-04T13:59")
    row = found(story, CODE)
    assert lasted(row, "2026-03-04T14:00", "2026-03-06T14:00")
    assert (row.party, row.outcome) == (GAVLE, "stay-ended")


def test_until_it_says_yes() -> None:
    row = found(given(IN, ASKED, NOT_OURS, accepted("2026-03-05T10:00")), CODE)
    assert (lasted(row, "2026-03-04T14:00", "2026-03-05T10:00"), row.outcome) == (True, "accepted")


def test_until_another_municipality_answers_for_the_patient() -> None:
    row = found(given(IN, ASKED, NOT_OURS, moved("2026-03-05T10:00", "2181")), CODE)
    assert (lasted(row, "2026-03-04T14:00", "2026-03-05T10:00"), row.outcome) == (True, "moved")


def test_a_municipality_that_does_not_answer_for_the_patient_is_right() -> None:
    assert CODE not in given(IN, moved("2026-03-03T10:00", "2181"), NOT_OURS).findings("2026-03-20T10:00")


def test_another_reason_is_no_question_of_residence() -> None:
    assert CODE not in given(IN, ASKED, _NO).findings("2026-03-20T10:00")
