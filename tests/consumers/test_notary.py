"""Checkpoints on the real servers: what they say, that they extend each other, and when none is made."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import naive_tree as naive
import pytest
import structlog
from conftest import Place
from notaries import (
    FIRST,
    add,
    body,
    fact_entries,
    head_entries,
    journey,
    key_of,
    leave_gap,
    notary,
    roots,
    sign,
)
from pipeline import Pipeline, submission
from running import running
from waiting import wait_until

from cli import main
from consumers import workers
from consumers.audit import tiles
from consumers.audit.checkpoints import Kept, file_of, files, on_record
from consumers.audit.heads import heads_at, heads_root
from consumers.audit.notary import Notary
from domain.checkpoint import NO_PREVIOUS, Checkpoint, origin_of
from domain.merkle import verify_consistency, verify_inclusion
from infra import signing
from infra.errors import OperatingError
from infra.postgres import connect
from infra.settings import Settings
from infra.store import store_id

pytestmark = pytest.mark.broker

ADMISSION = {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": "2180"}
PROGRAM = Path(__file__).parent / "notary_process.py"


def dsn(place: Place) -> str:
    return place.connections.store_dsn


def kept(place: Place) -> list[Kept]:
    with connect(dsn(place)) as connection:
        return list(on_record(connection))


def change(place: Place, statement: str) -> None:
    with connect(dsn(place)) as connection:
        connection.execute(statement.encode())


def refused(place: Place, match: str, *, code: int = 1) -> OperatingError:
    with pytest.raises(OperatingError, match=match) as caught:
        notary(place, 9).checkpoint()
    assert caught.value.exit_code == code
    assert caught.value.hint
    return caught.value


def test_a_checkpoint_says_what_is_on_record(place: Place) -> None:
    add(dsn(place), range(20))
    leave_gap(dsn(place))
    add(dsn(place), range(20, 23))
    made = sign(place)

    assert made.is_new
    store = store_id(dsn(place))
    facts_root, heads = roots(dsn(place))
    told = made.checkpoint
    assert told == Checkpoint(f"carechain/{store}", 23, facts_root, 24, 7, heads, FIRST, "0" * 64)
    assert told.previous == NO_PREVIOUS
    key = key_of(place)
    line = signing.verifier_key(origin_of(store), key.public)
    assert signing.open_note(made.kept.note, line) == told.text()
    assert made.kept.digest == sha256(made.kept.note).hexdigest()
    assert made.file == place.settings.checkpoints / "000000000023.txt"
    assert made.file.read_bytes() == made.kept.note
    assert signing.public_file(place.settings.signing_key_file).read_text() == f"{line}\n"
    assert stat.S_IMODE(place.settings.signing_key_file.stat().st_mode) == 0o600
    assert kept(place) == [made.kept]


def test_an_empty_store_has_none(place: Place) -> None:
    assert notary(place).checkpoint() is None
    assert kept(place) == []
    assert not place.settings.checkpoints.exists()


def test_where_nothing_is_new_the_last_one_stands(place: Place) -> None:
    add(dsn(place), range(5))
    first = sign(place)
    leave_gap(dsn(place))
    again = sign(place, 1)
    assert not again.is_new
    assert (again.checkpoint, again.kept, again.file) == (first.checkpoint, first.kept, first.file)
    assert kept(place) == [first.kept]
    assert Pipeline(place).topic_records("checkpoints") == []


def test_bit_by_bit_it_comes_to_the_same_as_from_scratch(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Around the borders of tiles, and in batches that end within them.
    monkeypatch.setattr("consumers.audit.counting.BATCH", 100)
    made, size = [], 0
    for hour, more in enumerate((1, 254, 1, 1, 300, 467, 1)):
        add(dsn(place), range(size, size + more), journeys=13)
        leave_gap(dsn(place))
        size += more
        made.append(sign(place, hour))
    for one in made:
        assert (one.checkpoint.root, one.checkpoint.heads) == roots(dsn(place), one.checkpoint.size)
    assert [one.checkpoint.size for one in made] == [1, 255, 256, 257, 557, 1024, 1025]
    assert [one.checkpoint.previous for one in made[1:]] == [one.kept.digest for one in made[:-1]]
    assert [one.checkpoint.time for one in made] == [FIRST + timedelta(hours=hour) for hour in range(7)]
    before = helpers(place)

    again = notary(place, 8).checkpoint(recount=True)
    assert again is not None
    assert not again.is_new
    assert again.checkpoint == made[-1].checkpoint
    assert helpers(place) == before


def helpers(place: Place) -> list[object]:
    with connect(dsn(place)) as connection:
        return [
            connection.execute(f"SELECT t::text FROM audit.{table} t ORDER BY 1").fetchall()
            for table in ("tile", "head", "progress")
        ]


def test_proofs_from_tiles_are_those_of_the_rfc(place: Place) -> None:
    # More than two levels of tiles would be 65 536 facts; the third level is reached by narrower ones below.
    add(dsn(place), range(700))
    sign(place)
    entries = fact_entries(dsn(place))
    with connect(dsn(place)) as connection:
        assert tiles.leaf_hashes(connection, 700) == [naive.mth([entry]) for entry in entries]
        assert tiles.leaf_hashes(connection, 300) == [naive.mth([entry]) for entry in entries[:300]]
        for size in (1, 2, 255, 256, 257, 511, 512, 513, 699, 700):
            tree = tiles.Tree(connection, size)
            top = naive.mth(entries[:size])
            assert tree.root() == top
            for n in {0, 1, 17, 254, 255, 256, 511, 512, size - 1} & set(range(size)):
                proof = tree.inclusion_proof(n)
                assert proof == naive.path(n, entries[:size])
                assert verify_inclusion(tree.leaf(n), n, size, proof, top)
            for old in {1, 100, 255, 256, 257, 512, size - 1} & set(range(1, size)):
                proof = tree.consistency_proof(old)
                assert proof == naive.proof(old, entries[:size])
                assert verify_consistency(old, naive.mth(entries[:old]), size, top, proof)
        with pytest.raises(OperatingError, match="not whole"):
            tiles.Tree(connection, 701).root()
        with pytest.raises(OperatingError, match="not whole"):
            tiles.leaf_hashes(connection, 701)


@pytest.mark.slow
def test_tiles_stand_on_tiles_to_any_height(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiles, "WIDTH", 4)
    monkeypatch.setattr(tiles, "_LEVEL_BITS", 2)
    for hour, begin in enumerate(range(0, 90, 9)):
        add(dsn(place), range(begin, begin + 9))
        made = sign(place, hour)
        assert made.checkpoint.root == naive.mth(fact_entries(dsn(place)))
    entries = fact_entries(dsn(place))
    with connect(dsn(place)) as connection:
        (levels,) = connection.execute("SELECT max(level) FROM audit.tile").fetchone() or (None,)
        assert levels == 3  # 64 leaves fill the first tile of the third level, and 90 are not 256
        for size in range(1, 91):
            tree = tiles.Tree(connection, size)
            assert tree.root() == naive.mth(entries[:size])
            assert tree.inclusion_proof(size // 2) == naive.path(size // 2, entries[:size])
            assert size == 1 or tree.consistency_proof(size - 1) == naive.proof(size - 1, entries[:size])


def test_a_position_tells_the_leaf(place: Place) -> None:
    add(dsn(place), range(300))
    leave_gap(dsn(place))
    leave_gap(dsn(place))
    add(dsn(place), range(300, 310))
    sign(place)
    add(dsn(place), range(310, 311))
    with connect(dsn(place)) as connection:
        found = {
            at: tiles.leaf_number(connection, at) for at in (0, 1, 256, 257, 300, 301, 302, 303, 312, 313)
        }
    assert found == {
        0: None,
        1: 0,
        256: 255,
        257: 256,
        300: 299,
        301: None,  # gaps
        302: None,
        303: 300,
        312: 309,
        313: None,  # on record and not counted yet
    }


@pytest.mark.slow
def test_heads_as_of_any_position(place: Place) -> None:
    add(dsn(place), range(30))
    sign(place)
    with connect(dsn(place)) as connection:
        for size in (0, 1, 6, 7, 8, 29, 30):
            # Without gaps the position is the size.
            heads = heads_at(connection, size)
            assert heads_root(heads) == naive.mth(head_entries(dsn(place), size))
            assert [head.journey for head in heads] == sorted(journey(n) for n in range(min(size, 7)))


def test_two_notaries_at_once_make_one(place: Place) -> None:
    add(dsn(place), range(2000))
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: notary(place).checkpoint(), range(4)))
    assert sorted(one.is_new for one in made if one) == [False, False, False, True]
    assert len({one.kept.note for one in made if one}) == 1
    assert len(kept(place)) == 1
    assert (made[0].checkpoint.root, made[0].checkpoint.heads) == roots(dsn(place)) if made[0] else False


def test_facts_that_come_meanwhile_are_counted_by_the_next_one(place: Place) -> None:
    stop, size = threading.Event(), [0]

    def load() -> None:
        while not stop.is_set():
            add(dsn(place), range(size[0], size[0] + 10))
            size[0] += 10

    thread = threading.Thread(target=load)
    thread.start()
    try:
        wait_until(lambda: size[0] > 50, 30, "facts come")
        made = [sign(place, hour) for hour in range(4)]
    finally:
        stop.set()
        thread.join(30)
    made.append(sign(place, 5))
    for one in made:
        assert (one.checkpoint.root, one.checkpoint.heads) == roots(dsn(place), one.checkpoint.size)
    assert made[-1].checkpoint.size == size[0]


def test_killed_between_record_and_file_the_file_is_written_later(place: Place) -> None:
    add(dsn(place), range(10))
    died = subprocess.run(
        [sys.executable, str(PROGRAM)], env={**os.environ, **place.env}, cwd=PROGRAM.parents[2], check=False
    )
    assert died.returncode == -signal.SIGKILL
    (only,) = kept(place)
    assert files(place.settings.checkpoints) == []

    assert notary(place).keep_up() is None  # not due yet, by the clock of its time
    assert file_of(place.settings.checkpoints, 10).read_bytes() == only.note
    assert [file.name for file in place.settings.checkpoints.iterdir()] == ["000000000010.txt"]


def test_a_file_that_is_gone_is_written_again(place: Place) -> None:
    for hour in range(3):
        add(dsn(place), range(hour * 4, hour * 4 + 4))
        sign(place, hour)
    written = {file.name: file.read_bytes() for file in files(place.settings.checkpoints)}
    file_of(place.settings.checkpoints, 4).unlink()
    file_of(place.settings.checkpoints, 12).unlink()
    notary(place, 3).keep_up()
    assert {file.name: file.read_bytes() for file in files(place.settings.checkpoints)} == written


def test_the_relay_publishes_the_very_bytes(place: Place) -> None:
    made = []
    for hour in range(2):
        add(dsn(place), range(hour * 4, hour * 4 + 4))
        made.append(sign(place, hour))
    assert "checkpoints" in workers.STREAMS
    relay = workers.relay(place.settings, place.connections, "checkpoints")
    assert relay.publish_available() == 2
    assert relay.publish_available() == 0
    records = Pipeline(place).topic_records("checkpoints")
    assert [record.value for record in records] == [one.kept.note for one in made]
    assert [record.value for record in records] == [one.file.read_bytes() for one in made]
    assert {record.key for record in records} == {str(store_id(dsn(place))).encode()}
    headers = dict(records[0].headers)
    assert headers["content-type"] == b"text/plain; charset=utf-8"
    assert records[0].timestamp == int(FIRST.timestamp() * 1000)


def test_one_is_made_when_it_is_due_and_not_before(place: Place) -> None:
    add(dsn(place), range(3))
    first = notary(place).keep_up()
    assert first is not None
    add(dsn(place), range(3, 6))
    almost = Notary(
        dsn(place),
        key_file=place.settings.signing_key_file,
        folder=place.settings.checkpoints,
        clock=lambda: FIRST + timedelta(minutes=59),
    )
    assert almost.keep_up() is None
    second = notary(place, 1).keep_up()
    assert second is not None
    assert second.is_new
    third = notary(place, 2).keep_up()
    assert third is not None
    assert not third.is_new


TAMPERED: dict[str, tuple[str, str]] = {
    "the last fact": (
        "UPDATE store.journeys_events SET state = state || ' ' WHERE notification_id = 600",
        "not in the store as they were",
    ),
    "a fact of the last tile": (
        "UPDATE store.journeys_events SET originator_version = 999 WHERE notification_id = 520",
        "not in the store as they were",
    ),
    "the last fact gone": (
        "DELETE FROM store.journeys_events WHERE notification_id = 600",
        "not in the store as they were",
    ),
    "two facts exchanged": (
        "UPDATE store.journeys_events SET notification_id = CASE notification_id WHEN 513 THEN -1 ELSE 513 END"
        " WHERE notification_id IN (513, 515); UPDATE store.journeys_events SET notification_id = 515"
        " WHERE notification_id = -1",
        "not in the store as they were",
    ),
    "a tile above": (
        "UPDATE audit.tile SET hashes = set_byte(hashes, 40, 1) WHERE level = 1",
        "not those that a checkpoint was signed for",
    ),
    "the last tile gone": (
        "DELETE FROM audit.tile WHERE level = 0 AND number = 2",
        "not in the store as they were",
    ),
    "all counting gone": (
        "TRUNCATE audit.tile, audit.head; UPDATE audit.progress SET size = 0, position = 0;"
        " DELETE FROM store.journeys_events WHERE notification_id > 590",
        "counts 600 facts, and the store holds 594",
    ),
    "the checkpoint": (
        "UPDATE audit.checkpoint SET note = convert_to(replace(convert_from(note, 'UTF8'), 'journeys 7',"
        " 'journeys 8'), 'UTF8')",
        "not as it was signed",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_counted_and_has_changed_is_noticed(place: Place, what: str) -> None:
    add(dsn(place), range(600))
    sign(place)
    statement, told = TAMPERED[what]
    change(place, statement)
    add(dsn(place), range(600, 604))
    refused(place, told)
    assert len(kept(place)) == 1


@pytest.mark.slow
def test_older_facts_are_looked_at_in_turn(place: Place) -> None:
    add(dsn(place), range(600))
    sign(place)
    change(place, "UPDATE store.journeys_events SET state = state || ' ' WHERE notification_id = 300")
    # Of three tiles each look is at the last and at one more: after one checkpoint that is the one in the middle.
    add(dsn(place), range(600, 601))
    refused(place, "not in the store as they were")


@pytest.mark.slow
def test_what_is_kept_beside_the_facts_can_be_made_anew(place: Place) -> None:
    add(dsn(place), range(600))
    first = sign(place)
    change(place, "UPDATE audit.tile SET hashes = set_byte(hashes, 40, 1) WHERE level = 1")
    add(dsn(place), range(600, 604))
    error = refused(place, "not those that a checkpoint was signed for")
    assert "--recount" in str(error.hint)
    made = notary(place, 1).checkpoint(recount=True)
    assert made is not None
    assert made.is_new
    assert made.checkpoint.previous == first.kept.digest
    assert (made.checkpoint.root, made.checkpoint.heads) == roots(dsn(place))


@pytest.mark.slow
def test_a_recount_does_not_make_other_facts_right(place: Place) -> None:
    add(dsn(place), range(600))
    sign(place)
    change(place, "UPDATE store.journeys_events SET state = state || ' ' WHERE notification_id = 3")
    with pytest.raises(OperatingError, match="first 600 facts are not those"):
        notary(place, 1).checkpoint(recount=True)
    assert len(kept(place)) == 1


def older_backup(place: Place, size: int) -> None:
    """As a backup gives it back that was made when there were so many facts."""
    change(
        place,
        f"DELETE FROM store.journeys_events WHERE notification_id > {size};"
        f" DELETE FROM audit.checkpoint WHERE size > {size}; DELETE FROM store.outbox WHERE position > 1",
    )
    with connect(dsn(place)) as connection:
        connection.execute("TRUNCATE audit.tile, audit.head")
        connection.execute("UPDATE audit.progress SET size = 0, position = 0")


def test_a_store_from_an_older_backup_is_noticed_by_the_files(place: Place) -> None:
    add(dsn(place), range(10))
    sign(place)
    add(dsn(place), range(10, 20))
    sign(place, 1)
    older_backup(place, 10)
    error = refused(place, "counts 20 facts, and the store holds 10")
    assert "older backup" in str(error.hint)
    # Other facts since, more than there were.
    add(dsn(place), range(30, 60))
    refused(place, "first 20 facts are not those")
    assert len(kept(place)) == 1


@pytest.mark.slow
def test_a_store_that_lost_all_is_noticed_by_the_files(place: Place) -> None:
    add(dsn(place), range(10))
    sign(place)
    older_backup(place, 0)
    refused(place, "counts 10 facts, and the store holds 0")


@pytest.mark.slow
def test_a_checkpoint_whose_record_was_lost_and_whose_facts_were_not_is_taken_back(place: Place) -> None:
    add(dsn(place), range(10))
    first = sign(place)
    change(place, "DELETE FROM audit.checkpoint; DELETE FROM store.outbox")
    again = sign(place, 1)
    assert not again.is_new
    assert kept(place) == [first.kept]
    add(dsn(place), range(10, 12))
    assert sign(place, 2).checkpoint.previous == first.kept.digest


@pytest.mark.slow
def test_another_file_than_the_one_on_record_is_refused(place: Place) -> None:
    add(dsn(place), range(10))
    made = sign(place)
    # Signed by the right key, and about another time.
    other = Checkpoint(**{**vars(made.checkpoint), "time": FIRST + timedelta(seconds=1)})
    made.file.write_bytes(signing.sign_note(other.text(), other.origin, key_of(place)))
    refused(place, "not the checkpoint that is on record")


@pytest.mark.slow
def test_a_file_of_another_store_or_of_nobody_is_refused(place: Place) -> None:
    add(dsn(place), range(10))
    made = sign(place)
    late = file_of(place.settings.checkpoints, 99)
    for note in (
        b"anything",
        made.kept.note,
        signing.sign_note(
            Checkpoint(
                **{**vars(made.checkpoint), "origin": "carechain/other", "size": 99, "position": 99}
            ).text(),
            made.checkpoint.origin,
            key_of(place),
        ),
    ):
        late.write_bytes(note)
        refused(place, "not a checkpoint of this store")
    late.unlink()
    assert not sign(place, 1).is_new


def test_a_lost_key_is_not_replaced_in_silence(place: Place) -> None:
    add(dsn(place), range(3))
    first = sign(place)
    place.settings.signing_key_file.unlink()
    add(dsn(place), range(3, 6))
    refused(place, "signing key file .* cannot be used", code=2)
    assert not place.settings.signing_key_file.exists()
    signing.load_or_create(place.settings.signing_key_file)
    error = refused(place, "not the one that signed the last checkpoint", code=2)
    assert "--new-key" in str(error.hint)

    second = notary(place, 1).checkpoint(new_key=True)
    assert second is not None
    assert second.checkpoint.previous == first.kept.digest
    add(dsn(place), range(6, 9))
    third = sign(place, 2)
    told = signing.public_file(place.settings.signing_key_file).read_text()
    assert len(told.splitlines()) == 2
    for one in (first, second, third):
        assert signing.open_note(one.kept.note, told) == one.checkpoint.text()
    with pytest.raises(signing.UnknownSignerError):
        signing.open_note(first.kept.note, told.splitlines()[0])


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_to_is_told_and_the_record_stands(place: Place) -> None:
    add(dsn(place), range(3))
    place.settings.checkpoints.write_text("a file, where the folder should be")
    refused(place, "cannot be written to", code=4)
    assert len(kept(place)) == 1
    place.settings.checkpoints.unlink()
    assert not sign(place).is_new
    assert file_of(place.settings.checkpoints, 3).exists()


@pytest.mark.slow
def test_the_worker_makes_them_and_outlives_a_refusal(place: Place) -> None:
    add(dsn(place), range(3))
    worker = Notary(
        dsn(place),
        key_file=place.settings.signing_key_file,
        folder=place.settings.checkpoints,
        interval=timedelta(milliseconds=50),
    )
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    with structlog.testing.capture_logs() as said:
        thread.start()
        try:
            wait_until(lambda: len(kept(place)) == 1, 30, "the first one is made")
            change(place, "UPDATE store.journeys_events SET state = state || ' ' WHERE notification_id = 3")
            wait_until(lambda: "notary_refuses" in {one["event"] for one in said}, 30, "it is refused")
            with connect(dsn(place)) as connection:
                connection.execute(
                    "UPDATE store.journeys_events SET state = %s WHERE notification_id = 3", (body(2),)
                )
            add(dsn(place), range(3, 6))
            wait_until(lambda: len(kept(place)) == 2, 30, "the second one is made")
        finally:
            stop.set()
            thread.join(30)
    assert not thread.is_alive()
    assert [one["size"] for one in said if one["event"] == "checkpoint_made"] == [3, 6]


def test_carechain_run_signs_and_publishes(place: Place) -> None:
    pipeline = Pipeline(place)
    pipeline.submit([submission("patient-admitted", "2026-03-01T08:00:00+01:00", data=ADMISSION)])
    with running(place) as process:
        wait_until(lambda: pipeline.topic_records("checkpoints"), 60, "a checkpoint is published")
        assert process.stop() == 0
    (only,) = kept(place)
    assert [record.value for record in pipeline.topic_records("checkpoints")] == [only.note]
    assert [file.read_bytes() for file in files(place.settings.checkpoints)] == [only.note]
    assert roots(dsn(place)) == (sign(place).checkpoint.root, sign(place).checkpoint.heads)


@pytest.mark.slow
def test_the_worker_says_at_the_start_what_it_lacks(place: Place) -> None:
    place.settings.signing_key_file.write_text("no key")
    place.settings.signing_key_file.chmod(0o600)
    with pytest.raises(OperatingError, match="does not hold an Ed25519"):
        notary(place).run(threading.Event())


@pytest.fixture
def say(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command of the place: exit code, what it printed, and what it said."""
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(Settings, "flags", {})

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.run(["audit", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_commands(place: Place, say: Callable[..., tuple[int, str, str]]) -> None:
    assert say("checkpoint") == (0, "", "No fact is on record yet: there is nothing to sign.\n")
    assert json.loads(say("checkpoint", "--json")[1]) == {"version": 1, "data": []}
    code, out, err = say("checkpoints")
    assert (code, out) == (0, "")
    assert "no checkpoint yet" in err

    code, out, err = say("key")
    line = out.removesuffix("\n")
    assert (code, err) == (0, "")
    assert line.startswith(f"carechain/{store_id(dsn(place))}+")

    add(dsn(place), range(23))
    facts_root, heads = roots(dsn(place))
    code, out, err = say("checkpoint")
    (only,) = kept(place)
    file = place.settings.checkpoints / "000000000023.txt"
    assert (code, err) == (0, "")
    assert out == (
        "Signed: 23 facts of 7 journeys, up to position 23.\n"
        f"root    {facts_root.hex()}\nheads   {heads.hex()}\ndigest  {only.digest}\nfile    {file}\n"
    )
    assert signing.open_note(file.read_bytes(), line)

    code, out, err = say("checkpoint")
    assert out.startswith("Nothing is new since 20")
    code, out, err = say("checkpoint", "--json")
    (row,) = json.loads(out)["data"]
    assert row["state"] == "nothing-new"
    assert (row["size"], row["position"], row["journeys"]) == (23, 23, 7)
    assert (row["root"], row["heads"]) == (facts_root.hex(), heads.hex())
    assert (row["digest"], row["file"], row["previous"]) == (only.digest, str(file), "0" * 64)

    assert json.loads(say("checkpoints", "--json")[1])["data"] == [
        {
            "size": 23,
            "time": json.loads(out)["data"][0]["time"],
            "digest": only.digest,
            "file": str(file),
        }
    ]
    change(place, "DELETE FROM store.journeys_events WHERE notification_id = 23")
    code, out, err = say("checkpoint")
    assert (code, out) == (1, "")
    assert err.startswith(
        "error: Facts that were counted before are not in the store as they were.\nhint: Run"
    )
