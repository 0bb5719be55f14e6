"""Work in the foreground until Ctrl-C or SIGTERM: what every `carechain run` does."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from cli.output import say, use_color

if TYPE_CHECKING:
    from consumers.workers import Worker
    from infra.settings import Connections, Settings


def reach() -> "tuple[Settings, Connections]":
    """The settings, and how to reach the servers they speak of. Raises ``OperatingError``."""
    from infra.settings import connections, load_settings

    settings = load_settings()
    return settings, connections(settings)


def work(started: "Sequence[Worker]") -> None:
    """Run these until somebody stops them, or one of them ends by an error, which is raised."""
    from consumers.workers import run_all
    from infra.logs import configure_logs

    configure_logs(color=use_color())
    with _stopping() as stop:
        say(f"Running {', '.join(worker.name for worker in started)}. Ctrl-C stops.")
        run_all(started, stop)
    say("Stopped.")


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; a second Ctrl-C interrupts."""
    stop = threading.Event()

    def asked(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
