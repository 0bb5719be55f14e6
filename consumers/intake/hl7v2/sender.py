"""Who sends an HL7 v2 message, in the names that facts have: source, controller, principal; and the units it speaks of."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from consumers.intake.hl7v2.header import Header
from consumers.intake.hl7v2.parsing import Repetition
from consumers.intake.hl7v2.profile import Profile
from domain import reference
from domain.errors import Refused
from domain.identifiers import hsa_id, organisation_number, organisation_number_of_hsa

_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_CODE = re.compile(r"[^\w.-]+")
_PART_MAX: Final = 60
_CODE_MAX: Final = 64


@dataclass(frozen=True)
class Sender:
    """The sender of one message, as its profile or else its header names it."""

    header: Header
    profile: Profile

    @cached_property
    def source(self) -> str:
        """The profile's name, else ``hl7:`` with application and facility (MSH-3, MSH-4)."""
        if self.profile.source is not None:
            return self.profile.source
        names = [_plain(self.header.first(number)) for number in (3, 4)]
        return "hl7:" + (":".join(name for name in names if name) or "unknown")

    @cached_property
    def issuer(self) -> str:
        """What tells this sender's own codes and numbers from others': an organisation number, else the source."""
        if self.profile.unit.issuer is not None:
            return self.profile.unit.issuer
        if self._number is not None:
            return self._number
        return self.source.removeprefix("hl7:").replace(":", "-")[:_CODE_MAX]

    @cached_property
    def controller(self) -> str:
        """Who answers for the personal data."""
        if self.profile.controller is not None:
            return self.profile.controller
        if self._number is not None:
            return f"orgnr:{self._number}"
        facility = self.header.first(4) or self.header.first(3)
        return f"local:{self.issuer}/{_code(facility) or 'unknown'}"

    @cached_property
    def principal(self) -> str | None:
        """The *huvudman*; ``None`` where neither profile nor controller tells."""
        if self.profile.principal is not None or self._number is None:
            return self.profile.principal
        region = reference.region_by_organisation_number(self._number)
        return region.code if region is not None else None

    def unit(self, location: Repetition | None) -> str | None:
        """The unit that a location (PL: PV1-3, PV1-6) names; ``None`` where it names none. Never a room or a bed."""
        for component in self.profile.unit.components if location is not None else ():
            assert location is not None
            code = location.get(component)
            if code in self.profile.unit.known:
                return self.profile.unit.known[code]
            for part in location.subcomponents(component):
                if _is_hsa(part):
                    return f"hsa:{part}"
            if plain := _code(code):
                return f"local:{self.issuer}/{plain}"
        return None

    def care_form(self, location: Repetition | None) -> str | None:
        """The form of care at that location, as the profile has it."""
        codes = [location.get(component) for component in self.profile.unit.components] if location else []
        forms = self.profile.unit.care_forms
        return next((forms[code] for code in codes if code in forms), self.profile.care_form)

    @cached_property
    def _number(self) -> str | None:
        """The controller's organisation number."""
        controller = self.profile.controller
        if controller is not None:
            system, _, value = controller.partition(":")
            if system == "hsa":
                return organisation_number_of_hsa(value)
            return value if system == "orgnr" else None
        signs = self.header.signs
        for part in re.split(rf"[{re.escape(signs)}]", self.header.field(4)):
            for read in (organisation_number_of_hsa, organisation_number):
                try:
                    return read(part.strip())
                except Refused:
                    continue
        return None


def _is_hsa(text: str) -> bool:
    try:
        hsa_id(text)
    except Refused:
        return False
    return True


def _plain(text: str) -> str:
    return _NAME.sub("-", text).strip("-")[:_PART_MAX]


def _code(text: str) -> str:
    return _CODE.sub("-", text).strip("-")[:_CODE_MAX]
