"""From submissions to facts: identities go to the vault, references to the log, and every submission gets an answer."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from consumers.adoption import recorded
from consumers.intake.prepare import Prepared, prepare
from consumers.intake.rehearsal import RehearsalSeal
from consumers.sealing import VaultSeal
from domain.adopted import registers_of
from domain.application import CareChain
from domain.command import Command
from domain.envelope import RecordedFact
from domain.errors import Refused, Unreadable
from domain.fact import CATALOGUE, Fact
from domain.facts._parts import foreign_fields
from domain.facts.messages import MessageAcknowledged
from domain.facts.referral import TrackFact
from domain.journey import CareJourney, Decided
from domain.links import about_both, mirrored_of, other_of
from domain.registers import TRACKS
from domain.stays import stay_of_episode
from domain.submission import Submission
from domain.tracks import Track
from infra.keys import MasterKey
from infra.store import recorder_factory, store_id
from infra.vault import Vault

UNKNOWN_MESSAGE = "unknown-message"
"""The reason why an answer without a patient is put aside: what it answers has not come (yet)."""
BATCH = 500
"""Submissions decided and saved in one transaction."""


@dataclass(frozen=True)
class Answer:
    """What became of one submission: facts new or known, or why there is none."""

    new: tuple[RecordedFact, ...] = ()
    known: tuple[RecordedFact, ...] = ()
    refused: Refused | Unreadable | None = None


class Intake:
    """Takes submissions in. Owns a vault connection and an application: one per thread, close it."""

    def __init__(self, store_dsn: str, vault_dsn: str, master_key: MasterKey) -> None:
        self.store_dsn = store_dsn
        self.vault = Vault(vault_dsn, master_key)
        self.seal = VaultSeal(self.vault)
        self.app = CareChain(lambda: recorder_factory(store_dsn), self.seal, store_id(store_dsn))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.app.close()
        self.vault.close()

    def submit(
        self,
        submissions: Sequence[Submission],
        clock: Callable[[], datetime],
        *,
        operator: bool = False,
        journeys: Sequence[UUID | None] | None = None,
    ) -> list[Answer]:
        """Record what the submissions say, in order. ``clock`` gives the recorded time, UTC.

        With ``operator`` each is held against the rules of the world. A journey named in ``journeys`` stands
        in place of the patient of the submission at the same place, which is then not read; it must exist.
        Nothing is lost: each answer says whether the submission is new, known, or why it was turned down.
        Raises ``OperatingError`` where a server is gone.
        """
        named = list(journeys) if journeys is not None else [None] * len(submissions)
        answered = self._answered(submissions)
        named = [journey or (found and found[0]) for journey, found in zip(named, answered, strict=True)]
        prepared = [
            _unknown_answer() if s.patient is None and journey is None else prepare(s, journey)
            for s, journey in zip(submissions, named, strict=True)
        ]
        for item, found in zip(prepared, answered, strict=True):
            if isinstance(item, Prepared) and found is not None:
                item.answered = found[1]
        good = [(item, j) for item, j in zip(prepared, named, strict=True) if isinstance(item, Prepared)]
        self._make_commands([item for item, _ in good], [journey for _, journey in good], operator)
        decided = iter(self._decide([c for item, _ in good for c in item.commands], clock))
        answers = []
        for item in prepared:
            if isinstance(item, Unreadable):
                answers.append(Answer(refused=item))
            else:
                answers.append(_answer([next(decided) for _ in item.commands]))
        return answers

    def rehearse(
        self, submission: Submission, clock: Callable[[], datetime], journey: UUID | None = None
    ) -> Answer:
        """What an operator's command would come to, without a trace in store or vault.

        A fact of the same kind by the same message is taken for a repeat, whatever it says. The ids of new
        facts in the answer are made up.
        """
        item = prepare(submission, journey)
        if isinstance(item, Unreadable):
            return Answer(refused=item)
        if item.patient is not None:
            journey = self.vault.find_journey(item.patient.system, item.patient.value)
        self._pseudonymise(item, journey or uuid4(), {name: str(uuid4()) for name in item.staff()}, True)
        other = None
        if item.other is not None:
            other = self.vault.find_journey(item.other.system, item.other.value) or uuid4()
        self._join(item, other)
        cares = self.app.journeys([command.journey for command in item.commands])
        return _answer([self._rehearsed(cares[c.journey], c, clock()) for c in item.commands])

    def _rehearsed(self, care: CareJourney, command: Command, now: datetime) -> Decided | Refused:
        for fact in care.facts:
            said = (fact.envelope.sourcesystem, fact.envelope.sourcemessage, fact.kind)
            if said == (command.source, command.message, type(command.fact)):
                return Decided(fact, is_new=False)
        try:
            return care.decide(command, now, RehearsalSeal(self.seal), self.app.store)
        except Refused as refused:
            return refused

    def _decide(self, commands: list[Command], clock: Callable[[], datetime]) -> list[Decided | Refused]:
        return self.app.record(commands, clock()) if commands else []

    def _answered(self, submissions: Sequence[Submission]) -> list[tuple[UUID, str] | None]:
        """The message that each answers, where no patient is named and it is known: its journey and its reference."""
        asked = [
            [self.vault.message_ref(source, s.answers.message) for source in s.answers.sources]
            if s.patient is None and s.answers is not None
            else []
            for s in submissions
        ]
        known = self.vault.journeys_of_messages([ref for refs in asked for ref in refs])
        return [next(((known[ref], ref) for ref in refs if ref in known), None) for refs in asked]

    def _make_commands(self, items: list[Prepared], named: list[UUID | None], operator: bool) -> None:
        journeys = self._journeys(items, named)
        staff_ids = sorted({s for item in items for s in item.staff()})
        staff = dict(zip(staff_ids, self.vault.staff_refs(staff_ids), strict=True)) if staff_ids else {}
        others = self._others(items)
        messages: list[tuple[str, UUID, str]] = []
        episodes: list[tuple[str, UUID, str]] = []
        for item, journey in zip(items, journeys, strict=True):
            self._pseudonymise(item, journey, staff, operator)
            self._join(item, others.get(id(item)))
            first, said = item.commands[0], item.submission
            if said.message is not None:
                messages.append((first.message, journey, said.message))
            if said.episode is not None:
                episodes.append((str(first.stay), journey, said.episode))
        self.vault.remember("message", messages)
        self.vault.remember("episode", episodes)
        self.vault.prepare({command.scope for item in items for command in item.commands})

    def _journeys(self, items: list[Prepared], named: list[UUID | None]) -> list[UUID]:
        patients = [(item.patient.system, item.patient.value) for item in items if item.patient is not None]
        found = iter(self.vault.journeys_of(patients))
        return [journey if journey is not None else next(found) for journey in named]

    def _others(self, items: list[Prepared]) -> dict[int, UUID]:
        """By item, the journey of the other patient that it names, made where there is none."""
        about_two = [item for item in items if item.other is not None]
        named = [(item.other.system, item.other.value) for item in about_two if item.other is not None]
        journeys = self.vault.journeys_of(named) if named else []
        return {id(item): journey for item, journey in zip(about_two, journeys, strict=True)}

    def _join(self, item: Prepared, other: UUID | None) -> None:
        """Make a fact about two journeys name both, and ask for it in the other one, too: each then tells of the other."""
        first = item.commands[0]
        fact = about_both(first.fact, first.journey, other)
        there = other_of(fact, first.journey)
        if there is None or (other is None and not self.vault.has_journey(there)):
            return
        correlation = first.correlation or first.message
        mirrored = mirrored_of(fact, first.journey)
        item.commands = [
            replace(first, fact=fact, correlation=correlation),
            replace(first, journey=there, fact=mirrored, correlation=correlation, stay=None),
        ]

    def _pseudonymise(self, item: Prepared, journey: UUID, staff: dict[str, str], operator: bool) -> None:
        said = item.submission
        message = self.vault.message_ref(said.source, said.message or secrets.token_hex(16))
        stay = None
        if said.episode is not None:
            stay = self._stay(said.source, said.episode)
        correlation = said.correlation or (message if len(item.facts) > 1 else None)
        for plain in item.facts:
            fact = self._without_foreign_ids(plain, said.source, staff)
            if isinstance(fact, MessageAcknowledged) and item.answered is not None:
                # By the name it has under its own sender, so that the two are found together.
                fact = fact.model_copy(update={"acknowledges": item.answered})
            item.commands.append(
                Command(
                    journey=journey,
                    fact=fact,
                    time=said.time,
                    source=said.source,
                    message=message,
                    controller=item.controller,
                    principal=item.principal,
                    sequence=said.sequence,
                    stay=stay,
                    sent=said.sent,
                    precision=said.precision,
                    actor=staff[said.actor] if said.actor else None,
                    unit=said.unit,
                    role=said.role,
                    regime=said.regime if len(item.facts) == 1 else None,
                    correlation=correlation
                    if correlation == message
                    else self._reference(said.source, correlation),
                    causation=self._reference(said.source, said.causation),
                    operator=operator,
                    tracks=self._tracks() if operator and isinstance(plain, TrackFact) else None,
                )
            )

    def _tracks(self) -> tuple[Track, ...] | None:
        """Those adopted last; a person who names another is told so."""
        adopted = registers_of(recorded(self.store_dsn)).get(TRACKS)
        return None if adopted is None else adopted.register.tracks

    def _reference(self, source: str, text: str | None) -> str | None:
        """A source's own ids for what belongs together are foreign ids like any other."""
        return None if text is None else self.vault.message_ref(source, text)

    def _stay(self, source: str, episode: str) -> UUID:
        return stay_of_episode(source, self.vault.episode_ref(source, episode))

    def _without_foreign_ids(self, fact: Fact, source: str, staff: dict[str, str]) -> Fact:
        """The same fact with references in place of other systems' ids, in what it amends, too."""
        update: dict[str, Any] = self._references(type(fact), dict(fact), source, staff)
        nested, amended_type = getattr(fact, "amended_data", None), getattr(fact, "amended_type", None)
        if nested is not None and amended_type in CATALOGUE:
            update["amended_data"] = {
                **nested,
                **self._references(CATALOGUE[amended_type], nested, source, staff),
            }
        return fact.model_copy(update=update) if update else fact

    def _references(
        self, kind: type[Fact], values: dict[str, Any], source: str, staff: dict[str, str]
    ) -> dict[str, str]:
        found = {}
        for name, sort in foreign_fields(kind).items():
            value = values.get(name)
            if not isinstance(value, str):
                continue
            if sort == "staff":
                found[name] = staff[value]
            elif sort == "episode":
                found[name] = str(self._stay(source, value))
            else:
                found[name] = self.vault.message_ref(source, value)
        return found


def _unknown_answer() -> Unreadable:
    return Unreadable(UNKNOWN_MESSAGE, "It answers a message that is not known here.")


def _answer(decided: list[Decided | Refused]) -> Answer:
    refused = next((item for item in decided if isinstance(item, Refused)), None)
    facts = [item for item in decided if isinstance(item, Decided)]
    return Answer(
        new=tuple(item.fact for item in facts if item.is_new),
        known=tuple(item.fact for item in facts if not item.is_new),
        refused=refused,
    )
