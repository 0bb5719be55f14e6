"""What the one module that speaks to kafka-python promises: the partition of a key, and no alarm without cause."""

import logging

import pytest

from infra import kafka
from infra.kafka import partition_of
from infra.settings import KafkaConnection, Settings, connections


# murmur2 of these, as Kafka's own client computes it: -973932308, -790332482, 479470107.
@pytest.mark.parametrize(
    ("key", "partitions", "expected"),
    [("21", 1000, 340), ("foobar", 1000, 166), ("abc", 1000, 107), ("abc", 12, 3)],
)
def test_partition_is_the_one_java_clients_choose(key, partitions, expected):
    assert partition_of(key, partitions) == expected


@pytest.mark.broker
def test_a_password_on_our_own_loopback_address_is_no_news(servers, caplog):
    with kafka.admin(connections(Settings(home=servers.home.path)).kafka) as admin:
        assert admin.brokers() == 1

    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []


@pytest.mark.broker
def test_a_password_without_tls_on_a_network_is_told(servers, caplog):
    ours = servers.connections.kafka
    external = KafkaConnection(
        ours.bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        username=ours.username,
        password=ours.password,
    )
    with kafka.admin(external) as admin:
        assert admin.brokers() == 1

    assert "Sending username and password in the clear" in caplog.text
