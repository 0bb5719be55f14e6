"""The scorecard of two sources whose every fact is known by hand, from messages to the terminal; and of 500 patients."""

import csv
import io
import json
import random
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from intakes import intake_into, line
from jsonschema import Draft202012Validator, FormatChecker
from pipeline import Pipeline, lines

from cli import main, schemas
from consumers.conclusions import read_prefix
from consumers.intake.ingest import Ingestion, Outcome
from consumers.intake.message import Message, Told
from consumers.intake.reading import messages_of
from consumers.intake.tally import Key, Tally, counted
from consumers.journal import Journal
from consumers.sealing import OpeningSeal
from consumers.simulator.run import simulate
from domain.basis import Basis
from domain.calendar import local_date
from domain.conclude import conclude
from domain.contradictions import CONTRADICTIONS
from domain.errors import Refused, Unreadable
from domain.facts.correction import Correction
from domain.history import History
from domain.rows import Finding
from domain.submission import Submission
from infra.postgres import connect
from infra.settings import Settings
from infra.vault import KeyReader
from projections.base import SCHEMA
from projections.quality import Asked, quality
from projections.query import Filters

pytestmark = pytest.mark.broker
WARD, CENTRE = "hsa:SE2321000198-WARD1", "hsa:SE2321000198-VC1"
COMPLETE = {"unit": WARD, "care_form": "somatic", "municipality": "2180"}
Said = tuple[str, dict[str, Any] | str]
"""When it was received, and the line."""

MESSAGES: list[Said] = [
    # Recorded one hour after it happened, then told again.
    (
        "2026-03-02T09:00+01:00",
        line("patient-admitted", "2026-03-02T08:00+01:00", "SIM-0001", COMPLETE, message="m1"),
    ),
    (
        "2026-03-02T09:30+01:00",
        line("patient-admitted", "2026-03-02T08:00+01:00", "SIM-0001", COMPLETE, message="m1"),
    ),
    # A leave that never began: half an hour.
    ("2026-03-03T10:30+01:00", line("leave-ended", "2026-03-03T10:00+01:00", "SIM-0001", message="m2")),
    # 30 hours late, and without the destination.
    (
        "2026-03-06T18:00+01:00",
        line("patient-discharged", "2026-03-05T12:00+01:00", "SIM-0001", message="m3"),
    ),
    # Two hours; without two of three items.
    (
        "2026-03-10T11:00+01:00",
        line("patient-admitted", "2026-03-10T09:00+01:00", "SIM-0002", {"unit": WARD}, message="m4"),
    ),
    # Three hours; voided after.
    (
        "2026-03-11T12:00+01:00",
        line("patient-admitted", "2026-03-11T09:00+01:00", "SIM-0003", COMPLETE, message="m5"),
    ),
    (
        "2026-03-11T14:00+01:00",
        line("fact-voided", "2026-03-11T13:00+01:00", "SIM-0003", {"target_message": "m5"}, message="m6"),
    ),
    # The day alone: recorded ten hours after it was over.
    (
        "2026-03-13T10:00+01:00",
        line(
            "patient-admitted", "2026-03-12T00:00+01:00", "SIM-0004", COMPLETE, message="m7", precision="day"
        ),
    ),
    # Cannot be read: nobody's, but for the format.
    ("2026-03-13T10:00+01:00", "{"),
    # Of April, from elsewhere, received in May: 40 hours late.
    (
        "2026-05-02T04:00+02:00",
        line(
            "home-visit-made",
            "2026-04-30T12:00+02:00",
            "SIM-0005",
            {"unit": CENTRE},
            source="town",
            unit=CENTRE,
            message="t1",
        ),
    ),
]
NONE_OF_THIS: dict[str, list[Any]] = {
    "missing": [],
    "unmapped_by": [],
}
EXPECTED: list[dict[str, Any]] = [
    {
        "source": "ndjson", "unit": None, "month": "2026-03", "facts": 0, "late": 0, "late_share": None, "ahead": 0,
        "contradictory": 0, "contradictory_share": None, "corrected": 0, "corrected_share": None, "judged": 0,
        "lacking": 0, "lacking_share": None, "delay_median": None, "delay_p90": None, "messages": 1, "repeated": 0,
        "repeated_share": 0.0, "unmapped": 1, "unmapped_share": 1.0, "small": True, "missing": [],
        "unmapped_by": [{"verdict": "put_aside", "kind": "ndjson", "reason": "not-json", "messages": 1}],
    },
    {
        "source": "town", "unit": CENTRE, "month": "2026-04", "facts": 1, "late": 1, "late_share": 1.0, "ahead": 0,
        "contradictory": 0, "contradictory_share": 0.0, "corrected": 0, "corrected_share": 0.0, "judged": 1,
        "lacking": 0, "lacking_share": 0.0, "delay_median": 40.0, "delay_p90": 40.0, "messages": 0, "repeated": 0,
        "repeated_share": None, "unmapped": 0, "unmapped_share": None, "small": True, **NONE_OF_THIS,
    },
    {
        "source": "town", "unit": CENTRE, "month": "2026-05", "facts": 0, "late": 0, "late_share": None, "ahead": 0,
        "contradictory": 0, "contradictory_share": None, "corrected": 0, "corrected_share": None, "judged": 0,
        "lacking": 0, "lacking_share": None, "delay_median": None, "delay_p90": None, "messages": 1, "repeated": 0,
        "repeated_share": 0.0, "unmapped": 0, "unmapped_share": 0.0, "small": True, **NONE_OF_THIS,
    },
    {
        # Delays 0.5, 1, 2, 3, 10 and 30 hours: 2.5 in the middle, and 10 + 0.5 * 20 at nine of ten.
        "source": "ward", "unit": WARD, "month": "2026-03", "facts": 6, "late": 1, "late_share": 0.1667, "ahead": 0,
        "contradictory": 1, "contradictory_share": 0.1667, "corrected": 1, "corrected_share": 0.1667, "judged": 5,
        "lacking": 2, "lacking_share": 0.4, "delay_median": 2.5, "delay_p90": 20.0, "messages": 8, "repeated": 1,
        "repeated_share": 0.125, "unmapped": 0, "unmapped_share": 0.0, "small": True,
        "missing": [
            {"fact": "patient-admitted", "item": "care_form", "facts": 3, "lacking": 1, "share": 0.3333},
            {"fact": "patient-admitted", "item": "municipality", "facts": 3, "lacking": 1, "share": 0.3333},
            {"fact": "patient-discharged", "item": "destination", "facts": 1, "lacking": 1, "share": 1.0},
        ],
        "unmapped_by": [],
    },
]  # fmt: skip


def receive(place: Place, said: list[Said]) -> None:
    """Take each message in at its own time."""
    with intake_into(place) as intake:
        for at, document in said:
            now = datetime.fromisoformat(at).astimezone(UTC)
            raw = document if isinstance(document, str) else json.dumps(document)
            run = Ingestion(intake, lambda now=now: now)  # type: ignore[misc]
            (came,) = run.take(list(messages_of(f"{raw}\n".encode(), "application/x-ndjson")))
            assert (came.verdict == "put_aside") == isinstance(document, str), came.trouble


@pytest.fixture(scope="module")
def received(module_place: Place) -> Pipeline:
    pipeline = Pipeline(module_place)
    receive(module_place, MESSAGES)
    pipeline.project()
    return pipeline


@pytest.fixture
def terminal(
    received: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in received.place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main.run(("quality", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


Run = Callable[..., tuple[int, str, str]]


def test_the_scorecards_are_what_was_reckoned_by_hand(received: Pipeline) -> None:
    asked = Asked(Filters(), datetime(2026, 6, 1, tzinfo=UTC))
    with connect(received.place.connections.read_dsn) as connection:
        assert quality(connection, SCHEMA, asked, connection) == EXPECTED
        # Counted by source: the facts of April and the message of May are one line.
        by_source = Asked(Filters(), asked.now, by=("source",))
        found = {line["source"]: line for line in quality(connection, SCHEMA, by_source, connection)}
        assert [found["town"][name] for name in ("facts", "messages", "month", "unit")] == [1, 1, None, None]
        # On the 4th three things had not happened, and one had: the leave.
        then = Asked(Filters(), datetime(2026, 3, 4, tzinfo=UTC))
        (line,) = quality(connection, SCHEMA, then)
    told = ("facts", "late", "contradictory", "corrected", "delay_median", "messages")
    assert [line[name] for name in told] == [2, 0, 1, 0, 0.75, None]  # type: ignore[literal-required]


def test_a_rebuild_gives_the_same_and_a_repeat_counts_as_one(received: Pipeline) -> None:
    before = received.shown()
    assert before["timeline"]
    received.rebuild()
    assert received.shown() == before
    assert received.differences() == []


def test_for_reading(terminal: Run, golden: Callable[[str, str], None]) -> None:
    code, out, err = terminal("--missing", "--unmapped")
    assert code == 0, err
    golden("cli/quality.txt", out)
    assert max(map(len, out.splitlines())) <= 100
    assert "rests on fewer than 20 facts" in err


def test_as_data(terminal: Run) -> None:
    _, out, _ = terminal("--source", "ward", "--json")
    document = json.loads(out)
    assert document["data"] == [EXPECTED[3]]
    Draft202012Validator(schemas.one("quality") or {}, format_checker=FormatChecker()).validate(document)
    assert (document["version"], document["late_after"]) == (1, 24.0)
    _, out, _ = terminal("--by", "source", "--output", "csv")
    table = {line["source"]: line for line in csv.DictReader(io.StringIO(out))}
    assert (table["ward"]["late_share"], table["town"]["delay_p90"], table["ndjson"]["unmapped"]) == (
        "0.1667",
        "40.0",
        "1",
    )
    _, out, _ = terminal("--source", "ward", "--output", "ndjson")
    assert json.loads(out) == EXPECTED[3]
    assert terminal("--source", "nobody")[:2] == (0, "")


def test_of_days(terminal: Run) -> None:
    def facts(*arguments: str) -> dict[str, int]:
        _, out, _ = terminal(*arguments, "--by", "source", "--json")
        return {line["source"]: line["facts"] for line in json.loads(out)["data"]}

    assert facts("--month", "2026-04") == {"town": 1}
    assert facts("--since", "2026-03-05", "--until", "2026-03-10") == {"ward": 2, "ndjson": 0}
    # Three of the first patient and one of the fourth; the second's municipality was not told, the third's annulled.
    assert facts("--municipality", "Gävle") == {"ward": 4}
    assert facts("--known-at", "2026-03-06T00:00") == {"ward": 2}
    assert facts("--known-at", "2026-03-06T00:00", "--as-of", "2026-03-02T12:00") == {"ward": 1}


def test_what_is_above_a_limit_fails_a_check(terminal: Run) -> None:
    code, out, _ = terminal("--above", "unmapped=50", "--check", "--json")
    assert (code, [line["source"] for line in json.loads(out)["data"]]) == (1, ["ndjson"])
    assert terminal("--above", "delay=41", "--above", "contradictory=20%", "--check")[0] == 0
    assert terminal("--above", "delay=39,9", "--check")[0] == 1
    assert terminal("--above", "delay=39,9")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("--check",),
        ("--above", "late"),
        ("--above", "lateness=3"),
        ("--above", "late=nan"),
        ("--month", "March"),
        ("--month", "2026-03", "--since", "2026-03-01"),
        ("--since", "1 March"),
        ("--late-after", "-1"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(terminal: Run, arguments: tuple[str, ...]) -> None:
    assert terminal(*arguments)[0] == 2


# -- counting messages ---------------------------------------------------------------------------------------------

RECEIVED = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
"""After midnight in Sweden: April."""


def outcome(verdict: Any, told: Told | None = None, trouble: Unreadable | Refused | None = None) -> Outcome:
    message = Message.of(b"x", lambda: Told("x"), place="file 1", format="hl7v2", content_type="text/plain")
    return Outcome(message, told, verdict, trouble)


OUTCOMES = [
    outcome("accepted", Told("ADT^A01", source="ward", unit=WARD)),
    outcome("accepted", Told("ADT^A01", source="ward", unit=WARD)),
    outcome("not_of_use", Told("ORU^R01", source="ward")),
    outcome(
        "put_aside", Told("ADT^A02", source="ward", unit=WARD), Unreadable("no-time", "It tells no time.")
    ),
    outcome("put_aside", Told("ADT^A02", source="ward", unit=WARD), Refused("It is erased.", "")),
    outcome("put_aside", None, Unreadable("broken", "It is broken.")),
]
COUNTS = {
    Key("ward", WARD, "ADT^A01", "2026-04", "accepted", ""): 2,
    Key("ward", "", "ORU^R01", "2026-04", "not_of_use", ""): 1,
    Key("ward", WARD, "ADT^A02", "2026-04", "put_aside", "no-time"): 1,
    Key("ward", WARD, "ADT^A02", "2026-04", "put_aside", "refused"): 1,
    Key("hl7v2", "", "hl7v2", "2026-04", "put_aside", "broken"): 1,
}


def test_messages_are_counted_by_what_became_of_them() -> None:
    assert counted(OUTCOMES, RECEIVED) == COUNTS


def test_counts_add_up_over_batches(place: Place) -> None:
    tally = Tally(place.connections.store_dsn)
    for hour in (2, 1):
        tally.add(OUTCOMES, RECEIVED + timedelta(hours=hour))
    tally.add([], RECEIVED)
    with connect(place.connections.store_dsn) as connection:
        found = {
            Key(*row[:6]): row[6:]
            for row in connection.execute(
                "SELECT source, unit, kind, month, verdict, reason, messages, last_at FROM store.received"
            )
        }
        asked = Asked(Filters(), RECEIVED)
        by_unit = {(line["source"], line["unit"]): line for line in quality_of_messages(connection, asked)}
    last = RECEIVED + timedelta(hours=2)
    assert found == {key: (2 * count, last) for key, count in COUNTS.items()}
    ward, elsewhere = by_unit["ward", WARD], by_unit["ward", None]
    assert (ward["messages"], ward["unmapped"], ward["unmapped_share"]) == (8, 4, 0.5)
    assert (elsewhere["unmapped_by"], elsewhere["facts"]) == (
        [{"verdict": "not_of_use", "kind": "ORU^R01", "reason": None, "messages": 2}],
        0,
    )


def quality_of_messages(connection: Any, asked: Asked) -> Any:
    from projections.base import create_schema

    create_schema(connection)
    return quality(connection, SCHEMA, asked, connection)


def test_a_count_that_cannot_be_written_stops_no_message(place: Place) -> None:
    with connect(place.connections.store_dsn) as connection:
        connection.execute("DROP TABLE store.received")
    tally = Tally(place.connections.store_dsn)
    tally.add(OUTCOMES, RECEIVED)
    tally.add(OUTCOMES, RECEIVED)
    Tally("postgresql://nobody@127.0.0.1:1/none").add(OUTCOMES, RECEIVED)


# -- 500 patients: what SQL says, reckoned again in Python -----------------------------------------------------------


@pytest.fixture(scope="module")
def simulated(new_place: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("month")
    simulate("Gävleborg", 500, seed=11, output=folder)
    with new_place() as place:
        pipeline = Pipeline(place)
        submissions = sorted(map(without, lines(folder / "facts.ndjson")), key=lambda said: said.time)
        # Recorded in portions, each when its last act had happened, or a while before or after.
        hours = cycle(random.Random(5).sample(range(-60, 240), 40))
        for start in range(0, len(submissions), 100):
            some = submissions[start : start + 100]
            now = some[-1].time + timedelta(hours=next(hours), minutes=7)
            pipeline.submit(some, lambda now=now: now)  # type: ignore[misc]
        pipeline.project(timeout=300)
        yield pipeline


def without(said: Submission) -> Submission:
    """Simulated sources forget nothing: some leave out what they should say, by the sum of the message's signs."""
    if not said.message or sum(said.message.encode()) % 5:
        return said
    kept = {
        name: value
        for name, value in said.data.items()
        if name not in ("care_form", "destination", "recipients")
    }
    return said.model_copy(update={"data": kept})


@pytest.mark.slow
def test_sql_says_what_python_says_of_500_patients(simulated: Pipeline, tmp_path: Path) -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    place = simulated.place
    with connect(place.connections.read_dsn) as connection:
        told = quality(connection, SCHEMA, Asked(Filters(), now, late_after=12.0))
        wanted = reckoned(simulated, connection, 12.0)
    assert len(told) > 20
    assert {(line["source"], line["unit"], line["month"]) for line in told} == wanted.keys()
    for card in told:
        said = wanted[card["source"], card["unit"], card["month"]]
        assert {name: card[name] for name in said} == said, card  # type: ignore[literal-required]
    for name in ("late", "ahead", "contradictory", "corrected", "lacking"):
        assert any(dict(card)[name] for card in told), name


def reckoned(pipeline: Pipeline, connection: Any, late_after: float) -> dict[tuple[Any, ...], dict[str, Any]]:
    """The same, from the facts one by one."""
    connections = pipeline.place.connections
    journal = Journal(connection)
    every = [j for partition in journal.partitions() for j in journal.journeys(partition, None, 10_000)]
    cards: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    delays: defaultdict[tuple[Any, ...], list[float]] = defaultdict(list)
    with KeyReader(connections.vault_dsn, pipeline.key) as keys:
        keys.load_keys(every)
        seal = OpeningSeal(keys)
        for journey, found in journal.load(every).items():
            facts, trouble = read_prefix(found, seal)
            assert trouble is None
            history = History.of(facts)
            rows = conclude(journey, history, Basis())
            named = {
                fact
                for row in rows
                if isinstance(row, Finding) and row.rule in CONTRADICTIONS
                for fact in row.opened_by
            }
            counting = {fact.id: fact for fact in history.facts}
            for fact in facts:
                if issubclass(fact.kind, Correction):
                    continue
                now_is = counting.get(fact.id, fact)
                envelope = fact.envelope
                key = (envelope.sourcesystem, envelope.actorunit, f"{local_date(now_is.time):%Y-%m}")
                delay = (envelope.recordedtime - now_is.time) / timedelta(hours=1)
                delays[key].append(max(delay, 0.0))
                asked = fact.id in counting and now_is.fact is not None and envelope.principal is not None
                lacks = asked and now_is.fact is not None and bool(now_is.fact.missing())
                cards[key].update(
                    facts=1,
                    late=delay > late_after,
                    ahead=delay < 0,
                    contradictory=fact.id in named,
                    corrected=fact.id not in counting or now_is.corrected_by is not None,
                    judged=asked,
                    lacking=lacks,
                )
    return {
        key: dict(card)
        | {
            "late_share": round(card["late"] / card["facts"], 4),
            "lacking_share": round(card["lacking"] / card["judged"], 4) if card["judged"] else None,
            "delay_median": round(statistics.median(delays[key]), 4),
            "delay_p90": round(ninth(delays[key]), 4),
        }
        for key, card in cards.items()
    }


def ninth(values: list[float]) -> float:
    """The value at nine of ten, between its neighbours by the way to go."""
    ordered = sorted(values)
    place = 0.9 * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
