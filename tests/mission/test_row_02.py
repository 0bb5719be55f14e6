"""Row 2: agreements between a region and its municipalities, overall and for one of them; the statute elsewhere."""

import pytest
from mission_way import GAVLE, WARD, Patient, Way, changes, told

from domain.agreement import Agreement, LocalLimits

pytestmark = pytest.mark.broker

MOLNDAL, LERUM = "municipality:1481", "municipality:1441"
WEST = "hsa:SE2321000131-WARD7"
"""A ward of Västra Götalandsregionen."""
ALL_OF_IT = Agreement(
    id="west",
    version=1,
    title="Region och kommuner",
    regions=("14",),
    limits=LocalLimits(takeover_answer_hours=24, discharge_ready_notice_minutes=60),
)
ONE_OF_THEM = Agreement(
    id="west-lerum",
    version=1,
    title="Region och Lerum",
    regions=("14",),
    municipalities=("1441",),
    limits=LocalLimits(takeover_answer_hours=72, discharge_ready_notice_minutes=180),
)
PATIENTS = {
    "ROW02A": ("1481", WEST, "hsa:SE2120001363-NURSING"),
    "ROW02B": ("1441", WEST, "hsa:SE2120001447-NURSING"),
    "ROW02C": ("2180", WARD, "hsa:SE2120002338-NURSING"),
}
"""The same is done in Mölndal, in Lerum and in Gävle."""

ASKED, ANSWERED = "2026-03-06T08:00", "2026-03-07T18:00"


def tell(way: Way) -> None:
    """Judged ready at 9, told of it at 11; the municipality is asked at noon and answers 48 hours later."""
    way.adopt(ALL_OF_IT)
    way.adopt(ONE_OF_THEM)
    for name, (code, ward, nursing) in PATIENTS.items():
        say = way.patient(name).message
        need = {"outcome": "yes", "needs": ["municipal-health"], "at_admission": True}
        municipal = {"recipients": [{"role": "municipal-health", "municipality": code}]}
        asked = {"municipality": code, "services": ["home-nursing"]}
        admitted = {"unit": ward, "care_form": "somatic", "municipality": code}
        way.ingest(
            [
                say("2026-03-02T08:00:00+01:00", "patient-admitted", admitted, ward),
                say("2026-03-02T08:00:00+01:00", "service-need-assessed", need, ward),
                say("2026-03-05T09:00:00+01:00", "discharge-ready-declared", {}, ward),
                say("2026-03-05T11:00:00+01:00", "discharge-ready-notified", municipal, ward),
                say("2026-03-05T12:00:00+01:00", "municipal-takeover-proposed", asked, ward),
                say(
                    "2026-03-07T12:00:00+01:00",
                    "municipal-takeover-accepted",
                    {**asked, "planned_start_at": "2026-03-09T12:00:00+01:00"},
                    nursing,
                    principal=code,
                ),
            ]
        )


@pytest.mark.parametrize(
    ("name", "party", "agreement", "due"),
    [
        ("ROW02A", MOLNDAL, "west@1", "2026-03-06T12:00:00+01:00"),
        ("ROW02B", LERUM, "west-lerum@1", "2026-03-08T12:00:00+01:00"),
        ("ROW02C", GAVLE, "statute@1", None),
    ],
)
def test_who_owes_an_answer_and_by_when(
    way: Way, name: str, party: str, agreement: str, due: str | None
) -> None:
    steps = way.patient(name).responsible(ASKED, "next_step")
    (answer,) = [line for line in steps if line["rule"] == "MH-24"]
    assert (answer["party"], answer["due_at"]) == (party, due)
    assert answer["basis"]["agreement"] == agreement


@pytest.mark.parametrize(("name", "at_most"), [("ROW02A", 60), ("ROW02B", 180), ("ROW02C", None)])
def test_the_same_two_hours_against_each_limit(way: Way, name: str, at_most: int | None) -> None:
    (wait,) = way.patient(name).waits(ANSWERED, "W-04")
    assert (wait["value"], wait["value_unit"], wait["at_most"]) == (120.0, "minutes", at_most)


def test_what_was_missed_by_the_law_everywhere_and_by_the_agreement_where_it_binds(way: Way) -> None:
    """No admission notice was sent within 24 hours: that is missed under every agreement."""
    missed = {
        name: told(way.patient(name).missed(ANSWERED), "rule", "state", "agreement") for name in PATIENTS
    }
    by_law = ("MH-01", "missed"), ("MH-02", "missed")
    assert missed == {
        "ROW02A": {(*row, "west@1") for row in (*by_law, ("MH-09", "late"), ("MH-24", "late"))},
        "ROW02B": {(*row, "west-lerum@1") for row in by_law},
        "ROW02C": {(*row, "statute@1") for row in by_law},
    }


def test_it_is_explained_by_the_agreement_s_value(way: Way) -> None:
    for name, agreement, hours in (("ROW02A", "west@1", 24), ("ROW02C", "statute@1", None)):
        (why,) = way.patient(name).explain(ANSWERED, "MH-24")
        assert why["agreement"] == {"name": agreement, "values": {"limits.takeover_answer_hours": hours}}


def test_the_replay_misses_the_answer_where_that_is_agreed(way: Way) -> None:
    """A microsecond after 24 hours in Mölndal; in Gävle nothing happens then."""
    first, _, last = (way.patient(name) for name in PATIENTS)
    assert ("MH-24", "missed", MOLNDAL) in changes(_after(first, "2026-03-06T12:00"), "passed")
    assert _after(last, "2026-03-06T12:00") == []


def _after(patient: Patient, noon: str) -> list[dict[str, object]]:
    """The replay's steps between that noon and the minute after it, as of one moment."""
    replay = patient.replay(ANSWERED)
    return [{**step, "time": "passed"} for step in replay if step["time"].startswith(noon)]
