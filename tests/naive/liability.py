"""Who pays for the patient's days, and from when the municipality does (LUS 5 chap.): MH-14, MH-15, W-11, payment."""

from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Any

from naive import case as of_case
from naive.case import Case, notices, of, stopped
from naive.clock import SWEDEN, between, day, last_of, midnight
from naive.owed import Line, hospital, open_care, owed

Claim = dict[str, Any]
NOON = clock_time(12)


def start_of(sent: datetime) -> datetime:
    """LUS 5:4: three days after the notice was sent, four where it was sent after 12.00; dates, never hours."""
    local = sent.astimezone(SWEDEN)
    days = 3 if local.time() <= NOON else 4
    return midnight(local.date() + timedelta(days=days))


def within(case: Case) -> Case:
    """The stay up to the moment it ended: what comes later changes nothing of who paid."""
    end = case["stay"]["end"]
    if end is None:
        return case
    return {**case, "facts": [f for f in case["facts"] if f["time"] <= end["time"]]}


def claims(case: Case) -> list[Claim]:
    """For each ready period and each municipality while it was responsible: its notice, and the start of LUS 5:4."""
    found = []
    case = within(case)
    changes = of_case.municipalities(case)
    for number, (since, own) in enumerate(changes):
        until = changes[number + 1][0] if number + 1 < len(changes) else None
        if own is None or (until is not None and until <= since):
            continue
        for period in of_case.periods(case):
            for notice in period["notices"]:
                if of_case.to_municipality(case, notice, own):
                    found.append(
                        {
                            "period": period,
                            "municipality": own,
                            "since": since,
                            "moved": until,
                            "notice": notice,
                            "start": max(start_of(notice["time"]), since, case["begins"]),
                        }
                    )
                    break
    return found


def ends_of(case: Case, claim: Claim) -> datetime | None:
    """LUS 5:1: discharge, death, cancellation; the judgement withdrawn; another municipality responsible."""
    return of_case.earliest(claim["period"]["withdrawn"], case["ended_at"], claim["moved"])


def first_admission_notice(case: Case, municipality: str) -> datetime | None:
    return of_case.first_time(
        f for f in of(case, "admission-notified") if of_case.to_municipality(case, f, municipality)
    )


def is_late_admission_notice(case: Case, sent: datetime, when: datetime) -> bool:
    """LUS 5:3 st. 1 p. 1 with 2:3: after the 24 hours, as they were known then."""
    judged = of_case.need(case)
    if judged is None or judged["time"] > when:
        return False
    return sent > of_case.clock_of(case, judged) + timedelta(hours=24)


def sip_to_be_called(case: Case, when: datetime) -> bool:
    """LUS 5:3 st. 2: only where a SIP is to be done."""
    waived = case["agreement"].get("liability", {}).get("refused_sip_waives_call", True)
    if not of_case.wanted(case, when) or of_case.exempt(case, when):
        return False
    return not (waived and of_case.said_no(case, when))


def blocked(case: Case, when: datetime) -> bool:
    """LUS 5:5: a service of open care is missing, or it is not clear that it is there."""
    missing = set()
    for fact in of(case, "open-care-service-unavailable", "open-care-service-cleared"):
        if fact["time"] > when:
            break
        service = fact["data"].get("service")
        if fact["name"] == "open-care-service-unavailable":
            missing.add(service)
        elif service is None:
            missing.clear()
        else:
            missing.discard(service)
    return bool(missing)


def missing(case: Case, claim: Claim, when: datetime) -> list[str]:
    """What LUS 5:3 and 5:5 ask for and is not there at a moment, in the order of the paragraphs."""
    terms = case["agreement"].get("liability", {})
    reasons = []
    sent = first_admission_notice(case, claim["municipality"])
    if sent is None or sent > when:
        reasons.append("admission-notice")
    elif terms.get("late_admission_notice", "bar") == "bar" and is_late_admission_notice(case, sent, when):
        reasons.append("late-admission-notice")
    if sip_to_be_called(case, when):
        called = of_case.first_time(notices(case, "sip-meeting-called"))
        last = last_of(day(claim["notice"]["time"]) + timedelta(days=3))
        if called is None or called > when:
            reasons.append("sip-call")
        elif terms.get("late_sip_call", "bar") == "bar" and called > last:
            reasons.append("late-sip-call")
    barred = terms.get("open_care_cleared", "delay") == "bar" and blocked(case, claim["start"])
    if blocked(case, when) or (barred and when >= claim["start"]):
        reasons.append("open-care")
    return reasons


def liable_from(case: Case, claim: Claim) -> datetime | None:
    """The start instant where all is there, else the moment at which the last of it is (and before the claim ends)."""
    ends = ends_of(case, claim)
    case = within(case)
    later = sorted({f["time"] for f in case["happened"] if f["time"] > claim["start"]})
    moments: list[datetime] = [claim["start"], *later]
    for when in moments:
        if when > case["now"] or (ends is not None and when >= ends):
            return None
        if not missing(case, claim, when):
            return when
    return None


def mh_14(case: Case) -> list[Line]:
    """LUS 5:4: the municipality has received the patient before its liability begins."""
    lines = []
    left = case["discharged"]["time"] if case["discharged"] is not None else None
    for claim in claims(case):
        opened = max(claim["notice"]["time"], claim["since"], case["begins"])
        due = start_of(claim["notice"]["time"]) - timedelta(microseconds=1)
        ends = of_case.earliest(ends_of(case, claim), stopped(case))
        party = of_case.town(claim["municipality"])
        if not _begins(case, claim, opened):
            continue
        done = left if ends is None or left is None or left <= ends else None
        lines += owed(case, "MH-14", opened, due, done, ends, party, "municipal-health")
    return lines


def _begins(case: Case, claim: Claim, when: datetime) -> bool:
    """The period still stands, the patient is still in, and the municipality is still responsible."""
    ends = ends_of(case, claim)
    return ends is None or ends > when


def mh_15(case: Case) -> list[Line]:
    """LUS 5:3, 5:5: liability would begin and a condition is missing: not liable, and why."""
    lines = []
    case = within(case)
    for claim in claims(case):
        start = claim["start"]
        over = ends_of(case, claim)
        if start > case["now"] or (over is not None and over <= start):
            continue
        standing = of_case.earliest(over, stopped(case))
        for reason in missing(case, claim, start):
            done = _made_good(case, claim, reason)
            needless = _no_call_needed(case, start) if "sip-call" in reason else None
            ends = of_case.earliest(standing, needless)
            who = hospital(case) if "admission-notice" in reason else open_care(case)
            lines += owed(case, "MH-15", start, start, done, ends, *who, reason)
    return lines


def _no_call_needed(case: Case, after: datetime) -> datetime | None:
    """The first moment after the start at which no SIP is to be made any more."""
    for fact in case["facts"]:
        if fact["time"] > after and not sip_to_be_called(case, fact["time"]):
            return fact["time"]  # type: ignore[no-any-return]
    return None


def _made_good(case: Case, claim: Claim, reason: str) -> datetime | None:
    """When the missing step was done after all; what was done too late stays so."""
    after = claim["start"]
    if reason == "admission-notice":
        return first_admission_notice(case, claim["municipality"])
    if reason == "sip-call":
        return of_case.first_time(notices(case, "sip-meeting-called"))
    if reason == "open-care":
        cleared = [f["time"] for f in of(case, "open-care-service-cleared") if f["time"] > after]
        return of_case.earliest(*(when for when in cleared if not blocked(case, when)))
    return None


def w_11(case: Case) -> list[Line]:
    """LUS 5: liable dates, discharge on the start date being none."""
    lines: list[Line] = []
    for claim in claims(case):
        since, ends = liable_from(case, claim), ends_of(case, claim)
        if since is None:
            continue
        value = between(since, ends or case["now"], "dates")
        party = of_case.town(claim["municipality"])
        lines.append(
            ("wait", "W-11", case["id"], since, ends, _outcome(case, claim, ends), value, "dates", party)
        )
    return lines


def _outcome(case: Case, claim: Claim, ends: datetime | None) -> str | None:
    if ends is None:
        return None
    if case["discharged"] is not None and case["discharged"]["time"] == ends:
        return "discharged"
    if claim["period"]["withdrawn"] == ends:
        return "withdrawn"
    if case["died"] == ends:
        return "deceased"
    return "moved" if claim["moved"] == ends else "cancelled"


def payment(case: Case) -> list[Line]:
    """Who pays now, and why it is not the municipality (LUS 5:1, 5:3-5:5)."""
    now = case["now"]
    if case["ended_at"] is not None:
        return []
    own = of_case.municipality_at(case, now)
    standing = [p for p in of_case.periods(case) if p["withdrawn"] is None]
    if not standing or standing[-1]["notice"] is None:
        return [("payment", case["id"], case["region"], "not-ready")]
    for claim in claims(case):
        if (
            claim["period"]["since"] != standing[-1]["since"]
            or claim["municipality"] != own
            or claim["moved"]
        ):
            continue
        if claim["start"] > now:
            return [("payment", case["id"], case["region"], "waiting-days")]
        if liable_from(case, claim) is not None:
            return [("payment", case["id"], of_case.town(own), None)]
        return [("payment", case["id"], case["region"], ",".join(missing(case, claim, now)))]
    return [("payment", case["id"], case["region"], "no-notice")]


RULES = (mh_14, mh_15, w_11, payment)
