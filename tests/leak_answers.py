"""Everything that can be asked and seen once identities have gone in: commands, files they write, tables as each role."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from access_world import Login, commission, drop_login, make_login
from conftest import Place
from leak_doors import HL7_PATIENT, REFUSED_PATIENT, STAFF, WARD
from leak_terminal import Terminal
from leaks import tables, values
from psycopg import sql

from infra.roles import ROLES

OF_MARCH = ("--municipality", "Gävle", "--month", "2026-03")
LISTS: Sequence[tuple[str, ...]] = (
    *(("responsible",), ("waits",), ("missed",), ("findings",), ("liability",)),
    *(("stay", "list"), ("journey", "list")),
    *(("summary",), ("summary", "--by", "unit", "--small-groups"), ("summary", "--published")),
    *(("quality",), ("quality", "sources"), ("quality", "--missing", "--unmapped")),
    *(("dead-letters", "list"), ("dead-letters", "list", "--state", "all")),
    *(("agreement", "list"), ("register", "list"), ("organisation", "list"), ("organisation", "unknown")),
    *(("population", "show"), ("settlement", "list"), ("settlement", "show", *OF_MARCH, "--cases")),
    *(("settlement", "invoice", *OF_MARCH), ("kept", "list")),
    *(("projection", "status"), ("projection", "verify")),
    *(("vault", "due"), ("vault", "proposals", "--all"), ("staff", "list"), ("staff", "whoami")),
    *(("audit", "checkpoints"), ("audit", "verify"), ("audit", "access", "--emergencies")),
    *(("audit", "access", "--user", "leak_auditor"), ("audit", "sample", "--share", "100%")),
    *(("status",), ("config",), ("topics", "list"), ("source", "list")),
    ("whatif", "--set", "limits.discharge_ready_notice_minutes=30", "--cases"),
)
"""Questions about everybody; each is asked twice, the second time with --json."""
ROWS = ("responsible", "waits", "missed")
"""Of whose rows one of each rule is explained."""
OF_A_JOURNEY: Sequence[tuple[str, ...]] = (
    *(("journey", "show"), ("journey", "replay", "--all")),
    *(("audit", "history"), ("audit", "prove"), ("audit", "access", "--journey")),
)
EXPORTS = {
    "csv": "csv",
    "xes": "xes",
    "ocel-json": "json",
    "ocel-sqlite": "sqlite",
    "provenance": "ndjson",
    "audit-event": "ndjson",
}
"""Format -> how the file's name ends."""


def ask_everything(terminal: Terminal, journeys: Sequence[str], out: Path) -> None:
    """Every question, in both forms; every export, into files in ``out``."""
    now = datetime.now(UTC).isoformat()
    terminal.run("responsible", "--known-at", now)
    terminal.run("journey", "diff", journeys[0], "--known-at", "2026-03-01T00:00", "--known-at", now)
    terminal.run("--emergency", "cannot-be-asked", "journey", "show", journeys[0])
    terminal.run("summary", "--publish")
    for by_number in ("responsible", "waits", "journey show", "audit history", "audit access", "stay list"):
        terminal.run(*by_number.split(), "--patient", "-", stdin=f"{HL7_PATIENT}\n")
    rows = [row for one in ROWS for row in json.loads(terminal.run(one, "--json"))["data"]]
    explained = {row.get("rule", row.get("measure")): row["id"] for row in rows}.values()
    for form in ((), ("--json",)):
        for row in explained:
            terminal.run("explain", row, *form)
        for question in LISTS:
            terminal.run(*question, *form)
        for journey in journeys:
            for first, *rest in OF_A_JOURNEY:
                terminal.run(first, *rest, journey, *form)
    for security in ((), ("--security",)):
        terminal.try_("doctor", *security)
    for format, ending in EXPORTS.items():
        terminal.run("export", *journeys, "--format", format, "--output", str(out / f"{format}.{ending}"))
    for number, journey in enumerate(journeys):
        terminal.run("audit", "export", "--journey", journey, "--output", str(out / f"{number}.zip"))
        terminal.run("audit", "check", str(out / f"{number}.zip"))
    terminal.run("dead-letters", "export", str(out / "letters.ndjson"))
    for letter in json.loads(terminal.run("dead-letters", "list", "--state", "all", "--json"))["data"]:
        terminal.run("dead-letters", "show", letter["digest"])
        terminal.run("dead-letters", "show", letter["digest"], "--json")
    terminal.try_("dead-letters", "retry", "--all", "--dry-run")
    terminal.run("vault", "status", "--json")
    terminal.run("vault", "backup", str(out / "vault.backup"))


def write_accounts(terminal: Terminal, journeys: Sequence[str], out: Path) -> None:
    """The account that each patient may read, in every form."""
    for number, journey in enumerate(journeys):
        for ending in ("txt", "html", "json", "pdf"):
            form = ("--output", {"txt": "text"}.get(ending, ending))
            terminal.run("patient", "account", journey, *form, "--to", str(out / f"{number}.{ending}"))


def be_refused(terminal: Terminal) -> None:
    """A number where it must not stand, and numbers of nobody who is known: what is said of them names nobody."""
    number = REFUSED_PATIENT
    with terminal.named("refused"):
        terminal.try_("audit", "access", "--user", STAFF)
        left = ("leave-ended", "--patient", "-", "--unit", WARD, "--at", "2026-03-07T08:00", "--note", "-")
        terminal.try_("record", *left, stdin=f"{number}\n{number} ringde\n")
        for words in (
            ("responsible", "--patient", number),
            ("journey", "show", number),
            ("journey", "replay", number),
            ("explain", number),
            ("export", number),
            ("audit", "history", number),
            ("audit", "prove", number),
            ("audit", "export", "--journey", number),
            ("patient", "account", number),
            ("dead-letters", "show", number),
            ("settlement", "dispute", *OF_MARCH, "--ground", "other", "--stay", number),
            ("waits", "--as-of", number),
            ("staff", "add", "--login", "x", "--role", "leader", "--staff-id", number),
            ("vault", "due", "--as-of", number),
            ("ingest", f"/nowhere/{number}.ndjson"),
            ("record", "leave-ended", "--patient", number, "--note", number),
        ):
            terminal.try_(*words)
        erase = ("--controller", "orgnr:2321000198", "--regime", "HSL", "--ground", "retention")
        for unknown in (("waits",), ("journey", "show"), ("export",), ("vault", "erase", *erase)):
            terminal.try_(*unknown, "--patient", "-", stdin=f"{number}\n")
            terminal.try_(*unknown, "--patient", "-", stdin=f"{number[:-1]}0\n")


def tables_by_role(place: Place) -> Iterator[tuple[str, dict[str, bytes]]]:
    """What each role can read with any program, tables and functions, after a logged look at all that it may see."""
    for role in ROLES:
        login = make_login(place, role)
        try:
            yield role, _seen_by(place, login)
        finally:
            drop_login(place, login)


PURPOSES = {"operator": "coordination", "care": "care", "municipal": "quality", "auditor": "audit"}
CAPACITIES = {
    "care": {"unit": f"hsa:{WARD}", "organisation": "orgnr:2321000198"},
    "municipal": {"municipality": "2180", "organisation": "orgnr:2120002338"},
}


def _seen_by(place: Place, login: Login) -> dict[str, bytes]:
    if login.role in PURPOSES:
        commission(place, login, **CAPACITIES.get(login.role, {}))
    with psycopg.connect(login.dsn, autocommit=True) as connection:
        if login.role in PURPOSES:
            connection.execute("SELECT access.look(%s, 'leak test')", (PURPOSES[login.role],))
        functions = connection.execute(
            "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
            " WHERE n.nspname = 'shown' AND p.proargtypes = '1184'::oidvector AND has_schema_privilege(n.oid, 'USAGE')"
            " AND has_function_privilege(p.oid, 'EXECUTE')"
        ).fetchall()
        return tables(connection) | {
            f"function shown.{name}": values(
                connection, sql.SQL("SELECT * FROM {}(now())").format(sql.Identifier("shown", name))
            )
            for (name,) in functions
        }
