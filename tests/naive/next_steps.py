"""Next steps beside the MH rules: egenvård reviewed, the patient left at home met, referrals answered, a new unit told."""

from datetime import datetime
from typing import Any

from naive import case as of_case
from naive.care import CONTACT_FACTS, TEAM_REGION_ROLES, region_of, town_of
from naive.case import Case, first_time, in_stay, notices, of
from naive.chain import (
    VISITS,
    Agreed,
    after,
    died,
    left_at_home,
    named,
    on_track,
    region_party,
    review_ends,
    reviews,
)
from naive.duties import hours, removed
from naive.facts import Fact, order
from naive.owed import Line, hospital, owed
from naive.stays import Stay


def loose(now: datetime, agreed: Agreed) -> Case:
    """What ``owed`` needs to know where no stay is meant."""
    return {"id": None, "now": now, "begins": datetime.min.replace(tzinfo=now.tzinfo), "by": agreed}


def ns_review(happened: list[Fact], case: Case) -> list[Line]:
    """Lag 2022:1250: egenvård is followed up when it was said to be."""
    lines = []
    for fact, due in reviews(happened):
        done, gone = review_ends(happened, fact)
        party, terms = region_party(fact), case["by"](fact)
        lines += owed(case, "NS-review", fact["time"], due, done, gone, party, "open-care", under=terms)
    return lines


def ns_ambulance(happened: list[Fact], stays: list[Stay], case: Case) -> list[Line]:
    """Local: whoever goes on with a patient left at home by an ambulance meets the patient."""
    lines = []
    for fact in named(happened, "ambulance-attended"):
        if not left_at_home(fact):
            continue
        met = first_time(after(happened, fact, *CONTACT_FACTS))
        terms = case["by"](fact)
        due = hours(terms, "home_contact_hours", fact["time"])
        seen = set()
        for one in fact["data"].get("handed_to") or []:
            if one["role"] in TEAM_REGION_ROLES:
                party = region_of(fact)
            else:
                party = town_of(happened, stays, one.get("municipality"), fact["time"])
            if (party, one["role"], one.get("unit")) not in seen:
                seen.add((party, one["role"], one.get("unit")))
                ends = after(happened, fact, "patient-admitted", "emergency-visit-started")
                gone = of_case.earliest(first_time(ends), died(happened))
                lines += owed(
                    case, "NS-ambulance", fact["time"], due, met, gone, party, one["role"], under=terms
                )
    return lines


def ns_answer_referral(happened: list[Fact], case: Case) -> list[Line]:
    """HSF 6:1: the unit asked takes the patient, says no, or meets them."""
    lines = []
    for fact in named(happened, "referral-sent", "referral-returned"):
        if fact["name"] == "referral-returned" and not fact["data"].get("passed_on_to"):
            continue
        track = fact["data"].get("track")
        answers = ("referral-accepted", "referral-returned", *(VISITS if track is not None else ()))
        done = first_time(on_track(after(happened, fact, *answers), track))
        party = region_party(fact, fact["data"].get("to_region"))
        who, terms = (party, "specialist"), case["by"](fact)
        lines += owed(case, "NS-answer-referral", fact["time"], None, done, died(happened), *who, under=terms)
    return lines


def ns_tell(case: Case) -> list[Line]:
    """LUS 2:1: a unit that joins the planning is told of the admission as well."""
    lines = []
    for change in of(case, "participant-changed"):
        if not [f for f in notices(case, "admission-notified") if order(f) < order(change)]:
            continue
        seen = set()
        for one in change["data"].get("added") or []:
            party = of_case.party_of(case, one, case["now"])
            if one["role"] not in of_case.RECEIVERS or (party, one["role"], one.get("unit")) in seen:
                continue
            seen.add((party, one["role"], one.get("unit")))
            sent = [f for f in of(case, "admission-notified") if f["time"] >= change["time"]]
            done = first_time(f for f in sent if _told(case, f, one, party))
            ends = of_case.earliest(removed(case, change, one, party), in_stay(case))
            lines += owed(case, "NS-tell", change["time"], None, done, ends, *hospital(case))
    return lines


def _told(case: Case, notice: Fact, one: dict[str, Any], party: str | None) -> bool:
    return any(
        other["role"] == one["role"] and of_case.party_of(case, other, case["now"]) == party
        for other in of_case.reached(case, notice)
    )
