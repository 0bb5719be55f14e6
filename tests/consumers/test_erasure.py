"""Erasing on real servers: two persons, a signed line first, and afterwards no copy anywhere that could be read."""

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from conftest import NewPlace, Place
from intakes import line, write
from leaks import tables, topics
from pipeline import Pipeline, submission
from waiting import wait_until

from consumers import erasure
from consumers.erasure import Eraser
from consumers.erasure_due import DuePart, due_letters, due_parts, last_entries, part_of
from consumers.erasure_holds import lift_hold, place_hold
from consumers.erasure_lines import unknown_to
from consumers.erasure_proposals import Proposal, confirm, find, proposals, propose, withdraw
from consumers.intake.dead_letter_events import scope as letter_scope
from consumers.intake.dead_letters_kept import Wanted, bytes_of, letters
from consumers.intake.files import find as files
from consumers.intake.ingest import Ingestion
from consumers.intake.reading import messages
from consumers.kept import kept_schema
from consumers.kept_registry import opened
from consumers.rebuild import ONE_AT_A_TIME
from domain.calendar import local_date
from domain.errors import Refused
from domain.retention import Ground, Hold
from domain.seal import Scope
from domain.submission import Patient, Submission
from infra.erasure_list import ErasureList
from infra.errors import OperatingError
from infra.postgres import Connection, connect
from infra.vault import KeyReader, SealedBytes
from infra.vault.backup import backup
from infra.vault.restore import restore
from projections import base

pytestmark = pytest.mark.broker

PROGRAM = Path(__file__).parent / "erasure_process.py"
THEN = datetime(2014, 5, 6, 12, tzinfo=UTC)
"""When Anna's facts were recorded: so long ago that both laws let them go."""
LATELY = datetime(2026, 2, 2, 12, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = date(2026, 3, 2)
ANNA, BO = "SIM-0001", "SIM-0002"
REGION = "orgnr:2321000198"
WORDS = {ANNA: ("Nyckeln hos grannen", "Vill bo hemma"), BO: ("Trivs hos sin son", "Har katt")}
LETTER = "Ville inte svara alls"
BY, SECOND = (UUID(f"7d0c1f3e-0000-4000-8000-00000000000{n}") for n in (1, 2))


@dataclass
class Bench:
    """One place with two patients, and what erasing takes."""

    place: Place
    pipeline: Pipeline
    folder: Path
    clock: datetime = NOW
    journeys: dict[str, UUID] = field(default_factory=dict)
    digest: str = ""

    @property
    def erasures(self) -> ErasureList:
        return ErasureList(self.place.settings.erasures_file, self.place.settings.signing_key_file)

    def eraser(self) -> Eraser:
        return Eraser(self.place.connections, self.pipeline.key, self.erasures, lambda: self.clock)

    def scope(self, patient: str, regime: str) -> Scope:
        return Scope(self.journeys[patient], REGION, regime)

    def part(self, patient: str, regime: str) -> DuePart:
        with self.read() as reading, self.vault() as vault, self.store() as store:
            found = part_of(reading, vault, store, self.scope(patient, regime))
        assert found is not None
        return found

    def propose(self, *parts: DuePart, ground: Ground = Ground.RETENTION, **more: Any) -> Proposal:
        with self.vault() as vault:
            return propose(vault, parts, ground, BY, self.clock, **more)

    def erase(self, *parts: DuePart, ground: Ground = Ground.RETENTION, **more: Any) -> erasure.Erased:
        return self.eraser().confirm(str(self.propose(*parts, ground=ground, **more).id), SECOND)

    def due(self, day: date = TODAY) -> list[DuePart]:
        with self.read() as reading, self.vault() as vault:
            return due_parts(reading, vault, day)

    def vault(self) -> Connection:
        return connect(self.place.connections.vault_dsn)

    def store(self) -> Connection:
        return connect(self.place.connections.store_dsn)

    def read(self) -> Connection:
        return connect(self.place.connections.read_dsn)

    def readable(self) -> set[str]:
        """Every text that the vault opens, of all that lies sealed anywhere: store, journal, letters, topics."""
        found: set[str] = set()
        with self.read() as connection:
            documents = [
                bytes(raw)
                for (raw,) in connection.execute(
                    "SELECT state FROM store.journeys_events UNION ALL SELECT raw FROM journal.fact"
                    " UNION ALL SELECT raw FROM journal.oddity UNION ALL SELECT body FROM store.outbox"
                ).fetchall()
            ]
            boxes = connection.execute(
                "SELECT encode(digest, 'hex'), sealed, sealed_key FROM store.dead_letter WHERE sealed IS NOT NULL"
            ).fetchall()
        for name in ("facts", "dead-letters"):
            documents += [bytes(record.value or b"") for record in self.pipeline.topic_records(name)]
        with KeyReader(self.place.connections.vault_dsn, self.pipeline.key) as keys:
            for document in map(json.loads, documents):
                data = document["data"]
                for pointer, box in sealed_in(data, ""):
                    places = (
                        f"{document['id']}#{pointer}",
                        data.get("digest"),
                        f"{data.get('digest')}|reason",
                    )
                    found |= {text for place in places if place for text in opened_by(keys, box, place)}
            for digest, raw, key in boxes:
                found |= set(opened_by(keys, SealedBytes(bytes(raw), key), digest))
        return found

    def says(self, word: str) -> bool:
        """Whether some text that can be opened holds this."""
        return any(word in text for text in self.readable())


def sealed_in(value: object, pointer: str) -> Iterator[tuple[str, SealedBytes]]:
    if isinstance(value, dict) and value.keys() == {"sealed", "key"}:
        yield pointer, SealedBytes(base64.b64decode(value["sealed"]), value["key"])
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from sealed_in(item, f"{pointer}/{name}")


def opened_by(keys: KeyReader, box: SealedBytes, place: str) -> list[str]:
    try:
        plain = keys.open(box, place.encode())
    except OperatingError:
        return []  # sealed for another place
    return [] if plain is None else [plain.decode()]


def furnish(place: Place, folder: Path) -> Bench:
    bench = Bench(place, Pipeline(place), folder)
    for patient, recorded in ((ANNA, THEN), (BO, LATELY)):
        first, second = WORDS[patient]
        day = recorded.date().isoformat()
        bench.pipeline.submit(
            [
                submission(
                    "patient-admitted",
                    f"{day}T08:00:00+01:00",
                    patient,
                    message=f"{patient}-1",
                    episode=f"{patient}-stay",
                    data={"unit": "hsa:SE2321000198-WARD1", "municipality": "2180", "note": first},
                ),
                submission(
                    "municipal-takeover-proposed",
                    f"{day}T09:00:00+01:00",
                    patient,
                    message=f"{patient}-2",
                    data={"municipality": "2180", "services": ["home-nursing", "home-help"], "note": second},
                ),
            ],
            lambda recorded=recorded: recorded,  # type: ignore[misc]
        )
        bench.journeys[patient] = bench.pipeline.journey("simulated", patient)
    wrong = line("patient-admitted", "2026-02-02T08:00:00+01:00", ANNA, {"field": LETTER}, message="x")
    with bench.pipeline.intake() as intake:
        file = write(folder / "wrong.ndjson", [wrong])
        # Kafka takes no record from the future, and lets go of old ones: this one is of now.
        read = Ingestion(intake, lambda: datetime.now(UTC)).run(messages(files([str(file)])))
        assert read.dead_letters == 1
    from consumers import workers

    workers.relay(place.settings, place.connections, "dead-letters").publish_available()
    bench.pipeline.project()
    with bench.store() as store:
        (letter,) = letters(store, Wanted())
    assert letter.journey == bench.journeys[ANNA]
    bench.digest = letter.digest
    return bench


@pytest.fixture
def bench(place: Place, tmp_path: Path) -> Bench:
    return furnish(place, tmp_path)


# -- what is due ---------------------------------------------------------------------------------------------------


def test_what_is_due_by_controller_and_law(bench: Bench) -> None:
    anna = bench.journeys[ANNA]
    assert {part.scope for part in bench.due()} == {Scope(anna, REGION, "HSL"), Scope(anna, REGION, "SoL")}
    social, health = bench.due()
    # 6 May 2014: five years end on 6 May 2019, ten on 6 May 2024.
    assert (social.scope.regime, social.due.due_from, social.due.due_by) == (
        "SoL",
        date(2019, 5, 7),
        date(2020, 12, 31),
    )
    assert (health.scope.regime, health.due.due_from, health.due.due_by) == ("HSL", date(2024, 5, 7), None)
    assert bench.due(date(2019, 5, 6)) == []
    assert [part.scope.regime for part in bench.due(date(2019, 5, 7))] == ["SoL"]
    assert [part.scope.regime for part in bench.due(date(2024, 5, 6))] == ["SoL"]


@pytest.mark.slow
def test_a_later_entry_of_the_same_part_counts_and_of_another_does_not(bench: Bench) -> None:
    bench.pipeline.submit(
        [
            submission(
                "patient-discharged",
                "2014-05-07T08:00:00+02:00",
                ANNA,
                message="late",
                episode=f"{ANNA}-stay",
            )
        ],
        lambda: LATELY,
    )
    bench.pipeline.project()
    assert [part.scope.regime for part in bench.due()] == ["SoL"]
    with bench.read() as reading:
        newest = last_entries(reading, journeys=[bench.journeys[ANNA]])
    assert {scope: entry.date() for scope, entry in newest.items()} == {
        bench.scope(ANNA, "HSL"): date(2026, 2, 2),
        bench.scope(ANNA, "SoL"): date(2014, 5, 6),
    }


@pytest.mark.slow
def test_what_is_held_is_listed_and_stays(bench: Bench) -> None:
    scope = bench.scope(ANNA, "SoL")
    with bench.vault() as vault:
        place_hold(vault, scope, Hold.ADOPTION, BY, NOW)
        with pytest.raises(Refused, match="held on that ground already"):
            place_hold(vault, scope, Hold.ADOPTION, BY, NOW)
    held = {part.scope.regime: part.held for part in bench.due()}
    assert held == {"SoL": ("adoption",), "HSL": ()}
    # Held between proposal and confirmation, too.
    with bench.vault() as vault:
        lift_hold(vault, scope, Hold.ADOPTION, BY, NOW)
    proposal = bench.propose(*bench.due())
    with bench.vault() as vault:
        place_hold(vault, scope, Hold.PATERNITY, BY, NOW)
    done = bench.eraser().confirm(str(proposal.id), SECOND)
    assert (done.parts, done.kept, done.forgotten) == (1, 1, 0)
    assert bench.says(WORDS[ANNA][1]) is True
    with bench.vault() as vault, pytest.raises(Refused, match="not held"):
        lift_hold(vault, scope, Hold.ADOPTION, BY, NOW)


@pytest.mark.slow
def test_an_entry_that_came_after_the_proposal_keeps_it(bench: Bench) -> None:
    proposal = bench.propose(*bench.due())
    # Stored only: the journal does not know of it yet.
    bench.pipeline.submit(
        [
            submission(
                "patient-discharged", "2014-05-07T08:00:00+02:00", ANNA, message="l", episode=f"{ANNA}-stay"
            )
        ],
        lambda: LATELY,
    )
    done = bench.eraser().confirm(str(proposal.id), SECOND)
    assert (done.parts, done.kept) == (1, 1)
    assert {
        item.kept_because for item in done.proposal.items if item.scope.regime == "HSL" and not item.digest
    } == {"newer-entry"}


@pytest.mark.slow
def test_letters_are_due_after_half_a_year(bench: Bench) -> None:
    with bench.store() as store, bench.vault() as vault:
        (row,) = store.execute("SELECT since FROM store.dead_letter").fetchall()
        last = local_date(row[0]) + timedelta(days=180)
        assert due_letters(store, vault, last) == []
        (letter,) = due_letters(store, vault, last + timedelta(days=1))
    assert letter.digest == bench.digest
    done = bench.erase(letter)
    assert (done.parts, done.letters) == (0, 1)
    assert not bench.says(LETTER)
    assert bench.says(WORDS[ANNA][0])
    with bench.store() as store, bench.vault() as vault:
        (after,) = letters(store, Wanted(states=None))
        assert (after.state, after.resolved_by, after.kept) == ("discarded", str(SECOND), None)
        assert due_letters(store, vault, date(2030, 1, 1)) == []


def identity(kind: str, day: str, **data: str) -> Submission:
    """A fact about Anna and Bo."""
    said = submission(kind, f"{day}T08:00:00+01:00", ANNA, message=kind, data=data)
    return said.model_copy(update={"other": Patient(system="simulated", value=BO)})


@pytest.mark.slow
def test_the_last_entry_is_the_persons_whatever_number_it_stands_under(bench: Bench) -> None:
    linked = identity("patient-identity-linked", "2026-01-02", ground="reserve-number")
    bench.pipeline.submit([linked], lambda: LATELY)
    bench.pipeline.project()
    # Anna and Bo are one person, of whom something was written in this year.
    assert bench.due() == []
    assert bench.part(ANNA, "SoL").due.last_entry == date(2026, 2, 2)
    proposal = bench.propose(bench.part(ANNA, "SoL"))
    assert bench.eraser().confirm(str(proposal.id), SECOND).kept == 1
    # Found to be two, each has a record of her and his own again.
    parted = identity("patient-identity-unlinked", "2026-01-03", ground="mistaken")
    bench.pipeline.submit([parted], lambda: LATELY)
    bench.pipeline.project()
    assert [part.scope for part in bench.due()] == [bench.scope(ANNA, "SoL")]
    assert bench.erase(*bench.due()).parts == 1
    assert bench.says(WORDS[BO][1])
    assert bench.pipeline.differences() == []


# -- two persons ---------------------------------------------------------------------------------------------------


def test_the_first_person_cannot_confirm(bench: Bench) -> None:
    proposal = bench.propose(*bench.due())
    with pytest.raises(Refused, match="two persons"):
        bench.eraser().confirm(str(proposal.id)[:8], BY)
    assert bench.says(WORDS[ANNA][0])
    assert bench.erasures.read() == []
    done = bench.eraser().confirm(str(proposal.id)[:8], SECOND)
    assert (done.parts, done.letters, done.forgotten) == (2, 1, 1)


def test_a_proposal_is_made_once_and_can_be_withdrawn(bench: Bench) -> None:
    parts = bench.due()
    proposal = bench.propose(*parts)
    with bench.vault() as vault, pytest.raises(Refused, match="proposed already"):
        propose(vault, parts, Ground.RETENTION, SECOND, NOW)
    with bench.vault() as vault:
        assert [one.id for one in proposals(vault)] == [proposal.id]
        assert withdraw(vault, str(proposal.id), BY, NOW).state == "withdrawn"
        assert proposals(vault) == []
        assert [one.state for one in proposals(vault, every=True)] == ["withdrawn"]
    with pytest.raises(Refused, match="was withdrawn"):
        bench.eraser().confirm(str(proposal.id), SECOND)
    assert bench.erase(*parts).parts == 2
    with bench.vault() as vault, pytest.raises(Refused, match="nothing to erase"):
        propose(vault, parts, Ground.RETENTION, BY, NOW)


@pytest.mark.parametrize(
    ("text", "said"), [("abc", "not a proposal's id"), ("zzzz", "not a"), ("0000", "no such")]
)
def test_a_proposal_that_is_none(bench_once: Bench, text: str, said: str) -> None:
    with bench_once.vault() as vault, pytest.raises(Refused, match=said):
        find(vault, text)


@pytest.fixture(scope="module")
def bench_once(new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """For tests that change nothing."""
    with new_place() as place:
        yield Bench(place, Pipeline(place), tmp_path_factory.mktemp("once"))


# -- afterwards ----------------------------------------------------------------------------------------------------


def assert_gone(bench: Bench, *words: str) -> None:
    """Nothing opens that holds these words, and they stand in no table or topic."""
    texts = bench.readable()
    assert not [text for text in texts for word in words if word in text]
    with bench.read() as connection:
        places = tables(connection) | topics(bench.place)
    assert [place for place, content in places.items() for word in words if word.encode() in content] == []


def test_no_copy_can_be_read_afterwards(bench: Bench) -> None:
    place, pipeline = bench.place, bench.pipeline
    texts = bench.readable()
    for word in (*WORDS[ANNA], *WORDS[BO], LETTER):
        assert any(word in text for text in texts), word
    kept_schema(place.connections, pipeline.key, NOW + timedelta(days=400))
    backup(place.connections.vault_dsn, bench.folder / "vault", NOW)
    with bench.read() as connection:
        before = connection.execute(
            "SELECT count(*) FROM shown.timeline WHERE journey = %s AND detail = 'sealed'",
            (bench.journeys[ANNA],),
        ).fetchone()
    assert before == (0,)

    done = bench.erase(*bench.due())

    assert (done.parts, done.letters, done.kept, done.forgotten) == (2, 1, 0, 1)
    assert_gone(bench, *WORDS[ANNA], LETTER)
    assert bench.says(WORDS[BO][0])
    assert bench.says(WORDS[BO][1])
    # What is shown follows from what can still be read, without a projector having run; the log is whole.
    assert pipeline.differences() == []
    with bench.read() as connection:
        sealed = connection.execute(
            "SELECT rule FROM shown.timeline WHERE journey = %s AND detail = 'sealed'",
            (bench.journeys[ANNA],),
        ).fetchall()
        assert sealed == [("municipal-takeover-proposed",)]
        assert connection.execute("SELECT count(*) FROM journal.fact").fetchone() == (6,)
        assert connection.execute("SELECT count(*) FROM journal.parked").fetchone() == (0,)
        assert not connection.execute("SELECT FROM pg_namespace WHERE nspname LIKE 'kept\\_%'").fetchall()
    with opened(place.connections) as registry:
        assert registry.all() == []
    # Nobody knows whose it is.
    with pipeline.intake() as intake:
        assert intake.vault.find_journey("simulated", ANNA) is None
        assert intake.vault.identity_of(bench.journeys[ANNA]) == []
        assert intake.vault.find_journey("simulated", BO) == bench.journeys[BO]
    with bench.store() as store, pipeline.intake() as intake:
        (letter,) = letters(store, Wanted(states=None))
        assert bytes_of(store, letter, intake.vault) is None
    with bench.vault() as vault:
        left = vault.execute(
            "SELECT journey FROM vault.foreign_id UNION SELECT journey FROM vault.person"
        ).fetchall()
    assert left == [(bench.journeys[BO],)]

    # A rebuild brings nothing back, nor does an older backup of the vault.
    shown = pipeline.shown()
    pipeline.rebuild()
    assert pipeline.shown() == shown
    assert_gone(bench, *WORDS[ANNA], LETTER)
    restore(
        place.connections.vault_dsn, bench.folder / "vault", pipeline.key, bench.erasures.read(), replace=True
    )
    assert bench.eraser().complete() != []  # proposals of after the backup are carried to their end once more
    assert bench.eraser().complete() == []
    assert_gone(bench, *WORDS[ANNA], LETTER)
    assert bench.says(WORDS[BO][0])
    pipeline.rebuild()
    assert pipeline.shown() == shown
    with pipeline.intake() as intake:
        assert intake.vault.find_journey("simulated", ANNA) is None


@pytest.mark.slow
def test_a_database_put_back_by_other_means_is_brought_to_what_the_list_says(bench: Bench) -> None:
    tables = ("wrapping", "journey", "person", "foreign_id", "content_key", "proposal", "erasure")
    with bench.vault() as vault:
        vault.execute("CREATE SCHEMA before")
        for table in tables:
            vault.execute(f"CREATE TABLE before.{table} AS TABLE vault.{table}")
    bench.erase(*bench.due())
    with bench.vault() as vault:
        vault.execute("TRUNCATE " + ", ".join(f"vault.{table}" for table in tables))
        for table in tables:
            vault.execute(f"INSERT INTO vault.{table} TABLE before.{table}")
        vault.execute("DROP SCHEMA before CASCADE")
    assert bench.says(WORDS[ANNA][0])
    with bench.vault() as vault:
        assert unknown_to(vault, bench.erasures.read()) == 3
    assert bench.eraser().apply_list() == 3
    with bench.vault() as vault:
        assert unknown_to(vault, bench.erasures.read()) == 0
        assert [one.state for one in proposals(vault, every=True)] == ["done"]
    assert_gone(bench, *WORDS[ANNA], LETTER)
    assert bench.says(WORDS[BO][0])
    assert bench.pipeline.differences() == []


@pytest.mark.slow
def test_one_part_goes_and_the_others_stay(bench: Bench) -> None:
    done = bench.erase(bench.part(ANNA, "SoL"))
    assert (done.parts, done.forgotten) == (1, 0)
    # The whole of the social services' data; the care side's words stay, and whose they are.
    texts = bench.readable()
    assert not [text for text in texts if "home-help" in text and WORDS[ANNA][1] in text]
    assert any(WORDS[ANNA][0] in text for text in texts)
    assert bench.pipeline.journey("simulated", ANNA) == bench.journeys[ANNA]
    assert bench.pipeline.differences() == []
    done = bench.erase(
        bench.part(ANNA, "HSL"), ground=Ground.IVO_DECISION, decision="3.4-7/2026", decided_on=TODAY
    )
    assert (done.parts, done.forgotten) == (1, 1)
    assert_gone(bench, *WORDS[ANNA])


def test_all_is_on_record_and_on_the_list(bench: Bench) -> None:
    bench.erase(
        bench.part(BO, "HSL"), ground=Ground.IVO_DECISION, decision="3.4-7/2026", decided_on=date(2026, 2, 28)
    )
    (one,) = bench.erasures.read()
    item = one.said.pop("erasure"), one.said.pop("proposal"), one.said.pop("by")
    assert one.said == {
        "number": 1,
        "previous": "0" * 64,
        "at": "2026-03-02T12:00:00.000000Z",
        "journey": str(bench.journeys[BO]),
        "controller": REGION,
        "regime": "HSL",
        "last_entry": "2026-02-02",
        "ground": "ivo-decision",
        "decision": "3.4-7/2026",
        "decided_on": "2026-02-28",
        "proposed_by": str(BY),
        "proposed_at": "2026-03-02T12:00:00.000000Z",
        "confirmed_by": str(SECOND),
        "confirmed_at": "2026-03-02T12:00:00.000000Z",
    }
    with bench.vault() as vault:
        (proposal,) = proposals(vault, every=True)
        assert (str(proposal.items[0].id), str(proposal.id)) == item[:2]
        assert (proposal.state, proposal.items[0].destroyed_at) == ("done", NOW)
        stored = vault.execute("SELECT line FROM vault.erasure").fetchall()
    assert [(text,) for text in bench.erasures.path.read_text(encoding="ascii").splitlines()] == stored


# -- others at work ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_running_intake_takes_nothing_more_into_what_is_erased(bench: Bench) -> None:
    def more(number: int, patient: str) -> Any:
        return submission(
            "patient-discharged",
            "2026-02-03T08:00:00+01:00",
            patient,
            message=f"more-{number}",
            episode=f"{patient}-stay",
            data={"note": "Ett ord till"},
        )

    with bench.pipeline.intake() as intake:
        (before,) = intake.submit([more(1, BO)], lambda: NOW)
        assert len(before.new) == 1  # it holds the key now
        bench.erase(bench.part(BO, "HSL"), ground=Ground.IVO_DECISION, decision="1/2026", decided_on=TODAY)
        (after,) = intake.submit([more(2, BO)], lambda: NOW)
        assert after.new == ()
        assert after.refused is not None
        assert "erased" in after.refused.message
    assert_gone(bench, WORDS[BO][0], "Ett ord till")


@pytest.mark.slow
def test_a_running_projector_shows_nothing_of_it_again(bench: Bench) -> None:
    with bench.pipeline.projecting():
        bench.erase(*bench.due())
        bench.pipeline.submit(
            [
                submission(
                    "patient-discharged", "2026-02-03T08:00:00+01:00", BO, message="m", episode=f"{BO}-stay"
                )
            ],
            lambda: NOW,
        )
        bench.pipeline.relay()
        wait_until(bench.pipeline.caught_up, 60, "everything is shown")
    assert bench.pipeline.differences() == []
    assert_gone(bench, *WORDS[ANNA], LETTER)


@pytest.mark.slow
def test_while_a_rebuild_runs_nothing_is_erased(bench: Bench) -> None:
    proposal = bench.propose(*bench.due())
    with psycopg.connect(bench.place.connections.read_dsn, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (ONE_AT_A_TIME,))
        with pytest.raises(OperatingError, match="rebuild is running"):
            bench.eraser().confirm(str(proposal.id), SECOND)
    assert bench.says(WORDS[ANNA][0])
    assert bench.eraser().confirm(str(proposal.id), SECOND).parts == 2


@pytest.mark.slow
def test_what_a_rebuild_left_behind_is_dropped(bench: Bench) -> None:
    with bench.read() as connection:
        for schema in ("shown_next", "journal_before_0001"):
            connection.execute(f"CREATE SCHEMA {schema}")
            connection.execute(f"CREATE TABLE {schema}.remains AS SELECT 'Nyckeln hos grannen' AS word")
    bench.erase(*bench.due())
    assert_gone(bench, *WORDS[ANNA])


@pytest.mark.slow
def test_where_nothing_is_shown_yet_nothing_is_missed(bench: Bench) -> None:
    with bench.read() as connection:
        connection.execute(f"DROP SCHEMA {base.SCHEMA} CASCADE")
    assert bench.erase(*bench.due()).parts == 2
    bench.pipeline.rebuild()
    assert bench.pipeline.differences() == []


@pytest.mark.slow
def test_a_broken_list_stops_everything(bench: Bench) -> None:
    bench.erase(bench.part(ANNA, "SoL"))
    text = bench.erasures.path.read_text(encoding="ascii")
    bench.erasures.path.write_text(text.replace("SoL", "HSL"), encoding="ascii")
    proposal = bench.propose(bench.part(ANNA, "HSL"))
    with pytest.raises(OperatingError, match="not as it was written"):
        bench.eraser().confirm(str(proposal.id), SECOND)
    with bench.vault() as vault:
        assert find(vault, str(proposal.id)).state == "open"
    assert bench.says(WORDS[ANNA][0])


# -- cut off -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("step", ["confirmed", "listed", "destroyed", "letters", "shown"])
def test_killed_in_between_it_is_carried_to_its_end(bench: Bench, step: str) -> None:
    """Killed for good, as a machine that loses its power: after each step, and finished by the next run."""
    proposal = bench.propose(*bench.due())
    process = subprocess.run(
        [sys.executable, PROGRAM, str(proposal.id), str(SECOND), step],
        env={**os.environ, **bench.place.env},
        timeout=120,
        check=False,
    )
    assert process.returncode == -signal.SIGKILL
    assert len(bench.erasures.read()) == (0 if step == "confirmed" else 3)
    with bench.vault() as vault:
        assert find(vault, str(proposal.id)).state == "confirmed"
    bench.clock = datetime.now(UTC)
    (done,) = bench.eraser().complete()
    assert (done.parts, done.letters, done.proposal.state) == (2, 1, "done")
    assert len(bench.erasures.read()) == 3
    assert_gone(bench, *WORDS[ANNA], LETTER)
    assert bench.pipeline.differences() == []
    assert bench.says(WORDS[BO][0])
    with pytest.raises(Refused, match="carried out already"), bench.vault() as vault:
        confirm(vault, str(proposal.id), uuid4(), NOW)


def test_a_letters_scope_is_its_own(bench_once: Bench) -> None:
    assert letter_scope("ab").controller == "dead-letters"
