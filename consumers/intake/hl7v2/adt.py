"""What an HL7 v2 message says: facts of an ADT message, and of any other only what sort it is.

Nothing here knows of other messages, of a server or a clock. Which events are read: ``STAY_EVENTS``, ``PERSON_EVENTS``.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from consumers.intake.hl7v2.adt_persons import ABOUT_TWO, OF_NO_EPISODE, PERSON_EVENTS
from consumers.intake.hl7v2.adt_stays import STAY_EVENTS, Reader
from consumers.intake.hl7v2.event import Event
from consumers.intake.hl7v2.header import Header, read_header
from consumers.intake.hl7v2.parsing import Parsed
from consumers.intake.hl7v2.patients import patient_of
from consumers.intake.hl7v2.profile import DEFAULT, Profile, profile_of
from consumers.intake.hl7v2.sender import Sender
from consumers.intake.message import Told
from consumers.intake.notes import with_note
from domain.errors import Unreadable
from domain.submission import Patient, Submission

EVENTS: Final[Mapping[str, Reader]] = {**STAY_EVENTS, **PERSON_EVENTS}


def read_message(raw: bytes, profiles: Iterable[Profile] = ()) -> Told:
    """One message, as the profile for its sender has it. Raises ``Unreadable`` where it has no header."""
    profile = profile_of(raw, profiles) or DEFAULT
    header = read_header(raw, profile.character_set)
    if header is None:
        raise Unreadable("no-header", "The message does not begin with a message header (MSH).", "MSH")
    sender = Sender(header, profile)
    if not header.is_supported:
        return Told(header.kind, source=sender.source)
    try:
        parsed = Parsed.of(raw, profile.character_set)
    except Unreadable as error:
        return Told(header.kind, source=sender.source, trouble=error)
    return _told(Event(parsed, sender, header.trigger not in OF_NO_EPISODE), header)


def _told(event: Event, header: Header) -> Told:
    """Facts and note. With trouble nothing of a message is recorded but whole pairs of patients: the rest of it would
    come in another form once it can be read."""
    submissions: list[Submission] = []
    trouble: Unreadable | None = None
    try:
        for act in EVENTS[header.trigger](event):
            submissions.append(event.submission(act))  # noqa: PERF401  # those before a trouble are kept
        submissions = list(_with_note(event, submissions, apart=header.trigger in ABOUT_TWO))
    except Unreadable as error:
        trouble = error
        if header.trigger not in ABOUT_TWO:
            submissions = []
    return Told(
        header.kind,
        tuple(submissions),
        source=event.sender.source,
        unit=_unit(event),
        trouble=trouble,
        patient=_patient(event) if trouble is not None else None,
    )


def _with_note(event: Event, submissions: list[Submission], *, apart: bool) -> tuple[Submission, ...]:
    """A note beside two patients stands apart: in the fact it would stand with both."""
    if not apart:
        event.seen()
    text = event.parsed.leftover()
    if not text:
        return tuple(submissions)
    if submissions and not apart:
        bare = submissions[0]
        sent = bare.sent or bare.time
        return with_note(submissions, text, bare=bare.model_copy(update={"time": sent, "other": None}))
    return (*submissions, *with_note((), text, bare=event.noted()))


def _patient(event: Event) -> Patient | None:
    try:
        return patient_of(event.parsed, event.sender, event.on)
    except Unreadable:
        return None


def _unit(event: Event) -> str | None:
    try:
        return event.unit
    except Unreadable:
        return None
