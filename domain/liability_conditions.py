"""What has to be in place before a municipality pays (LUS 5:3, 5:5), as far as a stay's facts have come."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from domain.agreement import Agreement
from domain.calendar import end_of_local_day
from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES, Fact
from domain.facts._parts import Recipients
from domain.facts.compulsory_care import CompulsoryOpenCareDecided
from domain.facts.discharge_ready import OpenCareServiceCleared, OpenCareServiceUnavailable
from domain.facts.notification import AdmissionNotified, ConsentRecorded, ServiceNeedAssessed
from domain.facts.planning import SipMeetingCalled, SipNeedDecided
from domain.rules.mh_01 import LIMIT as ADMISSION_NOTICE_LIMIT
from domain.rules.mh_01 import clock_start
from domain.rules.mh_10 import last_day

ADMISSION_NOTICE = "admission-notice"
LATE_ADMISSION_NOTICE = "late-admission-notice"
SIP_CALL = "sip-call"
LATE_SIP_CALL = "late-sip-call"
OPEN_CARE = "open-care"
"""What may be missing, in the order in which it is named."""


def told_municipalities(recipients: Recipients, own: str | None) -> tuple[str, ...]:
    """The municipalities among those who were reached; a recipient that names none is the patient's ``own``."""
    named = (r.municipality or own for r in recipients if r.role in MUNICIPAL_ROLES)
    return tuple(municipality for municipality in named if municipality is not None)


@dataclass
class Conditions:
    """Told one fact after the other, it knows what is missing now. It never looks ahead."""

    case: Case
    judged: RecordedFact | None = None
    """The first judgement that services may be needed: it sets the admission notice's limit (LUS 2:3)."""
    admission: dict[str, RecordedFact] = field(default_factory=dict)
    """By municipality, the first admission notice that reached it."""
    called: RecordedFact | None = None
    """The first SIP call that reached somebody; one before the discharge-ready notice counts, too."""
    sip_said: RecordedFact | None = None
    """What last said whether a SIP is to be made."""
    blocks: dict[str | None, RecordedFact] = field(default_factory=dict)
    """By open-care service, the report that it is not available (LUS 5:5)."""
    cleared: RecordedFact | None = None
    """The last report that a service is in place."""
    _needed: bool = False
    _refused: bool = False
    _exempt: bool = False

    def tell(self, fact: RecordedFact, municipality: str | None) -> bool:
        """Take in one fact of the stay, told while this municipality answers; whether it is one that matters here."""
        teller = _TELLERS.get(fact.kind)
        if teller is not None:
            teller(self, fact, municipality)
        return teller is not None

    def sip_is_to_be_made(self, agreement: Agreement) -> bool:
        """LUS 4:1-4:2: needed, not refused, and no *samordnad vårdplan* in its place."""
        refused = self._refused and agreement.liability.refused_sip_waives_call
        return self._needed and not refused and not self._exempt

    def missing(self, municipality: str, notice: RecordedFact, agreement: Agreement) -> tuple[str, ...]:
        """What is missing for liability on this notice, or was done too late where the agreement makes that a bar."""
        return tuple(
            found
            for found in (
                self._admission_notice(municipality, agreement),
                self._call(notice, agreement),
                self._open_care(),
            )
            if found is not None
        )

    def rests_on(self, municipality: str, agreement: Agreement) -> tuple[RecordedFact, ...]:
        """The facts that say what is missing and what is not."""
        said = [self.admission.get(municipality)]
        said += [self.sip_said, self.called] if self.sip_is_to_be_made(agreement) else []
        said += [*self.blocks.values()] if self.blocks else [self.cleared]
        return tuple(fact for fact in said if fact is not None)

    def _admission_notice(self, municipality: str, agreement: Agreement) -> str | None:
        told = self.admission.get(municipality)
        if told is None:
            return ADMISSION_NOTICE
        barred = agreement.liability.late_admission_notice == "bar"
        return LATE_ADMISSION_NOTICE if barred and told.time > self._admission_due(told.time) else None

    def _admission_due(self, otherwise: datetime) -> datetime:
        """As MH-01; without a judgement there is no limit."""
        if self.judged is None:
            return otherwise
        return clock_start(self.case, self.judged) + ADMISSION_NOTICE_LIMIT

    def _call(self, notice: RecordedFact, agreement: Agreement) -> str | None:
        if not self.sip_is_to_be_made(agreement):
            return None
        if self.called is None:
            return SIP_CALL
        due = end_of_local_day(last_day(agreement, notice))
        barred = agreement.liability.late_sip_call == "bar"
        return LATE_SIP_CALL if barred and self.called.time > due else None

    def _open_care(self) -> str | None:
        return OPEN_CARE if self.blocks else None

    # -- facts -----------------------------------------------------------------------------------------------

    def _need(self, fact: RecordedFact, _: str | None) -> None:
        if isinstance(fact.fact, ServiceNeedAssessed) and fact.fact.outcome == "yes":
            self.judged = self.judged or fact

    def _admission(self, fact: RecordedFact, municipality: str | None) -> None:
        for told in told_municipalities(self.case.recipients(fact), municipality):
            self.admission.setdefault(told, fact)

    def _sip_need(self, fact: RecordedFact, _: str | None) -> None:
        if isinstance(fact.fact, SipNeedDecided) and fact.fact.needed is not None:
            self._needed, self.sip_said = fact.fact.needed, fact

    def _consent(self, fact: RecordedFact, _: str | None) -> None:
        value = fact.fact
        if isinstance(value, ConsentRecorded) and value.scope == "sip":
            self._refused, self.sip_said = value.decision in ("refused", "withdrawn"), fact

    def _compulsory(self, fact: RecordedFact, _: str | None) -> None:
        self._exempt, self.sip_said = True, fact

    def _sip_call(self, fact: RecordedFact, _: str | None) -> None:
        if self.case.reached(fact):
            self.called = self.called or fact

    def _unavailable(self, fact: RecordedFact, _: str | None) -> None:
        if isinstance(fact.fact, OpenCareServiceUnavailable):
            self.blocks.setdefault(fact.fact.service, fact)

    def _available(self, fact: RecordedFact, _: str | None) -> None:
        if isinstance(fact.fact, OpenCareServiceCleared):
            self.blocks.pop(fact.fact.service, None)
            self.cleared = fact


_TELLERS: dict[type[Fact], Callable[[Conditions, RecordedFact, str | None], None]] = {
    ServiceNeedAssessed: Conditions._need,
    AdmissionNotified: Conditions._admission,
    SipNeedDecided: Conditions._sip_need,
    ConsentRecorded: Conditions._consent,
    CompulsoryOpenCareDecided: Conditions._compulsory,
    SipMeetingCalled: Conditions._sip_call,
    OpenCareServiceUnavailable: Conditions._unavailable,
    OpenCareServiceCleared: Conditions._available,
}
