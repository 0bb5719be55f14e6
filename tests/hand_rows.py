"""Rows made by hand and by hypothesis, for tests of tables, clock and queries."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from hypothesis import strategies as st
from msgspec.structs import replace

from domain.rows import (
    KINDS,
    NAMESPACE,
    Cause,
    Figure,
    Finding,
    Obligation,
    Responsibility,
    Restriction,
    Row,
    Stay,
    TimelineEntry,
    Wait,
)

JOURNEY = UUID("11111111-1111-4111-8111-111111111111")
OTHER = UUID("22222222-2222-4222-8222-222222222222")
T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def make(kind: type[Row], name: str, **given: Any) -> Any:
    """A row with an id that follows from its name, begun and known at T0 where nothing else is given."""
    row = {
        "id": uuid5(NAMESPACE, name),
        "journey": JOURNEY,
        "rule": name,
        "valid_from": T0,
        "started_at": T0,
        "opened_by": (f"fact-{name}",),
    }
    return kind(**{**row, **given})


_instants = st.datetimes(datetime(2025, 10, 20), datetime(2026, 4, 10), timezones=st.just(UTC))
_texts = st.none() | st.sampled_from(["", "a", "hsa:SE2321000198-1", "municipality:2180", "å"])
_outcomes = st.none() | st.sampled_from(["done", "discharged", "withdrawn", "stopped"])
_facts = st.lists(st.sampled_from(["f1", "f2", "f3"]), max_size=3, unique=True).map(tuple)
_own: dict[type[Row], dict[str, st.SearchStrategy[Any]]] = {
    Responsibility: {"due_at": st.none() | _instants, "detail": _texts},
    Wait: {
        "value_unit": st.sampled_from(["minutes", "hours", "days", "dates"]),
        "at_least": st.none() | st.integers(0, 99),
        "at_most": st.none() | st.floats(0, 99),
        "started_at": _instants,
        "paused": st.timedeltas(timedelta(), timedelta(days=400)),
        "paused_since": st.none() | _instants,
    },
    Obligation: {
        "due_at": st.none() | _instants,
        "severity": st.sampled_from(["legal", "local"]),
        "detail": _texts,
    },
    Stay: {
        "phase": st.sampled_from(["inpatient", "on_leave", "discharged"]),
        "leave_closed": st.timedeltas(timedelta(), timedelta(days=400)),
        "leave_since": st.none() | _instants,
    },
    Finding: {"severity": st.just("quality"), "detail": _texts},
    TimelineEntry: {
        "regime": st.sampled_from(["HSL", "SoL"]),
        "detail": _texts,
        "source": _texts,
        "at_latest": st.none() | _instants,
        "judged": st.booleans(),
        "lacks": _facts,
        "controller": _texts,
    },
    Restriction: {"detail": _texts},
    Cause: {"of": st.uuids(), "started_at": _instants},
    Figure: {
        "number": st.integers(0, 99) | st.floats(0, 99),
        "value_unit": st.sampled_from(["count", "share", "days"]),
        "detail": _texts,
    },
}


@st.composite
def _row(draw: st.DrawFn) -> Row:
    kind = draw(st.sampled_from(KINDS))
    common = {
        "id": draw(st.uuids()),
        "journey": draw(st.sampled_from([JOURNEY, OTHER])),
        "stay": draw(st.none() | st.uuids()),
        "rule": draw(st.sampled_from(["W-01", "MH-10", "care"])),
        "rule_version": draw(st.integers(1, 3)),
        "valid_from": draw(_instants),
        "valid_to": draw(st.none() | _instants),
        "started_at": draw(st.none() | _instants),
        "ended_at": draw(st.none() | _instants),
        "outcome": draw(_outcomes),
        "opened_by": draw(_facts),
        "closed_by": draw(_facts),
        "agreement": draw(st.sampled_from(["", "statute@1"])),
        **{
            name: draw(_texts) for name in ("party", "role", "unit", "organisation", "municipality", "region")
        },
    }
    own = {name: draw(strategy) for name, strategy in _own[kind].items()}
    return kind(**{**common, **own})


rows = st.lists(_row(), max_size=25, unique_by=lambda row: row.id)
"""Any rows, also such as no rule writes."""
instants = _instants

MOMENTS = (T0 - hours(1), T0, T0 + timedelta(microseconds=1), T0 + hours(36))

__all__ = ["JOURNEY", "MOMENTS", "OTHER", "T0", "hours", "instants", "make", "replace", "rows"]
