"""Row 17: figures for those who lead, by region, municipality, unit and month; worklists for those who act."""

import csv
import io

import pytest
from mission_way import Way, changes, told

pytestmark = pytest.mark.broker

WARD, SMALL_WARD = "hsa:SE2321000115-WARD1", "hsa:SE2321000115-WARD2"
HALMSTAD = [f"ROW17N{number:02}" for number in range(20)]
VARBERG = "ROW17V"
AS_OF = "2026-03-10T12:00"


def tell(way: Way) -> None:
    """Twenty of Halmstad ready on Monday 2 March and home one to four days later; one of Varberg still in."""
    lines = []
    for number, name in enumerate([*HALMSTAD, VARBERG]):
        say = way.patient(name).message
        code, ward = ("1383", SMALL_WARD) if name == VARBERG else ("1380", WARD)
        to = {"recipients": [{"role": "municipal-health", "municipality": code}]}
        admitted = {"unit": ward, "care_form": "somatic", "municipality": code}
        lines += [
            say("2026-03-01T09:00:00+01:00", "patient-admitted", admitted, ward),
            say("2026-03-02T08:00:00+01:00", "discharge-ready-declared", {}, ward),
            say("2026-03-02T09:00:00+01:00", "discharge-ready-notified", to, ward),
        ]
        if name != VARBERG:
            left = f"2026-03-0{3 + number % 4}T11:00:00+01:00"
            lines.append(say(left, "patient-discharged", {"destination": "home"}, ward))
    way.ingest(lines)


def test_by_municipality_with_one_patient_hidden(way: Way) -> None:
    asked = ("summary", "--region", "Halland", "--by", "municipality", "--measure", "W-06")
    halmstad, varberg = way.ask(*asked, as_of=AS_OF)
    # Five each of 1, 2, 3 and 4 days: nine of ten within 4.
    assert told([halmstad], "municipality", "count", "median", "p90", "mean", "total", "suppressed") == {
        ("1380", 20, 2.5, 4.0, 2.5, 50.0, False)
    }
    assert told([varberg], "municipality", "count", "waiting", "suppressed") == {("1383", None, None, True)}


def test_by_unit_and_by_month(way: Way) -> None:
    by_unit = way.ask(*("summary", "--region", "Halland", "--by", "unit", "--measure", "W-12"), as_of=AS_OF)
    assert by_unit == []  # nobody estimated a discharge
    asked = ("summary", "--region", "Halland", "--by", "month", "--measure", "W-07", "--month", "2026-03")
    lines = way.ask(*asked, as_of=AS_OF)
    assert told(lines, "month", "part", "count", "mean") == {
        ("2026-03", "stockholm", 20, 2.5),
        ("2026-03", "skr", 20, 2.5),
    }
    assert way.ask(*asked[:-1], "2026-02", as_of=AS_OF) == []


def test_per_thousand_inhabitants(way: Way) -> None:
    """20 stays of a day or more among the 106 084 of Halmstad (SCB, 31 December 2024)."""
    (line,) = way.ask("summary", "--municipality", "Halmstad", "--measure", "W-08", as_of=AS_OF)
    assert (line["count"], line["rate"], line["population"]) == (20, 0.1885, "scb-2024")


def test_as_a_file_for_others(way: Way) -> None:
    asked = ("summary", "--region", "Halland", "--by", "municipality", "--measure", "W-06", "--as-of", AS_OF)
    rows = list(csv.DictReader(io.StringIO(way.carechain(*asked, "--output", "csv"))))
    assert [(row["municipality"], row["mean"]) for row in rows] == [("1380", "2.5"), ("1383", "")]


def test_the_worklists_of_the_ward_and_of_the_municipality(way: Way) -> None:
    """What the hospital missed on the ward, and what Varberg still has to do."""
    ward = way.ask("missed", "--unit", WARD, "--rule", "MH-13", as_of=AS_OF)
    assert len({line["journey"] for line in ward}) == 20
    steps = ("responsible", "--municipality", "Varberg", "--notion", "next_step")
    assert ("NS-receive", "municipality:1383") in told(way.ask(*steps, as_of=AS_OF), "rule", "party")
    overdue = ("missed", "--municipality", "Varberg", "--rule", "MH-14")
    assert told(way.ask(*overdue, as_of=AS_OF), "party", "state") == {("municipality:1383", "missed")}
    way.carechain(*overdue, "--check", "--as-of", AS_OF, code=1)


def test_one_of_them_is_explained_and_replayed(way: Way) -> None:
    patient = way.patient(VARBERG)
    (wait,) = patient.waits(AS_OF, "W-06")
    assert (wait["value"], wait["state"]) == (8.0, "waiting")
    (why,) = patient.explain(AS_OF, "MH-14")
    assert why["rule"]["source"] == "LUS 5:4"
    assert ("MH-14", "missed", "municipality:1383") in changes(
        patient.replay(AS_OF), "2026-03-05T00:00:00+01:00"
    )
