"""Whole journeys told in FHIR, through real servers: stays, places and hours by hand, in any order and twice."""

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from fhir_resources import (
    ACT,
    DISPOSITION,
    HOSPITAL,
    MUNICIPAL,
    OURS,
    WARD_A,
    WARD_B,
    as_xml,
    at_places,
    bundle,
    coding,
    concept,
    encounter,
    history,
    ours,
    patient,
    period,
    ref,
    ward,
)
from hospital_notifications import CPR, notification, organization, provenance
from hospital_notifications import bundle as message_bundle
from hospital_notifications import header as message_header
from intakes import NOW, facts, ingest, instant, intake_into, places_with, rows, stay

from consumers.intake.ingest import Counts
from consumers.intake.intake import Intake
from domain.rows import Stay

pytestmark = pytest.mark.broker
SYSTEM = "https://region.example/pat"
MRN = "mrn:region.example-pat"

ARRIVED = "2026-03-02T08:00:00+01:00"
ADMITTED = "2026-03-02T13:00:00+01:00"
MOVED = "2026-03-03T09:00:00+01:00"
AWAY, BACK = "2026-03-06T16:00:00+01:00", "2026-03-08T10:00:00+01:00"
LEFT = "2026-03-09T11:30:00+01:00"


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


@pytest.fixture
def take(intake: Intake, tmp_path: Path) -> Any:
    """Takes documents in about a patient of their own, as JSON or XML."""
    numbers = iter(range(1000))

    def taken(*documents: dict[str, Any], value: str, xml: bool = False) -> Counts:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        for number, document in enumerate(documents):
            own = json.loads(
                json.dumps(document).replace('"PAT"', json.dumps(value)).replace("e1", f"e-{value}")
            )
            if xml:
                (folder / f"{number:03}.xml").write_bytes(as_xml(own))
            else:
                (folder / f"{number:03}.json").write_text(json.dumps(own))
        return ingest(intake, folder)

    return taken


def places(*given: tuple[str, str, str | None]) -> dict[str, Any]:
    return {"location": at_places(*given)}


def stay_of(status: Any = "in-progress", class_: Any = "IMP", end: Any = None, **more: Any) -> dict[str, Any]:
    """One version of the encounter, with who is who around it."""
    own = encounter(class_, status, ARRIVED, end, **more)
    del own["identifier"]
    own["id"] = "e1"
    return own


def sent(at: str, *resources: dict[str, Any]) -> dict[str, Any]:
    return bundle(*resources, patient("PAT", system=SYSTEM), ward("a", WARD_A), ward("b", WARD_B), sent=at)


EMERGENCY = {"classHistory": [{"class": coding(ACT, "EMER"), "period": period(ARRIVED, ADMITTED)}]}
FIRST = ("a", ARRIVED, MOVED)
SECOND = ("b", MOVED, None)
ON_WARD = ("in-progress", ARRIVED, AWAY)


def versions() -> list[dict[str, Any]]:
    """Emergency department, ward A, ward B, on leave, back, home: each message with the whole history so far."""
    home = {"hospitalization": {"dischargeDisposition": concept(DISPOSITION, "home")}}
    leave = history(ON_WARD, ("onleave", AWAY, BACK))
    return [
        sent("2026-03-02T08:05:00+01:00", stay_of("arrived", "EMER", **places(("a", ARRIVED, None)))),
        sent("2026-03-02T13:05:00+01:00", stay_of(**EMERGENCY, **places(("a", ARRIVED, None)))),
        sent("2026-03-03T09:05:00+01:00", stay_of(**EMERGENCY, **places(FIRST, SECOND))),
        sent(
            "2026-03-06T16:05:00+01:00",
            stay_of("onleave", **EMERGENCY, **places(FIRST, SECOND), statusHistory=history(ON_WARD)),
        ),
        sent("2026-03-08T10:05:00+01:00", stay_of(**EMERGENCY, **places(FIRST, SECOND), statusHistory=leave)),
        sent(
            "2026-03-09T11:35:00+01:00",
            stay_of("finished", end=LEFT, **EMERGENCY, **places(FIRST, SECOND), statusHistory=leave, **home),
        ),
    ]


def seen(intake: Intake, value: str, at: str) -> tuple[object, ...]:
    row = stay(intake, MRN, value, instant(at))
    return row.state, row.unit, row.started_at, row.ended_at, row.value


def picture(intake: Intake, value: str) -> list[str]:
    """Every conclusion about the patient, without ids."""
    found = []
    for row in rows(intake, MRN, value, NOW):
        said = {name: getattr(row, name) for name in row.__struct_fields__}
        for name in ("id", "journey", "stay", "opened_by", "closed_by"):
            said.pop(name, None)
        found.append(f"{type(row).__name__} {sorted(said.items(), key=lambda item: item[0])}")
    return sorted(found)


def test_a_stay_from_the_emergency_department_to_home(intake: Intake, take: Any) -> None:
    counts = take(*versions(), value="WHOLE")

    assert counts == Counts(accepted=6)
    start, end = instant(ARRIVED), instant(LEFT)
    assert seen(intake, "WHOLE", "2026-03-02T12:00:00+01:00") == ("outpatient", WARD_A, start, None, 0.0)
    assert seen(intake, "WHOLE", "2026-03-02T14:00:00+01:00") == ("inpatient", WARD_A, start, None, 0.0)
    assert seen(intake, "WHOLE", "2026-03-04T14:00:00+01:00") == ("inpatient", WARD_B, start, None, 0.0)
    assert seen(intake, "WHOLE", "2026-03-07T16:00:00+01:00") == ("on_leave", WARD_B, start, None, 24.0)
    assert seen(intake, "WHOLE", "2026-03-31T00:00:00Z") == ("discharged", WARD_B, start, end, 42.0)
    assert [fact.kind.NAME for fact in facts(intake, MRN, "WHOLE")] == [
        "emergency-visit-started",
        "patient-admitted",
        "patient-transferred",
        "leave-started",
        "leave-ended",
        "patient-discharged",
    ]


@pytest.mark.parametrize("number", range(3))
def test_in_any_order_and_twice_it_is_the_same(intake: Intake, take: Any, number: int) -> None:
    value = f"ORDER-{number}"
    take(*versions(), value="ORDERED")
    told = [*versions(), *versions()]
    random.Random(number).shuffle(told)

    counts = take(*told, value=value)

    assert counts.accepted + counts.known == 12
    assert picture(intake, value) == picture(intake, "ORDERED")
    assert take(*told, value=value, xml=True) == Counts(known=12)


def test_the_last_message_alone_tells_all_of_it(intake: Intake, take: Any) -> None:
    take(versions()[-1], value="LAST")
    assert seen(intake, "LAST", "2026-03-31T00:00:00Z") == (
        "discharged",
        WARD_B,
        instant(ARRIVED),
        instant(LEFT),
        42.0,
    )
    assert seen(intake, "LAST", "2026-03-02T12:00:00+01:00")[:2] == ("outpatient", WARD_A)


def test_entered_in_error_leaves_a_cancelled_stay(intake: Intake, take: Any) -> None:
    wrong = sent("2026-03-03T12:00:00Z", stay_of("entered-in-error", **EMERGENCY, **places(FIRST, SECOND)))
    take(*versions()[:3], wrong, value="WRONG")
    assert stay(intake, MRN, "WRONG").state == "cancelled"
    take(wrong, *versions()[:3], value="WRONG-FIRST")
    assert picture(intake, "WRONG-FIRST") == picture(intake, "WRONG")


def test_a_discharge_taken_back_and_made_again(intake: Intake, take: Any) -> None:
    first = stay_of("finished", end="2026-03-05T10:00:00+01:00")
    again = history(
        ("in-progress", ARRIVED, "2026-03-05T10:00:00+01:00"),
        ("finished", "2026-03-05T10:00:00+01:00", "2026-03-05T12:00:00+01:00"),
    )
    back = stay_of(statusHistory=again)
    last = stay_of(
        "finished",
        end=LEFT,
        statusHistory=[*again, *history(("in-progress", "2026-03-05T12:00:00+01:00", LEFT))],
    )
    told = [
        sent("2026-03-05T10:05:00+01:00", first),
        sent("2026-03-05T12:05:00+01:00", back),
        sent("2026-03-09T11:35:00+01:00", last),
    ]
    take(*told[:2], value="REOPENED")
    assert seen(intake, "REOPENED", "2026-03-06T00:00:00Z")[0] == "inpatient"
    take(told[2], value="REOPENED")
    assert seen(intake, "REOPENED", "2026-03-31T00:00:00Z")[2:4] == (instant(ARRIVED), instant(LEFT))
    take(*reversed(told), value="REOPENED-BACK")
    assert picture(intake, "REOPENED-BACK") == picture(intake, "REOPENED")


def test_a_corrected_admission(intake: Intake, take: Any) -> None:
    right = stay_of() | {"period": {"start": "2026-03-02T06:00:00+01:00"}}
    changed = {
        "resourceType": "Provenance",
        "id": "pr1",
        "target": [ref("Encounter/e1")],
        "recorded": "2026-03-02T09:00:00+01:00",
        "activity": concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "UPDATE"),
    }
    told = [sent("2026-03-02T08:05:00+01:00", stay_of()), sent("2026-03-02T09:00:00+01:00", right, changed)]
    take(*told, value="AMENDED")
    assert stay(intake, MRN, "AMENDED").started_at == instant("2026-03-02T06:00:00+01:00")
    take(*reversed(told), value="AMENDED-BACK")
    assert picture(intake, "AMENDED-BACK") == picture(intake, "AMENDED")


def test_notices_takeover_and_plan_around_a_stay(intake: Intake, take: Any) -> None:
    notice = {
        "resourceType": "Communication",
        "id": "c-e1",
        "status": "completed",
        "category": [ours("communication", "admission-notice")],
        "subject": ref("Patient/p1"),
        "sent": "2026-03-02T15:00:00+01:00",
        "recipient": [ref("Organization/municipality")],
        "sender": ref("Organization/hospital"),
    }
    task = {
        "resourceType": "Task",
        "id": "t-e1",
        "status": "accepted",
        "intent": "proposal",
        "code": ours("task", "municipal-takeover"),
        "for": ref("Patient/p1"),
        "authoredOn": "2026-03-05T09:00:00+01:00",
        "lastModified": "2026-03-05T15:00:00+01:00",
        "executionPeriod": period(LEFT),
        "requester": ref("Organization/hospital"),
        "owner": ref("Organization/municipality"),
        "input": [{"valueCoding": coding(f"{OURS}service", one)} for one in ("home-nursing", "home-help")],
    }
    told = [*versions(), sent("2026-03-05T15:01:00+01:00", notice, task)]
    assert take(*told, value="AROUND").put_aside == 0

    kept = facts(intake, MRN, "AROUND")
    municipal = [f for f in kept if f.kind.NAME.startswith("municipal-")]
    assert sorted((f.kind.NAME, f.envelope.regime, f.envelope.controller) for f in municipal) == [
        ("municipal-takeover-accepted", "HSL", "orgnr:2120002338"),
        ("municipal-takeover-accepted", "SoL", "orgnr:2120002338"),
        ("municipal-takeover-proposed", "HSL", "orgnr:2321000198"),
        ("municipal-takeover-proposed", "SoL", "orgnr:2321000198"),
    ]
    assert {f.envelope.actorunit for f in municipal} == {f"hsa:{HOSPITAL}", f"hsa:{MUNICIPAL}"}
    shuffled = copy.deepcopy(told)
    random.Random(7).shuffle(shuffled)
    take(*shuffled, value="AROUND-2")
    assert picture(intake, "AROUND-2") == picture(intake, "AROUND")


def test_what_has_no_counterpart_stands_in_no_table_in_clear(
    intake: Intake, take: Any, module_place: Place
) -> None:
    reason = stay_of(reasonCode=[{"text": "Höftfrakturen"}])
    assert take(sent("2026-03-02T08:05:00+01:00", reason), value="SEALED").accepted == 1
    assert take(sent("2026-03-02T08:05:00+01:00", reason), value="SEALED", xml=True) == Counts(known=1)
    assert facts(intake, MRN, "SEALED")[-1].kind.NAME == "message-noted"
    assert places_with(module_place, "Höftfrakturen") == []


def test_two_records_of_one_patient_are_linked(intake: Intake, take: Any) -> None:
    take(sent("2026-03-02T08:05:00+01:00", stay_of()), value="PRIOR")
    prior = patient("PRIOR", "p2", SYSTEM, link=[{"other": ref("Patient/p1"), "type": "replaced-by"}])
    right = patient("PAT", system=SYSTEM)
    assert take(bundle(prior, right, sent="2026-03-04T08:00:00Z"), value="RIGHT").accepted == 1
    for value in ("PRIOR", "RIGHT"):
        assert "patient-identity-linked" in [fact.kind.NAME for fact in facts(intake, MRN, value)]


def test_an_acknowledgement_finds_the_journey_of_what_it_answers(intake: Intake, take: Any) -> None:
    own = message_header("ack-7", "acknowledgement-message") | {
        "sender": ref("Organization/receiver"),
        "destination": [{"endpoint": "x", "receiver": ref("Organization/sender")}],
        "response": {"identifier": "n-7", "code": "ok"},
    }
    answer = message_bundle(
        own,
        provenance("ack-7", "acknowledgement", "2026-03-02T08:30:00+01:00", previous="n-7"),
        organization("sender", "3001"),
        organization("receiver", "9009"),
    )
    told = json.loads(json.dumps(notification("admit-inpatient", message="n-7")).replace(CPR, "0101507777"))
    assert take(told, value="x") == Counts(accepted=1)
    assert take(answer, value="x") == Counts(accepted=1)
    assert [fact.kind.NAME for fact in facts(intake, "cpr", "0101507777")] == [
        "patient-admitted",
        "message-acknowledged",
    ]
    assert take(answer, value="x", xml=True) == Counts(known=1)


def test_a_message_with_trouble_is_tied_to_whom_it_is_about(intake: Intake, take: Any) -> None:
    wrong = stay_of("finished")
    counts = take(sent("2026-03-02T08:05:00+01:00", wrong), value="TROUBLE")
    assert (counts.put_aside, counts.reasons) == (1, {"missing-period": 1})
    assert [fact.kind.NAME for fact in facts(intake, MRN, "TROUBLE")][:1] == ["patient-admitted"]
    assert isinstance(stay(intake, MRN, "TROUBLE"), Stay)
