"""Notices that went to somebody else, and patients who move while they are in hospital: whom the rest is told changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from consumers.simulator.clock import DAY, HOUR, MINUTE, SECOND
from consumers.simulator.desk import recipients
from consumers.simulator.dice import Dice
from consumers.simulator.records import Act, Journey, Notice, Party, Ready, Receipt, Stay, Stray
from consumers.simulator.region import Area, Municipality

LAST_WORD = timedelta(minutes=2)
"""So long before the end of a stay or a ready period its last notice is sent."""


def plan_astray(dice: Dice, area: Area, stay: Stay, until: datetime) -> None:
    """Let a notice go to a unit of another municipality, which says so; most are sent anew to the right one."""
    inside = min(stay.ended_at or until, until) - LAST_WORD
    strangers = [place for place in area.municipalities if not _concerned(stay, place)]
    if not strangers or stay.decided_at is not None:
        return
    elsewhere = dice.one_of(strangers)
    how = dice.pick({"admission": 55, "ready": 35, "call": 10})
    if how == "admission" and stay.notices:
        _admission_notice(dice, stay, elsewhere, inside)
    elif how == "ready" and stay.readies:
        _ready_notice(dice, stay, elsewhere, inside)
    elif how == "call" and stay.sip_calls:
        wrong = Party("social-services", elsewhere.home_care, elsewhere.code)
        said = stay.sip_calls[0] + dice.skewed(6 * HOUR, 0.7)
        if said < until:
            stay.called_wrongly = wrong
            stay.strays.append(Stray(said, "sip-meeting-called", wrong))


def _concerned(stay: Stay, place: Municipality) -> bool:
    told = [party for notice in stay.notices for party in notice.to]
    told += [party for ready in stay.readies for party in ready.to]
    return any(party.municipality == place.code or party.unit == place.health_centre for party in told)


def _there(place: Municipality) -> Callable[[Party], Party]:
    """Who has the same part in another municipality."""
    units = {
        "social-services": place.home_care,
        "municipal-health": place.nursing,
        "open-care": place.health_centre,
    }

    def moved(party: Party) -> Party:
        return Party(party.role, units[party.role], place.code if party.municipality else None)

    return moved


def _admission_notice(dice: Dice, stay: Stay, elsewhere: Municipality, inside: datetime) -> None:
    notice = stay.notices[0]
    right = dice.one_of(notice.to)
    wrong = _there(elsewhere)(right)
    said = notice.at + dice.skewed(4 * HOUR, 0.9)
    if said >= inside:
        return
    stay.notices[0] = replace(notice, to=tuple(wrong if party == right else party for party in notice.to))
    stay.strays.append(Stray(said, "admission-notified", wrong, right.unit))
    again = said + dice.skewed(5 * HOUR, 0.9)
    if again < inside and dice.chance(0.8):
        stay.notices.append(Notice(again, (right,), notice.estimate if dice.chance(0.5) else None))
        stay.notices.sort(key=lambda notice: notice.at)
        _changes(dice, stay, again, (right,), (wrong,), "wrong-unit", inside)
    _reread(dice, stay, inside)


def _reread(dice: Dice, stay: Stay, inside: datetime) -> None:
    """Nobody acknowledges what has not come to them."""
    told = {party: notice.at for notice in reversed(stay.notices) for party in notice.to}
    kept = [receipt for receipt in stay.receipts if receipt.by in told and told[receipt.by] < receipt.at]
    silent = [receipt.by for receipt in stay.receipts if receipt not in kept and receipt.by in told]
    for party in silent:
        at = told[party] + dice.skewed(5 * HOUR, 1.0)
        if at < inside:
            kept.append(Receipt(at, party))
    stay.receipts = kept


def _ready_notice(dice: Dice, stay: Stay, elsewhere: Municipality, inside: datetime) -> None:
    place = len(stay.readies) - 1 if dice.chance(0.7) else 0
    ready = stay.readies[place]
    if ready.notified_at is None:
        return
    limit = min(ready.withdrawn_at - LAST_WORD, inside) if ready.withdrawn_at is not None else inside
    right = dice.one_of(ready.to)
    wrong = _there(elsewhere)(right)
    said = ready.notified_at + dice.skewed(3 * HOUR, 0.9)
    if said >= limit:
        return
    first = Notice(ready.notified_at, tuple(wrong if party == right else party for party in ready.to))
    stay.strays.append(Stray(said, "discharge-ready-notified", wrong, right.unit))
    again = said + dice.skewed(3 * HOUR, 0.9)
    anew = (Notice(again, (right,)),) if again < limit and dice.chance(0.8) else ()
    reached = ready.notified_at if len(ready.to) > 1 else anew[0].at if anew else None
    stay.readies[place] = replace(ready, notified_at=reached, notices=(first, *anew))


def _changes(
    dice: Dice,
    stay: Stay,
    at: datetime,
    added: tuple[Party, ...],
    removed: tuple[Party, ...],
    reason: str,
    inside: datetime,
) -> None:
    told = at + dice.span(5 * SECOND, 10 * MINUTE)
    if told < inside and dice.chance(0.6):
        data = {"added": recipients(*added), "removed": recipients(*removed), "reason": reason}
        stay.acts.append(Act(told, "participant-changed", "ward", data))


def plan_move(dice: Dice, area: Area, journey: Journey, stay: Stay, until: datetime) -> None:
    """The patient is registered in, or placed by, another municipality, before the stay or in it (LUS 5:2, SoL 29)."""
    others = [place for place in area.municipalities if not _concerned(stay, place)]
    if not others or stay.strays or stay.decided_at is not None or stay.admitted_at is None:
        return
    new = dice.one_of(others)
    inside = min(stay.ended_at or until, until) - LAST_WORD
    placed = dice.chance(0.35) and len(journey.stays) == 1
    # Placed: they live here, and another municipality answers for them since before the stay.
    at = stay.began_at - dice.span(2 * DAY, 40 * DAY) if placed else dice.between(stay.admitted_at, inside)
    ground = "placement" if placed else dice.pick({"registration": 7, "transfer": 3})
    if at >= inside:
        return
    data = {"from_municipality": journey.municipality, "to_municipality": new.code, "ground": ground}
    changed = "responsible-municipality-changed"
    journey.acts.append(Act(at, changed, "social-services", data, municipality=new.code))
    _follow(dice, journey, stay, at, new, inside)


def _follow(
    dice: Dice, journey: Journey, stay: Stay, since: datetime, new: Municipality, inside: datetime
) -> None:
    """From then on the new municipality is told, asked and answers; what the old one had been told stays said."""
    there = _there(new)

    def after(party: Party) -> Party:
        return there(party) if party.municipality == journey.municipality else party

    before = [notice for notice in stay.notices if notice.at <= since]
    stay.notices = [
        notice if notice in before else replace(notice, to=tuple(map(after, notice.to)))
        for notice in stay.notices
    ]
    newcomers = tuple(after(party) for notice in before[:1] for party in notice.to if after(party) != party)
    told = since + dice.skewed(6 * HOUR, 0.9)
    if newcomers and told < inside and dice.chance(0.7):
        stay.notices = sorted([*stay.notices, Notice(told, newcomers)], key=lambda notice: notice.at)
        gone = tuple(party for party in before[0].to if after(party) != party)
        _changes(dice, stay, told, newcomers, gone, "moved", inside)
    stay.readies = [_follow_ready(dice, ready, since, after, inside) for ready in stay.readies]
    stay.proposals = [
        replace(item, municipality=new.code) if item.at > since else item for item in stay.proposals
    ]
    stay.answers = [
        replace(item, municipality=new.code) if item.at > since else item for item in stay.answers
    ]
    stay.starts = [replace(item, municipality=new.code) if item.at > since else item for item in stay.starts]
    _reread(dice, stay, inside)


def _follow_ready(
    dice: Dice, ready: Ready, since: datetime, after: Callable[[Party], Party], inside: datetime
) -> Ready:
    if ready.notified_at is None or ready.notified_at > since:
        return replace(ready, to=tuple(map(after, ready.to)))
    newcomers = tuple(after(party) for party in ready.to if after(party) != party)
    limit = min(ready.withdrawn_at - LAST_WORD, inside) if ready.withdrawn_at is not None else inside
    told = since + dice.skewed(4 * HOUR, 0.9)
    if not newcomers or told >= limit or not dice.chance(0.7):
        return ready
    return replace(ready, notices=(*ready.sent, Notice(told, newcomers)))
