"""`carechain responsible`, `waits`, `missed`, `findings`: the questions about handoffs."""

import difflib
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from cli import words
from cli.asking import (
    AsOfOption,
    CheckOption,
    JourneyOption,
    JsonOption,
    MunicipalityOption,
    OutputOption,
    PatientOption,
    RegionOption,
    UnitOption,
    asking,
    form,
    tell,
)
from cli.output import Output

app = typer.Typer(rich_markup_mode=None)


@app.command()
def responsible(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    notion: Annotated[
        str | None, typer.Option("--notion", metavar="care|next_step", help="Whose care, or whose next step.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    as_of: AsOfOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say who is responsible now: whose care the patient is in, and who owes the next step.

    \b
    carechain responsible
    carechain responsible --patient -
    carechain responsible --municipality Gävle --notion next_step
    carechain responsible --as-of 2026-03-01T08:00 --json
    """
    from projections.query import columns
    from projections.responsibility import ResponsibilityAnswer
    from projections.responsibility import responsible as answer

    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        rules=_known(notion, ("care", "next_step"), "--notion"),
        states=None if everything else ("current",),
    ) as asked:
        found = answer(asked.connection, asked.schema, asked.filters, asked.now)
        chosen = form(output, json=json)
        tell(asked, found, columns(ResponsibilityAnswer), responsible_line, output=chosen, check=check)


def responsible_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    care = line["notion"] == "care"
    return {
        "journey": words.short(line),
        "responsible": words.party(line["party"]),
        "when": words.until(line),
        "unit": line["unit"],
        "for": f"care: {line['role']}" if care else f"{words.title(line['rule'])} ({line['rule']})",
    }


@app.command()
def waits(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    measure: Annotated[
        str | None, typer.Option("--measure", metavar="W-01", help="One measure, W-01 to W-15.")
    ] = None,
    waiting: Annotated[bool, typer.Option("--open", help="Only those still waiting.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="One line for each measure.")] = False,
    monthly: Annotated[
        bool,
        typer.Option("--monthly", help="Days ready for discharge by municipality and month (W-07, W-08)."),
    ] = False,
    as_of: AsOfOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say how long patients wait, or waited, from one act to the next.

    \b
    carechain waits --summary
    carechain waits --measure W-06 --open
    carechain waits --monthly --region Gävleborg
    carechain waits --patient - --json
    """
    from projections.query import columns
    from projections.waits import MeasureAnswer, ReadyMonthAnswer, WaitAnswer, measures, ready_months
    from projections.waits import waits as answer

    if summary and monthly:
        raise typer.BadParameter("choose --summary or --monthly.", param_hint="--monthly")
    chosen = form(output, json=json)
    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        rules=_known(measure, [rule for rule in words.rule_ids() if rule.startswith("W-")], "--measure")
        if measure
        else None,
        states=("waiting",) if waiting else None,
    ) as asked:
        given = (asked.connection, asked.schema, asked.filters, asked.now)
        if summary:
            lines = measures(*given)
            tell(asked, lines, columns(MeasureAnswer), measure_line, output=chosen, check=check)
        elif monthly:
            months = ready_months(*given)
            tell(asked, months, columns(ReadyMonthAnswer), month_line, output=chosen, check=check)
        else:
            found = answer(*given)
            tell(asked, found, columns(WaitAnswer), wait_line, output=chosen, check=check)


def wait_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    return {
        "journey": words.short(line),
        "from": line["started_at"],
        "to": line["ended_at"] or "still waiting",
        "wait": words.measured(line["value"], line["value_unit"]),
        "ended": line["outcome"],
        # Whose it is comes last, where the line may fold: one measure may run for several at once.
        "measure": f"{line['measure']} {words.title(line['measure'])}, {words.owner(line['party'], line['role'])}",
    }


def measure_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    unit = line["value_unit"]
    share = line["share_within"]
    return {
        "waits": line["count"],
        "median": words.measured(line["median"], unit),
        "mean": words.measured(line["mean"], unit),
        "in time": "" if share is None else f"{share:.0%}",
        "waiting": line["waiting"],
        "cut short": line["cut_short"],
        "measure": f"{line['measure']} {words.title(line['measure'])}",
    }


def month_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    return {
        "municipality": words.municipality(line["municipality"]) or "unknown",
        "month": line["month"],
        "discharged": line["discharged"],
        "mean (Stockholm)": words.measured(line["mean_stockholm"], "days"),
        "1 day or more": line["stays_one_day"],
        "mean of those (SKR)": words.measured(line["mean_skr"], "days"),
    }


@app.command()
def missed(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="MH-01", help="One rule.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every handoff: due, open, done, late, missed, cancelled.")
    ] = False,
    as_of: AsOfOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say which handoffs are late or never happened.

    \b
    carechain missed
    carechain missed --region Gävleborg --rule MH-10
    carechain missed --unit SE2321000198-016965 --check
    carechain missed --as-of 2026-03-01T08:00 --json
    """
    from projections.handoffs import MISSED, HandoffAnswer, handoffs
    from projections.query import columns

    chosen = form(output, json=json)
    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        rules=_known(rule, [one for one in words.rule_ids() if not one.startswith("W-")], "--rule")
        if rule
        else None,
        states=None if everything else MISSED,
    ) as asked:
        found = handoffs(asked.connection, asked.schema, asked.filters, asked.now)
        tell(
            asked,
            found,
            columns(HandoffAnswer),
            partial(handoff_line, now=asked.now),
            output=chosen,
            check=check,
        )


def handoff_line(line: Any, now: Any) -> dict[str, object]:
    """One line of the table."""
    return {
        "journey": words.short(line),
        "state": line["state"],
        "due": line["due_at"],
        "late by": words.late(line, now),
        "whose": words.owner(line["party"], line["role"]),
        "what": f"{words.title(line['rule'])} ({line['rule']})",
    }


@app.command()
def findings(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="CODE", help="One kind of finding.")] = None,
    as_of: AsOfOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say what contradicts itself or is missing in what was recorded, or went wrong on its way.

    \b
    carechain findings
    carechain findings --unit SE2321000198-016965
    carechain findings --rule mandatory-missing --json
    """
    from consumers.system_findings import TEXTS as SYSTEM_TEXTS
    from consumers.system_findings import all_findings
    from domain.findings import TEXTS
    from projections.findings import FindingAnswer
    from projections.query import columns

    chosen = form(output, json=json)
    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        rules=_known(rule, [*TEXTS, *SYSTEM_TEXTS], "--rule"),
    ) as asked:
        found = all_findings(asked.connection, asked.schema, asked.filters, asked.now)
        tell(asked, found, columns(FindingAnswer), finding_line, output=chosen, check=check)


def finding_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    detail = f" ({line['detail']})" if line["detail"] else ""
    return {
        "journey": words.short(line) if line["journey"] else None,
        "when": line["started_at"],
        "unit": line["unit"],
        "finding": f"{line['text']}{detail}",
    }


def _known(given: str | None, known: Sequence[str], option: str) -> tuple[str, ...] | None:
    """The id meant, whatever its case; a usage error with a suggestion for one that does not exist."""
    if given is None:
        return None
    for one in known:
        if one.casefold() == given.strip().casefold():
            return (one,)
    near = difflib.get_close_matches(given, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
    raise typer.BadParameter(f"there is no such one. {hint}", param_hint=option)
