"""Fetch the program uv from the package index with the standard library alone, where there is no pip."""

import hashlib
import io
import json
import os
import platform
import sys
import urllib.request
import zipfile
from pathlib import Path
from urllib.parse import urljoin

VERSION = "0.13."
INDEX = os.environ.get("UV_DEFAULT_INDEX", "https://pypi.org/simple").rstrip("/")
MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}


def fits(name: str) -> bool:
    """Whether this wheel is of our version and runs on this machine."""
    machine = platform.machine().lower()
    if sys.platform == "darwin":
        wanted = ("macosx", "arm64" if machine == "arm64" else "x86_64")
    else:
        wanted = (
            "musllinux" if Path("/etc/alpine-release").exists() else "manylinux",
            MACHINES.get(machine, machine),
        )
    return name.startswith(f"uv-{VERSION}") and name.endswith(".whl") and all(word in name for word in wanted)


def read(address: str) -> bytes:
    """What lies at this address."""
    if not address.startswith("https://"):
        sys.exit(f"error: {address} is not a secure address; install uv yourself and run make again")
    headers = {"Accept": "application/vnd.pypi.simple.v1+json, */*;q=0.1"}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310 (checked above)
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
        return bytes(answer.read())


def fetch(target: Path) -> None:
    """Write the newest fitting program to `target`."""
    page = f"{INDEX}/uv/"
    files = [file for file in json.loads(read(page))["files"] if fits(file["filename"])]
    if not files:
        sys.exit(f"error: no uv {VERSION}* for this machine; install uv yourself and run make again")
    newest = max(files, key=lambda file: [int(n) for n in file["filename"].split("-")[1].split(".")])
    content = read(urljoin(page, newest["url"]))
    if hashlib.sha256(content).hexdigest() != newest["hashes"]["sha256"]:
        sys.exit("error: the package index sent another file than it announced; run make again")
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        program = next(name for name in wheel.namelist() if name.endswith("/scripts/uv"))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.write_bytes(wheel.read(program))
    part.chmod(0o755)
    part.replace(target)


try:
    fetch(Path(sys.argv[1]))
except OSError as error:
    sys.exit(
        f"error: uv could not be fetched from {INDEX}: {error}\n"
        "hint: install python3-venv or uv, and run make again"
    )
