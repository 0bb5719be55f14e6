"""What an account is made of: the rows as the reader sees them, the facts behind them, and the words in the seal."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.asking import Asked
from domain.restrictions import PROTECTED

if TYPE_CHECKING:
    from cli.account.looks import Look
    from domain.basis import Basis
    from domain.envelope import RecordedFact
    from domain.history import History
    from domain.organisations import Organisations

Line = Mapping[str, Any]
Lines = Sequence[Line]


@dataclass(frozen=True, kw_only=True)
class Told:
    """All that the account is written from. Times are UTC."""

    now: datetime
    responsible: Lines = ()
    """Of every notion, at ``now``."""
    missed: Lines = ()
    stays: Lines = ()
    findings: Lines = ()
    timeline: Lines = ()
    restrictions: Lines = ()
    """Those that stand."""
    facts: Mapping[str, "RecordedFact"]
    """The facts as corrected, by id."""
    words: Mapping[str, str | None] = field(default_factory=dict)
    """What the patient said was important, by the fact's id; ``None`` where no key opens it."""
    looks: "Sequence[Look] | None" = None
    register: "Organisations"
    basis: "Basis"
    incomplete_since: datetime | None = None
    blocked: bool = False
    """Whether facts are not shown to this reader because of a block."""
    unconsented: bool = False
    """Whether facts of other providers are not shown to this reader for want of consent."""
    veiled: bool = False
    """Whether this reader is shown no places."""
    protected_now: bool = False
    """Whether the identity is protected today, whatever moment is asked about."""

    def of(self, notion: str) -> list[Line]:
        """Responsibilities of a notion."""
        return [line for line in self.responsible if line["notion"] == notion]

    @property
    def standing(self) -> "Iterator[tuple[Line, RecordedFact | None]]":
        """What counts as having happened and is shown to this reader, in order; its data where they can be read."""
        for line in self.timeline:
            if line["state"] != "voided":
                yield line, self.facts.get(line["facts"][0])

    def times(self, name: str) -> list[Line]:
        """The facts of this name that count, in order."""
        return [line for line, _ in self.standing if line["fact"] == name]

    @property
    def withheld(self) -> bool:
        return self.blocked or self.unconsented

    @property
    def deceased(self) -> bool:
        return bool(self.times("patient-deceased"))

    @property
    def protected(self) -> bool:
        """Whether no place may be told (OSL 21:3, 22:1)."""
        then = any(line["rule"] == PROTECTED for line in self.restrictions)
        return then or self.protected_now or self.veiled


def gather(asked: Asked) -> Told:
    """Read everything about the one journey that was asked about."""
    from cli.account.looks import looks
    from cli.history import load_history
    from consumers.system_findings import all_findings
    from projections import restrictions as restriction
    from projections.handoffs import missed
    from projections.journeys import journeys
    from projections.organisations import organisations_in
    from projections.query import lines
    from projections.responsibility import responsible
    from projections.stays import stays
    from projections.timeline import timeline

    given, now, look = (asked.connection, asked.schema), asked.now, asked.look
    current = replace(asked.filters, states=("current",))
    (head,) = asked.filters.journeys or ()
    known = journeys(*given, asked.filters, now)
    loaded = load_history(asked, head)
    history, protected = loaded.history, replace(current, rules=(PROTECTED,))
    return Told(
        now=now,
        responsible=responsible(*given, current, now),
        missed=missed(*given, asked.filters, now),
        stays=stays(*given, asked.filters, now),
        findings=all_findings(*given, asked.filters, now),
        timeline=timeline(*given, asked.filters, now),
        restrictions=lines(*given, restriction.PROJECTION, current, now, "r.started_at"),
        protected_now=bool(
            lines(*given, restriction.PROJECTION, protected, datetime.now(UTC), "r.started_at")
        ),
        facts={fact.id: fact for fact in (*history.facts, *history.voided, *history.corrections)},
        words=opened_words(asked, history),
        looks=looks(asked.connection, now),
        register=organisations_in(asked.connection, known_at=asked.known_at),
        basis=loaded.basis,
        incomplete_since=known[0]["incomplete_since"] if known else None,
        blocked=look is not None and bool(look.blocked),
        unconsented=look is not None and bool(look.unconsented),
        veiled=look is not None and bool(look.veiled),
    )


def opened_words(asked: Asked, history: "History") -> dict[str, str | None]:
    """What the patient said was important, by the fact's id, opened where the reader's keys allow."""
    from consumers.sealing import OpeningSeal
    from domain.facts.person import PatientGoalStated
    from infra.keys import master_key
    from infra.settings import connections, load_settings
    from infra.vault import KeyReader

    said = [fact for fact in history.facts if fact.kind is PatientGoalStated and fact.time <= asked.now]
    if not said:
        return {}
    settings = load_settings()
    with closing(KeyReader(connections(settings).vault_dsn, master_key(settings))) as keys:
        return {fact.id: words_of(fact, OpeningSeal(keys)) for fact in said}


def words_of(stated: "RecordedFact", seal: Any) -> str | None:
    """The words of one goal; ``None`` where the key is gone, or nothing was written."""
    from domain.envelope import associated
    from domain.fact import Sealed

    words = getattr(stated.fact, "goal", None)
    if not isinstance(words, Sealed):
        return words
    # What an amendment says instead was sealed in its place inside the amendment.
    place = (
        (stated.id, "/goal") if stated.corrected_by is None else (stated.corrected_by, "/amended_data/goal")
    )
    opened: bytes | None = seal.open(words.unwrap(), associated(*place))
    return None if opened is None else opened.decode()
