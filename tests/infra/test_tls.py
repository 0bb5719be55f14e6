"""What a handshake of our own finds wrong with a server's TLS, and what is made of it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from certificates import authority, signed

from infra import kafka_trouble, postgres_trouble
from infra.errors import OperatingError
from infra.settings import KafkaConnection
from infra.tls import Fault, context, find_fault


@contextmanager
def answering(server: ssl.SSLContext | None) -> Iterator[int]:
    """A server that shakes hands, or without a context hangs up; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                try:
                    with client:
                        client.settimeout(5)
                        if server is None:
                            client.recv(1)
                            continue
                        with server.wrap_socket(client, server_side=True) as secured:
                            secured.recv(1)
                except OSError:
                    continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            # Closing does not wake who waits in accept.
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def showing(files: tuple[Path, Path], clients: Path | None = None) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(*files)
    if clients is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(clients)
    return made


def test_each_fault_is_found(tmp_path: Path) -> None:
    by, other = authority("ours"), authority("other")
    trusted = context(str(by.file(tmp_path)))
    good = signed(by, "localhost", tmp_path)
    with answering(showing(good)) as port:
        assert find_fault("localhost", port, trusted) is None
        assert find_fault("127.0.0.1", port, trusted) is Fault.WRONG_NAME
        assert find_fault("localhost", port, other.trusting()) is Fault.UNTRUSTED
        assert find_fault("localhost", port, context(None)) is Fault.UNTRUSTED
    with answering(showing(good, by.file(tmp_path))) as port:
        assert find_fault("localhost", port, trusted) is Fault.WANTS_OURS
        known = context(str(by.file(tmp_path)))
        known.load_cert_chain(*signed(by, "client", tmp_path))
        assert find_fault("localhost", port, known) is None
    with answering(showing(signed(by, "localhost", tmp_path, expired=True))) as port:
        assert find_fault("localhost", port, trusted) is Fault.EXPIRED
    with answering(None) as port:
        assert find_fault("localhost", port, trusted) is Fault.NO_TLS


def test_nobody_there_is_no_fault_of_tls() -> None:
    with pytest.raises(OSError):
        find_fault("127.0.0.1", 1, context(None))


def test_files_that_cannot_be_used_are_told(tmp_path: Path) -> None:
    by = authority("ours")
    certificate, key = signed(by, "client", tmp_path)
    _, foreign = signed(by, "another", tmp_path)
    trusted = by.file(tmp_path)
    for connection, said in (
        (KafkaConnection("x:1", "SSL", ca_file=tmp_path / "none"), "The certificates in .* cannot be read"),
        (KafkaConnection("x:1", "SSL", ca_file=key), "The certificates in .* cannot be read"),
        (
            KafkaConnection("x:1", "SSL", ca_file=trusted, cert_file=certificate, key_file=foreign),
            "Our certificate .* and its key cannot be used",
        ),
        (
            KafkaConnection("x:1", "SSL", ca_file=trusted, cert_file=certificate, key_file=tmp_path / "none"),
            "Our certificate .* and its key cannot be used",
        ),
    ):
        with pytest.raises(OperatingError, match=said) as caught:
            kafka_trouble.tls(connection)
        assert caught.value.exit_code == 2
    mine = KafkaConnection("x:1", "SSL", ca_file=trusted, cert_file=certificate, key_file=key)
    assert kafka_trouble.tls(mine).check_hostname
    assert kafka_trouble.tls(mine).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "server does not support SSL, but SSL was required",
            "PostgreSQL at db.example:5432 does not speak TLS.",
        ),
        (
            'server certificate for "a" does not match host name "db.example"',
            "The certificate of PostgreSQL at db.example:5432 is made out to another name.",
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "::1", user "u", database "d", no encryption',
            "PostgreSQL at db.example:5432 does not let u in without TLS.",
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "::1", user "u", database "d", SSL encryption',
            "PostgreSQL at db.example:5432 does not let u in from this machine.",
        ),
        (
            'root certificate file "/ca.pem" does not exist',
            "A file of certificates for PostgreSQL at db.example:5432 cannot be read.",
        ),
        (
            'weak sslmode "require" may not be used with sslrootcert=system (use "verify-full")',
            "The sslmode of the address of PostgreSQL at db.example:5432 cannot be used.",
        ),
        (
            'private key file "/key" has group or world access',
            "The key of our certificate for PostgreSQL at db.example:5432 cannot be used.",
        ),
        (
            "FATAL:  connection requires a valid client certificate",
            "PostgreSQL at db.example:5432 lets nobody in without a client's certificate it trusts.",
        ),
        (
            'authentication method requirement "scram-sha-256" failed: server requested a cleartext password',
            "PostgreSQL at db.example:5432 asks u to log in otherwise than require_auth allows.",
        ),
        (
            'FATAL:  password authentication failed for user "u"',
            "PostgreSQL at db.example:5432 does not accept the password of u.",
        ),
        (
            'FATAL:  database "d" does not exist',
            "PostgreSQL at db.example:5432 has no database d, or does not know the user.",
        ),
        ("timeout expired", "PostgreSQL at db.example:5432 does not answer."),
    ],
)
def test_what_postgresql_says_becomes_a_sentence(said: str, sentence: str) -> None:
    told = postgres_trouble.told({"host": "db.example", "user": "u", "dbname": "d"}, said)

    assert told.message == sentence
    assert told.hint
