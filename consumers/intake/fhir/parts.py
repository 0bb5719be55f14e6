"""The resources that we read, as narrow models of what we need of each (FHIR R4)."""

from typing import Any

from pydantic import Field

from consumers.intake.fhir.models import CodeableConcept, Coding, Identifier, Part, Period, Reference


class Extended(Part):
    url: str | None = None
    value_date_time: str | None = None
    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None
    extension: list["Extended"] = Field(default=[])


class Link(Part):
    """A reference that may carry when it was reached."""

    reference: str | None = None
    identifier: Identifier | None = None
    extension: list[Extended] = Field(default=[])

    @property
    def plain(self) -> Reference:
        return Reference.model_construct(reference=self.reference, identifier=self.identifier)


class Meta(Part):
    last_updated: str | None = None


class StatusEntry(Part):
    status: str | None = None
    period: Period = Period()


class ClassEntry(Part):
    code: Coding | None = Field(default=None, alias="class")
    period: Period = Period()


class Place(Part):
    location: Reference | None = None
    status: str | None = None
    period: Period = Period()


class Hospitalization(Part):
    discharge_disposition: CodeableConcept | None = None


class Encounter(Part):
    status: str | None = None
    status_history: list[StatusEntry] = Field(default=[])
    code: Coding | None = Field(default=None, alias="class")
    class_history: list[ClassEntry] = Field(default=[])
    kind: list[CodeableConcept] = Field(default=[], alias="type")
    service_type: CodeableConcept | None = None
    priority: CodeableConcept | None = None
    episode_of_care: list[Reference] = Field(default=[])
    identifier: list[Identifier] = Field(default=[])
    period: Period = Period()
    hospitalization: Hospitalization = Hospitalization()
    location: list[Place] = Field(default=[])
    service_provider: Reference | None = None
    extension: list[Extended] = Field(default=[])


class EpisodeOfCare(Part):
    status: str | None = None
    identifier: list[Identifier] = Field(default=[])
    kind: list[CodeableConcept] = Field(default=[], alias="type")
    managing_organization: Reference | None = None
    period: Period = Period()
    care_manager: Reference | None = None
    team: list[Reference] = Field(default=[])


class Participant(Part):
    role: list[CodeableConcept] = Field(default=[])
    member: Reference | None = None
    on_behalf_of: Reference | None = None
    period: Period = Period()


class CareTeam(Part):
    status: str | None = None
    category: list[CodeableConcept] = Field(default=[])
    period: Period = Period()
    participant: list[Participant] = Field(default=[])
    managing_organization: list[Reference] = Field(default=[])


class Parameter(Part):
    """An input or output of a task."""

    value_coding: Coding | None = None
    value_codeable_concept: CodeableConcept | None = None

    @property
    def concept(self) -> CodeableConcept:
        if self.value_codeable_concept is not None:
            return self.value_codeable_concept
        return CodeableConcept.model_construct(coding=[self.value_coding] if self.value_coding else [])


class Restriction(Part):
    period: Period = Period()


class Task(Part):
    status: str | None = None
    status_reason: CodeableConcept | None = None
    code: CodeableConcept | None = None
    focus: Reference | None = None
    based_on: list[Reference] = Field(default=[])
    authored_on: str | None = None
    last_modified: str | None = None
    execution_period: Period = Period()
    requester: Reference | None = None
    owner: Reference | None = None
    restriction: Restriction = Restriction()
    input: list[Parameter] = Field(default=[])


class Payload(Part):
    content_string: str | None = None
    extension: list[Extended] = Field(default=[])


class Communication(Part):
    status: str | None = None
    category: list[CodeableConcept] = Field(default=[])
    topic: CodeableConcept | None = None
    sent: str | None = None
    received: str | None = None
    recipient: list[Link] = Field(default=[])
    sender: Reference | None = None
    payload: list[Payload] = Field(default=[])
    extension: list[Extended] = Field(default=[])


class Annotation(Part):
    text: str | None = None


class Worded(Part):
    text: str | None = None


class ServiceRequest(Part):
    status: str | None = None
    intent: str | None = None
    category: list[CodeableConcept] = Field(default=[])
    code: CodeableConcept | None = None
    authored_on: str | None = None
    requester: Reference | None = None
    performer: list[Reference] = Field(default=[])
    reason_code: list[Worded] = Field(default=[])
    note: list[Annotation] = Field(default=[])


class Detail(Part):
    description: str | None = None
    code: Worded | None = None
    performer: list[Reference] = Field(default=[])


class Activity(Part):
    detail: Detail | None = None


class CarePlan(Part):
    status: str | None = None
    category: list[CodeableConcept] = Field(default=[])
    title: str | None = None
    description: str | None = None
    period: Period = Period()
    created: str | None = None
    author: Reference | None = None
    contributor: list[Reference] = Field(default=[])
    care_team: list[Reference] = Field(default=[])
    activity: list[Activity] = Field(default=[])


class PatientLink(Part):
    other: Link | None = None
    kind: str | None = Field(default=None, alias="type")


class TypedIdentifier(Part):
    kind: CodeableConcept | None = Field(default=None, alias="type")
    use: str | None = None
    system: str | None = None
    value: str | None = None


class Address(Part):
    extension: list[Extended] = Field(default=[])


class Patient(Part):
    identifier: list[TypedIdentifier] = Field(default=[])
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    managing_organization: Reference | None = None
    link: list[PatientLink] = Field(default=[])
    address: list[Address] = Field(default=[])
    extension: list[Extended] = Field(default=[])


class Flag(Part):
    status: str | None = None
    code: CodeableConcept | None = None
    period: Period = Period()
    author: Reference | None = None


class Organization(Part):
    identifier: list[Identifier] = Field(default=[])
    kind: list[CodeableConcept] = Field(default=[], alias="type")
    part_of: Reference | None = None


class Location(Part):
    identifier: list[Identifier] = Field(default=[])
    physical_type: CodeableConcept | None = None
    managing_organization: Reference | None = None
    part_of: Reference | None = None


class PractitionerRole(Part):
    identifier: list[Identifier] = Field(default=[])
    practitioner: Reference | None = None
    organization: Reference | None = None
    code: list[CodeableConcept] = Field(default=[])


class Practitioner(Part):
    identifier: list[Identifier] = Field(default=[])


class HealthcareService(Part):
    identifier: list[Identifier] = Field(default=[])
    provided_by: Reference | None = None


class Source(Part):
    endpoint: str | None = None


class Response(Part):
    identifier: str | None = None
    code: str | None = None


class Destination(Part):
    receiver: Reference | None = None


class MessageHeader(Part):
    id: str | None = None
    event_coding: Coding | None = None
    sender: Reference | None = None
    source: Source = Source()
    destination: list[Destination] = Field(default=[])
    focus: list[Reference] = Field(default=[])
    response: Response | None = None


Resource = dict[str, Any]
