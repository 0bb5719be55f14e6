"""Least rights on Kafka: one table of what each service needs, and the rules that give it that and no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from infra.errors import OperatingError
from infra.kafka_acls import Acl, Resource
from infra.settings import Settings
from infra.topics import TOPICS, Name, topic_name

Service = Literal["relay", "projector", "intake", "watch", "auditor", "operator", "sender"]

PUBLISHED: tuple[Name, ...] = tuple(topic.name for topic in TOPICS if topic.name != "inbound")
ALL: tuple[Name, ...] = tuple(topic.name for topic in TOPICS)
TRANSACTIONS = "carechain.relay."
"""How the relays' transactional ids begin; after it come store and topic."""
IMPLIED = {"READ": {"DESCRIBE"}, "WRITE": {"DESCRIBE"}, "ALTER_CONFIGS": {"DESCRIBE_CONFIGS"}}
"""What Kafka adds to an operation (org.apache.kafka.server.authorizer: who may read may see that it is there)."""


@dataclass(frozen=True)
class Need:
    """Operations on topics of these names, or on one group or transactional id."""

    operations: tuple[str, ...]
    topics: tuple[Name, ...] = ()
    group_of: Name | None = None
    transactions: bool = False


NEEDS: Mapping[Service, tuple[Need, ...]] = {
    # It reads where it goes on off its own topics. To write in transactions, it needs no right on the cluster.
    "relay": (Need(("READ", "WRITE"), PUBLISHED), Need(("WRITE",), transactions=True)),
    # Rebuilding and verifying the answers need the same.
    "projector": (
        Need(("READ",), ("facts", "reference", "dead-letters")),
        Need(("READ",), group_of="facts"),
    ),
    "intake": (Need(("READ",), ("inbound",)), Need(("READ",), group_of="inbound")),
    # It has to do with the database only: what it raises, the relay publishes.
    "watch": (),
    "auditor": (Need(("READ",), ("facts", "checkpoints")),),
    # Looks after it all (status, doctor) and reads none of it.
    "operator": (Need(("DESCRIBE", "DESCRIBE_CONFIGS"), ALL),),
    # The systems that hand over messages by Kafka.
    "sender": (Need(("WRITE",), ("inbound",)),),
}
GROUPS: Mapping[Name, str] = {"facts": "projector", "inbound": "intake"}
"""The group that reads a topic is called after it: `carechain.facts.projector`."""


@dataclass(frozen=True)
class Granted:
    """One rule a service needs."""

    service: Service
    rule: Acl


def principals(settings: Settings, given: Sequence[str] = ()) -> dict[Service, str]:
    """Each service's principal: `given` (`relay=User:x`) wins over the settings, and those over the custom name.

    Raises OperatingError, exit code 2, for a service there is not.
    """
    named = dict(settings.kafka_principals)
    for words in given:
        service, _, principal = words.partition("=")
        named[service] = principal
    for service, principal in named.items():
        if service not in NEEDS or ":" not in principal:
            raise OperatingError(
                f"{service}={principal} names no service's principal.",
                hint=f"Say it as relay=User:carechain-relay; the services are {', '.join(NEEDS)}.",
                exit_code=2,
            )
    return {service: named.get(service, f"User:carechain-{service}") for service in get_args(Service)}


def wanted(settings: Settings, who: Mapping[Service, str]) -> list[Granted]:
    """The rules that give every service what it needs."""
    return [
        Granted(service, Acl(who[service], resource, name, operation, prefixed))
        for service, needs in NEEDS.items()
        for need in needs
        for resource, name, prefixed in _resources(settings, need)
        for operation in need.operations
    ]


def _resources(settings: Settings, need: Need) -> list[tuple[Resource, str, bool]]:
    found: list[tuple[Resource, str, bool]] = [
        ("topic", topic_name(settings, name), False) for name in need.topics
    ]
    if need.group_of is not None:
        found.append(("group", f"{topic_name(settings, need.group_of)}.{GROUPS[need.group_of]}", False))
    if need.transactions:
        found.append(("transactional-id", TRANSACTIONS, True))
    return found


def with_implied(operations: set[str]) -> set[str]:
    """These and what Kafka adds to them."""
    return operations.union(*(IMPLIED.get(operation, set()) for operation in operations))


def needed_on(granted: Sequence[Granted], services: Sequence[Service], topic: str) -> set[str]:
    """What these services together may do to a topic."""
    mine = {
        one.rule.operation for one in granted if one.service in services and one.rule.covers("topic", topic)
    }
    return with_implied(mine)
