"""Files dropped into a folder: each taken in when it is complete, moved when everything in it is on disk."""

import gzip
import json
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from hospital_notifications import notification
from inbound_values import make_topic, stored
from intakes import letters, line, write
from leaks import Scanner
from outages import without_postgres
from running import running, said_by
from waiting import wait_until

from consumers.intake.door import Door
from consumers.intake.folder import Folder
from infra.errors import OperatingError
from infra.keys import load_or_create

pytestmark = pytest.mark.broker
MORNING = "2026-03-02T08:00:00+01:00"
# Half past midnight on the third of March in Stockholm.
NOW = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
TODAY = "2026-03-03"


class Bench:
    """A folder that is looked at when a test says so."""

    def __init__(self, place: Place, path: Path) -> None:
        self.place = place
        self.path = path
        self.stop = threading.Event()
        key = load_or_create(place.settings.master_key_file)
        self.door = Door(lambda: place.connections, key)
        self.folder = Folder(path, self.door, look_s=0.05, clock=lambda: NOW)

    def look(self) -> int:
        return self.folder.look(self.stop)

    def done(self) -> list[str]:
        """What was moved away, below ``done``."""
        folder = self.path / "done"
        return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())

    def left(self) -> list[str]:
        """What still lies in the folder."""
        return sorted(file.name for file in self.path.iterdir() if file.name != "done")


@pytest.fixture
def bench(place: Place, tmp_path: Path) -> Iterator[Bench]:
    path = tmp_path / "in"
    path.mkdir()
    made = Bench(place, path)
    yield made
    made.door.close()


def admitted(number: int) -> dict[str, Any]:
    return line("patient-admitted", MORNING, f"SIM-{number:04d}", message=f"m{number}")


def lines(*numbers: int) -> list[dict[str, Any]]:
    return [admitted(number) for number in numbers]


# -- when a file is complete ---------------------------------------------------------------------------------------


def test_a_file_is_taken_in_when_nothing_has_changed_between_two_looks(bench: Bench) -> None:
    file = write(bench.path / "a.ndjson", lines(1))
    assert (bench.look(), stored(bench.place)) == (0, 0)

    with file.open("a", encoding="utf-8") as more:
        more.write(json.dumps(admitted(2)) + "\n")
    assert (bench.look(), stored(bench.place)) == (0, 0)

    assert (bench.look(), stored(bench.place)) == (1, 2)
    assert (bench.left(), bench.done()) == ([], [f"{TODAY}/a.ndjson"])
    assert bench.look() == 0


@pytest.mark.parametrize("name", [".a.ndjson", "a.ndjson.part", "a.ndjson.TMP"])
def test_a_name_may_say_that_a_file_is_not_complete(bench: Bench, name: str) -> None:
    file = write(bench.path / name, lines(1))
    for _ in range(3):
        assert bench.look() == 0
    assert (bench.left(), stored(bench.place)) == ([name], 0)

    file.rename(bench.path / "a.ndjson")
    bench.look()
    bench.look()
    assert (bench.done(), stored(bench.place)) == ([f"{TODAY}/a.ndjson"], 1)


def test_a_file_that_grows_while_it_is_read_is_read_again(bench: Bench, monkeypatch: Any) -> None:
    file = write(bench.path / "a.ndjson", lines(1))
    take = Door.take

    def slow(self: Door, batch: Any) -> Any:
        if stored(bench.place) == 0:
            with file.open("a", encoding="utf-8") as more:
                more.write(json.dumps(admitted(2)) + "\n")
        return take(self, batch)

    monkeypatch.setattr(Door, "take", slow)
    bench.look()
    assert (bench.look(), bench.left(), stored(bench.place)) == (0, ["a.ndjson"], 1)
    bench.look()
    bench.look()
    assert (bench.left(), stored(bench.place)) == ([], 2)


def test_another_file_under_the_name_is_not_moved_unread(bench: Bench, monkeypatch: Any) -> None:
    write(bench.path / "a.ndjson", lines(1))
    free = Folder._free

    def late(self: Folder, name: str) -> Path:
        if stored(bench.place) == 1:
            write(bench.path / ".b", lines(2)).rename(bench.path / "a.ndjson")
        return free(self, name)

    monkeypatch.setattr(Folder, "_free", late)
    bench.look()
    assert bench.look() == 0
    assert bench.left() == ["a.ndjson"]
    bench.look()
    bench.look()
    assert (bench.left(), stored(bench.place)) == ([], 2)


# -- what is taken in ----------------------------------------------------------------------------------------------


def test_files_of_any_format_in_order_of_their_names(bench: Bench, monkeypatch: Any) -> None:
    order: list[bytes] = []
    take = Door.take
    monkeypatch.setattr(
        Door, "take", lambda self, batch: order.append(batch[0].raw or b"") or take(self, batch)
    )
    (bench.path / "c.json").write_text(json.dumps(notification("admit-inpatient")))
    (bench.path / "b.ndjson.gz").write_bytes(gzip.compress(json.dumps(admitted(2)).encode()))
    write(bench.path / "a.ndjson", lines(1))
    bench.look()

    assert (bench.look(), stored(bench.place), letters(bench.place)) == (3, 3, [])
    assert [b"SIM-0001" in order[0], b"SIM-0002" in order[1], b"Bundle" in order[2]] == [True, True, True]


def test_done_files_are_never_overwritten(bench: Bench) -> None:
    contents = []
    for number in range(3):
        file = write(bench.path / "same name.ndjson", lines(number))
        contents.append(file.read_bytes())
        bench.look()
        bench.look()

    names = ["same name.ndjson", "same name-2.ndjson", "same name-3.ndjson"]
    assert [(bench.path / "done" / TODAY / name).read_bytes() for name in names] == contents
    assert len(bench.done()) == 3


def test_the_same_file_again_adds_nothing(bench: Bench) -> None:
    for name in ("a.ndjson", "a.ndjson", "another.ndjson"):
        write(bench.path / name, lines(1, 2))
        bench.look()
        bench.look()
    assert (stored(bench.place), letters(bench.place)) == (2, [])


def test_what_cannot_be_read_is_put_aside_under_the_files_digest(bench: Bench) -> None:
    raw = b"19121212-1212 is no message"
    (bench.path / "19121212-1212.doc").write_bytes(raw)
    (bench.path / "b.json").write_bytes(b"{broken")
    bench.look()

    assert bench.look() == 2
    assert bench.done() == [f"{TODAY}/19121212-1212.doc", f"{TODAY}/b.json"]
    found = {letter["data"]["place"]: letter["data"]["reason"] for letter in letters(bench.place)}
    broken = sha256(b"{broken").hexdigest()[:12]
    assert found == {
        f"file {sha256(raw).hexdigest()[:12]}": "unknown-format",
        f"file {broken} (.json)": "not-json",
    }


def test_a_mistake_of_ours_about_one_file_puts_it_aside(bench: Bench, monkeypatch: Any) -> None:
    from consumers.intake import folder

    whole = folder.messages

    def splitting(inputs: Any, site: Any) -> Iterator[Any]:
        yield from whole(inputs, site)
        if inputs[0].path.name == "b.ndjson":
            raise ZeroDivisionError("SIM-0002")

    monkeypatch.setattr(folder, "messages", splitting)
    for number, name in enumerate(["a", "b", "c"]):
        write(bench.path / f"{name}.ndjson", lines(number))
    bench.look()

    assert (bench.look(), stored(bench.place)) == (3, 3)
    (letter,) = letters(bench.place)
    assert letter["data"]["reason"] == "not-read"


# -- what stands in the way ----------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_told_once_and_tried_again(
    bench: Bench, monkeypatch: Any, capsys: Any
) -> None:
    from consumers.intake import folder

    whole, locked = folder.messages, [True]

    def opening(inputs: Any, site: Any) -> Iterator[Any]:
        if locked[0] and inputs[0].path.name == "a.ndjson":
            raise PermissionError(13, "Permission denied", str(inputs[0].path))
        yield from whole(inputs, site)

    monkeypatch.setattr(folder, "messages", opening)
    first = write(bench.path / "a.ndjson", lines(1))
    write(bench.path / "b.ndjson", lines(2))
    for _ in range(4):
        bench.look()

    assert (bench.left(), stored(bench.place)) == (["a.ndjson"], 1)
    said = capsys.readouterr().out
    assert said.count("file_not_read") == 1
    assert f"file={first.stat().st_ino}" in said
    assert "a.ndjson" not in said

    locked[0] = False
    bench.look()
    assert (bench.left(), stored(bench.place)) == ([], 2)


def test_a_file_that_cannot_be_moved_is_not_read_again(bench: Bench, monkeypatch: Any) -> None:
    free, full = Folder._free, [True]

    def no_room(self: Folder, name: str) -> Path:
        if full[0]:
            raise OSError(28, "No space left on device")
        return free(self, name)

    monkeypatch.setattr(Folder, "_free", no_room)
    batches: list[int] = []
    take = Door.take
    monkeypatch.setattr(Door, "take", lambda self, batch: batches.append(len(batch)) or take(self, batch))
    write(bench.path / "a.ndjson", lines(1))
    for _ in range(4):
        bench.look()
    assert (bench.left(), batches) == (["a.ndjson"], [1])

    full[0] = False
    assert (bench.look(), bench.done(), batches) == (1, [f"{TODAY}/a.ndjson"], [1])


def test_folders_and_links_are_left_alone(bench: Bench, tmp_path: Path) -> None:
    elsewhere = write(tmp_path / "elsewhere.ndjson", lines(1))
    (bench.path / "link.ndjson").symlink_to(elsewhere)
    (bench.path / "sub").mkdir()
    write(bench.path / "sub" / "a.ndjson", lines(2))
    os.mkfifo(bench.path / "pipe.ndjson")
    for _ in range(3):
        assert bench.look() == 0
    assert stored(bench.place) == 0


def test_while_postgresql_is_away_the_file_waits(bench: Bench) -> None:
    write(bench.path / "a.ndjson", lines(1, 2, 3))
    bench.look()
    worker = threading.Thread(target=bench.look)
    with without_postgres(bench.place):
        worker.start()
        worker.join(2)
        assert worker.is_alive()
        assert bench.left() == ["a.ndjson"]
    worker.join(30)
    assert (bench.left(), stored(bench.place)) == ([], 3)


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_folder_that_cannot_be_used_is_told_at_the_start(place: Place, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "in"
    if kind == "file":
        path.write_text("")
    with pytest.raises(OperatingError, match="folder that files are dropped into") as caught:
        Bench(place, path).folder.run(threading.Event())
    assert caught.value.exit_code == 2


def test_a_second_program_waits_for_the_first(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "in"
    path.mkdir()
    write(path / "a.ndjson", lines(1))
    first, second = Bench(place, path), Bench(place, path)
    threads = [threading.Thread(target=b.folder.run, args=(b.stop,)) for b in (first, second)]
    threads[0].start()
    wait_until(lambda: stored(place) == 1, 30, "the first takes in")
    threads[1].start()
    first.stop.set()
    threads[0].join(30)
    write(path / "b.ndjson", lines(2))
    wait_until(lambda: not second.left(), 30, "the second takes over")
    second.stop.set()
    threads[1].join(30)
    assert first.done() == [f"{TODAY}/a.ndjson", f"{TODAY}/b.ndjson"]


# -- killed --------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_killed_in_the_middle_of_a_file(place: Place, tmp_path: Path) -> None:
    make_topic(place)
    path = tmp_path / "in"
    path.mkdir()
    number = "19121212-1212"
    bad = "{broken %s"
    text = "".join((bad % n if n % 300 == 299 else json.dumps(admitted(n))) + "\n" for n in range(3_000))
    (path / f"{number}.ndjson").write_text(text)

    with running(place, "intake", "--folder", str(path)) as process:
        for enough in (500, 1_500):
            wait_until(lambda enough=enough: stored(place) >= enough, 60, "some are stored")  # type: ignore[misc]
            process.kill_and_restart()
        wait_until(lambda: not [f for f in path.iterdir() if f.is_file()], 90, "the file is moved")
        assert process.stop() == 0

    assert stored(place) == 2_990
    assert len(letters(place)) == len({letter["id"] for letter in letters(place)}) == 10
    (moved,) = [file for file in (path / "done").rglob("*") if file.is_file()]
    assert moved.read_text() == text
    said = said_by(place, "intake")
    assert b"file_taken_in" in said
    assert Scanner([number, "SIM-0001"]).scan({"log": said}) == []
