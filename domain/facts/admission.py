"""Into inpatient care and moves within it: admission, transfer, leave (LUS 1:3)."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact
from domain.identifiers import MunicipalityCode, OrganisationRef, RegionCode
from domain.view import JourneyView


class PatientAdmitted(
    Fact,
    name="patient-admitted",
    command="AdmitPatient",
    rank=20,
    mandatory=("unit", "care_form", "municipality"),
):
    """*Inskrivning i sluten vård*: the patient is admitted to a care facility (LUS 1:3). Its time is the admission.

    The same episode of care with a new unit continues the stay as a transfer.
    """

    organisation: OrganisationRef | None = None
    unit: OrganisationRef | None = None
    care_form: Literal["somatic", "psychiatric"] | None = None
    compulsion: Literal["voluntary", "LPT", "LRV"] | None = None
    """*Tvångsvård*: lag (1991:1128) or lag (1991:1129), or neither."""
    municipality: MunicipalityCode | None = None
    """*Folkbokföringskommun* (LUS 5:2)."""
    unplanned: bool | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("admit the patient")
        view.refuse_when_in_stay("admit the patient", unless="outpatient")


class PatientTransferred(
    Fact, name="patient-transferred", command="TransferPatient", rank=25, mandatory=("to_unit",)
):
    """*Överflyttning* to another ward or hospital: still inpatient care, so the stay goes on."""

    from_unit: OrganisationRef | None = None
    to_unit: OrganisationRef | None = None
    to_organisation: OrganisationRef | None = None
    to_region: RegionCode | None = None
    """Given where the receiving hospital belongs to another region."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("transfer the patient")


class LeaveStarted(Fact, name="leave-started", command="StartLeave", rank=60):
    """*Permission börjar*: the patient leaves the ward for a time and stays admitted."""

    expected_return_at: Instant | None = None
    admitted_at: Instant | None = None
    """When the stay began, as this message tells."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("start a leave")
        view.require_state(
            "inpatient", "start a leave", "The patient is on leave already: end that leave first."
        )


class LeaveEnded(Fact, name="leave-ended", command="EndLeave", rank=60):
    """*Permission avslutas*: the patient is back on the ward."""

    started_at: Instant | None = None
    """When the leave began, as this message tells."""
    admitted_at: Instant | None = None
    """When the stay began, as this message tells."""

    def check(self, view: JourneyView) -> None:
        view.require_state("on_leave", "end a leave", "Record the start of the leave first.")
