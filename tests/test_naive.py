"""Two implementations of one law: ours, and a naive one written from the statute, agree on every made-up journey."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mutants import AGREEMENT_MUTANTS, NAIVE_MUTANTS, Mutant, mutated
from naive.bases import agreements
from naive.clock import day
from naive.journeys import TOWNS, journey, short_journey
from naive_comparison import Adopted, Line, Told, concluded, differences, ours, tell, theirs

from consumers.simulator.run import simulate

FAST, SLOW = 150, 500
"""Journeys made up from seeds: in the fast suite, and in the slow one."""
SHORT, MANY_SHORT, PARTS = 300, 10_000, 5
"""Short ones under agreements made up as well, likewise; the many in so many parts."""
SIMULATED, MANY_SIMULATED = 500, 2_000
"""Simulated admissions, likewise."""
FIRST_SHORT = 1_000_000
"""Short journeys are numbered from here."""
OFTEN = 20
"""How often each rule, measure and finding must occur among the lines compared."""

AGREED: Adopted = [
    {
        "id": "agreed",
        "version": 1,
        "title": "Everything that can be agreed",
        "limits": {
            "discharge_ready_notice_minutes": 60,
            "takeover_answer_hours": 24,
            "municipal_start_hours": 24,
            "acknowledgement_hours": 4,
            "planning_input_hours": 48,
            "estimate_changed_days": 1,
            "care_contact_before_ready": True,
            "sip_established_days": 7,
            "withdrawal_minutes": 30,
            "resend_hours": 3,
            "dispute_day_of_month": 12,
            "readmission_by": "dates",
            "home_contact_hours": 24,
            "follow_up_from_hours": 48,
            "follow_up_within_hours": 72,
        },
        "liability": {
            "late_admission_notice": "delay",
            "late_sip_call": "delay",
            "open_care_cleared": "bar",
            "refused_sip_waives_call": False,
        },
    }
]
STATUTE: Adopted = []


def agreements_of(number: int, told: Told) -> Adopted:
    """Whatever the dice say; for some of the long journeys everything is agreed, or nothing."""
    if number < FIRST_SHORT and number % 5 < 2:
        return (AGREED, STATUTE)[number % 5]
    days = [day(fact["time"]) for fact in told.naive["happened"]] or [date(2026, 1, 1)]
    return agreements(number, days[0], days[-1], TOWNS)


RULES = tuple(f"MH-{number:02}" for number in range(1, 26) if number != 23)
MEASURES = tuple(f"W-{number:02}" for number in range(1, 28) if number not in (7, 8, 9, 10))
FINDINGS = (
    "MH-23", "gap-municipal-care", "gap-after-team", "gap-after-ambulance", "gap-referral", "gap-care-ended",
    "regime-apart", "overlap-municipal-health", "overlap-rehabilitation", "overlap-social-services",
    "overlap-mobile-team", "overlap-specialist", "contradiction-declined", "contradiction-misdirected",
    "contradiction-residence",
)  # fmt: skip
NEXT_STEPS = ("NS-review", "NS-ambulance", "NS-answer-referral", "NS-tell")
CAUSES = (
    "takeover-unanswered", "takeover-declined", "no-takeover-asked", "waiting-for-start", "homegoing",
    "sip-not-called", "sip-not-established", "open-care-missing", "referral-unanswered", "referral-returned",
    "medically-impossible", "chose-other-region", "abstains",
)  # fmt: skip
CARE = (
    "inpatient", "emergency", "open-care", "municipal-health", "rehabilitation", "social-services", "mobile-team",
    "team-member", "specialist", "egenvard", "care_contact", "payment", "stay",
)  # fmt: skip
PAYERS = (
    "not-ready", "no-notice", "waiting-days", "by-the-month", "liable", "admission-notice", "sip-call",
    "late-admission-notice", "several agreements",
)  # fmt: skip


Answers = dict[tuple[int, datetime], Counter[Line]]
"""What the naive implementation has said already, by journey and moment: no mutant changes it."""


def disagreements(
    number: int, told: Told, seen: Counter[str], every: int = 10, answers: Answers | None = None
) -> list[str]:
    """What the two say differently of one journey, at each of its moments and some at random."""
    answers = {} if answers is None else answers
    adopted = agreements_of(number, told)
    rows = concluded(told, adopted)
    dice = random.Random(number)
    moments = told.moments(every)
    if moments:
        moments += [moments[0] + dice.random() * (moments[-1] - moments[0]) for _ in range(3)]
        moments += [moment + timedelta(microseconds=dice.choice((-1, 1))) for moment in moments[:2]]
    found = []
    for moment in moments:
        naive = answers.get((number, moment))
        if naive is None:
            naive = answers[number, moment] = theirs(told, adopted, moment)
        seen.update(str(part) for line in naive for part in line[:2])
        paid = [line for line in naive if line[0] == "payment"]
        seen.update(why for line in paid for why in (line[3] or "liable").split(","))
        seen["several agreements"] += len({line[-1] for line in naive if line[0] == "obligation"}) > 1
        found += [
            f"journey {number} at {moment.isoformat()}: {text}"
            for text in differences(naive, ours(rows, moment))
        ]
    return found


def simulated(folder: Path, admissions: int) -> Iterator[Told]:
    """The simulator's patients, one after the other, as their submissions say."""
    simulate("Gävleborg", admissions, seed=7, output=folder)
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for text in (folder / "facts.ndjson").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        lines[line["patient"]["value"]].append(line)
    return (tell(lines[patient]) for patient in sorted(lines))


@pytest.fixture(scope="module")
def journeys() -> dict[int, Told]:
    return {seed: tell(journey(seed)) for seed in range(FAST)}


def short(seeds: range) -> Iterator[tuple[int, Told]]:
    return ((FIRST_SHORT + seed, tell(short_journey(seed))) for seed in seeds)


@pytest.fixture(scope="module")
def short_journeys() -> dict[int, Told]:
    return dict(short(range(SHORT)))


@pytest.fixture(scope="module")
def answers() -> Answers:
    return {}


def test_both_say_the_same_under_agreements(short_journeys: dict[int, Told], answers: Answers) -> None:
    """None to four agreements, some of them of a part of the journey, of a region, of a municipality, of a care form."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for number, told in short_journeys.items():
        found += disagreements(number, told, seen, answers=answers)
    assert found[:20] == []
    assert {name: seen[name] for name in PAYERS if seen[name] < OFTEN} == {}


def test_both_say_the_same(journeys: dict[int, Told], answers: Answers) -> None:
    """Every rule, measure, responsibility, finding and stay, at many moments of every journey."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for seed, told in journeys.items():
        found += disagreements(seed, told, seen, answers=answers)
    assert found[:20] == []
    rare = {
        name: seen[name]
        for name in (*RULES, *MEASURES, *FINDINGS, *NEXT_STEPS, *CAUSES, *CARE)
        if seen[name] < OFTEN
    }
    assert rare == {}


def test_both_say_the_same_of_simulated_journeys(tmp_path: Path) -> None:
    """With corrections, late arrivals and moves, as the simulator makes them."""
    found: list[str] = []
    for number, told in enumerate(simulated(tmp_path, SIMULATED)):
        found += disagreements(number, told, Counter(), every=15)
        assert found[:20] == []


@pytest.mark.slow
@pytest.mark.timeout(800)
@pytest.mark.parametrize("part", range(PARTS))
def test_both_say_the_same_of_ten_thousand(part: int) -> None:
    """Journeys that are none of the fast suite's, each under agreements of its own."""
    many = MANY_SHORT // PARTS
    found: list[str] = []
    for number, told in short(range(SHORT + part * many, SHORT + (part + 1) * many)):
        found += disagreements(number, told, Counter(), every=20)
        assert found[:20] == []


@pytest.mark.slow
@pytest.mark.timeout(800)
def test_both_say_the_same_of_many_simulated(tmp_path: Path) -> None:
    found: list[str] = []
    for number, told in enumerate(simulated(tmp_path, MANY_SIMULATED)):
        found += disagreements(number, told, Counter(), every=15)
        assert found[:20] == []


@pytest.mark.slow
@pytest.mark.timeout(800)
def test_both_say_the_same_of_many_more() -> None:
    found: list[str] = []
    for seed in range(FAST, FAST + SLOW):
        found += disagreements(seed, tell(journey(seed)), Counter())
        assert found[:20] == []


@pytest.mark.parametrize("mutant", NAIVE_MUTANTS, ids=str)
def test_a_mutant_is_noticed(
    mutant: Mutant, journeys: dict[int, Told], short_journeys: dict[int, Told], answers: Answers
) -> None:
    """One deliberate mistake in a rule, and the two no longer agree."""
    every = {**journeys, **short_journeys}
    with mutated(mutant):
        assert any(disagreements(number, told, Counter(), answers=answers) for number, told in every.items())


@pytest.mark.parametrize("mutant", AGREEMENT_MUTANTS, ids=str)
def test_a_mutant_of_agreements_is_noticed(
    mutant: Mutant, short_journeys: dict[int, Told], answers: Answers
) -> None:
    """One deliberate mistake in which agreement holds, or in what it says, and the two no longer agree."""
    with mutated(mutant):
        assert any(
            disagreements(number, told, Counter(), answers=answers) for number, told in short_journeys.items()
        )
