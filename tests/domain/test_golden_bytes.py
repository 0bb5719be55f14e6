"""The exact stored bytes of each fact and version: made, read back, and recomputed here by other means.

A golden file that changes means that history already written may no longer be read. Add a version instead.
"""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from examples import EXAMPLES, UNUSUAL
from sealing import ScopeSeal

from domain.command import Command
from domain.envelope import RecordedFact, read
from domain.fact import CATALOGUE, Fact, Sealed, load_catalogue
from domain.facts.admission import PatientAdmitted
from domain.journey import CareJourney

load_catalogue()
FACTS = Path(__file__).parent.parent / "golden" / "facts"
JOURNEY = UUID("00000000-0000-4000-8000-000000000001")
STORE = UUID("00000000-0000-4000-8000-0000000000aa")
ACT = datetime(2026, 3, 2, 10, 40, tzinfo=UTC)
CLOCK = datetime(2026, 3, 2, 10, 41, 7, 123456, tzinfo=UTC)
MESSAGE = "a" * 64
ALL: dict[str, tuple[Fact, Any]] = {name: (fact, {}) for name, fact in EXAMPLES.items()} | dict(UNUSUAL)
BARE = "patient-admitted.v1.bare"


def made(fact: Fact, attributes: dict[str, Any]) -> tuple[RecordedFact, ScopeSeal]:
    """The fact after a bare admission, so that it links to something; that admission itself comes first."""
    counter = itertools.count()
    seal = ScopeSeal(lambda: next(counter).to_bytes(12, "big"))
    journey = CareJourney(JOURNEY)
    said: dict[str, Any] = {
        "journey": JOURNEY,
        "time": ACT,
        "source": "hsa:SE2321000198-journal",
        "controller": "orgnr:2321000198",
    }
    first = journey.decide(Command(fact=PatientAdmitted(), message=MESSAGE, **said), CLOCK, seal, STORE)
    if fact == PatientAdmitted():
        return first.fact, seal
    given = dict(attributes)
    if "stay" in given:
        given["stay"] = UUID(given["stay"])
    command = Command(fact=fact, message=MESSAGE, **said, **given)
    return journey.decide(command, CLOCK, seal, STORE).fact, seal


@pytest.mark.parametrize("name", ALL)
def test_making_gives_exactly_these_bytes(name: str, golden: Callable[[str, str], None]) -> None:
    recorded, _ = made(*ALL[name])
    golden(f"facts/{name}.json", recorded.raw.decode())


@pytest.mark.parametrize("name", ALL)
def test_these_bytes_are_the_fact(name: str) -> None:
    fact, attributes = ALL[name]
    _, seal = made(fact, attributes)
    loaded = read((FACTS / f"{name}.json").read_bytes(), seal)
    assert loaded.fact is not None
    assert opened(loaded) == fact
    assert loaded.kind is type(fact)
    assert loaded.time == ACT


def test_every_version_of_every_fact_has_a_file() -> None:
    declared = {stored.removeprefix("se.carechain.") for stored in CATALOGUE}
    assert {file.stem for file in FACTS.glob("*.json")} == set(ALL)
    assert declared <= set(ALL)
    assert {name for name in EXAMPLES if f"se.carechain.{name}" != EXAMPLES[name].TYPE} == set()


def test_every_field_of_every_fact_stands_in_its_example() -> None:
    absent = {
        f"{name}: {field}"
        for name, fact in EXAMPLES.items()
        for field in type(fact).model_fields
        if getattr(fact, field) in (None, ())
    }
    assert absent == {"fact-amended.v1: target_fact", "fact-amended.v1: target_episode"} | {
        f"fact-voided.v1: {field}" for field in ("target_fact", "target_message", "target_regime")
    }


@pytest.mark.parametrize("name", ALL)
def test_the_id_is_what_anybody_with_the_key_computes(name: str) -> None:
    document = stored(name)
    canonical = rfc8785.dumps(
        {
            "type": document["type"],
            "time": document["time"],
            "data": unsealed(document),
            "source": document["sourcesystem"],
            "message": document["sourcemessage"],
        }
    )
    assert document["id"] == hmac.new(key(document["regime"]), canonical, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("name", [name for name in ALL if name != BARE])
def test_each_links_to_the_bytes_before(name: str) -> None:
    before = (FACTS / f"{BARE}.json").read_bytes()
    assert stored(name)["prevhash"] == hashlib.sha256(before).hexdigest()
    assert stored(name)["journeyversion"] == 2


@pytest.mark.parametrize("name", ALL)
def test_no_word_and_nothing_of_social_services_stands_in_clear(name: str) -> None:
    text = (FACTS / f"{name}.json").read_text(encoding="utf-8")
    for word in ("helst", "Hemtj", "Epikris", "home-help"):
        assert word not in text
    if stored(name)["regime"] == "SoL":
        data = stored(name)["data"]
        told = {"target_message", "amended_type"} if name == "fact-amended.v1.under-sol" else set()
        assert told | {"sealed", "key"} == told | (set(data["amended_data"]) if told else set(data))
        assert set(data) - told == ({"amended_data"} if told else {"sealed", "key"})


@pytest.mark.parametrize("name", ALL)
def test_a_client_nobody_here_wrote_reads_it(name: str) -> None:
    event = JSONFormat().read(CloudEvent, (FACTS / f"{name}.json").read_bytes())
    assert event.get_type() == "se.carechain." + ".".join(name.split(".")[:2])
    assert event.get_source() == "/carechain/00000000-0000-4000-8000-0000000000aa"
    assert event.get_subject() == str(JOURNEY)
    assert event.get_time() == ACT
    assert event.get_datacontenttype() == "application/json"
    assert event.get_dataschema() == "urn:carechain:schema:" + ".".join(name.split(".")[:2])


def test_the_barest_fact_by_hand() -> None:
    content = (
        '{"data":{},"message":"' + "a" * 64 + '","source":"hsa:SE2321000198-journal",'
        '"time":"2026-03-02T10:40:00.000000Z","type":"se.carechain.patient-admitted.v1"}'
    )
    fact_id = hmac.new(key("HSL"), content.encode(), hashlib.sha256).hexdigest()
    by_hand = (
        '{"specversion":"1.0","id":"' + fact_id + '",'
        '"source":"/carechain/00000000-0000-4000-8000-0000000000aa",'
        '"type":"se.carechain.patient-admitted.v1",'
        '"subject":"00000000-0000-4000-8000-000000000001",'
        '"time":"2026-03-02T10:40:00.000000Z",'
        '"datacontenttype":"application/json",'
        '"dataschema":"urn:carechain:schema:patient-admitted.v1",'
        '"journeyversion":1,'
        '"recordedtime":"2026-03-02T10:41:07.123456Z",'
        '"prevhash":"' + "0" * 64 + '",'
        '"timeprecision":"second",'
        '"stay":"' + stay_of(fact_id) + '",'
        '"controller":"orgnr:2321000198",'
        '"regime":"HSL",'
        '"sourcesystem":"hsa:SE2321000198-journal",'
        '"sourcemessage":"' + "a" * 64 + '",'
        '"data":{}}'
    )
    assert (FACTS / f"{BARE}.json").read_text(encoding="utf-8") == by_hand


def test_every_attribute_by_hand() -> None:
    document = stored("discharge-ready-notified.v1.all-attributes")
    data = document.pop("data")
    note = data.pop("note")
    assert list(document.items())[7:] == [
        ("dataschema", "urn:carechain:schema:discharge-ready-notified.v1"),
        ("journeyversion", 2),
        ("recordedtime", "2026-03-02T10:41:07.123457Z"),
        ("prevhash", hashlib.sha256((FACTS / f"{BARE}.json").read_bytes()).hexdigest()),
        ("timeprecision", "minute"),
        ("stay", "00000000-0000-5000-8000-0000000000e1"),
        ("controller", "orgnr:2321000198"),
        ("principal", "21"),
        ("regime", "HSL"),
        ("actor", "staff-7"),
        ("actorunit", "hsa:SE2321000198-WARD1"),
        ("actorrole", "inpatient"),
        ("sourcesystem", "hsa:SE2321000198-journal"),
        ("sourcemessage", "a" * 64),
        ("sourcesequence", 41),
        ("senttime", "2026-03-04T07:30:00.000000Z"),
        ("correlationid", "c" * 64),
        ("causationid", "d" * 64),
    ]
    assert data == {
        "recipients": [
            {
                "role": "municipal-health",
                "unit": "orgnr:2120002338",
                "municipality": "2180",
                "received_at": "2026-03-02T09:00:00.000000Z",
            },
            {"role": "open-care", "unit": "hsa:SE2321000198-HC1"},
        ]
    }
    assert set(note) == {"sealed", "key"}


def stored(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FACTS / f"{name}.json").read_bytes())
    return document


def key(regime: str) -> bytes:
    """The test seal's key of this journey's scope: the hash of its name."""
    name = f"('00000000-0000-4000-8000-000000000001', 'orgnr:2321000198', '{regime}')"
    return hashlib.sha256(name.encode()).digest()


def stay_of(fact_id: str) -> str:
    """RFC 9562 §5.5 in the project's name space, for the text ``stay|`` and the fact's id."""
    space = UUID("6f1a5f0e-3d0c-5c1b-9a86-6a7d0c6f7e01").bytes
    digest = bytearray(hashlib.sha1(space + f"stay|{fact_id}".encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(digest)))


def unsealed(document: dict[str, Any]) -> Any:
    """The plain data, by the cipher itself: nonce of 12 bytes, associated data ``<fact id>#<JSON pointer>``."""

    def walk(value: Any, pointer: str) -> Any:
        if not isinstance(value, dict):
            return value
        if set(value) != {"sealed", "key"}:
            return {name: walk(item, f"{pointer}/{name}") for name, item in value.items()}
        box = base64.b64decode(value["sealed"], validate=True)
        cipher = AESGCM(key(document["regime"]))
        text = cipher.decrypt(box[:12], box[12:], f"{document['id']}#{pointer}".encode()).decode()
        return json.loads(text) if pointer in ("", "/amended_data") else text

    return walk(document["data"], "")


def opened(recorded: RecordedFact) -> Fact:
    """The fact with its sealed words in clear again."""
    assert recorded.fact is not None
    plain = unsealed(json.loads(recorded.raw))
    words = {
        name: plain[name]
        for name in recorded.kind.model_fields
        if isinstance(getattr(recorded.fact, name), Sealed)
    }
    if "amended_data" in plain:
        words["amended_data"] = plain["amended_data"]
    return recorded.fact.model_copy(update=words)
