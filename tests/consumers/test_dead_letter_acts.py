"""Dead letters read again, discarded, sent again: what is recorded, what becomes of the letter, also when cut off."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from intakes import NOW, WARD, facts, ingest, intake_into, letters, line, places_with, write
from jsonschema import Draft202012Validator

from cli.schemas import dead_letter, dead_letter_resolved
from consumers.intake.dead_letter_acts import Clerk, Retried, discard
from consumers.intake.dead_letter_events import open_reason
from consumers.intake.dead_letters import DeadLetters, PutAside
from consumers.intake.dead_letters_kept import Letter, Wanted, bytes_of, count_open, find
from consumers.intake.dead_letters_kept import letters as kept_letters
from consumers.intake.intake import Intake
from consumers.intake.site import Site
from domain.errors import Refused
from domain.submission import Patient
from infra.postgres import connect, migrate, migration_files

pytestmark = pytest.mark.broker
MORNING, NOON, EVENING = (f"2026-03-02T{hour}:00:00+01:00" for hour in ("08", "12", "18"))
BY = "7d0c1f3e-0000-4000-8000-000000000001"
LATER = NOW + timedelta(hours=1)
IDENTITY = "Tolvan Tolvansson"


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


def clerk(intake: Intake, now: datetime = LATER) -> Clerk:
    return Clerk(intake, Site(), lambda: now, BY)


def admitted(patient: str, message: str, **more: Any) -> dict[str, Any]:
    return line("patient-admitted", MORNING, patient, message=message, **more)


def answer(to: str, own: str, **more: Any) -> dict[str, Any]:
    """An answer that names no patient: it cannot be read before what it answers."""
    said = line("message-acknowledged", NOON, "", {"unit": WARD}, message=own, **more)
    return {k: v for k, v in said.items() if k != "patient"} | {
        "answers": {"sources": ["ward"], "message": to}
    }


def digest_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes().strip()).hexdigest()


def letter_of(place: Place, digest: str) -> Letter:
    with connect(place.connections.store_dsn) as connection:
        return find(connection, digest)


def events(place: Place, digest: str) -> list[dict[str, Any]]:
    return [one for one in letters(place) if one["data"]["digest"] == digest]


def too_early(intake: Intake, folder: Path, name: str, **more: Any) -> str:
    """An answer put aside, because what it answers is not known: its digest."""
    file = write(folder / f"{name}.ndjson", [answer(f"{name}-asked", f"{name}-answer", **more)])
    assert ingest(intake, file).reasons == {"unknown-message": 1}
    return digest_of(file)


def asked(intake: Intake, folder: Path, name: str) -> None:
    """What it answers comes."""
    file = write(folder / f"{name}-asked.ndjson", [admitted(f"SIM-{name}", f"{name}-asked")])
    assert ingest(intake, file).accepted == 1


def told(intake: Intake, name: str) -> list[str]:
    return [fact.envelope.type.split(".")[2] for fact in facts(intake, "simulated", f"SIM-{name}")]


def test_what_can_be_read_now_is_recorded_by_its_own_time(intake, module_place, tmp_path):
    digest = too_early(intake, tmp_path, "TIME")
    asked(intake, tmp_path, "TIME")
    evening = line("leave-started", EVENING, "SIM-TIME", message="TIME-later")
    assert ingest(intake, write(tmp_path / "later.ndjson", [evening])).accepted == 1

    done = clerk(intake).retry(letter_of(module_place, digest))

    assert (done.outcome, done.facts, done.letters) == ("retried", 1, 0)
    recorded = facts(intake, "simulated", "SIM-TIME")
    assert told(intake, "TIME") == ["patient-admitted", "leave-started", "message-acknowledged"]
    assert [fact.envelope.time.hour for fact in recorded] == [7, 17, 11]
    letter = letter_of(module_place, digest)
    assert (letter.state, letter.resolved_at, letter.resolved_by) == ("retried", LATER, BY)
    _, resolved = events(module_place, digest)
    assert resolved == {
        "specversion": "1.0",
        "id": f"{digest}:resolved",
        "source": f"/carechain/{intake.app.store}",
        "type": "se.carechain.dead-letter-resolved.v1",
        "time": "2026-12-31T01:00:00.000000Z",
        "datacontenttype": "application/json",
        "data": {
            "digest": digest,
            "how": "retried",
            "by": BY,
            "at": "2026-12-31T01:00:00.000000Z",
            "facts": [recorded[2].id],
        },
    }
    Draft202012Validator(dead_letter_resolved()).validate(resolved)
    assert clerk(intake).retry(letter).outcome == "resolved-before"


def test_what_still_cannot_be_read_stays_with_the_reason_of_now(intake, module_place, tmp_path, monkeypatch):
    from consumers.intake.formats import ndjson
    from domain.errors import Unreadable

    digest = too_early(intake, tmp_path, "STILL")
    before = letter_of(module_place, digest)
    assert clerk(intake).retry(before).trouble.reason == "unknown-message"
    assert len(events(module_place, digest)) == 1

    def unreadable(_: bytes) -> Any:
        raise Unreadable("another-reason", "It is read otherwise now.", "sent")

    monkeypatch.setattr(ndjson, "read_line", unreadable)
    done = clerk(intake).retry(before)

    assert (done.outcome, done.trouble.reason) == ("still-open", "another-reason")
    letter = letter_of(module_place, digest)
    assert (letter.state, letter.reason, letter.message, letter.field, letter.seen_again) == (
        *("open", "another-reason", "It is read otherwise now.", "sent"),
        0,
    )
    assert letter.place == "file 1 (.ndjson), line 1"
    assert letter.since == before.since == NOW
    first, second = events(module_place, digest)
    assert (first["id"], second["id"]) == (digest, f"{digest}:2")
    assert (second["data"]["reason"], second["data"]["since"]) == (
        "another-reason",
        "2026-12-31T00:00:00.000000Z",
    )
    Draft202012Validator(dead_letter()).validate(second)
    monkeypatch.undo()
    asked(intake, tmp_path, "STILL")
    assert clerk(intake).retry(letter).outcome == "retried"
    assert events(module_place, digest)[2]["id"] == f"{digest}:2:resolved"


def test_over_512_kib_the_bytes_stay_in_postgresql_and_can_be_read_again(intake, module_place, tmp_path):
    said = json.dumps(answer("LARGE-asked", "LARGE-answer", actor=IDENTITY))
    text = said[:-1] + " " * 600 * 1024 + "}"
    (tmp_path / "1.ndjson").write_text(text)
    assert ingest(intake, tmp_path / "1.ndjson").dead_letters == 1
    digest = hashlib.sha256(text.encode()).hexdigest()

    (event,) = events(module_place, digest)
    assert event["data"]["kept"] == "postgresql"
    assert "sealed" not in event["data"]
    assert len(json.dumps(event)) < 1000
    letter = letter_of(module_place, digest)
    assert (letter.kept, letter.size) == ("postgresql", len(text))
    with connect(module_place.connections.store_dsn) as connection:
        assert bytes_of(connection, letter, intake.vault) == text.encode()
    assert places_with(module_place, IDENTITY) == []

    asked(intake, tmp_path, "LARGE")
    assert clerk(intake).retry(letter).outcome == "retried"
    assert told(intake, "LARGE") == ["patient-admitted", "message-acknowledged"]


def test_512_kib_travel_in_the_event(intake, module_place, tmp_path):
    said = json.dumps(answer("EDGE-asked", "EDGE-answer"))
    text = said[:-1] + " " * (512 * 1024 - len(said)) + "}"
    (tmp_path / "1.ndjson").write_text(text)
    ingest(intake, tmp_path / "1.ndjson")

    letter = letter_of(module_place, hashlib.sha256(text.encode()).hexdigest())
    assert (letter.kept, letter.size) == ("here", 512 * 1024)
    with connect(module_place.connections.store_dsn) as connection:
        assert bytes_of(connection, letter, intake.vault) == text.encode()


def test_killed_between_the_facts_and_the_letter_it_is_done_by_running_again(
    intake, module_place, tmp_path, monkeypatch
):
    digest = too_early(intake, tmp_path, "KILLED")
    asked(intake, tmp_path, "KILLED")
    program = (
        "import os, signal, sys\n"
        "from consumers.intake import dead_letter_rows\n"
        "from cli import main\n"
        "dead_letter_rows.resolve = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "main.run(['dead-letters', 'retry', sys.argv[1]])\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", program, digest],
        env={**os.environ, **module_place.env},
        cwd=Path(__file__).parent.parent.parent,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -9, killed.stderr
    assert told(intake, "KILLED") == ["patient-admitted", "message-acknowledged"]
    assert letter_of(module_place, digest).state == "open"

    done = clerk(intake).retry(letter_of(module_place, digest))

    assert (done.outcome, done.facts) == ("retried", 0)
    assert told(intake, "KILLED") == ["patient-admitted", "message-acknowledged"]
    last = facts(intake, "simulated", "SIM-KILLED")[-1]
    assert events(module_place, digest)[-1]["data"]["facts"] == [last.id]


def test_two_retries_at_once_record_it_once(intake, module_place, tmp_path):
    digest = too_early(intake, tmp_path, "TWICE")
    asked(intake, tmp_path, "TWICE")
    letter, done, ready = letter_of(module_place, digest), list[Retried](), threading.Barrier(2)

    def retry() -> None:
        with intake_into(module_place) as own:
            ready.wait(30)
            done.append(clerk(own).retry(letter))

    threads = [threading.Thread(target=retry) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(one.outcome for one in done) == ["resolved-before", "retried"]
    assert told(intake, "TWICE") == ["patient-admitted", "message-acknowledged"]
    assert len(events(module_place, digest)) == 2


def test_what_was_sent_again_and_could_be_read_lies_there_no_longer(intake, module_place, tmp_path):
    digest = too_early(intake, tmp_path, "AGAIN")
    asked(intake, tmp_path, "AGAIN")

    assert ingest(intake, tmp_path / "AGAIN.ndjson").accepted == 1

    letter = letter_of(module_place, digest)
    assert (letter.state, letter.resolved_by, letter.seen_again) == ("retried", "sent-again", 0)
    resolved = events(module_place, digest)[-1]
    assert resolved["data"]["by"] == "sent-again"
    assert resolved["data"]["facts"] == [facts(intake, "simulated", "SIM-AGAIN")[-1].id]
    Draft202012Validator(dead_letter_resolved()).validate(resolved)


def test_what_was_discarded_stays_so_and_is_counted(intake, module_place, tmp_path):
    digest = too_early(intake, tmp_path, "GONE")
    letter = letter_of(module_place, digest)
    given = (intake.store_dsn, intake.app.store, intake.vault, letter)

    assert discard(*given, reason=f"{IDENTITY} ringde", by=BY, now=LATER)
    assert not discard(*given, reason="again", by=BY, now=LATER)

    discarded = events(module_place, digest)[-1]
    Draft202012Validator(dead_letter_resolved()).validate(discarded)
    assert (discarded["data"]["how"], discarded["data"]["by"]) == ("discarded", BY)
    assert "facts" not in discarded["data"]
    letter = letter_of(module_place, digest)
    assert letter.resolved_reason is not None
    assert open_reason(intake.vault, digest, letter.resolved_reason) == f"{IDENTITY} ringde"
    assert places_with(module_place, IDENTITY) == []
    assert not letter.came_again_since

    again = ingest(intake, tmp_path / "GONE.ndjson")
    assert (again.put_aside, again.dead_letters) == (1, 0)
    asked(intake, tmp_path, "GONE")
    assert ingest(intake, tmp_path / "GONE.ndjson").accepted == 1
    letter = letter_of(module_place, digest)
    assert (letter.state, letter.seen_again) == ("discarded", 1)
    assert len(events(module_place, digest)) == 2
    assert clerk(intake).retry(letter).outcome == "resolved-before"


def aside(content: bytes, **more: Any) -> PutAside:
    given = {
        "reason": "not-json",
        "message": "The line is not JSON in UTF-8.",
        "source": "ndjson",
        "place": "line 1",
        "content_type": "application/x-ndjson",
        "digest": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "raw": content,
    }
    return PutAside(**(given | more))


def writer(intake: Intake) -> DeadLetters:
    return DeadLetters(intake.store_dsn, intake.app.store, intake.vault)


def test_what_could_be_read_once_and_now_cannot_lies_there_again(intake, module_place, tmp_path):
    digest = too_early(intake, tmp_path, "BACK")
    asked(intake, tmp_path, "BACK")
    clerk(intake).retry(letter_of(module_place, digest))
    raw = (tmp_path / "BACK.ndjson").read_bytes().strip()

    assert writer(intake).write([aside(raw)], LATER + timedelta(hours=1)) == 0

    letter = letter_of(module_place, digest)
    assert (letter.state, letter.reason, letter.seen_again, letter.resolved_at) == (
        "open",
        "not-json",
        1,
        None,
    )
    assert (letter.first_seen, letter.since) == (NOW, LATER + timedelta(hours=1))
    assert [one["id"] for one in events(module_place, digest)] == [
        digest,
        f"{digest}:resolved",
        f"{digest}:2",
    ]
    assert clerk(intake).retry(letter).outcome == "retried"


def test_a_letter_that_holds_several_messages_is_taken_apart(intake, module_place):
    good, bad = (
        json.dumps(admitted(f"SIM-PART{n}", f"part{n}", **more)) for n, more in ((1, {}), (2, {"x": 1}))
    )
    raw = f"{good}\n{bad}\n".encode()
    writer(intake).write([aside(raw, reason="unknown-format")], NOW)
    letter = letter_of(module_place, hashlib.sha256(raw).hexdigest())

    done = clerk(intake).retry(letter)

    assert (done.outcome, done.facts, done.letters) == ("retried", 1, 1)
    assert told(intake, "PART1") == ["patient-admitted"]
    part = letter_of(module_place, hashlib.sha256(bad.encode()).hexdigest())
    assert (part.state, part.reason) == ("open", "invalid-field")


@pytest.mark.parametrize("erased", [True, False])
def test_without_its_bytes_a_letter_stays_and_can_be_discarded(intake, module_place, erased):
    raw = b"Tolvan erased" if erased else b"Tolvan too long to be kept"
    writer(intake).write([aside(raw, **({} if erased else {"raw": None}))], NOW)
    letter = letter_of(module_place, hashlib.sha256(raw).hexdigest())
    if erased:
        from consumers.intake.dead_letters import scope

        with connect(module_place.connections.vault_dsn) as connection:
            connection.execute(
                "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE journey = %s",
                (scope(letter.digest).journey,),
            )
        intake.vault.forget()

    done = clerk(intake).retry(letter)
    assert (done.outcome, done.trouble.reason) == ("still-open", "bytes-gone")
    assert clerk(intake).rehearse(letter) is None
    assert letter_of(module_place, letter.digest).reason == "not-json"
    assert discard(intake.store_dsn, intake.app.store, intake.vault, letter, reason="gone", by=BY, now=LATER)
    assert (letter_of(module_place, letter.digest).resolved_reason is None) is erased


def test_a_rehearsal_tells_what_could_be_read_and_leaves_no_trace(intake, module_place, tmp_path):
    digest = too_early(intake, tmp_path, "TRIAL")
    writer(intake).write([aside(b"Tolvan on trial")], NOW)
    wrong = letter_of(module_place, hashlib.sha256(b"Tolvan on trial").hexdigest())
    before = len(letters(module_place))

    good, bad = clerk(intake).rehearse(letter_of(module_place, digest)), clerk(intake).rehearse(wrong)

    assert good is not None
    assert bad is not None
    assert (good.accepted, good.put_aside, bad.put_aside) == (1, 0, 1)
    assert len(letters(module_place)) == before


def test_whose_it_is_is_known_where_the_patient_is(intake, module_place):
    ingest_one = admitted("SIM-WHOSE", "whose")
    intake.submit([_submission(ingest_one)], lambda: NOW)
    theirs = intake.vault.find_journey("simulated", "SIM-WHOSE")
    known, unknown, odd = (
        aside(raw, patient=Patient(system=system, value=value))
        for raw, system, value in (
            (b"Tolvan whose 1", "simulated", "SIM-WHOSE"),
            (b"Tolvan whose 2", "simulated", "SIM-NOBODY"),
            (b"Tolvan whose 3", "passport", "SIM-WHOSE"),
        )
    )

    writer(intake).write([known, unknown, odd], NOW)

    assert [letter_of(module_place, one.digest).journey for one in (known, unknown, odd)] == [
        theirs,
        None,
        None,
    ]
    assert events(module_place, known.digest)[0]["data"]["journey"] == str(theirs)
    assert "journey" not in events(module_place, unknown.digest)[0]["data"]
    assert intake.vault.find_journey("simulated", "SIM-NOBODY") is None
    # Once the patient is known, the same message tells whose it is.
    intake.submit([_submission(admitted("SIM-NOBODY", "somebody"))], lambda: NOW)
    writer(intake).write([unknown], LATER)
    found = letter_of(module_place, unknown.digest)
    assert found.journey == intake.vault.find_journey("simulated", "SIM-NOBODY")
    assert [one["id"] for one in events(module_place, unknown.digest)] == [
        unknown.digest,
        f"{unknown.digest}:2",
    ]


def _submission(said: dict[str, Any]) -> Any:
    from domain.submission import Submission

    return Submission.model_validate_json(json.dumps(said))


def test_letters_are_chosen_by_state_source_reason_time_and_journey(place):
    with intake_into(place) as intake:
        intake.submit([_submission(admitted("SIM-CHOSEN", "chosen"))], lambda: NOW)
        theirs = intake.vault.find_journey("simulated", "SIM-CHOSEN")
        assert theirs is not None
        one = aside(b"1", source="a", reason="x", patient=Patient(system="simulated", value="SIM-CHOSEN"))
        two, three = aside(b"2", source="a", reason="y"), aside(b"3", source="b", reason="x")
        writer(intake).write([one, two], NOW)
        writer(intake).write([three], LATER)
        gone = letter_of(place, two.digest)
        discard(intake.store_dsn, intake.app.store, intake.vault, gone, reason="no", by=BY, now=LATER)
    chosen: dict[str, tuple[Wanted, list[PutAside]]] = {
        "open": (Wanted(), [one, three]),
        "every state": (Wanted(states=None), [*sorted([one, two], key=lambda x: x.digest), three]),
        "discarded": (Wanted(states=("discarded",)), [two]),
        "source": (Wanted(source="b"), [three]),
        "reason": (Wanted(reason="x"), [one, three]),
        "since": (Wanted(since=LATER), [three]),
        "journey": (Wanted(journeys=(theirs, theirs)), [one]),
    }
    with connect(place.connections.store_dsn) as connection:
        for name, (wanted, expected) in chosen.items():
            found = [letter.digest for letter in kept_letters(connection, wanted)]
            assert found == [letter.digest for letter in expected], name
        for wrong, said in (
            ("abc", "not a letter's digest"),
            ("nonsense", "not a letter's"),
            ("0" * 64, "No dead"),
        ):
            with pytest.raises(Refused, match=said):
                find(connection, wrong)
    assert count_open(place.connections.store_dsn) == 2


def test_letters_of_before_are_told_as_their_events_told_them(place, monkeypatch):
    """The table held digests only; what is known of such a letter stands in its event."""
    dsn = place.connections.store_dsn
    every = migration_files()
    with connect(dsn) as connection:
        connection.execute(
            "DROP SCHEMA vault, store, journal, kept, audit, access, figures CASCADE;"
            " DROP TABLE carechain_migrations"
        )
    monkeypatch.setattr("infra.postgres.migration_files", lambda: every[:5])
    migrate(dsn)
    data = {"reason": "not-json", "message": "No JSON.", "source": "ndjson", "place": "line 3", "size": 7}
    sealed = {"sealed": {"sealed": "", "key": "k"}}
    with connect(dsn) as connection:
        for number, more in ((1, sealed), (2, {})):
            digest = f"{number:064x}"
            connection.execute("INSERT INTO store.dead_letter (digest) VALUES (%s)", (bytes.fromhex(digest),))
            body = json.dumps({"id": digest, "data": {**data, "digest": digest, **more}}).encode()
            connection.execute(
                "INSERT INTO store.outbox (stream, key, recorded_at, body) VALUES ('dead-letters', 'x', %s, %s)",
                (NOW, body),
            )
    monkeypatch.undo()

    assert "0006_dead_letters.sql" in migrate(dsn)

    first, second = (letter_of(place, f"{number:064x}") for number in (1, 2))
    assert (first.state, first.reason, first.source, first.place, first.size) == (
        *("open", "not-json", "ndjson", "line 3"),
        7,
    )
    assert first.first_seen == first.since == first.last_seen == NOW
    assert (first.kept, second.kept, first.content_type) == ("here", None, "")
