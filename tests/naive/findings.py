"""Gaps, overlaps and contradictions in who is responsible (DESIGN: findings with the facts behind them)."""

from datetime import datetime

from naive import case as of_case
from naive.care import Care, ambulance_ends, first_end, municipal, says, town_of
from naive.case import Case, reaches, readmitted, stopped
from naive.chain import VISITS, died, left_at_home, named, on_track
from naive.facts import Fact, order, regime
from naive.owed import Line
from naive.plans import planned
from naive.stays import Stay


def finding(code: str, since: datetime, until: datetime | None, now: datetime) -> list[Line]:
    if since > now or (until is not None and until <= since):
        return []
    return [("finding", code, since, until if until is not None and until <= now else None)]


def last_words(case: Case, *names: str) -> dict[tuple[str | None, str], Fact]:
    """The last word on a takeover by the discharge, of each municipality and law: asked, yes or no."""
    words = {}
    for fact in of_case.of(case, *(names or TAKEOVERS)):
        if fact["time"] <= case["discharged"]["time"]:
            words[own_of(case, fact), regime(fact)] = fact
    return words


def admitted_again(case: Case, since: datetime) -> datetime | None:
    """The next admission to another stay from a moment on."""
    return of_case.first_time(fact for fact in case["others"] if fact["time"] >= since)


def gap_municipal_care(case: Case) -> list[Line]:
    """A municipality said yes, the patient is home, and its care has not begun."""
    lines: list[Line] = []
    if case["discharged"] is None:
        return lines
    answers = last_words(case, "municipal-takeover-accepted", "municipal-takeover-declined")
    for (municipality, law), answer in answers.items():
        if answer["name"] == "municipal-takeover-declined":
            continue
        since = planned(case, answer)
        start = begun_anywhere(case, municipality, law)
        until = first_end(start, admitted_again(case, case["discharged"]["time"]), stopped(case))
        lines += finding("gap-municipal-care", since, until, case["now"])
    return lines


def gap_after_team(happened: list[Fact], cares: list[Care], now: datetime) -> list[Line]:
    """A mobile team handed back to nobody, and nobody else has the patient."""
    lines = []
    others = [one for one in cares if one["role"] not in ("egenvard",)]
    for back in named(happened, "mobile-team-handed-back"):
        time = back["time"]
        if back["data"].get("handed_to"):
            continue
        if any(one["from"] <= time and (one["to"] is None or one["to"] > time) for one in others):
            continue
        begins = min((one["from"] for one in others if one["from"] > time), default=None)
        lines += finding("gap-after-team", time, first_end(begins, died(happened)), now)
    return lines


def gap_after_ambulance(happened: list[Fact], stays: list[Stay], now: datetime) -> list[Line]:
    """An ambulance left the patient at home and named nobody who goes on."""
    lines = []
    for fact in named(happened, "ambulance-attended"):
        if left_at_home(fact) and not fact["data"].get("handed_to"):
            lines += finding("gap-after-ambulance", fact["time"], ambulance_ends(happened, stays, fact), now)
    return lines


def gap_referral(happened: list[Fact], now: datetime) -> list[Line]:
    """A referral came back and nobody else is asked."""
    lines = []
    for back in named(happened, "referral-returned"):
        if back["data"].get("passed_on_to"):
            continue
        track = back["data"].get("track")
        ends = named(happened, "referral-sent", "referral-accepted", "handed-back-to-primary-care", *VISITS)
        later = [f for f in on_track(ends, track) if order(f) > order(back)]
        lines += finding(
            "gap-referral", back["time"], first_end(of_case.first_time(later), died(happened)), now
        )
    return lines


def gap_care_ended(happened: list[Fact], stays: list[Stay], cares: list[Care], now: datetime) -> list[Line]:
    """A municipality ended its care as handed over or moved, and nobody gives that kind of care."""
    lines: list[Line] = []
    for end in named(happened, "municipal-care-ended"):
        if end["data"].get("reason") not in ("handed-over", "moved"):
            continue
        time = end["time"]
        for ended in municipal(happened, stays):
            same_kind = [one for one in cares if one["role"] == ended["role"]]
            if ended["by"] != end["id"] or any(_runs(one, time) for one in same_kind):
                continue
            begins = min((one["from"] for one in same_kind if one["from"] > time), default=None)
            lines += finding("gap-care-ended", time, first_end(begins, died(happened)), now)
    return lines


def _runs(one: Care, when: datetime) -> bool:
    return bool(one["from"] <= when and (one["to"] is None or one["to"] > when))


def regime_apart(happened: list[Fact], stays: list[Stay], now: datetime) -> list[Line]:
    """HSL and SoL services were both to come from one municipality, and one began without the other."""
    lines: list[Line] = []
    admissions = [stay["admitted"] for stay in stays if stay["admitted"] is not None]
    told = [
        (fact, (town_of(happened, stays, says(fact), fact["time"]), regime(fact)))
        for fact in named(happened, *TAKEOVERS, "municipal-care-started")
    ]
    for start, (own, law) in told:
        if start["name"] != "municipal-care-started":
            continue
        since = max((f["time"] for f in admissions if f["time"] <= start["time"]), default=None)
        before = [
            (fact, whose)
            for fact, whose in told
            if order(fact) < order(start) and (since is None or fact["time"] >= since) and whose[0] == own
        ]
        words = {whose[1]: fact["name"] for fact, whose in before if fact["name"] in TAKEOVERS}
        if any(fact["name"] == "municipal-care-started" for fact, _ in before) or len(words) < 2:
            continue
        if "municipal-takeover-declined" in words.values():
            continue
        later = [
            f
            for f, whose in told
            if f["name"] == "municipal-care-started"
            and order(f) > order(start)
            and town_of(happened, stays, says(f), f["time"]) == own
            and regime(f) != law
        ]
        again = [f for f in admissions if f["time"] >= start["time"]]
        until = first_end(of_case.first_time(later), of_case.first_time(again), died(happened))
        lines += finding("regime-apart", start["time"], until, now)
    return lines


TAKEOVERS = ("municipal-takeover-proposed", "municipal-takeover-accepted", "municipal-takeover-declined")


def begun_anywhere(case: Case, municipality: str | None, law: str) -> datetime | None:
    """When the municipality's care began after the admission, whichever stay or visit the fact was put with."""
    starts = named(case["happened"], "municipal-care-started")
    return of_case.first_time(
        fact
        for fact in starts
        if fact["time"] >= case["begins"] and own_of(case, fact) == municipality and regime(fact) == law
    )


def own_of(case: Case, fact: Fact) -> str | None:
    """The municipality named, else the one that says so, else the patient's own."""
    says = fact["principal"] if len(fact["principal"] or "") == 4 else None
    return fact["data"].get("municipality") or says or of_case.municipality_at(case, fact["time"])


def overlaps(cares: list[Care], now: datetime) -> list[Line]:
    """Two who give the same kind of care at once."""
    lines = []
    for number, one in enumerate(cares):
        for other in cares[number + 1 :]:
            if one["role"] != other["role"] or not _rivals(one, other):
                continue
            since, until = max(one["from"], other["from"]), first_end(one["to"], other["to"])
            if until is None or until > since:
                lines += finding(f"overlap-{one['role']}", since, until, now)
    return lines


def _rivals(one: Care, other: Care) -> bool:
    if one["role"] in ("municipal-health", "social-services", "rehabilitation"):
        return bool(one["party"] != other["party"])
    if one["role"] == "mobile-team":
        return bool(one["unit"] != other["unit"])
    return bool(
        one["role"] == "specialist" and one["detail"] == other["detail"] and one["unit"] != other["unit"]
    )


def contradiction_declined(case: Case) -> list[Line]:
    """A municipality said no, and the patient went home to it all the same."""
    left = case["discharged"]
    if left is None or left["data"].get("destination") not in (
        "home",
        "residential-care",
        "short-term-place",
    ):
        return []
    lines = []
    for (own, law), word in last_words(case).items():
        if word["name"] != "municipal-takeover-declined":
            continue
        accepted = [f for f in of_case.of(case, "municipal-takeover-accepted") if order(f) > order(left)]
        yes = [f["time"] for f in accepted if (own_of(case, f), regime(f)) == (own, law)]
        until = first_end(
            min(yes, default=None), begun_anywhere(case, own, law), readmitted(case), case["died"]
        )
        if until is None or until > left["time"]:
            lines += finding("contradiction-declined", left["time"], until, case["now"])
    return lines


def contradiction_misdirected(case: Case) -> list[Line]:
    """The sender believes it told them; they say it was not for them."""
    lines = []
    for report in of_case.of(case, "notification-misdirected"):
        kind = report["data"].get("notification")
        again = [f for f in of_case.of(case, kind) if f["time"] >= report["time"] and reaches(case, f)]
        call = kind == "sip-meeting-called"
        over = first_end(readmitted(case), case["died"]) if call else case["ended_at"]
        until = first_end(of_case.first_time(again), over)
        lines += finding("contradiction-misdirected", report["time"], until, case["now"])
    return lines


def contradiction_residence(case: Case) -> list[Line]:
    """The hospital's municipality says that the patient is not its resident."""
    lines = []
    for no in of_case.of(case, "municipal-takeover-declined"):
        own = of_case.municipality_at(case, no["time"])
        said_by = own_of(case, no)
        if no["data"].get("reason") != "not-our-resident" or said_by != own or own is None:
            continue
        yes = []
        for fact in of_case.of(case, "municipal-takeover-accepted"):
            town = fact["data"].get("municipality") or of_case.municipality_at(case, fact["time"])
            if town == own and order(fact) > order(no):
                yes.append(fact["time"])
        moved = [
            f["time"]
            for f in named(case["happened"], "responsible-municipality-changed")
            if order(f) > order(no)
        ]
        until = first_end(min([*yes, *moved], default=None), case["ended_at"])
        lines += finding("contradiction-residence", no["time"], until, case["now"])
    return lines


OF_STAY = (
    gap_municipal_care, contradiction_declined, contradiction_misdirected, contradiction_residence,
)  # fmt: skip
