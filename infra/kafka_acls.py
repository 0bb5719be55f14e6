"""Kafka's rights as its own words have them: who may do what, who we are allowed to be, how its brokers are set."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ConfigResource,
    ConfigResourceType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import AuthorizationError, ClusterAuthorizationFailedError, SecurityDisabledError

from infra.errors import OperatingError

NOT_ALLOWED = 4
Resource = Literal["topic", "group", "transactional-id", "cluster", "other"]
_TYPES: dict[Resource, ResourceType] = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional-id": ResourceType.TRANSACTIONAL_ID,
    "cluster": ResourceType.CLUSTER,
}
_NAMES = {kind: name for name, kind in _TYPES.items()}


class Acl(NamedTuple):
    """One rule of Kafka's: the principal may (or must not) do this to resources of this name, or so beginning."""

    principal: str
    resource: Resource
    name: str
    operation: str
    prefixed: bool = False
    host: str = "*"
    allow: bool = True

    def covers(self, resource: Resource, name: str) -> bool:
        """Whether it speaks of this resource."""
        if self.resource != resource:
            return False
        return name.startswith(self.name) if self.prefixed else self.name in (name, "*")


class Rights:
    """What a cluster tells about rights. Where it tells us nothing, OperatingError with exit code 4 is raised."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def rules(self) -> list[Acl] | None:
        """Every rule; none where the brokers have no authorizer, so that everybody may do everything."""
        every = ACLFilter(
            None,
            None,
            ACLOperation.ANY,
            ACLPermissionType.ANY,
            ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY),
        )
        try:
            found, _ = self._client.describe_acls(every)
        except SecurityDisabledError:
            return None
        except ClusterAuthorizationFailedError:
            raise _closed("who may do what") from None
        return [_rule(one) for one in found]

    def add(self, rules: Sequence[Acl]) -> None:
        """Make these rules; one that is there already stays as it is."""
        if not rules:
            return
        answer = self._client.create_acls([_acl(rule) for rule in rules])
        if SecurityDisabledError in answer["failed"]:
            raise OperatingError(
                "Kafka has no authorizer, so there is nothing that could keep rules.",
                hint="Set authorizer.class.name on the brokers: infra/reference/securing-servers.md has the steps.",
                exit_code=NOT_ALLOWED,
            )
        if answer["failed"]:
            raise _closed("or change who may do what")

    def own_cluster(self) -> set[str]:
        """What we may do to the cluster itself, in Kafka's words; it adds what one right brings with it."""
        return set(self._client.describe_cluster()["authorized_operations"] or ())

    def own_topics(self, names: Iterable[str]) -> dict[str, set[str]]:
        """What we may do to each of these topics, as far as we may know of them."""
        found = self._client.describe_topics(list(names))
        return {
            topic["name"]: set(topic["authorized_operations"] or ())
            for topic in found
            if not topic["error_code"]
        }

    def brokers(self) -> list[Mapping[str, str | None]]:
        """The settings of each broker, those that have a value or were given one; a secret's value is none."""
        ids = [str(broker["broker_id"]) for broker in self._client.describe_cluster()["brokers"]]
        asked = [ConfigResource(ConfigResourceType.BROKER, broker) for broker in ids]
        try:
            answer = self._client.describe_configs(asked, config_filter="all")["broker"]
        except AuthorizationError:
            raise _closed("how its brokers are set") from None
        return [{key: entry["value"] for key, entry in answer[broker].items()} for broker in ids]


def _closed(what: str) -> OperatingError:
    return OperatingError(
        f"Our user may not see {what} on Kafka.",
        hint="Ask with an administrator's settings.",
        exit_code=NOT_ALLOWED,
    )


def _rule(found: Any) -> Acl:
    pattern = found.resource_pattern
    return Acl(
        found.principal,
        _NAMES.get(pattern.resource_type, "other"),
        pattern.resource_name,
        found.operation.name,
        pattern.pattern_type is ACLResourcePatternType.PREFIXED,
        found.host,
        found.permission_type is ACLPermissionType.ALLOW,
    )


def _acl(rule: Acl) -> Any:
    pattern = ACLResourcePatternType.PREFIXED if rule.prefixed else ACLResourcePatternType.LITERAL
    return ACL(
        rule.principal,
        rule.host,
        ACLOperation[rule.operation],
        ACLPermissionType.ALLOW if rule.allow else ACLPermissionType.DENY,
        ResourcePattern(_TYPES[rule.resource], rule.name, pattern),
    )
