"""Where an instance keeps everything it writes: its servers' data, its cache, its secrets."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from infra.errors import OperatingError

ROOT_HOME = Path("/var/lib/carechain")
FREE_BYTES_MIN = 512 * 1024 * 1024


def default_home() -> Path:
    """The home where none is set: the user's data folder, or the system's one for root."""
    if os.geteuid() == 0:
        return ROOT_HOME
    return platformdirs.user_data_path("carechain", appauthor=False)


@dataclass(frozen=True)
class Home:
    """The folders of one instance, all below `path`."""

    path: Path

    @property
    def cache(self) -> Path:
        return self.path / "cache"

    @property
    def jars(self) -> Path:
        return self.cache / "jars"

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    @property
    def state(self) -> Path:
        return self.path / "servers.json"

    @property
    def lock(self) -> Path:
        return self.path / "servers.lock"


def make_folder(path: Path, mode: int) -> None:
    """Make a folder with these rights; one that exists is left as it is, whatever its rights."""
    if path.is_dir():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        return
    # The umask has had its say on mkdir; this folder is new and ours.
    path.chmod(mode)


def prepare_home(home: Home) -> None:
    """Make the home's own folders.

    As root, PostgreSQL runs as an unprivileged account which has to walk through the home: it may pass, but
    not look. Raises OperatingError where the home cannot be made or the disk is full.
    """
    with disk_errors(home.path):
        make_folder(home.path, 0o711 if os.geteuid() == 0 else 0o700)
        make_folder(home.cache, 0o755)
        make_folder(home.jars, 0o755)
        make_folder(home.kafka, 0o700)
    require_space(home)


def require_space(home: Home) -> None:
    """Refuse to start servers on a disk that is about to be full."""
    free = shutil.disk_usage(home.path).free
    if free < FREE_BYTES_MIN:
        raise OperatingError(
            f"The disk that holds {home.path} has {free // 1024**2} MB left.",
            hint=f"Free {FREE_BYTES_MIN // 1024**2} MB or more, or set CARECHAIN_HOME to a folder with room.",
        )


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a folder into one sentence with a hint."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise OperatingError(
                f"The disk that holds {path} is full.",
                hint="Free some space, or set CARECHAIN_HOME to a folder with room.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise OperatingError(
                f"The folder {path} cannot be written to.",
                hint="Set CARECHAIN_HOME to a folder you may write to.",
                exit_code=4,
            ) from error
        raise


def write_private(path: Path, text: str) -> None:
    """Write a file only we can read, whole or not at all."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(part).replace(path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
