"""Lines of NDJSON as a list of plain facts: repeats left out, corrections applied, in the order things happened."""

import json
import re
import tomllib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from naive.clock import moment

Fact = dict[str, Any]
Line = dict[str, Any]

RANKS = {
    "episode-moved": 2, "patient-identity-linked": 2, "patient-identity-unlinked": 2, "protected-identity-set": 4,
    "protected-identity-lifted": 4, "block-set": 5, "block-lifted": 5, "provider-commissioned": 6,
    "responsible-municipality-changed": 7, "ambulance-attended": 8, "emergency-visit-started": 10,
    "care-contact-sought": 12, "care-assessed": 13, "referral-sent": 14, "referral-accepted": 15,
    "referral-returned": 15, "shared-care-agreed": 16, "handed-back-to-primary-care": 16,
    "treatment-decided": 17, "wait-paused": 18, "wait-resumed": 18, "patient-admitted": 20,
    "patient-transferred": 25, "service-need-assessed": 30, "consent-recorded": 35,
    "patient-goal-stated": 36, "home-situation-reported": 38, "admission-notified": 40, "message-sent": 41,
    "message-noted": 42, "admission-acknowledged": 45, "message-acknowledged": 46, "notification-misdirected": 47,
    "participant-changed": 48, "estimated-discharge-changed": 50, "planning-input-submitted": 52,
    "care-contact-appointed": 55, "care-contact-ended": 55, "leave-started": 60, "leave-ended": 60,
    "discharge-ready-declared": 65, "discharge-ready-withdrawn": 65, "discharge-ready-status-observed": 66,
    "compulsory-open-care-decided": 68, "discharge-ready-notified": 70, "sip-need-decided": 75,
    "sip-meeting-called": 80, "sip-meeting-held": 83, "sip-established": 85,
    "coordinated-care-plan-established": 86, "open-care-service-unavailable": 90,
    "open-care-service-cleared": 90, "municipal-takeover-proposed": 95, "municipal-takeover-accepted": 97,
    "municipal-takeover-declined": 97, "residential-care-applied": 98, "residential-care-offered": 99,
    "homegoing-checklist-completed": 100, "egenvard-assessed": 103, "patient-informed-at-discharge": 105,
    "patient-discharged": 110, "emergency-visit-ended": 110, "discharge-information-transferred": 115,
    "municipal-care-started": 120, "municipal-care-ended": 120, "mobile-team-took-over": 121,
    "mobile-team-handed-back": 121, "visit-made": 122, "home-visit-made": 122, "digital-visit-held": 122,
    "preventive-contact-made": 122, "treatment-started": 123, "follow-up-planned": 125,
    "follow-up-completed": 130, "egenvard-reviewed": 132, "patient-deceased": 140, "episode-cancelled": 150,
    "episode-closed": 150, "case-disputed": 160, "fact-voided": 200, "fact-amended": 200,
}  # fmt: skip
"""Which comes first within one moment (CONTRACT.md: the fact kind's declared rank)."""

HSL = ("home-nursing", "rehabilitation", "habilitation")
"""Municipal services under HSL 12; the others are given under SoL."""
CORRECTIONS = ("fact-voided", "fact-amended")
OPENINGS = ("patient-admitted", "emergency-visit-started")


def read(lines: Iterable[Line], ids: Sequence[Sequence[str]]) -> dict[str, list[Fact]]:
    """What happened and what was voided. ``ids`` names each line's facts: names decide ties, and corrections use them."""
    said: list[Fact] = []
    known = set()
    for line, names in zip(lines, ids, strict=True):
        for data, name in zip(_split(line), names, strict=True):
            fact = _fact(line, data, name)
            told = (
                fact["message"],
                fact["name"],
                fact["time"],
                said_as(data),
                *fact["scope"],
            )
            if line.get("message") is None or told not in known:
                said.append(fact)
            known.add(told)
    return _corrected(said)


def said_as(data: Any) -> str:
    """What is said, however it is written: offsets, the order of fields, and what is left open make no difference."""
    return json.dumps(_plain(data), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if inner not in (None, [])}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        return moment(value).isoformat()
    return value


def _split(line: Line) -> list[dict[str, Any]]:
    """One fact has one regime: services under HSL and under SoL are two facts (CONTRACT.md)."""
    data = dict(line.get("data") or {})
    services = data.get("services") or []
    hsl = [s for s in services if s in HSL]
    sol = [s for s in services if s not in HSL]
    if "municipal-" in line["type"] and hsl and sol:
        return [{**data, "services": hsl}, {**data, "services": sol}]
    return [data]


def _fact(line: Line, data: dict[str, Any], name: str) -> Fact:
    source = line["source"]
    kind = _short(line["type"])
    stay: Any = (source, line["episode"]) if line.get("episode") else None
    if stay is None and kind in OPENINGS:
        stay = ("by itself", name)
    fact = {
        "id": name,
        "name": kind,
        "time": moment(line["time"]),
        "sent": moment(line["sent"]) if line.get("sent") else moment(line["time"]),
        "sequence": line["sequence"] if line.get("sequence") is not None else -1,
        "source": source,
        "message": (source, line["message"]) if line.get("message") is not None else None,
        "stay": stay,
        "principal": line.get("principal") or _region_of(line.get("unit")),
        "controller": line.get("controller") or _controller_of(line.get("unit")),
        "unit": line.get("unit"),
        "data": data,
    }
    fact["regime"] = "SoL" if _social(fact) else line.get("regime") or "HSL"
    fact["scope"] = (fact["controller"], fact["regime"])
    return fact


def _short(kind: str) -> str:
    return kind.removeprefix("se.carechain.").rpartition(".v")[0]


def _social(fact: Fact) -> bool:
    services = fact["data"].get("services") or ()
    return fact["name"].startswith("residential-care") or any(s not in HSL for s in services)


def regime(fact: Fact) -> str:
    """The law that municipal services are given under."""
    return "SoL" if any(s not in HSL for s in fact["data"].get("services") or ()) else "HSL"


def _organisation_number(unit: str | None) -> str | None:
    found = re.match(r"hsa:SE(\d{10})-", unit or "")
    return found[1] if found else None


def _controller_of(unit: str | None) -> str | None:
    number = _organisation_number(unit)
    return f"orgnr:{number}" if number else None


def _region_of(unit: str | None) -> str | None:
    return numbers_of_regions().get(_organisation_number(unit) or "")


@cache
def numbers_of_regions() -> dict[str, str]:
    """Organisation number -> code of each region, from the reference data."""
    file = Path(__file__).parents[2] / "domain" / "reference_data" / "regions.toml"
    listed = tomllib.loads(file.read_text(encoding="utf-8"))["region"]
    return {region["organisation_number"]: region["code"] for region in listed}


def is_region(code: str | None) -> bool:
    return code in numbers_of_regions().values()


def order(fact: Fact) -> tuple[datetime, int, int, str]:
    """Time, rank, the source's sequence, id; never arrival (CONTRACT.md, order)."""
    return (fact["time"], RANKS[fact["name"]], fact["sequence"], fact["id"])


# -- corrections -----------------------------------------------------------------------------------------------


def _corrected(said: list[Fact]) -> dict[str, list[Fact]]:
    corrections = sorted((f for f in said if f["name"] in CORRECTIONS), key=order)
    standing: list[Fact] = []
    for correction in reversed(corrections):
        voided = False
        for later in standing:
            if later["name"] == "fact-voided" and correction["id"] in _targets(later, said):
                voided = True
        if not voided:
            standing.append(correction)
    last: dict[str, Fact] = {}
    for correction in reversed(standing):
        for target in _targets(correction, said):
            last[target] = correction
    happened, voided_facts = [], []
    for fact in said:
        if fact["name"] in CORRECTIONS:
            continue
        mend = last.get(fact["id"])
        if mend is None:
            happened.append(fact)
        elif mend["name"] == "fact-voided":
            voided_facts.append(fact)
        else:
            happened.append(_amended(fact, mend["data"]))
    return {"happened": sorted(happened, key=order), "voided": sorted(voided_facts, key=order)}


def _amended(fact: Fact, mend: dict[str, Any]) -> Fact:
    """Time and data are replaced whole; id, stay and who said it remain."""
    if mend.get("amended_type") is None:
        return fact
    time = moment(mend["amended_at"]) if mend.get("amended_at") else fact["time"]
    return {
        **fact,
        "name": _short(mend["amended_type"]),
        "time": time,
        "data": mend.get("amended_data") or {},
    }


def _targets(correction: Fact, said: list[Fact]) -> set[str]:
    """The facts that a correction means: by id, by a message of the same source, or by episode and kind."""
    data = correction["data"]
    others = [fact for fact in said if fact["id"] != correction["id"]]
    if data.get("target_kinds"):
        others = [fact for fact in others if fact["name"] in data["target_kinds"]]
    if data.get("target_fact"):
        return {fact["id"] for fact in others if fact["id"] == data["target_fact"]}
    others = [fact for fact in others if fact["source"] == correction["source"]]
    if data.get("target_message"):
        meant = (correction["source"], data["target_message"])
        return {fact["id"] for fact in others if fact["message"] == meant}
    if not data.get("target_episode") or not data.get("target_kinds"):
        return set()
    stay = (correction["source"], data["target_episode"])
    told = [fact for fact in others if fact["stay"] == stay and fact["sent"] <= correction["time"]]
    if not told:
        return set()
    final = max(told, key=lambda fact: (fact["sent"], order(fact)))
    return {
        fact["id"]
        for fact in told
        if (fact["time"], said_as(fact["data"])) == (final["time"], said_as(final["data"]))
    }
