"""The simulator beyond the notices: the whole vocabulary is told, and its answers about it are right by hand."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.simulator.records import (
    Act,
    Answer,
    Assessment,
    Journey,
    Notice,
    Party,
    Ready,
    Receipt,
    Said,
    Start,
    Stay,
    Stray,
)
from consumers.simulator.run import simulate
from consumers.simulator.truth import answers
from domain.fact import load_catalogue

HOME_CARE = Party("social-services", "hsa:SE2120007008-BE", "2180")
NURSING = Party("municipal-health", "hsa:SE2120007008-HSL", "2180")
CENTRE = Party("open-care", "hsa:SE2321000198-VC")
ELSEWHERE = Party("social-services", "hsa:SE2120007016-BE", "2182")
OTHER_CENTRE = Party("open-care", "hsa:SE2321000198-VC2")
NEVER_TOLD = {"patient-identity-linked", "patient-identity-unlinked", "episode-moved", "message-noted"}
"""They are about two patients, or keep what has no place in a fact: the simulated sources tell neither."""
Row = dict[str, Any]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    simulate("Jämtland Härjedalen", 1_000, 4, folder)
    return folder


def lines(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8") as text:
        for line in text:
            yield json.loads(line)


def test_every_kind_of_fact_is_told(month: Path) -> None:
    told = {line["type"].split(".")[2] for line in lines(month / "facts.ndjson")}
    assert told == {fact.NAME for fact in load_catalogue().values()} - NEVER_TOLD


def test_a_month_is_not_more_than_readers_can_take_in(month: Path) -> None:
    assert 12_000 < sum(1 for _ in lines(month / "facts.ndjson")) < 19_000


def test_every_municipality_has_patients_enough_to_be_counted(month: Path) -> None:
    """Groups under twenty are not shown: Strömsund and Härjedalen are to be seen beside Östersund."""
    lives = {
        line["patient"]["value"]: line["data"]["municipality"]
        for line in lines(month / "facts.ndjson")
        if line["type"].startswith("se.carechain.patient-admitted")
    }
    counts = Counter(lives.values())
    assert len(counts) == 8
    assert min(counts.values()) >= 20


def test_private_units_care_on_the_regions_behalf(month: Path) -> None:
    private = [line for line in lines(month / "facts.ndjson") if line["source"].endswith("-private")]
    assert len(private) > 100
    assert {line["principal"] for line in private} == {"23"}
    assert all(line["controller"].startswith("orgnr:559990") for line in private)


def test_who_gives_care_beside_the_hospital_is_answered(month: Path) -> None:
    roles = Counter(row["role"] for row in lines(month / "truth.ndjson") if row["kind"] == "responsible")
    assert set(roles) == {
        "inpatient",
        "emergency",
        "open-care",
        "municipal-health",
        "rehabilitation",
        "social-services",
        "mobile-team",
        "team-member",
        "specialist",
        "egenvard",
    }


def january(day: int, hour: int, minute: int = 0) -> datetime:
    """Swedish winter time as UTC."""
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def a_stay(**more: Any) -> Stay:
    """In on the 5th at 8, out on the 12th at 14, with needs seen at once; the rest as the test has it."""
    needs = ("social-services", "municipal-health")
    given: dict[str, Any] = {
        "admitted_at": january(5, 8),
        "end": "discharged",
        "ended_at": january(12, 14),
        "assessments": [Assessment(january(5, 9), "yes", needs, at_admission=True)],
    }
    return Stay("E1", 0, **(given | more))


def owed(stay: Stay, *rules: str) -> list[tuple[str, str | None, str]]:
    rows = answers("21", Journey("SIM-0001", "2180", [stay]), january(31, 0))
    return [(row["rule"], row["done_at"], row["state"]) for row in rows if row.get("rule") in rules]


def waited(stay: Stay, *measures: str) -> list[tuple[str, float]]:
    rows = answers("21", Journey("SIM-0001", "2180", [stay]), january(31, 0))
    return [(row["measure"], row["value"]) for row in rows if row.get("measure") in measures]


def test_a_notice_that_all_its_receivers_send_back_has_told_nobody() -> None:
    stay = a_stay(
        notices=[Notice(january(5, 10), (ELSEWHERE,)), Notice(january(6, 9), (HOME_CARE,))],
        strays=[Stray(january(5, 15), "admission-notified", ELSEWHERE)],
        receipts=[Receipt(january(6, 11), HOME_CARE)],
    )
    # Due on the 6th at 8; told on the 6th at 9, a day and an hour after the admission.
    assert owed(stay, "MH-01") == [("MH-01", "2026-01-06T08:00:00.000000Z", "late")]
    assert waited(stay, "W-01", "W-02") == [("W-01", 25.0), ("W-02", 2.0)]
    stay.notices.pop()
    stay.receipts.clear()
    assert owed(stay, "MH-01") == [("MH-01", None, "missed")]
    assert owed(stay, "MH-17") == []  # no municipality was told, or asked


def test_a_notice_that_one_of_its_receivers_sends_back_has_told_the_others() -> None:
    stay = a_stay(
        notices=[Notice(january(5, 10), (HOME_CARE, OTHER_CENTRE)), Notice(january(7, 10), (CENTRE,))],
        strays=[Stray(january(5, 15), "admission-notified", OTHER_CENTRE)],
        contact_at=january(6, 10),
    )
    assert owed(stay, "MH-01", "MH-02", "MH-06") == [
        ("MH-01", "2026-01-05T09:00:00.000000Z", "done"),
        ("MH-02", "2026-01-07T09:00:00.000000Z", "late"),
        ("MH-06", "2026-01-07T09:00:00.000000Z", "done"),  # appointed before open care was rightly told
    ]
    assert waited(stay, "W-03") == [("W-03", 0.0)]


def test_a_discharge_ready_notice_counts_when_it_reaches_somebody() -> None:
    sent = (Notice(january(9, 10), (ELSEWHERE,)), Notice(january(9, 16), (HOME_CARE,)))
    stay = a_stay(
        notices=[Notice(january(5, 10), (HOME_CARE,))],
        readies=[Ready(january(9, 9), (HOME_CARE,), january(9, 16), notices=sent)],
        strays=[Stray(january(9, 12), "discharge-ready-notified", ELSEWHERE)],
    )
    assert owed(stay, "MH-09", "MH-17") == [("MH-09", "2026-01-09T15:00:00.000000Z", "late")]
    assert waited(stay, "W-04", "W-06") == [("W-04", 420.0), ("W-06", 3.0)]
    stay.readies = [Ready(january(9, 9), (HOME_CARE,), None, notices=sent[:1])]
    assert owed(stay, "MH-09", "MH-12", "MH-17") == [
        ("MH-09", None, "missed"),
        ("MH-12", None, "missed"),
        ("MH-17", None, "missed"),
    ]


def test_a_decision_on_compulsory_open_care_is_the_notice_and_needs_no_sip() -> None:
    stay = a_stay(
        compulsion="LPT",
        destination="compulsory-open-care",
        readies=[Ready(january(9, 9), (HOME_CARE, CENTRE), january(9, 10), by_decision=True)],
        decided_at=january(9, 10),
        sip_needs=[Said(january(8, 9), "yes")],
    )
    assert owed(stay, "MH-09", "MH-10", "MH-17") == [("MH-09", "2026-01-09T09:00:00.000000Z", "done")]
    assert waited(stay, "W-06") == [("W-06", 3.0)]


def test_a_decision_after_the_notice_ends_the_duty_to_call_a_sip() -> None:
    stay = a_stay(
        ended_at=january(20, 14),
        readies=[Ready(january(9, 9), (HOME_CARE, CENTRE), january(9, 10))],
        decided_at=january(11, 10),
        sip_needs=[Said(january(8, 9), "yes")],
    )
    assert owed(stay, "MH-10") == [("MH-10", None, "cancelled")]
    stay.decided_at = january(13, 0)  # the 12th, the last day, had passed
    assert owed(stay, "MH-10") == [("MH-10", None, "missed")]


def test_a_care_contact_that_ended_before_the_discharge_was_none() -> None:
    stay = a_stay(notices=[Notice(january(5, 10), (CENTRE,))], contact_at=january(6, 10))
    assert owed(stay, "MH-06") == [("MH-06", "2026-01-06T09:00:00.000000Z", "done")]
    stay.acts = [Act(january(8, 10), "care-contact-ended", "open-care")]
    assert owed(stay, "MH-06") == [("MH-06", None, "missed")]
    stay.acts.append(Act(january(13, 10), "care-contact-appointed", "open-care"))
    assert owed(stay, "MH-06") == [("MH-06", "2026-01-13T09:00:00.000000Z", "late")]
    stay.acts[0] = Act(january(12, 15), "care-contact-ended", "open-care")
    assert owed(stay, "MH-06") == [("MH-06", "2026-01-06T09:00:00.000000Z", "done")]


def test_nothing_is_owed_after_the_case_is_closed() -> None:
    promise = Answer(january(11, 9), "2180", "HSL", ("home-nursing",), january(12, 10))
    stay = a_stay(answers=[promise])
    assert owed(stay, "MH-18", "MH-19") == [("MH-18", None, "missed"), ("MH-19", None, "missed")]
    stay.closed_at = january(13, 14)  # a day after the discharge, in which the care was to begin
    assert owed(stay, "MH-18", "MH-19") == [("MH-18", None, "cancelled"), ("MH-19", None, "cancelled")]


def cares(journey: Journey) -> list[tuple[str, str]]:
    rows = answers("21", journey, january(31, 0))
    return [(row["role"], row["party"]) for row in rows if row["kind"] == "responsible"]


def test_rehabilitation_is_a_care_of_its_own_and_ends_on_its_own() -> None:
    both = ("home-nursing", "rehabilitation")
    stay = a_stay(starts=[Start(january(12, 16), "2180", "HSL", both)])
    journey = Journey("SIM-0001", "2180", [stay])
    gives = "municipality:2180"
    open_care = ("open-care", "region:21")
    assert cares(journey) == [open_care, ("municipal-health", gives), ("rehabilitation", gives)]
    data = {"municipality": "2180", "services": ["rehabilitation"], "reason": "no-longer-needed"}
    stay.acts = [Act(january(20, 9), "municipal-care-ended", "municipal-health", data, regime="HSL")]
    assert cares(journey) == [open_care, ("municipal-health", gives)]


def test_a_team_and_its_members_go_on_until_they_hand_back() -> None:
    team = "hsa:SE2321000198-MT"
    members = [
        {"role": "open-care", "unit": CENTRE.unit},
        {"role": "municipal-health", "unit": NURSING.unit, "municipality": "2180"},
    ]
    again = Stay("E2", 0, admitted_at=january(20, 8))
    took = Act(january(13, 9), "mobile-team-took-over", "team", {"team": team, "members": members})
    back = Act(january(22, 9), "mobile-team-handed-back", "team", {"team": team, "handed_to": []})
    journey = Journey("SIM-0001", "2180", [a_stay(), again], acts=[took, took])
    assert cares(journey) == [
        ("inpatient", "region:21"),
        ("mobile-team", "region:21"),
        ("team-member", "region:21"),
        ("team-member", "municipality:2180"),
    ]
    journey.acts.append(back)
    assert cares(journey) == [("inpatient", "region:21")]


def test_a_track_is_shared_and_handed_back() -> None:
    track = {"track": "heart-failure"}
    kinds = ("referral-accepted", "shared-care-agreed", "handed-back-to-primary-care")
    acts = [Act(january(6 + day, 9), kind, "specialist", track) for day, kind in enumerate(kinds)]
    visit = Stay("E1", 0, visit_at=january(5, 8), end="discharged", ended_at=january(5, 12))
    region = "region:21"
    for told, expected in (
        (1, [("specialist", region)]),
        (2, [("specialist", region), ("open-care", region)]),
        (3, [("open-care", region)]),
    ):
        assert cares(Journey("SIM-0001", "2180", [visit], acts=acts[:told])) == expected


@pytest.mark.parametrize(
    ("support", "party"),
    [
        ({"support": "relative"}, "relative"),
        ({"support": "municipality", "municipality": "2180"}, "municipality:2180"),
        ({"support": "personal-assistance"}, "assistance"),
        ({"support": "region"}, "region:21"),
    ],
)
def test_who_helps_with_egenvard_until_a_review_ends_it(support: Row, party: str) -> None:
    visit = Stay("E1", 0, visit_at=january(5, 8), end="discharged", ended_at=january(5, 12))
    judged = Act(january(6, 9), "egenvard-assessed", "open-care", {"outcome": "egenvard"} | support)
    journey = Journey("SIM-0001", "2180", [visit], acts=[judged])
    assert cares(journey) == [("egenvard", party)]
    journey.acts.append(Act(january(9, 9), "egenvard-reviewed", "open-care", {"outcome": "continues"}))
    assert cares(journey) == [("egenvard", party)]
    journey.acts.append(Act(january(15, 9), "egenvard-reviewed", "open-care", {"outcome": "ended"}))
    assert cares(journey) == []


def test_an_ambulance_leaves_the_patient_with_somebody_until_they_are_met() -> None:
    visit = Stay("E1", 0, visit_at=january(5, 8), end="discharged", ended_at=january(5, 12))
    nursing = {"role": "municipal-health", "unit": NURSING.unit, "municipality": "2180"}
    left = {"outcome": "left-at-home", "handed_to": [nursing]}
    journey = Journey(
        "SIM-0001", "2180", [visit], acts=[Act(january(7, 9), "ambulance-attended", "ambulance", left)]
    )
    assert cares(journey) == [("municipal-health", "municipality:2180")]
    journey.acts.append(Act(january(8, 9), "home-visit-made", "municipal-health", dict(nursing)))
    assert cares(journey) == []
