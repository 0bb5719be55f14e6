"""The simulator's answers against what was concluded: both brought to the same plain lines, then compared."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.calendar import format_instant
from domain.rows import Obligation, Responsibility, Row, Stay, Wait, at
from infra.postgres import Connection
from projections.base import SCHEMA
from projections.handoffs import handoffs
from projections.query import Filters
from projections.responsibility import responsible
from projections.stays import stays
from projections.waits import COMPLETED, waits

RULES = ("MH-01", "MH-02", "MH-06", "MH-09", "MH-10", "MH-12", "MH-17", "MH-18", "MH-19")
MEASURES = ("W-01", "W-02", "W-03", "W-04", "W-05", "W-06", "W-12", "W-13", "W-14", "W-15")
ROLES = (
    "inpatient",
    "emergency",
    "open-care",
    "municipal-health",
    "rehabilitation",
    "social-services",
    "mobile-team",
    "team-member",
    "specialist",
    "egenvard",
)
"""The kinds of care that the simulator says who gives."""
Line = tuple[Any, ...]


def expected(path: Path, journey_of: Callable[[str], UUID], stay_of: Callable[[str], UUID]) -> Counter[Line]:
    """The lines of a truth file, with our ids in place of the simulator's."""
    lines: Counter[Line] = Counter()
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        said: Line
        journey = journey_of(line["patient"])
        stay = stay_of(line["episode"]) if line.get("episode") else None
        match line["kind"]:
            case "stay":
                said = (line["state"], line["started_at"], line["ended_at"], line["leave_hours"])
            case "obligation":
                said = (line["rule"], line["due_at"], line["done_at"], line["state"])
            case "wait":
                said = (
                    line["measure"],
                    line["started_at"],
                    line["ended_at"],
                    line["value"],
                    line["value_unit"],
                )
            case "responsible" if line["role"] not in ROLES:
                continue
            case "responsible":
                said, stay = (line["role"], line["party"]), None
            case other:
                raise AssertionError(f"an unknown kind of line: {other}")
        lines[line["kind"], journey, stay, *said] += 1
    return lines


def concluded(rows: Iterable[Row], horizon: datetime) -> Counter[Line]:
    """The same lines from rows, as they stand at the horizon."""
    lines: Counter[Line] = Counter()
    for row in at(rows, horizon):
        line = _line(row)
        if line is not None:
            lines[line] += 1
    return lines


def _line(row: Row) -> Line | None:
    match row:
        case Stay():
            return ("stay", row.journey, row.stay, row.state, _t(row.started_at), _t(row.ended_at), row.value)
        case Obligation() if row.rule in RULES:
            # The simulator's "open" is: nothing is late yet.
            state = "open" if row.state == "due" else row.state
            done = row.ended_at if row.state in ("done", "late") else None
            return ("obligation", row.journey, row.stay, row.rule, _t(row.due_at), _t(done), state)
        case Wait() if row.rule in MEASURES and row.outcome in ("done", "discharged", "readmitted"):
            return (
                "wait",
                row.journey,
                row.stay,
                row.rule,
                _t(row.started_at),
                _t(row.ended_at),
                row.value,
                row.value_unit,
            )
        case Responsibility() if row.rule == "care" and row.ended_at is None and row.role in ROLES:
            return ("responsible", row.journey, None, row.role, row.party)
        case _:
            return None


def shown(connection: Connection, horizon: datetime) -> Counter[Line]:
    """The same lines from what the projections answer at the horizon."""
    said: Line
    lines: Counter[Line] = Counter()
    everything, schema = Filters(), SCHEMA
    for stay in stays(connection, schema, everything, horizon):
        said = (stay["state"], _t(stay["started_at"]), _t(stay["ended_at"]), stay["leave_hours"])
        lines["stay", stay["journey"], stay["stay"], *said] += 1
    for duty in handoffs(connection, schema, Filters(rules=RULES), horizon):
        state = "open" if duty["state"] == "due" else duty["state"]
        done = duty["done_at"] if state in ("done", "late") else None
        lines[
            "obligation", duty["journey"], duty["stay"], duty["rule"], _t(duty["due_at"]), _t(done), state
        ] += 1
    for wait in waits(connection, schema, Filters(rules=MEASURES), horizon):
        if wait["outcome"] in COMPLETED:
            said = (_t(wait["started_at"]), _t(wait["ended_at"]), wait["value"], wait["value_unit"])
            lines["wait", wait["journey"], wait["stay"], wait["measure"], *said] += 1
    for row in responsible(connection, schema, Filters(rules=("care",), states=("current",)), horizon):
        if row["role"] in ROLES:
            lines["responsible", row["journey"], None, row["role"], row["party"]] += 1
    return lines


def _t(time: datetime | None) -> str | None:
    return None if time is None else format_instant(time)


def differences(truth: Counter[Line], ours: Counter[Line]) -> list[str]:
    """What only one of them says, in words, a few dozen at most."""
    missing = [f"truth only: {line}" for line in (truth - ours)]
    extra = [f"ours only:  {line}" for line in (ours - truth)]
    return sorted([*missing, *extra], key=lambda text: text.split(": ", 1)[1])
