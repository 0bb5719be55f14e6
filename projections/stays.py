"""The stays and visits: where the patient is, in which state, and how long on leave."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.rows import Stay
from projections.query import Answer, Filters, answer, in_order, lines
from projections.table import Column, Projection, microseconds

PROJECTION = Projection(
    kind=Stay,
    table="stays",
    version=1,
    own=(
        Column("phase", "text"),
        Column("leave_closed", "int8", microseconds),
        Column("leave_since", "timestamptz"),
    ),
    state="s.phase",
    value=(
        "{schema}.rounded(s.leave_closed"
        " + coalesce({schema}.microseconds(moment - s.leave_since), 0), 3600000000)"
    ),
    indexes=(
        "(municipality)",
        "(region)",
        "(unit) WHERE unit IS NOT NULL",
        "(organisation) WHERE organisation IS NOT NULL",
        "(started_at) WHERE ended_at IS NULL AND valid_to IS NULL",
    ),
)


class StayAnswer(Answer):
    """One stay or visit; ``value`` is the hours on leave."""

    source_episode: str | None
    """What the source calls it: always none here, as only the vault knows; whoever may ask it fills it in."""

    ended_at: datetime | None
    leave_hours: float | None
    """Closed leaves and the one that runs, up to the moment asked."""


def stays(connection: Connection[Any], schema: str, filters: Filters, now: datetime) -> list[StayAnswer]:
    """Stays at ``now``, in order of their beginning."""
    return [
        in_order(
            StayAnswer(
                **answer(Stay, line, value_unit="hours"),
                source_episode=None,
                ended_at=line["ended_at"],
                leave_hours=line["value"],
            )
        )
        for line in lines(connection, schema, PROJECTION, filters, now, "r.started_at NULLS FIRST")
    ]
