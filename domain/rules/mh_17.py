"""MH-17: discharged without any discharge-ready notice although a municipality takes part (LUS 3:1)."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES
from domain.facts.municipal import MunicipalTakeoverProposed
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("MH-17", "Discharge-ready notice before discharge", "LUS 3:1", "legal")


def rows(case: Case) -> Iterator[Row]:
    discharged = case.stay.discharged
    participant = _participant(case)
    if discharged is None or participant is None or participant.time > discharged.time:
        return
    notice = next((period.notice for period in case.ready_periods if period.notice is not None), None)
    if notice is not None and notice.time <= discharged.time:
        return
    yield case.obligation(
        RULE, discharged, case.hospital(discharged), due_at=discharged.time, because=(participant,)
    )


def _participant(case: Case) -> RecordedFact | None:
    """The first fact by which a municipality takes part: it was told, or was asked to take over."""
    told = case.notice_with(*MUNICIPAL_ROLES)
    asked = next((fact for fact in case.stay.facts if fact.kind is MunicipalTakeoverProposed), None)
    found = [fact for fact in (told[0] if told else None, asked) if fact is not None]
    return min(found, key=lambda fact: fact.order, default=None)
