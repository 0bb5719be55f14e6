"""A specialist unit was asked and has not answered."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.facts.contact import VISITS
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent, TrackFact
from domain.rows import Cause, Wait
from domain.subject import Owner, Until
from domain.waits.w_18 import asked, first_after, region_party

CODE = "referral-unanswered"
MEASURE = "W-18"
TEXT = "The specialist unit has not answered the referral."
SOURCE = "practice (no paragraph sets a day)"


def rows(chain: Chain, wait: Wait) -> Iterator[Cause]:
    """From each asking on the track since the wait began: a referral, or one passed on to another unit."""
    opened = chain.opening(wait)
    if wait.role != "visit" or not isinstance(opened.fact, TrackFact) or opened.fact.track is None:
        return
    track = opened.fact.track
    for recorded in chain.history.facts:
        fact = recorded.fact
        if recorded.order < opened.order or not isinstance(fact, ReferralSent | ReferralReturned):
            continue
        if fact.track != track:
            continue
        if isinstance(fact, ReferralSent):
            owner = asked(chain, recorded, fact, "specialist")
        elif fact.passed_on_to is not None:
            owner = Owner(region_party(chain, recorded), "specialist", fact.passed_on_to)
        else:
            continue
        answer = first_after(chain, recorded, track, ReferralAccepted, ReferralReturned, *VISITS)
        yield from chain.cause(CODE, wait, recorded, owner, until=(Until.by(answer, "answered"),))
