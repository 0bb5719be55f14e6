"""Carrying out what two persons have decided: on the signed list first, then in vault, dead letters and what is shown."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consumers import erasure_proposals as proposals
from consumers.erasure_due import (
    holds,
    living,
    newest_of_person,
    one_person,
    stored_entries,
)
from consumers.erasure_letters import destroy_letters, letters_about
from consumers.erasure_lines import entry_of, last_parts
from consumers.erasure_proposals import Item, Proposal
from consumers.erasure_shown import no_rebuild, show_anew
from domain.calendar import local_date
from domain.retention import Due, Ground, due
from domain.seal import Scope
from infra.erasure_list import ErasureList, Line
from infra.errors import OperatingError
from infra.keys import MasterKey
from infra.postgres import Connection, connect
from infra.settings import Connections
from infra.vault.destroying import destroy

_ALONE = 0x65726173
"""Any number will do, as long as nobody else takes the same lock."""


@dataclass(frozen=True)
class Erased:
    """What came of a proposal."""

    proposal: Proposal
    parts: int
    """Of records, destroyed."""
    letters: int
    """Dead letters, made unreadable."""
    kept: int
    """Parts left out: a newer entry, or a hold, has come in between."""
    forgotten: int
    """Journeys of which the vault does not know any more whose they are."""


class Eraser:
    """Confirms and carries out. What was cut off is carried on by ``complete``, or the same call again."""

    def __init__(
        self,
        connections: Connections,
        master_key: MasterKey,
        erasures: ErasureList,
        clock: Callable[[], datetime],
    ) -> None:
        """``clock`` gives the time in UTC."""
        self._connections = connections
        self._master_key = master_key
        self._list = erasures
        self._clock = clock

    def confirm(self, text: str, by: UUID) -> Erased:
        """The second person's yes (a staff reference) to the proposal whose id begins so, and its carrying out.

        Raises ``Refused`` for the first person and for what is over, ``OperatingError`` where a server is lost, a
        rebuild runs or the list is broken: then run it again.
        """
        with self._alone() as vault:
            self._list.read()  # a broken list is found before anything is decided
            with vault.transaction():
                confirmed = proposals.confirm(vault, text, by, self._clock())
            return self._carry_out(vault, confirmed)

    def complete(self) -> list[Erased]:
        """Carry on with all that was confirmed and then cut off."""
        with connect(self._connections.vault_dsn, application_name="carechain erasure") as vault:
            if not _waiting(vault):
                return []
        with self._alone() as vault:
            return [self._carry_out(vault, one) for one in _waiting(vault)]

    def apply_list(self) -> int:
        """Do once more all that the list says, to servers that were put back to an earlier time. How many lines it has.

        Raises ``OperatingError`` where the list is broken.
        """
        with self._alone() as vault:
            lines = self._list.read()
            if lines:
                with vault.transaction():
                    destroy(vault, lines)
                self._letters_of(lines)
                journeys = {UUID(line.said["journey"]) for line in lines if "digest" not in line.said}
                show_anew(self._connections, self._master_key, sorted(journeys))
                vault.execute(
                    "UPDATE vault.proposal p SET completed_at = %s WHERE confirmed_at IS NOT NULL"
                    " AND completed_at IS NULL AND NOT EXISTS (SELECT FROM vault.erasure e WHERE e.proposal = p.id"
                    " AND e.destroyed_at IS NULL AND e.kept_because IS NULL)",
                    (self._clock(),),
                )
                _vacuum(vault)
            return len(lines)

    def _letters_of(self, lines: Sequence[Line]) -> None:
        by: dict[str, list[str]] = {}
        for line in lines:
            if "digest" in line.said:
                by.setdefault(line.said["confirmed_by"], []).append(line.said["digest"])
        with connect(self._connections.store_dsn, application_name="carechain erasure") as store:
            for who, digests in sorted(by.items()):
                destroy_letters(store, digests, who, self._clock())

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with (
            no_rebuild(self._connections),
            connect(
                self._connections.vault_dsn, autocommit=True, application_name="carechain erasure"
            ) as vault,
        ):
            if vault.execute("SELECT pg_try_advisory_lock(%s)", (_ALONE,)).fetchone() != (True,):
                raise OperatingError(
                    "Somebody else is erasing just now.", hint="Run the command again.", exit_code=1
                )
            yield vault

    def _carry_out(self, vault: Connection, proposal: Proposal) -> Erased:
        with connect(
            self._connections.store_dsn, autocommit=True, application_name="carechain erasure"
        ) as store:
            with vault.transaction():
                self._look_again(vault, store, proposal)
            proposal = proposals.find(vault, str(proposal.id))
            going = [item for item in proposal.items if item.kept_because is None]
            lines = self._on_the_list(vault, proposal, going)
            with vault.transaction():
                destroy(vault, lines)
            digests = [item.digest for item in going if item.digest is not None]
            with store.transaction():
                destroy_letters(store, digests, str(proposal.confirmed_by), self._clock())
        journeys = sorted({item.scope.journey for item in going if item.digest is None})
        show_anew(self._connections, self._master_key, journeys)
        _vacuum(vault)
        vault.execute(
            "UPDATE vault.proposal SET completed_at = %s WHERE id = %s", (self._clock(), proposal.id)
        )
        return Erased(
            proposals.find(vault, str(proposal.id)),
            parts=len(going) - len(digests),
            letters=len(digests),
            kept=len(proposal.items) - len(going),
            forgotten=len({line.said["journey"] for line in lines if line.said.get("identity")}),
        )

    def _look_again(self, vault: Connection, store: Connection, proposal: Proposal) -> None:
        """What has been held since, or written in again, stays; letters about what goes, go, too."""
        listed = {line.said.get("erasure") for line in self._list.read()}
        waiting = [
            item for item in proposal.items if item.kept_because is None and str(item.id) not in listed
        ]
        parts = [item for item in waiting if item.digest is None]
        held = holds(vault, [item.scope for item in parts])
        with connect(self._connections.read_dsn, application_name="carechain erasure") as reading:
            persons = one_person(reading, [item.scope.journey for item in parts])
        newest = stored_entries(store, sorted({one for journeys in persons.values() for one in journeys}))
        today = local_date(self._clock())
        going = []
        for item in parts:
            if item.scope in held:
                proposals.keep(vault, item, "held")
            elif (
                proposal.ground is Ground.RETENTION
                and item.scope in newest
                and not _due(item.scope, newest_of_person(item.scope, newest, persons)).is_due(today)
            ):
                proposals.keep(vault, item, "newer-entry")
            else:
                going.append(item.scope.journey)
        letters = letters_about(store, sorted(set(going)))
        there = set(living(vault, [letter.scope for letter in letters]))
        proposals.add(vault, proposal.id, [letter for letter in letters if letter.scope in there])

    def _on_the_list(self, vault: Connection, proposal: Proposal, going: Sequence[Item]) -> list[Line]:
        """The lines of these items, written where they are not there yet: on disk before any key is destroyed."""
        there = {line.said.get("erasure"): line for line in self._list.read()}
        new = [item for item in going if str(item.id) not in there]
        last = last_parts(vault, [item.scope for item in going if item.digest is None])
        now = self._clock()
        made = (
            self._list.append([entry_of(proposal, item, item.scope in last, now) for item in new])
            if new
            else []
        )
        there |= {line.said["erasure"]: line for line in made}
        return [there[str(item.id)] for item in going]


def _waiting(vault: Connection) -> list[Proposal]:
    return [one for one in proposals.proposals(vault) if one.state == "confirmed"]


def _vacuum(vault: Connection) -> None:
    """PostgreSQL lets go of the room that destroyed keys and names took, and puts others there."""
    vault.execute("VACUUM vault.content_key, vault.person, vault.foreign_id")


def _due(scope: Scope, entry: datetime) -> Due:
    return due("SoL" if scope.regime == "SoL" else "HSL", entry)
