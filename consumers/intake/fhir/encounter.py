"""Reads an Encounter: its class, status and location, each with its history, as admission, transfers, leaves and end."""

from dataclasses import dataclass
from typing import Any, Final

from consumers.intake.fhir import codes
from consumers.intake.fhir import encounter_history as past
from consumers.intake.fhir.models import Identifier
from consumers.intake.fhir.parts import Encounter
from consumers.intake.fhir.telling import Telling, needed, stamp, text_of
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import Party
from domain.fact import Fact
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.contact import DigitalVisitHeld, HomeVisitMade, VisitMade
from domain.facts.discharge import EpisodeCancelled, PatientDeceased, PatientDischarged
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted

READ: Final = frozenset(
    {"status", "statusHistory", "class", "classHistory", "subject", "period", "serviceProvider", "identifier",
     "episodeOfCare"}
)  # fmt: skip
_VISITS: Final[dict[codes.Group, type[Fact]]] = {
    "visit": VisitMade,
    "home": HomeVisitMade,
    "digital": DigitalVisitHeld,
}
_ENDS: Final = (PatientDischarged, EmergencyVisitEnded, PatientDeceased)


@dataclass(frozen=True)
class _Stay:
    """What all parts of an encounter need to know of it."""

    telling: Telling
    encounter: Encounter
    party: Party
    episode: str
    visit: Moment | None
    admission: Moment | None
    round: int
    """How often it had ended and went on."""
    places: tuple[past.PlaceAt, ...]
    """The units the patient was at, by when they came there."""


def read_encounter(telling: Telling) -> frozenset[str]:
    """Planned encounters tell nothing: they are kept as a note. Raises Unreadable."""
    encounter = telling.read(Encounter)
    telling.home = telling.party(
        encounter.service_provider, *(place.location for place in encounter.location)
    )
    spells = list(past.spells(encounter))
    group = spells[0].group if spells else past.group_of(encounter)
    status = encounter.status
    if status == "entered-in-error":
        telling.void(telling.needed_sent(), also=_messages(telling, encounter))
        return READ
    if group is None or status not in (*past.UNDER_WAY, "finished", "cancelled"):
        return frozenset()
    episode = _episode(telling, encounter)
    if group in _VISITS:
        return _read_visit(telling, encounter, _VISITS[group], status)
    if status == "cancelled":
        at = past.time_of(encounter.period.end, "period.end") or telling.needed_sent()
        begun = any(entry.status in past.UNDER_WAY for entry in encounter.status_history)
        reason = "other" if begun else "did-not-arrive"
        telling.tell(EpisodeCancelled, at, {"reason": reason}, episode=episode, role=_role(group))
        return READ
    if not spells:
        needed(None, "Encounter", "period.start")
    visit = next((one.start for one in spells if one.group == "emergency"), None)
    admission = next((one.start for one in spells if one.group == "inpatient"), None)
    if visit is not None and admission is not None and admission.at <= visit.at:
        visit = None
    places, rounds = tuple(past.places(telling.sheaf, encounter)), len(past.reopenings(encounter))
    stay = _Stay(telling, encounter, telling.home, episode, visit, admission, rounds, places)
    _tell_stay(stay)
    return READ | _also_read(encounter, telling)


def _also_read(encounter: Encounter, telling: Telling) -> frozenset[str]:
    """Elements of which nothing is left once a stay is told: places come to, and where the patient went."""
    resource, also = telling.item.resource, set()
    if all(place.status not in ("planned", "reserved") for place in encounter.location):
        also.add("location")
    went = resource.get("hospitalization")
    if isinstance(went, dict) and set(went) == {"dischargeDisposition"} and encounter.status == "finished":
        also.add("hospitalization")
    if any(code in codes.URGENT for code in codes.codes([encounter.priority], "v3-ActPriority")):
        also.add("priority")
    return frozenset(also)


def _read_visit(telling: Telling, encounter: Encounter, fact: type[Fact], status: str) -> frozenset[str]:
    """A visit in open care: one moment, its beginning. A visit that did not take place is a note."""
    if status == "cancelled":
        return frozenset()
    start = needed(past.time_of(encounter.period.start, "period.start"), "Encounter", "period.start")
    role = "municipal-health" if telling.home.municipality else "open-care"
    telling.tell(fact, start, {"unit": telling.home.unit, "role": role}, role=role)
    return READ


def _tell_stay(stay: _Stay) -> None:
    telling, encounter = stay.telling, stay.encounter
    if stay.visit is not None:
        unit = _unit_at(stay, stay.visit)
        data = {"organisation": stay.party.controller, "unit": unit, "municipality": telling.municipality}
        telling.tell(
            EmergencyVisitStarted, stay.visit, data, unit=unit, role="emergency", episode=stay.episode
        )
    if stay.admission is not None:
        unit = _unit_at(stay, stay.admission)
        telling.tell(
            PatientAdmitted,
            stay.admission,
            _admission(stay, unit),
            unit=unit,
            role="inpatient",
            episode=stay.episode,
        )
        _tell_transfers(stay, stay.admission)
        _tell_leaves(stay)
    for number, at in enumerate(past.reopenings(encounter)):
        telling.take_back(at, f"{telling.key}{_round(number)}", _ENDS)
    if encounter.status == "finished":
        _tell_end(stay)


def _admission(stay: _Stay, unit: str | None) -> dict[str, Any]:
    encounter = stay.encounter
    said = [*encounter.kind, encounter.service_type]
    urgent = codes.codes([encounter.priority], "v3-ActPriority")
    return {
        "organisation": stay.party.controller,
        "unit": unit,
        "care_form": codes.our_code(said, "care-form", frozenset({"somatic", "psychiatric"})),
        "compulsion": codes.our_code(said, "compulsion", frozenset({"voluntary", "LPT", "LRV"})),
        "municipality": stay.telling.municipality,
        "unplanned": next((codes.URGENT[code] for code in urgent if code in codes.URGENT), None),
    }


def _tell_transfers(stay: _Stay, admission: Moment) -> None:
    """A place that the patient came to after the admission; the first that is told is where they were admitted."""
    before = _unit_at(stay, admission)
    for start, unit in stay.places:
        if start is None or start.at <= admission.at or unit is None or unit == before:
            continue
        data = {"from_unit": before, "to_unit": unit}
        stay.telling.tell(
            PatientTransferred,
            start,
            data,
            unit=unit,
            role="inpatient",
            episode=stay.episode,
            suffix=f"#transfer@{stamp(start)}",
        )
        before = unit


def _tell_leaves(stay: _Stay) -> None:
    admitted = text_of(stay.admission)
    for start, end in past.leaves(stay.encounter):
        told: dict[str, Any] = {"episode": stay.episode, "suffix": f"#leave@{stamp(start)}"}
        stay.telling.tell(LeaveStarted, start, {"admitted_at": admitted}, role="inpatient", **told)
        if end is not None:
            data = {"started_at": stamp(start), "admitted_at": admitted}
            stay.telling.tell(LeaveEnded, end, data, role="inpatient", **told)


def _tell_end(stay: _Stay) -> None:
    encounter = stay.encounter
    end = needed(past.time_of(encounter.period.end, "period.end"), "Encounter", "period.end")
    disposition = [encounter.hospitalization.discharge_disposition]
    own = codes.our_code(disposition, "destination", codes.DESTINATIONS)
    given = codes.codes(disposition, "discharge-disposition")
    destination = own or next(
        (codes.DISPOSITIONS[code] for code in given if code in codes.DISPOSITIONS), None
    )
    told: dict[str, Any] = {"episode": stay.episode, "suffix": _round(stay.round)}
    if "exp" in given:
        data = {"admitted_at": text_of(stay.admission or stay.visit)}
        role = "inpatient" if stay.admission else "emergency"
        died = stay.telling.died
        at = died if died is not None and died.precision == "second" else end
        stay.telling.tell(PatientDeceased, at, data, role=role, **told)
    elif stay.admission is not None:
        data = {"destination": destination, "admitted_at": text_of(stay.admission)}
        stay.telling.tell(PatientDischarged, end, data, role="inpatient", **told)
    else:
        where = destination if destination in codes.VISIT_DESTINATIONS else "other" if destination else None
        data = {"destination": where, "started_at": text_of(stay.visit)}
        stay.telling.tell(EmergencyVisitEnded, end, data, role="emergency", **told)


def _unit_at(stay: _Stay, at: Moment) -> str | None:
    """Where the patient was then: the last place come to by then, else the one that provides the service, else the first."""
    known = [unit for start, unit in stay.places if unit is not None and (start is None or start.at <= at.at)]
    if known:
        return known[-1]
    return stay.party.unit or next((unit for _, unit in stay.places if unit is not None), None)


def _messages(telling: Telling, encounter: Encounter) -> list[str]:
    """The ids of what this encounter told beside what it tells once: transfers, leaves, later ends."""
    key = telling.key
    starts = [
        past.time_of(place.period.start, "location.period.start")
        for place in past.settled(encounter.location)
    ]
    begin = past.begin(encounter)
    later = [s for s in starts if s is not None and begin is not None and s.at > begin.at]
    leaves = [start for start, _, status in past.by_start(encounter.status_history) if status == "onleave"]
    return [
        *(f"{key}#transfer@{stamp(start)}" for start in later),
        *(f"{key}#leave@{stamp(start)}" for start in leaves),
        *(f"{key}{_round(number + 1)}" for number in range(len(past.reopenings(encounter)))),
    ]


def _round(number: int) -> str:
    """The first end is told by the encounter's own id, one after it had gone on again by another."""
    return f"#end-{number + 1}" if number else ""


def _episode(telling: Telling, encounter: Encounter) -> str:
    """The encounter's own identifier, else that of its episode of care, else its id."""
    for identifier in encounter.identifier:
        if identifier.value:
            return _named(identifier)
    for reference in encounter.episode_of_care:
        if reference.identifier is not None and reference.identifier.value:
            return _named(reference.identifier)
        if reference.reference:
            item = telling.sheaf.find(reference)
            return item.key if item is not None else reference.reference[:512]
    return telling.key


def _named(identifier: Identifier) -> str:
    return (identifier.value or "")[:512]


def _role(group: codes.Group) -> str:
    return "emergency" if group == "emergency" else "inpatient"
