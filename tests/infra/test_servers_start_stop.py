"""Starting and stopping the local servers, and what stays when they stop."""

import contextlib
import fcntl
import json
import os
import socket
import stat
from pathlib import Path

import psutil
import pytest

from infra import kafka
from infra.embedded import postgres
from infra.embedded import servers as embedded
from infra.embedded import state as states
from infra.errors import OperatingError
from infra.home import Home
from infra.postgres import connect
from infra.settings import MAVEN_CENTRAL, Settings, connections

pytestmark = pytest.mark.broker


def reach(home):
    return connections(Settings(home=home.path))


def send(home, topic, value):
    producer = kafka.plain_producer(reach(home).kafka)
    producer.send(topic, value, partition=0).get(timeout=10)
    producer.close()


def values(home, topic):
    reader = kafka.assigned_consumer(reach(home).kafka)
    partition = kafka.TopicPartition(topic, 0)
    reader.assign([partition])
    reader.seek(partition, 0)
    end = kafka.end_offsets(reader, topic)[partition]
    found = []
    while reader.position(partition) < end:
        found += [record.value for record in reader.poll(timeout_ms=200).get(partition, [])]
    reader.close()
    return found


def test_first_up_makes_everything_and_data_survives_a_restart(fresh_home, carechain):
    code, out, err = carechain(fresh_home, "up")
    assert (code, out) == (0, ""), err
    assert "Made the topic carechain.facts." in err
    send(fresh_home, "carechain.facts", b"kept")
    with connect(reach(fresh_home).store_dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
    before = states.load(fresh_home.state)

    assert carechain(fresh_home, "down")[0] == 0
    code, out, _ = carechain(fresh_home, "status", "--json")
    assert code == 0
    assert [row["running"] for row in json.loads(out)["data"]] == [False, False]
    assert carechain(fresh_home, "topics", "list")[0] == 3
    assert carechain(fresh_home, "up")[0] == 0

    after = states.load(fresh_home.state)
    assert (after.postgres_port, after.kafka_port) == (before.postgres_port, before.kafka_port)
    assert values(fresh_home, "carechain.facts") == [b"kept"]
    with connect(reach(fresh_home).store_dsn) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchall() == [(7,)]

    code, out, _ = carechain(fresh_home, "doctor", "--json")
    assert (code, {row["state"] for row in json.loads(out)["data"]}) == (0, {"well", "note"})


def test_up_when_all_runs_changes_nothing(running_home, told):
    before = embedded.status(running_home)

    embedded.up(running_home, "http://127.0.0.1:1", told)

    assert embedded.status(running_home) == before
    assert told.said == []


def test_a_second_up_waits_for_the_first(running_home, start_carechain):
    with running_home.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        waiting = start_carechain(running_home, "up")
        assert "Waiting for another carechain" in waiting.stderr.readline()
        assert waiting.poll() is None
    waiting.communicate(timeout=90)

    assert waiting.returncode == 0


def test_two_at_once_start_one_of_each(fresh_home, start_carechain):
    first, second = (start_carechain(fresh_home, "up") for _ in range(2))
    first.communicate(timeout=60)
    second.communicate(timeout=60)

    assert (first.returncode, second.returncode) == (0, 0)
    properties = str(fresh_home.kafka / "server.properties")
    assert len([p for p in psutil.process_iter(["cmdline"]) if properties in (p.info["cmdline"] or [])]) == 1


def test_a_port_that_another_program_took_is_left_to_it(running_home, told):
    embedded.down(running_home, told)
    before = states.load(running_home.state)
    with contextlib.ExitStack() as others:
        for port in (before.postgres_port, before.kafka_port):
            others.enter_context(socket.create_server(("127.0.0.1", port)))
        after = embedded.up(running_home, MAVEN_CENTRAL, told)

    assert after.postgres_port != before.postgres_port
    assert after.kafka_port != before.kafka_port
    assert any(f"Another program uses port {before.kafka_port}" in said for said in told.said)
    with connect(reach(running_home).store_dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with kafka.admin(reach(running_home).kafka) as admin:
        assert admin.brokers() == 1


def test_nobody_else_can_read_the_passwords(running_home):
    secret = (running_home.state, running_home.kafka / "server.properties")

    assert [stat.S_IMODE(file.stat().st_mode) for file in secret] == [0o600, 0o600]
    assert not (running_home.postgres / "password").exists()
    arguments = [arg for p in psutil.process_iter(["cmdline"]) for arg in p.info["cmdline"] or []]
    state = states.load(running_home.state)
    for password in (state.postgres_password, state.kafka_password, state.kafka_internal_password):
        assert not [arg for arg in arguments if password in arg]


def test_postgresql_never_runs_as_root(running_home):
    server = postgres.running(running_home)

    assert server.uids().real == (running_home.postgres.stat().st_uid if os.geteuid() == 0 else os.getuid())
    assert server.uids().real != 0


def test_no_existing_folders_rights_change(fresh_home, told):
    fresh_home.path.chmod(0o711)
    watched = [fresh_home.path, *fresh_home.path.parents, postgres.wheel_folder(), Path(postgres.__file__)]
    before = [path.stat().st_mode for path in watched]

    embedded.up(fresh_home, MAVEN_CENTRAL, told)

    assert [path.stat().st_mode for path in watched] == before


def test_servers_listen_on_the_loopback_address_only(running_home):
    addresses = {
        connection.laddr.ip.removeprefix("::ffff:")
        for status in embedded.status(running_home)
        for connection in psutil.Process(status.pid).net_connections()
        if connection.status == psutil.CONN_LISTEN
    }

    assert addresses == {"127.0.0.1"}


def test_a_home_in_a_folder_closed_to_others_works_or_is_told(servers, tmp_path, told):
    home = Home(tmp_path / "home")
    home.path.mkdir()
    home.cache.symlink_to(servers.home.cache)
    tmp_path.chmod(0o700)
    refusal = None
    try:
        embedded.up(home, MAVEN_CENTRAL, told)
    except OperatingError as error:
        refusal = error
    if refusal is None:
        assert [status.running for status in embedded.status(home)] == [True, True]
        assert embedded.down(home, told)
    else:
        # Root may lack the right to hand on the right to walk through closed folders, as in some containers.
        assert os.geteuid() == 0
        assert (refusal.exit_code, "cannot walk to" in refusal.message) == (4, True)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_no_network_at_the_first_start_is_told(bare_home, carechain):
    code, out, err = carechain(bare_home, "up", CARECHAIN_MAVEN_BASE="http://127.0.0.1:1")

    assert (code, out) == (3, "")
    assert "error: Kafka's programs could not be fetched from 127.0.0.1." in err
    assert "hint: " in err
    assert "Traceback" not in err


def test_status_of_running_servers_says_where(running_home, carechain):
    code, out, _ = carechain(running_home, "status", "--json")

    state = states.load(running_home.state)
    assert code == 0
    assert [(row["server"], row["running"], row["address"]) for row in json.loads(out)["data"]] == [
        ("postgresql", True, f"127.0.0.1:{state.postgres_port}"),
        ("kafka", True, f"127.0.0.1:{state.kafka_port}"),
    ]


def test_external_servers_are_prepared_but_not_started(place, carechain):
    home = Home(place.settings.home)
    code, _, err = carechain(home, "up", **place.env)
    assert code == 0, err
    assert "nothing to start" in err
    code, out, _ = carechain(home, "topics", "list", "--json", **place.env)

    assert code == 0
    assert {row["exists"] for row in json.loads(out)["data"]} == {True}
    code, out, _ = carechain(home, "status", "--json", **place.env)
    assert {row["running"] for row in json.loads(out)["data"]} == {True}
    code, out, _ = carechain(home, "doctor", "--json", **place.env)
    wrong = [row["message"] for row in json.loads(out)["data"] if row["state"] == "wrong"]
    assert code == 1
    assert f"The topic {place.topic('facts')} has 1 replicas, and needs 3." in wrong
    assert not home.state.exists()
