"""A correction written in an older version of a fact: other systems' ids inside it are referenced all the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Place
from intakes import clock, facts, intake_into, places_with, said

from consumers.intake.intake import Intake
from domain.fact import CATALOGUE, UPCASTS, Fact, load_catalogue
from domain.facts._parts import EpisodeId, StaffId

pytestmark = pytest.mark.broker
V1, V2 = "se.carechain.care-contact-appointed.v1", "se.carechain.care-contact-appointed.v2"


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A world where the contact's field has another name, and an episode beside it."""
    load_catalogue()
    monkeypatch.delitem(CATALOGUE, V1)

    class Appointed(Fact, name="care-contact-appointed", command="AppointCareContact", rank=70, version=2):
        contact: StaffId | None = None
        told_in: EpisodeId | None = None

    def renamed(data: dict[str, Any]) -> dict[str, Any]:
        return {"contact": data["person"], "told_in": "EPISODE-ELVAN"}

    monkeypatch.setitem(UPCASTS, V1, (V2, renamed))
    yield
    del CATALOGUE[V2]


@pytest.fixture
def intake(place: Place) -> Iterator[Intake]:
    with intake_into(place) as made:
        yield made


@pytest.mark.usefixtures("newer")
def test_staff_and_episodes_in_an_amendment_of_an_older_version_are_referenced(
    intake: Intake, place: Place
) -> None:
    amendment = {
        "target_message": "m1",
        "amended_type": V1,
        "amended_data": {"person": "SE2321000198-TOLVAN"},
    }
    asked = said("fact-amended", "2026-03-02T08:00:00+01:00", "SIM-OLDER", amendment, message="m2")

    first, repeat = intake.submit([asked, asked], clock)

    assert (len(first.new), len(repeat.new), len(repeat.known)) == (1, 0, 1)
    (fact,) = facts(intake, "simulated", "SIM-OLDER")
    amended: Any = fact.fact
    assert amended.amended_type == V2
    assert intake.vault.staff_of(amended.amended_data["contact"]) == "SE2321000198-TOLVAN"
    assert places_with(place, "SE2321000198-TOLVAN") == places_with(place, "EPISODE-ELVAN") == []
