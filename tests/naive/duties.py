"""Duties at admission and during the stay: MH-01 to MH-09, MH-16, MH-20, MH-21 (LUS chapters 2 and 3)."""

from datetime import datetime, timedelta
from typing import Any

from naive import case as of_case
from naive.agreements import Agreement
from naive.case import Case, agreed, in_stay, need, notices, of, stopped, told
from naive.clock import day, last_of
from naive.facts import Fact, order
from naive.owed import Line, hospital, open_care, owed

HOUR = timedelta(hours=1)


def hours(terms: Agreement, limit: str, since: datetime) -> datetime | None:
    """A local limit in hours; none where nothing is agreed."""
    agreed = terms["limits"].get(limit)
    return None if agreed is None else since + agreed * HOUR


def minutes(terms: Agreement, limit: str, since: datetime) -> datetime | None:
    agreed = terms["limits"].get(limit)
    return None if agreed is None else since + timedelta(minutes=agreed)


def mh_01(case: Case) -> list[Line]:
    """LUS 2:3: the admission notice within 24 hours of the admission, or of the later judgement."""
    judged = need(case)
    if judged is None:
        return []
    start = of_case.clock_of(case, judged)
    done = of_case.first_time(notices(case, "admission-notified"))
    who = hospital(case)
    return owed(
        case, "MH-01", judged["time"], start + 24 * HOUR, done, in_stay(case), *who, counts_from=start
    )


def mh_02(case: Case) -> list[Line]:
    """LUS 2:1 st. 2: where municipal health care is needed, open care is told as well."""
    judged = need(case, "municipal-health")
    if judged is None:
        return []
    start, done = of_case.clock_of(case, judged), open_care_told(case)
    who = hospital(case)
    return owed(
        case, "MH-02", judged["time"], start + 24 * HOUR, done, in_stay(case), *who, counts_from=start
    )


def open_care_told(case: Case) -> datetime | None:
    return of_case.first_time(
        f for f in of(case, "admission-notified") if of_case.to_role(case, f, "open-care")
    )


def lacks(fact: Fact) -> list[str]:
    """LUS 2:2: what an admission notice says it does not hold."""
    data = fact["data"]
    missing = [word for word in ("name", "identity", "address") if data.get(f"{word}_included") is False]
    return missing + ([] if data.get("estimated_discharge_at") else ["estimate"])


def mh_03(case: Case) -> list[Line]:
    """LUS 2:2: name, personnummer, address and the estimated discharge stand in the notice."""
    lines = []
    for notice in of(case, "admission-notified"):
        missing = lacks(notice)
        if not missing:
            continue
        left, done = set(missing), None
        for fact in case["facts"]:
            if order(fact) <= order(notice) or done is not None:
                continue
            if fact["name"] == "estimated-discharge-changed" and told(fact, "new_estimate_at"):
                left.discard("estimate")
            whole = fact["name"] == "admission-notified" and not left.intersection(lacks(fact))
            if not left or (whole and of_case.reaches(case, fact)):
                done = fact["time"]
        time = notice["time"]
        lines += owed(case, "MH-03", time, time, done, in_stay(case), *hospital(case), ", ".join(missing))
    return lines


def estimates(case: Case, *, reaching: bool = True) -> list[tuple[Fact, datetime]]:
    """Each estimate that was told (and reached somebody), in order."""
    found = []
    sent = notices(case, "admission-notified") if reaching else of(case, "admission-notified")
    for fact in [*sent, *of(case, "estimated-discharge-changed")]:
        said = told(fact, "estimated_discharge_at") or told(fact, "new_estimate_at")
        if said is not None:
            found.append((fact, said))
    return sorted(found, key=lambda item: order(item[0]))


def mh_04(case: Case) -> list[Line]:
    """LUS 2:4: a changed estimate is told as soon as possible (Halland: earlier, or later by more than a day)."""
    lines = []
    all_told = estimates(case)
    for number, (fact, estimate) in enumerate(all_told):
        terms = agreed(case, fact["time"])
        allowed = terms["limits"].get("estimate_changed_days")
        following = all_told[number + 1][0]["time"] if number + 1 < len(all_told) else None
        found = []
        passes = max(estimate, fact["time"])
        if _in_stay_at(case, passes) and (following is None or passes < following):
            found.append(
                (passes, None if allowed is None else last_of(day(estimate) + timedelta(days=allowed)))
            )
        for seen in of(case, "discharge-ready-status-observed"):
            otherwise = _tells_otherwise(seen, estimate, allowed) and order(seen) > order(fact)
            stands = following is None or seen["time"] < following
            if otherwise and stands and _in_stay_at(case, seen["time"]):
                found.append((seen["time"], None if allowed is None else seen["time"] + 24 * HOUR))
        if found:
            opened, due = min(found, key=lambda item: item[0])
            lines += owed(case, "MH-04", opened, due, following, in_stay(case), *hospital(case), under=terms)
    return lines


def _in_stay_at(case: Case, when: datetime) -> bool:
    ended = in_stay(case)
    return ended is None or ended > when


def _tells_otherwise(seen: Fact, estimate: datetime, allowed: int | None) -> bool:
    other = told(seen, "estimated_discharge_at")
    if other is None:
        return False
    later_by = (day(other) - day(estimate)).days
    return later_by < 0 or later_by > (allowed or 0)


Told = tuple[Fact, dict[str, Any], datetime | None]
"""An admission notice, one who got it, and when that one left the planning (ParticipantChanged)."""


def first_notice_to(
    case: Case, *, per_unit: bool, roles: tuple[str, ...] = of_case.RECEIVERS, anew: bool = True
) -> list[Told]:
    """For each receiver the first admission notice that reached it; one that left and is told again begins anew."""
    left_by: dict[Any, Fact | None] = {}
    found: list[Told] = []
    for notice in of(case, "admission-notified"):
        for one in of_case.reached(case, notice):
            party = of_case.party_of(case, one, case["now"])
            who = (party, one["role"], one.get("unit") if per_unit else None)
            left = left_by.get(who)
            told_before = who in left_by and (left is None or order(left) > order(notice))
            if one["role"] in roles and not told_before:
                left = left_by[who] = removal(case, notice, one, party) if anew else None
                found.append((notice, one, left["time"] if left is not None else None))
    return found


def removed(case: Case, notice: Fact, one: dict[str, Any], party: str | None) -> datetime | None:
    """When a receiver left the planning."""
    change = removal(case, notice, one, party)
    return change["time"] if change is not None else None


def removal(case: Case, notice: Fact, one: dict[str, Any], party: str | None) -> Fact | None:
    """What says that a receiver left: the same huvudman and role, and the same unit where both name one."""
    for change in of(case, "participant-changed"):
        for gone in change["data"].get("removed") or []:
            same_party = of_case.party_of(case, gone, case["now"]) == party
            same_unit = of_case.same(gone.get("unit"), one.get("unit"))
            if order(change) > order(notice) and same_party and gone["role"] == one["role"] and same_unit:
                return change
    return None


def receivers(case: Case) -> list[Told]:
    return first_notice_to(case, per_unit=True)


def acknowledged(case: Case, notice: Fact, one: dict[str, Any]) -> datetime | None:
    """The first kvittens of this receiver after the notice."""
    for fact in of(case, "admission-acknowledged"):
        own = one.get("municipality")
        if own is None and one["role"] in of_case.MUNICIPAL:
            own = of_case.municipality_at(case, fact["time"])
        named = fact["data"].get("municipality")
        if own is None and one["role"] in of_case.MUNICIPAL and named is not None:
            continue  # whose it was nobody knows, so that one municipality's answer is not taken for another's
        if order(fact) > order(notice) and of_case.is_receiver({**one, "municipality": own}, fact["data"]):
            meant = fact["data"].get("acknowledges")
            if meant is None or (fact["source"], meant) == notice["message"]:
                return fact["time"]  # type: ignore[no-any-return]
    return None


def mh_05(case: Case) -> list[Line]:
    """Local: each recipient acknowledges the admission notice."""
    lines = []
    for notice, one, gone in receivers(case):
        due = hours(agreed(case, notice["time"]), "acknowledgement_hours", notice["time"])
        done = acknowledged(case, notice, one)
        ends = of_case.earliest(gone, in_stay(case))
        party = of_case.party_of(case, one, of_case.until(case, done, ends))
        lines += owed(case, "MH-05", notice["time"], due, done, ends, party, one["role"])
    return lines


def mh_06(case: Case) -> list[Line]:
    """LUS 2:5: open care that was told appoints a fast vårdkontakt before the discharge."""
    opened = open_care_told(case)
    if opened is None:
        return []
    left = case["discharged"]["time"] if case["discharged"] is not None else None
    return owed(case, "MH-06", opened, left, contact_appointed(case), stopped(case), *open_care(case))


def contact_appointed(case: Case) -> datetime | None:
    """From when a fast vårdkontakt stood at the discharge (or stands now), else the first appointed after it."""
    since = contact_stretch(case, case["discharged"])[0]
    if since is not None or case["discharged"] is None:
        return since
    later = [f for f in of(case, "care-contact-appointed") if order(f) > order(case["discharged"])]
    return of_case.first_time(later)


def contact_stretch(case: Case, until: Fact | None) -> tuple[datetime | None, str | None]:
    """Since when somebody has been the fast vårdkontakt without a break, and the unit that is it now."""
    since, unit = None, None
    for fact in of(case, "care-contact-appointed", "care-contact-ended"):
        if until is not None and order(fact) > order(until):
            break
        named = fact["data"].get("unit")
        if fact["name"] == "care-contact-appointed":
            since, unit = since or fact["time"], named
        elif of_case.same(named, unit):
            since, unit = None, None
    return since, unit


def mh_07(case: Case) -> list[Line]:
    """LUS 2:5, as a local warning: appointed by the discharge-ready notice."""
    ready = notices(case, *of_case.READY_NOTICES)
    opened = open_care_told(case)
    if not ready or opened is None:
        return []
    notice = ready[0]["time"]
    if not agreed(case, notice)["limits"].get("care_contact_before_ready"):
        return []
    if opened > notice or contact_stretch(case, ready[0])[0] is not None:
        return []
    later = [f for f in of(case, "care-contact-appointed") if order(f) > order(ready[0])]
    done = of_case.first_time(later)
    return owed(case, "MH-07", notice, notice, done, in_stay(case), *open_care(case))


def mh_08(case: Case) -> list[Line]:
    """LUS 2:6, local (Halland 48 h): a receiving unit's planeringsunderlag."""
    lines = []
    ready = of_case.first_time(notices(case, *of_case.READY_NOTICES))
    for notice, one, gone in first_notice_to(case, per_unit=False):
        given = told({"data": one}, "received_at") or notice["time"]
        done = of_case.first_time(
            fact
            for fact in of(case, "planning-input-submitted")
            if one["role"] == fact["data"].get("role")
            and of_case.same(one.get("municipality"), fact["data"].get("municipality"))
        )
        due = hours(agreed(case, notice["time"]), "planning_input_hours", given)
        ends = of_case.earliest(ready, gone, in_stay(case))
        party = of_case.party_of(case, one, of_case.until(case, done, ends))
        lines += owed(case, "MH-08", notice["time"], due, done, ends, party, one["role"])
    return lines


def mh_09(case: Case) -> list[Line]:
    """LUS 3:1: the units are told as soon as possible that the patient is utskrivningsklar."""
    lines = []
    for period in of_case.periods(case):
        if period["declared"] is None:
            continue
        since = period["declared"]["time"]
        done = period["notice"]["time"] if period["notice"] is not None else None
        due = minutes(agreed(case, since), "discharge_ready_notice_minutes", since)
        ends = of_case.earliest(period["withdrawn"], in_stay(case))
        lines += owed(case, "MH-09", since, due, done, ends, *hospital(case))
    return lines


def mh_16(case: Case) -> list[Line]:
    """Local: the ward's own system no longer has the patient as ready, so the judgement is withdrawn at once."""
    lines = []
    for period in of_case.periods(case):
        free = True
        within = [seen for seen in of(case, "discharge-ready-status-observed") if _within(case, period, seen)]
        for number, seen in enumerate(within):
            ready, time = seen["data"].get("ready"), seen["time"]
            if ready is True:
                free = True
            if ready is not False or not free:
                continue
            free = False
            again = of_case.first_time(f for f in within[number + 1 :] if f["data"].get("ready") is True)
            due = minutes(agreed(case, time), "withdrawal_minutes", time)
            ends = of_case.earliest(again, in_stay(case))
            lines += owed(case, "MH-16", time, due, period["withdrawn"], ends, *hospital(case))
    return lines


def _within(case: Case, period: dict[str, Any], seen: Fact) -> bool:
    withdrawn = period["withdrawal"]
    ends = [end for end in (withdrawn, case["stay"]["end"]) if end is not None]
    return order(seen) > order(period["begun"]) and all(order(seen) < order(end) for end in ends)


def mh_20(case: Case) -> list[Line]:
    """LUS 5:2, SoL 29:2-3: a notice to a municipality that is neither registered, nor placing, nor responsible."""
    lines = []
    for notice in of(case, "admission-notified", "discharge-ready-notified"):
        time = notice["time"]
        own = of_case.municipality_at(case, time)
        if own is None:
            continue
        right = (own, of_case.registered(case), of_case.placed_by(case, time))
        wrong = {
            one.get("municipality") for one in of_case.recipients(notice) if one["role"] in of_case.MUNICIPAL
        }
        strangers = [one for one in wrong if one is not None and one not in right]
        done = of_case.first_time(
            fact
            for fact in of(case, notice["name"])
            if order(fact) > order(notice) and _to_the_right_one(case, fact)
        )
        for _ in strangers:
            lines += owed(case, "MH-20", time, time, done, in_stay(case), *hospital(case), notice["name"])
    return lines


def _to_the_right_one(case: Case, notice: Fact) -> bool:
    own = of_case.municipality_at(case, notice["time"])
    return own is not None and of_case.to_municipality(case, notice, own)


def mh_21(case: Case) -> list[Line]:
    """LUS 2:3: a notice that went astray is sent again to the right unit; the original 24 hours keep running."""
    lines = []
    for report in of(case, "notification-misdirected"):
        kind, time = report["data"].get("notification"), report["time"]
        if kind is None:
            continue
        done = of_case.first_time(f for f in notices(case, kind) if f["time"] >= time)
        call = kind == "sip-meeting-called"
        ends = of_case.after_stay(case) if call else in_stay(case)
        who = open_care(case) if call else hospital(case)
        due = hours(agreed(case, time), "resend_hours", time)
        lines += owed(case, "MH-21", time, due, done, ends, *who, kind)
    return lines


RULES = (mh_01, mh_02, mh_03, mh_04, mh_05, mh_06, mh_07, mh_08, mh_09, mh_16, mh_20, mh_21)
