"""How long what is recorded must be kept, and from and until when it is to be deleted, by the law it is kept under."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.calendar import local_date
from domain.errors import Refused
from domain.fact import Regime

HSL_YEARS = 10
"""At least ten years after the last entry (PDL 3:17)."""
SOL_YEARS = 5
"""Five years after the last entry (SoL 16:1)."""
DEAD_LETTER_DAYS = 180
"""Messages that could not become facts are no record (*journalhandling*): as long as their topic keeps them."""

SOURCES: dict[Regime, str] = {"HSL": "PDL 3:17", "SoL": "SoL 16:1"}


class Ground(StrEnum):
    """On what ground data are erased."""

    RETENTION = "retention"
    """Their time has passed (PDL 3:17; SoL 16:1)."""
    IVO_DECISION = "ivo-decision"
    """The Health and Social Care Inspectorate has decided it (PDL 8:4)."""


class Hold(StrEnum):
    """Why data are kept though their time has passed."""

    PATERNITY = "paternity"
    """About a child's parents (SoL 16:2)."""
    ADOPTION = "adoption"
    """About an adoption (SoL 16:2)."""
    PLACED_CHILD = "placed-child"
    """About a child placed in a home or in institutional care (SoL 16:2)."""
    ARCHIVE = "archive"
    """The authority's archive rules, or a longer time prescribed (PDL 3:18; arkivlagen)."""
    LEGAL_CLAIM = "legal-claim"
    """Needed for a legal claim (GDPR 17.3 e)."""


SOL_ONLY = frozenset({Hold.PATERNITY, Hold.ADOPTION, Hold.PLACED_CHILD})
"""Exceptions that the act on social services makes, and the patient data act does not know."""


@dataclass(frozen=True)
class Due:
    """When one part of a record is to be deleted; all dates are Swedish days."""

    last_entry: date
    kept_until: date
    """The last day on which it has to be kept."""
    due_by: date | None
    """The day by which it must be deleted; ``None`` where the law names none."""

    @property
    def due_from(self) -> date:
        """The first day on which it may be deleted."""
        return self.kept_until + timedelta(days=1)

    def is_due(self, day: date) -> bool:
        """Whether it may be deleted on this day."""
        return day >= self.due_from

    def is_late(self, day: date) -> bool:
        """Whether it should have been deleted before this day."""
        return self.due_by is not None and day > self.due_by


def due(regime: Regime, last_entry: datetime) -> Due:
    """When what was last written in at this instant (aware) is to be deleted.

    HSL: not before ten years have passed; the act names no last day (PDL 3:17). SoL: after five years, and done by
    the end of the next calendar year (SoL 16:1). Where the two readings of "the year after" differ, for a last entry
    on 31 December, the earlier end is taken. Years are counted as lag (1930:173) 1 § says: to the day of the same
    name, and to the month's last day where there is none.
    """
    day = local_date(last_entry)
    end = years_after(day, HSL_YEARS if regime == "HSL" else SOL_YEARS)
    return Due(day, end, None if regime == "HSL" else date(end.year + 1, 12, 31))


def letter_due(since: datetime) -> Due:
    """When a dead letter that has lain there since this instant (aware) is to be deleted."""
    end = local_date(since) + timedelta(days=DEAD_LETTER_DAYS)
    return Due(local_date(since), end, None)


def years_after(day: date, years: int) -> date:
    """The day of the same name so many years later; 28 February for a 29 February that is not there."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def check_ground(
    ground: str, regime: Regime, decision: str | None, decided_on: date | None, today: date
) -> Ground:
    """The ground, where it is one for data under this law. Raises ``Refused`` with the paragraph that stands against it."""
    if ground in ("patient-request", "request"):
        raise _no_request(regime)
    try:
        found = Ground(ground)
    except ValueError:
        raise Refused(
            "That is no ground on which data may be erased.",
            hint=f"Grounds are: {', '.join(Ground)}.",
        ) from None
    if found is Ground.RETENTION:
        if decision is not None or decided_on is not None:
            raise Refused(
                "A decision's number and date belong to an IVO decision only.",
                hint="Leave them out, or give --ground ivo-decision.",
            )
        return found
    if regime != "HSL":
        raise Refused(
            "An IVO decision to destroy a record concerns health care records only (PDL 8:4).",
            hint="Social services' data are deleted when their time has passed (SoL 16:1): --ground retention.",
        )
    if not decision or decided_on is None:
        raise Refused(
            "The decision's number and date are missing.",
            hint="Give --decision and --decided-on as they stand in IVO's decision (PDL 8:4).",
        )
    if decided_on > today:
        raise Refused("The decision is dated in the future.", hint="Look at the date in IVO's decision.")
    return found


def check_hold(ground: str, regime: Regime) -> Hold:
    """The hold, where the law knows it. Raises ``Refused``."""
    try:
        found = Hold(ground)
    except ValueError:
        raise Refused(
            "That is no ground for keeping data.", hint=f"Grounds are: {', '.join(Hold)}."
        ) from None
    if found in SOL_ONLY and regime != "SoL":
        raise Refused(
            "That exception is about social services' data only (SoL 16:2).",
            hint=f"For health care records: {Hold.ARCHIVE} or {Hold.LEGAL_CLAIM}.",
        )
    return found


def _no_request(regime: Regime) -> Refused:
    if regime == "HSL":
        return Refused(
            "A patient's request alone is no ground: a health care record must be kept (PDL 3:14, 3:17; GDPR 17.3 b-c).",
            hint="The patient may apply to IVO (PDL 8:4), and may have it noted that an entry is thought wrong (PDL 3:8).",
        )
    return Refused(
        "A person's request alone is no ground: social services must keep what they document (SoL 16:1; GDPR 17.3 b).",
        hint="It is deleted five years after the last entry; the person may have it noted what is thought wrong.",
    )
