"""Every ADT event that is read: the facts it tells, their times, units and ids, by default and as a profile has it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hl7v2_messages import INPATIENT, PERSON, PERSONNUMMER, adt, header, segment

from consumers.intake.hl7v2.adt import EVENTS, read_message
from consumers.intake.hl7v2.header import SUPPORTED
from consumers.intake.hl7v2.profile import parse_profile
from consumers.intake.message import Told
from domain.errors import Unreadable
from domain.submission import Patient, Submission

PATIENT = Patient(system="personnummer", value=PERSONNUMMER)
EMERGENCY = {2: "E", 3: "AKUT", 19: "E1"}
WARD = "local:PAS-GH/AVD1"
EIGHT = "20260302080000"
EIGHT_UTC = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
NINE_UTC = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""When the messages are sent."""


def at(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def told(raw: bytes, profile: str = "") -> Told:
    return read_message(raw, [parse_profile(f'format = "hl7v2"\n{profile}', "p.toml")] if profile else [])


def one(raw: bytes, profile: str = "") -> Submission:
    (submission,) = said(raw, profile)
    return submission


def said(raw: bytes, profile: str = "") -> tuple[Submission, ...]:
    found = told(raw, profile)
    assert found.trouble is None
    return found.submissions


def kind(submission: Submission) -> str:
    return submission.type.split(".")[2]


def data(submission: Submission) -> dict[str, Any]:
    """Without its note."""
    return {name: value for name, value in submission.data.items() if name != "note"}


def trouble(raw: bytes, profile: str = "") -> tuple[str, str | None]:
    found = told(raw, profile)
    assert found.trouble is not None
    assert found.submissions == ()
    assert found.patient == PATIENT
    return found.trouble.reason, found.trouble.field


# -- admission and visit -----------------------------------------------------------------------------------------


def test_a01_is_an_admission() -> None:
    pv1 = {**INPATIENT, 3: "AVD1^5^2^GH", 4: "E", 44: EIGHT}
    admitted = one(adt("A01", pv1=pv1, evn={2: "20260302085500", 5: "STAFF7"}))
    assert kind(admitted) == "patient-admitted"
    assert (admitted.time, admitted.precision, admitted.sent) == (EIGHT_UTC, "second", NINE_UTC)
    assert (admitted.patient, admitted.episode, admitted.message) == (PATIENT, "E1", "M1")
    assert (admitted.source, admitted.unit, admitted.role) == ("hl7:PAS:GH", WARD, "inpatient")
    assert (admitted.controller, admitted.principal) == ("local:PAS-GH/GH", None)
    assert admitted.actor == "STAFF7"
    assert data(admitted) == {"organisation": "local:PAS-GH/GH", "unit": WARD, "unplanned": True}
    # Room, bed and facility are not the unit's name, and not lost.
    assert admitted.data["note"] == "PV1-3: AVD1^5^2^GH"


@pytest.mark.parametrize(
    ("pv1", "evn", "expected"),
    [
        ({44: EIGHT}, {2: "20260302083000", 6: "20260302081500"}, at(7)),
        ({}, {2: "20260302083000", 6: "20260302081500"}, at(7, 15)),
        ({44: '""'}, {2: "20260302083000"}, at(7, 30)),
    ],
)
def test_admission_is_pv1_44_then_evn_6_then_evn_2(
    pv1: dict[int, str], evn: dict[int, str], expected: datetime
) -> None:
    assert one(adt("A01", pv1={**INPATIENT, **pv1}, evn=evn)).time == expected


def test_a01_without_any_time_is_put_aside_with_its_patient() -> None:
    assert trouble(adt("A01", evn={})) == ("missing-time", "PV1-44")


def test_a01_of_an_emergency_patient_is_a_visit() -> None:
    visit = one(adt("A01", pv1={**EMERGENCY, 44: EIGHT}))
    assert kind(visit) == "emergency-visit-started"
    assert (visit.time, visit.role, visit.episode) == (EIGHT_UTC, "emergency", "E1")
    assert data(visit) == {"organisation": "local:PAS-GH/GH", "unit": "local:PAS-GH/AKUT"}


@pytest.mark.parametrize("code", ["O", "P", "R"])
def test_a01_of_a_class_without_a_fact_is_noted(code: str) -> None:
    noted = one(adt("A01", pv1={**INPATIENT, 2: code, 44: EIGHT}))
    assert kind(noted) == "message-noted"
    assert (noted.time, noted.sent) == (NINE_UTC, NINE_UTC)
    assert f"PV1-2: {code}" in noted.data["text"].splitlines()


@pytest.mark.parametrize("code", ["", "ff", "B", "i"])
def test_a01_without_a_known_class_is_an_admission(code: str) -> None:
    assert kind(one(adt("A01", pv1={**INPATIENT, 2: code}))) == "patient-admitted"


@pytest.mark.parametrize(
    ("code", "unplanned"), [("A", True), ("U", True), ("R", False), ("C", False), ("L", None)]
)
def test_admission_type_says_whether_it_was_planned(code: str, unplanned: bool | None) -> None:
    assert one(adt("A01", pv1={**INPATIENT, 4: code})).data.get("unplanned") is unplanned


def test_a01_without_pv1_is_still_an_admission() -> None:
    admitted = one(adt("A01", pv1={}))
    assert (admitted.unit, admitted.episode, admitted.time) == (None, None, NINE_UTC)


def test_without_an_episode_patient_and_admission_stand_for_it() -> None:
    pv1 = {2: "I", 3: "AVD1", 44: EIGHT}
    episodes = {one(adt(event, pv1=pv1)).episode for event in ("A01", "A03", "A21")}
    assert episodes == {f"personnummer|{PERSONNUMMER}|2026-03-02T07:00:00.000000Z"}


@pytest.mark.parametrize(
    ("pid", "pv1", "expected"),
    [
        ({18: "K9"}, {19: "E7^^^GH^VN", 50: "X"}, "E7"),
        ({18: "K9^^^GH"}, {50: "X"}, "K9"),
        ({}, {50: "X"}, "X"),
    ],
)
def test_episode_is_pv1_19_then_pid_18_then_pv1_50(
    pid: dict[int, str], pv1: dict[int, str], expected: str
) -> None:
    assert one(adt("A01", pid=PERSON | pid, pv1={2: "I", **pv1})).episode == expected


def test_a04_is_a_visit_only_for_an_emergency_patient() -> None:
    assert kind(one(adt("A04", pv1=EMERGENCY))) == "emergency-visit-started"
    for code in ("O", "", "I"):
        assert kind(one(adt("A04", pv1={**EMERGENCY, 2: code, 7: "D1"}))) == "message-noted"
    profile = '[patient_class]\nO = "emergency"'
    assert kind(one(adt("A04", pv1={**EMERGENCY, 2: "O"}), profile)) == "emergency-visit-started"


def test_a05_has_no_fact_and_is_noted() -> None:
    noted = one(adt("A05", pv1={2: "P", 3: "AVD1"}, pv2={8: "20260310", 9: "20260314"}))
    assert kind(noted) == "message-noted"
    assert noted.data["text"] == "PV1-2: P\nPV2-8: 20260310\nPV2-9: 20260314"


def test_a06_admits_in_the_visits_episode_when_it_happened() -> None:
    pv1 = {**INPATIENT, 44: "20260302033000"}  # when the visit began
    admitted = one(adt("A06", pv1=pv1, evn={2: "20260302085500", 6: "20260302084500"}))
    assert kind(admitted) == "patient-admitted"
    assert (admitted.time, admitted.episode) == (at(7, 45), "E1")


def test_a07_ends_inpatient_care() -> None:
    ended = one(adt("A07", pv1={**INPATIENT, 2: "O"}, evn={2: "20260302150000"}))
    assert kind(ended) == "patient-discharged"
    assert (ended.time, data(ended)) == (at(14), {"destination": "other"})


# -- in the stay -------------------------------------------------------------------------------------------------


def test_a02_moves_the_patient_to_another_unit() -> None:
    pv1 = {**INPATIENT, 3: "AVD2^7^1", 6: "AVD1^5^2"}
    moved = one(adt("A02", pv1=pv1, evn={2: "20260302123000", 6: "20260302120000"}))
    assert kind(moved) == "patient-transferred"
    assert (moved.time, moved.unit) == (at(11), "local:PAS-GH/AVD2")
    assert data(moved) == {"from_unit": WARD, "to_unit": "local:PAS-GH/AVD2"}


def test_a02_to_another_bed_is_noted() -> None:
    moved = one(adt("A02", pv1={**INPATIENT, 3: "AVD1^7^1", 6: "AVD1^5^2"}))
    assert kind(moved) == "message-noted"
    assert "PV1-6: AVD1^5^2" in moved.data["text"]


def test_a02_to_nowhere_is_put_aside() -> None:
    assert trouble(adt("A02", pv1={2: "I", 6: "AVD1", 19: "E1"})) == ("missing-unit", "PV1-3")


def test_a02_of_an_outpatient_is_noted() -> None:
    assert kind(one(adt("A02", pv1={**INPATIENT, 2: "O", 6: "X"}))) == "message-noted"


def test_a16_is_the_judgement_and_a25_its_withdrawal() -> None:
    ready = one(adt("A16", evn={2: "20260304101500", 6: "20260304100000"}))
    assert (kind(ready), ready.time, data(ready)) == ("discharge-ready-declared", at(9, day=4), {})
    withdrawn = one(adt("A25", evn={2: "20260305101500"}))
    assert (kind(withdrawn), withdrawn.time) == ("discharge-ready-withdrawn", at(9, 15, day=5))
    voided = one(adt("A25", evn={2: "20260305101500"}), 'a25 = "void"')
    assert (kind(voided), voided.time) == ("fact-voided", NINE_UTC)
    assert data(voided) == {"target_episode": "E1", "target_kinds": ["discharge-ready-declared"]}


def test_a21_and_a22_are_a_leave() -> None:
    pv1 = {**INPATIENT, 44: EIGHT}
    left = one(adt("A21", pv1=pv1, pv2={47: "202603081800"}, evn={2: "20260306170000"}))
    assert (kind(left), left.time) == ("leave-started", at(16, day=6))
    assert data(left) == {
        "expected_return_at": "2026-03-08T17:00:00.000000Z",
        "admitted_at": "2026-03-02T07:00:00.000000Z",
    }
    back = one(adt("A22", pv1=pv1, evn={2: "20260308175000"}))
    assert (kind(back), back.time) == ("leave-ended", at(16, 50, day=8))
    assert data(back) == {"admitted_at": "2026-03-02T07:00:00.000000Z"}


# -- the end -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "destination"),
    [("01", "home"), ("1", "home"), ("03", "residential-care"), ("02", "other-hospital"), ("77", None)],
)
def test_a03_is_a_discharge(code: str, destination: str | None) -> None:
    pv1 = {**INPATIENT, 36: code, 44: EIGHT, 45: "202603101300"}
    ended = one(adt("A03", pv1=pv1, evn={2: "20260310140000"}))
    assert kind(ended) == "patient-discharged"
    assert (ended.time, ended.precision) == (at(12, day=10), "minute")
    assert ended.data.get("destination") == destination
    assert ended.data["admitted_at"] == "2026-03-02T07:00:00.000000Z"
    # A code nobody knows is not lost.
    assert ("PV1-36: 77" in ended.data.get("note", "")) is (destination is None)


def test_a03_of_an_emergency_patient_ends_the_visit() -> None:
    ended = one(adt("A03", pv1={**EMERGENCY, 36: "02", 44: EIGHT, 45: "20260302113000"}))
    assert (kind(ended), ended.time, ended.role) == ("emergency-visit-ended", at(10, 30), "emergency")
    assert data(ended) == {"destination": "other-hospital", "started_at": "2026-03-02T07:00:00.000000Z"}


def test_a03_of_an_outpatient_is_noted() -> None:
    assert kind(one(adt("A03", pv1={**INPATIENT, 2: "O"}))) == "message-noted"


@pytest.mark.parametrize(
    ("pid", "code", "expected"),
    [
        ({29: "20260309221500", 30: "Y"}, "", at(21, 15, day=9)),
        ({30: "Y"}, "", at(12, day=10)),
        ({}, "20", at(12, day=10)),
        ({29: "20260310", 30: "Y"}, "", at(12, day=10)),  # only the day, and the stay ended on it
        ({29: "20260309", 30: "Y"}, "", at(23, day=8)),  # another day, from its midnight
    ],
)
def test_a03_of_somebody_who_died(pid: dict[int, str], code: str, expected: datetime) -> None:
    pv1 = {**INPATIENT, 36: code, 44: EIGHT, 45: "20260310130000"}
    death = one(adt("A03", pid=PERSON | pid, pv1=pv1))
    assert (kind(death), death.time, death.episode) == ("patient-deceased", expected, "E1")
    assert data(death) == {"admitted_at": "2026-03-02T07:00:00.000000Z"}


def test_pid_30_no_is_no_death_whatever_pid_29_says() -> None:
    assert kind(one(adt("A03", pid={**PERSON, 29: "20260309", 30: "N"}))) == "patient-discharged"


# -- what is taken back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "kinds"),
    [
        ("A11", ["patient-admitted", "emergency-visit-started"]),
        ("A12", ["patient-transferred"]),
        ("A13", ["patient-discharged", "emergency-visit-ended", "patient-deceased"]),
        ("A52", ["leave-started"]),
        ("A53", ["leave-ended"]),
    ],
)
def test_a_cancel_takes_back_by_episode_and_kind_at_its_own_sending(event: str, kinds: list[str]) -> None:
    voided = one(adt(event, evn={2: EIGHT}))
    assert (kind(voided), voided.time, voided.sent, voided.episode) == (
        "fact-voided",
        NINE_UTC,
        NINE_UTC,
        "E1",
    )
    assert data(voided) == {"target_episode": "E1", "target_kinds": kinds}
    assert trouble(adt(event, pv1={2: "I"})) == ("no-episode", "PV1-19")


def test_a_cancel_for_an_outpatient_is_noted() -> None:
    assert kind(one(adt("A11", pv1={**INPATIENT, 2: "O"}))) == "message-noted"


def test_a_cancel_that_does_not_say_when_it_was_sent_goes_by_evn_2() -> None:
    assert one(adt("A11", sent="", evn={2: EIGHT})).time == EIGHT_UTC
    assert trouble(adt("A11", sent="", evn={})) == ("missing-time", "MSH-7")


# -- the person --------------------------------------------------------------------------------------------------


def test_a08_with_pv2_9_tells_a_new_estimate() -> None:
    estimate = one(adt("A08", pv2={9: "20260315"}))
    assert (kind(estimate), estimate.time, estimate.episode) == (
        "estimated-discharge-changed",
        NINE_UTC,
        "E1",
    )
    assert data(estimate) == {"new_estimate_at": "2026-03-14T23:00:00.000000Z"}


@pytest.mark.parametrize("event", ["A08", "A28", "A31"])
def test_a_death_is_told_by_any_update_of_the_person(event: str) -> None:
    death = one(adt(event, pid={**PERSON, 29: "202603092215", 30: "Y"}, pv2={9: "20260315"}))
    assert (kind(death), death.time, death.precision) == ("patient-deceased", at(21, 15, day=9), "minute")
    assert death.episode == (None if event != "A08" else "E1")
    # Discharged alive, and dead since: when is not known.
    pv1 = {**INPATIENT, 36: "01", 45: "20260305130000"}
    assert trouble(adt(event, pid={**PERSON, 30: "Y"}, pv1=pv1)) == ("missing-time", "PID-29")


def test_an_a08_about_a_stay_that_ended_with_death_tells_it_like_the_a03() -> None:
    pv1 = {**INPATIENT, 36: "20", 44: EIGHT, 45: "20260310130000"}
    for pid in ({}, {30: "Y"}, {29: "20260310", 30: "Y"}):
        deaths = [one(adt(event, pid=PERSON | pid, pv1=pv1)) for event in ("A03", "A08")]
        assert [(kind(death), death.time) for death in deaths] == [("patient-deceased", at(12, day=10))] * 2
        assert data(deaths[0]) == data(deaths[1])


@pytest.mark.parametrize("event", ["A08", "A28", "A31", "A54", "A55"])
def test_an_update_without_an_act_is_noted(event: str) -> None:
    noted = one(adt(event, "NK1|1|EXEMPEL^EVA|SIS", pid={**PERSON, 5: "EXEMPEL^EBBA"}))
    assert (kind(noted), noted.time) == ("message-noted", NINE_UTC)
    assert noted.data["text"].splitlines()[-1] == "NK1|1|EXEMPEL^EVA|SIS"
    assert "PID-5: EXEMPEL^EBBA" in noted.data["text"].splitlines()


def test_an_update_that_says_nothing_more_is_not_of_use() -> None:
    found = told(adt("A54"))
    assert (found.submissions, found.trouble) == ((), None)


def test_municipality_is_told_only_where_the_profile_has_a_field_for_it() -> None:
    raw = adt("A31", pid={**PERSON, 11: "^^^^^^^^218001"})
    assert kind(one(raw)) == "message-noted"
    profile = 'municipality = "PID-11.9"\nmunicipality_changes = true'
    changed = one(raw, profile)
    assert (kind(changed), changed.time) == ("responsible-municipality-changed", NINE_UTC)
    assert data(changed) == {"to_municipality": "2180", "ground": "registration"}
    assert kind(one(raw, 'municipality = "PID-11.9"')) == "message-noted"
    admitted = one(adt("A01", pid={**PERSON, 11: "^^^^^^^^2180"}), 'municipality = "PID-11.9"')
    assert admitted.data["municipality"] == "2180"
    unknown = one(adt("A01", pid={**PERSON, 11: "^^^^^^^^9999"}), 'municipality = "PID-11.9"')
    assert "municipality" not in unknown.data


def merge(event: str, *pairs: tuple[str, str], more: str = "") -> bytes:
    lines = [f"PID|||{new}\rMRG|{old}{more}" for new, old in pairs]
    return f"{header(f'ADT^{event}')}\rEVN|{event}|20260302083000\r{chr(13).join(lines)}\r".encode()


@pytest.mark.parametrize(("event", "ground"), [("A40", "double-record"), ("A47", "new-identity")])
def test_merged_identities_are_linked(event: str, ground: str) -> None:
    linked = one(merge(event, ("12^^^GH^MR", "11^^^GH^MR")))
    assert (kind(linked), linked.time, linked.episode) == ("patient-identity-linked", at(7, 30), None)
    assert linked.patient == Patient(system="mrn:GH", value="12")
    assert linked.other == Patient(system="mrn:GH", value="11")
    assert data(linked) == {"ground": ground}


def test_a40_may_hold_several_pairs() -> None:
    first, second = said(merge("A40", ("12^^^GH^MR", "11^^^GH^MR"), ("22^^^GH^MR", "21^^^GH^MR")))
    assert [one.patient and one.patient.value for one in (first, second)] == ["12", "22"]
    assert [one.other and one.other.value for one in (first, second)] == ["11", "21"]
    assert [first.message, second.message] == ["M1", "M1#2"]


def test_a_reserve_number_that_becomes_a_personnummer() -> None:
    reserve = "99AB12^^^&1.2.752.97.3.1.3&ISO"
    linked = one(merge("A40", (PERSON[3], reserve)))
    assert linked.patient == PATIENT
    assert linked.other == Patient(system="reservnummer:2321000016", value="99AB12")
    assert data(linked) == {"ground": "reserve-number"}


def test_numbers_that_both_records_have_are_not_linked_with_themselves() -> None:
    linked, noted = said(merge("A47", ("12^^^GH^MR", "12^^^GH^MR~7^^^OLD^MR")))
    assert noted.data == {"text": "MRG-1: 12^^^GH^MR"}
    assert linked.other == Patient(system="mrn:OLD", value="7")


def test_a40_without_the_prior_number_is_put_aside() -> None:
    assert trouble(adt("A40")) == ("no-prior-id", "MRG-1")
    assert trouble(adt("A40", "MRG||X")) == ("no-patient-id", "MRG-1")


def test_a40_keeps_the_pairs_that_can_be_read() -> None:
    found = told(merge("A40", ("12^^^GH^MR", "11^^^GH^MR"), ("22^^^GH^MR", "")))
    assert [kind(one) for one in found.submissions] == ["patient-identity-linked"]
    assert found.trouble is not None
    assert (found.trouble.reason, found.trouble.field) == ("no-patient-id", "MRG-1")


def test_a40_of_more_patients_than_any_is_put_aside() -> None:
    pairs = [(PERSON[3], f"{number}^^^GH^MR") for number in range(501)]
    assert trouble(merge("A40", *pairs)) == ("too-many-parts", "MRG")


def test_what_else_a_merge_says_is_noted_apart() -> None:
    linked, noted = said(merge("A40", ("12^^^GH^MR||EXEMPEL^EBBA", "11^^^GH^MR")))
    assert (kind(linked), "note" in linked.data) == ("patient-identity-linked", False)
    assert noted.data == {"text": "PID-5: EXEMPEL^EBBA"}


@pytest.mark.parametrize("more", ["||||E7^^^GH^VN", ""])
def test_a45_moves_an_episode_to_the_right_patient(more: str) -> None:
    moved = one(merge("A45", ("12^^^GH^MR", "11^^^GH^MR"), more=more or "\rPV1|||||||||||||||||||E7"))
    assert (kind(moved), moved.episode) == ("episode-moved", None)
    assert (moved.patient, moved.other) == (
        Patient(system="mrn:GH", value="12"),
        Patient(system="mrn:GH", value="11"),
    )
    assert data(moved) == {"moved_episode": "E7"}


def test_a45_without_an_episode_is_put_aside() -> None:
    assert trouble(merge("A45", (PERSON[3], "11^^^GH^MR"))) == ("no-episode", "MRG-5")


# -- which event, which message ------------------------------------------------------------------------------------


def test_every_supported_event_has_a_reader() -> None:
    assert set(EVENTS) == SUPPORTED


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("ORU^R01", "ORU^R01"),
        ("ADT^A60^ADT_A60", "ADT^A60"),
        ("ACK", "ACK"),
        ("SIU^S12^SIU_S12", "SIU^S12"),
        ("hello^my name", "HL7 v2"),
        ("ADT^Ebba", "ADT"),
        ("", "HL7 v2"),
    ],
)
def test_other_types_are_counted_by_type_and_source_and_told_in_no_word_of_the_senders(
    type: str, kind: str
) -> None:
    found = told(f"{header(type)}\rPID|1\r".encode())
    assert (found.kind, found.source, found.submissions, found.trouble) == (kind, "hl7:PAS:GH", (), None)


@pytest.mark.parametrize(
    ("type", "version"), [("ADT^A03", "2.3"), ("ADT^A03^ADT_A03", "2.8"), ("ADT", "2.1"), ("A03", "2.1")]
)
def test_the_event_is_read_in_every_version(type: str, version: str) -> None:
    raw = adt("A03").replace(b"ADT^A03", type.encode()).replace(b"|2.5\r", f"|{version}\r".encode())
    found = told(raw)
    assert (found.kind, kind(found.submissions[0])) == ("ADT^A03", "patient-discharged")


def test_msh_9_wins_over_evn_1() -> None:
    assert kind(one(adt("A03").replace(b"EVN|A03", b"EVN|A01"))) == "patient-discharged"


def test_a_message_without_an_id_is_known_by_what_it_says() -> None:
    one_way = one(adt("A01", control=""))
    assert one_way.message is not None
    assert len(one_way.message) == 64
    assert one(adt("A01", control="").replace(b"\r", b"\r\n")).message == one_way.message
    assert one(adt("A01", control="", sequence="7")).message != one_way.message


def test_sequence_numbers_are_kept() -> None:
    assert one(adt("A01", sequence="17")).sequence == 17
    assert one(adt("A01", sequence="-1")).sequence is None


def test_a_message_without_a_header_cannot_be_read() -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_message(b"PID|||1")
    assert unreadable.value.reason == "no-header"


def test_an_id_that_is_too_long_is_put_aside() -> None:
    assert trouble(adt("A01", control="M" * 513)) == ("invalid-field", None)


def test_trouble_without_a_patient_says_so() -> None:
    found = told(adt("A01", pid={5: "EXEMPEL^EBBA"}))
    assert found.trouble is not None
    assert (found.trouble.reason, found.trouble.field, found.patient) == ("no-patient-id", "PID-3", None)
    assert (found.source, found.unit, found.kind) == ("hl7:PAS:GH", WARD, "ADT^A01")


def test_a_field_in_a_z_segment_or_in_zbe_gives_the_time_where_the_profile_says_so() -> None:
    raw = adt("A02", "ZBE|1^GH|20260302113000", "ZPV||||20260302110000^X", pv1={**INPATIENT, 6: "X"})
    assert one(raw).time == NINE_UTC
    assert one(raw, '[times]\ntransferred = ["ZBE-2", "EVN-2"]').time == at(10, 30)
    assert one(raw, '[times]\ntransferred = ["ZPV-4.1"]').time == at(10)
    # EVN-6 a field late.
    late = adt("A02", evn={2: EIGHT, 7: "20260302101500"}, pv1={**INPATIENT, 6: "X"})
    assert one(late, '[times]\ntransferred = ["EVN-7"]').time == at(9, 15)


def test_a_time_that_is_none_is_put_aside_with_its_field() -> None:
    assert trouble(adt("A01", pv1={**INPATIENT, 44: "yesterday"})) == ("invalid-time", "PV1-44")
    # A time beside the act's own stays in the note.
    ended = one(adt("A03", pv1={**INPATIENT, 44: "yesterday", 45: EIGHT}))
    assert (ended.time, ended.data["note"]) == (EIGHT_UTC, "PV1-44: yesterday")


def test_long_notes_are_divided() -> None:
    first, second = said(adt("A01", *[f"OBX|{number}|TX|{'x' * 900}" for number in range(30)]))
    assert kind(first) == "patient-admitted"
    assert (kind(second), second.data["part"], second.message) == ("message-noted", "2/2", "M1#2")
    assert second.time == NINE_UTC
    text = f"{first.data['note']}\n{second.data['text']}"
    assert text.count("OBX|") == 30


def test_empty_segment_helper() -> None:
    assert segment("PV1", {2: "I", 4: "R"}) == "PV1||I||R"
