"""Compulsory psychiatric care that goes on in open form: decided and told, and planned (LUS 3:1, 4:1)."""

from dataclasses import replace
from datetime import datetime, timedelta

from consumers.simulator.clock import DAY, HOUR
from consumers.simulator.dice import Dice
from consumers.simulator.records import Act, Stay
from consumers.simulator.region import Area, Municipality

BEGINS_AFTER = timedelta(minutes=5)


def plan_compulsory(dice: Dice, area: Area, home: Municipality, stay: Stay, until: datetime) -> None:
    """The decision instead of the notice, or after it, or never; then the plan that takes the SIP's place.

    Nobody calls a SIP once it is decided. `until` is when nothing more of the stay can happen (UTC).
    """
    if stay.compulsion == "voluntary" or stay.destination != "compulsory-open-care":
        return
    _decide(dice, stay, min(stay.ended_at or until, until))
    settled = stay.decided_at or stay.discharged_at
    if settled is None or stay.admitted_at is None or not dice.chance(0.6):
        return
    at = settled + dice.span(-20 * HOUR, 9 * DAY)
    if stay.admitted_at + BEGINS_AFTER < at < until:
        plan = {"principals": [area.code, home.code], "plan": "Läkarbesök varannan vecka."}
        stay.acts.append(Act(at, "coordinated-care-plan-established", "ward", plan))


def _decide(dice: Dice, stay: Stay, inside: datetime) -> None:
    last = stay.readies[-1] if stay.readies else None
    if last is None or last.notified_at is None or last.withdrawn_at is not None or not stay.notices:
        return
    how = dice.pick({"instead": 45, "after": 30, "never": 25})
    at = last.notified_at if how == "instead" else dice.between(last.notified_at, inside)
    if how == "never" or at >= inside:
        return
    stay.decided_at, stay.decision = at, stay.compulsion
    stay.readies[-1] = replace(last, by_decision=how == "instead")
    stay.sip_calls = [call for call in stay.sip_calls if call < at]
    if not stay.sip_calls:
        stay.sip_established_at = None
