"""The region's open care cannot give what the discharge needs."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.discharge_ready import OpenCareServiceCleared, OpenCareServiceUnavailable
from domain.rows import Cause, Wait
from domain.subject import Until

CODE = "open-care-missing"
MEASURE = "W-06"
TEXT = "Open care cannot yet give what the patient needs at home."
SOURCE = "LUS 5:5"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """One for each service, until the same one is reported to be in place; a report repeated meanwhile is the same."""
    running: dict[str | None, RecordedFact | None] = {}
    for missing, fact in case.stay.all(OpenCareServiceUnavailable):
        ended = running.get(fact.service)
        if fact.service in running and (ended is None or ended.order > missing.order):
            continue
        cleared = _cleared(case, missing, fact.service)
        running[fact.service] = cleared
        yield from case.cause(CODE, wait, missing, case.open_care(), until=(Until.by(cleared, "cleared"),))


def _cleared(case: Case, missing: RecordedFact, service: str | None) -> RecordedFact | None:
    for recorded, fact in case.stay.all(OpenCareServiceCleared):
        if recorded.order > missing.order and fact.service == service:
            return recorded
    return None
