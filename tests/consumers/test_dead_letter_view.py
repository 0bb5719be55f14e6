"""A message about a patient that lies in the dead letters stands among the journey's findings while it lies there."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from conftest import Place
from intakes import line, said, write
from pipeline import Pipeline
from waiting import wait_until

from cli import main
from consumers import workers
from consumers.dead_letter_view import READER, DeadLetterReader, note
from consumers.intake.dead_letter_acts import Clerk, discard
from consumers.intake.dead_letter_events import letter_event, resolved_event
from consumers.intake.dead_letters_kept import Wanted
from consumers.intake.dead_letters_kept import letters as kept_letters
from consumers.intake.files import find
from consumers.intake.ingest import Ingestion
from consumers.intake.reading import messages
from consumers.intake.site import Site
from consumers.journal import Journal
from consumers.system_findings import DEAD_LETTER, system_findings
from infra.postgres import Connection, connect
from infra.settings import Settings
from projections import base
from projections.query import Filters

pytestmark = pytest.mark.broker
STORE, ONE, TWO = (UUID(int=number) for number in (9, 1, 2))
T0 = datetime(2026, 3, 2, 8, tzinfo=UTC)
DIGEST, OTHER = "a" * 64, "b" * 64
BY = "7d0c1f3e-0000-4000-8000-000000000001"
HOUR = timedelta(hours=1)
Found = list[tuple[Any, ...]]


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    with connect(place.connections.read_dsn) as made:
        base.create_schema(made)
        yield made


def letter(digest: str, number: int, at: datetime, journey: UUID | None = ONE, **more: Any) -> bytes:
    data = {"digest": digest, "reason": "not-xml", "source": "ward", "journey": journey and str(journey)}
    return letter_event(STORE, number, at, {**data, **more})


def end(digest: str, number: int, at: datetime) -> bytes:
    return resolved_event(STORE, number, at, digest=digest, how="retried", by=BY)


def noted(connection: Connection, *bodies: bytes) -> None:
    for offset, body in enumerate(bodies):
        note(connection, SimpleNamespace(topic="x", partition=0, offset=offset, value=body))  # type: ignore[arg-type]


def found(connection: Connection, now: datetime = T0 + 99 * HOUR, known_at: datetime | None = None) -> Found:
    rows = system_findings(connection, base.SCHEMA, Filters(rules=[DEAD_LETTER], known_at=known_at), now)
    return [(row["journey"], row["started_at"], row["detail"]) for row in rows]


def test_it_stands_there_from_when_it_came_until_it_is_resolved(connection: Connection) -> None:
    noted(
        connection,
        letter(DIGEST, 1, T0, kind="ADT^A01"),
        letter(OTHER, 1, T0 + HOUR, TWO),
        letter("c" * 64, 1, T0, None),
        end(DIGEST, 1, T0 + 2 * HOUR),
    )
    first, second = (ONE, T0, "not-xml, ADT^A01, from ward"), (TWO, T0 + HOUR, "not-xml, from ward")
    assert found(connection) == [second]
    for now, expected in (
        (T0 - HOUR, []),
        (T0, [first]),
        (T0 + HOUR, [first, second]),
        (T0 + 2 * HOUR, [second]),
    ):
        assert found(connection, now=now) == expected
        assert found(connection, known_at=now) == expected


def test_it_says_what_was_told_of_it_last_and_since_when_it_lies_there(connection: Connection) -> None:
    noted(
        connection,
        letter(DIGEST, 1, T0, TWO),
        letter(DIGEST, 2, T0 + HOUR, ONE, reason="no-unit", since="2026-03-02T08:00:00.000000Z"),
        end(DIGEST, 2, T0 + 2 * HOUR),
        letter(DIGEST, 3, T0 + 3 * HOUR, ONE, reason="lost-again"),
    )
    before, then, again = (
        (TWO, T0, "not-xml, from ward"),
        (ONE, T0, "no-unit, from ward"),
        (ONE, T0 + 3 * HOUR, "lost-again, from ward"),
    )
    states = [found(connection, now=T0 + hours * HOUR) for hours in range(4)]
    assert states == [[before], [then], [], [again]]


def test_the_same_events_again_change_nothing(connection: Connection) -> None:
    bodies = [
        letter(DIGEST, 1, T0),
        letter(DIGEST, 2, T0 + HOUR, reason="no-unit", since="2026-03-02T08:00:00.000000Z"),
    ]
    noted(connection, *bodies)
    rows = connection.execute("SELECT * FROM journal.dead_letter ORDER BY id").fetchall()
    noted(connection, *bodies)
    assert connection.execute("SELECT * FROM journal.dead_letter ORDER BY id").fetchall() == rows
    assert [len(found(connection, now=T0 + hours * HOUR)) for hours in (0, 1)] == [1, 1]


def test_what_is_no_event_about_a_letter_is_passed_over(connection: Connection) -> None:
    other = json.loads(letter(OTHER, 1, T0)) | {"type": "se.carechain.dead-letter.v9"}
    noted(
        connection,
        b"Tolvan",
        json.dumps(other).encode(),
        b'{"id": "x", "type": "se.carechain.dead-letter.v1", "time": "2026-03-02T08:00:00Z", "data": {}}',
        letter(DIGEST, 1, T0),
    )
    assert len(found(connection)) == 1


class Ward:
    """A patient admitted, and a message about them that is put aside: what was stored of the patient is damaged."""

    def __init__(self, place: Place, folder: Any) -> None:
        self.place = place
        self.pipeline = Pipeline(place)
        self.folder = folder
        self.pipeline.submit(
            [said("patient-admitted", "2026-03-02T08:00:00+01:00", "SIM-0001", message="m1")]
        )
        self.pipeline.project()
        self.journey = self.pipeline.journey("simulated", "SIM-0001")

    def put_aside(self) -> None:
        before = self._state("left(state::text, 2)::bytea || '{}'")
        leave = line("leave-started", "2026-03-03T08:00:00+01:00", "SIM-0001", message="m2")
        file = write(self.folder / "1.ndjson", [leave])
        with self.pipeline.intake() as intake:
            run = Ingestion(intake, lambda: datetime.now(UTC))
            assert run.run(messages(find([str(file)]))).reasons == {"refused": 1}
        self._state("%s", before)

    def _state(self, expression: str, *given: object) -> bytes:
        with connect(self.place.connections.store_dsn) as connection:
            row = connection.execute(
                "SELECT state FROM store.journeys_events WHERE originator_id = %s", (self.journey,)
            ).fetchone()
            connection.execute(
                f"UPDATE store.journeys_events SET state = {expression} WHERE originator_id = %s",  # type: ignore[arg-type]
                (*given, self.journey),
            )
        assert row is not None
        return bytes(row[0])

    def letter(self) -> Any:
        with connect(self.place.connections.store_dsn) as connection:
            (one,) = kept_letters(connection, Wanted(states=None))
        return one

    def shown(self, number: int) -> Callable[[], bool]:
        """Whether so many stand among the findings of the journey."""

        def look() -> bool:
            with connect(self.place.connections.read_dsn) as connection:
                filters = Filters(journeys=[self.journey], rules=[DEAD_LETTER])
                return len(system_findings(connection, base.SCHEMA, filters, datetime.now(UTC))) == number

        return look

    def until(self, number: int, what: str) -> None:
        workers.relay(self.place.settings, self.place.connections, "dead-letters").publish_available()
        with self.pipeline.projecting():
            wait_until(self.shown(number), 60, what)


def test_from_the_intake_to_the_findings_and_away_again(
    place: Place, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ward = Ward(place, tmp_path)
    ward.put_aside()
    assert ward.letter().journey == ward.journey
    ward.until(1, "the letter is shown")

    monkeypatch.setattr(Settings, "flags", {})
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    assert main.run(["findings", "--json", "--rule", DEAD_LETTER, "--journey", str(ward.journey)]) == 0
    (row,) = json.loads(capsys.readouterr().out)["data"]
    assert {name: row[name] for name in ("journey", "state", "system", "detail", "ended_at")} == {
        "journey": str(ward.journey),
        "state": "open",
        "system": True,
        "detail": "refused, command, from ward",
        "ended_at": None,
    }
    assert datetime.fromisoformat(row["started_at"]) == ward.letter().since

    assert main.run(["journey", "show", str(ward.journey), "--json"]) == 0
    page = json.loads(capsys.readouterr().out)["data"]
    assert DEAD_LETTER in {line["rule"] for line in (page[0] if isinstance(page, list) else page)["findings"]}

    # A rebuild does not make it, keeps it, and goes on from the same place.
    before = position(place)
    ward.pipeline.rebuild()
    assert ward.shown(1)()
    assert position(place) == before > 0
    assert ward.pipeline.differences() == []

    with ward.pipeline.intake() as intake:
        assert Clerk(intake, Site(), lambda: datetime.now(UTC), BY).retry(ward.letter()).outcome == "retried"
    ward.until(0, "the letter is shown no more")
    assert position(place) > before
    since = ward.letter().since
    capsys.readouterr()
    assert main.run(["findings", "--json", "--rule", DEAD_LETTER, "--known-at", since.isoformat()]) == 0
    assert len(json.loads(capsys.readouterr().out)["data"]) == 1


def position(place: Place) -> int:
    with connect(place.connections.read_dsn) as connection:
        row = connection.execute(
            "SELECT next_offset FROM journal.position WHERE reader = %s", (READER,)
        ).fetchone()
    return 0 if row is None else int(row[0])


def test_a_discarded_letter_is_no_finding_either(place: Place, tmp_path: Any) -> None:
    ward = Ward(place, tmp_path)
    ward.put_aside()
    with ward.pipeline.intake() as intake:
        letter = ward.letter()
        given = (intake.store_dsn, intake.app.store, intake.vault, letter)
        assert discard(*given, reason="no", by=BY, now=datetime.now(UTC))
    workers.relay(place.settings, place.connections, "dead-letters").publish_available()
    reader = DeadLetterReader(place.connections, place.topic("dead-letters"))
    try:
        wait_until(lambda: reader.look() or position(place) >= 2, 30, "both events are read")
    finally:
        reader.close()
    assert ward.shown(0)()


def test_of_two_readers_one_reads_each_event(place: Place, connection: Connection) -> None:
    from infra import kafka

    topic = place.topic("dead-letters")
    producer = kafka.plain_producer(place.connections.kafka)
    for number in range(5):
        producer.send(topic, value=letter(f"{number:064x}", 1, T0 + number * HOUR)).get(10)
    readers = [DeadLetterReader(place.connections, topic) for _ in range(2)]
    try:
        wait_until(
            lambda: any(reader.look() for reader in readers) or position(place) == 5, 30, "all are read"
        )
        producer.send(topic, value=end("0" * 64, 1, T0 + 9 * HOUR)).get(10)
        wait_until(
            lambda: any(reader.look() for reader in readers) or position(place) == 6, 30, "the end is read"
        )
    finally:
        producer.close()
        for reader in readers:
            reader.close()
    assert len(found(connection)) == 4


def test_answers_do_not_wait_for_a_topic_that_is_not_there(place: Place) -> None:
    reader = DeadLetterReader(place.connections, f"{place.settings.topic_prefix}no-such-topic")
    reader.look()
    reader.close()
    with connect(place.connections.read_dsn) as made:
        assert READER not in {
            row[0] for row in made.execute("SELECT reader FROM journal.position").fetchall()
        }
        assert Journal(made).positions() == {}
