"""What is added to a planned journey: the rest of what is said of its stays, and the whole chain outside hospital."""

from dataclasses import replace
from datetime import datetime

from consumers.simulator.around import plan_around
from consumers.simulator.astray import plan_astray, plan_move
from consumers.simulator.at_home import plan_at_home
from consumers.simulator.chain import plan_chain, plan_visits
from consumers.simulator.compulsory import plan_compulsory
from consumers.simulator.desk import at_home
from consumers.simulator.dice import Dice
from consumers.simulator.outside import stretches
from consumers.simulator.plan import Month
from consumers.simulator.records import Journey, Party, Ready, Stay
from consumers.simulator.referrals import plan_referral
from consumers.simulator.region import Area

PRIVATE_SHARE = 0.3
"""Of those who live in a town: listed at a health centre that a private provider runs."""
ASTRAY_SHARE = 0.09
"""Of stays: a notice goes to another municipality's unit."""
MOVES_SHARE = 0.03
"""Of journeys: another municipality becomes responsible."""


def extend(dice: Dice, area: Area, journey: Journey, month: Month) -> None:
    """Add to a journey in place, with draws of its own, so that the plan beneath stays as it was."""
    until = journey.died_at or month.ends
    if not area.municipality(journey.municipality).far and dice.chance(PRIVATE_SHARE):
        _list_privately(area, journey)
    home = at_home(area, journey)
    for stay, following in zip(journey.stays, [*journey.stays[1:], None], strict=True):
        if stay.admitted_at is None or stay.end == "cancelled":
            continue
        stops = _stops(stay, following, until)
        plan_compulsory(dice, area, home, stay, stops)
        if dice.chance(ASTRAY_SHARE):
            plan_astray(dice, area, stay, stops)
        elif following is None and dice.chance(MOVES_SHARE):
            plan_move(dice, area, journey, stay, stops)
        plan_around(dice, stay, stops)
    before = stretches(journey, month.begins, until)
    plan_at_home(dice, area, home, journey, before, until)
    plan_visits(dice, area, journey, before)
    found = stretches(journey, month.begins, until)
    plan_chain(dice, home, journey, found)
    plan_referral(dice, area, home, journey, found, until)


def _stops(stay: Stay, following: Stay | None, until: datetime) -> datetime:
    """When nothing more can be said of a stay: the next one begins, death, or the end of the watch."""
    if stay.end == "deceased" and stay.ended_at is not None:
        return stay.ended_at
    return min(following.began_at, until) if following is not None else until


def _list_privately(area: Area, journey: Journey) -> None:
    """The patient's health centre is the private one, wherever the plan names it."""
    home = area.municipality(journey.municipality)
    journey.private = True

    def listed(party: Party) -> Party:
        return replace(party, unit=home.private_centre) if party.unit == home.health_centre else party

    def told(ready: Ready) -> Ready:
        return replace(ready, to=tuple(map(listed, ready.to)))

    for stay in journey.stays:
        stay.notices = [replace(notice, to=tuple(map(listed, notice.to))) for notice in stay.notices]
        stay.readies = [told(ready) for ready in stay.readies]
        stay.receipts = [replace(receipt, by=listed(receipt.by)) for receipt in stay.receipts]
