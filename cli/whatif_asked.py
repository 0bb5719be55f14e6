"""What a what-if asks: under which other terms, or with which step sooner, about which cases."""

import tomllib
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from cli.asking import municipality_code, region_code
from cli.output import say

if TYPE_CHECKING:
    from consumers.whatif import Question
    from domain.agreement import Agreement
    from domain.basis import Basis
    from domain.whatif import Scope


def question(
    connections: Any,
    known_at: Any,
    scope: "Scope",
    agreement: str | None,
    values: Sequence[str] | None,
    late: float | None,
    rule: str | None,
) -> "Question":
    from consumers.whatif import Question
    from domain.whatif import Sooner

    given = {"--agreement": agreement, "--set": values or None, "--late": late}
    asked = [name for name, value in given.items() if value is not None]
    if (rule is None) != (late is None):
        raise typer.BadParameter("--late and --rule belong together.", param_hint="--late")
    if not asked or (late is not None and len(asked) > 1):
        raise typer.BadParameter(
            "say what would have been otherwise: --agreement, --set or both; or --late with --rule.",
            param_hint="--agreement",
        )
    basis = _basis(connections, known_at)
    if late is not None and rule is not None:
        return Question(
            basis=basis, other=Sooner(rule=_rule(rule), hours=late), scope=scope, known_at=known_at
        )
    other = basis
    if agreement is not None:
        other = other.with_agreement(_agreement(agreement))
    if values:
        other = other.with_values(_values(values))
    for one in other.agreements:
        if not one.payment.usable:
            say(
                f"note: {one.name} has a mean without a confirmed threshold or cap; the statute's days hold there."
            )
    return Question(basis=basis, other=other, scope=scope, known_at=known_at)


def _rule(text: str) -> str:
    from domain.conclude import rules

    known = [one for one in rules() if not one.startswith("W-")]
    if text.strip().upper() in known:
        return text.strip().upper()
    names = {one.casefold(): one for one in known}
    if text.strip().casefold() in names:
        return names[text.strip().casefold()]
    raise typer.BadParameter(f"there is no such rule. Known: {', '.join(known)}.", param_hint="--rule")


def _agreement(text: str) -> "Agreement":
    """From a file, or one that comes with carechain, by its id: the last version of several."""
    from cli.agreement_reads import named

    return named(text)[-1]


def _values(given: Sequence[str]) -> "Agreement":
    """Values as ``payment.free_days=1``, checked as those of an agreement's file are."""
    from domain.agreement_file import read_agreement

    sections: dict[str, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        section, dot, name = key.strip().partition(".")
        if not (equals and dot and name):
            raise typer.BadParameter(
                "write it as payment.free_days=1; `carechain agreement show statute` lists the keys.",
                param_hint="--set",
            )
        sections.setdefault(section, []).append(f"{name} = {_toml(value.strip())}")
    text = 'id = "what-if"\nversion = 1\ntitle = "What if"\n'
    for section, lines in sections.items():
        text += f"[{section}]\n" + "\n".join(lines) + "\n"
    return read_agreement(text, "--set", alone=False)


def _toml(value: str) -> str:
    """A word may come without its quotes."""
    import json

    try:
        tomllib.loads(f"value = {value}")
    except tomllib.TOMLDecodeError:
        return json.dumps(value, ensure_ascii=False)
    return value


def _basis(connections: Any, known_at: Any) -> "Basis":
    from consumers.adoption import basis_of
    from consumers.journal import Journal
    from infra.postgres import connect

    with connect(connections.read_dsn, application_name="carechain read") as connection:
        return basis_of(Journal(connection).reference(), known_at=known_at)


def scope(
    now: Any, start: str | None, end: str | None, municipality: str | None, region: str | None
) -> "Scope":
    from domain.whatif import Scope

    first, last = _day(start, "--from"), _day(end, "--to")
    if first and last and last < first:
        raise typer.BadParameter("it is before --from.", param_hint="--to")
    return Scope(
        now=now,
        first=first,
        last=last,
        municipality=municipality_code(municipality),
        region=region_code(region),
    )


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter("write the day as 2026-01-31.", param_hint=option) from None
