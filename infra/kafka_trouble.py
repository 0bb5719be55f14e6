"""What kafka-python keeps to itself when it cannot connect, as one sentence with a hint."""

import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors

from infra.errors import OperatingError
from infra.settings import KafkaConnection
from infra.tls import context, find_fault, speaks_tls

CONNECT_S = 2.0
SETTING = "CARECHAIN_KAFKA_CA_FILE"
OURS = "CARECHAIN_KAFKA_CERT_FILE and CARECHAIN_KAFKA_KEY_FILE"


class _Listener(logging.Handler):
    """Remembers the errors that the library logs and then forgets."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.heard: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.args, tuple):
            self.heard += [value for value in record.args if isinstance(value, BaseException)]


@contextmanager
def listening() -> Iterator[list[BaseException]]:
    """The errors of connections that fail meanwhile: it raises the same for all of them, after a time."""
    library, listener = logging.getLogger("kafka.net.manager"), _Listener()
    library.addHandler(listener)
    try:
        yield listener.heard
    finally:
        library.removeHandler(listener)


def tls(connection: KafkaConnection) -> ssl.SSLContext:
    """What we trust, and who we are. Raises OperatingError, exit code 2, where a file cannot be used."""
    try:
        made = context(str(connection.ca_file) if connection.ca_file else None)
    except OSError as error:
        raise OperatingError(
            f"The certificates in {connection.ca_file} cannot be read.",
            hint=f"Check {SETTING} and the file's rights.",
            exit_code=2,
        ) from error
    if connection.cert_file is not None:
        try:
            made.load_cert_chain(connection.cert_file, connection.key_file)
        except OSError as error:
            raise OperatingError(
                f"Our certificate {connection.cert_file} and its key cannot be used.",
                hint=f"Check {OURS}: both are PEM, belong together, and are readable for us.",
                exit_code=2,
            ) from error
    return made


def told(connection: KafkaConnection, heard: list[BaseException]) -> OperatingError:
    """The error for people. The library says the same of a wrong password and of no Kafka, and so it is looked up."""
    open_ones = [address for address in connection.bootstrap.split(",") if _listens(address)]
    if not open_ones:
        return OperatingError(
            f"Kafka at {connection.bootstrap} does not answer.",
            hint="Start the local servers with `carechain up`, or check CARECHAIN_KAFKA_BOOTSTRAP.",
        )
    return (
        _tls_fault(connection, open_ones)
        or _refused(connection, heard)
        or OperatingError(
            f"Something answers at {connection.bootstrap}, but Kafka does not let us in.",
            hint="Check that it is a Kafka, and the user, password and protocol in CARECHAIN_KAFKA_*.",
        )
    )


def _tls_fault(connection: KafkaConnection, addresses: list[str]) -> OperatingError | None:
    secured = connection.security_protocol.endswith("SSL")
    for address in addresses:
        with contextlib.suppress(OSError):
            if not secured and speaks_tls(*_place(address)):
                return OperatingError(
                    f"Kafka at {address.strip()} speaks TLS, and we do not.",
                    hint="Set CARECHAIN_KAFKA_SECURITY_PROTOCOL to SASL_SSL, or to SSL.",
                )
            fault = find_fault(*_place(address), tls(connection)) if secured else None
            if fault is not None:
                return fault.told("Kafka", address.strip(), setting=SETTING, ours=OURS)
    return None


def _refused(connection: KafkaConnection, heard: list[BaseException]) -> OperatingError | None:
    kinds = tuple(type(error) for error in heard)
    if errors.UnsupportedSaslMechanismError in kinds:
        return OperatingError(
            f"Kafka at {connection.bootstrap} does not know logging in by {connection.sasl_mechanism or 'PLAIN'}.",
            hint="Set CARECHAIN_KAFKA_SASL_MECHANISM to what it offers, SCRAM-SHA-512 for one.",
        )
    # The library seldom hears Kafka's refusal, which comes with the end of the connection.
    hung_up = errors.KafkaConnectionError in kinds and connection.security_protocol.startswith("SASL")
    if hung_up or errors.SaslAuthenticationFailedError in kinds:
        return OperatingError(
            f"Kafka at {connection.bootstrap} does not let {connection.username} in with this password.",
            hint="Check user, password and mechanism: CARECHAIN_KAFKA_USERNAME, _PASSWORD_FILE, _SASL_MECHANISM.",
        )
    return None


def _listens(address: str) -> bool:
    try:
        with socket.create_connection(_place(address), timeout=CONNECT_S):
            return True
    except (OSError, ValueError):
        return False


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.strip().rpartition(":")
    return host.strip("[]"), int(port)
