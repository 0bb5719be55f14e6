"""FHIR R4 Provenance and AuditEvent: resources written down by hand, and what R4 demands of every one."""

import io
import json
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

from given import instant
from shown_journeys import ADMITTED, AMENDED, ANNA, BO_ADMITTED, EMPTY, JOURNEYS, STAFF, VOIDED, id_of

from consumers.exports import audit_event, provenance
from consumers.exports.accesses import Access

HL7 = "http://terminology.hl7.org/CodeSystem/"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
HSA = "urn:oid:1.2.752.129.2.1.4.1"
LOOK = Access(
    position=7,
    journey=ANNA,
    look=UUID("00000000-0000-4000-8000-00000000100c"),
    at=instant("2026-03-03T12:00Z"),
    staff=UUID(STAFF),
    role="care",
    unit="hsa:SE2321000198-WARD1",
    organisation="orgnr:2321000198",
    purpose="care",
    action="journey show",
    ground="emergency",
    emergency="danger-to-life",
)


def bundle(text: str) -> list[dict[str, Any]]:
    """The resources of a bundle, which is one as R4 wants it."""
    found = json.loads(text)
    assert found["resourceType"] == "Bundle"
    assert found["type"] == "collection"
    assert found.get("entry") != []
    entries = found.get("entry", [])
    ids = [entry["resource"]["id"] for entry in entries]
    assert len(ids) == len(set(ids))
    for entry in entries:
        assert entry["fullUrl"] == f"urn:uuid:{UUID(entry['resource']['id'])}"
        assert_no_empty(entry)
    return [entry["resource"] for entry in entries]


def assert_no_empty(value: object) -> None:
    """JSON of FHIR has no empty objects, lists, strings or nulls."""
    assert value not in (None, "", [], {})
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        assert_no_empty(part)


def assert_reference(reference: dict[str, Any], *, masked: bool = False) -> None:
    """A logical reference, or one that says that it is not told. Never an address, never a name."""
    if masked:
        assert reference["extension"][0]["valueCode"] == "masked"
        return
    assert set(reference) <= {"type", "identifier"}
    assert set(reference["identifier"]) == {"system", "value"}


# -- Provenance ----------------------------------------------------------------------------------------------------


def provenances(*journeys: Any) -> list[dict[str, Any]]:
    written = io.StringIO()
    provenance.write(journeys, written)
    return bundle(written.getvalue())


def test_each_fact_on_record_is_one_resource_as_r4_demands() -> None:
    found = provenances(*JOURNEYS)
    assert [one["target"][0]["identifier"]["value"] for one in found] == [id_of(n) for n in range(1, 7)]
    for one in found:
        assert one["resourceType"] == "Provenance"
        assert one["target"]
        assert INSTANT.fullmatch(one["recorded"]) if "recorded" in one else one["_recorded"]["extension"]
        assert one["agent"]
        for agent in one["agent"]:
            assert_reference(agent["who"], masked="extension" in agent["who"])
            assert agent["type"]["coding"][0]["code"] in ("author", "performer", "informant")
        for entity in one.get("entity", ()):
            assert entity["role"] in ("derivation", "revision", "quotation", "source", "removal")
            assert_reference(entity["what"])


def test_an_admission_by_a_named_member_of_staff() -> None:
    (one,) = provenances(replace(EMPTY, facts=(ADMITTED,)))
    one.pop("id")
    assert one == {
        "resourceType": "Provenance",
        "extension": [
            {
                "url": "urn:carechain:extension:journey",
                "valueIdentifier": {"system": "urn:carechain:journey", "value": str(ANNA)},
            },
            {
                "url": "urn:carechain:extension:chain",
                "valueIdentifier": {"system": "urn:carechain:journey", "value": str(ANNA)},
            },
            {"url": "urn:carechain:extension:version", "valuePositiveInt": 1},
            {"url": "urn:carechain:extension:sha256", "valueString": "1a" * 32},
        ],
        "target": [{"identifier": {"system": "urn:carechain:fact", "value": "1" * 64}}],
        "occurredDateTime": "2026-03-02T07:00:00.000000Z",
        "recorded": "2026-03-02T07:05:00.000000Z",
        "activity": {
            "coding": [
                {"system": "urn:carechain:code:fact", "code": "patient-admitted"},
                {"system": f"{HL7}v3-DataOperation", "code": "CREATE"},
            ]
        },
        "agent": [
            {
                "type": {"coding": [{"system": f"{HL7}provenance-participant-type", "code": "author"}]},
                "role": [{"coding": [{"system": "urn:carechain:code:role", "code": "inpatient"}]}],
                "who": {
                    "type": "Practitioner",
                    "identifier": {"system": "urn:carechain:staff", "value": STAFF},
                },
                "onBehalfOf": {
                    "type": "Organization",
                    "identifier": {"system": "urn:oid:2.5.4.97", "value": "2321000198"},
                },
            },
            {
                "type": {"coding": [{"system": f"{HL7}provenance-participant-type", "code": "performer"}]},
                "who": {"type": "Organization", "identifier": {"system": HSA, "value": "SE2321000198-WARD1"}},
            },
            {
                "type": {"coding": [{"system": f"{HL7}provenance-participant-type", "code": "informant"}]},
                "who": {
                    "type": "Device",
                    "identifier": {"system": "urn:carechain:source", "value": "hsa:SE2321000198-JOURNAL"},
                },
            },
        ],
        "entity": [
            {
                "role": "source",
                "what": {"identifier": {"system": "urn:carechain:message", "value": "1f" * 32}},
            }
        ],
    }


def test_a_correction_says_what_became_of_which_fact() -> None:
    void, amendment = provenances(replace(EMPTY, facts=(VOIDED, AMENDED)))
    operations = [one["activity"]["coding"][1]["code"] for one in (void, amendment)]
    assert operations == ["NULLIFY", "UPDATE"]
    mended = [(one["entity"][0]["role"], one["entity"][0]["what"]) for one in (void, amendment)]
    assert mended == [
        ("removal", {"identifier": {"system": "urn:carechain:fact", "value": "2" * 64}}),
        ("revision", {"identifier": {"system": "urn:carechain:fact", "value": "4" * 64}}),
    ]


def test_without_staff_the_unit_is_the_author_and_what_was_recorded_stays() -> None:
    discharge = provenances(JOURNEYS[0])[3]
    assert discharge["agent"][0]["who"]["identifier"] == {"system": HSA, "value": "SE2321000198-WARD1"}
    assert [agent["type"]["coding"][0]["code"] for agent in discharge["agent"]] == ["author", "informant"]
    # It was amended to 10:30; what this resource is about is what was recorded.
    assert discharge["occurredDateTime"] == "2026-03-04T11:30:00.000000Z"


def test_of_a_protected_identity_nobody_is_named_and_the_day_is_swedish() -> None:
    (one,) = provenances(replace(EMPTY, facts=(BO_ADMITTED,)))
    (author,) = one["agent"]
    assert_reference(author["who"], masked=True)
    assert "onBehalfOf" not in author
    assert "recorded" not in one
    assert one["occurredDateTime"] == "2026-04-01"
    assert "entity" not in one


def test_a_bundle_of_nothing_has_no_entry() -> None:
    assert provenances(EMPTY) == []


# -- AuditEvent ----------------------------------------------------------------------------------------------------


def audit_events(*looks: Access) -> list[dict[str, Any]]:
    written = io.StringIO()
    audit_event.write(looks, written)
    found = bundle(written.getvalue())
    for one in found:
        assert one["resourceType"] == "AuditEvent"
        assert set(one["type"]) == {"system", "code"}
        assert INSTANT.fullmatch(one["recorded"])
        assert one["action"] in "CRUDE"
        assert one["outcome"] in ("0", "4", "8", "12")
        assert one["agent"]
        assert [agent["requestor"] for agent in one["agent"]].count(True) == 1
        assert_reference(one["source"]["observer"])
        assert_reference(one["entity"][0]["what"])
    return found


def test_an_emergency_look_at_one_patient() -> None:
    (one,) = audit_events(LOOK)
    one.pop("id")
    assert one == {
        "resourceType": "AuditEvent",
        "type": {"system": f"{HL7}audit-event-type", "code": "rest"},
        "subtype": [
            {"system": "http://hl7.org/fhir/restful-interaction", "code": "read"},
            {"system": "urn:carechain:code:action", "code": "journey show"},
        ],
        "action": "R",
        "recorded": "2026-03-03T12:00:00.000000Z",
        "outcome": "0",
        "purposeOfEvent": [
            {
                "coding": [
                    {"system": f"{HL7}v3-ActReason", "code": "TREAT"},
                    {"system": "urn:carechain:code:purpose", "code": "care"},
                ]
            },
            {
                "coding": [
                    {"system": f"{HL7}v3-ActReason", "code": "BTG"},
                    {"system": "urn:carechain:code:emergency", "code": "danger-to-life"},
                ]
            },
        ],
        "agent": [
            {
                "role": [{"coding": [{"system": "urn:carechain:code:access-role", "code": "care"}]}],
                "who": {
                    "type": "Practitioner",
                    "identifier": {"system": "urn:carechain:staff", "value": STAFF},
                },
                "requestor": True,
                "policy": ["urn:carechain:ground:emergency"],
            },
            {
                "who": {"type": "Organization", "identifier": {"system": HSA, "value": "SE2321000198-WARD1"}},
                "requestor": False,
            },
        ],
        "source": {
            "observer": {
                "type": "Device",
                "identifier": {"system": "urn:carechain:system", "value": "carechain"},
            },
            "type": [{"system": f"{HL7}security-source-type", "code": "4"}],
        },
        "entity": [
            {
                "what": {
                    "type": "Patient",
                    "identifier": {"system": "urn:carechain:journey", "value": str(ANNA)},
                },
                "type": {"system": f"{HL7}audit-entity-type", "code": "1"},
                "role": {"system": f"{HL7}object-role", "code": "1"},
            }
        ],
    }


def test_one_look_at_several_patients_is_a_resource_for_each() -> None:
    other = replace(LOOK, journey=UUID(int=5), position=8)
    assert len(audit_events(LOOK, other)) == 2


def test_a_look_by_a_login_that_the_register_does_not_know() -> None:
    unknown = replace(
        LOOK, staff=None, unit=None, organisation=None, role="operator", purpose="else", emergency=None
    )
    (one,) = audit_events(unknown)
    (agent,) = one["agent"]
    assert_reference(agent["who"], masked=True)
    # A purpose that HL7 has no code for is told in our own.
    assert one["purposeOfEvent"] == [{"coding": [{"system": "urn:carechain:code:purpose", "code": "else"}]}]


def test_every_purpose_of_ours_has_a_code_of_hl7s() -> None:
    codes = {p: audit_events(replace(LOOK, purpose=p))[0]["purposeOfEvent"][0]["coding"][0] for p in PURPOSES}
    assert {purpose: coding["code"] for purpose, coding in codes.items()} == PURPOSES
    assert {coding["system"] for coding in codes.values()} == {f"{HL7}v3-ActReason"}


PURPOSES = {
    "care": "TREAT",
    "coordination": "COC",
    "administration": "PATADMIN",
    "quality": "HQUALIMP",
    "patient-request": "PATRQT",
    "audit": "HCOMPL",
}
"""From the value set v3-PurposeOfUse."""
