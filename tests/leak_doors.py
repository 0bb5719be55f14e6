"""Distinctive identities of patients, relatives and staff, and messages that bring them in by every door.

Each door has identities of its own, so that one that is found says by which door it came. All numbers are made up, with
the serial numbers that are given to nobody (980 to 999).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fhir_resources as fhir
import openpyxl
from hl7v2_messages import adt
from hospital_notifications import notification, resource_of
from intakes import line, write
from table_rows import table

WARD = "SE2321000198-016965"
AT_WARD = {"unit": f"hsa:{WARD}", "role": "inpatient"}

# -- files ---------------------------------------------------------------------------------------------------------

HL7_PATIENT, HL7_BROKEN = "193304129814", "192801159837"
HL7 = [
    *(HL7_PATIENT, HL7_BROKEN, "SE2321000198-HLSEVENDOCTOR", "MRG-LEAK-6021"),
    *("Hlzettergren", "Hlosvalda", "Hlflicknamnet", "Hlgatuvägen 17", "070-1740605", "Hlanhörigsson"),
    *("HL-CONTROL-LEAK-3011", "HL-EPISODE-LEAK-90"),
]
FHIR_PATIENT = "194508679828"
FHIR = [
    *(FHIR_PATIENT, "199803QLEAK7", "SE2321000198-FHIRPRACTITIONER", "Fhzakrisdotter", "Fhtorvaldina"),
    *("Fhvägaregränd 4", "08-55512399", "Fhsläktinger", "Fhdoktorsson", "fh.doktorsson@leak.example"),
    *(
        "FHIR-EPISODE-LEAK-17",
        "fhir-task-leak-5",
        "fhir-request-leak-6",
        "fhir-plan-leak-7",
        "fhir-said-leak-8",
    ),
]
CSV_PATIENT = "195112249841"
CSV = [CSV_PATIENT, "Csqvarnström", "Csbrorsdotter"]
WORKBOOK_PATIENT = "MRN-LEAK-XL-3316"
WORKBOOK = [WORKBOOK_PATIENT, "Xlrosenhjelm", "Xlsmedjebacken 9", "EPISODE-LEAK-XL-51"]
XES_PATIENT = "MRN-LEAK-XES-8807"
XES = [XES_PATIENT, "SE2321000198-XESLEAKPERSON", "Xesbjörnstråle"]

# -- servers -------------------------------------------------------------------------------------------------------

MLLP_PATIENT, MLLP_CONTROLS = (
    "MRN-LEAK-MLLP-7721",
    ("ML-CONTROL-LEAK-1", "ML-CONTROL-LEAK-2", "ML-CONTROL-LEAK-3"),
)
MLLP = [MLLP_PATIENT, "Mlhöckerstedt", "Mlvidolf", "ML-EPISODE-LEAK-4", "SE2321000198-MLLPDOCTOR"]
HTTP_PATIENT, HTTP_MESSAGE = "0202601888", "http-message-leak-41"
HTTP = [HTTP_PATIENT, "Htløvenskjold", "Htmargrethius", "http-episode-leak-42", "Htpathnavn"]
INBOUND_PATIENT = "196207099851"
INBOUND = [
    INBOUND_PATIENT,
    "Inpetterqvist",
    "inbound-message-leak",
    "INBOUND-EPISODE-LEAK",
    "SE2321000198-INBOUNDSTAFF",
]
DROPPED_PATIENT = "193910309867"
DROPPED = [DROPPED_PATIENT, "Drgyllenstierna", "DROPPED-EPISODE-LEAK", "dropped-message-leak"]

# -- commands ------------------------------------------------------------------------------------------------------

RECORDED_PATIENT, LOCAL_RESERVE = "195703199876", "RES-LEAK-66120"
GOAL = "Rcpromenera med hunden Rctassemus"
RECORDED = [RECORDED_PATIENT, LOCAL_RESERVE, "Rcfalkenflycht", "Rctassemus", "RC-EPISODE-LEAK-2"]
REFUSED_PATIENT = "197408719883"
STAFF, SECOND_STAFF = "qlstaffanwiberg", "qlsecondellen"
"""Who gives the commands, as the operating system knows them."""
ACTS = [
    *(
        REFUSED_PATIENT,
        STAFF,
        SECOND_STAFF,
        "Dlbortglömde",
        "SE2321000198-STAFFADDED",
        "ql.anstalld@leak.example",
    ),
]

EVERYBODY = [
    *HL7,
    *FHIR,
    *CSV,
    *WORKBOOK,
    *XES,
    *MLLP,
    *MLLP_CONTROLS,
    *HTTP,
    HTTP_MESSAGE,
    *INBOUND,
    *DROPPED,
]
EVERYBODY += [*RECORDED, *ACTS]


def more_files(folder: Path) -> None:
    """A file of each other format, and beside what can be read something that cannot: five messages each."""
    (folder / "1.hl7").write_bytes(b"".join(_hl7()))
    (folder / "2.json").write_text(json.dumps(_fhir(), ensure_ascii=False), encoding="utf-8")
    (folder / "3.xml").write_bytes(fhir.as_xml(_fhir_unreadable()))
    _csv(folder / f"4 {CSV[1]} {CSV_PATIENT}.csv")
    _workbook(folder / "5.xlsx")
    (folder / "6.xes").write_text(_xes(), encoding="utf-8")


def _hl7() -> Sequence[bytes]:
    """An admission with everybody around the patient, a stay without id, a merge, and a number that is none."""
    doctor = "SE2321000198-HLSEVENDOCTOR^Hlzettergren^Doktor"
    person = {
        3: f"{HL7_PATIENT}^^^&1.2.752.129.2.1.3.1&ISO^PI",
        5: "Hlzettergren^Hlosvalda",
        6: "Hlflicknamnet^Moder",
        11: "Hlgatuvägen 17^^Gävle^^80320",
        13: "070-1740605",
    }
    visit = {2: "I", 3: f"{WARD}^1^1", 7: doctor, 19: "HL-EPISODE-LEAK-90", 44: "20260302080000"}
    relative = "NK1|1|Hlanhörigsson^Hlosvalda|MTH|Hlgatuvägen 17|070-1740605"
    told = adt("A01", relative, control="HL-CONTROL-LEAK-3011", pid=person, pv1=visit)
    unnumbered = adt("A01", pid=person, pv1={2: "I", 3: f"{WARD}^1^1", 44: "20260101080000"})
    merged = adt("A40", "MRG|MRG-LEAK-6021^^^GH^MR", control="HL-CONTROL-LEAK-3011-2", pid=person, pv1={})
    broken = adt("A01", pid=person | {3: f"{HL7_BROKEN[:-1]}8^^^&1.2.752.129.2.1.3.1&ISO^PI"}, pv1=visit)
    return [told, unnumbered, merged, broken]


def _fhir() -> dict[str, Any]:
    """A stay, and what one unit asks of another, with people in every place that has room for one."""
    doctor = {
        "resourceType": "Practitioner",
        "id": "d1",
        "identifier": [{"system": fhir.HSA, "value": "SE2321000198-FHIRPRACTITIONER"}],
        "name": [{"family": "Fhdoktorsson"}],
        "telecom": [{"system": "email", "value": "fh.doktorsson@leak.example"}],
    }
    person = fhir.patient(
        FHIR_PATIENT,
        system="http://electronichealth.se/identifier/samordningsnummer",
        name=[{"family": "Fhzakrisdotter", "given": ["Fhtorvaldina"]}],
        address=[{"line": ["Fhvägaregränd 4"], "city": "Gävle"}],
        telecom=[{"system": "phone", "value": "08-55512399"}],
        contact=[{"name": {"family": "Fhsläktinger"}}],
    )
    stay = fhir.encounter(
        identifier=[{"system": "https://region.example/vtf", "value": "FHIR-EPISODE-LEAK-17"}],
        location=fhir.at_places(("a", "2026-03-02T08:00:00+01:00", None)),
        participant=[{"individual": fhir.ref("Practitioner/d1") | {"display": "Fhdoktorsson"}}],
        reasonCode=[{"text": f"Fhzakrisdotter {FHIR_PATIENT} föll på Fhvägaregränd 4"}],
    )
    asked = {"subject": fhir.ref("Patient/p1"), "authoredOn": "2026-03-05T09:00:00+01:00", "status": "active"}
    task = {
        "resourceType": "Task",
        "id": "fhir-task-leak-5",
        "status": "requested",
        "intent": "proposal",
        "code": fhir.ours("task", "municipal-takeover"),
        "for": fhir.ref("Patient/p1") | {"display": "Fhzakrisdotter"},
        "description": "Ring Fhsläktinger 08-55512399",
        "authoredOn": "2026-03-05T09:00:00+01:00",
        "requester": fhir.ref("Organization/hospital"),
        "owner": fhir.ref("Organization/municipality"),
        "input": [{"valueCoding": fhir.coding(f"{fhir.OURS}service", "home-nursing")}],
        "note": [{"text": "Fhsläktinger har nyckeln"}],
    }
    request = asked | {
        "resourceType": "ServiceRequest",
        "id": "fhir-request-leak-6",
        "intent": "order",
        "category": [fhir.ours("track", "heart-failure")],
        "requester": fhir.ref("Organization/hospital"),
        "performer": [fhir.ref("Organization/hospital"), fhir.ref("Practitioner/d1")],
        "reasonCode": [{"text": "Fhzakrisdotter är andfådd"}],
    }
    plan = asked | {
        "resourceType": "CarePlan",
        "id": "fhir-plan-leak-7",
        "intent": "plan",
        "category": [fhir.ours("care-plan", "sip")],
        "title": "SIP för Fhzakrisdotter",
        "created": "2026-03-05T09:00:00+01:00",
        "author": fhir.ref("Organization/municipality"),
        "contributor": [fhir.ref("Organization/hospital")],
        "activity": [{"detail": {"status": "in-progress", "description": "Fhsläktinger handlar"}}],
    }
    said = {
        "resourceType": "Communication",
        "id": "fhir-said-leak-8",
        "status": "completed",
        "category": [fhir.ours("communication", "admission-notice")],
        "subject": fhir.ref("Patient/p1"),
        "sent": "2026-03-02T15:00:00+01:00",
        "recipient": [fhir.ref("Organization/municipality")],
        "sender": fhir.ref("Organization/hospital"),
        "payload": [{"contentString": f"Fhtorvaldina, {FHIR_PATIENT}, Fhdoktorsson ansvarar"}],
    }
    around = [person, fhir.hospital(), fhir.municipality(), doctor, fhir.ward("a", fhir.WARD_A)]
    return fhir.bundle(stay, task, request, plan, said, around=around)


def _fhir_unreadable() -> dict[str, Any]:
    """A stay of somebody with a reserve number that has left at no time."""
    person = fhir.patient("199803QLEAK7", system=fhir.RESERVE, name=[{"family": "Fhzakrisdotter"}])
    return fhir.bundle(
        fhir.encounter(status="finished"), around=[person, fhir.hospital(), fhir.municipality()]
    )


def _csv(file: Path) -> None:
    """A row of the patient register with names that it should not have, and one without a day."""
    head = ["PERSONNUMMER", "INDATUM", "UTDATUM", "SJUKHUS", "KLINIK", "NAMN", "ANHORIG"]
    who = [CSV_PATIENT, "20260302", "20260305", "21012", "101", "Csqvarnström", "Csbrorsdotter"]
    table(file, [head, who, [CSV_PATIENT, "Csqvarnström", *who[2:]]], ";")


def _workbook(file: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["patient", "stay", "ward", "in", "out", "out_to", "namn", "adress"])
    who = [WORKBOOK_PATIENT, "EPISODE-LEAK-XL-51", "AVD12", "2026-03-02 08:00", "2026-03-04 10:30", "home"]
    sheet.append([*who, "Xlrosenhjelm", "Xlsmedjebacken 9"])
    sheet.append([*who[:3], "Xlrosenhjelm", "", "", "", ""])
    book.save(file)


def _xes() -> str:
    events = "".join(
        f'<event><string key="concept:name" value="{name}"/><date key="time:timestamp" value="{at}"/>'
        '<string key="org:resource" value="SE2321000198-XESLEAKPERSON"/><string key="org:group" value="B"/>'
        '<string key="Kommentar" value="Xesbjörnstråle ringde"/></event>'
        for name, at in (
            ("Admission NC", "2026-03-02T12:00:00+01:00"),
            ("Release A", "i går, Xesbjörnstråle"),
        )
    )
    return (
        '<log xmlns="http://www.xes-standard.org/"><trace>'
        f'<string key="concept:name" value="{XES_PATIENT}"/>{events}</trace></log>'
    )


# -- what servers are sent -----------------------------------------------------------------------------------------


def mllp_messages() -> list[bytes]:
    """One that is recorded, one that nobody can read, and one of a type that is not taken in."""
    person = {3: f"{MLLP_PATIENT}^^^GH^MR", 5: "Mlhöckerstedt^Mlvidolf"}
    visit = {2: "I", 3: f"{WARD}^1^1", 7: "SE2321000198-MLLPDOCTOR^Mlhöckerstedt", 19: "ML-EPISODE-LEAK-4"}
    visit[44] = "20260302080000"
    recorded, unreadable, foreign = (
        adt(event, control=control, pid=person if event == "A01" else person | {3: ""}, pv1=visit)
        for event, control in zip(("A01", "A02", "A60"), MLLP_CONTROLS, strict=True)
    )
    return [recorded, unreadable, foreign]


def http_notification() -> dict[str, Any]:
    told = notification(
        "admit-inpatient",
        message=HTTP_MESSAGE,
        identifiers=[("urn:oid:1.2.208.176.1.2", HTTP_PATIENT)],
        episodes=[("https://www.esundhed.dk/Registre/Landspatientregisteret", "http-episode-leak-42")],
    )
    resource_of(told, "Patient")["name"] = [{"family": "Htløvenskjold", "given": ["Htmargrethius"]}]
    return told


HTTP_BAD = json.dumps(
    {"resourceType": "Encounter", "id": HTTP_PATIENT, "status": "Htløvenskjold", "Htmargrethius": [{}]}
).encode()


def inbound_values() -> list[bytes]:
    """One command, and one line with nothing but people in it."""
    told = line(
        "patient-admitted",
        "2026-03-02T08:00:00+01:00",
        "x",
        {"unit": f"hsa:{WARD}", "municipality": "2180", "note": "Inpetterqvist bor ensam"},
        message="inbound-message-leak",
        episode="INBOUND-EPISODE-LEAK",
        actor="SE2321000198-INBOUNDSTAFF",
    ) | {"patient": {"system": "personnummer", "value": INBOUND_PATIENT}}
    return [json.dumps(told).encode(), json.dumps({"Inpetterqvist": INBOUND_PATIENT}).encode()]


def dropped(folder: Path) -> Path:
    """A file named after somebody, with one line that can be read, and one that cannot."""
    told = line(
        "patient-admitted",
        "2026-03-02T08:00:00+01:00",
        "x",
        {"unit": f"hsa:{WARD}", "municipality": "2180"},
        message="dropped-message-leak",
        episode="DROPPED-EPISODE-LEAK",
    ) | {"patient": {"system": "personnummer", "value": DROPPED_PATIENT}}
    return write(folder / f"Drgyllenstierna {DROPPED_PATIENT}.ndjson", [told, told | {"Drgyllenstierna": 1}])


def settled(folder: Path) -> Path:
    """A stay that a municipality pays for, so that there is a month to settle; of a simulated patient."""
    recipients = {"recipients": [{"role": "municipal-health", "municipality": "2180"}]}
    admitted = {"unit": f"hsa:{WARD}", "care_form": "somatic", "municipality": "2180"}
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("patient-admitted", "01T08:00", admitted),
        ("admission-notified", "01T09:00", recipients),
        ("discharge-ready-notified", "03T09:00", recipients),
        ("patient-discharged", "10T10:00", {"destination": "home"}),
    ]
    about = {"patient": {"system": "personnummer", "value": HL7_PATIENT}, "unit": f"hsa:{WARD}"}
    lines = [line(kind, f"2026-03-{at}:00+01:00", "x", data) | about for kind, at, data in told]
    return write(folder / "settled.ndjson", lines)
