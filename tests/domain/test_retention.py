"""How long data are kept: days counted by hand from the acts' words."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.errors import Refused
from domain.retention import Ground, Hold, check_ground, check_hold, due, letter_due, years_after

TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("last_entry", "kept_until", "due_from"),
    [
        # Noon in Stockholm, and ten years on.
        (datetime(2016, 3, 1, 11, tzinfo=UTC), date(2026, 3, 1), date(2026, 3, 2)),
        # 29 February has no name in 2026: the month's last day ends the time (lag 1930:173, 1 §).
        (datetime(2016, 2, 29, 11, tzinfo=UTC), date(2026, 2, 28), date(2026, 3, 1)),
        # 28 February ends on 28 February, also in a leap year: 29 February is after it.
        (datetime(2018, 2, 28, 11, tzinfo=UTC), date(2028, 2, 28), date(2028, 2, 29)),
        # Half an hour before midnight in winter, UTC: already the next year in Sweden.
        (datetime(2015, 12, 31, 23, 30, tzinfo=UTC), date(2026, 1, 1), date(2026, 1, 2)),
        # Half past ten in summer, UTC: already the next day in Sweden (UTC+2).
        (datetime(2016, 6, 30, 22, 30, tzinfo=UTC), date(2026, 7, 1), date(2026, 7, 2)),
    ],
)
def test_health_care_records_are_kept_for_ten_years(
    last_entry: datetime, kept_until: date, due_from: date
) -> None:
    found = due("HSL", last_entry)
    assert (found.kept_until, found.due_from, found.due_by) == (kept_until, due_from, None)
    assert not found.is_due(kept_until)
    assert found.is_due(due_from)
    assert not found.is_late(date(2100, 1, 1))


@pytest.mark.parametrize(
    ("last_entry", "due_from", "due_by"),
    [
        (datetime(2020, 5, 15, 10, tzinfo=UTC), date(2025, 5, 16), date(2026, 12, 31)),
        (datetime(2020, 2, 29, 10, tzinfo=UTC), date(2025, 3, 1), date(2026, 12, 31)),
        (datetime(2021, 1, 1, 10, tzinfo=UTC), date(2026, 1, 2), date(2027, 12, 31)),
        # The last day of a year: it may go from the first of the next; the stricter reading ends with that year.
        (datetime(2020, 12, 31, 10, tzinfo=UTC), date(2026, 1, 1), date(2026, 12, 31)),
        # The same evening, after midnight in Sweden.
        (datetime(2020, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 2), date(2027, 12, 31)),
    ],
)
def test_social_services_data_go_after_five_years_and_by_the_end_of_the_next(
    last_entry: datetime, due_from: date, due_by: date
) -> None:
    found = due("SoL", last_entry)
    assert (found.due_from, found.due_by) == (due_from, due_by)
    assert not found.is_due(due_from - timedelta(days=1))
    assert found.is_due(due_from)
    assert not found.is_late(due_by)
    assert found.is_late(due_by + timedelta(days=1))


def test_a_time_without_a_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        due("HSL", datetime(2016, 1, 1))


def test_years_are_counted_to_the_day_of_the_same_name() -> None:
    assert years_after(date(2016, 2, 29), 4) == date(2020, 2, 29)
    assert years_after(date(2016, 2, 29), 5) == date(2021, 2, 28)
    assert years_after(date(2016, 12, 31), 10) == date(2026, 12, 31)


def test_a_dead_letter_goes_after_180_days() -> None:
    found = letter_due(datetime(2026, 1, 1, 12, tzinfo=UTC))
    # 30 days left of January, 28, 31, 30, 31 make 150 on 31 May; 30 more: 30 June.
    assert found.kept_until == date(2026, 6, 30)
    assert found.due_from == date(2026, 7, 1)


def test_the_grounds_that_the_law_knows() -> None:
    assert check_ground("retention", "SoL", None, None, TODAY) is Ground.RETENTION
    assert check_ground("ivo-decision", "HSL", "3.4-1/2026", TODAY, TODAY) is Ground.IVO_DECISION


@pytest.mark.parametrize(
    ("ground", "regime", "decision", "decided_on", "said"),
    [
        ("patient-request", "HSL", None, None, "PDL 3:14.*GDPR 17.3"),
        ("patient-request", "SoL", None, None, "SoL 16:1; GDPR 17.3"),
        ("because", "HSL", None, None, "no ground"),
        ("ivo-decision", "SoL", "1/2026", TODAY, "health care records only"),
        ("ivo-decision", "HSL", None, TODAY, "number and date"),
        ("ivo-decision", "HSL", "1/2026", None, "number and date"),
        ("ivo-decision", "HSL", "1/2026", date(2026, 3, 3), "in the future"),
        ("retention", "HSL", "1/2026", None, "IVO decision only"),
    ],
)
def test_what_is_no_ground_is_refused_with_the_paragraph(
    ground: str, regime: str, decision: str | None, decided_on: date | None, said: str
) -> None:
    with pytest.raises(Refused, match=said) as caught:
        check_ground(ground, regime, decision, decided_on, TODAY)  # type: ignore[arg-type]
    assert caught.value.hint


def test_the_holds_that_the_law_knows() -> None:
    assert check_hold("adoption", "SoL") is Hold.ADOPTION
    assert check_hold("archive", "HSL") is Hold.ARCHIVE
    with pytest.raises(Refused, match="SoL 16:2"):
        check_hold("paternity", "HSL")
    with pytest.raises(Refused, match="no ground for keeping"):
        check_hold("because", "SoL")
