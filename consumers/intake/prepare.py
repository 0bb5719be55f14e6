"""A submission on its way: everything that can be found out about it without a server."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from consumers.intake.checks import read_fact
from domain import reference
from domain.calendar import local_date
from domain.command import Command
from domain.envelope import plain_data
from domain.errors import Refused, Unreadable
from domain.fact import CATALOGUE, Fact
from domain.facts._parts import foreign_fields
from domain.identifiers import PatientId, organisation_number_of_hsa
from domain.submission import Patient, Submission


@dataclass
class Prepared:
    """Parsed, its facts split by law, not yet pseudonymous."""

    submission: Submission
    patient: PatientId | None
    """``None`` where the journey was named instead, or the message that is answered."""
    facts: tuple[Fact, ...]
    controller: str
    principal: str | None
    other: PatientId | None = None
    """The other patient, of a fact about two."""
    answered: str | None = None
    """The reference of the message that it answers, as its own sender's."""
    commands: list[Command] = field(default_factory=list)

    def staff(self) -> list[str]:
        """Every staff id that it names."""
        found = [self.submission.actor] if self.submission.actor else []
        for fact in self.facts:
            kinds: list[tuple[type[Fact], dict[str, Any]]] = [(type(fact), dict(fact))]
            amended = CATALOGUE.get(getattr(fact, "amended_type", None) or "")
            if amended is not None:
                kinds.append((amended, getattr(fact, "amended_data", None) or {}))
            for kind, values in kinds:
                named = (values.get(name) for name, sort in foreign_fields(kind).items() if sort == "staff")
                found += [value for value in named if isinstance(value, str)]
        return found


def prepare(said: Submission, journey: UUID | None = None) -> Prepared | Unreadable:
    """What is wrong is returned, not raised: the rest goes on. With ``journey`` the patient is not read."""
    try:
        fact = _newest(read_fact(said))
        patient = _patient(said.patient, said) if journey is None else None
        other = _patient(said.other, said)
        controller, principal = _answerable(said)
    except Unreadable as error:
        return error
    except Refused as refused:
        return Unreadable("no-patient-id", refused.message)
    return Prepared(said, patient, fact.split(), controller, principal, other)


def _patient(named: Patient | None, said: Submission) -> PatientId | None:
    return None if named is None else PatientId.parse(named.system, named.value, local_date(said.time))


def _newest(fact: Fact) -> Fact:
    """A correction in the newest version of what it amends: only there are other systems' ids marked as such."""
    if getattr(fact, "amended_data", None) is None:
        return fact
    plain = plain_data(fact)
    return fact.model_copy(update={name: plain[name] for name in ("amended_type", "amended_data")})


def _answerable(said: Submission) -> tuple[str, str | None]:
    """Controller and principal: as said, else read off the acting unit's HSA-id."""
    controller, principal = said.controller, said.principal
    number = None
    if said.unit is not None and said.unit.startswith("hsa:"):
        number = organisation_number_of_hsa(said.unit.removeprefix("hsa:"))
    if controller is None and number is not None:
        controller = f"orgnr:{number}"
    if principal is None and number is not None:
        region = reference.region_by_organisation_number(number)
        principal = region.code if region is not None else None
    if controller is None:
        raise Unreadable(
            "no-controller",
            "It is not said who answers for the data: give controller, or a unit with an HSA-id.",
        )
    return controller, principal
