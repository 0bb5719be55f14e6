"""Takes many messages in: in batches, each message counted once, and what cannot become a fact put aside."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from eventsourcing.persistence import DataError, IntegrityError, PersistenceError

from consumers.intake.dead_letters import DeadLetters, PutAside
from consumers.intake.formats import Message
from consumers.intake.intake import BATCH, Answer, Intake
from consumers.intake.prepare import prepare
from domain.errors import Refused, Unreadable
from domain.submission import Submission
from infra.errors import OperatingError, VaultError

BATCH_BYTES = 16 * 1024 * 1024
"""A batch holds no more than this of messages, or one."""
_DATABASE = (psycopg.Error, PersistenceError)
"""Drivers' errors: of a server, a right, a disk. Only what says that a value is wrong is one message's fault."""


@dataclass
class Counts:
    """How many messages there were, and what became of each."""

    accepted: int = 0
    """Told something new."""
    known: int = 0
    """Told nothing but what was recorded already."""
    not_of_use: int = 0
    """Of a kind that says nothing about the care chain (acknowledgements, correspondence)."""
    put_aside: int = 0
    """Could not become a fact, or not wholly."""
    dead_letters: int = 0
    """New letters: the same bytes put aside again add none."""
    reasons: Counter[str] = field(default_factory=Counter)
    """How many were put aside for each reason."""

    @property
    def read(self) -> int:
        return self.accepted + self.known + self.not_of_use + self.put_aside


@dataclass
class Ingestion:
    """One run over many messages. ``counts`` stays true to what was saved when a server is lost half-way."""

    intake: Intake
    clock: Callable[[], datetime]
    """The recorded time, UTC."""
    advance: Callable[[int], None] = lambda _: None
    """Told how many more messages are done."""
    on_put_aside: Callable[[PutAside], None] = lambda _: None
    counts: Counts = field(default_factory=Counts)

    def run(self, messages: Iterable[Message]) -> Counts:
        """Read and record them all. Raises ``OperatingError`` where a server is lost; batches before stand."""
        letters = DeadLetters(self.intake.store_dsn, self.intake.app.store, self.intake.vault)
        for batch in _batches(messages):
            try:
                self._take(batch, letters)
            except _DATABASE as error:
                raise _interrupted(error) from error
            self.advance(len(batch))
        return self.counts

    def _take(self, batch: list[Message], letters: DeadLetters) -> None:
        said = [_said(message) for message in batch]
        answers = iter(self._decide([s for item in said if isinstance(item, list) for s in item]))
        tally: Counter[str] = Counter()
        aside: list[PutAside] = []
        for message, item in zip(batch, said, strict=True):
            if isinstance(item, Unreadable):
                aside.append(_aside(message, item, None))
                continue
            answered = [next(answers) for _ in item]
            turned_down = next((a.refused for a in answered if a.refused is not None), None)
            if turned_down is not None:
                aside.append(_aside(message, turned_down, item[0].source))
            else:
                tally[_outcome(answered)] += 1
        self.counts.dead_letters += letters.write(aside, self.clock())
        # Only now: all that this batch did is saved.
        self.counts.accepted += tally["accepted"]
        self.counts.known += tally["known"]
        self.counts.not_of_use += tally["not_of_use"]
        self.counts.put_aside += len(aside)
        self.counts.reasons.update(letter.reason for letter in aside)
        for letter in aside:
            self.on_put_aside(letter)

    def _decide(self, submissions: Sequence[Submission]) -> list[Answer]:
        """All in one transaction; where something stands in the way of one, each alone, so that one is put aside."""
        try:
            return self.intake.submit(submissions, self.clock) if submissions else []
        except Exception as error:
            if _concerns_all(error, alone=len(submissions) == 1):
                raise
            if len(submissions) == 1:
                return [Answer(refused=_undecided(error))]
        return [answer for submission in submissions for answer in self._decide([submission])]


def examine(
    messages: Iterable[Message],
    advance: Callable[[int], None] = lambda _: None,
    on_put_aside: Callable[[PutAside], None] = lambda _: None,
) -> Counts:
    """What can be read, without a server and without a trace: ``accepted`` are those that could become facts."""
    counts = Counts()
    for message in messages:
        said = _said(message)
        checked = [said] if isinstance(said, Unreadable) else [prepare(submission) for submission in said]
        turned_down = next((wrong for wrong in checked if isinstance(wrong, Unreadable)), None)
        if turned_down is not None:
            letter = _aside(message, turned_down, None)
            counts.put_aside += 1
            counts.reasons[letter.reason] += 1
            on_put_aside(letter)
        elif checked:
            counts.accepted += 1
        else:
            counts.not_of_use += 1
        advance(1)
    return counts


def _said(message: Message) -> list[Submission] | Unreadable:
    try:
        return message.read()
    except Unreadable as unreadable:
        return unreadable


def _aside(message: Message, error: Refused | Unreadable, source: str | None) -> PutAside:
    return PutAside.because(
        error,
        source=source or message.kind,
        place=message.place,
        digest=message.digest,
        size=message.size,
        raw=message.raw,
    )


def _outcome(answers: list[Answer]) -> str:
    if not answers:
        return "not_of_use"
    return "accepted" if any(answer.new for answer in answers) else "known"


def _concerns_all(error: Exception, *, alone: bool) -> bool:
    """Whether it is a server, a setting or another writer rather than one journey's history."""
    if isinstance(error, VaultError):
        return error.exit_code != 1  # 1 is one broken row, else the master key is the wrong one
    if isinstance(error, IntegrityError):
        return alone  # another writer is in one of the journeys again and again
    if isinstance(error, (psycopg.DataError, DataError)):
        return False
    return isinstance(error, (OperatingError, *_DATABASE))


def _interrupted(error: Exception) -> OperatingError:
    again = "ingest the same again: what was saved is known by then."
    if isinstance(error, IntegrityError):
        return OperatingError(
            "Another program keeps writing in the same journey.", hint=f"When it is done, {again}"
        )
    return OperatingError(
        "The work with PostgreSQL was interrupted.",
        hint=f"See `carechain status` and `carechain doctor`, then {again}",
    )


def _undecided(error: Exception) -> Unreadable:
    # What the error says may hold a piece of the message; its name does not.
    return Unreadable("undecided", f"The journey it belongs to cannot be continued ({type(error).__name__}).")


def _batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    size = 0
    for message in messages:
        held = len(message.raw or b"")
        if batch and (len(batch) == BATCH or size + held > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += held
    if batch:
        yield batch
