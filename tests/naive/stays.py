"""Stays: which facts belong to which, and what became of each (LUS 1:3; CONTRACT.md, order and stays)."""

from datetime import datetime, timedelta
from typing import Any

from naive.clock import elapsed, moment
from naive.facts import OPENINGS, Fact, order

Stay = dict[str, Any]
LEAVING = ("patient-discharged", "patient-deceased", "emergency-visit-ended", "episode-cancelled")


def stays_of(happened: list[Fact], voided: list[Fact]) -> list[Stay]:
    """Every stay and visit, in order of its first fact."""
    stays: dict[Any, Stay] = {}
    annulled = [fact for fact in voided if fact["name"] in OPENINGS]
    for fact in happened:
        for stay in _stays_of(fact, stays):
            stay["facts"].append(fact)
            if stay["ended_at"] is None and not _begun_by_mistake(stay, fact, annulled):
                _go_on(stay, fact)
    for fact in voided:
        if fact["name"] in OPENINGS:
            _annulled(stays, fact)
    return list(stays.values())


def _begun_by_mistake(stay: Stay, fact: Fact, annulled: list[Fact]) -> bool:
    """Nothing comes of what is told in a stay whose beginning was annulled, until it begins anew."""
    begun = stay["admitted"] is not None or stay["visit"] is not None or fact["name"] in OPENINGS
    return not begun and any(one["stay"] == stay["id"] and order(one) < order(fact) for one in annulled)


AFTER_A_STAY = (
    "case-disputed",
    "coordinated-care-plan-established",
    "discharge-information-transferred",
    "follow-up-completed",
    "follow-up-planned",
    "municipal-care-ended",
    "municipal-care-started",
    "municipal-takeover-accepted",
    "municipal-takeover-declined",
    "municipal-takeover-proposed",
    "patient-informed-at-discharge",
    "sip-established",
    "sip-meeting-called",
    "sip-meeting-held",
    "sip-need-decided",
)
"""What follows an inpatient stay is about that stay, also when there was a visit to the emergency department since."""


def _stays_of(fact: Fact, stays: dict[Any, Stay]) -> list[Stay]:
    """The stay it names; else the one that is open then; else the last that ended. A death ends all that are open."""
    named = []
    if fact["stay"] is not None:
        named = [stays.setdefault(fact["stay"], _new(fact["stay"]))]
    opened = [stay for stay in stays.values() if stay["ended_at"] is None and stay["phase"] is not None]
    if fact["name"] == "patient-deceased":
        return named + [stay for stay in opened if stay not in named]
    if named:
        return named
    if fact["name"] in AFTER_A_STAY:
        inpatient = [stay for stay in stays.values() if stay["admitted"] is not None]
        still_in = [stay for stay in opened if stay in inpatient]
        if still_in:
            return [max(reversed(still_in), key=lambda stay: stay["number"])]
        if inpatient:
            return [max(inpatient, key=lambda stay: stay["ended_at"])]
    if opened:
        return [max(reversed(opened), key=lambda stay: stay["number"])]
    ended = [stay for stay in stays.values() if stay["ended_at"] is not None]
    return [max(ended, key=lambda stay: stay["ended_at"])] if ended else []


def _new(name: Any) -> Stay:
    return {
        "id": name, "facts": [], "phase": None, "number": None, "started_at": None, "ended_at": None, "end": None,
        "admitted": None, "visit": None, "units": [], "leave": timedelta(), "leave_since": None, "leaves": [],
    }  # fmt: skip


def _go_on(stay: Stay, fact: Fact) -> None:
    name, time, data = fact["name"], fact["time"], fact["data"]
    if name == "emergency-visit-started" and stay["phase"] is None:
        _begin(stay, fact, "outpatient")
        stay["visit"] = fact
    elif name == "patient-admitted":
        if stay["admitted"] is None:
            if stay["leave_since"] is None:
                _begin(stay, fact, "inpatient")
            else:
                _begin(stay, fact, "on_leave")
            stay["admitted"] = fact
        elif data.get("unit"):
            stay["units"].append((time, data["unit"], fact))
    elif name == "patient-transferred":
        stay["phase"] = stay["phase"] or "inpatient"
        stay["units"].append((time, data.get("to_unit"), fact))
    elif name == "leave-started" and stay["phase"] != "on_leave":
        if (
            stay["phase"] == "outpatient"
        ):  # who is given leave has been admitted, whether that was told or not
            stay["units"].append((time, stay["units"][-1][1], fact))
        stay["phase"], stay["leave_since"] = "on_leave", time
    elif name == "leave-ended":
        _return(stay, time, data)
    elif name in LEAVING and not (
        name == "emergency-visit-ended" and stay["phase"] in ("inpatient", "on_leave")
    ):
        _end(stay, fact)


def _begin(stay: Stay, fact: Fact, phase: str) -> None:
    stay["phase"] = phase
    stay["started_at"] = stay["started_at"] or fact["time"]
    stay["number"] = stay["number"] or fact["time"]
    stay["units"].append((fact["time"], fact["data"].get("unit"), fact))


def _return(stay: Stay, time: datetime, data: dict[str, Any]) -> None:
    since = stay["leave_since"]
    if since is None and data.get("started_at") and moment(data["started_at"]) not in stay["leaves"]:
        since = min(moment(data["started_at"]), time)
    if since is not None:
        stay["leaves"].append(since)
        stay["leave"] += time - since
        stay["leave_since"] = None
        stay["phase"] = "inpatient"


def _end(stay: Stay, fact: Fact) -> None:
    stay["phase"] = {
        "patient-deceased": "deceased",
        "episode-cancelled": "cancelled",
    }.get(fact["name"], "discharged")
    if stay["leave_since"] is not None:
        stay["leave"] += fact["time"] - stay["leave_since"]
        stay["leave_since"] = None
    said = fact["data"].get("admitted_at") or fact["data"].get("started_at")
    if stay["started_at"] is None and said:
        stay["started_at"] = moment(said)
    stay["ended_at"], stay["end"] = fact["time"], fact


def _annulled(stays: dict[Any, Stay], fact: Fact) -> None:
    """A stay whose every beginning was annulled is shown as cancelled, and nothing follows from it."""
    stay = stays.setdefault(fact["stay"], _new(fact["stay"]))
    if any(f["name"] in OPENINGS for f in stay["facts"]):
        return
    if stay.get("annulled") is None and stay["phase"] is None:
        stay.update(
            annulled=fact, phase="cancelled", started_at=fact["time"], ended_at=None, admitted=None, visit=None, end=None,
            leave=timedelta(), leave_since=None, units=[],
        )  # fmt: skip


def stay_lines(stays: list[Stay], now: datetime) -> list[tuple[Any, ...]]:
    """State, beginning, end, and the hours of leave up to now."""
    lines = []
    for stay in stays:
        if stay["phase"] is None:
            continue
        leave = stay["leave"]
        if stay["leave_since"] is not None:
            leave += now - stay["leave_since"]
        lines.append(
            ("stay", stay["id"], stay["phase"], stay["started_at"], stay["ended_at"], elapsed(leave, "hours"))
        )
    return lines
