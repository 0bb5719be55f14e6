"""An installation run by a login that is no superuser: the rights of readers and services hold there, too."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from access_world import AT_WARD1, Login, furnish, logins
from conftest import Place
from psycopg import sql
from psycopg.conninfo import make_conninfo

from consumers.figures import Figures
from infra.errors import OperatingError
from infra.postgres import migrate
from infra.roles import ACTED_AS
from infra.settings import Connections

pytestmark = pytest.mark.broker


@pytest.fixture
def owner(place: Place) -> Iterator[Login]:
    """A login that owns a database of its own, and may make no roles."""
    name, password = f"t_{secrets.token_hex(6)}", secrets.token_hex(8)
    super_dsn = place.connections.store_dsn
    named = sql.Identifier(name)
    with psycopg.connect(super_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(named, sql.Literal(password)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(named, named))
        yield Login(
            name,
            "owner",
            password,
            make_conninfo(super_dsn, user=name, password=password, dbname=name),
            uuid4(),
        )
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))
        admin.execute(sql.SQL("DROP OWNED BY {}").format(named))
        admin.execute(sql.SQL("DROP ROLE {}").format(named))


def test_a_plain_owner_is_told_what_it_lacks_and_then_runs_everything(place: Place, owner: Login) -> None:
    with pytest.raises(OperatingError) as refused:
        migrate(owner.dsn)
    assert refused.value.exit_code == 2
    assert f"GRANT {', '.join(ACTED_AS)} TO {owner.name};" in (refused.value.hint or "")
    with psycopg.connect(place.connections.store_dsn, autocommit=True) as admin:
        admin.execute(f"GRANT {', '.join(ACTED_AS)} TO {owner.name}".encode())
    migrate(owner.dsn)

    as_owner = replace(
        place, connections=Connections(place.connections.kafka, owner.dsn, owner.dsn, owner.dsn)
    )
    super_dsn = make_conninfo(place.connections.store_dsn, dbname=owner.name)
    as_super = replace(place, connections=Connections(place.connections.kafka, *[super_dsn] * 3))
    with logins(as_super, ["carechain_care", "carechain_projector"]) as made:
        # What is shown is a service's own: the functions that open it are the plain owner's.
        shown_by = made["projector"].dsn
        furnish(
            replace(place, connections=Connections(place.connections.kafka, shown_by, shown_by, shown_by))
        )
        with made["care"].connect() as connection:
            connection.execute("SELECT access.look('care', 'test')")
            connection.commit()
            seen = connection.execute("SELECT DISTINCT journey FROM shown.timeline_at(now())").fetchall()
        assert {journey for (journey,) in seen} == AT_WARD1
        assert Figures(as_owner.connections.read_dsn, interval=timedelta(hours=1)).publish()
        with psycopg.connect(owner.dsn) as connection:
            for role in ACTED_AS:
                connection.execute(f"SET ROLE {role}".encode())
                connection.execute("RESET ROLE")
            assert connection.execute("SELECT access.administers()").fetchone() == (True,)
