"""The options that every `carechain record` has."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from domain.fact import Role


class CommonOption(NamedTuple):
    """An option that every fact has."""

    flags: tuple[str, ...]
    annotation: Any
    metavar: str | None
    help: str


COMMON: Mapping[str, CommonOption] = {
    "patient": CommonOption(
        ("--patient",), str, "-", "About whom: - reads the number from stdin, or asks for it."
    ),
    "journey": CommonOption(
        ("--journey",),
        str,
        "ID",
        "About whom: the journey's id, or how it begins, instead of the number.",
    ),
    "at": CommonOption(
        ("--at",), str, "TIME", "When it happened (default: now); Swedish time without an offset."
    ),
    "unit": CommonOption(("--unit",), str, "UNIT", "The unit it concerns, and that acts: its HSA-id."),
    "role": CommonOption(("--role",), Role, None, "In which capacity it acts or answers."),
    "acting_unit": CommonOption(("--acting-unit",), str, "UNIT", "The acting unit, where it is another."),
    "acting_role": CommonOption(("--acting-role",), Role, None, "The acting capacity, where it is another."),
    "controller": CommonOption(
        ("--controller",), str, "ORG", "Who answers for the personal data (default: read off the HSA-id)."
    ),
    "principal": CommonOption(
        ("--principal",),
        str,
        "NAME",
        "The huvudman: region or municipality, by name or code (default: read off the HSA-id).",
    ),
    "episode": CommonOption(
        ("--episode",), str, "TEXT", "Your own id of the stay (default: the one open at that time)."
    ),
    "request_id": CommonOption(
        ("--request-id",), UUID, "UUID", "Give the same again to be sure that it is recorded once."
    ),
    "dry_run": CommonOption(("--dry-run",), bool, None, "Say what would come of it, and write nothing."),
    "as_json": CommonOption(("--json",), bool, None, "Print the facts as JSON."),
}
"""By name of the parameter."""
FLAGS = frozenset(flag for option in COMMON.values() for flag in option.flags)
