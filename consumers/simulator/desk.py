"""Whose system says what: a message, and the desks of ward, open care, municipality, specialists and the rest."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from consumers.simulator.records import Act, Journey, Party, Stay
from consumers.simulator.region import Area, Hospital, Municipality


@dataclass
class Message:
    """One fact as its sender would have it; instants in `data` get the line's offset when written."""

    kind: str
    at: datetime
    source: str
    principal: str
    controller: str
    data: dict[str, Any]
    unit: str | None = None
    role: str | None = None
    episode: str | None = None
    regime: str | None = None
    not_before: datetime | None = None
    """Told wrong, its time must still not be earlier, or it would be taken for another stay's."""
    several: bool = False
    """One message about both laws, which is taken apart into two facts."""
    actor: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def at_home(area: Area, journey: Journey) -> Municipality:
    """The patient's municipality, with the health centre that they are listed at as its health centre."""
    home = area.municipality(journey.municipality)
    return replace(home, health_centre=home.private_centre) if journey.private else home


class Desk:
    """Writes messages about one patient, of one stay or of none."""

    def __init__(self, area: Area, journey: Journey, stay: Stay | None = None) -> None:
        self.area, self.journey = area, journey
        self._stay = stay
        self.home = at_home(area, journey)
        self.hospital: Hospital = area.hospitals[stay.hospital if stay is not None else 0]

    @property
    def stay(self) -> Stay:
        assert self._stay is not None
        return self._stay

    def ward(self, kind: str, at: datetime, /, **data: Any) -> Message:
        """By the hospital's system, which names the episode."""
        message = self._of_region("hospital", kind, at, data, self.stay.unit or self.hospital.emergency)
        message.role, message.episode, message.not_before = "inpatient", self.stay.episode, None
        return message

    def open_care(self, kind: str, at: datetime, /, **data: Any) -> Message:
        """By open care's system, which knows nothing of the hospital's episodes."""
        message = self._of_region("open-care", kind, at, data, self.home.health_centre)
        message.role = "open-care"
        if self.journey.private:
            message.source = self.area.source("private")
            message.controller = self.home.provider
        return message

    def municipal(self, kind: str, at: datetime, code: str, role: str, /, **data: Any) -> Message:
        """By a municipality's system."""
        place = self.area.municipality(code)
        return Message(
            kind,
            at,
            place.source,
            place.code,
            place.organisation,
            given(data),
            unit=place.nursing if role == "municipal-health" else place.home_care,
            role=role,
            not_before=self._since(),
        )

    def act(self, act: Act) -> Message:
        """By whoever the act names."""
        message = self._by(act)
        message.regime = act.regime
        if act.unit is not None and act.unit != message.unit:
            message.unit = act.unit
            if (
                act.by == "open-care"
            ):  # another health centre than the patient's own: one that the region runs
                message.source, message.controller = self.area.open_care_source, self.area.organisation
        return message

    def _by(self, act: Act) -> Message:
        at, kind, data = act.at, act.kind, act.data
        if act.by == "ward":
            return self.ward(kind, at, **data)
        if act.by == "open-care":
            return self.open_care(kind, at, **data)
        if act.by in ("municipal-health", "social-services"):
            return self.municipal(kind, at, act.municipality or self.home.code, act.by, **data)
        units = {"ambulance": self.area.ambulance, "team": self.home.team}
        message = self._of_region(act.by, kind, at, data, units.get(act.by))
        message.role = "open-care" if act.by in ("specialist", "team") else None
        return message

    def _of_region(self, of: str, kind: str, at: datetime, data: dict[str, Any], unit: str | None) -> Message:
        return Message(
            kind,
            at,
            self.area.source(of),
            self.area.code,
            self.area.organisation,
            given(data),
            unit=unit,
            not_before=self._since(),
        )

    def _since(self) -> datetime | None:
        return self._stay.admitted_at if self._stay is not None else None


def given(data: dict[str, Any]) -> dict[str, Any]:
    """Only what is known."""
    return {key: value for key, value in data.items() if value is not None}


def recipients(*parties: Party) -> list[dict[str, Any]]:
    """A list of units as messages have it."""
    return [
        given({"role": party.role, "unit": party.unit, "municipality": party.municipality})
        for party in parties
    ]
