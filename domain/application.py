"""The event store's application: commands in, facts out, many journeys a transaction, and never a half of one."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, cast
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.persistence import (
    ApplicationRecorder,
    InfrastructureFactory,
    IntegrityError,
    Mapper,
    MapperDeserialisationError,
    StoredEvent,
    Transcoder,
)
from eventsourcing.utils import Environment
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

from domain.command import Command
from domain.envelope import RecordedFact, read
from domain.errors import Refused, Unreadable
from domain.fact import load_catalogue
from domain.journey import BrokenChain, CareJourney, Decided
from domain.seal import Seal

ATTEMPTS = 5
"""How often a batch is read and decided anew after another writer was first."""


class JourneyRecorder(Protocol):
    """What the application needs of a recorder beyond the library's: many journeys in one question."""

    def select_journeys(self, journeys: Sequence[UUID]) -> Mapping[UUID, Sequence[StoredEvent]]: ...


class CloudEventsMapper(Mapper[UUID]):
    """Facts are their bytes: nothing is transcoded, and the topic is the pinned type name."""

    def __init__(self, seal: Seal) -> None:
        super().__init__(transcoder=cast(Transcoder, None))
        self.seal = seal

    def to_stored_event(self, domain_event: object) -> StoredEvent:
        assert isinstance(domain_event, RecordedFact)
        return StoredEvent(
            domain_event.originator_id,
            domain_event.originator_version,
            domain_event.envelope.type,
            domain_event.raw,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> RecordedFact:
        try:
            return read(stored_event.state, self.seal)
        except Unreadable as error:
            raise MapperDeserialisationError(
                f"{stored_event.originator_id}/{stored_event.originator_version}: {error.message}"
            ) from error


class CareChain(Application[UUID]):
    """Records facts. One instance per thread; ``recorder_factory`` comes from the composition root."""

    name = "journeys"

    def __init__(
        self, recorder_factory: Callable[[], InfrastructureFactory[Any]], seal: Seal, store: UUID
    ) -> None:
        load_catalogue()
        self.seal = seal
        self.store = store
        self._recorder_factory = recorder_factory
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return self._recorder_factory()

    def construct_mapper(self) -> Mapper[UUID]:
        return CloudEventsMapper(self.seal)

    def construct_recorder(self) -> ApplicationRecorder:
        return self.factory.application_recorder()

    def journeys(self, ids: Sequence[UUID]) -> dict[UUID, CareJourney]:
        """The journeys as stored, knowing those they are linked with; one nobody has written in is empty."""
        found = {}
        for journey_id, journey in self._read(ids).items():
            if isinstance(journey, Refused):
                raise journey
            found[journey_id] = journey
        self._read_linked(list(found.values()))
        return found

    def _read(self, ids: Sequence[UUID]) -> dict[UUID, CareJourney | Refused]:
        """Each journey, or why nothing can be recorded in it: one that is damaged must not stop the others."""
        recorder = cast(JourneyRecorder, self.recorder)
        stored = recorder.select_journeys(ids)
        found: dict[UUID, CareJourney | Refused] = {}
        for journey_id in ids:
            try:
                events = [
                    cast(RecordedFact, self.mapper.to_domain_event(e)) for e in stored.get(journey_id, ())
                ]
                found[journey_id] = CareJourney.project(None, events) or CareJourney(journey_id)
            except (MapperDeserialisationError, BrokenChain) as error:
                found[journey_id] = Refused(
                    f"Nothing can be recorded in this journey: its stored history is damaged ({error}).",
                    hint="Tell whoever runs the servers; other journeys go on.",
                )
        return found

    def _read_linked(self, journeys: Sequence[CareJourney | Refused]) -> None:
        """Let journeys know those they are linked with: a person's command is held against all of the patient's."""
        known = {one.id: one for one in journeys if isinstance(one, CareJourney)}
        asked = list(known.values())
        while missing := {other for one in known.values() for other in one.named()} - known.keys():
            found = self._read(sorted(missing))
            # One that is damaged says nothing; it must not keep anything from being recorded in the others.
            known |= {
                id_: one if isinstance(one, CareJourney) else CareJourney(id_) for id_, one in found.items()
            }
        for one in asked:
            one.linked = {id_: other.facts for id_, other in known.items() if id_ != one.id}

    def record(self, commands: Sequence[Command], now: datetime) -> list[Decided | Refused]:
        """Decide all commands in order and save what is new in one transaction. ``now`` is UTC.

        A refusal concerns its own command alone. Where another writer was first, everything is read and decided
        again, a few times; then the conflict is raised.
        """
        for attempt in Retrying(
            retry=retry_if_exception_type(IntegrityError), stop=stop_after_attempt(ATTEMPTS), reraise=True
        ):
            with attempt:
                return self._record_once(commands, now)
        raise AssertionError("unreachable")

    def _record_once(self, commands: Sequence[Command], now: datetime) -> list[Decided | Refused]:
        journeys = self._read(list(dict.fromkeys(command.journey for command in commands)))
        self._read_linked([journeys[command.journey] for command in commands if command.operator])
        answers: list[Decided | Refused] = []
        for command in commands:
            journey = journeys[command.journey]
            try:
                answers.append(
                    journey
                    if isinstance(journey, Refused)
                    else journey.decide(command, now, self.seal, self.store)
                )
            except Refused as refused:
                answers.append(refused)
        new = [answer.fact for answer in answers if isinstance(answer, Decided) and answer.is_new]
        if new:
            self._save([journey for journey in journeys.values() if isinstance(journey, CareJourney)], new)
        return answers

    def _save(self, journeys: list[CareJourney], new: list[RecordedFact]) -> None:
        """Save, and take a collision with our own bytes for what it is.

        The library retries an insert whose answer was lost, so a commit can collide with itself.
        """
        try:
            self.save(*journeys)
        except IntegrityError:
            stored = cast(JourneyRecorder, self.recorder).select_journeys(
                list({f.originator_id for f in new})
            )
            there = {bytes(event.state) for events in stored.values() for event in events}
            if not all(fact.raw in there for fact in new):
                raise
