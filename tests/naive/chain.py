"""What reaches beyond one stay: W-16 to W-27, counted over the whole journey (HSF 6, Kolada)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from naive import agreements
from naive import case as of_case
from naive.agreements import Agreement
from naive.case import Case, first_time, told
from naive.clock import between, day, elapsed
from naive.facts import Fact, is_region, order, regime
from naive.owed import Line
from naive.stays import Stay

VISITS = ("visit-made", "home-visit-made", "digital-visit-held")
WINDOW = timedelta(days=90)
LIMITS = {"W-17": 3, "W-18": 90}
"""Days of the vårdgaranti (HSF 6:1)."""


def named(happened: list[Fact], *names: str) -> list[Fact]:
    return [fact for fact in happened if fact["name"] in names]


def died(happened: list[Fact]) -> datetime | None:
    return first_time(named(happened, "patient-deceased"))


def after(happened: list[Fact], fact: Fact, *names: str) -> list[Fact]:
    return [other for other in named(happened, *names) if order(other) > order(fact)]


def agreed_by(adopted: list[Agreement], happened: list[Fact], stays: list[Stay], fact: Fact) -> Agreement:
    """What holds where and when something was said, and for the care form of the stay that it was said in or after."""
    region = (fact["principal"] or "")[:2] or None
    town = own_town(happened, stays, fact["time"]) or fact["data"].get("municipality")
    if town is None and fact["principal"] is not None and len(fact["principal"]) == 4:
        town = fact["principal"]
    own = [stay for stay in stays if any(one is fact for one in stay["facts"])][:1]
    own = [stay for stay in own if stay["admitted"] is not None and is_region(stay["admitted"]["principal"])]
    form = of_case.care_form(own[0], fact["time"]) if own else None
    return agreements.holding(adopted, region, town, day(fact["time"]), form)


def own_town(happened: list[Fact], stays: list[Stay], when: datetime) -> str | None:
    """The patient's municipality by the last change, else the last admission or visit, by a moment; a placement stands."""
    own, placed = None, False
    for fact in happened:
        if fact["time"] > when:
            break
        if fact["name"] == "responsible-municipality-changed" and fact["data"].get("to_municipality"):
            own, placed = fact["data"]["to_municipality"], fact["data"].get("ground") == "placement"
        begins = any(fact is stay["visit"] or fact is stay["admitted"] for stay in stays)
        if begins and fact["data"].get("municipality") and not placed:
            own = fact["data"]["municipality"]
    return own


Agreed = Callable[[Fact], Agreement]
"""What holds where something was said."""


def simple_wait(
    measure: str,
    opened: Fact,
    agreed: Agreed,
    done: datetime | None,
    cut: datetime | None,
    unit: str,
    now: datetime,
    party: str | None,
    outcome: str = "done",
    paused: timedelta = timedelta(),
) -> list[Line]:
    """A wait of the journey: no stay, ended by what was waited for or cut short."""
    start = opened["time"]
    cut = max(cut, start) if cut is not None else None
    how: str | None = None
    end: datetime | None = None
    if done is not None and (cut is None or done <= cut):
        end, how = done, outcome
    elif cut is not None:
        end, how = cut, "cut short"
    value = between(start, (end or now) - paused, unit)
    return [
        (
            "wait",
            measure,
            None,
            start,
            end,
            how,
            value,
            unit,
            party,
            None,
            LIMITS.get(measure),
            agreed(opened)["name"],
        )
    ]


def w_16(happened: list[Fact], agreed: Agreed, now: datetime) -> list[Line]:
    """SoL, Kolada U23401: days from the application for särskilt boende to the move-in that was offered."""
    lines = []
    for applied in named(happened, "residential-care-applied"):
        town = applied["data"].get("municipality")
        offers = [
            f
            for f in after(happened, applied, "residential-care-offered")
            if f["data"].get("municipality") == town
        ]
        move = None
        if offers:
            move = max(told(offers[0], "move_in_at") or offers[0]["time"], applied["time"])
        cut = died(happened)
        if move is not None and cut is not None and cut < offers[0]["time"]:
            move = None
        if move is not None and move > now:
            move = None
        lines += simple_wait("W-16", applied, agreed, move, cut, "days", now, of_case.town(town))
    return lines


def region_party(fact: Fact, code: str | None = None) -> str | None:
    code = code or fact["principal"]
    if code is not None and len(code) == 4:
        code = code[:2]
    return f"region:{code}" if code else None


def w_17(happened: list[Fact], agreed: Agreed, now: datetime) -> list[Line]:
    """HSF 6:1 p. 2: dates from the contact with primary care to the assessment."""
    lines = []
    for sought in named(happened, "care-contact-sought"):
        if sought["data"].get("track") is None:
            done = first_time(after(happened, sought, "care-assessed"))
            lines += simple_wait(
                "W-17", sought, agreed, done, died(happened), "dates", now, region_party(sought)
            )
    return lines


def on_track(facts: list[Fact], track: str | None) -> list[Fact]:
    return [fact for fact in facts if fact["data"].get("track") == track]


def w_18(happened: list[Fact], agreed: Agreed, now: datetime) -> list[Line]:
    """HSF 6:1 p. 3-4, 6:2: days to the first specialised visit, and from decision to treatment, pauses left out."""
    lines = []
    for fact in named(happened, "referral-sent", "care-contact-sought", "treatment-decided"):
        track = fact["data"].get("track")
        if track is None:
            continue
        referred = [f for f in on_track(named(happened, "referral-sent"), track) if order(f) < order(fact)]
        if fact["name"] == "care-contact-sought" and referred:
            continue
        step, ends = (
            ("treatment", ("treatment-started",))
            if fact["name"] == "treatment-decided"
            else ("visit", VISITS)
        )
        done = first_time(on_track(after(happened, fact, *ends), track))
        returned = None
        if fact["name"] == "referral-sent":
            back = on_track(after(happened, fact, "referral-returned"), track)
            returned = first_time(f for f in back if f["data"].get("passed_on_to") is None)
        cut = of_case.earliest(returned, died(happened))
        end = min(time for time in (done, cut, now) if time is not None)
        paused = pauses(happened, track, step, fact["time"], end)
        party = region_party(fact, fact["data"].get("to_region"))
        found = simple_wait("W-18", fact, agreed, done, cut, "days", now, party, "done", paused)
        lines += [(*line, step, track, fact) for line in found]
    return lines


def pauses(happened: list[Fact], track: str, step: str, start: datetime, end: datetime) -> timedelta:
    """HSF 6:2: the time between pause and resumption on the track and step, as far as it lies in the wait."""
    total, since = timedelta(), None
    for fact in on_track(named(happened, "wait-paused", "wait-resumed"), track):
        if fact["data"].get("step") != step:
            continue
        if fact["name"] == "wait-paused":
            since = since or fact["time"]
        elif since is not None:
            total += max(min(fact["time"], end) - max(since, start), timedelta())
            since = None
    if since is not None:
        total += max(end - max(since, start), timedelta())
    return total


# -- figures ---------------------------------------------------------------------------------------------------


def figure(measure: str, detail: str | None, number: float, at: datetime) -> Line:
    return ("figure", measure, detail, number, at)


def openings(stays: list[Stay]) -> list[Fact]:
    """The admission of each stay."""
    return [stay["admitted"] for stay in stays if stay["admitted"] is not None]


def emergency_visits(stays: list[Stay]) -> list[Fact]:
    """The arrival that began each visit; what is told after its end began nothing."""
    return [stay["visit"] for stay in stays if stay["visit"] is not None]


def w_19(happened: list[Fact], stays: list[Stay]) -> list[Line]:
    """Hand-overs: each fact that moves care to somebody else."""
    admissions = openings(stays)
    moved = named(
        happened, "municipal-care-started", "mobile-team-took-over", "mobile-team-handed-back", "referral-accepted",
        "handed-back-to-primary-care", "shared-care-agreed",
    )  # fmt: skip
    moved += [f for s in stays for _, _, f in s["units"] if f["name"] == "patient-transferred"]
    moved += [s["end"] for s in stays if s["end"] is not None and s["end"]["name"] == "patient-discharged"]
    moved += [f for f in named(happened, "egenvard-assessed") if f["data"].get("outcome") == "egenvard"]
    moved += [
        f for f in named(happened, "ambulance-attended") if left_at_home(f) and f["data"].get("handed_to")
    ]
    return [figure("W-19", fact["name"], 1.0, fact["time"]) for fact in [*admissions, *moved]]


def left_at_home(fact: Fact) -> bool:
    return bool(fact["data"].get("outcome") == "left-at-home")


def w_20(happened: list[Fact], stays: list[Stay]) -> list[Line]:
    """Contacts with somebody: counted by unit."""
    met = named(happened, *VISITS, "preventive-contact-made", "care-assessed", "follow-up-completed")
    met += [*openings(stays), *emergency_visits(stays)]
    return [figure("W-20", fact["name"], 1.0, fact["time"]) for fact in met]


def anchors(happened: list[Fact], stays: list[Stay]) -> list[Fact]:
    """A municipality's first HSL care after each stay, and each team's take-over."""
    found, running = [], set()
    for fact in named(happened, "mobile-team-took-over", "mobile-team-handed-back"):
        if fact["name"] == "mobile-team-handed-back":
            running.discard(fact["data"].get("team"))
        elif fact["data"].get("team") not in running:
            running.add(fact["data"].get("team"))
            found.append(fact)
    seen: set[Any] = set()
    for start in named(happened, "municipal-care-started"):
        if regime(start) != "HSL":
            continue
        before = [s for s in stays if s["admitted"] is not None and s["phase"] == "discharged"]
        before = [s for s in before if order(s["end"]) < order(start)]
        if not before:
            continue
        stay = max(before, key=lambda s: order(s["end"]))
        who = (stay["id"], start["data"].get("municipality") or own_town(happened, stays, start["time"]))
        if who not in seen:
            seen.add(who)
            found.append(start)
    return found


def w_22(happened: list[Fact], stays: list[Stay], now: datetime) -> list[Line]:
    """Emergency visits in the 90 days before and after care at home began."""
    begun = [(stay["visit"]["time"], cancelled(stay)) for stay in stays if stay["visit"] is not None]

    def count(start: datetime, end: datetime) -> float:
        """Known at the end of each window; a visit cancelled by then was none."""
        return float(len([t for t, gone in begun if start <= t < end and (gone is None or gone > end)]))

    return _windows("W-22", happened, stays, now, count)


def w_23(happened: list[Fact], stays: list[Stay], now: datetime) -> list[Line]:
    """Days in hospital in the 90 days before and after care at home began."""

    def days(start: datetime, end: datetime) -> float:
        total = timedelta()
        for stay in stays:
            gone = cancelled(stay)
            if stay["admitted"] is not None and (gone is None or gone > end):
                begins, ends = stay["admitted"]["time"], stay["ended_at"] or now
                total += max(min(ends, end) - max(begins, start), timedelta())
        return elapsed(total, "days")

    return _windows("W-23", happened, stays, now, days)


def cancelled(stay: Stay) -> datetime | None:
    """When the stay or visit came to nothing."""
    return stay["ended_at"] if stay["phase"] == "cancelled" else None


def _windows(measure: str, happened: list[Fact], stays: list[Stay], now: datetime, amount: Any) -> list[Line]:
    lines = []
    death = died(happened)
    for anchor in anchors(happened, stays):
        at, end = anchor["time"], anchor["time"] + WINDOW
        lines.append(figure(measure, "before", amount(at - WINDOW, at), at))
        if end <= now and (death is None or death >= end):
            lines.append(figure(measure, "after", amount(at, end), end))
    return lines


def w_24(happened: list[Fact]) -> list[Line]:
    """The share of meetings at home or from afar."""
    forms = {"visit-made": "unit", "home-visit-made": "home", "digital-visit-held": "digital"}
    return [
        figure("W-24", forms[f["name"]], 0.0 if f["name"] == "visit-made" else 1.0, f["time"])
        for f in named(happened, *VISITS)
    ]


def w_25(case: Case) -> list[Line]:
    """The patient's own goal, and whether consent to a SIP was asked, by the discharge of a stay with a need."""
    left, judged = case["discharged"], of_case.need(case)
    if left is None or judged is None or judged["time"] > left["time"]:
        return []
    by_then = [f for f in case["happened"] if f["time"] <= left["time"]]
    asked = [f for f in named(by_then, "consent-recorded") if f["data"].get("scope") == "sip"]
    return [
        figure("W-25", "goal", float(bool(named(by_then, "patient-goal-stated"))), left["time"]),
        figure("W-25", "sip-consent", float(bool(asked)), left["time"]),
    ]


def reviews(happened: list[Fact]) -> list[tuple[Fact, datetime]]:
    """Egenvård whose review is set: at the assessment, or at a review after which it goes on (lag 2022:1250)."""
    found = []
    for fact in named(happened, "egenvard-assessed", "egenvard-reviewed"):
        due = told(fact, "review_at")
        if fact["data"].get("outcome") in ("egenvard", "continues") and due is not None:
            found.append((fact, due))
    return found


def review_ends(happened: list[Fact], fact: Fact) -> tuple[datetime | None, datetime | None]:
    """When it was reviewed, and when the review fell away."""
    done = first_time(after(happened, fact, "egenvard-reviewed"))
    anew = [
        f for f in after(happened, fact, "egenvard-assessed") if f["data"].get("outcome") == "health-care"
    ]
    gone = of_case.earliest(first_time(anew), died(happened))
    return done, max(gone, fact["time"]) if gone is not None else None


def w_26_egenvard(happened: list[Fact], now: datetime) -> list[Line]:
    """Egenvård reviewed by the time set."""
    lines = []
    for fact, due in reviews(happened):
        done, gone = review_ends(happened, fact)
        if done is not None and gone is not None and gone < done:
            done = None
        if done is not None and done <= due:
            lines.append(figure("W-26", "egenvard", 1.0, done))
        elif now > due and (gone is None or gone > due):
            lines.append(figure("W-26", "egenvard", 0.0, max(due, fact["time"])))
    return lines


def w_26_follow_up(case: Case) -> list[Line]:
    """The follow-up that is owed (as MH-19), in its window (Fyrbodal: 48 to 72 hours)."""
    left, judged = case["discharged"], of_case.need(case)
    if left is None:
        return []
    limits = of_case.agreed(case, left["time"])["limits"]
    opens, closes = limits.get("follow_up_from_hours"), limits.get("follow_up_within_hours")
    if (opens is None and closes is None) or left["data"].get("destination") == "other-hospital":
        return []
    since = left["time"]
    if judged is None or judged["time"] > since:
        return []
    start = since + timedelta(hours=opens or 0)
    end = since + timedelta(hours=closes) if closes is not None else None
    done = first_time(f for f in of_case.of(case, "follow-up-completed") if f["time"] >= since)
    gone = of_case.after_stay(case)
    if done is not None and (gone is None or done <= gone):
        over = end is not None and done > end
        if not over or opens is None:
            return [figure("W-26", "follow-up", float(start <= done and not over), done)]
    # Only where the window is told whole is nothing in it known to be nothing at its end.
    missed = end is not None and opens is not None and case["now"] > end and (gone is None or gone > end)
    return [figure("W-26", "follow-up", 0.0, end)] if missed and end is not None else []


def w_27(happened: list[Fact]) -> list[Line]:
    """How many units were asked, and how many said no, before somebody took the patient."""
    lines = []
    for sent in named(happened, "referral-sent"):
        track = sent["data"].get("track")
        taken = on_track(after(happened, sent, "referral-accepted", *VISITS), track)
        if not taken:
            continue
        back = [
            f
            for f in on_track(after(happened, sent, "referral-returned"), track)
            if order(f) < order(taken[0])
        ]
        passed = [f for f in back if f["data"].get("passed_on_to")]
        lines.append(figure("W-27", "units-asked", 1.0 + len(passed), taken[0]["time"]))
        lines.append(figure("W-27", "returned", float(len(back)), taken[0]["time"]))
    return lines
