"""`carechain up`, `down`, `status`, `doctor`, `config` and `topics`: the servers underneath."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from cli import topics_acl
from cli.narrator import TerminalNarrator
from cli.output import Output, print_rows, say
from infra.embedded import servers
from infra.home import Home
from infra.settings import Connections, Settings, connections, explain, load_settings, uses_embedded

if TYPE_CHECKING:
    from infra.doctor import Finding

app = typer.Typer(rich_markup_mode=None)
topics = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="List the topics, make the missing ones, or say who may what.",
)
app.add_typer(topics, name="topics")

JSON = typer.Option(False, "--json", help="The same as --output json.")
OUTPUT = typer.Option(Output.TABLE, "--output", help="How to print the answer.")


@app.command()
def up() -> None:
    """Start Kafka and PostgreSQL and make them ready.

    \b
    carechain up
    CARECHAIN_HOME=/srv/carechain carechain up

    The first time, Kafka's programs (45 MB) are fetched from a Maven repository. Where the settings name
    servers of your own there is nothing to start; their schemas and topics are made all the same.
    """
    from infra.postgres import address

    reached = make_ready(load_settings())
    say(f"Ready: Kafka at {reached.kafka.bootstrap}, PostgreSQL at {address(reached.store_dsn)}.")
    if reached.kafka.embedded:
        say("Stop them with `carechain down`.")


def make_ready(settings: Settings) -> Connections:
    """Start what the settings ask for, make schemas, topics and the master key; says how to reach it all."""
    from infra.keys import master_key
    from infra.provision import provision

    if uses_embedded(settings):
        servers.up(Home(settings.home), settings.maven_base, TerminalNarrator())
    else:
        say("The settings name servers of your own: nothing to start.")
    reached = connections(settings)
    master_key(settings)
    for topic in provision(settings, reached).topics:
        say(f"Made the topic {topic}.")
    return reached


@app.command()
def down() -> None:
    """Stop the local Kafka and PostgreSQL; their data stays.

    \b
    carechain down
    """
    if not servers.down(Home(load_settings().home), TerminalNarrator()):
        say("Nothing was running.")


@app.command()
def status(json: bool = JSON, output: Output = OUTPUT) -> None:
    """Say whether the servers run, and where.

    \b
    carechain status
    carechain status --json
    """
    settings = load_settings()
    if uses_embedded(settings):
        found = [{**asdict(one), "address": _address(one)} for one in servers.status(Home(settings.home))]
    else:
        from infra.reach import external_status

        found = external_status(settings)
    columns = ("server", "version", "running", "address", "pid")
    waiting = _dead_letters(settings) if all(one["running"] for one in found) else None
    meta = {"home": settings.home, "dead_letters": waiting}
    print_rows(found, columns, output=_form(output, json=json), meta=meta)
    if waiting and _form(output, json=json) is Output.TABLE:
        what = "1 message lies" if waiting == 1 else f"{waiting} messages lie"
        say(f"{what} in the dead letters: see `carechain dead-letters list`.")


def _dead_letters(settings: Settings) -> int | None:
    """How many messages lie in the dead letters; none where that cannot be told."""
    import psycopg

    from consumers.intake.dead_letters_kept import count_open
    from infra.errors import OperatingError

    try:
        return count_open(connections(settings).store_dsn)
    except (OperatingError, psycopg.Error):
        return None


def _address(one: servers.Status) -> str | None:
    return f"127.0.0.1:{one.port}" if one.running else None


@app.command()
def doctor(
    security: bool = typer.Option(False, "--security", help="Look for what is open, not for what is broken."),
    administrator: bool = typer.Option(
        False,
        "--administrator",
        help="With --security: the settings are an administrator's; look at all others' rights.",
    ),
    json: bool = JSON,
    output: Output = OUTPUT,
) -> None:
    """Look for what is wrong, and say what to do; exits 1 when it finds something.

    \b
    carechain doctor
    carechain doctor --json
    carechain doctor --security                    what is open: connections, logins, rights, files
    carechain doctor --security --administrator    the same, as one who may see everybody's rights
    """
    findings = [asdict(finding) for finding in _examine(load_settings(), security, administrator)]
    print_rows(findings, ("check", "state", "message", "hint"), output=_form(output, json=json))
    if any(finding["state"] == "wrong" for finding in findings):
        raise typer.Exit(1)


def _examine(settings: Settings, security: bool, administrator: bool) -> "list[Finding]":
    if security:
        from infra.security import examine as look_for_open

        return look_for_open(settings, administrator=administrator)
    if administrator:
        raise typer.BadParameter("--administrator goes with --security.")
    from infra.doctor import examine

    return examine(settings)


def _every_setting() -> str:
    lines = (f"  {name:<24} {field.description}" for name, field in Settings.model_fields.items())
    return "\n".join(("\b", "Settings:", *lines))


@app.command(epilog=_every_setting())
def config(json: bool = JSON, output: Output = OUTPUT) -> None:
    """Show each setting and where it came from; passwords are masked.

    \b
    carechain config
    carechain config --json

    A setting is looked for as a flag, in the environment (CARECHAIN_HOME and so on), in ./carechain.toml and
    in the user's carechain.toml; the first that has it wins.
    """
    rows = [asdict(setting) for setting in explain(load_settings())]
    print_rows(rows, ("name", "value", "origin"), output=_form(output, json=json))


@topics.command("list")
def list_topics(json: bool = JSON, output: Output = OUTPUT) -> None:
    """List our topics as they are on Kafka.

    \b
    carechain topics list
    carechain topics list --json
    """
    from infra import kafka
    from infra.topics import overview

    settings = load_settings()
    with kafka.admin(connections(settings).kafka) as admin:
        rows = [asdict(line) for line in overview(admin, settings)]
    columns = ("name", "exists", "partitions", "replicas", "keeps_days", "holds")
    print_rows(rows, columns, output=_form(output, json=json))


@topics.command("create")
def create_topics() -> None:
    """Make the topics that are missing; those that exist are left as they are.

    \b
    carechain topics create
    """
    from infra import kafka
    from infra.topics import ensure_topics

    settings = load_settings()
    with kafka.admin(connections(settings).kafka) as admin:
        created = ensure_topics(admin, settings)
    for name in created:
        say(f"Made the topic {name}.")
    if not created:
        say("All topics are there.")


topics.command("acl")(topics_acl.acl)


def _form(output: Output, *, json: bool) -> Output:
    return Output.JSON if json else output
