"""The few parts of FHIR R4 that we read, as narrow models: what is not named here is not kept."""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from domain.errors import Unreadable


class Part(BaseModel):
    """Strict on what is named, silent on the rest; never repeats what it could not read."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", strict=True, hide_input_in_errors=True, alias_generator=to_camel
    )


class Coding(Part):
    system: str | None = None
    code: str | None = None

    def of(self, code_system: str) -> str | None:
        """The code in lower case, when it is of the code system whose address ends so."""
        if self.code is None or _last(self.system or "") != code_system:
            return None
        return self.code.lower()


class CodeableConcept(Part):
    coding: list[Coding] = []


class Identifier(Part):
    system: str | None = None
    value: str | None = None


class Reference(Part):
    reference: str | None = None
    identifier: Identifier | None = None

    @property
    def id(self) -> str | None:
        """The id of the resource that is meant, without its type, server and version."""
        if not self.reference:
            return None
        return _last(self.reference.partition("/_history/")[0]).removeprefix("urn:uuid:")


class Period(Part):
    start: str | None = None
    end: str | None = None


class Extension(Part):
    url: str | None = None
    value_period: Period | None = None

    @property
    def name(self) -> str:
        return _last(self.url or "")


class MessageHeader(Part):
    id: str | None = None
    event_coding: Coding | None = None
    sender: Reference | None = None
    focus: list[Reference] = []


class Patient(Part):
    identifier: list[Identifier] = []
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None


class Encounter(Part):
    status: str | None = None
    subject: Reference | None = None
    episode_of_care: list[Reference] = []
    period: Period | None = None
    service_provider: Reference | None = None
    extension: list[Extension] = []


class Organization(Part):
    identifier: list[Identifier] = []


class Entity(Part):
    role: str | None = None
    what: Reference | None = None


class Provenance(Part):
    target: list[Reference] = []
    occurred_date_time: str | None = None
    recorded: str | None = None
    activity: CodeableConcept | None = None
    entity: list[Entity] = []


AnyResource = TypeVar("AnyResource", bound=Part)


class Entry(Part):
    full_url: str | None = None
    resource: dict[str, Any] = {}

    def is_named_by(self, reference: Reference | None) -> bool:
        """Whether a reference means this entry: by its full address, or by type and id."""
        text = (reference and reference.reference) or ""
        text = text.partition("/_history/")[0]
        if not text:
            return False
        own = f"{self.resource.get('resourceType')}/{self.resource.get('id')}"
        return text in (self.full_url, own) or text.endswith(f"/{own}")

    def read(self, kind: type[AnyResource]) -> AnyResource:
        """The resource, or Unreadable (`invalid-field`) when a field we need has another form."""
        try:
            return kind.model_validate(self.resource)
        except ValidationError:
            raise Unreadable(
                "invalid-field",
                f"A field of the message's {kind.__name__} does not have the form FHIR gives it.",
            ) from None


class Bundle(Part):
    resource_type: Literal["Bundle"]
    bundle_type: str | None = Field(default=None, alias="type")
    entry: list[Entry] = []

    def entries(self, kind: type[Part]) -> list[Entry]:
        return [entry for entry in self.entry if entry.resource.get("resourceType") == kind.__name__]

    def find(self, kind: type[AnyResource], reference: Reference | None) -> AnyResource | None:
        """The resource of this type that a reference means."""
        named = (entry for entry in self.entries(kind) if entry.is_named_by(reference))
        return next((entry.read(kind) for entry in named), None)

    def only(self, kind: type[AnyResource]) -> AnyResource | None:
        """The resource of this type, where the bundle holds exactly one."""
        entries = self.entries(kind)
        return entries[0].read(kind) if len(entries) == 1 else None


def _last(path: str) -> str:
    return path.rpartition("/")[2]
