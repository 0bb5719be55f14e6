"""The command `carechain`: finds each subcommand's file when it is used, and turns errors into sentences."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from cli.identities import refuse_numbers
from cli.looking import Emergency, set_given
from cli.output import say

INTERNAL_ERROR = 70
NOT_ALLOWED = 4
INTERRUPTED = 130

EPILOG = """\
\b
Exit codes:
  0    well; a read exits 0 whatever it shows
  1    refused, or a check found what it looks for
  2    wrong usage or configuration
  3    Kafka or PostgreSQL cannot be reached
  4    not allowed
  130  interrupted
"""


class Entry(NamedTuple):
    """One line of `carechain --help`."""

    module: str
    help: str


# In the order a newcomer meets them. A file is imported when its command is used: --help is instant.
COMMANDS: dict[str, Entry] = {
    "demo": Entry("cli.demo", "See it all once: servers, messages, rebuild, answers."),
    "up": Entry("cli.servers", "Start Kafka and PostgreSQL and make them ready."),
    "down": Entry("cli.servers", "Stop the local Kafka and PostgreSQL; their data stays."),
    "status": Entry("cli.servers", "Say whether the servers run, and where."),
    "doctor": Entry("cli.servers", "Look for what is wrong, and say what to do."),
    "config": Entry("cli.servers", "Show each setting and where it came from."),
    "topics": Entry("cli.servers", "List the topics, or make the missing ones."),
    "run": Entry("cli.run", "Move facts to Kafka and on into the answers, until Ctrl-C."),
    "record": Entry("cli.record", "Record one fact about a patient."),
    "ingest": Entry("cli.ingest", "Read messages from files or folders."),
    "source": Entry("cli.source", "Show or check profiles and mappings of what sends to us."),
    "dead-letters": Entry("cli.dead_letters", "Look at messages that could not be read; retry or discard."),
    "simulate": Entry("cli.simulate", "Write a simulated month of one region."),
    "rules": Entry("cli.rules", "List every rule and measure with its source."),
    "schema": Entry("cli.schema", "Print the JSON Schema of what goes in and comes out."),
    "journey": Entry("cli.journey", "Show, list, compare or replay patients' journeys."),
    "patient": Entry("cli.patient", "Write the account that a patient can read."),
    "stay": Entry("cli.stay", "List stays."),
    "responsible": Entry("cli.reads", "Say who is responsible now."),
    "waits": Entry("cli.reads", "Say how long patients wait."),
    "missed": Entry("cli.reads", "Say which handoffs are late or never happened."),
    "findings": Entry("cli.reads", "Say what contradicts itself or is missing."),
    "quality": Entry("cli.quality", "Say how good it is what sources send, and which are silent."),
    "liability": Entry("cli.liability", "Say which municipality pays, from when, or why not."),
    "summary": Entry("cli.summary", "Show the region's picture under the five words."),
    "explain": Entry("cli.explain", "Say why a row says what it says."),
    "agreement": Entry("cli.agreement", "Show, check or adopt agreements; say which one holds."),
    "register": Entry("cli.register", "Show or adopt the amounts per day, and the tracks."),
    "organisation": Entry("cli.organisation", "Name units, and list those that nobody named."),
    "population": Entry("cli.population", "Show or adopt the numbers of inhabitants."),
    "whatif": Entry("cli.whatif", "Say what other terms, or quicker steps, would have changed."),
    "settlement": Entry("cli.settlement", "Settle, dispute or freeze municipalities' months."),
    "projection": Entry("cli.projection", "Rebuild, verify or watch what is shown."),
    "export": Entry("cli.export", "Write journeys for other programs: XES, OCEL, CSV, FHIR."),
    "audit": Entry("cli.audit", "Prove, verify and inspect what was recorded."),
    "staff": Entry("cli.staff", "Say in which capacity each login reads."),
    "vault": Entry("cli.vault", "Keep keys and identities; erase what must not be kept."),
    "kept": Entry("cli.kept", "List, stop or drop answers kept about past times."),
}


class LazyGroup(TyperGroup):
    """Lists all commands from the table, and imports only the one that is used."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the table's order."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The line for --help; `resolve_command` gets the real one."""
        entry = COMMANDS.get(cmd_name)
        return TyperCommand(cmd_name, help=entry.help, rich_markup_mode=None) if entry else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command itself, or a usage error with a suggestion."""
        self.commands = {name: self.get_command(ctx, name) for name in COMMANDS}
        name, stub, rest = super().resolve_command(ctx, args)
        return name, load_command(name) if stub is not None and name else stub, rest


def load_command(name: str) -> Any:
    """Import a command's file: its app's command of that name, or the app itself where it holds verbs."""
    group = get_group(import_module(COMMANDS[name].module).app)
    return group.commands.get(name, group)


app = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


class _Run:
    debug = False


def _set_debug(wanted: bool) -> None:
    # Before the command's file is imported, which may go wrong, too.
    _Run.debug = wanted


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed

        sys.stdout.write(f"carechain {installed('carechain')}\n")
        raise typer.Exit


@app.callback()
def carechain(
    home: Path | None = typer.Option(None, help="Folder for servers, cache and keys (CARECHAIN_HOME)."),
    no_color: bool = typer.Option(False, "--no-color", help="No colours, no animation (NO_COLOR)."),
    debug: bool = typer.Option(
        False,
        "--debug",
        callback=_set_debug,
        is_eager=True,
        help="Show a traceback when something goes wrong.",
    ),
    purpose: str | None = typer.Option(
        None,
        "--purpose",
        metavar="PURPOSE",
        help="For what patients' data are read: care, quality, audit ...",
    ),
    emergency: Emergency | None = typer.Option(
        None, "--emergency", help="Read one patient without relation or consent; it is listed for checking."
    ),
    lift_protection: bool = typer.Option(
        False, "--lift-protection", help="Show where one patient with protected identity is; it is logged."
    ),
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """Follow patients through the care chain: who is responsible, how long they wait, what was missed.

    \b
    carechain demo                    see it all once
    carechain responsible --json      who is responsible now, for other programs
    carechain missed --as-of 2026-03-01T08:00
    """
    if no_color:
        # One switch for rich, for our own tables and for the processes we start.
        os.environ["NO_COLOR"] = "1"
    if home is not None:
        from infra.settings import Settings

        Settings.flags["home"] = home
    set_given(purpose, emergency, lift=lift_protection)


def main() -> None:
    """What the installed command calls."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; what goes wrong is told on stderr."""
    _Run.debug = False
    try:
        refuse_numbers(arguments)
        result = app_command()(args=list(arguments), prog_name="carechain", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if _Run.debug:
            raise
        message, hint, code = explain(error)
        # Without arguments the message is the help itself.
        say(message if message.startswith("Usage:") else f"error: {message}")
        if hint:
            say(f"hint: {hint}")
        return code


def app_command() -> Any:
    """The command line as one object, for `run` and for tests."""
    return typer.main.get_command(app)


def explain(error: Exception) -> tuple[str, str | None, int]:
    """What to say of an error, what to do about it, and the exit code."""
    from domain.errors import Refused
    from infra.errors import OperatingError

    if isinstance(error, Refused):
        return error.message, error.hint or None, 1
    if isinstance(error, OperatingError):
        return error.message, error.hint, error.exit_code
    if isinstance(error, typer.Abort):
        return "Nothing was done.", None, 1
    usage = _usage(error)
    if usage is not None:
        return usage
    refused = _not_allowed(error)
    if refused is not None:
        return refused
    if _is_lost_server(error):
        return (
            "The connection to Kafka or PostgreSQL was lost.",
            "See `carechain status`, start the servers with `carechain up`, and run the command again.",
            3,
        )
    # Its text may hold anything, an identity too.
    return (
        f"Something is wrong inside carechain ({type(error).__name__}).",
        "Run it again with `carechain --debug ...` and report what it shows.",
        INTERNAL_ERROR,
    )


def _usage(error: Exception) -> tuple[str, str | None, int] | None:
    from typer.exceptions import TyperException

    if not isinstance(error, TyperException):
        return None
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is None or message.startswith("Usage:"):
        return message, None, error.exit_code
    return message, f"See `{context.command_path} --help`.", error.exit_code


def _not_allowed(error: Exception) -> tuple[str, str | None, int] | None:
    """What PostgreSQL refuses a role: in our own words where a function of schema access said them."""
    psycopg = sys.modules.get("psycopg")
    if psycopg is None or not isinstance(error, psycopg.errors.InsufficientPrivilege):
        return None
    told = error.diag
    if told.message_primary and "function access." in (told.context or ""):
        return told.message_primary, told.message_hint, NOT_ALLOWED
    return (
        f"Your role in PostgreSQL may not do or see that ({told.message_primary}).",
        "Ask who runs carechain which role you have: `carechain staff whoami` shows it.",
        NOT_ALLOWED,
    )


def _is_lost_server(error: Exception) -> bool:
    """Whether a driver says that its server is gone; only a driver that was imported can."""
    psycopg, errors = sys.modules.get("psycopg"), sys.modules.get("kafka.errors")
    lost = (psycopg.OperationalError, psycopg.InterfaceError) if psycopg else ()
    return isinstance(error, lost) or (errors is not None and isinstance(error, errors.KafkaError))
