"""Contradiction: the sender believes that it has told, and who got the notice says that it was not for them (LUS 2:3)."""

from collections.abc import Iterator, Sequence

from domain.chain import Chain
from domain.facts.messages import NotificationMisdirected
from domain.facts.planning import SipMeetingCalled
from domain.mismatches._parts import finding
from domain.rows import Finding, Responsibility
from domain.rules.mh_21 import SENT_AGAIN
from domain.subject import Ending

CODE = "contradiction-misdirected"
TEXTS = {CODE: "A notice went to somebody it was not meant for, and it has not been sent anew."}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Until one of its kind reaches somebody, or it comes too late: as MH-21."""
    for stay in chain.stays.stays.values():
        if not stay.under_lus:
            continue
        case = chain.case(stay)
        for report, fact in stay.all(NotificationMisdirected):
            kind = SENT_AGAIN.get(fact.notification or "")
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
