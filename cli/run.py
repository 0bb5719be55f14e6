"""`carechain run`: the relay and the projector in the foreground, together or each alone."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

from cli.output import say, use_color

if TYPE_CHECKING:
    from consumers.workers import Worker

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)

SLOT = typer.Option(1, "--slot", min=1, max=999, help="This projector's number in the group, its own.")


@app.callback(invoke_without_command=True)
def run(context: typer.Context) -> None:
    """Move facts to Kafka and on into the answers, until Ctrl-C.

    \b
    carechain run                      everything, in one process
    carechain run relay                only what is stored -> Kafka
    carechain run projector --slot 2   only Kafka -> answers; several share the work

    Stopped by Ctrl-C or SIGTERM it ends its transaction and exits 0.
    """
    if context.invoked_subcommand is None:
        from consumers import workers
        from infra.keys import load_or_create

        settings, connections = _reach()
        key = load_or_create(settings.master_key_file)
        _work([*workers.relays(settings, connections), workers.projector(settings, connections, key)])


@app.command()
def relay() -> None:
    """Publish what is stored, in the order it was committed, each once."""
    from consumers import workers

    _work(workers.relays(*_reach()))


@app.command()
def projector(slot: int = SLOT) -> None:
    """Read facts from Kafka and keep the answers."""
    from consumers import workers
    from infra.keys import load_or_create

    settings, connections = _reach()
    _work([workers.projector(settings, connections, load_or_create(settings.master_key_file), slot)])


def _reach() -> "tuple[Settings, Connections]":
    from infra.settings import connections, load_settings

    settings = load_settings()
    return settings, connections(settings)


def _work(started: "Sequence[Worker]") -> None:
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


if TYPE_CHECKING:
    from infra.settings import Connections, Settings
