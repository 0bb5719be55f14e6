"""Contradiction: the sender believes that it has told, and who got the notice says that it was not for them (LUS 2:3)."""

from collections.abc import Iterator, Sequence

from domain.case import Case
from domain.chain import Chain
from domain.fact import Fact
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.facts.messages import NotificationMisdirected
from domain.facts.notification import AdmissionNotified
from domain.facts.planning import SipMeetingCalled
from domain.mismatches._parts import finding
from domain.rows import Finding, Responsibility
from domain.subject import Ending

CODE = "contradiction-misdirected"
TEXTS = {CODE: "A notice went to somebody it was not meant for, and it has not been sent anew."}
_KINDS: dict[str, type[Fact]] = {
    kind.NAME: kind for kind in (AdmissionNotified, DischargeReadyNotified, SipMeetingCalled)
}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Until one of its kind reaches somebody, or it comes too late: as MH-21."""
    for stay in chain.stays.stays.values():
        if not stay.under_lus:
            continue
        agreement = chain.basis.agreement_for(stay.region, stay.municipality)
        case = Case(chain.journey, chain.history, chain.stays, stay, agreement)
        for report, fact in stay.all(NotificationMisdirected):
            kind = _KINDS.get(fact.notification or "")
            if kind is None:
                continue
            is_call = kind is SipMeetingCalled
            yield from finding(
                chain,
                CODE,
                report,
                case.open_care() if is_call else case.hospital(report),
                Ending(case.first_reaching(kind, since=report.time), "sent-anew"),
                Ending(case.readmitted, "readmitted") if is_call else case.stay_ended(),
                started_at=case.begins(report.time),
                detail=fact.notification,
            )
