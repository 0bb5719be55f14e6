"""Why a ready patient is still in hospital, or waits for a specialist: stretches that may run at the same time."""

from datetime import datetime
from typing import Any

from naive import case as of_case
from naive.case import Case, first_time, notices, of, told
from naive.chain import VISITS, named, on_track, region_party
from naive.facts import Fact, order, regime
from naive.findings import TAKEOVERS
from naive.owed import Line
from naive.plans import refused_after, sip_stretches

Stretch = tuple[str, datetime, datetime | None, str | None]


def w_06_causes(case: Case) -> list[Line]:
    """Causes of each stretch from the discharge-ready notice to the discharge."""
    lines: list[Line] = []
    for period in of_case.periods(case):
        if period["notice"] is None:
            continue
        start = period["notice"]["time"]
        end = of_case.earliest(case["ended_at"], period["withdrawn"], of_case.stopped(case))
        for code, begun, until, party in _stretches(case, period):
            since = max(begun, case["begins"])
            lines += clipped("W-06", start, end, (code, since, until, party), case["now"])
    return lines


def clipped(
    measure: str, start: datetime, end: datetime | None, stretch: Stretch, now: datetime
) -> list[Line]:
    """The part of a stretch that lies in the wait; nothing where it has no length or has not begun."""
    code, since, until, party = stretch
    since, until = max(since, start), of_case.earliest(until, end)
    if since > now or (until is not None and until <= since):
        return []
    return [
        ("cause", code, measure, start, since, until if until is not None and until <= now else None, party)
    ]


def _stretches(case: Case, period: dict[str, Any]) -> list[Stretch]:
    hospital = case["region"]
    return [
        *takeovers(case, hospital), *sip(case, period), *open_care_missing(case, hospital),
        *no_takeover_asked(case, period, hospital),
    ]  # fmt: skip


def takeovers(case: Case, hospital: str) -> list[Stretch]:
    """Asked and not answered; declined and not asked again; accepted for later; accepted and still here."""
    return [
        *unanswered(case),
        *declined(case, hospital),
        *waiting_for_start(case),
        *homegoing(case, hospital),
    ]


def unanswered(case: Case) -> list[Stretch]:
    """MH-24's stretches, one at a time of each municipality and law."""
    found: list[Stretch] = []
    until: dict[Any, datetime | None] = {}
    for fact in of(case, "municipal-takeover-proposed"):
        answers = of(case, "municipal-takeover-accepted", "municipal-takeover-declined")
        answer = first_time(f for f in answers if order(f) > order(fact) and _same(case, f, fact))
        who = (_asked(case, fact), regime(fact))
        ends = until.get(who)
        running = who in until and (ends is None or fact["time"] < ends)
        if not running:
            until[who] = answer
            own = fact["data"].get("municipality") or of_case.municipality_at(
                case, of_case.until(case, answer)
            )
            found.append(("takeover-unanswered", fact["time"], answer, of_case.town(own)))
    return found


def _asked(case: Case, fact: Fact) -> str | None:
    return fact["data"].get("municipality") or of_case.municipality_at(case, case["now"])


def _same(case: Case, one: Fact, other: Fact) -> bool:
    return _asked(case, one) == _asked(case, other) and regime(one) == regime(other)


def declined(case: Case, hospital: str) -> list[Stretch]:
    """From a no until somebody is asked again, or says yes, under the same law."""
    found: list[Stretch] = []
    running: dict[str, datetime] = {}
    for fact in of(case, *TAKEOVERS):
        law = regime(fact)
        if fact["name"] == "municipal-takeover-declined":
            running.setdefault(law, fact["time"])
        elif law in running:
            found.append(("takeover-declined", running.pop(law), fact["time"], hospital))
    return found + [("takeover-declined", since, None, hospital) for since in running.values()]


def waiting_for_start(case: Case) -> list[Stretch]:
    """Accepted for later: until then, or until it begins or something else is said."""
    found: list[Stretch] = []
    for fact in of(case, "municipal-takeover-accepted"):
        planned = told(fact, "planned_start_at")
        if planned is None or planned <= fact["time"]:
            continue
        later = [f for f in of(case, *TAKEOVERS, "municipal-care-started") if order(f) > order(fact)]
        until = first_time(f for f in later if _same(case, f, fact))
        found.append(
            (
                "waiting-for-start",
                fact["time"],
                of_case.earliest(planned, until),
                of_case.town(_asked(case, fact)),
            )
        )
    return found


def homegoing(case: Case, hospital: str) -> list[Stretch]:
    """Everybody asked has said yes, the planned times have come, and the patient is still here."""
    found: list[Stretch] = []
    words = of(case, *TAKEOVERS)
    last: dict[Any, Fact] = {}
    for number, fact in enumerate(words):
        last[_asked(case, fact), regime(fact)] = fact
        if all(one["name"] == "municipal-takeover-accepted" for one in last.values()):
            planned = [told(one, "planned_start_at") or one["time"] for one in last.values()]
            following = words[number + 1]["time"] if number + 1 < len(words) else None
            found.append(("homegoing", max(fact["time"], *planned), following, hospital))
    return found


def no_takeover_asked(case: Case, period: dict[str, Any], hospital: str) -> list[Stretch]:
    """Municipal care is needed, as last judged, and no municipality has been asked."""
    found: list[Stretch] = []
    asked = of_case.first(case, *TAKEOVERS)
    judged = of(case, "service-need-assessed")
    for number, fact in enumerate(judged):
        needs = fact["data"].get("needs") or ()
        if fact["data"].get("outcome") == "yes" and any(kind in needs for kind in of_case.MUNICIPAL):
            following = judged[number + 1]["time"] if number + 1 < len(judged) else None
            found.append(("no-takeover-asked", fact["time"], of_case.earliest(asked, following), hospital))
    return found


def sip(case: Case, period: dict[str, Any]) -> list[Stretch]:
    """A SIP is to be called and is not; called, and not drawn up (until the patient says no to it)."""
    found: list[Stretch] = []
    calls = notices(case, "sip-meeting-called")
    called = calls[0]["time"] if calls else None
    for since, until in sip_stretches(case, period):
        found.append(("sip-not-called", since, of_case.earliest(called, until), case["region"]))
    if called is not None:
        refused = refused_after(case, calls[0])
        made = of_case.first(case, "sip-established")
        found.append(("sip-not-established", called, of_case.earliest(made, refused), case["region"]))
    return found


def open_care_missing(case: Case, hospital: str) -> list[Stretch]:
    """LUS 5:5: a service of open care is missing until it is cleared."""
    found: list[Stretch] = []
    since: dict[str | None, datetime] = {}
    for fact in of(case, "open-care-service-unavailable", "open-care-service-cleared"):
        service = fact["data"].get("service")
        if fact["name"] == "open-care-service-unavailable":
            since.setdefault(service, fact["time"])
        elif service in since:
            found.append(("open-care-missing", since.pop(service), fact["time"], hospital))
    found += [("open-care-missing", time, None, hospital) for time in since.values()]
    return found


def w_18_causes(happened: list[Fact], waits: list[Line], now: datetime) -> list[Line]:
    """HSF 6:2, and what became of the referral, for each wait for a specialist."""
    lines: list[Line] = []
    for line in waits:
        start, end, step, track, opened = line[3], line[4], *line[-3:]
        for code, since, until, party in _w_18_stretches(happened, opened, step, track):
            lines += clipped("W-18", start, end, (code, since, until, party), now)
    return lines


def _w_18_stretches(happened: list[Fact], opened: Fact, step: str, track: str) -> list[Stretch]:
    found: list[Stretch] = []
    running: dict[str, datetime] = {}
    for fact in on_track(named(happened, "wait-paused", "wait-resumed"), track):
        if fact["data"].get("step") != step:
            continue
        if fact["name"] == "wait-paused":
            running.setdefault(fact["data"]["ground"], fact["time"])
        else:
            found += [_pause(ground, since, fact["time"]) for ground, since in running.items()]
            running = {}
    found += [_pause(ground, since, None) for ground, since in running.items()]
    return found + (_referrals(happened, opened, track) if step == "visit" else [])


def _pause(ground: str, since: datetime, until: datetime | None) -> Stretch:
    return (ground, since, until, None if ground == "medically-impossible" else "patient")


def _referrals(happened: list[Fact], opened: Fact, track: str) -> list[Stretch]:
    found: list[Stretch] = []
    for fact in on_track(named(happened, "referral-sent", "referral-returned"), track):
        if order(fact) < order(opened):
            continue
        passed_on = fact["data"].get("passed_on_to")
        ends: tuple[str, ...] = ("referral-accepted", "referral-returned", *VISITS)
        code, party = "referral-unanswered", region_party(fact, fact["data"].get("to_region"))
        if fact["name"] == "referral-returned" and not passed_on:
            code, ends = "referral-returned", ("referral-sent", "referral-accepted")
        until = first_time(f for f in on_track(named(happened, *ends), track) if order(f) > order(fact))
        found.append((code, fact["time"], until, party))
    return found
