"""Holds: parts of records that must be kept though their time passes, placed and ended by name."""

from datetime import datetime
from uuid import UUID

from consumers.erasure_due import living
from domain.errors import Refused
from domain.retention import Hold
from domain.seal import Scope
from infra.postgres import Connection


def place_hold(vault: Connection, scope: Scope, ground: Hold, by: UUID, now: datetime) -> None:
    """Keep it. ``by`` is a staff reference, ``now`` aware. Raises ``Refused`` where there is nothing, or it is held so."""
    if not living(vault, [scope]):
        raise Refused(
            "That controller keeps nothing about this patient under that law, or it was erased.",
            hint="`carechain vault due` shows how controllers are named.",
        )
    placed = vault.execute(
        "INSERT INTO vault.hold (journey, controller, regime, ground, placed_by, placed_at)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (*scope, ground.value, by, now),
    )
    if placed.rowcount != 1:
        raise Refused("It is held on that ground already.", hint="`carechain vault due` shows what is held.")


def lift_hold(vault: Connection, scope: Scope, ground: Hold, by: UUID, now: datetime) -> None:
    """Keep it no longer on that ground. Raises ``Refused`` where it is not."""
    lifted = vault.execute(
        "UPDATE vault.hold SET lifted_by = %s, lifted_at = %s"
        " WHERE (journey, controller, regime, ground) = (%s, %s, %s, %s) AND lifted_at IS NULL",
        (by, now, *scope, ground.value),
    )
    if lifted.rowcount != 1:
        raise Refused("It is not held on that ground.", hint="`carechain vault due` shows what is held.")
