"""W-07: the mean of ready days in both published conventions; figures worked out on paper."""

from region_rows import Region, line


def test_the_two_published_means_differ_over_the_same_stays(region: Region) -> None:
    found = region(by=("municipality",))
    assert line(found, "W-07", "stockholm", municipality="2180")["mean"] == 2.0
    # 20 stays of a day or more, 50 days: 2.5.
    skr = line(found, "W-07", "skr", municipality="2180")
    assert (skr["count"], skr["mean"]) == (20, 2.5)
