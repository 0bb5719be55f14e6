"""An option's text understood, or a usage error that names the option."""

from collections.abc import Callable
from typing import TypeVar

import typer

from domain.errors import Refused

Read = TypeVar("Read")


def understood(read: Callable[[str], Read], text: str, option: str) -> Read:
    """What ``read`` makes of an option's text. A usage error that names the option where it refuses."""
    try:
        return read(text)
    except Refused as refused:
        raise typer.BadParameter(f"{refused.message} {refused.hint}", param_hint=option) from None
