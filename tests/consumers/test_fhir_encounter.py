"""What an Encounter is read as: class, status and location with their histories; expectations by hand."""

from typing import Any

import pytest
from fhir_resources import (
    ACT,
    DISPOSITION,
    HOSPITAL,
    WARD_A,
    WARD_B,
    acts,
    at_places,
    brief,
    briefs,
    bundle,
    coding,
    concept,
    encounter,
    history,
    hospital,
    name_of,
    notes,
    ours,
    patient,
    period,
    read,
    ref,
    ward,
)

from domain.submission import Submission

REGION = "orgnr:2321000198"
UNIT = f"hsa:{HOSPITAL}"
START, START_TEXT = "2026-03-02T07:00:00Z", "2026-03-02T07:00:00.000000Z"
END_GIVEN = "2026-03-09T11:30:00+01:00"
END = "2026-03-09T10:30:00Z"
OWN = {"organisation": REGION, "unit": UNIT}


def one(document: dict[str, Any]) -> Submission:
    (said,) = acts(read(document))
    return said


def test_an_admission_says_who_where_and_when() -> None:
    said = one(bundle(encounter()))
    assert brief(said) == ("patient-admitted", START, OWN)
    assert (said.patient.system, said.patient.value) == ("personnummer", "191212121212")  # type: ignore[union-attr]
    assert (said.source, said.message, said.episode) == (REGION, "Encounter/e1", "VTF-1")
    assert (said.unit, said.role, said.controller, said.principal) == (UNIT, "inpatient", REGION, "21")
    assert f"{said.sent:%H:%M}" == "07:10"


@pytest.mark.parametrize("class_", ["IMP", "ACUTE", "NONAC", "SS", "imp"])
def test_inpatient_classes(class_: str) -> None:
    assert brief(one(bundle(encounter(class_)))) == ("patient-admitted", START, OWN)


@pytest.mark.parametrize("status", ["arrived", "triaged", "in-progress"])
def test_the_visit_begins_with_arrival(status: str) -> None:
    said = one(bundle(encounter("EMER", status)))
    assert (brief(said), said.role) == (("emergency-visit-started", START, OWN), "emergency")


def test_without_a_period_the_status_history_says_when_it_began() -> None:
    arrived = history(("planned", "2026-03-01T08:00:00Z", None), ("arrived", "2026-03-02T07:00:00Z", None))
    assert brief(one(bundle(encounter("EMER", "triaged", None, statusHistory=arrived))))[1] == START


@pytest.mark.parametrize(
    ("class_", "name"), [("AMB", "visit-made"), ("VR", "digital-visit-held"), ("HH", "home-visit-made")]
)
def test_visits_in_open_care(class_: str, name: str) -> None:
    said = one(bundle(encounter(class_, "finished", end=END_GIVEN)))
    assert brief(said) == (name, START, {"unit": UNIT, "role": "open-care"})


@pytest.mark.parametrize(
    ("disposition", "destination"),
    [("home", "home"), ("long", "residential-care"), ("snf", "short-term-place"), ("rehab", "other-hospital"),
     ("oth", "other"), ("alt-home", "other")],
)  # fmt: skip
def test_a_discharge(disposition: str, destination: str) -> None:
    went = {"dischargeDisposition": concept(DISPOSITION, disposition)}
    told = read(bundle(encounter("IMP", "finished", end=END_GIVEN, hospitalization=went)))
    assert [brief(said) for said in acts(told)] == [
        ("patient-admitted", START, OWN),
        ("patient-discharged", END, {"destination": destination, "admitted_at": START_TEXT}),
    ]
    assert notes(told) == ""


def test_our_own_word_for_where_they_went() -> None:
    went = {"dischargeDisposition": ours("destination", "compulsory-open-care")}
    said = acts(read(bundle(encounter("IMP", "finished", end=END_GIVEN, hospitalization=went))))[1]
    assert said.data["destination"] == "compulsory-open-care"


def test_the_end_of_a_visit() -> None:
    went = {"dischargeDisposition": concept(DISPOSITION, "snf")}
    said = acts(read(bundle(encounter("EMER", "finished", end=END_GIVEN, hospitalization=went))))[1]
    assert brief(said) == ("emergency-visit-ended", END, {"destination": "other", "started_at": START_TEXT})


def test_death_in_hospital() -> None:
    went = {"dischargeDisposition": concept(DISPOSITION, "exp")}
    dead = encounter("IMP", "finished", end=END_GIVEN, hospitalization=went)
    assert briefs(bundle(dead))[1] == ("patient-deceased", END, {"admitted_at": START_TEXT})
    timed = patient(deceasedDateTime="2026-03-09T11:10:00+01:00")
    assert briefs(bundle(dead, timed))[1:] == [
        ("patient-deceased", "2026-03-09T10:10:00Z", {"admitted_at": START_TEXT})
    ]
    dated = patient(deceasedDateTime="2026-03-09")
    assert briefs(bundle(dead, dated))[1:] == [("patient-deceased", END, {"admitted_at": START_TEXT})]


def test_places_are_transfers_after_the_first() -> None:
    moved = at_places(
        ("a", "2026-03-02T08:00:00+01:00", "2026-03-03T09:00:00+01:00"),
        ("room", "2026-03-02T20:00:00+01:00", None),
        ("b", "2026-03-03T09:00:00+01:00", "2026-03-05T10:00:00+01:00"),
        ("a", "2026-03-05T10:00:00+01:00", None),
    )
    moved += [{"location": ref("Location/b"), "status": "planned", "period": period("2026-03-07T10:00:00Z")}]
    room = {
        "resourceType": "Location",
        "id": "room",
        "physicalType": concept("http://terminology.hl7.org/CodeSystem/location-physical-type", "ro"),
        "partOf": ref("Location/a"),
    }
    told = read(bundle(encounter(location=moved), ward("a", WARD_A), ward("b", WARD_B), room))
    assert [brief(said) for said in acts(told)] == [
        ("patient-admitted", START, {"organisation": REGION, "unit": WARD_A}),
        ("patient-transferred", "2026-03-03T08:00:00Z", {"from_unit": WARD_A, "to_unit": WARD_B}),
        ("patient-transferred", "2026-03-05T09:00:00Z", {"from_unit": WARD_B, "to_unit": WARD_A}),
    ]
    assert [said.unit for said in acts(told)] == [WARD_A, WARD_B, WARD_A]
    assert "planned" in notes(told)


def test_a_place_come_to_later_is_a_transfer_from_where_they_were_admitted() -> None:
    later = at_places(("b", "2026-03-03T09:00:00+01:00", None))
    assert briefs(bundle(encounter(location=later), ward("b", WARD_B))) == [
        ("patient-admitted", START, OWN),
        ("patient-transferred", "2026-03-03T08:00:00Z", {"from_unit": UNIT, "to_unit": WARD_B}),
    ]


def test_leaves_from_the_status_history() -> None:
    statuses = history(
        ("in-progress", "2026-03-02T08:00:00+01:00", "2026-03-04T16:00:00+01:00"),
        ("onleave", "2026-03-04T16:00:00+01:00", "2026-03-05T10:00:00+01:00"),
        ("in-progress", "2026-03-05T10:00:00+01:00", "2026-03-06T16:00:00+01:00"),
    )
    admitted = {"admitted_at": START_TEXT}
    expected = [
        ("patient-admitted", START, OWN),
        ("leave-started", "2026-03-04T15:00:00Z", admitted),
        ("leave-ended", "2026-03-05T09:00:00Z", {"started_at": "2026-03-04T15:00:00.000000Z"} | admitted),
    ]
    assert briefs(bundle(encounter(statusHistory=statuses))) == expected
    away = bundle(encounter(status="onleave", statusHistory=statuses))
    assert briefs(away) == [*expected, ("leave-started", "2026-03-06T15:00:00Z", admitted)]


def test_on_leave_without_a_word_since_when() -> None:
    told = read(bundle(encounter(status="onleave")))
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == ("missing-leave", "Encounter.statusHistory.period")
    assert [name_of(said) for said in told.submissions][:1] == ["patient-admitted"]
    assert told.patient is not None
    assert told.patient.value == "191212121212"


def test_from_the_emergency_department_to_the_ward() -> None:
    classes = [
        {
            "class": coding(ACT, "EMER"),
            "period": period("2026-03-02T08:00:00+01:00", "2026-03-02T13:00:00+01:00"),
        }
    ]
    places = at_places(("a", "2026-03-02T08:00:00+01:00", None), ("b", "2026-03-02T13:00:00+01:00", None))
    whole = encounter(classHistory=classes, location=places, status="finished", end=END_GIVEN)
    told = acts(read(bundle(whole, ward("a", WARD_A), ward("b", WARD_B))))
    assert [brief(said) for said in told] == [
        ("emergency-visit-started", START, {"organisation": REGION, "unit": WARD_A}),
        ("patient-admitted", "2026-03-02T12:00:00Z", {"organisation": REGION, "unit": WARD_B}),
        ("patient-discharged", END, {"admitted_at": "2026-03-02T12:00:00.000000Z"}),
    ]
    assert {said.episode for said in told} == {"VTF-1"}


def test_care_form_compulsion_urgency_and_where_they_live() -> None:
    address = {
        "extension": [
            {
                "url": "https://region.example/kommun",
                "valueCoding": coding("urn:oid:1.2.752.129.2.2.1.17", "2180"),
            }
        ]
    }
    psychiatric = encounter(
        type=[ours("care-form", "psychiatric"), ours("compulsion", "LPT")],
        priority=concept("http://terminology.hl7.org/CodeSystem/v3-ActPriority", "EM"),
    )
    assert briefs(bundle(psychiatric, patient(address=[address])))[0][2] == OWN | {
        "care_form": "psychiatric",
        "compulsion": "LPT",
        "unplanned": True,
        "municipality": "2180",
    }


def test_cancelled_before_it_began() -> None:
    assert briefs(bundle(encounter(status="cancelled", start=None))) == [
        ("episode-cancelled", "2026-03-02T07:10:00Z", {"reason": "did-not-arrive"})
    ]
    begun = history(("in-progress", "2026-03-02T08:00:00+01:00", None))
    assert briefs(bundle(encounter(status="cancelled", end=END_GIVEN, statusHistory=begun))) == [
        ("episode-cancelled", END, {"reason": "other"})
    ]


def test_entered_in_error_takes_back_all_that_it_told() -> None:
    wrong = encounter(
        status="entered-in-error",
        location=at_places(("a", "2026-03-02T08:00:00+01:00", None), ("b", "2026-03-03T08:00:00Z", None)),
        statusHistory=history(("onleave", "2026-03-04T15:00:00Z", "2026-03-05T15:00:00Z")),
        meta={"lastUpdated": "2026-03-06T12:00:00Z"},
    )
    told = acts(read(bundle(wrong, ward("a", WARD_A), ward("b", WARD_B))))
    assert [brief(said) for said in told] == [
        ("fact-voided", "2026-03-06T12:00:00Z", {"target_message": target})
        for target in (
            "Encounter/e1",
            "Encounter/e1#transfer@2026-03-03T08:00:00.000000Z",
            "Encounter/e1#leave@2026-03-04T15:00:00.000000Z",
        )
    ]
    assert len({said.message for said in told}) == 3
    moved = at_places(("a", "2026-03-02T08:00:00+01:00", None), ("b", "2026-03-03T08:00:00Z", None))
    right = acts(read(bundle(encounter(location=moved), ward("a", WARD_A), ward("b", WARD_B))))
    assert right[1].message == "Encounter/e1#transfer@2026-03-03T08:00:00.000000Z"


def test_a_discharge_that_was_taken_back() -> None:
    again = history(
        ("in-progress", "2026-03-02T08:00:00+01:00", "2026-03-05T10:00:00+01:00"),
        ("finished", "2026-03-05T10:00:00+01:00", "2026-03-05T12:00:00+01:00"),
    )
    back = bundle(encounter(statusHistory=again))
    void = (
        "fact-voided",
        "2026-03-05T11:00:00Z",
        {
            "target_message": "Encounter/e1",
            "target_kinds": ["patient-discharged", "emergency-visit-ended", "patient-deceased"],
        },
    )
    assert briefs(back) == [("patient-admitted", START, OWN), void]
    last = encounter(
        status="finished",
        end=END_GIVEN,
        statusHistory=[*again, *history(("in-progress", "2026-03-05T12:00:00+01:00", END_GIVEN))],
    )
    told = acts(read(bundle(last)))
    assert [brief(said) for said in told][1:] == [
        void,
        ("patient-discharged", END, {"admitted_at": START_TEXT}),
    ]
    assert told[2].message == "Encounter/e1#end-2"


def test_planned_and_unknown_encounters_are_notes() -> None:
    for document in (
        bundle(encounter(status="planned")),
        bundle(encounter("PRENC")),
        bundle(encounter("FLD")),
    ):
        told = read(document)
        assert acts(told) == []
        assert "Encounter/e1" in notes(told)
        assert "status: " in notes(told)


def test_the_episode_is_the_encounters_else_the_episode_of_cares_else_its_id() -> None:
    bare = {name: value for name, value in encounter().items() if name != "identifier"}
    logical = bare | {"episodeOfCare": [{"identifier": {"system": "x", "value": "EOC-1"}}]}
    named = bare | {"episodeOfCare": [ref("EpisodeOfCare/eoc")]}
    assert one(bundle(bare)).episode == "Encounter/e1"
    assert one(bundle(logical)).episode == "EOC-1"
    assert one(bundle(named)).episode == "EpisodeOfCare/eoc"


def test_units_of_senders_without_hsa_ids() -> None:
    foreign = hospital(identifier=[{"system": "https://clinic.example/units", "value": "Ward 7/8"}])
    said = one(bundle(encounter(), foreign))
    assert said.unit == said.controller == "local:clinic.example-units/Ward-7-8"
    assert said.source == "fhir:clinic.example-units"
    person = hospital(identifier=[{"system": "https://clinic.example/units", "value": "191212121212"}])
    assert "191212121212" not in (one(bundle(encounter(), person)).unit or "")
    danish = hospital(identifier=[{"system": "urn:oid:1.2.208.176.1.1", "value": "4001"}])
    said = one(bundle(encounter(), danish))
    assert (said.unit, said.controller, said.source) == ("sor:4001", "sor:4001", "sor:4001")


def test_a_unit_is_part_of_who_answers_for_it() -> None:
    clinic = hospital(
        identifier=[{"system": "https://region.example/k", "value": "K7"}], partOf=ref("Organization/region")
    )
    region = {
        "resourceType": "Organization",
        "id": "region",
        "identifier": [{"system": "urn:oid:2.5.4.97", "value": "2321000198"}],
    }
    said = one(bundle(encounter(), clinic, region))
    assert (said.unit, said.controller, said.principal) == ("local:region.example-k/K7", REGION, "21")


def test_a_single_resource_with_everything_contained() -> None:
    alone = encounter(
        contained=[patient(id_="p"), hospital(id="h")],
        subject=ref("#p"),
        serviceProvider=ref("#h"),
        meta={"lastUpdated": "2026-03-02T08:10:00+01:00"},
    )
    told = read(alone)
    assert told.kind == "Encounter"
    assert [brief(said) for said in acts(told)] == [("patient-admitted", START, OWN)]


def test_a_single_resource_with_identifiers_for_references() -> None:
    alone = encounter(
        subject={"identifier": {"system": "urn:oid:1.2.752.129.2.1.3.1", "value": "191212121212"}},
        serviceProvider={"identifier": {"system": "urn:oid:1.2.752.29.4.19", "value": HOSPITAL}},
    )
    said = one(alone)
    assert (said.patient.value, said.unit) == ("191212121212", UNIT)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changed", "reason", "field"),
    [
        ({"period": {}}, "missing-period", "Encounter.period.start"),
        ({"status": "finished"}, "missing-period", "Encounter.period.end"),
        ({"period": {"start": "2026-03"}}, "invalid-time", "Encounter.period.start"),
        ({"period": {"start": "2026-03-02T08:00:00"}}, "invalid-time", "Encounter.period.start"),
        ({"subject": {"reference": "Patient/p9"}}, "no-patient-id", "Encounter.subject"),
        ({"status": "entered-in-error"}, "missing-time", "Encounter.meta.lastUpdated"),
    ],
)
def test_what_is_lacking_is_named(changed: dict[str, Any], reason: str, field: str) -> None:
    told = read(bundle(encounter() | changed, sent=None))
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == (reason, field)


def test_without_any_organisation_nobody_answers_for_it() -> None:
    bare = {name: value for name, value in encounter().items() if name != "serviceProvider"}
    told = read(bundle(bare, around=[patient()]))
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == ("no-controller", "Encounter.serviceProvider")


def test_a_later_version_tells_the_same_acts_alike() -> None:
    first = acts(read(bundle(encounter())))[0]
    later = acts(read(bundle(encounter(status="finished", end=END_GIVEN), sent="2026-03-09T12:00:00Z")))[0]
    assert later.model_copy(update={"sent": first.sent}) == first
