"""One patient, all the way: what goes in at the door comes out as an answer, and again after a rebuild."""

import pytest
from conftest import Place
from pipeline import Pipeline, submission

pytestmark = pytest.mark.broker


def test_a_patients_way_is_shown_and_rebuilt(place: Place) -> None:
    pipeline = Pipeline(place)
    answers = pipeline.submit(
        [
            submission(
                "patient-admitted",
                "2026-03-02T08:00:00+01:00",
                message="1",
                data={"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"},
            ),
            submission(
                "service-need-assessed",
                "2026-03-02T10:00:00+01:00",
                message="2",
                data={"outcome": "yes", "needs": ["municipal-health"], "at_admission": False},
            ),
            submission(
                "municipal-care-started",
                "2026-03-12T10:00:00+01:00",
                message="3",
                principal="2180",
                data={"services": ["home-nursing", "home-help"], "municipality": "2180"},
            ),
        ]
    )
    assert [len(answer.new) for answer in answers] == [1, 1, 2]
    pipeline.project()
    before = pipeline.shown()
    assert before["stays"]
    assert pipeline.differences() == []
    made = pipeline.rebuild()
    assert (made.facts, made.journeys, made.parked) == (4, 1, 0)
    assert pipeline.shown() == before
    assert pipeline.differences() == []
