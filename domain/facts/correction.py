"""Mending what was recorded: a fact is voided or amended by another fact, never edited (PDL 3:14)."""

from typing import Annotated, Any

import msgspec
from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from domain.calendar import Instant
from domain.envelope import read_data
from domain.errors import Refused, Unreadable
from domain.fact import Fact, Regime
from domain.facts._parts import EpisodeId, MessageId
from domain.view import JourneyView


class Correction(Fact):
    """The target is a fact's id, or a message of the same source, or an episode of the same source and a kind.

    What is meant stays readable when a key is destroyed: else a voided fact would count again.
    """

    CLEAR = (
        "target_fact",
        "target_message",
        "target_episode",
        "target_kinds",
        "target_regime",
        "amended_type",
        "amended_at",
    )

    target_fact: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    target_message: MessageId | None = None
    target_episode: EpisodeId | None = None
    target_kinds: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    """Short names of facts, as ``patient-admitted``; with ``target_episode``, or to pick among a message's facts."""
    target_regime: Regime | None = None
    """The regime of the corrected fact, so that what is said of social services is sealed as such."""

    def regime(self) -> Regime:
        return self.target_regime or "HSL"

    def check(self, view: JourneyView) -> None:
        if not view.targets(self):
            raise Refused(
                "There is no such fact in this journey to correct.",
                hint="`carechain journey show --json` lists the facts with their ids.",
            )


class FactVoided(Correction, name="fact-voided", command="VoidFact", rank=200):
    """*Makulering*: the target counts as not having happened; it and the correction stay in the history."""


class FactAmended(
    Correction, name="fact-amended", command="AmendFact", rank=200, mandatory=("amended_type",)
):
    """*Rättelse*: the target's time and data are replaced whole; its id and its stay remain."""

    amended_type: str | None = None
    """The stored type that ``amended_data`` is written in, so that it can be upcast like any fact."""
    amended_at: Instant | None = None
    """The act's own time as it should have been."""
    amended_data: dict[str, Any] | None = None

    @field_validator("amended_type")
    @classmethod
    def _of_an_act(cls, value: str | None) -> str | None:
        """A correction is voided and made anew, never amended: else one could be hidden in another."""
        if value is not None and issubclass(_kind(value), Correction):
            raise PydanticCustomError("correction", "a correction cannot be amended, only voided")
        return value

    @field_validator("amended_data")
    @classmethod
    def _typed(cls, value: dict[str, Any] | None, info: ValidationInfo) -> dict[str, Any] | None:
        """Without its type nobody could tell which of these words have to be sealed."""
        if value is not None and info.data.get("amended_type") is None:
            raise PydanticCustomError("untyped", "amended_data needs amended_type beside it")
        return value

    def regime(self) -> Regime:
        """``SoL`` also where the sender forgot to say so and the new data are about social services."""
        return "SoL" if "SoL" in (super().regime(), self._amended_regime()) else "HSL"

    def _amended_regime(self) -> Regime:
        if self.amended_type is None:
            return "HSL"
        try:
            _, amended = read_data(self.amended_type, msgspec.json.encode(self.amended_data or {}))
        except Unreadable:
            return "HSL"
        return "HSL" if amended is None else amended.regime()


def _kind(stored_type: str) -> type[Fact]:
    try:
        return read_data(stored_type, None)[0]
    except Unreadable:
        return Fact
