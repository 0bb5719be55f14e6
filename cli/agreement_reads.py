"""The answers of `carechain agreement` about agreements: their state, their values, their differences, which one holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from cli import agreement_words as words
from cli.adopting import Reference, adopted_named
from domain.adopted import Adoption, adoptions_of
from domain.agreed_values import AgreedValue, agreed_values, values_in
from domain.agreement import STATUTE, Agreement, keys
from domain.agreement_file import Checked, check_agreement, read_agreement
from domain.basis import Basis
from domain.errors import Refused
from domain.shipped_agreements import Shipped, shipped, shipped_as

Row = Mapping[str, Any]
HEAD = (
    "title",
    "regions",
    "municipalities",
    "valid_from",
    "valid_to",
    "care_forms",
    "excluded_care_forms",
    "supplements",
)
"""What two agreements may differ in besides the values."""


# -- finding one -------------------------------------------------------------------------------------------------------


def is_file(text: str) -> bool:
    """Whether an argument means a file and not an id."""
    return text.endswith(".toml") or "/" in text or Path(text).is_file()


def content_of(file: str) -> bytes:
    """The file's bytes. Raises ``Refused`` where there are none to read."""
    try:
        return Path(file).read_bytes()
    except OSError:
        raise Refused(f"{file} cannot be read.", hint="Check the path.") from None


def named(text: str) -> list[Agreement]:
    """The agreements meant by a file, an id or an id@version, oldest version first. Raises ``Refused``.

    Of one name the adopted one is meant before the shipped one.
    """
    if is_file(text):
        return [read_agreement(_text(content_of(text)), Path(text).name)]
    if text in (STATUTE.id, STATUTE.name):
        return [STATUTE]
    by_name = {one.agreement.name: one.agreement for one in shipped_as(text)}
    by_name |= {agreement.name: agreement for agreement in adopted_named(text)}
    if not by_name:
        raise unknown(text)
    return sorted(by_name.values(), key=lambda agreement: agreement.version)


def unknown(text: str) -> Refused:
    """Why nothing is meant by a name, with a suggestion."""
    from difflib import get_close_matches

    names = [one.agreement.id for one in shipped()]
    near = get_close_matches(text.partition("@")[0], names, n=1)
    return Refused(
        "There is no agreement of that name, and no such file.",
        hint=f"Did you mean {near[0]}?" if near else "`carechain agreement list` names them.",
    )


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


# -- list --------------------------------------------------------------------------------------------------------------


def states(found: Reference, known_at: datetime | None, day: date) -> list[Row]:
    """Every agreement that is shipped or was adopted: what it is, in which state on that day, since when by whom."""
    by_name = {one.agreement.name: one for one in adoptions_of(found.every, known_at=known_at)}
    shipped_too = [one.agreement for one in shipped() if one.agreement.name not in by_name]
    rows = [_state_row(one.agreement, one, day) for one in by_name.values()]
    rows += [_state_row(agreement, None, day) for agreement in shipped_too]
    return sorted(rows, key=lambda row: (row["id"], row["version"]))


def _state_row(agreement: Agreement, adoption: Adoption | None, day: date) -> Row:
    return {
        "agreement": agreement.name,
        "id": agreement.id,
        "version": agreement.version,
        "title": agreement.title,
        "state": _state(agreement, adoption, day),
        "parties": words.parties(agreement),
        "regions": list(agreement.regions),
        "municipalities": list(agreement.municipalities),
        "valid_from": agreement.valid_from,
        "valid_to": agreement.valid_to,
        "care_forms": words.care_forms(agreement) or None,
        "model": words.model(agreement),
        "unconfirmed": len(agreement.unconfirmed),
        "adopted_at": adoption and adoption.adopted_at,
        "adopted_by": adoption and adoption.adopted_by,
        "withdrawn_at": adoption and adoption.withdrawn_at,
        "withdrawn_by": adoption and adoption.withdrawn_by,
        "reason": adoption and adoption.reason,
    }


def _state(agreement: Agreement, adoption: Adoption | None, day: date) -> str:
    if adoption is None:
        return "not adopted"
    if adoption.withdrawn_at is not None:
        return "withdrawn"
    if agreement.valid_from is not None and agreement.valid_from > day:
        return "later"
    return "in force" if agreement.holds_on(day) else "ended"


# -- show and diff -----------------------------------------------------------------------------------------------------


def value_row(found: AgreedValue) -> Row:
    """One value with where it is from."""
    return {
        "key": found.key,
        "value": _plain(found.value),
        "origin": found.origin,
        "by": found.by,
        "because": found.because,
        "source": found.source,
        "candidate": found.candidate,
        "unused": _plain(found.unused),
    }


def differences(one: Agreement, other: Agreement) -> list[Row]:
    """By key, what each says where they do not say the same."""
    heads = [(name, _head(getattr(one, name)), _head(getattr(other, name))) for name in HEAD]
    said = [(key, _said(one, key), _said(other, key)) for key in keys()]
    if STATUTE in (one, other):
        # It holds wherever the other is silent: that is no difference.
        said = [(key, a, b) for key, a, b in said if words.NOT_SAID not in (a, b)]
    return [{"key": key, "a": a, "b": b} for key, a, b in (*heads, *said) if a != b]


def _head(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or words.NOT_SAID
    return words.NOT_SAID if value is None else str(value)


def _said(agreement: Agreement, key: str) -> str:
    """What the agreement itself says: a value, that it is unconfirmed, or nothing. The statute says everything."""
    doubt = agreement.unconfirmed.get(key)
    if doubt is not None:
        known = "" if doubt.candidate is None else f", said to be {words.value(key, doubt.candidate)}"
        return f"unconfirmed{known}"
    given = dict(agreement.given())
    if key in given or agreement == STATUTE:
        return words.value(key, agreement.value(key))
    return words.NOT_SAID


def _plain(value: Any) -> Any:
    """Without types that JSON has no word for."""
    if isinstance(value, tuple):
        return [one.model_dump(mode="json", exclude_none=True) for one in value]
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)


# -- check -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Doubts:
    """One file: its errors, or its unconfirmed values and what holds instead."""

    file: str
    checked: Checked

    def rows(self) -> Iterator[Row]:
        for problem in self.checked.problems:
            yield self._row("error", problem.line, problem.key, problem.wrong, problem.mend)
        agreement = self.checked.agreement
        if agreement is not None:
            values = {found.key: found for found in agreed_values(agreement)}
            for key, doubt in sorted(agreement.unconfirmed.items(), key=lambda item: self._line(item[0])):
                holds = words.value(key, values[key].value) if key in values else _without(key)
                by = values[key].by if key in values else None
                row = self._row("unconfirmed", self.checked.line(key), key, "Nobody has confirmed it.", None)
                known = {"candidate": doubt.candidate, "source": doubt.source}
                yield {**row, **known, "holds": holds, "by": by}

    def _line(self, key: str) -> int:
        return self.checked.line(key) or 0

    def _row(self, kind: str, line: int | None, key: str, wrong: str, mend: str | None) -> dict[str, Any]:
        agreement = self.checked.agreement
        return {
            "file": self.file,
            "agreement": None if agreement is None else agreement.name,
            "kind": kind,
            "line": line,
            "key": key,
            "message": wrong,
            "hint": mend or None,
            "candidate": None,
            "source": None,
            "holds": None,
            "by": None,
        }


def _without(key: str) -> str:
    return {"valid_from": "always until then", "valid_to": "without an end"}.get(key, "all care forms")


def to_check(text: str) -> list[Doubts]:
    """What is wrong or unconfirmed in a file, or in the files meant by an id or an id@version. Raises ``Refused``."""
    if is_file(text):
        return [Doubts(Path(text).name, check_agreement(content_of(text), Path(text).name))]
    found = shipped_as(text)
    if not found:
        raise unknown(text)
    return [check_shipped(one) for one in found]


def check_shipped(one: Shipped) -> Doubts:
    return Doubts(one.file, check_agreement(one.text, one.file))


# -- which -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Which:
    """Which agreement holds for some parties, a care form and a day, and why."""

    agreement: Agreement
    """The statute where there is none."""
    why: str
    values: tuple[AgreedValue, ...]
    overall: Agreement | None
    passed_over: tuple[tuple[Agreement, str], ...]
    """Others of these parties, with why they do not hold."""
    not_adopted: tuple[Agreement, ...]
    """Shipped for these parties, valid that day, and not adopted."""


def which_holds(basis: Basis, region: str, municipality: str, day: date, care_form: str | None) -> Which:
    """By the agreements of the basis; region and municipality by code, the day in Sweden."""
    found = basis.candidates(region, municipality, day, care_form)
    holds = found[0] if found else STATUTE
    others = [a for a in basis.agreements if a.binds(region, municipality) and a is not holds]
    passed = tuple((one, words.passed_over(one, holds, day, care_form)) for one in others)
    known = {agreement.id for agreement in basis.agreements}
    unadopted = tuple(
        one.agreement
        for one in shipped()
        if one.agreement.id not in known
        and one.agreement.binds(region, municipality)
        and one.agreement.holds_on(day)
        and one.agreement.covers(care_form)
    )
    return Which(
        holds,
        _why(holds, found),
        values_in(basis, holds, day),
        basis.overall_of(holds, day),
        passed,
        unadopted,
    )


def _why(holds: Agreement, found: list[Agreement]) -> str:
    if not found:
        return "No adopted agreement binds these parties on that day, so the statute holds."
    since = f"valid since {holds.valid_from}" if holds.valid_from else "valid without a first day"
    alone = len(found) == 1
    first = "It is the only one that binds them" if alone else "Of those that bind them it comes first"
    return f"{first}: {words.binds_by(holds)}, and is {since}."
