"""Who pays for the patient's days, and from when the municipality does (LUS 5 chap.): MH-14, MH-15, W-11, payment."""

from datetime import datetime, timedelta
from datetime import time as clock_time
from typing import Any

from naive import agreements
from naive import case as of_case
from naive.agreements import AVERAGE, CAPPED, Agreement
from naive.case import Case, notices, of, stopped
from naive.clock import SWEDEN, between, day, midnight
from naive.owed import Line, hospital, open_care, owed

Claim = dict[str, Any]
NOON = clock_time(12)


def start_of(sent: datetime, money: dict[str, Any]) -> datetime:
    """LUS 5:4: three days after the notice was sent, four where it was sent after 12.00; dates, never hours.

    Another number, another hour (or none), and working days instead of all days can be agreed (4:5).
    """
    local = sent.astimezone(SWEDEN)
    days, cut_off = money.get("free_days", 3), money.get("cutoff_local_time", NOON.isoformat())
    if cut_off != "none" and local.time() > clock_time.fromisoformat(cut_off):
        days += 1
    if money.get("day_type") == "weekday":
        return midnight(agreements.working_days_after(local.date(), days))
    return midnight(local.date() + timedelta(days=days))


def reckoned(sent: datetime, money: dict[str, Any]) -> tuple[datetime | None, datetime | None]:
    """When a patient's own liability is decided, and from when it then is paid for; never where only a mean counts."""
    start = start_of(sent, money)
    if money.get("model") == AVERAGE:
        return None, None
    if money.get("model") != CAPPED:
        return start, start
    capped = midnight(day(sent) + timedelta(days=money["individual_cap_days"] + 1))
    if money.get("capped", "apart") == "apart":
        return max(capped, start), start
    return capped, capped


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
                            "period": period, "municipality": own, "since": since, "moved": until, "notice": notice,
                            **_terms(case, notice["time"], own, since),
                        }
                    )  # fmt: skip
                    break
    return found


def _terms(case: Case, sent: datetime, own: str, since: datetime) -> dict[str, Any]:
    """By the agreement of the notice's day: from when it is paid, and the moment at which that is decided."""
    terms = of_case.agreed(case, sent, own)
    decided, paid = reckoned(sent, terms["payment"])
    begun = max(since, case["begins"], sent)
    return {
        "terms": terms,
        "start": max(decided, begun) if decided is not None else None,
        "paid": max(paid, begun) if paid is not None else None,
        "due": decided - timedelta(microseconds=1) if decided is not None else None,
    }


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


def sip_to_be_called(case: Case, when: datetime, terms: Agreement) -> bool:
    """LUS 5:3 st. 2: only where a SIP is to be done."""
    waived = terms["liability"].get("refused_sip_waives_call", True)
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
    terms = claim["terms"]["liability"]
    reasons = []
    sent = first_admission_notice(case, claim["municipality"])
    if sent is None or sent > when:
        reasons.append("admission-notice")
    elif terms.get("late_admission_notice", "bar") == "bar" and is_late_admission_notice(case, sent, when):
        reasons.append("late-admission-notice")
    if sip_to_be_called(case, when, claim["terms"]):
        called = of_case.first_time(notices(case, "sip-meeting-called"))
        last = of_case.last_day_to_call(claim["terms"], claim["notice"]["time"])
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
    if claim["start"] is None:
        return None
    case = within(case)
    later = sorted({f["time"] for f in case["happened"] if f["time"] > claim["start"]})
    moments: list[datetime] = [claim["start"], *later]
    for when in moments:
        if when > case["now"] or (ends is not None and when >= ends):
            return None
        if not missing(case, claim, when):
            return when
    return None


def paid_from(claim: Claim, since: datetime) -> datetime:
    """A patient reckoned apart is paid for from the start of the individual rule, decided only at the cap."""
    return claim["paid"] if since == claim["start"] else since  # type: ignore[no-any-return]


def mh_14(case: Case) -> list[Line]:
    """LUS 5:4: the municipality has received the patient before its liability begins."""
    lines = []
    left = case["discharged"]["time"] if case["discharged"] is not None else None
    for claim in claims(case):
        opened = max(claim["notice"]["time"], claim["since"], case["begins"])
        ends = of_case.earliest(ends_of(case, claim), stopped(case))
        party = of_case.town(claim["municipality"])
        if not _begins(case, claim, opened):
            continue
        done = left if ends is None or left is None or left <= ends else None
        who, due = (party, "municipal-health"), claim["due"]
        lines += owed(case, "MH-14", opened, due, done, ends, *who, under=claim["terms"])
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
        if start is None or start > case["now"] or (over is not None and over <= start):
            continue
        standing = of_case.earliest(over, stopped(case))
        for reason in missing(case, claim, start):
            done = _made_good(case, claim, reason)
            needless = _no_call_needed(case, claim) if "sip-call" in reason else None
            ends = of_case.earliest(standing, needless)
            who = hospital(case) if "admission-notice" in reason else open_care(case)
            lines += owed(case, "MH-15", start, start, done, ends, *who, reason, under=claim["terms"])
    return lines


def _no_call_needed(case: Case, claim: Claim) -> datetime | None:
    """The first moment after the start at which no SIP is to be made any more."""
    for fact in case["facts"]:
        if fact["time"] > claim["start"] and not sip_to_be_called(case, fact["time"], claim["terms"]):
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
        since = paid_from(claim, since)
        value = between(since, ends or case["now"], "dates")
        party = of_case.town(claim["municipality"])
        about = ("wait", "W-11", case["id"], since, ends, _outcome(case, claim, ends), value, "dates", party)
        lines.append((*about, None, None, claim["terms"]["name"]))
    return lines


def _outcome(case: Case, claim: Claim, ends: datetime | None) -> str | None:
    if ends is None:
        return None
    if case["discharged"] is not None and case["discharged"]["time"] == ends:
        return "discharged"
    if claim["moved"] == ends:
        return "moved"
    if claim["period"]["withdrawn"] == ends:
        return "withdrawn"
    return "deceased" if case["died"] == ends else "cancelled"


def payment(case: Case) -> list[Line]:
    """Who pays now, and why it is not the municipality (LUS 5:1, 5:3-5:5)."""
    now = case["now"]
    if case["ended_at"] is not None:
        return []
    since, own = of_case.municipalities(case)[-1]
    standing = [p for p in of_case.periods(case) if p["withdrawn"] is None]
    if not standing or standing[-1]["notice"] is None:
        over = [p["withdrawn"] for p in of_case.periods(case) if p["withdrawn"] and p["notice"]]
        return _pays(case, case["region"], "not-ready", max([since, case["begins"], *over]))
    for claim in claims(case):
        other = claim["period"]["since"] != standing[-1]["since"] or claim["municipality"] != own
        if other or claim["moved"]:
            continue
        if claim["start"] is None or claim["start"] > now:
            waits = claim["terms"]["payment"].get("model", "individual") == "individual"
            why = "waiting-days" if waits else "by-the-month"
            return _pays(case, case["region"], why, None, claim["terms"])
        liable = liable_from(case, claim)
        if liable is not None:
            return _pays(case, of_case.town(own), None, paid_from(claim, liable), claim["terms"])
        return _pays(case, case["region"], ",".join(missing(case, claim, now)), None, claim["terms"])
    return _pays(
        case, case["region"], "no-notice", max(since, case["begins"], standing[-1]["notice"]["time"])
    )


def _pays(
    case: Case, party: str | None, why: str | None, since: datetime | None, under: Agreement | None = None
) -> list[Line]:
    """From when is only told of a municipality; before any notice it decides which agreement holds."""
    terms = under or of_case.agreed(case, since or case["now"])
    return [("payment", case["id"], party, why, since if why is None else None, terms["name"])]


RULES = (mh_14, mh_15, w_11, payment)
