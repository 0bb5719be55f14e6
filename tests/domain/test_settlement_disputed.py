"""A month disputed: when it may be, when it is late, what makes it the same dispute, and the bytes of its event."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any, get_args
from uuid import UUID

import pytest
from given import episode, instant

from domain.dispute import GROUNDS, Dispute, DisputeSettlement, disputed_of, event, last_day
from domain.errors import Refused
from domain.facts.settlement import CaseDisputed

STORE = UUID("00000000-0000-4000-8000-0000000000aa")
ACTOR = "0d6f0000-0000-4000-8000-000000000007"
A, B = sorted([episode("a"), episode("b")])
AGREED_DAY, FREEZE = "after-the-agreed-day", "after-the-freeze"


def command(now: str = "2026-04-12T09:00", **more: Any) -> DisputeSettlement:
    given: dict[str, Any] = {
        "municipality": "2180",
        "month": "2026-03",
        "ground": "wrong-time",
        "actor": ACTOR,
    }
    return DisputeSettlement(now=instant(now), **{**given, **more})


@pytest.mark.parametrize(
    ("now", "day", "frozen", "late"),
    [
        ("2026-04-12T23:59:59.999999", 12, False, ()),
        ("2026-04-13T00:00", 12, False, (AGREED_DAY,)),
        ("2026-04-13T00:00", None, False, ()),
        ("2026-04-12T09:00", 12, True, (FREEZE,)),
        ("2026-04-13T00:00", 12, True, (AGREED_DAY, FREEZE)),
        ("2026-03-15T00:00", 12, False, ()),
    ],
)
def test_after_the_agreed_day_or_the_freeze_it_is_late(
    now: str, day: int | None, frozen: bool, late: tuple[str, ...]
) -> None:
    assert command(now).said(day, frozen=frozen).late == late


def test_the_last_day_of_december_is_in_january() -> None:
    assert last_day("2026-12", 12) == date(2027, 1, 12)
    assert last_day("2026-12", None) is None


def test_a_month_that_has_not_begun_is_refused() -> None:
    command("2026-03-01T00:00").check()
    with pytest.raises(Refused, match="2026-03 has not begun yet"):
        command("2026-02-28T23:59:59.999999").check()
    with pytest.raises(ValueError, match="pattern"):
        command(month="mars").check()


def test_the_same_dispute_has_one_id_whenever_and_by_whomever() -> None:
    first = command(stays=(A, B))
    same = command("2026-04-13T09:00", stays=(B, A, B), actor="another")
    others = [
        command(),
        command(stays=(A,)),
        command(stays=(A, B), ground="other"),
        command(stays=(A, B), month="2026-02"),
        command(stays=(A, B), municipality="2181"),
    ]
    assert same.id == first.id
    assert len({first.id, *(other.id for other in others)}) == 6


def test_grounds_are_those_of_a_single_case() -> None:
    (codes, _) = get_args(CaseDisputed.model_fields["reason"].annotation)
    assert get_args(codes) == GROUNDS


def test_what_is_said_in_a_patients_journey() -> None:
    assert command(stays=(A,)).case() == CaseDisputed(
        municipality="2180", month="2026-03", reason="wrong-time"
    )
    assert command().case().missing() == ()


def test_the_events_exact_bytes(golden: Callable[[str, str], None]) -> None:
    of_cases = command(stays=(B, A))
    raw = event(STORE, of_cases, of_cases.said(10, frozen=True), "c" * 64)
    golden("settlements/settlement-disputed.v1.json", raw.decode())
    whole = command()
    raw = event(STORE, whole, whole.said(12, frozen=False), "c" * 64)
    golden("settlements/settlement-disputed.v1.month.json", raw.decode())


def test_who_reads_the_event_finds_all_of_it() -> None:
    given = command(stays=(B, A))
    raw = event(STORE, given, given.said(10, frozen=False), "c" * 64)
    said = json.loads(raw)
    assert (said["type"], said["subject"]) == (
        "se.carechain.settlement-disputed.v1",
        "settlement:2180:2026-03",
    )
    read = disputed_of(raw)
    assert (read.id, read.time, read.actor) == (given.id, instant("2026-04-12T09:00"), ACTOR)
    assert read.correlationid == "c" * 64
    assert read.data == Dispute(
        municipality="2180", month="2026-03", stays=(A, B), ground="wrong-time", late=(AGREED_DAY,)
    )
