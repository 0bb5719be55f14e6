"""`carechain demo`: the whole way once, each step by the command a person would use."""

import shlex
import sys
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.output import progress, say, use_color

if TYPE_CHECKING:
    from uuid import UUID

    from infra.settings import Connections, Settings

app = typer.Typer(rich_markup_mode=None)

REGION = "Gävleborg"
MUNICIPALITY = "Nordanstig"
ADMISSIONS = 400
SEED = 2026


@app.command()
def demo() -> None:
    """See it all once: servers, messages, rebuild from Kafka, one patient replayed, and the answers.

    \b
    carechain demo
    """
    from cli.servers import make_ready
    from infra.logs import configure_logs
    from infra.settings import load_settings

    settings = load_settings()
    configure_logs("WARNING", color=use_color())
    _title("1. A real Kafka and a real PostgreSQL")
    reached = make_ready(settings)
    _title("2. An agreement, messages in published formats, and a simulated month")
    _adopt(settings, reached)
    with as_file(files("infra").joinpath("demo", "messages")) as messages:
        _ingest(
            messages, "five hospital notifications (MedCom FHIR, Denmark), written for this demonstration"
        )
    with as_file(files("infra").joinpath("demo", "ward-system.hl7")) as messages:
        _ingest(messages, "two messages of a ward's system (HL7 v2), the transfer before the admission")
    folder = settings.home / "demo"
    horizon = _simulate(folder)
    _ingest(folder / "facts.ndjson", f"a month of {REGION}, with late, repeated and corrected messages")
    _title("3. Kafka holds every fact; the answers are rebuilt from it")
    _relay(settings, reached)
    _run("projection", "rebuild")
    _title(f"4. One patient's journey, and the region at the month's end ({horizon})")
    _show(reached, horizon)
    _title("What next?")
    _next_commands(horizon)


def _title(text: str) -> None:
    say(f"\n{text}\n{'-' * len(text)}")


def _run(*arguments: str) -> int:
    """One command as a person would give it, shown first."""
    from cli.main import run

    say(f"\n$ carechain {shlex.join(arguments)}")
    code = run(arguments)
    # In a pipe the answers would otherwise come long after the titles on stderr.
    sys.stdout.flush()
    if code > 1:
        raise typer.Exit(code)
    return code


def _adopt(settings: "Settings", reached: "Connections") -> None:
    from consumers.adoption import adopt
    from domain.agreement_file import read_agreement
    from infra.keys import master_key
    from infra.vault import Vault

    text = files("infra").joinpath("demo", "agreement.toml").read_text(encoding="utf-8")
    agreement = read_agreement(text)
    with Vault(reached.vault_dsn, master_key(settings)) as vault:
        (actor,) = vault.staff_refs(["carechain demo"])
    new = adopt(reached.store_dsn, agreement, text, actor, datetime.now(UTC))
    limits = agreement.limits
    say(
        f"{'Adopted' if new else 'Already known:'} the demonstration's agreement, where the law sets no number: notice"
        f" within {limits.discharge_ready_notice_minutes} minutes, municipal care within"
        f" {limits.municipal_start_hours} hours, follow-up after {limits.follow_up_from_hours} to"
        f" {limits.follow_up_within_hours} hours."
    )


def _simulate(folder: Path) -> str:
    """Write the month, always the same, and return the moment its answers hold at."""
    import json

    _run(
        "simulate",
        "--region",
        REGION,
        "--admissions",
        str(ADMISSIONS),
        "--seed",
        str(SEED),
        "--output",
        str(folder),
    )
    from domain.calendar import STOCKHOLM

    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    return f"{datetime.fromisoformat(about['horizon']).astimezone(STOCKHOLM):%Y-%m-%dT%H:%M}"


def _ingest(path: Path, what: str) -> None:
    say(f"\n{what[0].upper()}{what[1:]}:")
    _run("ingest", str(path))


def _relay(settings: "Settings", reached: "Connections") -> None:
    """Publish what is stored: what `carechain run relay` does all the time."""
    from consumers.workers import relay

    published = 0
    with progress("Publishing to Kafka") as advance:
        for stream in ("reference", "facts"):
            count = relay(settings, reached, stream).publish_available()
            advance(count)
            published += count
    if published == 0:
        say("Kafka holds every fact already.")


def _show(reached: "Connections", horizon: str) -> None:
    journey = _telling_journey(reached)
    _run("journey", "replay", str(journey), "--all")
    _run("responsible", "--municipality", MUNICIPALITY, "--notion", "care", "--as-of", horizon)
    _run("summary", "--region", REGION, "--as-of", horizon)
    _run("missed", "--municipality", MUNICIPALITY, "--as-of", horizon)


def _telling_journey(reached: "Connections") -> "UUID":
    """A journey worth replaying: something was missed in it, and it is neither short nor long."""
    from infra.postgres import connect

    with connect(reached.read_dsn) as connection:
        row = connection.execute(
            "SELECT journey FROM shown.timeline GROUP BY journey"
            " HAVING journey IN (SELECT journey FROM shown.handoffs WHERE ended_at > due_at AND outcome = 'done')"
            " AND bool_or(rule = 'municipal-care-started')"
            " ORDER BY abs(count(*) - 13), count(DISTINCT rule) DESC, min(valid_from), journey LIMIT 1"
        ).fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


def _next_commands(horizon: str) -> None:
    for command, why in (
        ("carechain run", "keep relay and projector running; then, in another window,"),
        ("carechain record patient-admitted --help", "record something: every fact has its own command"),
        ("carechain journey list", "all journeys"),
        ("carechain liability --open", "for which days a municipality pays"),
        ("carechain explain --help", "why a row says what it says"),
        (f"carechain missed --as-of {horizon} --json", "for other programs"),
        ("carechain quality", "how good it is what the sources send"),
        ("carechain projection verify", "check what is shown against the facts"),
        ("carechain down", "stop the servers; the data stays"),
    ):
        say(f"  {command:<47} {why}")
