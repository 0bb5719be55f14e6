"""MH-03: the *inskrivningsmeddelande* lacks name, identity, address or the estimated time of discharge (LUS 2:2)."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.notification import AdmissionNotified, EstimatedDischargeChanged
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("MH-03", "Admission notice complete", "LUS 2:2", "legal")


def rows(case: Case) -> Iterator[Row]:
    """Owed with each notice that lacks something, and too late as soon as it is sent."""
    for notice, fact in case.stay.all(AdmissionNotified):
        if lacks := _lacks(fact):
            yield case.obligation(
                RULE,
                notice,
                case.hospital(notice),
                due_at=notice.time,
                done=_mended(case, notice, set(lacks)),
                endings=(case.stay_ended(), case.stopped()),
                detail=", ".join(lacks),
            )


def _lacks(notice: AdmissionNotified) -> list[str]:
    """What the notice says it is without; nothing said of a part is no lack, but an estimate is there or it is not."""
    held = {
        "name": notice.name_included is not False,
        "identity": notice.identity_included is not False,
        "address": notice.address_included is not False,
        "estimate": notice.estimated_discharge_at is not None,
    }
    return [part for part, there in held.items() if not there]


def _mended(case: Case, notice: RecordedFact, lacks: set[str]) -> RecordedFact | None:
    """The first later notice that holds all of it; an estimate that is told on its own need not be in it."""
    for recorded in case.stay.facts:
        fact = recorded.fact
        if recorded.order <= notice.order:
            continue
        if isinstance(fact, EstimatedDischargeChanged) and fact.new_estimate_at is not None:
            lacks = lacks - {"estimate"}
            if not lacks:
                return recorded
        elif (
            isinstance(fact, AdmissionNotified) and case.reached(recorded) and lacks.isdisjoint(_lacks(fact))
        ):
            return recorded
    return None
