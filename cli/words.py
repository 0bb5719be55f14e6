"""How rows read to people: names for codes, short ids, local times, lengths of time, titles of rules."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from cli import units
from cli.output import shown
from domain import reference

Answer = Mapping[str, Any]

SHORT = 8
"""Signs of a journey's id in tables; commands take it so."""


def short(answer: Answer) -> str:
    """The beginning of the journey's id, marked where the journey is not shown in full."""
    return f"{short_id(answer['journey'])}{'*' if answer.get('incomplete_since') else ''}"


def short_id(journey: UUID) -> str:
    return str(journey)[:SHORT]


def party(code: str | None) -> str:
    """``region:21`` is Region Gävleborg, ``municipality:2180`` is Gävle; others as the register of organisations says."""
    kind, _, value = (code or "").partition(":")
    if kind == "region" and reference.is_region(value):
        return reference.region(value).name
    if kind == "municipality":
        return municipality(value)
    return units.name(code) if code else "nobody named"


def unit(*ids: str | None) -> str:
    """What the first of these that is given is called, by the register of organisations; nothing for none."""
    given = next(filter(None, ids), None)
    return units.name(given) if given else ""


def owner(code: str | None, role: str | None) -> str:
    """Whose it is, and in which capacity."""
    return f"{party(code)}, {role}" if role else party(code)


NOTIONS = ("care", "next_step", "payment", "care_contact", "overall")
"""Of responsibility, as rows name them."""


def responsible_for(line: Answer) -> str:
    """What somebody is responsible for; for payment also why it is the region that pays."""
    detail = (line["detail"] or "").replace("-", " ")
    match line["notion"]:
        case "care":
            return f"care: {line['role']}" + (f" ({detail})" if detail else "")
        case "payment":
            return f"payment: {not_paying(line['detail']).replace('-', ' ')}" if detail else "payment"
        case "care_contact":
            return "fast vårdkontakt"
        case "overall":
            return "the whole, by the SIP"
        case _:
            return f"{title(line['rule'])} ({line['rule']})"


def not_paying(reason: str | None) -> str:
    """Why the municipality does not pay for one patient."""
    if reason == "by-the-month":
        return "settled by the month's mean"
    return (reason or "").replace(",", ", ")


def whose(line: Answer) -> str:
    """Who could mend a finding, where one is meant."""
    return f" ({owner(line['party'], line['role'])})" if line["party"] else ""


def municipality(code: str | None) -> str:
    if code and reference.is_municipality(code):
        return reference.municipality(code).name
    return code or ""


def title(rule: str | None) -> str:
    """What a rule or measure asks for."""
    return _titles().get(rule or "", rule or "")


@cache
def _titles() -> dict[str, str]:
    from domain.conclude import rules

    return {rule.id: rule.title for rule in rules().values()}


def rule_ids() -> list[str]:
    return list(_titles())


def fact(name: str) -> str:
    """``patient-admitted`` as people write it."""
    return name.replace("-", " ")


def measured(value: float | None, unit: str | None) -> str:
    """A wait in its own unit."""
    if value is None:
        return ""
    number = f"{value:.1f}".removesuffix(".0")
    days = "day" if number == "1" else "days"
    word = {"hours": "h", "minutes": "min", "days": days, "dates": days}.get(unit or "", unit or "")
    return f"{number} {word}"


def length(span: timedelta) -> str:
    """The two largest parts of a length of time."""
    minutes = int(span.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min"
    # The end of a day is a microsecond before midnight: what comes at midnight is late.
    return f"{int(span.total_seconds())} s" if span >= timedelta(seconds=1) else "under 1 s"


def until(answer: Answer) -> str:
    """When a responsibility ended, is due, or began, whichever says most."""
    if answer["ended_at"] is not None:
        return f"until {when(answer['ended_at'])}"
    return f"by {when(answer['due_at'])}" if answer["due_at"] else f"since {when(answer['started_at'])}"


def late(answer: Answer, now: datetime) -> str:
    """How late something was done, or is by now."""
    if answer["due_at"] is None:
        return ""
    end = answer["ended_at"] or now
    return length(end - answer["due_at"]) if end > answer["due_at"] else ""


def when(instant: datetime | None) -> str:
    return shown(instant)
