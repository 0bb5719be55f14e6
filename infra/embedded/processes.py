"""Starting, finding and ending the servers' processes, in an environment that is always the same."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

# Nothing of the caller's environment (JAVA_TOOL_OPTIONS, PGDATA, LC_*) may reach a server.
CLEAN = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
LOOPBACK = "127.0.0.1"
RELEASE_TIMEOUT_S = 5.0


def run(arguments: Sequence[str | Path], timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Run one program to its end and keep what it said."""
    return subprocess.run(
        [str(a) for a in arguments],
        env=CLEAN,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_s,
        check=False,
    )


def spawn(arguments: Sequence[str | Path], log: Path) -> int:
    """Start a server that outlives us, its output appended to `log`, and return its process id.

    A shell in a session of its own starts it and is gone at once, so that no process of ours is its parent.
    """
    script = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", str(log), *(str(a) for a in arguments)],
        env=CLEAN,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        start_new_session=True,
        check=True,
    )
    return int(done.stdout)


def process(pid: int) -> psutil.Process | None:
    """The living process with this id: neither a zombie nor one that was killed and has not noticed yet."""
    try:
        found = psutil.Process(pid) if pid > 0 else None
        return found if found and _lives(found) else None
    except psutil.Error:
        return None


def _lives(found: psutil.Process) -> bool:
    return found.status() != psutil.STATUS_ZOMBIE and not _is_killed(found.pid)


def _is_killed(pid: int) -> bool:
    """Whether a SIGKILL is on its way to the process: Linux tells, elsewhere it is so short as not to matter."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    pending = next((line.split()[1] for line in lines if line.startswith("ShdPnd:")), "0")
    return bool(int(pending, 16) >> (signal.SIGKILL - 1) & 1)


def is_zombie(pid: int) -> bool:
    """Whether the process has ended and its parent has not yet noticed."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def find(*words: str) -> psutil.Process | None:
    """The living process whose command line has all these words as arguments."""
    wanted = set(words)
    for candidate in psutil.process_iter():
        try:
            if wanted <= set(candidate.cmdline()) and _lives(candidate):
                return candidate
        except psutil.Error:
            continue
    return None


def end(pid: int, timeout_s: float) -> None:
    """Ask a process to stop, wait, and kill it if it has not stopped within `timeout_s` seconds."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        if wait_for(lambda: not psutil.pid_exists(pid) or is_zombie(pid), timeout_s):
            return


def wait_for(condition: Callable[[], bool], timeout_s: float, every_s: float = 0.05) -> bool:
    """Wait until the condition holds; False if it did not within `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_s)
    return True


def is_open(port: int) -> bool:
    """Whether somebody listens on this port of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1.0):
            return True
    except OSError:
        return False


def choose_port(wanted: int, taken: frozenset[int] = frozenset()) -> int:
    """The wanted port if it is free, otherwise one the system picks; never one of `taken`."""
    if wanted and wanted not in taken and _is_free(wanted):
        return wanted
    while True:
        with socket.socket() as probe:
            probe.bind((LOOPBACK, 0))
            port = int(probe.getsockname()[1])
        if port not in taken:
            return port


def wait_for_release(pid: int, ports: Sequence[int]) -> None:
    """Wait until a killed process of ours, which may hold its ports for a moment, has let go of them.

    A zombie that nobody reaps, or somebody else's process of the same id, costs a few seconds at most.
    """
    if pid > 0:
        wait_for(lambda: not psutil.pid_exists(pid) or all(map(_is_free, ports)), RELEASE_TIMEOUT_S)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # Connections of our last run that are still being forgotten don't make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return not is_open(port)
