"""ADT events about a stay: admission, visit, transfer, discharge, leave, ready for discharge, and their cancelling."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from consumers.intake.hl7v2.adt_deaths import died, disposition_of
from consumers.intake.hl7v2.event import Act, Event
from consumers.intake.hl7v2.times import Moment
from domain.errors import Unreadable
from domain.fact import Fact
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted, PatientTransferred
from domain.facts.correction import FactVoided
from domain.facts.discharge import PatientDeceased, PatientDischarged
from domain.facts.discharge_ready import DischargeReadyDeclared, DischargeReadyWithdrawn
from domain.facts.emergency import EmergencyVisitEnded, EmergencyVisitStarted

Reader = Callable[[Event], Iterator[Act]]
"""Yields the acts of one event; raises Unreadable."""
_VISIT_DESTINATIONS: Final = ("home", "residential-care", "other-hospital", "other")


def given(**values: Any) -> Mapping[str, Any]:
    """Those that are known."""
    return {name: value for name, value in values.items() if value is not None}


def admitted(event: Event) -> Iterator[Act]:
    """A01. Of an emergency patient it is a visit; of a class without a fact it is only noted."""
    care = event.care()
    if care == "inpatient":
        yield _admission(event, event.needed("admitted"))
    elif care == "emergency":
        yield _visit(event)


def registered(event: Event) -> Iterator[Act]:
    """A04: a visit where the class is an emergency's; other outpatients are no part of this chain."""
    if event.care("other") == "emergency":
        yield _visit(event)


def made_inpatient(event: Event) -> Iterator[Act]:
    """A06: the patient is admitted, in the episode that the visit had."""
    yield _admission(event, event.needed("made_inpatient"))


def made_outpatient(event: Event) -> Iterator[Act]:
    """A07: inpatient care ends, the patient stays in open care."""
    yield Act(PatientDischarged, event.needed("made_outpatient"), {"destination": "other"})


def transferred(event: Event) -> Iterator[Act]:
    """A02, from PV1-6 to PV1-3. A move to another bed of the same unit is only noted."""
    if event.care() == "other":
        return
    if event.unit is None:
        raise Unreadable("missing-unit", "The message tells a transfer, but not to which unit.", "PV1-3")
    before = event.unit_at("PV1-6")
    if before != event.unit:
        yield Act(
            PatientTransferred, event.needed("transferred"), given(from_unit=before, to_unit=event.unit)
        )


def discharged(event: Event) -> Iterator[Act]:
    """A03: the end of a stay or of a visit, or a death."""
    care = event.care()
    disposition = disposition_of(event)
    end = event.time("discharged", is_used=False)
    death = died(event, end, is_coded=disposition == "died", in_stay=True)
    if death is not None:
        yield death
    elif care != "other":
        start = event.side_time("PV1-44")
        moment = event.needed("discharged")
        if care == "inpatient":
            yield Act(PatientDischarged, moment, given(destination=disposition, admitted_at=start))
        else:
            place = disposition if disposition in _VISIT_DESTINATIONS else disposition and "other"
            yield Act(EmergencyVisitEnded, moment, given(destination=place, started_at=start))


def left(event: Event) -> Iterator[Act]:
    """A21: a leave begins."""
    if event.care() != "other":
        back = event.side_time(*event.profile.fields_of("expected_return"))
        start = event.side_time("PV1-44")
        yield Act(
            LeaveStarted, event.needed("leave_started"), given(expected_return_at=back, admitted_at=start)
        )


def returned(event: Event) -> Iterator[Act]:
    """A22: a leave ends."""
    if event.care() != "other":
        start = event.side_time("PV1-44")
        yield Act(LeaveEnded, event.needed("leave_ended"), given(admitted_at=start))


def ready(event: Event) -> Iterator[Act]:
    """A16, pending discharge: the patient is judged ready to leave."""
    if event.care() != "other":
        yield Act(DischargeReadyDeclared, event.needed("discharge_ready"), {})


def not_ready(event: Event) -> Iterator[Act]:
    """A25: the patient is not ready any more, or never was (the profile's ``a25``)."""
    if event.care() == "other":
        return
    if event.profile.a25 == "void":
        yield from taken_back(DischargeReadyDeclared)(event)
    else:
        yield Act(DischargeReadyWithdrawn, event.needed("discharge_ready_withdrawn"), {})


def taken_back(*kinds: type[Fact]) -> Reader:
    """A11, A12, A13, A52, A53: the last act of these kinds in the episode counts as not having happened.

    It may come before what it takes back, as it is meant by episode, and by what was sent before it.
    """

    def read(event: Event) -> Iterator[Act]:
        if event.care() != "other":
            target = {"target_episode": event.needed_episode(), "target_kinds": [kind.NAME for kind in kinds]}
            yield Act(FactVoided, event.needed_sent(), target)

    return read


def noted(_: Event) -> Iterator[Act]:
    """A05, A54, A55: nothing happens to the stay; what is said is kept as a note."""
    return iter(())


def _admission(event: Event, moment: Moment) -> Act:
    code = event.parsed.get("PV1-4", is_used=False).upper()
    unplanned = event.profile.admission_type.get(code)
    if unplanned is not None:
        event.parsed.get("PV1-4")
    return Act(
        PatientAdmitted,
        moment,
        given(
            organisation=event.sender.controller,
            unit=event.unit,
            care_form=event.sender.care_form(event.location),
            municipality=event.municipality(),
            unplanned=unplanned,
        ),
    )


def _visit(event: Event) -> Act:
    return Act(
        EmergencyVisitStarted,
        event.needed("admitted"),
        given(organisation=event.sender.controller, unit=event.unit, municipality=event.municipality()),
    )


STAY_EVENTS: Final[Mapping[str, Reader]] = {
    "A01": admitted,
    "A02": transferred,
    "A03": discharged,
    "A04": registered,
    "A05": noted,
    "A06": made_inpatient,
    "A07": made_outpatient,
    "A11": taken_back(PatientAdmitted, EmergencyVisitStarted),
    "A12": taken_back(PatientTransferred),
    "A13": taken_back(PatientDischarged, EmergencyVisitEnded, PatientDeceased),
    "A16": ready,
    "A21": left,
    "A22": returned,
    "A25": not_ready,
    "A52": taken_back(LeaveStarted),
    "A53": taken_back(LeaveEnded),
    "A54": noted,
    "A55": noted,
}
