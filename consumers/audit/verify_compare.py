"""Fact by fact: where the three copies differ, and which of them is the odd one out.

The majority of the copies tells, unless a signed checkpoint does: what its root proves is right whoever says otherwise.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from consumers.audit.copies import Held
from consumers.audit.verify_faults import COPIES, Copy, Fault
from infra.kafka import partition_of

Content = tuple[bytes, int, bytes]
"""Journey, version and the digest of the bytes."""
View = frozenset[Content]
"""What a copy holds at a position: nothing, one fact, or (which is wrong by itself) several."""


@dataclass(frozen=True)
class Ends:
    """How far Kafka and the journal had come when the check began."""

    partitions: int
    kafka: Mapping[int, int]
    """Partition -> the highest position seen in it."""
    noted: int
    """Everything up to here was published, as the relay noted."""
    journal: Mapping[int, int]
    journalled: Mapping[int, int]
    """Partition -> the offset from which on records need not be in the journal yet."""
    caught_up: frozenset[int] = frozenset()
    """Partitions that the journal has read to their end."""


@dataclass(frozen=True)
class Proof:
    """What the checkpoints say of the copies."""

    position: int = 0
    """Up to here the store holds exactly what was signed."""
    copy: Copy | None = None
    """Which other copy holds what was signed where the store does not,"""
    until: int = 0
    """and up to which position."""

    def of(self, position: int) -> Copy | None:
        """The copy that is proven right at a position."""
        if position <= self.position:
            return "store"
        return self.copy if position <= self.until else None


def compare(
    copies: Mapping[Copy, Iterable[Held]], ends: Ends, proof: Proof
) -> tuple[list[Fault], dict[Copy, int]]:
    """The faults in these blocks, by position; and how many facts are not in Kafka, not in the journal yet."""
    by_position: dict[Copy, dict[int, list[Held]]] = {copy: defaultdict(list) for copy in COPIES}
    contents: dict[Copy, Counter[Content]] = {copy: Counter() for copy in COPIES}
    for copy in COPIES:
        for item in copies.get(copy, ()):
            by_position[copy][item.position].append(item)
            contents[copy][_content(item)] += 1
    faults: list[Fault] = []
    not_yet: dict[Copy, int] = {"kafka": 0, "journal": 0}
    for position in sorted(set().union(*by_position.values())):
        held = {copy: by_position[copy].get(position, []) for copy in COPIES}
        faults.extend(_repeats(position, held))
        views, absent = _views(position, held, ends)
        for copy in absent:
            not_yet[copy] += 1
        if len(set(views.values())) > 1:
            faults.extend(_differences(position, views, held, contents, proof))
    return faults, not_yet


def _content(item: Held) -> Content:
    return item.journey, item.version, item.digest


def _repeats(position: int, held: Mapping[Copy, list[Held]]) -> Iterator[Fault]:
    for copy, items in held.items():
        for (journey, version, _), number in Counter(map(_content, items)).items():
            if number > 1:
                yield Fault(
                    "repeated",
                    (copy,),
                    "once",
                    f"{number} times",
                    position,
                    UUID(bytes=journey),
                    version,
                    _places(items),
                    "No fact is published or kept twice.",
                )


def _views(position: int, held: Mapping[Copy, list[Held]], ends: Ends) -> tuple[dict[Copy, View], list[Copy]]:
    """What each copy says, and the copies that need not say anything yet."""
    views: dict[Copy, View] = {copy: frozenset(map(_content, items)) for copy, items in held.items()}
    absent: list[Copy] = []
    # What is only in the store tells by its journey where it would go.
    partition = _partition(next(item for items in held.values() for item in items), ends.partitions)
    if (
        not views["kafka"]
        and not views["journal"]
        and position > max(ends.kafka.get(partition, 0), ends.noted)
    ):
        absent = ["kafka"]
    elif not views["journal"] and _not_journalled(position, held["kafka"], partition, ends):
        absent = ["journal"]
    if absent == ["kafka"]:
        del views["kafka"], views["journal"]
    elif absent:
        del views["journal"]
    return views, absent


def _partition(item: Held, partitions: int) -> int:
    return partition_of(str(UUID(bytes=item.journey)), partitions)


def _not_journalled(position: int, kafka: list[Held], partition: int, ends: Ends) -> bool:
    if kafka:
        return all((item.offset or 0) >= ends.journalled.get(item.partition or 0, 0) for item in kafka)
    # Kafka has lost it: whether the journal ever had it shows by what it has after it.
    return partition not in ends.caught_up and position > ends.journal.get(partition, 0)


def _differences(
    position: int,
    views: Mapping[Copy, View],
    held: Mapping[Copy, list[Held]],
    contents: Mapping[Copy, Counter[Content]],
    proof: Proof,
) -> Iterator[Fault]:
    right, why = _right(position, views, proof)
    odd = () if right is None else tuple(copy for copy, view in views.items() if view != right)
    # Where nobody can say which is right, it is told as if the copy that holds more were.
    true = max(views.values(), key=len) if right is None else right
    wrong = views[odd[0]] if odd else min((view for view in views.values() if view != true), key=len)
    item = [*sorted(true - wrong), *sorted(wrong - true)][0]
    places = next((_places(items) for copy, items in held.items() if copy == "kafka" and items), None)
    yield Fault(
        _kind(true, wrong, odd, contents),
        odd,
        _shown(true),
        _shown(wrong),
        position,
        UUID(bytes=item[0]),
        item[1],
        places,
        why,
    )


def _right(position: int, views: Mapping[Copy, View], proof: Proof) -> tuple[View | None, str]:
    """What is right at a position, and what says so."""
    proven = proof.of(position)
    if proven is not None and proven in views:
        who = "the store" if proven == "store" else proven_name(proven)
        return views[proven], f"A signed checkpoint proves what {who} holds."
    (most, number), *_ = Counter(views.values()).most_common(1)
    if number > 1:
        return most, "The other two agree."
    named = " and ".join(proven_name(copy) for copy in views)
    return None, f"Nothing shows which of {named} is right."


def proven_name(copy: str) -> str:
    """A copy's name within a sentence."""
    return {"store": "the store", "kafka": "Kafka", "journal": "the journal"}[copy]


def _kind(true: View, wrong: View, odd: tuple[Copy, ...], contents: Mapping[Copy, Counter[Content]]) -> str:
    others = [copy for copy in COPIES if copy not in odd]

    def anywhere(content: Content, copies: Iterable[Copy]) -> bool:
        return any(contents[copy][content] for copy in copies)

    if any(contents[copy][content] > 1 for copy in odd for content in wrong - true):
        return "repeated"
    if odd and (
        any(anywhere(content, odd[:1]) for content in true - wrong)
        or any(anywhere(content, others) for content in wrong - true)
    ):
        return "moved"
    if not wrong:
        return "missing"
    return "changed" if true else "added"


def _shown(view: View) -> str:
    if not view:
        return "nothing"
    return "; ".join(
        f"{UUID(bytes=journey)} version {version}, sha256 {digest.hex()}"
        for journey, version, digest in sorted(view)
    )


def _places(items: Iterable[Held]) -> str | None:
    found = [f"partition {item.partition}, offset {item.offset}" for item in items if item.offset is not None]
    return "; ".join(found) or None


def differing_leaves(
    copies: Mapping[Copy, Iterable[Held]], other: Copy, until: int
) -> dict[int, tuple[bytes, ...]]:
    """Position -> the leaves that another copy has there, where they are not the store's."""
    sides: list[dict[int, list[bytes]]] = [defaultdict(list), defaultdict(list)]
    for side, copy in zip(sides, ("store", other), strict=True):
        for item in copies.get(copy, ()):
            if item.position <= until and item.leaf not in side[item.position]:
                side[item.position].append(item.leaf)
    store, others = sides
    return {
        position: tuple(others.get(position, ()))
        for position in {*store, *others}
        if store.get(position) != others.get(position)
    }
