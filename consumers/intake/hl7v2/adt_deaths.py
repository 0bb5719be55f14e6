"""Whether a message says that the patient has died, and when (PID-29, PID-30, PV1-36)."""

from typing import Final

from consumers.intake.hl7v2.event import Act, Event
from consumers.intake.hl7v2.profile import Disposition
from consumers.intake.hl7v2.times import Moment
from domain.errors import Unreadable
from domain.facts.discharge import PatientDeceased

_YES: Final = ("Y", "YES", "J", "JA", "T", "TRUE", "1")
_NO: Final = ("N", "NO", "NEJ", "F", "FALSE", "0")


def disposition_of(event: Event) -> Disposition | None:
    """Where the patient was discharged to (PV1-36), as the profile's table has it; an unknown code stays in the note."""
    code = event.parsed.get("PV1-36", is_used=False)
    known = event.profile.discharge_disposition
    found = known.get(code, known.get(code.zfill(2)))
    if found is not None:
        event.parsed.get("PV1-36")
    return found


def died(event: Event, end: Moment | None, *, is_coded: bool = False, in_stay: bool = False) -> Act | None:
    """The death, where the patient is said to be dead (PID-29, PID-30), or ``is_coded`` says so by the discharge's code.

    ``end`` is when the stay ended. A death of which only that day is told is then. One without any time is, too, where
    it was in the stay: by its code, or ``in_stay`` as the message ends it. Raises Unreadable (``missing-time``,
    ``invalid-time``).
    """
    said = event.parsed.get("PID-30").upper()
    stated = event.time("died", is_used=False)
    if said in _NO or (said not in _YES and stated is None and not is_coded):
        return None
    moment = event.time("died") or (end if is_coded or in_stay else None)
    if moment is None:
        raise Unreadable("missing-time", "The patient has died, but the message does not say when.", "PID-29")
    if end is not None and moment.precision == "day" and _on_that_day(end, moment, event):
        moment = end
    start = event.side_time("PV1-44") if event.about_episode else None
    return Act(PatientDeceased, moment, {"admitted_at": start} if start is not None else {})


def _on_that_day(end: Moment, death: Moment, event: Event) -> bool:
    zone = event.profile.zone
    return end.at.astimezone(zone).date() == death.at.astimezone(zone).date()
