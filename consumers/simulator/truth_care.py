"""Who gives care at the end of the watch, one answer per kind of care that goes on, worked out from the plan.

The region in hospital and in open care, a municipality for what it began and did not end (HSL 8, 12, 14 chap.), a
mobile team and each of its members, specialists on a track, whoever helps with *egenvård*, and those whom an
ambulance left the patient with.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from consumers.simulator.records import Act, Journey, Stay

Row = dict[str, Any]
KINDS = {
    "home-nursing": "municipal-health",
    "rehabilitation": "rehabilitation",
    "habilitation": "rehabilitation",
}
"""The kind of care that a service under HSL is; all others are the social services'."""
CONTACTS = ("visit-made", "home-visit-made", "digital-visit-held", "care-assessed", "mobile-team-took-over")


def responsible(region: str, journey: Journey) -> Iterator[Row]:
    """A row for each kind of care and whoever gives it at the horizon."""
    if journey.died_at is not None:
        return
    acts = sorted(journey.acts, key=lambda act: act.at)
    here = f"region:{region}"
    found = [*_hospital(here, journey), *_municipal(journey), *_teams(here, acts), *_tracks(here, acts)]
    for role, party in [*found, *_egenvard(here, acts), *_ambulance(here, journey, acts)]:
        yield {"kind": "responsible", "patient": journey.patient, "role": role, "party": party}


Care = Iterator[tuple[str, str]]


def _last(journey: Journey) -> Stay | None:
    """The last stay in hospital, which is what took the patient over from whatever was before it."""
    return journey.admitted[-1] if journey.admitted else None


def _hospital(here: str, journey: Journey) -> Care:
    """In hospital or at the emergency department now, or in open care since the last discharge."""
    now, last = journey.stays[-1], _last(journey)
    if now.end is None:
        yield ("emergency" if now.admitted_at is None else "inpatient"), here
    if last is not None and last.discharged_at is not None and last.destination != "other-hospital":
        yield "open-care", here


def _municipal(journey: Journey) -> Care:
    """What a municipality began around the last stay and has not ended; an admission ends what was before it."""
    last = _last(journey)
    if last is None or last.discharged_at is None:
        return
    said: list[tuple[datetime, bool, str, tuple[str, ...]]] = [
        (start.at, True, start.municipality, start.services) for start in last.starts
    ]
    said += [
        (act.at, False, act.data["municipality"], tuple(act.data["services"]))
        for act in last.acts
        if act.kind == "municipal-care-ended"
    ]
    running: set[tuple[str, str]] = set()
    for _, begins, municipality, services in sorted(said):
        kinds = {
            (KINDS.get(service, "social-services"), f"municipality:{municipality}") for service in services
        }
        running = running | kinds if begins else running - kinds
    yield from sorted(running)


def _teams(here: str, acts: list[Act]) -> Care:
    """A team and its members from the take-over to the hand-back; taken over again meanwhile it is the same care."""
    running: dict[str, list[dict[str, Any]]] = {}
    for act in acts:
        if act.kind == "mobile-team-took-over":
            running.setdefault(act.data["team"], act.data["members"])
        elif act.kind == "mobile-team-handed-back":
            running.pop(act.data["team"], None)
    for members in running.values():
        yield "mobile-team", here
        for member in members:
            yield "team-member", _party(here, member)


def _tracks(here: str, acts: list[Act]) -> Care:
    """A specialist from acceptance or shared care to hand-back; primary care from shared care or hand-back on."""
    specialists: set[tuple[str, str]] = set()
    primary: set[str] = set()
    for act in acts:
        track = str(act.data.get("track"))
        runs = any(of == track for of, _ in specialists)
        if act.kind == "referral-accepted" or (act.kind == "shared-care-agreed" and not runs):
            specialists.add((track, act.data.get("unit") or act.data.get("specialist_unit", "")))
        elif act.kind == "handed-back-to-primary-care":
            specialists = {running for running in specialists if running[0] != track}
        if act.kind in ("shared-care-agreed", "handed-back-to-primary-care"):
            primary.add(track)
    yield from (("specialist", here) for _ in specialists)
    yield from (("open-care", here) for _ in primary)


def _egenvard(here: str, acts: list[Act]) -> Care:
    """Since 5 § HSL does not apply: whoever does it or helps, until a review ends it."""
    running: list[str] = []
    for act in acts:
        if act.kind == "egenvard-assessed":
            running = [_support(here, act.data)] if act.data["outcome"] == "egenvard" else []
        elif act.kind == "egenvard-reviewed" and act.data["outcome"] == "ended":
            running = []
    yield from (("egenvard", party) for party in running)


def _support(here: str, data: dict[str, Any]) -> str:
    named = {"region": here, "personal-assistance": "assistance"}
    if data["support"] == "municipality":
        return f"municipality:{data['municipality']}"
    support: str = data["support"]
    return named.get(support, support)


def _ambulance(here: str, journey: Journey, acts: list[Act]) -> Care:
    """Those whom it left the patient with, until somebody meets the patient again."""
    met = [act.at for act in acts if act.kind in CONTACTS]
    for stay in journey.stays:
        met += [at for at in (stay.visit_at, stay.admitted_at) if at is not None]
        met += [start.at for start in stay.starts]
    for act in acts:
        if act.kind == "ambulance-attended" and not any(at > act.at for at in met):
            yield from ((to["role"], _party(here, to)) for to in act.data.get("handed_to", ()))


def _party(here: str, unit: dict[str, Any]) -> str:
    municipal = unit["role"] in ("municipal-health", "social-services")
    return f"municipality:{unit['municipality']}" if municipal else here
