"""`carechain run mllp`: listens for HL7 v2 messages, records them, and answers each when it is on disk."""

import asyncio
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from hl7.mllp import HL7StreamReader, HL7StreamWriter, start_hl7_server

from consumers.intake.door import Door
from consumers.intake.mllp.connection import CHUNK, Connection, Limits
from consumers.intake.mllp.recording import Recording
from consumers.intake.mllp.waiting import Bounds, Waiting
from infra.errors import OperatingError
from infra.logs import get_logger

CONNECTIONS_MAX = 256
HANDSHAKE_S = 20.0
STOP_S = 10.0
"""Seconds in which, once asked to stop, what was read is recorded and answered."""
_CHECK_S = 0.1
_USAGE = 2

_log = get_logger(__name__)


@dataclass(frozen=True)
class Listen:
    """Where to listen, and to whom."""

    host: str = "127.0.0.1"
    port: int = 2575
    """2575 is the port registered for HL7 at IANA."""
    tls: ssl.SSLContext | None = None


def tls_context(certificate: Path, key: Path, clients: Path | None = None) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate; with ``clients``, only senders whose certificate these sign get in.

    Raises ``OperatingError`` with exit code 2 where a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A password would be asked for on the terminal, and a service has none.
        context.load_cert_chain(certificate, key, password=lambda: "")
        if clients is not None:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise OperatingError(
            "The certificate, its key or the clients' authority cannot be used.",
            hint="PEM files are read: the certificate with its chain, the key that belongs to it, without a password.",
            exit_code=_USAGE,
        ) from error
    return context


class MllpServer:
    """Runs until it is stopped; ``address`` is where it listens once ``listening`` is set."""

    def __init__(
        self,
        listen: Listen,
        door: Door,
        limits: Limits | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._listen = listen
        self._limits = limits or Limits()
        self._bounds = bounds or Bounds()
        self._recording = Recording(door)
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self.listening = threading.Event()
        self.address: tuple[str, int] = (listen.host, listen.port)

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop`` is set. Raises ``OperatingError`` where it cannot begin: a server gone, a port taken."""
        asyncio.run(self._serve(stop))

    async def _serve(self, stop: threading.Event) -> None:
        loop = asyncio.get_running_loop()
        waiting = Waiting(self._recording.take, self._bounds)
        with ThreadPoolExecutor(1, thread_name_prefix="mllp-recording") as executor:
            try:
                await loop.run_in_executor(executor, self._recording.open)
                server = await self._start(waiting)
                recording = asyncio.create_task(waiting.run(executor))
                while not stop.is_set() and not recording.done():
                    await asyncio.sleep(_CHECK_S)
                server.close()
                await self._finish(waiting, recording)
            finally:
                await loop.run_in_executor(executor, self._recording.close)

    async def _start(self, waiting: Waiting) -> asyncio.Server:
        async def connected(reader: HL7StreamReader, writer: HL7StreamWriter) -> None:
            await self._connected(Connection(reader, writer, waiting, self._limits))

        tls = self._listen.tls
        handshake = {"ssl_handshake_timeout": HANDSHAKE_S} if tls is not None else {}
        try:
            server: asyncio.Server = await start_hl7_server(
                connected, self._listen.host, self._listen.port, limit=CHUNK, ssl=tls, **handshake
            )
        except OSError as error:
            raise OperatingError(
                f"It is not possible to listen on {self._listen.host}, port {self._listen.port}.",
                hint="Is the port taken, below 1024, or the address not this machine's? Choose with --host and --port.",
                exit_code=_USAGE,
            ) from error
        host, port = server.sockets[0].getsockname()[:2]
        self.address = (host, port)
        _log.info("mllp_listening", host=host, port=port, tls=tls is not None)
        self.listening.set()
        return server

    async def _connected(self, connection: Connection) -> None:
        if len(self._connections) >= CONNECTIONS_MAX:
            _log.warning("mllp_too_many_connections", connections=len(self._connections))
            connection.writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = connection
        try:
            await connection.run()
        finally:
            del self._connections[task]
            _log.debug("mllp_connection_ended", messages=connection.read)

    async def _finish(self, waiting: Waiting, recording: "asyncio.Task[None]") -> None:
        """Answer what was read, then end. Who is not done in time sends again what was not answered."""
        for connection in self._connections.values():
            connection.stop()
        if self._connections and not recording.done():
            await asyncio.wait(list(self._connections), timeout=STOP_S)
        for task in list(self._connections):
            task.cancel()
        await waiting.close()
        await recording
