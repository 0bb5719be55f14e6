"""Which municipality owes which days of a stay, in which state that is, and what they cost (LUS 5 chap.)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from domain.amounts import Cost, cost
from domain.calendar import date_difference, local_date
from domain.liability_parts import NO_NOTICE, NOT_READY, WAITING_DAYS
from domain.payment import PAYMENT
from domain.rows import Responsibility
from projections.query import Answer, Filters, Line, answer, in_order, lines
from projections.responsibility import PROJECTION as RESPONSIBILITY

WAITING, LIABLE, NOT_LIABLE, ENDED = STATES = ("waiting", "liable", "not-liable", "ended")
_NEVER_TOLD = ("discharged", "deceased", "cancelled", "withdrawn", "moved", None)
"""How a stretch without a notice to the municipality ends, unless the notice comes."""


class LiabilityAnswer(Answer):
    """What one discharge-ready notice means for one municipality. ``state``: waiting, liable, not-liable or ended.

    ``id`` is that of the last row of payment it rests on, ``value`` the dates owed so far.
    """

    start_date: date | None
    """From which date the municipality pays, or would, as the statute counts; none without a notice to it."""
    liable_from: datetime | None
    """From when it does: later than ``start_date`` where something was missing then."""
    ended_at: datetime | None
    reason: str | None
    """Why it does not pay, or never came to."""
    amount: int | None
    """SEK for the dates owed so far."""
    amount_missing: str | None
    """Why there is no amount."""


def liability(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime
) -> list[LiabilityAnswer]:
    """One line for each notice's consequences, by journey and time; ``filters.states`` are ``STATES``."""
    asked = Filters(
        journeys=filters.journeys, municipality=filters.municipality, region=filters.region, rules=(PAYMENT,)
    )
    shown = lines(connection, schema, RESPONSIBILITY, asked, now, "r.journey, r.stay, r.started_at")
    found = [_answer(stretch, now) for stretch in _stretches(shown)]
    return [line for line in found if filters.states is None or line["state"] in filters.states]


def _stretches(shown: Sequence[Line]) -> Iterator[list[Line]]:
    """The rows of payment that belong to one notice: its days, then who paid and why."""
    current: list[Line] = []
    for line in shown:
        begins = line["detail"] in (NOT_READY, NO_NOTICE, WAITING_DAYS)
        follows = current and line["stay"] == current[-1]["stay"] and current[-1]["outcome"] == "changed"
        if current and (begins or not follows):
            yield current
            current = []
        if line["detail"] == NO_NOTICE:
            if line["outcome"] in _NEVER_TOLD:
                yield [line]
        elif line["detail"] != NOT_READY:
            current.append(line)
    if current:
        yield current


def _answer(stretch: list[Line], now: datetime) -> LiabilityAnswer:
    first, last = stretch[0], stretch[-1]
    liable = last if last["detail"] is None else None
    begins = None if liable is None else liable["started_at"]
    end = last["ended_at"] or now
    dates = 0 if begins is None else date_difference(begins, end)
    owed = Cost(0) if begins is None else cost(local_date(begins), local_date(end))
    said: LiabilityAnswer = {
        **answer(Responsibility, last, value_unit="dates"),
        "state": _state(last),
        "start_date": _start_date(first),
        "liable_from": begins,
        "ended_at": last["ended_at"],
        "reason": None if last["detail"] == WAITING_DAYS else last["detail"],
        "value": float(dates),
        "amount": owed.amount,
        "amount_missing": owed.missing,
    }
    return in_order(said)


def _state(last: Line) -> str:
    if last["ended_at"] is not None:
        return ENDED
    if last["detail"] is None:
        return LIABLE
    return WAITING if last["detail"] == WAITING_DAYS else NOT_LIABLE


def _start_date(first: Line) -> date | None:
    """When the days of waiting are over; they have no length where it is decided as soon as it can be asked."""
    if first["detail"] == NO_NOTICE:
        return None
    return local_date(first["due_at"] or first["started_at"])
