"""Sweden's regions and municipalities by SCB code: looking them up, finding them by name, and a digest."""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal, TypeVar, overload

from domain.errors import Refused

_FORM_WORDS: Final = ("region ", "landstinget ")
_FORM_ENDINGS: Final = (" län", " lan", " kommun", " stad")


@dataclass(frozen=True, slots=True)
class Region:
    """A region: the huvudman of health care in a county (län); Gotland is one too, and also a municipality.

    `code` is SCB's two-digit länskod; `organisation_number` ten digits. `confidence` says how surely that
    number is known: read with its publisher, read with another party, or only its check digit verified.
    """

    code: str
    name: str
    county: str
    organisation_number: str
    confidence: Literal["primary", "secondary", "unconfirmed"]
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality (kommun): the huvudman of social services and of municipal health care.

    `code` is SCB's four-digit kommunkod, whose first two digits are the county's; `name` is without "kommun".
    """

    code: str
    name: str

    @property
    def region_code(self) -> str:
        """The länskod of the region in whose county the municipality lies."""
        return self.code[:2]


_Unit = TypeVar("_Unit", Region, Municipality)


@dataclass(frozen=True, slots=True)
class _Reference:
    regions: Mapping[str, Region]
    municipalities: Mapping[str, Municipality]
    by_organisation_number: Mapping[str, Region]
    region_names: Mapping[str, frozenset[str]]
    municipality_names: Mapping[str, frozenset[str]]


def regions() -> tuple[Region, ...]:
    """All 21 regions, by code."""
    return tuple(_reference().regions.values())


def municipalities() -> tuple[Municipality, ...]:
    """All 290 municipalities, by code."""
    return tuple(_reference().municipalities.values())


def region(code: str) -> Region:
    """The region with this two-digit länskod; raises Refused when there is none."""
    found = _reference().regions.get(code)
    if found is None:
        raise Refused(
            "There is no region with that code.",
            "A region's code is two digits, as in 21 for Region Gävleborg.",
        )
    return found


def municipality(code: str) -> Municipality:
    """The municipality with this four-digit kommunkod; raises Refused when there is none."""
    found = _reference().municipalities.get(code)
    if found is None:
        raise Refused(
            "There is no municipality with that code.",
            "A municipality's code is four digits, as in 2180 for Gävle.",
        )
    return found


def is_region(code: str) -> bool:
    """Whether a huvudman's code is a region's länskod."""
    return code in _reference().regions


def is_municipality(code: str) -> bool:
    """Whether a huvudman's code is a municipality's kommunkod."""
    return code in _reference().municipalities


@overload
def party_of(code: str) -> str: ...
@overload
def party_of(code: None) -> None: ...
@overload
def party_of(code: str | None) -> str | None: ...
def party_of(code: str | None) -> str | None:
    """How rows name a huvudman by its code: ``region:21``, ``municipality:2180``; None where none is known."""
    if code is None:
        return None
    return f"region:{code}" if len(code) == 2 else f"municipality:{code}"


def region_of_municipality(code: str) -> str:
    """The länskod of the region a municipality lies in; raises Refused on an unknown kommunkod."""
    return municipality(code).region_code


def region_by_organisation_number(number: str) -> Region | None:
    """The region with this organisation number (ten digits, hyphen or not), or None."""
    return _reference().by_organisation_number.get(number.replace("-", ""))


def find_region(name_or_code: str) -> Region:
    """The region somebody means by a code or name; raises Refused, with a suggestion, if none is.

    Upper or lower case, "Region" and "län" are all the same, and so are å, ä, ö and their plain letters.
    """
    reference = _reference()
    return _find(name_or_code, reference.regions, reference.region_names, "region")


def find_municipality(name_or_code: str) -> Municipality:
    """The municipality somebody means by a code or name; raises Refused, with a suggestion, if none is.

    A name spelt right wins over one spelt with plain letters, so "Habo" and "Håbo" are told apart.
    """
    reference = _reference()
    return _find(name_or_code, reference.municipalities, reference.municipality_names, "municipality")


@cache
def digest() -> str:
    """SHA-256 in hex over codes, names and organisation numbers: which reference data a row rests on."""
    content = {
        "regions": [[unit.code, unit.name, unit.organisation_number] for unit in regions()],
        "municipalities": [[unit.code, unit.name] for unit in municipalities()],
    }
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _find(asked: str, units: Mapping[str, _Unit], names: Mapping[str, frozenset[str]], kind: str) -> _Unit:
    if (by_code := units.get(asked.strip())) is not None:
        return by_code
    spellings: list[str] = list(_spellings(asked))
    for spelling in [*spellings, *map(_plain, spellings)]:
        codes = names.get(spelling, frozenset())
        if len(codes) == 1:
            return units[min(codes)]
    # What was asked for is not repeated: somebody may have pasted an identity.
    near = difflib.get_close_matches(_plain(spellings[-1]), names, n=1, cutoff=0.6)
    hint = " or ".join(f"{units[code].name} ({code})" for code in sorted(names[near[0]])) if near else ""
    raise Refused(
        f"No {kind} has that name or code.",
        f"Did you mean {hint}?" if hint else f"Give the name or the code of a Swedish {kind}.",
    )


def _spellings(name: str) -> Iterator[str]:
    """The ways a name may be shortened, longest first: "Österåkers kommun", "Österåkers", "Österåker"."""
    text = " ".join(unicodedata.normalize("NFC", name).casefold().replace("-", " ").split())
    yield text
    for word in _FORM_WORDS:
        if text.startswith(word):
            text = text.removeprefix(word)
            yield text
    for ending in _FORM_ENDINGS:
        if text.endswith(ending):
            text = text.removesuffix(ending)
            yield text
            yield text.removesuffix("s")


def _plain(text: str) -> str:
    """The text without the rings and dots of its letters."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))


def _index(named: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """Codes by every spelling; a plain spelling never widens one that is some unit's own right name."""
    right: dict[str, set[str]] = {}
    plain: dict[str, set[str]] = {}
    for code, name in named:
        for spelling in _spellings(name):
            right.setdefault(spelling, set()).add(code)
            plain.setdefault(_plain(spelling), set()).add(code)
    return {spelling: frozenset(codes) for spelling, codes in (plain | right).items()}


@cache
def _reference() -> _Reference:
    """The data files, read once, when first asked for."""
    folder = resources.files("domain") / "reference_data"
    entries = tomllib.loads((folder / "regions.toml").read_text(encoding="utf-8"))["region"]
    regions = [Region(**{**entry, "aliases": tuple(entry["aliases"])}) for entry in entries]
    lines = (folder / "municipalities.csv").read_text(encoding="utf-8").splitlines()[1:]
    municipalities = [Municipality(*line.split(";")) for line in lines]
    region_names = ((unit.code, name) for unit in regions for name in (unit.name, unit.county, *unit.aliases))
    return _Reference(
        regions={unit.code: unit for unit in regions},
        municipalities={unit.code: unit for unit in municipalities},
        by_organisation_number={unit.organisation_number: unit for unit in regions},
        region_names=_index(region_names),
        municipality_names=_index((unit.code, unit.name) for unit in municipalities),
    )
