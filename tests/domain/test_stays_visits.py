"""What follows a stay is about that stay, also when the patient has been to the emergency department since."""

from given import DEMO, given, said

from domain.calendar import parse_instant
from domain.facts.admission import PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted
from domain.facts.municipal import MunicipalCareStarted, MunicipalTakeoverAccepted
from domain.facts.notification import ServiceNeedAssessed
from domain.rows import Obligation, at

STAY = (
    said("2026-03-02T08:00", PatientAdmitted(municipality="2180"), stay="a"),
    said(
        "2026-03-03T10:00",
        MunicipalTakeoverAccepted(municipality="2180", services=("home-nursing",)),
        stay="a",
    ),
    said("2026-03-03T13:00", PatientDischarged(destination="home"), stay="a"),
)


def state(*more: object) -> str | None:
    """Of MH-18, the start of the municipality's care, on 10 March."""
    story = given(*STAY, *more)  # type: ignore[arg-type]
    rows = at(story.under(DEMO).all_rows(), parse_instant("2026-03-10T08:00"))
    (duty,) = (row for row in rows if isinstance(row, Obligation) and row.rule == "MH-18")
    return duty.state


def test_care_that_starts_after_a_visit_is_the_care_that_the_stay_waited_for() -> None:
    visit = (
        said("2026-03-03T20:00", EmergencyVisitStarted(municipality="2180"), stay="b"),
        said("2026-03-03T22:00", EmergencyVisitEnded(destination="home"), stay="b"),
    )
    started = said("2026-03-04T09:00", MunicipalCareStarted(municipality="2180", services=("home-nursing",)))
    assert state(*visit, started) == "done"
    assert state(visit[0], started) == "done"
    assert state(*visit) == "missed"


def test_what_is_judged_during_a_visit_is_about_the_admission_it_leads_to() -> None:
    story = given(
        *STAY,
        said("2026-03-05T20:00", EmergencyVisitStarted(municipality="2180"), stay="b"),
        said("2026-03-05T21:00", ServiceNeedAssessed(outcome="yes")),
        said("2026-03-05T22:00", PatientAdmitted(municipality="2180"), stay="b"),
    )
    rows = at(story.under(DEMO).all_rows(), parse_instant("2026-03-10T08:00"))
    (duty,) = (row for row in rows if isinstance(row, Obligation) and row.rule == "MH-01")
    assert duty.started_at == parse_instant("2026-03-05T22:00")
