"""Reading the event store: each row against its own bytes, the chain within the portion, sums and leaves."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import msgspec

from consumers.audit.copies import (
    BLOCK_BITS,
    Ground,
    Head,
    Held,
    StoreRow,
    Sums,
    decode,
    held,
    place,
    summing,
)
from consumers.audit.verify_faults import Fault, Found

_OURS = re.compile(
    r"(/carechain/)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|se\.carechain\.[a-z0-9.-]{1,60}|[0-9T:.+Z-]{19,32}"
    r"|[a-z ,-]{0,80}(as the relay writes them|of which one is not)|no journey"
)


@dataclass
class StoreSeen:
    """What a portion of the store comes to, in the order of positions."""

    facts: int = 0
    sums: Sums = field(default_factory=dict)
    leaves: bytes = b""
    """The facts' leaf hashes, one after the other."""
    chains: dict[bytes, tuple[int, str, int, int, bytes]] = field(default_factory=dict)
    """Journey -> version, named hash and position of its first fact here, version and digest of its last."""
    marks: dict[int, int] = field(default_factory=dict)
    """Position -> how many of these facts are not after it."""
    found: Found = field(default_factory=Found)


def read_store(rows: Iterable[StoreRow], ground: Ground, marks: Sequence[int] = ()) -> StoreSeen:
    """Check rows that come in the order of their positions; count those up to each of the marks."""
    seen, sha256 = StoreSeen(), hashlib.sha256
    summand, source, sums = summing(ground.key), ground.source, seen.sums
    leaves: list[bytes] = []
    positions: list[int] = []
    firsts: dict[bytes, tuple[int, str, int]] = {}
    lasts: dict[bytes, tuple[int, bytes]] = {}
    for position, journey, version, topic, raw in rows:
        positions.append(position)
        leaf = place(position, journey, version) + raw
        leaves.append(sha256(b"\x00" + leaf).digest())
        block = position >> BLOCK_BITS
        sums[block] = sums.get(block, 0) + summand(leaf)
        try:
            head = decode(raw)
            named = head.prevhash
            if (
                head.journeyversion != version
                or head.source != source
                or head.type != topic
                or head.subject.replace("-", "") != journey.hex()
            ):
                _contradictions(seen.found, head, StoreRow(position, journey, version, topic, raw), source)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            named = ""
            seen.found.add(unreadable("store", position, journey, version, error))
        before = lasts.get(journey)
        if before is None:
            firsts[journey] = (version, named, position)
        else:
            check_link(seen.found, journey, before, (version, named, position))
        lasts[journey] = (version, sha256(raw).digest())
    seen.facts, seen.leaves = len(leaves), b"".join(leaves)
    seen.marks = {mark: bisect_right(positions, mark) for mark in marks}
    seen.chains = {journey: (*first, *lasts[journey]) for journey, first in firsts.items()}
    return seen


def check_link(
    found: Found, journey: bytes, before: tuple[int, bytes] | None, here: tuple[int, str, int]
) -> None:
    """Whether a fact (version, named hash, position) follows the one before (version, digest) in its journey."""
    version, named, position = here
    last, digest = (0, bytes(32)) if before is None else before
    if version != last + 1:
        told = "gap", f"version {last + 1}", f"version {version}"
    elif named != digest.hex():
        told = "chain", digest.hex(), named if len(named) == 64 and named.isalnum() else "no hash"
    else:
        return
    kind, expected, shown = told
    found.add(Fault(kind, (), expected, shown, position, UUID(bytes=journey), version))


def unreadable(
    copy: str, position: int, journey: bytes, version: int, error: Exception, where: str | None = None
) -> Fault:
    """That bytes are no fact. The decoder's words name fields, and none of what stands in them."""
    said = str(error) if isinstance(error, msgspec.ValidationError) else "no JSON"
    return Fault(
        "unreadable", (copy,), "a fact's envelope", said, position, UUID(bytes=journey), version, where
    )


def contradiction(
    copy: str,
    name: str,
    expected: object,
    found: object,
    at: tuple[int, bytes, int],
    where: str | None = None,
) -> Fault:
    """That what stands beside a fact is not what the fact says."""
    position, journey, version = at
    return Fault(
        "row",
        (copy,),
        f"{name} {_shown(expected)}",
        f"{name} {_shown(found)}",
        position,
        UUID(bytes=journey),
        version,
        where,
        "Its bytes say otherwise.",
    )


def _shown(value: object) -> str:
    """Numbers, ids, times and our own words; of any other text a digest, as it may be what must not be shown."""
    if not isinstance(value, str) or _OURS.fullmatch(value):
        return str(value)
    return f"sha256:{hashlib.sha256(value.encode()).hexdigest()[:16]}"


def _contradictions(found: Found, head: Head, row: StoreRow, source: str) -> None:
    at = (row.position, row.journey, row.version)
    for name, told, own in (
        ("originator_version", head.journeyversion, row.version),
        ("originator_id", head.subject, str(UUID(bytes=row.journey))),
        ("topic", head.type, row.topic),
    ):
        if told != own:
            found.add(contradiction("store", name, told, own, at))
    if head.source != source:
        found.add(contradiction("store", "source", source, head.source, at))


def store_held(rows: Iterable[StoreRow], blocks: Container[int]) -> Iterator[Held]:
    """The facts in these blocks, to be compared one by one."""
    for position, journey, version, _topic, raw in rows:
        if position >> BLOCK_BITS in blocks:
            yield held(position, journey, version, raw)


def corrected_leaves(rows: Iterable[StoreRow], instead: Mapping[int, Sequence[bytes]]) -> bytes:
    """The leaves, with others' leaves at these positions (none: the fact is left out)."""
    waiting = sorted(instead.items(), reverse=True)
    leaves: list[bytes] = []
    for position, journey, version, _topic, raw in rows:
        while waiting and waiting[-1][0] < position:
            leaves.extend(waiting.pop()[1])
        if position not in instead:
            leaves.append(held(position, journey, version, raw).leaf)
    while waiting:
        leaves.extend(waiting.pop()[1])
    return b"".join(leaves)
