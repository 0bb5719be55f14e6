"""Cut a planned stay where something stops it: its end, the next contact, a death, the end of the watch."""

from datetime import datetime

from consumers.simulator.records import Ready, Stay


def trim(stay: Stay, stops_at: datetime) -> None:
    """Drop what would happen too late. `stops_at` is when nothing more of this stay can happen.

    The ward's own acts need the patient in the ward; receivers and open care act after a discharge too.
    """
    if stay.ended_at is not None and stay.ended_at >= stops_at:
        stay.end, stay.ended_at = None, None
    inside = min(stay.ended_at or stops_at, stops_at)
    _ward(stay, inside)
    _around(stay, inside if stay.end in ("deceased", "cancelled") else stops_at)
    _after(stay, stops_at)


def _ward(stay: Stay, inside: datetime) -> None:
    stay.assessments = [item for item in stay.assessments if item.at < inside]
    stay.notices = [item for item in stay.notices if item.at < inside]
    stay.estimates = [item for item in stay.estimates if item.at < inside and stay.notices]
    stay.readies = [_ready(item, inside) for item in stay.readies if item.declared_at < inside]
    stay.consents = [item for item in stay.consents if item.at < inside]
    stay.transfers = [item for item in stay.transfers if item.at < inside]
    stay.leaves = [
        item if item.ended_at is None or item.ended_at < inside else type(item)(item.at)
        for item in stay.leaves
        if item.at < inside
    ]
    stay.proposals = [item for item in stay.proposals if item.at < inside]
    stay.informed_at = _before(stay.informed_at, inside)


def _ready(ready: Ready, inside: datetime) -> Ready:
    return Ready(
        ready.declared_at,
        ready.to,
        _before(ready.notified_at, inside),
        _before(ready.withdrawn_at, inside),
        ready.reason,
    )


def _around(stay: Stay, until: datetime) -> None:
    told = {party: notice.at for notice in reversed(stay.notices) for party in notice.to}
    stay.receipts = [item for item in stay.receipts if item.by in told and told[item.by] < item.at < until]
    stay.contact_at = _before(stay.contact_at, until)
    stay.sip_needs = [item for item in stay.sip_needs if item.at < until]
    stay.sip_calls = [at for at in stay.sip_calls if at < until]
    stay.sip_established_at = _before(stay.sip_established_at, until)
    stay.answers = [item for item in stay.answers if item.at < until and stay.proposals]


def _after(stay: Stay, until: datetime) -> None:
    """What only a discharge gives a reason for."""
    left = stay.discharged_at is not None
    stay.starts = [item for item in stay.starts if left and item.at < until]
    stay.information_at = [at for at in stay.information_at if left and at < until]
    stay.follow_up_planned_at = _before(stay.follow_up_planned_at, until) if left else None
    if stay.follow_up_planned_at is None:
        stay.follow_up_due_at = None
    stay.follow_up_at = _before(stay.follow_up_at, until) if left else None


def _before(at: datetime | None, until: datetime) -> datetime | None:
    return at if at is not None and at < until else None
