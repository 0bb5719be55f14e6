"""The simulator: repeatable, plausible, readable by the intake, and with answers that a person can check."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from consumers.simulator import clock
from consumers.simulator.records import (
    Answer,
    Assessment,
    Journey,
    Leave,
    Notice,
    Party,
    Ready,
    Receipt,
    Said,
    Start,
    Stay,
)
from consumers.simulator.region import area
from consumers.simulator.run import simulate
from consumers.simulator.truth import answers
from domain.errors import Refused
from domain.fact import load_catalogue
from domain.identifiers import PatientId
from domain.submission import Submission

ADMISSIONS = 1_000


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of Gävleborg, written once for all tests that read it."""
    folder = tmp_path_factory.mktemp("month")
    simulate("Gävleborg", ADMISSIONS, 11, folder)
    return folder


def lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as text:
        for line in text:
            yield json.loads(line)


def content(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("facts.ndjson", "truth.ndjson", "about.json")]


def test_the_same_seed_gives_the_same_bytes_in_another_process_too(tmp_path: Path) -> None:
    simulate("21", 40, 5, tmp_path / "here")
    program = (
        "from pathlib import Path; from consumers.simulator.run import simulate;"
        f"simulate('Region Gävleborg', 40, 5, Path({str(tmp_path / 'there')!r}))"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONHASHSEED": "7"}, timeout=120)
    assert content(tmp_path / "here") == content(tmp_path / "there")


def test_another_seed_gives_other_patients(tmp_path: Path) -> None:
    simulate("21", 20, 1, tmp_path / "one")
    simulate("21", 20, 2, tmp_path / "two")
    one, two = (
        {line["patient"]["value"] for line in lines(tmp_path / at / "facts.ndjson")} for at in ("one", "two")
    )
    assert one
    assert not one & two


def test_every_line_can_be_taken_in(month: Path) -> None:
    catalogue = load_catalogue()
    with (month / "facts.ndjson").open(encoding="utf-8") as text:
        for line in text:
            submission = Submission.model_validate_json(line)
            PatientId.parse(submission.patient.system, submission.patient.value)
            fact = catalogue[submission.type].model_validate_json(json.dumps(submission.data))
            # A team that hands back to nobody leaves a gap, which the region shall see.
            nobody = submission.type == "se.carechain.mobile-team-handed-back.v1"
            assert fact.missing() in ((), ("handed_to",) if nobody else ())
            assert submission.principal is not None
            assert submission.controller is not None
            if submission.data.get("amended_type"):
                amended = catalogue[submission.data["amended_type"]]
                amended.model_validate_json(json.dumps(submission.data["amended_data"]))


def test_no_fact_is_later_than_the_horizon(month: Path) -> None:
    horizon = json.loads((month / "about.json").read_text())["horizon"]
    assert horizon == "2026-01-31T23:00:00.000000Z"  # midnight in Sweden
    latest = max(datetime.fromisoformat(line["time"]) for line in lines(month / "facts.ndjson"))
    assert latest < datetime.fromisoformat(horizon)


def test_about_says_what_the_answers_assume(month: Path) -> None:
    about = json.loads((month / "about.json").read_text())
    assert about["assumed"] == {"MH-09": {"minutes": 60}, "MH-18": {"hours": 24}, "MH-19": {"hours": 72}}
    assert about["region"] == {"code": "21", "name": "Region Gävleborg"}
    assert about["counts"]["admissions"] == ADMISSIONS
    written = Counter(line["message"] for line in lines(month / "facts.ndjson"))
    assert about["counts"]["facts"] == len(written)
    assert about["counts"]["repeats"] == sum(written.values()) - len(written)


def test_messages_arrive_late_out_of_order_repeated_corrected_and_in_many_offsets(month: Path) -> None:
    times, kinds, offsets, seen = [], Counter[str](), set(), Counter[str]()
    for line in lines(month / "facts.ndjson"):
        times.append(datetime.fromisoformat(line["time"]))
        kinds[line["type"]] += 1
        offsets.add(times[-1].utcoffset())
        seen[line["message"]] += 1
    backwards = sum(later < earlier for earlier, later in pairwise(times))
    assert backwards > len(times) / 20
    assert max(seen.values()) >= 2
    assert kinds["se.carechain.fact-amended.v1"] > 50
    assert kinds["se.carechain.fact-voided.v1"] > 50
    assert len(offsets) >= 4


def test_the_month_is_plausible(month: Path) -> None:
    stays, measures = Counter[str](), dict[str, list[float]]()
    for row in lines(month / "truth.ndjson"):
        if row["kind"] == "stay":
            stays[row["state"]] += 1
        if row["kind"] == "wait":
            measures.setdefault(row["measure"], []).append(row["value"])
    assert 1.3 < sum(measures["W-06"]) / len(measures["W-06"]) < 2.8  # days utskrivningsklar: about two
    assert 0.06 < len(measures["W-15"]) / stays["discharged"] < 0.14  # readmitted unplanned: about one in ten
    assert 0.1 < stays["inpatient"] / ADMISSIONS < 0.3  # still there as the month ends
    assert {"on_leave", "outpatient", "deceased", "cancelled"} <= set(stays)
    assert set(measures) == {f"W-{number:02d}" for number in (1, 2, 3, 4, 5, 6, 12, 13, 14, 15)}


def test_every_rule_is_tried_on_both_sides_of_its_limit(month: Path) -> None:
    states, edges = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in lines(month / "truth.ndjson"):
        if row["kind"] == "obligation":
            states[row["rule"], row["state"]] += 1
            if row["due_at"] and row["done_at"]:
                over = datetime.fromisoformat(row["done_at"]) - datetime.fromisoformat(row["due_at"])
                if timedelta(seconds=-1) < over <= timedelta(seconds=1):
                    edges[row["rule"], row["state"]] += 1
    limited = ("MH-01", "MH-02", "MH-06", "MH-09", "MH-10", "MH-12", "MH-18", "MH-19")
    for rule in limited:
        assert edges[rule, "done"] >= 2, rule
        assert edges[rule, "late"] >= 2, rule
        assert {state for name, state in states if name == rule} >= {"done", "late", "missed", "cancelled"}
    assert states["MH-17", "missed"] > 10


def test_a_region_that_is_not_known_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        simulate("Atlantis", 1, 1, tmp_path)


@pytest.mark.parametrize("region", ["Stockholm", "Västra Götaland", "Gotland"])
def test_any_region_and_month_can_be_simulated(tmp_path: Path, region: str) -> None:
    about = simulate(region, 25, 3, tmp_path, date(2026, 3, 1))
    assert about["counts"]["admissions"] == 25
    assert about["horizon"] == "2026-03-31T22:00:00.000000Z"  # summer time has begun
    for line in lines(tmp_path / "facts.ndjson"):
        Submission.model_validate(Submission.model_validate_json(json.dumps(line)))


def test_it_loads_nothing_of_the_domain_but_reference_data() -> None:
    program = (
        "import sys, consumers.simulator.run;"
        "print(*sorted(name for name in sys.modules if name.partition('.')[0] in ('domain', 'projections', 'infra')))"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert set(found.stdout.split()) <= {
        "domain",
        "domain.errors",
        "domain.identifiers",
        "domain.patient_numbers",
        "domain.reference",
        "domain.reference_data",
        "domain.tracks",
    }


def test_made_up_organisation_numbers_are_right_and_differ() -> None:
    numbers = [unit.organisation for name in ("01", "14", "21") for unit in area(name).municipalities]
    assert len(numbers) == len(set(numbers)) == 26 + 49 + 10


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), datetime(2026, 3, 29, 22, 30, tzinfo=UTC), 1),
        (datetime(2026, 1, 1, 22, 59, 59, tzinfo=UTC), datetime(2026, 1, 1, 23, 0, tzinfo=UTC), 1),
        (datetime(2026, 1, 2, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, tzinfo=UTC), -1),
    ],
)
def test_days_are_counted_by_swedish_midnights(start: datetime, end: datetime, hours: int) -> None:
    assert clock.days_between(start, end) == hours


def test_the_last_moment_of_a_day_knows_summer_time() -> None:
    assert clock.last_moment(date(2026, 3, 29)) == datetime(2026, 3, 29, 21, 59, 59, 999999, tzinfo=UTC)
    assert clock.last_moment(date(2026, 3, 28)) == datetime(2026, 3, 28, 22, 59, 59, 999999, tzinfo=UTC)


def test_elapsed_time_is_rounded_half_up_to_four_decimals() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert clock.elapsed(start, start + timedelta(seconds=1), clock.HOUR) == 0.0003  # 0.00027…
    assert clock.elapsed(start, start + timedelta(seconds=0.9), clock.HOUR) == 0.0003  # 0.00025 exactly
    assert clock.elapsed(start, start + timedelta(hours=90), clock.DAY) == 3.75


def january(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """Swedish winter time as UTC."""
    return datetime(2026, 1, day, hour, minute, second, tzinfo=UTC) - timedelta(hours=1)


HOME_CARE = Party("social-services", "hsa:SE2120007008-BE", "2180")
NURSING = Party("municipal-health", "hsa:SE2120007008-HSL", "2180")
CENTRE = Party("open-care", "hsa:SE2321000198-VC")


def hand_made() -> Journey:
    """One patient, told late, discharged to a municipality that is late too, and readmitted."""
    first = Stay(
        "E1",
        hospital=0,
        visit_at=january(5, 6),
        admitted_at=january(5, 10),
        unplanned=True,
        end="discharged",
        ended_at=january(12, 14),
        destination="short-term-place",
        assessments=[
            Assessment(january(5, 12), "yes", ("social-services", "municipal-health"), at_admission=True)
        ],
        notices=[
            Notice(january(6, 10), (HOME_CARE, NURSING), january(10, 12)),
            Notice(january(6, 10, 0, 1), (CENTRE,)),
        ],
        receipts=[Receipt(january(6, 12, 30), NURSING)],
        contact_at=january(9, 10, 0, 1),
        readies=[
            Ready(january(7, 9), (HOME_CARE, NURSING, CENTRE), january(7, 10), january(8, 9)),
            Ready(january(9, 23, 30), (HOME_CARE, NURSING, CENTRE), january(10, 0, 31)),
        ],
        sip_needs=[Said(january(7, 8), "yes")],
        sip_calls=[january(14, 0)],
        leaves=[Leave(january(8, 12), january(8, 18))],
        answers=[
            Answer(january(11, 9), "2180", "HSL", ("home-nursing",), january(12, 10)),
            Answer(january(11, 9), "2180", "SoL", ("home-help",), january(12, 16)),
        ],
        starts=[Start(january(13, 14, 0, 1), "2180", "HSL", ("home-nursing",))],
        information_at=[january(12, 23, 59, 59)],
        follow_up_at=january(15, 14),
    )
    second = Stay("E2", hospital=0, admitted_at=january(20, 14), unplanned=True)
    return Journey("SIM-0001", "2180", [first, second])


def test_a_plan_worked_out_by_hand() -> None:
    rows = list(answers("21", hand_made(), january(22, 0)))
    assert [tuple(row.values())[3:] for row in rows if row["kind"] == "stay"] == [
        ("discharged", "2026-01-05T05:00:00.000000Z", "2026-01-12T13:00:00.000000Z", 6.0),
        ("inpatient", "2026-01-20T13:00:00.000000Z", None, 0.0),
    ]
    found = [
        (row["rule"], row["due_at"], row["done_at"], row["state"])
        for row in rows
        if row["kind"] == "obligation"
    ]
    assert found == [
        ("MH-01", "2026-01-06T09:00:00.000000Z", "2026-01-06T09:00:00.000000Z", "done"),
        ("MH-02", "2026-01-06T09:00:00.000000Z", "2026-01-06T09:00:01.000000Z", "late"),
        ("MH-06", "2026-01-12T13:00:00.000000Z", "2026-01-09T09:00:01.000000Z", "done"),
        ("MH-09", "2026-01-07T09:00:00.000000Z", "2026-01-07T09:00:00.000000Z", "done"),
        ("MH-10", "2026-01-10T22:59:59.999999Z", None, "cancelled"),  # withdrawn on the 8th
        ("MH-09", "2026-01-09T23:30:00.000000Z", "2026-01-09T23:31:00.000000Z", "late"),
        # Told in the first hour of the 10th in Sweden: the 13th is the last day, and the call came as it ended.
        ("MH-10", "2026-01-13T22:59:59.999999Z", "2026-01-13T23:00:00.000000Z", "late"),
        ("MH-12", "2026-01-12T22:59:59.999999Z", "2026-01-12T22:59:59.000000Z", "done"),
        ("MH-18", "2026-01-13T13:00:00.000000Z", "2026-01-13T13:00:01.000000Z", "late"),
        ("MH-18", "2026-01-13T15:00:00.000000Z", None, "missed"),
        ("MH-19", "2026-01-15T13:00:00.000000Z", "2026-01-15T13:00:00.000000Z", "done"),
    ]
    assert [(row["measure"], row["value"], row["value_unit"]) for row in rows if row["kind"] == "wait"] == [
        ("W-01", 24.0, "hours"),
        ("W-02", 2.5, "hours"),
        ("W-03", 3.0, "days"),
        ("W-04", 60.0, "minutes"),
        ("W-04", 61.0, "minutes"),
        ("W-05", 4.0, "dates"),
        ("W-06", 2.0, "dates"),
        ("W-12", 2.0, "dates"),
        ("W-13", 9.9997, "hours"),
        ("W-14", 72.0, "hours"),
        ("W-15", 8.0, "days"),
    ]
    assert [(row["role"], row["party"]) for row in rows if row["kind"] == "responsible"] == [
        ("inpatient", "region:21")
    ]


def test_who_is_responsible_after_a_discharge() -> None:
    journey = hand_made()
    journey.stays.pop()
    journey.stays[0].starts.append(Start(january(13, 15), "2180", "SoL", ("home-help",)))
    rows = answers("21", journey, january(16, 0))
    assert [(row["role"], row["party"]) for row in rows if row["kind"] == "responsible"] == [
        ("open-care", "region:21"),
        ("municipal-health", "municipality:2180"),
        ("social-services", "municipality:2180"),
    ]


def test_a_discharge_that_nobody_announced_is_missed_as_the_patient_leaves() -> None:
    journey = hand_made()
    journey.stays[0].readies = []
    rows = [row for row in answers("21", journey, january(22, 0)) if row.get("rule") == "MH-17"]
    assert [(row["due_at"], row["done_at"], row["state"]) for row in rows] == [
        ("2026-01-12T13:00:00.000000Z", None, "missed")
    ]


def test_a_no_to_the_sip_ends_the_duty_to_call_it() -> None:
    journey = hand_made()
    journey.stays[0].sip_calls = []
    journey.stays[0].consents = [Said(january(13, 23, 59, 59), "refused")]
    rows = [row for row in answers("21", journey, january(22, 0)) if row.get("rule") == "MH-10"]
    assert [row["state"] for row in rows] == ["cancelled", "cancelled"]
    journey.stays[0].consents = [Said(january(14, 0), "refused")]
    rows = [row for row in answers("21", journey, january(22, 0)) if row.get("rule") == "MH-10"]
    assert [row["state"] for row in rows] == ["cancelled", "missed"]
