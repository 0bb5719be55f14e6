"""Pages about agreements for reading at a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cli import agreement_words as words
from cli.agreement_reads import Doubts, Which
from cli.output import shown
from cli.page import mark, print_line, print_table
from domain.agreed_values import AGREEMENT, AgreedValue
from domain.agreement import SECTIONS, STATUTE, Agreement

STATE_STYLES = {
    "in force": "green",
    "withdrawn": "red",
    "not adopted": "dim",
    "ended": "dim",
    "later": "cyan",
}


def print_states(rows: Sequence[Mapping[str, Any]]) -> None:
    """One line for each agreement."""
    print_table(
        [
            {
                "agreement": row["agreement"],
                "state": mark(row["state"], STATE_STYLES[row["state"]]),
                "about": "; ".join(_about(row)),
            }
            for row in rows
        ]
    )


def _about(row: Mapping[str, Any]) -> Iterable[str]:
    begins, ends = row["valid_from"], row["valid_to"]
    yield row["parties"]
    if begins or ends:
        yield " ".join([f"from {begins}"] * bool(begins) + [f"until {ends}"] * bool(ends))
    if row["care_forms"]:
        yield row["care_forms"]
    yield row["model"]
    if row["adopted_at"]:
        yield _done("adopted", row["adopted_at"], row["adopted_by"])
    if row["withdrawn_at"]:
        yield _done("withdrawn", row["withdrawn_at"], row["withdrawn_by"]) + f" ({row['reason']})"


def _done(what: str, at: datetime, by: str | None) -> str:
    return f"{what} {shown(at)}" + (f" by {by[:8]}" if by else "")


def print_agreement(agreement: Agreement, values: Sequence[AgreedValue]) -> None:
    """What it is, and every value."""
    print_line((f"{agreement.name}  {agreement.title}", "bold"))
    print_line(f"Parties: {words.parties(agreement)}")
    print_line(f"Valid: {words.validity(agreement)}{_doubt(agreement, 'valid_from')}")
    forms = words.care_forms(agreement) or "all"
    print_line(f"Care forms: {forms}{_doubt(agreement, 'care_forms')}")
    if agreement.supplements:
        print_line(f"Supplements: {agreement.supplements}")
    print_values(values)


def _doubt(agreement: Agreement, key: str) -> str:
    doubt = agreement.unconfirmed.get(key)
    if doubt is None:
        return ""
    return (
        " (unconfirmed)"
        if doubt.candidate is None
        else f" (unconfirmed: {words.value(key, doubt.candidate)})"
    )


def print_values(values: Sequence[AgreedValue]) -> None:
    """Section by section: value, from where, source."""
    for section in SECTIONS:
        of_section = [found for found in values if found.key.startswith(f"{section}.")]
        print_table(
            [
                {
                    f"[{section}]": found.key.partition(".")[2],
                    "value": words.value(found.key, found.value),
                    "from": mark(words.origin(found), "green" if found.origin == AGREEMENT else "dim"),
                    "source": words.source(found),
                }
                for found in of_section
            ]
        )


def print_doubts(doubts: Doubts) -> None:
    """What is wrong with one file, or what is unconfirmed in it."""
    agreement = doubts.checked.agreement
    print_line((f"{doubts.file}  {'' if agreement is None else agreement.name}".rstrip(), "bold"))
    for problem in doubts.checked.problems:
        line = f"line {problem.line}" if problem.line else ""
        place = ", ".join(filter(None, (line, problem.key)))
        print_line("  ", (f"{place}: " if place else "", "red"), f"{problem.wrong} {problem.mend}".rstrip())
    rows = [
        {"line": row["line"], "unconfirmed": row["key"], "holds": _instead(row), "said": _candidate(row)}
        for row in doubts.rows()
        if row["kind"] == "unconfirmed"
    ]
    if rows:
        print_table(rows)
    elif not doubts.checked.problems:
        print_line("  everything is confirmed")


def _instead(row: Mapping[str, Any]) -> str:
    by = "the statute" if row["by"] == STATUTE.name else row["by"]
    return f"{by}: {row['holds']}" if by else f"as if not said: {row['holds']}"


def _candidate(row: Mapping[str, Any]) -> str:
    if row["candidate"] is None:
        return ""
    said = f"said to be {words.value(row['key'], row['candidate'])}"
    return f"{said} ({row['source']})" if row["source"] else said


def print_differences(one: Agreement, other: Agreement, rows: Sequence[Mapping[str, Any]]) -> None:
    """Where two agreements differ."""
    if rows:
        print_table([{"key": row["key"], one.name: row["a"], f"{other.name} ": row["b"]} for row in rows])


def print_which(about: str, answer: Which) -> None:
    """Which one holds, why, what it passed over, and every value."""
    print_line(f"{about}:")
    print_line((f"{answer.agreement.name}  {answer.agreement.title}", "bold"))
    print_line(answer.why)
    if answer.overall is not None:
        print_line(f"Where it is silent {answer.overall.name} holds, which it supplements.")
    for passed, why in answer.passed_over:
        print_line(f"Not {passed.name}: {why}.")
    for unadopted in answer.not_adopted:
        print_line(
            f"{unadopted.name} is shipped for them and not adopted: `carechain agreement adopt {unadopted.id}`."
        )
    print_values(answer.values)
