"""Making servers ready for us, local or not: schemas and topics."""

from dataclasses import dataclass

from infra import kafka
from infra.postgres import migrate
from infra.settings import Connections, Settings
from infra.topics import ensure_topics


@dataclass(frozen=True)
class Provided:
    """What was new."""

    migrations: list[str]
    topics: list[str]


def provision(settings: Settings, connections: Connections) -> Provided:
    """Apply missing migrations and make missing topics; a second time changes nothing."""
    databases = dict.fromkeys((connections.store_dsn, connections.read_dsn, connections.vault_dsn))
    migrations = [name for dsn in databases for name in migrate(dsn)]
    with kafka.admin(connections.kafka) as admin:
        return Provided(migrations, ensure_topics(admin, settings))
