"""How fast `carechain audit verify` is: a million facts in all three copies, checked on whatever this machine has.

    CARECHAIN_HOME=build/bench carechain up
    CARECHAIN_HOME=build/bench python tests/bench_audit.py --facts 1000000
    CARECHAIN_HOME=build/bench carechain down

The facts are made once for a home and a number: store by COPY, topic by the relay, journal as the projector fills it.
"""

import argparse
import hashlib
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parent.parent))

import psycopg
from psycopg import sql

from consumers import workers
from consumers.journal import Journal, sort_out
from consumers.projector import READER
from domain.envelope import GENESIS, dataschema, encode
from domain.fact import by_name, load_catalogue
from infra import kafka
from infra.logs import configure_logs
from infra.postgres import connect, migrate
from infra.settings import Connections, Settings, connections, load_settings
from infra.store import store_id
from infra.topics import ensure_topics, topic_name

OPEN_JOURNEYS = 3_000
"""So many patients are in care at a time."""
TYPES = {
    "patient-admitted": {"care_form": "somatic", "municipality": "2180"},
    "admission-notified": {
        "estimated_discharge": "2026-03-09",
        "recipients": [{"role": "open-care", "unit": "hsa:SE2321000198-VC1"}],
    },
    "discharge-ready-declared": {},
}


def rows(store: UUID, facts: int) -> Iterator[tuple[UUID, int, str, bytes]]:
    """Facts as they would be stored: each journey's are chained, and those of many journeys come mixed."""
    load_catalogue()
    named = [(by_name(name), data) for name, data in TYPES.items()]
    kinds = [(fact.TYPE, dataschema(fact), data) for fact, data in named if fact is not None]
    chance = random.Random(7)  # the same facts at every run
    open_ones = [_journey(chance) for _ in range(OPEN_JOURNEYS)]
    recorded = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(facts):
        place = chance.randrange(OPEN_JOURNEYS)
        journey, version, last, length = open_ones[place]
        recorded += timedelta(milliseconds=31)
        kind, schema, data = kinds[number % len(kinds)]
        raw = encode(
            {
                "specversion": "1.0",
                "id": hashlib.sha256(b"%d" % number).hexdigest(),
                "source": f"/carechain/{store}",
                "type": kind,
                "subject": journey,
                "time": recorded,
                "datacontenttype": "application/json",
                "dataschema": schema,
                "journeyversion": version + 1,
                "recordedtime": recorded,
                "prevhash": last,
                "controller": "orgnr:2321000198",
                "regime": "HSL",
                "timeprecision": "second",
                "actor": UUID(int=number % 5_000),
                "actorunit": "hsa:SE2321000198-WARD1",
                "actorrole": "inpatient",
                "principal": "21",
                "sourcesystem": "hsa:SE2321000198-journal",
                "sourcemessage": hashlib.sha256(b"m%d" % number).hexdigest(),
                "data": data,
            }
        )
        yield journey, version + 1, kind, raw
        last = hashlib.sha256(raw).hexdigest()
        open_ones[place] = _journey(chance) if version + 1 == length else (journey, version + 1, last, length)


def _journey(chance: random.Random) -> tuple[UUID, int, str, int]:
    return UUID(int=chance.getrandbits(128), version=4), 0, GENESIS, chance.randint(5, 45)


def place_of(facts: int) -> tuple[Settings, Connections]:
    """A database and topics in this home for so many facts."""
    settings = load_settings(topic_prefix=f"bench_{facts}.")
    reached = connections(settings)
    name = f"bench_{facts}"

    def own(dsn: str) -> str:
        return dsn.replace("/carechain?", f"/{name}?")

    with psycopg.connect(reached.store_dsn, autocommit=True) as connection:
        known = connection.execute("SELECT FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if known is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    dsn = own(reached.store_dsn)
    if known is None:
        migrate(dsn)
    with kafka.admin(reached.kafka) as admin:
        ensure_topics(admin, settings)
    return settings, Connections(reached.kafka, dsn, dsn, dsn)


def fill_store(dsn: str, facts: int) -> None:
    """All facts by one COPY."""
    with connect(dsn) as connection:
        with connection.cursor() as cursor:
            statement = (
                "COPY store.journeys_events (originator_id, originator_version, topic, state)"
                " FROM STDIN (FORMAT BINARY)"
            )
            with cursor.copy(statement) as copy:
                copy.set_types(["uuid", "int8", "text", "bytea"])
                for row in rows(store_id(dsn), facts):
                    copy.write_row(row)
        connection.execute("ANALYZE store.journeys_events")


def fill_journal(settings: Settings, reached: Connections) -> None:
    """What is on the topic, as the projector takes it in."""
    topic = topic_name(settings, "facts")
    with kafka.admin(reached.kafka) as admin:
        topic_id = kafka.topic_id(admin, topic)
    with (
        closing(kafka.assigned_consumer(reached.kafka)) as consumer,
        connect(reached.read_dsn) as connection,
    ):
        journal = Journal(connection)
        ends = kafka.end_offsets(consumer, topic)
        consumer.assign(list(ends))
        consumer.seek_to_beginning(*ends)
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            batches = consumer.poll(timeout_ms=200)
            lines, _ = sort_out([record for batch in batches.values() for record in batch])
            journal.append(lines, topic)
            connection.commit()
        for partition in ends:
            at = journal.position(READER, topic, topic_id, partition.partition)
            journal.move(READER, topic, partition.partition, at, consumer.position(partition), None)
        connection.commit()
        connection.execute("ANALYZE journal.fact")


def seed(facts: int) -> tuple[Settings, Connections]:
    """The place with its facts, made if it is not there whole."""
    settings, reached = place_of(facts)
    with connect(reached.read_dsn) as connection:
        (stored,) = connection.execute("SELECT count(*) FROM store.journeys_events").fetchone() or (0,)
        (journalled,) = connection.execute("SELECT count(*) FROM journal.fact").fetchone() or (0,)
    if stored == 0:
        _timed("store", lambda: fill_store(reached.store_dsn, facts))
    if journalled == 0:
        _timed("topic", lambda: workers.relay(settings, reached, "facts").publish_available())
        _timed("journal", lambda: fill_journal(settings, reached))
    return settings, reached


def _timed(what: str, work: object) -> float:
    assert callable(work)
    started = time.monotonic()
    work()
    took = time.monotonic() - started
    sys.stderr.write(f"{what}: {took:.1f} s\n")
    return took


def raw_poll(settings: Settings, reached: Connections) -> float:
    """Facts a second that Kafka's client hands out in one process, untouched: what the check is measured against."""
    count, started = 0, time.monotonic()
    with closing(kafka.assigned_consumer(reached.kafka)) as consumer:
        ends = kafka.end_offsets(consumer, topic_name(settings, "facts"))
        consumer.assign(list(ends))
        consumer.seek_to_beginning(*ends)
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            count += sum(len(batch) for batch in consumer.poll(timeout_ms=200).values())
    return count / (time.monotonic() - started)


def environment(settings: Settings, reached: Connections) -> dict[str, str]:
    """The place as a process is told of it."""
    broker = reached.kafka
    password = settings.home / "bench-password"
    password.touch(mode=0o600)
    password.write_text(broker.password or "", encoding="utf-8")
    return os.environ | {
        "CARECHAIN_HOME": str(settings.home),
        "CARECHAIN_TOPIC_PREFIX": settings.topic_prefix,
        "CARECHAIN_POSTGRES_DSN": reached.store_dsn,
        "CARECHAIN_KAFKA_BOOTSTRAP": broker.bootstrap,
        "CARECHAIN_KAFKA_SECURITY_PROTOCOL": broker.security_protocol,
        "CARECHAIN_KAFKA_SASL_MECHANISM": broker.sasl_mechanism or "",
        "CARECHAIN_KAFKA_USERNAME": broker.username or "",
        "CARECHAIN_KAFKA_PASSWORD_FILE": str(password),
        "CARECHAIN_SIGNING_KEY_FILE": str(settings.home / f"{settings.topic_prefix}key"),
        "CARECHAIN_CHECKPOINTS": str(settings.home / f"{settings.topic_prefix}checkpoints"),
    }


def run(env: dict[str, str], *command: str) -> tuple[float, int, resource.struct_rusage]:
    """How long a command takes as a process of its own, in seconds, its exit code, and what it and its own used."""
    program = str(Path(sys.executable).parent / "carechain")
    started = time.monotonic()
    process = subprocess.Popen([program, *command], env=env)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - started, process.returncode, used


def main() -> None:
    """Seed, poll, verify, tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--seed-only", action="store_true")
    asked = parser.parse_args()
    configure_logs("WARNING", color=False)
    settings, reached = seed(asked.facts)
    if asked.seed_only:
        return
    load = os.getloadavg()[0]
    polled = raw_poll(settings, reached)
    env = environment(settings, reached)
    signed, _, _ = run(env, "audit", "checkpoint")
    took, code, used = run(env, "audit", "verify")
    busy = used.ru_utime + used.ru_stime
    rate = asked.facts / took
    sys.stdout.write(
        f"{asked.facts} facts verified in {took:.1f} s (exit {code}): {rate:,.0f} facts/s, {rate / polled:.2f} of the"
        f" raw poll of one process ({polled:,.0f}/s); load before {load:.1f}, after"
        f" {os.getloadavg()[0]:.1f}; its processes, without the servers', were busy for {busy:.1f} s, the largest had"
        f" {used.ru_maxrss / 1024:.0f} MB; the checkpoint took {signed:.1f} s\n"
    )


if __name__ == "__main__":
    main()
