"""What is open on the way to PostgreSQL: encryption, certificates, how logins are let in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra import postgres_trouble
from infra.doctor import Finding
from infra.errors import OperatingError
from infra.postgres import Connection, connect
from infra.security_logins import everybody, our_roles, own
from infra.settings import Connections

CHECK = "PostgreSQL"
OLD_TLS = ("TLSv1", "TLSv1.1", "SSLv3")
SCRAM = "scram-sha-256"
# What a login by Kerberos is called, which is as good.
GOOD_METHODS = f"{SCRAM},gss,sspi"
SECURED = "Add sslmode=verify-full and sslrootcert=... to its address."


@dataclass(frozen=True)
class Address:
    """One of our addresses, what it is for, and its parts."""

    dsn: str
    what: str

    @property
    def parts(self) -> Mapping[str, object]:
        return conninfo_to_dict(self.dsn)

    @property
    def place(self) -> str:
        return postgres_trouble.place(dict(self.parts))


def postgres(reached: Connections, *, administrator: bool) -> Iterator[Finding]:
    """Each address once. An administrator's own rights are no news."""
    named = {"event store": reached.store_dsn, "projections": reached.read_dsn, "vault": reached.vault_dsn}
    for dsn in dict.fromkeys(named.values()):
        address = Address(dsn, " and ".join(name for name, one in named.items() if one == dsn))
        try:
            with connect(dsn, autocommit=True, application_name="carechain doctor") as connection:
                yield from _address(address, connection, administrator=administrator)
        except OperatingError as error:
            yield Finding("servers", "wrong", error.message, error.hint)


def _address(address: Address, connection: Connection, *, administrator: bool) -> Iterator[Finding]:
    secured = [*_transport(address, connection), *_authentication(address, connection)]
    yield from secured
    if not secured:
        yield Finding(
            CHECK, "well", f"The way to {address.what} at {address.place} is encrypted, by {SCRAM}."
        )
    if not administrator:
        yield from own(connection)
    yield from everybody(connection)
    yield from our_roles(connection)
    if administrator:
        yield from _as_administrator(address, connection)


def _transport(address: Address, connection: Connection) -> Iterator[Finding]:
    if connection.info.host.startswith("/"):
        said = f"The {address.what} is reached by a socket of this machine, without TLS."
        yield Finding(CHECK, "note", said)
        return
    encrypted, version = _session(connection)
    if not encrypted:
        yield Finding(
            CHECK, "wrong", f"The connection to {address.what} at {address.place} is not encrypted.", SECURED
        )
        return
    used = {one.keyword.decode(): (one.val or b"").decode() for one in connection.pgconn.info}
    if version and used["sslmode"] != "verify-full":
        said = f"The certificate of {address.what} at {address.place} is not checked: sslmode is {used['sslmode']}."
        yield Finding(CHECK, "wrong", said, SECURED)
    if version in OLD_TLS:
        said = f"{address.what} at {address.place} is reached by {version}, which is broken."
        yield Finding(CHECK, "wrong", said, "Set ssl_min_protocol_version = 'TLSv1.2' on the server.")
    if _lets_in(address, sslmode="disable", gssencmode="disable"):
        said = f"PostgreSQL at {address.place} lets {connection.info.user} in without TLS, too."
        yield Finding(CHECK, "wrong", said, "Say hostssl, not host, in the server's pg_hba.conf.")


def _session(connection: Connection) -> tuple[bool, str | None]:
    """Whether this session is encrypted, and by which version of TLS."""
    row = connection.execute(
        "SELECT s.ssl, s.version, coalesce(g.encrypted, false) FROM pg_stat_ssl s LEFT JOIN pg_stat_gssapi g"
        " USING (pid) WHERE pid = pg_backend_pid()"
    ).fetchone()
    ssl, version, gss = row or (False, None, False)
    return bool(ssl or gss), version if ssl else None


def _lets_in(address: Address, **otherwise: str) -> bool:
    """Whether the server also takes us so."""
    try:
        connect(make_conninfo(address.dsn, **otherwise), application_name="carechain doctor").close()
    except OperatingError:
        return False
    return True


def _authentication(address: Address, connection: Connection) -> Iterator[Finding]:
    if not _lets_in(address, require_auth=GOOD_METHODS):
        said = (
            f"PostgreSQL at {address.place} lets {connection.info.user} in by something weaker than {SCRAM}."
        )
        yield Finding(
            CHECK, "wrong", said, f"Say {SCRAM} in the server's pg_hba.conf, and set the password anew."
        )
    row = connection.execute("SHOW password_encryption").fetchone()
    if row != (SCRAM,):
        said = f"PostgreSQL at {address.place} keeps new passwords as {row[0] if row else 'it likes'}."
        yield Finding(CHECK, "wrong", said, f"Set password_encryption = '{SCRAM}' on the server.")


def _as_administrator(address: Address, connection: Connection) -> Iterator[Finding]:
    """What only an administrator may see: whom the server lets in how, and how passwords are kept."""
    try:
        rules = connection.execute(
            "SELECT line_number, type, auth_method FROM pg_hba_file_rules WHERE error IS NULL"
        ).fetchall()
        old = connection.execute(
            "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'md5%%' ORDER BY 1"
        ).fetchall()
    except psycopg.errors.InsufficientPrivilege:
        said = f"{connection.info.user} may not see whom PostgreSQL at {address.place} lets in how."
        yield Finding(
            CHECK, "wrong", said, "Look as a superuser: `carechain doctor --security --administrator`."
        )
        return
    for line, kind, method in rules:
        if kind in ("host", "hostnossl", "hostnogssenc") and method != "reject":
            said = f"Line {line} of pg_hba.conf at {address.place} lets in without TLS."
            yield Finding(CHECK, "wrong", said, "Say hostssl there.")
        if method in ("trust", "password", "md5", "ident"):
            said = f"Line {line} of pg_hba.conf at {address.place} lets in by {method}."
            yield Finding(CHECK, "wrong", said, f"Say {SCRAM} there.")
    for (name,) in old:
        said = f"The password of {name} at {address.place} is kept as MD5."
        yield Finding(CHECK, "wrong", said, f"Set it anew, after password_encryption = '{SCRAM}'.")
