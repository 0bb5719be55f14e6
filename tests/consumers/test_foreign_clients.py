"""Other people's programs read the facts topic: nothing about it is ours alone."""

import shutil
import subprocess

import pytest
from relay_facts import RECORDED_MS, add_facts, body, make_relay, stored

from infra.embedded import jars, kafka

pytestmark = pytest.mark.broker


@pytest.fixture
def filled(place):
    """Twenty facts on the topic, and aborted records that nobody should see."""
    from infra.kafka import transactional_producer

    add_facts(place.connections.store_dsn, range(20))
    make_relay(place, batch=5).publish_available()
    producer = transactional_producer(place.connections.kafka, "gives up")
    producer.init_transactions()
    producer.begin_transaction()
    producer.send(place.topic("facts"), key=b"nobody", value=b"aborted")
    producer.flush(20)
    producer.abort_transaction()
    producer.close()
    return place


@pytest.fixture
def access(filled, tmp_path):
    """How a client of Java is let in."""
    broker = filled.connections.kafka
    login = "org.apache.kafka.common.security.plain.PlainLoginModule"
    file = tmp_path / "client.properties"
    file.touch(0o600)
    file.write_text(
        f"security.protocol={broker.security_protocol}\nsasl.mechanism={broker.sasl_mechanism}\n"
        f'sasl.jaas.config={login} required username="{broker.username}" password="{broker.password}";\n'
    )
    return file


def run(arguments):
    done = subprocess.run(arguments, capture_output=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def expected(place):
    """Position, key and text of each fact."""
    return [
        (str(position), key, state.decode()) for position, key, state in stored(place.connections.store_dsn)
    ]


def test_kafkas_own_console_consumer_reads_the_facts(filled, access, servers):
    printed = [f"print.{what}=true" for what in ("timestamp", "headers", "key")]
    arguments = [
        *(kafka.java(), "-cp", jars.class_path(servers.home.jars, with_tools=True)),
        "org.apache.kafka.tools.consumer.ConsoleConsumer",
        *("--bootstrap-server", filled.connections.kafka.bootstrap, "--command-config", access),
        *("--topic", filled.topic("facts"), "--from-beginning", "--isolation-level", "read_committed"),
        *("--max-messages", "20", "--timeout-ms", "20000"),
        *(word for one in printed for word in ("--formatter-property", one)),
    ]

    lines = [line.split("\t") for line in run(arguments).splitlines()]

    assert {line[0] for line in lines} == {f"CreateTime:{RECORDED_MS}"}
    headers = [dict(pair.split(":", 1) for pair in line[1].split(",")) for line in lines]
    assert {h["content-type"] for h in headers} == {"application/cloudevents+json"}
    found = [(h["position"], line[2], line[3]) for h, line in zip(headers, lines, strict=True)]
    assert sorted(found, key=lambda fact: int(fact[0])) == expected(filled)
    assert body(0).decode() in [value for _, _, value in found]


def test_kcat_reads_the_facts_where_it_is_installed(filled):
    kcat = shutil.which("kcat")
    if kcat:
        broker = filled.connections.kafka
        settings = {
            "security.protocol": broker.security_protocol.lower(),
            "sasl.mechanism": broker.sasl_mechanism,
            "sasl.username": broker.username,
            "sasl.password": broker.password,
        }
        arguments = [
            *(kcat, "-b", broker.bootstrap, "-t", filled.topic("facts"), "-C", "-e", "-q"),
            *(word for name, value in settings.items() for word in ("-X", f"{name}={value}")),
            *("-f", "%h\t%k\t%s\n"),
        ]
        lines = [line.split("\t") for line in run(arguments).splitlines()]
        headers = [dict(pair.split("=", 1) for pair in line[0].split(",")) for line in lines]
        found = [(h["position"], key, value) for h, (_, key, value) in zip(headers, lines, strict=True)]
        assert sorted(found, key=lambda fact: int(fact[0])) == expected(filled)
