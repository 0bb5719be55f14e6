"""Which account runs PostgreSQL: ourselves, or for root, whom PostgreSQL refuses, one without rights."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.embedded.processes import CLEAN
from infra.errors import OperatingError

NAMES = ("carechain", "nobody")
# May walk through and read any folder, and nothing else: enough for a home in a folder only root may enter.
CAPABILITY = "+dac_read_search"


@dataclass(frozen=True)
class Account:
    """Runs programs as `uid` and `gid` where given; `by_capability` lets it walk through closed folders."""

    uid: int | None = None
    gid: int | None = None
    by_capability: bool = False

    def run(self, arguments: Sequence[str | Path], timeout_s: float) -> subprocess.CompletedProcess[str]:
        """Run one program as this account to its end and keep what it said."""
        words = [str(a) for a in arguments]
        if self.by_capability:
            words = [*self._setpriv(), *words]
        switch = self.uid is not None and not self.by_capability
        return subprocess.run(
            words,
            env=CLEAN,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            user=self.uid if switch else None,
            group=self.gid if switch else None,
            extra_groups=[] if switch else None,
        )

    def _setpriv(self) -> list[str]:
        rights = [f"--inh-caps={CAPABILITY}", f"--ambient-caps={CAPABILITY}"]
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", *rights, "--"]

    def reaches(self, path: Path) -> bool:
        """Whether this account can walk to a folder, or to a program."""
        # Not `test -x`: it asks on behalf of the real user, without the capability.
        try:
            return self.run(["ls", "-d", f"{path}/." if path.is_dir() else path], 10).returncode == 0
        except OSError:
            return False

    def own(self, path: Path) -> None:
        """Give a folder we have just made to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def choose(folder: Path) -> Account:
    """The account for a server whose data lies in `folder`, which exists.

    Raises OperatingError where we are root and no account can walk to the folder.
    """
    if os.geteuid() != 0:
        return Account()
    entry = _entry(folder)
    plain = Account(entry.pw_uid, entry.pw_gid)
    plain.own(folder)
    if plain.reaches(folder):
        return plain
    able = Account(entry.pw_uid, entry.pw_gid, by_capability=True)
    if shutil.which("setpriv", path=CLEAN["PATH"]) and able.reaches(folder):
        return able
    raise OperatingError(
        f"PostgreSQL does not run as root, and the account {entry.pw_name} cannot walk to {folder}.",
        hint="Unset CARECHAIN_HOME, set it to a folder all may walk through, or run as an ordinary user.",
        exit_code=4,
    )


def _entry(folder: Path) -> pwd.struct_passwd:
    owner = folder.stat().st_uid
    if owner != 0:
        return pwd.getpwuid(owner)
    for name in NAMES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise OperatingError(
        "PostgreSQL does not run as root, and there is no account without rights to run it as.",
        hint="Create one, for instance with `useradd --system carechain`, or run as an ordinary user.",
        exit_code=4,
    )
