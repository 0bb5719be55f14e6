"""Dead letters: reason, source and digest in clear, the bytes sealed, once per content, in any order of writers."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import timedelta

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from conftest import Place
from intakes import NOW, ingest, intake_into, letters, line, places_with, write
from jsonschema import Draft202012Validator

from cli.schemas import dead_letter
from consumers.intake.content_types import known_part
from consumers.intake.dead_letters import DeadLetters, PutAside, open_letter, scope
from consumers.intake.intake import Intake
from consumers.intake.message import Message, Told
from domain.errors import Unreadable
from domain.seal import Scope
from infra.errors import VaultError
from infra.postgres import connect
from infra.store import OutboxLog

pytestmark = pytest.mark.broker
IDENTITY = "19121212-1212"


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


@pytest.fixture
def writer(intake: Intake) -> DeadLetters:
    return DeadLetters(intake.store_dsn, intake.app.store, intake.vault)


def aside(raw: bytes, **more: object) -> PutAside:
    given = {
        "reason": "not-json",
        "message": "The line is not JSON in UTF-8.",
        "source": "ndjson",
        "place": "line 1",
        "content_type": "application/x-ndjson",
    }
    return PutAside(
        **(given | more),
        digest=hashlib.sha256(raw).hexdigest(),
        size=len(raw),
        raw=raw,  # type: ignore[arg-type]
    )


def bodies(place: Place, raw: bytes) -> list[bytes]:
    """The letters about these bytes, as a relay reads them."""
    digest = hashlib.sha256(raw).hexdigest()
    with connect(place.connections.store_dsn) as connection:
        entries = OutboxLog("dead-letters").read(connection, 0, 10_000)
    return [entry.body for entry in entries if json.loads(entry.body)["id"] == digest]


def test_a_letter_says_why_in_clear_and_keeps_the_bytes_sealed(intake, module_place, tmp_path):
    wrong = line(
        "patient-admitted", "2026-03-02T08:00:00+01:00", "x", {"note": "Tolvan"}, source="region-x:ward"
    )
    wrong["patient"] = {"system": "passport", "value": IDENTITY}
    folder = tmp_path / IDENTITY
    folder.mkdir()
    file = write(folder / f"{IDENTITY}.ndjson", [wrong])
    raw = file.read_bytes().strip()

    assert ingest(intake, folder).dead_letters == 1

    (body,) = bodies(module_place, raw)
    letter = json.loads(body)
    digest = hashlib.sha256(raw).hexdigest()
    sealed = letter["data"].pop("sealed")
    assert letter == {
        "specversion": "1.0",
        "id": digest,
        "source": f"/carechain/{intake.app.store}",
        "type": "se.carechain.dead-letter.v1",
        "time": "2026-12-31T00:00:00.000000Z",
        "datacontenttype": "application/json",
        "data": {
            "reason": "no-patient-id",
            "message": "This kind of patient identifier is not known.",
            "source": "region-x:ward",
            "place": "file 1 (.ndjson), line 1",
            "digest": digest,
            "size": len(raw),
            "content_type": "application/x-ndjson; part=line",
            "kind": "command",
            "unit": "hsa:SE2321000198-WARD1",
            "kept": "here",
        },
    }
    assert set(sealed) == {"sealed", "key"}
    assert open_letter(body, intake.vault) == raw
    assert places_with(module_place, IDENTITY) == places_with(module_place, "Tolvan") == []


def test_a_letter_is_a_cloud_event_that_fits_its_schema(intake, writer, module_place):
    raw = b"Tolvan in a letter"
    writer.write([aside(raw)], NOW)

    (body,) = bodies(module_place, raw)
    event = from_http_event(HTTPMessage({"content-type": "application/cloudevents+json"}, body))
    assert event.get_type() == "se.carechain.dead-letter.v1"
    Draft202012Validator(dead_letter()).validate(json.loads(body))


def test_the_key_is_the_source_or_the_kind_of_file(intake, module_place, tmp_path):
    (tmp_path / "1.xml").write_text("<Tolvan>")
    wrong = line("patient-admitted", "2026-03-02T08:00:00+01:00", "x", source="ward-7", unit=None)
    write(tmp_path / "2.ndjson", [wrong | {"patient": {"system": "simulated", "value": "SIM-0001"}}])

    ingest(intake, tmp_path)

    with connect(module_place.connections.store_dsn) as connection:
        entries = OutboxLog("dead-letters").read(connection, 0, 10_000)
    mine = [e for e in entries if json.loads(e.body)["data"]["reason"] in ("not-xml", "no-controller")]
    assert [entry.key for entry in mine] == ["fhir-xml", "ward-7"]
    assert {entry.recorded_at for entry in mine} == {NOW}


def test_the_same_bytes_make_one_letter(writer, module_place):
    one, other = aside(b"Tolvan once"), aside(b"Tolvan twice", place="line 7")

    assert writer.write([one, one], NOW) == 1
    assert writer.write([one, other], NOW + timedelta(days=1)) == 1
    assert writer.write([aside(b"Tolvan once", place="line 9")], NOW) == 0
    assert len(bodies(module_place, b"Tolvan once")) == len(bodies(module_place, b"Tolvan twice")) == 1


def test_of_two_writers_at_once_one_writes(intake, module_place, monkeypatch):
    raw = b"Tolvan from two"
    with intake_into(module_place) as second:
        slow = DeadLetters(intake.store_dsn, intake.app.store, intake.vault)
        quick = DeadLetters(second.store_dsn, second.app.store, second.vault)
        written: list[int] = []
        real = intake.vault.prepare

        def overtaken(scopes: Iterable[Scope]) -> None:
            # The other comes in between the first one's look and its write.
            written.append(quick.write([aside(raw)], NOW))
            real(scopes)

        monkeypatch.setattr(intake.vault, "prepare", overtaken)
        assert (slow.write([aside(raw)], NOW), written) == (0, [1])
    assert len(bodies(module_place, raw)) == 1


def test_what_is_larger_than_any_message_is_told_without_its_bytes(intake, writer, module_place):
    passed_over = PutAside(**{**vars(aside(b"Tolvan longer than read")), "raw": None})

    assert writer.write([passed_over], NOW) == 1
    (body,) = bodies(module_place, b"Tolvan longer than read")
    assert {"sealed", "kept"}.isdisjoint(json.loads(body)["data"])
    assert json.loads(body)["data"]["size"] == len(b"Tolvan longer than read")
    assert open_letter(body, intake.vault) is None


def test_a_letter_can_be_made_unreadable_alone(intake, writer, module_place):
    writer.write([aside(b"Tolvan to forget"), aside(b"Tolvan to keep")], NOW)
    journey = scope(hashlib.sha256(b"Tolvan to forget").hexdigest()).journey
    with connect(module_place.connections.vault_dsn) as connection:
        connection.execute(
            "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE journey = %s", (journey,)
        )
    intake.vault.forget()

    (gone,), (kept,) = bodies(module_place, b"Tolvan to forget"), bodies(module_place, b"Tolvan to keep")
    assert open_letter(gone, intake.vault) is None
    assert open_letter(kept, intake.vault) == b"Tolvan to keep"


def test_a_changed_letter_does_not_open(intake, writer, module_place):
    writer.write([aside(b"Tolvan one"), aside(b"Tolvan two")], NOW)
    one, two = (json.loads(bodies(module_place, raw)[0]) for raw in (b"Tolvan one", b"Tolvan two"))
    one["data"]["sealed"] = two["data"]["sealed"]

    with pytest.raises(VaultError):
        open_letter(json.dumps(one).encode(), intake.vault)


def test_letters_are_in_the_order_they_were_written(writer, module_place):
    writer.write([aside(b"Tolvan first")], NOW)
    writer.write([aside(b"Tolvan second")], NOW)

    order = [letter["id"] for letter in letters(module_place)]
    wanted = [hashlib.sha256(raw).hexdigest() for raw in (b"Tolvan first", b"Tolvan second")]
    assert [digest for digest in order if digest in wanted] == wanted


@pytest.mark.parametrize(
    ("given", "in_clear"),
    [
        ("application/x-ndjson; part=line", "application/x-ndjson; part=line"),
        ("Application/FHIR+JSON;charset=UTF-8", "application/fhir+json; charset=utf-8"),
        ('text/csv; mapping=bed-flow@1; header="Tolvan"', "text/csv; mapping=bed-flow@1"),
        ("text/csv; mapping=tolvan", "text/csv"),
        ("text/csv; charset=tolvan", "text/csv"),
        (f"application/{IDENTITY}", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_of_a_content_type_only_what_is_known_stands_in_clear(given, in_clear):
    assert known_part(given) == in_clear


def test_a_senders_word_that_is_no_name_does_not_stand_in_clear():
    message = Message.of(b"x", lambda: Told("x"), place="", format="ndjson", content_type=IDENTITY)
    wrong = Unreadable("missing-time", "It says no time.", "PV1-44")

    letter = PutAside.because(wrong, message, Told("ADT^A01", source="Tolvan Tolvansson", unit=IDENTITY))
    assert (letter.source, letter.unit, letter.content_type) == ("ndjson", None, "application/octet-stream")
    letter = PutAside.because(wrong, message, Told("ADT^A01", source="pas-gh", unit="local:pas-gh/AVD1"))
    assert (letter.source, letter.unit, letter.kind) == ("pas-gh", "local:pas-gh/AVD1", "ADT^A01")
    assert (letter.reason, letter.field) == ("missing-time", "PV1-44")
