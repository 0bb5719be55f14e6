"""`audit verify` on real servers: an honest log, everything that is not there yet, and every kind of tampering."""

import json
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from audit_copies import TAMPERINGS, Copies
from audit_places import (
    asked,
    filled,
    forged_topic,
    put_journal,
    put_store,
    read_copies,
    sign,
    signing_folder,
    verdict,
)
from conftest import Place
from jsonschema import Draft202012Validator
from pipeline import Pipeline, submission

from cli import audit_verify_schema
from cli.main import run
from consumers.audit.verify import verify
from consumers.audit.verify_check import Verdict
from infra import signing
from infra.errors import OperatingError
from infra.postgres import connect

pytestmark = pytest.mark.broker


def told(found: Verdict) -> list[tuple[str, tuple[str, ...]]]:
    return [(fault.kind, fault.odd) for fault in found.found]


def change(place: Place, statement: str, *values: object) -> None:
    with connect(place.connections.store_dsn) as connection:
        changed = connection.execute(statement.encode(), values)
        assert changed.rowcount


def admissions(first: int, count: int) -> list:  # type: ignore[type-arg]
    data = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}
    return [
        submission(
            "patient-admitted",
            "2026-03-02T08:00:00+01:00",
            f"SIM-{number % 20:06d}",
            message=f"m{number}",
            data=data,
        )
        for number in range(first, first + count)
    ]


# -- an honest log ---------------------------------------------------------------------------------------------------


def test_an_honest_log_and_what_is_still_on_its_way(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(admissions(0, 40))
    pipeline.project()
    sign(place)
    found = verdict(place)
    assert told(found) == []
    assert (found.facts, found.journeys, found.checkpoints) == (40, 20, 1)
    assert (found.proven, found.unproven) == (40, 0)
    pipeline.submit(admissions(40, 3))
    found = verdict(place)
    assert (told(found), found.not_on_kafka, found.not_in_journal, found.unproven) == ([], 3, 0, 3)
    pipeline.relay()
    found = verdict(place)
    assert (told(found), found.not_on_kafka, found.not_in_journal) == ([], 0, 3)
    pipeline.project()
    sign(place, relay=False)
    found = verdict(place)
    assert (told(found), found.not_in_journal, found.checkpoints_not_on_kafka) == ([], 0, 1)
    assert (found.proven, found.unproven, found.checkpoints) == (43, 0, 2)


def test_an_empty_log(place: Place) -> None:
    found = verdict(place)
    assert (told(found), found.facts, found.journeys) == ([], 0, 0)


@pytest.mark.slow
def test_several_processes_come_to_the_same(place: Place) -> None:
    copies = filled(place)
    assert told(verdict(place, workers=2)) == []
    copies.store.pop(20)
    put_store(place, copies.store)
    alone, together = verdict(place), verdict(place, workers=2)
    assert ("missing", ("store",)) in told(alone)
    assert told(alone) == told(together)


@pytest.mark.slow
def test_while_facts_come_in_and_go_through(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit(admissions(0, 20))
    stop, failures = threading.Event(), []

    def record() -> None:
        try:
            for number in range(20, 2_000, 20):
                if stop.is_set():
                    return
                pipeline.submit(admissions(number, 20))
                pipeline.relay()
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=record)
    thread.start()
    try:
        with pipeline.projecting():
            for _ in range(6):
                found = verdict(place)
                assert told(found) == []
    finally:
        stop.set()
        thread.join(60)
    assert not failures
    assert found.facts >= 20


# -- tampering -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
class TestStore:
    def test_a_changed_byte(self, place: Place) -> None:
        filled(place)
        change(
            place,
            "UPDATE store.journeys_events SET state = set_byte(state, 300, get_byte(state, 300) # 1)"
            " WHERE notification_id = (SELECT notification_id FROM store.journeys_events"
            " ORDER BY notification_id OFFSET 9 LIMIT 1)",
        )
        found = verdict(place)
        assert ("changed", ("store",)) in told(found)
        assert ("root", ("store",)) in told(found)
        assert {odd for _, odd in told(found)} == {("store",)}

    def test_a_dropped_fact(self, place: Place) -> None:
        copies = filled(place)
        dropped = copies.store[12]
        change(place, "DELETE FROM store.journeys_events WHERE notification_id = %s", dropped.position)
        found = verdict(place)
        missing = found.found.first["missing"]
        assert (missing.odd, missing.position, missing.found) == (("store",), dropped.position, "nothing")
        assert ("size", ("store",)) in told(found)

    def test_an_added_fact(self, place: Place) -> None:
        copies = filled(place, signed=False)
        last = copies.store[20]
        change(
            place,
            "INSERT INTO store.journeys_events SELECT originator_id, 70, topic, state, notification_id - 1"
            " FROM store.journeys_events WHERE notification_id = (SELECT min(notification_id)"
            " FROM store.journeys_events e WHERE notification_id > %s AND NOT EXISTS (SELECT FROM"
            " store.journeys_events o WHERE o.notification_id = e.notification_id - 1))",
            last.position,
        )
        found = verdict(place)
        assert {odd for _, odd in told(found)} == {("store",)}
        assert ("gap", ("store",)) in told(found)


@pytest.mark.slow
class TestKafka:
    @pytest.mark.parametrize(
        ("tamper", "kind"),
        [
            ("byte", "changed"),
            ("drop", "missing"),
            ("repeat", "repeated"),
            ("reorder", "order"),
            ("elsewhere", "partition"),
        ],
    )
    def test_a_topic_that_somebody_rewrote(self, place: Place, tamper: str, kind: str) -> None:
        copies = filled(place)
        partition = max(copies.kafka, key=lambda p: len(copies.kafka[p]))
        records = copies.kafka[partition]
        match tamper:
            case "byte":
                records[2] = records[2]._replace(
                    value=(records[2].value or b"").replace(b"somatic", b"somatit")
                )
            case "drop":
                del records[2]
            case "repeat":
                records.insert(3, records[2])
            case "reorder":
                a, b = records[2], records[3]
                records[2:4] = [b._replace(offset=a.offset), a._replace(offset=b.offset)]
            case _:
                moved = records.pop()
                copies.kafka[(partition + 1) % 3].append(moved._replace(offset=10_000))
        found = verdict(place, topic=forged_topic(place, copies.kafka))
        assert kind in found.found.first
        assert {odd for _, odd in told(found)} == {("kafka",)}

    def test_a_record_that_somebody_added(self, place: Place) -> None:
        copies = filled(place)
        forged = copies.kafka[0][1]
        headers = [*forged.headers[:2], ("position", b"3000000")]
        copies.kafka[0].append(forged._replace(offset=9_999, headers=headers))
        found = verdict(place, topic=forged_topic(place, copies.kafka))
        assert told(found) == [("added", ("kafka",))]
        assert found.found.first["added"].position == 3_000_000


@pytest.mark.slow
class TestJournal:
    @pytest.mark.parametrize(
        ("statement", "kind"),
        [
            ("UPDATE journal.fact SET raw = set_byte(raw, 300, get_byte(raw, 300) # 1)", "changed"),
            ("DELETE FROM journal.fact", "missing"),
            ("UPDATE journal.fact SET store = gen_random_uuid()", "row"),
            ("UPDATE journal.fact SET journey = gen_random_uuid()", "row"),
            ("UPDATE journal.fact SET version = version + 50", "row"),
            ("UPDATE journal.fact SET partition = partition + 1", "row"),
            ("UPDATE journal.fact SET position = position + 100000", "moved"),
            ("UPDATE journal.fact SET recorded_at = recorded_at + interval '1 microsecond'", "row"),
            ("UPDATE journal.fact SET source_message = NULL", "row"),
        ],
    )
    def test_a_row_that_somebody_changed(self, module_place: Place, statement: str, kind: str) -> None:
        copies = filled_once(module_place)
        change(module_place, f"{statement} WHERE position = %s", copies.store[8].position)
        found = verdict(module_place)
        put_journal(module_place, copies.journal, module_place.topic("facts"))
        assert kind in found.found.first
        assert {odd for _, odd in told(found)} == {("journal",)}


_FILLED: dict[str, Copies] = {}


def filled_once(place: Place) -> Copies:
    """The module's place with its log; whoever tampers with it puts it back."""
    name = place.settings.topic_prefix
    if name not in _FILLED:
        _FILLED[name] = filled(place)
    copies = _FILLED[name]
    return replace(
        copies,
        store=list(copies.store),
        journal=list(copies.journal),
        kafka={partition: list(records) for partition, records in copies.kafka.items()},
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_random_tampering_on_real_servers(module_place: Place, seed: int) -> None:
    """Two of each copy; the others, and hundreds more of these, are tried in memory."""
    chance = random.Random(seed)
    copy = ("store", "kafka", "journal")[seed % 3]
    tamper = chance.choice(TAMPERINGS[copy])
    whole, copies = filled_once(module_place), filled_once(module_place)
    tamper(copies, chance)
    facts = module_place.topic("facts")
    topic = forged_topic(module_place, copies.kafka) if copy == "kafka" else facts
    try:
        if copy == "store":
            put_store(module_place, copies.store)
        if copy == "journal":
            put_journal(module_place, copies.journal, facts)
        found = verdict(module_place, topic=topic)
    finally:
        put_store(module_place, whole.store)
        put_journal(module_place, whole.journal, facts)
    assert found.found, tamper.__name__
    assert {name for _, odd in told(found) for name in odd} == {copy}, (tamper.__name__, list(found.found))
    assert told(verdict(module_place)) == []


# -- checkpoints -----------------------------------------------------------------------------------------------------


def three_signed(place: Place) -> None:
    filled(place)
    pipeline = Pipeline(place)
    for number in (0, 5):
        pipeline.submit(admissions(number, 5))
        pipeline.relay()
        sign(place)


def _files(place: Place) -> list[Path]:
    return sorted(signing_folder(place).iterdir())


def _table_changed(place: Place) -> None:
    change(place, "UPDATE audit.checkpoint SET note = set_byte(note, 60, 65) WHERE size = 45")


def _table_row(place: Place) -> None:
    change(place, "UPDATE audit.checkpoint SET time = time + interval '1 s' WHERE size = 45")


def _table_deleted(place: Place) -> None:
    change(place, "DELETE FROM audit.checkpoint WHERE size = 45")


def _newest_deleted(place: Place) -> None:
    change(place, "DELETE FROM audit.checkpoint WHERE size = 50")


def _file_changed(place: Place) -> None:
    file = _files(place)[0]
    file.write_bytes(file.read_bytes().replace(b"\njourneys 6\n", b"\njourneys 7\n"))


def _file_deleted(place: Place) -> None:
    _files(place)[0].unlink()


def _file_renamed(place: Place) -> None:
    _files(place)[0].rename(signing_folder(place) / "000000000041.txt")


def _published_twice(place: Place) -> None:
    from contextlib import closing

    from infra import kafka

    (last, *_) = Pipeline(place).topic_records("checkpoints")
    with closing(kafka.plain_producer(place.connections.kafka)) as producer:
        producer.send(
            place.topic("checkpoints"),
            key=last.key,
            value=last.value,
            headers=list(last.headers),
            partition=0,
        )
        producer.flush(30)


def _forged_on_kafka(place: Place) -> None:
    from contextlib import closing

    from infra import kafka

    *_, last = Pipeline(place).topic_records("checkpoints")
    value = (last.value or b"").replace(b"\njourneys ", b"\njourneys 1")
    with closing(kafka.plain_producer(place.connections.kafka)) as producer:
        producer.send(
            place.topic("checkpoints"), key=last.key, value=value, headers=list(last.headers), partition=0
        )
        producer.flush(30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tamper", "odd"),
    [
        (_table_changed, "store"),
        (_table_row, "store"),
        (_table_deleted, "store"),
        (_newest_deleted, "store"),
        (_file_changed, "files"),
        (_file_deleted, "files"),
        (_file_renamed, "files"),
        (_published_twice, "kafka"),
        (_forged_on_kafka, "kafka"),
    ],
)
def test_a_checkpoint_that_somebody_changed(place: Place, tamper: Callable[[Place], None], odd: str) -> None:
    three_signed(place)
    assert told(verdict(place)) == []
    tamper(place)
    found = verdict(place)
    assert found.found
    assert {name for _, names in told(found) for name in names} == {odd}
    assert found.proven == 50


def test_a_checkpoint_by_another_key_proves_nothing(place: Place) -> None:
    filled(place)
    other = signing.SigningKey.from_seed(b"7" * 32)
    from audit_copies import STORE

    from domain.checkpoint import origin_of

    line = signing.verifier_key(origin_of(STORE), other.public)
    found = verdict(place, keys=line)
    assert told(found) == [("signature", ("store", "kafka", "files"))]
    assert (found.checkpoints, found.proven, found.unproven) == (0, 0, 40)


def test_without_the_public_key_nothing_is_said(place: Place) -> None:
    filled(place)
    with pytest.raises(OperatingError, match="no public key") as caught:
        verify(replace(asked(place), keys=None))
    assert caught.value.exit_code == 2


# -- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return place


def test_the_command_on_an_honest_log(command: Place, capsys: pytest.CaptureFixture[str]) -> None:
    filled(command)
    Pipeline(command).submit(admissions(0, 2))
    capsys.readouterr()
    assert run(["audit", "verify"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Checked 42 facts of 8 journeys: every copy holds the same, byte for byte, and every chain holds.",
        "Proven by signed checkpoints: 40 facts.",
        "Proven against the other copies only, as they came later: 2.",
        "Not yet on Kafka: 2 facts (is `carechain run` running?).",
    ]
    assert run(["audit", "verify", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    Draft202012Validator(audit_verify_schema.body(audit_verify_schema.AUDIT_VERIFY)).validate(answer)
    assert answer == {
        "version": 1,
        "data": [],
        "facts": 42,
        "journeys": 8,
        "checkpoints": 1,
        "proven": 40,
        "after_last_checkpoint": 2,
        "not_yet": {"kafka": 2, "journal": 0, "checkpoints": 0},
        "blocks_not_looked_into": 0,
    }


def test_the_command_on_a_log_that_was_changed(command: Place, capsys: pytest.CaptureFixture[str]) -> None:
    copies = filled(command, signed=False)
    row = copies.store[8]
    change(command, "DELETE FROM journal.fact WHERE position = %s", row.position)
    capsys.readouterr()
    assert run(["audit", "verify"]) == 1
    out = capsys.readouterr().out
    assert out.startswith("A fact is missing from a copy.\n")
    assert "  odd       the journal: The other two agree.\n" in out
    assert "There is no checkpoint: all facts are proven against the other copies only" in out
    assert run(["audit", "verify", "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    Draft202012Validator(audit_verify_schema.body(audit_verify_schema.AUDIT_VERIFY)).validate(answer)
    (line,) = answer["data"]
    assert (line["kind"], line["odd"], line["position"], line["found"], line["count"]) == (
        "missing",
        ["journal"],
        row.position,
        "nothing",
        1,
    )


def test_the_copies_read_back_are_those_that_were_written(place: Place) -> None:
    copies = filled(place, signed=False)
    again = read_copies(place)
    assert (again.store, sorted(again.journal)) == (copies.store, sorted(copies.journal))
