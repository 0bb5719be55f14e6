"""What an operator's command is checked against: the journey as it was at the command's own time."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from domain.errors import Refused

if TYPE_CHECKING:
    from domain.envelope import RecordedFact
    from domain.fact import Fact
    from domain.stays import Stay
    from domain.tracks import Track

AnyFact = TypeVar("AnyFact", bound="Fact")
_NO_STAY = "nobody has recorded an admission before that time"
_ADMIT = "Record the admission first, or check the time you gave."


class JourneyView:
    """Answers and refusals in the ward's words. Times are UTC."""

    def __init__(
        self,
        journey: UUID,
        facts: "tuple[RecordedFact, ...]",
        stay: "Stay | None",
        open_stay: "Stay | None",
        deceased_at: datetime | None,
        find_targets: "Callable[[Any], bool]",
        tracks: "tuple[Track, ...]",
    ) -> None:
        self.journey = journey
        self.facts = facts
        """What had happened by then, in order; also what is recorded in journeys that are the same person's."""
        self.stay = stay
        """The stay the command belongs to: the one it names, else the open one, else the last that ended."""
        self.open_stay = open_stay
        """The stay that is open at that time, whichever the command names."""
        self.deceased_at = deceased_at
        self.tracks = tracks
        """Those between specialists and primary care that a person may name."""
        self._find_targets = find_targets

    def refuse_when_deceased(self, act: str) -> None:
        if self.deceased_at is not None:
            raise Refused(
                f"You cannot {act}: the patient is recorded as deceased.",
                hint="If the death was recorded in error, void that fact first: `carechain record fact-voided`.",
            )

    def refuse_when_in_stay(self, act: str, *, unless: str | None = None) -> None:
        """No second stay beside one that is open; ``unless`` names the phase that the act goes on from."""
        if self.open_stay is None or (self.open_stay is self.stay and self.open_stay.phase == unless):
            return
        raise Refused(
            f"You cannot {act}: the patient is in a stay that has not ended.",
            hint="Record its discharge first, or a transfer if the patient has moved to another ward.",
        )

    def require_stay(self, act: str) -> None:
        if self.stay is None or not self.stay.phases:
            raise Refused(f"You cannot {act}: {_NO_STAY}.", hint=_ADMIT)

    def require_inpatient(self, act: str) -> None:
        self.refuse_when_deceased(act)
        if self.stay is None or self.stay.phase not in ("inpatient", "on_leave"):
            ended = self.stay is not None and self.stay.ended is not None
            why = "the stay had ended by then" if ended else _NO_STAY
            raise Refused(f"You cannot {act}: {why}.", hint=_ADMIT)

    def require_state(self, phase: str, act: str, hint: str) -> None:
        self.refuse_when_deceased(act)
        if self.stay is None or self.stay.phase != phase:
            found = "not in any stay" if self.stay is None else _PHASES[self.stay.phase or "unknown"]
            raise Refused(f"You cannot {act}: the patient was {found} at that time.", hint=hint)

    def require_earlier(self, kind: "type[Fact]", act: str, why_not: str) -> None:
        """Something of ``kind`` must have happened in the same stay."""
        if self.stay is None or self.stay.first(kind) is None:
            raise Refused(
                f"You cannot {act}: {why_not}.", hint="Record that first, or check the time you gave."
            )

    def require_earlier_anywhere(
        self, kind: "type[AnyFact]", act: str, why_not: str, where: "Callable[[AnyFact], bool] | None" = None
    ) -> None:
        """Something of ``kind`` must have happened, in whichever stay or outside them.

        One whose data cannot be opened is believed to be the one that ``where`` asks for.
        """
        if not any(
            recorded.kind is kind
            and (where is None or not isinstance(recorded.fact, kind) or where(recorded.fact))
            for recorded in self.facts
        ):
            raise Refused(
                f"You cannot {act}: {why_not}.", hint="Record that first, or check the time you gave."
            )

    def require_standing(self, done: "type[Fact]", undone: "type[Fact]", act: str, why_not: str) -> None:
        """In the same stay the last word must be ``done``, not its opposite."""
        said = [fact.kind for fact in self.stay.facts if fact.kind in (done, undone)] if self.stay else []
        if not said or said[-1] is undone:
            raise Refused(
                f"You cannot {act}: {why_not}.", hint="Record that first, or check the time you gave."
            )

    def require_standing_anywhere(
        self,
        done: "type[Fact]",
        undone: "type[Fact]",
        act: str,
        why_not: str,
        alike: Callable[[Any], bool],
    ) -> None:
        """As ``require_standing``, in whichever stay or outside them, of those facts that are ``alike``."""
        said = [
            recorded.kind
            for recorded in self.facts
            if recorded.kind in (done, undone) and (recorded.fact is None or alike(recorded.fact))
        ]
        if not said or said[-1] is undone:
            raise Refused(
                f"You cannot {act}: {why_not}.", hint="Record that first, or check the time you gave."
            )

    def require_open_stay(self, act: str) -> None:
        self.require_stay(act)
        if self.stay is not None and not self.stay.is_open:
            raise Refused(f"You cannot {act}: the stay had ended by then.", hint=_ADMIT)

    def require_ended_stay(self, act: str) -> None:
        self.require_stay(act)
        if self.stay is not None and self.stay.is_open:
            raise Refused(f"You cannot {act}: the stay has not ended.", hint="Record the discharge first.")

    def last(self, kind: type[AnyFact], where: Callable[[AnyFact], bool]) -> AnyFact | None:
        for recorded in reversed(self.facts):
            if isinstance(recorded.fact, kind) and where(recorded.fact):
                return recorded.fact
        return None

    def targets(self, correction: Any) -> bool:
        return self._find_targets(correction)


_PHASES = {
    "inpatient": "an inpatient",
    "outpatient": "at the emergency department",
    "on_leave": "on leave",
    "discharged": "discharged",
    "deceased": "deceased",
    "cancelled": "in a cancelled stay",
    "unknown": "not admitted",
}
