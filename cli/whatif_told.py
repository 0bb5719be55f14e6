"""What a what-if comes to, told: figures and cases as lines of data or of a table, and what haste would have saved."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cli import words
from cli.output import say

if TYPE_CHECKING:
    from consumers.whatif import Found, Question
    from domain.whatif_figures import WhatIfCase, WhatIfFigure

FIGURES = (
    "municipality",
    "name",
    "month",
    "what",
    "title",
    "unit",
    "before",
    "after",
    "difference",
    "missing",
)
CASES = (
    "municipality", "name", "month", "what", "title", "journey", "stay", "party", "role", "at_unit", "unit",
    "before", "after", "facts",
)  # fmt: skip
SETTLED = {
    "W-06": "Days ready for discharge",
    "W-11": "Days a municipality pays for, patient by patient",
    "settled-days": "Days to pay for, as the month is settled",
    "settled-sek": "To pay, as the month is settled",
}


def _named(one: "WhatIfFigure") -> dict[str, object]:
    title = SETTLED.get(one.what) or words.title(one.what)
    return {
        "municipality": one.municipality,
        "name": words.municipality(one.municipality) or "unknown",
        "month": one.month,
        "what": one.what,
        "title": title,
    }


def line(one: "WhatIfFigure") -> Mapping[str, object]:
    return {
        **_named(one),
        "unit": one.unit,
        "before": one.before,
        "after": one.after,
        "difference": one.difference,
        "missing": one.missing,
        "cases": [_case(case) for case in one.cases],
    }


def _case(case: "WhatIfCase") -> dict[str, object]:
    return {
        "id": case.id,
        "journey": case.journey,
        "stay": case.stay,
        "party": case.party,
        "role": case.role,
        "at_unit": case.unit,
        "before": case.before,
        "after": case.after,
        "facts": list(case.facts),
    }


def case_lines(one: "WhatIfFigure") -> list[Mapping[str, object]]:
    return [{**_named(one), **_case(case), "unit": one.unit} for case in one.cases]


def print_figures(figures: Sequence["WhatIfFigure"], *, cases: bool) -> None:
    """What differs, a line each; with ``cases`` one for each case."""
    from cli.page import print_table
    from domain.whatif_figures import telling

    told = telling(figures)
    if not told:
        say("Nothing would have been otherwise.")
        return
    if cases:
        print_table([_case_row(one, case) for one in told for case in one.cases])
    else:
        print_table([_row(one) for one in told])
    for why in dict.fromkeys(one.missing for one in figures if one.missing):
        say(f"No sum in SEK: {why}")


def _row(one: "WhatIfFigure") -> dict[str, object]:
    return {
        "municipality": words.municipality(one.municipality) or "unknown",
        "month": one.month,
        "before": _number(one.before),
        "after": _number(one.after),
        "difference": _signed(one.difference),
        "unit": one.unit.replace("dates", "days"),
        "what": _what(one),
    }


def _case_row(one: "WhatIfFigure", case: "WhatIfCase") -> dict[str, object]:
    return {
        "journey": words.short_id(case.journey),
        "municipality": words.municipality(one.municipality) or "unknown",
        "month": one.month,
        "before": _said(case.before),
        "after": _said(case.after),
        "what": f"{_what(one)}, {words.owner(case.party, case.role)}",
    }


def _what(one: "WhatIfFigure") -> str:
    named = _named(one)["title"]
    return f"{named} ({one.what})" if one.what not in ("settled-days", "settled-sek") else str(named)


def _said(value: str | float | None) -> str:
    return value if isinstance(value, str) else "nothing" if value is None else _number(value)


def _number(value: float | None) -> str:
    return "not told" if value is None else f"{value:,.1f}".replace(",", " ").removesuffix(".0")


def _signed(value: float | None) -> str:
    return "" if value is None else ("+" if value > 0 else "") + _number(value)


def print_haste(found: "Found", question: "Question") -> None:
    from domain.whatif import Sooner
    from domain.whatif_figures import haste

    if not isinstance(question.other, Sooner):
        return
    told = haste(found.difference)
    say(
        f"{told.saved} of {told.misses} misses of {question.other.rule} would have been saved by {question.other.hours:g} h;"
        f" {told.still_late} would still have been late, {told.never_done} were never done."
    )


def about(question: "Question") -> str:
    """Over whom, and under what: what stands over a picture."""
    from domain.whatif import Sooner

    scope = question.scope
    what = (
        f"{question.other.rule} sooner by {question.other.hours:g} h"
        if isinstance(question.other, Sooner)
        else "other terms"
    )
    where = words.municipality(scope.municipality) or (
        words.party(f"region:{scope.region}") if scope.region else "all"
    )
    span = f", {scope.first or 'the beginning'} to {scope.last or 'now'}" if scope.first or scope.last else ""
    return f"What if: {what}. {where}{span}"
