"""Causes of waits, each a module of ``domain.causes``: why somebody waits, and who could end it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from domain.discovery import modules_of
from domain.envelope import RecordedFact
from domain.rows import Cause, Obligation, Row, Wait
from domain.subject import Owner, Subject, Until


@dataclass(frozen=True)
class Why:
    """What a cause is."""

    code: str
    """As it stands on its rows: their ``rule``."""
    measure: str
    """The measure whose waits it explains."""
    text: str
    """What is waited for, in words for people."""
    source: str
    """The paragraph, or where it is agreed or practised."""
    rows: Callable[[Any, Wait], Iterator[Cause]]
    """The stretches of one wait that it explains; asked with the ``Case`` or ``Chain`` that wrote the wait."""


@cache
def causes() -> dict[str, Why]:
    """Every cause by code. The folder is the list: each module offers CODE, MEASURE, TEXT, SOURCE and rows."""
    found = [Why(m.CODE, m.MEASURE, m.TEXT, m.SOURCE, m.rows) for m in modules_of("domain.causes")]
    return {why.code: why for why in sorted(found, key=lambda why: why.code)}


def causes_of(subject: Subject, rows: Iterable[Row]) -> Iterator[Cause]:
    """The causes of each wait among the rows that a case or a chain has written."""
    for wait in rows:
        if isinstance(wait, Wait):
            for why in causes().values():
                if why.measure == wait.rule:
                    yield from why.rows(subject, wait)


def while_owed(subject: Subject, code: str, wait: Wait, duties: Iterable[Row], done: str) -> Iterator[Cause]:
    """The stretches in which something was owed, by whom it was owed; one that lies within another is left out."""
    running: dict[Owner, Obligation] = {}
    for duty in duties:
        assert isinstance(duty, Obligation)
        owner = Owner(duty.party, duty.role, duty.unit)
        before = running.get(owner)
        if before is not None and (before.ended_at is None or before.ended_at > duty.valid_from):
            continue
        running[owner] = duty
        outcome = done if duty.outcome == "done" else duty.outcome or ""
        yield from subject.cause(
            code,
            wait,
            _fact(subject, duty.opened_by[-1]),
            owner,
            from_time=duty.valid_from,
            until=(Until(duty.ended_at, outcome, duty.closed_by),),
        )


def _fact(subject: Subject, id: str) -> RecordedFact:
    return subject.history.by_id[id]
