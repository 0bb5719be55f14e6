"""Which mapping fits a table, by the names of its columns, and where its header stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consumers.intake.site import Site
from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.mapping_parts import folded
from domain.errors import Unreadable

LOOKED_AT = 20
"""Rows among which the header is looked for: reports have titles above it."""


@dataclass(frozen=True)
class Header:
    """The columns of a table, and the mapping that reads it."""

    mapping: Mapping
    written: tuple[str, ...]
    """As they stand in the file."""
    names: tuple[str, ...]
    """As the mapping calls them; what it does not name, as it stands."""

    @classmethod
    def of(cls, written: Sequence[str], mapping: Mapping) -> "Header":
        """The header that a row is."""
        names: list[str] = []
        for number, name in enumerate(written, 1):
            own = mapping.known.get(folded(_bare(name)), _bare(name)) or f"column {number}"
            names.append(own if own not in names else f"{own} ({number})")
        return cls(mapping, tuple(_bare(name) for name in written), tuple(names))


def find_header(rows: Iterable[Sequence[str]], mappings: Sequence[Mapping]) -> tuple[int, Header] | None:
    """The first row that is a header to one of the mappings, the first mapping before the others; its number from 0."""
    looked_at = [list(row) for row, _ in zip(rows, range(LOOKED_AT), strict=False)]
    for mapping in mappings:
        for number, row in enumerate(looked_at):
            if not _lacking(row, mapping):
                return number, Header.of(row, mapping)
    return None


def mappings_for(site: Site, named: str | None) -> tuple[Mapping, ...]:
    """Those that a table may be read by: the one that was named, else all, in their order."""
    wanted = named or site.mapping
    found = tuple(mapping for mapping in site.mappings if mapping.id == wanted)
    return found[:1] or site.mappings


def unknown_table(rows: Sequence[Sequence[str]], mappings: Sequence[Mapping]) -> Unreadable:
    """Why no mapping fits. Only columns that a mapping names are told: those of the file might be anything."""
    why = "No mapping fits this table."
    near = [
        (len(lacking), lacking, mapping)
        for mapping in mappings
        for row in rows
        if len(lacking := _lacking(row, mapping)) < len(mapping.match) or len(mappings) == 1
    ]
    if not near:
        return Unreadable("unknown-table", f"{why} `carechain source list` tells those that there are.")
    _, lacking, mapping = min(near, key=lambda found: found[0])
    return Unreadable(
        "unknown-table",
        f"{why} The closest, {mapping.id}, also needs {', '.join(lacking)}.",
        ", ".join(lacking)[:200],
    )


def _lacking(row: Sequence[str], mapping: Mapping) -> list[str]:
    """The columns that a header must have to fit, and this row has not."""
    found = {mapping.known.get(folded(_bare(name))) for name in row}
    lacking = [name for name in mapping.match if name not in found]
    if mapping.match_any and not found.intersection(mapping.match_any):
        lacking.append(" or ".join(mapping.match_any))
    return lacking


def _bare(name: str) -> str:
    return name.removeprefix("\ufeff").strip()
