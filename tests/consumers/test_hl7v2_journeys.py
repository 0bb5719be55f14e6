"""Whole journeys told in HL7 v2: stays, units and hours worked out by hand, in any order, told twice, taken back early."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from conftest import Place
from hl7v2_messages import adt
from intakes import NOW, clock, facts, instant, intake_into, letters, places_with, rows, stay, stays

from consumers.intake.hl7v2.profile import parse_profile
from consumers.intake.ingest import Counts, Ingestion
from consumers.intake.intake import Intake
from consumers.intake.reading import messages_of
from consumers.intake.site import Site
from domain.fact import Sealed
from domain.facts.admission import PatientAdmitted
from domain.rows import Finding

PROFILE = parse_profile(
    """format = "hl7v2"
source = "gavle-pas"
controller = "orgnr:2321000198"
principal = "21"
[patient.authorities]
SIM = "simulated"
[unit.known]
AVD1 = "hsa:SE2321000198-WARD1"
""",
    "gavle.toml",
)
WARD1, WARD2, EMERGENCY = "hsa:SE2321000198-WARD1", "local:2321000198/AVD2", "local:2321000198/AKUT"


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


class Patient:
    """Whose messages these are; each test has its own, with an episode of its own."""

    def __init__(self, name: str) -> None:
        self.id = f"SIM-{name}"
        self.told = 0

    def say(
        self,
        event: str,
        time: str,
        unit: str = "AVD1",
        care: str = "I",
        *more: str,
        pv1: dict[int, str] | None = None,
        pid: dict[int, str] | None = None,
    ) -> bytes:
        """An event that happened at ``time`` (EVN-6) and was sent five minutes later."""
        self.told += 1
        happened = datetime.strptime(time, "%Y%m%d%H%M")  # noqa: DTZ007  # a local time, as in the message
        sent = (happened + timedelta(minutes=5)).strftime("%Y%m%d%H%M%S")
        return adt(
            event,
            *more,
            control=f"{self.id}-{self.told}",
            sent=sent,
            evn={2: sent, 6: f"{time}00"},
            pid={3: f"{self.id}^^^SIM", **(pid or {})},
            pv1={2: care, 3: unit, 19: f"E-{self.id}", **(pv1 or {})},
        )


def take(intake: Intake, *raws: bytes) -> Counts:
    site = Site(profiles=(PROFILE,), mappings=())
    return Ingestion(intake, clock).run(messages_of(b"".join(raws), "application/hl7-v2", site))


def whole_stay(patient: Patient) -> list[bytes]:
    """To the emergency department on Monday, admitted, moved, home over the weekend, discharged on Tuesday."""
    return [
        patient.say("A04", "202603020630", "AKUT", "E"),
        patient.say("A06", "202603020800", "AVD1"),
        patient.say("A02", "202603031200", "AVD2", pv1={6: "AVD1"}),
        patient.say("A21", "202603061700", "AVD2"),
        patient.say("A22", "202603081800", "AVD2"),
        patient.say("A16", "202603091000", "AVD2"),
        patient.say("A03", "202603101300", "AVD2", pv1={36: "01"}),
    ]


def test_a_whole_stay(intake: Intake) -> None:
    patient = Patient("WHOLE1")
    counts = take(intake, *whole_stay(patient))
    assert (counts.accepted, counts.read) == (7, 7)
    row = stay(intake, "simulated", patient.id)
    assert row.state == "discharged"
    assert row.started_at == instant("2026-03-02T06:30:00+01:00")
    assert row.ended_at == instant("2026-03-10T13:00:00+01:00")
    assert row.leave_closed == timedelta(hours=49)  # Friday 17:00 to Sunday 18:00
    assert (row.region, row.unit) == ("21", WARD2)
    for time, phase, unit in [
        ("2026-03-02T07:00:00+01:00", "outpatient", EMERGENCY),
        ("2026-03-02T08:00:00+01:00", "inpatient", WARD1),
        ("2026-03-03T11:59:59+01:00", "inpatient", WARD1),
        ("2026-03-03T12:00:00+01:00", "inpatient", WARD2),
        ("2026-03-07T12:00:00+01:00", "on_leave", WARD2),
        ("2026-03-08T18:00:00+01:00", "inpatient", WARD2),
    ]:
        row = stay(intake, "simulated", patient.id, instant(time))
        assert (row.phase, row.unit) == (phase, unit), time


def shape(intake: Intake, patient: Patient) -> list[tuple[object, ...]]:
    return [
        (row.state, row.started_at, row.ended_at, row.unit, row.leave_closed, row.region)
        for row in stays(intake, "simulated", patient.id)
    ]


def findings(intake: Intake, patient: Patient) -> list[str]:
    return sorted(row.rule for row in rows(intake, "simulated", patient.id, NOW) if isinstance(row, Finding))


def test_in_any_order_and_twice_it_is_the_same_stay(intake: Intake) -> None:
    expected = None
    for seed in range(4):
        patient = Patient(f"ORDER{seed}")
        told = whole_stay(patient)
        random.Random(seed).shuffle(told)
        take(intake, *told)
        again = told[::-1]
        counts = take(intake, *again)
        assert (counts.known, counts.accepted) == (7, 0)
        assert len(facts(intake, "simulated", patient.id)) == 7
        expected = expected or shape(intake, patient)
        assert shape(intake, patient) == expected
    assert expected == [
        (
            "discharged",
            instant("2026-03-02T06:30:00+01:00"),
            instant("2026-03-10T13:00:00+01:00"),
            WARD2,
            timedelta(hours=49),
            "21",
        )
    ]


def admission(patient: Patient) -> bytes:
    return patient.say("A01", "202603020800", pv1={44: "20260302080000"})


@pytest.mark.parametrize("early", [False, True])
def test_a_cancelled_admission_is_no_stay(intake: Intake, early: bool) -> None:
    patient = Patient(f"A11{early}".upper())
    told = [admission(patient), patient.say("A11", "202603020830")]
    for raw in reversed(told) if early else told:
        take(intake, raw)
    assert stay(intake, "simulated", patient.id).state == "cancelled"
    # Admitted after all: the cancel was sent before that.
    take(intake, patient.say("A01", "202603020900", pv1={44: "20260302090000"}))
    row = stay(intake, "simulated", patient.id)
    assert (row.state, row.started_at) == ("inpatient", instant("2026-03-02T09:00:00+01:00"))


@pytest.mark.parametrize("early", [False, True])
def test_a_cancelled_transfer_leaves_the_patient_where_they_were(intake: Intake, early: bool) -> None:
    patient = Patient(f"A12{early}".upper())
    told = [
        patient.say("A02", "202603031200", "AVD2", pv1={6: "AVD1"}),
        patient.say("A12", "202603031230", "AVD1"),
    ]
    take(intake, admission(patient), *(reversed(told) if early else told))
    assert stay(intake, "simulated", patient.id).unit == WARD1


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("died", ["", "Y"])
def test_a_cancelled_discharge_or_death_leaves_the_stay_open(intake: Intake, early: bool, died: str) -> None:
    patient = Patient(f"A13{early}{died}".upper())
    told = [
        patient.say("A03", "202603101300", pid={30: died}),
        patient.say("A13", "202603101330"),
    ]
    take(intake, admission(patient), *(reversed(told) if early else told))
    assert stay(intake, "simulated", patient.id).state == "inpatient"
    take(intake, patient.say("A03", "202603121300"))
    row = stay(intake, "simulated", patient.id)
    assert (row.state, row.ended_at) == ("discharged", instant("2026-03-12T13:00:00+01:00"))


def test_cancelled_leaves(intake: Intake) -> None:
    patient = Patient("LEAVES")
    take(
        intake,
        admission(patient),
        patient.say("A21", "202603061700"),
        patient.say("A52", "202603061730"),  # never left
    )
    row = stay(intake, "simulated", patient.id)
    assert (row.phase, row.leave_closed) == ("inpatient", timedelta())
    take(
        intake,
        patient.say("A21", "202603131700"),
        patient.say("A22", "202603141700"),
        patient.say("A53", "202603141730"),  # not back yet
    )
    assert stay(intake, "simulated", patient.id).phase == "on_leave"
    take(intake, patient.say("A22", "202603151700"))
    row = stay(intake, "simulated", patient.id)
    assert (row.phase, row.leave_closed) == ("inpatient", timedelta(hours=48))


def test_a_visit_that_ends_in_the_emergency_department(intake: Intake) -> None:
    patient = Patient("VISIT1")
    take(
        intake,
        patient.say("A04", "202603020630", "AKUT", "E"),
        patient.say("A03", "202603021030", "AKUT", "E", pv1={36: "01", 44: "20260302063000"}),
    )
    row = stay(intake, "simulated", patient.id)
    assert (row.state, row.unit, row.ended_at) == (
        "discharged",
        EMERGENCY,
        instant("2026-03-02T10:30:00+01:00"),
    )


def test_discharge_ready_withdrawn_and_declared_again(intake: Intake) -> None:
    patient = Patient("READY1")
    take(
        intake,
        admission(patient),
        patient.say("A16", "202603091000"),
        patient.say("A25", "202603101000"),
        patient.say("A16", "202603111000"),
    )
    names = [fact.kind.NAME for fact in facts(intake, "simulated", patient.id)]
    assert names == [
        "patient-admitted",
        "discharge-ready-declared",
        "discharge-ready-withdrawn",
        "discharge-ready-declared",
    ]


def test_without_episode_and_admission_time_facts_go_to_the_open_stay(intake: Intake) -> None:
    patient = Patient("NOEPI1")
    pv1 = {19: ""}
    take(
        intake,
        patient.say("A01", "202603020800", pv1=pv1),
        patient.say("A02", "202603031200", "AVD2", pv1=pv1),
        patient.say("A03", "202603101300", "AVD2", pv1=pv1),
    )
    row = stay(intake, "simulated", patient.id)
    assert (row.state, row.unit, row.ended_at) == (
        "discharged",
        WARD2,
        instant("2026-03-10T13:00:00+01:00"),
    )


def test_two_messages_with_one_control_id_are_two_and_a_finding(intake: Intake) -> None:
    patient = Patient("TWICE1")
    first = admission(patient)
    patient.told = 0
    other = patient.say("A01", "202603020815", pv1={44: "20260302081500"})
    counts = take(intake, first, other, first)
    assert (counts.accepted, counts.known) == (2, 1)
    assert "message-id-reused" in findings(intake, patient)


def test_merged_identities_stand_in_both_journeys(intake: Intake) -> None:
    reserve, right = Patient("RESERVE"), Patient("RIGHT1")
    take(intake, admission(reserve))
    take(intake, right.say("A40", "202603021000", "", "I", f"MRG|{reserve.id}^^^SIM"))
    assert "patient-identity-linked" in [f.kind.NAME for f in facts(intake, "simulated", right.id)]
    assert "patient-identity-linked" in [f.kind.NAME for f in facts(intake, "simulated", reserve.id)]


def test_what_else_a_message_says_is_sealed_in_the_note(intake: Intake, module_place: Place) -> None:
    patient = Patient("NOTED1")
    take(
        intake, patient.say("A01", "202603020800", "AVD1", "I", "NK1|1|EXEMPEL^EVA", pid={5: "EXEMPEL^EBBA"})
    )
    (fact,) = facts(intake, "simulated", patient.id)
    assert isinstance(fact.fact, PatientAdmitted)
    assert isinstance(fact.fact.note, Sealed)
    assert places_with(module_place, "EXEMPEL") == []


def test_what_cannot_be_read_is_put_aside_once_and_the_rest_goes_on(place: Place) -> None:
    patient = Patient("ASIDE1")
    broken = patient.say("A02", "202603031200", "")
    with intake_into(place) as intake:
        counts = take(intake, admission(patient), broken, patient.say("A03", "202603101300"))
        assert (counts.accepted, counts.put_aside, counts.dead_letters) == (2, 1, 1)
        assert dict(counts.reasons) == {"missing-unit": 1}
        assert take(intake, broken).dead_letters == 0
        assert stay(intake, "simulated", patient.id).state == "discharged"
    assert len(letters(place)) == 1


def test_other_types_are_counted_by_source_and_type(intake: Intake) -> None:
    raw = Patient("OTHER1").say("A01", "202603020800")
    counts = take(intake, raw.replace(b"ADT^A01", b"ORU^R01"), raw.replace(b"ADT^A01", b"ADT^A60"))
    assert (counts.read, counts.not_of_use) == (2, 2)
    assert dict(counts.unused) == {("gavle-pas", "ORU^R01"): 1, ("gavle-pas", "ADT^A60"): 1}
