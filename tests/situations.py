"""Situations on a ward that tests begin from, and the two halves of every test of what must not be left out."""

import json
from dataclasses import replace

from given import WARD, Story, given, said

from domain.command import Command
from domain.fact import Fact
from domain.facts.admission import LeaveStarted, PatientAdmitted
from domain.facts.discharge import PatientDeceased, PatientDischarged
from domain.facts.emergency import EmergencyVisitStarted
from domain.facts.referral import TrackFact

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


def of_the_living(fact: Fact, act: str) -> None:
    """It may be told of anybody who lives, inside a stay and outside."""
    accepted(unknown(), fact)
    accepted(admitted(), fact)
    accepted(discharged(), fact)
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


def of_an_inpatient(fact: Fact, act: str) -> None:
    """It may be told only of who is admitted then, on leave or not."""
    nobody = f"You cannot {act}: nobody has recorded an admission before that time."
    accepted(admitted(), fact)
    accepted(on_leave(), fact)
    refused(unknown(), fact, nobody)
    refused(at_emergency(), fact, nobody)
    refused(discharged(), fact, f"You cannot {act}: the stay had ended by then.")
    refused(deceased(), fact, f"You cannot {act}: the patient is recorded as deceased.")


def of_a_stay(fact: Fact, act: str) -> None:
    """It may be told of whoever has or had a stay, also after death."""
    accepted(admitted(), fact)
    accepted(discharged(), fact)
    accepted(deceased(), fact)
    refused(unknown(), fact, f"You cannot {act}: nobody has recorded an admission before that time.")


def of_anybody(fact: Fact) -> None:
    """It may be told of anybody, dead or alive."""
    for story in (unknown(), admitted(), discharged(), deceased()):
        accepted(story, fact)


def knows_its_track(fact: TrackFact, *before: Command) -> None:
    """A track that is not in the file is refused to a person and believed of another system."""
    elsewhere = fact.model_copy(update={"track": "dermatology"})
    refused(admitted(*before), elsewhere, "There is no such track between specialists and primary care.")
    story = admitted(*before)
    recorded = story.record(replace(said(NOON, elsewhere), operator=False))
    assert recorded.fact == elsewhere
    assert recorded in story.history.facts


def sealed_under_sol(fact: Fact) -> None:
    """It stands under social-services law whatever its sender says, and nothing of it in clear."""
    assert fact.regime() == "SoL"
    command = said(NOON, fact, regime="HSL")
    assert command.scope.regime == "SoL"
    recorded = unknown().record(command)
    assert recorded.envelope.regime == "SoL"
    assert json.loads(bytes(recorded.envelope.data)).keys() == {"sealed", "key"}


def in_clear_under_hsl(fact: Fact) -> None:
    """It stands under health-care law, unless its sender puts it under the other."""
    assert fact.regime() == "HSL"
    assert said(NOON, fact).scope.regime == "HSL"
    assert said(NOON, fact, regime="SoL").scope.regime == "SoL"


def needs(fact: Fact, items: str) -> None:
    """A person is told what is missing; another system's message is recorded as it came."""
    refused(admitted(), fact, f"The fact lacks {items}.")
    story = admitted()
    recorded = story.record(replace(said(NOON, fact), operator=False))
    assert recorded.fact == fact
    assert recorded in story.history.facts or recorded in story.history.corrections
