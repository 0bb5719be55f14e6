"""`carechain audit history`: all that is on record about one journey, who looked at it included, in order of record."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli import words
from cli.asking import (
    Asked,
    AsOfOption,
    JsonOption,
    KnownAtOption,
    OutputOption,
    PatientOption,
    asking,
    form,
    meta,
)
from cli.output import STOCKHOLM, Output, print_rows, say
from cli.page import print_line

if TYPE_CHECKING:
    from consumers.audit.history import Entry, JourneyHistory

COLUMNS = (
    "kind",
    "what",
    "recorded_at",
    "happened_at",
    "precision",
    "state",
    "recorded_as",
    "happened_as_recorded",
    "journey",
    "version",
    "position",
    "id",
    "hash",
    "previous_hash",
    "actor",
    "role",
    "unit",
    "controller",
    "source",
    "mends",
    "mended_by",
    "purpose",
    "ground",
    "emergency",
)
_WIDTH = 100
_TIME = 19
_INDENT = 2 * (_TIME + 2)
_HASH = 16
"""Signs of a hash on the page; the other forms have it whole."""


def history(
    journey: Annotated[
        str | None, typer.Argument(metavar="JOURNEY", help="The journey's id, or how it begins.")
    ] = None,
    patient: PatientOption = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """List all that is on record about a journey, in the order in which it was recorded.

    \b
    carechain audit history 3f2a91c4
    carechain audit history --patient - --json

    Facts, corrections, alarms and looks, each with when it was recorded and when it happened, by whom, at which unit,
    and by which system it came. Staff are references, never names. `no` is the fact's number in the journey's chain,
    `hash` the SHA-256 of its bytes. Alarms and looks are shown to auditors.
    """
    if journey is None and patient is None:
        raise typer.BadParameter("say which journey: its id, or `--patient -`.", param_hint="JOURNEY")
    from consumers.audit.history import journey_history

    chosen = form(output, json=json)
    with asking(journey=journey, patient=patient, as_of=as_of, known_at=known_at) as asked:
        journeys = asked.filters.journeys or ()
        found = journey_history(
            asked.connection, asked.schema, journeys, asked.linked, asked.now, asked.known_at
        )
        if chosen is Output.TABLE:
            _print(asked, journeys, found)
        else:
            print_rows(map(asdict, found.entries), COLUMNS, output=chosen, meta=_meta(asked, found))
    _tell(found)


def _meta(asked: Asked, found: "JourneyHistory") -> Mapping[str, object]:
    return {
        **meta(asked),
        "not_shown": found.withheld,
        "later": found.later,
        "without": list(found.without),
    }


def _tell(found: "JourneyHistory") -> None:
    """What is not in the list, on stderr."""
    if not found.entries:
        say("Nothing had been recorded by then that you may see.")
    if found.withheld:
        say(f"{found.withheld} more on record: not readable, not concluded yet, or another patient's.")
    if found.later:
        say(f"{found.later} more on record: dated later than asked about.")
    for kind, named in (("alarm", "Alarms are"), ("access", "Who has looked is")):
        if kind in found.without:
            say(f"{named} shown to auditors.")


# -- the page ------------------------------------------------------------------------------------------------------


def _print(asked: Asked, journeys: Sequence[UUID], found: "JourneyHistory") -> None:
    for journey in journeys:
        print_line(("Journey ", "bold"), (str(journey), "bold"))
    if asked.linked:
        print_line((f"The same person's as {', '.join(map(str, asked.linked))}", "dim"))
    chain = {entry.id: _number(entry, asked) for entry in found.entries if entry.version is not None}
    if found.entries:
        print_line((f"{'recorded':{_TIME}}  {'happened':{_TIME}}  what (Swedish time)", "bold"))
    for entry in found.entries:
        print_line(_heading(entry))
        for part in _parts(entry, chain, asked):
            for text in wrap(part, _WIDTH - _INDENT - 2, break_on_hyphens=False):
                print_line((f"{'':{_INDENT + 2}}{text}", "dim"))


def _heading(entry: "Entry") -> str:
    happened = _time(entry.happened_at, entry.precision)
    if entry.happened_at == entry.recorded_at:
        happened = ""
    state = f" ({entry.state})" if entry.state not in (None, "happened") else ""
    kind = f"{entry.kind}: " if entry.kind in ("correction", "access") else ""
    what = entry.what if entry.kind == "access" else words.fact(entry.what)
    recorded = _time(entry.recorded_at) if entry.recorded_at else "not told"
    return f"{recorded:{_TIME}}  {happened:{_TIME}}  {kind}{what}{state}"


def _time(instant: datetime, precision: str = "second") -> str:
    """To the second, in Swedish time; no time where the day alone is known."""
    written = {"day": "%Y-%m-%d", "minute": "%Y-%m-%d %H:%M"}.get(precision, "%Y-%m-%d %H:%M:%S")
    return instant.astimezone(STOCKHOLM).strftime(written)


def _parts(entry: "Entry", chain: Mapping[str | None, str], asked: Asked) -> list[str]:
    """What is said under the heading, a line each."""
    return [
        part
        for part in (
            _place(entry, asked),
            _by(entry),
            _mended(entry, chain),
            _as_recorded(entry),
            _looked(entry),
        )
        if part
    ]


def _place(entry: "Entry", asked: Asked) -> str:
    if entry.version is not None and entry.hash is not None:
        return f"{_number(entry, asked)}, position {entry.position}, hash {entry.hash[:_HASH]}"
    return f"position {entry.position}" if entry.position is not None else ""


def _number(entry: "Entry", asked: Asked) -> str:
    """Where several chains are told of, whose number it is, too."""
    return f"no {entry.version}" + (f" of {words.short_id(entry.journey)}" if asked.linked else "")


def _by(entry: "Entry") -> str:
    who = f"staff {entry.actor[: words.SHORT]}" if entry.actor else ""
    where = words.unit(entry.unit, entry.controller)
    told = ", ".join(filter(None, (who, entry.role, where)))
    source = f"from {entry.source}" if entry.source else ""
    return "; ".join(filter(None, (f"by {told}" if told else "", source)))


def _mended(entry: "Entry", chain: Mapping[str | None, str]) -> str:
    if entry.mended_by is not None:
        return f"{entry.state if entry.kind == 'fact' else 'voided'} by {chain.get(entry.mended_by, 'a correction')}"
    if entry.kind != "correction":
        return ""
    verb = "voids" if entry.what == "fact-voided" else "amends"
    return f"{verb} {', '.join(chain.get(one, 'a fact') for one in entry.mends) or 'nothing that is known'}"


def _as_recorded(entry: "Entry") -> str:
    if entry.recorded_as is None or entry.happened_as_recorded is None:
        return ""
    return f"recorded as {words.fact(entry.recorded_as)} at {_time(entry.happened_as_recorded)}"


def _looked(entry: "Entry") -> str:
    if entry.kind != "access":
        return ""
    told: list[Any] = [f"for {entry.purpose}", f"allowed by {entry.ground}"]
    if entry.emergency:
        told.append(f"emergency: {entry.emergency}")
    return ", ".join(told)
