"""What the signed list says of each part that is erased, and what a vault does not know of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from consumers.erasure_proposals import Item, Proposal
from domain.calendar import format_instant
from domain.seal import Scope
from infra.erasure_list import Line
from infra.postgres import Connection


def entry_of(proposal: Proposal, item: Item, identity: bool, now: datetime) -> dict[str, Any]:
    """What the list is to say of one part of a confirmed proposal."""
    assert proposal.confirmed_at is not None
    return {
        "erasure": str(item.id),
        "proposal": str(proposal.id),
        "at": format_instant(now),
        "journey": str(item.scope.journey),
        "controller": item.scope.controller,
        "regime": item.scope.regime,
        "digest": item.digest,
        "last_entry": item.last_entry and item.last_entry.isoformat(),
        "identity": identity or None,
        "ground": proposal.ground.value,
        "decision": proposal.decision,
        "decided_on": proposal.decided_on and proposal.decided_on.isoformat(),
        "proposed_by": str(proposal.proposed_by),
        "proposed_at": format_instant(proposal.proposed_at),
        "confirmed_by": str(proposal.confirmed_by),
        "confirmed_at": format_instant(proposal.confirmed_at),
    }


def last_parts(vault: Connection, going: Sequence[Scope]) -> set[Scope]:
    """Those of journeys of which nothing would be left: with them goes who the patient is."""
    rows = vault.execute(
        "SELECT journey, controller, regime FROM vault.content_key WHERE wrapped IS NOT NULL AND journey = ANY(%s)",
        ([scope.journey for scope in going],),
    ).fetchall()
    left = {scope.journey for scope in (Scope(*row) for row in rows) if scope not in set(going)}
    return {scope for scope in going if scope.journey not in left}


def unknown_to(vault: Connection, lines: Sequence[Line]) -> int:
    """How many lines of the list a vault does not know of: it was put back to an earlier time."""
    known = {
        text
        for (text,) in vault.execute(
            "SELECT line FROM vault.erasure WHERE destroyed_at IS NOT NULL"
        ).fetchall()
    }
    return sum(line.text not in known for line in lines)
