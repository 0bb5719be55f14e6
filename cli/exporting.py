"""What an export is about, read journey by journey, and the new file it goes to."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedWriter, TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from uuid import UUID

import typer

from cli.asking import Asked, asking
from cli.output import say
from cli.period import Period, read_period
from domain.errors import Refused
from infra.errors import OperatingError

if TYPE_CHECKING:
    from consumers.exports.accesses import Access
    from consumers.exports.shown import ShownFact, ShownJourney

_NOT_ALLOWED = 4


@dataclass(frozen=True)
class Selection:
    """What was asked for, question by question, and in which days."""

    questions: tuple[dict[str, Any], ...]
    period: Period | None


@dataclass
class Tally:
    """What was written, and what was not."""

    journeys: int = 0
    facts: int = 0
    looks: int = 0
    mended: int = 0
    """Voided facts and corrections."""
    without_stay: int = 0
    withheld: int = 0
    later: int = 0

    def count(self, journey: "ShownJourney") -> None:
        """A journey with the facts of the period."""
        counted = [fact for fact in journey.facts if not fact.correction and fact.state != "voided"]
        self.journeys += bool(journey.facts)
        self.facts += len(journey.facts)
        self.mended += len(journey.facts) - len(counted)
        self.without_stay += sum(fact.stay is None for fact in counted)
        self.withheld += journey.withheld
        self.later += journey.later

    def tell(self, *, logs: bool, looks: bool, by_stay: bool) -> None:
        """Say it on stderr; an event log leaves out what does not count, and by stay what belongs to none."""
        if looks:
            say(f"{_number(self.looks, 'look')} at {_number(self.journeys, 'journey')} written.")
            return
        left_out = self.mended if logs else 0
        outside = self.without_stay if by_stay else 0
        written = _number(self.facts - left_out - outside, "fact")
        say(f"{written} of {_number(self.journeys, 'journey')} written.")
        if left_out:
            say(f"{_number(left_out, 'voided fact or correction', 'voided facts and corrections')} left out.")
        if outside:
            say(f"{_number(outside, 'fact')} left out that belong to no stay.")
        if self.withheld:
            told = _number(self.withheld, "fact is", "facts are")
            say(f"{told} on record and not shown: not readable, not concluded yet, or another patient's.")
        if self.later:
            say(f"{_number(self.later, 'fact is', 'facts are')} dated later than asked about.")


def _number(number: int, one: str, several: str | None = None) -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"


def selection(
    journeys: Sequence[str],
    *,
    patient: str | None,
    unit: str | None,
    municipality: str | None,
    region: str | None,
    as_of: str | None,
    known_at: str | None,
    period: tuple[str, str] | None,
) -> Selection:
    """Understand what is asked for. Raises usage errors."""
    clocks = {"as_of": as_of, "known_at": known_at}
    place = {"unit": unit, "municipality": municipality, "region": region}
    by_place = any(value is not None for value in place.values())
    if (bool(journeys), patient is not None, by_place).count(True) != 1:
        raise typer.BadParameter(
            "say which journeys: their ids, `--patient -`, or a place (--unit, --municipality, --region).",
            param_hint="JOURNEY",
        )
    days = None if period is None else read_period(period)
    if journeys:
        return Selection(tuple({"journey": one, **clocks} for one in dict.fromkeys(journeys)), days)
    return Selection(({"patient": patient, **place, **clocks},), days)


def shown(wanted: Selection, tally: Tally) -> "Iterator[ShownJourney]":
    """The journeys asked for, each once, with the facts of the period; a place's in order of id."""
    from consumers.exports.shown import shown_journeys

    seen: set[UUID] = set()
    for asked in _asked(wanted):
        ids = [one for one in _journeys(asked) if one not in seen]
        seen.update(ids)
        for journey in shown_journeys(asked.connection, asked.schema, ids, asked.now, asked.known_at):
            within = replace(journey, facts=tuple(f for f in journey.facts if _is_within(f, wanted.period)))
            tally.count(within)
            yield within


def looks(wanted: Selection, tally: Tally) -> "Iterator[Access]":
    """The looks at the journeys asked for. Raises ``OperatingError`` for whoever may not read who has looked."""
    from consumers.exports.accesses import accesses, as_auditor, has_log

    seen: set[UUID] = set()
    for asked in _asked(wanted):
        ids = [one for one in (*_journeys(asked), *asked.linked) if one not in seen]
        seen.update(ids)
        with as_auditor(asked.connection):
            if not has_log(asked.connection):
                raise OperatingError(
                    "Who has looked is for auditors to read.",
                    hint="Ask an auditor, or who runs carechain.",
                    exit_code=_NOT_ALLOWED,
                )
            since, until = wanted.period or (None, None)
            # Not the one that this question itself is: the same question has the same answer again.
            known = min(asked.now, asked.known_at or asked.now)
            for look in accesses(asked.connection, ids, since=since, until=until, known_at=known):
                tally.looks += 1
                yield look
        tally.journeys += len(ids)


def _asked(wanted: Selection) -> Iterator[Asked]:
    for question in wanted.questions:
        with asking(**question) as asked:
            yield asked


def _journeys(asked: Asked) -> Sequence[UUID]:
    from projections.journeys import journeys

    if asked.filters.journeys is not None:
        return asked.filters.journeys
    found = journeys(asked.connection, asked.schema, asked.filters, asked.now)
    return sorted(one["journey"] for one in found)


def _is_within(fact: "ShownFact", period: Period | None) -> bool:
    return period is None or period.start <= fact.time < period.end


@contextmanager
def text_file(path: Path | None) -> Iterator[TextIO]:
    """Where text is written, as UTF-8 with plain line ends: a new file, or stdout."""
    if path is None:
        yield sys.stdout
        return
    with new_file(path) as raw, TextIOWrapper(raw, encoding="utf-8", newline="\n") as file:
        yield file


@contextmanager
def new_file(path: Path) -> Iterator[BufferedWriter]:
    """A new file that only its owner may read; gone again where not all could be written.

    Raises ``Refused`` where there is one, ``OperatingError`` where it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path} is there already.", hint="Name a new file, or move that one away.") from None
    except OSError as error:
        raise OperatingError(
            f"{path} cannot be written: {error.strerror or 'no access'}.",
            hint="Name a place that exists and may be written to.",
            exit_code=_NOT_ALLOWED,
        ) from error
    try:
        with open(handle, "wb") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
