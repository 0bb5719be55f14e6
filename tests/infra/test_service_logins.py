"""Every service at work with a login of its own, that can do its work and nobody else's."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from access_world import Login, commission, logins
from conftest import Place
from given import WARD
from pipeline import Pipeline, submission
from waiting import wait_until

from cli import main
from consumers import workers
from consumers.audit.notary import Notary
from consumers.figures import Figures
from consumers.watch import Watch
from infra.roles import ROLES
from infra.settings import Settings, connections

pytestmark = pytest.mark.broker
NotAllowed = psycopg.errors.InsufficientPrivilege
ADMITTED: dict[str, Any] = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}


@dataclass(frozen=True)
class Services:
    """The place as each service reaches it."""

    place: Place
    logins: dict[str, Login]

    def of(self, *, store: str = "leader", read: str = "leader", vault: str = "leader") -> Place:
        """Reached by these logins; a leader's has no right to anything of a service."""
        dsns = {
            f"{name}_dsn": self.logins[role].dsn
            for name, role in (("store", store), ("read", read), ("vault", vault))
        }
        given = self.place.settings.model_dump(exclude_unset=True) | dsns
        made = Settings.model_validate(given)
        env = {**self.place.env, **{f"CARECHAIN_{name.upper()}": dsn for name, dsn in dsns.items()}}
        return Place(made, connections(made), env)


@pytest.fixture(scope="module")
def services(module_place: Place) -> Iterator[Services]:
    """Facts have gone the whole way: taken in, published, shown."""
    with logins(module_place, ROLES) as made:
        found = Services(module_place, made)
        Pipeline(found.of(store="writer", vault="keeper")).submit(
            [
                submission("patient-admitted", "2026-03-02T08:00:00+01:00", message="m1", data=ADMITTED),
                submission(
                    "patient-admitted", "2026-03-02T09:00:00+01:00", "SIM-0002", message="m2", data=ADMITTED
                ),
            ]
        )
        publish(found)
        projecting = Pipeline(found.of(read="projector", vault="projector"))
        with projecting.projecting():
            wait_until(Pipeline(module_place).caught_up, 60, "everything is shown")
        yield found


def publish(services: Services) -> None:
    relay = services.of(store="relay", read="relay")
    for stream in workers.STREAMS:
        workers.relay(relay.settings, relay.connections, stream).publish_available()


def test_what_services_took_in_and_published_is_shown_to_whom_it_concerns(services: Services) -> None:
    with services.logins["care"].connect() as connection:
        connection.execute("SELECT access.look('care', 'test')")
        connection.commit()
        found = connection.execute("SELECT unit FROM shown.stays_at(now())").fetchall()
    assert found == [(WARD,), (WARD,)]


def test_who_looked_is_published_by_the_relay_s_login(services: Services) -> None:
    with services.logins["care"].connect() as connection:
        connection.execute("SELECT access.look('care', 'test')")
    publish(services)
    read = [
        json.loads(record.value or b"")["data"] for record in Pipeline(services.place).topic_records("access")
    ]
    assert str(services.logins["care"].staff) in {data["staff"] for data in read}


def test_figures_sources_and_checkpoints_have_logins_of_their_own(services: Services, tmp_path: Path) -> None:
    assert Figures(services.logins["figures"].dsn, interval=timedelta(hours=1)).publish()
    watch = services.of(store="writer", read="figures")
    Watch(watch.connections, interval=timedelta(minutes=1), clock=lambda: datetime.now(UTC)).look()
    notary = Notary(services.logins["notary"].dsn, key_file=tmp_path / "key", folder=tmp_path / "checkpoints")
    made = notary.checkpoint()
    assert made is not None
    assert made.checkpoint.size >= 2


def test_a_file_is_taken_in_with_the_writer_s_and_the_keeper_s(
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in services.of(store="writer", read="writer", vault="keeper").env.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "facts.ndjson"
    document = {
        "type": "se.carechain.patient-admitted.v1",
        "time": "2026-03-02T10:00:00+01:00",
        "patient": {"system": "simulated", "value": "SIM-0003"},
        "source": "test",
        "message": "m3",
        "unit": WARD,
        "data": ADMITTED,
    }
    file.write_text(json.dumps(document) + "\n", encoding="utf-8")
    assert main.run(["ingest", str(file)]) == 0, capsys.readouterr().err


def test_care_staff_ask_at_a_terminal_with_their_own_login_alone(
    services: Services, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the read database is reached for."""
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in services.of(store="leader", read="care", vault="leader").env.items():
        monkeypatch.setenv(name, value)
    for words in (
        ("stay", "list"),
        ("responsible",),
        ("waits",),
        ("missed",),
        ("findings",),
        ("journey", "list"),
    ):
        capsys.readouterr()
        assert main.run([*words, "--json"]) == 0, (words, capsys.readouterr().err)
    assert main.run(["summary"]) == 4
    assert main.run(["staff", "list"]) == 4


FORBIDDEN = {
    "writer": (
        "SELECT FROM vault.person",
        "SELECT FROM journal.fact",
        "SELECT FROM shown.stays",
        "SELECT FROM access.look",
        "DELETE FROM store.journeys_events",
        "TRUNCATE store.outbox",
    ),
    "relay": (
        "SELECT FROM vault.person",
        "SELECT FROM journal.fact",
        "SELECT FROM shown.stays",
        "UPDATE store.journeys_events SET topic = ''",
        "INSERT INTO store.outbox DEFAULT VALUES",
        "INSERT INTO access.entry DEFAULT VALUES",
        "SELECT FROM access.commission",
    ),
    "projector": (
        "SELECT FROM vault.person",
        "SELECT FROM vault.content_key",
        "SELECT FROM store.journeys_events",
        "SELECT FROM store.outbox",
        "SELECT FROM access.look",
        "INSERT INTO access.look DEFAULT VALUES",
    ),
    "keeper": (
        "SELECT FROM store.journeys_events",
        "SELECT FROM journal.fact",
        "SELECT FROM shown.stays",
        "SELECT FROM access.look",
        "DELETE FROM vault.person",
    ),
    "figures": (
        "SELECT FROM vault.person",
        "SELECT FROM store.journeys_events",
        "SELECT FROM access.look",
        "DELETE FROM shown.stays",
        "TRUNCATE figures.summary",
    ),
    "notary": (
        "SELECT FROM vault.person",
        "SELECT FROM journal.fact",
        "SELECT FROM shown.stays",
        "UPDATE store.journeys_events SET topic = ''",
        "UPDATE audit.checkpoint SET size = 0",
    ),
}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_no_service_does_another_s_work(services: Services, role: str) -> None:
    with closing(services.logins[role].connect()) as connection:
        for statement in FORBIDDEN[role]:
            with pytest.raises(NotAllowed):
                connection.execute(statement.encode())
            connection.rollback()


def test_who_may_read_in_no_capacity_reads_nothing_that_services_made(services: Services) -> None:
    commission(services.place, services.logins["writer"], role="operator")
    with closing(services.logins["writer"].connect()) as connection, pytest.raises(NotAllowed):
        connection.execute("SELECT access.look('coordination', 'test')")
