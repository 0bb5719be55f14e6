"""FHIR documents as a whole: which is read how, acknowledgements and care communication, notes, XML, hostile input."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from fhir_resources import (
    DIGEST,
    acts,
    acts_of,
    as_plain,
    as_xml,
    brief,
    bundle,
    encounter,
    name_of,
    notes,
    patient,
    read,
    ref,
)
from hospital_notifications import (
    CPR,
    EVENTS,
    MEDCOM,
    coding,
    header,
    notification,
    organization,
    provenance,
)
from hospital_notifications import bundle as message_bundle
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.intake.fhir.acknowledgement import acknowledge, wants_acknowledgement
from consumers.intake.fhir.bundle import read_resource
from consumers.intake.fhir.resource_types import RESOURCE_TYPES
from consumers.intake.fhir.xml import parse_fhir_xml
from consumers.intake.formats.fhir import read_json, read_xml
from consumers.intake.http.xml_out import fhir_xml
from consumers.intake.message import Told
from domain.errors import Unreadable

SENT = "2026-03-02T08:05:00+01:00"
SENT_AT = "2026-03-02T07:05:00Z"

# -- acknowledgements that are read --------------------------------------------------------------------------------


def acknowledgement(code: str = "ok", answered: str = "message-1", **more: Any) -> dict[str, Any]:
    """From 9009 to 3001, that its message has come."""
    own = header("ack-1", "acknowledgement-message") | {
        "sender": ref("Organization/receiver"),
        "destination": [{"endpoint": "x", "receiver": ref("Organization/sender")}],
        "response": {"identifier": answered, "code": code},
    }
    del own["focus"]
    outcome = {
        "resourceType": "OperationOutcome",
        "id": "o1",
        "issue": [{"severity": "error", "code": "invalid"}],
    }
    return message_bundle(
        own | more,
        provenance(answered, "admit-inpatient", "2026-03-02T08:00:00+01:00"),
        provenance("ack-1", "acknowledgement", SENT, previous=answered),
        organization("sender", "3001"),
        organization("receiver", "9009"),
        *([] if code == "ok" else [outcome]),
    )


def test_an_acknowledgement_is_about_whom_the_answered_message_was() -> None:
    told = read(acknowledgement())
    (said,) = acts(told)
    assert (told.kind, told.source, told.unit) == ("acknowledgement", "sor:9009", "sor:9009")
    assert brief(said) == (
        "message-acknowledged",
        SENT_AT,
        {"unit": "sor:9009", "received_at": "2026-03-02T07:05:00.000000Z", "acknowledges": "message-1"},
    )
    assert said.patient is None
    assert said.answers is not None
    assert (said.answers.sources, said.answers.message) == (("dk-lpr3", "sor:3001"), "message-1")
    assert (said.source, said.message, said.controller) == ("sor:9009", "ack-1", "sor:9009")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("fatal-error", "The receiver's system turned the message down."),
        ("transient-error", "The receiver's system could not take the message now."),
    ],
)
def test_a_message_that_was_turned_down_is_noted(code: str, sentence: str) -> None:
    (said,) = read(acknowledgement(code)).submissions
    assert (name_of(said), said.patient) == ("message-noted", None)
    assert said.data["text"].splitlines()[0] == sentence
    assert "issue.code: invalid" in said.data["text"]


@pytest.mark.parametrize("response", [None, {"code": "ok"}, {"identifier": "m", "code": "Tolvan"}])
def test_an_acknowledgement_of_nothing_is_not_of_use(response: Any) -> None:
    told = read(acknowledgement(response=response) if response else _without_response())
    assert (told.kind, told.submissions, told.trouble) == ("acknowledgement", (), None)


def _without_response() -> dict[str, Any]:
    document = acknowledgement()
    del document["entry"][0]["resource"]["response"]
    return document


def test_the_older_spelling_of_an_acknowledgement() -> None:
    document = acknowledgement()
    document["entry"][0]["resource"]["eventCoding"]["code"] = "acknowledgment-message"
    assert read(document).kind == "acknowledgement"


# -- acknowledgements that are made --------------------------------------------------------------------------------


def counted() -> Iterator[str]:
    number = 0
    while True:
        number += 1
        yield f"00000000-0000-4000-8000-{number:012}"


NOW = datetime(2026, 3, 2, 7, 6, 30, tzinfo=UTC)


def test_what_we_answer_is_an_acknowledgement_to_whoever_reads_it() -> None:
    ids = counted()
    asked = notification("admit-inpatient")
    made = acknowledge(asked, "ok", (), NOW, lambda: next(ids))
    head = made["entry"][0]["resource"]
    assert head["eventCoding"] == {"system": EVENTS, "code": "acknowledgement-message"}
    assert head["response"] == {"identifier": "message-1", "code": "ok"}
    assert (head["destination"][0]["endpoint"], head["source"]) == (
        "urn:sender",
        {"endpoint": "urn:receiver"},
    )
    kinds = [entry["resource"]["resourceType"] for entry in made["entry"]]
    assert kinds == ["MessageHeader", "Provenance", "Provenance", "Organization", "Organization"]
    told = read(made)
    (said,) = acts(told)
    assert (told.kind, said.source, f"{said.time:%H:%M:%S}") == ("acknowledgement", "sor:9009", "07:06:30")
    assert said.answers is not None
    assert (said.answers.sources[1], said.answers.message) == ("sor:3001", "message-1")
    assert as_plain(read_resource(parse_fhir_xml(fhir_xml(made)), DIGEST)) == as_plain(told)


def test_an_error_comes_with_its_issues() -> None:
    ids = counted()
    issue = {"severity": "error", "code": "processing", "details": {"text": "The message lacks the patient."}}
    made = acknowledge(notification("admit-inpatient"), "fatal-error", [issue], NOW, lambda: next(ids))
    outcome = made["entry"][-1]["resource"]
    assert outcome["issue"] == [issue]
    reply = made["entry"][0]["resource"]["response"]
    assert reply["details"] == {"reference": f"OperationOutcome/{outcome['id']}"}
    assert "lacks the patient" in read(made).submissions[0].data["text"]


def test_which_messages_are_answered() -> None:
    assert wants_acknowledgement(notification("admit-inpatient"))
    assert wants_acknowledgement(care_communication())
    assert not wants_acknowledgement(acknowledgement())
    assert not wants_acknowledgement(bundle(encounter()))
    assert not wants_acknowledgement(
        {"resourceType": "Bundle", "type": "message", "entry": [1, {"resource": 2}]}
    )
    with pytest.raises(Unreadable):
        acknowledge(bundle(encounter()), "ok", (), NOW, lambda: "1")


# -- care communication --------------------------------------------------------------------------------------------


def care_communication(category: str = "medicine", **more: Any) -> dict[str, Any]:
    system = f"{MEDCOM}/terminology/CodeSystem/medcom-careCommunication-categoryCodes"
    said = {
        "resourceType": "Communication",
        "id": "c1",
        "status": "unknown",
        "category": [coding(system, category)],
        "subject": ref("Patient/patient-1"),
        "topic": {"text": "Recept"},
        "payload": [{"contentString": "Hvilken dosis?"}],
    } | more
    own = header("cc-1", "care-communication-message") | {"focus": [ref("Communication/c1")]}
    return message_bundle(
        own,
        {
            "resourceType": "Patient",
            "id": "patient-1",
            "identifier": [{"system": "urn:oid:1.2.208.176.1.2", "value": CPR}],
        },
        said,
        {"resourceType": "Practitioner", "id": "n1", "name": [{"family": "Sygeplejerske", "given": ["Ida"]}]},
        organization("sender", "3001"),
        organization("receiver", "9009"),
        provenance("cc-1", "new-message", SENT),
    )


def test_care_communication_is_a_message_sent() -> None:
    told = read(care_communication())
    (said,) = acts(told)
    assert (told.kind, told.source) == ("care-communication", "sor:3001")
    assert (said.message, said.unit, said.patient.value) == ("cc-1", "sor:3001", CPR)  # type: ignore[union-attr]
    note = said.data.pop("note")
    assert brief(said) == (
        "message-sent",
        SENT_AT,
        {
            "recipients": [{"role": "open-care", "unit": "sor:9009"}],
            "subject": "medicine",
            "text": "Recept\n\nHvilken dosis?",
        },
    )
    assert "Ida" in note


def test_a_category_of_the_senders_own_is_no_subject() -> None:
    assert "subject" not in acts(read(care_communication("tolvan-tolvansson")))[0].data


def test_a_file_with_it_is_kept_as_a_note_and_so_are_many_words() -> None:
    file = {"contentAttachment": {"contentType": "application/pdf", "data": "JVBERi0="}}
    said = acts(read(care_communication(payload=[{"contentString": "Se bilag"}, file])))[0]
    assert "payload.contentAttachment.data: JVBERi0=" in said.data["note"]
    long = read(care_communication(payload=[{"contentString": "ord " * 6000}]))
    assert "text" not in long.submissions[0].data
    whole = long.submissions[0].data["note"] + notes(long)
    assert whole.count("ord") == 6000


def test_without_sender_or_time_it_is_put_aside_with_whom_it_is_about() -> None:
    nobody = care_communication()
    nobody["entry"] = [e for e in nobody["entry"] if e["resource"]["resourceType"] != "Organization"]
    told = read(nobody)
    assert told.trouble is not None
    assert (told.kind, told.trouble.reason) == ("care-communication", "no-sender")
    assert told.patient is not None
    assert told.patient.value == CPR


# -- which document is what ----------------------------------------------------------------------------------------


def test_hospital_notifications_are_read_as_before_and_their_trouble_is_tied_to_the_patient() -> None:
    told = read(notification("admit-inpatient"))
    assert (told.kind, told.source, told.unit) == ("hospital-notification", "sor:3001", "sor:4002")
    told = read(notification("admit-inpatient", start=None))
    assert told.trouble is not None
    assert (told.trouble.reason, told.submissions) == ("missing-period", ())
    assert told.patient is not None
    assert told.patient.system == "cpr"


@pytest.mark.parametrize("sort", ["message", "transaction", "batch", "collection", "searchset", "document"])
def test_bundles_of_every_sort_are_read_by_what_they_carry(sort: str) -> None:
    told = read(bundle(encounter(), sort=sort))
    assert (told.kind, [name_of(said) for said in acts(told)]) == (sort, ["patient-admitted"])


def test_a_message_answers_for_what_does_not_say_who_does() -> None:
    bare = {name: value for name, value in encounter().items() if name != "serviceProvider"}
    head = {
        "resourceType": "MessageHeader",
        "id": "m1",
        "eventCoding": {"system": "https://region.example/events", "code": "admitted"},
        "source": {"endpoint": "https://region.example"},
        "sender": ref("Organization/municipality"),
    }
    (said,) = acts(read(bundle(head, bare, sort="message")))
    assert said.controller == "orgnr:2120002338"


@pytest.mark.parametrize("sort", ["transaction-response", "batch-response"])
def test_answers_of_servers_are_not_of_use(sort: str) -> None:
    assert read({"resourceType": "Bundle", "type": sort}) == Told(sort)


@pytest.mark.parametrize("kind", ["Observation", "Claim", "Organization", "OperationOutcome", "Binary"])
def test_resources_without_counterpart_are_not_of_use(kind: str) -> None:
    told = read({"resourceType": kind, "id": "x"})
    assert (told.kind, told.submissions, told.trouble) == (kind, (), None)


@pytest.mark.parametrize(
    "document",
    [{"resourceType": "Tolvan"}, {"resourceType": 7}, {"resourceType": "Bundle"},
     {"resourceType": "Bundle", "type": "Tolvan"},
     {"resourceType": "Bundle", "type": "collection", "entry": [3]}],
)  # fmt: skip
def test_what_is_not_fhir(document: dict[str, Any]) -> None:
    with pytest.raises(Unreadable) as caught:
        read_resource(document, DIGEST)
    assert caught.value.reason == "not-fhir"
    assert "Tolvan" not in caught.value.message


def test_a_patient_without_any_identifier_cannot_be_read() -> None:
    with pytest.raises(Unreadable) as caught:
        read_resource({"resourceType": "Patient"}, DIGEST)
    assert (caught.value.reason, caught.value.field) == ("no-patient-id", "Patient.identifier")


def test_a_deletion_says_nothing_of_whom() -> None:
    document = bundle(encounter())
    document["entry"].append({"request": {"method": "DELETE", "url": "Encounter/e2"}})
    told = read(document)
    assert told.trouble is not None
    assert (told.trouble.field, len(told.submissions)) == ("Bundle.entry.request", 1)


def test_one_part_that_cannot_be_read_stops_no_other() -> None:
    other = encounter() | {"id": "e2", "identifier": [], "period": {"start": "nyss"}}
    told = read(bundle(other, encounter()))
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == ("invalid-time", "Encounter.period.start")
    assert [said.message for said in told.submissions][:1] == ["Encounter/e1"]
    assert told.patient is not None
    wrong = encounter() | {"id": "e3", "location": [{"period": {"start": 7}}]}
    told = read_resource(bundle(wrong), DIGEST)
    assert told.trouble is not None
    assert (told.trouble.reason, told.trouble.field) == ("invalid-field", "Encounter.location.period.start")


def test_a_system_that_says_who_it_is() -> None:
    """Two systems of one region may number their resources alike."""
    own = encounter(meta={"source": "https://ehr.example/fhir#request-7"})
    assert acts(read(bundle(own)))[0].source == "fhir:ehr.example-fhir"
    document = bundle(encounter()) | {"meta": {"source": "urn:oid:1.2.3"}}
    assert acts(read(document))[0].source == "fhir:1.2.3"
    alone = {name: value for name, value in encounter().items() if name != "serviceProvider"}
    said = acts(read(bundle(alone, around=[patient()]) | {"meta": {"source": "urn:oid:1.2.3"}}))[0]
    assert (said.controller, said.unit) == ("local:1.2.3/system", None)


# -- what is left --------------------------------------------------------------------------------------------------


def observation(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>Puls</div>"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}], "text": "Puls"},
        "subject": ref("Patient/p1"),
        "valueQuantity": {"value": 72.5, "unit": "/min"},
        "_issued": {"extension": [{"url": "https://region.example/why", "valueString": "okänt"}]},
    } | more


def test_what_has_no_counterpart_is_kept_beside_what_has() -> None:
    reason = encounter(reasonCode=[{"text": "Höftfraktur"}])
    told = read(bundle(reason, observation(_issued=None)))
    assert notes(told) == (
        "Encounter/e1\nreasonCode.text: Höftfraktur\n\n"
        "Observation/o1\ncode.coding.code: 8867-4\ncode.coding.system: http://loinc.org\ncode.text: Puls\n"
        "status: final\nsubject.reference: Patient/p1\nvalueQuantity.unit: /min\nvalueQuantity.value: 72.5"
    )
    noted = told.submissions[-1]
    assert (noted.time, noted.source) == (noted.sent, "orgnr:2321000198")
    assert noted.message is not None
    assert noted.message.startswith("Encounter/e1#note-")


def test_extensions_of_plain_values_are_kept_too() -> None:
    told = read(bundle(encounter(), observation(issued="2026-03-02T08:00:00.00+01:00")))
    assert "issued: 2026-03-02T08:00:00.00+01:00\nissued.extension.url: " in notes(told)
    told = read(bundle(encounter(), observation()))
    assert "issued.extension.valueString: okänt" in notes(told)


def test_a_time_that_is_not_given_is_lacking_and_not_wrong() -> None:
    unknown = {"_start": {"extension": [{"url": "https://region.example/why", "valueString": "okänt"}]}}
    told = read(bundle(encounter() | {"period": unknown}))
    assert told.trouble is not None
    assert told.trouble.reason == "missing-period"


def test_names_and_addresses_are_not_kept() -> None:
    named = patient(
        name=[{"family": "Tolvansson", "given": ["Tolvan"]}], address=[{"line": ["Storgatan 12"]}]
    )
    told = read(bundle(encounter(), observation(), named))
    assert "Tolvan" not in notes(told)


def test_a_bundle_with_much_that_has_no_counterpart() -> None:
    many = [observation(number, note=[{"text": "ord " * 1000}]) for number in range(300)]
    told = read(bundle(encounter(), *many))
    noted = [said for said in told.submissions if name_of(said) == "message-noted"]
    assert all(len(said.data["text"]) <= 20_000 for said in noted)
    assert len({said.message for said in noted}) == len(noted) > 60
    assert notes(told).count("ord") == 300_000


def test_of_several_patients_each_gets_its_own() -> None:
    other = patient("200002292399", "p2")
    hers = encounter() | {"id": "e2", "subject": ref("Patient/p2"), "identifier": []}
    told = read(bundle(encounter(), hers, other, observation(), observation(2, subject=ref("Patient/p2"))))
    assert told.trouble is None
    owners = {
        said.data["text"].splitlines()[0]: said.patient
        for said in told.submissions
        if name_of(said) == "message-noted"
    }
    assert {name: one.value for name, one in owners.items() if one} == {
        "Observation/o1": "191212121212",
        "Observation/o2": "200002292399",
    }
    nobodys = read(bundle(encounter(), hers, other, {"resourceType": "Group", "id": "g1", "actual": True}))
    assert nobodys.trouble is not None
    assert nobodys.trouble.reason == "no-patient-id"
    strangers = read(bundle(encounter(), observation(3, subject=ref("Patient/p9"))))
    assert strangers.trouble is not None
    assert notes(strangers) == ""
    assert len(acts_of(strangers)) == 1


def test_the_same_again_is_the_same() -> None:
    document = bundle(encounter(reasonCode=[{"text": "x"}]), observation())
    assert as_plain(read(document)) == as_plain(read(copy.deepcopy(document)))


# -- the formats ---------------------------------------------------------------------------------------------------


def test_both_forms_from_bytes() -> None:
    document = bundle(encounter(), observation())
    raw = json.dumps(document).encode()
    assert as_plain(read_json(raw)) == as_plain(read_xml(as_xml(document)))


def test_types_of_values_in_xml() -> None:
    raw = b"""<Patient xmlns="http://hl7.org/fhir"><active value="true"/><name><given value="A"/></name>
      <birthDate value="1912-12-12"><extension url="u"><valueInteger value="7"/></extension></birthDate>
      <deceasedBoolean value="false"/><multipleBirthInteger value="2"/>
      <contact><telecom><rank value="1"/></telecom></contact></Patient>"""
    assert parse_fhir_xml(raw) == {
        "resourceType": "Patient",
        "active": True,
        "name": [{"given": ["A"]}],
        "birthDate": "1912-12-12",
        "_birthDate": {"extension": [{"url": "u", "valueInteger": 7}]},
        "deceasedBoolean": False,
        "multipleBirthInteger": 2,
        "contact": [{"telecom": [{"rank": 1}]}],
    }


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=8),
    st.sampled_from(
        ["IMP", "EMER", "finished", "onleave", "2026-03-02", "2026-03-02T08:00:00+01:00", "Patient/p1", "#p1", "p1",
         "Organization/hospital", "191212121212", "urn:oid:1.2.752.129.2.1.3.1", "urn:carechain:code:task", "sip"]
    ),
)  # fmt: skip
NAMES = st.sampled_from(
    ["id", "status", "class", "code", "coding", "system", "value", "identifier", "period", "start", "end", "location",
     "subject", "reference", "for", "contained", "statusHistory", "classHistory", "serviceProvider", "meta",
     "lastUpdated", "participant", "category", "link", "other", "type", "target", "resourceType", "entry", "resource",
     "timestamp", "activity", "detail", "performer", "author", "careManager", "recipient", "payload", "input"]
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=20,
)
KINDS = st.sampled_from(
    ["Encounter", "EpisodeOfCare", "CareTeam", "Task", "Communication", "ServiceRequest", "CarePlan", "Flag", "Patient",
     "Provenance", "Organization", "Location", "MessageHeader", "Observation"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.lists(st.tuples(KINDS, st.dictionaries(NAMES, VALUES, max_size=8)), max_size=4),
    st.sampled_from(["message", "transaction", "collection"]),
    VALUES,
)
def test_whatever_is_in_a_bundle_it_is_told_or_put_aside(
    resources: list[tuple[str, dict[str, Any]]], sort: str, sent: Any
) -> None:
    made = [{**content, "resourceType": kind} for kind, content in resources]
    document = bundle(sort=sort) | {"timestamp": sent}
    document["entry"] += [{"resource": resource} for resource in made]
    with suppress(Unreadable):
        assert isinstance(read_resource(document, DIGEST), Told)
    for resource in made:
        with suppress(Unreadable):
            assert read_resource(resource, DIGEST).kind in RESOURCE_TYPES


@settings(deadline=None)
@given(st.data())
def test_whatever_is_changed_in_a_good_bundle_it_is_told_or_put_aside(data: st.DataObject) -> None:
    """One value of a real resource is replaced by something else: every reader gets far enough to stumble."""
    document: Any = copy.deepcopy(
        data.draw(
            st.sampled_from(
                [
                    bundle(encounter(location=[{"location": ref("Location/a")}]), observation()),
                    care_communication(),
                    acknowledgement("fatal-error"),
                    notification("admit-inpatient"),
                ]
            )
        )
    )
    spot = document["entry"][data.draw(st.integers(0, len(document["entry"]) - 1))]
    while isinstance(spot, (dict, list)) and spot:
        key: Any = data.draw(st.sampled_from(sorted(spot) if isinstance(spot, dict) else range(len(spot))))
        if not isinstance(spot[key], (dict, list)) or data.draw(st.booleans()):
            spot[key] = data.draw(VALUES)
            break
        spot = spot[key]
    with suppress(Unreadable):
        assert isinstance(read_resource(document, DIGEST), Told)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(raw: bytes) -> None:
    for reader in (read_json, read_xml):
        for given_ in (
            raw,
            b'{"resourceType": "Encounter", ' + raw,
            b'<Encounter xmlns="http://hl7.org/fhir">' + raw,
        ):
            with suppress(Unreadable):
                assert isinstance(reader(given_), Told)
