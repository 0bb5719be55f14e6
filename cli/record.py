"""`carechain record FACT`: one typed command for each kind of fact, made from the fact's own class when it is used."""

import inspect
import re
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.identities import refuse_identities

NAMES = 36
"""Columns for the facts' names, none of which shall be broken off from its words."""
_PARAGRAPH = re.compile(r"\((?:LUS|HSL|HSF|SoL|PDL|OSL|lag|patientlagen) \d[\d:, b-]*")
"""In brackets, up to the words that follow it."""


class FactGroup(TyperGroup):
    """Lists the facts by step, and makes only the command that is asked for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse a patient's number wherever it stands, before anything is said of the arguments."""
        refuse_identities(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """The facts' names, in the order of the care chain."""
        from cli.fact_help import steps

        return [kind.NAME for _, kinds in steps() for kind in kinds]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of one fact."""
        from domain.fact import by_name

        kind = by_name(cmd_name)
        return None if kind is None else command_of(kind)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The fact's command, or a usage error with a suggestion."""
        if args and self.get_command(ctx, args[0]) is None:
            # Only for the suggestion: the names, not the commands.
            self.commands = {name: TyperCommand(name) for name in self.list_commands(ctx)}
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The facts by step, each with its Swedish term and paragraph."""
        from cli.fact_help import sentence, steps

        for step, kinds in steps():
            with formatter.section(step):
                formatter.write_dl([(kind.NAME, _short(sentence(kind))) for kind in kinds], col_max=NAMES)


def _short(text: str) -> str:
    """The term, and the paragraph of the law where the sentence names one."""
    first = text.partition(". ")[0]
    paragraph = _PARAGRAPH.search(first)
    term = first.partition(": ")[0].partition(" (")[0].rstrip(".")
    return f"{term} {paragraph[0].rstrip(',: ')})" if paragraph else term


app = typer.Typer(
    cls=FactGroup, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
)


@app.callback(invoke_without_command=True, subcommand_metavar="FACT [OPTIONS]")
def record(ctx: typer.Context) -> None:
    """Record one fact about a patient.

    \b
    carechain record
    carechain record patient-admitted --help
    carechain record leave-started --patient - --unit SE2321000198-016965 --at 2026-03-02T08:00

    The command is held against what is known of the patient, and refused in words where it cannot be. What is
    recorded is never changed: a mistake is mended by fact-voided or fact-amended.
    """
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def command_of(kind: Any) -> Any:
    """The command that records this kind of fact."""
    from cli.common_options import COMMON, FLAGS
    from cli.fact_options import options

    fields = options(kind, FLAGS)

    def run(**given: Any) -> None:
        # Here, so that --help need not wait for it.
        from cli.recording import record_fact

        record_fact(kind, fields, given)

    parameters = [_parameter(field.field, field) for field in fields]
    parameters += [_parameter(name, option, must=name in kind.MANDATORY) for name, option in COMMON.items()]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__doc__ = _help(kind, fields)
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    single.command(kind.NAME)(run)
    return typer.main.get_command(single)


def _parameter(name: str, option: Any, *, must: bool = False) -> inspect.Parameter:
    switch = option.annotation is bool and "/" not in option.flags[0]
    text = f"Must be given. {option.help}" if must else option.help
    declared = typer.Option(False if switch else None, *option.flags, metavar=option.metavar, help=text)
    annotation = bool if switch else option.annotation | None
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=declared, annotation=annotation)


def _help(kind: Any, fields: Any) -> str:
    from cli.fact_help import more, sentence
    from cli.fact_options import TRACK

    example = f"carechain record {kind.NAME} --patient -"
    if "unit" in kind.model_fields or not kind.MANDATORY:
        example += " --unit hsa:SE2321000198-016965"
    for option in fields:
        if option.field in kind.MANDATORY:
            flag = option.flags[0].partition("/")[0]
            example += f" {flag} {option.sample}".rstrip()
    tracks = _tracks() if any(option.metavar == TRACK for option in fields) else []
    return "\n\n".join([sentence(kind), f"\b\n{example} --at 2026-03-02T08:00", *more(kind), *tracks])


def _tracks() -> list[str]:
    """The tracks with their names, as a paragraph that is not broken."""
    from domain.tracks import tracks

    width = max(len(track.id) for track in tracks())
    return ["\b\nTracks:\n" + "\n".join(f"  {track.id:{width}}  {track.title}" for track in tracks())]
