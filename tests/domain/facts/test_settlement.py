"""Contesting a stay before its days are settled: what an operator may record, and how the rest is refused."""

import pytest
from situations import in_clear_under_hsl, needs, of_a_stay

from domain.facts.settlement import CaseDisputed

DISPUTE = CaseDisputed(municipality="2180", month="2026-03", reason="wrong-time")


def test_a_stay_is_disputed_also_after_its_end() -> None:
    of_a_stay(DISPUTE, "dispute a case")


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "2026-3", "mars 2026", "2026-03-01"])
def test_the_month_is_a_calendar_month(month: str) -> None:
    with pytest.raises(ValueError, match="month"):
        CaseDisputed(month=month)


def test_what_must_not_be_left_out() -> None:
    needs(CaseDisputed(), "municipality, month, reason")


def test_it_is_health_care() -> None:
    in_clear_under_hsl(DISPUTE)
