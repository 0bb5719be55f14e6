"""``CareJourney`` decides: one patient, several stays, several responsible at once. It keeps facts, no state of its own."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.command import Command
from domain.envelope import GENESIS, Envelope, RecordedFact, dataschema, encode, seal_data
from domain.errors import Refused
from domain.facts.admission import PatientAdmitted
from domain.facts.correction import Correction
from domain.history import History
from domain.links import ABOUT_TWO, other_of, persons
from domain.seal import Seal
from domain.stays import OPENING, Stays, stay_of_fact
from domain.tracks import tracks
from domain.view import JourneyView

ONE_MICROSECOND = timedelta(microseconds=1)
CLOCK_TOLERANCE = timedelta(minutes=1)
"""How far a person's clock may be ahead of ours before a command is about the future."""


class BrokenChain(Exception):
    """A fact does not link to the one before it: something was changed, left out or put in."""


@dataclass(frozen=True)
class Decided:
    """What became of a command: a new fact, or the one that was there already."""

    fact: RecordedFact
    is_new: bool


class CareJourney:
    """An aggregate of ``eventsourcing`` by its three words: id, version, collect_events.

    It decides on the same corrected, ordered ``History`` that ``conclude`` uses, and links each fact to the one
    before by the hash of its bytes.
    """

    def __init__(self, id: UUID) -> None:
        self.id = id
        self.version = 0
        self.facts: list[RecordedFact] = []
        self.linked: Mapping[UUID, Sequence[RecordedFact]] = {}
        """The facts of journeys that are, or were, linked with this one, where they were read."""
        self._by_id: dict[str, RecordedFact] = {}
        self._pending: list[RecordedFact] = []

    @classmethod
    def project(cls, journey: "CareJourney | None", events: Iterable[RecordedFact]) -> "CareJourney | None":
        """Fold stored facts into the journey (``eventsourcing``'s projector function)."""
        for event in events:
            journey = journey or cls(event.originator_id)
            journey._apply(event)
        return journey

    @property
    def head(self) -> str:
        """The hash the next fact links to."""
        return self.facts[-1].hash if self.facts else GENESIS

    @property
    def history(self) -> History:
        """The patient's: with the facts of journeys that are linked with this one."""
        return self._with()

    def named(self) -> set[UUID]:
        """The other journeys that its facts name."""
        return {
            other
            for fact in self.facts
            if issubclass(fact.kind, ABOUT_TWO) and (other := other_of(fact.fact, self.id)) is not None
        }

    def _with(self, *candidates: RecordedFact) -> History:
        if not self.linked:
            return History.of([*self.facts, *candidates])
        everybody = persons({**self.linked, self.id: [*self.facts, *candidates]})
        return next(person.history for person in everybody if self.id in person.journeys)

    def decide(self, command: Command, now: datetime, seal: Seal, store: UUID) -> Decided:
        """Record the command's fact, or find it recorded already. ``now`` is UTC.

        Raises ``Refused`` where an operator's command is against the rules of the world; nothing is written then.
        """
        fact_id = seal.fact_id(command.scope, command.canonical())
        known = self._by_id.get(fact_id)
        if known is not None:
            return Decided(known, is_new=False)
        if command.operator:
            command = self._continued(command)
        envelope = self._envelope(command, fact_id, now, store)
        if command.operator:
            self._check(command, envelope, now)
        envelope["data"] = seal_data(command.fact, fact_id, command.scope, seal)
        raw = encode(envelope)
        fact = RecordedFact(_decode(raw), raw, type(command.fact), command.fact, command.time)
        self._apply(fact)
        self._pending.append(fact)
        return Decided(fact, is_new=True)

    def collect_events(self) -> Sequence[RecordedFact]:
        """What has been decided since the last save."""
        pending, self._pending = self._pending, []
        return pending

    def _apply(self, fact: RecordedFact) -> None:
        if (fact.originator_version, fact.envelope.prevhash) != (self.version + 1, self.head):
            raise BrokenChain(f"the chain is broken at version {fact.originator_version}")
        self.version = fact.originator_version
        self.facts.append(fact)
        self._by_id[fact.id] = fact

    def _envelope(self, command: Command, fact_id: str, now: datetime, store: UUID) -> dict[str, object]:
        """The attributes in the order they are written (`infra/decisions/0002-fact-format.md`)."""
        kind = type(command.fact)
        recorded = now if not self.facts else max(now, self.facts[-1].envelope.recordedtime + ONE_MICROSECOND)
        opens = issubclass(kind, OPENING)
        return {
            "specversion": "1.0",
            "id": fact_id,
            "source": f"/carechain/{store}",
            "type": kind.TYPE,
            "subject": self.id,
            "time": command.time,
            "datacontenttype": "application/json",
            "dataschema": dataschema(kind),
            "journeyversion": self.version + 1,
            "recordedtime": recorded,
            "prevhash": self.head,
            "timeprecision": command.precision,
            "stay": command.stay or (stay_of_fact(fact_id) if opens else None),
            "controller": command.controller,
            "principal": command.principal,
            "regime": command.scope.regime,
            "actor": command.actor,
            "actorunit": command.unit,
            "actorrole": command.role,
            "sourcesystem": command.source,
            "sourcemessage": command.message,
            "sourcesequence": command.sequence,
            "senttime": command.sent,
            "correlationid": command.correlation,
            "causationid": command.causation,
            "data": {},
        }

    def _continued(self, command: Command) -> Command:
        """A person who admits from the emergency department means the visit that is open, and need not name it."""
        if command.stay is None and isinstance(command.fact, PatientAdmitted):
            visit = Stays.of(self.history.until(command.time)).open_at_end()
            if visit is not None and visit.phase == "outpatient":
                return replace(command, stay=visit.id)
        return command

    def _check(self, command: Command, envelope: dict[str, object], now: datetime) -> None:
        """Hold an operator's command against the journey as it was at the command's own time."""
        if command.time > now + CLOCK_TOLERANCE:
            raise Refused(
                "That time has not come yet.", hint="Give the time when it happened, with its offset."
            )
        if missing := command.fact.missing():
            raise Refused(
                f"The fact lacks {', '.join(name.replace('_', ' ') for name in missing)}.",
                hint=f"`carechain record {command.fact.NAME} --help` names what must be given.",
            )
        raw = encode(envelope)
        candidate = RecordedFact(_decode(raw), raw, type(command.fact), command.fact, command.time)
        before = self.history.until(command.time)
        stays = Stays.of(before)
        own = stays.stays.get(command.stay) if command.stay is not None else stays.last()
        died = stays.died
        command.fact.check(
            JourneyView(
                self.id,
                before.facts,
                own,
                stays.open_at_end(),
                died.time if died else None,
                lambda _: self._finds_target(candidate),
                tracks() if command.tracks is None else command.tracks,
            )
        )

    def _finds_target(self, candidate: RecordedFact) -> bool:
        assert issubclass(candidate.kind, Correction)
        return all(waiting.id != candidate.id for waiting in self._with(candidate).waiting)


_DECODER = msgspec.json.Decoder(Envelope)


def _decode(raw: bytes) -> Envelope:
    return _DECODER.decode(raw)
