"""A month frozen for settlement: when it may be, what stands on record, and the exact bytes of its event."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from given import instant

from domain.errors import Refused
from domain.settlement import Figures, FreezeSettlement, event, settlement_of

STORE = UUID("00000000-0000-4000-8000-0000000000aa")
ACTOR = "0d6f0000-0000-4000-8000-000000000007"
FIGURES = Figures(discharged=2, days=3.0, mean_stockholm=1.5, stays_one_day=1, mean_skr=3.0)


def command(month: str = "2026-03", now: str = "2026-04-12T09:00", **more: Any) -> FreezeSettlement:
    given = {"municipality": "2180", "actor": ACTOR, **more}
    return FreezeSettlement(month=month, now=instant(now), **given)


@pytest.mark.parametrize(
    ("month", "last_moment", "first_moment"),
    [
        ("2026-03", "2026-03-31T21:59:59.999999Z", "2026-03-31T22:00:00Z"),  # summer time since two days
        ("2026-10", "2026-10-31T22:59:59.999999Z", "2026-10-31T23:00:00Z"),  # and over since six
        ("2026-12", "2026-12-31T22:59:59.999999Z", "2026-12-31T23:00:00Z"),
        ("2028-02", "2028-02-29T22:59:59.999999Z", "2028-02-29T23:00:00Z"),
    ],
)
def test_a_month_is_frozen_when_it_is_over_in_sweden(month: str, last_moment: str, first_moment: str) -> None:
    command(month, first_moment).check(())
    with pytest.raises(Refused, match=f"^{month} is not over yet, so its figures can still change"):
        command(month, last_moment).check(())


def test_a_month_is_frozen_once_for_each_municipality() -> None:
    standing = {"2181:2026-03", "2180:2026-02"}
    command().check(standing)
    with pytest.raises(Refused, match=r"^2026-03 is frozen already for Gävle\.$"):
        command().check({*standing, "2180:2026-03"})


@pytest.mark.parametrize("month", ["2026-13", "2026-3", "mars"])
def test_what_is_no_month_is_not_frozen(month: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        command(month).check(())


def test_the_events_exact_bytes(golden: Callable[[str, str], None]) -> None:
    raw = event(STORE, command(), "gavleborg@2", FIGURES)
    golden("settlements/settlement-frozen.v1.json", raw.decode())
    bare = event(STORE, command("2026-02"), "statute@1", Figures())
    golden("settlements/settlement-frozen.v1.nobody.json", bare.decode())


def test_who_reads_the_event_finds_all_of_it() -> None:
    raw = event(STORE, command(), "gavleborg@2", FIGURES)
    said = json.loads(raw)
    assert list(said) == [
        *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "recordedtime"),
        *("actor", "data"),
    ]
    assert said["type"] == "se.carechain.settlement-frozen.v1"
    assert (said["subject"], said["actor"]) == ("settlement:2180:2026-03", ACTOR)
    assert said["data"] == {
        "municipality": "2180",
        "month": "2026-03",
        "agreement": "gavleborg@2",
        "as_of": "2026-04-12T07:00:00.000000Z",
        "figures": {
            "discharged": 2,
            "days": 3.0,
            "mean_stockholm": 1.5,
            "stays_one_day": 1,
            "mean_skr": 3.0,
        },
    }
    read = settlement_of(raw)
    assert (read.municipality, read.month, read.agreement) == ("2180", "2026-03", "gavleborg@2")
    assert (read.as_of, read.figures) == (instant("2026-04-12T09:00"), FIGURES)


def test_one_month_has_one_id_whenever_it_is_frozen() -> None:
    events = [event(STORE, command(now=f"2026-04-{day}T09:00"), "statute@1", FIGURES) for day in (12, 13)]
    other = event(STORE, command(municipality="2181"), "statute@1", FIGURES)
    ids = [json.loads(raw)["id"] for raw in (*events, other)]
    assert ids[0] == ids[1] != ids[2]
