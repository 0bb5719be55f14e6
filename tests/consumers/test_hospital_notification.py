"""What each kind of Danish hospital notification is read as; the expectations follow MedCom's table."""

import copy
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hospital_notifications import (
    CPR,
    LPR3,
    SENT,
    SOR_3001,
    STAY_END,
    as_xml,
    bundle,
    header,
    notification,
    organization,
    provenance,
    resource_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.intake.fhir.hospital_notification import is_hospital_notification, read_hospital_notification
from consumers.intake.fhir.xml import parse_fhir_xml
from domain.errors import Unreadable
from domain.fact import load_catalogue
from domain.submission import Submission

START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
END = datetime(2026, 3, 9, 10, 30, tzinfo=UTC)
SENT_AT = datetime(2026, 3, 2, 7, 5, tzinfo=UTC)
START_TEXT = "2026-03-02T07:00:00.000000Z"
END_TEXT = "2026-03-09T10:30:00.000000Z"
LEFT, LEFT_TEXT = "2026-03-05T16:00:00+01:00", "2026-03-05T15:00:00.000000Z"
BACK, BACK_TEXT = "2026-03-06T10:15:00+01:00", "2026-03-06T09:15:00.000000Z"
DIGEST = "d" * 64


def read(message: dict[str, Any]) -> list[Submission]:
    submissions = read_hospital_notification(message, DIGEST)
    for submission in submissions:  # what we make must be a fact of the catalogue
        load_catalogue()[submission.type].model_validate_json(msgspec.json.encode(submission.data))
    return submissions


def read_one(message: dict[str, Any]) -> Submission:
    (submission,) = read(message)
    return submission


def reason_of(message: dict[str, Any]) -> str:
    with pytest.raises(Unreadable) as caught:
        read_hospital_notification(message, DIGEST)
    assert CPR not in caught.value.message
    return caught.value.reason


def brief(submission: Submission) -> tuple[str, datetime, dict[str, Any]]:
    return (
        submission.type.removeprefix("se.carechain.").removesuffix(".v1"),
        submission.time,
        submission.data,
    )


def test_admission_gives_who_where_and_when() -> None:
    assert read_one(notification("admit-inpatient")) == Submission.model_validate(
        {
            "type": "se.carechain.patient-admitted.v1",
            "time": START,
            "patient": {"system": "cpr", "value": CPR},
            "source": "sor:3001",
            "message": "message-1",
            "episode": "episode-1",
            "sent": SENT_AT,
            "unit": "sor:4002",
            "role": "inpatient",
            "controller": "sor:3001",
            "data": {"organisation": "sor:3001", "unit": "sor:4002"},
        }
    )


PLAIN: list[tuple[dict[str, Any], tuple[str, datetime, dict[str, Any]]]] = [
    (
        {"activity": "admit-emergency"},
        ("emergency-visit-started", START, {"organisation": "sor:3001", "unit": "sor:4002"}),
    ),
    (
        {"activity": "start-leave-inpatient", "status": "onleave", "leaves": [(LEFT, None)]},
        ("leave-started", datetime(2026, 3, 5, 15, 0, tzinfo=UTC), {"admitted_at": START_TEXT}),
    ),
    (
        {"activity": "end-leave-inpatient", "leaves": [(LEFT, BACK)]},
        (
            "leave-ended",
            datetime(2026, 3, 6, 9, 15, tzinfo=UTC),
            {"started_at": LEFT_TEXT, "admitted_at": START_TEXT},
        ),
    ),
    (
        {"activity": "discharge-inpatient-home", "status": "finished", "end": STAY_END},
        ("patient-discharged", END, {"destination": "home", "admitted_at": START_TEXT}),
    ),
    (
        {"activity": "discharge-emergency-home", "status": "finished", "end": STAY_END},
        ("emergency-visit-ended", END, {"destination": "home", "started_at": START_TEXT}),
    ),
]


@pytest.mark.parametrize(("given_", "expected"), PLAIN)
def test_each_activity_has_its_own_time(
    given_: dict[str, Any], expected: tuple[str, datetime, dict[str, Any]]
) -> None:
    submission = read_one(notification(**given_))
    assert brief(submission) == expected
    assert submission.role == ("emergency" if "emergency" in given_["activity"] else "inpatient")


@pytest.mark.parametrize("leaves", [[(LEFT, None), ("2026-03-03T09:00:00+01:00", None)]])
def test_of_several_leaves_the_last_begun_is_meant(leaves: list[tuple[str, None]]) -> None:
    submission = read_one(notification("start-leave-inpatient", leaves=leaves))
    assert submission.time == datetime(2026, 3, 5, 15, 0, tzinfo=UTC)


DEATH = ("patient-deceased", END, {"admitted_at": START_TEXT})


@pytest.mark.parametrize(
    "activity",
    [
        "admit-inpatient",
        "admit-emergency",
        "start-leave-inpatient",
        "end-leave-inpatient",
        "discharge-inpatient-home",
        "discharge-emergency-home",
    ],
)
def test_death_goes_before_the_activity_whose_code_it_carries(activity: str) -> None:
    message = notification(activity, status="finished", end=STAY_END, deceased=True)
    assert brief(read_one(message)) == DEATH


def test_death_by_its_date_alone() -> None:
    message = notification("admit-inpatient", status="finished", end=STAY_END, deceased="2026-03-09")
    assert brief(read_one(message)) == DEATH


def test_death_in_a_stay_that_does_not_end_has_the_time_of_the_patients_record() -> None:
    submission = read_one(notification("admit-inpatient", deceased="2026-03-09T11:30:00+01:00"))
    assert brief(submission) == DEATH
    dated = read_one(notification("admit-inpatient", deceased="2026-03-09"))
    assert (dated.time, dated.precision) == (datetime(2026, 3, 8, 23, 0, tzinfo=UTC), "day")


def test_a_dead_patient_is_never_read_as_admitted() -> None:
    assert reason_of(notification("admit-inpatient", deceased=True)) == "missing-period"


def test_a_patient_said_to_live_is_not_dead() -> None:
    assert brief(read_one(notification("admit-inpatient", deceased=False)))[0] == "patient-admitted"
    leave = notification(
        "start-leave-inpatient",
        message="message-2",
        leaves=[(LEFT, None)],
        deceased=False,
        previous="message-1",
        history=[provenance("message-1", "admit-inpatient")],
    )
    assert brief(read_one(leave))[0] == "leave-started"


CORRECTED_AT = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
CORRECTED = "2026-03-10T09:00:00+01:00"


@pytest.mark.parametrize(
    ("activity", "kind", "amended_at", "data", "parts"),
    [
        (
            "admit-inpatient",
            "patient-admitted",
            START_TEXT,
            {"organisation": "sor:3001", "unit": "sor:4002"},
            {},
        ),
        (
            "admit-emergency",
            "emergency-visit-started",
            START_TEXT,
            {"organisation": "sor:3001", "unit": "sor:4002"},
            {},
        ),
        (
            "start-leave-inpatient",
            "leave-started",
            LEFT_TEXT,
            {"admitted_at": START_TEXT},
            {"leaves": [(LEFT, None)]},
        ),
        (
            "end-leave-inpatient",
            "leave-ended",
            BACK_TEXT,
            {"started_at": LEFT_TEXT, "admitted_at": START_TEXT},
            {"leaves": [(LEFT, BACK)]},
        ),
        (
            "discharge-inpatient-home",
            "patient-discharged",
            END_TEXT,
            {"destination": "home", "admitted_at": START_TEXT},
            {"end": STAY_END},
        ),
        (
            "discharge-emergency-home",
            "emergency-visit-ended",
            END_TEXT,
            {"destination": "home", "started_at": START_TEXT},
            {"end": STAY_END},
        ),
    ],
)
def test_a_correction_says_what_the_message_should_have_said(
    activity: str, kind: str, amended_at: str, data: dict[str, Any], parts: dict[str, Any]
) -> None:
    message = notification(
        f"revise-{activity}",
        message="message-2",
        sent=CORRECTED,
        previous="message-1",
        history=[provenance("message-1", activity)],
        **parts,
    )
    submission = read_one(message)
    assert brief(submission) == (
        "fact-amended",
        CORRECTED_AT,
        {
            "target_episode": "episode-1",
            "target_kinds": [kind],
            "amended_type": f"se.carechain.{kind}.v1",
            "amended_at": amended_at,
            "amended_data": data,
        },
    )
    assert (submission.message, submission.sent) == ("message-2", CORRECTED_AT)


@pytest.mark.parametrize(
    ("deceased", "kinds", "becomes"),
    [
        (True, ["patient-discharged", "patient-deceased"], "patient-deceased"),
        (False, ["patient-discharged", "patient-deceased"], "patient-discharged"),
        (None, ["patient-discharged"], "patient-discharged"),
    ],
)
def test_a_corrected_end_may_become_a_death_or_cease_to_be_one(
    deceased: bool | None, kinds: list[str], becomes: str
) -> None:
    message = notification(
        "revise-discharge-inpatient-home", status="finished", end=STAY_END, deceased=deceased
    )
    data = read_one(message).data
    assert (data["target_kinds"], data["amended_type"]) == (kinds, f"se.carechain.{becomes}.v1")
    assert data["amended_at"] == END_TEXT


@pytest.mark.parametrize(
    ("activity", "kinds"),
    [
        ("admit-inpatient", ["patient-admitted"]),
        ("admit-emergency", ["emergency-visit-started"]),
        ("start-leave-inpatient", ["leave-started"]),
        ("end-leave-inpatient", ["leave-ended"]),
        ("discharge-inpatient-home", ["patient-discharged", "patient-deceased"]),
        ("discharge-emergency-home", ["emergency-visit-ended", "patient-deceased"]),
    ],
)
def test_an_annulment_is_of_its_own_sending(activity: str, kinds: list[str]) -> None:
    message = notification(
        f"cancel-{activity}",
        message="message-2",
        sent=CORRECTED,
        status="entered-in-error",
        start=None,
        previous="message-1",
        role="removal",
        history=[provenance("message-1", activity)],
    )
    target = {"target_episode": "episode-1", "target_kinds": kinds}
    assert brief(read_one(message)) == ("fact-voided", CORRECTED_AT, target)


def test_an_annulled_discharge_of_a_dead_patient_leaves_the_death() -> None:
    message = notification("cancel-discharge-inpatient-home", status="finished", end=STAY_END, deceased=True)
    assert read_one(message).data["target_kinds"] == ["patient-discharged"]


ANNULLED_DEATH = (
    "fact-voided",
    CORRECTED_AT,
    {"target_episode": "episode-1", "target_kinds": ["patient-deceased"]},
)


@pytest.mark.parametrize(("deceased", "role"), [(False, "removal"), (None, "removal"), (False, "revision")])
def test_an_annulled_death_carries_the_code_of_the_activity_it_returns_to(
    deceased: bool | None, role: str
) -> None:
    message = notification(
        "start-leave-inpatient",
        message="message-4",
        sent=CORRECTED,
        status="onleave",
        leaves=[(LEFT, None)],
        deceased=deceased,
        previous="message-3",
        role=role,
        history=[
            provenance("message-1", "admit-inpatient"),
            provenance("message-2", "start-leave-inpatient", previous="message-1"),
            provenance("message-3", "start-leave-inpatient", previous="message-2"),
        ],
    )
    assert brief(read_one(message)) == ANNULLED_DEATH


def death_after(previous_sent: str) -> dict[str, Any]:
    return notification(
        "admit-inpatient",
        message="message-3",
        sent=CORRECTED,
        status="finished",
        end=STAY_END,
        deceased=True,
        previous="message-2",
        history=[provenance("message-2", "admit-inpatient", previous_sent)],
    )


def test_a_corrected_death_takes_back_the_one_told_before() -> None:
    told, withdrawn = read(death_after("2026-03-09T12:00:00+01:00"))
    assert brief(told) == DEATH
    assert brief(withdrawn) == (
        "fact-voided",
        CORRECTED_AT,
        {"target_message": "message-2", "target_kinds": ["patient-deceased"]},
    )


def test_a_death_after_another_activity_takes_back_nothing() -> None:
    assert brief(read_one(death_after(SENT))) == DEATH


def test_only_the_messages_own_provenance_tells_its_activity() -> None:
    message = notification(
        "discharge-inpatient-home",
        message="message-9",
        status="finished",
        end=STAY_END,
        previous="message-1",
        history=[provenance("message-1", "cancel-admit-inpatient", "2027-01-01T00:00:00Z")],
    )
    message["entry"].reverse()
    assert brief(read_one(message))[0] == "patient-discharged"


def test_without_its_own_provenance_a_message_is_put_aside() -> None:
    message = notification("admit-inpatient")
    resource_of(message, "Provenance")["target"] = [{"reference": "MessageHeader/another"}]
    assert reason_of(message) == "no-provenance"


@pytest.mark.parametrize(
    "reference",
    [
        "MessageHeader/message-1",
        "https://example.org/fhir/MessageHeader/message-1",
        "https://elsewhere.example/MessageHeader/message-1/_history/2",
        "urn:uuid:7f0c",
    ],
)
def test_references_name_by_type_and_id_or_by_full_address(reference: str) -> None:
    message = notification("admit-inpatient")
    if reference.startswith("urn:"):
        message["entry"][0]["fullUrl"] = reference
    resource_of(message, "Provenance")["target"] = [{"reference": reference}]
    assert read_one(message).message == "message-1"


def test_a_correction_by_another_department_is_about_the_same_stay() -> None:
    first = read_one(notification("admit-inpatient"))
    second = read_one(notification("revise-admit-inpatient", message="message-2", sender="7007"))
    assert (first.source, first.episode) == (second.source, second.episode) == ("sor:3001", "episode-1")
    assert second.controller == second.data["amended_data"]["organisation"] == "sor:7007"


@pytest.mark.parametrize(
    ("episodes", "expected"),
    [
        ([(SOR_3001, "local"), (LPR3, "urn:uuid:national")], ("dk-lpr3", "urn:uuid:national")),
        ([(SOR_3001, "local"), ("https://other.example", "second")], ("sor:3001", "local")),
        ([("https://other.example", "local")], ("sor:8008", "local")),
    ],
)
def test_the_national_episode_goes_before_the_first(
    episodes: list[tuple[str, str]], expected: tuple[str, str]
) -> None:
    submission = read_one(notification("admit-inpatient", episodes=episodes, sender="8008"))
    assert (submission.source, submission.episode) == expected


def test_the_same_instant_whatever_the_offset() -> None:
    at_utc = notification("admit-inpatient", start="2026-03-02T07:00:00Z", sent="2026-03-02T07:05:00.000Z")
    in_tokyo = notification("admit-inpatient", start="2026-03-02T16:00:00+09:00")
    assert read(at_utc) == read(in_tokyo) == read(notification("admit-inpatient"))


def test_a_date_alone_begins_at_midnight_in_denmark() -> None:
    winter = read_one(notification("admit-inpatient", start="2026-03-02"))
    summer = read_one(notification("admit-inpatient", start="2026-07-01"))
    assert (winter.time, winter.precision) == (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), "day")
    assert (summer.time, summer.precision) == (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), "day")


@pytest.mark.parametrize(
    "start", ["2026-03-02T08:00:00", "2026-03", "2026", "yesterday", "2026-02-30", "", "0001-01-01"]
)
def test_a_time_that_is_no_instant_is_put_aside(start: str) -> None:
    assert reason_of(notification("admit-inpatient", start=start)) == "invalid-time"


def test_sent_is_when_it_occurred_else_when_it_was_recorded() -> None:
    message = notification("admit-inpatient")
    resource_of(message, "Provenance")["recorded"] = "2026-03-02T08:06:00+01:00"
    assert read_one(message).sent == SENT_AT
    del resource_of(message, "Provenance")["occurredDateTime"]
    assert read_one(message).sent == datetime(2026, 3, 2, 7, 6, tzinfo=UTC)


def test_other_known_patient_identifiers_count_and_cpr_goes_first() -> None:
    swedish = ("http://electronichealth.se/identifier/personnummer", "191212121212")
    cpr = ("urn:oid:1.2.208.176.1.2", f"{CPR[:6]}-{CPR[6:]}")
    both = read_one(notification("admit-inpatient", identifiers=[swedish, cpr]))
    assert (both.patient.system, both.patient.value) == ("cpr", CPR)
    one = read_one(notification("admit-inpatient", identifiers=[swedish]))
    assert (one.patient.system, one.patient.value) == ("personnummer", "191212121212")


@pytest.mark.parametrize(
    "identifiers", [[], [("urn:oid:1.2.208.176.1.6", "010150AB12")], [("https://ward.example/bed", "7")]]
)
def test_without_a_patient_we_can_name_a_message_is_put_aside(identifiers: list[tuple[str, str]]) -> None:
    assert reason_of(notification("admit-inpatient", identifiers=identifiers)) == "no-patient-id"


def test_an_impossible_cpr_number_is_put_aside() -> None:
    identifiers = [("urn:oid:1.2.208.176.1.2", "9999991234")]
    assert reason_of(notification("admit-inpatient", identifiers=identifiers)) == "invalid-patient-id"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"activity": "retract-message"}, "unknown-activity"),
        ({"activity": "revise-cancel-admit-inpatient"}, "unknown-activity"),
        ({"activity": "admit-inpatient", "start": None}, "missing-period"),
        ({"activity": "discharge-inpatient-home"}, "missing-period"),
        ({"activity": "start-leave-inpatient"}, "missing-leave"),
        ({"activity": "end-leave-inpatient", "leaves": [(LEFT, None)]}, "missing-leave"),
        ({"activity": "admit-inpatient", "status": "entered-in-error"}, "contradiction"),
        ({"activity": "admit-inpatient", "episodes": []}, "no-episode"),
        ({"activity": "admit-inpatient", "episodes": [(SOR_3001, "e" * 600)]}, "invalid-field"),
        ({"activity": "admit-inpatient", "sender": "not a number"}, "invalid-field"),
    ],
)
def test_what_cannot_be_read_is_put_aside_with_a_reason(parts: dict[str, Any], reason: str) -> None:
    assert reason_of(notification(**parts)) == reason


def test_a_sender_is_needed_and_a_unit_is_not() -> None:
    message = notification("admit-inpatient")
    resource_of(message, "Encounter")["serviceProvider"] = {"reference": "Organization/unknown"}
    assert read_one(message).unit is None
    assert read_one(message).data == {"organisation": "sor:3001"}
    resource_of(message, "MessageHeader")["sender"] = {"reference": "Organization/unknown"}
    assert reason_of(message) == "no-sender"


def test_the_digest_names_a_message_without_an_id() -> None:
    message = notification("admit-inpatient")
    del resource_of(message, "MessageHeader")["id"]
    resource_of(message, "Provenance")["target"] = [{"reference": message["entry"][0]["fullUrl"]}]
    assert read_one(message).message == DIGEST


@pytest.mark.parametrize(
    ("event", "is_one"),
    [
        ("hospital-notification-message", True),
        ("acknowledgement-message", False),
        ("care-communication-message", False),
        ("homecareobservation-message", False),
    ],
)
def test_the_event_code_tells_whether_it_is_one(event: str, is_one: bool) -> None:
    message = bundle(header("message-1", event), organization("sender", "3001"))
    assert is_hospital_notification(message) is is_one


def test_other_messages_cannot_be_read_so() -> None:
    assert reason_of(bundle(header("message-1", "acknowledgement-message"))) == "not-a-hospital-notification"
    assert reason_of(bundle(header("message-1", "another"))) == "not-a-hospital-notification"
    collection = notification("admit-inpatient") | {"type": "collection"}
    assert reason_of(collection) == "not-a-hospital-notification"
    assert reason_of({}) == "not-a-hospital-notification"


def test_the_codes_of_version_2_had_another_address() -> None:
    message = notification("admit-inpatient")
    old = "http://medcomfhir.dk/fhir/messaging/CodeSystem/medcom-messaging"
    resource_of(message, "MessageHeader")["eventCoding"]["system"] = f"{old}-eventCodes"
    resource_of(message, "Provenance")["activity"]["coding"][0]["system"] = f"{old}-activityCodes"
    assert brief(read_one(message))[0] == "patient-admitted"


EVERY_SHAPE: list[dict[str, Any]] = [
    notification("admit-inpatient", episodes=[(LPR3, "urn:uuid:1"), (SOR_3001, "2")]),
    *(notification(**parts) for parts, _ in PLAIN),
    notification("cancel-admit-inpatient", status="entered-in-error", previous="message-0", role="removal"),
    notification("start-leave-inpatient", leaves=[(LEFT, None), (LEFT, BACK)], deceased=False),
    death_after(STAY_END),
]


@pytest.mark.parametrize("message", EVERY_SHAPE)
def test_xml_says_the_same_as_json(message: dict[str, Any]) -> None:
    assert read(parse_fhir_xml(as_xml(message))) == read(message)


def test_xml_gives_the_dictionary_that_json_gives() -> None:
    message = notification("end-leave-inpatient", leaves=[(LEFT, BACK)], deceased=False)
    read_back = parse_fhir_xml(as_xml(message))
    assert resource_of(read_back, "Patient").pop("text") == {"status": "generated"}
    assert read_back == message


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not-xml"),
        (b"<Bundle", "not-xml"),
        (b'<!DOCTYPE b [<!ENTITY a "b">]><Bundle xmlns="http://hl7.org/fhir">&a;</Bundle>', "not-xml"),
        (b'<!DOCTYPE Bundle SYSTEM "http://example.org/x"><Bundle xmlns="http://hl7.org/fhir"/>', "not-xml"),
        (b'<?xml version="1.0" encoding="no-such"?><Bundle xmlns="http://hl7.org/fhir"/>', "not-xml"),
        (
            b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a>" * 50_000 + b"</a>" * 50_000 + b"</Bundle>",
            "not-xml",
        ),
        (b"<Bundle/>", "not-fhir"),
    ],
)
def test_hostile_or_broken_xml_is_put_aside(raw: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse_fhir_xml(raw)
    assert caught.value.reason == reason


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from([STAY_END, "2026-03-02"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def read_or_put_aside(message: dict[str, Any]) -> None:
    refusal = None
    try:
        assert len(read(message)) <= 2
    except Unreadable as refused:
        refusal = refused
    assert refusal is None or (refusal.reason and CPR not in refusal.message)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    message = copy.deepcopy(draw(st.sampled_from(EVERY_SHAPE)))
    for _ in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from([place for place in places(message) if place]))
        around: Any = message
        for step in way:
            around = around[step]
        match draw(st.sampled_from(["replace", "drop", "double"])):
            case "replace":
                around[last] = draw(JSON)
            case "drop":
                del around[last]
            case "double" if isinstance(around, list):
                around.append(copy.deepcopy(around[last]))
    return message


@settings(max_examples=50, deadline=None)
@given(mutated())
def test_whatever_is_changed_in_a_message_it_is_read_or_put_aside(message: dict[str, Any]) -> None:
    is_hospital_notification(message)
    read_or_put_aside(message)


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(EVERY_SHAPE), st.integers(0, 5000), st.binary(max_size=6), st.integers(0, 40))
def test_whatever_is_changed_in_xml_it_is_read_or_put_aside(
    message: dict[str, Any], at: int, new: bytes, removed: int
) -> None:
    raw = as_xml(message)
    at %= len(raw)
    with suppress(Unreadable):
        read_or_put_aside(parse_fhir_xml(raw[:at] + new + raw[at + removed :]))
