"""Handing over an audit bundle: written beside its place, checked, and named only when it holds."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from consumers.audit.bundle_check import check
from consumers.audit.bundle_container import pack
from consumers.audit.bundle_faults import Verdict
from consumers.audit.bundle_making import Contents, write
from domain.errors import Refused
from infra.home import disk_errors

ZIP = ".zip"


def export(contents: Contents, to: Path, advance: Callable[[int], None]) -> Verdict:
    """Write the bundle to ``to``, which is not there yet: a zip where its name ends so, else a folder.

    Raises ``Refused`` where what is on record does not fit the checkpoint, and nothing is left then; ``OperatingError``
    where the disk does not allow it.
    """
    with disk_errors(to.parent):
        beside = Path(tempfile.mkdtemp(dir=to.parent, prefix=f".{to.name}."))
        try:
            folder = beside / "bundle"
            folder.mkdir(mode=0o700)
            write(folder, contents)
            verdict = check(folder, keys=contents.keys, since=None, advance=advance)
            if not verdict.holds:
                raise Refused(
                    f"What is on record does not fit the checkpoint: {verdict.faults[0].message}",
                    hint="`carechain audit verify` says which copy is the odd one out.",
                )
            if to.suffix == ZIP:
                _zip(folder, beside / "packed", to)
            else:
                folder.rename(to)
            return verdict
        finally:
            shutil.rmtree(beside, ignore_errors=True)


def _zip(folder: Path, packed: Path, to: Path) -> None:
    with open(os.open(packed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        pack(folder, file)
        file.flush()
        os.fsync(file.fileno())
    # A name that somebody took meanwhile is not taken from them.
    os.link(packed, to)
