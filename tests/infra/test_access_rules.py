"""Who sees what: every role connects as any program would, and tries to see more than the law lets it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from access_world import (
    ALL,
    AT_WARD1,
    BLOCKED_BETWEEN,
    BLOCKED_INSIDE,
    BY_MUNICIPALITY,
    ELSEWHERE,
    GIVEN,
    GONE,
    HEADS,
    INCAPABLE,
    LINKED_BLOCKED,
    LINKED_HEAD,
    LINKED_HERE,
    LINKED_PROTECTED,
    PROTECTED,
    REFUSED,
    REGION,
    TOGETHER,
    UNBLOCKED,
    UNPROTECTED,
    WARD2,
    WITHDRAWN,
    Login,
    commission,
    drop_login,
    furnish,
    logins,
    make_login,
)
from conftest import Place
from given import WARD
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.json import Jsonb

from projections import base

pytestmark = pytest.mark.broker
NotAllowed = psycopg.errors.InsufficientPrivilege
PURPOSES = {"operator": "coordination", "care": "care", "municipal": "quality", "auditor": "audit"}
SHARED = ("patient-admitted", "admission-notified", "admission-acknowledged", "home-visit-made")
BLOCKING = ("patient-admitted", "service-need-assessed", "block-set")


@pytest.fixture(scope="module")
def world(module_place: Place) -> Iterator[dict[str, Login]]:
    furnish(module_place)
    with logins(module_place) as made:
        yield made


@contextmanager
def at(login: Login) -> Iterator[psycopg.Connection[Any]]:
    with login.connect() as connection:
        yield connection
        connection.rollback()


def look(connection: psycopg.Connection[Any], login: Login, *journeys: UUID, **more: Any) -> Any:
    """Look, by name where journeys are named; committed when this returns: look, opened, blocked, unconsented, veiled."""
    made = looked(connection, login, *journeys, **more)
    connection.commit()
    return made


def looked(connection: psycopg.Connection[Any], login: Login, *journeys: UUID, **more: Any) -> Any:
    given = {"purpose": PURPOSES.get(login.role, "care"), "action": "test", **more}
    if journeys:
        given["journeys"] = list(journeys)
    named = ", ".join(f"{name} => %({name})s" for name in given)
    return connection.execute(f"SELECT * FROM access.look({named})".encode(), given).fetchone()


def timeline(connection: psycopg.Connection[Any], schema: str = "shown") -> dict[UUID, list[str]]:
    """Kinds of the facts that this session sees, by journey."""
    seen: dict[UUID, list[str]] = {}
    asked = f"SELECT journey, rule FROM {schema}.timeline_at(now()) ORDER BY 1, 2".encode()
    for journey, rule in connection.execute(asked):
        seen.setdefault(journey, []).append(rule)
    return seen


def raw_facts(connection: psycopg.Connection[Any]) -> dict[UUID, list[str]]:
    """The same by the facts themselves."""
    seen: dict[UUID, list[str]] = {}
    for journey, raw in connection.execute("SELECT journey, raw FROM journal.fact ORDER BY journey"):
        kind = json.loads(raw)["type"].removeprefix("se.carechain.").removesuffix(".v1")
        seen.setdefault(journey, []).append(kind)
    return {journey: sorted(kinds) for journey, kinds in seen.items()}


def named(connection: psycopg.Connection[Any], login: Login, *journeys: UUID, **more: Any) -> list[str]:
    """What is seen of one patient after a look at them."""
    look(connection, login, *journeys, **more)
    seen = timeline(connection)
    assert raw_facts(connection) == seen or len(journeys) > 1 or len(raw_facts(connection)) > 1
    connection.rollback()
    return sorted(kind for kinds in seen.values() for kind in kinds)


# -- what each role may touch at all -------------------------------------------------------------------------------

READERS = {
    "access": {"purpose": "r", "told_by_law": "r"},
    "journal": {"*": "r"},
    "shown": {"*": "r"},
    "kept": {"answer": "r"},
    "store": {"received": "r"},
}
EVERYTHING = "arwdDxt"
TABLES: dict[str, dict[str, dict[str, str]]] = {
    "operator": READERS | {"figures": {"summary": "r"}},
    "care": READERS,
    "municipal": READERS,
    "auditor": READERS
    | {
        "access": {
            "purpose": "r",
            "told_by_law": "r",
            "look": "r",
            "entry": "r",
            "checked": "r",
        },
        "store": {"received": "r", "identity": "r", "outbox": "r"},
    },
    "leader": {"figures": {"summary": "r"}},
    "dashboard": {"figures": {"summary": "r"}},
    "figures": {
        "figures": {"summary": "ard"},
        "journal": {"*": "r"},
        "shown": {"*": "r"},
        "store": {"received": "r"},
    },
}
"""Of people, and of the service that counts: r select, a insert, w update, d delete, D truncate, x references, t trigger."""
WORDS = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
}
_PRIVILEGES = """
    SELECT n.nspname, c.relname, concat({}) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
"""


def privileges(connection: psycopg.Connection[Any], role: str) -> dict[str, dict[str, str]]:
    """What a role may do with tables, tables of a schema that it may do the same with as ``*``."""
    each = ", ".join(
        f"CASE WHEN has_schema_privilege('{role}', n.oid, 'USAGE')"
        f" AND has_table_privilege('{role}', c.oid, '{word}') THEN '{letter}' ELSE '' END"
        for letter, word in sorted(WORDS.items())
    )
    found: dict[str, dict[str, str]] = {}
    for schema, table, letters in connection.execute(_PRIVILEGES.format(each).encode()):
        found.setdefault(schema, {})[table] = letters
    told: dict[str, dict[str, str]] = {}
    for schema, tables in found.items():
        if any(tables.values()):
            same = set(tables.values())
            told[schema] = {"*": same.pop()} if len(same) == 1 and len(tables) > 1 else tables
    return {
        schema: {table: letters for table, letters in tables.items() if letters}
        for schema, tables in told.items()
    }


@pytest.mark.parametrize("role", TABLES)
def test_a_role_may_touch_these_tables_and_no_others(
    module_place: Place, world: dict[str, Login], role: str
) -> None:
    expected = {
        schema: {table: "".join(sorted(letters)) for table, letters in tables.items()}
        for schema, tables in TABLES[role].items()
    }
    with psycopg.connect(module_place.connections.read_dsn) as connection:
        found = privileges(connection, world[role].name)
    # What else auditors prove things with is named where that is tested.
    assert {name: found.get(name) for name in {*expected, "vault"}} == {**expected, "vault": None}
    if role != "auditor":
        assert found.keys() == expected.keys()


OF_READERS = (
    "administers commissioned hidden hidden_keys hours_heard known look looked of_rows opened places_withheld"
    " sources_heard veiled"
)
FUNCTIONS = {
    "operator": OF_READERS,
    "care": OF_READERS,
    "municipal": OF_READERS,
    "auditor": f"{OF_READERS} check_look staff_of",
    "leader": "commissioned",
    "dashboard": "commissioned",
    "figures": "hidden hours_heard opened protected sources_heard veiled",
    "projector": "hidden hours_heard opened protected sources_heard veiled",
    "relay": "",
    "writer": "hours_heard sources_heard",
    "keeper": "",
}


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_role_may_call_these_functions_and_no_others(
    module_place: Place, world: dict[str, Login], role: str
) -> None:
    with psycopg.connect(module_place.connections.read_dsn) as connection:
        found = connection.execute(
            "SELECT DISTINCT p.proname FROM pg_proc p WHERE p.pronamespace = 'access'::regnamespace"
            " AND has_schema_privilege(%(role)s, p.pronamespace, 'USAGE')"
            " AND has_function_privilege(%(role)s, p.oid, 'EXECUTE') ORDER BY 1",
            {"role": world[role].name},
        ).fetchall()
    assert [name for (name,) in found] == sorted(FUNCTIONS[role].split())


@pytest.mark.parametrize("role", FUNCTIONS)
def test_nobody_makes_anything_that_others_would_use(world: dict[str, Login], role: str) -> None:
    # What is shown is a projector's to make, in schemas of its own.
    own = () if role == "projector" else ("CREATE SCHEMA mine",)
    with at(world[role]) as connection:
        for statement in (
            *own,
            "CREATE TABLE public.mine ()",
            "CREATE FUNCTION access.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER TABLE access.look DISABLE TRIGGER ALL",
            "ALTER FUNCTION access.opened() RESET ALL",
            "ALTER TABLE shown.stays DISABLE ROW LEVEL SECURITY",
        ):
            with pytest.raises(NotAllowed):
                connection.execute(statement.encode())
            connection.rollback()


@pytest.mark.parametrize("role", [role for role in FUNCTIONS if role != "figures"])
def test_nobody_takes_another_s_role(module_place: Place, world: dict[str, Login], role: str) -> None:
    administrator = conninfo_to_dict(module_place.connections.read_dsn)["user"]
    with at(world[role]) as connection:
        for other in FUNCTIONS:
            if other != role:
                with pytest.raises(NotAllowed):
                    connection.execute(f"SET ROLE carechain_{other}".encode())
                connection.rollback()
        with pytest.raises(NotAllowed):
            connection.execute(f'SET SESSION AUTHORIZATION "{administrator}"'.encode())


# -- without a look ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", PURPOSES)
def test_without_a_look_there_is_nothing(world: dict[str, Login], role: str) -> None:
    with at(world[role]) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_schema = 'shown' AND table_name <> 'projection'"
            " OR table_schema = 'journal' AND table_name IN ('fact', 'parked', 'concluded', 'link')"
        ).fetchall()
        assert len(tables) >= 12
        for schema, table in tables:
            assert connection.execute(f"SELECT FROM {schema}.{table}".encode()).fetchall() == []
        assert timeline(connection) == {}
        assert connection.execute("SELECT FROM shown.stays_veiled()").fetchall() == []


def test_a_look_opens_nothing_before_it_is_on_disk(world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        looked(connection, world["care"], TOGETHER)
        assert timeline(connection) == raw_facts(connection) == {}
        connection.execute("SAVEPOINT inside")
        looked(connection, world["care"], TOGETHER)
        connection.execute("RELEASE SAVEPOINT inside")
        assert timeline(connection) == {}
        connection.rollback()
        assert timeline(connection) == {}


def test_a_cursor_kept_over_the_commit_was_filled_without_the_look(world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        looked(connection, world["care"], TOGETHER)
        connection.execute("DECLARE kept CURSOR WITH HOLD FOR SELECT FROM shown.timeline")
        connection.commit()
        assert connection.execute("FETCH ALL FROM kept").fetchall() == []
        assert list(timeline(connection)) == [TOGETHER]


def test_another_session_s_look_opens_nothing_here(world: dict[str, Login]) -> None:
    with at(world["care"]) as one, at(world["care"]) as other:
        look(one, world["care"], TOGETHER)
        assert list(timeline(one)) == [TOGETHER]
        assert timeline(other) == {}


def test_the_last_look_alone_counts(world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        look(connection, world["care"], TOGETHER)
        look(connection, world["care"], GIVEN)
        assert list(timeline(connection)) == [GIVEN]


def test_a_terminal_left_open_closes_after_an_hour(module_place: Place, world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        made = look(connection, world["care"], TOGETHER)
        with psycopg.connect(module_place.connections.read_dsn) as admin:
            # As nobody but a superuser could: the log's own triggers are off.
            admin.execute("SET session_replication_role = replica")
            admin.execute("UPDATE access.look SET at = at - interval '61 minutes' WHERE id = %s", made[:1])
        assert timeline(connection) == {}


def test_a_login_without_commission_reads_nothing(module_place: Place) -> None:
    login = make_login(module_place, "carechain_operator")
    try:
        with at(login) as connection:
            with pytest.raises(NotAllowed, match="does not say in which capacity"):
                looked(connection, login, TOGETHER)
            connection.rollback()
            with pytest.raises(NotAllowed, match="does not say in which capacity"):
                looked(connection, login, TOGETHER, acting="operator", staff=uuid4())
    finally:
        drop_login(module_place, login)


def test_a_commission_counts_from_its_first_moment_to_its_last(module_place: Place) -> None:
    login = make_login(module_place, "carechain_operator")
    try:
        commission(module_place, login, valid_from="2026-01-01T00:00Z", valid_to="2026-02-01T00:00Z")
        commission(module_place, login, valid_from="9999-01-01T00:00Z")
        with at(login) as connection, pytest.raises(NotAllowed, match="does not say in which capacity"):
            looked(connection, login, TOGETHER)
    finally:
        drop_login(module_place, login)


def test_a_commission_in_a_role_that_the_login_does_not_have_is_none(module_place: Place) -> None:
    login = make_login(module_place, "carechain_care")
    try:
        commission(module_place, login, role="auditor")
        with at(login) as connection, pytest.raises(NotAllowed, match="does not have the role"):
            looked(connection, login, TOGETHER, purpose="audit")
    finally:
        drop_login(module_place, login)


def test_who_reads_as_what_is_the_register_s_to_say(module_place: Place, world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        made = look(connection, world["care"], TOGETHER, acting="auditor", staff=uuid4())
    with psycopg.connect(module_place.connections.read_dsn) as admin:
        row = admin.execute(
            "SELECT staff, role, unit, organisation, ground FROM access.look WHERE id = %s", made[:1]
        ).fetchone()
    assert row == (world["care"].staff, "care", WARD, REGION, "relation")


@pytest.mark.parametrize(
    ("role", "purpose"),
    [
        ("care", "audit"),
        ("care", "coordination"),
        ("municipal", "audit"),
        ("auditor", "care"),
        ("operator", "x"),
    ],
)
def test_a_role_reads_for_its_own_purposes(world: dict[str, Login], role: str, purpose: str) -> None:
    with at(world[role]) as connection, pytest.raises(NotAllowed, match="for that purpose"):
        looked(connection, world[role], TOGETHER, purpose=purpose)


def test_a_look_names_no_schema_but_our_own(world: dict[str, Login]) -> None:
    with at(world["operator"]) as connection:
        for shown in ("pg_temp", "vault", "mykept_1", "shown; DROP"):
            with pytest.raises(psycopg.errors.InvalidParameterValue):
                looked(connection, world["operator"], shown=shown, relations=["stays"])
            connection.rollback()


# -- getting round it ----------------------------------------------------------------------------------------------


def test_a_function_of_one_s_own_is_shown_no_row_that_is_not_open(world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        connection.execute(
            "CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS"
            " $$ BEGIN RAISE EXCEPTION 'seen: %', $1; END $$"
        )
        assert connection.execute("SELECT FROM shown.stays WHERE pg_temp.leak(unit)").fetchall() == []
        assert (
            connection.execute("SELECT FROM shown.stays_at(now()) WHERE pg_temp.leak(unit)").fetchall() == []
        )
        assert (
            connection.execute(
                "SELECT FROM journal.fact WHERE pg_temp.leak(convert_from(raw, 'UTF8'))"
            ).fetchall()
            == []
        )


def test_objects_of_one_s_own_are_not_taken_for_ours(world: dict[str, Login]) -> None:
    """Everything that a function of the owner names could be named by a reader, too, in its own temporary schema."""
    with at(world["care"]) as connection:
        for statement in (
            "CREATE TEMP TABLE look AS SELECT gen_random_uuid() AS id",
            "CREATE TEMP TABLE restrictions (journey uuid)",
            "CREATE FUNCTION pg_temp.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT ''2020-01-01''::timestamptz'",
            "CREATE FUNCTION pg_temp.array_agg(uuid) RETURNS uuid[] LANGUAGE sql AS 'SELECT NULL::uuid[]'",
            "CREATE FUNCTION pg_temp.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'",
            "CREATE FUNCTION pg_temp.any_is(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
            "CREATE OPERATOR pg_temp.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_temp.any_is)",
            "SET search_path = pg_temp, shown, access, journal, pg_catalog",
        ):
            connection.execute(statement.encode())
        connection.commit()
        made = look(connection, world["care"], TOGETHER)
        assert made[1:] == (1, 0, 1, 0)
        connection.execute("SET search_path = public")
        assert timeline(connection) == {TOGETHER: sorted(SHARED[:3])}


def test_statistics_tell_no_values(module_place: Place, world: dict[str, Login]) -> None:
    with psycopg.connect(module_place.connections.read_dsn, autocommit=True) as admin:
        admin.execute("ANALYZE shown.stays, journal.fact")
    with at(world["care"]) as connection:
        found = connection.execute(
            "SELECT FROM pg_stats WHERE schemaname IN ('shown', 'journal') AND tablename IN ('stays', 'fact')"
        )
        assert found.fetchall() == []


@pytest.mark.parametrize("role", FUNCTIONS)
def test_the_log_is_changed_by_nobody(world: dict[str, Login], role: str) -> None:
    with at(world[role]) as connection:
        for statement in (
            "INSERT INTO access.look DEFAULT VALUES",
            "INSERT INTO access.entry DEFAULT VALUES",
            "INSERT INTO access.commission (login, staff, role) VALUES (session_user, gen_random_uuid(), 'auditor')",
            "UPDATE access.look SET emergency = NULL",
            "DELETE FROM access.entry",
            "TRUNCATE access.look CASCADE",
            "INSERT INTO access.checked DEFAULT VALUES",
            "UPDATE access.checked SET verdict = 'in-order'",
            "DELETE FROM access.purpose",
            "UPDATE access.commission SET role = 'auditor'",
        ):
            with pytest.raises(NotAllowed):
                connection.execute(statement.encode())
            connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE access.look SET purpose = 'quality'",
        "UPDATE access.entry SET blocked = 0",
        "DELETE FROM access.entry",
        "DELETE FROM access.look",
        "DELETE FROM access.commission",
        "UPDATE access.commission SET role = 'auditor'",
        "UPDATE access.commission SET staff = gen_random_uuid()",
        "TRUNCATE access.entry",
        "TRUNCATE access.checked",
        "TRUNCATE access.look CASCADE",
        "TRUNCATE access.commission",
    ],
)
def test_nor_by_whoever_runs_the_installation(
    module_place: Place, world: dict[str, Login], statement: str
) -> None:
    with at(world["care"]) as connection:
        look(connection, world["care"], TOGETHER)
    with psycopg.connect(module_place.connections.read_dsn) as admin, pytest.raises(NotAllowed):
        admin.execute(statement.encode())


# -- who sees whom -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        ("operator", set(HEADS)),
        ("auditor", set(HEADS)),
        ("care", set(AT_WARD1)),
        ("municipal", set(BY_MUNICIPALITY)),
    ],
)
def test_a_list_holds_those_whom_the_reader_takes_part_for(
    world: dict[str, Login], role: str, seen: set[UUID]
) -> None:
    with at(world[role]) as connection:
        look(connection, world[role])
        assert set(timeline(connection)) == seen


@pytest.mark.parametrize("role", ["leader", "dashboard"])
def test_leaders_see_figures_alone(module_place: Place, world: dict[str, Login], role: str) -> None:
    with at(world[role]) as connection:
        assert connection.execute("SELECT FROM figures.summary").fetchall() == []
        with pytest.raises(NotAllowed):
            looked(connection, world[role], TOGETHER)


@pytest.mark.parametrize("journey", [GONE, ELSEWHERE])
def test_who_does_not_take_part_now_does_not_read_by_name(world: dict[str, Login], journey: UUID) -> None:
    with at(world["care"]) as connection, pytest.raises(NotAllowed, match="does not take part"):
        looked(connection, world["care"], journey)


def test_living_in_a_municipality_does_not_make_it_take_part(world: dict[str, Login]) -> None:
    with at(world["municipal"]) as connection, pytest.raises(NotAllowed, match="does not take part"):
        looked(connection, world["municipal"], ELSEWHERE)


def test_of_several_named_those_of_others_stay_closed(world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        assert look(connection, world["care"], TOGETHER, ELSEWHERE)[1] == 1
        assert list(timeline(connection)) == [TOGETHER]


# -- what of a patient ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("journey", "role", "seen"),
    [
        # The home visit is the municipality's own to know, until the patient consents; the rest the law has told.
        (TOGETHER, "care", SHARED[:3]),
        (TOGETHER, "municipal", SHARED[1:]),
        (TOGETHER, "operator", SHARED),
        (TOGETHER, "auditor", SHARED),
        (GIVEN, "care", (*SHARED, "consent-recorded")),
        (GIVEN, "municipal", (*SHARED, "consent-recorded")),
        (INCAPABLE, "care", (*SHARED, "consent-recorded")),
        (REFUSED, "care", (*SHARED[:3], "consent-recorded")),
        (REFUSED, "municipal", (*SHARED[1:], "consent-recorded")),
        (WITHDRAWN, "care", (*SHARED[:3], "consent-recorded", "consent-recorded")),
        (WITHDRAWN, "municipal", (*SHARED[1:], "consent-recorded", "consent-recorded")),
        # That there is a block is told by the number alone, and not who set it.
        (BLOCKED_INSIDE, "care", ("patient-admitted",)),
        (BLOCKED_INSIDE, "operator", ("patient-admitted",)),
        (BLOCKED_INSIDE, "auditor", BLOCKING),
        (UNBLOCKED, "care", (*BLOCKING, "block-lifted")),
        (UNBLOCKED, "operator", (*BLOCKING, "block-lifted")),
        (BLOCKED_BETWEEN, "care", ("patient-admitted", "admission-notified", "consent-recorded")),
        (BLOCKED_BETWEEN, "operator", ("patient-admitted", "admission-notified", "consent-recorded")),
        (BLOCKED_BETWEEN, "municipal", (*SHARED, "consent-recorded", "block-set")),
    ],
)
def test_what_is_seen_of_a_patient(
    world: dict[str, Login], journey: UUID, role: str, seen: Sequence[str]
) -> None:
    with at(world[role]) as connection:
        assert named(connection, world[role], journey) == sorted(seen)


@pytest.mark.parametrize(
    ("journey", "role", "blocked", "unconsented"),
    [
        (TOGETHER, "care", 0, 1),
        (TOGETHER, "municipal", 0, 1),
        (GIVEN, "care", 0, 0),
        (BLOCKED_INSIDE, "care", 2, 0),
        (BLOCKED_BETWEEN, "care", 3, 0),
        (BLOCKED_BETWEEN, "auditor", 0, 0),
        (LINKED_HERE, "care", 2, 0),
    ],
)
def test_how_much_is_withheld_is_told_and_logged(
    module_place: Place,
    world: dict[str, Login],
    journey: UUID,
    role: str,
    blocked: int,
    unconsented: int,
) -> None:
    with at(world[role]) as connection:
        made = look(connection, world[role], journey)
        assert made[2:4] == (blocked, unconsented)
    with psycopg.connect(module_place.connections.read_dsn) as admin:
        row = admin.execute(
            "SELECT sum(blocked), sum(unconsented) FROM access.entry WHERE look = %s", made[:1]
        ).fetchone()
    assert row == (blocked, unconsented)


def test_a_unit_sees_what_it_recorded_itself_also_where_that_is_blocked(module_place: Place) -> None:
    login = make_login(module_place, "carechain_care")
    try:
        commission(module_place, login, unit=WARD2, organisation=REGION)
        with at(login) as connection:
            assert named(connection, login, BLOCKED_INSIDE, emergency="danger-to-life") == sorted(BLOCKING)
            look(connection, login, ELSEWHERE)
            assert timeline(connection) == {ELSEWHERE: ["patient-admitted"]}
    finally:
        drop_login(module_place, login)


def test_rows_that_rest_on_what_is_withheld_are_not_there(world: dict[str, Login]) -> None:
    def rows(connection: psycopg.Connection[Any]) -> set[str]:
        found = connection.execute(
            "SELECT opened_by || closed_by FROM shown.handoffs UNION ALL SELECT opened_by || closed_by FROM shown.waits"
            " UNION ALL SELECT opened_by || closed_by FROM shown.responsibility"
            " UNION ALL SELECT opened_by || closed_by FROM shown.restrictions"
            " UNION ALL SELECT opened_by || closed_by FROM shown.findings"
            " UNION ALL SELECT opened_by || closed_by FROM shown.figures"
        )
        return {fact for (facts,) in found for fact in facts}

    with at(world["auditor"]) as connection:
        look(connection, world["auditor"], BLOCKED_INSIDE)
        every = rows(connection)
    with at(world["care"]) as connection:
        look(connection, world["care"], BLOCKED_INSIDE)
        seen = rows(connection)
        ((admitted,),) = connection.execute("SELECT opened_by[1] FROM shown.timeline").fetchall()
    assert seen == {admitted}
    assert every > seen


@pytest.fixture
def kept(module_place: Place, world: dict[str, Login]) -> Iterator[str]:
    """An answer about a past time: the rows that are shown now, in a schema of its own."""
    schema = f"kept_{uuid4().hex[:8]}"
    with psycopg.connect(module_place.connections.read_dsn) as admin:
        base.create_schema(admin, schema)
        for projection in base.all_projections():
            admin.execute(
                f"INSERT INTO {schema}.{projection.table} SELECT * FROM shown.{projection.table}".encode()
            )
        admin.commit()
        yield schema
        admin.execute(f"DROP SCHEMA {schema} CASCADE".encode())


@pytest.mark.parametrize("role", PURPOSES)
def test_answers_about_past_times_are_under_the_rules_of_now(
    world: dict[str, Login], kept: str, role: str
) -> None:
    with at(world[role]) as connection:
        assert timeline(connection, kept) == {}
        look(connection, world[role])
        now, then = timeline(connection), timeline(connection, kept)
        assert now == then != {}
        look(connection, world[role], shown=kept, relations=["timeline"])
        assert timeline(connection, kept) == now
        units = connection.execute(
            f"SELECT DISTINCT unit FROM {kept}.stays_at(now()) WHERE journey = ANY (%s)".encode(),
            ([PROTECTED, LINKED_HEAD],),
        ).fetchall()
        assert set(units) <= {(None,)}


# -- emergency -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("journey", "seen"),
    [
        (ELSEWHERE, ("patient-admitted",)),
        (TOGETHER, SHARED),
        (BLOCKED_INSIDE, BLOCKING),
        (REFUSED, (*SHARED, "consent-recorded")),
    ],
)
def test_in_an_emergency_one_patient_is_seen_whole_and_it_is_logged_as_that(
    module_place: Place, world: dict[str, Login], journey: UUID, seen: Sequence[str]
) -> None:
    with at(world["care"]) as connection:
        assert named(connection, world["care"], journey, emergency="danger-to-life") == sorted(seen)
    with psycopg.connect(module_place.connections.read_dsn) as admin:
        row = admin.execute(
            "SELECT ground, emergency FROM access.look JOIN access.entry ON look = id WHERE journey = %s"
            " ORDER BY at DESC LIMIT 1",
            (journey,),
        ).fetchone()
    assert row == ("emergency", "danger-to-life")


@pytest.mark.parametrize("role", ["municipal", "auditor"])
def test_emergency_is_for_care_staff(world: dict[str, Login], role: str) -> None:
    with at(world[role]) as connection, pytest.raises(NotAllowed, match="by care staff"):
        looked(connection, world[role], TOGETHER, emergency="danger-to-life")


@pytest.mark.parametrize("more", [{"emergency": "danger-to-life"}, {"lift": True}])
def test_emergency_and_lifting_are_of_one_patient(world: dict[str, Login], more: dict[str, Any]) -> None:
    with at(world["care"]) as connection:
        with pytest.raises(NotAllowed):
            looked(connection, world["care"], **more)
        connection.rollback()
        with pytest.raises(NotAllowed, match="one patient at a time"):
            looked(connection, world["care"], *ALL, **more)
        connection.rollback()
        # Two journeys of one person are one patient's.
        assert look(connection, world["care"], LINKED_HERE, LINKED_BLOCKED, **more)[1] == 2


# -- protected identity --------------------------------------------------------------------------------------------

PLACES = "SELECT DISTINCT journey, unit, municipality, region, party, organisation FROM shown.{}_at(now())"


def places(connection: psycopg.Connection[Any]) -> dict[UUID, set[str]]:
    """Every place that this session is told of, by journey."""
    found: dict[UUID, set[str]] = {}
    for table in (
        "stays",
        "responsibility",
        "handoffs",
        "waits",
        "timeline",
        "findings",
        "figures",
        "restrictions",
    ):
        for journey, *told in connection.execute(PLACES.format(table).encode()):
            found.setdefault(journey, set()).update(place for place in told if place is not None)
    return found


@pytest.mark.parametrize("role", ["care", "operator", "auditor"])
def test_in_lists_and_alone_a_protected_identity_has_no_place(world: dict[str, Login], role: str) -> None:
    with at(world[role]) as connection:
        for asked in ((), (PROTECTED,), (LINKED_HEAD,), (LINKED_PROTECTED,), (PROTECTED, TOGETHER)):
            look(connection, world[role], *asked)
            seen = places(connection)
            hidden = {PROTECTED, LINKED_HEAD} & set(seen)
            assert hidden
            assert all(seen[journey] == set() for journey in hidden)
            assert not {PROTECTED, LINKED_HEAD, LINKED_PROTECTED} & raw_facts(connection).keys()
            direct = connection.execute("SELECT DISTINCT journey FROM shown.stays").fetchall()
            assert not {(PROTECTED,), (LINKED_HEAD,)} & set(direct)
            connection.rollback()


def test_a_protected_identity_is_found_by_no_place(world: dict[str, Login]) -> None:
    with at(world["operator"]) as connection:
        for place in ({"unit": WARD}, {"municipality": "2180"}, {"region": "21"}):
            look(connection, world["operator"], place=Jsonb(place))
            assert TOGETHER in places(connection)
            assert not {PROTECTED, LINKED_HEAD} & set(places(connection))
            connection.rollback()


@pytest.mark.parametrize("journey", [PROTECTED, LINKED_HEAD, LINKED_PROTECTED])
def test_its_place_is_shown_when_asked_for_and_that_is_logged(
    module_place: Place, world: dict[str, Login], journey: UUID
) -> None:
    with at(world["care"]) as connection:
        made = look(connection, world["care"], journey, lift=True)
        assert made[4] == 0
        ((_, seen),) = places(connection).items()
        assert WARD in seen
        assert raw_facts(connection)
    with psycopg.connect(module_place.connections.read_dsn) as admin:
        assert admin.execute("SELECT lifted FROM access.look WHERE id = %s", made[:1]).fetchone() == (True,)


def test_a_protection_that_ended_hides_nothing(world: dict[str, Login]) -> None:
    with at(world["care"]) as connection:
        assert look(connection, world["care"], UNPROTECTED)[4] == 0
        assert WARD in places(connection)[UNPROTECTED]


@pytest.mark.parametrize("journey", [LINKED_HERE, LINKED_BLOCKED])
def test_a_block_under_one_journey_holds_for_all_of_the_person(
    world: dict[str, Login], journey: UUID
) -> None:
    with at(world["care"]) as connection:
        look(connection, world["care"], journey)
        assert timeline(connection) == {LINKED_HERE: ["patient-admitted", "patient-identity-linked"]}
        facts = raw_facts(connection)
        assert LINKED_BLOCKED not in facts
        assert facts[LINKED_HERE] == ["patient-admitted", "patient-identity-linked"]


def test_who_counts_over_everybody_is_told_no_place_of_a_protected_identity(
    module_place: Place, world: dict[str, Login]
) -> None:
    with at(world["figures"]) as connection:
        connection.execute("SET ROLE carechain_figures")
        seen = places(connection)
        assert set(seen) == set(HEADS)
        assert seen[PROTECTED] == seen[LINKED_HEAD] == set()
        assert WARD in seen[TOGETHER]
        assert not {PROTECTED, LINKED_HEAD, LINKED_PROTECTED} & raw_facts(connection).keys()
        assert not {(PROTECTED,), (LINKED_HEAD,)} & set(
            connection.execute("SELECT DISTINCT journey FROM shown.timeline").fetchall()
        )
