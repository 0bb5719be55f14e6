"""A patient's whole way, stays and all: what rules and measures outside LUS are asked about."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from domain.agreement import Agreement
from domain.basis import Basis
from domain.calendar import local_date
from domain.case import Case
from domain.envelope import RecordedFact
from domain.fact import Fact
from domain.reference import is_municipality, is_region, party_of, region_of_municipality
from domain.rows import Row
from domain.stays import Stay, Stays
from domain.subject import Ending, Owner, Subject

AnyFact = TypeVar("AnyFact", bound=Fact)


@dataclass(frozen=True)
class Chain(Subject):
    """One patient's journey, and the basis that it is judged on."""

    basis: Basis

    def all(
        self, *kinds: type[AnyFact], where: Callable[[AnyFact], bool] = lambda _: True
    ) -> Iterator[tuple[RecordedFact, AnyFact]]:
        """The journey's facts of these kinds, in order, with their readable data."""
        for recorded in self.history.of_kinds(*kinds):
            if isinstance(recorded.fact, kinds) and where(recorded.fact):
                yield recorded, recorded.fact

    def case(self, stay: Stay) -> Case:
        """One of the journey's stays under LUS, made once: what was worked out for one rule serves the next."""
        if stay.id not in self._cases:
            self._cases[stay.id] = self.case_among(self.stays, stay)
        return self._cases[stay.id]

    def case_among(self, stays: Stays, stay: Stay) -> Case:
        """A stay as one of other stays than these, as they stood at an earlier moment."""
        return Case(self.journey, self.history, stays, stay, self.basis)

    @cached_property
    def _cases(self) -> dict[UUID, Case]:
        return {}

    def deceased(self) -> Ending:
        return Ending(self.died, "deceased")

    # -- who and where ---------------------------------------------------------------------------------------

    def owner(self, fact: RecordedFact, role: str | None = None, unit: str | None = None) -> Owner:
        """The *huvudman* on whose behalf a fact was said, else whose data it is."""
        return Owner(party_of(fact.envelope.principal) or fact.envelope.controller, role, unit)

    def region_of(self, fact: RecordedFact) -> str | None:
        """The region that a fact was said in: its principal, or the one the principal's municipality lies in."""
        principal = fact.envelope.principal
        if principal is not None and is_municipality(principal):
            return region_of_municipality(principal)
        return principal if principal is not None and is_region(principal) else None

    def municipality_at(self, time: datetime) -> str | None:
        """The patient's municipality, as last told by ``time`` (UTC): at an admission or visit, or by a change."""
        if time not in self._municipalities:
            self._municipalities[time] = self._municipality_at(time)
        return self._municipalities[time]

    @cached_property
    def _municipalities(self) -> dict[datetime, str | None]:
        """Asked for by every row, mostly of the same few moments."""
        return {}

    def _municipality_at(self, time: datetime) -> str | None:
        told: list[tuple[datetime, str]] = []
        for stay in self.stays.stays.values():
            begun = [fact.time for fact in (stay.opened, stay.admitted) if fact is not None]
            known = [when for when in (*begun, *(move.time for move in stay.moves)) if when <= time]
            if known and (code := stay.municipality_known(time)):
                told.append((max(known), code))
        for change in self.stays.residence:
            code = getattr(change.fact, "to_municipality", None)
            if change.time <= time and code is not None:
                told.append((change.time, code))
        return max(told, key=lambda said: said[0], default=(time, None))[1]

    def municipality_of(self, fact: RecordedFact) -> str | None:
        """The patient's municipality when a fact was said; where nobody told it, the one the fact is about."""
        code = self.municipality_at(fact.time) or getattr(fact.fact, "municipality", None)
        principal = fact.envelope.principal
        return code or (principal if principal is not None and is_municipality(principal) else None)

    def agreement_of(self, fact: RecordedFact) -> Agreement:
        """What region and municipality have agreed, by where and when a fact was said, and of what stay."""
        return self._agreed(fact, self.region_of(fact), self.municipality_of(fact))

    def _agreed(self, fact: RecordedFact, region: str | None, municipality: str | None) -> Agreement:
        stay = self.stay_of(fact)
        care_form = self.case(stay).care_form(fact.time) if stay is not None and stay.under_lus else None
        return self.basis.agreement_for(region, municipality, local_date(fact.time), care_form)

    def stay_of(self, fact: RecordedFact) -> Stay | None:
        return self._stay_by_fact.get(fact.id)

    @cached_property
    def _stay_by_fact(self) -> dict[str, Stay]:
        """By id of the fact; where a death ends several stays, the first of them."""
        return {fact.id: stay for stay in reversed(self.stays.stays.values()) for fact in stay.facts}

    def common(self, opened: RecordedFact) -> dict[str, Any]:
        stay = self.stay_of(opened)
        region, municipality = self.region_of(opened), self.municipality_of(opened)
        return {
            "journey": self.journey,
            "stay": stay.id if stay is not None else None,
            "municipality": municipality,
            "region": region,
            "agreement": self._agreed(opened, region, municipality).name,
        }


ConcludeChain = Callable[[Chain], Iterator[Row]]
"""What a module of ``domain.rules`` or ``domain.waits`` that looks beyond one stay offers as ``chain_rows``."""
