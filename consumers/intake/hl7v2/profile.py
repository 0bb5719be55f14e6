"""What an installation says of one HL7 v2 sender: a site profile, as TOML. What it leaves out is as the standard has it.

Every default stands here, those of the times in ``time_rules``.
"""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from consumers.intake.hl7v2.charset import required_codec
from consumers.intake.hl7v2.header import Header, read_header
from consumers.intake.hl7v2.parsing import path_of
from consumers.intake.hl7v2.profile_words import wrong_in
from consumers.intake.hl7v2.time_rules import TIMES
from domain.errors import Refused
from domain.facts._parts import Principal
from domain.identifiers import OrganisationRef, is_patient_system
from domain.submission import SourceName
from domain.toml_lines import lines_of
from domain.toml_text import parsed_toml

Class = Literal["inpatient", "emergency", "other"]
"""What a patient class means here; ``other`` has no fact of its own and is kept as a note."""
Disposition = Literal[
    "home", "residential-care", "short-term-place", "other-hospital", "compulsory-open-care", "other", "died"
]

PATIENT_CLASSES: Final[dict[str, Class]] = {
    "I": "inpatient",
    "B": "inpatient",  # obstetrics
    "E": "emergency",
    "O": "other",
    "P": "other",  # not admitted yet
    "R": "other",  # comes again and again
    "C": "other",  # commercial account
    "N": "other",  # not applicable
}
"""PV1-2, HL7 table 0004. No class, or a code that is not here, is what the event says: an admission is one."""
UNPLANNED: Final[dict[str, bool]] = {"A": True, "E": True, "U": True, "C": False, "R": False}
"""PV1-4, HL7 table 0007: accident, emergency, urgent; elective, routine."""
DISPOSITIONS: Final[dict[str, Disposition]] = {
    "01": "home",
    "02": "other-hospital",
    "03": "residential-care",
    "04": "residential-care",
    "05": "other",
    "06": "home",
    "07": "home",  # against advice
    "08": "home",
    "09": "other",
    **{str(code): "died" for code in (*range(20, 30), 40, 41, 42)},
}
"""PV1-36, HL7 table 0112 as it is suggested there; many sites have their own codes."""
AUTHORITIES: Final[dict[str, str]] = {
    "1.2.752.129.2.1.3.1": "personnummer",
    "1.2.752.129.2.1.3.3": "samordningsnummer",
    "1.2.752.97.3.1.3": "reservnummer:2321000016",
    "1.2.208.176.1.2": "cpr",
}
"""PID-3.4, by its name or its OID."""
TYPES: Final[dict[str, str]] = {"NNSWE": "personnummer", "NNDNK": "cpr"}
"""PID-3.5, HL7 table 0203: national person identifiers by country."""


def _path(text: str) -> str:
    try:
        path_of(text)
    except ValueError:
        raise PydanticCustomError("path", "is no field; write it as PV1-44, PID-3.4 or ZPV-5.1") from None
    return text


def _time_name(text: str) -> str:
    if text not in TIMES:
        raise PydanticCustomError(
            "time_name", "is no time; the times are {names}", {"names": ", ".join(TIMES)}
        )
    return text


def _system(text: str) -> str:
    if not is_patient_system(text):
        raise PydanticCustomError(
            "system", "is no kind of patient id; write personnummer, cpr or mrn:HOSPITAL"
        )
    return text


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError("zone", "is no time zone; write it as Europe/Stockholm") from None
    return text


def _codec(text: str) -> str:
    try:
        return required_codec(text)
    except Refused as refused:
        raise PydanticCustomError("codec", "{why}", {"why": refused.message}) from None


PathText = Annotated[str, AfterValidator(_path)]
Paths = Annotated[tuple[PathText, ...], Field(min_length=1, max_length=20)]
System = Annotated[str, AfterValidator(_system)]
TimeName = Annotated[str, AfterValidator(_time_name)]


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class Match(_Table):
    """Whose messages the profile is for; capitals make no difference."""

    application: str | None = None
    """MSH-3, or one of its components."""
    facility: str | None = None
    """MSH-4, or one of its components."""

    def fits(self, header: Header) -> bool:
        return _is(self.application, header, 3) and _is(self.facility, header, 4)


class Patients(_Table):
    """Which field says who the patient is, and what kind of number it is."""

    fields: Paths = ("PID-3", "PID-2", "PID-4")
    """Of all numbers in these fields a national one is taken, else the first."""
    authorities: dict[str, System] = {}
    """Who gave the number (PID-3.4, by name or OID) -> kind of number. It goes before type and default."""
    types: dict[str, System] = {}
    """PID-3.5 -> kind of number."""
    otherwise: System | None = None
    """The kind where neither says anything; without it a record number of this sender."""


class Episodes(_Table):
    """Which field says which episode of care it is."""

    fields: Paths = ("PV1-19", "PID-18", "PV1-50")
    """The first that says something. Where none does, patient and admission (PV1-44) stand for it."""


class Units(_Table):
    """Which part of a location (PV1-3, PV1-6) names the unit. Rooms and beds never do."""

    components: Annotated[
        tuple[Annotated[int, Field(ge=1, le=11)], ...], Field(min_length=1, max_length=4)
    ] = (1, 4)
    """The first that says something: point of care, else facility."""
    issuer: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = None
    """Behind ``local:``, what tells this sender's codes from others'; without it made of controller or source."""
    known: dict[str, OrganisationRef] = {}
    """Code -> the unit it means."""
    care_forms: dict[str, Literal["somatic", "psychiatric"]] = {}
    """Code -> form of care; else ``care_form`` of the profile."""


class Profile(_Table):
    """A site profile. Without any, a sender is read by these defaults."""

    format: Literal["hl7v2"] = "hl7v2"
    """What the file is."""
    match: Annotated[tuple[Match, ...], Field(max_length=100)] = ()
    """Senders it is for; without it, every one."""
    source: SourceName | None = None
    """The name that facts have the sender by; without it ``hl7:`` and MSH-3 and MSH-4."""
    controller: OrganisationRef | None = None
    """Who answers for the personal data; without it MSH-4, as HSA-id or organisation number, else as a local code."""
    principal: Principal | None = None
    """The *huvudman*: region or municipality; without it the controller's region."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "Europe/Stockholm"
    """Of times without an offset."""
    character_set: Annotated[str, AfterValidator(_codec)] | None = None
    """Goes before MSH-18."""
    answer_dead_letters: Literal["AA", "AE"] = "AA"
    """What is answered over MLLP when a message goes to the dead letters."""
    a25: Literal["withdrawn", "void"] = "withdrawn"
    """Whether A25 says that the patient is no longer ready for discharge, or that the A16 was a mistake."""
    care_form: Literal["somatic", "psychiatric"] | None = None
    """Of admissions, where ``[unit.care_forms]`` does not say it."""
    municipality: PathText | None = None
    """The field with the municipality of registration: four digits, or six with the parish."""
    municipality_changes: bool = False
    """Whether an A08, A28 or A31 with another municipality says that it has changed."""
    patient: Patients = Patients()
    """Who the patient is."""
    episode: Episodes = Episodes()
    """Which episode of care it is."""
    unit: Units = Units()
    """Which unit it is."""
    times: dict[TimeName, Paths] = {}
    """Which fields give which time, in place of what ``time_rules.TIMES`` says; its keys are the keys here."""
    patient_class: dict[str, Class] = PATIENT_CLASSES
    """PV1-2 -> what it means, in place of the table below."""
    admission_type: dict[str, bool] = UNPLANNED
    """PV1-4 -> whether the admission was unplanned, in place of the table below."""
    discharge_disposition: dict[str, Disposition] = DISPOSITIONS
    """PV1-36 -> where to, or ``died``, in place of the table below."""

    @model_validator(mode="after")
    def _matches_something(self) -> "Profile":
        if any(match.application is None and match.facility is None for match in self.match):
            raise PydanticCustomError("match", "a match needs application or facility")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def fits(self, header: Header) -> bool:
        return not self.match or any(match.fits(header) for match in self.match)

    def fields_of(self, time: str) -> tuple[str, ...]:
        """Where that time is looked for, by its key in ``TIMES``."""
        return self.times.get(time) or TIMES[time].fields


DEFAULT: Final = Profile()
"""How a sender is read that has no profile."""


def profile_of(raw: bytes, profiles: Iterable[Profile]) -> Profile | None:
    """The first profile that is for the sender of this message, if any; those for one sender go before one for all."""
    header = read_header(raw)
    if header is None:
        return None
    fitting = [profile for profile in profiles if profile.fits(header)]
    return next((profile for profile in fitting if profile.match), fitting[0] if fitting else None)


def parse_profile(text: str, file: str) -> Profile:
    """A profile from TOML. Raises ``Refused`` naming all that is wrong, by line and key."""
    text = text.removeprefix("\ufeff")
    document = parsed_toml(text, file)
    try:
        return Profile.model_validate_json(msgspec.json.encode(document))
    except ValidationError as error:
        wrong = wrong_in(error, lines_of(text), file, Profile)
        raise Refused("\n".join(wrong), hint="What a profile leaves out is read as HL7 has it.") from None


def _is(expected: str | None, header: Header, number: int) -> bool:
    if expected is None:
        return True
    written = header.field(number)
    said = {part.strip().casefold() for part in re.split(rf"[{re.escape(header.signs)}]", written)}
    return expected.strip().casefold() in {*said, written.strip().casefold()}
