"""Patient, EpisodeOfCare, CareTeam, Flag and Provenance; expectations by hand."""

from typing import Any

import pytest
from fhir_resources import (
    HOSPITAL,
    MUNICIPAL,
    RESERVE,
    acts,
    brief,
    briefs,
    bundle,
    concept,
    encounter,
    hospital,
    ours,
    patient,
    period,
    read,
    ref,
)

UNIT, HOME = f"hsa:{HOSPITAL}", f"hsa:{MUNICIPAL}"
SENT = "2026-03-02T07:10:00Z"
FROM, FROM_AT = "2026-03-04T10:00:00+01:00", "2026-03-04T09:00:00Z"
TO, TO_AT = "2026-03-20T10:00:00+01:00", "2026-03-20T09:00:00Z"


def test_death_by_the_patients_record() -> None:
    dead = patient(deceasedDateTime="2026-03-09T11:30:00+01:00")
    (said,) = acts(read(bundle(dead)))
    assert (brief(said), said.precision) == (("patient-deceased", "2026-03-09T10:30:00Z", {}), "second")
    (said,) = acts(read(bundle(patient(deceasedDateTime="2026-03-09"))))
    assert (brief(said)[1], said.precision) == ("2026-03-08T23:00:00Z", "day")


def test_death_without_a_time_is_put_aside() -> None:
    told = read(bundle(patient(deceasedBoolean=True)))
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == ("missing-time", "Patient.deceasedDateTime")
    assert told.patient is not None
    assert read(bundle(patient(deceasedBoolean=False))).submissions == ()


def test_a_reserve_number_and_a_personnummer_are_one_person() -> None:
    both = patient()
    both["identifier"].insert(0, {"system": RESERVE, "value": "98240301AA06"})
    (said,) = acts(read(bundle(both)))
    assert brief(said) == ("patient-identity-linked", SENT, {"ground": "reserve-number"})
    assert (said.patient.system, said.patient.value) == ("personnummer", "191212121212")  # type: ignore[union-attr]
    assert (said.other.system, said.other.value) == ("reservnummer", "98240301AA06")  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["replaced-by", "replaces"])
def test_a_record_that_is_replaced_by_another(kind: str) -> None:
    prior, right = patient("5", "p1", "https://a.example/mrn"), patient("7", "p2", "https://a.example/mrn")
    if kind == "replaced-by":
        prior["link"] = [{"other": ref("Patient/p2"), "type": kind}]
    else:
        right["link"] = [{"other": ref("Patient/p1"), "type": kind}]
    (said,) = acts(read(bundle(prior, right)))
    assert brief(said) == ("patient-identity-linked", SENT, {"ground": "double-record"})
    assert (said.patient.value, said.other.value) == ("7", "5")  # type: ignore[union-attr]
    assert said.other.system == "mrn:a.example-mrn"  # type: ignore[union-attr]


def test_a_link_to_a_number_alone_and_one_that_only_refers() -> None:
    link = {"other": {"identifier": {"system": RESERVE, "value": "98240301AA06"}}, "type": "replaces"}
    assert briefs(bundle(patient(link=[link])))[0][2] == {"ground": "reserve-number"}
    assert read(bundle(patient(link=[link | {"type": "seealso"}]))).submissions == ()


def test_record_numbers_of_two_hospitals_are_two_patients() -> None:
    systems = [
        acts(read(bundle(encounter(), patient("42", system=f"https://{name}.example/mrn"))))[0].patient
        for name in ("a", "b")
    ]
    assert [one.system for one in systems if one] == ["mrn:a.example-mrn", "mrn:b.example-mrn"]


def test_the_best_identifier_is_taken() -> None:
    many = patient()
    record = {
        "system": "https://a.example/mrn",
        "value": "42",
        "type": concept("http://terminology.hl7.org/CodeSystem/v2-0203", "MR"),
    }
    other = {"system": "https://a.example/ssn", "value": "999-12-1234"}
    many["identifier"] = [other, record, *many["identifier"]]
    assert acts(read(bundle(encounter(), many)))[0].patient.system == "personnummer"  # type: ignore[union-attr]
    many["identifier"] = [other, record]
    assert acts(read(bundle(encounter(), many)))[0].patient.value == "42"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [([], "no-patient-id"), ([{"value": "42"}], "no-patient-id"),
     ([{"system": "urn:oid:1.2.752.129.2.1.3.1", "value": "191212121213"}], "invalid-patient-id")],
)  # fmt: skip
def test_a_patient_who_cannot_be_told(identifier: list[Any], reason: str) -> None:
    told = read(bundle(encounter(), patient(identifier=identifier)))
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field, told.submissions) == (reason, "Patient.identifier", ())


# -- those who have the patient for a time -------------------------------------------------------------------------

NURSE: list[dict[str, Any]] = [
    {
        "resourceType": "Practitioner",
        "id": "n1",
        "identifier": [{"system": "urn:oid:1.2.752.129.2.1.4.1", "value": "SE2321000198-NURSE"}],
    },
    {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": ref("Practitioner/n1"),
        "organization": ref("Organization/hospital"),
        "code": [ours("care-contact", "fast-vardkontakt")],
    },
]


def episode_of_care(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "EpisodeOfCare",
        "id": "eoc1",
        "status": "active",
        "patient": ref("Patient/p1"),
        "managingOrganization": ref("Organization/hospital"),
        "period": period(FROM),
        "careManager": ref("PractitionerRole/r1"),
    } | more


APPOINTED = {"unit": UNIT, "person": "SE2321000198-NURSE"}


def test_the_care_manager_is_the_care_contact() -> None:
    assert briefs(bundle(episode_of_care(), *NURSE)) == [("care-contact-appointed", FROM_AT, APPOINTED)]
    over = episode_of_care(status="finished", period=period(FROM, TO))
    assert briefs(bundle(over, *NURSE)) == [
        ("care-contact-appointed", FROM_AT, APPOINTED),
        ("care-contact-ended", TO_AT, {"unit": UNIT, "reason": "other"}),
    ]


def test_another_care_manager_is_none() -> None:
    role = NURSE[1] | {"code": [{"text": "sekreterare"}]}
    assert read(bundle(episode_of_care(), NURSE[0], role)).submissions == ()


def test_an_episode_of_inpatient_care_that_is_over() -> None:
    stay = encounter(episodeOfCare=[ref("EpisodeOfCare/eoc1")], status="finished", end=TO)
    del stay["identifier"]
    over = episode_of_care(status="finished", period=period(FROM, TO), careManager=ref("Practitioner/n1"))
    told = acts(read(bundle(stay, over, *NURSE)))
    assert brief(told[-1]) == ("episode-closed", TO_AT, {"reason": "completed"})
    assert {said.episode for said in told} == {"EpisodeOfCare/eoc1"}


def test_an_episode_of_care_entered_in_error() -> None:
    wrong = episode_of_care(status="entered-in-error", meta={"lastUpdated": TO})
    assert briefs(bundle(wrong, *NURSE)) == [("fact-voided", TO_AT, {"target_message": "EpisodeOfCare/eoc1"})]


def team(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CareTeam",
        "id": "team1",
        "status": "active",
        "category": [ours("care-team", "mobile-team")],
        "subject": ref("Patient/p1"),
        "period": period(FROM),
        "participant": [
            {"member": ref("PractitionerRole/r1"), "onBehalfOf": ref("Organization/hospital")},
            {"member": ref("Organization/municipality"), "role": [ours("role", "social-services")]},
        ],
        "managingOrganization": [ref("Organization/hospital")],
    } | more


def test_a_mobile_team_takes_over_and_hands_back() -> None:
    took = (
        "mobile-team-took-over",
        FROM_AT,
        {
            "team": UNIT,
            "members": [
                {"role": "open-care", "unit": UNIT},
                {"role": "social-services", "unit": HOME, "municipality": "2180"},
            ],
        },
    )
    assert briefs(bundle(team(), *NURSE)) == [took]
    assert briefs(bundle(team(status="inactive", period=period(FROM, TO)), *NURSE)) == [
        took,
        ("mobile-team-handed-back", TO_AT, {"team": UNIT, "reason": "other"}),
    ]


def test_a_care_contact_in_a_team() -> None:
    contact = {
        "member": ref("PractitionerRole/r1"),
        "role": [ours("care-contact", "fast-vardkontakt")],
        "period": period(FROM),
    }
    assert briefs(bundle(team(category=[], participant=[contact]), *NURSE)) == [
        ("care-contact-appointed", FROM_AT, APPOINTED)
    ]


def test_a_team_entered_in_error_and_one_proposed() -> None:
    wrong = team(status="entered-in-error", meta={"lastUpdated": TO})
    assert briefs(bundle(wrong, *NURSE)) == [("fact-voided", TO_AT, {"target_message": "CareTeam/team1"})]
    assert read(bundle(team(status="proposed"), *NURSE)).submissions == ()


def flag(status: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Flag",
        "id": "f1",
        "status": status,
        "code": ours("flag", "discharge-ready"),
        "subject": ref("Patient/p1"),
        "period": period(FROM),
        "author": ref("Organization/hospital"),
    } | more


def test_ready_for_discharge_as_a_flag() -> None:
    ready: tuple[str, str, dict[str, Any]] = ("discharge-ready-declared", FROM_AT, {})
    assert briefs(bundle(flag("active"))) == [ready]
    assert briefs(bundle(flag("inactive", period=period(FROM, TO)))) == [
        ready,
        ("discharge-ready-withdrawn", TO_AT, {"reason": "other"}),
    ]
    assert briefs(bundle(flag("entered-in-error", meta={"lastUpdated": TO}))) == [
        ("fact-voided", TO_AT, {"target_message": "Flag/f1"})
    ]
    assert read(bundle(flag("active", code={"text": "Allergi"}))).submissions == ()


# -- corrections ---------------------------------------------------------------------------------------------------


def provenance(**more: Any) -> dict[str, Any]:
    return {"resourceType": "Provenance", "id": "pr1", "target": [ref("Encounter/e1")], "recorded": TO} | more


OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


@pytest.mark.parametrize(
    "how",
    [
        {"activity": concept(OPERATION, "UPDATE")},
        {"entity": [{"role": "revision", "what": ref("Encounter/e1/_history/1")}]},
    ],
)
def test_a_provenance_says_that_what_was_told_before_was_wrong(how: dict[str, Any]) -> None:
    own = {"organisation": "orgnr:2321000198", "unit": UNIT}
    told = acts(read(bundle(encounter(), provenance(**how))))
    assert [brief(said) for said in told] == [
        ("patient-admitted", "2026-03-02T07:00:00Z", own),
        (
            "fact-amended",
            TO_AT,
            {
                "target_message": "Encounter/e1",
                "target_kinds": ["patient-admitted"],
                "amended_type": "se.carechain.patient-admitted.v1",
                "amended_at": "2026-03-02T07:00:00.000000Z",
                "amended_data": own,
            },
        ),
    ]


@pytest.mark.parametrize("code", ["DELETE", "NULLIFY"])
def test_a_provenance_says_that_it_never_was(code: str) -> None:
    gone = provenance(activity=concept(OPERATION, code))
    assert briefs(bundle(encounter(), gone)) == [("fact-voided", TO_AT, {"target_message": "Encounter/e1"})]


def test_a_provenance_of_making_it_changes_nothing() -> None:
    made = provenance(activity=concept(OPERATION, "CREATE"))
    assert [one[0] for one in briefs(bundle(encounter(), made))] == ["patient-admitted"]


def test_who_answers_is_the_patients_own_organisation_where_nothing_else_says() -> None:
    dead = patient(deceasedDateTime=TO, managingOrganization=ref("Organization/hospital"))
    (said,) = acts(read(bundle(dead, hospital())))
    assert said.controller == "orgnr:2321000198"
