"""What one unit asks of or says to another: Task, ServiceRequest, CarePlan, Communication; expectations by hand."""

from typing import Any

import pytest
from fhir_resources import (
    HOSPITAL,
    MUNICIPAL,
    OURS,
    acts,
    brief,
    briefs,
    bundle,
    coding,
    concept,
    municipality,
    name_of,
    notes,
    ours,
    period,
    read,
    ref,
)

REGION, UNIT, HOME = "orgnr:2321000198", f"hsa:{HOSPITAL}", f"hsa:{MUNICIPAL}"
ASKED, ASKED_AT = "2026-03-05T09:00:00+01:00", "2026-03-05T08:00:00Z"
ANSWERED, ANSWERED_AT = "2026-03-05T15:00:00+01:00", "2026-03-05T14:00:00Z"
STARTS, STARTS_TEXT = "2026-03-09T13:00:00+01:00", "2026-03-09T12:00:00.000000Z"


def takeover(status: str, **more: Any) -> dict[str, Any]:
    services = [
        {"type": {"text": "insats"}, "valueCoding": coding(f"{OURS}service", one)}
        for one in ("home-nursing", "home-help")
    ]
    return {
        "resourceType": "Task",
        "id": "t1",
        "status": status,
        "intent": "proposal",
        "code": ours("task", "municipal-takeover"),
        "for": ref("Patient/p1"),
        "authoredOn": ASKED,
        "lastModified": ANSWERED,
        "requester": ref("Organization/hospital"),
        "owner": ref("Organization/municipality"),
        "restriction": {"period": period(STARTS)},
        "input": services,
    } | more


ASKED_FOR = {"municipality": "2180", "services": ["home-nursing", "home-help"]}
PROPOSED = ("municipal-takeover-proposed", ASKED_AT, ASKED_FOR | {"requested_start_at": STARTS_TEXT})


def test_a_takeover_is_proposed() -> None:
    (said,) = acts(read(bundle(takeover("requested"))))
    assert brief(said) == PROPOSED
    assert (said.source, said.message, said.controller, said.principal) == (REGION, "Task/t1", REGION, "21")


def test_a_takeover_is_accepted_by_the_municipality() -> None:
    planned = period("2026-03-09T14:00:00+01:00")
    told = acts(read(bundle(takeover("accepted", executionPeriod=planned))))
    assert [brief(said) for said in told] == [
        PROPOSED,
        (
            "municipal-takeover-accepted",
            ANSWERED_AT,
            ASKED_FOR | {"unit": HOME, "planned_start_at": "2026-03-09T13:00:00.000000Z"},
        ),
    ]
    answer = told[1]
    assert (answer.source, answer.message) == (REGION, "Task/t1")
    assert (answer.unit, answer.controller, answer.principal) == (HOME, "orgnr:2120002338", "2180")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (ours("decline", "no-place"), "no-place"),
        ({"text": "Vi hinner inte"}, "other"),
        (ours("decline", "Tolvan"), "other"),
    ],
)
def test_a_takeover_is_declined(reason: dict[str, Any], expected: str) -> None:
    assert briefs(bundle(takeover("rejected", statusReason=reason))) == [
        PROPOSED,
        ("municipal-takeover-declined", ANSWERED_AT, ASKED_FOR | {"reason": expected}),
    ]


def test_a_takeover_is_received() -> None:
    read_at = {
        "role": "municipal-health",
        "unit": HOME,
        "municipality": "2180",
        "received_at": "2026-03-05T14:00:00.000000Z",
    }
    assert briefs(bundle(takeover("received"))) == [
        PROPOSED,
        ("message-acknowledged", ANSWERED_AT, read_at | {"acknowledges": "Task/t1"}),
    ]


@pytest.mark.parametrize("status", ["cancelled", "entered-in-error"])
def test_a_takeover_is_taken_back(status: str) -> None:
    assert briefs(bundle(takeover(status))) == [("fact-voided", ANSWERED_AT, {"target_message": "Task/t1"})]


def test_a_draft_and_another_task_are_not_of_use() -> None:
    for task in (takeover("draft"), takeover("requested", code={"text": "Hämta prov"})):
        told = read(bundle(task))
        assert (told.kind, told.submissions, told.trouble) == ("transaction", (), None)


def test_the_admission_notice_is_read() -> None:
    task = takeover("received", code=ours("task", "admission-notice"), focus=ref("Communication/c1"))
    told = acts(read(bundle(task, notice("admission-notice"))))
    assert [name_of(said) for said in told] == ["admission-acknowledged", "admission-notified"]
    assert told[0].data["acknowledges"] == "Communication/c1"


# -- referrals -----------------------------------------------------------------------------------------------------


def referral(status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": status,
        "intent": "order",
        "category": [ours("track", "heart-failure")],
        "code": concept("http://snomed.info/sct", "3457005"),
        "subject": ref("Patient/p1"),
        "authoredOn": ASKED,
        "requester": ref("Organization/centre"),
        "performer": [ref("Organization/hospital")],
        "reasonCode": [{"text": "Andfådd"}],
    } | more


CENTRE: dict[str, Any] = {
    "resourceType": "Organization",
    "id": "centre",
    "identifier": [{"system": "urn:oid:1.2.752.29.4.19", "value": "SE2321000198-VC1"}],
}


def test_a_referral_is_sent() -> None:
    told = read(bundle(referral(), CENTRE))
    assert [brief(said) for said in acts(told)] == [
        (
            "referral-sent",
            ASKED_AT,
            {
                "track": "heart-failure",
                "from_unit": "hsa:SE2321000198-VC1",
                "to_unit": UNIT,
                "question": "Andfådd",
            },
        )
    ]
    elsewhere = {
        "resourceType": "Organization",
        "id": "hospital",
        "identifier": [{"system": "urn:oid:1.2.752.29.4.19", "value": "SE2321000016-39KJ"}],
    }
    (said,) = acts(read(bundle(referral(), CENTRE, elsewhere)))
    assert said.data["to_region"] == "01"


def test_a_referral_is_accepted_or_returned_by_a_task() -> None:
    task = {
        "resourceType": "Task",
        "id": "t2",
        "status": "accepted",
        "intent": "order",
        "focus": ref("ServiceRequest/s1"),
        "for": ref("Patient/p1"),
        "lastModified": ANSWERED,
        "requester": ref("Organization/centre"),
        "owner": ref("Organization/hospital"),
    }
    told = acts(read(bundle(task, referral(), CENTRE)))
    track = {"track": "heart-failure", "unit": UNIT}
    assert brief(told[0]) == ("referral-accepted", ANSWERED_AT, track)
    assert name_of(told[1]) == "referral-sent"
    back = task | {"status": "rejected", "statusReason": ours("decline", "wrong-level")}
    assert briefs(bundle(back, referral(), CENTRE))[0] == (
        "referral-returned",
        ANSWERED_AT,
        track | {"reason": "wrong-level"},
    )


def test_a_referral_is_revoked() -> None:
    gone = referral("revoked", meta={"lastUpdated": ANSWERED})
    assert briefs(bundle(gone, CENTRE)) == [
        ("fact-voided", ANSWERED_AT, {"target_message": "ServiceRequest/s1"})
    ]


def test_other_requests_are_not_of_use() -> None:
    blood = referral(category=[], code=concept("http://snomed.info/sct", "396550006"))
    assert read(bundle(blood, CENTRE)).submissions == ()


# -- the coordinated individual plan -------------------------------------------------------------------------------


def plan(status: str = "active", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "CarePlan",
        "id": "sip1",
        "status": status,
        "intent": "plan",
        "category": [ours("care-plan", "sip")],
        "title": "SIP",
        "subject": ref("Patient/p1"),
        "created": ASKED,
        "author": ref("Organization/municipality"),
        "contributor": [ref("Organization/hospital")],
        "activity": [
            {
                "detail": {
                    "status": "in-progress",
                    "description": "Omläggning",
                    "performer": [ref("Organization/municipality")],
                }
            },
            {
                "detail": {
                    "status": "in-progress",
                    "description": "Läkarbesök",
                    "performer": [ref("Organization/hospital")],
                }
            },
        ],
    } | more


def test_a_plan_in_force_is_a_sip() -> None:
    told = acts(read(bundle(plan())))
    assert [brief(said) for said in told] == [
        (
            "sip-established",
            ASKED_AT,
            {
                "principals": ["21", "2180"],
                "overall_responsible": "2180",
                "plan": "SIP\nOmläggning (2180)\nLäkarbesök (21)",
            },
        )
    ]
    assert told[0].controller == "orgnr:2120002338"


def test_a_draft_or_another_plan_is_none() -> None:
    assert read(bundle(plan("draft"))).submissions == ()
    assert read(bundle(plan(category=[concept("http://snomed.info/sct", "91251008")]))).submissions == ()


def test_a_plan_entered_in_error() -> None:
    assert briefs(bundle(plan("entered-in-error", meta={"lastUpdated": ANSWERED}))) == [
        ("fact-voided", ANSWERED_AT, {"target_message": "CarePlan/sip1"})
    ]


# -- messages ------------------------------------------------------------------------------------------------------


def notice(sort: str, status: str = "completed", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Communication",
        "id": "c1",
        "status": status,
        "category": [ours("communication", sort)],
        "subject": ref("Patient/p1"),
        "sent": ASKED,
        "received": ANSWERED,
        "recipient": [ref("Organization/municipality"), ref("Organization/centre")],
        "sender": ref("Organization/hospital"),
    } | more


RECIPIENTS = [
    {
        "role": "municipal-health",
        "unit": HOME,
        "municipality": "2180",
        "received_at": "2026-03-05T14:00:00.000000Z",
    },
    {"role": "open-care", "unit": "hsa:SE2321000198-VC1", "received_at": "2026-03-05T14:00:00.000000Z"},
]


@pytest.mark.parametrize(
    ("sort", "name", "data"),
    [
        ("admission-notice", "admission-notified", {"recipients": RECIPIENTS}),
        ("discharge-ready", "discharge-ready-notified", {"recipients": RECIPIENTS}),
        ("discharge-ready-withdrawn", "discharge-ready-withdrawn", {"reason": "other"}),
        ("discharge-information", "discharge-information-transferred", {"recipients": RECIPIENTS}),
        ("sip-call", "sip-meeting-called", {"invitees": RECIPIENTS, "unit": UNIT}),
        ("gossip", "message-sent", {"recipients": RECIPIENTS}),
    ],
)
def test_notices_by_their_category(sort: str, name: str, data: dict[str, Any]) -> None:
    (said,) = acts(read(bundle(notice(sort), CENTRE)))
    assert (brief(said), said.unit) == ((name, ASKED_AT, data), UNIT)


def test_a_receiver_with_its_own_time_and_the_social_services() -> None:
    social = municipality(type=[ours("role", "social-services")])
    own = ref("Organization/municipality") | {
        "extension": [
            {"url": "urn:carechain:extension:received", "valueDateTime": "2026-03-05T10:00:00+01:00"}
        ]
    }
    expected = [
        {
            "role": "social-services",
            "unit": HOME,
            "municipality": "2180",
            "received_at": "2026-03-05T09:00:00.000000Z",
        }
    ]
    when = [
        {"url": "urn:carechain:extension:estimated-discharge", "valueDateTime": "2026-03-10T12:00:00+01:00"}
    ]
    (said,) = acts(read(bundle(notice("admission-notice", recipient=[own], extension=when), social)))
    assert said.data == {"recipients": expected, "estimated_discharge_at": "2026-03-10T11:00:00.000000Z"}


def test_a_message_keeps_its_words_sealed_and_its_subject_plain() -> None:
    words = [{"contentString": "Behöver sårvård."}, {"contentString": "Ring gärna."}]
    category = [concept("http://terminology.hl7.org/CodeSystem/communication-category", "notification")]
    told = read(bundle(notice("x", category=category, payload=words), CENTRE))
    (said,) = acts(told)
    assert said.data["text"] == "Behöver sårvård.\nRing gärna."
    assert said.data["subject"] == "notification"
    assert notes(told) == ""
    long = [{"contentString": "å" * 20_001}]
    told = read(bundle(notice("x", payload=long), CENTRE))
    assert "text" not in acts(told)[0].data
    assert notes(told).count("å") == 20_001


def test_what_was_never_sent_is_a_note_and_an_error_is_taken_back() -> None:
    told = read(bundle(notice("admission-notice", "not-done"), CENTRE))
    assert acts(told) == []
    assert "Communication/c1" in notes(told)
    wrong = notice("admission-notice", "entered-in-error", meta={"lastUpdated": ANSWERED})
    assert briefs(bundle(wrong, CENTRE)) == [
        ("fact-voided", ANSWERED_AT, {"target_message": "Communication/c1"})
    ]
