"""What a what-if comes to: figures by municipality and month with their cases, and what haste would have saved."""

from typing import Any

import pytest
from given import JOURNEY, STATUTE_ONLY, Story, given, instant
from liable import GAVLE, IN_TIME, told
from ward import discharged, ready, told_ready

from domain.agreement import AVERAGE, AgreedAmount, Agreement, LocalLimits, PaymentTerms
from domain.basis import Basis
from domain.population import SHIPPED
from domain.whatif import Difference, Scope, Sooner, difference
from domain.whatif_figures import Haste, WhatIfFigure, changed, figures, haste, telling

ALL = Scope(now=instant("2026-05-01T00:00"))
THOUSAND = AgreedAmount(valid_from=instant("2026-01-01T00:00").date(), sek=1000)
LOCAL: dict[str, Any] = {"amount_source": "local", "amounts": (THOUSAND,)}


def agreement(name: str = "other", **said: Any) -> Agreement:
    return Agreement(id=name, version=1, title=name, **said)


def pays(**terms: Any) -> Agreement:
    return agreement(payment=PaymentTerms(**LOCAL, **terms))


def minutes(number: int) -> Agreement:
    return agreement(limits=LocalLimits(discharge_ready_notice_minutes=number))


def both(story: Story, other: Basis | Sooner, scope: Scope = ALL) -> tuple[Difference, list[WhatIfFigure]]:
    found = difference(JOURNEY, story.history, story.basis, other, scope)
    basis = other if isinstance(other, Basis) else story.basis
    return found, figures(found, scope, story.basis, basis, SHIPPED)


def said(made: list[WhatIfFigure]) -> dict[str, tuple[float | None, float | None]]:
    assert {one.municipality for one in made} == {"2180"}
    return {f"{one.month} {one.what}": (one.before, one.after) for one in made}


SEVEN_DAYS = (discharged("2026-03-09T10:00"),)
"""After the notice of Monday 2 March 10:00."""


def test_days_and_money_of_one_free_day_instead_of_three() -> None:
    """From the 5th to the 9th: 4 days; from the 3rd: 6. At 1 000 SEK a day."""
    story = told(*SEVEN_DAYS, basis=Basis(agreements=(pays(),)))
    _, made = both(story, story.basis.with_agreement(pays(free_days=1)))
    assert said(made)["2026-03 W-06"] == (7, 7)
    assert said(made)["2026-03 W-11"] == (4, 6)
    assert said(made)["2026-03 settled-days"] == (4, 6)
    assert said(made)["2026-03 settled-sek"] == (4000, 6000)


def test_a_mean_instead_of_single_days() -> None:
    """One stay of seven days, a threshold of 2.5: 4.5 days to pay for, and nothing for the patient alone."""
    story = told(*SEVEN_DAYS, basis=Basis(agreements=(pays(),)))
    _, made = both(story, story.basis.with_agreement(pays(model=AVERAGE, threshold_days=2.5)))
    assert said(made)["2026-03 W-11"] == (4, 0)
    assert said(made)["2026-03 settled-days"] == (4, 4.5)
    assert said(made)["2026-03 settled-sek"] == (4000, 4500)
    (sek,) = [one for one in made if one.what == "settled-sek"]
    assert {(case.before, case.after) for case in sek.cases} == {
        ("paid-singly: 4 days", None),
        ("under-no-mean: 7 days", "in-mean: 7 days"),
    }


def test_no_money_where_an_amount_is_not_confirmed_and_why() -> None:
    """Socialstyrelsen's amount of 2026 is not confirmed."""
    story = told(*SEVEN_DAYS, basis=STATUTE_ONLY)
    _, made = both(story, STATUTE_ONLY.with_values(agreement(payment=PaymentTerms(free_days=1))))
    (sek,) = [one for one in made if one.what == "settled-sek"]
    assert (sek.before, sek.after, sek.difference) == (None, None, None)
    assert sek.missing == "The amount per day is not confirmed for 2026."


def test_misses_count_in_the_month_they_were_due_with_the_cases_behind_them() -> None:
    story = given(
        *IN_TIME,
        ready("2026-03-31T23:30"),
        told_ready("2026-04-01T02:00"),
        discharged("2026-04-02T10:00"),
        basis=Basis(agreements=(minutes(60),)),
    )
    _, made = both(story, story.basis.with_agreement(minutes(20)))
    assert said(made)["2026-04 MH-09"] == (1, 0)
    assert said(made)["2026-03 MH-09"] == (0, 1)


def test_the_cases_of_a_figure_are_those_that_differ() -> None:
    story = given(*IN_TIME, ready("2026-03-02T10:00"), told_ready("2026-03-02T11:30"), basis=STATUTE_ONLY)
    _, made = both(story, STATUTE_ONLY.with_values(minutes(60)))
    (one,) = [one for one in changed(made) if one.what == "MH-09"]
    (case,) = one.cases
    assert (case.journey, case.before, case.after) == (JOURNEY, "done", "late")
    assert (case.party, case.role) == ("region:21", "inpatient")
    assert one.difference == 1


def test_what_is_told_at_a_terminal_is_told_once() -> None:
    """The days of single patients are those of the month, and a sum that cannot be told is none."""
    story = told(*SEVEN_DAYS, basis=STATUTE_ONLY)
    _, made = both(story, STATUTE_ONLY.with_values(agreement(payment=PaymentTerms(free_days=1))))
    assert {one.what for one in telling(made)} == {"W-11"}
    _, made = both(story, STATUTE_ONLY.with_agreement(pays(model=AVERAGE, threshold_days=2.5)))
    assert {one.what for one in telling(made)} == {"W-11", "MH-14", "settled-days"}


@pytest.mark.parametrize(
    ("hours", "told_of"),
    [
        (0.25, Haste(saved=0, still_late=1, never_done=0)),
        (0.5, Haste(saved=1, still_late=0, never_done=0)),
    ],
)
def test_haste(hours: float, told_of: Haste) -> None:
    """An hour was agreed on; it took an hour and a half."""
    story = given(
        *IN_TIME,
        ready("2026-03-02T10:00"),
        told_ready("2026-03-02T11:30"),
        basis=Basis(agreements=(minutes(60),)),
    )
    found, _ = both(story, Sooner(rule="MH-09", hours=hours))
    assert haste(found) == told_of


def test_what_was_never_done_cannot_be_saved() -> None:
    story = given(*IN_TIME, ready("2026-03-02T10:00"), basis=Basis(agreements=(minutes(60),)))
    found, _ = both(story, Sooner(rule="MH-09", hours=5))
    assert haste(found) == Haste(saved=0, still_late=0, never_done=1)
    assert haste(found).misses == 1


def test_paid_days_are_the_payers() -> None:
    _, made = both(told(*SEVEN_DAYS, basis=STATUTE_ONLY), STATUTE_ONLY)
    (days,) = [one for one in made if one.what == "W-11"]
    assert (days.municipality, GAVLE) == ("2180", "municipality:2180")
