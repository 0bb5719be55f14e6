"""What-if over many journeys: the same history concluded a second time, otherwise, in parallel; nothing is written."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog

from consumers.conclusions import read_people, without_collecting
from consumers.parallel import Tell, Work, over_journeys
from domain.basis import Basis
from domain.whatif import Difference, Scope, Sooner, difference
from infra.keys import MasterKey
from infra.postgres import connect
from infra.settings import Connections
from projections.base import SCHEMA
from projections.journeys import of_place

log = structlog.get_logger("whatif")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: under which basis things are, how they might have been, and which cases count."""

    basis: Basis
    other: Basis | Sooner
    scope: Scope
    known_at: datetime | None = None
    """From the facts recorded by then, UTC; ``None``: from all."""
    journeys: Sequence[UUID] | None = None
    """Of these only."""


@dataclass
class Found:
    """The answer, and what it leaves out."""

    difference: Difference
    journeys: int = 0
    not_concluded: int = 0
    """Journeys that could not be concluded: they are in no figure."""


def ask(
    connections: Connections,
    master_key: MasterKey,
    question: Question,
    tell: Tell = lambda _what, _done, _of: None,
) -> Found:
    """Conclude every journey both ways. Raises ``OperatingError`` where a server is out of reach.

    All journeys are read as of one moment of the journal. Ctrl-C ends it at once.
    """
    found = Found(Difference())
    task: Callable[[Work, list[UUID]], Found] = partial(_page, question)
    with closing(
        over_journeys(
            connections,
            master_key,
            task,
            known_at=question.known_at,
            journeys=_journeys(connections, question),
            what="concluding both ways",
            tell=tell,
        )
    ) as pages:
        for page in pages:
            found.difference.add(page.difference)
            found.journeys += page.journeys
            found.not_concluded += page.not_concluded
    found.difference.sort()
    return found


def _journeys(connections: Connections, question: Question) -> Sequence[UUID] | None:
    """Those that have anything to do with the place asked about; what is agreed moves nobody to another."""
    scope = question.scope
    if question.journeys is not None or (scope.municipality is None and scope.region is None):
        return question.journeys
    with connect(connections.read_dsn, application_name="carechain read") as connection:
        return of_place(connection, SCHEMA, municipality=scope.municipality, region=scope.region)


@without_collecting()
def _page(question: Question, work: Work, journeys: list[UUID]) -> Found:
    lines = work.journal.load(journeys, known_at=question.known_at)
    work.seal.keys.load_keys(list(lines))
    people, _ = read_people(lines, work.seal)
    if question.journeys is not None:
        people = [person for person in people if not set(question.journeys).isdisjoint(person.journeys)]
    found = Found(Difference(), journeys=len(people))
    for person in people:
        try:
            found.difference.add(
                difference(person.head, person.history, question.basis, question.other, question.scope)
            )
        except Exception:
            # As in the projector: a mistake about one patient keeps no answer about the others from coming.
            log.exception("not_concluded", journey=str(person.head))
            found.not_concluded += 1
    return found
