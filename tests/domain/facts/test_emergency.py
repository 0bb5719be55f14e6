"""Emergency visits: what an operator may record, and in which words the rest is refused."""

from given import WARD
from situations import accepted, admitted, at_emergency, deceased, discharged, needs, refused, unknown

from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted

VISIT = EmergencyVisitStarted(unit=WARD)
HOME = EmergencyVisitEnded(destination="home")


def test_who_is_in_no_stay_comes_to_the_emergency_department() -> None:
    accepted(unknown(), VISIT)
    accepted(discharged(), VISIT)


def test_who_is_in_a_stay_starts_no_visit() -> None:
    words = "You cannot start an emergency visit: the patient is in a stay that has not ended."
    refused(admitted(), VISIT, words)
    refused(at_emergency(), VISIT, words)


def test_who_has_died_starts_no_visit() -> None:
    refused(deceased(), VISIT, "You cannot start an emergency visit: the patient is recorded as deceased.")


def test_a_visit_needs_its_unit() -> None:
    needs(EmergencyVisitStarted(), "unit")


def test_a_visit_ends() -> None:
    accepted(at_emergency(), HOME)


def test_who_is_not_at_the_emergency_department_ends_no_visit() -> None:
    words = "You cannot end an emergency visit: the patient was {} at that time."
    refused(unknown(), HOME, words.format("not in any stay"))
    refused(admitted(), HOME, words.format("an inpatient"))
    refused(discharged(), HOME, words.format("discharged"))
    refused(deceased(), HOME, "You cannot end an emergency visit: the patient is recorded as deceased.")
