"""Every question has both clocks: --as-of, as it was, and --known-at, as it was known."""

from collections.abc import Iterator
from typing import Any

import pytest

from cli import main

CLOCKS = {"--as-of", "--known-at"}
EXCEPTIONS: dict[str, tuple[set[str], str]] = {
    **dict.fromkeys(
        ("status", "doctor", "config", "topics list", "projection status", "kept list"),
        (CLOCKS, "about the servers and programs as they are, not about patients"),
    ),
    **dict.fromkeys(
        ("dead-letters list", "dead-letters show"),
        (CLOCKS, "about messages as they lie there; what a journey says of them has both clocks"),
    ),
    "source list": (CLOCKS, "about files as they lie there, not about patients"),
    "quality sources": ({"--known-at"}, "what a source had sent by then is what had been received by then"),
    "rules": (CLOCKS, "the rules are the program's own"),
    "simulate": (CLOCKS, "it makes messages, and reads nothing"),
    "population show": (
        {"--as-of"},
        "a count is of one day; which one had been adopted is a matter of knowledge",
    ),
    "settlement freeze": (CLOCKS, "it puts on record what stands now"),
    "settlement list": (CLOCKS, "each line is of the moment when it was frozen, and never changes"),
    **dict.fromkeys(
        ("agreement list", "agreement which", "register list", "register show"),
        ({"--as-of"}, "what is agreed has dates of its own; what had been adopted is a matter of knowledge"),
    ),
    **dict.fromkeys(
        ("audit checkpoints", "audit prove", "audit export", "audit check"),
        (CLOCKS, "what was signed says the same for ever"),
    ),
    **dict.fromkeys(("audit access", "audit sample"), (CLOCKS, "a log of looks, asked from when until when")),
    "topics acl": (CLOCKS, "about rights, not patients"),
    **dict.fromkeys(("vault due", "vault proposals"), (CLOCKS, "it is about what is there to be erased")),
    **dict.fromkeys(("staff list", "staff whoami"), (CLOCKS, "a register of staff, with dates of its own")),
    "patient account": ({"--known-at"}, "what the patient is told is what is known"),
    "agreement show": (CLOCKS, "one version says the same for ever"),
    **dict.fromkeys(("agreement check", "agreement diff"), (CLOCKS, "about files, not patients")),
}
"""Command -> which clocks it may lack, and why."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Each command that has no further ones, with its options."""
    names = command.list_commands(None) if hasattr(command, "list_commands") else ()
    if not names:
        yield " ".join(path), {option for parameter in command.params for option in parameter.opts}
    for name in names:
        child = command.get_command(None, name) if path else main.load_command(name)
        yield from commands(child, (*path, name))


def answering() -> list[tuple[str, set[str]]]:
    """Whatever prints an answer in several forms."""
    return [(name, options) for name, options in commands(main.app_command()) if "--output" in options]


@pytest.mark.parametrize(("name", "options"), answering())
def test_every_question_has_both_clocks(name: str, options: set[str]) -> None:
    without, _ = EXCEPTIONS.get(name, (set(), ""))
    assert CLOCKS - options <= without


def test_the_questions_are_found() -> None:
    names = {name for name, _ in answering()}
    assert {"responsible", "missed", "journey replay", "summary", "stay list", "explain"} <= names
