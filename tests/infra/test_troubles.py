"""What goes wrong around servers is one sentence and a hint, never a traceback and never a password."""

import dataclasses
import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from infra import home as homes
from infra import kafka
from infra.embedded import kafka as local_kafka
from infra.embedded import postgres as local_postgres
from infra.embedded import servers as embedded
from infra.embedded import state as states
from infra.errors import OperatingError
from infra.home import Home, disk_errors, make_folder, prepare_home, write_private
from infra.postgres import connect
from infra.settings import MAVEN_CENTRAL


def test_a_full_disk_is_told_before_anything_starts(tmp_path, monkeypatch, told):
    usage = type("Usage", (), {"free": 100 * 1024**2})
    monkeypatch.setattr(homes.shutil, "disk_usage", lambda _: usage)

    with pytest.raises(OperatingError, match="has 100 MB left") as caught:
        embedded.up(Home(tmp_path), MAVEN_CENTRAL, told)

    assert "CARECHAIN_HOME" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "message", "exit_code"),
    [
        (errno.ENOSPC, "is full", 3),
        (errno.EACCES, "cannot be written", 4),
        (errno.EROFS, "cannot be written", 4),
    ],
)
def test_what_the_system_says_of_a_folder_becomes_a_sentence(code, message, exit_code):
    with pytest.raises(OperatingError, match=message) as caught, disk_errors(Path("/home/x")):
        raise OSError(code, os.strerror(code))

    assert caught.value.exit_code == exit_code


def test_other_trouble_of_the_system_is_not_hidden():
    with pytest.raises(BrokenPipeError), disk_errors(Path("/home/x")):
        raise BrokenPipeError(errno.EPIPE, "broken pipe")


def test_a_home_that_is_a_file_is_told(tmp_path):
    (tmp_path / "home").write_text("")

    with pytest.raises(OperatingError, match="cannot be written to"):
        prepare_home(Home(tmp_path / "home" / "x"))


@pytest.mark.parametrize(
    ("module", "find", "named"),
    [
        (local_kafka, local_kafka.java, "Java"),
        (local_postgres, local_postgres.wheel_folder, "PostgreSQL's programs"),
    ],
)
def test_a_machine_without_programs_is_pointed_to_servers_of_its_own(monkeypatch, module, find, named):
    monkeypatch.setattr(module, "find_spec", lambda _: None)

    with pytest.raises(OperatingError, match=named) as caught:
        find()

    assert "CARECHAIN_POSTGRES_DSN" in caught.value.hint


def test_a_damaged_state_is_told_and_not_replaced(tmp_path, told):
    (tmp_path / "servers.json").write_text("{")

    with pytest.raises(OperatingError, match="damaged") as caught:
        embedded.up(Home(tmp_path), MAVEN_CENTRAL, told)

    assert caught.value.exit_code == 2
    assert (tmp_path / "servers.json").read_text() == "{"


def test_data_without_its_passwords_is_not_overwritten(tmp_path, told):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "created").write_text("")

    with pytest.raises(OperatingError, match="is gone"):
        embedded.up(Home(tmp_path), MAVEN_CENTRAL, told)

    assert not (tmp_path / "servers.json").exists()


def test_data_of_another_version_is_left_alone(tmp_path):
    data = tmp_path / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    (tmp_path / "postgres" / "created").write_text("")
    server = local_postgres.PostgresServer(Home(tmp_path), local_postgres.Account(), Path("/nowhere"))

    with pytest.raises(OperatingError, match="is PostgreSQL 17's, and this is PostgreSQL 18"):
        server.create("secret")


def test_private_files_are_private_from_the_start(tmp_path):
    write_private(tmp_path / "secret", "x")

    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_a_folder_that_exists_keeps_its_rights(tmp_path):
    tmp_path.chmod(0o705)

    make_folder(tmp_path, 0o700)
    make_folder(tmp_path / "new", 0o711)

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o705
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o711


def test_a_fresh_state_has_no_two_passwords_alike():
    one, other = states.State(), states.State()
    secrets = [s for state in (one, other) for s in (state.postgres_password, state.kafka_password)]

    assert len(set(secrets)) == 4
    assert not any(secret in repr(one) for secret in secrets)


@pytest.mark.parametrize(
    ("dsn", "said", "code"),
    [
        ("postgresql://me:s3cret@127.0.0.1:1/x", "PostgreSQL at 127.0.0.1:1 does not answer.", 3),
        ("password=s3cret nonsense", "PostgreSQL's address cannot be understood.", 2),
    ],
)
def test_an_unreachable_postgresql_is_told_without_its_password(dsn, said, code):
    with pytest.raises(OperatingError) as caught:
        connect(dsn)

    assert (caught.value.message, caught.value.exit_code) == (said, code)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.broker
def test_a_wrong_password_of_postgresql_is_told(servers):
    state = states.load(servers.home.state)
    wrong = servers.connections.store_dsn.replace(state.postgres_password, "s3cret")

    with pytest.raises(OperatingError, match="does not accept the password of carechain") as caught:
        connect(wrong)

    assert "s3cret" not in str(caught.value)


@pytest.mark.broker
def test_a_database_that_is_missing_is_told(servers):
    with pytest.raises(OperatingError, match="has no database nowhere"):
        connect(servers.connections.store_dsn.replace("/carechain?", "/nowhere?"))


@pytest.mark.broker
def test_a_wrong_password_of_kafka_is_told(servers):
    wrong = dataclasses.replace(servers.connections.kafka, password="s3cret", bootstrap_timeout_ms=1000)

    with pytest.raises(OperatingError, match="does not let carechain in with this password") as caught:
        kafka.admin(wrong)

    assert "password" in caught.value.hint
    assert "s3cret" not in str(caught.value)


def test_no_kafka_is_told():
    nobody = kafka.KafkaConnection("127.0.0.1:1", bootstrap_timeout_ms=300)

    for opener in (kafka.admin, kafka.plain_producer, kafka.assigned_consumer):
        with pytest.raises(OperatingError, match=r"Kafka at 127\.0\.0\.1:1 does not answer") as caught:
            opener(nobody)
        assert "carechain up" in caught.value.hint


def test_a_foreign_program_on_the_port_is_not_taken_for_kafka():
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        address = f"127.0.0.1:{foreign.getsockname()[1]}"

        with pytest.raises(OperatingError, match=f"Something answers at {address}"):
            kafka.admin(kafka.KafkaConnection(address, bootstrap_timeout_ms=500))
