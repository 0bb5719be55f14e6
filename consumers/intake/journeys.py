"""Finding a journey in the store by its id, or by how its id begins."""

import re
from uuid import UUID

from domain.errors import Refused
from infra.postgres import connect

_WRITTEN = re.compile(r"[0-9a-f]{4,32}")


def find_journey(store_dsn: str, text: str) -> UUID:
    """The one journey with facts whose id is, or begins with, ``text``. Raises ``Refused``."""
    digits = text.strip().lower().replace("-", "")
    if not _WRITTEN.fullmatch(digits):
        raise Refused(
            "That is not a journey's id, nor how one begins.", "It has four signs or more of 0-9 and a-f."
        )
    with connect(store_dsn) as connection:
        found = connection.execute(
            "SELECT DISTINCT originator_id FROM store.journeys_events"
            " WHERE originator_id BETWEEN %s AND %s LIMIT 2",
            (UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))),
        ).fetchall()
    if not found:
        raise Refused("No journey with that id is known.", "`carechain journey list` shows those that are.")
    if len(found) > 1:
        raise Refused("Several journeys begin like that.", "Give more of the id.")
    return UUID(str(found[0][0]))
