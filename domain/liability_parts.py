"""What is said of liability for one stay: each notice's consequences, and who pays from when (LUS 5 chap.)."""

from dataclasses import dataclass, field
from datetime import date, datetime

from domain.agreement import Agreement
from domain.calendar import start_of_local_day
from domain.envelope import RecordedFact

NOT_READY = "not-ready"
WAITING_DAYS = "waiting-days"
NO_NOTICE = "no-notice"
BY_THE_MONTH = "by-the-month"
"""Why the region pays, besides what is missing: no notice at all; its days run; it did not go to the municipality; a
month's mean is settled instead of single patients."""

START_VALUES = (
    "payment.model",
    "payment.free_days",
    "payment.day_type",
    "payment.cutoff_local_time",
    "payment.individual_cap_days",
)
"""What is agreed of when a municipality pays for a patient."""


@dataclass
class Missing:
    """One condition that was missing when liability would have started, and what became of it."""

    condition: str
    """``admission-notice``, ``late-admission-notice``, ``sip-call``, ``late-sip-call`` or ``open-care``."""
    done: RecordedFact | None = None
    not_needed: RecordedFact | None = None
    """No SIP is to be made any more."""


@dataclass
class Liability:
    """What one notice to one municipality leads to, while the patient is ready and the municipality answers."""

    municipality: str
    period: int
    """Which of ``case.ready_periods``."""
    notice: RecordedFact
    moved: RecordedFact | None
    """What made the municipality answer, where that came after the notice."""
    since: datetime
    """From when it can be said that this municipality is to pay."""
    agreement: Agreement
    """In force on the notice's day for this municipality."""
    start_date: date | None
    """When it is asked whether it pays for this patient, whatever is missing; never, where only means are settled."""
    paid_from: date | None
    """From which date it then pays: earlier than ``start_date`` where a long stay leaves the mean."""
    settled_at: datetime | None
    """When it is decided: 00:00 of ``start_date``, or ``since`` where that is later. UTC."""
    settled: bool = False
    """Whether that moment came (or will, as far as is known) with the patient still ready."""
    missing: tuple[Missing, ...] = ()
    """What was missing then."""
    liable_from: datetime | None = None
    """From when it pays."""
    liable_since: datetime | None = None
    """When that was settled."""
    because: tuple[RecordedFact, ...] = ()
    """What the start rests on."""
    withdrawn: RecordedFact | None = None
    succeeded: RecordedFact | None = None
    """The change after which another municipality answers."""
    barred: bool = False

    @property
    def starts_at(self) -> datetime | None:
        """00:00 local time of ``start_date``, in UTC."""
        return None if self.start_date is None else start_of_local_day(self.start_date)

    @property
    def key(self) -> str:
        """Tells apart the times a municipality answers on one and the same notice."""
        return self.moved.id if self.moved is not None else ""


@dataclass(frozen=True)
class Payer:
    """Who pays from ``since`` until the next one, or the stay's end; ``detail`` says why it is the region."""

    since: datetime
    municipality: str | None
    """That answers for the patient, whoever pays."""
    liable: bool
    detail: str | None
    by: RecordedFact
    """The last act that led to it; the notice where the clock alone did."""
    by_clock: bool
    agreement: str
    before_ended: str
    """How the one before it ended: ``withdrawn``, ``moved`` or ``changed``."""
    rests_on: tuple[RecordedFact, ...] = ()
    due_at: datetime | None = None
    """While the notice's days run: when they are over."""
    started_at: datetime | None = None
    """From when it pays, where that is earlier than ``since``, when it was settled."""


@dataclass
class Course:
    """All of it for one stay."""

    liabilities: list[Liability] = field(default_factory=list)
    payers: list[Payer] = field(default_factory=list)
