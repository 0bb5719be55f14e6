"""From the judgement of need to the appointed contact: what an operator may record, and how the rest is refused."""

import pytest
from given import instant, said
from situations import (
    accepted,
    admitted,
    at_emergency,
    deceased,
    discharged,
    needs,
    on_leave,
    refused,
    unknown,
)

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.notification import (
    AdmissionAcknowledged,
    AdmissionNotified,
    CareContactAppointed,
    CareContactEnded,
    ConsentRecorded,
    EstimatedDischargeChanged,
    ServiceNeedAssessed,
)

NEED = ServiceNeedAssessed(outcome="yes", needs=("municipal-health",))
NOTICE = AdmissionNotified(recipients=(Recipient(role="municipal-health", municipality="2180"),))
RECEIPT = AdmissionAcknowledged(unit="orgnr:2120002338", role="municipal-health")
ESTIMATE = EstimatedDischargeChanged(new_estimate_at=instant("2026-03-06T11:00"))
CONTACT = CareContactAppointed(unit="hsa:SE2321000198-HC1")
CONSENT = ConsentRecorded(scope="sip", decision="given")

INPATIENTS_ONLY = [
    (NEED, "record the assessment of need"),
    (NOTICE, "send the admission notice"),
    (ESTIMATE, "change the estimated discharge"),
]
LIVING_ONLY = [(CONTACT, "appoint a care contact"), (CONSENT, "record a consent")]


@pytest.mark.parametrize(("fact", "act"), INPATIENTS_ONLY)
def test_what_is_said_of_an_inpatient(fact: Fact, act: str) -> None:
    nobody = f"You cannot {act}: nobody has recorded an admission before that time."
    accepted(admitted(), fact)
    accepted(on_leave(), fact)
    refused(unknown(), fact, nobody)
    refused(at_emergency(), fact, nobody)
    refused(discharged(), fact, f"You cannot {act}: the stay had ended by then.")
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


def test_a_notice_that_was_sent_is_acknowledged() -> None:
    accepted(admitted(said("2026-03-02T11:00", NOTICE)), RECEIPT)


def test_no_notice_no_acknowledgement() -> None:
    words = "You cannot acknowledge an admission notice: no admission notice was sent."
    refused(unknown(), RECEIPT, words)
    refused(admitted(), RECEIPT, words)
    refused(admitted(said("2026-03-02T12:01", NOTICE)), RECEIPT, words)


@pytest.mark.parametrize(("fact", "act"), LIVING_ONLY)
def test_what_is_said_of_the_living(fact: Fact, act: str) -> None:
    accepted(unknown(), fact)
    accepted(admitted(), fact)
    accepted(discharged(), fact)
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


def test_a_contact_ends_who_was_appointed() -> None:
    words = "You cannot end a care contact: none is appointed."
    gone = CareContactEnded(reason="staff-left")
    theirs = gone.model_copy(update={"unit": CONTACT.unit})
    elsewhere = gone.model_copy(update={"unit": "hsa:SE2321000198-HC2"})
    before = said("2026-02-02T11:00", CONTACT)
    accepted(admitted(before), gone)
    accepted(admitted(before), theirs)
    refused(admitted(before), elsewhere, words)
    refused(unknown(), gone, words)
    refused(admitted(before, said("2026-02-03T11:00", theirs)), gone, words)
    accepted(admitted(before, said("2026-02-03T11:00", elsewhere)), theirs)


@pytest.mark.parametrize(
    ("fact", "items"),
    [
        (ServiceNeedAssessed(), "outcome"),
        (AdmissionNotified(), "recipients"),
        (AdmissionAcknowledged(), "unit"),
        (EstimatedDischargeChanged(), "new estimate at"),
        (CareContactAppointed(), "unit"),
        (CareContactEnded(), "reason"),
        (ConsentRecorded(), "scope, decision"),
        (ConsentRecorded(scope="sip"), "decision"),
    ],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)
