"""What a submission may not hold although its form is right: it would stand in clear, or stop whoever reads it."""

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from domain.envelope import read_data
from domain.errors import Unreadable
from domain.fact import Fact, Sealed, load_catalogue
from domain.facts.correction import Correction, FactAmended
from domain.submission import Submission

_EARLIEST, _LATEST = 1900, 2200
"""Years that an act of care can have: arithmetic on the calendar stays inside what a date can be."""


def read_fact(said: Submission) -> Fact:
    """The fact that a submission states, checked. Raises ``Unreadable``."""
    fact = _read(said.type, said.data)[1]
    amended = _amended(fact)
    for part in (fact, amended):
        if part is not None:
            _refuse_sealed(part)
    for moment in (said.time, said.sent, *_moments(dict(fact)), *_moments(dict(amended or {}))):
        if moment is not None and not _EARLIEST <= moment.year < _LATEST:
            raise Unreadable(
                "invalid-field", f"A time lies before the year {_EARLIEST} or after {_LATEST - 1}."
            )
    return _under_its_law(said, fact, amended)


def _read(stored_type: str, data: dict[str, Any]) -> tuple[type[Fact], Fact]:
    """As ``read_data``, but what the sender calls its own facts and fields is not repeated."""
    try:
        kind, fact = read_data(stored_type, msgspec.json.encode(data))
    except Unreadable as error:
        if error.reason == "unknown-fact":
            raise Unreadable("unknown-fact", "This version of carechain does not know that fact.") from None
        cause = error.__context__
        if isinstance(cause, ValidationError) and "extra_forbidden" in {e["type"] for e in cause.errors()}:
            raise Unreadable("invalid-data", "It holds a field that the fact does not have.") from None
        raise
    assert fact is not None
    return kind, fact


def _amended(fact: Fact) -> Fact | None:
    """What a correction puts in place. Without its type nothing tells what of it may stand in clear."""
    if isinstance(fact, Correction) and not _names().issuperset(fact.target_kinds):
        raise Unreadable("invalid-data", "A correction names a kind of fact that is not known.")
    if not isinstance(fact, FactAmended):
        return None
    if fact.amended_type is None:
        if fact.amended_data is not None:
            raise Unreadable("invalid-data", "A correction gives new data without saying of which type.")
        return None
    kind, amended = _read(fact.amended_type, fact.amended_data or {})
    if issubclass(kind, Correction):
        raise Unreadable("invalid-data", "A correction is not itself corrected, but voided.")
    return amended


@cache
def _names() -> frozenset[str]:
    return frozenset(kind.NAME for kind in load_catalogue().values())


def _under_its_law(said: Submission, fact: Fact, amended: Fact | None) -> Fact:
    """What is said of social services is sealed as such, also where a correction says it.

    A correction takes its law from what it puts in place; a law given that would leave it in clear is refused.
    """
    if amended is None:
        if said.regime == "HSL" and fact.regime() == "SoL" and len(fact.split()) == 1:
            raise _wrong_law()
        return fact
    assert isinstance(fact, FactAmended)
    if len(amended.split()) > 1:
        raise Unreadable("invalid-data", "A correction concerns both laws: send one for each.")
    if amended.regime() == "HSL" or "SoL" in (said.regime, fact.target_regime):
        return fact
    if said.regime is None and fact.target_regime is None:
        return fact.model_copy(update={"target_regime": "SoL"})
    raise _wrong_law()


def _wrong_law() -> Unreadable:
    return Unreadable("invalid-data", "Social services are told of under the health care act.")


def _refuse_sealed(fact: Fact) -> None:
    """Sealing is ours: what another has put into that form might be anything, in clear."""
    if any(isinstance(getattr(fact, name), Sealed) for name in type(fact).free_text_fields()):
        raise Unreadable("invalid-data", "A text is given in its sealed form.")


def _moments(value: Any) -> Iterator[datetime]:
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, BaseModel):
        yield from _moments(dict(value))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _moments(item)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _moments(item)
