"""Between primary and specialised care: a referral on one of the tracks, its answers, visits, treatment and pauses."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consumers.simulator.clock import DAY, HOUR
from consumers.simulator.dice import Dice
from consumers.simulator.outside import Stretch, at_home_at
from consumers.simulator.records import Act, Journey, Sender
from consumers.simulator.region import PSYCHIATRIC, Area, Municipality
from domain.tracks import tracks

SHARE = 0.16
EARLIER_STILL = timedelta(days=40)
"""Before the other chains: a wait of ninety days has mostly begun long before the month."""
OF_PSYCHIATRY = ("adult-psychiatry", "addiction-care")


@dataclass
class _Track:
    """One patient's way along one track; nothing happens after `until`."""

    dice: Dice
    journey: Journey
    track: str
    until: datetime
    found: list[Stretch]

    def say(self, at: datetime, kind: str, by: Sender, sender: str | None = None, /, **data: Any) -> bool:
        """Told by a unit of the sender's, unless it would be too late."""
        if at >= self.until:
            return False
        self.journey.acts.append(Act(at, kind, by, {"track": self.track} | data, sender))
        return True


def plan_referral(
    dice: Dice, area: Area, home: Municipality, journey: Journey, found: list[Stretch], until: datetime
) -> None:
    """A referral, or care that the patient seeks without one, for some. `until` is the death or the horizon (UTC)."""
    if not dice.chance(SHARE) or not found:
        return
    psychiatric = any(stay.care_form == PSYCHIATRIC for stay in journey.stays)
    track = dice.one_of(
        OF_PSYCHIATRY if psychiatric and dice.chance(0.6) else [known.id for known in tracks()]
    )
    way = _Track(dice, journey, track, until, found)
    sent = dice.between(found[0].start - EARLIER_STILL, until - HOUR)
    first, second = area.specialists(track, 0), area.specialists(track, 1)
    if dice.chance(0.12):
        way.say(sent, "care-contact-sought", "specialist", first, unit=first, channel="telephone")
        _see(way, home, first, sent)
        return
    asked = {"from_unit": home.health_centre, "question": "Bedömning och fortsatt plan önskas."}
    way.say(sent, "referral-sent", "open-care", to_unit=first, to_region=area.code, **asked)
    answered = sent + dice.skewed(7 * DAY, 0.9)
    how = dice.pick({"accepted": 62, "passed-on": 12, "returned": 18, "silence": 8})
    unit = first
    if how in ("passed-on", "returned"):
        reason = dice.pick(
            {"needs-more-information": 4, "wrong-level": 3, "no-capacity": 2, "not-indicated": 1}
        )
        passed = {"passed_on_to": second} if how == "passed-on" else {}
        way.say(answered, "referral-returned", "specialist", first, unit=first, reason=reason, **passed)
        if how == "returned":
            if not dice.chance(0.55):
                return
            answered += dice.skewed(5 * DAY, 0.8)
            way.say(answered, "referral-sent", "open-care", to_unit=second, to_region=area.code, **asked)
        unit, how = second, dice.pick({"accepted": 80, "silence": 20})
        answered += dice.skewed(6 * DAY, 0.8)
    if how == "accepted":
        way.say(answered, "referral-accepted", "specialist", unit, unit=unit)
        if dice.chance(0.06) and unit == first:  # two units each believe that the patient is theirs
            taken = answered + dice.skewed(6 * DAY, 0.8)
            way.say(taken, "referral-accepted", "specialist", second, unit=second)
            return
        _see(way, home, unit, answered)


def _see(way: _Track, home: Municipality, unit: str, since: datetime) -> None:
    """The first visit, at the unit or by video, what is decided there, and who goes on (HSF 6:1-6:2)."""
    dice = way.dice
    seen = since + dice.skewed(38 * DAY, 0.8)
    _pause(way, since, seen, "visit", 0.22)
    far = home.far
    kind = dice.pick({"visit-made": 60, "digital-visit-held": 55 if far else 15, "home-visit-made": 5})
    at_home = at_home_at(way.found, seen) or seen < way.found[0].start
    if not at_home or not way.say(
        seen, kind, "specialist", unit, unit=unit, role="open-care", profession="physician"
    ):
        return
    last = seen
    if dice.chance(0.6):
        decided = seen + dice.span(HOUR, 6 * DAY)
        started = last = decided + dice.skewed(30 * DAY, 0.9)
        if way.say(decided, "treatment-decided", "specialist", unit, unit=unit):
            _pause(way, decided, started, "treatment", 0.2)
            way.say(started, "treatment-started", "specialist", unit, unit=unit)
    shared = seen + dice.skewed(9 * DAY, 0.8)
    centre = home.health_centre
    if dice.chance(0.4):
        both = {"specialist_unit": unit, "primary_care_unit": centre, "review_at": shared + 60 * DAY}
        way.say(shared, "shared-care-agreed", "specialist", unit, **both)
    if dice.chance(0.45):
        back = max(last, shared) + dice.skewed(12 * DAY, 0.8)
        way.say(back, "handed-back-to-primary-care", "specialist", unit, from_unit=unit, to_unit=centre)


def _pause(way: _Track, since: datetime, done: datetime, step: str, share: float) -> None:
    """Time that the guarantee does not count, on one of the grounds of HSF 6:2."""
    if done - since < 3 * DAY or not way.dice.chance(share):
        return
    ground = way.dice.pick({"medically-impossible": 5, "abstains": 4, "chose-other-region": 1})
    paused = way.dice.between(since, done)
    resumed = way.dice.between(paused, done)
    if way.say(paused, "wait-paused", "specialist", ground=ground, step=step) and way.dice.chance(0.85):
        way.say(resumed, "wait-resumed", "specialist", step=step)
