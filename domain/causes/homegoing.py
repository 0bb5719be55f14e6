"""All that was asked of municipalities has been accepted, its day has come, and the patient is still in."""

from collections.abc import Iterator
from datetime import datetime

from domain.case import Case
from domain.facts.municipal import MunicipalTakeoverAccepted
from domain.rows import Cause, Wait
from domain.subject import Owner, Until
from domain.takeovers import Said, takeovers

CODE = "homegoing"
MEASURE = "W-06"
TEXT = "The municipality is ready to receive, and the patient has not left the hospital."
SOURCE = "practice"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """Broken off where a municipality is asked anew, declines, or puts off its start."""
    said = list(takeovers(case))
    last: dict[Owner, Said] = {}
    for word, following in zip(said, [*said[1:], None], strict=False):
        last[word.owner] = word
        ready = _ready_at(last)
        until = Until.by(following.recorded if following is not None else None, "said-anew")
        if ready is not None:
            yield from case.cause(
                CODE, wait, word.recorded, case.hospital(word.recorded), from_time=ready, until=(until,)
            )


def _ready_at(last: dict[Owner, Said]) -> datetime | None:
    """When every takeover has been accepted and its planned start has come; ``None`` where one has not."""
    times = []
    for said in last.values():
        if not isinstance(said.word, MunicipalTakeoverAccepted):
            return None
        times += [said.recorded.time, *([said.word.planned_start_at] if said.word.planned_start_at else [])]
    return max(times)
