"""`carechain liability`: from which date which municipality pays, why not, and what it costs."""

from typing import Annotated, Any

import typer

from cli import words
from cli.asking import (
    AsOfOption,
    CheckOption,
    JourneyOption,
    JsonOption,
    KnownAtOption,
    MunicipalityOption,
    OutputOption,
    PatientOption,
    RegionOption,
    asking,
    form,
    tell,
)
from cli.output import Output

app = typer.Typer(rich_markup_mode=None)


@app.command()
def liability(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that have not ended.")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say from which date which municipality pays for a stay (LUS 5 chap.), and if it does not, why.

    \b
    carechain liability --municipality Gävle
    carechain liability --open --as-of 2026-03-06T08:00
    carechain liability --patient - --json

    One line for each discharge-ready notice. Money is shown where the amount of each day is agreed on or confirmed;
    else the line says which is missing. Where a month's mean is settled nobody pays for a single patient: `carechain
    settlement show` has the month. A stay so long that it is reckoned singly may be paid for from an earlier date.
    """
    from consumers.adoption import basis_of
    from consumers.journal import Journal
    from projections.liability import ENDED, STATES, LiabilityAnswer
    from projections.liability import liability as answer
    from projections.query import columns

    chosen = form(output, json=json)
    with asking(
        journey=journey,
        patient=patient,
        municipality=municipality,
        region=region,
        as_of=as_of,
        known_at=known_at,
        states=[state for state in STATES if state != ENDED] if open_only else None,
    ) as asked:
        basis = basis_of(Journal(asked.connection).reference(), known_at=asked.known_at)
        found = answer(asked.connection, asked.schema, asked.filters, asked.now, basis)
        tell(asked, found, columns(LiabilityAnswer), liability_line, output=chosen, check=check)


def liability_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    owed = line["liable_from"] is not None
    amount = f"{line['amount']} SEK" if line["amount"] is not None else line["amount_missing"]
    reason = words.not_paying(line["reason"])
    return {
        "journey": words.short(line),
        "municipality": words.municipality(line["municipality"]) or "unknown",
        "start date": line["start_date"],
        "state": line["state"].replace("-", " "),
        "ended": line["ended_at"],
        "days": words.measured(line["value"], "dates") if owed else "",
        "why not, or amount": amount if owed else reason,
    }
