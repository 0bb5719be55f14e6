"""W-10: beds held, counted at each Swedish midnight; figures worked out on paper."""

from region_rows import Region, line

from projections.query import Filters


def test_beds_are_counted_at_midnight(region: Region) -> None:
    """Sandviken: 21 ready on 2 March 10:00, discharged on 4 March 10:00: held at the midnights of 3 and 4 March."""
    march = line(region(filters=Filters(municipality="2181"), month="2026-03"), "W-10")
    # 29 midnights from 3 to 31 March, 42 bed-days on two of them.
    assert (march["count"], march["total"], march["median"]) == (29, 42.0, 0.0)
    assert march["mean"] == 1.4483
    assert march["value_unit"] == "beds"
