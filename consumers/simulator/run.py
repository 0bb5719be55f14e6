"""One simulated month on disk: facts as they arrive, the answers expected of them, and what was assumed."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from consumers.simulator.clock import in_utc
from consumers.simulator.desk import Message
from consumers.simulator.dice import Dice
from consumers.simulator.emit import messages
from consumers.simulator.extend import extend
from consumers.simulator.noise import Post
from consumers.simulator.plan import Month, plan
from consumers.simulator.records import Journey
from consumers.simulator.region import Area, area
from consumers.simulator.truth import ASSUMED, answers

FACTS, TRUTH, ABOUT = "facts.ndjson", "truth.ndjson", "about.json"
_MAY_COINCIDE = {
    frozenset({"patient-admitted", "service-need-assessed"}),
    frozenset({"patient-discharged", "care-contact-appointed"}),
    frozenset({"patient-discharged", "discharge-information-transferred"}),
    frozenset({"patient-discharged", "municipal-takeover-accepted"}),
}
"""Two acts of one moment whose order does not need to be guessed."""


def simulate(
    region: str,
    admissions: int,
    seed: int,
    output: Path,
    start: date = date(2026, 1, 1),
    advance: Callable[[int], None] = lambda _: None,
) -> dict[str, Any]:
    """Write ``facts.ndjson``, ``truth.ndjson`` and ``about.json`` to `output`; return what the last one says.

    `start` is the first Swedish day of the admissions, the watch ends a month later; `advance` is told how
    many more admissions are planned. The same arguments give the same bytes. Raises ``Refused`` for a region
    that is not known.
    """
    where, month = area(region), Month(start)
    tally: Counter[str] = Counter()
    arriving: list[tuple[Any, int, str]] = []
    expected: list[str] = []

    def clear(journey: Journey) -> bool:
        return not coinciding(messages(where, journey))

    for number, planned in enumerate(plan(where, admissions, seed, month, clear)):
        more = Dice("more", where.code, seed, start.isoformat(), number)
        journey = _extended(more, where, planned, month, clear)
        true = messages(where, journey)
        _count(tally, journey)
        dice = Dice("post", where.code, seed, start.isoformat(), number)
        for arrives, line in Post(where, journey, dice, month.ends, tally).deliver(true):
            arriving.append((arrives, len(arriving), line))
        for row in answers(where.code, journey, month.ends):
            tally[f"truth:{row['kind']}"] += 1
            expected.append(json.dumps(row, ensure_ascii=False, separators=(",", ":")))
        advance(sum(stay.admitted_at is not None for stay in journey.stays))
    arriving.sort()
    about = _about(where, admissions, seed, month, tally)
    output.mkdir(parents=True, exist_ok=True)
    _lines(output / FACTS, (line for _, _, line in arriving))
    _lines(output / TRUTH, expected)
    _lines(output / ABOUT, [json.dumps(about, ensure_ascii=False, indent=2)])
    return about


def _extended(
    dice: Dice, where: Area, planned: Journey, month: Month, clear: Callable[[Journey], bool]
) -> Journey:
    """With all else that is told; anew where two acts fall on one moment by chance."""
    while True:
        journey = deepcopy(planned)
        extend(dice, where, journey, month)
        if clear(journey):
            return journey


def coinciding(true: list[Message]) -> set[frozenset[str]]:
    """Kinds of two acts that fall on one moment though the law does not say which comes first."""
    met: set[frozenset[str]] = set()
    for one, other in pairwise(true):
        if one.at == other.at and one.kind != other.kind:
            met.add(frozenset({one.kind, other.kind}))
    return met - _MAY_COINCIDE


def _count(tally: Counter[str], journey: Journey) -> None:
    tally["journeys"] += 1
    for stay in journey.stays:
        tally["admissions" if stay.admitted_at is not None else "visits only"] += 1
        tally[f"ended:{stay.end or 'not yet'}"] += 1


def _about(where: Area, admissions: int, seed: int, month: Month, tally: Counter[str]) -> dict[str, Any]:
    return {
        "region": {"code": where.code, "name": where.name},
        "admissions": admissions,
        "seed": seed,
        "start": month.start.isoformat(),
        "horizon": in_utc(month.ends),
        "assumed": ASSUMED,
        "counts": dict(sorted(tally.items())),
    }


def _lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
