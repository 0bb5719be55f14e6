"""`carechain export`: journeys in the forms that other programs read, under pseudonyms."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.asking import (
    AsOfOption,
    KnownAtOption,
    MunicipalityOption,
    PatientOption,
    RegionOption,
    UnitOption,
)
from cli.period import PeriodOption

if TYPE_CHECKING:
    from cli.exporting import Selection, Tally
    from consumers.exports.shown import ShownJourney

app = typer.Typer(rich_markup_mode=None)


class Format(StrEnum):
    """The forms, one a file of ``consumers.exports``."""

    XES = "xes"
    OCEL_JSON = "ocel-json"
    OCEL_SQLITE = "ocel-sqlite"
    CSV = "csv"
    PROVENANCE = "provenance"
    AUDIT_EVENT = "audit-event"


class Case(StrEnum):
    """What a trace of an event log is about."""

    JOURNEY = "journey"
    STAY = "stay"


LOGS = (Format.XES, Format.OCEL_JSON, Format.OCEL_SQLITE)
"""Those that tell what happened, and not what is on record."""


@app.command(short_help="Write journeys for other programs: XES, OCEL, CSV, FHIR.")
def export(
    journeys: Annotated[
        list[str] | None, typer.Argument(metavar="JOURNEY", help="Journeys: their ids, or how they begin.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="For what kind of program.")] = Format.CSV,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="A new file (default: stdout).")
    ] = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    period: PeriodOption = None,
    case: Annotated[Case, typer.Option("--case", help="In xes: a trace for what.")] = Case.JOURNEY,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
) -> None:
    """Write journeys in a form that other programs read: ids and references in place of people, and no free text.

    \b
    carechain export 3f2a91c4 --format provenance
    carechain export --municipality Gävle --period 2026-03-01 2026-04-01 --format xes
    carechain export --region Gävleborg --format ocel-sqlite --output log.sqlite

    \b
    csv          one fact a line, everything on record
    xes          an event log for process mining (IEEE 1849)
    ocel-json    an object-centric event log (OCEL 2.0), as JSON
    ocel-sqlite  the same, as an SQLite file
    provenance   who did what: FHIR R4 Provenance, one a fact
    audit-event  who has looked: FHIR R4 AuditEvent, one a look

    Event logs tell what counts as having happened: what was voided, and what voided it, is in the others.
    With audit-event, --period is about when somebody looked.
    """
    from cli.exporting import Tally, selection

    wanted = selection(
        journeys or (),
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        known_at=known_at,
        period=period,
    )
    tally = Tally()
    if format is Format.OCEL_SQLITE:
        _sqlite(wanted, output, tally)
    else:
        _text(wanted, format, case, output, tally)
    tally.tell(logs=format in LOGS, looks=format is Format.AUDIT_EVENT, by_stay=case is Case.STAY)


def _sqlite(wanted: "Selection", output: Path | None, tally: "Tally") -> None:
    from cli.exporting import new_file
    from consumers.exports.ocel_sqlite import write

    if output is None:
        raise typer.BadParameter("an SQLite file needs a name.", param_hint="--output")
    with new_file(output) as file:
        file.close()
        write(_shown(wanted, tally), output)


def _text(wanted: "Selection", format: Format, case: Case, output: Path | None, tally: "Tally") -> None:
    from cli.exporting import looks, text_file
    from consumers.exports import audit_event, csv_rows, ocel_json, provenance, xes

    with text_file(output) as file:
        match format:
            case Format.XES:
                xes.write(_shown(wanted, tally), file, case=case.value)
            case Format.OCEL_JSON:
                ocel_json.write(_shown(wanted, tally), file)
            case Format.PROVENANCE:
                provenance.write(_shown(wanted, tally), file)
            case Format.AUDIT_EVENT:
                audit_event.write(looks(wanted, tally), file)
            case _:
                csv_rows.write(_shown(wanted, tally), file)


def _shown(wanted: "Selection", tally: "Tally") -> "Iterator[ShownJourney]":
    from cli.exporting import shown

    return shown(wanted, tally)
