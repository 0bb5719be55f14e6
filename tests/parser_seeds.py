"""Well-formed input of every format, made up here, and the signs that each format is made of: where fuzzing begins."""

import json
from collections.abc import Mapping
from typing import Any

from fhir_resources import OURS, at_places, bundle, coding, encounter, history, ours, patient
from fhir_resources import as_xml as resource_as_xml
from hospital_notifications import as_xml, notification
from intakes import line

CANARY = "KANARIE"
"""Stands in the values of well-formed input: never in what is told in clear."""
MAPPING = """
format = "table"
id = "fuzzed"
version = 1
title = "Admissions"
match = ["patient", "in"]
source = "table"
controller = "orgnr:2321000198"
principal = "21"
file = { dates = ["%d/%m/%Y %H:%M"], decimal = "," }
patient = [{ column = "patient", id_system = "mrn:table" }]
episode = { column = "case" }
unit = { column = "ward" }

[values.forms]
"A" = "somatic"
"B" = "psychiatric"

[[fact]]
fact = "patient-admitted"
time = { column = "in" }
data = { care_form = { column = "form", values = "forms" } }

[[fact]]
fact = "patient-discharged"
when = [{ column = "out", empty = false }]
time = { column = "out" }
data = { destination = "home" }
"""
PROFILE = 'format = "hl7v2"\n'
CSV = f"""patient;case;ward;in;out;form;free
{CANARY}1;c1;W1;02/03/2026 08:15;;A;"{CANARY} ""x""
y"
{CANARY}2;c2;W2;2026-03-02T08:15:00+01:00;03/03/2026 10:00;B;
"""
XES = f"""<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/"><global scope="event"><string key="x" value="y"/></global>
<trace><string key="concept:name" value="{CANARY}1"/><string key="patient" value="{CANARY}2"/>
<event><date key="time:timestamp" value="2026-03-02T08:15:00+01:00"/><string key="concept:name" value="in"/>
<string key="patient" value="{CANARY}"/><date key="in" value="2026-03-02T08:15:00+01:00"/></event></trace></log>
"""


def _fhir() -> tuple[bytes, ...]:
    """A Bundle of each resource that is read."""
    to = {"reference": "Patient/p1"}
    when = "2026-03-05T09:00:00+01:00"
    whole = encounter(
        status="finished",
        end="2026-03-09T11:30:00+01:00",
        statusHistory=history(("arrived", "2026-03-02", None), ("onleave", "2026-03-04", "2026-03-05")),
        location=at_places(("a", "2026-03-02T08:00:00+01:00", "2026-03-03"), ("b", "2026-03-03", None)),
        participant=[{"individual": {"display": CANARY}}],
        hospitalization={"dischargeDisposition": {"text": CANARY}},
    )
    service = {"type": {"text": "insats"}, "valueCoding": coding(f"{OURS}service", "home-help")}
    others: list[dict[str, Any]] = [
        {
            "resourceType": "Task",
            "status": "accepted",
            "intent": "proposal",
            "code": ours("task", "municipal-takeover"),
            "for": to,
            "authoredOn": when,
            "lastModified": when,
            "requester": {"reference": "Organization/hospital"},
            "owner": {"reference": "Organization/municipality"},
            "restriction": {"period": {"start": when}},
            "input": [service],
        },
        {"resourceType": "EpisodeOfCare", "status": "active", "patient": to, "period": {"start": when}},
        {"resourceType": "CareTeam", "subject": to, "participant": [{"member": {"display": CANARY}}]},
        {
            "resourceType": "Communication",
            "subject": to,
            "sent": when,
            "payload": [{"contentString": CANARY}],
        },
        {"resourceType": "ServiceRequest", "intent": "order", "subject": to, "authoredOn": when},
        {"resourceType": "CarePlan", "intent": "plan", "subject": to, "title": CANARY, "created": when},
        {"resourceType": "Observation", "subject": to},
    ]
    named = patient(name=[{"family": CANARY}], address=[{"text": CANARY}])
    single = [{"status": "active", "id": f"{CANARY}{n}"} | r for n, r in enumerate(others)]
    bundles = [bundle(named, one) for one in (whole, *single)]
    return tuple(json.dumps(one).encode() for one in (*bundles, bundle(named, whole, *single), whole))


def _hl7(event: str, *more: str) -> bytes:
    segments = (
        f"MSH|^~\\&|PAS|SE2321000198-HOSP|CC|REG|20260302081500+0100||{event}|{CANARY}1|P|2.5|||AL|NE|SWE|UNICODE UTF-8",
        f"EVN||202603020815|||{CANARY}|20260302081459.1234+0100",
        f"PID|1||{CANARY}^^^PAS^MR~191212121212^^^&1.2.752.129.2.1.3.1&ISO^NNSWE||{CANARY}^{CANARY}||19121212|M",
        *more,
        f"PV1|1|I|W1^{CANARY}^1^HOSP||||{CANARY}^DR|||||||||||V{CANARY}" + "|" * 25 + "20260302|20260303",
        f"ZBE|1^PAS|20260302081500||INSERT|{CANARY}",
        "",
    )
    return "\r".join(segments).encode()


HL7 = (
    *(_hl7(f"ADT^A{number:02d}") for number in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 16, 21, 22, 25, 28, 31)),
    *(_hl7(f"ADT^A{number}", f"MRG|{CANARY}9^^^PAS^MR||||V9") for number in (40, 45, 47)),
    *(_hl7(f"ADT^A{number}") for number in (52, 53, 54, 55)),
    _hl7("ORU^R01") + _hl7("ADT^A01").replace(b"\r", b"\r\n"),
    b"\xef\xbb\xbf[SOM]\x0b" + _hl7("ADT^A03").replace(b"\r", b"\n") + b"\x1c\r",
)
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "hl7v2": HL7,
    "ack": HL7,
    "fhir-json": (
        json.dumps(notification("admit-inpatient", message=f"m{CANARY}")).encode(),
        json.dumps(
            notification("start-leave-inpatient", leaves=[("2026-03-04T11:30:00+01:00", None)])
        ).encode(),
        *_fhir(),
    ),
    "fhir-xml": (
        as_xml(notification("admit-inpatient", message=f"m{CANARY}")),
        *(resource_as_xml(json.loads(one)) for one in _fhir()),
    ),
    "ndjson": tuple(
        json.dumps(line(kind, "2026-03-02T08:15:00+01:00", CANARY, data, message=CANARY)).encode() + b"\n"
        for kind, data in (
            ("patient-admitted", {"unit": "hsa:SE2321000198-W1", "care_form": "somatic"}),
            ("patient-discharged", {"destination": "home"}),
            ("fact-voided", {"reason": "wrong-patient", "target_message": CANARY}),
        )
    ),
    "csv": (
        CSV.encode(),
        CSV.replace(";", ",").replace("\n", "\r\n").encode("latin-1"),
        CSV.encode("utf-16"),
    ),
    "xes": (XES.encode(),),
    "unknown": (*HL7[:2], CSV.encode(), XES.encode(), b"PK\x03\x04", b"\x1f\x8b"),
    "profile": (PROFILE.encode(),),
    "mapping": (MAPPING.encode(),),
    "mllp": (
        b"\x07\x0bMSH|^~\\&|A\r\x1c\r\x0bMSH|B\r\x1c\r",
        b"\x00GET / HTTP/1.1\r\n\r\n",
        b"\x20\x0b\x0bMSH|\x1c\x1c\r",
    ),
}
_TIMES = b"2026-02-30 0000 9999-12-31T23:59:59.9999999-23:59 24:00 +9999 20260329023000 00010101".split()
_ANY = (
    *_TIMES,
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xc3\x85",
    b"\xc5",
    b"\xed\xa0\x80",
    b" ",
    b"-",
    b"9" * 400,
)
_JSON = (
    b'" { } [ ] , : null 1e999 "\\ud800" NaN [] {} -1 "" "resourceType": "id": "reference": "Bundle"'
    b' "Patient/p1" "data":'
)
_XML = b"""< > /> & &#x0; <!DOCTYPE ]]> =" <a> </ xmlns= <trace> </event> key=" """
_HL7 = (
    rb"| ^ ~ & \ \X0D\ \X \.br\ MSH MSH| FHS| BHS| PV1| PID| EVN| MRG| ZBE| [SOM] "
    rb'"" UNICODE UTF-16 8859/1 2.8 2.1 A40 A12 A08 20260302'
)
_TOML = b'[[ ]] = """ { } nan true 1979-05-27 . -9e999 # [fact] fact column when data values'
TOKENS: Mapping[str, tuple[bytes, ...]] = {
    **dict.fromkeys(("hl7v2", "ack"), (*_HL7.split(), b"\r", b"\n", b"\x0b", b"\x1c\r", *_ANY)),
    **dict.fromkeys(("fhir-json", "ndjson"), (*_JSON.split(), *_ANY)),
    **dict.fromkeys(("fhir-xml", "xes"), (*_XML.split(), *_ANY)),
    "csv": (b";", b",", b"\t", b'"', b'""', b"\n", b"\r\n", b"patient", b"in", *_ANY),
    "unknown": (*_JSON.split(), *_XML.split(), *_HL7.split()),
    **dict.fromkeys(("profile", "mapping"), (*_TOML.split(), b"\n", b"[" * 2000, *_ANY)),
    "mllp": (b"\x0b", b"\x1c", b"\x1c\r", b"\r", b"\n", b"MSH|", b"x" * 300),
}
"""What the format is made of: put in more often than other bytes."""
