"""The connection that a question is asked on: one moment of what is shown, live or as it was known at an earlier time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from cli import units
from cli.looking import Sees, act
from cli.output import say
from domain.errors import Refused

if TYPE_CHECKING:
    from consumers.past import Shown
    from infra.postgres import Connection


@contextmanager
def reading(sees: Sees = Sees.FIGURES) -> Iterator["Connection"]:
    """A connection on which every statement sees the same moment of the tables. Raises ``Refused`` without any."""
    with connected() as connection:
        act(connection, sees)
        require_shown(connection)
        connection.commit()
        one_moment(connection)
        units.learn(connection)
        yield connection


@contextmanager
def connected() -> Iterator["Connection"]:
    """A connection to what is shown, for ``one_moment``; nothing that is made on it stays."""
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    units.forget()
    with connect(connections(load_settings()).read_dsn, application_name="carechain read") as connection:
        yield connection
        connection.rollback()


def one_moment(connection: "Connection", *, temporary: bool = False) -> None:
    """From here on every statement sees the same moment of the tables; the connection is in no transaction.

    Nothing can be written; with ``temporary`` tables that only this connection sees can be made.
    """
    from psycopg import IsolationLevel

    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    connection.read_only = not temporary


def require_shown(connection: "Connection") -> None:
    """Raise ``Refused`` where nothing is shown; say on stderr where what is shown was made by another version."""
    from projections.base import SCHEMA, stale

    old = stale(connection)
    if old and connection.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.timeline",)).fetchone() == (None,):
        raise Refused("Nothing is shown yet.", hint="Start `carechain run`, which makes what is shown.")
    if old:
        say(f"warning: {', '.join(old)}: made by another version; `carechain projection rebuild` renews it.")


def shown_past(connection: "Connection", journeys: Sequence[UUID], known_at: datetime) -> "Shown":
    """Where and by which ids these journeys are shown as they were known then, on this connection."""
    from consumers.past import show_past
    from infra.keys import master_key
    from infra.settings import connections, load_settings

    settings = load_settings()
    key = master_key(settings)
    return show_past(connection, connections(settings), key, journeys, known_at)


def kept_schema(connection: "Connection", known_at: datetime) -> str:
    """Where everybody is shown as known then, while ``connection`` is open; made now where nobody has asked before."""
    from cli.projection import telling
    from consumers.kept import kept_schema as keep
    from infra.keys import master_key
    from infra.settings import connections, load_settings

    settings = load_settings()
    key = master_key(settings)
    with telling() as tell:
        schema = keep(connections(settings), key, known_at, tell, reader=connection)
    connection.rollback()  # what it began before the answer was there does not see it
    return schema
