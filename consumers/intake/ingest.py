"""Takes many messages in: in batches, each message counted once, and what cannot become a fact put aside."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar, cast

import psycopg
from eventsourcing.persistence import DataError, IntegrityError, PersistenceError

from consumers.intake.dead_letters import DeadLetters, PutAside
from consumers.intake.intake import BATCH, UNKNOWN_MESSAGE, Answer, Intake
from consumers.intake.message import Message, Told
from consumers.intake.prepare import prepare
from consumers.intake.tally import Tally
from domain.envelope import RecordedFact
from domain.errors import Refused, Unreadable
from domain.submission import Submission
from infra.errors import OperatingError, VaultError
from infra.logs import fault, get_logger
from infra.store import JourneyRecorder

BATCH_BYTES = 16 * 1024 * 1024
"""A batch holds no more than this of messages, or one."""
ANSWERS = 1_000
"""Of how many answers to messages that are not known a run remembers that they may be, by its end."""
Verdict = Literal["accepted", "known", "not_of_use", "put_aside"]
_DATABASE = (psycopg.Error, PersistenceError)
"""Drivers' errors: of a server, a right, a disk. Only what says that a value is wrong is one message's fault."""

_log = get_logger(__name__)
_Item = TypeVar("_Item")


@dataclass(frozen=True, repr=False)
class Outcome:
    """What became of one message."""

    message: Message
    told: Told | None
    """``None`` where nothing of it could be read."""
    verdict: Verdict
    trouble: Unreadable | Refused | None
    """Why it was put aside."""
    new: tuple[RecordedFact, ...] = ()
    """The facts that are new; of a message put aside those of its parts that could be read."""
    known: tuple[RecordedFact, ...] = ()
    """Those that were recorded already."""

    def letter(self) -> PutAside | None:
        """What goes to the dead letters."""
        return PutAside.because(self.trouble, self.message, self.told) if self.trouble is not None else None

    @property
    def fact_ids(self) -> tuple[str, ...]:
        """Of all the facts it tells."""
        return tuple(fact.envelope.id for fact in (*self.new, *self.known))


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

    unused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of those not of use, how many by source and kind."""

    def add(self, outcome: Outcome) -> None:
        """Count one message."""
        setattr(self, outcome.verdict, getattr(self, outcome.verdict) + 1)
        if outcome.trouble is not None:
            self.reasons[_reason(outcome)] += 1
        if outcome.verdict == "not_of_use" and outcome.told is not None:
            self.unused[outcome.told.source or outcome.message.format, outcome.told.kind] += 1

    def move(self, before: Outcome, after: Outcome) -> None:
        """Count a message as what became of it in the end; its letter was written and is resolved."""
        self.put_aside -= 1
        self.dead_letters = min(self.dead_letters, self.put_aside)
        self.reasons -= Counter([_reason(before)])
        self.add(after)

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

    def __post_init__(self) -> None:
        self._letters = DeadLetters(self.intake.store_dsn, self.intake.app.store, self.intake.vault)
        self._tally = Tally(self.intake.store_dsn)

    def run(self, messages: Iterable[Message]) -> Counts:
        """Read and record them all. Raises ``OperatingError`` where a server is lost; batches before stand."""
        answers: list[Outcome] = []
        for batch in portions(messages, lambda message: message):
            outcomes = self.take(batch)
            answers += [outcome for outcome in outcomes if _answers_unknown(outcome)][
                : ANSWERS - len(answers)
            ]
            self.advance(len(batch))
        self._answered_since(answers)
        return self.counts

    def take(self, batch: Sequence[Message]) -> list[Outcome]:
        """Read and record one batch, and put aside what cannot become facts: it is all on disk when this returns.

        Raises ``OperatingError`` where a server is lost: then the batch may be taken again, and nothing doubles.
        """
        try:
            return self._take(batch)
        except _DATABASE as error:
            raise _interrupted(error) from error

    def _answered_since(self, answers: Sequence[Outcome]) -> None:
        """Take in answers that stood before what they answer: in a run the order of messages says nothing."""
        for before in answers:
            outcome = self.try_again(before.message)
            if outcome.trouble is None:
                self._resolve([outcome], self.clock())
                self.counts.move(before, outcome)

    def try_again(self, message: Message) -> Outcome:
        """Read and record a message that was counted when it came, and has its letter: neither is written here.

        Raises ``OperatingError`` where a server is lost: then it may be tried again, and nothing doubles.
        """
        try:
            return self._decided([message])[0]
        except _DATABASE as error:
            raise _interrupted(error) from error

    def _take(self, batch: Sequence[Message]) -> list[Outcome]:
        outcomes = self._decided(batch)
        aside = [letter for outcome in outcomes if (letter := outcome.letter()) is not None]
        now = self.clock()
        self.counts.dead_letters += self._letters.write(aside, now)
        self._resolve(outcomes, now)
        self._tally.add(outcomes, now)
        # Only now: all that this batch did is saved.
        for outcome in outcomes:
            self.counts.add(outcome)
        for letter in aside:
            self.on_put_aside(letter)
        return outcomes

    def _decided(self, batch: Sequence[Message]) -> list[Outcome]:
        """What becomes of each: its facts are saved."""
        said = [read(message) for message in batch]
        answers = iter(self._decide([s for item in said if isinstance(item, Told) for s in item.submissions]))
        outcomes = []
        for message, item in zip(batch, said, strict=True):
            if isinstance(item, Unreadable):
                outcomes.append(Outcome(message, None, "put_aside", item))
            else:
                outcomes.append(_outcome(message, item, [next(answers) for _ in item.submissions]))
        return outcomes

    def _resolve(self, outcomes: Sequence[Outcome], now: datetime) -> None:
        """What lay in the dead letters, was sent again, and could be read, lies there no longer."""
        good = {outcome.message.digest: outcome for outcome in outcomes if outcome.trouble is None}
        recorder = cast(JourneyRecorder, self.intake.app.recorder)
        again = recorder.select_open_letters(list(good)) if good else ()
        if again:
            self._letters.sent_again({digest: good[digest].fact_ids for digest in again}, now)

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
        outcome = _examined(message, read(message))
        counts.add(outcome)
        letter = outcome.letter()
        if letter is not None:
            on_put_aside(letter)
        advance(1)
    return counts


def read(message: Message) -> Told | Unreadable:
    """What a message says, or why nothing of it can be told. Never raises: one message stops no other."""
    try:
        return message.read()
    except Unreadable as unreadable:
        return unreadable
    except Exception as error:  # noqa: BLE001  # a mistake of ours about one message must not stop the others
        _log.error(
            "not_read", format=message.format, place=message.place, digest=message.digest, why=fault(error)
        )
        # What the error says may hold a piece of the message; its name does not.
        return Unreadable("not-read", f"carechain could not read this message ({type(error).__name__}).")


def _examined(message: Message, said: Told | Unreadable) -> Outcome:
    if isinstance(said, Unreadable):
        return Outcome(message, None, "put_aside", said)
    checked = [prepare(submission) for submission in said.submissions]
    trouble = said.trouble or next((wrong for wrong in checked if isinstance(wrong, Unreadable)), None)
    if trouble is not None:
        return Outcome(message, said, "put_aside", trouble)
    return Outcome(message, said, "accepted" if checked else "not_of_use", None)


def _outcome(message: Message, told: Told, answers: Sequence[Answer]) -> Outcome:
    new = tuple(fact for answer in answers for fact in answer.new)
    known = tuple(fact for answer in answers for fact in answer.known)
    trouble = told.trouble or next((a.refused for a in answers if a.refused is not None), None)
    if trouble is not None:
        return Outcome(message, told, "put_aside", trouble, new, known)
    if not answers:
        return Outcome(message, told, "not_of_use", None)
    return Outcome(message, told, "accepted" if new else "known", None, new, known)


def _reason(outcome: Outcome) -> str:
    return outcome.trouble.reason if isinstance(outcome.trouble, Unreadable) else "refused"


def _answers_unknown(outcome: Outcome) -> bool:
    return outcome.trouble is not None and _reason(outcome) == UNKNOWN_MESSAGE


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


def portions(items: Iterable[_Item], message_of: Callable[[_Item], Message]) -> Iterator[list[_Item]]:
    """What is taken in at once: as many messages, and as many bytes of them, as one transaction takes."""
    portion: list[_Item] = []
    size = 0
    for item in items:
        held = len(message_of(item).raw or b"")
        if portion and (len(portion) == BATCH or size + held > BATCH_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(item)
        size += held
    if portion:
        yield portion
