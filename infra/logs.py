"""Log lines: for people on a terminal, JSON everywhere else, always on stderr, never with an identity."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from uuid import uuid4

import structlog


def configure_logs(level: str = "INFO", stream: TextIO | None = None, *, color: bool = True) -> None:
    """Send our own lines and those of the libraries through one form; libraries only from a warning on."""
    target = stream or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _correlated(str(uuid4())),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=_rendering(target, color=color)
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for library in ("kafka", "eventsourcing", "psycopg", "urllib3", "asyncio"):
        logging.getLogger(library).setLevel(logging.WARNING)


def _correlated(process: str) -> structlog.typing.Processor:
    """Every line has a correlation id: the process's own where a library's thread knows no other."""

    def add(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event.setdefault("correlation_id", process)
        return event

    return add


def _rendering(target: TextIO, *, color: bool) -> list[structlog.typing.Processor]:
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if target.isatty():
        # Local variables of a traceback may hold an identity.
        plain = structlog.dev.plain_traceback
        return [strip, structlog.dev.ConsoleRenderer(colors=color, exception_formatter=plain)]
    return [
        strip,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; what it says is an event's name and key-value pairs, none of which is an identity."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger


def fault(error: BaseException) -> str:
    """What went wrong and where in the programs; not what the error says, which may hold a piece of a message."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


@contextmanager
def correlation(identifier: str | None = None) -> Iterator[str]:
    """Put one correlation id on every line inside; without a given one, a new one."""
    chosen = identifier or str(uuid4())
    with structlog.contextvars.bound_contextvars(correlation_id=chosen):
        yield chosen
