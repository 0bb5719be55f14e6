"""Serves the HTTP door until it is told to stop: address, TLS, tokens, and who may come in without."""

import asyncio
import ipaddress
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import structlog
import uvicorn

from consumers.intake.desk import Desk
from consumers.intake.door import Door
from consumers.intake.http.app import Reception, application
from infra.errors import OperatingError

USAGE = 2
STOP_S = 10
"""How long those who are being answered are waited for."""
CONNECTIONS = 1_000

log = structlog.get_logger("fhir")


@dataclass(frozen=True)
class Tls:
    """A certificate and its key; with ``clients`` only senders whose certificates that authority signed come in."""

    certificate: Path
    key: Path
    clients: Path | None = None


@dataclass(frozen=True, repr=False)
class Listen:
    """Where to listen, and who may come in."""

    host: str = "127.0.0.1"
    port: int = 8070
    """0 is any free one."""
    tokens: tuple[bytes, ...] = ()
    tls: Tls | None = None


def read_tokens(file: Path) -> tuple[bytes, ...]:
    """The bearer tokens in a file, one a line. Raises ``OperatingError`` (exit code 2) where there is none."""
    try:
        lines = file.read_bytes().split()
    except OSError:
        lines = []
    if not lines:
        raise OperatingError(
            "The file with the bearer tokens cannot be read, or is empty.",
            hint="It holds one token a line, long and random ones: `openssl rand -hex 32`.",
            exit_code=USAGE,
        )
    return tuple(lines)


def check(listen: Listen) -> None:
    """Beyond this machine only over TLS and to those who are known. Raises ``OperatingError`` (exit code 2)."""
    if not _is_loopback(listen.host) and (
        listen.tls is None or not (listen.tokens or listen.tls.clients is not None)
    ):
        raise OperatingError(
            "Whoever is on the network could read patients' data, or send what they like.",
            hint="Beyond this machine --tls-cert and --tls-key are needed, and --token-file or --tls-ca.",
            exit_code=USAGE,
        )
    if listen.tls is not None:
        _check_tls(listen.tls)


class FhirServer:
    """The HTTP door, to be run in one thread."""

    def __init__(self, listen: Listen, door: Door) -> None:
        check(listen)
        self.listen = listen
        self.door = door
        self.port: int | None = None
        """Where it listens, once it does."""

    def run(self, stop: Event) -> None:
        """Serve until ``stop`` is set. Raises ``OperatingError``: exit code 2 where the address cannot be had."""
        for name in ("uvicorn", "uvicorn.error"):
            # It tells of starts and stops, which we do; not of requests, which are logged without their addresses.
            logging.getLogger(name).setLevel(logging.WARNING)
        with _bound(self.listen) as listening, Desk(self.door).open() as desk:
            reception = Reception(
                desk, self.door.site, self.listen.tokens, lambda: self.door.reach().store_dsn
            )
            self.port = listening.getsockname()[1]
            log.info("listening", host=self.listen.host, port=self.port, tls=self.listen.tls is not None)
            asyncio.run(_serve(_configured(self.listen, reception), [listening], stop))


async def _serve(config: uvicorn.Config, sockets: Sequence[socket.socket], stop: Event) -> None:
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=list(sockets)))
    while not stop.is_set() and not serving.done():
        await asyncio.wait([serving], timeout=0.2)
    server.should_exit = True
    await serving


def _configured(listen: Listen, reception: Reception) -> uvicorn.Config:
    tls = listen.tls
    authority = None if tls is None or tls.clients is None else str(tls.clients)
    return uvicorn.Config(
        application(reception),
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=None if tls is None else str(tls.certificate),
        ssl_keyfile=None if tls is None else str(tls.key),
        ssl_ca_certs=authority,
        ssl_cert_reqs=ssl.CERT_NONE if authority is None else ssl.CERT_REQUIRED,
    )


def _bound(listen: Listen) -> socket.socket:
    try:
        family = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((listen.host, listen.port), family=family, backlog=1024)
    except OSError as error:
        raise OperatingError(
            f"Nobody can listen at {listen.host}, port {listen.port}: {error.strerror or 'no such address'}.",
            hint="Name another --port, or an address of this machine as --host.",
            exit_code=USAGE,
        ) from error


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_tls(tls: Tls) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls.certificate, tls.key, password="")
        if tls.clients is not None:
            context.load_verify_locations(tls.clients)
    except (OSError, ValueError) as error:
        raise OperatingError(
            "The certificate, its key or the authority cannot be read, or do not belong together.",
            hint="--tls-cert, --tls-key and --tls-ca name PEM files; the key has no password.",
            exit_code=USAGE,
        ) from error
