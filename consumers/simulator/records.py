"""What a plan is written in: plain records of what shall happen to one patient. All times are UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Regime = Literal["HSL", "SoL"]
End = Literal["discharged", "deceased", "cancelled"]
Role = Literal["inpatient", "open-care", "municipal-health", "social-services"]
Sender = Literal["ward", "region", "specialist", "ambulance", "team"] | Role
"""Whose system says it. ``region``: as *huvudman*, no unit of it."""


@dataclass(frozen=True)
class Party:
    """One unit that is told things, and in which capacity."""

    role: Role
    unit: str
    municipality: str | None = None


@dataclass(frozen=True)
class Act:
    """Anything that happens and is told, in the words of its message; ``kind`` is the fact's short name."""

    at: datetime
    kind: str
    by: Sender
    data: dict[str, Any] = field(default_factory=dict)
    unit: str | None = None
    """The acting unit, where it is not the sender's usual one."""
    municipality: str | None = None
    """Whose system, for a municipality's."""
    regime: Regime | None = None


@dataclass(frozen=True)
class Assessment:
    """The physician's judgement of whether services will be needed."""

    at: datetime
    outcome: str
    needs: tuple[str, ...] = ()
    at_admission: bool | None = None


@dataclass(frozen=True)
class Notice:
    """An admission notice."""

    at: datetime
    to: tuple[Party, ...]
    estimate: datetime | None = None
    lacks: tuple[str, ...] = ()
    """What of name, identity and address it does not hold (LUS 2:2)."""


@dataclass(frozen=True)
class Receipt:
    """A receiver's acknowledgement."""

    at: datetime
    by: Party


@dataclass(frozen=True)
class Estimate:
    """A new estimated time of discharge is told."""

    at: datetime
    new: datetime
    old: datetime | None = None


@dataclass(frozen=True)
class Ready:
    """One time the patient is declared ready for discharge, told of or not, withdrawn or not."""

    declared_at: datetime
    to: tuple[Party, ...]
    """Who is concerned; a notice of its own may have gone to others."""
    notified_at: datetime | None = None
    """The first notice that reached somebody."""
    withdrawn_at: datetime | None = None
    reason: str = "worse"
    notices: tuple[Notice, ...] = ()
    """All notices of the period, where they are more than the one at ``notified_at`` to all concerned."""
    by_decision: bool = False
    """The notice is the decision on compulsory open care (LUS 3:1 second paragraph)."""

    @property
    def sent(self) -> tuple[Notice, ...]:
        """Every notice that was sent, whether it reached anybody or not."""
        if self.notices or self.notified_at is None:
            return self.notices
        return (Notice(self.notified_at, self.to),)


@dataclass(frozen=True)
class Stray:
    """Somebody says that a notice they got was not for them; no other notice of that kind went to them."""

    at: datetime
    kind: str
    by: Party
    right_unit: str | None = None


@dataclass(frozen=True)
class Said:
    """Something decided about the SIP: a consent's decision, or whether a SIP is needed (yes, no)."""

    at: datetime
    what: str


@dataclass(frozen=True)
class Leave:
    """A leave; one without an end lasts until the stay ends."""

    at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True)
class Transfer:
    """A move to another ward."""

    at: datetime
    unit: str


@dataclass(frozen=True)
class Proposal:
    """The municipality is asked to take over, under one law."""

    at: datetime
    municipality: str
    regime: Regime
    services: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """The municipality accepts, with a planned start, or declines, with none."""

    at: datetime
    municipality: str
    regime: Regime
    services: tuple[str, ...]
    planned_start: datetime | None = None
    reason: str = "no-place"
    """Of a no."""


@dataclass(frozen=True)
class Start:
    """Municipal care begins, under one law."""

    at: datetime
    municipality: str
    regime: Regime
    services: tuple[str, ...]


@dataclass
class Stay:
    """One episode of care: a visit, a stay in hospital, or the one followed by the other."""

    episode: str
    hospital: int
    visit_at: datetime | None = None
    admitted_at: datetime | None = None
    """None for a visit that leads to no admission."""
    unit: str = ""
    care_form: str = "somatic"
    compulsion: str = "voluntary"
    unplanned: bool = False
    end: End | None = None
    ended_at: datetime | None = None
    destination: str = "home"
    assessments: list[Assessment] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)
    contact_at: datetime | None = None
    readies: list[Ready] = field(default_factory=list)
    consents: list[Said] = field(default_factory=list)
    sip_needs: list[Said] = field(default_factory=list)
    sip_calls: list[datetime] = field(default_factory=list)
    sip_form: str = "digital"
    called_wrongly: Party | None = None
    """Somebody whom the first call went to as well, and should not have."""
    sip_established_at: datetime | None = None
    leaves: list[Leave] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    informed_at: datetime | None = None
    """The patient is informed at discharge."""
    information_at: list[datetime] = field(default_factory=list)
    """Discharge information is transferred to the receivers."""
    follow_up_planned_at: datetime | None = None
    follow_up_due_at: datetime | None = None
    follow_up_at: datetime | None = None
    strays: list[Stray] = field(default_factory=list)
    decided_at: datetime | None = None
    """Compulsory open care is decided and told, beside or instead of the ordinary notice."""
    decision: str = "LPT"
    closed_at: datetime | None = None
    """The case is closed after the discharge: nothing more is expected."""
    acts: list[Act] = field(default_factory=list)
    """All else that is told of the stay."""

    @property
    def began_at(self) -> datetime:
        """The first thing that happens in the episode."""
        began = self.visit_at or self.admitted_at
        assert began is not None
        return began

    @property
    def last_at(self) -> datetime:
        """The last thing that anybody says of it."""
        return max(_moments(self), default=self.began_at)

    @property
    def discharged_at(self) -> datetime | None:
        """The end of a stay in hospital by discharge; None for visits and other ends."""
        return self.ended_at if self.end == "discharged" and self.admitted_at is not None else None


@dataclass
class Journey:
    """One patient: stays in order, and a death after the last of them if there was one."""

    patient: str
    municipality: str
    stays: list[Stay]
    died_after_at: datetime | None = None
    private: bool = False
    """Listed at the municipality's health centre that a private provider runs."""
    acts: list[Act] = field(default_factory=list)
    """What happens outside hospital, whatever stay it falls after."""

    @property
    def admitted(self) -> list[Stay]:
        """The stays in hospital, less visits that led to no admission."""
        return [stay for stay in self.stays if stay.admitted_at is not None]

    @property
    def died_at(self) -> datetime | None:
        """Death, in a stay or after."""
        in_stay = [stay.ended_at for stay in self.stays if stay.end == "deceased"]
        return in_stay[0] if in_stay else self.died_after_at


def _moments(stay: Stay) -> list[datetime]:
    single = (stay.visit_at, stay.admitted_at, stay.ended_at, stay.contact_at, stay.sip_established_at)
    after = (stay.informed_at, stay.follow_up_planned_at, stay.follow_up_at, stay.decided_at, stay.closed_at)
    told = [at for at in (*single, *after, *stay.sip_calls, *stay.information_at) if at is not None]
    listed = (stay.assessments, stay.notices, stay.receipts, stay.estimates, stay.consents, stay.sip_needs)
    around = (stay.leaves, stay.transfers, stay.proposals, stay.answers, stay.starts, stay.strays, stay.acts)
    told += [item.at for items in (*listed, *around) for item in items]
    return told + [notice.at for ready in stay.readies for notice in ready.sent]
