"""The stretches in which a wait on a track does not count, each with its ground (HSF 6:2)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.guarantee import WaitPaused, WaitResumed
from domain.facts.referral import TrackFact
from domain.rows import Cause, Wait
from domain.subject import Owner, Until

Step = Literal["visit", "treatment"]


@dataclass(frozen=True)
class Pause:
    """From the first time a ground is told until the clock runs again."""

    ground: str | None
    paused: RecordedFact
    resumed: RecordedFact | None


def pauses(chain: Chain, track: str, step: str) -> Iterator[Pause]:
    """The pauses of one step on one track. Two grounds at once are two pauses; resuming ends both."""
    running: dict[str | None, RecordedFact] = {}
    for recorded in chain.history.facts:
        fact = recorded.fact
        if not isinstance(fact, WaitPaused | WaitResumed) or (fact.track, fact.step) != (track, step):
            continue
        if isinstance(fact, WaitPaused):
            running.setdefault(fact.ground, recorded)
        else:
            yield from (Pause(ground, paused, recorded) for ground, paused in running.items())
            running = {}
    yield from (Pause(ground, paused, None) for ground, paused in running.items())


def not_counted(
    chain: Chain, track: str, step: str, start: datetime, end: datetime | None
) -> tuple[timedelta, datetime | None]:
    """Of a wait: the pauses that have ended, summed, and since when one runs (at its end, where it has ended)."""
    closed, since = timedelta(), None
    for began, resumed in _stretches(chain, track, step):
        began = max(began, start)
        if end is not None and began >= end:
            continue
        if resumed is None or (end is not None and resumed > end):
            since = began
        else:
            closed += max(resumed - began, timedelta())
    return closed, since


def _stretches(chain: Chain, track: str, step: str) -> list[tuple[datetime, datetime | None]]:
    """Pauses with two grounds at once are one stretch: the same time is left out once."""
    stretches: dict[datetime | None, datetime] = {}
    for pause in pauses(chain, track, step):
        resumed = pause.resumed.time if pause.resumed is not None else None
        stretches[resumed] = min(stretches.get(resumed, pause.paused.time), pause.paused.time)
    return [(began, resumed) for resumed, began in stretches.items()]


def paused_causes(chain: Chain, code: str, wait: Wait, owner: Owner) -> Iterator[Cause]:
    """The stretches of a wait that are paused on one ground, which is the cause's code."""
    fact = chain.opening(wait).fact
    if isinstance(fact, TrackFact) and fact.track is not None and wait.role is not None:
        for pause in pauses(chain, fact.track, wait.role):
            if pause.ground == code:
                until = (Until.by(pause.resumed, "resumed"),)
                yield from chain.cause(code, wait, pause.paused, owner, until=until)
