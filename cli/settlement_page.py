"""A settled month for reading: its figures, disputes, what has changed since the freeze, and the cases behind them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from cli import words
from cli.output import say, shown
from cli.page import print_line, print_list, print_table
from cli.settlement_lines import ALL, MEAN, Line, figure_lines, name_of

if TYPE_CHECKING:
    from consumers.settlement_changes import Change
    from consumers.settlement_view import MonthView
    from domain.settled import SettledCase

COUNTED = {
    "in-mean": "in the mean",
    "in-mean-up-to-cap": "in the mean up to the cap",
    "out-of-mean-over-cap": "over the cap, singly",
    "left-out-day-zero": "left out: day of the notice",
    "under-no-mean": "no mean is agreed on",
    "paid-singly": "paid for singly",
}


def print_month(view: "MonthView", *, cases: bool) -> None:
    """One municipality's month."""
    _heading(view)
    lines = figure_lines(view)
    frozen = [line for line in lines if line["figures"] == "frozen"]
    now = [line for line in lines if line["figures"] == "now"]
    print_figures(frozen or now)
    if view.disputes:
        print_line("")
        print_list("Disputes", [_dispute(one) for one in view.disputes])
    if view.since is not None:
        _changed(view, frozen, now)
    if cases:
        print_line("")
        print_line(("Cases", "bold"))
        print_cases(view.settled.cases)


def print_figures(lines: Sequence[Line]) -> None:
    """A line for each figure, and why there is no money where there is none."""
    print_table([_figure(line) for line in lines])
    _reasons(lines)


def _heading(view: "MonthView") -> None:
    name = f"{name_of(view.municipality)}, {view.month}"
    if view.frozen is not None:
        at = words.when(view.frozen.settlement.as_of)
        print_line((name, "bold"), f": frozen {at}, under {view.agreement}, by {view.frozen.actor}")
        return
    running = "not over yet, " if view.state == "running" else ""
    until = "" if view.dispute_until is None else f"; to be disputed until {view.dispute_until}"
    print_line(
        (name, "bold"),
        f": {running}provisional, under {view.agreement}; can be frozen from {view.freeze_from}{until}",
    )


def _figure(line: Line) -> dict[str, object]:
    return {
        "reckoned": _reckoned(line),
        "stays": line["stays"],
        "days": number(line["days"]),
        "mean": number(line.get("mean")),
        "threshold": number(line.get("threshold")),
        "to pay": number(line.get("days_to_pay")),
        "SEK a day": line.get("sek_per_day"),
        "SEK": number(line.get("amount")) if line.get("amount") is not None else _none(line),
        "per 1 000 65+": number(line.get("per_1000_aged_65")),
    }


def _reckoned(line: Line) -> str:
    if line["reckoned"] == MEAN:
        return f"mean, {line['agreement']}"
    return "all discharged" if line["reckoned"] == ALL else "singly"


def _none(line: Line) -> str:
    return "none" if line.get("amount_missing") else ""


def _reasons(lines: Iterable[Line]) -> None:
    for why in dict.fromkeys(str(line["amount_missing"]) for line in lines if line.get("amount_missing")):
        say(f"No amount: {why}")


def _dispute(one: object) -> Sequence[object]:
    from domain.dispute import Disputed

    assert isinstance(one, Disputed)
    late = ", ".join(why.replace("-", " ") for why in one.data.late)
    stays = f"{len(one.data.stays)} cases" if len(one.data.stays) != 1 else f"stay {one.data.stays[0]}"
    return (
        words.when(one.time),
        one.data.ground,
        stays if one.data.stays else "the whole month",
        f"late: {late}" if late else "in time",
    )


def _changed(view: "MonthView", frozen: Sequence[Line], now: Sequence[Line]) -> None:
    assert view.since is not None
    print_line("")
    if [_bare(line) for line in frozen] == [_bare(line) for line in now] and not view.since.changes:
        print_line("Nothing has changed since the freeze.")
    else:
        print_line(
            ("Changed since the freeze", "bold"), ": as it would be now, which the frozen figures are not"
        )
        print_table([_figure(line) for line in now])
        if view.since.changes:
            print_line("")
            print_table([_change(change) for change in view.since.changes])
    if not view.since.traced:
        say(
            "The cases of then do not come to the frozen figures any more: rules or keys are not what they were."
        )


def _bare(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "figures"}


def _change(change: "Change") -> dict[str, object]:
    case = change.after or change.before
    assert case is not None
    return {
        "journey": words.short_id(case.journey),
        "stay": words.short_id(case.stay),
        "case": change.what,
        "frozen as": _as(change.before),
        "now": _as(change.after),
    }


def _as(case: "SettledCase | None") -> str:
    return "" if case is None else f"{words.measured(case.days, 'dates')}, {COUNTED[case.counted]}"


def print_cases(cases: "Sequence[SettledCase]") -> None:
    """The cases behind the figures."""
    if not cases:
        say("No cases.")
        return
    print_table(
        [
            {
                "journey": words.short_id(case.journey),
                "stay": words.short_id(case.stay),
                "agreement": case.terms,
                "notice": case.notified,
                "from": case.start,
                "ended": case.end,
                "days": case.days,
                "SEK": case.amount if case.paid and case.amount is not None else "",
                "how it counts": COUNTED[case.counted],
            }
            for case in cases
        ]
    )


def print_region(views: "Sequence[MonthView]") -> None:
    """One line for each municipality and figure: as frozen, else as it stands."""
    lines = []
    for view in views:
        figures = figure_lines(view)
        kept = [line for line in figures if line["figures"] == "frozen"] or figures
        shown_lines = [line for line in kept if line["reckoned"] != ALL] or kept
        lines += [_of_region(view, line) for line in shown_lines]
    print_table(lines)
    _reasons(line for view in views for line in figure_lines(view))


def _of_region(view: "MonthView", line: Line) -> dict[str, object]:
    changed = 0 if view.since is None else len(view.since.changes)
    none = line["reckoned"] != MEAN and not view.settled.cases
    return {
        "municipality": name_of(view.municipality),
        "state": {"provisional": "open", "running": "runs"}.get(view.state, view.state),
        "stays": line["stays"],
        "days": number(line["days"]),
        "mean": number(line.get("mean")),
        "limit": number(line.get("threshold")),
        "to pay": number(line.get("days_to_pay")),
        "SEK": number(line.get("amount")) if line.get("amount") is not None else _none(line),
        "disputes": len(view.disputes) or "",
        "changed": changed or "",
        "reckoned": "no cases" if none else _reckoned(line),
    }


def number(value: object) -> str:
    """Without zeros that say nothing."""
    if value is None:
        return ""
    if isinstance(value, float):
        value = Decimal(str(value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return shown(value)
