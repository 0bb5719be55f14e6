"""MH-17, LUS 3:1: no discharge with a municipality taking part and no discharge-ready notice."""

import pytest
from given import WARD, given, instant
from ward import (
    NURSING,
    OPEN_CARE,
    SOCIAL,
    admitted,
    died,
    discharged,
    judged,
    notified,
    proposed,
    ready,
    told_ready,
    voided,
)

from domain.command import Command

IN_STAY = (admitted("2026-03-02T10:00"), judged("2026-03-02T10:00"))
LEFT = discharged("2026-03-05T14:00")
LATER = "2026-03-06T10:00"


@pytest.mark.parametrize(
    "takes_part",
    [
        notified("2026-03-02T12:00", NURSING),
        notified("2026-03-02T12:00", SOCIAL),
        proposed("2026-03-03T10:00"),
    ],
)
def test_discharged_without_a_notice(takes_part: Command) -> None:
    story = given(*IN_STAY, takes_part, LEFT)
    duty = story.duty("MH-17", LATER)
    assert (duty.state, duty.due_at) == ("missed", instant("2026-03-05T14:00"))
    assert (duty.party, duty.role, duty.unit) == ("region:21", "inpatient", WARD)
    assert story.duties("MH-17", "2026-03-05T13:59") == []


def test_a_judgement_alone_is_no_notice() -> None:
    story = given(*IN_STAY, notified("2026-03-02T12:00", NURSING), ready("2026-03-05T10:00"), LEFT)
    assert story.duty("MH-17", LATER).state == "missed"


@pytest.mark.parametrize("told", ["2026-03-04T10:00", "2026-03-05T14:00"])
def test_told_by_the_discharge(told: str) -> None:
    story = given(*IN_STAY, notified("2026-03-02T12:00", NURSING), told_ready(told), LEFT)
    assert story.duties("MH-17", LATER) == []


def test_told_after_the_discharge_is_too_late() -> None:
    story = given(*IN_STAY, notified("2026-03-02T12:00", NURSING), LEFT, told_ready("2026-03-05T15:00"))
    assert story.duty("MH-17", LATER).state == "missed"


def test_the_notice_is_annulled() -> None:
    story = given(
        *IN_STAY,
        notified("2026-03-02T12:00", NURSING),
        told_ready("2026-03-04T10:00", message="ready"),
        voided("2026-03-04T11:00", "ready"),
        LEFT,
    )
    assert story.duty("MH-17", LATER).state == "missed"


def test_no_municipality_takes_part() -> None:
    assert given(*IN_STAY, LEFT).duties("MH-17", LATER) == []
    assert given(*IN_STAY, notified("2026-03-02T12:00", OPEN_CARE), LEFT).duties("MH-17", LATER) == []
    too_late = notified("2026-03-05T15:00", NURSING)
    assert given(*IN_STAY, LEFT, too_late).duties("MH-17", LATER) == []


def test_death_is_no_discharge() -> None:
    story = given(*IN_STAY, notified("2026-03-02T12:00", NURSING), died("2026-03-05T14:00"))
    assert story.duties("MH-17", LATER) == []
