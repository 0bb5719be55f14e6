"""A relay as a process of its own, for tests that kill it: `relay_process.py STORE TOPIC BATCH`."""

import signal
import sys
from threading import Event
from uuid import UUID

from consumers.relay import Relay
from infra.errors import OperatingError
from infra.logs import configure_logs
from infra.settings import connections, load_settings
from infra.store import FactsLog


def main(store: str, topic: str, batch: str) -> int:
    configure_logs()
    stop = Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    reached = connections(load_settings())
    try:
        Relay(reached.store_dsn, reached.kafka, FactsLog(), topic, UUID(store), batch=int(batch)).run(stop)
    except OperatingError as error:
        sys.stderr.write(f"{error.message}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
