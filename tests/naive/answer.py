"""Everything the naive implementation concludes of one patient at a moment, as plain tuples."""

from datetime import datetime
from functools import partial
from typing import Any

from naive import causes, chain, duties, findings, liability, next_steps, plans, waits
from naive.agreements import Agreement
from naive.care import care, care_contacts
from naive.case import cases_of
from naive.facts import Fact
from naive.owed import Line
from naive.stays import stay_lines, stays_of


def answer(facts: dict[str, list[Fact]], adopted: list[Agreement], now: datetime) -> list[Line]:
    """Concluded anew from what had happened by ``now``, with all corrections applied."""
    happened = [fact for fact in facts["happened"] if fact["time"] <= now]
    voided = [fact for fact in facts["voided"] if fact["time"] <= now]
    stays = stays_of(happened, voided)
    lines = list(stay_lines(stays, now))
    for case in cases_of(happened, stays, adopted, now):
        lines += of_stay(case, stays)
    agreed = partial(chain.agreed_by, adopted, happened, stays)
    lines = waits.one_at_a_time(lines)
    lines += of_journey(happened, stays, agreed, now)
    loose = next_steps.loose(now, agreed)
    lines += next_steps.ns_review(happened, loose)
    lines += next_steps.ns_ambulance(happened, stays, loose)
    lines += next_steps.ns_answer_referral(happened, loose)
    return lines


def of_stay(case: dict[str, Any], stays: list[Any]) -> list[Line]:
    lines: list[Line] = []
    for rule in (*duties.RULES, *plans.RULES, *liability.RULES, *waits.MEASURES):
        lines += rule(case)
    lines += plans.mh_23(case, stays)
    lines += plans.mh_25(case, duties.mh_20(case))
    lines += next_steps.ns_tell(case)
    lines += chain.w_25(case)
    lines += causes.w_06_causes(case)
    lines += chain.w_26_follow_up(case)
    for rule in findings.OF_STAY:
        lines += rule(case)
    return lines


def of_journey(happened: list[Fact], stays: list[Any], agreed: chain.Agreed, now: datetime) -> list[Line]:
    referred = chain.w_18(happened, agreed, now)
    lines = [*chain.w_16(happened, agreed, now), *chain.w_17(happened, agreed, now), *referred]
    lines += causes.w_18_causes(happened, referred, now)
    lines += [*chain.w_19(happened, stays), *chain.w_20(happened, stays), *chain.w_24(happened)]
    lines += [*chain.w_22(happened, stays, now), *chain.w_23(happened, stays, now)]
    lines += [*chain.w_26_egenvard(happened, now), *chain.w_27(happened)]
    cares = care(happened, stays)
    for one in cares:
        lines.append(("care", one["role"], one["party"], one["unit"], one["from"], one["to"]))
    for one in care_contacts(happened):
        lines.append(("care_contact", one["role"], one["party"], one["unit"], one["from"], one["to"]))
    lines += findings.gap_after_team(happened, cares, now)
    lines += findings.gap_after_ambulance(happened, stays, now)
    lines += findings.gap_referral(happened, now)
    lines += findings.gap_care_ended(happened, stays, cares, now)
    lines += findings.regime_apart(happened, stays, now)
    lines += findings.overlaps(cares, now)
    return lines
