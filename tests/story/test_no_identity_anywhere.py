"""The long form of the leak test: identities go in by every door there is, and everything that comes out is scanned."""

import base64
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import leak_doors as doors
import pytest
from conftest import Place, Servers
from inbound_values import make_topic, send, taken_in
from leak_answers import OF_MARCH, ask_everything, be_refused, tables_by_role, write_accounts
from leak_terminal import Terminal
from leaks import Found, Scanner, files, tables, topics
from mllp_senders import ENDS, framed
from mllp_senders import Sender as MllpSender
from pipeline import Pipeline
from running import ROOT, running, said_by
from waiting import wait_until

from infra.postgres import connect

pytestmark = [pytest.mark.broker, pytest.mark.slow]
Said = dict[str, bytes]


@dataclass
class World:
    """Where everything has gone in, and what was answered to those who brought it."""

    place: Place
    terminal: Terminal
    folder: Path
    journeys: list[str] = field(default_factory=list)
    acknowledged: Said = field(default_factory=dict)
    """What servers answered to who sent."""

    @property
    def written(self) -> Path:
        """Files that commands were told to write: in the home, beside all that is there already."""
        return self.place.settings.home / "written"

    @property
    def accounts(self) -> Path:
        return self.place.settings.home / "accounts"


# -- in ------------------------------------------------------------------------------------------------------------


def by_files(world: World) -> None:
    inbox = world.folder / "inbox"
    inbox.mkdir()
    doors.more_files(inbox)
    doors.settled(inbox)
    with world.terminal.named("ingest"):
        out = world.terminal.run("ingest", str(inbox), "--json", code=1)
        world.terminal.run("ingest", str(inbox), "--dry-run", code=1)
        world.terminal.try_("ingest", "-", stdin=f"{doors.CSV[1]} {doors.CSV_PATIENT}\n")
    counts = json.loads(out)["data"]
    found = {name: counts[name] for name in ("read", "put_aside")}
    # A file of lines has four, all others what their docstrings say.
    assert found == {"read": 16, "put_aside": 5}, counts


def by_servers(world: World) -> None:
    """MLLP, HTTP, Kafka and a folder, each a process of its own."""
    place, drop = world.place, world.folder / "drop"
    drop.mkdir()
    make_topic(place)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running(place, *words))
            for words in (("mllp", "--port", "0"), ("fhir", "--port", "0"), ("intake", "--folder", str(drop)))
        ]
        doors.dropped(drop)
        send(place, doors.inbound_values()[:1])
        send(place, doors.inbound_values()[1:], content_type=None)
        by_mllp(world, port_of(place, "mllp", "mllp_listening"))
        by_http(world, port_of(place, "fhir", "listening"))
        taken_in(place)
        wait_until(
            lambda: not [file for file in drop.iterdir() if file.is_file()], 60, "the file is taken in"
        )
        for server in servers:
            assert server.stop() == 0


def port_of(place: Place, server: str, event: str) -> int:
    def told() -> int | None:
        lines = [json.loads(line) for line in said_by(place, server).splitlines() if line.startswith(b"{")]
        ports = [line["port"] for line in lines if line.get("event") == event]
        return int(ports[0]) if ports else None

    return wait_until(told, 60, f"{server} listens") or 0


def by_mllp(world: World, port: int) -> None:
    codes = []
    with MllpSender(("127.0.0.1", port)) as sender:
        for number, message in enumerate(
            [*doors.mllp_messages(), b"Mlvidolf " + doors.MLLP_PATIENT.encode()]
        ):
            sender.send(framed(message))
            raw = b""
            while ENDS not in raw:
                raw += sender.socket.recv(65_536)
            world.acknowledged[f"mllp {number}"] = raw
            codes.append(raw.partition(b"MSA|")[2][:2])
    assert codes == [b"AA", b"AA", b"AR", b"AA"]


def by_http(world: World, port: int) -> None:
    told, json_, name = doors.http_notification(), {"Content-Type": "application/fhir+json"}, doors.HTTP[-1]
    number = doors.HTTP_PATIENT
    asked: list[tuple[int, str, str, dict[str, Any]]] = [
        (201, "POST", "/fhir", {"json": told}),
        (200, "POST", "/fhir/$process-message", {"json": told}),
        (422, "POST", f"/fhir?patient={number}", {"content": doors.HTTP_BAD}),
        (422, "POST", "/fhir", {"content": f"{name} {number}".encode()}),
        (404, "POST", f"/fhir/{number}", {"content": doors.HTTP_BAD}),
        (404, "GET", f"/{name}/{number}", {"headers": json_ | {"X-Patient": number}}),
        (405, "DELETE", "/fhir", {"headers": {"X-Patient": number}}),
    ]
    codes = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for at, (_, method, path, more) in enumerate(asked):
            answer = client.request(method, path, **({"headers": json_} | more))
            world.acknowledged[f"http {at}"] = str(answer.headers).encode() + answer.content
            codes.append(answer.status_code)
    assert codes == [status for status, *_ in asked]


def by_commands(world: World) -> None:
    """Records with free text, and all that staff put on record beside it."""
    terminal = world.terminal
    now = ("--at", "2026-03-06T08:00")
    about = ("--patient", "-", "--unit", doors.WARD, *now)
    admitted = (
        "--care-form",
        "somatic",
        "--municipality",
        "Gävle",
        "--episode",
        doors.RECORDED[-1],
        "--note",
        "-",
    )
    words = f"{doors.RECORDED_PATIENT}\n{doors.RECORDED[2]} {doors.RECORDED_PATIENT} ringde\n"
    with terminal.named("record"):
        terminal.run("record", "patient-admitted", *about, *admitted, stdin=words)
        goal = f"{doors.RECORDED_PATIENT}\n{doors.GOAL}\n"
        terminal.run(
            "record", "patient-goal-stated", *about, "--role", "inpatient", "--goal", "-", stdin=goal
        )
        reserve = f"reservnummer:2321000198:{doors.LOCAL_RESERVE}\n"
        terminal.run("record", "patient-admitted", *about, *admitted[:4], stdin=reserve)
    with terminal.named("staff"):
        add = ("staff", "add", "--staff-id", "-", "--role")
        terminal.run(*add, "auditor", "--login", "leak_auditor", stdin="hsa:SE2321000198-STAFFADDED\n")
        terminal.run(*add, "leader", "--login", "leak_leader", stdin="ql.anstalld@leak.example\n")
    terminal.run("agreement", "adopt", str(ROOT / "infra/demo/agreement.toml"))


def acts(world: World) -> None:
    """What is done about what is shown: letters discarded, a month disputed and frozen, a part erased by two."""
    terminal = world.terminal
    letter = json.loads(terminal.run("dead-letters", "list", "--json"))["data"][0]["digest"]
    why = f"Dlbortglömde bad om det, {doors.HL7_PATIENT}\n"
    terminal.run("dead-letters", "discard", letter, "--reason", "-", "--confirm", stdin=why)
    terminal.run("settlement", "dispute", *OF_MARCH, "--ground", "other")
    terminal.run("settlement", "freeze", *OF_MARCH)
    part = ("--patient", "-", "--controller", "orgnr:2321000198", "--regime", "HSL")
    terminal.run("vault", "hold", *part, "--ground", "legal-claim", stdin=f"{doors.RECORDED_PATIENT}\n")
    terminal.run(
        *("vault", "erase", *part, "--ground", "ivo-decision"),
        *("--decision", "3.4.2-1/2026", "--decided-on", "2026-03-20"),
        stdin=f"{doors.INBOUND_PATIENT}\n",
    )
    proposal = json.loads(terminal.run("vault", "proposals", "--json"))["data"][0]["id"]
    terminal.patch.setenv("LOGNAME", doors.SECOND_STAFF)
    terminal.run("vault", "confirm", proposal, "--confirm")
    terminal.patch.setenv("LOGNAME", doors.STAFF)
    terminal.run("audit", "checkpoint")


@contextmanager
def everything_running(place: Place) -> Iterator[None]:
    """`carechain run` inside, which has shown everything; at the end it has told of every look."""
    with running(place) as process:
        wait_until(Pipeline(place).caught_up, 90, "everything is shown")
        yield
        wait_until(lambda: all_looks_told(place), 60, "every look is told of")
        assert process.stop() == 0


def all_looks_told(place: Place) -> bool:
    with connect(place.connections.store_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM access.entry").fetchone()
    assert row is not None
    return bool(len(Pipeline(place).topic_records("access")) == row[0] > 0)


@pytest.fixture
def world(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> World:
    """Everything has gone in, everything was asked, and every process has stopped."""
    monkeypatch.setenv("LOGNAME", doors.STAFF)
    world = World(place, Terminal(place, monkeypatch, capsys, caplog), tmp_path)
    by_files(world)
    by_servers(world)
    by_commands(world)
    world.written.mkdir()
    world.accounts.mkdir()
    with everything_running(place):
        acts(world)
        wait_until(Pipeline(place).caught_up, 90, "the acts are shown, too")
        world.journeys = [
            row["journey"] for row in json.loads(world.terminal.run("journey", "list", "--json"))["data"]
        ]
        world.terminal.try_("audit", "checkpoint")
        ask_everything(world.terminal, world.journeys, world.written)
        write_accounts(world.terminal, world.journeys, world.accounts)
        be_refused(world.terminal)
    return world


# -- out -----------------------------------------------------------------------------------------------------------

SEE_PATIENTS = ("operator", "care", "municipal", "auditor", "figures", "projector")
"""Roles that see patients' data, the people among them after a look."""


@dataclass(frozen=True)
class Meant:
    """What is shown on purpose, where, and why."""

    why: str
    where: str
    who: Sequence[str]


ERASED_EPISODE = "INBOUND-EPISODE-LEAK"
MEANT = (
    Meant(
        "A stay's id at its source is told to whoever may ask the vault (CONTRACT); an event log's case is its stay.",
        r"carechain stay list --json",
        [one for one in doors.EVERYBODY if "EPISODE" in one.upper() and one != ERASED_EPISODE]
        + [doors.XES_PATIENT],
    ),
    Meant(
        "Why a letter was discarded is opened for who holds the master key.",
        r"carechain dead-letters show \w+( --json)?",
        ["Dlbortglömde", doors.HL7_PATIENT],
    ),
    Meant(
        "What a patient said themselves stands in their own account, in each form.",
        r"file accounts/\d+\.(txt|html|json|pdf)",
        ["Rctassemus"],
    ),
    Meant("Who sends is answered by the id of their own message.", r"mllp [012]", doors.MLLP_CONTROLS),
    Meant("So is who sends by $process-message.", r"http 1", [doors.HTTP_MESSAGE]),
)


def unexpected(found: list[Found]) -> list[Found]:
    return [
        one
        for one in found
        if not any(re.fullmatch(meant.where, one[0]) and one[1] in meant.who for meant in MEANT)
    ]


SCHEMAS = {"access", "audit", "figures", "journal", "kept", "shown", "store", "vault"}
TOPICS = {"facts", "reference", "settlements", "dead-letters", "checkpoints", "access"}
"""In each of them something stands."""


def everything(world: World) -> Iterator[Said]:
    """All that can be read anywhere, kind by kind; logs of the servers, which others use too, apart."""
    place = world.place
    yield world.terminal.said
    yield world.acknowledged
    yield files(place.settings.home, "*")
    yield topics(place)
    with connect(place.connections.store_dsn) as connection:
        stored = tables(connection)
    schemas = {name.removeprefix("table ").partition(".")[0] for name, content in stored.items() if content}
    assert schemas >= SCHEMAS
    yield stored
    for role, seen in tables_by_role(place):
        assert bool(seen.get("function shown.timeline_at")) is (
            role.removeprefix("carechain_") in SEE_PATIENTS
        ), role
        yield {f"{role}: {name}": content for name, content in seen.items()}


def server_logs(servers: Servers) -> Said:
    return files(servers.home.postgres / "data", "server.log") | files(
        servers.home.kafka, "kafka.log", "*.out"
    )


@pytest.mark.timeout(400)
def test_no_identity_comes_out_anywhere(world: World, servers: Servers) -> None:
    everybody = Scanner(doors.EVERYBODY)
    found = [one for kind in everything(world) for one in everybody.scan(kind)]

    assert unexpected(found) == []
    assert everybody.scan(server_logs(servers), plain_only=True) == []
    assert {name.rpartition(".")[2] for name, content in topics(world.place).items() if content} >= TOPICS
    # The scan sees what is meant to be there, and so would see what is not.
    for meant in MEANT:
        assert {who for where, who, _ in found if re.fullmatch(meant.where, where)} >= set(meant.who), (
            meant.why
        )
    forms_of_accounts = {where[-4:] for where, who, _ in found if who == "Rctassemus"}
    assert forms_of_accounts == {".txt", "html", "json", ".pdf"}

    plant(world)
    seen = {where for kind in everything(world) for where, who, _ in everybody.scan(kind) if who == PLANTED}
    assert seen >= PLACES


# -- planted -------------------------------------------------------------------------------------------------------

PLANTED = doors.STAFF
PLACES = {
    *(
        "file run-all.log",
        "file written/planted.zip",
        "file checkpoints/planted.txt",
        "table figures.summary",
    ),
    *(f"carechain_{role}: table figures.summary" for role in ("leader", "dashboard", "figures", "operator")),
}


def plant(world: World) -> None:
    """An identity where none is, in each kind of place; tables and topics are planted in by the short form, too."""
    home, place = world.place.settings.home, world.place
    with (home / "run-all.log").open("ab") as log:
        log.write(PLANTED.encode().hex().encode())
    with zipfile.ZipFile(world.written / "planted.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("facts", "before " * 100 + PLANTED)
    (home / "checkpoints" / "planted.txt").write_bytes(base64.b64encode(PLANTED.encode()))
    with connect(place.connections.store_dsn) as connection:
        connection.execute(
            "INSERT INTO figures.summary VALUES (now(), now(), 'unit', %s)", (json.dumps({"unit": PLANTED}),)
        )
