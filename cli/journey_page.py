"""One journey on one page: everything that is shown of it, gathered and printed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cli import words
from cli.asking import Asked
from cli.page import mark, print_line, print_list
from consumers.system_findings import all_findings
from projections.handoffs import missed
from projections.journeys import journeys
from projections.responsibility import responsible
from projections.stays import stays
from projections.timeline import timeline
from projections.waits import waits

Lines = Sequence[Mapping[str, Any]]


def gather(asked: Asked) -> dict[str, Any]:
    """The journey and its stays, responsibilities now, next steps, missed handoffs, waits, findings, timeline."""
    given = (asked.connection, asked.schema)
    now = asked.now
    current = responsible(*given, replace(asked.filters, states=("current",)), now)
    known = journeys(*given, asked.filters, now)
    return {
        **(known[0] if known else {"journey": (asked.filters.journeys or (None,))[0], "facts": 0}),
        **({"linked": list(asked.linked)} if asked.linked else {}),
        "stays": stays(*given, asked.filters, now),
        "responsible": [line for line in current if line["notion"] != "next_step"],
        "next_steps": [line for line in current if line["notion"] == "next_step"],
        "missed": missed(*given, asked.filters, now),
        "waits": waits(*given, asked.filters, now),
        "findings": all_findings(*given, asked.filters, now),
        "timeline": timeline(*given, asked.filters, now),
    }


def print_page(found: Mapping[str, Any], now: datetime) -> None:
    """The page, for reading."""
    print_line(("Journey ", "bold"), (str(found["journey"]), "bold"), f"  {words.when(now)}")
    if found.get("linked"):
        print_line((f"The same person's as {', '.join(map(str, found['linked']))}", "dim"))
    if found.get("incomplete_since"):
        since = words.when(found["incomplete_since"])
        print_line((f"Incomplete since {since}: {found['incomplete_because']}", "bold red"))
    print_list("Stays", [_stay(line) for line in found["stays"]])
    print_list("Responsible now", [_care(line) for line in found["responsible"]], empty="nobody")
    print_list("Next steps", [_next(line, now) for line in found["next_steps"]])
    print_list("Missed or late", [_missed(line, now) for line in found["missed"]])
    print_list("Waits", [_wait(line) for line in found["waits"]])
    if found["findings"]:
        print_list("Does not fit", [_finding(line) for line in found["findings"]])
    print_list("What happened", [_happened(line) for line in found["timeline"]])


def _stay(line: Mapping[str, Any]) -> list[object]:
    leave = f"on leave {words.measured(line['leave_hours'], 'hours')}" if line["leave_hours"] else ""
    return [
        line["state"].replace("_", " "),
        f"{words.when(line['started_at'])} – {words.when(line['ended_at'])}".rstrip(),
        words.unit(line["unit"], line["organisation"]),
        words.municipality(line["municipality"]),
        leave,
    ]


def _care(line: Mapping[str, Any]) -> list[object]:
    of_another = line["organisation"] and line["role"] != "inpatient"
    run_by = f"run by {words.unit(line['organisation'])}" if of_another else ""
    since = f"since {words.when(line['started_at'])}"
    return [words.party(line["party"]), words.responsible_for(line), since, words.unit(line["unit"]), run_by]


def _next(line: Mapping[str, Any], now: datetime) -> list[object]:
    due = line["due_at"]
    overdue = due is not None and now > due
    by = mark(f"by {words.when(due)}", "red" if overdue else "yellow") if due else "no limit"
    return [by, words.owner(line["party"], line["role"]), f"{words.title(line['rule'])} ({line['rule']})"]


def _missed(line: Mapping[str, Any], now: datetime) -> list[object]:
    return [
        mark(line["state"], "red"),
        f"due {words.when(line['due_at'])}",
        f"{words.late(line, now)} late",
        words.owner(line["party"], line["role"]),
        f"{words.title(line['rule'])} ({line['rule']})",
        (line["detail"] or "").replace("-", " "),
    ]


def _wait(line: Mapping[str, Any]) -> list[object]:
    value = words.measured(line["value"], line["value_unit"])
    waiting = line["state"] == "waiting"
    ended = "" if line["outcome"] in (None, "done") else line["outcome"]
    return [
        line["measure"],
        mark(f"{value} so far", "yellow") if waiting else value,
        words.owner(line["party"], line["role"]),
        words.title(line["measure"]),
        ended,
    ]


def _finding(line: Mapping[str, Any]) -> list[object]:
    detail = f" ({line['detail']})" if line["detail"] else ""
    until = f"until {words.when(line['ended_at'])}" if line["ended_at"] else ""
    return [words.when(line["started_at"]), until, f"{line['text']}{detail}{words.whose(line)}"]


def _happened(line: Mapping[str, Any]) -> list[object]:
    state = "" if line["state"] == "happened" else mark(line["state"], "red")
    return [words.when(line["started_at"]), words.fact(line["fact"]), words.unit(line["unit"]), state]
