"""A month frozen for settlement: when it may be, what stands on record, and the exact bytes of its event."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from conftest import GOLDEN
from given import instant

from domain.errors import Refused
from domain.settled import Figures, Mean, Singly
from domain.settlement import FreezeSettlement, Settlement, event, freeze_day, settlement_of

STORE = UUID("00000000-0000-4000-8000-0000000000aa")
ACTOR = "0d6f0000-0000-4000-8000-000000000007"
FIGURES = Figures(discharged=2, days=3.0, mean_stockholm=1.5, stays_one_day=1, mean_skr=3.0)
NOW = "2026-04-12T09:00"
MEAN = Mean(
    agreement="gavleborg@2",
    discharged=2,
    days=3,
    mean=Decimal("1.5000"),
    threshold=Decimal("1.2"),
    above=True,
    billable=Decimal("0.6"),
    sek_per_day=7_800,
    amount=Decimal("4680.00"),
    per_1000_aged_65=Decimal("0.1111"),
)
SETTLEMENT = Settlement(
    municipality="2180",
    month="2026-03",
    agreement="gavleborg@2",
    as_of=instant(NOW),
    known_at=instant(NOW),
    positions={"carechain.facts": {"0": 12, "1": 7}},
    population="scb-2024",
    figures=FIGURES,
    means=(MEAN,),
    singly=Singly(stretches=1, days=4, amount_missing="The amount per day is not confirmed for 2026."),
)
NOBODY = Settlement(
    municipality="2180",
    month="2026-02",
    agreement="statute@1",
    as_of=instant(NOW),
    known_at=instant(NOW),
    figures=Figures(),
    means=(),
    singly=Singly(amount=0),
)


def command(month: str = "2026-03", now: str = NOW, **more: Any) -> FreezeSettlement:
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


def test_before_the_agreed_day_it_is_refused() -> None:
    """The 13th of April begins on the 12th at 22.00 in UTC."""
    command(now="2026-04-13T00:00").check_day(13)
    with pytest.raises(Refused, match="2026-03 is frozen from 2026-04-13 on") as refused:
        command(now="2026-04-12T23:59:59.999999").check_day(13)
    assert "2026-04-13 or later" in refused.value.hint


def test_without_an_agreed_day_it_can_be_frozen_from_the_first() -> None:
    command(now="2026-04-01T00:00").check_day(None)
    assert freeze_day("2026-12", None) == date(2027, 1, 1)
    assert freeze_day("2026-12", 13) == date(2027, 1, 13)


def test_the_events_exact_bytes(golden: Callable[[str, str], None]) -> None:
    golden("settlements/settlement-frozen.v2.json", event(STORE, command(), SETTLEMENT).decode())
    golden("settlements/settlement-frozen.v2.nobody.json", event(STORE, command("2026-02"), NOBODY).decode())


def test_who_reads_the_event_finds_all_of_it() -> None:
    raw = event(STORE, command(), SETTLEMENT)
    said = json.loads(raw)
    assert list(said) == [
        *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "recordedtime"),
        *("actor", "data"),
    ]
    assert said["type"] == "se.carechain.settlement-frozen.v2"
    assert (said["subject"], said["actor"]) == ("settlement:2180:2026-03", ACTOR)
    assert said["time"] == said["data"]["as_of"] == said["data"]["known_at"] == "2026-04-12T07:00:00.000000Z"
    assert said["data"]["figures"] == {
        "discharged": 2,
        "days": 3.0,
        "mean_stockholm": 1.5,
        "stays_one_day": 1,
        "mean_skr": 3.0,
    }
    (mean,) = said["data"]["means"]
    assert (mean["mean"], mean["threshold"], mean["billable"], mean["amount"]) == (
        *("1.5000", "1.2", "0.6"),
        "4680.00",
    ), "decimals are written as they are, not as floats"


@pytest.mark.parametrize(("month", "settlement"), [("2026-03", SETTLEMENT), ("2026-02", NOBODY)])
def test_what_is_read_back_is_what_was_written(month: str, settlement: Settlement) -> None:
    assert settlement_of(event(STORE, command(month), settlement)) == settlement


def test_a_month_frozen_before_there_were_agreements_figures_still_loads() -> None:
    read = settlement_of((GOLDEN / "settlements/settlement-frozen.v1.json").read_bytes())
    assert (read.municipality, read.month, read.agreement) == ("2180", "2026-03", "gavleborg@2")
    assert (read.as_of, read.figures) == (instant(NOW), FIGURES)
    assert (read.means, read.singly, read.known_at) == (None, None, None)
    nobody = settlement_of((GOLDEN / "settlements/settlement-frozen.v1.nobody.json").read_bytes())
    assert nobody.figures == Figures()


def test_another_events_bytes_are_no_settlement() -> None:
    said = json.loads(event(STORE, command(), SETTLEMENT)) | {"type": "se.carechain.settlement-frozen.v3"}
    with pytest.raises(AssertionError):
        settlement_of(json.dumps(said).encode())


def test_one_month_has_one_id_whenever_it_is_frozen() -> None:
    events = [event(STORE, command(now=f"2026-04-{day}T09:00"), SETTLEMENT) for day in (12, 13)]
    other = event(STORE, command(municipality="2181"), SETTLEMENT)
    first = (GOLDEN / "settlements/settlement-frozen.v1.json").read_bytes()
    ids = [json.loads(raw)["id"] for raw in (*events, first, other)]
    assert ids[0] == ids[1] == ids[2] != ids[3]
