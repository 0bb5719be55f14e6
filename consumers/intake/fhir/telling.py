"""One resource being read: whom it is about, from whom it comes, and the facts that it tells."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeVar

from pydantic import ValidationError

from consumers.intake.fhir.models import Part, Reference
from consumers.intake.fhir.parts import Extended, Meta
from consumers.intake.fhir.sheaf import Item, Sheaf
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import Party, issuer_of, party_of
from domain.calendar import format_instant
from domain.errors import Unreadable
from domain.fact import Fact
from domain.facts.correction import FactAmended, FactVoided
from domain.identifiers import PatientId
from domain.submission import Patient, Submission

AnyPart = TypeVar("AnyPart", bound=Part)
Found = TypeVar("Found")
Times = Mapping[str, Moment | None]
MESSAGE_MAX: Final = 512


@dataclass(frozen=True)
class Change:
    """What a Provenance says was done to a resource, and when."""

    verb: Literal["revise", "remove"]
    at: Moment


@dataclass(repr=False)
class Telling:
    """A resource with what surrounds it. Readers of each type of resource add to ``told``."""

    sheaf: Sheaf
    item: Item
    patient: PatientId
    default: Party
    """Who answers where the resource does not say: the message's sender, else the Bundle's organisation."""
    municipality: str | None = None
    """*Folkbokföringskommun*, where the Patient resource says."""
    died: Moment | None = None
    """When the patient died, where the Patient resource says."""
    change: Change | None = None
    home: Party = field(default_factory=Party)
    """Whose resource it is: its system is the source of all that the resource tells."""
    told: list[Submission] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.item.key

    def read(self, model: type[AnyPart]) -> AnyPart:
        return self.item.read(model)

    def party(self, *references: Reference | None) -> Party:
        """The first of these that says who answers, else the default; the unit of the first that names one."""
        found = [party_of(self.sheaf, reference) for reference in references]
        answering = next((party for party in found if party.controller is not None), None)
        if answering is None:
            unit = next((party.unit for party in found if party.unit is not None), None)
            return Party(unit or self.default.unit, self.default.controller, self.default.principal)
        return answering

    @property
    def source(self) -> str | None:
        """The sending system: what the resource says of its own, else what the message says, else its organisation's."""
        return system_of(self.item.resource) or self.sheaf.system or self.home.source

    @property
    def sent(self) -> Moment | None:
        """When this version of the resource was sent: its own last change, else the message's sending."""
        meta = self.item.resource.get("meta")
        try:
            own = Meta.model_validate(meta).last_updated if meta is not None else None
        except ValidationError:
            own = None
        return moment(own, f"{self.item.kind}.meta.lastUpdated") or self.sheaf.sent

    def needed_sent(self) -> Moment:
        """When this was sent, where nothing else gives a time. Raises Unreadable (`missing-time`)."""
        changed = self.change.at if self.change is not None else None
        return needed(changed or self.sent, self.item.kind, "meta.lastUpdated", "missing-time")

    def tell(
        self,
        fact: type[Fact],
        at: Moment,
        data: Mapping[str, Any] | None = None,
        *,
        by: Party | None = None,
        unit: str | None = None,
        role: str | None = None,
        episode: str | None = None,
        suffix: str = "",
        other: PatientId | None = None,
        patient: PatientId | None = None,
    ) -> None:
        """Add a fact. ``suffix`` tells it from others of its kind by this resource."""
        party = by or self.home
        source = self.source
        if party.controller is None or source is None:
            raise Unreadable(
                "no-controller",
                "The resource names no organisation that answers for it, or one that is not in the message.",
                f"{self.item.kind}.{_WHO.get(self.item.kind, 'meta.source')}",
            )
        about = patient or self.patient
        sent = self.sent
        given = {
            "type": fact.TYPE,
            "time": at.at,
            "precision": at.precision,
            "patient": Patient(system=about.system, value=about.value),
            "other": Patient(system=other.system, value=other.value) if other is not None else None,
            "source": source,
            "message": f"{self.key}{suffix}"[:MESSAGE_MAX],
            "episode": episode,
            "sent": sent.at if sent is not None else None,
            "unit": unit or party.unit,
            "role": role,
            "controller": party.controller,
            "principal": party.principal,
            "data": {name: value for name, value in (data or {}).items() if value not in (None, [], "")},
        }
        try:
            self.told.append(Submission.model_validate(given))
        except ValidationError as error:
            raise Unreadable(
                "invalid-field",
                "An identifier in the resource is longer than any that is accepted.",
                f"{self.item.kind}.identifier",
            ) from error

    def void(self, at: Moment, *, also: Sequence[str] = ()) -> None:
        """Take back all that this resource told, in whatever version; ``also`` are messages beside its own."""
        for message in dict.fromkeys((self.key, *also)):
            self.take_back(at, message)

    def take_back(self, at: Moment, message: str, kinds: Sequence[type[Fact]] = ()) -> None:
        """Take back what one message told, or of it only these kinds."""
        data: dict[str, Any] = {"target_message": message}
        if kinds:
            data["target_kinds"] = [kind.NAME for kind in kinds]
        self.tell(FactVoided, at, data, suffix=f"{message.removeprefix(self.key)}#void@{stamp(at)}")

    def amend(self, at: Moment) -> None:
        """Put what was told just now in place of what an earlier version told: a Provenance says that it was wrong."""
        for said in list(self.told):
            if said.type in (FactVoided.TYPE, FactAmended.TYPE):
                continue
            name = said.type.split(".")[2]
            data = {
                "target_message": said.message,
                "target_kinds": [name],
                "amended_type": said.type,
                "amended_at": format_instant(said.time),
                "amended_data": said.data,
            }
            suffix = f"{(said.message or '').removeprefix(self.key)}#{name}#amend@{stamp(at)}"
            by = Party(said.unit, said.controller, said.principal)
            self.tell(FactAmended, at, data, by=by, suffix=suffix, episode=said.episode, role=said.role)


Reader = Callable[[Telling], frozenset[str]]
"""Reads a resource into ``told``; returns the names of the elements that it has read to the end."""

_WHO: Final = {
    "Encounter": "serviceProvider",
    "EpisodeOfCare": "managingOrganization",
    "CareTeam": "managingOrganization",
    "Patient": "managingOrganization",
    "Task": "requester",
    "Communication": "sender",
    "ServiceRequest": "requester",
    "CarePlan": "author",
    "Flag": "author",
}


def system_of(resource: Mapping[str, Any]) -> str | None:
    """The system that ``meta.source`` names, as the name of a source."""
    meta = resource.get("meta")
    given = meta.get("source") if isinstance(meta, dict) else None
    named = given.partition("#")[0] if isinstance(given, str) else ""
    return f"fhir:{issuer_of(named)}" if named.strip() else None


def moment(text: str | None, place: str) -> Moment | None:
    """A time of the resource. Raises Unreadable (`invalid-time`) that names the place."""
    try:
        return Moment.read(text)
    except Unreadable as error:
        raise Unreadable(error.reason, error.message, place) from None


def needed(found: Found | None, kind: str, place: str, reason: str = "missing-period") -> Found:
    """The same, or Unreadable that names the place."""
    if found is None:
        raise Unreadable(reason, f"The {kind} does not say when ({place}).", f"{kind}.{place}")
    return found


def stamp(at: Moment) -> str:
    """A moment inside an id."""
    return format_instant(at.at)


def text_of(at: Moment | None) -> str | None:
    """A moment as a fact's data hold it."""
    return format_instant(at.at) if at is not None else None


def extension_time(extensions: Sequence[Extended], url: str, place: str) -> str | None:
    """The time that an extension of ours gives, as a fact's data hold it."""
    given = next((one.value_date_time for one in extensions if one.url == url), None)
    return text_of(moment(given, place))
