"""Fetching Kafka's programs from a Maven repository, by a list of names and checksums."""

import hashlib
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import truststore

from infra.errors import OperatingError
from infra.home import disk_errors

TOOLS = "kafka-tools"
ATTEMPTS = 3
THREADS = 8
TIMEOUT_S = 30


@dataclass(frozen=True)
class Jar:
    """One line of the list."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def place(self) -> str:
        """Its path below a Maven repository's address."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file_name}"


def read_lock() -> tuple[Jar, ...]:
    """The jars of the broker and of Kafka's own console tools, as pinned."""
    lines = files("infra.embedded").joinpath("jars.lock").read_text(encoding="utf-8").splitlines()
    return tuple(_jar(line) for line in lines if line and not line.startswith("#"))


def _jar(line: str) -> Jar:
    name, checksum = line.split(" sha256=")
    group, artifact, version = name.split(":")
    return Jar(group, artifact, version, checksum)


def kafka_version() -> str:
    """The pinned version of Kafka."""
    return next(jar.version for jar in read_lock() if jar.artifact == "kafka-clients")


def class_path(folder: Path, *, with_tools: bool = False) -> str:
    """Java's class path of the broker, or of the broker and Kafka's console tools."""
    return ":".join(str(folder / jar.file_name) for jar in read_lock() if with_tools or jar.artifact != TOOLS)


def fetch(folder: Path, base: str, progress: Callable[[int, int], None]) -> None:
    """Fetch what is missing into `folder`, several at a time; `progress` is told (done, total).

    A file appears under its name only when it is whole and its checksum is right, so what is there counts as
    fetched. Raises OperatingError where the repository cannot be reached, or sends something else.
    """
    missing = [jar for jar in read_lock() if not (folder / jar.file_name).exists()]
    if not missing:
        return
    if urlsplit(base).scheme not in ("https", "http"):
        raise OperatingError(
            f"CARECHAIN_MAVEN_BASE is not a web address: {base}",
            hint="It begins with https:// and names a Maven repository.",
            exit_code=2,
        )
    with disk_errors(folder):
        _fetch_all(missing, folder, base.rstrip("/"), progress)


def _fetch_all(jars: Iterable[Jar], folder: Path, base: str, progress: Callable[[int, int], None]) -> None:
    # The machine's own certificates: hospitals look into TLS with a certificate of their own.
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with ThreadPoolExecutor(THREADS) as pool:
        pending = [pool.submit(_fetch_one, jar, folder, base, context) for jar in jars]
        progress(0, len(pending))
        try:
            for done, future in enumerate(as_completed(pending), start=1):
                future.result()
                progress(done, len(pending))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch_one(jar: Jar, folder: Path, base: str, context: ssl.SSLContext) -> None:
    content = _download(f"{base}/{jar.place}", base, context)
    if hashlib.sha256(content).hexdigest() != jar.sha256:
        raise OperatingError(
            f"{jar.file_name} from {urlsplit(base).hostname} is not the file we expect.",
            hint="Something on the way changes files; try another network or set CARECHAIN_MAVEN_BASE.",
        )
    part = folder / f"{jar.file_name}.part"
    part.write_bytes(content)
    part.replace(folder / jar.file_name)


def _download(address: str, base: str, context: ssl.SSLContext) -> bytes:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_S, context=context) as answer:  # noqa: S310 (checked)
                return bytes(answer.read())
        except (OSError, http.client.HTTPException) as error:
            # A file that is not there will not be there at the next try.
            if attempt == ATTEMPTS or isinstance(error, urllib.error.HTTPError):
                raise OperatingError(
                    f"Kafka's programs could not be fetched from {urlsplit(base).hostname}.",
                    hint="Check the network, or set CARECHAIN_MAVEN_BASE to a repository you can reach.",
                ) from error
    raise AssertionError("the last attempt returns or raises")
