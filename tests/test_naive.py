"""Two implementations of one law: ours, and a naive one written from the statute, agree on every made-up journey."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from mutants import NAIVE_MUTANTS, Mutant, mutated
from naive.journeys import journey
from naive_comparison import Line, Told, concluded, differences, ours, tell, theirs

from consumers.simulator.run import simulate
from domain.agreement import STATUTE, Agreement, LiabilityTerms, LocalLimits

FAST, SLOW = 150, 1_000
"""Journeys made up from seeds: in the fast suite, and in the slow one."""
SIMULATED, MANY_SIMULATED = 500, 10_000
"""Simulated admissions, likewise."""
OFTEN = 20
"""How often each rule, measure and finding must occur among the lines compared."""

AGREED = Agreement(
    id="agreed",
    version=1,
    title="Everything that can be agreed",
    limits=LocalLimits(
        discharge_ready_notice_minutes=60,
        takeover_answer_hours=24,
        municipal_start_hours=24,
        acknowledgement_hours=4,
        planning_input_hours=48,
        estimate_changed_days=1,
        care_contact_before_ready=True,
        sip_established_days=7,
        withdrawal_minutes=30,
        resend_hours=3,
        dispute_day_of_month=12,
        readmission_by="dates",
        home_contact_hours=24,
        follow_up_from_hours=48,
        follow_up_within_hours=72,
    ),
    liability=LiabilityTerms(
        late_admission_notice="delay",
        late_sip_call="delay",
        open_care_cleared="bar",
        refused_sip_waives_call=False,
    ),
)
AGREEMENTS = (AGREED, STATUTE)
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


Answers = dict[tuple[int, datetime], Counter[Line]]
"""What the naive implementation has said already, by journey and moment: no mutant changes it."""


def disagreements(
    number: int, told: Told, seen: Counter[str], every: int = 10, answers: Answers | None = None
) -> list[str]:
    """What the two say differently of one journey, at each of its moments and some at random."""
    answers = {} if answers is None else answers
    agreement = AGREEMENTS[number % len(AGREEMENTS)]
    rows = concluded(told, agreement)
    dice = random.Random(number)
    moments = told.moments(every)
    if moments:
        moments += [moments[0] + dice.random() * (moments[-1] - moments[0]) for _ in range(3)]
        moments += [moment + timedelta(microseconds=dice.choice((-1, 1))) for moment in moments[:2]]
    found = []
    for moment in moments:
        naive = answers.get((number, moment))
        if naive is None:
            naive = answers[number, moment] = theirs(told, agreement, moment)
        seen.update(str(part) for line in naive for part in line[:2])
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


@pytest.fixture(scope="module")
def answers() -> Answers:
    return {}


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
def test_both_say_the_same_of_ten_thousand(tmp_path: Path) -> None:
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
def test_a_mutant_is_noticed(mutant: Mutant, journeys: dict[int, Told], answers: Answers) -> None:
    """One deliberate mistake in a rule, and the two no longer agree."""
    with mutated(mutant):
        assert any(disagreements(seed, told, Counter(), answers=answers) for seed, told in journeys.items())
