"""The relay of the access log as a process of its own, for tests that kill it: `access_relay_process.py BATCH`."""

import sys
from threading import Event

from consumers.access_log import AccessLog
from consumers.relay import Relay
from infra.settings import connections, load_settings
from infra.store import store_id
from infra.topics import topic_name


def main(batch: str) -> None:
    settings = load_settings()
    reached = connections(settings)
    store = store_id(reached.store_dsn)
    topic = topic_name(settings, "access")
    Relay(reached.read_dsn, reached.kafka, AccessLog(store), topic, store, batch=int(batch)).run(Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
