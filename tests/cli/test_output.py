"""How answers are printed in each form."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from cli.narrator import TerminalNarrator
from cli.output import encode, print_rows, progress

JOURNEY = UUID("00000000-0000-4000-8000-000000000001")
ROWS = [
    {
        "journey": JOURNEY,
        "since": datetime(2026, 7, 1, 6, 30, tzinfo=UTC),
        "hours": 1.5,
        "late": True,
        "why": None,
    },
    {"journey": None, "since": None, "hours": 2, "late": False, "why": "väntar på svar, länge"},
]
COLUMNS = ("journey", "since", "hours", "late", "why")


def test_json_is_the_versioned_envelope_with_swedish_time(capsys):
    print_rows(ROWS[:1], COLUMNS, output="json", meta={"as_of": datetime(2026, 1, 1, tzinfo=UTC)})

    assert json.loads(capsys.readouterr().out) == {
        "version": 1,
        "data": [
            {
                "journey": str(JOURNEY),
                "since": "2026-07-01T08:30:00+02:00",
                "hours": 1.5,
                "late": True,
                "why": None,
            }
        ],
        "as_of": "2026-01-01T01:00:00+01:00",
    }


def test_ndjson_is_one_row_a_line(capsys):
    print_rows(ROWS, COLUMNS, output="ndjson")

    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["hours"] for line in lines] == [1.5, 2]


def test_csv_has_the_columns(capsys):
    print_rows(ROWS, COLUMNS, output="csv")

    assert capsys.readouterr().out == (
        "journey,since,hours,late,why\n"
        "00000000-0000-4000-8000-000000000001,2026-07-01T08:30:00+02:00,1.5,True,\n"
        ',,2,False,"väntar på svar, länge"\n'
    )


def test_a_table_in_a_pipe_is_plain_and_whole(capsys):
    print_rows([{"a_b": "x" * 200, "c": "[bold]"}], ("a_b", "c"))

    assert capsys.readouterr().out == f"a b{' ' * 199}c\n{'x' * 200}  [bold]\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "2026-10-25T02:30:00+01:00"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "2026-10-25T02:30:00+02:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (timedelta(minutes=1), 60.0),
        (Decimal("1.5"), 1.5),
        (Path("/x"), "/x"),
    ],
)
def test_values_json_has_no_word_for(value, expected):
    assert encode(value) == expected


def test_a_time_without_a_zone_is_never_shown():
    with pytest.raises(TypeError):
        encode(datetime(2026, 1, 1))


def test_progress_off_a_terminal_is_one_line_on_stderr(capsys):
    with progress("Reading", 3) as advance:
        advance(1)
        advance(2)

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Reading: 3 in ")


def test_a_narrators_long_step_is_one_line(capsys):
    narrator = TerminalNarrator()
    for done in (0, 1, 2):
        narrator.progress("Fetching", done, 2)
    narrator.say("Done.")

    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("Fetching: 2 in ")
    assert second == "Done."
