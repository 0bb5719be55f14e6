"""How many people live in each municipality and region on a day: what rates per 1 000 inhabitants divide by."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from importlib import resources
from typing import Annotated, Final, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain import reference
from domain.envelope import first_problem
from domain.errors import Refused
from domain.identifiers import MunicipalityCode, RegionCode

COLUMNS: Final = ("code", "total", "aged_65")
_SAID: Final = ("id", "title", "as_of", "source")
_COUNT: Final = re.compile(r"[0-9]{1,8}")
_HINT: Final = "domain/reference_data/population-2024.csv is a model."

Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(min_length=1)]


class Population(BaseModel):
    """A population file (folkmängd) as it can be adopted: inhabitants by SCB code on the day ``as_of``.

    A code is a municipality's or a region's. What the file does not give is not known, and never estimated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    """Stands at every figure computed from it: ``scb-2024``."""
    title: Text
    as_of: date
    """The day of the count: 31 December as SCB publishes it."""
    source: Text
    """Who published it, and where."""
    total: Mapping[MunicipalityCode | RegionCode, Count]
    aged_65: Mapping[MunicipalityCode | RegionCode, Count]
    """Those aged 65 or older; fewer places than ``total`` may have it."""

    def of_municipality(self, code: str) -> int | None:
        """Inhabitants of the municipality; ``None`` where the file does not say."""
        return self.total.get(code)

    def of_region(self, code: str) -> int | None:
        """Inhabitants of the region: its own line, else its municipalities' sum, ``None`` when one is missing."""
        return _of_region(self.total, code)

    def aged_65_of_municipality(self, code: str) -> int | None:
        """Inhabitants of the municipality aged 65 or older; ``None`` where the file does not say."""
        return self.aged_65.get(code)

    def aged_65_of_region(self, code: str) -> int | None:
        """Inhabitants of the region aged 65 or older, as ``of_region``."""
        return _of_region(self.aged_65, code)


def _of_region(counts: Mapping[str, int], code: str) -> int | None:
    # SCB adds noise to its tables from 2025 on, so that a region's own figure need not be the sum: its own holds.
    if code in counts:
        return counts[code]
    inside = [counts.get(unit.code) for unit in reference.municipalities() if unit.region_code == code]
    known = [count for count in inside if count is not None]
    return sum(known) if known and len(known) == len(inside) else None


def read_population(text: str) -> Population:
    """A population file: what it is in lines ``# id: ...``, then ``code;total;aged_65`` with one line a place.

    ``aged_65`` may be empty. Raises ``Refused`` naming line and column of what cannot be used.
    """
    said: dict[str, str] = {}
    lines: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        if line.startswith("#"):
            _take_note(said, number, line)
        elif line.strip():
            lines.append((number, [cell.strip() for cell in line.split(";")]))
    missing = [name for name in _SAID if not said.get(name)]
    if missing:
        raise Refused(
            f"The population file does not say its {missing[0]}.",
            hint=f"It begins with lines like `# {missing[0]}: ...`; {_HINT}",
        )
    total, aged_65 = _counts(lines)
    return _checked(said, total, aged_65)


def _take_note(said: dict[str, str], number: int, line: str) -> None:
    """A line ``# name: value``; any other line with # is a remark."""
    name, _, value = line[1:].partition(":")
    name = name.strip()
    if name not in _SAID:
        return
    if name in said:
        raise Refused(f"Line {number} says {name} a second time.", hint="Keep the line that is right.")
    # A spreadsheet ends every line with as many semicolons as the longest has.
    said[name] = value.strip(" \t;")


def _counts(lines: Sequence[tuple[int, list[str]]]) -> tuple[dict[str, int], dict[str, int]]:
    if not lines or tuple(lines[0][1]) != COLUMNS:
        where = f"Line {lines[0][0]}" if lines else "The population file"
        raise Refused(f"{where} does not name the columns.", hint=f"They are {';'.join(COLUMNS)}; {_HINT}")
    total: dict[str, int] = {}
    aged_65: dict[str, int] = {}
    for number, cells in lines[1:]:
        if len(cells) != len(COLUMNS):
            raise Refused(
                f"Line {number} does not have {len(COLUMNS)} columns.",
                hint=f"They are {';'.join(COLUMNS)}; the last may be empty.",
            )
        code = _code(number, cells[0], total)
        total[code] = _count(number, "total", cells[1])
        if cells[2]:
            aged_65[code] = _count(number, "aged_65", cells[2])
            if aged_65[code] > total[code]:
                _refuse(
                    number, "aged_65", "more than there are inhabitants", "The two columns may be swapped."
                )
    if not total:
        raise Refused("The population file names no municipality and no region.", hint=_HINT)
    return total, aged_65


def _code(number: int, cell: str, taken: Mapping[str, int]) -> str:
    if not reference.is_municipality(cell) and not reference.is_region(cell):
        hint = "A code is four digits as in 2180 for Gävle, or two as in 21 for Region Gävleborg."
        _refuse(number, "code", "no municipality or region has that code", hint)
    if cell in taken:
        _refuse(number, "code", "that code has a line already", "Keep the line that is right.")
    return cell


def _count(number: int, column: str, cell: str) -> int:
    if not _COUNT.fullmatch(cell):
        hint = "A number of people is digits alone, without spaces, sign or decimals."
        _refuse(number, column, "that is not a number of people", hint)
    return int(cell)


def _refuse(number: int, column: str, wrong: str, hint: str) -> NoReturn:
    raise Refused(f"Line {number}, column {column}: {wrong}.", hint=hint)


def _checked(said: Mapping[str, str], total: dict[str, int], aged_65: dict[str, int]) -> Population:
    try:
        as_of = date.fromisoformat(said["as_of"])
    except ValueError:
        raise Refused(
            "The population file's as_of is not a day.", hint="Write it as `# as_of: 2024-12-31`."
        ) from None
    try:
        return Population(
            id=said["id"],
            title=said["title"],
            as_of=as_of,
            source=said["source"],
            total=total,
            aged_65=aged_65,
        )
    except ValidationError as error:
        raise Refused(
            f"The population file cannot be used: {first_problem(error, own_file=True)}.", hint=_HINT
        ) from None


SHIPPED: Final = read_population(
    (resources.files("domain") / "reference_data" / "population-2024.csv").read_text(encoding="utf-8")
)
"""SCB's count of 31 December 2024, which holds until another is adopted."""
