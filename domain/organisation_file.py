"""A register of organisations as people keep it: TOML with ``[[organisation]]``, or a spreadsheet saved as CSV."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pydantic import ValidationError

from domain.errors import Refused
from domain.organisations import Organisation, Organisations, suggested_region
from domain.toml_lines import lines_of
from domain.toml_text import parsed_toml

COLUMNS: Final = tuple(Organisation.model_fields)
"""Of a CSV file, in any order; all but ``id`` may be missing."""
TOLD: Final = ("journeys", "facts", "first_seen", "last_seen", "sources")
"""What our own lists tell besides: such columns may stay in a file, and are not read."""
_TOML = re.compile(r"^\s*\[\[\s*organisation\s*\]\]", re.MULTILINE)
_SEPARATORS = ";\t,"
_DIGITS = {"region": 2, "municipality": 4}
_HINT: Final = "`carechain organisation import --help` shows what a file looks like."


@dataclass(frozen=True)
class _Read:
    """An entry as it stands in the file, and where its keys stand."""

    values: dict[str, Any]
    line: Callable[[str], int | None]


def read_organisations(text: str, file: str = "the register") -> Organisations:
    """A register from TOML or CSV; which one, its name or its heading tells.

    Raises ``Refused`` naming all that is wrong, by file, line and key.
    """
    text = text.removeprefix("\ufeff")
    is_toml = file.lower().endswith(".toml") or _TOML.search(text) is not None
    read = _from_toml(text, file) if is_toml else list(_from_csv(text, file))
    wrong: list[str] = []
    entries: list[tuple[Organisation, _Read]] = []
    for one in read:
        try:
            entries.append((Organisation.model_validate(one.values), one))
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                key = str(problem["loc"][0]) if problem["loc"] else ""
                hint = problem.get("ctx", {}).get("hint", "")
                wrong.append(_told(file, one, key, f"{problem['msg']} {hint}".strip()))
    wrong += _disagreements(file, entries)
    if wrong:
        raise Refused("\n".join(wrong), hint=_HINT)
    return Organisations(entries=tuple(entry for entry, _ in entries))


def _told(file: str, read: _Read, key: str, what: str) -> str:
    where = f"line {read.line(key)}, {key}" if key else f"line {read.line('id')}"
    return f"{file}, {where}: {what.rstrip('.')}."


# -- the two forms ---------------------------------------------------------------------------------------------------


def _from_toml(text: str, file: str) -> list[_Read]:
    document = parsed_toml(text, file)
    entries = document.get("organisation")
    if len(document) != 1 or not isinstance(entries, list) or not all(isinstance(e, dict) for e in entries):
        raise Refused(
            f"{file} is no register of organisations: it has not [[organisation]] alone.", hint=_HINT
        )
    lines = lines_of(text)

    def where(number: int) -> Callable[[str], int | None]:
        return lambda key: lines.line(("organisation", number, key))

    return [
        # What was left to be filled in is not given.
        _Read({key: value for key, value in entry.items() if value != ""}, where(number))
        for number, entry in enumerate(entries)
    ]


def _from_csv(text: str, file: str) -> Iterator[_Read]:
    heading = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        columns: list[str] | None = None
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if not any(cells):
                continue
            if columns is None:
                columns = _columns(file, reader.line_num, cells)
            else:
                yield _line(file, reader.line_num, columns, cells)
        if columns is None:
            raise Refused(f"{file} is empty.", hint=_HINT)
    except csv.Error as error:
        raise Refused(
            f"{file}, line {reader.line_num}: this is not CSV: {error}.",
            hint="Look for a quote that is not closed.",
        ) from None


def _columns(file: str, number: int, cells: list[str]) -> list[str]:
    names = [cell.casefold().replace(" ", "_") for cell in cells]
    if "id" not in names:
        raise Refused(
            f"{file} is no register of organisations: it has neither [[organisation]] nor a column id.",
            hint=_HINT,
        )
    wrong = []
    for at, name in enumerate(names):
        # A spreadsheet may end each line with as many separators as its widest has.
        if name and name not in (*COLUMNS, *TOLD):
            wrong.append(f"{file}, line {number}, {name}: there is no such column.")
        elif name and name in names[:at]:
            wrong.append(f"{file}, line {number}, {name}: the column is there twice.")
    if wrong:
        raise Refused("\n".join(wrong), hint=f"The columns are {', '.join(COLUMNS)}.")
    return names


def _line(file: str, number: int, columns: list[str], cells: list[str]) -> _Read:
    if any(cells[len(columns) :]) or any(
        cell and not name for name, cell in zip(columns, cells, strict=False)
    ):
        raise Refused(
            f"{file}, line {number}: it has more cells than there are columns.",
            hint="A cell that holds the separator stands in quotes.",
        )
    given = {name: cell for name, cell in zip(columns, cells, strict=False) if cell and name in COLUMNS}
    return _Read({name: _value(name, cell) for name, cell in given.items()}, lambda key: number)


def _value(name: str, cell: str) -> object:
    """A cell as the entry wants it; what cannot be read stays text, and is refused with its line."""
    if name in _DIGITS and cell.isascii() and cell.isdigit():
        return cell.zfill(_DIGITS[name])  # a spreadsheet takes 09 for a number, and leaves 9
    if name == "roles":
        return tuple(re.split(r"[\s,|]+", cell))
    if name in ("valid_from", "valid_to"):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            return cell
    return cell


# -- what entries say of each other ----------------------------------------------------------------------------------


def _disagreements(file: str, entries: list[tuple[Organisation, _Read]]) -> Iterator[str]:
    known: dict[str, list[tuple[Organisation, _Read]]] = {}
    for entry, read in entries:
        for other, first in known.get(entry.id, ()):
            if _overlap(entry, other):
                yield _told(
                    file,
                    read,
                    "id",
                    f"{entry.id} has an entry for the same days already (line {first.line('id')})",
                )
        known.setdefault(entry.id, []).append((entry, read))
    for entry, read in entries:
        if entry.same_as is not None:
            same = [other for other, _ in known.get(entry.same_as, ())]
            if not same:
                yield _told(file, read, "same_as", f"there is no entry {entry.same_as}")
            elif any(other.same_as is not None for other in same):
                yield _told(
                    file, read, "same_as", f"{entry.same_as} is itself the same as another; name that one"
                )
        if entry.part_of is not None and entry.part_of not in known and not _is_region(entry.part_of):
            yield _told(file, read, "part_of", f"there is no entry {entry.part_of}")
        if entry.id in _above(entry, known):
            yield _told(file, read, "part_of", "it is part of itself, by way of others")


def _overlap(one: Organisation, other: Organisation) -> bool:
    begins_before_end = (one.valid_from or date.min) <= (other.valid_to or date.max)
    return begins_before_end and (other.valid_from or date.min) <= (one.valid_to or date.max)


def _is_region(id: str) -> bool:
    """Whether it is a region by its organisation number, which everybody knows."""
    return id.startswith("orgnr:") and suggested_region(id) is not None


def _above(entry: Organisation, known: dict[str, list[tuple[Organisation, _Read]]]) -> set[str]:
    """Everything the entry is part of, directly or not, on any day."""
    found: set[str] = set()
    waiting: list[str] = [] if entry.part_of is None else [entry.part_of]
    while waiting:
        id = waiting.pop()
        if id not in found:
            found.add(id)
            waiting += [other.part_of for other, _ in known.get(id, ()) if other.part_of is not None]
    return found


# -- a file to fill in -----------------------------------------------------------------------------------------------


def toml_entry(values: dict[str, Any], remarks: Iterable[str] = ()) -> str:
    """An ``[[organisation]]`` with these values in their order, the remarks above; an empty string is to be filled in."""
    lines = [*(f"# {remark}" for remark in remarks), "[[organisation]]"]
    lines += [
        f"{name} = {_toml(value)}" for name, value in values.items() if value is not None and value != ()
    ]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
