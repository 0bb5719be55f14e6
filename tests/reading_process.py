"""Reads one file as a process of its own and tells what it cost: `reading_process.py FILE BYTES_OF_ADDRESSES`.

Prints one line of JSON: the messages put aside by reason, all that were read, and the most memory that was held, in KiB.
"""

import json
import resource
import sys

from parser_targets import SITE

from consumers.intake.files import find
from consumers.intake.ingest import examine
from consumers.intake.reading import messages


def main(path: str, addresses: str) -> None:
    # Imports done, nothing may grow by more than this: a failed allocation is told sooner than a full machine.
    limit = int(addresses)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    counts = examine(messages(find([path]), SITE))
    told = {"read": counts.read, "reasons": dict(counts.reasons)}
    # Workbooks are read by processes of their own, which have a limit of their own.
    told["peak"] = _peak()
    told["peak_of_children"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    json.dump(told, sys.stdout)


def _peak() -> int:
    """The most memory that this program held, in KiB. What getrusage says begins with what its parent held."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
