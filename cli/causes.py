"""Why patients wait, as `carechain waits --causes` prints it: under each wait its causes, and who could end each."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from cli import words
from cli.asking import Asked

SAID = ("id", "cause", "text", "state", "party", "role", "unit", "started_at", "ended_at", "outcome")
"""What an answer says of a cause besides how long it has lasted and the facts."""


def with_causes(asked: Asked, waits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The waits, each with ``causes``: those of its own row, in order of beginning."""
    from domain.cause import causes as known
    from projections.causes import causes
    from projections.query import Filters

    by_wait: dict[UUID, list[dict[str, Any]]] = {}
    about = Filters(journeys=sorted({wait["journey"] for wait in waits}))
    for cause in causes(asked.connection, asked.schema, about, asked.now):
        why = known().get(cause["cause"])
        said = {**cause, "text": why.text if why is not None else cause["cause"]}
        by_wait.setdefault(cause["of"], []).append(
            {name: said[name] for name in (*SAID, "value", "value_unit", "facts")}
        )
    return [{**wait, "causes": by_wait.get(wait["id"], [])} for wait in waits]


def each_with_its_causes(waits: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Waits and causes as they stand in the table: one after the other."""
    for wait in waits:
        yield wait
        yield from ({**cause, "journey": wait["journey"]} for cause in wait["causes"])


def cause_line(cause: Mapping[str, Any]) -> dict[str, object]:
    """One line of the table, under its wait's."""
    who = words.owner(cause["party"], cause["role"]) if cause["party"] else "nobody can end it"
    return {
        "journey": "",
        "from": cause["started_at"],
        "to": cause["ended_at"] or "still so",
        "wait": words.measured(cause["value"], cause["value_unit"]),
        "ended": cause["outcome"],
        "measure": f"  because: {cause['text']} ({who})",
    }
