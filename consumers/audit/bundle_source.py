"""What an audit bundle is made of, as it stands in the store: the last checkpoint, facts, places, proofs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from psycopg import IsolationLevel

from consumers.audit import checkpoints
from consumers.audit.bundle import Earlier, Head, Period, Place
from consumers.audit.bundle_making import Contents
from consumers.audit.heads import heads_at
from consumers.audit.tiles import Tree, leaf_number
from domain import merkle
from domain.calendar import format_instant
from domain.checkpoint import Checkpoint
from domain.errors import Refused
from infra.errors import OperatingError
from infra.postgres import Connection
from infra.signing import open_note, public_file

_PAGE = 2_000
_MARKER = b'"recordedtime":"'
_RECORDED = f"substring(state FROM position(%(marker)s::bytea IN state) + {len(_MARKER)} FOR 27)"
"""The fact's own recorded time, read off its bytes: so written, instants compare as bytes."""
_SIGN = "Run `carechain audit checkpoint`, and then this again."


@dataclass(frozen=True)
class Chosen:
    """What is to be exported: whole journeys, or a run of the log."""

    journeys: tuple[UUID, ...]
    """Those the facts are about."""
    positions: tuple[int, int]
    """Of the first fact and of the last."""
    period: Period | None = None


class Source:
    """The log as of its last checkpoint, on a connection that sees one moment of it. Raises ``Refused`` without one."""

    def __init__(self, connection: Connection, keys: str) -> None:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        self.connection = connection
        self.keys = keys
        kept = checkpoints.newest(connection)
        if kept is None:
            raise Refused("No checkpoint has been signed yet: nothing can be proven.", hint=_SIGN)
        self.kept = kept
        self.checkpoint = Checkpoint.parse(open_note(kept.note, keys))
        self.tree = Tree(connection, self.checkpoint.size)

    def find(self, first: UUID, last: UUID) -> UUID:
        """The one journey on record with an id between these. Raises ``Refused`` for none and for several."""
        found = self.connection.execute(
            "SELECT originator_id FROM store.journeys_events"
            " WHERE originator_id BETWEEN %s AND %s AND originator_version = 1 LIMIT 2",
            (first, last),
        ).fetchall()
        if not found:
            raise Refused("No journey with that id is on record.", hint="Give the id as a fact names it.")
        if len(found) > 1:
            raise Refused("Several journeys begin like that.", hint="Give more of the id.")
        return UUID(str(found[0][0]))

    # -- what is chosen ----------------------------------------------------------------------------------------

    def whole(self, journeys: Sequence[UUID]) -> Chosen:
        """These journeys. Raises ``Refused`` where one has facts that no checkpoint covers yet."""
        row = self.connection.execute(
            "SELECT min(notification_id), max(notification_id) FROM store.journeys_events"
            " WHERE originator_id = ANY(%s)",
            (list(journeys),),
        ).fetchone()
        assert row is not None
        if row[1] > self.checkpoint.position:
            raise Refused(
                "Facts were recorded after the last checkpoint, which does not cover them.", hint=_SIGN
            )
        return Chosen(tuple(sorted(journeys)), (row[0], row[1]))

    def recorded(self, begin: str, end: str) -> Chosen:
        """The run of the log that holds all that was recorded from ``begin`` until before ``end``.

        With the fact before the first and the one after the last, where there are any: they show that it is all. The
        period ends with the checkpoint's time where that is earlier. Raises ``Refused`` where it is not covered.
        """
        sealed = format_instant(self.checkpoint.time)
        period = Period(begin, min(end, sealed))
        if period.begin >= period.end:
            raise Refused("The last checkpoint was signed before the period begins.", hint=_SIGN)
        among = f"{_RECORDED} >= %(begin)s AND {_RECORDED} < %(end)s"
        first, last = self._ends("min(notification_id), max(notification_id)", among, period)
        if first is None or last is None:
            first, _ = self._ends("min(notification_id), NULL", f"{_RECORDED} >= %(end)s", period)
            # Nothing was recorded then: the facts around it show that.
            first = last = min(first or self.checkpoint.position, self.checkpoint.position)
        if last > self.checkpoint.position:
            raise Refused("Facts of the period were recorded after the last checkpoint.", hint=_SIGN)
        row = self.connection.execute(
            "SELECT (SELECT max(notification_id) FROM store.journeys_events WHERE notification_id < %s),"
            " (SELECT min(notification_id) FROM store.journeys_events WHERE notification_id > %s)",
            (first, last),
        ).fetchone()
        assert row is not None
        after = row[1] if row[1] is not None and row[1] <= self.checkpoint.position else last
        positions = (row[0] or first, after)
        journeys = self.connection.execute(
            "SELECT DISTINCT originator_id FROM store.journeys_events"
            " WHERE notification_id BETWEEN %s AND %s ORDER BY 1",
            positions,
        )
        return Chosen(tuple(journey for (journey,) in journeys), positions, period)

    def _ends(self, wanted: str, among: str, period: Period) -> tuple[int | None, int | None]:
        row = self.connection.execute(
            f"SELECT {wanted} FROM store.journeys_events WHERE {among}".encode(),  # noqa: S608  # both are ours
            {"marker": _MARKER, "begin": period.begin.encode(), "end": period.end.encode()},
        ).fetchone()
        assert row is not None
        return row[0], row[1]

    # -- what is exported --------------------------------------------------------------------------------------

    def contents(self, chosen: Chosen, extra: Earlier | None = None) -> Contents:
        """All that goes into the bundle; facts are read while they are written."""
        leaves = self._run(chosen) if chosen.period is not None else self._leaves(chosen)
        heads = heads_at(self.connection, self.checkpoint.position)
        tree = merkle.Tree(head.leaf_hash for head in heads)
        wanted = set(chosen.journeys) if chosen.period is None else set()
        return Contents(
            note=self.kept.note,
            checkpoint=self.checkpoint,
            keys=self.keys,
            earlier=self._earlier(extra),
            facts=self._facts(chosen, leaves),
            leaves=leaves,
            facts_root=self.tree.subtree,
            heads=[
                Head(number, head.journey, head.version, head.hash.hex())
                for number, head in enumerate(heads)
                if head.journey in wanted
            ],
            heads_root=tree.subtree,
            period=chosen.period,
        )

    def _run(self, chosen: Chosen) -> range:
        row = self.connection.execute(
            "SELECT count(*) FROM store.journeys_events WHERE notification_id BETWEEN %s AND %s",
            chosen.positions,
        ).fetchone()
        first = self.leaf(chosen.positions[0])
        assert row is not None
        return range(first, first + row[0])

    def _leaves(self, chosen: Chosen) -> list[int]:
        rows = self.connection.execute(
            "SELECT notification_id FROM store.journeys_events WHERE originator_id = ANY(%s) ORDER BY 1",
            (list(chosen.journeys),),
        ).fetchall()
        return [self.leaf(position) for (position,) in rows]

    def leaf(self, position: int) -> int:
        """The number of the leaf of the fact at this position. Raises ``OperatingError`` where it is not counted."""
        found = leaf_number(self.connection, position)
        if found is None:
            raise OperatingError(
                "The hash tree kept beside the facts does not hold all that was signed.",
                hint="`carechain audit verify` says whether facts are missing, too.",
                exit_code=1,
            )
        return found

    def _facts(self, chosen: Chosen, leaves: Sequence[int]) -> Iterator[tuple[Place, bytes]]:
        whole = None if chosen.period is not None else list(chosen.journeys)
        with self.connection.cursor(name="exported") as cursor:
            cursor.itersize = _PAGE
            cursor.execute(
                "SELECT notification_id, originator_id, originator_version, state FROM store.journeys_events"
                " WHERE notification_id BETWEEN %s AND %s AND (%s::uuid[] IS NULL OR originator_id = ANY(%s))"
                " ORDER BY notification_id",
                (*chosen.positions, whole, whole),
            )
            for leaf, (position, journey, version, raw) in zip(leaves, cursor, strict=True):
                yield Place(leaf, position, journey, version), bytes(raw)

    def _earlier(self, extra: Earlier | None) -> list[Earlier]:
        found = {
            kept.size: Earlier(kept.note, self.tree.consistency_proof(kept.size))
            for kept in checkpoints.on_record(self.connection)
            if kept.size < self.checkpoint.size
        }
        if extra is not None:
            found.setdefault(Checkpoint.parse(open_note(extra.note, self.keys)).size, extra)
        return [found[size] for size in sorted(found)]

    def since(self, note: bytes) -> Earlier | None:
        """The proof for a checkpoint that somebody kept; none is needed where it is the last one.

        Raises ``Refused`` where the log does not extend it, ``NoteError`` where it was not signed by this log.
        """
        text = open_note(note, self.keys)
        kept, now = Checkpoint.parse(text), self.checkpoint
        proof = self.tree.consistency_proof(kept.size) if kept.size <= now.size else []
        if kept.origin != now.origin or not merkle.verify_consistency(
            kept.size, kept.root, now.size, now.root, proof
        ):
            raise Refused(
                "The log does not extend the checkpoint you kept: facts it counted were changed or are not there.",
                hint="Keep that checkpoint, and run `carechain audit verify`.",
            )
        return Earlier(_own(note, text, self.keys), proof) if 0 < kept.size < now.size else None


def _own(note: bytes, text: str, keys: str) -> bytes:
    """The note with the log's own signature only: others may have signed a copy, too."""
    for line in note.decode().removeprefix(f"{text}\n").splitlines():
        alone = f"{text}\n{line}\n".encode()
        try:
            open_note(alone, keys)
        except OperatingError:
            continue
        return alone
    raise AssertionError("it was opened")


def verifier_keys(signing_key_file: Path) -> str:
    """The log's public keys, a line each, as they are told beside the signing key.

    Raises ``OperatingError`` (exit code 2) where they are not there.
    """
    told = public_file(signing_key_file)
    try:
        return told.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise OperatingError(
            f"The public key {told} cannot be read.",
            hint="`carechain audit key` writes it, on the machine that has the signing key.",
            exit_code=2,
        ) from None
