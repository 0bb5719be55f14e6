"""For each value that may be agreed: what holds under an agreement, where it comes from, and why."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from domain.agreement import CAPPED, STATUTE, Agreement, keys
from domain.basis import Basis

AGREEMENT: Literal["agreement"] = "agreement"
OVERALL: Literal["overall"] = "overall"
STATUTORY: Literal["statute"] = "statute"


@dataclass(frozen=True)
class AgreedValue:
    """One value as it is used."""

    key: str
    """As ``payment.free_days``."""
    value: Any
    origin: Literal["agreement", "overall", "statute"]
    """The agreement itself, the overall one that it supplements, or the statute."""
    by: str
    """The agreement that says it, as ``statute@1``."""
    because: str | None = None
    """Why the agreement's own word does not hold, or that it says nothing; ``None`` where it is its own."""
    source: str | None = None
    """Where the value, or an unconfirmed one that is not used, is from."""
    candidate: Any = None
    """What an unconfirmed one is said to be, where anybody says it."""
    unused: Any = None
    """What the agreement itself says and confirms, where its payment model cannot be reckoned."""


def agreed_values(agreement: Agreement, overall: Agreement | None = None) -> tuple[AgreedValue, ...]:
    """Every value under ``agreement``, as it stands beside the ``overall`` one that it supplements."""
    merged = agreement if overall is None else agreement.over(overall)
    unusable = missing_for_model(merged)
    return tuple(_value(key, agreement, overall, unusable) for key in keys())


def values_in(basis: Basis, agreement: Agreement, day: date) -> tuple[AgreedValue, ...]:
    """Every value under ``agreement`` as it is used on a day in Sweden, with what it supplements by then."""
    return agreed_values(agreement, basis.overall_of(agreement, day))


def missing_for_model(agreement: Agreement) -> str | None:
    """The key without which the payment model cannot be reckoned, so that the statute's rule holds; else none."""
    if agreement.payment.usable:
        return None
    without_cap = agreement.payment.model == CAPPED and agreement.payment.threshold_days is not None
    return "payment.individual_cap_days" if without_cap else "payment.threshold_days"


def _value(key: str, agreement: Agreement, overall: Agreement | None, unusable: str | None) -> AgreedValue:
    doubt = agreement.unconfirmed.get(key)
    candidate = None if doubt is None else doubt.candidate
    if unusable is not None and key.startswith("payment."):
        own = dict(agreement.given()).get(key)
        why = "unconfirmed" if doubt else f"{unusable.partition('.')[2]} is not confirmed"
        source = doubt.source if doubt else agreement.sources.get(key)
        return AgreedValue(key, STATUTE.value(key), STATUTORY, STATUTE.name, why, source, candidate, own)
    if key in dict(agreement.given()):
        return AgreedValue(
            key, agreement.value(key), AGREEMENT, agreement.name, source=agreement.sources.get(key)
        )
    why = "unconfirmed" if doubt else "the agreement is silent"
    if overall is not None and key in dict(overall.given()):
        source = overall.sources.get(key)
        return AgreedValue(key, overall.value(key), OVERALL, overall.name, why, source, candidate)
    if overall is not None and key in overall.unconfirmed:
        why = f"{why}, and {overall.name}'s is unconfirmed"
    source = doubt.source if doubt else None
    return AgreedValue(key, STATUTE.value(key), STATUTORY, STATUTE.name, why, source, candidate)
