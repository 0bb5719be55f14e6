"""What this installation says of the systems that send to it: profiles of HL7 v2 senders, mappings of tables.

One TOML file each in one folder (the setting ``sources``), beside those that come with the programs. ``format``
says what a file is: ``hl7v2`` or ``table``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumers.intake.hl7v2.profile import Profile, parse_profile
from consumers.intake.tables.mapping import Mapping, parse_mapping
from consumers.intake.tables.shipped import shipped_mappings
from domain.errors import Refused
from domain.toml_text import parsed_toml


@dataclass(frozen=True)
class Site:
    """Profiles and mappings, an installation's own before those that are shipped."""

    profiles: tuple[Profile, ...] = ()
    mappings: tuple[Mapping, ...] = field(default_factory=shipped_mappings)
    mapping: str | None = None
    """The id of the mapping that tables are read by, whatever others fit; without it the first that fits."""
    sheet: str | None = None
    """The sheet of workbooks that is read, by name; without it those that a mapping fits."""


def load_site(folder: Path | None = None, files: Sequence[Path] = ()) -> Site:
    """What the folder's files and these say; the named ones go first.

    Raises ``Refused`` naming file, line and key of what is wrong; nothing is taken from a half-right file.
    """
    inside = sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else []
    profiles: list[Profile] = []
    mappings: list[Mapping] = []
    for file in (*files, *inside):
        said = _read(file)
        if isinstance(said, Profile):
            profiles.append(said)
        else:
            mappings.append(said)
    return Site(tuple(profiles), (*mappings, *shipped_mappings()))


def _read(file: Path) -> Profile | Mapping:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{file.name} cannot be read.", hint="It must be a TOML file in UTF-8.") from None
    document = parsed_toml(text, file.name)
    if document.get("format") == "hl7v2":
        return parse_profile(text, file.name)
    if document.get("format") == "table":
        return parse_mapping(text, file.name)
    raise Refused(
        f'{file.name} does not say what it is: it needs format = "hl7v2" or format = "table".',
        hint="A profile of an HL7 v2 sender, or a mapping of a table.",
    )
