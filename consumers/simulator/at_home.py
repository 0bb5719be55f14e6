"""Care that goes on at home: mobile team, egenvård, municipal care that ends, särskilt boende, and who runs the unit."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from consumers.simulator.clock import DAY, HOUR, MINUTE, SECOND
from consumers.simulator.desk import recipients
from consumers.simulator.dice import Dice
from consumers.simulator.outside import Stretch, moment
from consumers.simulator.records import Act, Journey, Party, Sender, Start, Stay
from consumers.simulator.region import Area, Municipality

SUPPORT = {
    "patient": 50,
    "relative": 20,
    "municipality": 20,
    "personal-assistance": 5,
    "region": 3,
    "other": 2,
}


def plan_at_home(
    dice: Dice, area: Area, home: Municipality, journey: Journey, found: list[Stretch], until: datetime
) -> None:
    """Add it to a journey whose stays are planned. `until` is the death or the horizon (UTC)."""
    if dice.chance(0.2 if home.far else 0.06):
        _team(dice, area, home, journey, found, until)
    if dice.chance(0.12):
        _egenvard(dice, home, journey, found, until)
    for stay, following in zip(journey.stays, [*journey.stays[1:], None], strict=True):
        stops = min(following.began_at, until) if following else until
        _begun_twice(dice, area, stay, stops)
        _care_ends(dice, stay, stops)
    if dice.chance(0.05):
        _residential_care(dice, home, journey, found, until)
    _register(dice, area, home, journey, found, until)


def _say(
    journey: Journey, until: datetime, at: datetime, kind: str, by: Sender, sender: str | None, /, **data: Any
) -> bool:
    """Told, by a unit of the sender's, unless it would be too late."""
    if at >= until:
        return False
    journey.acts.append(Act(at, kind, by, data, sender))
    return True


def _team(
    dice: Dice,
    area: Area,
    home: Municipality,
    journey: Journey,
    found: list[Stretch],
    until: datetime,
) -> None:
    """A team of region and municipality takes over, hands back to those who go on, or to nobody, and may come again."""
    at = moment(dice, found, recent=0.8)
    if at is None:
        return
    centre = Party("open-care", home.health_centre)
    nursing = Party("municipal-health", home.nursing, home.code)
    members = [centre, nursing] if dice.chance(0.9) else [centre]
    if dice.chance(0.3):
        members.append(Party("social-services", home.home_care, home.code))
    if dice.chance(0.25):
        members.append(Party("inpatient", area.hospitals[0].wards["somatic"][0]))
    if dice.chance(0.06):  # another team comes too, which nobody told of the first
        also = {"team": dice.one_of(area.municipalities).team, "members": recipients(*members)}
        early = at + dice.span(HOUR, 4 * DAY)
        _say(journey, until, early, "mobile-team-took-over", "team", str(also["team"]), **also)
    for _ in range(dice.pick({1: 0.85, 2: 0.15})):
        taking = {"team": home.team, "members": recipients(*members), "review_at": at + 30 * DAY}
        _say(journey, until, at, "mobile-team-took-over", "team", home.team, **taking)
        if dice.chance(0.1):  # said again, which changes nothing
            again = at + dice.span(HOUR, 2 * DAY)
            _say(journey, until, again, "mobile-team-took-over", "team", home.team, **taking)
        at += dice.skewed(12 * DAY, 0.7) + 2 * DAY
        if not dice.chance(0.6):
            return
        handed_to = dice.pick({(centre,): 45, (centre, nursing): 45, (): 10})
        reason = dice.pick({"stable": 7, "admitted": 1, "other-care": 2})
        back = {"team": home.team, "handed_to": recipients(*handed_to), "reason": reason}
        _say(journey, until, at, "mobile-team-handed-back", "team", home.team, **back)
        at += dice.span(DAY, 9 * DAY)


def _egenvard(
    dice: Dice, home: Municipality, journey: Journey, found: list[Stretch], until: datetime
) -> None:
    """Assessed by the health centre, with a day for its review, which is kept or not (lag 2022:1250)."""
    at = moment(dice, found, recent=0.7)
    if at is None:
        return
    centre = home.health_centre
    if dice.chance(0.15):
        measure = {"outcome": "health-care", "measure": "Insulin i spruta", "unit": centre}
        _say(journey, until, at, "egenvard-assessed", "open-care", None, **measure)
        return
    support, review_at = dice.pick(SUPPORT), at + dice.span(4 * DAY, 30 * DAY)
    judged: dict[str, Any] = {"outcome": "egenvard", "support": support, "unit": centre}
    judged |= {"measure": "Läkemedel ur dosett", "review_at": review_at}
    if support == "municipality":
        judged["municipality"] = home.code
    _say(journey, until, at, "egenvard-assessed", "open-care", None, **judged)
    reviewed = dice.handoff(at, review_at, late=4 * DAY)
    if reviewed is None:
        return
    goes_on = dice.chance(0.6)
    review: dict[str, Any] = {"outcome": "continues" if goes_on else "ended", "unit": centre}
    if goes_on and dice.chance(0.7):
        review["review_at"] = reviewed + dice.span(5 * DAY, 40 * DAY)
    _say(journey, until, reviewed, "egenvard-reviewed", "open-care", None, **review)


def _begun_twice(dice: Dice, area: Area, stay: Stay, until: datetime) -> None:
    """Two municipalities each believe that the patient is theirs, and both begin."""
    others = [
        place.code
        for place in area.municipalities
        if stay.starts and place.code != stay.starts[0].municipality
    ]
    if others and dice.chance(0.03):
        first = stay.starts[0]
        at = first.at + dice.skewed(20 * HOUR, 0.7)
        if at < until:
            stay.starts.append(replace(first, at=at, municipality=dice.one_of(others)))


def _care_ends(dice: Dice, stay: Stay, until: datetime) -> None:
    """What a municipality had begun comes to an end: all of it, or one of two services."""
    begun: dict[tuple[str, str], Start] = {}
    for start in stay.starts:
        begun[start.municipality, start.regime] = start
    for start in begun.values():
        if not dice.chance(0.12):
            continue
        ended = max(item.at for item in stay.starts) + dice.skewed(5 * DAY, 0.8)
        services = start.services[-1:] if dice.chance(0.3) else start.services
        odds = {"no-longer-needed": 5, "patient-declined": 2, "handed-over": 2, "moved": 1}
        data = {"municipality": start.municipality, "services": list(services), "reason": dice.pick(odds)}
        role: Sender = "municipal-health" if start.regime == "HSL" else "social-services"
        if ended < until:
            act = Act(
                ended, "municipal-care-ended", role, data, None, start.municipality, regime=start.regime
            )
            stay.acts.append(act)


def _residential_care(
    dice: Dice, home: Municipality, journey: Journey, found: list[Stretch], until: datetime
) -> None:
    """Applied for, and offered or not, with a day to move in (Kolada U23401)."""
    at = dice.between(found[0].start, until - HOUR) if found else until
    for kind, when in (
        ("residential-care-applied", at),
        ("residential-care-offered", at + dice.skewed(35 * DAY, 0.7)),
    ):
        data: dict[str, Any] = {"municipality": home.code}
        if kind == "residential-care-offered":
            data |= {"unit": home.home_care, "move_in_at": when + dice.span(2 * DAY, 25 * DAY)}
        if when < until:
            journey.acts.append(Act(when, kind, "social-services", data, regime="SoL"))


def _register(
    dice: Dice, area: Area, home: Municipality, journey: Journey, found: list[Stretch], until: datetime
) -> None:
    """Who runs the patient's unit; protected identity and blocks, set and lifted."""
    begins = found[0].start if found else journey.stays[0].began_at
    if journey.private and dice.chance(0.12):
        at = begins + dice.span(SECOND, 10 * DAY)
        commission = {
            "unit": home.health_centre,
            "provider": home.provider,
            "on_behalf_of": area.code,
        }
        _say(journey, until, at, "provider-commissioned", "region", None, **commission)
    if dice.chance(0.025):
        at = begins + dice.span(MINUTE, 60 * DAY)
        protected = {"kind": dice.pick({"secrecy-marking": 3, "protected-registration": 1})}
        _say(journey, until, at, "protected-identity-set", "region", None, **protected)
        if dice.chance(0.5):
            lifted = at + dice.span(DAY, 50 * DAY)
            _say(journey, until, lifted, "protected-identity-lifted", "region", None, **protected)
    if dice.chance(0.03):
        at = begins + dice.span(MINUTE, 70 * DAY)
        block = {
            "kind": dice.pick({"inner": 1, "shared-documentation": 1}),
            "closed_unit": home.health_centre,
        }
        _say(journey, until, at, "block-set", "open-care", None, **block)
        if dice.chance(0.5):
            ground = dice.pick({"patient": 5, "consent": 3, "vital-need": 2})
            lifted = at + dice.span(DAY, 30 * DAY)
            _say(journey, until, lifted, "block-lifted", "open-care", None, **block, ground=ground)
