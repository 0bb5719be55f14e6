"""Row 14: the five words, by municipality side by side and by who runs the unit: equal wherever one lives."""

import pytest
from mission_way import Patient, Way, changes, told

pytestmark = pytest.mark.broker

WARD = "hsa:SE2321000081-WARD1"
PUBLIC, PRIVATE = "hsa:SE2321000081-CENTRE", "hsa:SE5566778899-CENTRE"
PROVIDER = "orgnr:5566778899"
PATIENTS = {
    "ROW14A": ("1080", "2026-03-06T09:00:00+01:00", PUBLIC, "home-visit-made"),
    "ROW14B": ("1080", "2026-03-04T09:00:00+01:00", PRIVATE, "visit-made"),
    "ROW14C": ("1081", "2026-03-03T09:00:00+01:00", PRIVATE, "digital-visit-held"),
}
"""Two of Karlskrona, one of Ronneby, all ready on Monday 2 March; discharged; the health centre; how it met them."""
FIVE_WORDS = {"near", "coordinated", "resource-efficient", "health-promoting", "person-centred"}
AS_OF = "2026-03-31T12:00"
BLEKINGE = ("summary", "--region", "Blekinge", "--small-groups")


def tell(way: Way) -> None:
    for name, (code, left, centre, contact) in PATIENTS.items():
        say = way.patient(name).message
        admitted = {"unit": WARD, "care_form": "somatic", "municipality": code}
        to = {"recipients": [{"role": "municipal-health", "municipality": code}]}
        by_centre = {"principal": "10", "role": "open-care"}
        need = {"outcome": "yes", "needs": ["municipal-health"], "at_admission": True}
        followed_up = {"channel": "telephone", "unit": centre, "role": "open-care"}
        way.ingest(
            [
                say("2026-03-01T09:00:00+01:00", "patient-admitted", admitted, WARD),
                say("2026-03-01T09:00:00+01:00", "service-need-assessed", need, WARD),
                say(
                    "2026-03-01T11:00:00+01:00",
                    "care-contact-appointed",
                    {"unit": centre},
                    centre,
                    **by_centre,
                ),
                say("2026-03-02T08:00:00+01:00", "discharge-ready-declared", {}, WARD),
                say("2026-03-02T09:00:00+01:00", "discharge-ready-notified", to, WARD),
                say(left, "patient-discharged", {"destination": "home"}, WARD),
                say("2026-03-08T09:00:00+01:00", "follow-up-completed", followed_up, centre, **by_centre),
                say("2026-03-12T09:00:00+01:00", contact, {"unit": centre}, centre, **by_centre),
            ]
        )


def test_every_measure_stands_under_one_of_the_five_words_and_each_word_has_some(way: Way) -> None:
    lines = way.ask(*BLEKINGE, as_of=AS_OF)
    assert {line["word"] for line in lines} == FIVE_WORDS
    assert all(line["title"] and line["title"] != line["measure"] for line in lines)


def test_municipalities_side_by_side(way: Way) -> None:
    lines = way.ask(*BLEKINGE, "--by", "municipality", "--measure", "W-06", as_of=AS_OF)
    assert told(lines, "municipality", "count", "mean", "median", "word") == {
        ("1080", 2, 3.0, 3.0, "resource-efficient"),  # 4 and 2
        ("1081", 1, 1.0, 1.0, "resource-efficient"),
    }


def test_public_and_private_health_centres_side_by_side(way: Way) -> None:
    lines = way.ask(*BLEKINGE, "--by", "provider", "--measure", "W-24", as_of=AS_OF)
    shares = {line["provider"]: (line["count"], line["share"]) for line in lines}
    assert shares == {None: (1, 1.0), PROVIDER: (2, 0.5)}


def test_one_word_alone_and_few_patients_hidden_unless_asked_for(way: Way) -> None:
    near = way.ask(*BLEKINGE, "--word", "near", as_of=AS_OF)
    assert {line["measure"] for line in near} == {"W-24"}
    hidden = way.ask("summary", "--region", "Blekinge", "--by", "municipality", as_of=AS_OF)
    assert all(line["suppressed"] and line["count"] is None for line in hidden)


def test_as_a_table_for_people(way: Way) -> None:
    table = way.carechain(*BLEKINGE, "--by", "municipality", "--as-of", AS_OF)
    for heading in ("Near (nära)", "Coordinated (samordnat)", "Person-centred (personcentrerat)"):
        assert heading in table
    assert "Karlskrona" in table
    assert "Ronneby" in table


def test_one_of_them_is_followed_from_the_ward_to_the_private_centre(way: Way) -> None:
    patient: Patient = way.patient("ROW14B")
    assert told(patient.responsible(AS_OF), "party", "role", "unit", "organisation") == {
        ("region:10", "open-care", PRIVATE, PROVIDER)
    }
    (wait,) = patient.waits(AS_OF, "W-14")
    assert wait["value"] == 96.0
    missed = told(patient.missed(AS_OF), "rule", "state", "party")
    assert missed == {(rule, "missed", "region:10") for rule in ("MH-01", "MH-02", "MH-12", "MH-13")}
    assert ("MH-01", "missed", "region:10") in changes(
        patient.replay(AS_OF), "2026-03-02T09:00:00.000001+01:00"
    )
