"""The regions' agreements that come with the programs: what is confirmed of each. None holds until it is adopted."""

from dataclasses import dataclass
from functools import cache
from importlib import resources

from domain.agreement import Agreement
from domain.agreement_file import read_agreement


@dataclass(frozen=True)
class Shipped:
    """One file, whole, and what it says."""

    file: str
    """Its name: ``gavleborg.toml``."""
    text: str
    agreement: Agreement


@cache
def shipped() -> tuple[Shipped, ...]:
    """All of them, by id and version."""
    folder = resources.files("domain") / "reference_data" / "agreements"
    files = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    found = [_read(file.name, file.read_text(encoding="utf-8")) for file in files]
    return tuple(sorted(found, key=lambda one: (one.agreement.id, one.agreement.version)))


def shipped_as(name: str) -> tuple[Shipped, ...]:
    """Those of an id, oldest version first, or the one of an ``id@version``; empty where there is none."""
    return tuple(one for one in shipped() if name in (one.agreement.id, one.agreement.name))


def _read(file: str, text: str) -> Shipped:
    return Shipped(file, text, read_agreement(text, file))
