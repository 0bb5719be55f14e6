"""Who is meant: identifiers of patients and of organisations, checked and brought to one normal form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Any, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from domain import patient_numbers as numbers
from domain import reference
from domain.errors import Refused, Unreadable, field_error
from domain.patient_numbers import PERSONNUMMER, SAMORDNINGSNUMMER

NATIONAL_RESERVE: Final = "reservnummer"
LMA: Final = "lma"
CPR: Final = "cpr"
SIMULATED: Final = "simulated"
LOCAL_RECORD: Final = "mrn"

# FHIR systems of HL7 Sweden's base profiles, and OIDs of Inera, of Region Stockholm (whose reserve numbers
# have one) and of the Danish CPR register.
_FHIR_SYSTEMS: Final[Mapping[str, str]] = {
    "http://electronichealth.se/identifier/personnummer": PERSONNUMMER,
    "http://electronichealth.se/identifier/samordningsnummer": SAMORDNINGSNUMMER,
    "http://electronichealth.se/identifier/nationelltReservnummer": NATIONAL_RESERVE,
    "http://electronichealth.se/identifier/LMA-nummer": LMA,
    "urn:oid:1.2.752.129.2.1.3.1": PERSONNUMMER,
    "urn:oid:1.2.752.129.2.1.3.3": SAMORDNINGSNUMMER,
    "urn:oid:1.2.752.97.3.1.3": f"{NATIONAL_RESERVE}:2321000016",
    "urn:oid:1.2.208.176.1.2": CPR,
}

_HSA = re.compile(r"SE(?:16)?(\d{10})-[0-9A-Za-z][0-9A-Za-z._-]{0,63}", re.ASCII)
_RECORD_ISSUER = re.compile(r"[A-Za-z0-9._-]{1,60}")
_NOT_IN_ISSUER = re.compile(r"[^A-Za-z0-9._-]+")
_ISSUER_MAX: Final = 60
_LOCAL = re.compile(r"[A-Za-z0-9._-]{1,64}/[\w.-]{1,64}")
_NOT_IN_CODE = re.compile(r"[^\w.-]+")
_SOR = re.compile(r"\d{1,20}", re.ASCII)
_ORGANISATION_NUMBER = re.compile(r"(\d\d[2-9]\d{3})-?(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True, repr=False)
class PatientId:
    """One identifier of a patient, made by `parse`, `from_fhir` or `from_text`; its value is never shown.

    Systems (`system`) and normal forms (`value`):

    - `personnummer`, `samordningsnummer`: 12 digits. A samordningsnummer may have month 00 and day 60.
    - `reservnummer`: the national reserve number, 12 digits and capital letters, at least one a letter.
    - `reservnummer:<organisation number>`: a local one; who issued it is named by ten digits and in no other
      way, so that one number has one name.
    - `lma`: an asylum seeker's card number, without separators. Its format is not published.
    - `cpr`: the Danish number, 10 digits. The modulus is not checked, as new numbers no longer keep to it.
    - `simulated`: `SIM-` and 4 to 32 digits or capital letters; never a person's.
    - `mrn:<issuer>`: a record number that one hospital, sender or country gave out, as it was written; the
      issuer's name (see `record_system`) tells it from the same number elsewhere. It is nobody's personnummer,
      whatever it looks like.
    """

    system: str
    value: str

    @classmethod
    def parse(cls, system: str, value: str, on: date | None = None) -> PatientId:
        """Check `value` and bring it to normal form; raises Refused, which never repeats it.

        `on` is the Swedish local date the number was written; it is needed for a Swedish number without a
        century, and not used otherwise. Whether a Swedish number is a personnummer or a samordningsnummer is
        read from its day and not from `system`, because senders mix the two up and a patient is to be one.
        Interim numbers (T-nummer) are refused: each is known only where it was given out.
        """
        text = value.strip()
        if system in (PERSONNUMMER, SAMORDNINGSNUMMER):
            return cls(*numbers.swedish(text, on))
        reader = _READERS.get(system)
        if reader is not None:
            return cls(system, reader(text))
        national, _, issuer = system.partition(":")
        if national == NATIONAL_RESERVE and issuer:
            return cls(f"{NATIONAL_RESERVE}:{_issuer(issuer)}", numbers.local_reserve(text))
        if national == LOCAL_RECORD and issuer:
            return cls(system, _local_record(issuer, text))
        raise Refused("This kind of patient identifier is not known.", f"Known kinds: {_KINDS}.")

    @classmethod
    def from_fhir(cls, system_uri: str, value: str, on: date | None = None) -> PatientId:
        """Read a FHIR Identifier's `system` (URI or `urn:oid:`) and `value`.

        Raises Unreadable (`unknown-id-system`) for a system that names no patient identifier we know, and
        Refused for a value that breaks the system's rules. `on` as for `parse`.
        """
        system = _FHIR_SYSTEMS.get(system_uri.strip())
        if system is None:
            raise Unreadable("unknown-id-system", "The identifier's system is not one that names a patient.")
        return cls.parse(system, value, on)

    @classmethod
    def from_text(cls, text: str, on: date | None = None) -> PatientId:
        """Read `system:value`, as `as_text` writes it; raises Refused. `on` as for `parse`."""
        if text.startswith(f"{LOCAL_RECORD}:"):  # only a record number may hold a colon itself
            issuer, _, number = text.removeprefix(f"{LOCAL_RECORD}:").partition(":")
            return cls.parse(f"{LOCAL_RECORD}:{issuer}", number, on)
        system, _, value = text.rpartition(":")
        return cls.parse(system, value, on)

    def as_text(self) -> str:
        """`system:value`, for the vault and the wire. It identifies the patient: never log it."""
        return f"{self.system}:{self.value}"

    def __repr__(self) -> str:
        return f"PatientId({self.system}, …)"

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _patient_field,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(
                PatientId.as_text, return_schema=core_schema.str_schema(), when_used="json"
            ),
        )


def is_patient_system(system: str) -> bool:
    """Whether `parse` knows this kind of patient identifier."""
    if system in (PERSONNUMMER, SAMORDNINGSNUMMER, *_READERS):
        return True
    kind, _, issuer = system.partition(":")
    if kind == LOCAL_RECORD:
        return _RECORD_ISSUER.fullmatch(issuer) is not None
    match = _ORGANISATION_NUMBER.fullmatch(issuer)
    return kind == NATIONAL_RESERVE and match is not None and numbers.luhn_holds(match[1] + match[2])


def record_system(issuer: str) -> str:
    """`mrn:<issuer>` for whoever gave out a record number, in whatever words a message names them.

    Signs that an issuer's name cannot hold become a hyphen, and a name over 60 signs ends in a digest of it, so
    that one issuer always has one name. Raises Refused for a name without any letter or digit.
    """
    name = _NOT_IN_ISSUER.sub("-", issuer.strip()).strip("-")
    if not any(sign.isalnum() for sign in name):
        raise Refused(
            "It is not said who gave out the record number.", "Name the hospital or the system that did."
        )
    if len(name) > _ISSUER_MAX:
        name = f"{name[:47]}-{sha256(name.encode()).hexdigest()[:12]}"
    return f"{LOCAL_RECORD}:{name}"


@lru_cache(maxsize=4096)
def organisation_number(text: str) -> str:
    """The ten digits of an organisation number written with or without its hyphen; raises Refused.

    The third digit is at least 2. A lower one makes it a sole trader's, which is that person's personnummer
    and so may not stand in clear.
    """
    match = _ORGANISATION_NUMBER.fullmatch(text)
    if match is None or not numbers.luhn_holds(match[1] + match[2]):
        raise Refused(
            "This is not an organisation number.",
            "It has ten digits with a check digit, as in 2321000198; name a sole trader by HSA-id.",
        )
    return match[1] + match[2]


@lru_cache(maxsize=4096)
def organisation_number_of_hsa(text: str) -> str:
    """The organisation number inside an HSA-id; raises Refused when it is not an HSA-id.

    `SE`, ten digits (or `16` and ten digits, the twelve-digit form that some carry), a hyphen, and a suffix
    whose length and case its owner chose.
    """
    match = _HSA.fullmatch(text)
    if match is None:
        raise Refused(
            "This is not an HSA-id.",
            "It is SE, an organisation number, a hyphen and a suffix, as in SE2321000198-016965.",
        )
    return organisation_number(match[1])


def hsa_id(text: str) -> str:
    """`text` itself if it is an HSA-id; raises Refused. Case is kept, as it is the owner's."""
    organisation_number_of_hsa(text)
    return text


@lru_cache(maxsize=4096)
def organisation_ref(text: str) -> str:
    """An organisation or unit as `hsa:`, `sor:` (Denmark), `orgnr:` or `local:` and its value; raises Refused.

    `local:` is a code that one sender uses for a unit, behind what tells the sender's codes from others':
    `local:2321000198/AVD12`. A register says which unit it is.
    """
    system, _, value = text.partition(":")
    if system == "hsa":
        return f"hsa:{hsa_id(value)}"
    if system == "orgnr":
        return f"orgnr:{organisation_number(value)}"
    if (system == "sor" and _SOR.fullmatch(value)) or (system == "local" and _LOCAL.fullmatch(value)):
        return text
    raise Refused(
        "This does not name an organisation or a unit.",
        "Write hsa:, orgnr:, sor: or local: and the value, as in hsa:SE2321000198-016965.",
    )


def local_unit(issuer: str, code: str) -> str:
    """`local:<issuer>/<code>` for a sender's own code of a unit, in whatever signs a message writes both.

    Å in two signs is Å in one, other signs than letters, digits, dots and hyphens become a hyphen, and what is over
    64 signs ends in a digest of it, so that one code always has one name. Raises Refused where either has no letter
    or digit.
    """
    return f"local:{_local_part(_NOT_IN_ISSUER, issuer)}/{_local_part(_NOT_IN_CODE, code)}"


def _local_part(others: re.Pattern[str], text: str) -> str:
    part = others.sub("-", unicodedata.normalize("NFC", text).strip())
    if not any(sign.isalnum() for sign in part):
        raise Refused("A unit's code has no letter or digit.", "Name the unit by its HSA-id, or by a code.")
    if len(part) > 64:
        part = f"{part[:51]}-{sha256(part.encode()).hexdigest()[:12]}"
    return part


def _issuer(text: str) -> str:
    try:
        return organisation_number(text)
    except Refused:
        raise Refused(
            "The issuer of a local reserve number is named by its organisation number.",
            "Write the kind as reservnummer:2321000198, with the issuer's ten digits.",
        ) from None


def _local_record(issuer: str, number: str) -> str:
    if _RECORD_ISSUER.fullmatch(issuer) is None:
        raise Refused(
            "The issuer of a local record number is named by letters, digits, dots and hyphens.",
            "Write the kind as mrn:SE2321000198, with at most 60 signs after the colon.",
        )
    if not 1 <= len(number) <= 64 or not number.isprintable():
        raise Refused("This is not a record number.", "It has between 1 and 64 letters, digits and signs.")
    return number


_READERS: Final[Mapping[str, Callable[[str], str]]] = {
    NATIONAL_RESERVE: numbers.national_reserve,
    LMA: numbers.lma,
    CPR: numbers.cpr,
    SIMULATED: numbers.simulated,
}
_KINDS: Final = ", ".join(
    [
        PERSONNUMMER,
        SAMORDNINGSNUMMER,
        *_READERS,
        f"{NATIONAL_RESERVE}:<organisation number>",
        f"{LOCAL_RECORD}:<issuer>",
    ]
)


def _patient_field(value: object) -> PatientId:
    if isinstance(value, PatientId):
        return value
    try:
        if isinstance(value, str):
            return PatientId.from_text(value)
    except Refused as refused:
        raise field_error(refused) from None
    raise field_error(Refused("This does not name a patient.", "Write the kind, a colon and the number."))


def _field(check: Callable[[str], str]) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            return check(text)
        except Refused as refused:
            raise field_error(refused) from None

    return AfterValidator(validate)


def _schema(pattern: str, example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


HsaId = Annotated[
    str, _field(hsa_id), _schema(r"^SE(16)?[0-9]{10}-[0-9A-Za-z][0-9A-Za-z._-]*$", "SE2321000198-016965")
]
"""A field with an HSA-id (Inera's catalogue of units and staff)."""

OrganisationNumber = Annotated[
    str, _field(organisation_number), _schema(r"^[0-9]{6}-?[0-9]{4}$", "2321000198")
]
"""A field with a Swedish organisation number, kept as ten digits."""

OrganisationRef = Annotated[
    str, _field(organisation_ref), _schema(r"^(hsa|sor|orgnr|local):.+$", "hsa:SE2321000198-016965")
]
"""A field that names an organisation or a unit as `system:value`."""

RegionCode = Annotated[str, _field(lambda code: reference.region(code).code), _schema(r"^[0-9]{2}$", "21")]
"""A field with SCB's two-digit code of a region that exists."""

MunicipalityCode = Annotated[
    str, _field(lambda code: reference.municipality(code).code), _schema(r"^[0-9]{4}$", "2180")
]
"""A field with SCB's four-digit code of a municipality that exists."""
