"""MH-02, LUS 2:1 second paragraph: where municipal health care is needed, the region's open care is told as well."""

from typing import Any

import pytest
from given import given, instant
from ward import EVERYBODY, NURSING, OPEN_CARE, SOCIAL, admitted, discharged, judged, notified

ADMITTED = "2026-03-02T10:00"
NURSING_NEEDED: dict[str, Any] = {"needs": ("municipal-health",)}


@pytest.mark.parametrize(
    ("recipients", "state"),
    [(EVERYBODY, "done"), ((OPEN_CARE,), "done"), ((NURSING, SOCIAL), "missed")],
)
def test_open_care_is_among_the_recipients(recipients: tuple[object, ...], state: str) -> None:
    story = given(
        admitted(ADMITTED),
        judged(ADMITTED, **NURSING_NEEDED),
        notified("2026-03-02T12:00", recipients=recipients),
    )
    duty = story.duty("MH-02", "2026-03-05T10:00")
    assert (duty.state, duty.due_at, duty.party) == (state, instant("2026-03-03T10:00"), "region:21")
    assert story.duty("MH-01", "2026-03-05T10:00").state == "done"


@pytest.mark.parametrize(
    ("second", "state"), [("2026-03-03T10:00:00", "done"), ("2026-03-03T10:00:01", "late")]
)
def test_a_second_notice_brings_open_care_in(second: str, state: str) -> None:
    story = given(
        admitted(ADMITTED),
        judged(ADMITTED, **NURSING_NEEDED),
        notified("2026-03-02T12:00", NURSING),
        notified(second, OPEN_CARE),
    )
    assert story.duty("MH-02", "2026-03-05T10:00").state == state


@pytest.mark.parametrize("needs", [(), ("social-services",), ("open-care",)])
def test_no_municipal_health_care_no_such_duty(needs: tuple[str, ...]) -> None:
    story = given(admitted(ADMITTED), judged(ADMITTED, needs=needs), notified("2026-03-02T12:00", SOCIAL))
    assert story.duties("MH-02", "2026-03-05T10:00") == []


def test_the_need_is_found_later() -> None:
    story = given(
        admitted(ADMITTED),
        judged(ADMITTED, needs=("social-services",)),
        notified("2026-03-02T12:00", SOCIAL),
        judged("2026-03-04T09:00", **NURSING_NEEDED),
    )
    assert story.duties("MH-02", "2026-03-04T08:59") == []
    assert story.duty("MH-02", "2026-03-04T09:00").due_at == instant("2026-03-05T09:00")


def test_discharge_ends_it() -> None:
    story = given(admitted(ADMITTED), judged(ADMITTED, **NURSING_NEEDED), discharged("2026-03-02T18:00"))
    assert story.duty("MH-02", "2026-03-05T10:00").state == "cancelled"
