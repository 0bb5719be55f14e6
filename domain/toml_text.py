"""A TOML document that somebody wrote, or a refusal that says what is wrong with it, however odd it is."""

import tomllib
from typing import Any

from domain.errors import Refused

DEPTH_MAX = 20
"""Tables and lists inside each other; no file that is read here needs more than a few."""
_HINT = "Mend the line that is named."


def parsed_toml(text: str, file: str) -> dict[str, Any]:
    """The document of the file with this name. Raises ``Refused`` where it is not TOML, or nested too deeply."""
    try:
        document = tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise _too_deep(file) from None
    except ValueError as error:
        # Tomllib's own error is one, and so is that of a number with thousands of digits.
        raise Refused(f"{file}: This is not TOML: {error}.", hint=_HINT) from None
    if _is_deep(document):
        raise _too_deep(file)
    return document


def _is_deep(document: Any) -> bool:
    level: list[Any] = [document]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
    return any(isinstance(value, dict | list) for value in level)


def _too_deep(file: str) -> Refused:
    return Refused(
        f"{file}: Tables or lists stand inside each other more than {DEPTH_MAX} deep.",
        hint="Take the inner ones out.",
    )
