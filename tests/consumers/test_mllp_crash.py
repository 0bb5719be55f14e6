"""A sender nobody here wrote, and the server killed in the middle: what was answered is stored, all of it once."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Place
from intakes import instant, intake_into, stays
from mllp_senders import Sender, adt, framed
from running import Process, running
from waiting import wait_until

from infra.postgres import connect

pytestmark = pytest.mark.broker
MLLP_SEND = Path(sys.executable).parent / "mllp_send"
ACCEPTED = re.compile(rb"\rMSA\|AA\|([^|\r]+)")
WARDS = ("SE2321000198-WARD1", "SE2321000198-WARD2")
STEPS = (
    ("A01", "20260302081500+0100", WARDS[0]),
    ("A02", "20260303100000+0100", WARDS[1]),
    ("A21", "20260304120000+0100", WARDS[1]),
    ("A22", "20260304180000+0100", WARDS[1]),
    ("A03", "20260306140000+0100", WARDS[1]),
)
"""What happens to every patient: admitted, moved, home for an afternoon, discharged."""


@dataclass(frozen=True)
class Load:
    """What is sent, by control id."""

    messages: dict[str, bytes]

    @classmethod
    def of(cls, patients: int) -> "Load":
        return cls(
            {
                f"{patient}-{event}": adt(f"{patient}-{event}", f"{patient}", event, at, ward=ward)
                for patient in range(patients)
                for event, at, ward in STEPS
            }
        )


@contextmanager
def listening(place: Place) -> Iterator[tuple[Process, int]]:
    """`carechain run mllp` and its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(place, "mllp", "--port", str(port)) as process:
        wait_until(lambda: reachable(port), 60, "the server listens")
        yield process, port


def reachable(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def send(port: int, files: Sequence[Path]) -> list["subprocess.Popen[bytes]"]:
    """One `mllp_send` for each file, at the same time."""
    started = []
    for file in files:
        with file.with_suffix(".answers").open("wb") as answers:
            command = [MLLP_SEND, "--file", file, "--port", str(port), "127.0.0.1"]
            started.append(subprocess.Popen(command, stdout=answers, stderr=subprocess.DEVNULL))
    return started


def accepted(files: Sequence[Path]) -> set[str]:
    """The control ids that were answered with AA."""
    return {
        control.decode()
        for file in files
        for control in ACCEPTED.findall(file.with_suffix(".answers").read_bytes())
    }


def written(load: Load, wanted: Sequence[str], folder: Path, senders: int) -> list[Path]:
    """What is to be sent, in files: a patient's messages in one, in order."""
    files = []
    for number in range(senders):
        file = folder / f"{number}.hl7"
        mine = [control for control in wanted if int(control.partition("-")[0]) % senders == number]
        file.write_bytes(b"".join(framed(load.messages[control]) for control in mine))
        files.append(file)
    return files


def count(place: Place, of: str = "*") -> int:
    with connect(place.connections.store_dsn) as connection:
        row = connection.execute(f"SELECT count({of}) FROM store.journeys_events").fetchone()
    assert row is not None
    return int(row[0])


def killed_and_sent_again(place: Place, folder: Path, *, patients: int, senders: int, kills: int) -> None:
    load = Load.of(patients)
    missing = list(load.messages)
    with listening(place) as (process, port):
        for kill in range(kills):
            files = written(load, missing, folder, senders)
            before, part = count(place), len(missing) // (kills - kill + 1)
            clients = send(port, files)
            wait_until(lambda: count(place) > before + part, 120, "a part of them is stored")  # noqa: B023
            process.kill_and_restart()
            for client in clients:
                client.wait(60)
            answered = accepted(files)
            assert 0 < len(answered) < len(missing)
            missing = [control for control in missing if control not in answered]
            wait_until(lambda: reachable(port), 60, "the server listens again")
        files = written(load, missing, folder, senders)
        assert [client.wait(200) for client in send(port, files)] == [0] * senders
        assert accepted(files) == set(missing)
        assert process.stop() == 0
    assert count(place) == count(place, "DISTINCT state") == len(load.messages)


def assert_stays(place: Place, patients: Sequence[int]) -> None:
    """By hand: one stay of 102 hours less an afternoon, on two wards."""
    with intake_into(place) as intake:
        for patient in patients:
            (stay,) = stays(intake, "mrn:PAS", f"{patient}")
            assert stay.started_at == instant("2026-03-02T08:15:00+01:00")
            assert stay.ended_at == instant("2026-03-06T14:00:00+01:00")
            assert (stay.phase, stay.leave_closed) == ("discharged", timedelta(hours=6))
            assert stay.unit == f"hsa:{WARDS[1]}"


def test_a_kill_in_the_middle_loses_and_doubles_nothing(place: Place, tmp_path: Path) -> None:
    killed_and_sent_again(place, tmp_path, patients=100, senders=4, kills=1)
    assert_stays(place, range(0, 100, 10))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_ten_thousand_messages_and_three_kills(place: Place, tmp_path: Path) -> None:
    killed_and_sent_again(place, tmp_path, patients=2000, senders=25, kills=3)
    assert_stays(place, range(0, 2000, 50))


def test_stopped_it_answers_what_was_read_and_exits_well(place: Place) -> None:
    with listening(place) as (process, port), Sender(("127.0.0.1", port)) as sender:
        assert sender.ask(adt("1", "1")).code == "AA"
        assert process.stop() == 0
        assert sender.hung_up()
    assert count(place) == 1


def test_half_of_a_certificate_is_wrong_usage(place: Place, tmp_path: Path) -> None:
    for given in (["--tls-cert", "server.pem"], ["--tls-key", "server.key"], ["--tls-ca", "clients.pem"]):
        with running(place, "mllp", *given) as process:
            assert process.process.wait(30) == 2
