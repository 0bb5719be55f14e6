"""W-09: ready days per 1 000 inhabitants aged 65 or older; figures worked out on paper."""

from region_rows import Region, line


def test_days_per_thousand_aged_65_or_older_or_why_there_is_no_rate(region: Region) -> None:
    days = line(region(by=("municipality",)), "W-09", municipality="2180")
    assert (days["total"], days["rate"], days["missing"]) == (50.0, None, "scb-2024 does not say")
    # 50 + 42 + 27 days in the region, 72 154 inhabitants of 65 or older: 119 000 / 72 154 = 1.6493.
    whole = line(region(), "W-09")
    assert (whole["total"], whole["rate"]) == (119.0, 1.6493)
