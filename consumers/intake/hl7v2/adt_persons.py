"""ADT events about the person: changed data, identities that are merged, an episode that is another patient's."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from consumers.intake.hl7v2.adt_deaths import died, disposition_of
from consumers.intake.hl7v2.adt_stays import Reader
from consumers.intake.hl7v2.event import Act, Event
from consumers.intake.hl7v2.parsing import Segment
from consumers.intake.hl7v2.patients import patient_of
from domain.calendar import format_instant
from domain.errors import Unreadable
from domain.facts.notification import EstimatedDischargeChanged
from domain.facts.person import EpisodeMoved, PatientIdentityLinked
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.submission import Patient

Ground = Literal["reserve-number", "new-identity", "double-record"]
PAIRS_MAX: Final = 500
"""Patients that one message may merge."""


def updated(event: Event) -> Iterator[Act]:
    """A08: a death, a new estimate of the discharge, another municipality; all else is noted."""
    coded = disposition_of(event) == "died"
    death = died(event, event.time_at("PV1-45", is_used=False), is_coded=coded)
    if death is not None:
        yield death
        return
    estimate = event.time("estimate", is_used=False) if event.care() != "other" else None
    if estimate is not None:
        event.time("estimate")
        data = {"new_estimate_at": format_instant(estimate.at)}
        yield Act(EstimatedDischargeChanged, event.needed_sent(), data)
    yield from _moved_home(event)


def person_updated(event: Event) -> Iterator[Act]:
    """A28, A31: the same of the person, whatever stay the message may speak of."""
    death = died(event, None)
    if death is not None:
        yield death
    else:
        yield from _moved_home(event)


def merged(event: Event) -> Iterator[Act]:
    """A40: each MRG-1 is a number of the patient in the PID before it."""
    yield from _linked(event, "double-record")


def renumbered(event: Event) -> Iterator[Act]:
    """A47: the patient has another number than before."""
    yield from _linked(event, "new-identity")


def episode_moved(event: Event) -> Iterator[Act]:
    """A45: the episode in MRG-5 (else PV1-19) was recorded on the patient in MRG-1, and is that of PID-3."""
    for number, (person, prior) in enumerate(_pairs(event), 1):
        right = patient_of(event.parsed, event.sender, event.on, within=person)
        wrong = event.other_patient("MRG-1", prior, right)
        named = event.parsed.values("MRG-5", prior)
        episode = named[0].get(1) if named else event.own_episode()
        if not episode:
            raise Unreadable("no-episode", "The message does not say which episode is moved.", "MRG-5")
        event.parsed.take("MRG-5", within=prior)
        yield Act(
            EpisodeMoved,
            event.needed("linked"),
            {"moved_episode": episode},
            in_episode=False,
            patient=right,
            other=wrong,
            number=number,
        )


def _linked(event: Event, ground: Ground) -> Iterator[Act]:
    for number, (person, prior) in enumerate(_pairs(event), 1):
        surviving = patient_of(event.parsed, event.sender, event.on, within=person)
        other = event.other_patient("MRG-1", prior, surviving)
        yield Act(
            PatientIdentityLinked,
            event.needed("linked"),
            {"ground": _ground(other, ground)},
            in_episode=False,
            patient=surviving,
            other=other,
            number=number,
        )


def _ground(prior: Patient, otherwise: Ground) -> Ground:
    return "reserve-number" if prior.system.startswith(("reservnummer", "lma")) else otherwise


def _pairs(event: Event) -> list[tuple[Segment, Segment]]:
    """Each MRG with the PID before it. Raises Unreadable (``no-prior-id``, ``too-many-parts``)."""
    found = []
    person: Segment | None = None
    for segment in event.parsed.segments:
        if segment.name == "PID":
            person = segment
        elif segment.name == "MRG" and person is not None:
            found.append((person, segment))
    if len(found) > PAIRS_MAX:
        raise Unreadable("too-many-parts", "It has more parts than any real message.", "MRG")
    if not found:
        raise Unreadable("no-prior-id", "The message does not say which number is replaced.", "MRG-1")
    return found


def _moved_home(event: Event) -> Iterator[Act]:
    code = event.municipality() if event.profile.municipality_changes else None
    if code is not None:
        data = {"to_municipality": code, "ground": "registration"}
        yield Act(ResponsibleMunicipalityChanged, event.needed("told_of_person"), data, in_episode=False)


PERSON_EVENTS: Final[Mapping[str, Reader]] = {
    "A08": updated,
    "A28": person_updated,
    "A31": person_updated,
    "A40": merged,
    "A45": episode_moved,
    "A47": renumbered,
}
ABOUT_TWO: Final = frozenset({"A40", "A45", "A47"})
"""Events about two patients, or two numbers of one: what else they say is noted with the first of them, apart."""
OF_NO_EPISODE: Final = frozenset({"A28", "A31"}) | ABOUT_TWO
