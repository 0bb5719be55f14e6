"""`carechain dead-letters`: list, show, retry, discard, export; what they print, and what they never print."""

import base64
import hashlib
import io
import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from hl7v2_messages import PERSONNUMMER, adt
from intakes import WARD, facts, line, write
from leaks import Scanner, tables, topics
from pipeline import Pipeline
from table_rows import table

from cli import main
from consumers import workers
from consumers.dead_letter_view import DeadLetterReader
from consumers.intake.dead_letter_events import open_reason
from consumers.intake.dead_letters_kept import Letter, find
from infra.postgres import connect
from infra.settings import Settings

pytestmark = pytest.mark.broker
MORNING, NOON = "2026-03-02T08:00:00+01:00", "2026-03-02T12:00:00+01:00"
NUMBER, NAME = "19121212-1212", "Tolvan Tolvansson"


class Terminal:
    """Runs commands at a place, and keeps what they said."""

    def __init__(self, place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
        self.place = place
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.said = ""

    def run(self, *arguments: str, code: int = 0, stdin: str = "") -> tuple[str, str]:
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        got = main.run(arguments)
        out, err = self._capsys.readouterr()
        assert got == code, err
        self.said += out + err
        return out, err

    def asked(self, *arguments: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = json.loads(self.run("dead-letters", *arguments, "--json")[0])["data"]
        return rows

    def letter(self, digest: str) -> Letter:
        with connect(self.place.connections.store_dsn) as connection:
            return find(connection, digest)


@pytest.fixture
def terminal(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in (place.env | {"NO_COLOR": "1"}).items():
        monkeypatch.setenv(name, value)
    return Terminal(place, capsys, monkeypatch)


def digest_of(said: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


ASKED = line("patient-admitted", MORNING, "SIM-0001", message="asked")
ANSWER = {
    k: v for k, v in line("message-acknowledged", NOON, "", {"unit": WARD}).items() if k != "patient"
} | {
    "message": "answer",
    "answers": {"sources": ["ward"], "message": "asked"},
}
"""It names no patient: it cannot be read before what it answers."""
WRONG = line(
    "patient-admitted", MORNING, "SIM-0001", {"ward": NAME}, message="w", source="region-x:a-long-name"
)
"""Of a patient who is known, once ASKED was taken in."""
FAULTY = {"type": NUMBER, "who": NAME}


@pytest.fixture
def three(terminal: Terminal, tmp_path: Path) -> Terminal:
    """The answer, the wrong one and the faulty one lie there; the patient is known; what is answered is not."""
    known = line("patient-admitted", MORNING, "SIM-0001", message="other")
    file = write(tmp_path / f"{NUMBER}.ndjson", [known, ANSWER, WRONG, FAULTY])
    terminal.run("ingest", str(file), code=1)
    return terminal


def journey(terminal: Terminal) -> str:
    return str(Pipeline(terminal.place).journey("simulated", "SIM-0001"))


def test_the_list_as_a_table_and_as_json(three: Terminal) -> None:
    out, _ = three.run("dead-letters", "list")
    head, *lines = out.splitlines()
    assert head.split() == ["digest", "since", "source", "kind", "came", "journey", "reason"]
    assert max(len(row) for row in (head, *lines)) <= 100
    words = {row.split()[0]: row.split()[3:] for row in lines}
    assert words == {
        digest_of(ANSWER)[:8]: ["ward", "command", "1", "unknown-message"],
        digest_of(WRONG)[:8]: ["region-x:a-lo…", "command", "1", journey(three)[:8], "invalid-data"],
        digest_of(FAULTY)[:8]: ["ndjson", "1", "invalid-field"],
    }

    rows = {row["digest"]: row for row in three.asked("list")}
    wrong = rows[digest_of(WRONG)]
    assert datetime.fromisoformat(wrong.pop("since")) == datetime.fromisoformat(wrong["first_seen"])
    assert wrong.pop("first_seen") == wrong.pop("last_seen")
    message = wrong.pop("message")
    assert message.endswith(".")
    assert wrong == {
        "digest": digest_of(WRONG),
        "state": "open",
        "reason": "invalid-data",
        "field": wrong["field"],
        "source": "region-x:a-long-name",
        "unit": WARD,
        "kind": "command",
        "content_type": "application/x-ndjson; part=line",
        "place": "file 1 (.ndjson), line 3",
        "size": len(json.dumps(WRONG)),
        "journey": journey(three),
        "seen_again": 0,
        "bytes_kept": "here",
        "resolved_at": None,
        "resolved_by": None,
    }


def test_the_list_by_source_reason_time_patient_and_state(three: Terminal) -> None:
    def listed(*arguments: str, stdin: str = "") -> list[str]:
        out, _ = three.run("dead-letters", "list", "--output", "ndjson", *arguments, stdin=stdin)
        return sorted(json.loads(row)["digest"] for row in out.splitlines())

    answer, wrong, faulty = (digest_of(one) for one in (ANSWER, WRONG, FAULTY))
    assert listed() == sorted([answer, wrong, faulty])
    assert listed("--source", "ward") == [answer]
    assert listed("--reason", "invalid-data") == [wrong]
    assert listed("--journey", journey(three)[:8]) == [wrong]
    assert listed("--patient", "-", stdin="simulated:SIM-0001\n") == [wrong]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert listed("--since", f"{tomorrow}T08:00") == []
    assert listed("--state", "discarded") == []
    assert len(listed("--state", "all")) == 3
    assert three.run("dead-letters", "list", "--source", "nobody") == (
        "",
        "Nothing lies in the dead letters.\n",
    )
    assert (
        "give either --journey or --patient"
        in three.run(*("dead-letters", "list", "--journey", "0000", "--patient", "-"), code=2, stdin="1\n")[1]
    )
    assert "not a journey's id" in three.run("dead-letters", "list", "--journey", "x", code=2)[1]


def test_status_says_how_many_lie_there(three: Terminal) -> None:
    assert "3 messages lie in the dead letters" in three.run("status")[1]
    assert json.loads(three.run("status", "--json")[0])["dead_letters"] == 3


def test_one_is_shown_with_what_a_person_needs_to_mend_it(three: Terminal) -> None:
    out, err = three.run("dead-letters", "show", digest_of(WRONG)[:8])
    lines = [row.strip() for row in out.splitlines() if row.strip()]
    assert lines[0] == digest_of(WRONG)
    said = {row.split("  ")[0]: row.split("  ")[-1].strip() for row in lines[2:]}
    assert (said["reason"], said["source"], said["kind"]) == (
        "invalid-data",
        "region-x:a-long-name",
        "command",
    )
    assert (said["journey"], said["bytes"]) == (journey(three), "sealed, in the letter")
    assert said["state"].startswith("open since 20")
    assert err == ""
    assert "No dead letter with that digest" in three.run("dead-letters", "show", "0000", code=1)[1]
    assert "not a letter's digest" in three.run("dead-letters", "show", "xyz", code=1)[1]


def test_the_bytes_are_for_who_holds_the_master_key(three: Terminal, tmp_path: Path) -> None:
    digest = digest_of(FAULTY)
    out, err = three.run("dead-letters", "show", digest[:8], "--bytes")
    assert out == json.dumps(FAULTY, ensure_ascii=False)
    assert err == "What was received names people: handle it as you would a patient's record.\n"
    file = tmp_path / "message"
    three.run("dead-letters", "show", digest, "--bytes", "--to", str(file))
    assert file.read_text() == out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (
        "is there already"
        in three.run("dead-letters", "show", digest, "--bytes", "--to", str(file), code=1)[1]
    )
    assert "--bytes" in three.run("dead-letters", "show", digest, "--to", str(file), code=2)[1]

    key = three.place.settings.master_key_file
    key.rename(key.with_name("elsewhere"))
    err = three.run("dead-letters", "show", digest, "--bytes", code=4)[1]
    assert "only who holds the master key" in err
    assert not key.exists()
    three.run("dead-letters", "show", digest)


def test_a_retry_after_what_was_missing_has_come(three: Terminal, tmp_path: Path) -> None:
    out, err = three.run("dead-letters", "retry", digest_of(ANSWER)[:8], code=1)
    assert out == "Read: 0, with 0 new facts. Still there: 1.\n"
    assert f"still there: {digest_of(ANSWER)[:8]}: It answers a message that is not known here." in err

    three.run("ingest", str(write(tmp_path / "asked.ndjson", [ASKED])))
    out, err = three.run("dead-letters", "retry", "--all", "--dry-run", code=1)
    assert out == "Could be read now: 1. Could not: 2.\n"
    assert err.endswith("Nothing was written.\n")
    assert three.letter(digest_of(ANSWER)).state == "open"

    out, _ = three.run("dead-letters", "retry", "--source", "ward")
    assert out == "Read: 1, with 1 new facts. Still there: 0.\n"
    letter = three.letter(digest_of(ANSWER))
    with Pipeline(three.place).intake() as intake:
        assert letter.resolved_by is not None
        assert (intake.vault.staff_of(letter.resolved_by) or "").startswith("os:")
    assert "has been retried already" in three.run("dead-letters", "retry", letter.digest, code=1)[1]

    three.run("dead-letters", "retry", "--all", "--json", code=1)
    rows = {
        row["digest"]: row
        for row in json.loads(three.run("dead-letters", "retry", "--all", "--json", code=1)[0])["data"]
    }
    assert rows.keys() == {digest_of(WRONG), digest_of(FAULTY)}
    faulty = rows[digest_of(FAULTY)]
    assert (faulty["outcome"], faulty["reason"], faulty["facts"]) == ("still-open", "invalid-field", 0)


def test_a_letter_is_discarded_with_a_reason_and_a_name(
    three: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "anna.svensson")
    digest = digest_of(FAULTY)
    assert "say why" in three.run("dead-letters", "discard", digest, "--confirm", code=2)[1]
    assert (
        "must not stand in a command line"
        in three.run(*("dead-letters", "discard", digest, "--reason", f"om {NUMBER}", "--confirm"), code=2)[1]
    )
    assert (
        "add --confirm" in three.run("dead-letters", "discard", digest, "--reason", "-", code=2, stdin="x")[1]
    )
    given = ("dead-letters", "discard", digest[:8], "--reason", "ett prov")
    assert three.run(*given, "--dry-run")[1] == "1 message would be discarded. Nothing was.\n"
    assert "Nothing was done" in three.run(*given, code=1, stdin="n\n")[1]
    assert three.letter(digest).state == "open"

    reason = f"{NAME} ({NUMBER}) ringde"
    out, err = three.run("dead-letters", "discard", digest, "--reason", "-", "--confirm", stdin=reason)
    assert (out, err) == ("", "Discarded: 1.\n")
    letter = three.letter(digest)
    with Pipeline(three.place).intake() as intake:
        assert [letter.resolved_by] == intake.vault.staff_refs(["os:anna.svensson"])
        assert letter.resolved_reason is not None
        assert open_reason(intake.vault, digest, letter.resolved_reason) == reason
    (row,) = three.asked("list", "--state", "discarded")
    assert "why" not in row
    (row,) = three.asked("show", digest[:8])
    assert row["why"] == reason
    assert "has been discarded already" in three.run(*given, "--confirm", code=1)[1]
    assert "discarded" in three.run("dead-letters", "list", "--state", "all")[0]


def test_sent_again_after_that_it_is_counted_and_stays(three: Terminal, tmp_path: Path) -> None:
    digest = digest_of(FAULTY)
    three.run("dead-letters", "discard", digest, "--reason", "ett prov", "--confirm")
    three.run("ingest", str(write(tmp_path / "again.ndjson", [ASKED, FAULTY])), code=1)
    out, err = three.run("dead-letters", "show", digest)
    assert "once more" in out
    assert "It came again after it was discarded" in err
    assert digest not in {row["digest"] for row in three.asked("list")}


def test_letters_are_written_out_without_and_with_their_bytes(three: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    raw = {digest_of(one): json.dumps(one, ensure_ascii=False).encode() for one in (ANSWER, WRONG, FAULTY)}

    assert three.run("dead-letters", "export", str(tmp_path / "out.ndjson"))[1] == "3 letters written.\n"
    rows = [json.loads(row) for row in (tmp_path / "out.ndjson").read_text().splitlines()]
    assert {row["digest"] for row in rows} == raw.keys()
    assert not any("bytes" in row for row in rows)
    assert "is there already" in three.run("dead-letters", "export", str(tmp_path / "out.ndjson"), code=1)[1]

    out, _ = three.run("dead-letters", "export", "-", "--reason", "invalid-field")
    assert [json.loads(row)["digest"] for row in out.splitlines()] == [digest_of(FAULTY)]

    assert "names people" in three.run("dead-letters", "export", "--bytes", str(folder))[1]
    assert {file.name for file in folder.iterdir()} == {*raw, "dead-letters.ndjson"}
    assert all((folder / digest).read_bytes() == content for digest, content in raw.items())
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    three.run("dead-letters", "export", "--bytes", str(tmp_path / "with.ndjson"))
    rows = [json.loads(row) for row in (tmp_path / "with.ndjson").read_text().splitlines()]
    assert {row["digest"]: base64.b64decode(row["bytes"]) for row in rows} == raw
    assert "cannot be written" in three.run("dead-letters", "export", str(tmp_path / "no" / "x"), code=4)[1]


def test_no_identity_in_what_is_stored_published_logged_or_said(
    three: Terminal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    large = json.dumps(FAULTY, ensure_ascii=False)[:-1] + " " * 600 * 1024 + "}"
    (tmp_path / "large.ndjson").write_text(large, encoding="utf-8")
    three.run("ingest", str(tmp_path / "large.ndjson"), code=1)
    three.run("ingest", str(write(tmp_path / "asked.ndjson", [ASKED])))
    three.run("dead-letters", "retry", "--all", code=1)
    three.run("dead-letters", "retry", "--all", "--dry-run", code=1)
    reason = f"{NAME} {NUMBER}"
    three.run("dead-letters", "discard", digest_of(FAULTY), "--reason", "-", "--confirm", stdin=reason)
    for form in ((), ("--json",), ("--output", "csv")):
        three.run("dead-letters", "list", "--state", "all", *form)
    for digest in (digest_of(ANSWER), digest_of(WRONG), hashlib.sha256(large.encode()).hexdigest()):
        three.run("dead-letters", "show", digest)
        three.run("dead-letters", "show", digest, "--json")
    three.run("dead-letters", "export", str(tmp_path / "out.ndjson"), "--state", "all")
    workers.relay(three.place.settings, three.place.connections, "dead-letters").publish_available()
    reader = DeadLetterReader(three.place.connections, three.place.topic("dead-letters"))
    reader.look()
    reader.close()

    with connect(three.place.connections.store_dsn) as connection:
        places = tables(connection) | topics(three.place)
    places["output"] = (three.said + (tmp_path / "out.ndjson").read_text()).encode()
    places["log"] = caplog.text.encode()
    assert Scanner([NUMBER, NAME, "Tolvansson", "SIM-0001"]).scan(places) == []


def test_which_letters_are_meant_must_be_said(terminal: Terminal) -> None:
    for arguments in (("retry",), ("retry", "abcd", "--all"), ("discard", "--reason", "x")):
        assert "digests" in terminal.run("dead-letters", *arguments, code=2)[1]
    assert terminal.run("dead-letters", "retry", "--all")[0] == "Read: 0, with 0 new facts. Still there: 0.\n"


def test_without_servers_it_is_exit_3(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("CARECHAIN_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("CARECHAIN_POSTGRES_DSN", "host=127.0.0.1 port=1")
    assert main.run(["--home", str(tmp_path), "dead-letters", "list"]) == 3
    assert "127.0.0.1:1" in capsys.readouterr().err


PROFILE = """
format = "hl7v2"

[times]
admitted = ["ZXX-1"]
"""


def test_a_message_is_read_again_after_its_senders_profile_was_mended(
    terminal: Terminal, tmp_path: Path
) -> None:
    """The time of the admission stands in a segment of the sender's own."""
    raw = adt("A01", "ZXX|20260302074500", evn={})
    (tmp_path / "1.hl7").write_bytes(raw)
    known = line("patient-admitted", MORNING, "x", message="other")
    known["patient"] = {"system": "personnummer", "value": PERSONNUMMER}
    terminal.run("ingest", str(write(tmp_path / "0.ndjson", [known])))
    terminal.run("ingest", str(tmp_path / "1.hl7"), code=1)
    (row,) = terminal.asked("list")
    pipeline = Pipeline(terminal.place)
    assert (row["reason"], row["field"], row["kind"]) == ("missing-time", "PV1-44", "ADT^A01")
    assert row["journey"] == str(pipeline.journey("personnummer", PERSONNUMMER))

    terminal.run("dead-letters", "retry", "--all", code=1)
    folder = terminal.place.settings.sources
    folder.mkdir()
    (folder / "pas.toml").write_text(PROFILE)
    terminal.run("dead-letters", "retry", "--all")

    with pipeline.intake() as intake:
        admitted = facts(intake, "personnummer", PERSONNUMMER)[-1]
    assert admitted.time == datetime(2026, 3, 2, 6, 45, tzinfo=UTC)
    assert terminal.asked("list") == []
    (row,) = terminal.asked("list", "--state", "retried")
    assert (row["reason"], row["seen_again"]) == ("missing-time", 0)


MAPPING = """
format = "table"
id = "own"
version = 1
title = "Our own list"
match = ["nummer", "vtf", "in"]
source = "own-list"
controller = "orgnr:2321000198"
rows = "record"

[columns]

[[patient]]
column = "nummer"
id_system = "mrn:own"

[episode]
column = "vtf"

[[fact]]
fact = "patient-admitted"
time = {column = "in"}
"""


def test_a_table_is_read_again_row_by_row_after_a_mapping_was_written(
    terminal: Terminal, tmp_path: Path
) -> None:
    rows = [["nummer", "vtf", "in"], ["11", "E1", "2026-03-02 08:00"], ["12", "E2", "when?"]]
    table(tmp_path / "1.csv", rows)
    terminal.run("ingest", str(tmp_path / "1.csv"), code=1)
    (row,) = terminal.asked("list")
    assert (row["reason"], row["place"]) == ("unknown-table", "file 1 (.csv)")
    folder = terminal.place.settings.sources
    folder.mkdir()
    (folder / "own.toml").write_text(MAPPING)

    out, err = terminal.run("dead-letters", "retry", "--all")

    assert out == "Read: 1, with 1 new facts. Still there: 0.\n"
    assert "Some held several messages: 1 of those are letters of their own now." in err
    (part,) = terminal.asked("list")
    assert (part["source"], part["reason"]) == ("own-list", "invalid-time")
    with Pipeline(terminal.place).intake() as intake:
        assert len(facts(intake, "mrn:own", "11")) == 1
    # The row's letter is one: read again in vain it makes no other.
    terminal.run("dead-letters", "retry", "--all", code=1)
    assert [row["digest"] for row in terminal.asked("list")] == [part["digest"]]
