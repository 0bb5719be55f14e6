"""How servers that are not ours to start answer: version and address, or that they do not."""

from infra import kafka
from infra.errors import OperatingError
from infra.postgres import address, connect
from infra.settings import Connections, Settings, connections


def external_status(settings: Settings) -> list[dict[str, object]]:
    """One row per server, in the form of the local servers' status."""
    reached = connections(settings)
    version = postgres_version(reached.store_dsn)
    return [
        _row("postgresql", version, address(reached.store_dsn)),
        _row("kafka", kafka_brokers(reached), reached.kafka.bootstrap),
    ]


def _row(server: str, version: str | None, place: str) -> dict[str, object]:
    return {
        "server": server,
        "version": version,
        "running": version is not None,
        "address": place,
        "pid": None,
    }


def postgres_version(dsn: str) -> str | None:
    """The server's version, or nothing where it does not answer."""
    try:
        with connect(dsn) as connection:
            return str(connection.info.server_version // 10000)
    except OperatingError:
        return None


def kafka_brokers(reached: Connections) -> str | None:
    """How many brokers there are, in words, or nothing where none answers."""
    try:
        with kafka.admin(reached.kafka) as admin:
            brokers = admin.brokers()
            return "1 broker" if brokers == 1 else f"{brokers} brokers"
    except OperatingError:
        return None
