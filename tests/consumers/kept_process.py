"""Asks for what was known at a past time in a process of its own, for tests that kill it: `kept_process.py KNOWN_AT`."""

import signal
import sys
from datetime import datetime

from consumers.kept import kept_schema
from infra.keys import load_or_create
from infra.settings import connections, load_settings


def main(known_at: str) -> int:
    # Tests that were started in the background have it ignored, and hand that on.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings = load_settings()
    key = load_or_create(settings.master_key_file)
    try:
        schema = kept_schema(connections(settings), key, datetime.fromisoformat(known_at), workers=2)
    except KeyboardInterrupt:
        return 130
    sys.stdout.write(f"{schema}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
