"""What the events of the reference stream say: agreements adopted and withdrawn, registers adopted, and what stands."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from domain.agreement import SECTIONS, Agreement
from domain.basis import Basis
from domain.registers import KINDS, Register

AGREEMENT_ADOPTED_V1 = "se.carechain.agreement-adopted.v1"
AGREEMENT_ADOPTED = "se.carechain.agreement-adopted.v2"
AGREEMENT_WITHDRAWN = "se.carechain.agreement-withdrawn.v1"
REGISTER_ADOPTED = "se.carechain.register-adopted.v1"


@dataclass(frozen=True)
class Adoption:
    """One agreement's way: adopted, and perhaps withdrawn. Times are UTC, persons are staff references."""

    agreement: Agreement
    text: str
    """The file, whole."""
    digest: str
    """SHA-256 of the file."""
    adopted_at: datetime
    adopted_by: str
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    reason: str | None = None
    """Why it was withdrawn."""


@dataclass(frozen=True)
class RegisterAdoption:
    """One register as adopted."""

    register: Register
    digest: str
    adopted_at: datetime
    adopted_by: str


def content_of(agreement: Agreement) -> dict[str, Any]:
    """What the agreement says, as it stands in an event: only what was given."""
    return agreement.model_dump(mode="json", exclude_unset=True)


def basis_of(events: Iterable[bytes], *, known_at: datetime | None = None) -> Basis:
    """The basis after these events (with ``known_at``, in UTC, those recorded by then).

    Every version that was adopted and not withdrawn stands, in the order of adoption; of registers the last adopted.
    """
    known = list(_by(events, known_at))
    standing = tuple(one.agreement for one in _adoptions(known) if one.withdrawn_at is None)
    registers = _registers(known)
    # What is not given does not stand in the digest: without registers a basis keeps the one it had.
    said: dict[str, Any] = {"agreements": standing} if standing else {}
    said |= {kind: one.register.entries for kind, one in registers.items()}
    return Basis(**said)


def adoptions_of(events: Iterable[bytes], *, known_at: datetime | None = None) -> list[Adoption]:
    """Each version ever adopted, once, with its last adoption and whether it was withdrawn since; oldest first."""
    return _adoptions(_by(events, known_at))


def registers_of(
    events: Iterable[bytes], *, known_at: datetime | None = None
) -> Mapping[str, RegisterAdoption]:
    """By kind, the register that was adopted last."""
    return _registers(_by(events, known_at))


def _by(events: Iterable[bytes], known_at: datetime | None) -> Iterator[dict[str, Any]]:
    for raw in events:
        event: dict[str, Any] = msgspec.json.decode(raw)
        if known_at is None or datetime.fromisoformat(event["recordedtime"]) <= known_at:
            yield event


def _adoptions(events: Iterable[dict[str, Any]]) -> list[Adoption]:
    found: dict[str, Adoption] = {}
    for event in events:
        data = event["data"]
        match event.get("type"):
            case str(kind) if kind in (AGREEMENT_ADOPTED, AGREEMENT_ADOPTED_V1):
                said = data["agreement"] if kind == AGREEMENT_ADOPTED else _given(data["agreement"])
                agreement = Agreement.model_validate_json(msgspec.json.encode(said))
                found.pop(agreement.name, None)
                found[agreement.name] = _adoption(event, agreement)
            case str(kind) if kind == AGREEMENT_WITHDRAWN:
                name = f"{data['id']}@{data['version']}"
                if name in found:
                    found[name] = replace(
                        found[name],
                        withdrawn_at=_recorded(event),
                        withdrawn_by=event.get("actor"),
                        reason=data["reason"],
                    )
    return list(found.values())


def _adoption(event: dict[str, Any], agreement: Agreement) -> Adoption:
    data = event["data"]
    return Adoption(
        agreement, data.get("text", ""), data.get("digest", ""), _recorded(event), event.get("actor", "")
    )


def _given(dump: dict[str, Any]) -> dict[str, Any]:
    """What version 1 gave: it held every field, so one with the statute's value counts as not given.

    The first agreements knew fewer fields than there are now; those that are gone there never were.
    """
    default = Agreement(id="none", version=1, title="").model_dump(mode="json")
    always = [name for name, field in Agreement.model_fields.items() if field.is_required()]
    said = {name: value for name, value in dump.items() if name in always or value != default.get(name)}
    for section in SECTIONS:
        if section in said:
            said[section] = {
                name: value for name, value in said[section].items() if value != default[section].get(name)
            }
    return said


def _registers(events: Iterable[dict[str, Any]]) -> dict[str, RegisterAdoption]:
    found: dict[str, RegisterAdoption] = {}
    for event in events:
        if event.get("type") == REGISTER_ADOPTED:
            data = event["data"]
            if not KINDS.keys() & data["register"].keys():
                continue  # of a kind that no rule of this version reads
            register = Register.model_validate_json(msgspec.json.encode(data["register"]))
            found[register.kind] = RegisterAdoption(
                register, data["digest"], _recorded(event), event.get("actor", "")
            )
    return found


def _recorded(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["recordedtime"])
