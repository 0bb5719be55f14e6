"""Carries out an erasure in a process of its own and kills itself after a step: proposal, second person, step."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from consumers import erasure
from infra.erasure_list import ErasureList
from infra.keys import load_or_create
from infra.settings import connections, load_settings

STEPS = {
    "confirmed": ("_look_again", False),
    "listed": ("destroy", False),
    "destroyed": ("destroy_letters", False),
    "letters": ("show_anew", False),
    "shown": ("show_anew", True),
}
"""Before which call of the module, or after it."""


def killing(call: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    def killed(*given: Any, **named: Any) -> Any:
        if after:
            call(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return killed


if __name__ == "__main__":
    name, after = STEPS[sys.argv[3]]
    place: Any = erasure.Eraser if name.startswith("_") else erasure
    setattr(place, name, killing(getattr(place, name), after=after))
    settings = load_settings()
    erasures = ErasureList(settings.erasures_file, settings.signing_key_file)
    key = load_or_create(settings.master_key_file)
    eraser = erasure.Eraser(connections(settings), key, erasures, lambda: datetime.now(UTC))
    eraser.confirm(sys.argv[1], UUID(sys.argv[2]))
