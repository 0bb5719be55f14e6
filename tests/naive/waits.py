"""Waits of one stay: W-01 to W-06, W-12 to W-15, W-21 (LUS 2-4 chap., Väntetider i vården, local routines)."""

from datetime import datetime
from typing import Any

from naive import case as of_case
from naive.case import Case, first, in_stay, need, notices, of, stopped
from naive.chain import agreed_by
from naive.clock import between
from naive.duties import acknowledged, contact_appointed, estimates, first_notice_to, open_care_told
from naive.facts import Fact, order
from naive.liability import within
from naive.owed import Line
from naive.plans import concerned_at_discharge, sip_stretches


def wait(
    case: Case,
    measure: str,
    started: datetime,
    done: datetime | None,
    ends: datetime | None,
    unit: str,
    party: str | None,
    outcome: str = "done",
    known: datetime | None = None,
    limits: tuple[float | None, float | None] = (None, None),
    by: datetime | None = None,
) -> list[Line]:
    """A line as it stands now: still waiting, or ended by what was waited for, or cut short."""
    now = case["now"]
    begins = max(known or started, case["begins"])
    if begins > now:
        return []
    begins = max(begins, started)
    done = max(done, begins) if done is not None and done <= now else None
    ends = max(ends, begins) if ends is not None and ends <= now else None
    how: str | None = None
    if done is not None and (ends is None or done <= ends):
        at, how = done, outcome
    else:
        at, how = ends, "cut short" if ends is not None else None
    about = ("wait", measure, case["id"], started, at, how, between(started, at or now, unit), unit, party)
    return [(*about, *limits, of_case.agreed(case, by or known or started)["name"])]


def w_01(case: Case) -> list[Line]:
    """LUS 2:3: hours from admission or judgement to the admission notice."""
    judged = need(case)
    if judged is None:
        return []
    done = of_case.first_time(notices(case, "admission-notified"))
    start = of_case.clock_of(case, judged)
    limits = (None, 24)
    return wait(
        case, "W-01", start, done, in_stay(case), "hours", case["region"], known=judged["time"], limits=limits
    )


def w_02(case: Case) -> list[Line]:
    """Hours from the admission notice to each receiver's kvittens."""
    lines = []
    anybody = ("inpatient", "emergency", *of_case.RECEIVERS)
    for notice, one, _ in first_notice_to(case, per_unit=True, roles=anybody, anew=False):
        done = acknowledged(case, notice, one)
        party = of_case.party_of(case, one, of_case.until(case, done, stopped(case)))
        lines += wait(case, "W-02", notice["time"], done, stopped(case), "hours", party)
    return lines


def w_03(case: Case) -> list[Line]:
    """LUS 2:5: days from the notice to open care until a fast vårdkontakt is appointed."""
    start = open_care_told(case)
    if start is None:
        return []
    return wait(case, "W-03", start, contact_appointed(case), stopped(case), "days", case["region"])


def w_04(case: Case) -> list[Line]:
    """LUS 3:1: minutes from the judgement to the notice."""
    lines = []
    for period in of_case.periods(case):
        if period["declared"] is not None:
            done = period["notice"]["time"] if period["notice"] is not None else None
            ends = of_case.earliest(period["withdrawn"], in_stay(case))
            start = period["declared"]["time"]
            limits = None, of_case.agreed(case, start)["limits"].get("discharge_ready_notice_minutes")
            lines += wait(case, "W-04", start, done, ends, "minutes", case["region"], limits=limits)
    return lines


def w_05(case: Case) -> list[Line]:
    """LUS 4:3: dates from the notice to the call, where a SIP is to be made or is called."""
    lines = []
    for period in of_case.periods(case):
        if period["notice"] is None:
            continue
        start = period["notice"]["time"]
        stop = of_case.earliest(period["withdrawn"], stopped(case))
        called = of_case.first_time(f for f in notices(case, "sip-meeting-called") if f["time"] >= start)
        if called is not None and stop is not None and called > stop:
            called = None
        to_be_made = [since for since, _ in sip_stretches(case, period)]
        known = min([*to_be_made, *([called] if called is not None else [])], default=None)
        if known is not None:
            last = of_case.last_day_to_call(of_case.agreed(case, start), start)
            limits = None, between(start, last, "dates")
            lines += wait(
                case,
                "W-05",
                start,
                called,
                stop,
                "dates",
                case["region"],
                known=known,
                limits=limits,
                by=start,
            )
    return lines


def w_06(case: Case) -> list[Line]:
    """Väntetider i vården: utskrivningsklara dates, from the notice to the discharge; day 0 is none."""
    lines = []
    left = case["discharged"]["time"] if case["discharged"] is not None else None
    for period in of_case.periods(case):
        if period["notice"] is None:
            continue
        ends = of_case.earliest(period["withdrawn"], in_stay(case))
        start = period["notice"]["time"]
        own = of_case.town(of_case.municipality_at(case, of_case.until(case, left, ends)))
        lines += wait(case, "W-06", start, left, ends, "dates", own, "discharged")
    return lines


def w_12(case: Case) -> list[Line]:
    """LUS 2:4: dates from the last estimate told to the discharge."""
    left = case["discharged"]
    told = [
        item for item in estimates(case, reaching=False) if left is not None and order(item[0]) < order(left)
    ]
    if left is None or not told:
        return []
    estimate, end = told[-1][1], left["time"]
    value = between(estimate, end, "dates")
    terms = of_case.agreed(case, end)
    about = ("wait", "W-12", case["id"], estimate, end, "done", value, "dates", case["region"])
    return [(*about, None, None, terms["name"])]


def w_13(case: Case) -> list[Line]:
    """LUS 3:2: hours from the discharge to the discharge information."""
    left = concerned_at_discharge(case)
    if left is None:
        return []
    done = first(case, "discharge-information-transferred")
    return wait(case, "W-13", left, done, stopped(case), "hours", case["region"])


def w_14(case: Case) -> list[Line]:
    """Fyrbodal: hours from the discharge to the follow-up."""
    if case["discharged"] is None:
        return []
    left = case["discharged"]["time"]
    done = of_case.first_time(f for f in of(case, "follow-up-completed") if f["time"] >= left)
    if done is None:
        return []
    agreed = of_case.agreed(case, left)["limits"]
    window = agreed.get("follow_up_from_hours"), agreed.get("follow_up_within_hours")
    return wait(case, "W-14", left, done, None, "hours", case["region"], limits=window)


def w_15(case: Case) -> list[Line]:
    """Days from the discharge to the next admission, where that was unplanned."""
    again = case["again"]
    if case["discharged"] is None or again is None or again["data"].get("unplanned") is not True:
        return []
    left = case["discharged"]["time"]
    return wait(case, "W-15", left, again["time"], None, "days", case["region"], "readmitted")


def w_21(case: Case) -> list[Line]:
    """LUS 2:5: days after the discharge without a fast vårdkontakt, where one was due."""
    left = case["discharged"]
    told = open_care_told(within(case))
    if left is None or told is None or told > left["time"]:
        return []
    stop = of_case.earliest(case["died"], first(case, "episode-closed"), of_case.readmitted(case))
    standing = contact_at(case["happened"], left["time"])
    since = None if standing else left
    lines: list[Line] = []
    for fact in case["happened"]:
        if (
            fact["time"] <= left["time"]
            or fact["name"] not in CONTACTS
            or (stop is not None and fact["time"] > stop)
        ):
            continue
        if fact["name"] == "care-contact-appointed":
            standing = fact
            if since is not None and since["time"] < fact["time"]:
                lines += _without_contact(case, since, fact["time"], None)
            since = None
        elif standing and of_case.same(standing["data"].get("unit"), fact["data"].get("unit")):
            standing, since = None, fact
    if since is not None and (stop is None or stop > since["time"]):
        lines += _without_contact(case, since, None, stop)
    return lines


def _without_contact(case: Case, since: Fact, done: datetime | None, stop: datetime | None) -> list[Line]:
    terms = agreed_by(case["adopted"], case["happened"], case["stays"], since)
    found = wait(case, "W-21", since["time"], done, stop, "days", case["region"], "appointed")
    return [(*line[:-1], terms["name"]) for line in found]


def one_at_a_time(lines: list[Line]) -> list[Line]:
    """Of two stays at once: the patient is without a fast vårdkontakt once, from the earlier discharge."""
    kept: list[Line] = []
    for line in sorted((line for line in lines if line[1] == "W-21"), key=lambda line: line[3]):
        if all(other[4] is not None and other[4] <= line[3] for other in kept):
            kept.append(line)
    return [line for line in lines if line[1] != "W-21" or line in kept]


CONTACTS = ("care-contact-appointed", "care-contact-ended")


def contact_at(happened: list[dict[str, Any]], when: datetime) -> dict[str, Any] | None:
    """The fast vårdkontakt that stands at a moment: the last appointed and not ended since."""
    standing = None
    for fact in happened:
        if fact["time"] > when:
            break
        if fact["name"] == "care-contact-appointed":
            standing = fact
        elif fact["name"] == "care-contact-ended" and standing is not None:
            same_unit = of_case.same(standing["data"].get("unit"), fact["data"].get("unit"))
            standing = None if same_unit else standing
    return standing


MEASURES = (w_01, w_02, w_03, w_04, w_05, w_06, w_12, w_13, w_14, w_15, w_21)
