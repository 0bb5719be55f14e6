"""One command as it reaches us, identities included: a line of our NDJSON, and what every adapter makes.

A submission exists only between the door and the vault. What the log holds is made from it by ``domain.command``.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from domain.calendar import Instant
from domain.fact import Regime, Role
from domain.facts._parts import Principal
from domain.identifiers import OrganisationRef

SourceName = Annotated[str, Field(pattern=r"^[a-z][A-Za-z0-9:._-]{0,127}$")]
Foreign = Annotated[str, Field(min_length=1, max_length=512)]
TimePrecision = Literal["second", "minute", "day"]


class Patient(BaseModel):
    """Who it is about: an id and the system it belongs to (``personnummer``, ``samordningsnummer``, ``cpr`` ...)."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    system: Annotated[str, Field(min_length=1, max_length=64)]
    value: Annotated[str, Field(min_length=1, max_length=64)]


class Answers(BaseModel):
    """The message that this one answers, by its id and by who may have sent it: the first source that has, counts."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    sources: Annotated[tuple[SourceName, ...], Field(min_length=1, max_length=10)]
    message: Foreign


class Submission(BaseModel):
    """A command with its sender's words for patient, episode, message and staff. Times carry an offset."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    type: Annotated[str, Field(pattern=r"^se\.carechain\.[a-z0-9-]+\.v[1-9][0-9]*$")]
    """The stored type name of the fact, as ``se.carechain.patient-admitted.v1``."""
    time: Instant
    """The act's own time: sending for notices, judgement for judgements (table in the decision record)."""
    patient: Patient | None = None
    """Left out only where ``answers`` tells whom it is about."""
    other: Patient | None = None
    """The other patient id, of a fact about two: ids that are linked or parted, an episode moved from another patient."""
    answers: Answers | None = None
    """A message that was taken in before: an answer without a patient is about the same one."""
    source: SourceName
    """The sending system, as ``hsa:SE2321000198-cosmic`` or ``sor:265161000016000``; never a person."""
    message: Foreign | None = None
    """The source's id of the message. Without it the command is always new."""
    sequence: Annotated[int, Field(ge=0, le=2_147_483_647)] | None = None
    """The source's own order among its messages; decides between two facts of one moment and one kind."""
    episode: Foreign | None = None
    """The source's id of the episode of care."""
    sent: Instant | None = None
    """When the message was sent, where the act is not the sending."""
    precision: TimePrecision = "second"
    actor: Foreign | None = None
    """The member of staff who did it (staff HSA-id, user name); the log holds a reference."""
    unit: OrganisationRef | None = None
    """The acting unit."""
    role: Role | None = None
    controller: OrganisationRef | None = None
    """Who answers for the personal data; left out, it is read off the unit's HSA-id."""
    principal: Principal | None = None
    """The *huvudman* the unit acts for: region (two digits) or municipality (four); left out, read off the unit."""
    regime: Regime | None = None
    """The law acted under; left out, the fact's own."""
    correlation: Annotated[str, Field(max_length=128)] | None = None
    causation: Annotated[str, Field(max_length=128)] | None = None
    data: dict[str, Any] = {}
    """The fact's own fields."""

    @model_validator(mode="after")
    def _about_somebody(self) -> Self:
        if self.patient is None and self.answers is None:
            raise PydanticCustomError("missing", "the patient is missing")
        return self
