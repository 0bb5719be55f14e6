"""Messages over MLLP: what is answered to which, that an answer means stored, and that no sender harms another."""

import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from certificates import authority, signed
from conftest import Place
from intakes import facts, intake_into, letters
from mllp_senders import Acknowledged, Sender, adt, door_of, framed, serving, way_to
from waiting import wait_until

from consumers.intake.hl7v2.profile import parse_profile
from consumers.intake.mllp import server
from consumers.intake.mllp.connection import Limits
from consumers.intake.mllp.server import Listen, MllpServer, tls_context
from consumers.intake.mllp.waiting import Bounds
from consumers.intake.site import Site
from infra.errors import OperatingError
from infra.postgres import connect

pytestmark = pytest.mark.broker
BROKEN = b"MSH|^~\\&|PAS|SE2321000198-HOSP|||20260302081500+0100||ADT^A01|%s|P|2.5\rEVN|A01|20260302\r"
"""An admission of nobody."""
NO_BEGIN = "The message does not begin with the byte 0B."
NO_END = "The message does not end with the bytes 1C 0D."


@pytest.fixture(scope="module")
def address(module_place: Place) -> Iterator[tuple[str, int]]:
    with serving(module_place) as address:
        yield address


@pytest.fixture
def sender(address: tuple[str, int]) -> Iterator[Sender]:
    with Sender(address) as sender:
        yield sender


def stored(place: Place, patient: str) -> int:
    """How many facts there are about a patient by the number of the senders' hospital."""
    with intake_into(place) as intake:
        if intake.vault.find_journey("mrn:PAS", patient) is None:
            return 0
        return len(facts(intake, "mrn:PAS", patient))


def reasons(place: Place) -> list[str]:
    return [letter["data"]["reason"] for letter in letters(place)]


def test_a_message_that_tells_something_is_accepted_and_known_again(sender, module_place):
    assert sender.ask(adt("1", "accepted")) == Acknowledged("AA", "1", "")
    assert stored(module_place, "accepted") == 1
    assert sender.ask(adt("1", "accepted")) == Acknowledged("AA", "1", "")
    assert stored(module_place, "accepted") == 1


def test_what_cannot_become_a_fact_is_accepted_as_a_dead_letter_once(sender, module_place):
    before = len(letters(module_place))
    answer = sender.ask(BROKEN % b"broken")
    assert (answer.code, answer.control) == ("AA", "broken")
    assert answer.text.startswith("Dead letter: ")
    assert len(letters(module_place)) == before + 1
    assert sender.ask(BROKEN % b"broken").code == "AA"
    assert len(letters(module_place)) == before + 1


def test_what_is_no_hl7_is_a_dead_letter(sender, module_place):
    before = len(letters(module_place))
    answer = sender.ask(b"hello")
    assert (answer.code, answer.control) == ("AA", "")
    assert len(letters(module_place)) == before + 1


def test_a_profile_may_ask_for_errors_on_dead_letters(place):
    profile = parse_profile(
        'format = "hl7v2"\nanswer_dead_letters = "AE"\nmatch = [{ application = "PAS" }]\n', "pas.toml"
    )
    with serving(place, Site(profiles=(profile,))) as address, Sender(address) as sender:
        for _ in range(2):
            answer = sender.ask(BROKEN % b"1")
            assert (answer.code, answer.control) == ("AE", "1")
        assert len(letters(place)) == 1
        assert sender.ask(adt("2")).code == "AA"


def test_an_unsupported_type_is_rejected_and_makes_no_letter(sender, module_place):
    before = len(letters(module_place))
    answer = sender.ask(adt("1", "observed", kind="ORU", event="R01"))
    assert answer == Acknowledged("AR", "1", "Messages of this type are not taken in.")
    assert sender.ask(adt("2", "observed", event="A60")).code == "AR"
    assert stored(module_place, "observed") == 0
    assert len(letters(module_place)) == before


def test_a_message_that_is_too_large_is_rejected_and_the_next_is_read(sender, module_place):
    large = adt("large", "large") + b"NTE|1||" + b"x" * 2_000_000 + b"\r"
    answer = sender.ask(large)
    assert answer == Acknowledged("AR", "large", "The message is larger than 1 048 576 bytes.")
    assert stored(module_place, "large") == 0
    (letter,) = [letter["data"] for letter in letters(module_place) if letter["data"]["size"] == len(large)]
    assert (letter["reason"], "sealed" in letter) == ("too-large", False)
    assert sender.ask(adt("next", "large")).code == "AA"


def test_a_message_may_be_as_large_as_the_limit(sender, module_place):
    message = adt("limit", "limit") + b"NTE|1||"
    message += b"x" * (1024 * 1024 - len(message) - 1) + b"\r"
    assert sender.ask(message).code == "AA"
    # The admission, and its remark in parts.
    assert stored(module_place, "limit") > 1


def test_a_message_without_its_first_byte_is_rejected(sender):
    sender.send(adt("first") + b"\x1c\x0d" + framed(adt("second")))
    assert sender.answers(2) == [Acknowledged("AR", "first", NO_BEGIN), Acknowledged("AA", "second", "")]


def test_a_message_without_its_last_bytes_is_rejected(sender, module_place):
    sender.send(b"\x0b" + adt("first", "endless") + framed(adt("second", "ended")))
    assert sender.answers(2) == [Acknowledged("AR", "first", NO_END), Acknowledged("AA", "second", "")]
    assert [stored(module_place, patient) for patient in ("endless", "ended")] == [0, 1]


def test_what_stands_between_messages_is_not_answered(sender):
    sender.send(b"\r\n  ping" + framed(adt("1")) + b"\x1c\r\n" + framed(adt("2")))
    assert sender.codes(2) == [("AA", "1"), ("AA", "2")]


def test_many_messages_in_one_packet_are_answered_in_order(sender):
    sender.send(b"".join(framed(adt(f"{n}", "many")) if n % 3 else b"x\x1c\r" for n in range(60)))
    assert sender.codes(60) == [("AA", f"{n}") if n % 3 else ("AR", "") for n in range(60)]


def test_one_message_in_many_packets(sender, module_place):
    sender.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in framed(adt("1", "pieces")):
        sender.send(bytes([byte]))
    assert sender.answer().code == "AA"
    assert stored(module_place, "pieces") == 1


def test_who_sends_no_more_still_gets_the_answers(sender):
    sender.send(framed(adt("1")) + framed(adt("2")) + b"\x0b" + adt("3"))
    sender.no_more()
    assert sender.answers(3) == [
        Acknowledged("AA", "1", ""),
        Acknowledged("AA", "2", ""),
        Acknowledged("AR", "3", NO_END),
    ]
    assert sender.hung_up()


def test_who_hangs_up_at_once_has_its_message_stored(address, module_place):
    with Sender(address) as sender:
        sender.send(framed(adt("1", "gone")))
    wait_until(lambda: stored(module_place, "gone") == 1, 30, "the message is stored")


def test_many_senders_at_the_same_time(address, module_place):
    senders = [Sender(address) for _ in range(60)]
    for number, sender in enumerate(senders):
        sender.send(framed(adt(f"{number}", f"one-of-many-{number}")))
    for number, sender in enumerate(senders):
        with sender:
            assert sender.answer() == Acknowledged("AA", f"{number}", "")
    assert [stored(module_place, f"one-of-many-{number}") for number in (0, 30, 59)] == [1, 1, 1]


def test_more_senders_than_are_let_in_are_hung_up_on(place, monkeypatch):
    monkeypatch.setattr(server, "CONNECTIONS_MAX", 2)
    with serving(place) as address, Sender(address) as first, Sender(address) as second:
        assert [first.ask(adt("1")).code, second.ask(adt("2")).code] == ["AA", "AA"]
        with Sender(address) as third:
            assert third.hung_up()
        first.socket.close()
        wait_until(lambda: _answered(address), 30, "there is room again")


def _answered(address: tuple[str, int]) -> bool:
    with Sender(address) as sender:
        try:
            return sender.ask(adt("4")).code == "AA"
        except (OSError, AssertionError):
            return False


def test_a_slow_or_silent_sender_is_hung_up_on(place):
    with serving(place, limits=Limits(idle_s=0.5, message_s=0.5)) as address:
        with Sender(address) as silent:
            assert silent.ask(adt("1")).code == "AA"
            assert silent.hung_up()
        with Sender(address) as slow:
            slow.send(b"\x0b" + adt("2"))
            assert slow.answer() == Acknowledged("AR", "2", NO_END)
            assert slow.hung_up()
        with Sender(address) as foreign:
            foreign.send(b"GET / HTTP/1.1\r\n\r\n")
            assert foreign.answer() == Acknowledged("AR", "", NO_BEGIN)
            assert foreign.hung_up()


def test_who_takes_no_answers_is_not_read_without_end(place):
    """One that sends and never reads fills what it may send ahead, and no more; another is served meanwhile."""
    limits, bounds = Limits(unanswered=5, message_s=2.0), Bounds(frames=3, batch=2)
    with serving(place, limits=limits, bounds=bounds) as address:
        greedy = Sender(address)
        greedy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.socket.settimeout(None)
        done = threading.Event()

        def pour() -> None:
            try:
                while not done.is_set():
                    greedy.send(b"MSH|^~\\&|" + b"x" * 4000 + b"\x1c\r")
            except OSError:
                done.set()

        thread = threading.Thread(target=pour, daemon=True)
        thread.start()
        try:
            with Sender(address) as other:
                assert other.ask(adt("1")).code == "AA"
                wait_until(lambda: not thread.is_alive(), 60, "the server has hung up on it")
                assert other.ask(adt("2")).code == "AA"
        finally:
            done.set()
            greedy.socket.close()


def test_postgresql_gone_is_an_error_until_it_is_back(place):
    with connect(place.connections.store_dsn) as connection:
        host, port = connection.info.host, connection.info.port
    with way_to(host, port) as way:
        dsn = place.connections.store_dsn.replace(f"{host}:{port}", f"127.0.0.1:{way.port}")
        assert dsn != place.connections.store_dsn
        with serving(place, store_dsn=dsn) as address, Sender(address) as sender:
            assert sender.ask(adt("1", "before")).code == "AA"
            way.cut()
            sender.send(framed(adt("2", "between")) + framed(BROKEN % b"3"))
            again = "It could not be stored now. Send it again later."
            assert sender.answers(2) == [Acknowledged("AE", "2", again), Acknowledged("AE", "3", again)]
            assert (stored(place, "between"), letters(place)) == (0, [])
            way.mend()
            sender.send(framed(adt("2", "between")) + framed(BROKEN % b"3"))
            assert sender.codes(2) == [("AA", "2"), ("AA", "3")]
            assert (stored(place, "between"), len(letters(place))) == (1, 1)


def test_over_tls(place, tmp_path):
    ours, theirs = authority("ours"), authority("theirs")
    certificate, key = signed(ours, "localhost", tmp_path)
    tls = tls_context(certificate, key)
    with serving(place, tls=tls) as address:
        with Sender(address, ours.trusting()) as sender:
            assert sender.ask(adt("1", "tls")).code == "AA"
        with pytest.raises(ssl.SSLError), Sender(address, theirs.trusting()):
            pass
        with Sender(address) as plain:
            plain.send(framed(adt("2", "tls")))
            assert plain.hung_up()
    assert stored(place, "tls") == 1


def test_only_senders_with_a_certificate_where_that_is_asked(place, tmp_path):
    ours, theirs = authority("ours"), authority("theirs")
    certificate, key = signed(ours, "localhost", tmp_path)
    tls = tls_context(certificate, key, ours.file(tmp_path))
    with serving(place, tls=tls) as address:
        known, stranger, nobody = ours.trusting(), ours.trusting(), ours.trusting()
        known.load_cert_chain(*signed(ours, "sender", tmp_path))
        stranger.load_cert_chain(*signed(theirs, "stranger", tmp_path))
        with Sender(address, known) as sender:
            assert sender.ask(adt("1", "known")).code == "AA"
        for context in (stranger, nobody):
            with pytest.raises((OSError, AssertionError)), Sender(address, context) as sender:
                sender.ask(adt("2", "stranger"))
    assert [stored(place, patient) for patient in ("known", "stranger")] == [1, 0]


def test_a_certificate_that_is_none_is_told(tmp_path: Path):
    (tmp_path / "x.pem").write_text("no certificate")
    with pytest.raises(OperatingError) as told:
        tls_context(tmp_path / "x.pem", tmp_path / "missing.pem")
    assert told.value.exit_code == 2


def test_a_port_that_is_taken_is_told(place):
    with serving(place) as (host, port):
        second = MllpServer(Listen(host, port), door_of(place))
        with pytest.raises(OperatingError) as told:
            second.run(threading.Event())
    assert (told.value.exit_code, told.value.message) == (
        2,
        f"It is not possible to listen on 127.0.0.1, port {port}.",
    )


def test_what_was_read_is_answered_when_it_is_stopped(place):
    with serving(place) as address:
        sender = Sender(address)
        sender.send(b"".join(framed(adt(f"{n}", f"stop-{n}")) for n in range(50)))
        sender.answer()
    answered = ["0"]
    with sender:
        while not sender.hung_up():
            answered.append(sender.answer().control)
    assert answered == [f"{n}" for n in range(len(answered))]
    assert [stored(place, f"stop-{n}") for n in answered] == [1] * len(answered)
