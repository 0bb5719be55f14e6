"""Short words for what is said near home: teams, tracks, *egenvård*, ambulances, providers; times are Swedish local."""

from typing import Any

from given import Story, instant, said

from domain.command import Command
from domain.facts._parts import Recipient, Service
from domain.facts.contact import AmbulanceAttended, HomeVisitMade, VisitMade
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.facts.messages import NotificationMisdirected
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.municipal import MunicipalCareEnded
from domain.facts.notification import CareContactEnded
from domain.facts.provider import ProviderCommissioned
from domain.facts.referral import (
    HandedBackToPrimaryCare,
    ReferralAccepted,
    ReferralReturned,
    ReferralSent,
    SharedCareAgreed,
)
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.rows import Finding, Responsibility, Row

CARDIOLOGY = "hsa:SE2321000198-HEART"
HEALTH_CENTRE = "hsa:SE2321000198-VC1"
GAVLE, SANDVIKEN = "municipality:2180", "municipality:2181"
REGION = "region:21"
LATER = "2026-12-30T10:00"


def took_over(time: str, team: str, *members: Recipient, **more: Any) -> Command:
    return said(time, MobileTeamTookOver(team=team, members=members), **more)


def handed_back(time: str, team: str | None, *handed_to: Recipient, **more: Any) -> Command:
    return said(time, MobileTeamHandedBack(team=team, handed_to=handed_to, reason="stable"), **more)


def referred(time: str, track: str = "heart-failure", unit: str = CARDIOLOGY, **more: Any) -> Command:
    return said(time, ReferralSent(track=track, from_unit=HEALTH_CENTRE, to_unit=unit), **more)


def taken(time: str, track: str = "heart-failure", unit: str = CARDIOLOGY, **more: Any) -> Command:
    return said(time, ReferralAccepted(track=track, unit=unit), **more)


def returned(
    time: str, track: str = "heart-failure", passed_on_to: str | None = None, **more: Any
) -> Command:
    fact = ReferralReturned(track=track, unit=CARDIOLOGY, reason="wrong-level", passed_on_to=passed_on_to)
    return said(time, fact, **more)


def shared(time: str, track: str = "heart-failure", **more: Any) -> Command:
    fact = SharedCareAgreed(track=track, specialist_unit=CARDIOLOGY, primary_care_unit=HEALTH_CENTRE)
    return said(time, fact, **more)


def back_to_primary_care(
    time: str, track: str = "heart-failure", unit: str = HEALTH_CENTRE, **more: Any
) -> Command:
    fact = HandedBackToPrimaryCare(track=track, from_unit=more.pop("from_unit", None), to_unit=unit)
    return said(time, fact, **more)


def egenvard(time: str, support: str = "patient", **more: Any) -> Command:
    municipality = more.pop("municipality", None)
    fact = EgenvardAssessed.model_validate(
        {"outcome": "egenvard", "support": support, "municipality": municipality}
    )
    return said(time, fact, **more)


def no_egenvard(time: str, **more: Any) -> Command:
    return said(time, EgenvardAssessed(outcome="health-care"), **more)


def egenvard_reviewed(time: str, ended: bool, **more: Any) -> Command:
    return said(time, EgenvardReviewed(outcome="ended" if ended else "continues"), **more)


def left_at_home(time: str, *handed_to: Recipient, **more: Any) -> Command:
    fact = AmbulanceAttended(outcome="left-at-home", unit="hsa:SE2321000198-AMB1", handed_to=handed_to)
    return said(time, fact, **more)


def visited_at_home(time: str, **more: Any) -> Command:
    return said(time, HomeVisitMade(unit=HEALTH_CENTRE), **more)


def visit(time: str, track: str | None = None, **more: Any) -> Command:
    return said(time, VisitMade(unit=CARDIOLOGY, track=track), **more)


def commissioned(time: str, unit: str, provider: str, on_behalf_of: str, **more: Any) -> Command:
    return said(time, ProviderCommissioned(unit=unit, provider=provider, on_behalf_of=on_behalf_of), **more)


def care_ended(
    time: str, *services: Service, municipality: str = "2180", reason: str = "no-longer-needed", **more: Any
) -> Command:
    fact = MunicipalCareEnded.model_validate(
        {"services": services, "municipality": municipality, "reason": reason}
    )
    return said(time, fact, **more)


def contact_ended(time: str, unit: str | None = None, **more: Any) -> Command:
    return said(time, CareContactEnded(unit=unit, reason="staff-left"), **more)


def astray(time: str, notification: str, **more: Any) -> Command:
    fields = {name: more.pop(name) for name in ("role", "municipality") if name in more}
    fact = NotificationMisdirected.model_validate({"notification": notification, **fields})
    return said(time, fact, **more)


def moved(time: str, to: str, ground: str = "registration", **more: Any) -> Command:
    fact = ResponsibleMunicipalityChanged.model_validate({"to_municipality": to, "ground": ground})
    return said(time, fact, **more)


# -- what follows ------------------------------------------------------------------------------------------------


def who(story: Story, now: str, *roles: str) -> set[tuple[str | None, str | None, str | None]]:
    """Who gives care at ``now``: capacity, party and unit; only these capacities where any is named."""
    rows = story.rows(Responsibility, now, "care")
    return {
        (row.role, row.party, row.unit)
        for row in rows
        if row.ended_at is None and (not roles or row.role in roles)
    }


def care_of(story: Story, role: str, now: str = LATER) -> list[Responsibility]:
    """Every stretch of one kind of care, as it stands at ``now``."""
    rows = [row for row in story.rows(Responsibility, now, "care") if row.role == role]
    return sorted(rows, key=lambda row: (row.valid_from, str(row.party), str(row.unit)))


def found(story: Story, code: str, now: str = LATER) -> Finding:
    """The one finding of a code."""
    (row,) = story.rows(Finding, now, code)
    return row


def open_findings(story: Story, now: str) -> set[str]:
    """Codes of what does not fit at ``now``."""
    return {row.rule for row in story.rows(Finding, now) if row.ended_at is None}


def lasted(row: Row, start: str, end: str | None) -> bool:
    """Whether it lasted exactly from ``start`` to ``end``, or goes on where that is ``None``."""
    ended = instant(end) if end is not None else None
    return (row.started_at, row.ended_at) == (instant(start), ended)
