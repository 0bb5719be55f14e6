"""Reads a Bundle, or a single resource as a Bundle of one: each resource alone, then what is left as a note."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from hashlib import sha256
from typing import Final

from consumers.intake.fhir.care_contact import read_care_team, read_episode_of_care, read_flag
from consumers.intake.fhir.communication import read_communication
from consumers.intake.fhir.encounter import read_encounter
from consumers.intake.fhir.leftover import lines_of
from consumers.intake.fhir.models import CodeableConcept, Entity, Part, Reference
from consumers.intake.fhir.parts import MessageHeader, Patient
from consumers.intake.fhir.people import Person, about_of, patient_of, person_of, read_patient
from consumers.intake.fhir.requests import read_care_plan, read_service_request, read_task
from consumers.intake.fhir.sheaf import Item, Sheaf
from consumers.intake.fhir.telling import Change, Reader, Telling, moment
from consumers.intake.fhir.time import Moment
from consumers.intake.fhir.units import Party, organisation, party_of
from consumers.intake.message import Told
from consumers.intake.notes import with_note
from domain.calendar import local_date
from domain.errors import Unreadable
from domain.facts.discharge import PatientDeceased
from domain.facts.messages import MessageNoted
from domain.identifiers import PatientId
from domain.submission import Patient as Named
from domain.submission import Submission

READERS: Final[Mapping[str, Reader]] = {
    "Encounter": read_encounter,
    "EpisodeOfCare": read_episode_of_care,
    "CareTeam": read_care_team,
    "Task": read_task,
    "Communication": read_communication,
    "ServiceRequest": read_service_request,
    "CarePlan": read_care_plan,
    "Flag": read_flag,
    "Patient": read_patient,
}
"""What is read of each type of resource; ``Patient`` last, as an encounter may tell the death better."""
_ALWAYS_OF_USE: Final = ("Encounter", "Communication")
"""Resources about the care chain even where they tell no act yet: they are noted."""
_NEVER_NOTED: Final = frozenset(
    {"Bundle", "Endpoint", "HealthcareService", "Location", "MessageHeader", "Organization", "Patient",
     "Practitioner", "PractitionerRole"}
)  # fmt: skip
"""Resources that say who is who: names and addresses are no part of what happened, and are not kept."""
_PIECE: Final = 500_000
"""Characters of one run of notes: a Bundle may hold megabytes that have no counterpart."""
_REMOVALS: Final = ("DELETE", "NULLIFY")


class Provenance(Part):
    target: list[Reference] = []  # noqa: RUF012  # pydantic copies it
    occurred_date_time: str | None = None
    recorded: str | None = None
    activity: CodeableConcept | None = None
    entity: list[Entity] = []  # noqa: RUF012


class Gathering:
    """One Bundle being read."""

    def __init__(self, sheaf: Sheaf) -> None:
        self.sheaf = sheaf
        self.trouble: tuple[Unreadable, PatientId | None] | None = None
        self.tellings: list[Telling] = []
        self.read: dict[int, frozenset[str]] = {}
        self.default = Party()
        self._people: dict[int, Person | Unreadable] = {}
        self._by_patient: dict[PatientId, Person] = {}
        self._own: defaultdict[PatientId, list[Telling]] = defaultdict(list)
        self._told_dead: set[PatientId] = set()
        """Those whose death an encounter or another resource has told."""
        self._on: date | None = local_date(sheaf.sent.at) if sheaf.sent is not None else None

    def told(self, kind: str) -> Told:
        """What all of it says. What could not be read is its trouble; the rest is told."""
        try:
            self._find_default()
        except Unreadable as unreadable:
            self._keep(unreadable, None)
        changes = self._changes()
        for name, reader in READERS.items():
            for item in self.sheaf.of(name):
                self._read(item, reader, changes.get(id(item)))
        submissions = [said for telling in self.tellings for said in telling.told]
        if submissions or any(self._is_of_use(telling) for telling in self.tellings):
            submissions += self._notes()
        source, unit = self._from()
        trouble, patient = self.trouble if self.trouble is not None else (None, None)
        if trouble is not None and patient is None:
            patient = self._anybody()
        if trouble is not None and patient is None and not submissions and source is None:
            raise trouble
        named = Named(system=patient.system, value=patient.value) if patient is not None else None
        return Told(kind, tuple(submissions), source, unit, trouble, named)

    def _read(self, item: Item, reader: Reader, change: Change | None) -> None:
        if item.kind == "Patient" and self._says_nothing(item):
            return
        try:
            patient = self._patient(item)
        except Unreadable as unreadable:
            self._keep(unreadable, None)
            return
        if change is not None and change.verb == "remove":
            item = Item(item.kind, {**item.resource, "status": "entered-in-error"}, item.full_url)
        person = self._by_patient.get(patient)
        telling = Telling(self.sheaf, item, patient, self.default, change=change)
        if person is not None:
            telling.municipality, telling.died = person.municipality, person.died
        self.tellings.append(telling)
        self._own[patient].append(telling)
        try:
            self.read[id(telling)] = reader(telling)
            if change is not None and change.verb == "revise":
                telling.amend(change.at)
        except Unreadable as unreadable:
            self._keep(unreadable, patient)
        if item.kind == "Patient" and patient in self._told_dead:  # one death is told once in a message
            telling.told = [said for said in telling.told if said.type != PatientDeceased.TYPE]
        elif any(said.type == PatientDeceased.TYPE for said in telling.told):
            self._told_dead.add(patient)

    def _keep(self, unreadable: Unreadable, patient: PatientId | None) -> None:
        """Of several troubles the first is told: with it mended, the message is read again."""
        if self.trouble is None:
            self.trouble = (unreadable, patient)

    # -- who ---------------------------------------------------------------------------------------------------------

    def _patient(self, item: Item) -> PatientId:
        if item.kind == "Patient":
            return self._person(item).ids[0]
        reference = about_of(item)
        found = self.sheaf.find(reference) if reference is not None else self.sheaf.only("Patient")
        if found is not None and found.kind == "Patient":
            return self._person(found).ids[0]
        return patient_of(self.sheaf, reference, item.kind, self._on)

    def _person(self, item: Item) -> Person:
        if id(item) not in self._people:
            try:
                person = self._people[id(item)] = person_of(item, self._on)
                self._by_patient.setdefault(person.ids[0], person)
            except Unreadable as unreadable:
                self._people[id(item)] = unreadable
        found = self._people[id(item)]
        if isinstance(found, Unreadable):
            raise found
        return found

    def _anybody(self) -> PatientId | None:
        """The patient of all that was read, where there is one."""
        return next(iter(self._own)) if len(self._own) == 1 else None

    def _says_nothing(self, item: Item) -> bool:
        """Whether a Patient is there only so that others can refer to it."""
        said = any(name in item.resource for name in ("deceasedBoolean", "deceasedDateTime", "link"))
        numbers = item.resource.get("identifier")
        return not said and len(numbers if isinstance(numbers, list) else []) == 1

    # -- from whom ---------------------------------------------------------------------------------------------------

    def _find_default(self) -> None:
        """Who answers where a resource does not say: the sender, the patient's organisation, the first that is named."""
        header = self.sheaf.only("MessageHeader")
        patient = self.sheaf.only("Patient")
        found = Party()
        if header is not None:
            found = party_of(self.sheaf, header.read(MessageHeader).sender)
        if found.controller is None and patient is not None:
            found = party_of(self.sheaf, patient.read(Patient).managing_organization)
        if found.controller is None:
            first = next(iter(self.sheaf.of("Organization")), None)
            found = organisation(self.sheaf, first) if first is not None else found
        if found.controller is None and self.sheaf.system is not None:
            found = Party(controller=f"local:{self.sheaf.system.removeprefix('fhir:')}/system")
        self.default = Party(found.unit, found.controller, found.principal)
        if found.controller is not None:
            self.sheaf.issuer = found.controller.partition(":")[2].partition("/")[0]

    def _from(self) -> tuple[str | None, str | None]:
        for telling in self.tellings:
            if telling.source is not None:
                return telling.source, telling.home.unit
        return self.sheaf.system or self.default.source, self.default.unit

    # -- corrections -------------------------------------------------------------------------------------------------

    def _changes(self) -> dict[int, Change]:
        """By resource what the last Provenance about it says was done to it."""
        found: dict[int, Change] = {}
        for item in self.sheaf.of("Provenance"):
            try:
                change, targets = _change(item)
            except Unreadable as unreadable:
                self._keep(unreadable, None)
                continue
            for target in targets if change is not None else []:
                named = self.sheaf.find(target)
                if named is not None and change is not None:
                    before = found.get(id(named))
                    if before is None or before.at.at <= change.at.at:
                        found[id(named)] = change
        return found

    # -- what is left ------------------------------------------------------------------------------------------------

    def _is_of_use(self, telling: Telling) -> bool:
        return telling.item.kind in _ALWAYS_OF_USE and id(telling) in self.read

    def _notes(self) -> Iterator[Submission]:
        """By patient what nothing has a place for; what is nobody's in a Bundle about several stays unread."""
        texts: defaultdict[PatientId, list[str]] = defaultdict(list)
        by_item = {id(telling.item): telling for telling in self.tellings}
        by_key = {telling.key: telling for telling in self.tellings}
        for item in self.sheaf.items:
            telling = by_item.get(id(item)) or (by_key.get(item.key) if item.kind in READERS else None)
            read = self.read.get(id(telling), frozenset()) if telling is not None else frozenset()
            text = "" if item.kind in _NEVER_NOTED else lines_of(item.resource, read)
            owner = telling.patient if telling is not None else self._owner(item)
            if text and owner is not None:
                texts[owner].append(text)
            elif text:
                self._keep(
                    Unreadable(
                        "no-patient-id",
                        "A part of the Bundle does not say which of its patients it is about.",
                        item.kind if item.kind in READERS else "Bundle.entry",
                    ),
                    None,
                )
        for patient, lines in texts.items():
            yield from self._noted(patient, lines)

    def _owner(self, item: Item) -> PatientId | None:
        """Whom it is about: what names nobody is about the only patient, what names somebody is never another's."""
        try:
            reference = about_of(item)
            return self._anybody() if reference is None else self._patient(item)
        except Unreadable:
            return None

    def _noted(self, patient: PatientId, texts: list[str]) -> Iterator[Submission]:
        own = self._own[patient]
        answering = next((t.home for t in own if t.home.controller is not None), self.default)
        source = next((t.source for t in own if t.source is not None), answering.source)
        at = self.sheaf.sent or _latest(own)
        if answering.controller is None or at is None:
            wrong = "no-controller" if answering.controller is None else "missing-time"
            self._keep(Unreadable(wrong, "It is not said who sent what the resources say, or when."), patient)
            return
        for piece in _pieces(texts):
            mark = sha256(f"{at.at.isoformat()}\n{piece}".encode("utf-8", "replace")).hexdigest()[:32]
            key = own[0].key if own else "Bundle"
            bare = Submission(
                type=MessageNoted.TYPE,
                time=at.at,
                precision=at.precision,
                patient=Named(system=patient.system, value=patient.value),
                source=source or "fhir",
                message=f"{key}#note-{mark}",
                sent=at.at,
                unit=answering.unit,
                controller=answering.controller,
                principal=answering.principal,
            )
            yield from with_note((), piece, bare=bare)


def _latest(tellings: list[Telling]) -> Moment | None:
    """When it was sent by what it says itself: the last time that it tells of."""
    sent = [telling.sent for telling in tellings]
    times = [at for at in sent if at is not None]
    times += [Moment(said.time) for telling in tellings for said in telling.told]
    return max(times, key=lambda one: one.at, default=None)


def _pieces(texts: list[str]) -> Iterator[str]:
    held: list[str] = []
    size = 0
    for text in texts:
        if held and size + len(text) > _PIECE:
            yield "\n\n".join(held)
            held, size = [], 0
        held.append(text)
        size += len(text)
    if held:
        yield "\n\n".join(held)


def _change(item: Item) -> tuple[Change | None, list[Reference]]:
    provenance = item.read(Provenance)
    concept = provenance.activity
    done = (
        [c.code for c in concept.coding if (c.system or "").endswith("v3-DataOperation")] if concept else []
    )
    roles = [] if done else [entity.role for entity in provenance.entity]
    at = moment(provenance.occurred_date_time or provenance.recorded, "Provenance.recorded")
    if at is None:
        return None, []
    if any(code in _REMOVALS for code in done) or "removal" in roles:
        return Change("remove", at), provenance.target
    if "UPDATE" in done or "revision" in roles:
        return Change("revise", at), provenance.target
    return None, []
