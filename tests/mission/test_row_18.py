"""Row 18: what a patient and a relative can be told: who is responsible for what, what comes next, whom it rests with."""

import pytest
from mission_way import (
    BY_GAVLE,
    BY_HEALTH_CENTRE,
    BY_WARD,
    GAVLE,
    GAVLEBORG,
    HEALTH_CENTRE,
    HOME_NURSING,
    Patient,
    Way,
    changes,
    told,
)

pytestmark = pytest.mark.broker

PATIENT = "ROW18"
HOME = "2026-03-07T12:00"
TO_BOTH = (
    *("--recipient", "municipal-health,municipality=Gävle"),
    *("--recipient", f"open-care,unit={HEALTH_CENTRE}"),
)


def tell(way: Way) -> None:
    """Home on Friday 6 March with nurses, a daughter's help, a contact at the health centre and a call on Wednesday."""
    say = way.patient(PATIENT).record
    gavle, nursing = ("--municipality", "Gävle"), ("--service", "home-nursing")
    say("2026-03-02T08:00", "patient-admitted", *BY_WARD, *gavle, "--care-form", "somatic")
    need = ("--outcome", "yes", "--need", "municipal-health")
    say("2026-03-02T10:00", "service-need-assessed", *BY_WARD, *need)
    estimate = ("--estimated-discharge-at", "2026-03-06T12:00")
    say("2026-03-02T11:00", "admission-notified", *BY_WARD, *TO_BOTH, *estimate)
    say("2026-03-03T09:00", "care-contact-appointed", *BY_HEALTH_CENTRE)
    say("2026-03-05T09:00", "discharge-ready-declared", *BY_WARD)
    say("2026-03-05T09:15", "discharge-ready-notified", *BY_WARD, *TO_BOTH)
    helped = ("--outcome", "egenvard", "--support", "relative", "--review-at", "2026-04-06T12:00")
    say("2026-03-06T09:00", "egenvard-assessed", *BY_HEALTH_CENTRE, *helped)
    say("2026-03-06T11:00", "patient-informed-at-discharge", *BY_WARD, "--care-contact-named")
    call = ("--due-at", "2026-03-11T10:00", "--channel", "telephone")
    say("2026-03-06T11:30", "follow-up-planned", *BY_HEALTH_CENTRE, *call)
    say("2026-03-06T12:00", "patient-discharged", *BY_WARD, "--destination", "home")
    say("2026-03-06T12:10", "discharge-information-transferred", *BY_WARD, *TO_BOTH)
    say("2026-03-06T15:00", "municipal-care-started", *BY_GAVLE, *gavle, *nursing)


def test_who_is_responsible_for_what(patient: Patient) -> None:
    (page,) = patient.ask("journey", "show", as_of=HOME)
    assert told(page["responsible"], "notion", "party", "role", "unit") == {
        ("care", GAVLE, "municipal-health", HOME_NURSING),
        ("care", GAVLEBORG, "open-care", HEALTH_CENTRE),
        ("care", "relative", "egenvard", HEALTH_CENTRE),
        ("care_contact", GAVLEBORG, "open-care", HEALTH_CENTRE),
    }


def test_what_comes_next_and_when(patient: Patient) -> None:
    (page,) = patient.ask("journey", "show", as_of=HOME)
    assert told(page["next_steps"], "rule", "party", "unit", "due_at") == {
        ("MH-19", GAVLEBORG, HEALTH_CENTRE, "2026-03-11T10:00:00+01:00"),
        ("NS-review", GAVLEBORG, HEALTH_CENTRE, "2026-04-06T12:00:00+02:00"),
    }


def test_whom_to_call(patient: Patient) -> None:
    contact = patient.responsible(HOME, "care_contact")
    assert told(contact, "party", "role", "unit") == {(GAVLEBORG, "open-care", HEALTH_CENTRE)}


def test_what_they_waited_for_and_that_nothing_is_missed(patient: Patient) -> None:
    (page,) = patient.ask("journey", "show", as_of=HOME)
    assert page["missed"] == page["findings"] == []
    (ready,) = [wait for wait in page["waits"] if wait["measure"] == "W-06"]
    assert (ready["value"], ready["outcome"]) == (1.0, "discharged")
    # And the call that does not come is missed.
    assert told(patient.missed("2026-03-11T10:01"), "rule", "state") == {("MH-19", "missed")}


def test_the_page_reads_in_words(patient: Patient) -> None:
    page = " ".join(patient.page(HOME).split())
    for words in (
        "Gävle care: municipal-health since 2026-03-06 15:00",
        "Region Gävleborg care: open-care since 2026-03-06 12:00",
        "Region Gävleborg fast vårdkontakt since",
        "by 2026-03-11 10:00 Region Gävleborg, open-care Follow-up after discharge",
        "2026-03-06 11:00 patient informed at discharge",
    ):
        assert words in page


def test_the_replay_tells_the_way_home(patient: Patient) -> None:
    replay = patient.replay(HOME)
    assert {("care", "ended", GAVLEBORG), ("care", "current", GAVLEBORG)} <= changes(
        replay, "2026-03-06T12:00:00+01:00"
    )
    assert changes(replay, "2026-03-06T15:00:00+01:00") >= {("care", "current", GAVLE)}
    assert ("care", "current", "relative") in changes(replay, "2026-03-06T09:00:00+01:00")
