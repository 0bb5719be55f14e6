"""`carechain journey show`, `list`, `diff` and `replay`: one patient's whole way, or which ways are known."""

import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import units, words
from cli.asking import (
    Asked,
    AsOfOption,
    CheckOption,
    JourneyOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    PatientOption,
    RegionOption,
    UnitOption,
    asking,
    chosen,
    form,
    meta,
    patient_number,
    tell,
)
from cli.clocks import read_two
from cli.looking import Sees, act, look
from cli.output import Output, print_rows, say
from cli.reading import connected, one_moment, require_shown
from cli.understood import understood

if TYPE_CHECKING:
    from cli.replay import Replay, Step

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Show, list, compare or replay patients' journeys."
)

JourneyArgument = Annotated[
    str | None, typer.Argument(metavar="JOURNEY", help="The journey's id, or how it begins.")
]


@app.command("list")
def list_journeys(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List journeys, the one where something happened last first.

    \b
    carechain journey list
    carechain journey list --municipality Gävle
    carechain journey list --json
    """
    from projections.journeys import JourneyAnswer, journeys
    from projections.query import columns

    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        known_at=known_at,
    ) as asked:
        found = journeys(asked.connection, asked.schema, asked.filters, asked.now)
        tell(asked, found, columns(JourneyAnswer), journey_line, output=form(output, json=json), check=check)


def journey_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    return {
        "journey": words.short(line),
        "state": (line["state"] or "").replace("_", " "),
        "facts": line["facts"],
        "missed": line["missed"],
        "municipality": words.municipality(line["municipality"]),
        "last": line["last_at"],
        "what": words.fact(line["last_fact"] or ""),
    }


@app.command(short_help="Show one journey on one page.")
def show(
    journey: JourneyArgument = None,
    patient: PatientOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show one journey: stays, who is responsible, next steps, what was missed, waits, what happened.

    \b
    carechain journey show 3f2a91c4
    carechain journey show --patient -
    carechain journey show 3f2a91c4 --as-of 2026-03-01T08:00
    """
    chosen = _one_form(output, json=json)
    with asking(journey=_named(journey, patient), patient=patient, as_of=as_of, known_at=known_at) as asked:
        from cli.journey_page import gather, print_page

        found = gather(asked)
        if chosen is Output.TABLE:
            print_page(found, asked.now)
        else:
            print_rows([found], (), output=chosen, meta=meta(asked))


@app.command(short_help="Show what changed between two states of knowledge.")
def diff(
    journey: JourneyArgument = None,
    patient: PatientOption = None,
    known_at: Annotated[
        list[str] | None,
        typer.Option(
            "--known-at", metavar="TIME", help="Give it twice: from when, and to when (once: until now)."
        ),
    ] = None,
    as_of: AsOfOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Show what changed between two states of knowledge of a journey, and which facts changed it.

    Both are asked about the same moment: --as-of, or else the later of the two.

    \b
    carechain journey diff 3f2a91c4 --known-at 2026-03-02T17:00 --known-at 2026-03-06T17:00
    carechain journey diff 3f2a91c4 --known-at 2026-03-02T17:00 --as-of 2026-03-02T17:00
    carechain journey diff --patient - --known-at 2026-03-02T17:00 --json

    Only what says something else is shown: what changed and changed back is not.
    """
    _named(journey, patient)
    first, clocks = read_two(as_of, known_at or [])
    number = patient_number(patient)
    with connected() as connection:
        from cli import journey_diff
        from consumers.journal import Journal

        role = act(connection, Sees.PATIENTS)
        require_shown(connection)
        (meant,) = chosen(connection, journey, number, clocks.now) or ()
        look(connection, journeys=(meant,), moment=clocks.now, role=role)
        one_moment(connection)
        units.learn(connection, now=clocks.now, known_at=clocks.known_at)
        found, incomplete = journey_diff.compared(connection, meant, first, clocks)
        more = {**journey_diff.envelope(found, first, clocks), "positions": Journal(connection).positions()}
    wanted = form(output, json=json)
    if wanted is Output.TABLE:
        journey_diff.print_comparison(found, clocks)
    else:
        print_rows(journey_diff.answers(found), journey_diff.COLUMNS, output=wanted, meta=more)
    if incomplete is not None:
        say(f"Incomplete: {incomplete}")


@app.command(short_help="Step through a journey, fact by fact.")
def replay(
    journey: JourneyArgument = None,
    patient: PatientOption = None,
    speed: Annotated[
        float | None,
        typer.Option("--speed", metavar="SECONDS", min=0, help="Play by itself, so long on each moment."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Stop at that moment; a TIME as for --as-of."),
    ] = None,
    step: Annotated[bool, typer.Option("--step", help="Line by line, by key, without panes.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All at once (the default elsewhere).")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Step through a journey, and see at each moment what changed in responsibility, clocks and handoffs.

    On a terminal: panes for facts, responsibility and running clocks. Right and left step, ? tells all keys.

    \b
    carechain journey replay 3f2a91c4
    carechain journey replay 3f2a91c4 --speed 0.5 --until 2026-03-05T12:00
    carechain journey replay --patient - --all
    """
    if (speed is not None) + step + everything > 1:
        raise typer.BadParameter("choose one of --speed, --step and --all.", param_hint="--all")
    chosen = _one_form(output, json=json)
    keys = not everything and sys.stdin.isatty() and sys.stdout.isatty()
    if step and not keys:
        raise typer.BadParameter("there is no terminal with keys; use --speed or --all.", param_hint="--step")
    with asking(journey=_named(journey, patient), patient=patient, as_of=as_of, known_at=known_at) as asked:
        found = load_replay(asked, _until(until, asked.now))
        more = meta(asked)
    if chosen is not Output.TABLE:
        from cli.replay import answer

        print_rows([answer(one) for one in found.steps], (), output=chosen, meta=more)
    elif keys and not step and _can_place_text() and found.steps:
        from cli.replay_view import show as show_view

        show_view(found, speed)
    else:
        _play(found.steps, pause=speed, by_key=keys and speed is None)
    if found.incomplete is not None:
        say(f"Incomplete: {found.incomplete}")
    elif not found.steps:
        say("Nothing had happened by then.")


def _until(text: str | None, now: datetime) -> datetime:
    """The moment the replay stops at, never after the one asked about. Both in UTC."""
    if text is None:
        return now
    from domain.calendar import parse_instant

    return min(now, understood(parse_instant, text, "--until"))


def _can_place_text() -> bool:
    """Whether the terminal says that it can put text where it is told to."""
    return os.environ.get("TERM", "dumb") not in ("", "dumb", "unknown")


def _play(found: "Sequence[Step]", *, pause: float | None, by_key: bool) -> None:
    from cli.replay import print_step

    if by_key and found:
        say("Any key goes on, q ends.")
    for number, one in enumerate(found):
        if number and pause:
            time.sleep(pause)
        if number and by_key and _key_says_stop():
            return
        print_step(one)
        sys.stdout.flush()


def _key_says_stop() -> bool:
    key = typer.getchar()
    if key == "\x03":
        raise KeyboardInterrupt
    return key in ("q", "Q", "\x04", "\x1b")


def load_replay(asked: Asked, until: datetime) -> "Replay":
    """The one journey's steps up to ``until`` (UTC) from the journal's facts, and why they are not all."""
    from cli.history import load_history
    from cli.replay import Replay, steps
    from domain.conclude import conclude

    (journey,) = asked.filters.journeys or ()
    loaded = load_history(asked, journey)
    rows = conclude(journey, loaded.history, loaded.basis)
    return Replay(journey, list(steps(loaded.history, rows, until)), rows, loaded.incomplete)


def _named(journey: str | None, patient: str | None) -> str | None:
    if journey is None and patient is None:
        raise typer.BadParameter("say which journey: its id, or `--patient -`.", param_hint="JOURNEY")
    return journey


def _one_form(output: Output, *, json: bool) -> Output:
    chosen = form(output, json=json)
    if chosen is Output.CSV:
        raise typer.BadParameter("a journey is no table; use json or ndjson.", param_hint="--output")
    return chosen
