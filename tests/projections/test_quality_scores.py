"""The scorecard, from rows and a journal made by hand: each share moves with what it counts, and with nothing else."""

import json
from dataclasses import replace as with_
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hand_rows import JOURNEY, OTHER, make
from msgspec.structs import replace

from domain.contradictions import CONTRADICTIONS, NONE
from domain.findings import TEXTS
from domain.rows import Finding, Row, TimelineEntry
from projections import base
from projections.quality import Asked, QualityLine, above, quality
from projections.query import Filters

Shown = psycopg.Connection[Any]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
WARD, CENTRE = "hsa:SE2321000198-WARD1", "hsa:SE2321000198-VC1"
EIGHT = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""A Monday, eight o'clock in Sweden."""
ASKED = Asked(Filters(), NOW)
Recorded = dict[str, datetime]


def fact_id(number: int) -> str:
    return f"{number:064x}"


def entry(number: int, kind: str = "leave-started", **given: Any) -> TimelineEntry:
    """A fact of the ward's, judged, that lacks nothing, at eight o'clock."""
    at = given.pop("at", EIGHT)
    said = {
        "source": "ward",
        "unit": WARD,
        "judged": True,
        "started_at": at,
        "valid_from": at,
        "at_latest": at,
        "opened_by": (fact_id(number),),
        **given,
    }
    made: TimelineEntry = replace(make(TimelineEntry, f"fact {number}", **said), rule=kind)
    return made


def put(connection: Shown, rows: list[Row], recorded: Recorded, *, other_form: bool = False) -> None:
    base.copy_rows(connection, base.SCHEMA, rows, {JOURNEY: 0})
    for number, (name, at) in enumerate(recorded.items()):
        head: dict[str, Any] = (
            {"id": name, "specversion": "1.0"} if other_form else {"specversion": "1.0", "id": name}
        )
        raw = json.dumps({**head, "source": "/carechain/x"}, separators=(",", ":")).encode()
        connection.execute(
            "INSERT INTO journal.fact (store, journey, version, partition, kafka_offset, position, recorded_at, raw,"
            " source_system) VALUES (%s, %s, %s, 0, 0, 0, %s, %s, 'ward')",
            (UUID(int=1), JOURNEY, number + 1, at, raw),
        )


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


FOUR: list[Row] = [entry(number) for number in range(1, 5)]
DELAYS = {
    fact_id(1): EIGHT,
    fact_id(2): EIGHT + hours(1),
    fact_id(3): EIGHT + hours(2),
    fact_id(4): EIGHT + hours(4),
}
PLAIN = {
    "facts": 4,
    "late_share": 0.0,
    "ahead": 0,
    "contradictory_share": 0.0,
    "corrected_share": 0.0,
    "judged": 4,
    "lacking_share": 0.0,
    "delay_median": 1.5,
    "delay_p90": 3.4,
}
"""Delays 0, 1, 2 and 4: the middle is 1.5; nine of ten lie at 0.9 of the way from the first to the last, 2 + 0.7 * 2."""


def one(connection: Shown, asked: Asked = ASKED) -> QualityLine:
    (line,) = quality(connection, base.SCHEMA, asked)
    return line


def figures(line: QualityLine) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name in PLAIN}


def test_four_plain_facts(shown: Shown) -> None:
    put(shown, FOUR, DELAYS)
    line = one(shown)
    assert figures(line) == PLAIN
    assert (line["source"], line["unit"], line["month"]) == ("ward", WARD, "2026-03")
    assert (line["small"], line["missing"], line["messages"], line["repeated_share"]) == (
        True,
        [],
        None,
        None,
    )


MUTATIONS: list[tuple[str, list[Row], Recorded, dict[str, Any]]] = [
    (
        "one recorded 24 hours and a microsecond later",
        FOUR,
        {**DELAYS, fact_id(4): EIGHT + hours(24) + timedelta(microseconds=1)},
        {"late_share": 0.25, "delay_p90": 17.4},
    ),
    ("just 24 hours are not late", FOUR, {**DELAYS, fact_id(4): EIGHT + hours(24)}, {"delay_p90": 17.4}),
    (
        "a day alone, recorded ten hours after it ended",
        [*FOUR[:3], entry(4, at_latest=EIGHT + hours(16))],
        {**DELAYS, fact_id(4): EIGHT + hours(26)},
        {"delay_p90": 7.6},
    ),
    (
        "recorded before it happened: the delay is none",
        FOUR,
        {**DELAYS, fact_id(4): EIGHT - hours(5)},
        {"ahead": 1, "delay_median": 0.5, "delay_p90": 1.7},
    ),
    (
        "voided",
        [*FOUR[:3], entry(4, detail="voided", judged=False)],
        DELAYS,
        {"corrected_share": 0.25, "judged": 3},
    ),
    ("amended", [*FOUR[:3], entry(4, detail="amended")], DELAYS, {"corrected_share": 0.25}),
    ("sealed", [*FOUR[:3], entry(4, detail="sealed", judged=False)], DELAYS, {"judged": 3}),
    ("lacking two", [*FOUR[:3], entry(4, lacks=("care_form", "unit"))], DELAYS, {"lacking_share": 0.25}),
    ("not judged", [*FOUR[:3], entry(4, lacks=("unit",), judged=False)], DELAYS, {"judged": 3}),
    (
        "two findings about one fact",
        [
            *FOUR,
            make(Finding, "after-death", opened_by=(fact_id(1),)),
            make(Finding, "ended-twice", opened_by=(fact_id(1),)),
        ],
        DELAYS,
        {"contradictory_share": 0.25},
    ),
    (
        "a finding that has been resolved",
        [*FOUR, make(Finding, "after-death", opened_by=(fact_id(1),), ended_at=EIGHT + hours(9))],
        DELAYS,
        {"contradictory_share": 0.25},
    ),
    (
        "a finding that tells of no contradiction",
        [*FOUR, make(Finding, "mandatory-missing", opened_by=(fact_id(1),))],
        DELAYS,
        {},
    ),
    (
        "a finding of later than is asked about",
        [*FOUR, make(Finding, "after-death", opened_by=(fact_id(1),), valid_from=NOW + hours(1))],
        DELAYS,
        {},
    ),
    ("a correction is no fact", [*FOUR, entry(5, "fact-voided")], DELAYS, {}),
    ("of later than is asked about", [*FOUR, entry(5, at=NOW + hours(1))], DELAYS, {}),
]


@pytest.mark.parametrize(
    ("rows", "recorded", "moved"), [m[1:] for m in MUTATIONS], ids=[m[0] for m in MUTATIONS]
)
def test_one_change_moves_its_own_figures_only(
    shown: Shown, rows: list[Row], recorded: Recorded, moved: dict[str, Any]
) -> None:
    put(shown, rows, recorded)
    assert figures(one(shown)) == PLAIN | moved


def test_facts_whose_record_is_written_in_another_order_are_found_as_well(shown: Shown) -> None:
    put(shown, FOUR, DELAYS, other_form=True)
    assert figures(one(shown)) == PLAIN


def test_a_fact_that_the_journal_does_not_know_has_no_delay(shown: Shown) -> None:
    put(shown, FOUR, {fact_id(1): EIGHT + hours(3)})
    line = one(shown)
    assert (line["facts"], line["late"], line["delay_median"], line["delay_p90"]) == (4, 0, 3.0, 3.0)


def test_mandatory_items_one_by_one(shown: Shown) -> None:
    put(
        shown,
        [
            entry(1, "patient-admitted", lacks=("care_form", "municipality")),
            entry(2, "patient-admitted", lacks=("care_form",)),
            entry(3, "patient-admitted"),
            entry(4, "patient-admitted", judged=False, detail="sealed"),
            entry(5, "patient-discharged", lacks=("destination",)),
        ],
        {},
    )
    assert one(shown)["missing"] == [
        {"fact": "patient-admitted", "item": "care_form", "facts": 3, "lacking": 2, "share": 0.6667},
        {"fact": "patient-admitted", "item": "municipality", "facts": 3, "lacking": 1, "share": 0.3333},
        {"fact": "patient-discharged", "item": "destination", "facts": 1, "lacking": 1, "share": 1.0},
    ]


def test_a_line_for_each_source_month_and_unit(shown: Shown) -> None:
    put(
        shown,
        [
            entry(1),
            # Midnight in Sweden divides the months, in summer time as in winter's.
            entry(2, at=datetime(2026, 3, 31, 21, 59, 59, tzinfo=UTC)),
            entry(3, at=datetime(2026, 3, 31, 22, tzinfo=UTC)),
            entry(4, unit=CENTRE),
            entry(5, unit=None, lacks=("unit",)),
            entry(6, source="town"),
        ],
        {},
    )

    def lines(asked: Asked) -> list[tuple[Any, ...]]:
        return [(x["source"], x["month"], x["unit"], x["facts"]) for x in quality(shown, base.SCHEMA, asked)]

    assert lines(ASKED) == [
        ("town", "2026-03", WARD, 1),
        ("ward", "2026-03", None, 1),
        ("ward", "2026-03", CENTRE, 1),
        ("ward", "2026-03", WARD, 2),
        ("ward", "2026-04", WARD, 1),
    ]
    by_source = with_(ASKED, by=("source",))
    assert lines(by_source) == [("town", None, None, 1), ("ward", None, None, 5)]
    assert lines(with_(ASKED, by=())) == [(None, None, None, 6)]
    assert [
        line["missing"][0]["item"] for line in quality(shown, base.SCHEMA, by_source) if line["missing"]
    ] == ["unit"]
    assert lines(with_(ASKED, source="town")) == [("town", "2026-03", WARD, 1)]
    assert lines(with_(by_source, source="nobody")) == lines(with_(ASKED, by=(), source="nobody")) == []
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    assert lines(with_(by_source, since=march, before=april)) == [
        ("town", None, None, 1),
        ("ward", None, None, 4),
    ]
    assert lines(with_(by_source, since=april)) == [("ward", None, None, 1)]
    of_centre = with_(by_source, filters=Filters(unit=CENTRE))
    assert lines(of_centre) == [("ward", None, CENTRE, 1)]
    assert lines(with_(ASKED, now=EIGHT - hours(1))) == []


def test_whose_they_are(shown: Shown) -> None:
    """A municipality's are its residents', and its own units'."""
    put(
        shown,
        [entry(1, municipality="2180"), entry(2, party="municipality:2180"), entry(3, municipality="2181")],
        {},
    )
    assert one(shown, with_(ASKED, filters=Filters(municipality="2180")))["facts"] == 2


def test_late_is_what_is_asked(shown: Shown) -> None:
    put(shown, FOUR, DELAYS)
    assert [one(shown, with_(ASKED, late_after=after))["late"] for after in (0, 1, 1.5, 4)] == [3, 2, 2, 0]


def test_above_a_limit(shown: Shown) -> None:
    put(shown, [*FOUR[:3], entry(4, lacks=("unit",), unit=CENTRE)], DELAYS)
    lines = quality(shown, base.SCHEMA, ASKED)
    assert [line["unit"] for line in lines] == [CENTRE, WARD]
    assert [line["unit"] for line in above(lines, {"lacking": 0.99})] == [CENTRE]
    assert above(lines, {"lacking": 1.0, "repeated": 0.0}) == []
    assert [line["unit"] for line in above(lines, {"lacking": 1.0, "delay": 1.0})] == [CENTRE, WARD]
    assert [line["unit"] for line in above(lines, {"delay": 2.0})] == [CENTRE]


def test_twenty_facts_are_not_small(shown: Shown) -> None:
    put(shown, [entry(number) for number in range(19)], {})
    assert one(shown)["small"]
    put(shown, [entry(19)], {})
    assert not one(shown)["small"]


def test_each_finding_is_a_contradiction_or_none() -> None:
    """Whoever adds a finding says which: the quality of sources is judged by it."""
    assert not CONTRADICTIONS.keys() & NONE
    assert {code for code in TEXTS if not code.startswith("overlap-")} == CONTRADICTIONS.keys() | NONE


def test_a_fact_recorded_in_another_journey_of_the_person_has_its_delay(shown: Shown) -> None:
    """Rows of linked journeys stand under one of them; the journal keeps each fact where it was recorded."""
    third = UUID(int=3)
    rows: list[Row] = [replace(row, journey=third) for row in FOUR]
    base.copy_rows(shown, base.SCHEMA, rows, {third: 0})
    put(shown, [], DELAYS)
    assert one(shown)["delay_median"] is None
    for journey, other in ((third, OTHER), (OTHER, JOURNEY)):
        shown.execute("INSERT INTO journal.link VALUES (%s, %s), (%s, %s)", (journey, other, other, journey))
    assert figures(one(shown)) == PLAIN
