"""W-13: from discharge until the receivers have the discharge information (LUS 3:2)."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.discharge import DischargeInformationTransferred
from domain.rows import Row
from domain.rules import mh_12
from domain.subject import Ending, Rule

RULE = Rule("W-13", "Discharge to discharge information", "LUS 3:2", unit="hours", word="coordinated")


def rows(case: Case) -> Iterator[Row]:
    """Zero where the information was there before the patient left; waited for only where some unit is concerned."""
    discharged = case.stay.discharged
    if discharged is None or not any(True for _ in mh_12.rows(case)):
        return
    yield case.wait(
        RULE,
        discharged,
        case.hospital(discharged),
        done=case.stay.first(DischargeInformationTransferred),
        endings=(Ending(case.died, "deceased"), case.stopped()),
    )
