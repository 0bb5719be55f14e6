"""W-08: stays ready for a day or more, and per 1 000 inhabitants; figures worked out on paper."""

from region_rows import Region, line


def test_stays_of_a_day_or_more_per_thousand_inhabitants(region: Region) -> None:
    gavle = line(region(by=("municipality",)), "W-08", municipality="2180")
    # 20 stays; 103 838 lived in Gävle on 31 December 2024: 20 000 / 103 838 = 0.1926.
    assert (gavle["count"], gavle["rate"], gavle["population"]) == (20, 0.1926, "scb-2024")
