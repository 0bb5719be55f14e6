"""`carechain whatif` through the real servers: what is told, in every form, and that nobody else sees anything of it."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import NewPlace
from mission_way import WARD, Line, Patient, Way

from domain.agreement import Agreement, LocalLimits
from infra.postgres import connect

pytestmark = pytest.mark.broker
AS_OF = ("--as-of", "2026-05-01T00:00")
HOUR = Agreement(
    id="gavleborg",
    version=1,
    title="Notice within the hour",
    regions=("21",),
    limits=LocalLimits(discharge_ready_notice_minutes=60),
)
MONTHLY = """
id = "monthly"
version = 1
title = "By the month"
regions = ["21"]
valid_from = 2027-01-01

[payment]
model = "monthly-average"
threshold_days = 1.5
amount_source = "local"

[[payment.amounts]]
valid_from = 2026-01-01
sek = 1000
source = "made up"
"""


def stay(patient: Patient, code: str, told: str, home: str) -> list[Line]:
    """Admitted on 27 February, the municipality told in time, ready on Monday 2 March 10:00, told of it then."""
    say = patient.message
    to = {"recipients": [{"role": "municipal-health", "municipality": code}]}
    admitted = {"unit": WARD, "care_form": "somatic", "municipality": code}
    need = {"outcome": "yes", "needs": ["municipal-health"], "at_admission": True}
    return [
        say("2026-02-27T10:00:00+01:00", "patient-admitted", admitted, WARD),
        say("2026-02-27T10:00:00+01:00", "service-need-assessed", need, WARD),
        say("2026-02-27T12:00:00+01:00", "admission-notified", to, WARD),
        say("2026-03-02T10:00:00+01:00", "discharge-ready-declared", {}, WARD),
        say(f"2026-03-02T{told}:00+01:00", "discharge-ready-notified", to, WARD),
        say(f"2026-03-{home}T09:00:00+01:00", "patient-discharged", {"destination": "home"}, WARD),
    ]


@pytest.fixture(scope="module")
def way(new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Way]:
    """In Gävle told after 20 and 90 minutes, home on the 9th and the 3rd; in Ockelbo after 45, home on the 6th."""
    with new_place() as place:
        made = Way(place, tmp_path_factory.mktemp("whatif"))
        made.adopt(HOUR)
        made.ingest(stay(made.patient("WHAT1"), "2180", "10:20", "09"))
        made.ingest(stay(made.patient("WHAT2"), "2180", "11:30", "03"))
        made.ingest(stay(made.patient("WHAT3"), "2101", "10:45", "06"))
        made.show()
        yield made


def figures(way: Way, *options: str) -> dict[tuple[str, str], tuple[Any, Any]]:
    """Municipality and figure -> before and after."""
    found = way.ask("whatif", *options, *AS_OF)
    return {(line["municipality"], line["what"]): (line["before"], line["after"]) for line in found}


def test_a_shorter_limit_makes_more_misses_and_says_which(way: Way) -> None:
    found = way.ask("whatif", "--set", "limits.discharge_ready_notice_minutes=30", *AS_OF)
    told = {
        (line["municipality"], line["month"]): (
            line["before"],
            line["after"],
            line["difference"],
            line["unit"],
        )
        for line in found
        if line["what"] == "MH-09"
    }
    assert told == {("2180", "2026-03"): (1, 1, 0, "misses"), ("2101", "2026-03"): (0, 1, 1, "misses")}
    (ockelbo,) = [line for line in found if (line["municipality"], line["what"]) == ("2101", "MH-09")]
    (case,) = ockelbo["cases"]
    assert (case["before"], case["after"], case["at_unit"]) == ("done", "late", WARD)
    assert len(case["facts"]) == 2


def test_a_mean_instead_of_single_patients(way: Way, tmp_path: Path) -> None:
    """Gävle: 7 and 1 days, 8 over two stays; above 2 x 1.5 are 5. Ockelbo: 4 days of one stay; above 1.5 are 2.5."""
    file = tmp_path / "monthly.toml"
    file.write_text(MONTHLY, encoding="utf-8")
    found = figures(way, "--agreement", str(file))
    # As things are: from the 5th to the 9th in Gävle, to the 6th in Ockelbo; an amount for 2026 is not confirmed.
    assert found["2180", "W-11"] == (4, 0)
    assert found["2180", "settled-days"] == (4, 5)
    assert found["2180", "settled-sek"] == (None, 5000)
    assert found["2101", "settled-days"] == (1, 2.5)
    assert found["2101", "settled-sek"] == (None, 2500)


@pytest.mark.parametrize(
    ("options", "counted"),
    [
        (("--municipality", "Ockelbo"), {"2101"}),
        (("--region", "Gävleborg"), {"2101", "2180"}),
        (("--region", "Uppsala"), set()),
        (("--from", "2026-03-01", "--to", "2026-03-31"), {"2101", "2180"}),
        (("--from", "2026-04-01"), set()),
    ],
)
def test_only_what_is_asked_about(way: Way, options: tuple[str, ...], counted: set[str]) -> None:
    found = figures(way, "--set", "limits.discharge_ready_notice_minutes=5", *options)
    assert {municipality for municipality, what in found if what == "MH-09"} == counted


def test_which_misses_haste_would_have_saved(way: Way, capsys: pytest.CaptureFixture[str]) -> None:
    assert figures(way, "--late", "0.25", "--rule", "MH-09")["2180", "MH-09"] == (1, 1)
    assert figures(way, "--late", "0.5", "--rule", "mh-09")["2180", "MH-09"] == (1, 0)


def test_for_reading(way: Way, golden: Any) -> None:
    out = way.carechain("whatif", "--set", "payment.free_days=1", "--region", "Gävleborg", *AS_OF)
    golden("cli/whatif.txt", out)


def test_values_add_to_an_agreement_that_is_tried_out(way: Way, tmp_path: Path) -> None:
    """The level alone means nothing without a mean, which the file has: 4 days in Ockelbo, above 3 one is paid for."""
    file = tmp_path / "monthly.toml"
    file.write_text(MONTHLY, encoding="utf-8")
    found = figures(way, "--agreement", str(file), "--set", "payment.threshold_days=3")
    assert found["2101", "settled-days"] == (1, 1)


def test_case_by_case_as_csv(way: Way) -> None:
    options = (
        "--set",
        "payment.free_days=1",
        "--municipality",
        "Gävle",
        "--cases",
        "--output",
        "csv",
        *AS_OF,
    )
    lines = list(csv.DictReader(io.StringIO(way.carechain("whatif", *options))))
    paid = [line for line in lines if line["what"] == "W-11"]
    assert [(line["before"], line["after"], line["party"]) for line in paid] == [
        ("4.0", "6.0", "municipality:2180")
    ]


def test_drawn(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "picture.svg"
    assert way.carechain("whatif", "--set", "payment.free_days=1", "--plot", str(file), *AS_OF) == ""
    words = " ".join(ElementTree.parse(file).getroot().itertext())  # written a line above
    for word in ("Gävle", "Ockelbo", "Grey: as things are.", "What if: other terms. all"):
        assert word in words


def test_nobody_else_sees_anything(way: Way) -> None:
    def everything() -> list[Any]:
        with connect(way.pipeline.place.connections.read_dsn) as connection:
            tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'access') ORDER BY 1, 2"
            ).fetchall()
            return [
                (schema, table, connection.execute(f'SELECT count(*) FROM "{schema}"."{table}"').fetchone())  # type: ignore[arg-type]
                for schema, table in tables
            ]

    # Whoever asks has a reference of their own from then on, and their looks are logged.
    answers = way.ask("missed", "--all", *AS_OF), way.ask("agreement", "list")
    before = everything(), *answers
    way.carechain("whatif", "--set", "limits.discharge_ready_notice_minutes=5", *AS_OF)
    assert (everything(), way.ask("missed", "--all", *AS_OF), way.ask("agreement", "list")) == before


def test_as_it_was_known_before_anything_was(way: Way) -> None:
    out = way.ask("whatif", "--set", "payment.free_days=1", "--known-at", "2026-01-01T00:00")
    assert out == []


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ((), 2, "say what would have been otherwise"),
        (("--late", "2"), 2, "--late and --rule belong together."),
        (("--rule", "MH-09"), 2, "--late and --rule belong together."),
        (
            ("--late", "2", "--rule", "MH-09", "--set", "payment.free_days=1"),
            2,
            "say what would have been otherwise",
        ),
        (("--late", "2", "--rule", "MH-99"), 2, "there is no such rule. Known: MH-01"),
        (("--set", "free_days"), 2, "write it as payment.free_days=1"),
        (("--set", "payment.free_day=1"), 1, "free_day"),
        (("--set", "payment.free_days=many"), 1, "free_days"),
        (("--set", "payment.free_days=1", "--from", "March"), 2, "write the day as 2026-01-31."),
        (
            ("--set", "payment.free_days=1", "--from", "2026-03-02", "--to", "2026-03-01"),
            2,
            "it is before --from.",
        ),
        (("--set", "payment.free_days=1", "--plot", "x.pdf"), 2, "must end with .svg or .png"),
        (("--agreement", "no-such-file.toml"), 1, "no-such-file.toml cannot be read."),
        (("--agreement", "skone"), 1, "There is no agreement of that name"),
    ],
)
def test_what_cannot_be_asked(
    way: Way, options: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import contextlib

    err = io.StringIO()
    with contextlib.redirect_stderr(err), way._at_the_keyboard(""):  # its stderr is what counts here
        from cli import main

        assert main.run(("whatif", *options)) == code
    assert says in err.getvalue()
    assert json.dumps(err.getvalue()).count("Traceback") == 0
