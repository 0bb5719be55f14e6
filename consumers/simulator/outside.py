"""When a patient is outside hospital, as far as a plan has them: the stretches that the rest of their care falls in."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from consumers.simulator.clock import HOUR
from consumers.simulator.dice import Dice
from consumers.simulator.records import Journey, Stay

EARLIER = timedelta(days=75)
"""How long before the month's first day the chains around the stays may begin."""


@dataclass(frozen=True)
class Stretch:
    """Time at home, from the end of a stay (`after`) to the beginning of the next contact with the hospital."""

    start: datetime
    end: datetime
    after: Stay | None = None

    def has(self, at: datetime) -> bool:
        return self.start < at < self.end


def stretches(journey: Journey, begins: datetime, until: datetime) -> list[Stretch]:
    """All that last an hour or more, in order. `until` is the death or the end of the watch (UTC)."""
    found: list[Stretch] = []
    start, after = begins - EARLIER, None
    for stay in journey.stays:
        found.append(Stretch(start, stay.began_at, after))
        if stay.ended_at is None:
            break
        start, after = stay.ended_at, stay
    else:
        found.append(Stretch(start, until, after))
    return [stretch for stretch in found if stretch.end - stretch.start >= HOUR]


def moment(dice: Dice, found: list[Stretch], recent: float = 0.75) -> datetime | None:
    """A moment at home: in `recent` of all cases after the first stay, where there is such a time."""
    if not found:
        return None
    later = [stretch for stretch in found if stretch.after is not None]
    chosen = dice.one_of(later) if later and dice.chance(recent) else found[0]
    return dice.between(chosen.start, chosen.end)


def at_home_at(found: list[Stretch], at: datetime) -> bool:
    return any(stretch.has(at) for stretch in found)
