"""W-21: days without a *fast vårdkontakt* while one was due: after a discharge that open care had been told of (LUS 2:5)."""

from collections.abc import Iterator

from domain.care import care_contact
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.messages import NotificationMisdirected
from domain.facts.notification import CareContactAppointed, CareContactEnded
from domain.rows import Responsibility, Wait
from domain.stays import Stay, Stays
from domain.subject import Ending, Owner, Rule

RULE = Rule("W-21", "Days without a care contact", "LUS 2:5", unit="days", word="coordinated")


def chain_rows(chain: Chain) -> Iterator[Wait]:
    """From the discharge, or from when a contact ends after it, until one is appointed. One wait at a time."""
    standing = list(care_contact.rows(chain))
    waits: list[Wait] = []
    for stay in _discharged(chain):
        owner = _told(chain, stay)
        if owner is None or stay.discharged is None:
            continue
        ended = [fact for fact in chain.history.facts if fact.kind is CareContactEnded]
        for opened in (stay.discharged, *(fact for fact in ended if fact.time > stay.discharged.time)):
            wait = _wait(chain, stay, opened, owner)
            if wait is not None and not _has_contact(standing, opened) and not _waits(waits, opened):
                waits.append(wait)
    yield from waits


def _discharged(chain: Chain) -> list[Stay]:
    stays = [stay for stay in chain.stays.stays.values() if stay.under_lus and stay.discharged is not None]
    return sorted(stays, key=lambda stay: stay.discharged.order if stay.discharged else ())


def _wait(chain: Chain, stay: Stay, opened: RecordedFact, owner: Owner) -> Wait | None:
    """None where the duty was over by then: readmitted, dead, or the case closed."""
    assert stay.discharged is not None
    endings = (
        Ending(chain.case(stay).readmitted, "readmitted"),
        chain.deceased(),
        Ending(stay.closed, "stopped"),
    )
    if any(end.fact is not None and end.fact.time <= opened.time for end in endings):
        return None
    appointed = next((r for r, _ in chain.all(CareContactAppointed) if r.order > opened.order), None)
    return chain.wait(RULE, opened, owner, done=appointed, outcome="appointed", endings=endings)


def _has_contact(standing: list[Responsibility], opened: RecordedFact) -> bool:
    """Whether one stands right after that moment."""
    return any(
        row.valid_from <= opened.time and (row.ended_at is None or row.ended_at > opened.time)
        for row in standing
    )


def _waits(waits: list[Wait], opened: RecordedFact) -> bool:
    return any(wait.ended_at is None or wait.ended_at > opened.time for wait in waits)


def _told(chain: Chain, stay: Stay) -> Owner | None:
    """Open care, where an admission notice had reached it by the discharge.

    A notice found astray afterwards does not take back that a contact was due then.
    """
    assert stay.discharged is not None
    left, stays = stay.discharged.time, chain.stays
    if any(fact.kind is NotificationMisdirected and fact.time > left for fact in stay.facts):
        stays = Stays.of(chain.history.until(left))
    case = chain.case_among(stays, stays.stays[stay.id])
    notice = case.notice_with("open-care")
    if notice is None or notice[0].time > left:
        return None
    return case.open_care(notice[1][0].unit)
