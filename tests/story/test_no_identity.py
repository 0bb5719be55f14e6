"""Identities go in by every door, and come out nowhere: no table, no topic, no log line, no answer holds one."""

import base64
import gzip
import hashlib
import json
import signal
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from conftest import Place, Servers
from hospital_notifications import as_xml, notification, resource_of
from intakes import line, write
from leak_terminal import Terminal
from leaks import Scanner, files, tables, topics
from pipeline import Pipeline
from running import running, said_by
from waiting import wait_until

from infra import kafka
from infra.postgres import connect

pytestmark = pytest.mark.broker

NDJSON_PATIENT = "19570428-9999"
COORDINATION_NUMBER = "196109732393"
RECORD_PATIENT = "194608239986"
WRONG_NUMBER = "190901219932"  # one digit off a test number: no check digit fits it
CPR = "0101501234"
NAME, RELATIVE, OTHER_NAME = "Qvintilia Zetterlöv", "Ingvaldsdotter-Hägerstråle", "Wolfrathius Ekelöf"
DANISH_FAMILY, DANISH_GIVEN = "Møllegaard-Lækmann", "Zacharinus"
ACTOR, CONTACT, AMENDED_CONTACT = (
    "SE2321000198-QLEAKACTOR",
    "SE2321000198-ZLEAKCONTACT",
    "SE2321000198-XLEAKOTHER",
)
MESSAGE, SECOND_MESSAGE, DANISH_MESSAGE = "MESSAGE-LEAK-5523", "MESSAGE-LEAK-8804", "leak-message-3387"
EPISODE, RECORD_EPISODE, DANISH_EPISODE = "EPISODE-LEAK-7741", "EPISODE-LEAK-2290", "urn-leak-episode-9912"
REFERRAL, CAUSE = "REMISS-LEAK-4711", "ORSAK-LEAK-6150"

EPISODES = [EPISODE, RECORD_EPISODE, DANISH_EPISODE]
OTHERS = [
    *(NDJSON_PATIENT, COORDINATION_NUMBER, RECORD_PATIENT, WRONG_NUMBER, CPR),
    *(NAME, RELATIVE, OTHER_NAME, DANISH_FAMILY, DANISH_GIVEN),
    *(ACTOR, CONTACT, AMENDED_CONTACT),
    *(MESSAGE, SECOND_MESSAGE, DANISH_MESSAGE, REFERRAL, CAUSE),
]
WARD = "SE2321000198-016965"


def run_until_shown(terminal: Terminal) -> None:
    """`carechain run`, until everything is shown; then a clean stop."""
    with running(terminal.place) as process:
        pipeline = Pipeline(terminal.place)
        wait_until(pipeline.caught_up, 90, "everything is shown")
        wait_until(lambda: len(pipeline.topic_records("dead-letters")) == 3, 30, "the letters are out")
        process.signal(signal.SIGINT)
        assert process.process.wait(30) == 0
    terminal.said["carechain run"] = said_by(terminal.place, "all")


def ndjson(folder: Path) -> Path:
    """Facts under both laws, corrections, staff, free text, and lines that cannot become facts."""
    ids: dict[str, Any] = {
        "patient": {"system": "personnummer", "value": NDJSON_PATIENT},
        "episode": EPISODE,
        "actor": ACTOR,
        "correlation": REFERRAL,
        "causation": CAUSE,
    }
    note = f"{NAME}, {NDJSON_PATIENT}, bor hos {RELATIVE}; {ACTOR} har nyckeln"
    amended = {
        "target_message": MESSAGE,
        "target_episode": EPISODE,
        "amended_type": "se.carechain.care-contact-appointed.v1",
        "amended_data": {"person": AMENDED_CONTACT, "note": note},
        "note": note,
    }
    admitted = {"unit": f"hsa:{WARD}", "municipality": "2180", "note": note}
    told: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("patient-admitted", admitted, ids),
        ("care-contact-appointed", {"person": CONTACT, "note": note}, ids | {"message": MESSAGE}),
        ("fact-amended", amended, ids | {"message": SECOND_MESSAGE}),
        (
            "municipal-care-started",
            {"municipality": "2180", "services": ["home-help", "home-nursing"], "note": note},
            ids | {"message": "m-both-laws", "principal": "2180"},
        ),
        (
            "patient-admitted",
            admitted,
            ids
            | {
                "patient": {"system": "samordningsnummer", "value": COORDINATION_NUMBER},
                "message": SECOND_MESSAGE,
            },
        ),
        # Put aside: no such number; an unknown field named like a person.
        (
            "patient-admitted",
            admitted,
            ids | {"patient": {"system": "personnummer", "value": WRONG_NUMBER}, "source": "ward"},
        ),
        ("patient-admitted", {NAME: RELATIVE}, ids),
    ]
    lines = [
        line(kind, f"2026-03-02T0{n}:00:00+01:00", "x", data) | more
        for n, (kind, data, more) in enumerate(told)
    ]
    file = write(folder / f"{NAME} {NDJSON_PATIENT}.ndjson", lines)
    with file.open("a", encoding="utf-8") as more:
        more.write(f"{OTHER_NAME}; {RECORD_PATIENT}; not JSON at all\n")
    return file


def hospital_notifications(folder: Path) -> None:
    """One as JSON, one as XML, of the same citizen."""
    known = {
        "identifiers": [("urn:oid:1.2.208.176.1.2", CPR)],
        "episodes": [("https://www.esundhed.dk/Registre/Landspatientregisteret", DANISH_EPISODE)],
    }
    begin = notification("admit-inpatient", message=DANISH_MESSAGE, **known)  # type: ignore[arg-type]
    end = notification(
        "discharge-inpatient-home",
        message=f"{DANISH_MESSAGE}-end",
        previous=DANISH_MESSAGE,
        end="2026-03-09T11:30:00+01:00",
        status="finished",
        **known,  # type: ignore[arg-type]
    )
    for message in (begin, end):
        resource_of(message, "Patient")["name"] = [{"family": DANISH_FAMILY, "given": [DANISH_GIVEN]}]
    (folder / "1.json").write_text(json.dumps(begin, ensure_ascii=False), encoding="utf-8")
    (folder / "2.xml").write_bytes(as_xml(end))


@pytest.fixture
def told(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Terminal:
    """Everything has gone in, on to Kafka, and been shown, live and rebuilt."""
    terminal = Terminal(place, monkeypatch, capsys, caplog)
    inbox = tmp_path / f"inkorg {OTHER_NAME}"
    inbox.mkdir()
    ndjson(inbox)
    hospital_notifications(inbox)
    counts = json.loads(terminal.run("ingest", str(inbox), "--json", code=1))["data"]
    assert {name: counts[name] for name in ("read", "accepted", "put_aside", "dead_letters")} == {
        "read": 10,
        "accepted": 7,
        "put_aside": 3,
        "dead_letters": 3,
    }
    # A command line with a file's name on it is the caller's own: it is not said again.
    terminal.said = {"carechain ingest": terminal.said.popitem()[1]}
    by_hand = ("--unit", WARD, "--at", "2026-03-03T08:00", "--note", "-")
    terminal.run(
        *("record", "patient-admitted", "--patient", "-", *by_hand),
        *("--care-form", "somatic", "--municipality", "Gävle"),
        stdin=f"{RECORD_PATIENT}\n{OTHER_NAME} {RECORD_PATIENT} bor hos {RELATIVE}\n",
    )
    refused = ("record", "leave-ended", "--patient", "-", *by_hand)
    terminal.run(*refused, stdin=f"{RECORD_PATIENT}\n{OTHER_NAME}\n", code=1)
    run_until_shown(terminal)
    terminal.run("projection", "rebuild")
    return terminal


def ask_everything(terminal: Terminal) -> dict[str, bytes]:
    """Every read, in both forms; what names episodes as their source does, apart."""
    journeys = [row["journey"] for row in json.loads(terminal.run("journey", "list", "--json"))["data"]]
    assert len(journeys) == 4
    by_source = {}
    for form in ((), ("--json",)):
        for question in ("responsible", "waits", "missed", "findings"):
            terminal.run(question, *form)
            terminal.run(question, "--patient", "-", *form, stdin=f"{NDJSON_PATIENT}\n")
        for journey in journeys:
            terminal.run("journey", "replay", journey, "--all", *form)
            terminal.run("journey", "show", journey, *form)
        terminal.run("journey", "show", "--patient", "-", *form, stdin=f"{RECORD_PATIENT}\n")
        terminal.run("stay", "list", *form)
        terminal.run("projection", "status", *form)
        terminal.run("projection", "verify", *form)
    for said in list(terminal.said):
        if said.startswith(("carechain stay list", "carechain journey show")):
            by_source[said] = terminal.said.pop(said)
    terminal.run("responsible", "--patient", NDJSON_PATIENT, code=2)
    terminal.run("journey", "show", RECORD_PATIENT, code=2)
    terminal.run("responsible", "--patient", "-", stdin=f"{WRONG_NUMBER}\n", code=1)
    # These three were refused: their command lines are not said again either.
    terminal.said = {f"answer {n}": text for n, text in enumerate(terminal.said.values())}
    return by_source


def test_no_identity_that_went_in_comes_out(told: Terminal, place: Place, servers: Servers) -> None:
    by_source = ask_everything(told)
    everyone, but_episodes = Scanner([*OTHERS, *EPISODES]), Scanner(OTHERS)

    assert everyone.scan(told.said) == []
    assert but_episodes.scan(by_source) == []
    # The contract has the stays' own ids shown to whoever may ask the vault: the scan sees what is there.
    assert {place for place, *_ in Scanner(EPISODES).scan(by_source)} >= {"carechain stay list --json"}
    with connect(place.connections.store_dsn) as connection:
        stored = tables(connection)
    schemas = {name.split(".")[0] for name in stored}
    assert schemas >= {"table store", "table journal", "table shown", "table vault"}
    assert all(stored[f"table {name}"] for name in ("journal.fact", "vault.person", "shown.timeline"))
    assert everyone.scan(stored) == []
    sent = topics(place)
    told_of = {name.rpartition(".")[2] for name, content in sent.items() if content}
    assert told_of == {"facts", "dead-letters", "checkpoints"}
    assert everyone.scan(sent) == []
    assert everyone.scan(files(place.settings.home, "*")) == []
    logs = files(servers.home.postgres / "data", "server.log") | files(
        servers.home.kafka, "kafka.log", "*.out"
    )
    assert len(logs) >= 2
    assert everyone.scan(logs, plain_only=True) == []


PLANTS = {
    "as it is": b"... 195704289999 ...",
    "with a dash, without century": b"570428-9999",
    "with a plus": b"19570428+9999",
    "in other letters": "qvintilia ZETTERLÖV".encode(),
    "escaped": rb'"Qvintilia Zetterl\u00f6v"',
    "in hex": b"5105... " + b"195704289999".hex().upper().encode(),
    "in base64, first": base64.b64encode(b"195704289999"),
    "in base64, second": base64.b64encode(b"x195704289999 and more"),
    "in base64, third": base64.b64encode(b"xx195704289999 and"),
    "as SHA-256": hashlib.sha256(b"195704289999").hexdigest().encode(),
    "as SHA-256 in bytes": hashlib.sha256(b"5704289999").digest(),
    "as MD5": hashlib.md5(b"570428-9999", usedforsecurity=False).hexdigest().upper().encode(),
    "as SHA-1 in base64": base64.b64encode(hashlib.sha1(b"195704289999", usedforsecurity=False).digest()),
}


@pytest.mark.parametrize("plant", PLANTS.values(), ids=PLANTS.keys())
def test_the_scan_finds_what_is_planted(plant: bytes) -> None:
    found = Scanner([*OTHERS, *EPISODES]).scan({"here": b"before" + plant + b"after", "there": b"nothing"})

    assert {(place, who) for place, who, _ in found} <= {("here", NDJSON_PATIENT), ("here", NAME)}
    assert found


def test_the_scan_sees_what_is_packed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("facts/1", "again and " * 100 + NAME)
        packed.writestr(f"{CPR}.json", "{}")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "log.gz").write_bytes(gzip.compress(b"again and " * 100 + ACTOR.encode()))
    (tmp_path / "folder" / f"{MESSAGE}.txt").write_bytes(b"")
    found = Scanner(OTHERS).scan(files(tmp_path, "*"))
    assert {(where, who) for where, who, _ in found} == {
        ("file bundle.zip", NAME),
        ("file bundle.zip", CPR),
        ("file folder/log.gz", ACTOR),
        (f"file folder/{MESSAGE}.txt", MESSAGE),
    }


def test_the_scan_sees_every_table_and_topic(place: Place) -> None:
    everyone = Scanner(OTHERS)
    planted = hashlib.sha256(b"195704289999").digest()
    with connect(place.connections.store_dsn) as connection:
        connection.execute(
            "INSERT INTO journal.oddity VALUES ('t', 0, 0, NULL, 'c', %s, now(), %s)", (RELATIVE, planted)
        )
        found = everyone.scan(tables(connection))
    assert {(where, who) for where, who, _ in found} == {
        ("table journal.oddity", RELATIVE),
        ("table journal.oddity", NDJSON_PATIENT),
    }
    with closing(kafka.plain_producer(place.connections.kafka)) as producer:
        facts, letters, reference = (place.topic(n) for n in ("facts", "dead-letters", "reference"))
        producer.send(facts, key=CONTACT.encode())
        producer.send(letters, value=base64.b64encode(NAME.encode()))
        producer.send(reference, value=b"", headers=[("who", b"570428-9999")])
        producer.flush(20)
    assert {(where, who) for where, who, _ in everyone.scan(topics(place))} == {
        (f"topic {facts}", CONTACT),
        (f"topic {letters}", NAME),
        (f"topic {reference}", NDJSON_PATIENT),
    }
