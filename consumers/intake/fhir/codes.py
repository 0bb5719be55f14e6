"""Which codes of FHIR's, and which of our own, say what: the one table that the readers of resources share.

FHIR's own code systems count wherever they say it: encounter classes (``v3-ActCode``), discharge dispositions
(``discharge-disposition``), urgency (``v3-ActPriority``), physical types of places (``location-physical-type``),
what was done to data (``v3-DataOperation``), SNOMED CT where a concept is plain. For what Swedish law has and FHIR
has not, a sender writes a code of ours, as coding with one of these systems:

====================================== ===========================================================================
``urn:carechain:code:service``         a municipal service of a takeover: ``home-nursing`` ... (``facts._parts``)
``urn:carechain:code:task``            Task.code: ``municipal-takeover``, ``referral``, ``admission-notice``
``urn:carechain:code:decline``         Task.statusReason: ``no-place``, ``wrong-level`` ... (why it is turned down)
``urn:carechain:code:communication``   Communication.category or topic: ``admission-notice``, ``discharge-ready`` ...
``urn:carechain:code:care-plan``       CarePlan.category: ``sip``
``urn:carechain:code:care-team``       CareTeam.category: ``mobile-team``
``urn:carechain:code:care-contact``    role or type: ``fast-vardkontakt``
``urn:carechain:code:role``            Organization.type, participant role: ``open-care``, ``social-services`` ...
``urn:carechain:code:track``           ServiceRequest.category or code: a track of the register of tracks
``urn:carechain:code:flag``            Flag.code: ``discharge-ready``
``urn:carechain:code:care-form``       Encounter.type or serviceType: ``somatic``, ``psychiatric``
``urn:carechain:code:compulsion``      Encounter.type: ``voluntary``, ``LPT``, ``LRV``
``urn:carechain:code:destination``     Encounter.hospitalization.dischargeDisposition: our words for it
====================================== ===========================================================================

Two extensions of ours carry times for which R4 has no element: ``urn:carechain:extension:received`` (valueDateTime, on a
recipient) and ``urn:carechain:extension:estimated-discharge`` (valueDateTime, on an admission notice).
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

from consumers.intake.fhir.models import CodeableConcept
from domain.fact import Role
from domain.facts._parts import Service

OURS: Final = "urn:carechain:code:"
RECEIVED: Final = "urn:carechain:extension:received"
ESTIMATED: Final = "urn:carechain:extension:estimated-discharge"
SNOMED: Final = "http://snomed.info/sct"

HSA: Final = ("urn:oid:1.2.752.129.2.1.4.1", "urn:oid:1.2.752.29.4.19")
"""HSA-ids: Inera's contracts, HL7 Sweden's base profiles."""
ORGANISATION_NUMBER: Final = ("urn:oid:2.5.4.97", "urn:oid:1.2.752.29.4.3")
SOR: Final = "urn:oid:1.2.208.176.1.1"
MUNICIPALITY: Final = "urn:oid:1.2.752.129.2.2.1.17"
"""KV Kommun: SCB's code of a municipality, as identifier of an organisation or coding of where a person lives."""
REGION: Final = "urn:oid:1.2.752.129.2.2.1.18"
"""KV Län: SCB's code of a county, and so of its region."""

Group = Literal["inpatient", "emergency", "visit", "home", "digital"]
CLASSES: Final[Mapping[str, Group]] = {
    "IMP": "inpatient",
    "ACUTE": "inpatient",
    "NONAC": "inpatient",
    "SS": "inpatient",  # short stay: admitted for a time that is set beforehand
    "EMER": "emergency",
    "OBSENC": "emergency",  # under observation, whether to be admitted is not decided
    "AMB": "visit",
    "HH": "home",
    "VR": "digital",
}
"""Classes of encounters. Others (FLD in the field, PRENC before admission) have no counterpart."""

DISPOSITIONS: Final[Mapping[str, str]] = {
    "home": "home",
    "alt-home": "other",  # somebody else's home
    "other-hcf": "other",
    "hosp": "other",  # hospice
    "long": "residential-care",
    "snf": "short-term-place",
    "psy": "other-hospital",
    "rehab": "other-hospital",
    "aadvice": "other",
    "oth": "other",
}
"""Where a patient went; ``exp`` (expired) is a death."""
DESTINATIONS: Final = frozenset(
    {"home", "residential-care", "short-term-place", "other-hospital", "compulsory-open-care", "other"}
)
VISIT_DESTINATIONS: Final = frozenset({"home", "residential-care", "other-hospital", "other"})
"""Those that a visit to an emergency department may end in."""

URGENT: Final[Mapping[str, bool]] = {"EM": True, "UR": True, "A": True, "S": True, "EL": False, "R": False}
"""Encounter.priority: whether the admission was unplanned."""

TAKEOVER_DECLINES: Final = frozenset(
    {"no-place", "not-our-resident", "needs-more-information", "medical-objection", "other"}
)
REFERRAL_RETURNS: Final = frozenset(
    {"needs-more-information", "wrong-level", "no-capacity", "not-indicated", "other"}
)

CARE_COMMUNICATION: Final = frozenset(
    {
        "alcohol-and-drug-treatment",
        "assessment",
        "assistive-devices",
        "carecoordination",
        "decease",
        "discharge",
        "drug-treatment",
        "examination-results",
        "healthcare",
        "home-care-assessment",
        "medicine",
        "nursing",
        "other",
        "outpatient",
        "psychiatry-social-disability",
        "regarding-referral",
        "telemedicine",
        "training",
    }
)
"""Categories of a care communication (DK MedCom Terminology, all versions): any other word is the sender's own."""
_COMMUNICATION_CATEGORY: Final = frozenset({"alert", "notification", "reminder", "instruction"})

SERVICES: Final = frozenset(get_args(Service))
ROLES: Final = frozenset(get_args(Role))
CARE_CONTACT: Final = {f"{OURS}care-contact": {"fast-vardkontakt"}, SNOMED: {"768820003"}}
"""*Fast vårdkontakt*; in SNOMED CT the care coordinator."""
REFERRAL: Final = "3457005"
"""Patient referral (procedure), in SNOMED CT."""


def codes(concepts: Iterable[CodeableConcept | None], system: str) -> list[str]:
    """The codes of this system, in order; ``system`` whole, or the last part of an ``http`` address."""
    found = []
    for concept in concepts:
        for coding in concept.coding if concept is not None else []:
            own = coding.system or ""
            if coding.code and (own == system or own.rpartition("/")[2] == system):
                found.append(coding.code.strip())
    return found


def our_code(concepts: Iterable[CodeableConcept | None], name: str, allowed: frozenset[str]) -> str | None:
    """The first code of ours that is one of these words: no other word of a sender's stands in clear."""
    return next((code for code in codes(concepts, f"{OURS}{name}") if code in allowed), None)


def is_care_contact(concepts: Iterable[CodeableConcept | None]) -> bool:
    """Whether a role or type says *fast vårdkontakt*."""
    listed = list(concepts)
    return any(set(codes(listed, system)) & known for system, known in CARE_CONTACT.items())


def subject_of(concepts: Iterable[CodeableConcept | None]) -> str | None:
    """What a message is about, as a word that everybody uses."""
    listed = list(concepts)
    for system, known in (
        ("medcom-careCommunication-categoryCodes", CARE_COMMUNICATION),
        ("communication-category", _COMMUNICATION_CATEGORY),
    ):
        for code in codes(listed, system):
            if code.lower() in known:
                return code.lower()
    return None
