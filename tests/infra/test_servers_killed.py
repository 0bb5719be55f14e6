"""`up` after servers, or `up` itself, were killed with no chance to clean up."""

import os
import signal
import subprocess
import sys

import pytest
from waiting import wait_until

from infra import kafka as client
from infra.embedded import kafka, postgres
from infra.embedded import servers as embedded
from infra.postgres import connect
from infra.settings import MAVEN_CENTRAL, Settings, connections

pytestmark = pytest.mark.broker


def assert_both_answer(home):
    reached = connections(Settings(home=home.path))
    with connect(reached.store_dsn) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with client.admin(reached.kafka) as admin:
        assert admin.brokers() == 1


def ports(home):
    state = embedded.running_state(home)
    return state.postgres_port, state.kafka_port, state.kafka_controller_port


@pytest.mark.parametrize("victims", [["postgres"], ["kafka"], ["postgres", "kafka"]])
def test_up_after_kill_of_servers_keeps_what_was_committed(running_home, told, victims):
    table = f"kept_{'_'.join(victims)}"
    with connect(connections(Settings(home=running_home.path)).store_dsn) as connection:
        connection.execute(f"CREATE TABLE {table} AS SELECT 7 AS seven")
    found = {"postgres": postgres.running(running_home), "kafka": kafka.running(running_home)}
    before = ports(running_home)

    for victim in victims:
        os.kill(found[victim].pid, signal.SIGKILL)
    embedded.up(running_home, MAVEN_CENTRAL, told)

    assert_both_answer(running_home)
    # Whoever is connected finds them again where they were.
    assert ports(running_home) == before
    with connect(connections(Settings(home=running_home.path)).store_dsn) as connection:
        assert connection.execute(f"SELECT seven FROM {table}").fetchall() == [(7,)]


def test_up_after_kill_of_up_at_each_of_its_stages(fresh_home, start_carechain, told):
    stages = {
        "PostgreSQL's folder is half made": lambda: (fresh_home.postgres / "data").exists(),
        "Kafka's settings are written": lambda: (fresh_home.kafka / "server.properties").exists(),
        "Kafka's process is there": lambda: kafka.running(fresh_home) is not None,
        "PostgreSQL's process is there": lambda: postgres.running(fresh_home) is not None,
    }
    for stage, reached in stages.items():
        started = start_carechain(fresh_home, "up")
        wait_until(reached, 60, stage)
        started.send_signal(signal.SIGKILL)
        started.wait()

    embedded.up(fresh_home, MAVEN_CENTRAL, told)

    assert_both_answer(fresh_home)


def test_up_when_nobody_has_noticed_that_the_server_is_dead(fresh_home, told):
    embedded.up(fresh_home, MAVEN_CENTRAL, told)
    embedded.down(fresh_home, told)
    note = fresh_home.postgres / "data" / "postmaster.pid"
    # A process that has ended and is not reaped while this test runs: PostgreSQL takes it for a live server.
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    try:
        os.waitid(os.P_PID, zombie.pid, os.WEXITED | os.WNOWAIT)
        note.write_text(f"{zombie.pid}\n{note.parent}\n1\n1\n\n\n\nready\n")
        os.chown(note, note.parent.stat().st_uid, note.parent.stat().st_gid)
        note.chmod(0o600)

        embedded.up(fresh_home, MAVEN_CENTRAL, told)

        assert_both_answer(fresh_home)
    finally:
        zombie.wait()


def test_a_server_that_ends_as_soon_as_it_starts_is_told_with_its_reason(fresh_home, told):
    state = embedded.up(fresh_home, MAVEN_CENTRAL, told)
    embedded.down(fresh_home, told)
    (fresh_home.kafka / "metadata" / "meta.properties").write_text("version=1\ncluster.id=other\nnode.id=1\n")
    server = kafka.prepare(fresh_home)

    with pytest.raises(Exception, match="Kafka did not start") as caught:
        server.wait(server.start(), state.kafka_port)

    assert "doctor" in caught.value.hint
