"""What is open in Kafka: the connection, what our user may do beyond its work, who else may, how brokers let in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from infra import kafka
from infra.doctor import Finding
from infra.errors import OperatingError
from infra.kafka_acls import NOT_ALLOWED, Acl, Rights
from infra.kafka_rights import (
    ALL,
    GROUPS,
    TRANSACTIONS,
    Granted,
    Service,
    needed_on,
    principals,
    wanted,
    with_implied,
)
from infra.settings import KafkaConnection, Settings
from infra.topics import topic_name

CHECK = "Kafka"
RIGHTS = "Kafka's rights"
HARMLESS = frozenset({"DESCRIBE", "DESCRIBE_CONFIGS", "IDEMPOTENT_WRITE"})
"""What any user may do to the cluster without harm: see who is there, and number what it writes."""
OLD_TLS = frozenset({"TLSv1", "TLSv1.1", "SSLv3"})
TAKE_AWAY = "Take it away with Kafka's own kafka-acls; `carechain topics acl` lists what each service needs."
BY_SCRAM = "Set CARECHAIN_KAFKA_SASL_MECHANISM=SCRAM-SHA-512."
AS_ADMINISTRATOR = "Look with an administrator's settings: `carechain doctor --security --administrator`."


def broker(settings: Settings, connection: KafkaConnection, *, administrator: bool) -> Iterator[Finding]:
    """The connection first, then rights. An administrator's own rights are no news."""
    yield from transport(connection)
    try:
        with kafka.admin(connection) as client:
            who = principals(settings)
            granted = wanted(settings, who)
            if not administrator:
                yield from own_rights(client.rights, settings, connection, who, granted)
            yield from _others(client.rights, settings, granted, administrator=administrator)
    except OperatingError as error:
        yield Finding("servers", "wrong", error.message, error.hint)


def transport(connection: KafkaConnection) -> Iterator[Finding]:
    """Whether it is encrypted, and whether and how we say who we are."""
    place, protocol = connection.bootstrap, connection.security_protocol
    secured, by_password = protocol.endswith("SSL"), protocol.startswith("SASL")
    mechanism = (connection.sasl_mechanism or "PLAIN") if by_password else None
    if not secured:
        yield Finding(
            CHECK,
            "wrong",
            f"The connection to Kafka at {place} is not encrypted.",
            "Set CARECHAIN_KAFKA_SECURITY_PROTOCOL=SASL_SSL, and CARECHAIN_KAFKA_CA_FILE.",
        )
    if mechanism == "PLAIN" and not secured:
        said = f"Our password goes to Kafka at {place} in the clear (SASL/PLAIN)."
        yield Finding(CHECK, "wrong", said, BY_SCRAM)
    if mechanism == "PLAIN" and secured:
        said = f"Kafka at {place} is told our password itself (SASL/PLAIN)."
        yield Finding(CHECK, "note", said, BY_SCRAM)
    if mechanism is None and connection.cert_file is None:
        yield Finding(
            CHECK,
            "wrong",
            f"Kafka at {place} does not ask who we are.",
            "Set CARECHAIN_KAFKA_SECURITY_PROTOCOL=SASL_SSL with user and password, or CARECHAIN_KAFKA_CERT_FILE.",
        )
    if secured:
        login = mechanism or ("our certificate" if connection.cert_file else "nobody's name")
        said = f"The way to Kafka at {place} is encrypted, its certificate checked, the login by {login}."
        yield Finding(CHECK, "well", said)


def own_rights(
    rights: Rights,
    settings: Settings,
    connection: KafkaConnection,
    who: Mapping[Service, str],
    granted: Sequence[Granted],
) -> Iterator[Finding]:
    """What our user may do that its services have no need of; who is none of them is measured by all of them."""
    user = f"User:{connection.username}" if connection.username else None
    services = [service for service, principal in who.items() if principal == user] or list(who)
    named = connection.username or "we"
    found = False
    if more := rights.own_cluster() - HARMLESS:
        found = True
        said = f"On Kafka's cluster itself {named} may {_words(more)}."
        yield Finding(RIGHTS, "wrong", said, TAKE_AWAY)
    beyond: dict[frozenset[str], list[str]] = defaultdict(list)
    for topic, may in sorted(rights.own_topics(topic_name(settings, name) for name in ALL).items()):
        if extra := may - needed_on(granted, services, topic):
            beyond[frozenset(extra)].append(topic)
    for operations, topics in beyond.items():
        found = True
        said = f"On {', '.join(topics)} {named} may {_words(operations)}, and has no need to."
        yield Finding(RIGHTS, "wrong", said, TAKE_AWAY)
    if not found:
        yield Finding(RIGHTS, "well", f"On Kafka {named} may do no more than it needs.")


def _others(
    rights: Rights, settings: Settings, granted: Sequence[Granted], *, administrator: bool
) -> Iterator[Finding]:
    try:
        rules = rights.rules()
        if rules is None:
            yield Finding(
                RIGHTS,
                "wrong",
                "Kafka has no authorizer: whoever is let in may read, write and delete everything.",
                "Set authorizer.class.name on the brokers, then run `carechain topics acl --apply`.",
            )
        else:
            found = list(beyond_need(rules, settings, granted))
            yield from found
            if not found:
                yield Finding(
                    RIGHTS, "well", "On our topics and groups nobody may do more than the services need."
                )
        for number, told in enumerate(rights.brokers(), start=1):
            yield from let_in(number, told)
    except OperatingError as error:
        if error.exit_code != NOT_ALLOWED:
            raise
        yield Finding(RIGHTS, "wrong" if administrator else "note", error.message, AS_ADMINISTRATOR)


def beyond_need(rules: Iterable[Acl], settings: Settings, granted: Sequence[Granted]) -> Iterator[Finding]:
    """Who may, by Kafka's rules, do to what is ours what the table does not give them."""
    topics = [topic_name(settings, name) for name in ALL]
    groups = [f"{topic_name(settings, topic)}.{reader}" for topic, reader in GROUPS.items()]
    ours = [("topic", name) for name in topics] + [("group", name) for name in groups]
    may: dict[tuple[str, str], list[str]] = defaultdict(list)
    for rule in (rule for rule in rules if rule.allow):
        touched = [
            (kind, name)
            for kind, name in ours
            if rule.covers("topic" if kind == "topic" else "group", name)
            and not _is_needed(rule, kind, name, granted)
        ]
        if rule.resource == "transactional-id" and _reaches_relays(rule, granted):
            touched.append(("transactional-id", f"{TRANSACTIONS}*"))
        if rule.resource == "cluster" and rule.operation not in HARMLESS:
            touched.append(("cluster", "the cluster itself"))
        for _, name in touched:
            may[rule.principal, rule.operation].append(name)
    for (principal, operation), names in sorted(may.items()):
        said = (
            f"{principal} may {_words([operation])} on {', '.join(dict.fromkeys(names))}, and has no need to."
        )
        yield Finding(RIGHTS, "wrong", said, TAKE_AWAY)


def _is_needed(rule: Acl, kind: str, name: str, granted: Sequence[Granted]) -> bool:
    mine = {
        one.rule.operation
        for one in granted
        if one.rule.principal == rule.principal and one.rule.resource == kind and one.rule.name == name
    }
    return rule.operation in with_implied(mine)


def _reaches_relays(rule: Acl, granted: Sequence[Granted]) -> bool:
    """Whether it may shut out a relay by writing under its name, or see what that does."""
    overlaps = rule.name == "*" or rule.name.startswith(TRANSACTIONS)
    overlaps = overlaps or (rule.prefixed and TRANSACTIONS.startswith(rule.name))
    mine = {
        one.rule.operation
        for one in granted
        if one.rule.principal == rule.principal and one.rule.resource == "transactional-id"
    }
    return overlaps and rule.operation not in with_implied(mine)


def let_in(number: int, told: Mapping[str, str | None]) -> Iterator[Finding]:
    """How one broker lets in: its listeners, and what happens where no rule speaks."""
    for name, protocol in _listeners(told):
        if not protocol.endswith("SSL"):
            said = f"Broker {number}'s listener {name} speaks {protocol}, without TLS."
            yield Finding(
                CHECK, "wrong", said, "Set it to SASL_SSL or SSL in listener.security.protocol.map."
            )
        own = told.get(f"listener.name.{name.lower()}.ssl.client.auth") or told.get("ssl.client.auth")
        if not protocol.startswith("SASL") and own != "required":
            said = f"Broker {number}'s listener {name} asks nobody who they are."
            yield Finding(CHECK, "wrong", said, "Set its ssl.client.auth=required, or SASL_SSL.")
    if old := OLD_TLS & set(_list(told.get("ssl.enabled.protocols"))):
        said = f"Broker {number} speaks {', '.join(sorted(old))}, which is broken."
        yield Finding(CHECK, "wrong", said, "Set ssl.enabled.protocols=TLSv1.2,TLSv1.3.")
    # Kafka tells that it is set, and not to what.
    if "allow.everyone.if.no.acl.found" in told:
        said = f"Broker {number} may let everybody do what no rule speaks of."
        yield Finding(
            CHECK, "wrong", said, "Leave out allow.everyone.if.no.acl.found: without it, nobody may."
        )
    if told.get("auto.create.topics.enable") == "true":
        said = f"Broker {number} makes any topic that somebody names."
        yield Finding(CHECK, "wrong", said, "Set auto.create.topics.enable=false.")
    if told.get("unclean.leader.election.enable") == "true":
        said = f"Broker {number} may take a copy for whole that lacks the newest facts."
        yield Finding(CHECK, "wrong", said, "Set unclean.leader.election.enable=false.")


def _listeners(told: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """Name and protocol of each listener; one without an entry in the map is called after its protocol."""
    protocols = dict(entry.split(":", 1) for entry in _list(told.get("listener.security.protocol.map")))
    names = [address.split("://", 1)[0] for address in _list(told.get("listeners"))]
    return [(name, protocols.get(name, name)) for name in names]


def _list(value: str | None) -> list[str]:
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def _words(operations: Iterable[str]) -> str:
    """Kafka's words as people read them: DESCRIBE_CONFIGS becomes "describe configs"."""
    return ", ".join(sorted(operation.lower().replace("_", " ") for operation in operations))
