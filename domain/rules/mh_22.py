"""MH-22: compulsory care goes on in open form, and no *samordnad vårdplan* stands in the SIP's place (LUS 4:1 st. 2)."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.compulsory_care import CompulsoryOpenCareDecided, CoordinatedCarePlanEstablished
from domain.facts.discharge import PatientDischarged
from domain.rows import Row
from domain.subject import Ending, Rule

RULE = Rule(
    "MH-22", "Coordinated care plan for compulsory open care", "LUS 4:1 st. 2, LPT 7 a §, LRV 12 a §", "legal"
)


def rows(case: Case) -> Iterator[Row]:
    """Instead of MH-10, from the decision or the discharge to such care; the law sets no day."""
    opened = next((fact for fact in case.stay.facts if into_compulsory_open_care(fact)), None)
    if opened is None:
        return
    yield case.obligation(
        RULE,
        opened,
        case.hospital(opened),
        done=case.stay.first(CoordinatedCarePlanEstablished),
        endings=(Ending(case.died, "deceased"), Ending(case.readmitted, "readmitted"), case.stopped()),
    )


def into_compulsory_open_care(recorded: RecordedFact) -> bool:
    """*Öppen psykiatrisk tvångsvård* or *öppen rättspsykiatrisk vård* is decided, or is where the patient goes."""
    if recorded.kind is CompulsoryOpenCareDecided:
        return True
    fact = recorded.fact
    return isinstance(fact, PatientDischarged) and fact.destination == "compulsory-open-care"
