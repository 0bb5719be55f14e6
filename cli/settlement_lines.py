"""A settled month as data: one document for programs, one line for each figure, and the lines of an invoice basis."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from domain import reference

if TYPE_CHECKING:
    from consumers.settlement_changes import Change
    from consumers.settlement_view import MonthView
    from domain.dispute import Disputed
    from domain.settled import Figures, Mean, SettledCase, Singly
    from domain.settlement import Settlement

Line = dict[str, object]

FIGURE_COLUMNS = (
    "municipality", "name", "month", "state", "figures", "reckoned", "agreement", "stays", "days", "mean",
    "threshold", "above", "days_to_pay", "sek_per_day", "amount", "amount_missing", "per_1000_aged_65",
)  # fmt: skip
INVOICE_COLUMNS = (
    "line", "municipality", "month", "state", "journey", "stay", "agreement", "notified", "started", "ended",
    "outcome", "counted", "stays", "days", "mean", "threshold", "days_to_pay", "sek_per_day", "amount",
    "amount_missing",
)  # fmt: skip
MEAN, SINGLY, ALL = "mean", "singly", "all"


def name_of(code: str) -> str:
    return reference.municipality(code).name


def document(view: "MonthView", *, cases: bool) -> Line:
    """The whole month with what was frozen, what stands now, disputes and changes."""
    frozen = None
    if view.frozen is not None:
        said = view.frozen.settlement
        frozen = {
            "at": said.as_of,
            "by": view.frozen.actor,
            "known_at": view.frozen.known_at,
            "positions": said.positions,
            "population": said.population,
            **_figures(said.figures, said.means, said.singly),
        }
    found: Line = {
        "municipality": view.municipality,
        "name": name_of(view.municipality),
        "month": view.month,
        "state": view.state,
        "agreement": view.agreement,
        "freeze_from": view.freeze_from,
        "dispute_until": view.dispute_until,
        "frozen": frozen,
        "now": _figures(view.today.figures, view.today.settled.means, view.today.settled.singly),
        "disputes": [_dispute(one) for one in view.disputes],
        "changed": [] if view.since is None else [_change(one) for one in view.since.changes],
        "traced": None if view.since is None else view.since.traced,
    }
    if cases:
        found["cases"] = [_case(case) for case in view.settled.cases]
    return found


def figure_lines(view: "MonthView") -> list[Line]:
    """One line for each figure: those frozen, then those of now."""
    common = {"municipality": view.municipality, "name": name_of(view.municipality), "month": view.month}
    frozen = [] if view.frozen is None else settlement_lines(view.frozen.settlement)
    settled = view.today.settled
    now = _lines(view.today.figures, settled.means, settled.singly)
    return [*frozen, *({**common, "state": view.state, "figures": "now", **line} for line in now)]


def settlement_lines(settlement: "Settlement") -> list[Line]:
    """The same of what is on record of a frozen month."""
    common = {
        "municipality": settlement.municipality,
        "name": name_of(settlement.municipality),
        "month": settlement.month,
        "state": "frozen",
        "figures": "frozen",
    }
    return [{**common, **line} for line in _lines(settlement.figures, settlement.means, settlement.singly)]


def _lines(figures: "Figures", means: "Sequence[Mean] | None", singly: "Singly | None") -> Iterator[Line]:
    for mean in means or ():
        yield {
            "reckoned": MEAN,
            "agreement": mean.agreement,
            "stays": mean.discharged,
            "days": mean.days,
            "mean": mean.mean,
            "threshold": mean.threshold,
            "above": mean.above,
            "days_to_pay": mean.billable,
            "sek_per_day": mean.sek_per_day,
            "amount": mean.amount,
            "amount_missing": mean.amount_missing,
            "per_1000_aged_65": mean.per_1000_aged_65,
        }
    if singly is not None and (singly.stretches or not means):
        yield {
            "reckoned": SINGLY,
            "stays": singly.stretches,
            "days": singly.days,
            "days_to_pay": singly.days,
            "amount": singly.amount,
            "amount_missing": singly.amount_missing,
        }
    yield {
        "reckoned": ALL,
        "stays": figures.discharged,
        "days": figures.days,
        "mean": figures.mean_stockholm,
        "per_1000_aged_65": figures.per_1000_aged_65,
    }


def row(settlement: "Settlement") -> Line:
    """A frozen month for programs: its figures of all stays at the top, those by agreement inside."""
    said: Line = (
        settlement.model_dump(exclude={"figures", "means", "singly"}) | settlement.figures.model_dump()
    )
    for name, figure in (("means", settlement.means), ("singly", settlement.singly)):
        if isinstance(figure, tuple):
            said[name] = [one.model_dump() for one in figure]
        else:
            said[name] = None if figure is None else figure.model_dump()
    return said | {"name": name_of(settlement.municipality)}


def plain(line: Line) -> Line:
    """For CSV: decimals as they are written, without zeros that say nothing."""
    return {
        name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
        for name, value in line.items()
    }


def invoice_lines(view: "MonthView") -> list[Line]:
    """A line for each case that is in a mean or paid for, then a total for each figure, then one of all."""
    from domain.settled import NO_MEAN

    means: Sequence[Mean] | None = view.today.settled.means
    singly: Singly | None = view.today.settled.singly
    if view.frozen is not None:
        means, singly = view.frozen.settlement.means, view.frozen.settlement.singly
    common = {"municipality": view.municipality, "month": view.month, "state": view.state}
    found: list[Line] = [
        {"line": "case", **_invoiced(case)} for case in view.settled.cases if case.counted != NO_MEAN
    ]
    found += [{"line": "total-mean", **_mean_total(mean)} for mean in means or ()]
    if singly is not None:
        found.append({"line": "total-singly", **_singly_total(singly)})
        found.append({"line": "total", **_total(means or (), singly)})
    return [{**common, **line} for line in found]


def _invoiced(case: "SettledCase") -> Line:
    return {
        "journey": case.journey,
        "stay": case.stay,
        "agreement": case.terms,
        "notified": case.notified,
        "started": case.start if case.paid else None,
        "ended": case.end,
        "outcome": case.outcome,
        "counted": case.counted,
        "stays": 1,
        "days": case.days,
        "days_to_pay": case.days if case.paid else None,
        "sek_per_day": case.sek_per_day,
        "amount": case.amount,
        "amount_missing": case.amount_missing,
    }


def _mean_total(mean: "Mean") -> Line:
    return {
        "agreement": mean.agreement,
        "stays": mean.discharged,
        "days": mean.days,
        "mean": mean.mean,
        "threshold": mean.threshold,
        "days_to_pay": mean.billable,
        "sek_per_day": mean.sek_per_day,
        "amount": mean.amount,
        "amount_missing": mean.amount_missing,
    }


def _singly_total(singly: "Singly") -> Line:
    return {
        "stays": singly.stretches,
        "days": singly.days,
        "days_to_pay": singly.days,
        "amount": singly.amount,
        "amount_missing": singly.amount_missing,
    }


def _total(means: "Sequence[Mean]", singly: "Singly") -> Line:
    parts: list[Mean | Singly] = [*means, singly]
    missing = dict.fromkeys(part.amount_missing for part in parts if part.amount_missing)
    known = [part.amount for part in parts if part.amount is not None]
    return {
        "days_to_pay": sum(mean.billable for mean in means) + singly.days,
        "amount": None if missing else sum(known),
        "amount_missing": " ".join(missing) or None,
    }


# -- parts of a document -------------------------------------------------------------------------------------------


def _figures(figures: "Figures", means: "Sequence[Mean] | None", singly: "Singly | None") -> Line:
    return {
        "all": figures.model_dump(),
        "means": None if means is None else [mean.model_dump() for mean in means],
        "singly": None if singly is None else singly.model_dump(),
    }


def _dispute(one: "Disputed") -> Line:
    return {"id": one.id, "at": one.time, "by": one.actor, **one.data.model_dump(mode="json")}


def _case(case: "SettledCase") -> Line:
    return {
        "journey": case.journey,
        "stay": case.stay,
        "row": case.id,
        "agreement": case.agreement,
        "terms": case.terms,
        "notified": case.notified,
        "started": case.start,
        "ended": case.end,
        "outcome": case.outcome,
        "counted": case.counted,
        "days": case.days,
        "sek_per_day": case.sek_per_day,
        "amount": case.amount,
        "amount_missing": case.amount_missing,
    }


def _change(change: "Change") -> Line:
    case: Any = change.after or change.before
    return {
        "what": change.what,
        "journey": case.journey,
        "stay": case.stay,
        "before": None if change.before is None else _case(change.before),
        "after": None if change.after is None else _case(change.after),
    }
