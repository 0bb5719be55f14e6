"""Which municipality owes which days of a stay, in which state that is, and what they cost (LUS 5 chap.)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from psycopg import Connection

from domain.agreed_amounts import agreed_cost
from domain.agreement import STATUTE
from domain.amounts import Cost
from domain.basis import Basis
from domain.calendar import date_difference, local_date
from domain.liability_parts import BY_THE_MONTH, NO_NOTICE, NOT_READY, WAITING_DAYS
from domain.payment import PAYMENT
from domain.rows import Responsibility
from projections.query import Answer, Filters, Line, answer, in_order, lines
from projections.responsibility import PROJECTION as RESPONSIBILITY

WAITING, MONTHLY, LIABLE, NOT_LIABLE, ENDED = STATES = (
    "waiting",
    BY_THE_MONTH,
    "liable",
    "not-liable",
    "ended",
)
_NEVER_TOLD = ("discharged", "deceased", "cancelled", "withdrawn", "moved", None)
"""How a stretch without a notice to the municipality ends, unless the notice comes."""


class LiabilityAnswer(Answer):
    """What one discharge-ready notice means for one municipality, in one of ``STATES``.

    ``id`` is that of the last row of payment it rests on, ``value`` the dates owed so far.
    """

    start_date: date | None
    """From which date the municipality pays, or would, as agreed; none without a notice to it. Where a month's mean is
    settled: from when a long stay is reckoned singly, and none where none is."""
    liable_from: datetime | None
    """From when it does: later than ``start_date`` where something was missing then, earlier where a long stay has
    left the mean and is reckoned from the individual rule's date."""
    ended_at: datetime | None
    reason: str | None
    """Why it does not pay, or never came to."""
    amount: int | None
    """SEK for the dates owed so far."""
    amount_missing: str | None
    """Why there is no amount."""


def liability(
    connection: Connection[Any], schema: str, filters: Filters, now: datetime, basis: Basis | None = None
) -> list[LiabilityAnswer]:
    """One line for each notice's consequences, by journey and time; ``filters.states`` are ``STATES``.

    ``basis`` has the agreements that the rows name, for their amounts; without it those of the statute are used.
    """
    asked = Filters(
        journeys=filters.journeys, municipality=filters.municipality, region=filters.region, rules=(PAYMENT,)
    )
    shown = lines(connection, schema, RESPONSIBILITY, asked, now, "r.journey, r.stay, r.valid_from")
    found = [_answer(stretch, now, basis or Basis()) for stretch in _stretches(shown)]
    return [line for line in found if filters.states is None or line["state"] in filters.states]


def _stretches(shown: Sequence[Line]) -> Iterator[list[Line]]:
    """The rows of payment that belong to one notice: its days, then who paid and why."""
    current: list[Line] = []
    for line in shown:
        begins = line["detail"] in (NOT_READY, NO_NOTICE, WAITING_DAYS, BY_THE_MONTH)
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


def _answer(stretch: list[Line], now: datetime, basis: Basis) -> LiabilityAnswer:
    first, last = stretch[0], stretch[-1]
    liable = last if last["detail"] is None else None
    begins = None if liable is None else liable["started_at"]
    end = last["ended_at"] or now
    dates = 0 if begins is None else date_difference(begins, end)
    owed = Cost(0) if begins is None else _cost(last, begins, end, basis)
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


def _cost(liable: Line, begins: datetime, end: datetime, basis: Basis) -> Cost:
    agreement = basis.named(liable["agreement"], local_date(begins)) or STATUTE
    return agreed_cost(local_date(begins), local_date(end), agreement, basis.amounts)


def _state(last: Line) -> str:
    if last["ended_at"] is not None:
        return ENDED
    if last["detail"] is None:
        return LIABLE
    return {WAITING_DAYS: WAITING, BY_THE_MONTH: MONTHLY}.get(last["detail"], NOT_LIABLE)


def _start_date(first: Line) -> date | None:
    """When the days of waiting are over; they have no length where it is decided as soon as it can be asked."""
    if first["detail"] == NO_NOTICE or (first["detail"] == BY_THE_MONTH and first["due_at"] is None):
        return None
    return local_date(first["due_at"] or first["started_at"])
