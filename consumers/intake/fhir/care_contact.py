"""Reads who has a patient for a time: EpisodeOfCare and CareTeam (*fast vårdkontakt*, mobile team), and Flag."""

from typing import Any, Final

from consumers.intake.fhir import codes
from consumers.intake.fhir.models import Period, Reference
from consumers.intake.fhir.parts import CareTeam, Encounter, EpisodeOfCare, Flag, Participant
from consumers.intake.fhir.sheaf import Item
from consumers.intake.fhir.telling import Telling, moment, needed
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import Party, concepts_of, party_of, staff_of
from domain.errors import Unreadable
from domain.facts.discharge import EpisodeClosed
from domain.facts.discharge_ready import DischargeReadyDeclared, DischargeReadyWithdrawn
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.notification import CareContactAppointed, CareContactEnded

EPISODE_READ: Final = frozenset({"status", "patient", "identifier", "period"})
TEAM_READ: Final = frozenset(
    {"status", "subject", "identifier", "period", "category", "managingOrganization"}
)
FLAG_READ: Final = frozenset({"status", "subject", "identifier", "period", "code", "author"})
_MOBILE: Final = frozenset({"mobile-team"})
_READY: Final = frozenset({"discharge-ready"})


def read_episode_of_care(telling: Telling) -> frozenset[str]:
    """A care manager who is the *fast vårdkontakt*; and that the episode is over, where it was inpatient care."""
    episode = telling.read(EpisodeOfCare)
    telling.home = telling.party(episode.managing_organization, episode.care_manager)
    if episode.status == "entered-in-error":
        telling.void(telling.needed_sent())
        return EPISODE_READ
    if episode.status in ("planned", "waitlist", "cancelled"):
        return frozenset()
    manager = episode.care_manager
    if manager is not None and codes.is_care_contact([*episode.kind, *concepts_of(telling.sheaf, manager)]):
        _tell_contact(telling, manager, episode.period, "EpisodeOfCare", "")
    inpatient = _inpatient(telling)
    if episode.status == "finished" and inpatient is not None:
        end = needed(moment(episode.period.end, "EpisodeOfCare.period.end"), "EpisodeOfCare", "period.end")
        telling.tell(EpisodeClosed, end, {"reason": "completed"}, episode=inpatient)
    return EPISODE_READ if telling.told else frozenset()


def _inpatient(telling: Telling) -> str | None:
    """The episode by which an inpatient encounter beside it goes, if that is this one."""
    sheaf = telling.sheaf
    if "inpatient" not in sheaf.memory:
        found = [sheaf.find(reference) for item in sheaf.of("Encounter") for reference in _episodes(item)]
        sheaf.memory["inpatient"] = {one.key for one in found if one is not None}
    return telling.key if telling.key in sheaf.memory["inpatient"] else None


def _episodes(item: Item) -> list[Reference]:
    """Of an inpatient encounter that has no number of its own, the episodes of care it is part of."""
    try:
        encounter = item.read(Encounter)
    except Unreadable:
        return []
    code = encounter.code.code if encounter.code is not None else None
    numbered = any(one.value for one in encounter.identifier)
    return [] if numbered or codes.CLASSES.get(code or "") != "inpatient" else encounter.episode_of_care


def read_care_team(telling: Telling) -> frozenset[str]:
    """A mobile team of several organisations, or a team with a *fast vårdkontakt* in it."""
    team = telling.read(CareTeam)
    first = team.managing_organization[0] if team.managing_organization else None
    telling.home = telling.party(first, *(_organisation(one) for one in team.participant))
    if team.status == "entered-in-error":
        telling.void(telling.needed_sent())
        return TEAM_READ
    if team.status in ("proposed", "suspended"):
        return frozenset()
    contacts = [one for one in team.participant if codes.is_care_contact(one.role)]
    for number, participant in enumerate(contacts):
        period = participant.period if participant.period.start else team.period
        suffix = f"#contact-{number + 1}" if number else ""
        _tell_contact(telling, participant.member, period, "CareTeam", suffix, participant.on_behalf_of)
    if codes.our_code(team.category, "care-team", _MOBILE):
        _tell_team(telling, team)
        return TEAM_READ
    return frozenset({"status", "subject", "identifier", "period"}) if telling.told else frozenset()


def _tell_team(telling: Telling, team: CareTeam) -> None:
    began = moment(team.period.start, "CareTeam.period.start") or telling.needed_sent()
    members = [_member(telling, one) for one in team.participant]
    told: dict[str, Any] = {"team": telling.home.unit}
    named = [member for member in dict.fromkeys(members) if member.unit or member.principal]
    data = told | {"members": [member.recipient() for member in named]}
    telling.tell(MobileTeamTookOver, began, data)
    end = moment(team.period.end, "CareTeam.period.end")
    if end is None and team.status == "inactive":
        end = telling.needed_sent()
    if end is not None:
        telling.tell(MobileTeamHandedBack, end, told | {"reason": "other"})


def _member(telling: Telling, participant: Participant) -> Party:
    party = party_of(telling.sheaf, _organisation(participant))
    role = codes.our_code(participant.role, "role", codes.ROLES)
    return Party(party.unit, party.controller, party.principal, role or party.role)


def _organisation(participant: Participant) -> Reference | None:
    """On whose behalf somebody takes part; an organisation takes part itself."""
    return participant.on_behalf_of or participant.member


def _tell_contact(
    telling: Telling,
    member: Reference | None,
    period: Period,
    kind: str,
    suffix: str,
    behalf: Reference | None = None,
) -> None:
    began = moment(period.start, f"{kind}.period.start") or telling.needed_sent()
    unit = party_of(telling.sheaf, behalf).unit or party_of(telling.sheaf, member).unit or telling.home.unit
    data = {"unit": unit, "person": staff_of(telling.sheaf, member)}
    telling.tell(CareContactAppointed, began, data, unit=unit, suffix=suffix)
    end = moment(period.end, f"{kind}.period.end")
    if end is not None:
        telling.tell(CareContactEnded, end, {"unit": unit, "reason": "other"}, unit=unit, suffix=suffix)


def read_flag(telling: Telling) -> frozenset[str]:
    """*Utskrivningsklar* as a flag: raised it is the judgement, lowered its withdrawal."""
    flag = telling.read(Flag)
    telling.home = telling.party(flag.author)
    if codes.our_code([flag.code], "flag", _READY) is None:
        return frozenset()
    if flag.status == "entered-in-error":
        telling.void(telling.needed_sent())
        return FLAG_READ
    began: Moment = needed(moment(flag.period.start, "Flag.period.start"), "Flag", "period.start")
    telling.tell(DischargeReadyDeclared, began, role="inpatient")
    if flag.status == "inactive":
        ended = needed(moment(flag.period.end, "Flag.period.end"), "Flag", "period.end")
        telling.tell(DischargeReadyWithdrawn, ended, {"reason": "other"}, role="inpatient")
    return FLAG_READ
