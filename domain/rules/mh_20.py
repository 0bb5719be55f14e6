"""MH-20: a notice went to a municipality that is neither the patient's own nor a placing one (LUS 5:2, SoL 29:2-3)."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES
from domain.facts._parts import Recipient
from domain.facts.discharge_ready import DischargeReadyNotified
from domain.facts.notification import AdmissionNotified
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.rows import Row
from domain.subject import Rule

RULE = Rule("MH-20", "Notice to the right municipality", "LUS 5:2, SoL 29:2-3", "legal")


def rows(case: Case) -> Iterator[Row]:
    """For each municipality that such a notice names, judged by where the patient belonged then."""
    for notice in case.stay.facts:
        if not isinstance(notice.fact, AdmissionNotified | DischargeReadyNotified):
            continue
        right = _right(case, notice)
        if not right:
            continue
        named = (r.municipality for r in notice.fact.recipients if _is_municipal(r))
        for code in dict.fromkeys(code for code in named if code is not None and code not in right):
            yield case.obligation(
                RULE,
                notice,
                case.hospital(notice),
                due_at=notice.time,
                done=_sent_right(case, notice),
                endings=(case.stay_ended(), case.stopped()),
                key=code,
                detail=notice.kind.NAME,
            )


def _right(case: Case, notice: RecordedFact) -> set[str]:
    """Those who answered for the patient at the notice, or did at the admission; none where nobody has said."""
    answers = case.stay.municipality_known(case.begins(notice.time))
    if answers is None:
        return set()
    admission = getattr(case.stay.admitted and case.stay.admitted.fact, "municipality", None)
    return {code for code in (answers, admission, _placing(case, notice)) if code is not None}


def _placing(case: Case, notice: RecordedFact) -> str | None:
    """Who had placed the patient elsewhere, where nothing else was said of the municipality since (SoL 29:2)."""
    said = [change.fact for change in case.stays.residence if change.time <= case.begins(notice.time)]
    last = said[-1] if said else None
    if isinstance(last, ResponsibleMunicipalityChanged) and last.ground == "placement":
        return last.to_municipality
    return None


def _sent_right(case: Case, notice: RecordedFact) -> RecordedFact | None:
    """The next notice of the same kind that reached the municipality which answered for the patient then."""
    for later in case.stay.facts:
        if later.kind is notice.kind and later.order > notice.order:
            answers = case.stay.municipality_known(case.begins(later.time))
            reached = [r.municipality for r in case.recipients(later) if _is_municipal(r)]
            if any(code in (None, answers) for code in reached):
                return later
    return None


def _is_municipal(recipient: Recipient) -> bool:
    return recipient.role in MUNICIPAL_ROLES
