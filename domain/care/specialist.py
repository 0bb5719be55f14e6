"""Specialised care on a track, shared with primary care and handed back to it (HSF 6:1; the regions' tracks)."""

from collections.abc import Iterator

from domain.care._parts import Running, begun, private_provider, regional
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.referral import HandedBackToPrimaryCare, ReferralAccepted, SharedCareAgreed
from domain.rows import Responsibility


def rows(chain: Chain) -> Iterator[Responsibility]:
    """The specialist from a referral that is taken until the hand-back; primary care from a sharing or hand-back on."""
    running = Running(chain)
    for recorded, fact in chain.all(ReferralAccepted, SharedCareAgreed, HandedBackToPrimaryCare):
        if isinstance(fact, ReferralAccepted):
            if fact.unit not in [row.unit for row in _on_track(running, recorded, "specialist", fact.track)]:
                _begin(chain, running, recorded, "specialist", fact.unit, fact.track)
        elif isinstance(fact, SharedCareAgreed):
            if not _on_track(running, recorded, "specialist", fact.track):
                _begin(chain, running, recorded, "specialist", fact.specialist_unit, fact.track)
            _primary_care(chain, running, recorded, fact.primary_care_unit, fact.track)
        elif isinstance(fact, HandedBackToPrimaryCare):
            treating = _on_track(running, recorded, "specialist", fact.track)
            leaving = [row for row in treating if row.unit == fact.from_unit] or treating
            running.end(leaving, recorded, "handed-back")
            _primary_care(chain, running, recorded, fact.to_unit, fact.track)
    yield from running.rows()


def _on_track(running: Running, recorded: RecordedFact, role: str, track: str | None) -> list[Responsibility]:
    return running.now(recorded, lambda row: (row.role, row.detail) == (role, track))


def _primary_care(
    chain: Chain, running: Running, recorded: RecordedFact, unit: str | None, track: str | None
) -> None:
    """Each agreement and hand-back says anew which unit has the patient on the track."""
    running.end(_on_track(running, recorded, "open-care", track), recorded, "replaced")
    _begin(chain, running, recorded, "open-care", unit, track)


def _begin(
    chain: Chain, running: Running, recorded: RecordedFact, role: str, unit: str | None, track: str | None
) -> None:
    # Of an agreement between two units, only the one that tells it is told by it.
    own = recorded.kind is ReferralAccepted or (unit is not None and recorded.envelope.actorunit == unit)
    running.begin(
        begun(
            chain,
            recorded,
            regional(chain, recorded, role, unit),
            detail=track,
            organisation=private_provider(recorded) if own else None,
        )
    )
