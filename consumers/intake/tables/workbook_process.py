"""Reads a workbook in a process of its own and writes its rows as JSON lines: a crafted file can end no more than this.

Standard input is the file, the argument a sheet's name or nothing. For each sheet a line with ``{"sheet": number}``
and then one line a row: texts, numbers, true and false as they are, times as ``{"at": ISO 8601 without a zone}``.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import Any

from python_calamine import CalamineWorkbook

MEMORY = 2 * 1024**3
"""Bytes of memory that reading one workbook may take."""
SECONDS = 300
"""Seconds of work that reading one may take."""


def main() -> None:
    """Read standard input, write standard output. A workbook that cannot be read ends it with an error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for line in lines(sys.stdin.buffer.read(), wanted):
        sys.stdout.write(json.dumps(line) + "\n")


def lines(raw: bytes, wanted: str) -> Iterator[Any]:
    """The sheets and rows of a workbook."""
    book = CalamineWorkbook.from_filelike(BytesIO(raw))
    for number, name in enumerate(book.sheet_names, 1):
        if wanted and name != wanted:
            continue
        yield {"sheet": number}
        for row in book.get_sheet_by_name(name).iter_rows():
            yield [plain(cell) for cell in row]


def plain(cell: Any) -> Any:
    """A cell as JSON."""
    if isinstance(cell, datetime):
        # Excel counts days: what lies within half a second of a full one is that second.
        rounded = (cell + timedelta(microseconds=500_000)).replace(microsecond=0)
        clock = rounded.strftime("%H:%M" if not rounded.second else "%H:%M:%S")
        return {"at": f"{rounded.date().isoformat()}T{clock}"}
    if isinstance(cell, date):
        return {"at": cell.isoformat()}
    if isinstance(cell, time):
        return cell.strftime("%H:%M" if not cell.second else "%H:%M:%S")
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    return cell


if __name__ == "__main__":
    main()
