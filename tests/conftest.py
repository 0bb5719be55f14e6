"""The servers every broker test uses: real ones, started once, with a fresh place in them for each test."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from spread import Spread, longest_first

from infra import kafka
from infra.embedded import servers as embedded
from infra.home import Home
from infra.postgres import migrate
from infra.settings import MAVEN_CENTRAL, Connections, Settings, connections
from infra.topics import Name, ensure_topics, topic_name

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
TEST_HOME = BUILD / "test-home"
GOLDEN = ROOT / "tests" / "golden"
PARTITIONS = 3
FURNISHED: tuple[Name, ...] = (
    "facts",
    "reference",
    "settlements",
    "dead-letters",
    "alarms",
    "checkpoints",
    "access",
)
"""The topics that every place has from the beginning."""

settings.register_profile("quick", max_examples=50, deadline=None)
settings.load_profile("quick")
"""Of each property, unless its test says otherwise; the long forms look at many more."""

NewPlace = Callable[[], AbstractContextManager["Place"]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--accept-golden` makes what came out the new golden files; the difference is looked at in review."""
    parser.addoption(
        "--accept-golden", action="store_true", help="write golden files anew instead of comparing"
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Spread:
    """Several workers (`-n 2`) get whole units, and both end at about the same time."""
    return Spread(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        longest_first(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The seed of the order, which the quiet output leaves out."""
    if (seed := config.getoption("randomly_seed", None)) is not None:
        terminalreporter.write_line(f"The same order again: --randomly-seed={seed}")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the golden file of this name: `golden("cli/status.txt", text)`."""

    def compare(name: str, text: str) -> None:
        file = GOLDEN / name
        if request.config.getoption("--accept-golden"):
            assert not os.environ.get("CI"), "golden files are accepted by people, not in CI"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.exists(), f"{file} is missing: accept it with `make golden`"
        assert text == file.read_text(encoding="utf-8")

    return compare


class Quiet:
    """A narrator that tells nobody."""

    def say(self, text: str) -> None: ...

    def progress(self, title: str, done: int, total: int) -> None: ...


@dataclass(frozen=True)
class Servers:
    """The running servers, as a process in their home reaches them."""

    home: Home
    connections: Connections
    password_file: Path


@dataclass(frozen=True)
class Place:
    """A database and topics of one's own. `env` gives the same place to a process started by a test."""

    settings: Settings
    connections: Connections
    env: dict[str, str]

    def topic(self, name: Name) -> str:
        """The topic's name here."""
        return topic_name(self.settings, name)


@pytest.fixture(scope="session", autouse=True)
def _own_environment() -> Iterator[None]:
    """No setting of whoever runs the tests reaches them, and none of theirs is touched."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("CARECHAIN_") and n != "CARECHAIN_SAMPLES"]:
            patch.delenv(name)
        # A worker of several gets the size of the screen it has not got; shown is what a test's own terminal holds.
        for name in ("COLUMNS", "LINES"):
            patch.delenv(name, raising=False)
        patch.setenv("CARECHAIN_HOME", str(TEST_HOME))
        patch.setenv("XDG_CONFIG_HOME", str(BUILD / "test-config"))
        yield


@pytest.fixture(scope="session")
def servers(_own_environment: None) -> Iterator[Servers]:
    """The real Kafka and PostgreSQL. The last of several test runs at the same time stops them."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "test-home.users").open("w") as users:
        alone = _try_lock(users.fileno())
        if not alone:
            fcntl.flock(users, fcntl.LOCK_SH)
        home = Home(TEST_HOME)
        embedded.up(home, os.environ.get("CARECHAIN_TEST_MAVEN_BASE", MAVEN_CENTRAL), Quiet())
        reached = connections(Settings(home=TEST_HOME))
        if alone:
            _forget_leftovers(reached)
            fcntl.flock(users, fcntl.LOCK_SH)
        password = home.kafka / "test-password"
        _write_whole(password, reached.kafka.password or "")
        yield Servers(home, reached, password)
        if _try_lock(users.fileno()):
            embedded.down(home, Quiet())


def _write_whole(file: Path, text: str) -> None:
    """Another test run may read the file at any moment."""
    made = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    made.touch(mode=0o600)
    made.write_text(text, encoding="utf-8")
    made.replace(file)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _forget_leftovers(reached: Connections) -> None:
    """What a killed run left behind would fill the disk in the end."""
    with psycopg.connect(reached.store_dsn, autocommit=True) as connection:
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname LIKE 't\\_%'"
        ).fetchall():
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    with kafka.admin(reached.kafka) as admin:
        left = [name for name in admin.topics() if name.startswith("t_")]
        if left:
            admin.delete(left)


@pytest.fixture(scope="session")
def new_place(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], "Iterator[Place]"]:
    """Makes a place and takes it away again: `with new_place() as place:`."""

    @contextmanager
    def make() -> Iterator[Place]:
        name = f"t_{secrets.token_hex(5)}"
        home = tmp_path_factory.mktemp(name)
        place = _describe(servers, name, home)
        try:
            _furnish(servers, place, name)
            yield place
        finally:
            _clear(servers, place, name)

    return make


def _furnish(servers: Servers, place: Place, name: str) -> None:
    with psycopg.connect(servers.connections.store_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    migrate(place.connections.store_dsn)
    with kafka.admin(place.connections.kafka) as admin:
        ensure_topics(admin, place.settings, only=FURNISHED)


def _clear(servers: Servers, place: Place, name: str) -> None:
    with psycopg.connect(servers.connections.store_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
    with kafka.admin(place.connections.kafka) as admin:
        left = [topic for topic in admin.topics() if topic.startswith(f"{name}.")]
        if left:
            admin.delete(left)


def _describe(servers: Servers, name: str, home: Path) -> Place:
    broker = servers.connections.kafka
    settings = {
        "home": str(home),
        "kafka_bootstrap": broker.bootstrap,
        "kafka_security_protocol": broker.security_protocol,
        "kafka_sasl_mechanism": broker.sasl_mechanism or "",
        "kafka_username": broker.username or "",
        "kafka_password_file": str(servers.password_file),
        "postgres_dsn": servers.connections.store_dsn.replace("/carechain?", f"/{name}?"),
        "topic_prefix": f"{name}.",
        "facts_partitions": str(PARTITIONS),
    }
    made = Settings.model_validate(settings)
    env = {f"CARECHAIN_{key.upper()}": value for key, value in settings.items()}
    return Place(made, connections(made), env)


@pytest.fixture
def place(new_place: NewPlace) -> Iterator[Place]:
    """A place for one test."""
    with new_place() as made:
        yield made


@pytest.fixture(scope="module")
def module_place(new_place: NewPlace) -> Iterator[Place]:
    """A place for all tests of one module."""
    with new_place() as made:
        yield made
