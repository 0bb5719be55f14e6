"""The access log as a relay publishes it: an event for each patient whose data were read, in the order of commit.

The log lies with the answers, as reading must work while the store or Kafka is down; it is published when they are back.
"""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, LiteralString
from uuid import UUID

from psycopg.rows import dict_row

from domain.calendar import format_instant
from domain.envelope import encode
from domain.rows import named_id
from infra.postgres import Connection
from infra.store import CLOUDEVENTS, Entry

PATIENT_DATA_READ = "se.carechain.patient-data-read.v1"
SAID = ("staff", "role", "unit", "organisation", "purpose", "action", "ground", "emergency", "lifted")
"""Of the look; what it does not say is left out."""

_READ: LiteralString = """
    SELECT e.position, e.journey, e.blocked, e.unconsented, l.id, l.at, l.staff::text, l.role, l.unit, l.organisation,
        l.purpose, l.action, l.ground, l.emergency, l.lifted
    FROM access.entry e JOIN access.look l ON l.id = e.look
    WHERE e.position > %(after)s ORDER BY e.position LIMIT %(limit)s
"""


class AccessLog:
    """Who read which patient's data, as the relay reads it from the read database. The key is the journey."""

    channel = "access_entry"
    content_type = CLOUDEVENTS
    batch = 1_000

    def __init__(self, store: UUID) -> None:
        """``store`` is the store that the patients' facts are in: the source of the events."""
        self._store = store

    def read(self, connection: Connection, after: int, limit: int) -> list[Entry]:
        with connection.cursor(row_factory=dict_row) as cursor:
            lines = cursor.execute(_READ, {"after": after, "limit": limit}, prepare=True).fetchall()
        return [
            Entry(line["position"], str(line["journey"]), line["at"], event(self._store, line))
            for line in lines
        ]

    def at(self, connection: Connection, position: int) -> Entry | None:
        """The entry at exactly this position, if there is one."""
        found = self.read(connection, position - 1, 1)
        return found[0] if found and found[0].position == position else None

    def end(self, connection: Connection) -> int:
        """The highest position, 0 when the log is empty."""
        row = connection.execute("SELECT coalesce(max(position), 0) FROM access.entry").fetchone()
        assert row is not None
        return int(row[0])


def event(store: UUID, line: Mapping[str, Any]) -> bytes:
    """The CloudEvent of one line of the log: the same bytes whenever it is read (HSLF-FS 2016:40, 4 kap.)."""
    said = {name: line[name] for name in SAID if line[name] is not None}
    return encode(
        {
            "specversion": "1.0",
            "id": str(named_id(f"access|{line['id']}|{line['journey']}")),
            "source": f"/carechain/{store}",
            "type": PATIENT_DATA_READ,
            "subject": str(line["journey"]),
            "time": format_instant(line["at"].astimezone(UTC)),
            "datacontenttype": "application/json",
            "data": {
                "look": str(line["id"]),
                **said,
                "blocked": line["blocked"],
                "unconsented": line["unconsented"],
            },
        }
    )
