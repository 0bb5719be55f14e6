"""Out of inpatient care: discharge, what follows the patient, death, and the end of the case (LUS 3:2-3:3)."""

from typing import Literal

from domain.calendar import Instant
from domain.fact import Fact, FreeText
from domain.facts._parts import Recipients
from domain.view import JourneyView


class PatientDischarged(
    Fact, name="patient-discharged", command="DischargePatient", rank=110, mandatory=("destination",)
):
    """*Utskrivning från sluten vård*. Its time is when the patient leaves; it ends the stay and any liability (LUS 5:1)."""

    destination: (
        Literal[
            "home", "residential-care", "short-term-place", "other-hospital", "compulsory-open-care", "other"
        ]
        | None
    ) = None
    """``compulsory-open-care``: *öppen psykiatrisk tvångsvård* or *öppen rättspsykiatrisk vård*."""
    egenvard: bool | None = None
    """Something was assessed as *egenvård* (lag 2022:1250)."""
    admitted_at: Instant | None = None
    """When the stay began, as this message tells."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("discharge the patient")


class DischargeInformationTransferred(
    Fact,
    name="discharge-information-transferred",
    command="TransferDischargeInformation",
    rank=115,
    mandatory=("recipients",),
):
    """*Informationsöverföring vid utskrivning*: what the receivers need, the same day at the latest (LUS 3:2)."""

    recipients: Recipients = ()
    documents: FreeText | None = None

    def check(self, view: JourneyView) -> None:
        view.require_stay("transfer discharge information")


class HomegoingChecklistCompleted(
    Fact, name="homegoing-checklist-completed", command="CompleteHomegoingChecklist", rank=100
):
    """*Hemgångsklar*: what the patient needs to go home is in place (practice; Lifecare SP in Halland and Örebro)."""

    medicines: bool | None = None
    aids: bool | None = None
    transport: bool | None = None
    home_keys: bool | None = None
    """The keys to the home are at hand, for the patient or for who helps."""

    def check(self, view: JourneyView) -> None:
        view.require_inpatient("complete the checklist")


class PatientInformedAtDischarge(
    Fact, name="patient-informed-at-discharge", command="InformPatientAtDischarge", rank=105
):
    """*Information till patienten vid utskrivning* (LUS 3:3, patientlagen 3:2 b)."""

    summary_given: bool | None = None
    care_contact_named: bool | None = None
    sip_time_given: bool | None = None
    plans_given: bool | None = None

    def check(self, view: JourneyView) -> None:
        view.require_stay("inform the patient at discharge")


class PatientDeceased(Fact, name="patient-deceased", command="RecordDeath", rank=140):
    """*Patienten har avlidit*. Its time is the death; it ends stays, responsibilities and running clocks."""

    admitted_at: Instant | None = None
    """When the stay began, as this message tells."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("record the death")


class EpisodeCancelled(
    Fact, name="episode-cancelled", command="CancelEpisode", rank=150, mandatory=("reason",)
):
    """*Avbrott i processen*: the stay or visit comes to nothing, and its clocks stop."""

    reason: Literal["registered-in-error", "did-not-arrive", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_open_stay("cancel the episode")


class EpisodeClosed(Fact, name="episode-closed", command="CloseEpisode", rank=150, mandatory=("reason",)):
    """*Ärendet avslutas*: nothing more is expected after this stay, and its clocks stop."""

    reason: Literal["completed", "moved", "other"] | None = None

    def check(self, view: JourneyView) -> None:
        view.require_ended_stay("close the episode")
