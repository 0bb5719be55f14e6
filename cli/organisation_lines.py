"""How lists of organisations are put together and printed: as answers, for reading, and as files to fill in and import."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from cli import words
from cli.output import print_rows, say, shown
from cli.page import print_table
from domain.organisation_file import COLUMNS, TOLD, toml_entry
from domain.organisations import KINDS, Organisations, suggested_region

if TYPE_CHECKING:
    from projections.organisations import Seen

Line = dict[str, Any]
_NEVER: Mapping[str, Any] = {"journeys": 0, "facts": 0, "first_seen": None, "last_seen": None, "sources": []}
_TO_FILL_IN = ("id", "name", "kind", "part_of", "region", "municipality", "same_as", "phone")
"""What an entry to fill in asks for; the rest may be added."""


# -- put together ----------------------------------------------------------------------------------------------------


def listed(register: Organisations, seen: Iterable["Seen"], now: datetime) -> list[Line]:
    """Each entry with how often its id was named; ``region`` is that of the municipality where none is given."""
    told = {one["id"]: one for one in seen}
    return [
        {
            **{name: getattr(entry, name) for name in COLUMNS},
            "region": entry.lies_in,
            **{name: told.get(entry.id, _NEVER)[name] for name in TOLD},
        }
        for entry in register.entries
    ]


def unnamed(register: Organisations, seen: Iterable["Seen"]) -> list[Line]:
    """Those that were named and have no entry, those in most journeys first, with what their ids tell of them."""
    found = [one for one in seen if one["id"] not in register.ids]
    found.sort(key=lambda one: (-one["journeys"], -one["facts"], one["id"]))
    lines = []
    for one in found:
        region = suggested_region(one["id"])
        is_region = region is not None and one["id"].startswith("orgnr:")
        lines.append(
            {
                **dict.fromkeys(COLUMNS),
                "id": one["id"],
                "name": region.name if region is not None and is_region else None,
                "kind": "organisation" if one["id"].startswith("orgnr:") else "unit",
                "region": None if region is None else region.code,
                "roles": (),
                **{name: one[name] for name in TOLD},
            }
        )
    return lines


def described(register: Organisations) -> str:
    """How much a register says: ``the organisations: 190 units, 3 providers, 1 organisation, ...``."""
    counts = [(sum(entry.kind == kind for entry in register.entries), kind) for kind in KINDS]
    parts = [f"{count} {kind}{'' if count == 1 else 's'}" for count, kind in counts if count]
    same = sum(entry.same_as is not None for entry in register.entries)
    also = f"; {same} of them the same as another" if same else ""
    return f"the organisations: {', '.join(parts) or 'none'}{also}."


def differences(before: Organisations, after: Organisations) -> str:
    """What a register says otherwise than the one before it, by ids."""
    new = len(after.ids.keys() - before.ids.keys())
    gone = len(before.ids.keys() - after.ids.keys())
    changed = sum(before.ids[id] != after.ids[id] for id in before.ids.keys() & after.ids.keys())
    return f"New: {new}, changed: {changed}, gone: {gone}."


# -- printed ---------------------------------------------------------------------------------------------------------


def print_list(
    lines: Sequence[Line], form: str, meta: Mapping[str, object], *, to_fill_in: bool = False
) -> None:
    """The lines in one of the forms; csv and toml are read by ``carechain organisation import``."""
    if form == "toml":
        sys.stdout.writelines("\n".join(_toml(line, to_fill_in=to_fill_in) for line in lines))
    elif form == "csv":
        columns = _TO_FILL_IN if to_fill_in else COLUMNS
        print_rows(map(_cells, lines), (*columns, *TOLD), output=form)
    elif form != "table":
        print_rows(lines, (), output=form, meta=meta)
    elif lines:
        print_table([_suggested(line) if to_fill_in else _row(line) for line in lines])
    else:
        say("Nothing found.")


def _cells(line: Line) -> Line:
    """Lists as people write them in a cell."""
    return {
        name: " ".join(value) if isinstance(value, list | tuple) else value for name, value in line.items()
    }


def _toml(line: Line, *, to_fill_in: bool) -> str:
    if not to_fill_in:
        return toml_entry({name: line[name] for name in COLUMNS})
    remark = (
        f"in {_counted(line['journeys'], 'journey')}, {shown(line['first_seen'])} to {shown(line['last_seen'])}"
        + (f", told by {', '.join(line['sources'])}" if line["sources"] else "")
    )
    return toml_entry({name: line[name] or "" for name in _TO_FILL_IN}, [remark])


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _row(line: Line) -> Line:
    return {
        "id": line["id"],
        "name": line["name"] or words.unit(line["id"]),
        "kind": line["kind"],
        "journeys": line["journeys"],
        "last seen": line["last_seen"],
        "phone": line["phone"],
        "where": ", ".join(_where(line)),
    }


def _where(line: Line) -> Iterator[str]:
    if line["same_as"]:
        yield f"same as {line['same_as']}"
    if line["part_of"]:
        yield f"part of {words.unit(line['part_of'])}"
    if line["municipality"]:
        yield words.municipality(line["municipality"])
    if line["region"]:
        yield words.party(f"region:{line['region']}")


def _suggested(line: Line) -> Line:
    return {
        "id": line["id"],
        "journeys": line["journeys"],
        "first seen": line["first_seen"],
        "last seen": line["last_seen"],
        "suggested region": words.party(f"region:{line['region']}") if line["region"] else "",
        "told by": ", ".join(line["sources"]),
    }
