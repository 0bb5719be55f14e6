"""Values for the inbound topic, and a worker that takes them in."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

from conftest import Place
from waiting import wait_until

from consumers.intake.door import Door
from consumers.intake.inbound import Inbound
from infra import kafka
from infra.kafka import TopicPartition
from infra.keys import load_or_create
from infra.postgres import connect
from infra.topics import ensure_topics

PARTITIONS = 3
NDJSON = "application/x-ndjson"


def make_topic(place: Place) -> None:
    """The inbound topic, which places are furnished without."""
    with kafka.admin(place.connections.kafka) as admin:
        ensure_topics(admin, place.settings, only=("inbound",))


def send(
    place: Place,
    values: Iterable[bytes | Mapping[str, Any]],
    content_type: str | None = NDJSON,
    partition: int | None = None,
    **headers: str,
) -> None:
    """Put values on the topic; a dictionary is one of our commands."""
    given = {"content-type": content_type} if content_type else {}
    packed = [(name, text.encode()) for name, text in (given | headers).items()]
    with closing(kafka.plain_producer(place.connections.kafka)) as producer:
        for number, value in enumerate(values):
            raw = value if isinstance(value, bytes) else json.dumps(value, ensure_ascii=False).encode()
            producer.send(
                place.topic("inbound"),
                raw,
                key=f"key {number}".encode(),
                headers=packed,
                partition=partition,
            )
        producer.flush()


def worker(place: Place, slot: int = 1) -> Inbound:
    key = load_or_create(place.settings.master_key_file)
    door = Door(lambda: place.connections, key)
    return Inbound(place.connections.kafka, door, topic=place.topic("inbound"), slot=f"intake-{slot}")


@contextmanager
def working(*workers: Inbound) -> Iterator[None]:
    """They take in inside."""
    stop, failures = threading.Event(), []

    def run(one: Inbound) -> None:
        try:
            one.run(stop)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    if failures:
        raise failures[0]


def committed(place: Place) -> dict[int, int]:
    """Where the group stands in each partition that it has begun."""
    group = f"{place.topic('inbound')}.intake"
    partitions = [TopicPartition(place.topic("inbound"), number) for number in range(PARTITIONS)]
    with closing(kafka.assigned_consumer(place.connections.kafka, group_id=group)) as consumer:
        found = {p.partition: consumer.committed(p) for p in partitions}
    return {number: offset for number, offset in found.items() if offset is not None}


def ends(place: Place) -> dict[int, int]:
    """Where the topic ends, in each partition that holds something."""
    with closing(kafka.assigned_consumer(place.connections.kafka)) as consumer:
        found = kafka.end_offsets(consumer, place.topic("inbound"))
    return {partition.partition: end for partition, end in found.items() if end}


def taken_in(place: Place, timeout: float = 60) -> None:
    """Wait until the group stands at the topic's end."""
    wait_until(
        lambda: {p: c for p, c in committed(place).items() if c} == ends(place),
        timeout,
        "the group has taken everything in",
    )


def stored(place: Place) -> int:
    """How many facts there are."""
    with connect(place.connections.store_dsn) as connection:
        row = connection.execute("SELECT count(*) FROM store.journeys_events").fetchone()
    assert row is not None
    return int(row[0])
