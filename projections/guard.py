"""Who may see which rows of what is shown: grants and row-level security, made with the tables that they guard.

PostgreSQL enforces them, whoever asks and with whatever program. The functions of schema ``access`` say which journeys
this session may see: those whose reading was committed to the access log by an earlier transaction.
"""

from typing import LiteralString

from psycopg import sql

READERS: tuple[LiteralString, ...] = (
    "carechain_operator",
    "carechain_care",
    "carechain_municipal",
    "carechain_auditor",
)
"""Group roles that see patients, one logged look at a time."""
FIGURES: LiteralString = "carechain_figures"
"""The service that counts over everybody, without the places of protected identities."""
PROJECTOR: LiteralString = "carechain_projector"
"""The service that writes what is shown."""

PLACES = frozenset(("unit", "organisation", "municipality", "region", "party", "controller", "source"))
"""Columns that tell where a patient is, or who sends about them: empty for whoever may not know it (OSL 21:3, 22:1)."""

_SEEN: LiteralString = (
    "journey IN (SELECT access.opened()) AND NOT (SELECT access.hidden_keys()) ?| (opened_by || closed_by)"
)
"""Keys, as comparing arrays takes half a minute where thousands of facts are withheld."""


def of_schema(schema: str) -> sql.Composed:
    """Who may look into the schema at all."""
    return sql.SQL(
        "GRANT USAGE ON SCHEMA {schema} TO {every};\n"
        "GRANT ALL ON SCHEMA {schema} TO {projector};\n"
        "GRANT SELECT ON {versions} TO {every};\nGRANT ALL ON {versions} TO {projector};"
    ).format(
        schema=sql.Identifier(schema),
        every=_roles(*READERS, FIGURES),
        versions=sql.Identifier(schema, "projection"),
        projector=_roles(PROJECTOR),
    )


def of_table(schema: str, table: str) -> sql.Composed:
    """Who may see which rows of a table, and use its functions."""
    return sql.SQL(
        "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;\n"
        "GRANT SELECT ON {table} TO {readers}, {figures};\n"
        "GRANT ALL ON {table} TO {projector};\n"
        "CREATE POLICY readers ON {table} FOR SELECT TO {readers} USING ({seen});\n"
        "CREATE POLICY figures ON {table} FOR SELECT TO {figures}"
        " USING (NOT journey = ANY (ARRAY(SELECT access.protected())));\n"
        "CREATE POLICY projector ON {table} TO {projector} USING (true) WITH CHECK (true);\n"
        "REVOKE ALL ON FUNCTION {veiled}() FROM PUBLIC;\n"
        "GRANT EXECUTE ON FUNCTION {veiled}() TO {readers}, {figures}, {projector};"
    ).format(
        table=sql.Identifier(schema, table),
        veiled=sql.Identifier(schema, f"{table}_veiled"),
        readers=_roles(*READERS),
        figures=_roles(FIGURES),
        projector=_roles(PROJECTOR),
        seen=sql.SQL(_SEEN),
    )


def _roles(*names: LiteralString) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
