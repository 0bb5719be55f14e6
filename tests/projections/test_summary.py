"""The region's picture from rows written by hand: every figure below was worked out on paper."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid5

from hand_rows import T0, make
from region_rows import DAY, NOTICE, NOW, Region, Shown, line, patient, put, ready

from domain.rows import NAMESPACE, Figure, Responsibility, Stay, Wait
from projections import base
from projections.measures.question import FIGURES
from projections.query import Filters
from projections.summary import WORDS, all_measures, summary

HOUR = timedelta(hours=1)


def test_side_by_side_by_municipality(region: Region) -> None:
    found = region(by=("municipality",))
    gavle = line(found, "W-06", municipality="2180")
    assert (gavle["patients"], gavle["count"], gavle["waiting"]) == (25, 25, 0)
    assert (gavle["median"], gavle["mean"], gavle["p90"], gavle["total"]) == (2.0, 2.0, 4.0, 50.0)
    assert (gavle["word"], gavle["value_unit"], gavle["suppressed"]) == ("resource-efficient", "dates", False)
    sandviken = line(found, "W-06", municipality="2181")
    assert (sandviken["count"], sandviken["median"], sandviken["mean"]) == (21, 2.0, 2.0)


def test_a_group_of_under_twenty_patients_tells_nothing(region: Region) -> None:
    ockelbo = line(region(by=("municipality",)), "W-06", municipality="2101")
    assert ockelbo["suppressed"]
    assert {ockelbo[name] for name in FIGURES} == {None}  # type: ignore[literal-required]
    told = line(region(by=("municipality",), small_groups=True), "W-06", municipality="2101")
    assert (told["count"], told["mean"], told["suppressed"]) == (3, 9.0, False)


def test_many_cases_of_few_patients_are_still_few(shown: Shown) -> None:
    put(shown, *(ready(1, 1, "2180", start=NOTICE + n * DAY) for n in range(30)))
    assert line(summary(shown, base.SCHEMA, Filters(), NOW), "W-06")["suppressed"]


def test_a_month_is_that_of_the_discharge_in_sweden(shown: Shown) -> None:
    """Discharged on 31 March 23:30 UTC, which is 1 April 01:30 in Sweden."""
    late = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
    put(shown, *(ready(n, 1, "2180", start=late - DAY) for n in range(20)))
    found = summary(shown, base.SCHEMA, Filters(), NOW, by=("month",), small_groups=True)
    assert {one["month"] for one in found if one["measure"] == "W-06"} == {"2026-04"}
    march = summary(shown, base.SCHEMA, Filters(), NOW, month="2026-03")
    assert [one for one in march if one["measure"] == "W-06"] == []


def figure(number: int, rule: str, value: float, *, unit: str = "count", **said: Any) -> Figure:
    made: Figure = make(
        Figure,
        f"{rule}/{number}/{value}/{said}",
        rule=rule,
        journey=patient(number),
        number=value,
        value_unit=unit,
        valid_from=NOTICE,
        started_at=NOTICE,
        ended_at=said.pop("ended_at", NOTICE),
        outcome="complete",
        **said,
    )
    return made


def test_hand_overs_are_added_up_per_patient_and_units_counted_once(shown: Shown) -> None:
    """Twenty patients: ten with one hand-over, ten with three; each of the twenty met one unit twice and another once."""
    one = [figure(n, "W-19", 1, detail="patient-admitted") for n in range(20)]
    kinds = ("patient-discharged", "municipal-care-started")
    more = [figure(n, "W-19", 1, detail=kind) for n in range(10) for kind in kinds]
    met = [figure(n, "W-20", 1, unit="count", party=f"p{i}") for n in range(20) for i in range(3)]
    put(shown, *one, *more)
    put(shown, *(make_unit(row, "hsa:A" if index % 3 else "hsa:B") for index, row in enumerate(met)))
    found = summary(shown, base.SCHEMA, Filters(), NOW)
    handovers = line(found, "W-19")
    assert (handovers["patients"], handovers["count"], handovers["total"]) == (20, 40, 40.0)
    assert (handovers["mean"], handovers["median"]) == (2.0, 2.0)
    assert line(found, "W-20")["mean"] == 2.0


def make_unit(row: Figure, unit: str) -> Figure:
    from msgspec.structs import replace

    return replace(row, unit=unit, id=uuid5(row.id, unit))


def test_a_share_is_of_all_and_an_unfinished_window_is_not_counted(shown: Shown) -> None:
    home = [figure(n, "W-24", 1, unit="share", detail="home") for n in range(20)]
    put(shown, *home, *(figure(n, "W-24", 0, unit="share", detail="unit") for n in range(20, 25)))
    put(shown, *(figure(n, "W-22", 2, detail="after", ended_at=NOW + DAY) for n in range(25)))
    found = summary(shown, base.SCHEMA, Filters(), NOW)
    share = line(found, "W-24")
    assert (share["count"], share["share"], share["word"]) == (25, 0.8, "near")
    assert [one for one in found if one["measure"] == "W-22"] == []


def test_readmission_is_a_share_of_the_discharges_that_are_old_enough(shown: Shown) -> None:
    """40 discharged 20 days ago, 10 of them back after 2 days and 5 after 6: nothing can be said of 30 days yet."""
    left = NOW - 20 * DAY
    for number in range(40):
        stay = uuid5(NAMESPACE, f"stay {number}")
        put(
            shown,
            make(Stay, f"stay {number}", rule="stay", journey=patient(number), stay=stay, phase="discharged",
                 valid_from=left, started_at=left - DAY, ended_at=left, outcome="discharged", region="21"),
        )  # fmt: skip
        if number < 15:
            back = left + (2 if number < 10 else 6) * DAY
            put(
                shown,
                make(Wait, f"back {number}", rule="W-15", journey=patient(number), stay=stay, value_unit="days",
                     valid_from=back, started_at=left, ended_at=back, outcome="readmitted", region="21"),
            )  # fmt: skip
    found = summary(shown, base.SCHEMA, Filters(), NOW)
    assert line(found, "W-15", "3 days")["share"] == 0.25
    assert line(found, "W-15", "7 days")["share"] == 0.375
    assert [one for one in found if one["part"] == "30 days"] == []


def test_who_runs_the_unit_tells_public_and_private_apart(shown: Shown) -> None:
    """A unit that a provider runs on the region's behalf, and one of the region's own."""
    put(shown, make(Responsibility, "private", rule="care", role="open-care", party="region:21", unit="hsa:P",
                    organisation="orgnr:5560000001"))  # fmt: skip
    for number in range(40):
        unit = "hsa:P" if number < 20 else "hsa:R"
        put(shown, make(Wait, f"w {number}", rule="W-17", journey=patient(number), value_unit="dates", unit=unit,
                        valid_from=NOTICE, started_at=NOTICE, ended_at=NOTICE + (1 if number < 20 else 5) * DAY,
                        outcome="done", at_most=3.0))  # fmt: skip
    found = summary(shown, base.SCHEMA, Filters(), NOW, by=("provider",))
    shares = {one["provider"]: one["share"] for one in found if one["measure"] == "W-17"}
    assert shares == {"orgnr:5560000001": 1.0, None: 0.0}


def test_every_measure_has_one_of_the_five_words_and_a_source() -> None:
    measures = all_measures()
    assert list(measures) == [f"W-{number:02}" for number in range(1, 28)]
    for rule in measures.values():
        assert rule.word in WORDS, rule.id
        assert rule.source


def test_only_what_came_to_its_end_is_counted_and_shares_are_of_those_with_a_limit(shown: Shown) -> None:
    """10, 24 and 41 hours ended: median 24, mean 25, two of three within 24. One waits, one was cut short."""
    limits = {"rule": "W-01", "at_most": 24.0}
    put(
        shown,
        *(make(Wait, f"w {h}", **limits, ended_at=T0 + h * HOUR, outcome="done") for h in (10, 24, 41)),
        make(Wait, "waiting", **limits),
        make(Wait, "cut short", **limits, ended_at=T0 + HOUR, outcome="stay-ended"),
        *(
            make(
                Wait,
                f"f {h}",
                rule="W-14",
                at_least=48.0,
                at_most=72.0,
                ended_at=T0 + h * HOUR,
                outcome="done",
            )
            for h in (47, 48)
        ),
    )
    found = summary(shown, base.SCHEMA, Filters(), T0 + 48 * HOUR, small_groups=True)
    first = line(found, "W-01")
    assert (first["count"], first["waiting"], first["share"]) == (3, 1, 0.6667)
    assert (first["median"], first["mean"]) == (24.0, 25.0)
    assert (line(found, "W-14")["median"], line(found, "W-14")["share"]) == (47.5, 0.5)
    # At twelve hours the later ends had not come.
    before = line(summary(shown, base.SCHEMA, Filters(), T0 + 12 * HOUR, small_groups=True), "W-01")
    assert (before["count"], before["waiting"], before["mean"]) == (1, 3, 10.0)
