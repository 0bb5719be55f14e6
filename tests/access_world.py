"""A few patients whose data may be seen by some and not by others, and logins of every role that try.

Made by hand: who may see what stands in the tests.
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from conftest import Place
from given import DEMO, STORE, WARD, said
from linking import Recorded
from psycopg import sql
from psycopg.conninfo import make_conninfo

from consumers.journal import Journal, Line
from domain.conclude import conclude
from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.admission import PatientAdmitted
from domain.facts.contact import HomeVisitMade
from domain.facts.discharge import PatientDischarged, PatientInformedAtDischarge
from domain.facts.notification import (
    AdmissionAcknowledged,
    AdmissionNotified,
    ConsentRecorded,
    ServiceNeedAssessed,
)
from domain.facts.person import BlockLifted, BlockSet, ProtectedIdentityLifted, ProtectedIdentitySet
from domain.links import persons
from infra.postgres import connect
from infra.roles import ROLES
from projections import base

WARD2 = "hsa:SE2321000198-WARD2"
HOME = "hsa:SE2120002338-HOME"
"""Home care of Gävle kommun."""
REGION, MUNICIPALITY = "orgnr:2321000198", "orgnr:2120002338"


def journey(number: int) -> UUID:
    """A journey's id by its number."""
    return UUID(f"00000000-0000-4000-8000-{number:012}")


TOGETHER = journey(1)
"""In ward 1; the municipality was told, and its home care has visited."""
GONE = journey(2)
"""Was in ward 1, and is at home again."""
ELSEWHERE = journey(3)
"""In ward 2; lives in Gävle, which nobody told."""
BLOCKED_INSIDE = journey(4)
"""In ward 1; what ward 2 recorded is blocked within the region."""
BLOCKED_BETWEEN = journey(5)
"""As TOGETHER, with consent; what the municipality recorded is blocked in shared documentation."""
UNBLOCKED = journey(6)
"""As BLOCKED_INSIDE; the block was lifted again."""
PROTECTED = journey(7)
"""In ward 1, with a protected identity."""
UNPROTECTED = journey(8)
"""In ward 1; the identity is no longer protected."""
GIVEN, WITHDRAWN, REFUSED, INCAPABLE = journey(11), journey(12), journey(13), journey(14)
"""As TOGETHER, and this was said of sharing information."""
LINKED_HEAD, LINKED_PROTECTED = journey(21), journey(22)
"""One person: in ward 1 under the one, protected under the other."""
LINKED_HERE, LINKED_BLOCKED = journey(23), journey(24)
"""One person: in ward 1 under the one, ward 2's data blocked under the other."""
ALL = tuple(journey(number) for number in (1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 21, 22, 23, 24))
HEADS = tuple(one for one in ALL if one not in (LINKED_PROTECTED, LINKED_BLOCKED))
"""Under which rows stand."""
AT_WARD1 = frozenset(HEADS) - {GONE, ELSEWHERE}
BY_MUNICIPALITY = frozenset((TOGETHER, BLOCKED_BETWEEN, GIVEN, WITHDRAWN, REFUSED, INCAPABLE))
"""The municipality takes part."""


class Told(Recorded):
    """What was recorded about them."""

    def ward(self, about: UUID, time: str, fact: Fact, unit: str = WARD) -> None:
        self.say(about, said(time, fact, unit=unit))

    def municipal(self, about: UUID, time: str, fact: Fact) -> None:
        self.say(about, said(time, fact, unit=HOME, controller=MUNICIPALITY, principal="2180"))

    def in_ward(self, about: UUID, unit: str = WARD) -> None:
        self.ward(
            about,
            "2026-03-02T10:00",
            PatientAdmitted(unit=unit, care_form="somatic", municipality="2180"),
            unit,
        )

    def shared(self, about: UUID) -> None:
        """The municipality is told, and answers; its home care visits, which is the municipality's own to know."""
        recipients = (Recipient(role="municipal-health", municipality="2180"),)
        self.in_ward(about)
        self.ward(about, "2026-03-02T13:00", AdmissionNotified(recipients=recipients))
        self.municipal(about, "2026-03-02T14:00", AdmissionAcknowledged())
        self.municipal(about, "2026-03-03T09:00", HomeVisitMade(unit=HOME))


def told() -> Told:
    """All that is recorded about all of them."""
    world = Told()
    world.shared(TOGETHER)
    world.in_ward(GONE)
    world.ward(GONE, "2026-03-05T10:00", PatientDischarged(destination="home"))
    world.ward(GONE, "2026-03-05T10:00", PatientInformedAtDischarge())
    world.in_ward(ELSEWHERE, WARD2)
    for about in (BLOCKED_INSIDE, UNBLOCKED):
        world.in_ward(about)
        world.ward(about, "2026-03-02T11:00", ServiceNeedAssessed(outcome="yes"), WARD2)
        world.ward(about, "2026-03-03T11:00", BlockSet(kind="inner", closed_unit=WARD2), WARD2)
    world.ward(
        UNBLOCKED, "2026-03-04T11:00", BlockLifted(kind="inner", closed_unit=WARD2, ground="patient"), WARD2
    )
    world.shared(BLOCKED_BETWEEN)
    world.ward(BLOCKED_BETWEEN, "2026-03-03T10:00", consent("given"))
    world.municipal(BLOCKED_BETWEEN, "2026-03-04T10:00", BlockSet(kind="shared-documentation"))
    for about in (PROTECTED, UNPROTECTED):
        world.in_ward(about)
        world.ward(about, "2026-03-02T11:00", ProtectedIdentitySet(kind="secrecy-marking"))
    world.ward(UNPROTECTED, "2026-03-03T11:00", ProtectedIdentityLifted(kind="secrecy-marking"))
    for about in (GIVEN, WITHDRAWN, REFUSED, INCAPABLE):
        world.shared(about)
    world.ward(GIVEN, "2026-03-04T10:00", consent("given"))
    world.ward(WITHDRAWN, "2026-03-04T10:00", consent("given"))
    world.ward(WITHDRAWN, "2026-03-05T10:00", consent("withdrawn"))
    world.ward(REFUSED, "2026-03-04T10:00", consent("refused"))
    world.ward(INCAPABLE, "2026-03-04T10:00", consent("incapable"))
    for head, other in ((LINKED_HEAD, LINKED_PROTECTED), (LINKED_HERE, LINKED_BLOCKED)):
        world.in_ward(head)
        world.link("2026-03-04T10:00", head, other)
    world.ward(LINKED_PROTECTED, "2026-03-03T10:00", ProtectedIdentitySet(kind="protected-registration"))
    world.ward(LINKED_BLOCKED, "2026-03-03T10:00", ServiceNeedAssessed(outcome="yes"), WARD2)
    world.ward(LINKED_BLOCKED, "2026-03-03T11:00", BlockSet(kind="inner", closed_unit=WARD2), WARD2)
    return world


def consent(decision: Any) -> ConsentRecorded:
    """What the patient says of sharing information."""
    return ConsentRecorded(scope="information-sharing", decision=decision)


def furnish(place: Place) -> None:
    """Put the facts into the place's journal, and what follows from them into its tables."""
    world = told()
    facts = world.facts
    with connect(place.connections.read_dsn) as connection:
        base.create_schema(connection)
        journal = Journal(connection)
        lines = [
            Line(STORE, about, n, 0, position, position, fact.envelope.recordedtime, fact.raw)
            for position, (about, n, fact) in enumerate(
                ((about, n, fact) for about in facts for n, fact in enumerate(facts[about], 1)), 1
            )
        ]
        assert not journal.append(lines, "facts")
        for person in persons(facts):
            rows = conclude(person.head, person.history, DEMO)
            base.write(connection, base.SCHEMA, {person.head: rows}, {person.head: 0})
            journal.concluded([(one, 0, len(facts[one]), person.head) for one in person.journeys], "basis")


# -- logins --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Login:
    """A login of one of our roles, and what the register says of it."""

    name: str
    role: str
    password: str = field(repr=False)
    dsn: str = field(repr=False)
    staff: UUID

    def connect(self) -> psycopg.Connection[Any]:
        """As anybody connects, with any program."""
        return psycopg.connect(self.dsn)


def make_login(place: Place, *roles: str) -> Login:
    """A login that is a member of these roles, by names as in `infra.roles`."""
    name, password = f"t_{secrets.token_hex(6)}", secrets.token_hex(12)
    with psycopg.connect(place.connections.store_dsn, autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                sql.Identifier(name), sql.Literal(password), sql.SQL(", ").join(map(sql.Identifier, roles))
            )
        )
    dsn = make_conninfo(place.connections.read_dsn, user=name, password=password)
    return Login(name, roles[0].removeprefix("carechain_"), password, dsn, uuid4())


def drop_login(place: Place, login: Login) -> None:
    """Its sessions end with it."""
    with psycopg.connect(place.connections.store_dsn, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = %s", (login.name,)
        )
        # A projector owns what it shows.
        admin.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(login.name)))
        admin.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(login.name)))


def commission(place: Place, login: Login, **said_of_it: Any) -> None:
    """Write it into the staff register."""
    said = {"login": login.name, "staff": login.staff, "role": login.role, **said_of_it}
    names, values = ", ".join(said), ", ".join(f"%({name})s" for name in said)
    with psycopg.connect(place.connections.read_dsn) as admin:
        admin.execute(f"INSERT INTO access.commission ({names}) VALUES ({values})".encode(), said)


@contextmanager
def logins(place: Place, roles: Iterable[str] = tuple(ROLES)) -> Iterator[dict[str, Login]]:
    """A login of each role, by the role's last word, the people among them in the register."""
    made = {role.removeprefix("carechain_"): make_login(place, role) for role in roles}
    capacities: dict[str, dict[str, str]] = {
        "operator": {},
        "care": {"unit": WARD, "organisation": REGION},
        "municipal": {"municipality": "2180", "organisation": MUNICIPALITY},
        "auditor": {},
        "leader": {},
        "dashboard": {},
    }
    try:
        for name, login in made.items():
            if name in capacities:
                commission(place, login, **capacities[name])
        yield made
    finally:
        for login in made.values():
            drop_login(place, login)
