"""The clocks of *vårdgarantin*: contact sought, assessed, decided, begun, and what stops a clock (HSF 6)."""

from typing import Literal

from domain.fact import Fact
from domain.facts._parts import StaffId
from domain.facts.referral import TrackFact
from domain.identifiers import OrganisationRef
from domain.view import JourneyView


class CareContactSought(
    TrackFact, name="care-contact-sought", command="SeekCareContact", rank=12, mandatory=("unit",)
):
    """*Patienten söker kontakt*: primary care, or a specialist who needs no referral, is asked for care (HSF 6:1)."""

    unit: OrganisationRef | None = None
    channel: Literal["telephone", "visit", "digital", "letter"] | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("record that the patient sought care")
        super().check(view)


class CareAssessed(Fact, name="care-assessed", command="AssessCare", rank=13, mandatory=("unit",)):
    """*Medicinsk bedömning*: a physician or other licensed staff in primary care assesses, within three days (HSF 6:1)."""

    unit: OrganisationRef | None = None
    profession: Literal["physician", "nurse", "physiotherapist", "psychologist", "other"] | None = None
    person: StaffId | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("record an assessment")


class TreatmentDecided(
    TrackFact, name="treatment-decided", command="DecideTreatment", rank=17, mandatory=("track", "unit")
):
    """*Beslut om planerad vård*: from it 90 days run until the care is given (HSF 6:1 fourth point)."""

    unit: OrganisationRef | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("decide on treatment")
        super().check(view)


class TreatmentStarted(
    TrackFact, name="treatment-started", command="StartTreatment", rank=123, mandatory=("track", "unit")
):
    """*Planerad vård har påbörjats* (HSF 6:1 fourth point)."""

    unit: OrganisationRef | None = None

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("start treatment")
        super().check(view)


class WaitPaused(
    TrackFact, name="wait-paused", command="PauseWait", rank=18, mandatory=("track", "ground", "step")
):
    """*Väntetiden räknas inte*: from here on the time is outside the guarantee (HSF 6:2)."""

    ground: Literal["medically-impossible", "chose-other-region", "abstains"] | None = None
    """HSF 6:2; ``abstains`` means informed, offered in time, and the provider was told."""
    step: Literal["visit", "treatment"] | None = None
    """Which clock stands still: that to the first visit, or that to the treatment (HSF 6:1 third, fourth point)."""

    def check(self, view: JourneyView) -> None:
        view.refuse_when_deceased("pause a wait")
        super().check(view)


class WaitResumed(TrackFact, name="wait-resumed", command="ResumeWait", rank=18, mandatory=("track", "step")):
    """*Väntetiden räknas igen*: what stopped the clock is over (HSF 6:2)."""

    step: Literal["visit", "treatment"] | None = None
    """Which clock runs again."""

    def check(self, view: JourneyView) -> None:
        super().check(view)
        view.require_standing_anywhere(
            WaitPaused,
            WaitResumed,
            "resume a wait",
            "this wait is not paused",
            lambda earlier: (earlier.track, earlier.step) == (self.track, self.step),
        )
