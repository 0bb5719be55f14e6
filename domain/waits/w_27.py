"""W-27: how many units were asked, and how often it came back, before somebody took a referred patient."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.facts.contact import VISITS
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent
from domain.rows import Row
from domain.subject import Rule
from domain.waits.w_18 import after, asked, first_after

RULE = Rule(
    "W-27", "Units asked and referrals returned", "God och nära vård", unit="count", word="coordinated"
)


def chain_rows(chain: Chain) -> Iterator[Row]:
    """Known when a unit accepts the patient on the track, or sees them."""
    for sent, fact in chain.all(ReferralSent):
        if fact.track is None:
            continue
        taken = first_after(chain, sent, fact.track, ReferralAccepted, *VISITS)
        if taken is None:
            continue
        returns = [
            (recorded, back)
            for recorded, back in after(chain, sent, fact.track, ReferralReturned)
            if recorded.order < taken.order
        ]
        passed_on = [back for _, back in returns if getattr(back, "passed_on_to", None) is not None]
        owner = asked(chain, sent, fact, "specialist")
        because = tuple(recorded for recorded, _ in returns)
        for detail, number in (("units-asked", 1 + len(passed_on)), ("returned", len(returns))):
            yield chain.figure(RULE, sent, owner, number, detail=detail, known=taken, because=because)
