"""What `doctor --security` calls open, where no server is needed to see it."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import Place

from cli import main
from infra.doctor import Finding
from infra.errors import OperatingError
from infra.kafka_acls import Acl
from infra.kafka_rights import NEEDS, needed_on, principals, wanted
from infra.security import BY_DESIGN, by_design, examine
from infra.security_files import files
from infra.security_kafka import beyond_need, let_in, own_rights, transport
from infra.security_postgres import postgres
from infra.settings import Connections, KafkaConnection, SecurityProtocol, Settings
from infra.topics import TOPICS


def wrong(findings: object) -> list[str]:
    assert not isinstance(findings, str)
    return [finding.message for finding in findings if finding.state == "wrong"]  # type: ignore[attr-defined]


# -- files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    made = tmp_path / "home"
    made.mkdir(mode=0o700)
    for name in ("master.key", "servers.json", "kafka.password", "kafka.key", "sslkey"):
        (made / name).touch(mode=0o600)
    return made


def settings_of(home: Path) -> Settings:
    return Settings(home=home, kafka_password_file=home / "kafka.password", kafka_key_file=home / "kafka.key")


def reached(home: Path) -> Connections:
    dsn = f"postgresql://u@db/x?sslkey={home / 'sslkey'}"
    return Connections(KafkaConnection("k:1"), dsn, dsn, dsn)


def test_files_that_only_we_may_read_are_well(home: Path) -> None:
    assert [finding.state for finding in files(settings_of(home), reached(home))] == ["well"]


@pytest.mark.parametrize("name", ["master.key", "servers.json", "kafka.password", "kafka.key", "sslkey"])
def test_a_secret_that_others_may_read_is_named(home: Path, name: str) -> None:
    (home / name).chmod(0o640)

    (finding,) = files(settings_of(home), reached(home))

    assert (finding.state, finding.message) == ("wrong", f"Others may read {home / name}.")
    assert finding.hint == f"Run `chmod 600 {home / name}`."


def test_a_secret_of_another_user_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    owner = (home / "master.key").stat().st_uid
    expected = [] if owner == 0 else [f"The file {home / 'master.key'} belongs to another user."]

    assert [said for said in wrong(files(settings_of(home), None)) if "master.key" in said] == expected


@pytest.mark.parametrize(
    ("mode", "said"),
    [(0o711, None), (0o755, "Others may look into the folder"), (0o770, "Others may write in the folder")],
)
def test_a_home_that_is_open_is_named(home: Path, mode: int, said: str | None) -> None:
    home.chmod(mode)
    found = [one for one in wrong(files(settings_of(home), None)) if "the folder" in one]

    assert found == ([f"{said} {home}."] if said else [])


def test_a_key_in_a_folder_of_everybody_is_named(home: Path) -> None:
    shared = home.parent / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "key").touch(mode=0o600)
    settings = Settings(home=home, master_key_file=shared / "key")

    assert wrong(files(settings, None)) == [f"Others may put another file in the place of {shared / 'key'}."]
    shared.chmod(0o1777)
    assert wrong(files(settings, None)) == []


@pytest.mark.parametrize(
    ("line", "open_"),
    [
        ('postgres_dsn = "postgresql://u:secret@db/x"', True),
        ('vault_dsn = "host=db password=secret"', True),
        ('vault_dsn = "not = = an address"', True),
        ('postgres_dsn = "postgresql://u@db/x"', False),
        ('topic_prefix = "x."', False),
    ],
)
def test_a_settings_file_with_a_password_is_named(home: Path, line: str, open_: bool) -> None:
    file = home.parent / "carechain.toml"
    file.write_text(f"{line}\n")
    settings = settings_of(home)
    file.chmod(0o644)
    said = ["Others may read carechain.toml, which holds a password."] if open_ else []

    assert wrong(files(settings, None)) == said
    file.chmod(0o600)
    assert wrong(files(settings, None)) == []


# -- the connection to Kafka


def connection(
    protocol: SecurityProtocol, mechanism: str | None = None, certificate: Path | None = None
) -> KafkaConnection:
    return KafkaConnection("k:1", protocol, mechanism, "me", "x", cert_file=certificate)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (connection("SASL_SSL", "SCRAM-SHA-512"), []),
        (connection("SASL_SSL", "SCRAM-SHA-256"), []),
        (connection("SASL_SSL", "PLAIN"), []),
        (connection("SSL", certificate=Path("c")), []),
        (connection("SSL"), ["Kafka at k:1 does not ask who we are."]),
        (connection("SASL_PLAINTEXT", "SCRAM-SHA-512"), ["The connection to Kafka at k:1 is not encrypted."]),
        (
            connection("SASL_PLAINTEXT", "PLAIN"),
            [
                "The connection to Kafka at k:1 is not encrypted.",
                "Our password goes to Kafka at k:1 in the clear (SASL/PLAIN).",
            ],
        ),
        (
            connection("PLAINTEXT"),
            ["The connection to Kafka at k:1 is not encrypted.", "Kafka at k:1 does not ask who we are."],
        ),
    ],
)
def test_how_we_reach_kafka(given: KafkaConnection, said: list[str]) -> None:
    assert wrong(transport(given)) == said


def test_a_password_that_kafka_is_told_is_a_note() -> None:
    states = [finding.state for finding in transport(connection("SASL_SSL", "PLAIN"))]

    assert states == ["note", "well"]


# -- rights on Kafka


def test_the_rights_of_each_service() -> None:
    settings = Settings()
    given = {
        service: {(g.rule.operation, g.rule.resource, g.rule.name) for g in granted if g.service == service}
        for service in NEEDS
        for granted in [wanted(settings, principals(settings))]
    }

    assert given["projector"] == {
        ("READ", "topic", "carechain.facts"),
        ("READ", "topic", "carechain.reference"),
        ("READ", "topic", "carechain.dead-letters"),
        ("READ", "group", "carechain.facts.projector"),
    }
    assert given["intake"] == {
        ("READ", "topic", "carechain.inbound"),
        ("READ", "group", "carechain.inbound.intake"),
    }
    assert given["auditor"] == {
        ("READ", "topic", "carechain.facts"),
        ("READ", "topic", "carechain.checkpoints"),
    }
    assert given["sender"] == {("WRITE", "topic", "carechain.inbound")}
    assert given["watch"] == set()
    # Only the relay writes what we publish, and it has nothing to do with what others send us.
    published = {f"carechain.{topic.name}" for topic in TOPICS} - {"carechain.inbound"}
    assert {name for operation, _, name in given["relay"] if operation == "WRITE"} == published | {
        "carechain.relay."
    }
    writers = {s for s, rights in given.items() if ("WRITE", "topic", "carechain.facts") in rights}
    assert writers == {"relay"}


def test_services_may_be_called_otherwise() -> None:
    settings = Settings(kafka_principals={"relay": "User:a", "projector": "User:b"}, topic_prefix="p.")
    who = principals(settings, ["relay=User:CN=c,O=d"])

    assert (who["relay"], who["projector"], who["intake"]) == (
        "User:CN=c,O=d",
        "User:b",
        "User:carechain-intake",
    )
    assert {g.rule.principal for g in wanted(settings, who) if g.service == "relay"} == {"User:CN=c,O=d"}
    assert all(g.rule.name.startswith(("p.", "carechain.relay.")) for g in wanted(settings, who))


@pytest.mark.parametrize("given", ["relays=User:x", "relay=x", "relay"])
def test_a_service_there_is_not_is_told(given: str) -> None:
    with pytest.raises(OperatingError, match="names no service's principal") as caught:
        principals(Settings(), [given])

    assert caught.value.exit_code == 2


def test_reading_brings_seeing_with_it() -> None:
    settings = Settings()
    granted = wanted(settings, principals(settings))

    assert needed_on(granted, ["projector"], "carechain.facts") == {"READ", "DESCRIBE"}
    assert needed_on(granted, ["relay", "operator"], "carechain.facts") == {
        "READ",
        "WRITE",
        "DESCRIBE",
        "DESCRIBE_CONFIGS",
    }
    assert needed_on(granted, ["sender"], "carechain.facts") == set()


class Granting:
    """Tells what we may do, as a cluster would."""

    def __init__(self, topics: Mapping[str, set[str]], cluster: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self._topics, self._cluster = topics, cluster

    def own_cluster(self) -> set[str]:
        return set(self._cluster)

    def own_topics(self, names: object) -> Mapping[str, set[str]]:
        return self._topics


@pytest.mark.parametrize(
    ("user", "may", "said"),
    [
        ("carechain-projector", {"carechain.facts": {"READ", "DESCRIBE"}}, []),
        (
            "carechain-projector",
            {"carechain.facts": {"READ", "WRITE", "DESCRIBE"}, "carechain.inbound": {"READ", "DESCRIBE"}},
            [
                "On carechain.facts carechain-projector may write, and has no need to.",
                "On carechain.inbound carechain-projector may describe, read, and has no need to.",
            ],
        ),
        # One user for everything may what all may, and no more.
        ("someone", {"carechain.facts": {"READ", "WRITE", "DESCRIBE"}}, []),
        (
            "someone",
            {"carechain.facts": {"WRITE", "DELETE"}, "carechain.alarms": {"DELETE"}},
            ["On carechain.alarms, carechain.facts someone may delete, and has no need to."],
        ),
    ],
)
def test_what_our_user_may_beyond_its_work(user: str, may: dict[str, set[str]], said: list[str]) -> None:
    settings = Settings()
    who = principals(settings)
    mine = KafkaConnection("k:1", "SASL_SSL", "SCRAM-SHA-512", user)

    assert wrong(own_rights(Granting(may), settings, mine, who, wanted(settings, who))) == said  # type: ignore[arg-type]


def test_who_may_change_the_cluster_is_named() -> None:
    settings = Settings()
    who = principals(settings)
    mine = KafkaConnection("k:1", "SASL_SSL", "SCRAM-SHA-512", "someone")
    granting = Granting({}, {"DESCRIBE", "IDEMPOTENT_WRITE", "ALTER", "CLUSTER_ACTION"})

    assert wrong(own_rights(granting, settings, mine, who, [])) == [  # type: ignore[arg-type]
        "On Kafka's cluster itself someone may alter, cluster action."
    ]


def open_to(*rules: Acl) -> list[str]:
    settings = Settings()
    granted = wanted(settings, principals(settings))
    return wrong(beyond_need([*(one.rule for one in granted), *rules], settings, granted))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            Acl("User:x", "topic", "carechain.facts", "WRITE"),
            "User:x may write on carechain.facts, and has no need to.",
        ),
        (
            Acl("User:x", "topic", "carechain.fa", "READ", prefixed=True),
            "User:x may read on carechain.facts, and has no need to.",
        ),
        (
            Acl("User:*", "topic", "*", "DESCRIBE"),
            "User:* may describe on carechain.facts, carechain.reference, carechain.settlements, carechain.alarms,"
            " carechain.access, carechain.checkpoints, carechain.dead-letters, carechain.inbound, and has no need to.",
        ),
        (
            Acl("User:carechain-projector", "topic", "carechain.facts", "WRITE"),
            "User:carechain-projector may write on carechain.facts, and has no need to.",
        ),
        (
            Acl("User:x", "group", "carechain.facts.", "READ", prefixed=True),
            "User:x may read on carechain.facts.projector, and has no need to.",
        ),
        (
            Acl("User:x", "transactional-id", "carechain.", "WRITE", prefixed=True),
            "User:x may write on carechain.relay.*, and has no need to.",
        ),
        (
            Acl("User:x", "transactional-id", "carechain.relay.7.carechain.facts", "WRITE"),
            "User:x may write on carechain.relay.*, and has no need to.",
        ),
        (
            Acl("User:x", "cluster", "kafka-cluster", "ALTER"),
            "User:x may alter on the cluster itself, and has no need to.",
        ),
    ],
)
def test_a_rule_beyond_need_is_named(rule: Acl, said: str) -> None:
    assert open_to(rule) == [said]


@pytest.mark.parametrize(
    "rule",
    [
        Acl("User:x", "topic", "another.facts", "WRITE"),
        Acl("User:x", "topic", "carechain", "WRITE"),
        Acl("User:x", "topic", "carechain.facts", "WRITE", allow=False),
        Acl("User:x", "group", "another", "READ"),
        Acl("User:x", "transactional-id", "another", "WRITE"),
        Acl("User:x", "cluster", "kafka-cluster", "DESCRIBE"),
        Acl("User:carechain-projector", "topic", "carechain.facts", "DESCRIBE"),
    ],
)
def test_a_rule_about_others_is_not(rule: Acl) -> None:
    assert open_to(rule) == []


# -- how brokers let in

CLOSED = {
    "listeners": "USERS://h:1,INSIDE://h:2,SSL://h:3",
    "listener.security.protocol.map": "USERS:SASL_SSL,INSIDE:SSL,SSL:SSL",
    "listener.name.inside.ssl.client.auth": "required",
    "ssl.client.auth": "required",
    "ssl.enabled.protocols": "TLSv1.2,TLSv1.3",
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
}


def test_a_closed_broker() -> None:
    assert list(let_in(1, CLOSED)) == []


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (
            {"listener.security.protocol.map": "USERS:SASL_PLAINTEXT,INSIDE:SSL,SSL:SSL"},
            ["Broker 1's listener USERS speaks SASL_PLAINTEXT, without TLS."],
        ),
        (
            {"listeners": "PLAINTEXT://h:1", "listener.security.protocol.map": ""},
            [
                "Broker 1's listener PLAINTEXT speaks PLAINTEXT, without TLS.",
                "Broker 1's listener PLAINTEXT asks nobody who they are.",
            ],
        ),
        (
            {"listener.name.inside.ssl.client.auth": "requested"},
            ["Broker 1's listener INSIDE asks nobody who they are."],
        ),
        ({"ssl.enabled.protocols": "TLSv1.1,TLSv1.2"}, ["Broker 1 speaks TLSv1.1, which is broken."]),
        (
            {"allow.everyone.if.no.acl.found": None},
            ["Broker 1 may let everybody do what no rule speaks of."],
        ),
        ({"auto.create.topics.enable": "true"}, ["Broker 1 makes any topic that somebody names."]),
        (
            {"unclean.leader.election.enable": "true"},
            ["Broker 1 may take a copy for whole that lacks the newest facts."],
        ),
    ],
)
def test_a_broker_that_is_open(setting: dict[str, str | None], said: list[str]) -> None:
    given = dict(setting)
    if given.get("listener.security.protocol.map") == "":
        given["ssl.client.auth"] = "none"

    assert wrong(let_in(1, {**CLOSED, **given})) == said


# -- the local servers


def test_what_is_so_by_design_is_a_note_and_nothing_else_is() -> None:
    given = [
        Finding("Kafka", "wrong", "a"),
        Finding("logins", "wrong", "b"),
        Finding("rights", "wrong", "c", "d"),
        Finding("servers", "wrong", "e"),
        Finding("PostgreSQL", "well", "f"),
    ]

    assert list(by_design(given)) == [
        Finding("Kafka", "note", "a", BY_DESIGN),
        Finding("logins", "note", "b", BY_DESIGN),
        *given[2:],
    ]


def test_servers_that_do_not_run_are_told(home: Path) -> None:
    *_, last = examine(Settings(home=home / "none"))

    assert (last.check, last.state, last.hint) == ("servers", "wrong", "Start them with `carechain up`.")


@pytest.mark.broker
def test_the_local_servers_are_open_by_design(servers: object) -> None:
    found = [finding for finding in examine(Settings()) if finding.check != "files"]

    assert [finding.message for finding in found if finding.state == "wrong"] == []
    notes = " ".join(finding.message for finding in found if finding.state == "note")
    assert "is not encrypted" in notes
    assert "(SASL/PLAIN)" in notes
    assert "Kafka has no authorizer" in notes
    assert "carechain is a superuser" in notes


@pytest.mark.broker
def test_one_login_for_facts_and_vault_is_named(place: Place) -> None:
    found = wrong(postgres(place.connections, administrator=False))

    assert "One login, carechain, reads both the facts and the vault." in found
    assert not [said for said in found if "Every login" in said]


@pytest.mark.broker
def test_rights_that_kafka_cannot_keep_are_listed_and_not_made(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The local Kafka has no authorizer."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Settings, "flags", {})

    assert main.run(["topics", "acl", "--output", "csv", "--principal", "relay=User:mine"]) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0] == "service,principal,operation,resource,name,prefixed,there"
    assert f"relay,User:mine,WRITE,topic,{place.topic('facts')},False,False" in rows
    assert f"intake,User:carechain-intake,READ,group,{place.topic('inbound')}.intake,False,False" in rows

    assert main.run(["topics", "acl", "--apply"]) == 4
    assert "Kafka has no authorizer, so there is nothing that could keep rules." in capsys.readouterr().err


def test_an_administrators_look_is_one_at_security(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["doctor", "--administrator"]) == 2
    assert "--administrator goes with --security" in capsys.readouterr().err


def test_principals_come_from_the_environment_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "carechain.toml").write_text('[kafka_principals]\nrelay = "User:of-the-file"\n')
    assert principals(Settings())["relay"] == "User:of-the-file"

    monkeypatch.setenv("CARECHAIN_KAFKA_PRINCIPALS", '{"relay": "User:of-the-environment"}')
    assert principals(Settings())["relay"] == "User:of-the-environment"
