"""What a plan is written in: plain records of what shall happen to one patient. All times are UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Regime = Literal["HSL", "SoL"]
End = Literal["discharged", "deceased", "cancelled"]


@dataclass(frozen=True)
class Party:
    """One unit that is told things, and in which capacity."""

    role: str
    unit: str
    municipality: str | None = None


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
    notified_at: datetime | None = None
    withdrawn_at: datetime | None = None
    reason: str = "worse"


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

    @property
    def began_at(self) -> datetime:
        """The first thing that happens in the episode."""
        began = self.visit_at or self.admitted_at
        assert began is not None
        return began

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

    @property
    def died_at(self) -> datetime | None:
        """Death, in a stay or after."""
        in_stay = [stay.ended_at for stay in self.stays if stay.end == "deceased"]
        return in_stay[0] if in_stay else self.died_after_at
