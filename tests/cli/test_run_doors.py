"""`carechain run fhir` and `carechain run intake`: what stops them at once, and how they stop when asked."""

import json
import threading
from contextlib import suppress
from typing import Any

import httpx
import pytest
from conftest import Place
from hospital_notifications import notification
from inbound_values import stored
from intakes import letters
from leaks import Scanner
from running import running, said_by
from waiting import wait_until

from cli import main
from infra.settings import Settings

CPR, NAME = "010150-1234", "Else Marie Prøve"


@pytest.fixture(autouse=True)
def _no_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Settings, "flags", {})
    monkeypatch.setenv("NO_COLOR", "")


@pytest.fixture
def here(place: Place, monkeypatch: pytest.MonkeyPatch) -> Place:
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    return place


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fhir", "--tls-cert", "a.pem"], "--tls-cert and --tls-key belong together"),
        (["fhir", "--tls-ca", "a.pem"], "--tls-cert and --tls-key belong together"),
        (["fhir", "--token-file", "/nowhere"], "The file with the bearer tokens cannot be read"),
        (["fhir", "--port", "70000"], "--port"),
        (["intake", "--slot", "0"], "--slot"),
    ],
)
def test_wrong_options_are_told_at_once(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main.run(["run", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.broker
def test_an_address_open_to_all_does_not_start(here: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["run", "fhir", "--host", "0.0.0.0"]) == 2
    said = capsys.readouterr().err
    assert "error: Whoever is on the network could read patients' data" in said
    assert "hint: Beyond this machine --tls-cert and --tls-key are needed" in said


@pytest.mark.broker
def test_without_the_topic_the_intake_does_not_start(place: Place) -> None:
    # A process of its own: the logs are set up by then.
    with running(place, "intake") as process:
        assert process.process.wait(30) == 3
    assert b"carechain topics create" in said_by(place, "intake")


@pytest.mark.broker
def test_fhir_over_http_by_a_process_of_its_own(place: Place) -> None:
    message = notification("admit-inpatient", identifiers=[("urn:oid:1.2.208.176.1.2", CPR.replace("-", ""))])
    with running(place, "fhir", "--port", "0") as process:
        address = wait_until(lambda: _address(place), 30, "it listens")
        with httpx.Client(base_url=address, timeout=30) as client:
            headers = {"Content-Type": "application/fhir+json"}
            assert client.get("/healthz").status_code == 200
            assert client.post("/fhir", json=message, headers=headers).status_code == 201
            process.kill_and_restart()
            address = wait_until(lambda: _address(place, besides=address), 30, "it listens again")
        with httpx.Client(base_url=address, timeout=30) as client:
            assert client.post("/fhir", json=message, headers=headers).status_code == 200
            bad = f'{{"resourceType": "{CPR}", "name": "{NAME}"}}'.encode()
            assert client.post(f"/fhir?patient={CPR}", content=bad, headers=headers).status_code == 422
            assert client.post(f"/fhir/{CPR}", content=bad, headers=headers).status_code == 404
            assert client.get(f"/{NAME}/{CPR}", headers={"X-Patient": CPR}).status_code == 404
        assert process.stop() == 0
    assert len(letters(place)) == 1
    said = said_by(place, "fhir")
    assert b'"status": 201' in said
    assert Scanner([CPR, NAME, "Prøve"]).scan({"log": said}) == []


@pytest.mark.broker
def test_what_was_answered_before_a_kill_is_stored_and_sent_again_it_is_known(place: Place) -> None:
    messages = [
        notification(
            "admit-inpatient",
            message=f"killed-{number}",
            identifiers=[("urn:oid:1.2.208.176.1.2", f"01015012{number:02d}")],
            episodes=[("https://sor2.sum.dsdn.dk/#id=3001", f"killed-{number}")],
        )
        for number in range(60)
    ]
    headers = {"Content-Type": "application/fhir+json"}
    with running(place, "fhir", "--port", "0") as process:
        address = wait_until(lambda: _address(place), 30, "it listens")
        answered = 0
        with httpx.Client(base_url=address, timeout=30) as client, suppress(httpx.TransportError):
            killer = threading.Thread(
                target=lambda: (wait_until(lambda: stored(place) >= 20, 30, "some"), process.process.kill())
            )
            killer.start()
            for message in messages:
                assert client.post("/fhir", json=message, headers=headers).status_code == 201
                answered += 1
        killer.join(30)
        assert 20 <= stored(place) < 60
        assert answered in (stored(place), stored(place) - 1), "stored is at most one more than answered"
        process.kill_and_restart()
        address = wait_until(lambda: _address(place, besides=address), 30, "it listens again")
        with httpx.Client(base_url=address, timeout=30) as client:
            again = [client.post("/fhir", json=m, headers=headers).status_code for m in messages]
        assert again[:answered] == [200] * answered
        assert set(again[answered + 1 :]) == {201}
        assert process.stop() == 0
    assert (stored(place), letters(place)) == (60, [])


def _address(place: Place, besides: str = "") -> str | None:
    """Where it said last that it listens."""
    found: str | None = None
    for line in said_by(place, "fhir").splitlines():
        if line.startswith(b"{"):
            told: dict[str, Any] = json.loads(line)
            if told.get("event") == "listening":
                found = f"http://{told['host']}:{told['port']}"
    return found if found != besides else None
