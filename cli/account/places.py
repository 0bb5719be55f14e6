"""What parties and units are called in the account, and whom to call there; nothing for a protected identity."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from domain import reference
from domain.organisations import Names, Organisations

ROLES: Mapping[str, str] = {
    "inpatient": "Sjukhuset",
    "emergency": "Akutmottagningen",
    "open-care": "Vårdcentralen eller mottagningen",
    "municipal-health": "Kommunens hälso- och sjukvård",
    "rehabilitation": "Kommunens rehabilitering",
    "social-services": "Kommunens socialtjänst",
    "specialist": "Specialistmottagningen",
    "mobile-team": "Det mobila teamet",
    "team-member": "En medlem i det mobila teamet",
}
"""In which capacity somebody acts, as a patient says it."""

_OWN_NAMES: Mapping[str, str] = {"2080": "Falu kommun", "0980": "Region Gotland"}
"""Municipalities that are not called as the rule has it; Gotland's is a region."""
_ID = re.compile(r" \([a-z]+:[^)]*\)$")
"""What tells units of the same name apart for people who know ids."""


class Unit(NamedTuple):
    """One unit as people call it."""

    name: str
    phone: str | None


class Places:
    """Names by the register of organisations, as of one day in Sweden; ``hidden`` where no place may be told."""

    def __init__(self, register: Organisations, day: date, *, hidden: bool = False) -> None:
        self._register, self._day, self._hidden = register, day, hidden
        self._names = Names(register, day)

    def unit(self, id: str | None) -> Unit | None:
        """The unit's name and telephone number; none where the register does not name it."""
        called = None if id is None or self._hidden else self._names.of(id)
        if id is None or called is None:
            return None
        entry = self._register.of(id, self._day)
        if entry is not None and entry.phone is None and entry.same_as is not None:
            entry = self._register.of(entry.same_as, self._day)
        name = _ID.sub("", called)
        # An entry without a name of its own is called by its id, which is no word.
        return None if ":" in name else Unit(name, entry.phone if entry is not None else None)

    def name(self, id: str | None) -> str:
        """The unit's name, or nothing."""
        unit = self.unit(id)
        return unit.name if unit is not None else ""

    def party(self, code: str | None) -> str:
        """``Region Gävleborg``, ``Gävle kommun``, or what the register calls another party; else nothing."""
        kind, _, value = (code or "").partition(":")
        if self._hidden:
            return ""
        if kind == "region" and reference.is_region(value):
            return reference.region(value).name
        if kind == "municipality" and reference.is_municipality(value):
            return _municipality(value)
        return self.name(code)

    def who(self, line: Mapping[str, Any]) -> str:
        """Whose a row is: the unit by name, else the capacity and the party: ``Sjukhuset (Region Gävleborg)``."""
        role, party = ROLES.get(line["role"] or "", ""), self.party(line["party"])
        if unit := self.name(line["unit"]):
            return unit
        return f"{role} ({party})" if role and party else role or party or "Någon i vården"

    def principal(self, code: str | None) -> str:
        """A *huvudman* by its code."""
        return self.party(reference.party_of(code)) if code else ""


def _municipality(code: str) -> str:
    if code in _OWN_NAMES:
        return _OWN_NAMES[code]
    name = reference.municipality(code).name
    return f"{name} kommun" if name[-1] in "aeiouyåäösxz" else f"{name}s kommun"
