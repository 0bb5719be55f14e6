"""What PostgreSQL and its client library say when there is no connection, as one sentence with a hint."""

import contextlib
import socket
import ssl
from collections.abc import Mapping
from typing import Any

from infra.errors import OperatingError
from infra.tls import Fault, context, find_fault

# The message SSLRequest of PostgreSQL's protocol: its length, and the code 80877103.
SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
SETTING = "sslrootcert of the address in CARECHAIN_POSTGRES_DSN"
OURS = "sslcert and sslkey of the address in CARECHAIN_POSTGRES_DSN"


def place(given: Mapping[str, Any]) -> str:
    """Host and port, fit for showing."""
    return f"{given.get('host', 'localhost')}:{given.get('port', 5432)}"


def told(given: Mapping[str, Any], said: str) -> OperatingError:
    """The error for people, without the password; `given` is the address in parts, `said` the library's text."""
    return _tls(given, said) or _login(given, said) or _away(given)


def _tls(given: Mapping[str, Any], said: str) -> OperatingError | None:
    if "root certificate file" in said or ("certificate file" in said and "could not" in said):
        return OperatingError(
            f"A file of certificates for PostgreSQL at {place(given)} cannot be read.",
            hint="Check sslrootcert and sslcert in CARECHAIN_POSTGRES_DSN, and the files' rights.",
            exit_code=2,
        )
    if "invalid sslmode" in said or "weak sslmode" in said:
        return OperatingError(
            f"The sslmode of the address of PostgreSQL at {place(given)} cannot be used.",
            hint="Say sslmode=verify-full.",
            exit_code=2,
        )
    if "private key file" in said:
        return OperatingError(
            f"The key of our certificate for PostgreSQL at {place(given)} cannot be used.",
            hint="Check sslkey in CARECHAIN_POSTGRES_DSN; only its owner may read the file: `chmod 600`.",
            exit_code=2,
        )
    fault = _fault(given, said)
    return fault.told("PostgreSQL", place(given), setting=SETTING, ours=OURS) if fault else None


def _fault(given: Mapping[str, Any], said: str) -> Fault | None:
    if "server does not support SSL" in said:
        return Fault.NO_TLS
    if "does not match host name" in said:
        return Fault.WRONG_NAME
    if "certificate verify failed" in said:
        return _look(given) or Fault.UNTRUSTED
    if "requires a valid client certificate" in said or "certificate required" in said:
        return Fault.WANTS_OURS
    return None


def _look(given: Mapping[str, Any]) -> Fault | None:
    """The library says only that the certificate is not good."""
    trusted = given.get("sslrootcert")
    with contextlib.suppress(OSError, ssl.SSLError, ValueError):
        made = context(None if trusted in (None, "system") else str(trusted))
        made.check_hostname = False
        host = str(given.get("hostaddr") or given.get("host", "localhost"))
        return find_fault(host, int(given.get("port", 5432)), made, _ask_for_tls)
    return None


def _ask_for_tls(plain: socket.socket) -> bool:
    plain.sendall(SSL_REQUEST)
    return plain.recv(1) == b"S"


def _login(given: Mapping[str, Any], said: str) -> OperatingError | None:
    user = given.get("user", "this user")
    if "password authentication failed" in said or "no password supplied" in said:
        return OperatingError(
            f"PostgreSQL at {place(given)} does not accept the password of {user}.",
            hint="Check CARECHAIN_POSTGRES_DSN, or `carechain doctor` for the local server.",
        )
    if "no pg_hba.conf entry" in said and "no encryption" in said:
        return OperatingError(
            f"PostgreSQL at {place(given)} does not let {user} in without TLS.",
            hint="Add sslmode=verify-full and sslrootcert=... to the address in CARECHAIN_POSTGRES_DSN.",
        )
    if "no pg_hba.conf entry" in said or "pg_hba.conf rejects" in said:
        return OperatingError(
            f"PostgreSQL at {place(given)} does not let {user} in from this machine.",
            hint="An administrator adds a line for it to the server's pg_hba.conf.",
        )
    if "authentication method requirement" in said:
        return OperatingError(
            f"PostgreSQL at {place(given)} asks {user} to log in otherwise than require_auth allows.",
            hint="Let the server's pg_hba.conf say scram-sha-256.",
        )
    if "does not exist" in said:
        return OperatingError(
            f"PostgreSQL at {place(given)} has no database {given.get('dbname', '')}, or does not know the user.",
            hint="Create it, or run `carechain up` for the local server.",
        )
    return None


def _away(given: Mapping[str, Any]) -> OperatingError:
    return OperatingError(
        f"PostgreSQL at {place(given)} does not answer.",
        hint="Start the local servers with `carechain up`, or check CARECHAIN_POSTGRES_DSN.",
    )
