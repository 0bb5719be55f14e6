"""History in, rows out: live, rebuild, as-of, known-at, what-if and replay are this one pure function."""

import hashlib
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from uuid import UUID

import msgspec

from domain.agreement import Basis
from domain.case import Case, Conclude
from domain.cause import causes, causes_of
from domain.chain import Chain, ConcludeChain
from domain.envelope import RecordedFact
from domain.fact import load_catalogue
from domain.findings import TEXTS, findings
from domain.history import History
from domain.mismatches import mismatches
from domain.payment import payment
from domain.responsibility import care, next_steps
from domain.rows import Obligation, Row, TimelineEntry, row_id
from domain.rows import Stay as StayRow
from domain.stays import Stay, Stays
from domain.subject import Rule
from domain.unfold import unfolded


def conclude(journey: UUID, history: History, basis: Basis) -> list[Row]:
    """Every row that follows from the history of one journey, in a fixed order.

    Law, property-tested: ``at(conclude(H), T) == at(conclude(H.until(T)), T)``.
    """
    rows = unfolded(history, lambda known: _concluded(journey, known, basis))
    rows.extend(_timeline(journey, history, Stays.of(history)))
    return sorted(rows, key=lambda row: (row.KIND, row.rule, row.valid_from, row.id))


def _concluded(journey: UUID, history: History, basis: Basis) -> list[Row]:
    """All rows but the timeline."""
    stays = Stays.of(history)
    rows: list[Row] = []
    for stay in stays.stays.values():
        rows.extend(_stay_rows(journey, stay))
        if stay.under_lus:
            agreement = basis.agreement_for(stay.region, stay.municipality)
            case = Case(journey, history, stays, stay, agreement)
            told = [row for rule_rows in _rules().values() for row in rule_rows(case)]
            rows += [*told, *causes_of(case, told)]
            rows.extend(payment(case))
    chain = Chain(journey, history, stays, basis)
    told = [row for chain_rows in _chain_rules().values() for row in chain_rows(chain)]
    rows += [*told, *causes_of(chain, told)]
    given = list(care(chain))
    rows.extend(given)
    rows.extend(mismatches(chain, given))
    rows.extend(next_steps([row for row in rows if isinstance(row, Obligation)]))
    rows.extend(findings(journey, history, stays))
    return rows


def rules() -> dict[str, Rule]:
    """Every rule and measure by id, in order of id."""
    return {rule.id: rule for rule in sorted(_modules_rules(), key=lambda rule: rule.id)}


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


def _modules_rules() -> list[Rule]:
    return [importlib.import_module(name).RULE for name in _module_names()]


@cache
def _rules() -> dict[str, Conclude]:
    """The folder is the list: each module of ``domain.rules`` and ``domain.waits`` offers RULE and rows."""
    modules = [importlib.import_module(name) for name in _module_names()]
    return {module.RULE.id: module.rows for module in modules if hasattr(module, "rows")}


@cache
def _chain_rules() -> dict[str, ConcludeChain]:
    """Those that look beyond one stay under LUS offer ``chain_rows``, instead of ``rows`` or beside it."""
    modules = [importlib.import_module(name) for name in _module_names()]
    return {module.RULE.id: module.chain_rows for module in modules if hasattr(module, "chain_rows")}


@cache
def _module_names() -> tuple[str, ...]:
    names = []
    for package in ("domain.rules", "domain.waits"):
        path = importlib.import_module(package).__path__
        names += [f"{package}.{module.name}" for module in pkgutil.iter_modules(path)]
    return tuple(sorted(names))


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
    placed = {fact.id: stay.id for stay in stays.stays.values() for fact in stay.facts}
    for fact in (*history.facts, *history.voided, *history.corrections):
        yield TimelineEntry(
            id=row_id(TimelineEntry, fact.kind.NAME, fact.id),
            journey=journey,
            stay=fact.stay or placed.get(fact.id),
            rule=fact.kind.NAME,
            valid_from=fact.time,
            started_at=fact.time,
            party=_party(fact),
            role=fact.envelope.actorrole,
            unit=fact.envelope.actorunit,
            opened_by=(fact.id,),
            regime=fact.envelope.regime,
            detail=_mark(fact, history),
        )


def _party(fact: RecordedFact) -> str | None:
    principal = fact.envelope.principal
    if principal is None:
        return fact.envelope.controller
    return f"region:{principal}" if len(principal) == 2 else f"municipality:{principal}"


def _mark(fact: RecordedFact, history: History) -> str | None:
    if fact in history.voided:
        return "voided"
    if fact.corrected_by is not None:
        return "amended"
    return "sealed" if fact.fact is None else None
