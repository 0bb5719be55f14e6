"""The rhythm of a source: what is expected of it by weekday and hour, and when its silence is one."""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import STOCKHOLM, is_holiday
from domain.rhythm import LEAST, SUREST, Rhythm, awaited, due, expected, learn, silent, slot

HOUR = timedelta(hours=1)


def local(text: str) -> datetime:
    """An instant by Sweden's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC)


def hours(first: str, last: str, where: Callable[[datetime], bool]) -> set[datetime]:
    """The hours, from one day to another, in which something came: where Sweden's clock says so."""
    hour, end = local(f"{first}T00:00"), local(f"{last}T00:00") + timedelta(days=1)
    found = set()
    while hour < end:
        if where(hour.astimezone(STOCKHOLM)):
            found.add(hour)
        hour += HOUR
    return found


def office(hour: datetime) -> bool:
    return hour.weekday() < 5 and not is_holiday(hour.date()) and 8 <= hour.hour < 17


def always(hour: datetime) -> bool:
    return True


def rhythm(heard: Iterable[datetime], last: datetime, first: str = "2025-01-01T00:00") -> Rhythm:
    made = learn(set(heard), local(first), last)
    assert made is not None
    return made


def about(instant: datetime | None, text: str) -> bool:
    """Within a second of a local time."""
    return instant is not None and abs(instant - local(text)) < timedelta(seconds=1)


# Autumn 2026: no holiday on a weekday between 7 September and 16 October; a Friday.
FRIDAY = local("2026-10-16T16:30")


def test_an_office_that_closed_for_the_weekend_is_not_silent_before_monday_morning() -> None:
    """Half an hour of Friday counts 1.5, of the 6.9 wanted 5.41 are left: 1 h 48 min 9 s of Monday at 3 an hour."""
    learned = rhythm(hours("2026-08-10", "2026-10-16", office), FRIDAY)
    assert (learned.weeks, learned.lapses, learned.regular) == (8, 0, True)
    assert learned.rates == {(day, hour): SUREST for day in range(5) for hour in range(8, 17)}
    assert about(due(learned, FRIDAY), "2026-10-19T09:48:09")
    assert about(awaited(learned, FRIDAY), "2026-10-16T16:50")
    assert silent(learned, FRIDAY, local("2026-10-19T09:48:08")) is None
    found = silent(learned, FRIDAY, local("2026-10-19T10:00"))
    assert found is not None
    assert (found.since, round(found.expected, 6)) == (FRIDAY, 7.5)
    assert about(found.due_at, "2026-10-19T09:48:09")


def test_a_source_that_never_rests_is_silent_after_three_hours_and_not_before() -> None:
    """At 3 an hour 6.9 are reached after 2 h 18 min; nothing shorter than three hours is told."""
    last = local("2026-10-14T12:00")
    learned = rhythm(hours("2026-08-01", "2026-10-14", always), last)
    assert due(learned, last) == last + LEAST == local("2026-10-14T15:00")


def test_a_holiday_is_a_sunday() -> None:
    """From Maundy Thursday to Tuesday after Easter 2026; summer time began five days before."""
    last = local("2026-04-02T16:30")
    learned = rhythm(hours("2026-01-07", "2026-04-02", office), last)
    assert about(due(learned, last), "2026-04-07T09:48:09")


def test_a_holiday_among_the_weeks_learned_from_leaves_its_weekday_as_it_is() -> None:
    """Epiphany 2026 was a Tuesday on which the office was closed: Tuesdays are as sure as before."""
    last = local("2026-02-13T16:30")
    learned = rhythm(hours("2025-12-01", "2026-02-13", office), last)
    assert learned.rates[1, 9] == SUREST
    assert (6, 9) not in learned.rates


def test_one_import_on_a_saturday_counts_for_little() -> None:
    """Ten hours of one Saturday in eight: -ln(7/8) = 0.1335 each, so 1.335 of the 5.41 that Monday has to bring."""
    heard = hours("2026-08-10", "2026-10-16", office)
    heard |= hours("2026-09-26", "2026-09-26", lambda hour: 8 <= hour.hour < 18)
    learned = rhythm(heard, FRIDAY)
    assert learned.rates[5, 8] == pytest.approx(-math.log(7 / 8))
    left = -math.log(0.001) - 1.5 + 10 * math.log(7 / 8)
    assert due(learned, FRIDAY) == local("2026-10-19T08:00") + timedelta(hours=left / 3)


def test_a_nightly_transfer_that_comes_now_before_and_now_after_two_is_not_silent_for_it() -> None:
    """Five nights of eight at 02, else at 01: one night without either has a chance of 3/8 times 5/8, not of 1/1000."""
    nights = [date(2026, 8, 19) + timedelta(days=number) for number in range(58)]
    heard = {local(f"{night}T0{2 if number % 8 < 5 else 1}:00") for number, night in enumerate(nights)}
    last = local(f"{nights[-1]}T02:10")
    learned = rhythm(heard, last)
    assert learned.regular
    reached = due(learned, last)
    assert reached is not None
    assert timedelta(days=2) < reached - last < timedelta(days=6)


def test_less_than_two_whole_weeks_are_not_judged() -> None:
    """Heard from Monday at noon: that day is not whole, so the fortnight ends with Monday two weeks later."""
    heard = hours("2026-09-07", "2026-09-30", always)
    first = local("2026-09-07T12:00")
    assert learn(heard, first, local("2026-09-21T23:59")) is None
    learned = learn(heard, first, local("2026-09-22T00:00"))
    assert learned is not None
    assert learned.weeks == 2


def test_an_irregular_source_is_not_judged() -> None:
    """Ten days with, ten days without: four silences in eight weeks that came to an end."""
    start = date(2026, 8, 3)
    heard = hours("2026-08-03", "2026-10-16", lambda hour: (hour.date() - start).days % 20 < 10)
    last = local("2026-10-09T12:00")
    learned = rhythm({hour for hour in heard if hour <= last}, last)
    assert learned.lapses > 2
    assert not learned.regular
    assert (due(learned, last), awaited(learned, last)) == (None, None)
    assert silent(learned, last, last + timedelta(weeks=4)) is None


def test_a_source_that_sent_nothing_for_eight_weeks_has_no_rhythm() -> None:
    learned = rhythm(set(), FRIDAY)
    assert learned.rates == {}
    assert not learned.regular
    assert silent(learned, FRIDAY, FRIDAY + timedelta(days=365)) is None


def test_the_nights_when_the_clocks_change() -> None:
    """02:30 comes twice in autumn: the same slot both times. In spring it never comes, and nothing is missed."""
    assert slot(local("2026-10-25T02:30")) == slot(local("2026-10-25T02:30") + HOUR) == (6, 2)
    last = local("2026-10-24T23:00")
    learned = rhythm(hours("2026-08-01", "2026-10-24", always), last)
    assert expected(learned, last, local("2026-10-25T06:00")) == pytest.approx(8 * SUREST)
    spring = local("2026-03-28T23:00")
    learned = rhythm(hours("2026-01-01", "2026-03-28", always), spring)
    assert expected(learned, spring, local("2026-03-29T06:00")) == pytest.approx(6 * SUREST)
    assert due(learned, spring) == spring + LEAST == local("2026-03-29T03:00")


def test_what_comes_after_the_last_message_changes_nothing() -> None:
    heard = hours("2026-08-10", "2026-10-30", office)
    assert learn(heard, local("2026-01-01T00:00"), FRIDAY) == learn(
        {hour for hour in heard if hour < local("2026-10-16T00:00")}, local("2026-01-01T00:00"), FRIDAY
    )


# -- laws ----------------------------------------------------------------------------------------------------------

INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC))
RATES = st.dictionaries(
    st.tuples(st.integers(0, 6), st.integers(0, 23)), st.floats(0.01, SUREST), min_size=1, max_size=168
)
LENGTHS = st.timedeltas(timedelta(), timedelta(days=20))


@settings(deadline=None)
@given(RATES, INSTANTS, LENGTHS, LENGTHS)
def test_a_silence_only_grows(
    rates: dict[tuple[int, int], float], last: datetime, one: timedelta, more: timedelta
) -> None:
    known = Rhythm(rates, 8, 0)
    short, long = silent(known, last, last + one), silent(known, last, last + one + more)
    if short is not None:
        assert long is not None
        assert (long.since, long.due_at) == (short.since, short.due_at)
        assert long.expected >= short.expected


@settings(deadline=None)
@given(RATES, INSTANTS)
def test_it_is_told_exactly_from_when_it_is_due(rates: dict[tuple[int, int], float], last: datetime) -> None:
    known = Rhythm(rates, 8, 0)
    at = due(known, last)
    if at is None:
        assert expected(known, last, last + timedelta(weeks=5)) < -math.log(0.001) + 1e-6
        return
    assert at >= last + LEAST
    assert silent(known, last, at) is not None
    assert silent(known, last, at - timedelta(microseconds=1)) is None
    assert at == last + LEAST or expected(known, last, at) == pytest.approx(-math.log(0.001), abs=1e-6)
    nearer = awaited(known, last)
    assert nearer is not None
    assert nearer <= at


@settings(deadline=None)
@given(RATES, INSTANTS, LENGTHS, LENGTHS)
def test_expectations_add_up(
    rates: dict[tuple[int, int], float], begin: datetime, one: timedelta, other: timedelta
) -> None:
    known = Rhythm(rates, 8, 0)
    middle, end = begin + one, begin + one + other
    both = expected(known, begin, middle) + expected(known, middle, end)
    assert both == pytest.approx(expected(known, begin, end), abs=1e-6)


@settings(deadline=None)
@given(st.sets(st.integers(0, 8 * 7 * 24 - 1)), st.integers(0, 8 * 7 * 24 - 1))
def test_whoever_is_heard_more_often_is_expected_more(numbers: set[int], one_more: int) -> None:
    begin = local("2026-03-30T00:00")
    last = local("2026-05-25T12:00")
    few = {begin + number * HOUR for number in numbers}
    fewer, more = rhythm(few, last), rhythm(few | {begin + one_more * HOUR}, last)
    assert all(more.rates[place] >= rate for place, rate in fewer.rates.items())
