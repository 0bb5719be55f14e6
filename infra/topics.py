"""The topics: one table of what each keeps and for how long, and how it is applied to a cluster."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from infra.kafka import MAX_RECORD_BYTES, Admin, NewTopic
from infra.settings import Settings

Name = Literal[
    "facts", "reference", "settlements", "alarms", "access", "checkpoints", "dead-letters", "inbound"
]

CLUSTER_REPLICAS = 3
CLUSTER_IN_SYNC = 2


@dataclass(frozen=True)
class Topic:
    """One line of the table; `keeps` none is for ever, `partitions` none is as many as the settings say."""

    name: Name
    holds: str
    keeps: timedelta | None = None
    partitions: int | None = 1
    large: bool = False

    def settings(self, in_sync: int) -> dict[str, str]:
        """The topic's own settings on a cluster where `in_sync` replicas must have a record."""
        keeps_ms = -1 if self.keeps is None else self.keeps // timedelta(milliseconds=1)
        settings = {
            "cleanup.policy": "delete",
            "retention.ms": str(keeps_ms),
            "retention.bytes": "-1",
            "unclean.leader.election.enable": "false",
            "message.timestamp.type": "CreateTime",
            "min.insync.replicas": str(in_sync),
        }
        return settings | ({"max.message.bytes": str(MAX_RECORD_BYTES)} if self.large else {})


def _years(count: int) -> timedelta:
    return timedelta(days=366 * count)


TOPICS: tuple[Topic, ...] = (
    Topic("facts", "every fact", partitions=None),
    Topic("reference", "agreements, registers and population files as adopted", large=True),
    Topic("settlements", "months frozen for settlement"),
    Topic("alarms", "alarms raised, acknowledged, resolved", keeps=_years(10), partitions=3),
    Topic("access", "who looked at what, when, from which unit, why", keeps=_years(6), partitions=3),
    Topic("checkpoints", "signed roots over the log"),
    Topic("dead-letters", "what could not become a fact, and why", keeps=timedelta(days=180), large=True),
    Topic(
        "inbound",
        "messages from other systems, as received",
        keeps=timedelta(days=7),
        partitions=3,
        large=True,
    ),
)


def topic_name(settings: Settings, name: Name) -> str:
    """The topic's name on the cluster: `facts` becomes `carechain.facts`."""
    return f"{settings.topic_prefix}{name}"


def partitions(settings: Settings, topic: Topic) -> int:
    """How many partitions the topic is made with."""
    return topic.partitions or settings.facts_partitions


def replication(brokers: int) -> tuple[int, int]:
    """Replicas, and how many of them must have a record, on a cluster of so many brokers."""
    replicas = min(CLUSTER_REPLICAS, brokers)
    return replicas, CLUSTER_IN_SYNC if replicas == CLUSTER_REPLICAS else 1


def ensure_topics(admin: Admin, settings: Settings, only: tuple[Name, ...] | None = None) -> list[str]:
    """Make the topics that are missing and return their names; one that exists is left as it is."""
    existing = admin.topics()
    replicas, in_sync = replication(admin.brokers())
    missing = [
        NewTopic(
            topic_name(settings, topic.name), partitions(settings, topic), replicas, topic.settings(in_sync)
        )
        for topic in TOPICS
        if (only is None or topic.name in only) and topic_name(settings, topic.name) not in existing
    ]
    admin.create(missing)
    return [topic.name for topic in missing]


@dataclass(frozen=True)
class Line:
    """One of our topics as it is on the cluster; `keeps_days` none is for ever."""

    name: str
    exists: bool
    partitions: int | None
    replicas: int | None
    keeps_days: int | None
    holds: str


def overview(admin: Admin, settings: Settings) -> list[Line]:
    """All our topics, whether they exist or not."""
    found = admin.describe(topic_name(settings, topic.name) for topic in TOPICS)
    lines = []
    for topic in TOPICS:
        name = topic_name(settings, topic.name)
        actual = found.get(name)
        lines.append(
            Line(
                name,
                actual is not None,
                actual.partitions if actual else None,
                actual.replicas if actual else None,
                topic.keeps.days if topic.keeps else None,
                topic.holds,
            )
        )
    return lines


def differences(admin: Admin, settings: Settings, *, embedded: bool) -> list[str]:
    """What is wrong with the topics, one sentence each; a local node is not blamed for being alone."""
    names = {topic_name(settings, topic.name): topic for topic in TOPICS}
    found = admin.describe(names)
    replicas, in_sync = (1, 1) if embedded else (CLUSTER_REPLICAS, CLUSTER_IN_SYNC)
    said = []
    for name, topic in names.items():
        if name not in found:
            said.append(f"The topic {name} is missing.")
            continue
        if found[name].replicas < replicas:
            said.append(f"The topic {name} has {found[name].replicas} replicas, and needs {replicas}.")
        actual = admin.configuration(name)
        said += [
            f"The topic {name} has {key}={actual.get(key)}, and needs {value}."
            for key, value in topic.settings(in_sync).items()
            if actual.get(key) != value
        ]
    return said
