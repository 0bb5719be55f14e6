"""A referral came back, and nobody else has been asked."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent, TrackFact
from domain.rows import Cause, Wait
from domain.subject import Owner, Until
from domain.waits.w_18 import after, first_after, region_party

CODE = "referral-returned"
MEASURE = "W-18"
TEXT = "The referral came back, and no other unit has been asked."
SOURCE = "practice"


def rows(chain: Chain, wait: Wait) -> Iterator[Cause]:
    """Of waits that go on: one from a referral ends when it comes back, one from the patient's own contact does not."""
    opened = chain.opening(wait)
    if wait.role != "visit" or not isinstance(opened.fact, TrackFact) or opened.fact.track is None:
        return
    track = opened.fact.track
    for recorded, fact in after(chain, opened, track, ReferralReturned):
        if isinstance(fact, ReferralReturned) and fact.passed_on_to is None:
            moved = first_after(chain, recorded, track, ReferralSent, ReferralAccepted)
            owner = Owner(region_party(chain, recorded), "open-care")
            yield from chain.cause(CODE, wait, recorded, owner, until=(Until.by(moved, "asked-anew"),))
