"""W-18: from referral to first visit, and from decision to treatment, less the time that does not count (HSF 6:1-2)."""

from collections.abc import Iterator

from msgspec.structs import replace

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.contact import VISITS
from domain.facts.guarantee import CareContactSought, TreatmentDecided, TreatmentStarted
from domain.facts.referral import ReferralReturned, ReferralSent, TrackFact
from domain.pauses import Step, not_counted
from domain.reference import party_of
from domain.rows import Row, Wait
from domain.subject import Ending, Owner, Rule

RULE = Rule("W-18", "Specialised visit or treatment", "HSF 6:1-2", unit="days", word="near")


def chain_rows(chain: Chain) -> Iterator[Row]:
    """The two steps are told apart by role: ``visit`` and ``treatment``. Without a track nothing is measured."""
    referred: set[str] = set()
    for opened in chain.history.facts:
        fact = opened.fact
        if not isinstance(fact, ReferralSent | CareContactSought | TreatmentDecided) or fact.track is None:
            continue
        if isinstance(fact, TreatmentDecided):
            yield _treatment(chain, opened, fact, fact.track)
        elif isinstance(fact, ReferralSent):
            referred.add(fact.track)
            returned = _returned(chain, opened, fact.track)
            yield _visit(chain, opened, asked(chain, opened, fact, "visit"), fact.track, returned)
        elif fact.track not in referred:
            # A referral before it says that one was needed: then the time runs from the referral.
            yield _visit(chain, opened, Owner(region_party(chain, opened), "visit", fact.unit), fact.track)


def asked(chain: Chain, sent: RecordedFact, fact: ReferralSent, role: str) -> Owner:
    """The unit that was asked, in the region that was asked: the sender's where none is named."""
    region = party_of(fact.to_region) or region_party(chain, sent)
    return Owner(region, role, fact.to_unit)


def after(
    chain: Chain, opened: RecordedFact, on_track: str, *kinds: type[TrackFact]
) -> Iterator[tuple[RecordedFact, TrackFact]]:
    """The facts of these kinds on the track after ``opened``."""
    for recorded, fact in chain.all(*kinds, where=lambda fact: fact.track == on_track):
        if recorded.order > opened.order:
            yield recorded, fact


def first_after(
    chain: Chain, opened: RecordedFact, on_track: str, *kinds: type[TrackFact]
) -> RecordedFact | None:
    return next((recorded for recorded, _ in after(chain, opened, on_track, *kinds)), None)


def _returned(chain: Chain, sent: RecordedFact, on_track: str) -> RecordedFact | None:
    """The first time a referral came back without being passed on to another unit."""
    for recorded, fact in after(chain, sent, on_track, ReferralReturned):
        if isinstance(fact, ReferralReturned) and fact.passed_on_to is None:
            return recorded
    return None


def _visit(
    chain: Chain, opened: RecordedFact, owner: Owner, on_track: str, returned: RecordedFact | None = None
) -> Wait:
    wait = chain.wait(
        RULE,
        opened,
        owner,
        done=first_after(chain, opened, on_track, *VISITS),
        endings=(Ending(returned, "returned"), chain.deceased()),
        at_most=chain.basis.track(on_track).visit_days,
    )
    return _counted(chain, wait, on_track, "visit")


def _treatment(chain: Chain, decided: RecordedFact, fact: TreatmentDecided, on_track: str) -> Wait:
    wait = chain.wait(
        RULE,
        decided,
        Owner(region_party(chain, decided), "treatment", fact.unit),
        done=first_after(chain, decided, on_track, TreatmentStarted),
        endings=(chain.deceased(),),
        at_most=chain.basis.track(on_track).treatment_days,
    )
    return _counted(chain, wait, on_track, "treatment")


def _counted(chain: Chain, wait: Wait, on_track: str, step: Step) -> Wait:
    assert wait.started_at is not None
    paused, since = not_counted(chain, on_track, step, wait.started_at, wait.ended_at)
    return replace(wait, paused=paused, paused_since=since)


def region_party(chain: Chain, fact: RecordedFact) -> str | None:
    """The region that something was said in, also where a municipality said it."""
    return party_of(chain.region_of(fact)) or chain.owner(fact).party
