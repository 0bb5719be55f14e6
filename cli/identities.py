"""Refuses command lines that hold what may be a person's number, without repeating it."""

import re
import sys
from collections.abc import Iterable

import typer

_TEN = re.compile(r"(?<!\d)(?:1[89]|20)?(\d{2})(\d{2})(\d{2})[-+ ]?[0-9A-Z](\d{3})(?!\d)", re.ASCII)
_NUMBER = re.compile(r"(\d\d)?\d{6}[-+]?\d{4}", re.ASCII)
_OURS = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{32}", re.ASCII | re.IGNORECASE
)
"""Journeys, requests, stays and facts: random signs that may look like anything."""


def refuse_identities(arguments: Iterable[str]) -> None:
    """Raises a usage error (exit code 2) when an argument holds what may be a personnummer, or one like it.

    Samordningsnummer, interim and Danish numbers too. Organisation numbers never look like one: their third
    digit is at least 2, where these have a month's.
    """
    if any(holds_number(argument) for argument in arguments):
        raise _refusal()


def holds_number(text: str) -> bool:
    """Whether what may be a personnummer, or one like it, stands somewhere in the text."""
    return any(_may_be_date(match) for match in _TEN.finditer(_OURS.sub("", text).upper()))


def refuse_numbers(arguments: Iterable[str]) -> None:
    """Raises a usage error (exit code 2) when an argument, or the value of an option, is a number like a patient's.

    For any command: only what is nothing else than such a number, whether or not it could be a date.
    """
    for argument in arguments:
        value = argument.partition("=")[2] if argument.startswith("-") else argument
        if _NUMBER.fullmatch(value.strip()):
            raise _refusal()


def given_aside(text: str | None, *, option: str, prompt: str, what: str) -> str | None:
    """What stands for `-` of an option: from stdin, or a prompt that does not show it. Never from the command line.

    ``what`` names it without an article, as ``number``; whose it is comes with ``prompt``, as ``Patient's number``.
    """
    if text is None:
        return None
    if text != "-":
        # What was written is not repeated: others may read the terminal, and the shell has it already.
        raise typer.BadParameter(
            f"a {prompt[0].lower()}{prompt[1:]} must not stand in a command line."
            f" Write `{option} -` and give it when asked.",
            param_hint=option,
        )
    asked = sys.stdin.isatty()
    given = typer.prompt(prompt, hide_input=True, err=True) if asked else sys.stdin.readline()
    if not given.strip():
        raise typer.BadParameter(f"no {what} came on stdin.", param_hint=option)
    return str(given).strip()


def _refusal() -> typer.BadParameter:
    # What was written is not repeated: others may read the terminal.
    return typer.BadParameter(
        "a patient's number must not stand in a command line. Write `--patient -` and give it when asked."
    )


def _may_be_date(match: "re.Match[str]") -> bool:
    first, second, third = (int(match[group]) for group in (1, 2, 3))
    swedish = second <= 12 and (1 <= third <= 31 or 60 <= third <= 91)
    danish = 1 <= second <= 12 and (1 <= first <= 31 or 61 <= first <= 91)
    return swedish or danish
