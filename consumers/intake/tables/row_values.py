"""What a row says at each place that a mapping names, and which of its columns were used for it."""

from collections.abc import Mapping as AnyMapping
from typing import Any

from consumers.intake.tables.cells import read_field
from consumers.intake.tables.kinds import items_of, kind_of
from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.mapping_parts import ROW_NUMBER, Plain, Value, folded
from domain.errors import Unreadable
from domain.fact import Fact

Cells = AnyMapping[str, str]
"""A row by the names that the mapping gives its columns; cells without a value are left out."""


class RowValues:
    """One row, as far as it has been used. Its columns that were not are what else it says."""

    def __init__(self, cells: Cells, mapping: Mapping) -> None:
        self.cells = cells
        self.mapping = mapping
        self.used: set[str] = {*mapping.leave_out, ROW_NUMBER}

    @property
    def rest(self) -> str:
        """The columns that nothing was made of, a line each."""
        return "\n".join(f"{name}: {text}" for name, text in self.cells.items() if name not in self.used)

    def optional(self, value: Value | None) -> str | None:
        """The text of a part that need not be there, through its table of values."""
        if value is None or (text := self.text(value)) is None:
            return None
        if value.values is not None:
            told = self._of_table(value, text)
            if told is not None or value.unmapped != "keep":
                return None if told is None else str(told)
        self._take(value)
        return text

    def use(self, value: Value) -> str | None:
        """The text of a part as it is written, which then need not be noted."""
        text = self.text(value)
        if text is not None:
            self._take(value)
        return text

    def text(self, value: Value) -> str | None:
        """What the row says at this place, as it is written; nothing where it is empty."""
        cells = self.cells
        found: str | None
        if value.column is not None:
            found = cells.get(value.column)
        elif value.constant is not None:
            found = str(value.constant)
        elif value.first is not None:
            found = next((cells[name] for name in value.first if name in cells), None)
        elif value.template is not None:
            full = all(name in cells for name in value.columns)
            found = _filled(value.template, cells) if full else None
        elif value.made_of is not None:
            texts = [cells.get(name, "") for name in value.made_of]
            found = "\x1f".join(texts) if any(texts) else None
        else:
            found = " ".join(cells[name] for name in value.columns if name in cells) or None
        return found[: value.signs] if found is not None else None

    def _take(self, value: Value) -> None:
        """What was used of the row need not be noted."""
        if value.first is not None:
            self.used.add(next(name for name in value.first if name in self.cells))
        else:
            self.used.update(value.columns)

    def datum(self, kind: type[Fact], name: str, datum: Any) -> Any:
        """What a field of a fact gets, as JSON; nothing where the row does not say. Raises ``Unreadable``."""
        if isinstance(datum, Value):
            return self._read(kind_of(kind, name), datum)
        if not isinstance(datum, tuple):
            return datum
        model = items_of(kind, name)
        items = []
        for item in datum:
            if not isinstance(item, dict) or model is None:
                items.append(item)
                continue
            read = {
                key: self._read(kind_of(model, key), leaf) if isinstance(leaf, Value) else leaf
                for key, leaf in item.items()
            }
            items.append({key: told for key, told in read.items() if told is not None})
        return items

    def _read(self, kind: str, value: Value) -> Plain | None:
        if value.constant is not None and value.system is None:
            return value.constant
        text = self.text(value)
        if text is None:
            return None
        if value.values is not None:
            told = self._of_table(value, text)
            if told is not None or value.unmapped != "keep":
                return told
        try:
            read = read_field(kind, text, value, self.mapping, column_of(value))
        except Unreadable:
            if value.unmapped == "leave-out":
                return None
            raise
        self._take(value)
        return read

    def _of_table(self, value: Value, text: str) -> Plain | None:
        assert value.values is not None
        told = self.mapping.tables[value.values].get(folded(text))
        if told is not None:
            self._take(value)
        elif value.unmapped == "put-aside" and value.values not in self.mapping.unconfirmed:
            why = "The mapping does not say what this value stands for."
            raise Unreadable("unmapped-value", why, column_of(value))
        return told


def column_of(value: Value) -> str:
    """The column as the mapping calls it, for who looks for the fault."""
    return ", ".join(value.columns)[:200]


def _filled(template: str, cells: Cells) -> str:
    text = ""
    for piece in template.split("{"):
        name, brace, rest = piece.partition("}")
        text += cells[name] + rest if brace else piece
    return text
