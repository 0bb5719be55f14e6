"""Servers as an administrator would secure them: everything goes, nothing is open, and what is opened is named."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from certificates import Authority, authority, signed
from conftest import Place, Servers
from inbound_values import send
from intakes import line
from pipeline import Pipeline
from psycopg import sql
from secure_servers import (
    ADMIN,
    HBA,
    SCRAM,
    SecureKafka,
    SecurePostgres,
    folder,
    password,
    secure_kafka,
    secure_postgres,
)
from waiting import wait_until

from cli import main
from consumers import doors, workers
from infra import kafka
from infra.errors import OperatingError
from infra.kafka_acls import Acl
from infra.keys import load_or_create
from infra.postgres import connect, migrate
from infra.security import examine
from infra.security_postgres import postgres
from infra.settings import Connections, Settings, connections
from infra.store import recorder_factory
from infra.vault.vault import Vault

pytestmark = [pytest.mark.broker, pytest.mark.slow]
DATABASE = "carechain"


@dataclass(frozen=True)
class Cells:
    """Where the servers live, and who signed their certificates."""

    place: Path
    by: Authority


@pytest.fixture(scope="module")
def cells() -> Iterator[Cells]:
    with folder() as place:
        yield Cells(place, authority("Test authority"))


@pytest.fixture(scope="module")
def home(cells: Cells) -> Path:
    made = cells.place / "home"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture(scope="module")
def database(cells: Cells) -> Iterator[SecurePostgres]:
    with secure_postgres(cells.place, cells.by) as made:
        as_admin(made, "CREATE DATABASE carechain", dbname="postgres")
        migrate(made.dsn(dbname=DATABASE))
        yield made


@pytest.fixture(scope="module")
def cluster(cells: Cells, servers: Servers) -> Iterator[SecureKafka]:
    with secure_kafka(cells.place, cells.by, servers.home) as made:
        yield made


def as_admin(server: SecurePostgres, *statements: str, dbname: str = DATABASE) -> None:
    with psycopg.connect(server.dsn(dbname=dbname), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def login(server: SecurePostgres, name: str, *roles: str) -> str:
    """The address of a new login that is a member of these roles."""
    secret = password()
    made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(secret))
    with psycopg.connect(server.dsn(dbname=DATABASE), autocommit=True) as connection:
        connection.execute(made)
        for role in roles:
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(name)))
    return server.dsn(name, secret, dbname=DATABASE)


def wrong(findings: Any) -> list[str]:
    return [finding.message for finding in findings if finding.state == "wrong"]


# -- PostgreSQL


def test_what_is_wrong_with_the_way_to_postgresql_is_one_sentence(
    cells: Cells, database: SecurePostgres, tmp_path: Path
) -> None:
    server, at = database, f"localhost:{database.port}"

    def refused(dsn: str) -> str:
        with pytest.raises(OperatingError) as caught:
            connect(dsn).close()
        assert caught.value.hint
        assert server.password not in caught.value.message
        return caught.value.message

    foreign = authority("Another").file(tmp_path)
    untrusted = f"The certificate of PostgreSQL at {at} is not signed by an authority we trust."
    assert refused(server.dsn(sslrootcert=foreign)) == untrusted
    assert refused(server.dsn(sslrootcert="system")) == untrusted
    assert refused(server.dsn(host="127.0.0.1")) == (
        f"The certificate of PostgreSQL at 127.0.0.1:{server.port} is made out to another name."
    )
    assert refused(server.dsn(secret="wrong")) == f"PostgreSQL at {at} does not accept the password of admin."
    assert refused(server.dsn(sslmode="disable")) == f"PostgreSQL at {at} does not let admin in without TLS."
    assert refused(server.dsn(sslrootcert=tmp_path / "none")) == (
        f"A file of certificates for PostgreSQL at {at} cannot be read."
    )
    server.admit(HBA.replace("\n", " clientcert=verify-full\n"))
    wants = f"PostgreSQL at {at} lets nobody in without a client's certificate it trusts."
    wait_until(lambda: _message(server.dsn()) == wants, 10, "it wants our certificate")
    certificate, key = signed(cells.by, ADMIN, tmp_path)
    assert _message(server.dsn(sslcert=certificate, sslkey=key)) is None
    key.chmod(0o644)
    assert refused(server.dsn(sslcert=certificate, sslkey=key)) == (
        f"The key of our certificate for PostgreSQL at {at} cannot be used."
    )
    server.admit()
    server.present(*signed(cells.by, "localhost", tmp_path, expired=True))
    server.reload()
    expired = f"The certificate of PostgreSQL at {at} has expired, or is not valid yet."
    # The server hears of it a moment later.
    wait_until(lambda: _message(server.dsn()) == expired, 10, "the expired certificate is told")
    server.present(*signed(cells.by, "localhost", tmp_path))
    server.reload()
    wait_until(lambda: _message(server.dsn()) is None, 10, "the new certificate is taken up")


def test_a_server_without_tls_is_one_sentence(servers: Servers) -> None:
    """The local one."""
    dsn = servers.connections.store_dsn.replace("sslmode=disable", "sslmode=verify-full&sslrootcert=system")

    with pytest.raises(OperatingError, match=r"PostgreSQL at 127\.0\.0\.1:\d+ does not speak TLS"):
        connect(dsn)


def _message(dsn: str) -> str | None:
    try:
        connect(dsn).close()
    except OperatingError as error:
        return error.message
    return None


def test_the_address_reaches_every_connection_whole(
    database: SecurePostgres, home: Path, tmp_path: Path
) -> None:
    asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    dsn = database.dsn(dbname=DATABASE)
    foreign = database.dsn(dbname=DATABASE, sslrootcert=authority("Another").file(tmp_path))
    factory = recorder_factory(dsn)
    with closing(factory.datastore), factory.datastore.get_connection() as connection:
        assert connection.execute(asked).fetchone() == {"ssl": True}
        assert connection.info.get_parameters()["sslmode"] == "verify-full"
    key = load_or_create(home / "master.key")
    with Vault(dsn, key) as vault:
        assert vault.message_ref("lab", "17")
    with Vault(foreign, key) as vault, pytest.raises(OperatingError, match="not signed by an authority"):
        vault.message_ref("lab", "17")


Opening = tuple[Callable[[], None], Callable[[], None], str]


def test_whatever_is_opened_in_postgresql_is_named(database: SecurePostgres) -> None:
    server, at = database, f"localhost:{database.port}"
    ways = [
        login(server, "opened_writer", "carechain_writer"),
        login(server, "opened_reader", "carechain_projector"),
        login(server, "opened_keeper", "carechain_keeper"),
    ]

    def now(store: str = ways[0], read: str = ways[1], vault: str = ways[2]) -> list[str]:
        return wrong(
            postgres(Connections(kafka.KafkaConnection("-"), store, read, vault), administrator=False)
        )

    def by_hba(rules: str) -> Callable[[], None]:
        return lambda: server.admit(rules)

    def by_sql(*statements: str) -> Callable[[], None]:
        return lambda: as_admin(server, *statements)

    assert now() == []

    closed = by_hba(HBA)
    everybody = "Every login of the database carechain has the right of"
    openings: list[Opening] = [
        (
            by_hba(HBA + HBA.replace("hostssl", "hostnossl")),
            closed,
            f"PostgreSQL at {at} lets opened_writer in without TLS, too.",
        ),
        (
            by_hba(HBA.replace(" scram-sha-256", " password")),
            closed,
            f"PostgreSQL at {at} lets opened_writer in by something weaker than scram-sha-256.",
        ),
        (
            by_hba(HBA.replace(" scram-sha-256", " trust")),
            closed,
            f"PostgreSQL at {at} lets opened_writer in by something weaker than scram-sha-256.",
        ),
        (
            by_sql("ALTER ROLE opened_writer SET password_encryption = 'md5'"),
            by_sql("ALTER ROLE opened_writer RESET password_encryption"),
            f"PostgreSQL at {at} keeps new passwords as md5.",
        ),
        *(
            (
                by_sql(f"ALTER ROLE opened_writer {word}"),
                by_sql(f"ALTER ROLE opened_writer NO{word}"),
                f"The login opened_writer {power}.",
            )
            for word, power in (
                ("SUPERUSER", "is a superuser: no right and no row-level security holds it back"),
                ("BYPASSRLS", "passes by row-level security"),
                ("CREATEROLE", "may make roles, and so give itself rights"),
                ("CREATEDB", "may make databases"),
                ("REPLICATION", "may copy the whole server"),
            )
        ),
        (
            by_sql("GRANT pg_read_all_data TO opened_keeper"),
            by_sql("REVOKE pg_read_all_data FROM opened_keeper"),
            "The login opened_keeper, as a member of pg_read_all_data, may more than any of our schemas grants.",
        ),
        (
            by_sql(f"GRANT {ADMIN} TO opened_keeper"),
            by_sql(f"REVOKE {ADMIN} FROM opened_keeper"),
            f"The login opened_keeper, as a member of {ADMIN}, is a superuser: no right and no row-level security"
            " holds it back.",
        ),
        (
            by_sql("ALTER SCHEMA vault OWNER TO opened_keeper"),
            by_sql(f"ALTER SCHEMA vault OWNER TO {ADMIN}"),
            "The login opened_keeper owns vault, and so could change what was recorded there.",
        ),
        (
            by_sql("GRANT carechain_keeper TO opened_writer"),
            by_sql("REVOKE carechain_keeper FROM opened_writer"),
            "One login, opened_writer, reads both the facts and the vault.",
        ),
        (
            by_sql("GRANT USAGE ON SCHEMA vault TO PUBLIC"),
            by_sql("REVOKE USAGE ON SCHEMA vault FROM PUBLIC"),
            f"{everybody} usage on the schema vault.",
        ),
        (
            by_sql("GRANT SELECT, INSERT ON store.outbox TO PUBLIC"),
            by_sql("REVOKE ALL ON store.outbox FROM PUBLIC"),
            f"{everybody} insert, select on store.outbox.",
        ),
        (
            by_sql("GRANT SELECT (body) ON store.outbox TO PUBLIC"),
            by_sql("REVOKE ALL (body) ON store.outbox FROM PUBLIC"),
            f"{everybody} select on store.outbox.body.",
        ),
        (
            by_sql("GRANT CREATE ON SCHEMA public TO PUBLIC"),
            by_sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
            f"{everybody} create on the schema public.",
        ),
        (
            by_sql(
                "CREATE FUNCTION public.all_of_it() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"
            ),
            by_sql("DROP FUNCTION public.all_of_it"),
            f"{everybody} execute on public.all_of_it().",
        ),
        (
            by_sql("ALTER ROLE carechain_leader LOGIN"),
            by_sql("ALTER ROLE carechain_leader NOLOGIN"),
            "The role carechain_leader has powers of its own, or logs in itself.",
        ),
    ]
    for open_it, close_it, said in openings:
        open_it()
        try:
            wait_until(lambda: said in now(), 5, said)  # noqa: B023  # called before it changes
        finally:
            close_it()
        wait_until(lambda: said not in now(), 5, f"no more: {said}")  # noqa: B023
    assert now() == []

    named = "event store and projections and vault"
    less = ways[0].replace("verify-full", "require")
    assert now(less, less, ways[2]) == [
        f"The certificate of event store and projections at {at} is not checked: sslmode is require."
    ]
    server.admit(HBA.replace("hostssl", "host"))
    clear = ways[0].replace("verify-full", "disable")
    wait_until(
        lambda: f"The connection to {named} at {at} is not encrypted." in now(clear, clear, clear),
        5,
        "the clear connection is named",
    )
    # An administrator sees it in the server's own file, too.
    admin = server.dsn(dbname=DATABASE)
    looked = wrong(postgres(Connections(kafka.KafkaConnection("-"), admin, admin, admin), administrator=True))
    assert f"Line 1 of pg_hba.conf at {at} lets in without TLS." in looked
    server.admit(HBA.replace(" scram-sha-256", " trust"))
    wait_until(
        lambda: (
            f"Line 1 of pg_hba.conf at {at} lets in by trust."
            in wrong(
                postgres(Connections(kafka.KafkaConnection("-"), admin, admin, admin), administrator=True)
            )
        ),
        5,
        "the trust is named",
    )
    closed()


# -- Kafka


def test_what_is_wrong_with_the_way_to_kafka_is_one_sentence(
    cells: Cells, cluster: SecureKafka, servers: Servers, tmp_path: Path
) -> None:
    good, at = cluster.connection(), f"localhost:{cluster.port}"

    def refused(**otherwise: Any) -> str:
        given = dataclasses.replace(good, bootstrap_timeout_ms=400, **otherwise)
        with pytest.raises(OperatingError) as caught:
            kafka.admin(given)
        assert caught.value.hint
        return caught.value.message

    kafka.admin(good).close()
    untrusted = f"The certificate of Kafka at {at} is not signed by an authority we trust."
    assert refused(ca_file=authority("Another").file(tmp_path)) == untrusted
    assert refused(ca_file=None) == untrusted
    assert refused(bootstrap=f"127.0.0.1:{cluster.port}") == (
        f"The certificate of Kafka at 127.0.0.1:{cluster.port} is made out to another name."
    )
    assert refused(security_protocol="SASL_PLAINTEXT") == f"Kafka at {at} speaks TLS, and we do not."
    plain = servers.connections.kafka.bootstrap
    assert refused(bootstrap=plain) == f"Kafka at {plain} does not speak TLS."
    # It makes who fails wait before it answers.
    wrong_password = dataclasses.replace(good, password="wrong", bootstrap_timeout_ms=1500)
    with pytest.raises(OperatingError) as caught:
        kafka.admin(wrong_password)
    assert caught.value.message == f"Kafka at {at} does not let admin in with this password."

    inside = {"bootstrap": f"localhost:{cluster.certificate_port}", "security_protocol": "SSL"}
    wants = f"Kafka at localhost:{cluster.certificate_port} lets nobody in without a client's certificate it trusts."
    assert refused(**inside) == wants
    certificate, key = signed(authority("Another"), "stranger", tmp_path)
    assert refused(**inside, cert_file=certificate, key_file=key) == wants
    certificate, key = signed(cells.by, "carechain-relay", tmp_path)
    ours = dataclasses.replace(good, **inside, cert_file=certificate, key_file=key)  # type: ignore[arg-type]
    with kafka.admin(ours) as client:
        assert client.brokers() == 1
        assert client.rights.own_cluster() == set()


# -- everything together


@dataclass(frozen=True)
class House:
    """Both servers, with a settings' place for each service."""

    database: SecurePostgres
    cluster: SecureKafka
    home: Path
    passwords: Path

    def member(self, user: str, secret: str, dsn: str, **more: str) -> Place:
        """Who reaches both servers as these."""
        file = self.passwords / f"{user}.password"
        file.touch(mode=0o600)
        file.write_text(secret)
        settings = {
            "home": str(self.home),
            "kafka_bootstrap": f"localhost:{self.cluster.port}",
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": SCRAM,
            "kafka_username": user,
            "kafka_password_file": str(file),
            "kafka_ca_file": str(self.cluster.ca),
            "postgres_dsn": dsn,
            "facts_partitions": "3",
            **more,
        }
        made = Settings.model_validate(settings)
        env = {f"CARECHAIN_{name.upper()}": value for name, value in settings.items()}
        return Place(made, connections(made), env)

    def service(self, name: str, dsn: str, **more: str) -> Place:
        return self.member(f"carechain-{name}", self.cluster.add_user(f"carechain-{name}"), dsn, **more)


@contextmanager
def taking_in(place: Place) -> Iterator[None]:
    stop = threading.Event()
    made = doors.inbound(place.settings, place.connections, load_or_create(place.settings.master_key_file))
    thread = threading.Thread(target=workers.run_all, args=([made], stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)


def test_the_whole_way_with_least_rights_and_what_is_opened_in_kafka(
    database: SecurePostgres,
    cluster: SecureKafka,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Settings, "flags", {})
    house = House(database, cluster, home, tmp_path)
    admin_dsn = database.dsn(dbname=DATABASE)
    admin = house.member(ADMIN, cluster.password, admin_dsn)

    def run(place: Place, *words: str) -> tuple[int, str]:
        for name, value in place.env.items():
            monkeypatch.setenv(name, value)
        code = main.run(words)
        out, err = capsys.readouterr()
        return code, out + err

    code, said = run(admin, "up")
    assert code == 0, said
    assert "rules" in run(admin, "topics", "acl", "--apply")[1]
    # A rule is known everywhere a moment after it was made.
    wait_until(
        lambda: "All rules are there." in run(admin, "topics", "acl", "--apply")[1],
        10,
        "a second time makes no rule",
    )

    services = _services(house, admin_dsn)
    send(
        services["sender"], [line("patient-admitted", "2026-03-02T08:00:00+01:00", "SIM-0001", message="m1")]
    )
    with taking_in(services["intake"]):
        wait_until(lambda: _facts(admin_dsn) == 1, 30, "the message is taken in")
    for stream in workers.STREAMS:
        workers.relay(services["relay"].settings, services["relay"].connections, stream).publish_available()
    with Pipeline(services["projector"]).projecting():
        wait_until(Pipeline(services["operator"]).caught_up, 30, "the fact is shown")
    code, said = run(services["operator"], "stay", "list")
    assert code == 0
    assert "hsa:SE2321000198-WARD1" in said

    # Nobody may do another's work.
    for name in ("projector", "operator", "intake"):
        with (
            closing(kafka.plain_producer(services[name].connections.kafka, max_block_ms=2000)) as producer,
            pytest.raises(kafka.KafkaError),
        ):
            producer.send("carechain.facts", b"x").get(timeout=5)

    # The administrator sees everybody's rights, a service its own.
    code, said = run(admin, "doctor", "--security", "--administrator")
    assert (code, "wrong" in said) == (0, False), said
    for name in ("relay", "projector", "intake"):
        assert _opened(services[name]) == []
    code, said = run(services["projector"], "topics", "acl")
    assert "Our user may not see who may do what on Kafka." in said
    assert code == 0

    _open_in_turn(admin, services["projector"])


def _facts(dsn: str) -> int:
    with connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM store.journeys_events").fetchone()
    return row[0] if row else 0


def _services(house: House, admin_dsn: str) -> dict[str, Place]:
    """Each with a user on Kafka of its own, and in the database as a member of its role."""
    relay, projector, writer, keeper = (
        login(house.database, f"way_{name}", f"carechain_{name}")
        for name in ("relay", "projector", "writer", "keeper")
    )
    return {
        "relay": house.service("relay", relay),
        "projector": house.service("projector", projector),
        "intake": house.service("intake", writer, vault_dsn=keeper),
        "operator": house.service("operator", admin_dsn),
        "sender": house.service("sender", admin_dsn),
    }


def _opened(place: Place, *, administrator: bool = False) -> list[str]:
    return wrong(examine(place.settings, administrator=administrator))


def _open_in_turn(admin: Place, projector: Place) -> None:
    """Each rule that gives too much is named, and the way in the clear."""
    rules = [
        (
            Acl("User:nosy", "topic", "carechain.facts", "READ"),
            "User:nosy may read on carechain.facts, and has no need to.",
        ),
        (
            Acl("User:carechain-projector", "topic", "carechain.facts", "WRITE"),
            "User:carechain-projector may write on carechain.facts, and has no need to.",
        ),
        (
            Acl("User:nosy", "transactional-id", "*", "WRITE"),
            "User:nosy may write on carechain.relay.*, and has no need to.",
        ),
    ]
    said: list[str] = []
    with kafka.admin(admin.connections.kafka) as client:
        for rule, sentence in rules:
            client.rights.add([rule])
            said.append(sentence)
            wait_until(lambda: sorted(said) == sorted(_opened(admin, administrator=True)), 10, sentence)
    wait_until(
        lambda: (
            _opened(projector) == ["On carechain.facts carechain-projector may write, and has no need to."]
        ),
        10,
        "the projector's own right is named to itself",
    )
    key = admin.settings.master_key_file
    key.chmod(0o644)
    assert f"Others may read {key}." in _opened(projector)
    key.chmod(0o600)


def test_an_open_cluster_is_named(
    cells: Cells, servers: Servers, database: SecurePostgres, tmp_path: Path
) -> None:
    """No authorizer, any topic made, a listener without TLS beside that with it."""
    place = cells.place / "open"
    place.mkdir()
    more = {
        "authorizer.class.name": "",
        "auto.create.topics.enable": "true",
        "allow.everyone.if.no.acl.found": "true",
        "listener.security.protocol.map": "USERS:SASL_SSL,INSIDE:PLAINTEXT,CONTROLLER:SSL",
    }
    with secure_kafka(place, cells.by, servers.home, more) as cluster:
        house = House(database, cluster, tmp_path, tmp_path)
        admin = house.member(ADMIN, cluster.password, database.dsn(dbname=DATABASE))
        assert _opened(admin, administrator=True) == [
            "Kafka has no authorizer: whoever is let in may read, write and delete everything.",
            "Broker 1's listener INSIDE speaks PLAINTEXT, without TLS.",
            "Broker 1 may let everybody do what no rule speaks of.",
            "Broker 1 makes any topic that somebody names.",
        ]
        with (
            kafka.admin(admin.connections.kafka) as client,
            pytest.raises(OperatingError, match="no authorizer"),
        ):
            client.rights.add([Acl("User:x", "topic", "t", "READ")])
