"""What is open inside PostgreSQL: what our login may beyond its role, and what everybody may in our schemas."""

from collections.abc import Iterator

from infra import roles
from infra.doctor import Finding
from infra.postgres import Connection

KEEP = ("store", "vault", "access", "audit")
"""The schemas whose owner could change what was recorded. Those that can be rebuilt, the projector makes anew."""
POWERS = {
    "rolsuper": "is a superuser: no right and no row-level security holds it back",
    "rolbypassrls": "passes by row-level security",
    "rolcreaterole": "may make roles, and so give itself rights",
    "rolcreatedb": "may make databases",
    "rolreplication": "may copy the whole server",
}
PREDEFINED = (
    "pg_read_all_data",
    "pg_write_all_data",
    "pg_execute_server_program",
    "pg_read_server_files",
    "pg_write_server_files",
)


def own(connection: Connection) -> Iterator[Finding]:
    """What our own login may beyond what its role was given."""
    powers = list(_powers(connection, str(connection.info.user)))
    yield from powers
    yield from _ownership(connection)
    yield from _both(connection)
    if not powers:
        yield Finding("logins", "well", f"{connection.info.user} is an ordinary login.")


def _powers(connection: Connection, login: str) -> Iterator[Finding]:
    """What it may beyond what it was granted, by itself or as a member of others."""
    rows = connection.execute(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
        " WHERE rolname = session_user"
        " OR (pg_has_role(session_user, oid, 'MEMBER') AND NOT (SELECT rolsuper FROM pg_roles"
        " WHERE rolname = session_user) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolname = ANY (%s)))"
        " ORDER BY rolname",
        (list(PREDEFINED),),
    ).fetchall()
    for name, *has in rows:
        powers = [text for text, yes in zip(POWERS.values(), has, strict=True) if yes]
        as_member = "" if name == login else f", as a member of {name},"
        if has[0]:
            del powers[1:]
        if name in PREDEFINED:
            powers.append("may more than any of our schemas grants")
        for power in powers:
            yield Finding(
                "logins",
                "wrong",
                f"The login {login}{as_member} {power}.",
                "Let carechain use an ordinary login that is a member of the service's role only.",
            )


def _ownership(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s) AND pg_has_role(session_user, nspowner, 'USAGE')"
        " AND NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) ORDER BY 1",
        (list(KEEP),),
    ).fetchall()
    if rows:
        names = ", ".join(name for (name,) in rows)
        said = f"The login {connection.info.user} owns {names}, and so could change what was recorded there."
        yield Finding(
            "logins", "wrong", said, "Let the login that runs `carechain up` own them, and no service."
        )


def _both(connection: Connection) -> Iterator[Finding]:
    """Facts tell no identity, and the vault no fact: who reads both knows whose facts they are."""
    rows = connection.execute(
        "SELECT DISTINCT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE relkind IN ('r', 'p') AND nspname IN ('store', 'journal', 'vault')"
        " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')"
    ).fetchall()
    read = {name for (name,) in rows}
    if "vault" in read and len(read) > 1:
        yield Finding(
            "logins",
            "wrong",
            f"One login, {connection.info.user}, reads both the facts and the vault.",
            "Make one for each, and set CARECHAIN_STORE_DSN, CARECHAIN_READ_DSN and CARECHAIN_VAULT_DSN.",
        )


OPEN_TO_ALL = """
SELECT thing, string_agg(DISTINCT lower(privilege_type), ', ') FROM (
SELECT 'the schema ' || nspname, privilege_type FROM pg_namespace, aclexplode(nspacl)
WHERE grantee = 0 AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'public')
UNION ALL
SELECT 'the schema public', privilege_type FROM pg_namespace, aclexplode(nspacl)
WHERE grantee = 0 AND nspname = 'public' AND privilege_type = 'CREATE'
UNION ALL
SELECT nspname || '.' || relname, privilege_type
FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(relacl)
WHERE grantee = 0 AND nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT nspname || '.' || relname || '.' || attname, privilege_type
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_namespace n ON n.oid = relnamespace, aclexplode(attacl)
WHERE grantee = 0 AND nspname !~ '^pg_' AND nspname <> 'information_schema'
UNION ALL
SELECT nspname || '.' || proname || '()', privilege_type
FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace,
aclexplode(coalesce(proacl, acldefault('f', proowner)))
WHERE grantee = 0 AND prosecdef AND nspname !~ '^pg_' AND nspname <> 'information_schema'
AND (nspname = 'public' OR EXISTS (SELECT FROM aclexplode(nspacl) s WHERE s.grantee = 0))
) AS open (thing, privilege_type) GROUP BY thing ORDER BY thing
"""
"""What PUBLIC may do: in our schemas anything at all, in `public` make things. A function that acts as its owner is
open to everybody unless that is taken away; it counts where its schema is open, too."""


def everybody(connection: Connection) -> Iterator[Finding]:
    rows = connection.execute(OPEN_TO_ALL).fetchall()
    for thing, privileges in rows:
        yield Finding(
            "rights",
            "wrong",
            f"Every login of the database {connection.info.dbname} has the right of {privileges} on {thing}.",
            f"As its owner: REVOKE ALL ON {_kind(thing)} FROM PUBLIC.",
        )
    if not rows:
        said = f"In the database {connection.info.dbname} nobody has a right merely by logging in."
        yield Finding("rights", "well", said)


def _kind(thing: str) -> str:
    if thing.startswith("the schema "):
        return thing.removeprefix("the ").replace("schema", "SCHEMA")
    return f"FUNCTION {thing.removesuffix('()')}" if thing.endswith("()") else thing


def our_roles(connection: Connection) -> Iterator[Finding]:
    """The roles that logins are members of: missing, with powers, or with other rights than their table says."""
    told = [
        f"The role {name} has powers of its own, or logs in itself."
        for (name,) in connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s) AND (rolcanlogin OR rolsuper OR rolbypassrls"
            " OR rolcreaterole OR rolcreatedb OR rolreplication) ORDER BY 1",
            (list(roles.ROLES),),
        ).fetchall()
    ]
    if hasattr(roles, "differences"):
        told += roles.differences(connection)
    for said in told:
        yield Finding("roles", "wrong", said, "Run `carechain up` with the administrator's settings.")
