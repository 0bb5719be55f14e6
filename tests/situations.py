"""Situations on a ward that tests begin from, and the two halves of every test of what must not be left out."""

from dataclasses import replace

from given import WARD, Story, given, said

from domain.command import Command
from domain.fact import Fact
from domain.facts.admission import LeaveStarted, PatientAdmitted
from domain.facts.discharge import PatientDeceased, PatientDischarged
from domain.facts.emergency import EmergencyVisitStarted

ADMISSION = PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180")
NOON = "2026-03-02T12:00"
"""When the tests' commands are given: two hours after admission."""


def unknown() -> Story:
    """Nobody has recorded anything."""
    return given()


def admitted(*more: Command) -> Story:
    """An inpatient since 2 March 2026 at 10:00."""
    return given(said("2026-03-02T10:00", ADMISSION), *more)


def on_leave() -> Story:
    """An inpatient who left the ward for a time at 11:00."""
    return admitted(said("2026-03-02T11:00", LeaveStarted()))


def discharged() -> Story:
    """A stay from 10:00 to 11:00."""
    return admitted(said("2026-03-02T11:00", PatientDischarged(destination="home")))


def deceased() -> Story:
    """An inpatient who died at 11:00."""
    return admitted(said("2026-03-02T11:00", PatientDeceased()))


def at_emergency() -> Story:
    """At the emergency department since 10:00."""
    return given(said("2026-03-02T10:00", EmergencyVisitStarted(unit=WARD)))


def accepted(story: Story, fact: Fact, time: str = NOON) -> None:
    """An operator's command becomes the fact."""
    story.when(said(time, fact)).then(fact)


def refused(story: Story, fact: Fact, words: str, time: str = NOON) -> None:
    """An operator's command is turned down in these words, all of them, and nothing is written."""
    story.when(said(time, fact)).then_refused(words)
    assert str(story.outcome) == words


def needs(fact: Fact, items: str) -> None:
    """A person is told what is missing; another system's message is recorded as it came."""
    refused(admitted(), fact, f"The fact lacks {items}.")
    story = admitted()
    recorded = story.record(replace(said(NOON, fact), operator=False))
    assert recorded.fact == fact
    assert recorded in story.history.facts or recorded in story.history.corrections
