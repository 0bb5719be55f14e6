"""Tells the person at the terminal what the servers are doing while they start or stop."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from cli.output import progress, say


class TerminalNarrator:
    """Sentences as lines, long steps as a bar, all on stderr."""

    def __init__(self) -> None:
        self._bar: AbstractContextManager[Callable[[int], None]] | None = None
        self._advance: Callable[[int], None] | None = None
        self._shown = 0

    def say(self, text: str) -> None:
        """One sentence about what happens now."""
        say(text)

    def progress(self, title: str, done: int, total: int) -> None:
        """How far a long step has come; its bar goes when it is done."""
        if self._bar is None or self._advance is None:
            self._shown = 0
            self._bar = progress(title, total)
            self._advance = self._bar.__enter__()
        self._advance(done - self._shown)
        self._shown = done
        if done == total:
            self._bar.__exit__(None, None, None)
            self._bar = self._advance = None
