"""History in, rows out: live, rebuild, as-of, known-at, what-if and replay are this one pure function."""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from types import ModuleType
from uuid import UUID

import msgspec

from domain.basis import Basis
from domain.calendar import end_of_local_day, local_date
from domain.case import Conclude
from domain.cause import causes, causes_of
from domain.chain import Chain, ConcludeChain
from domain.discovery import modules_of
from domain.envelope import RecordedFact
from domain.fact import load_catalogue
from domain.findings import TEXTS, findings, judged
from domain.history import History
from domain.mismatches import mismatches
from domain.payment import payment
from domain.reference import party_of
from domain.responsibility import care, next_steps
from domain.restrictions import restrictions
from domain.rows import Obligation, Row, TimelineEntry, row_id
from domain.rows import Stay as StayRow
from domain.stays import Stay, Stays
from domain.subject import Rule
from domain.unfold import unfolded


def conclude(journey: UUID, history: History, basis: Basis) -> list[Row]:
    """Every row that follows from the history of one journey, in a fixed order.

    Law, property-tested: ``at(conclude(H), T) == at(conclude(H.until(T)), T)``.
    """
    stays = Stays.of(history)

    def make(known: History) -> list[Row]:
        return _concluded(Chain(journey, known, stays if known is history else Stays.of(known), basis))

    rows = unfolded(history, make)
    rows.extend(_timeline(journey, history, stays))
    return sorted(rows, key=lambda row: (row.KIND, row.rule, row.valid_from, row.id))


def _concluded(chain: Chain) -> list[Row]:
    """All rows but the timeline."""
    rows: list[Row] = []
    for stay in chain.stays.stays.values():
        rows.extend(_stay_rows(chain.journey, stay))
        if stay.under_lus:
            case = chain.case(stay)
            told = [row for rule_rows in _rules().values() for row in rule_rows(case)]
            rows += [*told, *causes_of(case, told)]
            rows.extend(payment(case))
    told = [row for chain_rows in _chain_rules().values() for row in chain_rows(chain)]
    rows += [*told, *causes_of(chain, told)]
    given = list(care(chain))
    rows.extend(given)
    rows.extend(mismatches(chain, given))
    rows.extend(next_steps([row for row in rows if isinstance(row, Obligation)]))
    rows.extend(findings(chain.journey, chain.history, chain.stays))
    rows.extend(restrictions(chain))
    return rows


@cache
def rules() -> dict[str, Rule]:
    """Every rule and measure by id, in order of id."""
    return {rule.id: rule for rule in sorted((m.RULE for m in _modules()), key=lambda rule: rule.id)}


def mark(basis: Basis) -> str:
    """SHA-256 over everything besides facts that rows follow from: another mark means they are concluded anew.

    The basis, the rules with their versions, causes and findings, and which facts this version of the program can read.
    """
    said = [
        basis.digest,
        [f"{rule.id}@{rule.version}" for rule in rules().values()],
        sorted(load_catalogue()),
        list(causes()),
        sorted(TEXTS),
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


@cache
def _rules() -> dict[str, Conclude]:
    """The folder is the list: each module of ``domain.rules`` and ``domain.waits`` offers RULE and rows."""
    return {module.RULE.id: module.rows for module in _modules() if hasattr(module, "rows")}


@cache
def _chain_rules() -> dict[str, ConcludeChain]:
    """Those that look beyond one stay under LUS offer ``chain_rows``, instead of ``rows`` or beside it."""
    return {module.RULE.id: module.chain_rows for module in _modules() if hasattr(module, "chain_rows")}


def _modules() -> tuple[ModuleType, ...]:
    return (*modules_of("domain.rules"), *modules_of("domain.waits"))


def _stay_rows(journey: UUID, stay: Stay) -> Iterator[StayRow]:
    """A version for each phase; phases of one moment leave only the last."""
    if not stay.phases:
        return
    first = stay.phases[0].by
    for phase, following in zip(stay.phases, [*stay.phases[1:], None], strict=True):
        if following is not None and following.since == phase.since:
            continue
        ends = phase.phase in ("discharged", "deceased", "cancelled") and stay.ended is not None
        yield StayRow(
            # One episode id used for two patients is a source's mistake; their stays are two rows all the same.
            id=row_id(StayRow, "stay", f"{journey}/{stay.id}"),
            journey=journey,
            stay=stay.id,
            rule="stay",
            valid_from=phase.since,
            valid_to=following.since if following is not None else None,
            started_at=phase.started_at,
            ended_at=stay.ended.time if ends and stay.ended is phase.by else None,
            outcome=phase.phase if ends and stay.ended is phase.by else None,
            phase=phase.phase,
            party=None,
            unit=phase.unit,
            organisation=phase.organisation,
            municipality=stay.municipality_known(phase.since),
            region=stay.region_known(phase.since),
            leave_closed=phase.leave_closed,
            leave_since=phase.leave_since,
            opened_by=(first.id,) if phase.by is first else (first.id, phase.by.id),
        )


def _timeline(journey: UUID, history: History, stays: Stays) -> Iterator[TimelineEntry]:
    placed = {fact.id: stay for stay in stays.stays.values() for fact in stay.facts}
    counted = len(history.facts)
    for number, fact in enumerate((*history.facts, *history.voided, *history.corrections)):
        envelope = fact.envelope
        stay = placed.get(fact.id) if fact.stay is None else stays.stays.get(fact.stay)
        asked = judged(fact) if number < counted else None
        yield TimelineEntry(
            id=row_id(TimelineEntry, fact.kind.NAME, fact.id),
            journey=journey,
            stay=fact.stay or (stay.id if stay is not None else None),
            rule=fact.kind.NAME,
            valid_from=fact.time,
            started_at=fact.time,
            party=_party(fact),
            role=envelope.actorrole,
            unit=envelope.actorunit,
            municipality=stay.municipality_known(fact.time) if stay is not None else None,
            region=stay.region_known(fact.time) if stay is not None else None,
            opened_by=(fact.id,),
            regime=envelope.regime,
            detail=_mark(fact, history),
            source=envelope.sourcesystem,
            at_latest=_at_latest(fact),
            judged=asked is not None,
            lacks=asked.missing() if asked is not None else (),
            controller=envelope.controller,
        )


def _at_latest(fact: RecordedFact) -> datetime:
    """A time that was mended is exact; else it is as exact as the source said."""
    day_alone = fact.envelope.timeprecision == "day" and fact.corrected_by is None
    return end_of_local_day(local_date(fact.time)) if day_alone else fact.time


def _party(fact: RecordedFact) -> str | None:
    principal = fact.envelope.principal
    if principal is None:
        return fact.envelope.controller
    return party_of(principal)


def _mark(fact: RecordedFact, history: History) -> str | None:
    if fact in history.voided:
        return "voided"
    if fact.corrected_by is not None:
        return "amended"
    return "sealed" if fact.fact is None else None
