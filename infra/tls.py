"""Why a server's TLS does not satisfy us: client libraries keep the reason to themselves, a handshake of our own tells."""

import socket
import ssl
from collections.abc import Callable
from enum import Enum

import truststore

from infra.errors import OperatingError

TIMEOUT_S = 2.0
LISTEN_S = 0.5
"""How long a server that wants a client's certificate may take to say that it got none."""
# X509_V_ERR_* of OpenSSL's x509_vfy.h
EXPIRED = (9, 10)
WRONG_NAME = (62, 64)

NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNEXPECTED_EOF_WHILE_READING",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)


class Fault(Enum):
    """What is wrong with a server's TLS, as a sentence with place and kind of server, and what to do."""

    NO_TLS = ("{server} at {place} does not speak TLS.", "Switch TLS on there, or check host and port.")
    UNTRUSTED = (
        "The certificate of {server} at {place} is not signed by an authority we trust.",
        "Name the file with that authority's certificate in {setting}.",
    )
    EXPIRED = (
        "The certificate of {server} at {place} has expired, or is not valid yet.",
        "Give the server a new one, and check the clocks.",
    )
    WRONG_NAME = (
        "The certificate of {server} at {place} is made out to another name.",
        "Use the name that stands in it, or give the server a certificate for this one.",
    )
    WANTS_OURS = (
        "{server} at {place} lets nobody in without a client's certificate it trusts.",
        "Name certificate and key in {ours}.",
    )

    def told(self, server: str, place: str, *, setting: str, ours: str) -> OperatingError:
        """The error for people; `setting` and `ours` name where authority and client's certificate are set."""
        message, hint = self.value
        return OperatingError(
            message.format(server=server, place=place), hint=hint.format(setting=setting, ours=ours)
        )


def find_fault(
    host: str, port: int, context: ssl.SSLContext, begin: Callable[[socket.socket], bool] | None = None
) -> Fault | None:
    """What a handshake stumbles over, or nothing. `begin` asks for TLS where it is not there from the start.

    Raises OSError where nobody answers.
    """
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as plain:
        if begin is not None and not begin(plain):
            return Fault.NO_TLS
        try:
            with context.wrap_socket(plain, server_hostname=host) as secured:
                return _listen(secured)
        except ssl.SSLCertVerificationError as error:
            return _untrusted(error.verify_code)
        except ssl.SSLError as error:
            return Fault.NO_TLS if any(sign in str(error) for sign in NOT_TLS) else _alert(error)
        except (ConnectionError, TimeoutError):
            # Who takes our greeting for nonsense hangs up, or waits for more of it.
            return Fault.NO_TLS


def speaks_tls(host: str, port: int) -> bool:
    """Whether a server answers a greeting of TLS with TLS, if only to refuse us. Raises OSError where nobody answers."""
    anyones = ssl.create_default_context()
    # Good for asking only: nothing is sent through it.
    anyones.check_hostname, anyones.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((host, port), timeout=TIMEOUT_S) as plain:
        try:
            with anyones.wrap_socket(plain):
                return True
        except ssl.SSLError as error:
            return "ALERT" in str(error).upper()
        except (ConnectionError, TimeoutError):
            return False


def _untrusted(code: int) -> Fault:
    if code in EXPIRED:
        return Fault.EXPIRED
    return Fault.WRONG_NAME if code in WRONG_NAME else Fault.UNTRUSTED


def _listen(secured: ssl.SSLSocket) -> Fault | None:
    """In TLS 1.3 a server asks for our certificate in the handshake, and refuses after it."""
    secured.settimeout(LISTEN_S)
    try:
        secured.recv(1)
    except ssl.SSLError as error:
        return _alert(error)
    except OSError:
        pass
    return None


def _alert(error: ssl.SSLError) -> Fault | None:
    said = str(error).upper()
    return Fault.WANTS_OURS if "ALERT" in said and ("CERTIFICATE" in said or "HANDSHAKE" in said) else None


def context(ca_file: str | None) -> ssl.SSLContext:
    """One that trusts `ca_file` alone, or else the machine's own; it always checks name and chain.

    Raises OSError, ssl.SSLError among them, where the file cannot be used.
    """
    made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file is not None:
        made = ssl.create_default_context(cafile=ca_file)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made
