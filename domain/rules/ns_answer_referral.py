"""NS-answer-referral: a referral is taken, returned or passed on by the unit that was asked (HSF 6:1; practice)."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.contact import VISITS
from domain.facts.referral import ReferralAccepted, ReferralReturned, ReferralSent
from domain.reference import party_of
from domain.rows import Row
from domain.subject import Owner, Rule

RULE = Rule("NS-answer-referral", "Referral answered", "practice (no paragraph sets a day)", "next-step")


def chain_rows(chain: Chain) -> Iterator[Row]:
    """Owed by the unit a referral was sent to, and by the next one where it was passed on."""
    for sent, referral in chain.all(ReferralSent):
        yield _duty(chain, sent, referral.track, referral.to_unit, referral.to_region)
    for passed, answer in chain.all(ReferralReturned, where=lambda answer: answer.passed_on_to is not None):
        yield _duty(chain, passed, answer.track, answer.passed_on_to)


def _duty(
    chain: Chain, asked: RecordedFact, track: str | None, unit: str | None, region: str | None = None
) -> Row:
    """Of the specialist unit, in the region that is named, else that of the one who asks."""
    return chain.obligation(
        RULE,
        asked,
        Owner(party_of(region or chain.region_of(asked)), "specialist", unit),
        done=_answer(chain, asked, track),
        endings=(chain.deceased(),),
    )


def _answer(chain: Chain, asked: RecordedFact, track: str | None) -> RecordedFact | None:
    """A yes, a no, or the visit itself, on the same track; a visit on no track is no answer."""
    for recorded, fact in chain.all(ReferralAccepted, ReferralReturned, *VISITS):
        is_reply = isinstance(fact, ReferralAccepted | ReferralReturned)
        if recorded.order > asked.order and fact.track == track and (is_reply or track is not None):
            return recorded
    return None
