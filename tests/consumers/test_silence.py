"""A source that falls silent: found, told once by whoever watches, and resolved when it is heard again."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from conftest import Place
from jsonschema import Draft202012Validator
from pipeline import Pipeline
from waiting import wait_until

from cli import main, schemas
from consumers import workers
from consumers.journal import Journal, Line
from consumers.silence import finding_of, heard, received_by, silences, sources
from consumers.system_findings import all_findings, system_findings
from consumers.watch import RAISED, RESOLVED, Looked, Watch, alarm_id
from domain.calendar import STOCKHOLM, format_instant
from infra.postgres import Connection, connect
from infra.settings import Settings
from projections import base
from projections.query import Filters

pytestmark = pytest.mark.broker
HOUR = timedelta(hours=1)
STORE = UUID(int=9)
ROOT = Path(__file__).parent.parent.parent
WARD, OFFICE, NEW, ODD = "ward", "office", "new", "odd"


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM).astimezone(UTC)


# A Wednesday; the ward is heard every hour and last at noon, the office in its hours and last the day before.
LAST = local("2026-10-14T12:05")
DUE = LAST + 3 * HOUR
OFFICE_LAST = local("2026-10-13T16:05")
BEGIN = local("2026-08-03T00:00")


def say(connection: Connection, source: str, times: Iterable[datetime], message: str | None = None) -> None:
    """Facts of a source in the journal, recorded then."""
    number = connection.execute("SELECT count(*) FROM journal.fact").fetchone()
    assert number is not None
    lines = [
        Line(STORE, UUID(int=100), number[0] + n + 1, 0, number[0] + n, n, at, b'{"id":"x"}', source, message)
        for n, at in enumerate(times)
    ]
    Journal(connection).append(lines, "facts")


def every_hour(
    begin: datetime, last: datetime, where: Callable[[datetime], bool] = lambda _: True
) -> list[datetime]:
    """The last one as it is, and before it each hour at five past, where Sweden's clock says so."""
    hours = int((last - begin) / HOUR)
    found = [last - number * HOUR for number in range(hours, -1, -1)]
    return [at for at in found if at == last or where(at.astimezone(STOCKHOLM))]


def office_hours(at: datetime) -> bool:
    return at.weekday() < 5 and 8 <= at.hour < 17


@pytest.fixture
def watched(place: Place) -> Place:
    """Ten weeks of four sources: one that never rests, one with hours, one too new, and one without a rhythm."""
    with connect(place.connections.read_dsn) as connection:
        base.create_schema(connection)
        say(connection, WARD, every_hour(BEGIN, LAST))
        say(connection, OFFICE, every_hour(BEGIN, OFFICE_LAST, office_hours))
        say(connection, NEW, every_hour(LAST - timedelta(days=10), LAST - timedelta(days=2)))
        odd = every_hour(BEGIN, LAST - timedelta(days=3), lambda at: at.timetuple().tm_yday % 20 < 10)
        say(connection, ODD, odd)
    return place


def receive(place: Place, source: str, at: datetime, verdict: str = "known") -> None:
    """A message that told nothing new."""
    with connect(place.connections.store_dsn) as connection:
        connection.execute(
            "INSERT INTO store.received VALUES (%s, '', 'x', '2026-10', %s, '', 1, %s)"
            " ON CONFLICT (source, unit, kind, month, verdict, reason) DO UPDATE SET last_at = excluded.last_at",
            (source, verdict, at),
        )


def silent_at(place: Place, now: datetime) -> list[str]:
    with connect(place.connections.read_dsn) as connection:
        return sorted(silences(connection, now))


def watch(place: Place, now: datetime, alarms_from: datetime | None = BEGIN) -> Watch:
    return Watch(place.connections, interval=HOUR, alarms_from=alarms_from, clock=lambda: now)


def alarms(place: Place) -> list[dict[str, Any]]:
    with connect(place.connections.store_dsn) as connection:
        rows = connection.execute(
            "SELECT key, body FROM store.outbox WHERE stream = 'alarms' ORDER BY position"
        ).fetchall()
    found = [json.loads(bytes(body)) for _, body in rows]
    assert [key for key, _ in rows] == [alarm["data"]["about"] for alarm in found]
    return found


def told(place: Place) -> list[tuple[str, str]]:
    return [(alarm["type"], alarm["data"]["about"]) for alarm in alarms(place)]


# -- what is silent ------------------------------------------------------------------------------------------------


def test_a_source_is_silent_when_its_rhythm_says_so(watched: Place) -> None:
    """The office, last heard on Tuesday, has been silent since Wednesday morning: 55 min of Tuesday count for 2.75."""
    office_due = local("2026-10-14T08:00") + timedelta(hours=(6.907755278982137 - 2.75) / 3)
    assert silent_at(watched, office_due - timedelta(seconds=1)) == []
    assert silent_at(watched, office_due + timedelta(seconds=1)) == [OFFICE]
    assert silent_at(watched, DUE - timedelta(seconds=1)) == [OFFICE]
    assert silent_at(watched, DUE) == [OFFICE, WARD]


def test_whoever_only_repeats_itself_is_not_silent(watched: Place) -> None:
    receive(watched, WARD, LAST + 2 * HOUR)
    assert silent_at(watched, DUE) == [OFFICE]
    assert silent_at(watched, DUE + 2 * HOUR) == [OFFICE, WARD]


def test_as_it_was_at_an_earlier_time(watched: Place) -> None:
    """What was recorded later than is asked about had not been heard by then."""
    with connect(watched.connections.read_dsn) as connection:
        say(connection, WARD, [LAST + 5 * HOUR])
    assert silent_at(watched, DUE) == [OFFICE, WARD]
    assert silent_at(watched, LAST + 5 * HOUR) == [OFFICE]


def test_the_sources_are_listed_with_when_they_are_expected(watched: Place) -> None:
    receive(watched, "hl7v2", LAST, "put_aside")
    with connect(watched.connections.read_dsn) as connection:
        found = {
            line["source"]: line
            for line in sources(heard(connection, DUE, received_by(connection, DUE)), DUE)
        }
    assert list(found) == [OFFICE, WARD, "hl7v2", NEW, ODD]
    ward = found[WARD]
    assert (ward["state"], ward["last_heard"], ward["silent_from"], ward["weeks"]) == ("silent", LAST, DUE, 8)
    assert ward["expected_next"] == LAST + timedelta(minutes=20)
    assert ward["expected"] == 9.0
    assert [found[name]["state"] for name in ("hl7v2", NEW, ODD)] == ["not-judged"] * 3
    assert found[NEW]["why"] == "heard for less than 2 whole weeks"
    assert "without a rhythm" in (found[ODD]["why"] or "")


def test_a_silence_is_among_the_findings_until_the_source_is_heard(watched: Place) -> None:
    with connect(watched.connections.read_dsn) as connection:

        def shown(now: datetime, filters: Filters = Filters()) -> list[tuple[Any, ...]]:  # noqa: B008
            lines = system_findings(connection, base.SCHEMA, filters, now)
            return [
                (x["rule"], x["detail"], x["started_at"], x["state"], x["system"], x["journey"])
                for x in lines
            ]

        ward = ("source-silent", WARD, DUE, "open", True, None)
        assert [line[1] for line in shown(DUE)] == [OFFICE, WARD]
        assert ward in shown(DUE)
        assert ward not in shown(DUE - timedelta(seconds=1))
        assert ward in shown(DUE + 9 * HOUR, Filters(rules=("source-silent",)))
        assert shown(DUE, Filters(rules=("no-envelope",))) == []
        assert shown(DUE, Filters(municipality="2180")) == []
        (found,) = (x for x in all_findings(connection, base.SCHEMA, Filters(), DUE) if x["detail"] == WARD)
        assert found["id"] == finding_of(WARD, LAST)
        assert found["text"] == "A source has not been heard for longer than its rhythm explains."
        # As known before it was silent, and once it was heard again.
        assert shown(DUE, Filters(known_at=DUE - HOUR))[0][1] == OFFICE
        assert len(shown(DUE, Filters(known_at=DUE - HOUR))) == 1
        say(connection, WARD, [DUE + HOUR])
        assert ward not in shown(DUE + HOUR)


# -- alarms --------------------------------------------------------------------------------------------------------


def test_an_alarm_is_raised_once_and_resolved_once(watched: Place) -> None:
    assert watch(watched, DUE - timedelta(seconds=1)).look() == Looked(1, 0)  # the office
    assert watch(watched, DUE).look() == Looked(1, 0)
    assert watch(watched, DUE + HOUR).look() == Looked(0, 0)
    with connect(watched.connections.read_dsn) as connection:
        say(connection, WARD, [DUE + 2 * HOUR, DUE + 3 * HOUR])
    assert watch(watched, DUE + 3 * HOUR).look() == Looked(0, 1)
    assert watch(watched, DUE + 4 * HOUR).look() == Looked(0, 0)
    assert told(watched) == [(RAISED, OFFICE), (RAISED, WARD), (RESOLVED, WARD)]
    _, raised, resolved = alarms(watched)
    about = {
        "rule": "source-silent",
        "about": WARD,
        "began_at": format_instant(LAST),
        "due_at": format_instant(DUE),
    }
    assert raised["data"] == {**about, "expected": 9.0}
    assert resolved["data"] == {**about, "heard_at": format_instant(DUE + 2 * HOUR)}
    assert (raised["time"], resolved["time"]) == (format_instant(DUE), format_instant(DUE + 3 * HOUR))
    assert raised["subject"] == resolved["subject"] == str(finding_of(WARD, LAST))
    assert (raised["id"], resolved["id"]) == (
        str(alarm_id(WARD, LAST, RAISED)),
        str(alarm_id(WARD, LAST, RESOLVED)),
    )
    for alarm, name in ((raised, "alarm-raised"), (resolved, "alarm-resolved")):
        schema = schemas.one(name)
        assert schema is not None
        Draft202012Validator(schema).validate(alarm)


def test_the_next_silence_is_another_alarm(watched: Place) -> None:
    watch(watched, DUE).look()
    again = DUE + 2 * HOUR
    with connect(watched.connections.read_dsn) as connection:
        say(connection, WARD, [again])
    assert watch(watched, again + 3 * HOUR).look() == Looked(1, 1)
    ids = [alarm["id"] for alarm in alarms(watched)]
    assert len(ids) == len(set(ids)) == 4


def test_a_repeat_resolves_as_well(watched: Place) -> None:
    watch(watched, DUE).look()
    receive(watched, WARD, DUE + HOUR)
    assert watch(watched, DUE + 2 * HOUR).look() == Looked(0, 1)
    assert alarms(watched)[-1]["data"]["heard_at"] == format_instant(DUE + HOUR)


def test_a_projector_that_lags_behind_makes_no_source_silent(watched: Place) -> None:
    """What has been received counts, though it is not in the journal yet."""
    receive(watched, WARD, DUE - HOUR, "accepted")
    receive(watched, OFFICE, DUE - HOUR, "accepted")
    assert watch(watched, DUE).look() == Looked(0, 0)


def test_what_fell_due_before_alarms_were_wanted_is_not_told(watched: Place) -> None:
    assert watch(watched, DUE + HOUR, alarms_from=DUE + timedelta(seconds=1)).look() == Looked(0, 0)
    assert watch(watched, DUE + HOUR, alarms_from=DUE).look() == Looked(1, 0)
    assert told(watched) == [(RAISED, WARD)]


def test_by_default_alarms_are_wanted_from_when_a_watch_first_ran(watched: Place) -> None:
    """The office fell silent before, the ward after; a restart later remembers."""
    assert watch(watched, DUE - HOUR, None).look() == Looked(0, 0)
    assert watch(watched, DUE + HOUR, None).look() == Looked(1, 0)
    assert told(watched) == [(RAISED, WARD)]


def test_two_who_watch_at_once_raise_and_resolve_once(watched: Place) -> None:
    def all_at_once(now: datetime) -> list[Looked]:
        started, looked = threading.Barrier(4), list[Looked]()

        def look() -> None:
            started.wait(10)
            looked.append(watch(watched, now).look())

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return looked

    assert sum(looked.raised for looked in all_at_once(DUE)) == 2
    with connect(watched.connections.read_dsn) as connection:
        say(connection, WARD, [DUE + HOUR])
        say(connection, OFFICE, [DUE + HOUR])
    assert sum(looked.resolved for looked in all_at_once(DUE + HOUR)) == 2
    assert sorted(told(watched)) == sorted(
        [(step, source) for step in (RAISED, RESOLVED) for source in (OFFICE, WARD)]
    )


@pytest.mark.slow
def test_killed_and_started_again_it_tells_each_once_and_the_relay_publishes_it(place: Place) -> None:
    """The sources were last heard a day before the real present, so that a real process finds them silent."""
    last = datetime.now(UTC) - timedelta(days=1, minutes=7)
    names = [f"source-{number}" for number in range(12)]
    with connect(place.connections.read_dsn) as connection:
        base.create_schema(connection)
        for name in names:
            say(connection, name, every_hour(last - timedelta(days=30), last))
    env = {
        **os.environ,
        **place.env,
        "CARECHAIN_WATCH_INTERVAL_S": "0.05",
        "CARECHAIN_ALARMS_FROM": (last - timedelta(days=1)).isoformat(),
    }
    command = [str(Path(sys.executable).parent / "carechain"), "run", "watch"]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            env=env,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def count() -> int:
        with connect(place.connections.store_dsn) as connection:
            row = connection.execute("SELECT count(*) FROM store.outbox WHERE stream = 'alarms'").fetchone()
        assert row is not None
        return int(row[0])

    running = [start(), start()]
    try:
        wait_until(lambda: count() > 0, 60, "something is raised")
        for process in running:
            process.kill()
            process.wait()
        running = [start(), start()]
        wait_until(lambda: count() == len(names), 60, "all are raised")
        with connect(place.connections.read_dsn) as connection:
            say(connection, names[0], [datetime.now(UTC)])
        wait_until(lambda: count() == len(names) + 1, 60, "one is resolved")
        for process in running:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(30) for process in running] == [0, 0]
    finally:
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
    assert sorted(told(place)) == sorted([*((RAISED, name) for name in names), (RESOLVED, names[0])])

    workers.relay(place.settings, place.connections, "alarms").publish_available()
    records = Pipeline(place).topic_records("alarms")
    assert sorted(bytes(record.key or b"").decode() for record in records) == sorted([*names, names[0]])
    assert sorted(json.loads(bytes(r.value or b""))["id"] for r in records) == sorted(
        a["id"] for a in alarms(place)
    )


# -- at the terminal -----------------------------------------------------------------------------------------------


def test_at_the_terminal(
    watched: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    golden: Callable[[str, str], None],
) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in {**watched.env, "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    assert main.run(["quality", "sources", "--as-of", "2026-10-14T15:30"]) == 0
    out = capsys.readouterr().out
    golden("cli/quality-sources.txt", out)
    assert main.run(["quality", "sources", "--as-of", "2026-10-14T15:30", "--check", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(schemas.one("quality-sources") or {}).validate(document)
    assert [line["state"] for line in document["data"]] == ["silent", "silent", "not-judged", "not-judged"]
    assert main.run(["quality", "sources", "--as-of", "2026-10-13T12:00", "--check"]) == 0
    assert main.run(["findings", "--rule", "source-silent", "--as-of", "2026-10-14T15:30", "--check"]) == 1
    assert "longer than its rhythm explains. (ward)" in capsys.readouterr().out
