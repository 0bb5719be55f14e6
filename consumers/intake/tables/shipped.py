"""The mappings that come with the programs."""

from functools import cache
from importlib import resources

from consumers.intake.tables.mapping import Mapping, parse_mapping


@cache
def shipped_mappings() -> tuple[Mapping, ...]:
    """All of them; those that ask for and name more columns first, so that the one that fits closest is found."""
    found = [parse_mapping(text, name) for name, text in shipped_files().items()]
    return tuple(sorted(found, key=lambda mapping: (-len(mapping.match), -len(mapping.named), mapping.id)))


@cache
def shipped_files() -> dict[str, str]:
    """Their texts by file name, in order of name."""
    folder = resources.files("consumers.intake.tables") / "mappings"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return {file.name: file.read_text(encoding="utf-8") for file in files}
