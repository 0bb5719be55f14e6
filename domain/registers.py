"""Registers that can be adopted anew: Socialstyrelsen's amounts per day, and the tracks; each a TOML file, taken whole."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from domain.amounts import Amount
from domain.errors import Refused
from domain.toml_lines import lines_of
from domain.toml_text import parsed_toml
from domain.tracks import Track

AMOUNTS: Final = "amounts"
TRACKS: Final = "tracks"
_HINT: Final = (
    "`carechain register show` prints those that hold; domain/reference_data has a model of each file."
)


class Register(BaseModel):
    """One register, whole: a newer one takes its place."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    amounts: tuple[Amount, ...] | None = None
    """Oldest first."""
    tracks: tuple[Track, ...] | None = None

    @property
    def kind(self) -> str:
        return AMOUNTS if self.amounts is not None else TRACKS

    @property
    def entries(self) -> tuple[Amount, ...] | tuple[Track, ...]:
        return self.amounts if self.amounts is not None else self.tracks or ()


@dataclass(frozen=True)
class _Kind:
    heading: str
    model: type[Amount] | type[Track]
    key: str
    """What two entries must not have in common."""


KINDS: Final = {
    AMOUNTS: _Kind("amount", Amount, "valid_from"),
    TRACKS: _Kind("track", Track, "id"),
}
"""By what the register is called; a file has its entries under ``[[amount]]`` or ``[[track]]``."""


def read_register(text: str, file: str = "the register") -> Register:
    """A register from TOML; which one its headings tell. Raises ``Refused`` naming all that is wrong, by line and key."""
    document = parsed_toml(text, file)
    if "organisation" in document:
        raise Refused(
            f"{file} is a register of organisations, which names units and changes no answer.",
            hint="`carechain organisation import` takes it.",
        )
    found = [name for name, kind in KINDS.items() if kind.heading in document]
    if len(found) != 1 or len(document) != 1 or not isinstance(document[KINDS[found[0]].heading], list):
        raise Refused(f"{file} is no register: it has neither [[amount]] nor [[track]] alone.", hint=_HINT)
    (name,) = found
    kind = KINDS[name]
    lines = lines_of(text)
    wrong: list[str] = []
    entries: list[Amount | Track] = []
    for number, entry in enumerate(document[kind.heading]):
        try:
            entries.append(kind.model.model_validate(entry))
        except ValidationError as error:
            for one in error.errors(include_url=False):
                line = lines.line((kind.heading, number, *one["loc"]))
                key = ".".join(map(str, one["loc"]))
                wrong.append(f"{file}, line {line}, {key}: {one['msg']}.")
    wrong += _twice(file, kind, entries)
    if wrong:
        raise Refused("\n".join(wrong), hint=_HINT)
    if name == TRACKS:
        return Register(tracks=tuple(entry for entry in entries if isinstance(entry, Track)))
    amounts = [entry for entry in entries if isinstance(entry, Amount)]
    return Register(amounts=tuple(sorted(amounts, key=lambda amount: amount.valid_from)))


def _twice(file: str, kind: _Kind, entries: Iterable[Amount | Track]) -> list[str]:
    seen: set[Any] = set()
    wrong = []
    for entry in entries:
        value = getattr(entry, kind.key)
        if value in seen:
            wrong.append(f"{file}: {kind.key} {value} stands in two entries. Keep the one that is right.")
        seen.add(value)
    return wrong


@cache
def shipped_register(kind: str) -> tuple[str, Register]:
    """The file of that kind that came with the programs, whole, and what it says."""
    text = (resources.files("domain") / "reference_data" / f"{kind}.toml").read_text(encoding="utf-8")
    return text, read_register(text, f"{kind}.toml")
