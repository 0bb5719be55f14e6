"""`carechain explain`: why a row says what it says: rule, paragraph, agreement, clock, and the facts in order."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from cli import words
from cli.asking import (
    Asked,
    AsOfOption,
    JourneyOption,
    JsonOption,
    KnownAtOption,
    OutputOption,
    PatientOption,
    asking,
    form,
    ids_beginning,
    meta,
)
from cli.looking import Sees, act
from cli.output import Output, print_rows
from cli.page import mark, print_line, print_list
from cli.reading import connected, require_shown
from domain.errors import Refused

if TYPE_CHECKING:
    from cli.history import Loaded
    from domain.history import History
    from projections.table import Projection

app = typer.Typer(rich_markup_mode=None)
Explanation = dict[str, Any]


@app.command()
def explain(
    row: Annotated[
        str | None,
        typer.Argument(
            metavar="ROW-ID", help="The row's id as in --json, or how it begins (8 signs or more)."
        ),
    ] = None,
    journey: JourneyOption = None,
    patient: PatientOption = None,
    rule: Annotated[
        str | None,
        typer.Option("--rule", metavar="MH-01", help="Every row of this rule, measure, notion or finding."),
    ] = None,
    as_of: AsOfOption = None,
    known_at: KnownAtOption = None,
    json: JsonOption = False,
    output: OutputOption = Output.TABLE,
) -> None:
    """Say why: the rule and its paragraph, the agreement's values, the clock, and the facts in the order they mattered.

    \b
    carechain explain 0b9c7d52
    carechain explain --journey 3f2a91c4 --rule MH-10
    carechain explain --patient - --rule payment --json
    """
    if row is None and (rule is None or (journey is None and patient is None)):
        raise typer.BadParameter(
            "say which row: its id, or --rule with --journey or --patient.", param_hint="ROW-ID"
        )
    chosen = form(output, json=json)
    if chosen is Output.CSV:
        raise typer.BadParameter("an explanation is no table; use json or ndjson.", param_hint="--output")
    ids = _ids(row)
    if ids is not None and journey is None and patient is None:
        journey = _journey_with(ids, past=known_at is not None)
    with asking(
        journey=journey, patient=patient, as_of=as_of, known_at=known_at, rules=_rules(rule)
    ) as asked:
        found = explanations(asked, ids)
        more = meta(asked)
    if not found:
        raise _no_such_row()
    if chosen is not Output.TABLE:
        print_rows(found, (), output=chosen, meta=more)
        return
    for number, one in enumerate(found):
        if number:
            print_line("")
        print_explanation(one)


def _rules(rule: str | None) -> tuple[str, ...] | None:
    """As rows have it: rules and measures in capitals, notions and findings in small letters."""
    if rule is None:
        return None
    known = {one.casefold(): one for one in words.rule_ids()}
    return (known.get(rule.strip().casefold(), rule.strip()),)


def _ids(text: str | None) -> tuple[UUID, UUID] | None:
    if text is None:
        return None
    meant = ids_beginning(text, least=8)
    if meant is None:
        raise typer.BadParameter(
            "that is not a row's id, nor how one begins (eight signs or more of 0-9 and a-f).",
            param_hint="ROW-ID",
        )
    return meant


def _no_such_row() -> Refused:
    return Refused(
        "No such row stands at that moment.",
        hint="`carechain missed --json` and the other reads tell the ids; --as-of asks of another moment.",
    )


def _journey_with(ids: tuple[UUID, UUID], *, past: bool) -> str:
    """Whose row it is, by what is shown now: that patient alone is read, and of the ``past`` concluded as known then."""
    from projections.explain import journeys_of

    with connected() as connection:
        act(connection, Sees.PATIENTS)
        require_shown(connection)
        found = journeys_of(connection, *ids)
    if len(found) > 1:
        raise Refused(
            "Several patients have rows with ids that begin like that.", hint="Give more of the id."
        )
    if not found and not past:
        raise _no_such_row()
    if not found:
        raise Refused(
            "No row with that id is shown now, and whose it was is not told.",
            hint="Say --journey or --patient, too.",
        )
    return str(found[0])


def explanations(asked: Asked, ids: tuple[UUID, UUID] | None) -> list[Explanation]:
    """One explanation per row that stands at the moment asked about."""
    from cli.history import load_history
    from projections.explain import rows

    found = rows(asked.connection, asked.schema, asked.filters, asked.now, ids=ids)
    loaded: dict[UUID, Loaded] = {}
    explained = []
    for projection, line in found:
        journey = line["journey"]
        if journey not in loaded:
            loaded[journey] = load_history(asked, journey)
        explained.append(_explained(asked, projection, line, loaded[journey]))
    return explained


def _explained(
    asked: Asked, projection: "Projection", line: Mapping[str, Any], loaded: "Loaded"
) -> Explanation:
    from domain.about import about, value_of
    from domain.calendar import local_date
    from domain.reference import digest
    from projections.explain import versions

    said = about(line["rule"], line.get("detail"))
    agreement = loaded.basis.named(line["agreement"], local_date(line["started_at"] or line["valid_from"]))
    values = {} if agreement is None else {path: value_of(agreement, path) for path in said.values}
    kept = ("state", "outcome", "started_at", "due_at", "ended_at", "value", "value_unit", "party", "role", "unit",
            "organisation", "municipality", "region", "detail", "at_least", "at_most")  # fmt: skip
    return {
        "id": line["id"],
        "journey": line["journey"],
        "stay": line["stay"],
        "kind": projection.kind.KIND,
        **{name: line[name] for name in kept if name in line},
        **({"not_counted": _not_counted(line, asked.now)} if "paused" in line else {}),
        "rule": {
            "id": said.id,
            "version": line["rule_version"],
            "title": said.title,
            "source": said.source,
            "severity": said.severity,
        },
        "agreement": {"name": line["agreement"] or None, "values": values},
        "reference": digest(),
        "clock": {
            "as_of": asked.now,
            "zone": "Europe/Stockholm",
            "known_from": line["valid_from"],
            **({"known_at": asked.known_at} if asked.known_at else {}),
        },
        "facts": _facts(line, loaded.history),
        "versions": versions(asked.connection, asked.schema, projection, line["id"], asked.now),
        "incomplete_since": line["incomplete_since"],
    }


def _not_counted(line: Mapping[str, Any], now: datetime) -> timedelta:
    """The pauses of a wait, the one that runs included: what its value leaves out (HSF 6:2)."""
    since = line["paused_since"]
    running = (line["ended_at"] or now) - since if since is not None else timedelta()
    return timedelta(microseconds=line["paused"]) + running


def _limits(one: Explanation) -> str | None:
    """The limits of a wait, in its own unit, that shares are counted by."""
    unit = one.get("value_unit")
    least, most = one.get("at_least"), one.get("at_most")
    parts = [f"at least {words.measured(least, unit)}" if least is not None else ""]
    parts.append(f"at most {words.measured(most, unit)}" if most is not None else "")
    return ", ".join(part for part in parts if part) or None


def _facts(line: Mapping[str, Any], history: "History") -> list[dict[str, Any]]:
    """The facts the row rests on, in the order they happened: what opened it, what ended it."""
    known = {fact.id: fact for fact in (*history.facts, *history.voided, *history.corrections)}
    voided = {fact.id for fact in history.voided}
    told = []
    for id_ in dict.fromkeys((*line["opened_by"], *line["closed_by"])):
        fact = known.get(id_)
        if fact is None:
            told.append({"id": id_, "fact": None, "part": "opened", "time": None, "recorded_at": None})
            continue
        told.append(
            {
                "id": id_,
                "fact": fact.kind.NAME,
                "part": "ended" if id_ in line["closed_by"] and id_ not in line["opened_by"] else "opened",
                "time": fact.time,
                "recorded_at": fact.envelope.recordedtime,
                "unit": fact.envelope.actorunit,
                "state": "voided" if id_ in voided else "amended" if fact.corrected_by else "happened",
                "corrected_by": fact.corrected_by,
                "_order": fact.order,
            }
        )
    told.sort(key=lambda one: (one.get("_order") is None, one.pop("_order", None) or ()))
    return told


# -- for reading -----------------------------------------------------------------------------------------------------


def print_explanation(one: Explanation) -> None:
    """Rule, paragraph, agreement, clock and facts, for reading."""
    rule = one["rule"]
    print_line((f"{rule['title']} ({rule['id']})", "bold"))
    print_list("What it says", _says(one))
    print_list("Why", _why(one))
    print_list("Facts, in the order they mattered", [_fact(fact) for fact in one["facts"]])
    if len(one["versions"]) > 1:
        print_list("How it stood before", [_version(version) for version in one["versions"][:-1]])


def _says(one: Explanation) -> list[Sequence[object]]:
    state = one["state"] or ""
    lines: list[Sequence[object]] = [
        ("state", mark(state, "red") if state in ("missed", "late") else state),
        ("whose", words.owner(one["party"], one["role"])),
        ("unit", words.unit(one["unit"], one["organisation"])),
        ("about", one.get("detail")),
        ("began", one["started_at"]),
        (
            "due",
            one.get("due_at")
            or ("no limit is set" if "due_at" in one and one["kind"] == "obligation" else None),
        ),
        ("ended", _ended(one)),
        ("measured", words.measured(one["value"], one.get("value_unit")) if one.get("value_unit") else None),
        ("not counted", words.length(one["not_counted"]) if one.get("not_counted") else None),
        ("limit", _limits(one)),
        ("journey", str(one["journey"])),
        ("row", str(one["id"])),
    ]
    return [line for line in lines if line[1] not in (None, "")]


def _ended(one: Explanation) -> str | None:
    if one["ended_at"] is None:
        return None
    return f"{words.when(one['ended_at'])} ({one['outcome'] or 'ended'})"


def _why(one: Explanation) -> list[Sequence[object]]:
    rule, agreement, clock = one["rule"], one["agreement"], one["clock"]
    name = agreement["name"] or "none: it rests on no agreement"
    lines: list[Sequence[object]] = [
        ("source", rule["source"]),
        ("rule", f"{rule['id']}, version {rule['version']}"),
        ("agreement", name),
    ]
    for path, value in agreement["values"].items():
        lines.append(("", f"{path} = {'no limit' if value is None else _plain(value)}"))
    lines.append(
        ("clock", f"judged as of {words.when(clock['as_of'])}, Swedish time, on what had happened by then")
    )
    if "known_at" in clock:
        lines.append(("", f"and had been recorded by {words.when(clock['known_at'])}"))
    lines.append(("", f"known from {words.when(clock['known_from'])}"))
    if one["incomplete_since"]:
        lines.append(("", mark(f"incomplete since {words.when(one['incomplete_since'])}", "red")))
    return lines


def _plain(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _fact(fact: Mapping[str, Any]) -> list[object]:
    if fact["fact"] is None:
        return ["", "a fact that the journal does not hold", fact["id"][:8]]
    recorded: datetime = fact["recorded_at"]
    state = "" if fact["state"] == "happened" else mark(fact["state"], "yellow")
    return [
        fact["part"],
        words.when(fact["time"]),
        words.fact(fact["fact"]),
        words.unit(fact["unit"]),
        f"recorded {words.when(recorded)}",
        state,
    ]


def _version(version: Mapping[str, Any]) -> list[object]:
    due = f"due {words.when(version['due_at'])}" if version["due_at"] else ""
    return [
        f"from {words.when(version['valid_from'])}",
        f"until {words.when(version['valid_to'])}",
        words.owner(version["party"], version["role"]),
        words.unit(version["unit"]),
        due,
    ]
