"""What takes effect when adopted: agreements, registers, population files; an event each, with by whom and when."""

from datetime import datetime

from domain.adopted import Adoption, adoptions_of, basis_of, content_of, registers_of
from domain.adoption_events import (
    Act,
    Event,
    adopted,
    agreement_adopted,
    agreement_withdrawn,
    register_adopted,
)
from domain.agreement import Agreement
from domain.errors import Refused
from domain.organisations import ADOPTED as ORGANISATIONS_ADOPTED
from domain.organisations import KEY as ORGANISATIONS
from domain.organisations import Organisations
from domain.organisations import adopted_of as organisations_of
from domain.population import Population
from domain.registers import Register
from infra.postgres import Connection, connect
from infra.store import put, store_id
from projections.population import ADOPTED as POPULATION_ADOPTED
from projections.population import adopted_of

STREAM = "reference"
LARGEST = 9 * 2**20
"""Bytes of one event: what Kafka takes, and room for what it puts around it."""

__all__ = [
    "STREAM",
    "adopt",
    "adopt_organisations",
    "adopt_population",
    "adopt_register",
    "basis_of",
    "recorded",
    "require_new",
    "withdraw",
    "withdrawable",
]


def adopt(store_dsn: str, agreement: Agreement, text: str, actor: str, now: datetime) -> bool:
    """Put the agreement on record. ``actor`` is a staff reference, ``now`` UTC. False when it stands already.

    Raises ``Refused`` where the same version has said something else.
    """
    with connect(store_dsn) as connection:
        if not require_new(_events(connection), agreement):
            return False
        _put(connection, agreement_adopted(Act(store_id(store_dsn), actor, now), agreement, text))
    return True


def require_new(events: list[bytes], agreement: Agreement) -> bool:
    """False when the agreement stands as it is. Raises ``Refused`` where the same version has said something else."""
    known = {one.agreement.name: one for one in adoptions_of(events)}.get(agreement.name)
    if known is None:
        return True
    if content_of(known.agreement) != content_of(agreement):
        raise Refused(
            f"{agreement.name} was adopted on {known.adopted_at:%Y-%m-%d}, and says something else.",
            hint=f"Raise the version: what is decided by {agreement.name} must stay readable as it was.",
        )
    return known.withdrawn_at is not None


def withdraw(store_dsn: str, name: str, reason: str, actor: str, now: datetime) -> Agreement:
    """Put on record that an agreement holds no longer, as if it had never been adopted. ``name`` is its id@version.

    Raises ``Refused`` where none of that name stands.
    """
    with connect(store_dsn) as connection:
        agreement = withdrawable(_events(connection), name).agreement
        _put(connection, agreement_withdrawn(Act(store_id(store_dsn), actor, now), agreement, reason))
    return agreement


def withdrawable(events: list[bytes], name: str) -> Adoption:
    """The one that stands under an id@version, or under an id of which one version stands. Raises ``Refused``."""
    standing = [one for one in adoptions_of(events) if one.withdrawn_at is None]
    found = [one for one in standing if name in (one.agreement.name, one.agreement.id)]
    if not found:
        names = ", ".join(one.agreement.name for one in standing) or "none"
        raise Refused("No adopted agreement of that name stands.", hint=f"Those that stand: {names}.")
    if len(found) > 1:
        names = ", ".join(one.agreement.name for one in found)
        raise Refused("Several versions of it stand.", hint=f"Name one of {names}.")
    return found[0]


def adopt_register(store_dsn: str, register: Register, text: str, actor: str, now: datetime) -> bool:
    """Put a register on record, in place of the one of its kind before. False when it stands already."""
    with connect(store_dsn) as connection:
        standing = registers_of(_events(connection)).get(register.kind)
        if standing is not None and standing.register == register:
            return False
        _put(connection, register_adopted(Act(store_id(store_dsn), actor, now), register, text))
    return True


def adopt_population(store_dsn: str, population: Population, text: str, actor: str, now: datetime) -> bool:
    """Put a population file on record, as ``adopt``. Raises ``Refused`` where a newer count has been adopted."""
    with connect(store_dsn) as connection:
        standing = adopted_of(_events(connection))
        if standing == population:
            return False
        if standing is not None and standing.as_of > population.as_of:
            raise Refused(
                f"A newer count has been adopted already: {standing.id}, of {standing.as_of}.",
                hint="Adopt a file with a count of that day or later.",
            )
        content = {"population": population.model_dump(mode="json")}
        act, subject = Act(store_id(store_dsn), actor, now), f"population:{population.id}"
        _put(connection, adopted(act, POPULATION_ADOPTED, subject, population.id, text, content))
    return True


def adopt_organisations(
    store_dsn: str, register: Organisations, text: str, actor: str, now: datetime
) -> Organisations | None:
    """Put a register of organisations on record, in place of the one before, which is returned (``None``: the first).

    One that says the same is not put again. Raises ``Refused`` where it is larger than a record on Kafka may be.
    """
    with connect(store_dsn) as connection:
        standing = organisations_of(_events(connection))
        if standing == register:
            return standing
        act = Act(store_id(store_dsn), actor, now)
        content = {"organisations": register.content()}
        event = adopted(act, ORGANISATIONS_ADOPTED, ORGANISATIONS, "organisations", text, content)
        if len(event.body) > LARGEST:
            raise Refused(
                f"The register is too large to be passed on: {len(event.body) / 2**20:.1f} MiB with its file,"
                f" and {LARGEST / 2**20:.0f} MiB is the most.",
                hint="Leave out units that no message names: `carechain organisation unknown` tells those that are.",
            )
        _put(connection, event)
    return standing


def recorded(store_dsn: str) -> list[bytes]:
    """Everything of the reference stream on record here, oldest first; Kafka may not have all of it yet."""
    with connect(store_dsn) as connection:
        return _read(connection)


def _events(connection: Connection) -> list[bytes]:
    """What was adopted so far, oldest first; until the transaction ends nobody else adopts anything."""
    connection.execute("LOCK TABLE store.outbox IN EXCLUSIVE MODE")
    return _read(connection)


def _read(connection: Connection) -> list[bytes]:
    bodies = connection.execute(
        "SELECT body FROM store.outbox WHERE stream = %s ORDER BY position", (STREAM,)
    )
    return [bytes(row[0]) for row in bodies]


def _put(connection: Connection, event: Event) -> None:
    put(connection, STREAM, [(event.key, event.at, event.body)])
