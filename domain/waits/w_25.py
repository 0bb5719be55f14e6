"""W-25: at discharge, whether the patient's own goal is known, and whether consent to a SIP was asked."""

from collections.abc import Callable, Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.notification import ConsentRecorded
from domain.facts.person import PatientGoalStated
from domain.rows import Row
from domain.rules.mh_01 import first_yes
from domain.subject import Rule

RULE = Rule(
    "W-25", "Own goal, and SIP consent asked", "patientlagen; LUS 4:2", unit="share", word="person-centred"
)


def rows(case: Case) -> Iterator[Row]:
    """For patients judged to need services; asked is asked, whatever the answer."""
    discharged, assessed = case.stay.discharged, first_yes(case)
    if discharged is None or assessed is None or assessed.time > discharged.time:
        return
    for detail, told in (("goal", _is_goal), ("sip-consent", _is_consent)):
        found = _last(case, discharged, told)
        yield case.figure(
            RULE,
            discharged,
            case.hospital(discharged),
            1 if found is not None else 0,
            detail=detail,
            because=() if found is None else (found,),
        )


def _last(case: Case, discharged: RecordedFact, told: Callable[[RecordedFact], bool]) -> RecordedFact | None:
    """The last such fact of the journey by the discharge, in this stay or before it."""
    found = [fact for fact in case.history.facts if fact.time <= discharged.time and told(fact)]
    return found[-1] if found else None


def _is_goal(recorded: RecordedFact) -> bool:
    return recorded.kind is PatientGoalStated


def _is_consent(recorded: RecordedFact) -> bool:
    return isinstance(recorded.fact, ConsentRecorded) and recorded.fact.scope == "sip"
