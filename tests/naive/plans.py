"""Duties of planning and after discharge: MH-10 to MH-13, MH-17 to MH-19, MH-22 to MH-25 (LUS 3:1-3:3, 4 chap.)."""

from datetime import date, datetime, timedelta
from typing import Any

from naive import case as of_case
from naive.case import Case, after_stay, agreed, first, notices, of, stopped, told
from naive.clock import day, last_of
from naive.duties import HOUR, hours
from naive.facts import is_region, order, regime
from naive.liability import mh_15
from naive.owed import Line, hospital, open_care, owed

SIDE = {"HSL": "municipal-health", "SoL": "social-services"}


def sip_stretches(case: Case, period: dict[str, Any]) -> list[tuple[datetime, datetime | None]]:
    """From the notice on: each time a SIP was to be made, and until when (LUS 4:1, 4:2)."""
    start = period["notice"]["time"]
    over = stop_of(case, period)
    if over is not None and order(over) <= order(period["notice"]):
        return []
    stop = max(over["time"], start) if over is not None else None
    found: list[tuple[datetime, datetime | None]] = []
    needed, refused, since = False, False, None
    for fact in case["facts"]:
        if over is not None and order(fact) >= order(over):
            break
        if fact is period["notice"]:
            since = start if needed and not refused else None
        if fact["name"] == "sip-need-decided" and fact["data"].get("needed") is not None:
            needed = fact["data"]["needed"]
        elif fact["name"] == "consent-recorded" and fact["data"].get("scope") == "sip":
            refused = fact["data"].get("decision") in ("refused", "withdrawn")
        else:
            continue
        if order(fact) <= order(period["notice"]):
            continue
        if needed and not refused and since is None:
            since = fact["time"]
        elif since is not None and (refused or not needed):
            found.append((since, fact["time"]))
            since = None
    if since is not None:
        found.append((since, stop))
    return found


def stop_of(case: Case, period: dict[str, Any]) -> dict[str, Any] | None:
    """What ends every duty to call: withdrawal, death, the case closed, or another plan in the SIP's place."""
    stops = [f for f in case["happened"] if f["name"] == "patient-deceased"]
    stops += of(case, "episode-cancelled", "episode-closed", "compulsory-open-care-decided")
    if period["withdrawal"] is not None:
        stops.append(period["withdrawal"])
    left = case["discharged"]
    if left is not None and left["data"].get("destination") == "compulsory-open-care":
        stops.append(left)
    return min(stops, key=order) if stops else None


def mh_10(case: Case) -> list[Line]:
    """LUS 4:3: the call to a SIP within three days of the discharge-ready notice."""
    lines = []
    called = of_case.first_time(notices(case, "sip-meeting-called"))
    for period in of_case.periods(case):
        if period["notice"] is None:
            continue
        for since, until in sip_stretches(case, period):
            told_at = period["notice"]["time"]
            due = of_case.last_day_to_call(agreed(case, since), told_at)
            lines += owed(case, "MH-10", since, due, called, until, *open_care(case), counts_from=told_at)
    return lines


def mh_11(case: Case) -> list[Line]:
    """LUS 4:2, local days: the SIP that was called is drawn up."""
    calls = notices(case, "sip-meeting-called")
    if not calls:
        return []
    since = calls[0]["time"]
    days = agreed(case, since)["limits"].get("sip_established_days")
    due = None if days is None else last_of(day(since) + timedelta(days=days))
    refused = refused_after(case, calls[0])
    ends = of_case.earliest(after_stay(case), refused)
    return owed(case, "MH-11", since, due, first(case, "sip-established"), ends, *open_care(case))


def refused_after(case: Case, call: dict[str, Any]) -> datetime | None:
    """The first no to a SIP after the call."""
    for fact in of(case, "consent-recorded"):
        no = fact["data"].get("decision") in ("refused", "withdrawn")
        if fact["data"].get("scope") == "sip" and no and order(fact) > order(call):
            return fact["time"]  # type: ignore[no-any-return]
    return None


def mh_12(case: Case) -> list[Line]:
    """LUS 3:2: the discharge information the same calendar day."""
    left = concerned_at_discharge(case)
    if left is None:
        return []
    done = first(case, "discharge-information-transferred")
    return owed(case, "MH-12", left, last_of(day(left)), done, stopped(case), *hospital(case))


def concerned_at_discharge(case: Case) -> datetime | None:
    """The discharge, where somebody had been told by then; a notice that went astray has a unit it was meant for."""
    left = case["discharged"]
    if left is None:
        return None
    kinds = ("admission-notified", *of_case.READY_NOTICES)
    before = [
        f for f in case["facts"]
        if f["name"] in kinds and f["data"].get("recipients") and f["time"] <= left["time"]
    ]  # fmt: skip
    return left["time"] if before else None


def mh_13(case: Case) -> list[Line]:
    """LUS 3:3, patientlagen 3:2 b: the patient is informed at the discharge."""
    left = case["discharged"]
    if left is None or left["data"].get("destination") == "other-hospital":
        return []
    done = first(case, "patient-informed-at-discharge")
    return owed(case, "MH-13", left["time"], left["time"], done, stopped(case), *hospital(case))


def mh_17(case: Case) -> list[Line]:
    """LUS 3:1: no discharge with a municipality taking part and no discharge-ready notice."""
    left = case["discharged"]
    if left is None:
        return []
    time = left["time"]
    takes_part = [f for f in of(case, "municipal-takeover-proposed") if f["time"] <= time]
    told_before = [f for f in of(case, "admission-notified") if f["time"] <= time]
    takes_part += [f for f in told_before if of_case.to_role(case, f, *of_case.MUNICIPAL)]
    ready = [f for f in notices(case, *of_case.READY_NOTICES) if f["time"] <= time]
    if not takes_part or ready:
        return []
    return owed(case, "MH-17", time, time, None, None, *hospital(case))


def promises(case: Case) -> dict[tuple[str | None, str], Any]:
    """The last yes by the discharge, of each municipality and law."""
    found = {}
    for fact in of(case, "municipal-takeover-accepted"):
        if case["discharged"] is not None and fact["time"] <= case["discharged"]["time"]:
            own = fact["data"].get("municipality") or of_case.municipality_at(case, case["now"])
            found[own, regime(fact)] = fact
    return found


def planned(case: Case, promise: Any) -> datetime:
    """When promised care should begin: as planned, or at the discharge where that is later."""
    left: datetime = case["discharged"]["time"]
    return max(told(promise, "planned_start_at") or left, left)


def begun(case: Case, municipality: str | None, law: str) -> datetime | None:
    found = []
    for fact in of(case, "municipal-care-started"):
        own = fact["data"].get("municipality") or of_case.municipality_at(case, case["now"])
        if own == municipality and regime(fact) == law:
            found.append(fact)
    return of_case.first_time(found)


def mh_18(case: Case) -> list[Line]:
    """Local: municipal care that was promised starts as planned."""
    lines = []
    for (municipality, law), promise in promises(case).items():
        left, party = case["discharged"]["time"], of_case.town(municipality)
        due = hours(agreed(case, left), "municipal_start_hours", planned(case, promise))
        done = begun(case, municipality, law)
        starts = planned(case, promise)
        lines += owed(case, "MH-18", left, due, done, after_stay(case), party, SIDE[law], counts_from=starts)
    return lines


def mh_19(case: Case) -> list[Line]:
    """Local (Fyrbodal): a follow-up within the hours agreed, or as planned for the patient."""
    left = case["discharged"]
    if left is None or left["data"].get("destination") == "other-hospital":
        return []
    judged = of_case.need(case)
    if judged is None or judged["time"] > left["time"]:
        return []
    since = left["time"]
    done = of_case.first_time(f for f in of(case, "follow-up-completed") if f["time"] >= since)
    ends = after_stay(case)
    over = of_case.earliest(done, ends)
    due = hours(agreed(case, since), "follow_up_within_hours", since)
    party, role = open_care(case)
    for plan in of(case, "follow-up-planned"):
        if over is not None and plan["time"] > max(over, since):
            continue
        due = told(plan, "due_at") or due
        role = plan["data"].get("role") or "open-care"
        party = of_case.party_of(case, {**plan["data"], "role": role}, plan["time"]) or party
    return owed(case, "MH-19", since, due, done, ends, party, role)


def mh_22(case: Case) -> list[Line]:
    """LUS 4:1 st. 2: in compulsory open care a samordnad vårdplan stands in the SIP's place."""
    since = of_case.compulsory_since(case)
    if since is None:
        return []
    done = first(case, "coordinated-care-plan-established")
    return owed(case, "MH-22", since, None, done, after_stay(case), *hospital(case))


def mh_23(case: Case, stays: list[dict[str, Any]]) -> list[Line]:
    """Öppna jämförelser: an unplanned admission within 30 days of the last discharge."""
    since = case["begins"]
    before = [
        stay
        for stay in stays
        if stay["id"] != case["id"]
        and stay["admitted"] is not None
        and is_region(stay["admitted"]["principal"])
        and stay["phase"] == "discharged"
        and stay["ended_at"] <= since
    ]
    if not before or case["admitted"]["data"].get("unplanned") is not True:
        return []
    last = max(before, key=lambda stay: stay["ended_at"])
    left = last["ended_at"]
    terms = agreed(case, since)
    if terms["limits"].get("readmission_by") == "dates":
        again = (day(since) - day(left)).days <= 30
    else:
        again = since - left <= 30 * 24 * HOUR
    return [("finding", "MH-23", since, None, terms["name"])] if again else []


def mh_24(case: Case) -> list[Line]:
    """Local: a proposed takeover is answered; silence moves nothing."""
    lines = []
    for asked in of(case, "municipal-takeover-proposed"):
        own = asked["data"].get("municipality") or of_case.municipality_at(case, case["now"])
        done = of_case.first_time(
            fact
            for fact in of(case, "municipal-takeover-accepted", "municipal-takeover-declined")
            if order(fact) > order(asked)
            and regime(fact) == regime(asked)
            and own == (fact["data"].get("municipality") or of_case.municipality_at(case, case["now"]))
        )
        due = hours(agreed(case, asked["time"]), "takeover_answer_hours", asked["time"])
        when = of_case.until(case, done, after_stay(case))
        own = asked["data"].get("municipality") or of_case.municipality_at(case, when)
        party, role = of_case.town(own), SIDE[regime(asked)]
        lines += owed(case, "MH-24", asked["time"], due, done, after_stay(case), party, role)
    return lines


def mh_25(case: Case, wrong: list[Line]) -> list[Line]:
    """Västra Götaland: what is contestable is contested by the day agreed in the month after the discharge."""
    left = case["discharged"]
    if left is None:
        return []
    standing = [
        period
        for period in of_case.periods(case)
        if period["notice"] is not None
        and period["notice"]["time"] <= left["time"]
        and (period["withdrawal"] is None or order(period["withdrawal"]) > order(left))
    ]
    if not standing or day(standing[-1]["notice"]["time"]) >= day(left["time"]):
        return []
    contestable = [line for line in wrong if line[3] <= left["time"]]
    astray = [f for f in of(case, "notification-misdirected") if f["time"] <= left["time"]]
    missing = [line for line in mh_15(case) if standing[-1]["since"] <= line[3] < left["time"]]
    if not contestable and not astray and not missing:
        return []
    by = agreed(case, left["time"])["limits"].get("dispute_day_of_month")
    due = None
    if by is not None:
        of_discharge = day(left["time"])
        after = date(of_discharge.year, of_discharge.month, 28) + timedelta(days=4)
        due = last_of(after.replace(day=by))
    done = first(case, "case-disputed")
    own = of_case.municipality_at(case, left["time"])
    if own is None:
        return []
    party = of_case.town(own)
    return owed(case, "MH-25", left["time"], due, done, stopped(case), party, "social-services")


RULES = (mh_10, mh_11, mh_12, mh_13, mh_17, mh_18, mh_19, mh_22, mh_24)
