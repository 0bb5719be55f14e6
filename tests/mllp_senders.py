"""Those who send over MLLP in tests: messages they send, sockets that read answers, a way to PostgreSQL that can be cut."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Self

from conftest import Place

from consumers.intake.door import Door
from consumers.intake.mllp.connection import Limits
from consumers.intake.mllp.server import Listen, MllpServer
from consumers.intake.mllp.waiting import Bounds
from consumers.intake.site import Site
from infra.keys import load_or_create

ENDS = b"\x1c\x0d"
ADMITTED = "20260302081500+0100"


def adt(
    control: str,
    patient: str = "4711",
    event: str = "A01",
    at: str = "20260302081500+0100",
    *,
    ward: str = "SE2321000198-WARD1",
    kind: str = "ADT",
) -> bytes:
    """A short message of a hospital of Region Gävleborg, about the one stay of a patient with a local number."""
    stay = {1: "1", 2: "I", 3: f"{ward}^12^1", 19: f"V-{patient}^^^PAS", 44: ADMITTED}
    if event == "A03":
        stay[45] = at
    segments = (
        f"MSH|^~\\&|PAS|SE2321000198-HOSP|CC|REG|{at}||{kind}^{event}|{control}|P|2.5||||||UNICODE UTF-8",
        f"EVN|{event}|{at}||||{at}",
        f"PID|1||{patient}^^^PAS^MR||Fjäll^Åsa",
        "PV1|" + "|".join(stay.get(number, "") for number in range(1, max(stay) + 1)),
    )
    return "".join(f"{segment}\r" for segment in segments).encode()


def framed(message: bytes) -> bytes:
    return b"\x0b" + message + ENDS


@dataclass(frozen=True)
class Acknowledged:
    """What an answer says."""

    code: str
    control: str
    text: str

    @classmethod
    def of(cls, answer: bytes) -> "Acknowledged":
        assert answer.startswith(b"\x0bMSH|")
        assert answer.endswith(ENDS)
        (msa,) = [part for part in answer[1:-2].decode().split("\r") if part.startswith("MSA|")]
        fields = [*msa.split("|"), "", "", ""]
        return cls(fields[1], fields[2], fields[3])


class Sender:
    """One connection."""

    def __init__(self, address: tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(address, timeout=30)
        self.socket = tls.wrap_socket(plain, server_hostname="localhost") if tls is not None else plain
        self._left = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def no_more(self) -> None:
        """Half-close: nothing more is sent, answers are still read."""
        self.socket.shutdown(socket.SHUT_WR)

    def answer(self) -> Acknowledged:
        """The next answer."""
        while ENDS not in self._left:
            data = self.socket.recv(65536)
            assert data, "the server has hung up"
            self._left += data
        answer, _, self._left = self._left.partition(ENDS)
        return Acknowledged.of(answer + ENDS)

    def answers(self, number: int) -> list[Acknowledged]:
        return [self.answer() for _ in range(number)]

    def codes(self, number: int) -> list[tuple[str, str]]:
        """The codes and whom they answer."""
        return [(answer.code, answer.control) for answer in self.answers(number)]

    def ask(self, message: bytes) -> Acknowledged:
        """Send one message and wait for its answer, as most senders do."""
        self.send(framed(message))
        return self.answer()

    def hung_up(self) -> bool:
        """Whether nothing but the connection's end comes."""
        if not self._left:
            with suppress(ConnectionResetError):
                self._left = self.socket.recv(1)
        return not self._left


def door_of(place: Place, site: Site | None = None, store_dsn: str | None = None) -> Door:
    """The place's intake; ``store_dsn`` is another way to its PostgreSQL."""
    reached = place.connections
    dsn = store_dsn or reached.store_dsn
    key = load_or_create(place.settings.master_key_file)
    return Door(lambda: replace(reached, store_dsn=dsn, vault_dsn=dsn), key, site)


@contextmanager
def serving(
    place: Place,
    site: Site | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    store_dsn: str | None = None,
    limits: Limits | None = None,
    bounds: Bounds | None = None,
) -> Iterator[tuple[str, int]]:
    """A server in this process; gives its address."""
    server = MllpServer(Listen(port=0, tls=tls), door_of(place, site, store_dsn), limits, bounds)
    stop, failures = threading.Event(), []

    def run() -> None:
        try:
            server.run(stop)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert server.listening.wait(30), failures
        yield server.address
    finally:
        stop.set()
        thread.join(30)
    assert not thread.is_alive()
    if failures:
        raise failures[0]


@dataclass
class Way:
    """A way to a server's port that can be cut and mended; ``port`` is its own beginning."""

    to: tuple[str, int]
    port: int = 0
    _cut: bool = False
    _open: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Whoever is on the way falls off, and nobody gets on."""
        self._cut = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._cut = False

    def _serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listening.accept()
                if self._cut:
                    near.close()
                    continue
                far = socket.create_connection(self.to)
                self._open += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


@contextmanager
def way_to(host: str, port: int) -> Iterator[Way]:
    """A way from a port of this machine to a server."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        way = Way((host, port), listening.getsockname()[1])
        thread = threading.Thread(target=way._serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield way
        finally:
            way.cut()
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)
            for end in way._open:
                end.close()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
