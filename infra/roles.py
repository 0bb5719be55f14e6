"""The roles in PostgreSQL: one table of who may do what, made and given whenever the schemas are brought up to date.

Roles belong to the whole server, their rights to one database. Nobody logs in as one of these: logins, made by an
administrator, are members. What is shown has its rights made with its tables (`projections.guard`).
"""

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from infra.errors import OperatingError
from infra.postgres import Connection
from infra.vault.rights import GRANTS as VAULT_GRANTS

ROLES: dict[LiteralString, str] = {
    "carechain_operator": "coordinates: sees patients one logged look at a time, over all parties",
    "carechain_care": "care staff of a unit: patients that the unit takes part in",
    "carechain_municipal": "MAS and MAR: patients that the municipality takes part in",
    "carechain_auditor": "inspects history, access and proofs, under pseudonyms",
    "carechain_leader": "leadership: published figures only",
    "carechain_dashboard": "dashboards: published figures only",
    "carechain_figures": "service: counts over everybody, without places of protected identities",
    "carechain_writer": "service: decides and stores facts, dead letters and adoptions",
    "carechain_projector": "service: writes what is shown; asks for content keys of given journeys",
    "carechain_relay": "service: publishes what is stored",
    "carechain_notary": "service: signs how much is on record",
    "carechain_keeper": "service: keeps the vault",
}

_READERS = "carechain_operator, carechain_care, carechain_municipal, carechain_auditor"
_OPENED = "journey IN (SELECT access.opened() UNION ALL SELECT access.veiled())"
_LEGIBLE = (
    "journey IN (SELECT access.opened()) AND ((SELECT access.hidden_keys()) = '{}'"
    " OR NOT (SELECT access.hidden_keys()) ? (convert_from(raw, 'UTF8')::jsonb ->> 'id'))"
)
"""A fact is read whole, so that a hidden one is not there at all."""

JOURNAL_RIGHTS: dict[str, str | None] = {
    "fact": _LEGIBLE,
    "parked": _OPENED,
    "concluded": _OPENED,
    "link": _OPENED,
    "dead_letter": f"journey IS NULL OR {_OPENED}",
    "oddity": f"journey IS NULL OR {_OPENED}",
    "position": None,
    "reference": None,
}
"""Of each table of the journal which rows readers see; ``None`` for all."""


@dataclass(frozen=True)
class Right:
    """What is granted on what, to whom."""

    privileges: str
    on: str
    to: str


RIGHTS: tuple[Right, ...] = (
    Right(
        "USAGE",
        "SCHEMA access",
        f"{_READERS}, carechain_leader, carechain_dashboard, carechain_figures, carechain_projector,"
        " carechain_relay, carechain_writer",
    ),
    Right("SELECT", "access.purpose, access.told_by_law", _READERS),
    Right("EXECUTE", "FUNCTION access.staff_of(text)", "carechain_auditor"),
    Right(
        "EXECUTE",
        "FUNCTION access.look(text, text, uuid[], jsonb, text[], text, timestamptz, text, boolean, text, uuid)",
        _READERS,
    ),
    Right("EXECUTE", "FUNCTION access.known(uuid, uuid), access.of_rows(uuid, uuid)", _READERS),
    Right(
        "EXECUTE",
        "FUNCTION access.sources_heard(timestamptz), access.hours_heard(text, timestamptz, timestamptz)",
        f"{_READERS}, carechain_figures, carechain_writer, carechain_projector",
    ),
    Right("USAGE", "SCHEMA store", f"{_READERS}, carechain_figures"),
    Right("SELECT", "store.received", f"{_READERS}, carechain_figures"),
    Right("EXECUTE", "FUNCTION access.looked(timestamptz), access.places_withheld(uuid[])", _READERS),
    Right("EXECUTE", "FUNCTION access.commissioned()", f"{_READERS}, carechain_leader, carechain_dashboard"),
    Right("EXECUTE", "FUNCTION access.administers()", _READERS),
    Right("EXECUTE", "FUNCTION access.opened()", f"{_READERS}, carechain_figures, carechain_projector"),
    Right("EXECUTE", "FUNCTION access.hidden_keys()", _READERS),
    Right("EXECUTE", "FUNCTION access.hidden()", f"{_READERS}, carechain_figures, carechain_projector"),
    Right("EXECUTE", "FUNCTION access.veiled()", f"{_READERS}, carechain_figures, carechain_projector"),
    Right("EXECUTE", "FUNCTION access.protected()", "carechain_figures, carechain_projector"),
    Right(
        "USAGE",
        "SCHEMA figures",
        "carechain_leader, carechain_dashboard, carechain_figures, carechain_operator",
    ),
    Right("SELECT", "figures.summary", "carechain_leader, carechain_dashboard, carechain_operator"),
    Right("SELECT, INSERT, DELETE", "figures.summary", "carechain_figures"),
    Right("SELECT", "access.look, access.entry, access.checked", "carechain_auditor, carechain_relay"),
    Right("EXECUTE", "FUNCTION access.check_look(uuid, text, uuid)", "carechain_auditor"),
    Right("USAGE", "SCHEMA store", "carechain_writer, carechain_relay"),
    Right("SELECT, INSERT, UPDATE", "ALL TABLES IN SCHEMA store", "carechain_writer"),
    Right("USAGE", "ALL SEQUENCES IN SCHEMA store", "carechain_writer"),
    Right("SELECT", "store.identity, store.journeys_events, store.outbox", "carechain_relay"),
    Right("SELECT, INSERT, UPDATE, DELETE", "store.relayed", "carechain_relay"),
    Right("SELECT", "store.identity, store.outbox", "carechain_auditor"),
    Right("USAGE", "SCHEMA store, audit", "carechain_notary"),
    Right("SELECT", "store.identity, store.journeys_events", "carechain_notary"),
    # UPDATE for the lock that makes positions follow commit order.
    Right("SELECT, INSERT, UPDATE", "store.outbox", "carechain_notary"),
    Right("USAGE", "SEQUENCE store.outbox_position_seq", "carechain_notary"),
    Right("SELECT, INSERT, UPDATE, DELETE", "audit.tile, audit.head, audit.progress", "carechain_notary"),
    Right("SELECT, INSERT", "audit.checkpoint", "carechain_notary"),
    Right("USAGE", "SCHEMA audit", "carechain_auditor"),
    Right("SELECT", "ALL TABLES IN SCHEMA audit", "carechain_auditor"),
    Right("USAGE", "SCHEMA kept", _READERS),
    Right("SELECT", "kept.answer", _READERS),
    *(Right(*grant) for grant in VAULT_GRANTS),
)


def ensure_roles(connection: Connection) -> None:
    """Make the roles that are missing. Raises ``OperatingError`` where this login may not, and some are."""
    there = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
    try:
        for name in ROLES:
            if name not in there:
                # Two databases of one server may be set up at once.
                connection.execute(
                    sql.SQL(
                        "DO $$ BEGIN CREATE ROLE {} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation"
                        " THEN NULL; END $$"
                    ).format(sql.Identifier(name))
                )
    except psycopg.errors.InsufficientPrivilege:
        raise OperatingError(
            "This login may not make carechain's roles in PostgreSQL.",
            hint="Let a login with CREATEROLE run `carechain up` once, or `CREATE ROLE ... NOLOGIN` for each of: "
            + ", ".join(name for name in ROLES if name not in there)
            + ".",
            exit_code=2,
        ) from None

    _take_part(connection)


ACTED_AS = ("carechain_operator", "carechain_auditor", "carechain_figures", "carechain_projector")
"""What whoever runs the installation acts as, or reads in the name of: a superuser may anyway."""


def _take_part(connection: Connection) -> None:
    """Make this login a member of the roles it acts as. Raises ``OperatingError`` where it may not."""
    missing = [
        name
        for name in ACTED_AS
        if connection.execute("SELECT pg_has_role(%s, 'MEMBER')", (name,)).fetchone() != (True,)
    ]
    try:
        for name in missing:
            connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(name)))
    except psycopg.errors.InsufficientPrivilege:
        raise OperatingError(
            "This login is not a member of the roles in PostgreSQL that it acts as.",
            hint=f"Let who made them run `GRANT {', '.join(missing)} TO {connection.info.user};` once.",
            exit_code=2,
        ) from None


def give_rights(connection: Connection) -> None:
    """Give each role what it may, and no more, in this database. A second time changes nothing."""
    for right in RIGHTS:
        connection.execute(f"GRANT {right.privileges} ON {right.on} TO {right.to}".encode())
    # What is shown is made by whoever shows it.
    database = sql.Identifier(connection.info.dbname)
    connection.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO carechain_projector").format(database))
    guard_journal(connection, "journal")


def guard_journal(connection: Connection, schema: str) -> None:
    """Row-level security of a journal's tables; a rebuild makes another journal beside the live one."""
    name = sql.Identifier(schema)
    readers = sql.SQL(_READERS)
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}, carechain_figures").format(name, readers))
    connection.execute(sql.SQL("GRANT ALL ON SCHEMA {} TO carechain_projector").format(name))
    for table, seen in JOURNAL_RIGHTS.items():
        named = sql.Identifier(schema, table)
        connection.execute(sql.SQL("GRANT ALL ON {} TO carechain_projector").format(named))
        connection.execute(sql.SQL("GRANT SELECT ON {} TO {}, carechain_figures").format(named, readers))
        if seen is not None:
            for statement in _policies(named, seen):
                connection.execute(statement)


def _policies(table: sql.Identifier, seen: str) -> list[sql.Composed]:
    readers, condition = sql.SQL(_READERS), sql.SQL(seen)
    # A fact names places: whoever counts sees none of protected identities.
    counted = sql.SQL("NOT journey = ANY (ARRAY(SELECT access.protected()))" if seen == _LEGIBLE else "true")
    return [
        sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table),
        *(
            sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(sql.Identifier(name), table)
            for name in ("readers", "figures", "services")
        ),
        sql.SQL("CREATE POLICY readers ON {} FOR SELECT TO {} USING ({})").format(table, readers, condition),
        sql.SQL("CREATE POLICY figures ON {} FOR SELECT TO carechain_figures USING ({})").format(
            table, counted
        ),
        sql.SQL("CREATE POLICY services ON {} TO carechain_projector USING (true) WITH CHECK (true)").format(
            table
        ),
    ]
