"""PostgreSQL away for one place, while the server goes on for all others."""

from collections.abc import Iterator
from contextlib import contextmanager

from conftest import Place

from infra.postgres import connect


@contextmanager
def without_postgres(place: Place) -> Iterator[None]:
    """Nobody reaches this place's database inside, and who was connected is thrown out."""
    name = place.settings.topic_prefix.rstrip(".")
    admin = place.connections.store_dsn.replace(f"/{name}?", "/carechain?")

    def allow(yes: bool) -> None:
        with connect(admin, autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {'true' if yes else 'false'}")  # type: ignore[arg-type]
            if not yes:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )

    allow(False)
    try:
        yield
    finally:
        allow(True)
