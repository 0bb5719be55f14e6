"""What was last said of each takeover: asked, taken or declined, by municipality and law."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.municipal import (
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.subject import Owner


@dataclass(frozen=True)
class Said:
    """One word about a takeover."""

    recorded: RecordedFact
    word: MunicipalTakeoverProposed | MunicipalTakeoverAccepted | MunicipalTakeoverDeclined
    owner: Owner
    """The municipality (the patient's own where none is named), in the capacity of the law that it was asked under."""

    @property
    def role(self) -> str | None:
        return self.owner.role


def takeovers(case: Case) -> Iterator[Said]:
    """All that was said of takeovers in the stay, in order."""
    for recorded in case.stay.facts:
        fact = recorded.fact
        if isinstance(
            fact, MunicipalTakeoverProposed | MunicipalTakeoverAccepted | MunicipalTakeoverDeclined
        ):
            role = municipal_role(recorded.envelope.regime)
            yield Said(recorded, fact, case.municipality(fact.municipality, role))
