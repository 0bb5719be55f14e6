"""given(*said).when(said).then(...): what was said, in the ward's order, and what follows from it.

Times without an offset are Swedish local time. Nothing here knows a rule: expected values stand in the tests.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sealing import ScopeSeal

from domain.agreement import Agreement, LocalLimits
from domain.basis import Basis
from domain.calendar import parse_instant
from domain.command import Command
from domain.conclude import conclude
from domain.envelope import RecordedFact
from domain.errors import Refused
from domain.fact import Fact, load_catalogue
from domain.history import History
from domain.journey import CareJourney
from domain.rows import Finding, Obligation, Responsibility, Row, Stay, Wait, at

load_catalogue()
JOURNEY = UUID("00000000-0000-4000-8000-000000000001")
STORE = UUID("00000000-0000-4000-8000-0000000000aa")
WARD = "hsa:SE2321000198-WARD1"
DEMO = Basis(
    agreements=(
        Agreement(
            id="demo",
            version=1,
            title="Demo",
            limits=LocalLimits(
                discharge_ready_notice_minutes=60,
                municipal_start_hours=24,
                follow_up_from_hours=48,
                follow_up_within_hours=72,
            ),
        ),
    )
)
STATUTE_ONLY = Basis()
EVERY_LIMIT = Basis(
    agreements=(
        Agreement(
            id="every-limit",
            version=1,
            title="Every limit that can be agreed on",
            limits=LocalLimits(
                discharge_ready_notice_minutes=60,
                takeover_answer_hours=12,
                municipal_start_hours=24,
                acknowledgement_hours=8,
                planning_input_hours=48,
                estimate_changed_days=1,
                care_contact_before_ready=True,
                sip_established_days=7,
                withdrawal_minutes=30,
                resend_hours=4,
                dispute_day_of_month=12,
                home_contact_hours=24,
                follow_up_from_hours=48,
                follow_up_within_hours=72,
            ),
        ),
    )
)
AnyRow = TypeVar("AnyRow", bound=Row)
_numbers = itertools.count(1)


def instant(text: str) -> datetime:
    """UTC from ISO text; local Swedish time where there is no offset."""
    return parse_instant(text)


def episode(name: str) -> UUID:
    """A stay's id by a name."""
    return uuid5(STORE, name)


def said(time: str, fact: Fact, **said_too: Any) -> Command:
    """A command by Region Gävleborg's ward 1, with a message id of its own unless one is given."""
    given: dict[str, Any] = {
        "source": "ward",
        "message": f"m{next(_numbers)}",
        "controller": "orgnr:2321000198",
        "principal": "21",
    }
    given.update(said_too)
    if isinstance(given.get("stay"), str):
        given["stay"] = episode(given["stay"])
    if isinstance(given.get("sent"), str):
        given["sent"] = instant(given["sent"])
    return Command(journey=JOURNEY, fact=fact, time=instant(time), unit=given.pop("unit", WARD), **given)


@dataclass
class Story:
    """A journey in the making."""

    commands: Sequence[Command] = ()
    basis: Basis = DEMO
    seal: ScopeSeal = field(default_factory=ScopeSeal)
    clock: datetime = field(default_factory=lambda: instant("2026-12-31T00:00:00Z"))
    journey: CareJourney = field(default_factory=lambda: CareJourney(JOURNEY))
    outcome: list[Fact] | Refused | None = None

    def __post_init__(self) -> None:
        for command in self.commands:
            self.record(command)
        self.journey.collect_events()

    def record(self, command: Command) -> RecordedFact:
        self.clock += timedelta(seconds=1)
        return self.journey.decide(command, self.clock, self.seal, STORE).fact

    def under(self, basis: Basis) -> "Story":
        return replace(self, commands=(), basis=basis)

    def when(self, command: Command) -> "Story":
        """An operator asks."""
        try:
            self.record(replace(command, operator=True))
        except Refused as refused:
            self.outcome = refused
        else:
            self.outcome = [fact.fact for fact in self.journey.collect_events() if fact.fact is not None]
        return self

    def then(self, *facts: Fact) -> None:
        assert self.outcome == list(facts)

    def then_nothing(self) -> None:
        assert self.outcome == []

    def then_refused(self, words: str) -> None:
        assert isinstance(self.outcome, Refused), self.outcome
        assert words in self.outcome.message
        assert self.journey.collect_events() == []

    @property
    def history(self) -> History:
        return self.journey.history

    def all_rows(self) -> list[Row]:
        return conclude(JOURNEY, self.history, self.basis)

    def rows(self, kind: type[AnyRow], now: str, rule: str | None = None) -> list[AnyRow]:
        """Rows of a kind as they stand at ``now``."""
        found = [row for row in self.all_rows() if isinstance(row, kind)]
        return [row for row in at(found, instant(now)) if rule is None or row.rule == rule]

    def duty(self, rule: str, now: str) -> Obligation:
        """The one obligation of a rule."""
        (row,) = self.rows(Obligation, now, rule)
        return row

    def duties(self, rule: str, now: str) -> list[Obligation]:
        return self.rows(Obligation, now, rule)

    def wait(self, measure: str, now: str) -> Wait:
        """The one wait of a measure."""
        (row,) = self.rows(Wait, now, measure)
        return row

    def rows_of_wait(self, measure: str, now: str = "2026-12-31T00:00") -> list[Wait]:
        return self.rows(Wait, now, measure)

    def stay(self, now: str) -> Stay:
        """The one stay."""
        (row,) = self.rows(Stay, now)
        return row

    def care(self, now: str) -> set[tuple[str | None, str | None]]:
        """Who gives care at ``now``: capacity and party."""
        rows = self.rows(Responsibility, now, "care")
        return {(row.role, row.party) for row in rows if row.ended_at is None}

    def next_step(self, now: str) -> set[tuple[str | None, str | None]]:
        """Who owes the next step at ``now``: the rule that says so, and the party."""
        rows = self.rows(Responsibility, now, "next_step")
        return {(row.detail, row.party) for row in rows if row.ended_at is None}

    def findings(self, now: str) -> set[str]:
        return {row.rule for row in self.rows(Finding, now)}


def given(*commands: Command, basis: Basis = DEMO) -> Story:
    """What was said by other systems, in the order it arrived."""
    return Story(commands, basis)
