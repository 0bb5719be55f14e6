"""Whom an HL7 v2 message is about: of the numbers that it gives, the one that the journey is known by."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from consumers.intake.hl7v2.parsing import Parsed, Repetition, Segment
from consumers.intake.hl7v2.profile import AUTHORITIES, TYPES, Profile
from consumers.intake.hl7v2.sender import Sender
from domain.errors import Refused, Unreadable
from domain.identifiers import LOCAL_RECORD, PatientId, record_system
from domain.submission import Patient

_NATIONAL: Final = ("personnummer", "samordningsnummer", "cpr", "simulated")
_OF_SOMETHING_ELSE: Final = frozenset(
    {"AN", "ANC", "VN", "SS", "DL", "PPN", "MA", "MB", "MC", "BC", "FI", "SN", "TAX", "WC"}
)
"""Types of numbers (PID-3.5, HL7 table 0203) of an account, a visit, an insurance, a passport: the last to be taken."""


@dataclass(frozen=True, repr=False)
class _Candidate:
    system: str
    value: str
    type: str
    path: str
    place: int

    @property
    def rank(self) -> int:
        """A national number is the same in all systems; then what stands in for one; then the hospital's own."""
        if self.system in _NATIONAL:
            return 0
        if not self.system.startswith(f"{LOCAL_RECORD}:"):
            return 1
        return 3 if self.type in _OF_SOMETHING_ELSE else 2


def patient_of(
    parsed: Parsed,
    sender: Sender,
    on: date | None,
    paths: Sequence[str] | None = None,
    within: Segment | None = None,
    unlike: Patient | None = None,
) -> Patient:
    """The patient that these fields name (by default those of the profile), and note them as used.

    A number said to be a national one is checked, and put aside where it is wrong: another number of the same
    message would make another journey of it. ``on`` is the day the message was written, for numbers without a
    century; ``unlike`` one that it is not. Raises Unreadable (``no-patient-id``, ``invalid-patient-id``).
    """
    fields = tuple(paths or sender.profile.patient.fields)
    found = sorted(_candidates(parsed, sender, fields, within), key=lambda candidate: candidate.rank)
    for candidate in found:
        try:
            known = PatientId.parse(candidate.system, candidate.value, on)
        except Refused as refused:
            if candidate.rank >= 2:
                continue
            raise Unreadable("invalid-patient-id", refused.message, candidate.path) from None
        patient = Patient(system=known.system, value=known.value)
        if patient != unlike:
            parsed.take(candidate.path, candidate.place, within)
            return patient
    raise Unreadable("no-patient-id", "The message holds no patient number that can be used.", fields[0])


def _candidates(
    parsed: Parsed, sender: Sender, paths: Sequence[str], within: Segment | None
) -> Iterator[_Candidate]:
    for path in paths:
        for place, value in enumerate(parsed.values(path, within)):
            number = value.get(1)
            system = _system(value, sender) if number else None
            if system is not None:
                yield _Candidate(system, number, value.get(5).upper(), path, place)


def _system(number: Repetition, sender: Sender) -> str | None:
    """What kind of number it is: by who gave it, by its type, else a record number of whoever gave it."""
    profile: Profile = sender.profile
    givers = [name.removeprefix("urn:oid:") for name in number.subcomponents(4)]
    type = number.get(5)
    for known, names in (
        (profile.patient.authorities, givers),
        (AUTHORITIES, givers),
        (profile.patient.types, [type]),
        (TYPES, [type]),
    ):
        for name in names:
            if name in known:
                return known[name]
    if profile.patient.otherwise is not None:
        return profile.patient.otherwise
    try:
        return record_system(givers[0] if givers else number.get(6) or sender.issuer)
    except Refused:
        return None
