"""How a duty stands at a moment: open, due, done, late, missed or cancelled."""

from datetime import datetime
from typing import Any

from naive.agreements import Agreement
from naive.case import Case, agreed

Line = tuple[Any, ...]


def owed(
    case: Case,
    rule: str,
    opened: datetime,
    due: datetime | None,
    done: datetime | None,
    ends: datetime | None,
    party: str | None,
    role: str | None,
    detail: str | None = None,
    counts_from: datetime | None = None,
    under: Agreement | None = None,
) -> list[Line]:
    """A line as the duty stands now, or none where it has not begun.

    What was done before it was owed counts as done at once; done and fallen away in one moment is done; in time
    means at or before the due time. ``counts_from`` is where the clock started, where that is not the beginning;
    ``under`` the agreement, where it is not the one of what began it.
    """
    now, told = case["now"], opened
    opened = max(opened, case["begins"])
    if opened > now:
        return []
    done = max(done, opened) if done is not None and done <= now else None
    ends = max(ends, opened) if ends is not None and ends <= now else None
    if done is not None and (ends is None or done <= ends):
        state = "late" if due is not None and done > due else "done"
    elif due is not None and (ends or now) > due:
        state = "missed"
    elif ends is not None:
        state = "cancelled"
    else:
        state = "open" if due is None else "due"
    at = done if state in ("late", "done") else None
    about = ("obligation", rule, case["id"], counts_from or opened, due, at, state, party, role, detail)
    return [(*about, (under or agreed(case, told))["name"])]


def hospital(case: Case) -> tuple[str, str]:
    return (case["region"], "inpatient")


def open_care(case: Case) -> tuple[str, str]:
    return (case["region"], "open-care")
