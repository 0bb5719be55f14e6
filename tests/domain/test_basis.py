"""Which agreement holds: the most specific, then the one valid since latest, then the last adopted; else the statute."""

from datetime import date
from typing import Any

import pytest

from domain.agreed_values import AGREEMENT, OVERALL, STATUTORY, agreed_values, values_in
from domain.agreement import (
    AVERAGE,
    CAPPED,
    STATUTE,
    Agreement,
    LiabilityTerms,
    LocalLimits,
    PaymentTerms,
    Unconfirmed,
)
from domain.basis import Basis
from domain.tracks import Track

GAVLE, OCKELBO = "2180", "2101"
DAY = date(2026, 3, 2)


def agreement(name: str, version: int = 1, **said: Any) -> Agreement:
    return Agreement(id=name, version=version, title=name, **said)


def holds(
    *agreements: Agreement,
    region: str | None = "21",
    municipality: str | None = GAVLE,
    day: date = DAY,
    care_form: str | None = "somatic",
) -> str:
    """The name of the one that holds."""
    return Basis(agreements=agreements).agreement_for(region, municipality, day, care_form).name


EVERYBODY = agreement("everybody")
REGION = agreement("region", regions=("21",))
SOMATIC = agreement("somatic", regions=("21",), care_forms=("somatic",))
NOT_COMPULSORY = agreement("not-compulsory", regions=("21",), excluded_care_forms=("compulsory-open-care",))
TOWN = agreement("town", municipalities=(GAVLE,))
TOWN_SOMATIC = agreement("town-somatic", municipalities=(GAVLE,), care_forms=("somatic",))


# -- whom it binds -------------------------------------------------------------------------------------------------


def test_without_an_agreement_the_statute_holds() -> None:
    assert holds() == "statute@1"
    assert holds(REGION, region="14") == "statute@1"
    assert holds(TOWN, municipality=OCKELBO) == "statute@1"
    assert holds(REGION, region=None) == "statute@1"


@pytest.mark.parametrize(
    ("wider", "narrower"),
    [
        (EVERYBODY, REGION),
        (REGION, SOMATIC),
        (REGION, NOT_COMPULSORY),
        (SOMATIC, TOWN),
        (TOWN, TOWN_SOMATIC),
        (EVERYBODY, TOWN),
    ],
    ids=lambda one: one.id,
)
def test_the_more_specific_one_goes_before_the_wider_in_whatever_order_they_were_adopted(
    wider: Agreement, narrower: Agreement
) -> None:
    assert holds(wider, narrower) == holds(narrower, wider) == narrower.name


def test_a_more_specific_one_goes_before_one_that_is_valid_since_later() -> None:
    newer = REGION.model_copy(update={"valid_from": date(2026, 1, 1)})
    assert holds(TOWN, newer) == "town@1"


@pytest.mark.parametrize(
    ("care_form", "expected"),
    [
        ("somatic", "somatic@1"),
        ("psychiatric", "not-compulsory@1"),
        ("compulsory-open-care", "region@1"),
        (None, "not-compulsory@1"),  # nobody told: those that name the forms they are for do not cover it
    ],
)
def test_care_forms_are_covered_or_not(care_form: str | None, expected: str) -> None:
    # Of the two that name care forms, the one adopted later comes first where both cover the stay.
    assert holds(REGION, NOT_COMPULSORY, SOMATIC, care_form=care_form) == expected


# -- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2025, 12, 31), "statute@1"),
        (date(2026, 1, 1), "region@1"),
        (date(2026, 3, 31), "region@1"),
        (date(2026, 4, 1), "region@2"),
        (date(2026, 6, 30), "region@2"),
        (date(2026, 7, 1), "statute@1"),
    ],
)
def test_first_and_last_day_are_both_of_it(day: date, expected: str) -> None:
    first = agreement("region", valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 31))
    second = agreement("region", 2, valid_from=date(2026, 4, 1), valid_to=date(2026, 6, 30))
    assert holds(first, second, day=day) == holds(second, first, day=day) == expected


def test_of_two_that_both_hold_the_one_valid_since_later_goes_first() -> None:
    older = agreement("region", valid_from=date(2026, 1, 1))
    newer = agreement("region", 2, valid_from=date(2026, 3, 2))
    always = agreement("region", 3)
    assert holds(newer, older, always) == "region@2"
    assert holds(newer, older, always, day=date(2026, 3, 1)) == "region@1"
    assert holds(newer, older, always, day=date(2025, 1, 1)) == "region@3"


def test_of_equals_the_last_adopted_holds() -> None:
    one, other = agreement("one", regions=("21",)), agreement("other", regions=("21",))
    assert holds(one, other) == "other@1"
    assert holds(other, one) == "one@1"


# -- with which values -----------------------------------------------------------------------------------------------

OVERALL_ONE = agreement(
    "overall",
    regions=("21",),
    limits=LocalLimits(acknowledgement_hours=4, takeover_answer_hours=24),
    payment=PaymentTerms(free_days=5),
)
FIELD = agreement(
    "field",
    regions=("21",),
    care_forms=("psychiatric",),
    supplements="overall",
    limits=LocalLimits(takeover_answer_hours=8),
    liability=LiabilityTerms(late_sip_call="delay"),
    unconfirmed={"limits.acknowledgement_hours": Unconfirmed(candidate=2, source="hearsay")},
)


def test_a_silent_agreement_takes_the_overall_ones_values_and_then_the_statutes() -> None:
    found = Basis(agreements=(OVERALL_ONE, FIELD)).agreement_for("21", GAVLE, DAY, "psychiatric")
    assert found.name == "field@1"
    assert found.limits.takeover_answer_hours == 8  # its own
    assert found.limits.acknowledgement_hours == 4  # the overall one's
    assert found.payment.free_days == 5
    assert found.liability.late_sip_call == "delay"
    assert found.limits.resend_hours is None  # neither's: the statute's


def test_what_it_supplements_is_the_version_of_that_day_and_may_be_missing() -> None:
    ended = OVERALL_ONE.model_copy(update={"valid_to": date(2026, 3, 1)})
    newer = OVERALL_ONE.model_copy(
        update={"version": 2, "valid_from": DAY, "limits": LocalLimits(acknowledgement_hours=6)}
    )
    basis = Basis(agreements=(ended, newer, FIELD))
    assert basis.agreement_for("21", GAVLE, DAY, "psychiatric").limits.acknowledgement_hours == 6
    before = basis.agreement_for("21", GAVLE, date(2026, 3, 1), "psychiatric")
    assert before.limits.acknowledgement_hours == 4
    alone = Basis(agreements=(FIELD,)).agreement_for("21", GAVLE, DAY, "psychiatric")
    assert alone.limits.acknowledgement_hours is None


def test_each_value_says_from_where_it_is_and_why() -> None:
    basis = Basis(agreements=(OVERALL_ONE, FIELD))
    found = {value.key: value for value in values_in(basis, FIELD, DAY)}
    own = found["limits.takeover_answer_hours"]
    assert (own.value, own.origin, own.by, own.because) == (8, AGREEMENT, "field@1", None)
    taken = found["limits.acknowledgement_hours"]
    assert (taken.value, taken.origin, taken.by, taken.because) == (4, OVERALL, "overall@1", "unconfirmed")
    assert (taken.candidate, taken.source) == (2, None)
    silent = found["payment.free_days"]
    assert (silent.value, silent.origin, silent.because) == (5, OVERALL, "the agreement is silent")
    unsure = OVERALL_ONE.model_copy(update={"unconfirmed": {"limits.resend_hours": Unconfirmed()}})
    neither = {value.key: value for value in agreed_values(FIELD, unsure)}["limits.resend_hours"]
    assert neither.because == "the agreement is silent, and overall@1's is unconfirmed"
    statutory = found["limits.resend_hours"]
    assert (statutory.value, statutory.origin, statutory.by) == (None, STATUTORY, "statute@1")


@pytest.mark.parametrize(
    ("terms", "missing"),
    [
        (PaymentTerms(model=AVERAGE, rounding="up"), "threshold_days"),
        (PaymentTerms(model=CAPPED, individual_cap_days=7, free_days=5), "threshold_days"),
        (PaymentTerms(model=CAPPED, threshold_days=3.0, free_days=5), "individual_cap_days"),
    ],
)
def test_a_model_that_cannot_be_reckoned_gives_way_to_the_statutes_whole_rule(
    terms: PaymentTerms, missing: str
) -> None:
    open_one = agreement("open", payment=terms, limits=LocalLimits(resend_hours=2))
    found = Basis(agreements=(open_one,)).agreement_for("21", GAVLE, DAY)
    assert found.name == "open@1"
    assert found.payment == PaymentTerms()
    assert found.limits.resend_hours == 2
    model = {value.key: value for value in agreed_values(open_one)}["payment.model"]
    assert (model.value, model.origin, model.unused) == ("individual", STATUTORY, terms.model)
    assert model.because == f"{missing} is not confirmed"


def test_a_model_that_can_be_reckoned_holds() -> None:
    whole = agreement("whole", payment=PaymentTerms(model=AVERAGE, threshold_days=2.0))
    assert Basis(agreements=(whole,)).agreement_for("21", GAVLE, DAY).payment.threshold_days == 2.0


def test_the_overall_one_may_make_a_model_whole() -> None:
    level = agreement("overall", payment=PaymentTerms(threshold_days=2.5))
    field = agreement("field", regions=("21",), supplements="overall", payment=PaymentTerms(model=AVERAGE))
    found = Basis(agreements=(level, field)).agreement_for("21", GAVLE, DAY)
    assert (found.payment.model, found.payment.threshold_days) == (AVERAGE, 2.5)


def test_of_the_statute_every_value_is_its_own() -> None:
    assert {value.by for value in agreed_values(STATUTE)} == {"statute@1"}


# -- tracks ----------------------------------------------------------------------------------------------------------


def test_adopted_tracks_take_the_place_of_the_shipped_ones_whole() -> None:
    adopted = Basis(tracks=(Track(id="heart-failure", title="Hjärtsvikt", visit_days=30),))
    assert adopted.track("heart-failure").visit_days == 30
    assert adopted.track("diabetes") == Track(id="diabetes", title="diabetes")
    assert Basis().track("heart-failure").visit_days == 90
    assert Basis().track("diabetes").title == "Diabetes"
    assert Basis(tracks=()).track("diabetes").title == "diabetes"
