"""One ADT message as its event's reader sees it: times, patient, episode, units, and the facts it makes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from consumers.intake.hl7v2.parsing import Parsed, Repetition, Segment, path_of
from consumers.intake.hl7v2.patients import patient_of
from consumers.intake.hl7v2.profile import Class, Profile
from consumers.intake.hl7v2.sender import Sender
from consumers.intake.hl7v2.times import Moment
from consumers.intake.notes import numbered
from domain.calendar import format_instant, local_date
from domain.errors import Refused, Unreadable
from domain.fact import Fact, Role
from domain.facts.messages import MessageNoted
from domain.reference import municipality
from domain.submission import Patient, Submission


@dataclass(frozen=True, repr=False)
class Act:
    """One fact that the message tells."""

    fact: type[Fact]
    moment: Moment
    data: Mapping[str, Any]
    in_episode: bool = True
    patient: Patient | None = None
    """Whom it is about, where that is not the message's patient."""
    other: Patient | None = None
    number: int = 1
    """Of several acts of one kind, which."""


@dataclass(repr=False)
class Event:
    """What readers of events ask of a message. Nothing here knows of other messages."""

    parsed: Parsed
    sender: Sender
    about_episode: bool = True
    """Whether the event is about an episode of care, and not about the person."""

    @property
    def profile(self) -> Profile:
        return self.sender.profile

    # -- times -------------------------------------------------------------------------------------------------

    def time(self, name: str, *, is_used: bool = True) -> Moment | None:
        """A time by its key in ``TIMES``: the first of its fields that says something. Raises Unreadable."""
        for path in self.profile.fields_of(name):
            if (moment := self.time_at(path, is_used=is_used)) is not None:
                return moment
        return None

    def needed(self, name: str) -> Moment:
        """The same; raises Unreadable (``missing-time``) where none of the fields says anything."""
        moment = self.time(name)
        if moment is None:
            fields = self.profile.fields_of(name)
            raise Unreadable(
                "missing-time", f"The message does not say when: {' and '.join(fields)} are empty.", fields[0]
            )
        return moment

    def time_at(self, path: str, *, is_used: bool = True) -> Moment | None:
        """The time in a field. Raises Unreadable (``invalid-time``)."""
        place = path_of(path)
        text = self.parsed.get(path, is_used=False)
        degree = ""
        if place.component == 1:
            degree = self.parsed.get(f"{place.whole}.2", is_used=False)
        moment = Moment.read(text, self.profile.zone, path, degree)
        if moment is not None and is_used:
            self.parsed.get(path)
        return moment

    def side_time(self, *paths: str) -> str | None:
        """A time beside the act's own, as it stands in a fact; one that cannot be read stays in the note."""
        for path in paths:
            try:
                moment = self.time_at(path)
            except Unreadable:
                continue
            if moment is not None:
                return format_instant(moment.at)
        return None

    @cached_property
    def sent(self) -> Moment | None:
        """When the message was sent, as far as that can be read."""
        for path in self.profile.fields_of("sent"):
            try:
                moment = self.time_at(path)
            except Unreadable:
                continue
            if moment is not None:
                return moment
        return None

    def needed_sent(self) -> Moment:
        """Raises Unreadable (``missing-time`` or ``invalid-time``)."""
        return self.sent or self.needed("sent")

    @cached_property
    def on(self) -> date | None:
        """The day the message was written, for numbers without a century."""
        return local_date(self.sent.at) if self.sent is not None else None

    # -- who and where -----------------------------------------------------------------------------------------

    @cached_property
    def patient(self) -> Patient:
        return patient_of(self.parsed, self.sender, self.on)

    def other_patient(self, path: str, within: Segment, unlike: Patient) -> Patient:
        return patient_of(self.parsed, self.sender, self.on, (path,), within, unlike)

    @cached_property
    def location(self) -> Repetition | None:
        """Where the patient is (PV1-3)."""
        return next(iter(self.parsed.values("PV1-3")), None)

    @cached_property
    def unit(self) -> str | None:
        return self.unit_at("PV1-3")

    def unit_at(self, path: str) -> str | None:
        """The unit that a location names; room and bed stay in the note."""
        location = next(iter(self.parsed.values(path)), None)
        unit = self.sender.unit(location)
        for component in self.profile.unit.components if unit is not None else ():
            self.parsed.get(f"{path}.{component}")  # notes it as used where it says nothing else
        return unit

    @cached_property
    def episode(self) -> str | None:
        """The sender's id of the episode; where there is none, patient and admission (PV1-44) stand for it."""
        if not self.about_episode:
            return None
        if named := self.own_episode():
            return named
        admitted = self.side_time("PV1-44")
        return f"{self.patient.system}|{self.patient.value}|{admitted}" if admitted is not None else None

    def own_episode(self) -> str | None:
        """The sender's id of an episode, whatever the event is about."""
        for path in self.profile.episode.fields:
            if value := self.parsed.get(path, is_used=False):
                self.parsed.take(path)
                return value
        return None

    def needed_episode(self) -> str:
        """Raises Unreadable (``no-episode``)."""
        if self.episode is None:
            raise Unreadable(
                "no-episode",
                "The message takes something back, but does not say of which episode.",
                self.profile.episode.fields[0],
            )
        return self.episode

    def care(self, otherwise: Class = "inpatient") -> Class:
        """What the patient's class (PV1-2) means; ``otherwise`` where it is not given, or a code nobody knows."""
        code = self.parsed.get("PV1-2", is_used=False).upper()
        found = self.profile.patient_class.get(code)
        if found in ("inpatient", "emergency"):
            self.parsed.get("PV1-2")
        return found or otherwise

    def municipality(self) -> str | None:
        """The municipality of registration, where the profile says which field has it, and it exists."""
        path = self.profile.municipality
        written = self.parsed.get(path, is_used=False) if path is not None else ""
        code = written[:4] if len(written) == 6 else written
        try:
            return municipality(code).code if code else None
        except Refused:
            return None

    # -- facts -------------------------------------------------------------------------------------------------

    @cached_property
    def message(self) -> str:
        """MSH-10, else a digest of what the message says."""
        return self.parsed.get("MSH-10") or self.parsed.digest

    def submission(self, act: Act) -> Submission:
        """The act as it goes to the intake. Raises Unreadable (``invalid-field``)."""
        sequence, operator = self.parsed.get("MSH-13"), self.parsed.get("EVN-5")
        try:
            return Submission(
                type=act.fact.TYPE,
                time=act.moment.at,
                precision=act.moment.precision,
                patient=act.patient or self.patient,
                other=act.other,
                source=self.sender.source,
                message=self.message if act.number == 1 else numbered(self.message, act.number),
                sequence=int(sequence) if sequence.isdecimal() and len(sequence) < 10 else None,
                episode=self.episode if act.in_episode else None,
                sent=self.sent.at if self.sent is not None else None,
                actor=operator or None,
                unit=self.unit,
                role=self._role,
                controller=self.sender.controller,
                principal=self.sender.principal,
                data=dict(act.data),
            )
        except ValidationError:
            raise Unreadable(
                "invalid-field", "An identifier in the message is longer than any we accept."
            ) from None

    def seen(self) -> None:
        """Note as used what every fact of the message holds, also before there is one. Raises Unreadable."""
        _ = (self.patient, self.unit, self.episode, self._role)

    def noted(self) -> Submission:
        """A note of this message, without its text. Raises Unreadable where nothing says when."""
        return self.submission(Act(MessageNoted, self.needed_sent(), {}))

    @property
    def _role(self) -> Role | None:
        if not self.about_episode:
            return None
        care = self.care("other")
        return care if care in ("inpatient", "emergency") else None
