"""What can be wrong with an installation and its servers, and what to do about each."""

import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement

from infra import kafka
from infra.errors import OperatingError
from infra.postgres import connect, pending
from infra.settings import Connections, Settings, connections
from infra.topics import CLUSTER_REPLICAS, differences

DISTRIBUTION = "carechain"
PACKAGES = ("domain", "projections", "consumers", "cli", "infra")
POSTGRES_MIN = 15
FREE_BYTES_MIN = 2 * 1024**3
CLOCK_DIFFERENCE_MAX = timedelta(seconds=2)
SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)
# Nothing here was written before this day: a clock that says so is wrong.
CLOCK_MIN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: well, worth a note, or wrong, with what to do."""

    check: str
    state: Literal["well", "note", "wrong"]
    message: str
    hint: str | None = None


def examine(settings: Settings) -> list[Finding]:
    """Everything worth looking at, the installation first, then the servers."""
    here: tuple[Callable[[], Iterator[Finding]], ...] = (
        installed_versions,
        package_names,
        checksum,
        time_zone,
        clock,
        lambda: disk(settings.home),
        lambda: secrets(settings),
    )
    findings = [finding for look in here for finding in look()]
    try:
        reached = connections(settings)
    except OperatingError as error:
        return [*findings, _wrong("servers", error)]
    return findings + list(postgres(reached)) + list(broker(settings, reached))


def _wrong(check: str, error: OperatingError) -> Finding:
    return Finding(check, "wrong", error.message, error.hint)


def installed_versions() -> Iterator[Finding]:
    """Each library is there in a version we can work with."""
    wrong = [said for line in requires(DISTRIBUTION) or () if (said := _unmet(Requirement(line)))]
    for said in wrong:
        yield Finding("versions", "wrong", said, "Install again with `make` or `uv sync`.")
    if not wrong:
        yield Finding(
            "versions", "well", f"carechain {version(DISTRIBUTION)} and its libraries fit together."
        )


def _unmet(requirement: Requirement) -> str | None:
    if requirement.marker and not requirement.marker.evaluate():
        return None
    try:
        found = version(requirement.name)
    except PackageNotFoundError:
        return f"The library {requirement.name} is missing."
    if requirement.specifier.contains(found, prereleases=True):
        return None
    return f"The library {requirement.name} is version {found}, and must be {requirement.specifier}."


def package_names() -> Iterator[Finding]:
    """Our packages have plain names, so that another project's may stand before them."""
    ours = Path(__file__).resolve().parent.parent
    for name in PACKAGES:
        spec = find_spec(name)
        places = [
            Path(place).resolve().parent
            for place in (spec.submodule_search_locations if spec else None) or ()
        ]
        if places[:1] != [ours]:
            where = places[0] if places else "nowhere"
            yield Finding(
                "package names",
                "wrong",
                f"Python finds the package {name} in {where}, not in {ours}.",
                "Start carechain from another folder, or clear PYTHONPATH.",
            )
            return
    yield Finding("package names", "well", "Our five packages are found where carechain is installed.")


def checksum() -> Iterator[Finding]:
    """Kafka's checksum in C: in Python, reading is ten times slower."""
    if find_spec("crc32c") is None or find_spec("lz4") is None:
        yield Finding(
            "checksum",
            "wrong",
            "The C libraries crc32c and lz4, without which Kafka is read ten times slower, are missing.",
            "Install again with `make` or `uv sync`.",
        )
    else:
        yield Finding("checksum", "well", "Kafka's checksum and compression are computed in C.")


def time_zone() -> Iterator[Finding]:
    """Deadlines are counted in Swedish time."""
    try:
        offset = SUMMER.astimezone(ZoneInfo("Europe/Stockholm")).utcoffset()
    except ZoneInfoNotFoundError:
        offset = None
    if offset != timedelta(hours=2):
        yield Finding(
            "time zone", "wrong", "The data of the time zone Europe/Stockholm is missing.", "Install tzdata."
        )
    else:
        yield Finding("time zone", "well", "The time zone Europe/Stockholm is known.")


def clock() -> Iterator[Finding]:
    """A machine that was never told the time says 1970."""
    now = datetime.now(UTC)
    if now < CLOCK_MIN:
        yield Finding(
            "clock", "wrong", f"The clock says {now:%Y-%m-%d}.", "Set the clock, for instance by NTP."
        )
    else:
        yield Finding("clock", "well", f"The clock says {now:%Y-%m-%d %H:%M} UTC.")


def disk(home: Path) -> Iterator[Finding]:
    """Room for what is recorded."""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    said = f"The disk that holds {home} has {free / 1024**3:.1f} GB left."
    if free < FREE_BYTES_MIN:
        yield Finding("disk", "wrong", said, "Free some space, or set CARECHAIN_HOME to a folder with room.")
    else:
        yield Finding("disk", "well", said)


def secrets(settings: Settings) -> Iterator[Finding]:
    """Only we may read the keys and passwords."""
    files = (settings.master_key_file, settings.home / "servers.json", settings.kafka_password_file)
    for file in files:
        if file is not None and file.exists() and stat.S_IMODE(file.stat().st_mode) & 0o077:
            yield Finding("secrets", "wrong", f"Others may read {file}.", f"Run `chmod 600 {file}`.")


def postgres(reached: Connections) -> Iterator[Finding]:
    """PostgreSQL answers, is new enough, agrees on the time and has our schemas."""
    for dsn in dict.fromkeys((reached.store_dsn, reached.read_dsn, reached.vault_dsn)):
        try:
            yield from _database(dsn)
        except OperatingError as error:
            yield _wrong("PostgreSQL", error)


def _database(dsn: str) -> Iterator[Finding]:
    with connect(dsn) as connection:
        row = connection.execute("SELECT clock_timestamp(), current_database()").fetchone()
        assert row is not None
        now, name = row
        major = connection.info.server_version // 10000
    difference = abs(datetime.now(UTC) - now)
    if major < POSTGRES_MIN:
        yield Finding(
            "PostgreSQL",
            "wrong",
            f"PostgreSQL {major} is too old.",
            f"Use PostgreSQL {POSTGRES_MIN} or newer; the local one is 18.",
        )
    if difference > CLOCK_DIFFERENCE_MAX:
        yield Finding(
            "clock",
            "wrong",
            f"PostgreSQL's clock differs from ours by {difference.total_seconds():.0f} seconds.",
            "Set both machines' clocks by NTP.",
        )
    missing = pending(dsn)
    if missing:
        yield Finding(
            "PostgreSQL",
            "wrong",
            f"The database {name} lacks {', '.join(missing)}.",
            "Run `carechain up`, which also prepares servers of your own.",
        )
    else:
        yield Finding("PostgreSQL", "well", f"PostgreSQL {major} answers, and its schemas are up to date.")


def broker(settings: Settings, reached: Connections) -> Iterator[Finding]:
    """Kafka answers, and its topics are as they must be."""
    try:
        with kafka.admin(reached.kafka) as admin:
            brokers = admin.brokers()
            wrong = differences(admin, settings, embedded=reached.kafka.embedded)
    except OperatingError as error:
        yield _wrong("Kafka", error)
        return
    for said in wrong:
        yield Finding("topics", "wrong", said, _topic_hint(said))
    if not wrong:
        yield Finding("topics", "well", "All topics are there, with their settings.")
    if reached.kafka.embedded:
        yield Finding(
            "Kafka",
            "note",
            "The local Kafka is one node: it holds each fact once, on this disk.",
            f"For more than trying out, use a cluster of {CLUSTER_REPLICAS} brokers or save the disk.",
        )
        return
    yield Finding("Kafka", "well", f"Kafka answers, with {brokers} brokers.")
    if not reached.kafka.security_protocol.endswith("SSL"):
        yield Finding(
            "Kafka",
            "note",
            f"The connection to Kafka at {reached.kafka.bootstrap} is not encrypted.",
            "Set CARECHAIN_KAFKA_SECURITY_PROTOCOL to SASL_SSL or SSL unless it is this machine.",
        )


def _topic_hint(said: str) -> str:
    if said.endswith("missing."):
        return "Run `carechain topics create`."
    return "Change it with your cluster's own tools; carechain never alters a topic that exists."
