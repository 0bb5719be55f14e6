"""FHIR over HTTP: each answer and its status, over real sockets to a real store."""

import gzip
import json
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from certificates import authority, signed
from conftest import NewPlace, Place
from hospital_notifications import CPR, as_xml, notification
from intakes import instant, intake_into, letters, stay
from outages import without_postgres
from waiting import wait_until

from consumers.intake.door import Door
from consumers.intake.http.answers import outcome_of
from consumers.intake.http.server import FhirServer, Listen, Tls, check, read_tokens
from consumers.intake.http.xml_out import fhir_xml
from consumers.intake.ingest import Outcome
from consumers.intake.message import Message, Told
from domain.errors import Refused, Unreadable
from infra.errors import OperatingError
from infra.keys import load_or_create

pytestmark = pytest.mark.broker
FHIR_JSON, FHIR_XML = "application/fhir+json", "application/fhir+xml"
MIB = 1024 * 1024
STAY_START = "2026-03-02T08:00:00+01:00"


@contextmanager
def serving(place: Place, **listen: Any) -> Iterator[str]:
    """A server in this process; where it is."""
    stop, failures = threading.Event(), []
    key = load_or_create(place.settings.master_key_file)
    server = FhirServer(replace(Listen(port=0), **listen), Door(lambda: place.connections, key))

    def run() -> None:
        try:
            server.run(stop)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: server.port or failures, 20, "the server listens")
        yield f"{'https' if listen.get('tls') else 'http'}://{server.listen.host}:{server.port}"
    finally:
        stop.set()
        thread.join(30)
    assert not failures


@pytest.fixture(scope="module")
def client(module_place: Place) -> Iterator[httpx.Client]:
    with serving(module_place) as address, httpx.Client(base_url=address, timeout=30) as made:
        yield made


numbers = iter(range(1000, 2000))


def told(activity: str = "admit-inpatient", **more: Any) -> dict[str, Any]:
    """A notification about a citizen of its own, with an id of its own."""
    number = next(numbers)
    given = {
        "message": f"http-{number}",
        "identifiers": [("urn:oid:1.2.208.176.1.2", f"010150{number}")],
        "episodes": [("https://sor2.sum.dsdn.dk/#id=3001", f"http-episode-{number}")],
    }
    return notification(activity, **(given | more))


def cpr_of(message: dict[str, Any]) -> str:
    patient = next(e["resource"] for e in message["entry"] if e["resource"]["resourceType"] == "Patient")
    return str(patient["identifier"][0]["value"])


def post(
    client: httpx.Client, body: bytes | dict[str, Any], path: str = "/fhir", **headers: str
) -> httpx.Response:
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    given = {"Content-Type": FHIR_JSON} | {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(path, content=raw, headers=given)


def issue(response: httpx.Response) -> dict[str, Any]:
    """The one issue of an OperationOutcome."""
    outcome = response.json()
    assert response.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert outcome["resourceType"] == "OperationOutcome"
    (found,) = outcome["issue"]
    return dict(found)


# -- what is stored ------------------------------------------------------------------------------------------------


def test_a_bundle_becomes_facts_and_is_known_the_second_time(client, module_place):
    message = told()

    first, second = post(client, message), post(client, message)

    assert (first.status_code, issue(first)["severity"]) == (201, "information")
    assert "new fact" in issue(first)["details"]["text"]
    assert (second.status_code, issue(second)["severity"]) == (200, "information")
    assert "known already" in issue(second)["details"]["text"]
    with intake_into(module_place) as intake:
        row = stay(intake, "cpr", cpr_of(message), instant("2026-03-03T00:00:00Z"))
    assert (row.state, row.started_at) == ("inpatient", instant(STAY_START))


@pytest.mark.parametrize(
    ("content_type", "xml"),
    [
        ("application/fhir+json", False),
        ("application/fhir+json; charset=utf-8", False),
        ("application/json", False),
        ('Application/JSON; charset="UTF-8"', False),
        ("application/fhir+xml", True),
        ("application/xml; charset=utf-8", True),
        ("text/xml", True),
    ],
)
def test_json_and_xml_by_any_of_their_names(client, content_type, xml):
    message = told()
    body = as_xml(message) if xml else json.dumps(message).encode()

    assert post(client, body, Content_Type=content_type).status_code == 201
    # The same told in the other form is the same.
    other = json.dumps(message).encode() if xml else as_xml(message)
    assert post(client, other, Content_Type=FHIR_JSON if xml else FHIR_XML).status_code == 200


def test_a_packed_body(client):
    message = told()
    packed = gzip.compress(json.dumps(message).encode())

    assert post(client, packed, Content_Encoding="gzip").status_code == 201
    # A file may be packed in pieces.
    raw = json.dumps(message).encode()
    pieces = gzip.compress(raw[:100]) + gzip.compress(raw[100:])
    assert post(client, pieces, Content_Encoding="gzip").status_code == 200


@pytest.mark.parametrize("path", ["/fhir/", "/fhir/Bundle"])
def test_the_addresses_that_take_resources(client, path):
    assert post(client, told(), path).status_code == 201


# -- what is put aside ---------------------------------------------------------------------------------------------


def test_a_dead_letter_says_why_and_is_written_once(client, module_place):
    message = told(start="yesterday at noon")
    raw = json.dumps(message).encode()
    before = len(letters(module_place))

    first, second = post(client, raw), post(client, raw)

    for answer in (first, second):
        said = issue(answer)
        assert answer.status_code == 422
        assert said["severity"] == "error"
        assert said["details"]["coding"] == [{"code": letters(module_place)[-1]["data"]["reason"]}]
        assert said["details"]["text"].startswith(letters(module_place)[-1]["data"]["message"])
        assert said["details"]["text"].endswith(
            "It is kept with the dead letters; sending it again adds no second letter."
        )
        assert said["diagnostics"] == f"SHA-256 {sha256(raw).hexdigest()}"
    written = letters(module_place)[before:]
    assert [letter["data"]["digest"] for letter in written] == [sha256(raw).hexdigest()]
    assert written[0]["data"]["place"] == "HTTP"


@pytest.mark.parametrize(
    ("body", "content_type", "code", "reason"),
    [
        (b"{not json", FHIR_JSON, "structure", "not-json"),
        (b"<not-closed", FHIR_XML, "structure", "not-xml"),
        (b'<a xmlns="urn:other"/>', FHIR_XML, "structure", "not-fhir"),
    ],
)
def test_what_cannot_be_read_is_kept_as_a_dead_letter(client, module_place, body, content_type, code, reason):
    answer = post(client, body, Content_Type=content_type)

    assert answer.status_code == 422
    assert (issue(answer)["code"], issue(answer)["details"]["coding"]) == (code, [{"code": reason}])
    assert sha256(body).hexdigest() in [letter["data"]["digest"] for letter in letters(module_place)]


def test_no_answer_repeats_what_was_sent(client):
    cpr = "010150-9999"
    bad = told(start="yesterday at noon", identifiers=[("urn:oid:1.2.208.176.1.2", cpr)])

    answer = post(client, bad)

    assert answer.status_code == 422
    assert "yesterday" not in answer.text
    assert cpr not in answer.text


def test_the_suspected_place_and_what_could_be_read_are_named():
    def nothing() -> Told:
        raise AssertionError

    message = Message.of(b"x", nothing, place="HTTP", format="fhir-json", content_type=FHIR_JSON)
    trouble = Unreadable("invalid-field", "The period is no period.", "Encounter.period")
    refused = Refused("The record is erased.")

    assert outcome_of(
        [
            Outcome(message, None, "put_aside", trouble),
            Outcome(message, None, "put_aside", refused),
            Outcome(message, Told("encounter"), "not_of_use", None),
        ]
    ) == {
        "resourceType": "OperationOutcome",
        "issue": [
            {
                "severity": "error",
                "code": "processing",
                "details": {
                    "coding": [{"code": "invalid-field"}],
                    "text": "The period is no period. It is kept with the dead letters; "
                    "sending it again adds no second letter.",
                },
                "diagnostics": f"SHA-256 {sha256(b'x').hexdigest()}",
                "expression": ["Encounter.period"],
            },
            {
                "severity": "error",
                "code": "processing",
                "details": {
                    "coding": [{"code": "refused"}],
                    "text": "The record is erased. It is kept with the dead letters; "
                    "sending it again adds no second letter.",
                },
                "diagnostics": f"SHA-256 {sha256(b'x').hexdigest()}",
            },
            {
                "severity": "information",
                "code": "informational",
                "details": {"text": "It says nothing about the care chain. Nothing was recorded."},
                "diagnostics": f"SHA-256 {sha256(b'x').hexdigest()}",
            },
        ],
    }


# -- too large -----------------------------------------------------------------------------------------------------


def test_a_body_larger_than_a_bundle_is_counted_and_not_kept(client, module_place):
    raw = b'{"resourceType": "Bundle", "x": "' + b"x" * (16 * MIB) + b'"}'

    answer = post(client, raw)

    assert answer.status_code == 413
    said = issue(answer)
    assert (said["code"], said["details"]["coding"]) == ("too-long", [{"code": "too-large"}])
    assert "It is not kept" in said["details"]["text"]
    letter = letters(module_place)[-1]["data"]
    assert (letter["reason"], letter["digest"], letter["size"]) == (
        "too-large",
        sha256(raw).hexdigest(),
        len(raw),
    )
    assert "sealed" not in letter


def test_a_packed_body_that_unpacks_to_far_too_much_is_not_read_to_its_end(client, module_place):
    before = len(letters(module_place))
    packed = gzip.compress(b"\0" * (200 * MIB), 1)

    tracemalloc.start()
    answer = post(client, packed, Content_Encoding="gzip")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (answer.status_code, issue(answer)["code"]) == (413, "too-long")
    assert most < 64 * MIB, "client and server share this process"
    assert len(letters(module_place)) == before


def test_a_body_said_to_be_far_too_large_is_not_read(client):
    head = f"POST /fhir HTTP/1.1\r\nHost: x\r\nContent-Type: {FHIR_JSON}\r\nContent-Length: {1024 * MIB}\r\n\r\n{{"
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=30) as sender:
        sender.sendall(head.encode())
        assert sender.recv(100).startswith(b"HTTP/1.1 413 ")


def test_many_bodies_at_a_time_are_held_up_to_a_limit():
    from consumers.intake.http.body import Held, NotAccepted

    held = Held(limit=10)
    with held.share() as first:
        first.take(7)
        with held.share() as second, pytest.raises(NotAccepted) as caught:
            second.take(4)
        assert (caught.value.status, caught.value.headers) == (503, {"Retry-After": "5"})
    with held.share() as third:
        third.take(10)


# -- what is not accepted ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content-Type": "text/csv"}, 415, "not-supported"),
        ({"Content-Type": "application/fhir+json; charset=latin-1"}, 415, "not-supported"),
        ({"Content-Encoding": "br"}, 415, "not-supported"),
        ({"Content-Encoding": "gzip"}, 400, "structure"),
    ],
)
def test_what_is_sent_in_another_way_is_refused_with_a_sentence(client, module_place, headers, status, code):
    before = len(letters(module_place))

    answer = client.post("/fhir", content=b"{}", headers={"Content-Type": FHIR_JSON} | headers)

    assert (answer.status_code, issue(answer)["code"]) == (status, code)
    assert issue(answer)["details"]["text"].endswith(".")
    assert len(letters(module_place)) == before


def test_a_packed_body_that_breaks_off_is_refused(client):
    packed = gzip.compress(json.dumps(told()).encode())[:-10]
    assert post(client, packed, Content_Encoding="gzip").status_code == 400


def test_no_body_and_no_such_address(client):
    assert post(client, b"").status_code == 400
    assert post(client, told(), "/fhir/0101501234").status_code == 404
    assert post(client, told(), "/elsewhere").status_code == 404
    answer = client.get("/fhir")
    assert (answer.status_code, issue(answer)["code"]) == (405, "not-supported")


# -- the form of the answer ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "xml"),
    [
        ("*/*", False),
        ("application/fhir+json", False),
        ("application/fhir+xml", True),
        ("application/xml", True),
        ("text/html, application/fhir+xml;q=0.9, application/fhir+json;q=0.5", True),
        ("application/fhir+xml;q=0.1, application/json", False),
        ("image/png", False),
    ],
)
def test_the_answer_is_in_the_form_that_is_asked_for(client, accept, xml):
    answer = post(client, told(), Accept=accept)
    assert answer.headers["content-type"] == f"{FHIR_XML if xml else FHIR_JSON}; charset=utf-8"


def test_an_answer_in_xml_is_read_by_a_reader_of_xml(client):
    answer = post(client, told(identifiers=[]), Accept=FHIR_XML)

    space = {"f": "http://hl7.org/fhir"}
    root = ElementTree.fromstring(answer.content)
    assert root.tag == "{http://hl7.org/fhir}OperationOutcome"
    severity = root.find("f:issue/f:severity", space)
    text = root.find("f:issue/f:details/f:text", space)
    assert severity is not None
    assert text is not None
    assert severity.get("value") == "error"
    assert "dead letters" in str(text.get("value"))


def test_resources_as_xml():
    resource = {
        "resourceType": "Bundle",
        "id": "b",
        "entry": [
            {
                "fullUrl": "urn:uuid:1",
                "resource": {
                    "resourceType": "Patient",
                    "active": True,
                    "name": [{"id": "n1", "family": 'A & "B" <C>\x00', "given": ["Å", "Ö"]}],
                    "extension": [{"url": "http://example.org/e", "valueInteger": 3}],
                },
            }
        ],
    }
    assert fhir_xml(resource).decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Bundle xmlns="http://hl7.org/fhir"><id value="b"/><entry><fullUrl value="urn:uuid:1"/><resource>'
        '<Patient><active value="true"/><name id="n1">'
        '<family value=\'A &amp; "B" &lt;C&gt;\ufffd\'/><given value="Å"/><given value="Ö"/></name>'
        '<extension url="http://example.org/e"><valueInteger value="3"/></extension></Patient>'
        "</resource></entry></Bundle>"
    )


# -- messages that are answered by messages ------------------------------------------------------------------------


def header_of(bundle: dict[str, Any]) -> dict[str, Any]:
    assert bundle["resourceType"] == "Bundle"
    return dict(bundle["entry"][0]["resource"])


def test_a_notification_is_acknowledged(client):
    message = told()
    for status in (201, 200):
        answer = post(client, message, "/fhir/$process-message")
        assert answer.status_code == status
        header = header_of(answer.json())
        assert header["eventCoding"]["code"] == "acknowledgement-message"
        assert header["response"] == {"identifier": message["entry"][0]["resource"]["id"], "code": "ok"}


@pytest.mark.parametrize("xml", [False, True])
def test_what_cannot_be_used_is_acknowledged_as_an_error(client, xml):
    message = told(start="yesterday at noon")
    body, kind = (as_xml(message), FHIR_XML) if xml else (json.dumps(message).encode(), FHIR_JSON)

    answer = post(client, body, "/fhir/$process-message", Content_Type=kind)

    assert answer.status_code == 422
    header = header_of(answer.json())
    assert header["response"]["code"] == "fatal-error"
    outcome = answer.json()["entry"][-1]["resource"]
    assert (outcome["resourceType"], outcome["issue"][0]["severity"]) == ("OperationOutcome", "error")


def test_an_acknowledgement_can_be_had_as_xml(client):
    answer = post(client, told(), "/fhir/$process-message", Accept=FHIR_XML)
    space = {"f": "http://hl7.org/fhir"}
    root = ElementTree.fromstring(answer.content)
    code = root.find("f:entry/f:resource/f:MessageHeader/f:response/f:code", space)
    assert code is not None
    assert code.get("value") == "ok"


@pytest.mark.parametrize("body", [b"{broken", b"[]", b'{"resourceType": "Patient"}'])
def test_what_is_no_message_is_answered_by_an_outcome(client, body):
    answer = post(client, body, "/fhir/$process-message")
    assert answer.json()["resourceType"] == "OperationOutcome"


# -- who may come in -----------------------------------------------------------------------------------------------


def test_with_a_token_file_nobody_comes_in_without_a_token(new_place, tmp_path):
    file = tmp_path / "tokens"
    file.write_text("first-token\nsecond-token\n")
    with (
        new_place() as place,
        serving(place, tokens=read_tokens(file)) as address,
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        for given in (None, "Bearer wrong", "Basic first-token", "Bearer first-token x"):
            headers = {"Authorization": given} if given else {}
            answer = post(client, told(), **headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert post(client, told(), Authorization="Bearer second-token").status_code == 201
        assert post(client, told(), Authorization="bearer first-token").status_code == 201
        assert client.get("/healthz").status_code == 200


def test_over_tls_and_with_certificates_of_senders(new_place, tmp_path):
    ours, theirs = authority("ours"), authority("theirs")
    tls = Tls(*signed(ours, "localhost", tmp_path), clients=theirs.file(tmp_path))
    with new_place() as place, serving(place, host="localhost", tls=tls) as address:
        known = ours.trusting()
        known.load_cert_chain(*signed(theirs, "sender", tmp_path))
        with httpx.Client(base_url=address, verify=known, timeout=30) as client:
            assert post(client, told()).status_code == 201
        with (
            httpx.Client(base_url=address, verify=ours.trusting(), timeout=30) as stranger,
            pytest.raises(httpx.TransportError),
        ):
            post(stranger, told())


@pytest.mark.parametrize(
    ("listen", "said"),
    [
        (Listen(host="0.0.0.0"), "Whoever is on the network"),
        (Listen(host="::", tokens=(b"t",)), "Whoever is on the network"),
        (Listen(host="ward.example", tls=Tls(Path("none"), Path("none"))), "Whoever is on the network"),
        (Listen(tls=Tls(Path("none"), Path("none"))), "The certificate"),
    ],
)
def test_what_would_be_open_to_all_does_not_start(listen, said):
    with pytest.raises(OperatingError, match=said) as caught:
        check(listen)
    assert caught.value.exit_code == 2


def test_an_empty_token_file_lets_nobody_in_by_mistake(tmp_path):
    (tmp_path / "tokens").write_text("\n")
    for file in (tmp_path / "tokens", tmp_path / "none"):
        with pytest.raises(OperatingError) as caught:
            read_tokens(file)
        assert caught.value.exit_code == 2


def test_an_address_that_is_taken(module_place, client):
    port = client.base_url.port
    key = load_or_create(module_place.settings.master_key_file)
    server = FhirServer(Listen(port=port or 0), Door(lambda: module_place.connections, key))
    with pytest.raises(OperatingError, match="Nobody can listen") as caught:
        server.run(threading.Event())
    assert caught.value.exit_code == 2


# -- outages -------------------------------------------------------------------------------------------------------


def test_while_postgresql_is_away_senders_are_told_to_come_back(new_place: NewPlace):
    message = told()
    with (
        new_place() as place,
        serving(place) as address,
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        assert post(client, told()).status_code == 201
        assert client.get("/healthz").json() == {"status": "ok"}
        with without_postgres(place):
            answer = post(client, message)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
            assert issue(answer)["code"] == "transient"
            assert client.get("/healthz").status_code == 503
        assert post(client, message).status_code == 201


def test_senders_at_the_same_time_each_get_their_own_answer(client, module_place):
    messages = [told(**({"identifiers": []} if number % 5 == 0 else {})) for number in range(60)]
    found: dict[int, int] = {}

    def send(start: int) -> None:
        with httpx.Client(base_url=client.base_url, timeout=60) as own:
            for number in range(start, 60, 6):
                found[number] = post(own, messages[number]).status_code

    threads = [threading.Thread(target=send, args=(start,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert found == {number: 422 if number % 5 == 0 else 201 for number in range(60)}


def test_one_mistake_of_ours_costs_only_its_own_message(client, module_place, monkeypatch):
    from consumers.intake import ingest

    whole = ingest.read
    poison = told(message="poison")

    def read(message: Any) -> Any:
        if b'"poison"' in (message.raw or b""):
            raise ZeroDivisionError("0101501234")
        return whole(message)

    monkeypatch.setattr(ingest, "read", read)
    answers: list[int] = []

    def send(message: dict[str, Any]) -> Callable[[], None]:
        return lambda: answers.append(post(client, message).status_code)

    threads = [threading.Thread(target=send(m)) for m in [told(), told(), told()]]
    for thread in threads:
        thread.start()
    broken = post(client, poison)
    for thread in threads:
        thread.join(60)

    # Those beside it are stored, if only by being taken again one by one.
    assert set(answers) <= {200, 201}
    assert len(answers) == 3
    # It cannot even be put aside while whatever reads it fails: its sender hears that it is not stored.
    assert (broken.status_code, issue(broken)["code"]) == (500, "exception")
    assert CPR not in broken.text
