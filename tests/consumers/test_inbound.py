"""Messages on Kafka: taken in by a group, each on disk before its offset is committed, none lost, none twice."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from conftest import Place
from hospital_notifications import as_xml, notification
from inbound_values import committed, ends, make_topic, send, stored, taken_in, worker, working
from intakes import letters, line
from leaks import Scanner
from outages import without_postgres
from running import running, said_by
from waiting import wait_until

from consumers.intake import door as door_module
from consumers.intake.inbound import Inbound
from infra import kafka
from infra.errors import OperatingError
from infra.kafka import TopicPartition

pytestmark = pytest.mark.broker
MORNING = "2026-03-02T08:00:00+01:00"


@pytest.fixture
def there(place: Place) -> Place:
    make_topic(place)
    return place


def admitted(number: int, **more: Any) -> dict[str, Any]:
    return line("patient-admitted", MORNING, f"SIM-{number:04d}", message=f"m{number}", **more)


# -- what is in a value --------------------------------------------------------------------------------------------


def test_any_message_by_its_content_type_or_by_how_it_begins(there: Place) -> None:
    first, second, third = (
        notification(
            "admit-inpatient",
            message=f"k{number}",
            identifiers=[("urn:oid:1.2.208.176.1.2", f"010150100{number}")],
            episodes=[("https://sor2.sum.dsdn.dk/#id=3001", f"k{number}")],
        )
        for number in range(3)
    )
    send(there, [admitted(1)], "application/x-ndjson; charset=utf-8")
    send(there, [first], "application/fhir+json")
    send(there, [as_xml(second)], "application/fhir+xml")
    send(there, [admitted(2), third, as_xml(first)], None)
    send(there, ["\n".join(json.dumps(admitted(number)) for number in (3, 4, 5)).encode()], None)

    with working(worker(there)):
        taken_in(there)

    # Three notifications, the first twice; five commands, three of them in one value.
    assert (stored(there), letters(there)) == (8, [])


def test_hl7_v2_with_and_without_a_content_type(there: Place) -> None:
    admission = "\r".join(
        [
            "MSH|^~\\&|PAS|HOSPITAL|CARECHAIN|REGION|20260302080500+0100||ADT^A01|K0001|P|2.5",
            "EVN|A01|20260302080000+0100",
            "PID|1||4711^^^PAS^MR",
            "PV1|1|I|WARD1^^^HOSPITAL|||||||||||||||||V0001|||||||||||||||||||||||||20260302080000+0100",
        ]
    ).encode()
    send(there, [admission], "application/hl7-v2")
    with working(worker(there)):
        taken_in(there)
        once = stored(there)
        send(there, [admission], None)
        taken_in(there)

    assert once > 0
    assert (stored(there), letters(there)) == (once, [])


def test_a_value_that_cannot_be_read_is_put_aside_and_the_rest_goes_on(there: Place) -> None:
    send(there, [admitted(1), b"\xff\x00 nothing", admitted(2)], None, partition=1)
    send(there, [b"{broken"], "application/fhir+json", partition=1, source="ward-7")
    send(there, [b"{broken too"], "application/fhir+json", partition=1, source="19121212-1212")
    send(there, [b"{broken three"], "application/fhir+json", partition=1, source="Anna Andersson")
    send(there, [admitted(3)], "text/of-no-kind", partition=1)

    with working(worker(there)):
        taken_in(there)

    assert stored(there) == 3
    found = [letter["data"] for letter in letters(there)]
    assert [(data["place"], data["source"], data["reason"]) for data in found] == [
        ("inbound, partition 1, offset 1", "unknown", "unknown-format"),
        ("inbound, partition 1, offset 3", "ward-7", "not-json"),
        # What may name a person is not taken for a source.
        ("inbound, partition 1, offset 4", "fhir-json", "not-json"),
        ("inbound, partition 1, offset 5", "fhir-json", "not-json"),
    ]


def test_an_empty_value_does_not_stop_the_others(there: Place) -> None:
    with closing(kafka.plain_producer(there.connections.kafka)) as producer:
        producer.send(there.topic("inbound"), None, key=b"k", partition=0)
        producer.flush()
    send(there, [admitted(1)], partition=0)

    with working(worker(there)):
        taken_in(there)

    assert stored(there) == 1


def test_a_mistake_of_ours_about_one_value_puts_that_one_aside(there: Place, monkeypatch: Any) -> None:
    from consumers.intake import inbound_value

    whole = inbound_value.messages_of

    def splitting(raw: bytes, *rest: Any) -> Iterator[Any]:
        yield from whole(raw, *rest)
        if b"SIM-0002" in raw:
            raise ZeroDivisionError("SIM-0002")

    monkeypatch.setattr(inbound_value, "messages_of", splitting)
    two = "\n".join(json.dumps(admitted(number)) for number in (2, 4)).encode()
    send(there, [admitted(1), two, admitted(3)], partition=0)

    with working(worker(there)):
        taken_in(there)

    assert stored(there) == 4, "what stood before the fault is taken in"
    (letter,) = letters(there)
    assert letter["data"]["reason"] == "not-read"
    assert "SIM-0002" not in json.dumps(letter)


def test_what_fails_in_a_batch_costs_only_its_own_message(there: Place, monkeypatch: Any) -> None:
    whole = door_module.Ingestion.take

    def take(self: Any, batch: Any) -> Any:
        if any(b"SIM-0002" in (message.raw or b"") and not _refuses(message) for message in batch):
            raise ZeroDivisionError("SIM-0002")
        return whole(self, batch)

    monkeypatch.setattr(door_module.Ingestion, "take", take)
    send(there, [admitted(1), admitted(2), admitted(3)], partition=0)

    with working(worker(there)):
        taken_in(there)

    assert stored(there) == 2
    (letter,) = letters(there)
    assert (letter["data"]["reason"], letter["data"]["place"]) == (
        "not-read",
        "inbound, partition 0, offset 1, line 1",
    )


def _refuses(message: Any) -> bool:
    from domain.errors import Unreadable

    try:
        message.read()
    except Unreadable:
        return True
    return False


# -- positions -----------------------------------------------------------------------------------------------------


def test_a_new_group_begins_at_the_beginning_and_goes_on_where_it_was(there: Place) -> None:
    send(there, [admitted(number) for number in range(20)])
    with working(worker(there)):
        taken_in(there)
    assert stored(there) == 20

    send(there, [admitted(number) for number in range(10, 30)])
    with working(worker(there)):
        taken_in(there)
    assert (stored(there), letters(there)) == (30, [])


@pytest.mark.slow
def test_nothing_is_committed_that_is_not_on_disk(there: Place) -> None:
    send(there, [admitted(number) for number in range(10)], partition=0)
    with working(worker(there)):
        taken_in(there)
        with without_postgres(there):
            send(there, [admitted(number) for number in range(10, 20)], partition=0)
            send(there, [admitted(number) for number in range(20, 30)], partition=1)
            # Longer than the group would wait for a member that said nothing.
            threading.Event().wait(12)
            assert committed(there) == {0: 10}
        taken_in(there)
    assert (stored(there), letters(there)) == (30, [])


def test_a_member_whose_positions_are_refused_joins_anew(there: Place, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr("consumers.intake.inbound.REFUSED_S", 0.5)
    made: list[Any] = []
    whole = kafka.group_consumer

    def consumer(*given: Any, **settings: Any) -> Any:
        made.append(whole(*given, **settings))
        if len(made) == 1:
            made[0].commit_async = lambda _, told: told(None, RuntimeError("refused"))
        return made[-1]

    monkeypatch.setattr(kafka, "group_consumer", consumer)
    send(there, [admitted(number) for number in range(20)])
    with working(worker(there)):
        taken_in(there)

    assert len(made) == 2
    assert (stored(there), letters(there)) == (20, [])
    said = capsys.readouterr().out
    assert (said.count("not_committed"), said.count("member_no_more")) == (1, 1)


def test_where_kafka_has_let_go_of_what_was_unread_it_is_told(there: Place, capsys: Any) -> None:
    send(there, [admitted(1)], partition=0)
    with working(worker(there)):
        taken_in(there)
    send(there, [admitted(2), admitted(3), admitted(4)], partition=0)
    _delete_before(there, TopicPartition(there.topic("inbound"), 0), 3)

    with working(worker(there)):
        taken_in(there)

    assert stored(there) == 2
    said = capsys.readouterr().out
    assert "inbound_lost" in said
    assert "values=2" in said


def _delete_before(place: Place, partition: TopicPartition, offset: int) -> None:
    with kafka.admin(place.connections.kafka) as admin:
        admin._client.delete_records({partition: offset})


def test_without_the_topic_it_does_not_start(place: Place) -> None:
    with pytest.raises(OperatingError, match=r"no topic .*inbound") as caught:
        worker(place).run(threading.Event())
    assert caught.value.exit_code == 3


# -- several workers -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_share_the_partitions_and_one_takes_over_from_the_other(there: Place) -> None:
    first, second = worker(there, 1), worker(there, 2)

    def share(one: Inbound) -> int:
        return len(one.next)

    for partition in range(3):
        send(there, [admitted(100 * partition + number) for number in range(20)], partition=partition)
    with working(first):
        wait_until(lambda: share(first) == 3, 30, "the first has all partitions")
        with working(second):
            wait_until(
                lambda: share(first) + share(second) == 3 and share(second) >= 1,
                30,
                "they share the partitions",
            )
            for partition in range(3):
                send(there, [admitted(100 * partition + n) for n in range(20, 40)], partition=partition)
            taken_in(there)
        for partition in range(3):
            send(there, [admitted(100 * partition + n) for n in range(40, 60)], partition=partition)
        taken_in(there, 90)
    assert (stored(there), letters(there)) == (180, [])


def test_two_of_one_name_do_not_both_go_on(there: Place) -> None:
    first, second = worker(there), worker(there)
    with pytest.raises(OperatingError, match="taken the place of intake-1") as caught, working(first):  # noqa: PT012
        wait_until(lambda: len(first.next) == 3, 30, "the first has all partitions")
        with working(second):
            wait_until(lambda: len(second.next) == 3, 30, "the second has them")
            send(there, [admitted(number) for number in range(20)])
            wait_until(lambda: not first.next, 30, "the first has gone")
            taken_in(there)
    assert caught.value.exit_code == 1
    assert (stored(there), letters(there)) == (20, [])


def test_a_large_value_keeps_its_member_in_the_group(there: Place, monkeypatch: Any) -> None:
    monkeypatch.setattr("consumers.intake.inbound.KEEP_S", 0.0)
    large = "\n".join(json.dumps(admitted(number)) for number in range(1_700)).encode()
    send(there, [large, admitted(5_000)], partition=0)
    send(there, [admitted(5_001)], partition=1)
    with working(worker(there)):
        taken_in(there, 120)
    assert (stored(there), letters(there)) == (1_702, [])


# -- killed --------------------------------------------------------------------------------------------------------


def test_killed_in_the_middle_of_two_thousand_values(there: Place) -> None:
    bad = {number: b"{broken %d" % number for number in range(0, 2_000, 100)}
    send(there, [bad.get(number, admitted(number)) for number in range(2_000)], None)

    with running(there, "intake") as process:
        for enough in (300, 900):
            wait_until(lambda enough=enough: stored(there) >= enough, 60, "some are stored")  # type: ignore[misc]
            process.kill_and_restart()
        taken_in(there, 120)
        assert process.stop() == 0

    assert sum(ends(there).values()) == 2_000
    assert stored(there) == 1_980
    assert len(letters(there)) == len({letter["id"] for letter in letters(there)}) == 20


@pytest.mark.slow
def test_a_worker_that_slept_past_its_session_loses_and_doubles_nothing(there: Place) -> None:
    send(there, [admitted(number) for number in range(100)])
    with running(there, "intake", "--slot", "1") as sleeper:
        wait_until(lambda: stored(there) > 0, 60, "the first are stored")
        sleeper.signal(signal.SIGSTOP)
        try:
            send(there, [admitted(number) for number in range(100, 200)])
            with running(there, "intake", "--slot", "2") as other:
                taken_in(there, 90)
                sleeper.signal(signal.SIGCONT)
                send(there, [admitted(number) for number in range(200, 300)])
                taken_in(there, 90)
                assert other.stop() == 0
        finally:
            sleeper.signal(signal.SIGCONT)
    assert (stored(there), letters(there)) == (300, [])


def test_no_identity_is_in_what_it_says(there: Place) -> None:
    number, name = "19121212-1212", "Tolvan Tolvansson"
    message = line(
        "patient-admitted", MORNING, "SIM-0001", message="m-20121212", episode="episode-20121212"
    ) | {"patient": {"system": "personnummer", "value": number}}
    send(
        there,
        [message, f"{number} {name}".encode(), json.dumps(message | {"data": {"x": name}}).encode()],
        None,
    )
    with running(there, "intake") as process:
        taken_in(there)
        assert process.stop() == 0
    said = said_by(there, "intake")
    assert b"taken_in" in said
    assert Scanner([number, name, "m-20121212", "episode-20121212"]).scan({"log": said}) == []


def test_everything_in_one_process_takes_in_what_is_inbound(there: Place) -> None:
    send(there, [admitted(1)])
    with running(there) as process:
        taken_in(there)
        assert process.stop() == 0
    assert stored(there) == 1
    assert os.path.exists(there.settings.master_key_file)
