"""A PostgreSQL and a Kafka as an administrator would secure them: TLS, SCRAM, rights; started by a test."""

import glob
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from certificates import Authority, signed
from kafka import KafkaAdminClient
from kafka.admin import ScramMechanism, UserScramCredentialUpsertion
from psycopg.conninfo import make_conninfo

from infra.embedded import account as accounts
from infra.embedded import jars, processes
from infra.embedded import kafka as broker
from infra.embedded.account import Account
from infra.embedded.state import State
from infra.home import Home, make_folder, write_private
from infra.settings import KafkaConnection

HOMES = Path(__file__).parent.parent / "build" / "homes"
ADMIN = "admin"
SCRAM = "SCRAM-SHA-512"
HBA = "hostssl all all 127.0.0.1/32 scram-sha-256\n"


def password() -> str:
    return secrets.token_urlsafe(18)


@contextmanager
def folder() -> Iterator[Path]:
    """Not in the temporary folder: it is closed to all but us, and root's PostgreSQL is another account."""
    made = HOMES / secrets.token_hex(4)
    make_folder(made, 0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made)


def programs() -> Path:
    """The system's own PostgreSQL: the wheel's has no TLS."""
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda name: int(name.split("/")[4]))
    places = [Path(name).parent for name in found]
    with suppress(OSError, subprocess.CalledProcessError):
        said = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True, check=True).stdout
        places += [Path(said.strip())] if (Path(said.strip()) / "initdb").exists() else []
    assert places, "There is no PostgreSQL with TLS here: install the system's, `apt-get install postgresql`."
    return places[-1]


@dataclass(frozen=True)
class SecurePostgres:
    """Lets in by TLS and SCRAM only; `password` is that of its administrator."""

    folder: Path
    account: Account
    programs: Path
    port: int
    password: str
    ca: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def dsn(self, user: str = ADMIN, secret: str | None = None, **parameters: Any) -> str:
        """An address as it should be, but for what `parameters` say."""
        told: dict[str, Any] = {
            "user": user,
            "password": secret or self.password,
            "host": "localhost",
            "hostaddr": "127.0.0.1",
            "port": self.port,
            "dbname": "postgres",
            "sslmode": "verify-full",
            "sslrootcert": self.ca,
        }
        return make_conninfo(**{k: str(v) for k, v in {**told, **parameters}.items()})

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._control("-w", "-t", "60", "-l", str(self.data / "server.log"), "start", "-o", options)

    def stop(self) -> None:
        self._control("-m", "fast", "-w", "stop")

    def admit(self, rules: str = HBA) -> None:
        """Who is let in, from now on."""
        (self.data / "pg_hba.conf").write_text(rules)
        self._control("reload")

    def present(self, certificate: Path, key: Path) -> None:
        """Show this certificate, from now on."""
        for file, name in ((certificate, "server.crt"), (key, "server.key")):
            (self.data / name).touch(mode=0o600)
            (self.data / name).write_bytes(file.read_bytes())
            self.account.own(self.data / name)

    def reload(self) -> None:
        self._control("reload")

    def _control(self, *words: str) -> None:
        done = self.account.run([self.programs / "pg_ctl", "-D", self.data, *words], 70)
        assert done.returncode == 0, done.stderr + done.stdout


@contextmanager
def secure_postgres(place: Path, by: Authority) -> Iterator[SecurePostgres]:
    """One that runs meanwhile, and shows a certificate of `by` for localhost."""
    home = place / "postgres"
    make_folder(home, 0o700)
    account = accounts.choose(home)
    made = SecurePostgres(home, account, programs(), processes.choose_port(0), password(), by.file(place))
    secret = home / "secret"
    secret.touch(mode=0o600)
    secret.write_text(made.password)
    account.own(secret)
    words = ("-U", ADMIN, "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C")
    done = account.run([made.programs / "initdb", "-D", made.data, *words, "--no-sync"], 60)
    assert done.returncode == 0, done.stderr
    (made.data / "pg_hba.conf").write_text(HBA)
    with (made.data / "postgresql.conf").open("a") as settings:
        settings.write(
            "ssl = on\nssl_ca_file = 'root.crt'\npassword_encryption = scram-sha-256\nfsync = off\n"
        )
    (made.data / "root.crt").write_text(by.pem)
    made.present(*signed(by, "localhost", place))
    made.start()
    try:
        yield made
    finally:
        made.stop()


@dataclass(frozen=True)
class SecureKafka:
    """One broker: SASL_SSL with SCRAM for users, TLS with client certificates for itself and its administrator."""

    home: Home
    port: int
    certificate_port: int
    password: str
    ca: Path

    def connection(
        self, user: str = ADMIN, secret: str | None = None, host: str = "localhost"
    ) -> KafkaConnection:
        return KafkaConnection(
            f"{host}:{self.port}",
            "SASL_SSL",
            SCRAM,
            user,
            secret or self.password,
            self.ca,
            bootstrap_timeout_ms=1500,
        )

    def add_user(self, user: str) -> str:
        """A user who may do nothing yet; returns its password."""
        administrator = KafkaAdminClient(
            bootstrap_servers=f"localhost:{self.port}",
            security_protocol="SASL_SSL",
            ssl_cafile=str(self.ca),
            sasl_mechanism=SCRAM,
            sasl_plain_username=ADMIN,
            sasl_plain_password=self.password,
        )
        with closing(administrator) as client:
            secret = password()
            given = UserScramCredentialUpsertion(user, ScramMechanism.SCRAM_SHA_512, secret)
            assert client.alter_user_scram_credentials([given]) == {user: None}
        return secret


def settings_text(made: SecureKafka, state: State, certificate: Path, more: Mapping[str, str]) -> str:
    """The broker's server.properties; `more` wins."""
    server = broker.KafkaServer(made.home, Path("java"))
    plain = broker.settings_text(state, server.data, server.metadata)
    kept = dict(line.split("=", 1) for line in plain.splitlines() if "sasl" not in line.split("=", 1)[0])
    controller = f"{processes.LOOPBACK}:{state.kafka_controller_port}"
    addresses = f"USERS://localhost:{made.port},INSIDE://localhost:{made.certificate_port}"
    settings = {
        "listeners": f"{addresses},CONTROLLER://localhost:{state.kafka_controller_port}",
        "controller.quorum.voters": f"1@{controller.replace(processes.LOOPBACK, 'localhost')}",
        "advertised.listeners": addresses,
        "listener.security.protocol.map": "USERS:SASL_SSL,INSIDE:SSL,CONTROLLER:SSL",
        "inter.broker.listener.name": "INSIDE",
        "sasl.enabled.mechanisms": SCRAM,
        f"listener.name.users.{SCRAM.lower()}.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.inside.ssl.client.auth": "required",
        "listener.name.controller.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(certificate),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(made.ca),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:{ADMIN};User:CN=localhost",
        # Only this test's: nothing it holds is missed.
        "log.flush.interval.messages": "10000",
    }
    return "".join(f"{name}={value}\n" for name, value in {**kept, **settings, **more}.items())


@contextmanager
def secure_kafka(
    place: Path, by: Authority, jars_of: Home, more: Mapping[str, str] | None = None
) -> Iterator[SecureKafka]:
    """One that runs meanwhile, and shows a certificate of `by` for localhost."""
    home = Home(place)
    make_folder(home.kafka, 0o700)
    home.cache.symlink_to(jars_of.cache)
    first = processes.choose_port(0)
    second = processes.choose_port(0, frozenset({first}))
    state = State(kafka_controller_port=processes.choose_port(0, frozenset({first, second})))
    made = SecureKafka(home, first, second, password(), by.file(place))
    certificate, key = signed(by, "localhost", place)
    both = place / "broker.pem"
    both.touch(mode=0o600)
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    server = broker.prepare(home)
    server.configure(state)
    write_private(server.properties, settings_text(made, state, both, more or {}))
    _format(server, state, made.password)
    process = server.start()
    try:
        server.wait(process, first)
        yield made
    finally:
        broker.stop(process)


def _format(server: broker.KafkaServer, state: State, secret: str) -> None:
    """Gives the folders their cluster id, and its first user."""
    words = ("kafka.tools.StorageTool", "format", f"--cluster-id={state.kafka_cluster_id}")
    user = ("--add-scram", f"{SCRAM}=[name={ADMIN},password={secret}]")
    classes = ("-cp", jars.class_path(server.home.jars), *broker.SMALL)
    done = processes.run([server.java, *classes, *words, "-c", server.properties, *user], 60)
    assert done.returncode == 0, done.stderr + done.stdout
