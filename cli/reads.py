"""`carechain responsible`, `waits`, `missed`, `findings`: the questions about handoffs."""

import difflib
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer

from cli import words
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
        str | None,
        typer.Option("--notion", metavar="NOTION", help="care, next_step, payment, care_contact or overall."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say who is responsible now: for care, for the next step, for payment, and as fast vårdkontakt.

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
        known_at=known_at,
        rules=_known(notion, words.NOTIONS, "--notion"),
        states=None if everything else ("current",),
        relations=("responsibility",),
    ) as asked:
        found = answer(asked.connection, asked.schema, asked.filters, asked.now)
        chosen = form(output, json=json)
        tell(asked, found, columns(ResponsibilityAnswer), responsible_line, output=chosen, check=check)


def responsible_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    return {
        "journey": words.short(line),
        "responsible": words.party(line["party"]),
        "when": words.until(line),
        "unit": words.unit(line["unit"]),
        "for": words.responsible_for(line),
    }


@app.command()
def waits(
    journey: JourneyOption = None,
    patient: PatientOption = None,
    unit: UnitOption = None,
    municipality: MunicipalityOption = None,
    region: RegionOption = None,
    measure: Annotated[
        str | None, typer.Option("--measure", metavar="W-01", help="One measure, W-01 to W-27.")
    ] = None,
    waiting: Annotated[bool, typer.Option("--open", help="Only those still waiting.")] = False,
    causes: Annotated[
        bool, typer.Option("--causes", help="Under each wait why, from when to when, and who could end it.")
    ] = False,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    check: CheckOption = False,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say how long patients wait, or waited, from one act to the next.

    \b
    carechain waits --measure W-06 --open
    carechain waits --measure W-06 --causes
    carechain waits --patient - --json

    Figures over many patients are in `carechain summary`.
    """
    from projections.query import columns
    from projections.waits import WaitAnswer
    from projections.waits import waits as answer

    chosen = form(output, json=json)
    with asking(
        journey=journey,
        patient=patient,
        unit=unit,
        municipality=municipality,
        region=region,
        as_of=as_of,
        known_at=known_at,
        rules=_known(measure, [rule for rule in words.rule_ids() if rule.startswith("W-")], "--measure")
        if measure
        else None,
        states=("waiting",) if waiting else None,
        relations=("waits",),
    ) as asked:
        found = answer(asked.connection, asked.schema, asked.filters, asked.now)
        if causes:
            _tell_why(asked, found, columns(WaitAnswer), output=chosen, check=check)
        else:
            tell(asked, found, columns(WaitAnswer), wait_line, output=chosen, check=check)


def _tell_why(
    asked: Asked, found: Sequence[Any], columns: Sequence[str], *, output: Output, check: bool
) -> None:
    from cli.causes import cause_line, each_with_its_causes, with_causes

    def line(one: Any) -> dict[str, object]:
        return cause_line(one) if "cause" in one else wait_line(one)

    answers: Sequence[Any] = with_causes(asked, found)
    if output is Output.TABLE:
        answers = list(each_with_its_causes(answers))
    tell(asked, answers, [*columns, "causes"], line, output=output, check=check)


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
    known_at: KnownAtOption = None,
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
        known_at=known_at,
        rules=_known(rule, [one for one in words.rule_ids() if not one.startswith("W-")], "--rule")
        if rule
        else None,
        states=None if everything else MISSED,
        relations=("handoffs",),
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
    known_at: KnownAtOption = None,
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
        known_at=known_at,
        rules=_known(
            rule, [*TEXTS, *SYSTEM_TEXTS, *(one for one in words.rule_ids() if one[:2] == "MH")], "--rule"
        ),
    ) as asked:
        found = all_findings(asked.connection, asked.schema, asked.filters, asked.now)
        tell(asked, found, columns(FindingAnswer), finding_line, output=chosen, check=check)


def finding_line(line: Any) -> dict[str, object]:
    """One line of the table."""
    detail = f" ({line['detail']})" if line["detail"] else ""
    return {
        "journey": words.short(line) if line["journey"] else None,
        "from": line["started_at"],
        "to": line["ended_at"],
        "unit": words.unit(line["unit"]),
        "finding": f"{line['text']}{detail}{words.whose(line)}",
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
