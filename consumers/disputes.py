"""Putting a dispute on record: of a month on the stream of settlements, and of each stay named in its patient's journey."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consumers.intake.intake import Intake
from consumers.intake.rehearsal import RehearsalSeal
from consumers.settlements import Standing, recorded, standing
from domain.command import Command
from domain.dispute import Disputed, DisputeSettlement, disputed_of, event
from domain.errors import Refused
from domain.identifiers import organisation_number_of_hsa
from domain.reference import municipality
from domain.settle import agreed_in, dispute_day_agreed
from domain.settlement import STREAM
from infra.keys import MasterKey
from infra.postgres import connect
from infra.settings import Connections
from infra.store import put, store_id
from projections.base import SCHEMA

SOURCE = "operator"
"""The sending system of what people record themselves."""


@dataclass(frozen=True)
class Author:
    """Who disputes, as the journeys' facts name it besides the actor."""

    unit: str | None = None
    """``system:value``."""
    controller: str | None = None
    """Who answers for the personal data; left out, it is read off the unit's HSA-id."""

    def answerable(self) -> str:
        """The controller. Raises ``Refused`` where neither says it."""
        if self.controller is not None:
            return self.controller
        system, _, value = (self.unit or "").partition(":")
        number = organisation_number_of_hsa(value) if system == "hsa" else None
        if number is None:
            raise Refused(
                "It is not said who answers for what is recorded in the patients' journeys.",
                hint="Give --controller orgnr:NUMBER, or --unit with the HSA-id of the municipality's unit.",
            )
        return f"orgnr:{number}"


@dataclass(frozen=True)
class Taken:
    """What became of asking for a dispute."""

    disputed: Disputed
    is_new: bool
    """Whether it was put on record now; else it stood there."""
    facts_new: int
    """How many stays' journeys were told now; the others had been."""


def dispute(
    connections: Connections,
    master_key: MasterKey,
    command: DisputeSettlement,
    author: Author,
    clock: Callable[[], datetime],
) -> Taken:
    """Put a dispute on record, once; asked again, what is there is found, and what is missing of it is made good.

    The stream comes first, and its time is the time of the journeys' facts: so a repeat after an interruption between
    the two records just what was not recorded. Raises ``Refused`` before anything is written.
    """
    command.check()
    with connect(connections.read_dsn) as connection:
        found = standing(connection, SCHEMA, (command.municipality,), command.month, command.now)
    journeys = _journeys(command, found)
    with Intake(connections.store_dsn, connections.vault_dsn, master_key) as intake:
        known = _known(connections, command)
        told = command.now if known is None else known.time
        _rehearse(intake, _facts(intake, command, author, told, journeys), clock())
        correlation = _reference(intake, command.id)
        disputed, is_new = _put(connections, command, found, correlation)
        facts = _facts(intake, command, author, disputed.time, journeys)
        return Taken(disputed, is_new, _record(intake, command, facts, clock()))


def _facts(
    intake: Intake, command: DisputeSettlement, author: Author, told: datetime, journeys: Mapping[UUID, UUID]
) -> list[Command]:
    """One for each stay. What makes a repeat a repeat (message, time, content) follows from the dispute alone."""
    return [
        Command(
            journey=journey,
            fact=command.case(),
            time=told,
            source=SOURCE,
            message=_reference(intake, _message(command, stay)),
            controller=author.answerable(),
            principal=command.municipality,
            stay=stay,
            actor=command.actor,
            unit=author.unit,
            correlation=_reference(intake, command.id),
            operator=True,
        )
        for stay, journey in journeys.items()
    ]


def _rehearse(intake: Intake, facts: Sequence[Command], now: datetime) -> None:
    """Raises ``Refused`` where one of them would be, before there is a trace of any."""
    seal = RehearsalSeal(intake.seal)
    cares = intake.app.journeys([command.journey for command in facts])
    for command in facts:
        care = cares[command.journey]
        if all(fact.envelope.sourcemessage != command.message for fact in care.facts):
            care.decide(command, now, seal, intake.app.store)


def _record(intake: Intake, dispute: DisputeSettlement, facts: Sequence[Command], now: datetime) -> int:
    """How many of them were new."""
    if not facts:
        return 0
    intake.vault.remember(
        "message",
        [
            (fact.message, fact.journey, _message(dispute, fact.stay))
            for fact in facts
            if fact.stay is not None
        ],
    )
    intake.vault.prepare({fact.scope for fact in facts})
    answers = intake.app.record(facts, now)
    for answer in answers:
        if isinstance(answer, Refused):
            raise answer
    return sum(not isinstance(answer, Refused) and answer.is_new for answer in answers)


def _message(dispute: DisputeSettlement, stay: UUID) -> str:
    return f"{dispute.id}/{stay}"


def _reference(intake: Intake, text: str) -> str:
    return intake.vault.message_ref(SOURCE, text)


def _journeys(command: DisputeSettlement, found: Standing) -> dict[UUID, UUID]:
    """Whose stays they are, by stay. Raises ``Refused`` for one that is not among the month's cases."""
    of_month = {case.stay: case.journey for case in found.months[command.municipality].settled.cases}
    stays = sorted(set(command.stays))
    strange = [stay for stay in stays if stay not in of_month]
    if strange:
        name = municipality(command.municipality).name
        raise Refused(
            f"Stay {strange[0]} is not among the cases of {name} in {command.month}.",
            hint=f"`carechain settlement show --municipality {name} --month {command.month} --cases` lists them.",
        )
    return {stay: of_month[stay] for stay in stays}


def _put(
    connections: Connections, command: DisputeSettlement, found: Standing, correlation: str
) -> tuple[Disputed, bool]:
    names = found.months[command.municipality].agreements
    day = dispute_day_agreed(agreed_in(command.municipality, command.month, names, found.basis))
    store = store_id(connections.store_dsn)
    with connect(connections.store_dsn) as connection:
        # Nobody else disputes or freezes anything until the transaction ends.
        connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
        stands = recorded(connection)
        for one in stands.disputed:
            if one.id == command.id:
                return one, False
        is_frozen = stands.frozen_month(command.municipality, command.month) is not None
        body = event(store, command, command.said(day, frozen=is_frozen), correlation)
        put(connection, STREAM, [(command.key, command.now, body)])
    return disputed_of(body), True


def _known(connections: Connections, command: DisputeSettlement) -> Disputed | None:
    with connect(connections.store_dsn) as connection:
        return next((one for one in recorded(connection).disputed if one.id == command.id), None)
