"""Several journeys in the making, linked, parted and with episodes moved between them."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from given import DEMO, STORE, WARD, episode, instant, said
from sealing import ScopeSeal

from domain.command import Command
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.facts.admission import PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.facts.person import EpisodeMoved, PatientIdentityLinked, PatientIdentityUnlinked
from domain.journey import CareJourney
from domain.links import persons
from domain.rows import Stay, at

A, B, C, D = (UUID(f"00000000-0000-4000-8000-00000000000{n}") for n in "abcd")
SEAL = ScopeSeal()
NOW = instant("2026-12-31T00:00:00Z")
_seconds = itertools.count()


class Recorded:
    """Several journeys in the making."""

    def __init__(self) -> None:
        self.journeys: dict[UUID, CareJourney] = {}

    def say(self, journey: UUID, command: Command, *, operator: bool = False) -> RecordedFact:
        care = self.journeys.setdefault(journey, CareJourney(journey))
        asked = replace(command, journey=journey, operator=operator)
        return care.decide(asked, NOW + timedelta(seconds=next(_seconds)), SEAL, STORE).fact

    def link(self, time: str, one: UUID, other: UUID, **more: Any) -> RecordedFact:
        return self.say(
            one, said(time, PatientIdentityLinked(other_journey=str(other), ground="reserve-number"), **more)
        )

    def unlink(self, time: str, one: UUID, other: UUID, **more: Any) -> RecordedFact:
        return self.say(
            one, said(time, PatientIdentityUnlinked(other_journey=str(other), ground="mistaken"), **more)
        )

    def admit(self, time: str, journey: UUID, stay: str, **more: Any) -> RecordedFact:
        fact = PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180", **more)
        return self.say(journey, said(time, fact, stay=stay))

    def discharge(self, time: str, journey: UUID, stay: str | None = None) -> RecordedFact:
        return self.say(journey, said(time, PatientDischarged(destination="home"), stay=stay))

    @property
    def facts(self) -> dict[UUID, Sequence[RecordedFact]]:
        return {journey: care.facts for journey, care in self.journeys.items()}

    def who(self) -> list[tuple[UUID, ...]]:
        return [person.journeys for person in persons(self.facts)]

    def stays(self, journey: UUID) -> list[tuple[str, str | None]]:
        """Phase and start of each stay of the person whose journey it is, at the end of 2026."""
        person = next(person for person in persons(self.facts) if journey in person.journeys)
        rows = at(conclude(person.head, person.history, DEMO), NOW)
        shown = [row for row in rows if isinstance(row, Stay)]
        return sorted((row.phase, row.started_at and row.started_at.strftime("%m-%d %H:%M")) for row in shown)


def moved(stay: str, wrong: UUID, right: UUID) -> EpisodeMoved:
    return EpisodeMoved(moved_episode=str(episode(stay)), from_journey=str(wrong), to_journey=str(right))
