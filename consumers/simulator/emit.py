"""What each record system would say of a plan: one message an act, by the system that would send it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from consumers.simulator.desk import Desk, Message, recipients
from consumers.simulator.records import Journey, Notice, Party, Ready, Stray
from consumers.simulator.region import Area


def messages(area: Area, journey: Journey) -> list[Message]:
    """Everything the journey's plan makes happen, as truly told, in the order it happens."""
    told: list[Message] = []
    for stay in journey.stays:
        told += _StayDesk(area, journey, stay).all()
    outside = Desk(area, journey)
    told += [outside.act(act) for act in journey.acts]
    if journey.died_after_at is not None:
        last = Desk(area, journey, journey.stays[-1])
        told.append(last.open_care("patient-deceased", journey.died_after_at))
    return sorted(told, key=lambda message: message.at)


class _StayDesk(Desk):
    """Writes one stay's messages."""

    def all(self) -> Iterator[Message]:
        stay = self.stay
        for act in stay.acts:
            yield self.act(act)
        if stay.visit_at is not None:
            yield self._emergency("emergency-visit-started", stay.visit_at, municipality=self.home.code)
        if stay.admitted_at is None:
            if stay.ended_at is not None:
                yield self._emergency(
                    "emergency-visit-ended",
                    stay.ended_at,
                    destination=stay.destination,
                    started_at=stay.visit_at,
                )
            return
        yield self.ward("patient-admitted", stay.admitted_at, **self._admission())
        yield from self._need()
        yield from self._ready()
        yield from map(self._stray, self.stay.strays)
        yield from self._sip()
        yield from self._moves()
        yield from self._municipal()
        yield from self._end()
        yield from self._afterwards()

    def _emergency(self, kind: str, at: datetime, /, **data: Any) -> Message:
        if kind == "emergency-visit-started":
            data |= {"organisation": self.hospital.organisation, "unit": self.hospital.emergency}
        message = self.ward(kind, at, **data)
        message.unit, message.role = self.hospital.emergency, "emergency"
        return message

    def _admission(self) -> dict[str, Any]:
        stay = self.stay
        return {
            "organisation": self.hospital.organisation,
            "unit": stay.unit,
            "care_form": stay.care_form,
            "compulsion": stay.compulsion,
            "municipality": self.home.code,
            "unplanned": stay.unplanned,
        }

    def _need(self) -> Iterator[Message]:
        for judged in self.stay.assessments:
            yield self.ward(
                "service-need-assessed",
                judged.at,
                outcome=judged.outcome,
                needs=list(judged.needs),
                at_admission=judged.at_admission,
            )
        for notice in self.stay.notices:
            yield self.ward(
                "admission-notified",
                notice.at,
                recipients=recipients(*notice.to),
                name_included="name" not in notice.lacks,
                identity_included="identity" not in notice.lacks,
                address_included="address" not in notice.lacks,
                estimated_discharge_at=notice.estimate,
            )
        for receipt in self.stay.receipts:
            yield self._receipt(receipt.at, receipt.by)
        for told in self.stay.estimates:
            yield self.ward(
                "estimated-discharge-changed", told.at, old_estimate_at=told.old, new_estimate_at=told.new
            )
        if self.stay.contact_at is not None:
            yield self.open_care("care-contact-appointed", self.stay.contact_at, unit=self.home.health_centre)

    def _receipt(self, at: datetime, by: Party) -> Message:
        data = {"unit": by.unit, "role": by.role, "municipality": by.municipality}
        if by.municipality is None:
            return self.open_care("admission-acknowledged", at, **data)
        return self.municipal("admission-acknowledged", at, by.municipality, by.role, **data)

    def _ready(self) -> Iterator[Message]:
        for ready in self.stay.readies:
            yield from self._one_ready(ready)

    def _one_ready(self, ready: Ready) -> Iterator[Message]:
        judge = "chief-psychiatrist" if self.stay.compulsion != "voluntary" else "treating-physician"
        yield self.ward("discharge-ready-declared", ready.declared_at, physician_role=judge)
        for notice in ready.sent:
            if ready.by_decision and notice.at == ready.notified_at:
                yield self._decision(notice)
            else:
                yield self.ward("discharge-ready-notified", notice.at, recipients=recipients(*notice.to))
        if ready.withdrawn_at is not None:
            yield self.ward("discharge-ready-withdrawn", ready.withdrawn_at, reason=ready.reason)
        decided_at = self.stay.decided_at
        if ready is self.stay.readies[-1] and decided_at is not None and not ready.by_decision:
            yield self._decision(Notice(decided_at, ready.to))

    def _decision(self, told: Notice) -> Message:
        return self.ward(
            "compulsory-open-care-decided",
            told.at,
            form=self.stay.decision,
            recipients=recipients(*told.to),
        )

    def _stray(self, stray: Stray) -> Message:
        """Who got it says so, and for whom it was, where they know."""
        said = {
            "notification": stray.kind,
            "role": stray.by.role,
            "unit": stray.by.unit,
            "municipality": stray.by.municipality,
            "right_unit": stray.right_unit,
        }
        if stray.by.municipality is not None:
            code, role = stray.by.municipality, stray.by.role
            return self.municipal("notification-misdirected", stray.at, code, role, **said)
        message = self.open_care("notification-misdirected", stray.at, **said)
        message.unit, message.source = stray.by.unit, self.area.open_care_source
        message.controller = self.area.organisation
        return message

    def _sip(self) -> Iterator[Message]:
        stay = self.stay
        for consent in stay.consents:
            yield self.ward("consent-recorded", consent.at, scope="sip", decision=consent.what)
        for need in stay.sip_needs:
            yield self.open_care("sip-need-decided", need.at, needed=need.what == "yes")
        for number, at in enumerate(stay.sip_calls):
            others = (stay.called_wrongly,) if stay.called_wrongly is not None and number == 0 else ()
            yield self.open_care(
                "sip-meeting-called",
                at,
                invitees=recipients(*self._concerned(), *others),
                form=stay.sip_form,
                unit=self.home.health_centre,
            )
        if stay.sip_established_at is not None:
            yield self.open_care(
                "sip-established",
                stay.sip_established_at,
                principals=[self.area.code, self.home.code],
                overall_responsible=self.home.code,
            )

    def _moves(self) -> Iterator[Message]:
        unit = self.stay.unit
        for move in self.stay.transfers:
            yield self.ward("patient-transferred", move.at, from_unit=unit, to_unit=move.unit)
            unit = move.unit
        for leave in self.stay.leaves:
            yield self.ward("leave-started", leave.at)
            if leave.ended_at is not None:
                yield self.ward("leave-ended", leave.ended_at, started_at=leave.at)

    def _municipal(self) -> Iterator[Message]:
        for at in sorted({item.at for item in self.stay.proposals}):
            asked = [item for item in self.stay.proposals if item.at == at]
            services = [service for item in asked for service in item.services]
            message = self.ward(
                "municipal-takeover-proposed", at, municipality=asked[0].municipality, services=services
            )
            message.several = len(asked) > 1
            message.regime = None if message.several else asked[0].regime
            yield message
        for answer in self.stay.answers:
            yes = answer.planned_start is not None
            message = self.municipal(
                "municipal-takeover-accepted" if yes else "municipal-takeover-declined",
                answer.at,
                answer.municipality,
                _role(answer.regime),
                municipality=answer.municipality,
                services=list(answer.services),
            )
            message.data |= {"planned_start_at": answer.planned_start} if yes else {"reason": answer.reason}
            message.regime = answer.regime
            yield message
        yield from self._starts()

    def _starts(self) -> Iterator[Message]:
        moments = sorted({(item.at, item.municipality) for item in self.stay.starts})
        for at, code in moments:
            begun = [item for item in self.stay.starts if (item.at, item.municipality) == (at, code)]
            services = [service for item in begun for service in item.services]
            message = self.municipal(
                "municipal-care-started",
                at,
                code,
                _role(begun[0].regime),
                municipality=code,
                services=services,
            )
            message.several = len(begun) > 1
            message.regime = None if message.several else begun[0].regime
            yield message

    def _concerned(self) -> tuple[Party, ...]:
        """*Berörda enheter*, as far as they are known."""
        stay, health_centre = self.stay, Party("open-care", self.home.health_centre)
        return (
            stay.readies[-1].to if stay.readies else stay.notices[0].to if stay.notices else (health_centre,)
        )

    def _end(self) -> Iterator[Message]:
        stay = self.stay
        if stay.ended_at is None:
            return
        if stay.end == "cancelled":
            yield self.ward("episode-cancelled", stay.ended_at, reason="registered-in-error")
        elif stay.end == "deceased":
            yield self.ward("patient-deceased", stay.ended_at)
        else:
            yield self.ward("patient-discharged", stay.ended_at, destination=stay.destination)
        if stay.closed_at is not None:
            yield self.ward("episode-closed", stay.closed_at, reason="completed")

    def _afterwards(self) -> Iterator[Message]:
        stay = self.stay
        if stay.informed_at is not None:
            yield self.ward("patient-informed-at-discharge", stay.informed_at, summary_given=True)
        for at in stay.information_at:
            yield self.ward(
                "discharge-information-transferred", at, recipients=recipients(*self._concerned())
            )
        if stay.follow_up_planned_at is not None:
            yield self.ward(
                "follow-up-planned",
                stay.follow_up_planned_at,
                due_at=stay.follow_up_due_at,
                role="open-care",
                unit=self.home.health_centre,
                channel="telephone",
            )
        if stay.follow_up_at is not None:
            yield self.open_care(
                "follow-up-completed",
                stay.follow_up_at,
                unit=self.home.health_centre,
                role="open-care",
                channel="telephone",
            )


def _role(regime: str) -> str:
    return "municipal-health" if regime == "HSL" else "social-services"
