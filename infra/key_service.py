"""Asking a key service for the master key: a program that prints it, run without a shell and for a limited time."""

import os
import shlex
import signal
import subprocess
from contextlib import suppress

from infra.errors import OperatingError
from infra.keys import decode

TIME_LIMIT_S = 30.0
"""How long a key service may take."""
_CONFIGURATION = 2


def ask(command: str, time_limit_s: float = TIME_LIMIT_S) -> list[bytes]:
    """The master key (32 bytes) that the program prints as a line of base64; a second line is the one before it.

    What it writes to stderr is not shown: it may speak of the key. Raises ``OperatingError`` (exit code 2).
    """
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise _trouble("cannot be understood", "Write the program and its arguments as in a shell.")
    lines = [line for line in _run(words, time_limit_s).split(b"\n") if line.strip()]
    keys = [decode(line.strip()) for line in lines]
    found = [key for key in keys if key is not None]
    if len(found) < len(keys) or not 1 <= len(found) <= 2:
        raise _trouble(
            "printed something other than a master key",
            "It must print one line, the base64 of 32 bytes; while the key is being changed, the old one's as second line.",
        )
    return found


def _run(words: list[str], time_limit_s: float) -> bytes:
    try:
        # A session of its own: what the program started ends with it when it takes too long.
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _trouble(
            f"cannot be run: {error.strerror or 'no access'}", "Check its path and rights."
        ) from error
    try:
        printed, _ = process.communicate(timeout=time_limit_s)
    except subprocess.TimeoutExpired:
        raise _trouble(
            f"gave no answer within {time_limit_s:g} seconds", "Look whether the key service can be reached."
        ) from None
    finally:
        _end(process)
    if process.returncode != 0:
        raise _trouble(f"failed (exit code {process.returncode})", "Run it yourself to see what it says.")
    return printed


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.returncode is None:  # not waited for yet, so that the group's number is still its own
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _trouble(said: str, hint: str) -> OperatingError:
    return OperatingError(
        f"The program that gives the master key {said}.",
        hint=f"{hint} CARECHAIN_MASTER_KEY_COMMAND names it.",
        exit_code=_CONFIGURATION,
    )
