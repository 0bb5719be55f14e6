"""Each agreement that ships: what is confirmed of it, and what holds for a municipality of it and why.

The confirmed values are written here by hand from what the regions publish; everything else is the statute's.
"""

import json
import tomllib
from datetime import date
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli import schemas
from domain.agreed_values import AGREEMENT, STATUTORY, values_in
from domain.agreement import AVERAGE, CAPPED, STATUTE, Agreement, PaymentTerms
from domain.agreement_file import check_agreement
from domain.basis import Basis
from domain.shipped_agreements import Shipped, shipped, shipped_as

ALL = Basis(agreements=tuple(one.agreement for one in shipped()))
TODAY = date(2026, 3, 1)
NOTHING: dict[str, Any] = {}
OPEN_PAYMENT = {f"payment.{name}" for name in PaymentTerms.model_fields}
LATE = {"liability.late_admission_notice", "liability.late_sip_call"}
DISPUTE = {"limits.dispute_day_of_month"}
OF_ONE_PATIENT = {"payment.free_days", "payment.cutoff_local_time"}
OF_CAPS = {"payment.individual_cap_days", "payment.capped"}

# By agreement: a municipality of it, its region, a day, what is confirmed, and what is unconfirmed.
CASES = {
    "blekinge@1": ("1080", "10", TODAY, NOTHING, OPEN_PAYMENT | LATE | DISPUTE | {"valid_from"}),
    "gavleborg@1": ("2180", "21", TODAY, NOTHING, OPEN_PAYMENT | LATE | DISPUTE | {"valid_from"}),
    "halland@1": (
        *("1380", "13", TODAY),
        {"limits.planning_input_hours": 48, "limits.estimate_changed_days": 1},
        OPEN_PAYMENT | LATE | DISPUTE,
    ),
    "jamtland-harjedalen@1": ("2361", "23", TODAY, NOTHING, OPEN_PAYMENT | LATE | DISPUTE | {"valid_from"}),
    "jonkoping@1": (
        *("0680", "06", date(2018, 12, 31)),
        {"payment.model": CAPPED, "payment.day_type": "calendar", "payment.individual_cap_days": 7},
        (OPEN_PAYMENT - {"payment.model", "payment.day_type", "payment.individual_cap_days"})
        | LATE
        | DISPUTE
        | {"limits.planning_input_hours"},
    ),
    "jonkoping@2": (
        *("0680", "06", TODAY),
        {"payment.model": CAPPED, "payment.day_type": "calendar", "payment.individual_cap_days": 7},
        (OPEN_PAYMENT - {"payment.model", "payment.day_type", "payment.individual_cap_days"})
        | LATE
        | DISPUTE
        | {"limits.planning_input_hours"},
    ),
    "skane@1": (
        *("1280", "12", TODAY),
        {"payment.model": AVERAGE, "payment.amount_source": "socialstyrelsen"},
        {"payment.threshold_days", "payment.day_type", "payment.count_day_zero", "payment.rounding"}
        | {"payment.freeze_day_of_month", "limits.planning_input_hours", "valid_from"}
        | LATE
        | DISPUTE,
    ),
    "stockholm@1": (
        *("0180", "01", TODAY),
        {"payment.model": AVERAGE, "payment.day_type": "calendar", "payment.count_day_zero": True}
        | {"payment.amount_source": "socialstyrelsen"},
        {"payment.threshold_days", "payment.rounding", "payment.freeze_day_of_month", "care_forms"}
        | LATE
        | DISPUTE,
    ),
    "vastra-gotaland@1": (
        *("1480", "14", date(2018, 9, 24)),
        {"payment.amount_source": "local", "payment.amounts": [(date(2018, 1, 1), date(2018, 9, 24), 4277)]},
        (OPEN_PAYMENT - {"payment.amount_source", "payment.amounts"}) | LATE | DISPUTE,
    ),
    "vastra-gotaland@2": (
        *("1480", "14", TODAY),
        {"payment.model": AVERAGE, "limits.dispute_day_of_month": 12},
        (OPEN_PAYMENT - {"payment.model", "payment.amounts"} - OF_ONE_PATIENT - OF_CAPS)
        | LATE
        | {"limits.follow_up_from_hours", "limits.follow_up_within_hours"},
    ),
}
BY_NAME = {one.agreement.name: one for one in shipped()}


def said(agreement: Agreement) -> dict[str, Any]:
    """What it says itself, amounts as days and SEK."""
    given = dict(agreement.given())
    if "payment.amounts" in given:
        given["payment.amounts"] = [(a.valid_from, a.valid_to, a.sek) for a in given["payment.amounts"]]
    return given


def test_there_is_a_case_for_each() -> None:
    assert list(CASES) == list(BY_NAME)


@pytest.mark.parametrize("name", CASES)
def test_what_is_confirmed_and_what_is_not(name: str) -> None:
    _, region, _, confirmed, unconfirmed = CASES[name]
    agreement = BY_NAME[name].agreement
    assert agreement.regions == (region,)
    assert agreement.municipalities == ()
    assert said(agreement) == confirmed
    assert set(agreement.unconfirmed) == unconfirmed


@pytest.mark.parametrize("name", CASES)
def test_everything_confirmed_names_its_source(name: str) -> None:
    agreement = BY_NAME[name].agreement
    unsourced = set(said(agreement)) - set(agreement.sources) - {"payment.amounts"}
    assert unsourced == set()
    assert all(amount.source for amount in agreement.payment.amounts)
    heads = {key for key in ("valid_from", "valid_to") if getattr(agreement, key) is not None}
    assert heads <= set(agreement.sources)


@pytest.mark.parametrize("name", CASES)
def test_what_is_only_said_to_be_so_names_who_says_it(name: str) -> None:
    for doubt in BY_NAME[name].agreement.unconfirmed.values():
        assert (doubt.candidate is None) == (doubt.source is None)


@pytest.mark.parametrize("name", CASES)
def test_it_holds_for_its_municipalities_and_payment_is_the_statutes(name: str) -> None:
    """No region's level is confirmed, so nowhere does a mean decide; the only amount agreed on is of 2018."""
    municipality, region, day, confirmed, _ = CASES[name]
    holds = ALL.agreement_for(region, municipality, day, "somatic")
    assert holds.name == name
    assert (holds.payment.model, holds.payment.free_days) == ("individual", 3)
    assert holds.payment.amount_source == ("local" if name == "vastra-gotaland@1" else "socialstyrelsen")
    assert holds.limits.planning_input_hours == confirmed.get("limits.planning_input_hours")
    values = values_in(ALL, ALL.candidates(region, municipality, day, "somatic")[0], day)
    for value in values:
        if value.key.startswith("payment.") and "payment.model" in confirmed:
            assert (value.origin, value.value) == (STATUTORY, STATUTE.value(value.key))
        else:
            assert value.origin == (AGREEMENT if value.key in confirmed else STATUTORY)


def test_each_gives_way_to_the_statute_outside_its_days_and_its_stays() -> None:
    assert ALL.agreement_for("13", "1380", date(2022, 10, 31)) == STATUTE
    assert ALL.agreement_for("01", "0180", date(2019, 12, 31)) == STATUTE
    assert ALL.agreement_for("06", "0680", date(2018, 2, 28)) == STATUTE
    assert ALL.agreement_for("14", "1480", date(2017, 12, 31)) == STATUTE
    assert ALL.agreement_for("06", "0680", TODAY, "compulsory-open-care") == STATUTE
    assert ALL.agreement_for("06", "0680", date(2018, 12, 31), "psychiatric") == STATUTE
    assert ALL.agreement_for("06", "0680", date(2019, 1, 1), "psychiatric").name == "jonkoping@2"
    assert ALL.agreement_for("20", "2080", TODAY) == STATUTE  # Dalarna: none ships


def test_the_two_of_vastra_gotaland_follow_on_one_another() -> None:
    days = (date(2018, 9, 24), date(2018, 9, 25))
    assert [ALL.agreement_for("14", "1480", day).name for day in days] == [
        "vastra-gotaland@1",
        "vastra-gotaland@2",
    ]


def test_skanes_three_days_are_a_candidate_and_not_used() -> None:
    skane = BY_NAME["skane@1"].agreement
    assert skane.unconfirmed["payment.threshold_days"].candidate == 3.0
    assert skane.payment.threshold_days is None


@pytest.mark.parametrize("one", shipped(), ids=lambda one: one.file)
def test_each_file_is_right_and_fits_the_published_schema(one: Shipped) -> None:
    assert check_agreement(one.text.encode(), one.file).problems == ()
    schema = schemas.one("agreement")
    assert schema is not None
    document = json.loads(json.dumps(tomllib.loads(one.text), default=str))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(document)] == []


def test_they_are_found_by_id_and_by_version() -> None:
    assert [one.agreement.version for one in shipped_as("vastra-gotaland")] == [1, 2]
    assert [one.file for one in shipped_as("vastra-gotaland@2")] == ["vastra-gotaland-2.toml"]
    assert shipped_as("dalarna") == ()
