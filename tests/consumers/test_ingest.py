"""Files become facts: formats, counts, what is put aside, and the stays that hospital notifications tell."""

import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import NewPlace, Place
from hospital_notifications import CPR, as_xml, header, notification, provenance
from hospital_notifications import bundle as bundle_of
from intakes import (
    clock,
    facts,
    ingest,
    instant,
    intake_into,
    journey_of,
    letters,
    line,
    responsibilities,
    stay,
    stays,
    write,
)

from consumers.intake import files
from consumers.intake.dead_letters import PutAside
from consumers.intake.files import find
from consumers.intake.formats import fhir, ndjson
from consumers.intake.ingest import Counts, Ingestion, examine
from consumers.intake.intake import BATCH, Intake
from consumers.intake.reading import messages
from domain.errors import Unreadable
from infra.errors import OperatingError, VaultError
from infra.postgres import connect

MORNING = "2026-03-02T08:00:00+01:00"


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


def told(patient: str, number: int = 1, time: str = MORNING) -> dict[str, Any]:
    return line("patient-admitted", time, patient, message=f"m{number}")


def read(*paths: Path | str) -> list[object]:
    """Per message its place, and the types it tells or the reason why it cannot be read."""
    found: list[object] = []
    for message in messages(find([str(path) for path in paths])):
        try:
            what: object = [submission.type.split(".")[2] for submission in message.read().submissions]
        except Unreadable as unreadable:
            what = unreadable.reason
        found.append((message.place, what))
    return found


# -- formats, without servers --------------------------------------------------------------------------------------


def test_a_line_is_a_message_and_blank_lines_are_none(tmp_path):
    file = tmp_path / "facts.ndjson"
    one, other = json.dumps(told("SIM-0001")), json.dumps(told("SIM-0002"))
    file.write_bytes(b"\xef\xbb\xbf" + f"{one}\r\n\n  \n{other}".encode())

    assert read(file) == [
        ("file 1 (.ndjson), line 1", ["patient-admitted"]),
        ("file 1 (.ndjson), line 4", ["patient-admitted"]),
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("Tolvan", "not-json"),
        ("[1, 2]", "invalid-field"),
        ('{"type": ' + "[" * 2000, "not-json"),
        (json.dumps({k: v for k, v in told("SIM-0001").items() if k != "patient"}), "no-patient-id"),
        (json.dumps(told("SIM-0001") | {"patient": {"system": "simulated"}}), "no-patient-id"),
        (json.dumps(told("SIM-0001") | {"patient": {"system": "simulated", "value": ""}}), "no-patient-id"),
        (json.dumps(told("SIM-0001") | {"time": "2026-03-02T08:00:00"}), "invalid-field"),
        (json.dumps(told("SIM-0001") | {"Tolvan": 1}), "invalid-field"),
        (json.dumps(told("SIM-0001") | {"source": "Tolvan Tolvansson"}), "invalid-field"),
        (json.dumps(told("SIM-0001") | {"sequence": "1"}), "invalid-field"),
        (json.dumps(told("SIM-0001") | {"role": "Tolvan"}), "invalid-field"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_without_a_word_of_it(tmp_path, wrong, reason):
    file = tmp_path / "facts.ndjson"
    file.write_text(f"{json.dumps(told('SIM-0001'))}\n{wrong}\n", encoding="utf-8")

    _, message = messages(find([str(file)]))
    with pytest.raises(Unreadable) as caught:
        message.read()
    assert caught.value.reason == reason
    assert "Tolvan" not in caught.value.message


def test_a_message_with_a_broken_character_is_not_json(tmp_path):
    file = tmp_path / "facts.ndjson"
    file.write_bytes(b'{"type": "\xff\xfe"}\n')

    assert read(file) == [("file 1 (.ndjson), line 1", "not-json")]


def test_bundles_are_read_as_json_and_xml_and_one_a_line(tmp_path):
    message = notification("admit-inpatient")
    (tmp_path / "1.json").write_text(json.dumps(message, indent=2))
    (tmp_path / "2.xml").write_bytes(as_xml(message))
    write(tmp_path / "3.ndjson", [message, told("SIM-0001")])

    assert read(tmp_path) == [
        ("file 1 (.json)", ["patient-admitted"]),
        ("file 2 (.xml)", ["patient-admitted"]),
        ("file 3 (.ndjson), line 1", ["patient-admitted"]),
        ("file 3 (.ndjson), line 2", ["patient-admitted"]),
    ]


def test_the_content_tells_where_the_ending_does_not(tmp_path):
    message = notification("admit-inpatient")
    (tmp_path / "a").write_text(json.dumps(message, indent=2))
    (tmp_path / "b.txt").write_bytes(as_xml(message))
    write(tmp_path / "c.log", [told("SIM-0001"), told("SIM-0001")])
    write(tmp_path / "d.json", [told("SIM-0001"), told("SIM-0001")])
    write(tmp_path / "e.JSON", [told("SIM-0001")])

    assert read(tmp_path) == [
        ("file 1", ["patient-admitted"]),
        ("file 2 (.txt)", ["patient-admitted"]),
        ("file 3, line 1", ["patient-admitted"]),
        ("file 3, line 2", ["patient-admitted"]),
        ("file 4 (.json), line 1", ["patient-admitted"]),
        ("file 4 (.json), line 2", ["patient-admitted"]),
        ("file 5 (.json)", ["patient-admitted"]),
    ]


def test_files_of_another_kind_are_put_aside_whole(tmp_path):
    (tmp_path / "about.json").write_text('{"region": {"code": "21"}}')
    write(tmp_path / "facts.ndjson", [told("SIM-0001")])
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "list.json").write_text("[]")
    write(tmp_path / "truth.ndjson", [{"kind": "stay", "patient": "SIM-0001"}] * 3)
    (tmp_path / "void.xml").write_text("<html/>")

    assert read(tmp_path) == [
        ("file 1 (.json)", "unknown-format"),
        ("file 2 (.ndjson), line 1", ["patient-admitted"]),
        ("file 3", "unknown-format"),
        ("file 4 (.json)", "unknown-format"),
        ("file 5 (.ndjson)", "unknown-format"),
        ("file 6 (.xml)", "not-fhir"),
    ]


def test_one_odd_line_at_the_beginning_condemns_no_file(tmp_path):
    lines = [{"kind": "stay"}, told("SIM-0001"), told("SIM-0002")]
    write(tmp_path / "facts.ndjson", lines)

    assert read(tmp_path) == [
        ("file 1 (.ndjson), line 1", "invalid-field"),
        ("file 1 (.ndjson), line 2", ["patient-admitted"]),
        ("file 1 (.ndjson), line 3", ["patient-admitted"]),
    ]


def test_hostile_documents_are_put_aside(tmp_path):
    (tmp_path / "1.json").write_text('{"resourceType":' + "[" * 100_000)
    (tmp_path / "2.json").write_text('{"resourceType": "Bundle", "total": ' + "9" * 5000 + "}")
    (tmp_path / "3.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    (tmp_path / "4.json").write_text('{"resourceType": "Patient"}')
    (tmp_path / "5.json").write_bytes(b"")

    assert read(tmp_path) == [
        ("file 1 (.json)", "not-json"),
        ("file 2 (.json)", "not-json"),
        ("file 3 (.xml)", "not-xml"),
        ("file 4 (.json)", "no-patient-id"),
        ("file 5 (.json)", "not-json"),
    ]


def test_what_is_too_large_is_passed_over_with_its_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(ndjson, "LINE_MAX", 1000)
    monkeypatch.setattr(fhir, "BUNDLE_MAX", 1000)
    long = json.dumps(told("SIM-0001") | {"data": {"note": "x" * 3_000_000}})
    (tmp_path / "1.ndjson").write_text(f"{long}\n{json.dumps(told('SIM-0002'))}\n")
    (tmp_path / "2.json").write_text("{" + " " * 2000 + "}")

    assert read(tmp_path) == [
        ("file 1 (.ndjson), line 1", "too-large"),
        ("file 1 (.ndjson), line 2", ["patient-admitted"]),
        ("file 2 (.json)", "too-large"),
    ]
    first, _, last = messages(find([str(tmp_path)]))
    assert (first.raw, first.size, last.size) == (None, len(long) + 1, 2002)


def test_folders_are_read_in_order_of_names_without_hidden_files(tmp_path):
    for name in ("b/2.ndjson", "b/1.ndjson", "a.ndjson", ".hidden.ndjson", ".git/3.ndjson", "c/.x.ndjson"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")

    assert [str(source.path.relative_to(tmp_path)) for source in find([str(tmp_path)])] == [
        "a.ndjson",
        "b/1.ndjson",
        "b/2.ndjson",
    ]


def test_a_path_that_is_not_there_is_wrong_usage_and_not_repeated(tmp_path):
    with pytest.raises(OperatingError) as caught:
        find([str(tmp_path), str(tmp_path / "Tolvan-191212121212.json")])

    assert caught.value.exit_code == 2
    assert "path number 2" in caught.value.message
    assert "1212" not in caught.value.message + str(caught.value.hint)


def test_a_file_that_may_not_be_read_stops_before_anything_is_read(tmp_path, monkeypatch):
    (tmp_path / "1.json").write_text("{}")
    monkeypatch.setattr(files.os, "access", lambda *_: False)

    with pytest.raises(OperatingError) as caught:
        find([str(tmp_path)])
    assert caught.value.exit_code == 4


def test_a_trial_tells_what_can_be_read_without_any_server(tmp_path):
    wrong = told("SIM-0001") | {"data": {"ward": "7"}}
    file = write(tmp_path / "1.ndjson", [told("SIM-0001"), told("SIM-0001"), wrong])
    aside: list[PutAside] = []

    counts = examine(messages(find([str(file)])), on_put_aside=aside.append)

    assert counts == Counts(accepted=2, put_aside=1, reasons=Counter({"invalid-data": 1}))
    assert [letter.place for letter in aside] == ["file 1 (.ndjson), line 3"]


# -- counts --------------------------------------------------------------------------------------------------------


@pytest.mark.broker
def test_every_message_is_counted_once(intake, module_place, tmp_path):
    before = len(letters(module_place))
    good = [told("SIM-COUNT1"), told("SIM-COUNT2"), told("SIM-COUNT1")]
    no_patient = told("SIM-COUNT1") | {"patient": {"system": "personnummer", "value": "Tolvan"}}
    file = write(tmp_path / "1.ndjson", [*good, no_patient, no_patient])
    with file.open("a") as more:
        more.write("Tolvan\n")
    acknowledgement = bundle_of(header("m1", "acknowledgement-message"), provenance("m1", "acknowledged"))
    (tmp_path / "2.json").write_text(json.dumps(acknowledgement))
    (tmp_path / "3.xml").write_bytes(as_xml(acknowledgement))

    counts = ingest(intake, tmp_path)

    assert counts == Counts(
        accepted=2,
        known=1,
        not_of_use=2,
        put_aside=3,
        dead_letters=2,
        reasons=Counter({"no-patient-id": 2, "not-json": 1}),
        unused=Counter({("fhir-json", "acknowledgement"): 1, ("fhir-xml", "acknowledgement"): 1}),
    )
    assert counts.read == 8
    assert len(letters(module_place)) == before + 2


@pytest.mark.broker
def test_the_same_again_is_known_and_adds_no_letter(intake, module_place, tmp_path):
    file = write(
        tmp_path / "1.ndjson", [told("SIM-AGAIN1"), told("SIM-AGAIN2"), {"type": "x", "time": "SIM-AGAIN"}]
    )

    assert ingest(intake, file).dead_letters == 1
    assert ingest(intake, file) == Counts(known=2, put_aside=1, reasons=Counter({"invalid-field": 1}))


@pytest.mark.broker
def test_a_message_that_tells_new_and_known_things_is_accepted(intake, tmp_path):
    one = told("SIM-MIXED", 1)
    both = line(
        "municipal-takeover-proposed",
        MORNING,
        "SIM-MIXED",
        {"services": ["home-nursing", "home-help"]},
        message="m2",
    )
    health = both | {"data": {"services": ["home-nursing"]}}

    assert ingest(intake, write(tmp_path / "1.ndjson", [one, health])).accepted == 2
    assert ingest(intake, write(tmp_path / "2.ndjson", [both])).accepted == 1
    assert ingest(intake, write(tmp_path / "3.ndjson", [both])).known == 1
    assert len(facts(intake, "simulated", "SIM-MIXED")) == 3


@pytest.mark.broker
def test_more_than_one_batch_is_counted_and_told_as_it_goes(intake, tmp_path):
    file = write(tmp_path / "1.ndjson", [told(f"SIM-B{number:04}") for number in range(2 * BATCH + 3)])
    steps: list[int] = []

    counts = Ingestion(intake, clock, advance=steps.append).run(messages(find([str(file)])))

    assert (counts.accepted, steps) == (2 * BATCH + 3, [BATCH, BATCH, 3])


@pytest.mark.broker
def test_a_journey_that_cannot_be_continued_is_put_aside_alone(intake, module_place, tmp_path):
    ingest(intake, write(tmp_path / "1.ndjson", [told("SIM-BROKEN"), told("SIM-WHOLE")]))
    with connect(module_place.connections.store_dsn) as connection:
        connection.execute(
            "UPDATE store.journeys_events SET state = convert_to('{\"broken\": true}', 'UTF8')"
            " WHERE originator_id = %s",
            (journey_of(intake, "simulated", "SIM-BROKEN"),),
        )
    aside: list[PutAside] = []
    file = write(tmp_path / "2.ndjson", [told("SIM-WHOLE", 2), told("SIM-BROKEN", 2), told("SIM-WHOLE", 3)])

    counts = Ingestion(intake, clock, on_put_aside=aside.append).run(messages(find([str(file)])))

    assert counts == Counts(accepted=2, put_aside=1, dead_letters=1, reasons=Counter({"refused": 1}))
    assert [(letter.place, letter.source) for letter in aside] == [("file 1 (.ndjson), line 2", "ward")]
    assert "SIM" not in aside[0].message


@pytest.mark.broker
@pytest.mark.parametrize("error", [ValueError("SIM-POISON"), VaultError("a row was changed", exit_code=1)])
def test_a_message_that_stops_its_batch_is_put_aside_alone(intake, tmp_path, monkeypatch, error):
    real = intake.submit

    def submit(submissions: Any, *rest: Any) -> Any:
        if any(submission.patient.value == "SIM-POISON" for submission in submissions):
            raise error
        return real(submissions, *rest)

    monkeypatch.setattr(intake, "submit", submit)
    names = [f"SIM-{type(error).__name__.upper()}{number}" for number in range(3)]
    file = write(tmp_path / "1.ndjson", [told(name) for name in (*names[:2], "SIM-POISON", names[2])])
    aside: list[PutAside] = []

    counts = Ingestion(intake, clock, on_put_aside=aside.append).run(messages(find([str(file)])))

    assert (counts.accepted, counts.put_aside, counts.reasons) == (3, 1, Counter({"undecided": 1}))
    assert aside[0].place == "file 1 (.ndjson), line 3"
    assert "POISON" not in aside[0].message


@pytest.mark.broker
def test_an_erased_part_of_a_journey_is_put_aside_alone(intake, module_place, tmp_path):
    ingest(intake, write(tmp_path / "1.ndjson", [told("SIM-GONE")]))
    with connect(module_place.connections.vault_dsn) as connection:
        connection.execute(
            "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE journey = %s",
            (journey_of(intake, "simulated", "SIM-GONE"),),
        )
    intake.vault.forget()

    counts = ingest(intake, write(tmp_path / "2.ndjson", [told("SIM-GONE", 2), told("SIM-STAYS", 2)]))

    assert counts == Counts(accepted=1, put_aside=1, dead_letters=1, reasons=Counter({"refused": 1}))


@pytest.mark.broker
def test_a_wrong_master_key_stops_it_all_and_puts_nothing_aside(intake, module_place, tmp_path, monkeypatch):
    def wrong(*_: object, **__: object) -> None:
        raise VaultError("The master key is not the one this vault was made with.", exit_code=2)

    before = letters(module_place)
    monkeypatch.setattr(intake, "submit", wrong)

    with pytest.raises(VaultError):
        ingest(intake, write(tmp_path / "1.ndjson", [told("SIM-KEY1"), told("SIM-KEY2")]))
    assert letters(module_place) == before


@pytest.mark.broker
def test_a_server_lost_half_way_leaves_true_counts_and_the_rest_can_follow(new_place: NewPlace, tmp_path):
    file = write(tmp_path / "1.ndjson", [told(f"SIM-L{number:04}") for number in range(BATCH + 10)])
    with new_place() as place, intake_into(place) as intake:
        admin = place.connections.store_dsn
        name = place.settings.topic_prefix.rstrip(".")

        def lose(_: int) -> None:
            with connect(admin.replace(f"/{name}?", "/carechain?"), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
                )

        run = Ingestion(intake, clock, advance=lose)
        with pytest.raises(OperatingError) as caught:
            run.run(messages(find([str(file)])))
        assert (caught.value.exit_code, run.counts) == (3, Counts(accepted=BATCH))

        with connect(admin.replace(f"/{name}?", "/carechain?"), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        with intake_into(place) as again:
            assert ingest(again, file) == Counts(accepted=10, known=BATCH)


# -- hospital notifications ----------------------------------------------------------------------------------------

START, END = "2026-03-02T08:00:00+01:00", "2026-03-09T11:30:00+01:00"
OUT, BACK = "2026-03-05T12:00:00+01:00", "2026-03-06T09:00:00+01:00"


def flow() -> list[dict[str, Any]]:
    """Admitted, on leave for 21 hours, back, discharged."""
    return [
        notification("admit-inpatient", message="n1", sent="2026-03-02T08:05:00+01:00"),
        notification(
            "start-leave-inpatient",
            message="n2",
            sent="2026-03-05T12:05:00+01:00",
            leaves=[(OUT, None)],
            status="onleave",
            previous="n1",
        ),
        notification(
            "end-leave-inpatient",
            message="n3",
            sent="2026-03-06T09:05:00+01:00",
            leaves=[(OUT, BACK)],
            previous="n2",
        ),
        notification(
            "discharge-inpatient-home",
            message="n4",
            sent="2026-03-09T11:35:00+01:00",
            end=END,
            status="finished",
            previous="n3",
        ),
    ]


@pytest.fixture
def patient_of(intake: Intake, tmp_path: Path) -> Any:
    """Takes messages in about a citizen of their own, and gives the CPR."""
    numbers = iter(range(1000))

    def take(*told: dict[str, Any], cpr: str, xml: bool = False) -> Counts:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        for number, message in enumerate(told):
            text = json.dumps(message).replace(CPR, cpr)
            if xml:
                (folder / f"{number:03}.xml").write_bytes(as_xml(json.loads(text)))
            else:
                (folder / f"{number:03}.json").write_text(text)
        return ingest(intake, folder)

    return take


def shown(intake: Intake, cpr: str, now: str = "2026-03-31T00:00:00Z") -> tuple[object, ...]:
    row = stay(intake, "cpr", cpr, instant(now))
    return row.state, row.started_at, row.ended_at, row.value


DISCHARGED = ("discharged", instant(START), instant(END), 21.0)


@pytest.mark.broker
def test_a_stay_with_a_leave(intake, patient_of):
    assert patient_of(*flow(), cpr="0101501001").accepted == 4

    row = stay(intake, "cpr", "0101501001")
    assert shown(intake, "0101501001") == DISCHARGED
    assert (row.organisation, row.unit) == ("sor:3001", "sor:4002")
    assert shown(intake, "0101501001", "2026-03-05T13:00:00Z") == ("on_leave", instant(START), None, 2.0)
    assert shown(intake, "0101501001", "2026-03-06T12:00:00Z") == ("inpatient", instant(START), None, 21.0)


@pytest.mark.broker
@pytest.mark.parametrize("number", range(3))
def test_any_order_and_any_repeats_give_the_same_stay(intake, patient_of, number):
    cpr = f"010150200{number}"
    told = [*flow(), *flow()]
    random.Random(number).shuffle(told)

    counts = patient_of(*told, cpr=cpr)

    assert (counts.accepted, counts.known) == (4, 4)
    assert shown(intake, cpr) == DISCHARGED


@pytest.mark.broker
def test_xml_after_json_and_another_offset_are_repeats(intake, patient_of):
    patient_of(*flow(), cpr="0101501002")
    assert patient_of(*flow(), cpr="0101501002", xml=True) == Counts(known=4)

    elsewhere = json.loads(json.dumps(flow()).replace("08:00:00+01:00", "07:00:00Z"))
    assert patient_of(*elsewhere, cpr="0101501002") == Counts(known=4)


@pytest.mark.broker
def test_a_death_ends_the_stay_and_its_annulment_undoes_it(intake, patient_of):
    cpr = "0101501003"
    died = "2026-03-07T04:00:00+01:00"
    death = notification(
        "discharge-inpatient-home",
        message="d1",
        sent="2026-03-07T05:00:00+01:00",
        end=died,
        status="finished",
        deceased=died,
        previous="n1",
    )
    patient_of(flow()[0], death, cpr=cpr)
    assert shown(intake, cpr) == ("deceased", instant(START), instant(died), 0.0)

    # A late message reopens nothing.
    patient_of(*flow()[1:3], cpr=cpr)
    assert shown(intake, cpr)[0] == "deceased"

    annulled = notification(
        "cancel-discharge-inpatient-home",
        message="d2",
        sent="2026-03-07T06:00:00+01:00",
        status="in-progress",
        deceased=False,
        previous="d1",
        role="removal",
    )
    patient_of(annulled, cpr=cpr)
    assert shown(intake, cpr) == ("inpatient", instant(START), None, 21.0)


@pytest.mark.broker
def test_an_annulled_discharge_reopens_the_stay_whatever_comes_first(intake, patient_of):
    annulled = notification(
        "cancel-discharge-inpatient-home",
        message="n5",
        sent="2026-03-09T12:00:00+01:00",
        status="in-progress",
        leaves=[(OUT, BACK)],
        previous="n4",
        role="removal",
    )
    patient_of(*flow(), annulled, cpr="0101501004")
    patient_of(annulled, *reversed(flow()), cpr="0101501005")

    assert shown(intake, "0101501004") == ("inpatient", instant(START), None, 21.0)
    assert shown(intake, "0101501005") == shown(intake, "0101501004")


@pytest.mark.broker
def test_a_corrected_discharge_has_its_new_time(intake, patient_of):
    corrected = notification(
        "revise-discharge-inpatient-home",
        message="n5",
        sent="2026-03-09T12:00:00+01:00",
        end="2026-03-09T10:15:00+01:00",
        status="finished",
        leaves=[(OUT, BACK)],
        previous="n4",
    )
    patient_of(*flow(), corrected, cpr="0101501006")

    assert shown(intake, "0101501006") == (
        "discharged",
        instant(START),
        instant("2026-03-09T09:15:00Z"),
        21.0,
    )


@pytest.mark.broker
def test_an_annulled_admission_leaves_a_cancelled_stay_and_no_responsibility(intake, patient_of):
    annulled = notification(
        "cancel-admit-inpatient",
        message="n2",
        sent="2026-03-02T09:00:00+01:00",
        status="entered-in-error",
        previous="n1",
        role="removal",
    )
    patient_of(flow()[0], cpr="0101501007")
    assert len(responsibilities(intake, "cpr", "0101501007")) == 1

    patient_of(annulled, cpr="0101501007")

    assert stay(intake, "cpr", "0101501007").state == "cancelled"
    assert responsibilities(intake, "cpr", "0101501007") == []


@pytest.mark.broker
def test_one_citizen_has_a_stay_for_each_episode(intake, patient_of):
    later = notification(
        "admit-inpatient",
        message="n9",
        sent="2026-04-01T08:05:00+02:00",
        start="2026-04-01T08:00:00+02:00",
        episodes=[("https://sor2.sum.dsdn.dk/#id=3001", "episode-2")],
    )
    patient_of(later, *flow(), cpr="0101501008")

    found = stays(intake, "cpr", "0101501008")
    assert [(row.state, row.started_at) for row in found] == [
        ("discharged", instant(START)),
        ("inpatient", instant("2026-04-01T06:00:00Z")),
    ]


@pytest.mark.broker
def test_an_acute_visit_that_becomes_an_admission_is_one_stay(intake, patient_of):
    acute = notification(
        "admit-emergency", message="a1", sent="2026-03-02T06:05:00+01:00", start="2026-03-02T06:00:00+01:00"
    )
    patient_of(acute, cpr="0101501009")
    assert shown(intake, "0101501009")[0] == "outpatient"

    patient_of(flow()[0], cpr="0101501009")
    assert shown(intake, "0101501009")[0] == "inpatient"


@pytest.mark.broker
def test_the_published_flow_gives_the_stay_it_describes(intake, patient_of):
    """MedCom's own example where there is one, and one like it that we wrote."""
    cpr = "0101501010"
    start, out, back, end = (
        "2022-12-07T12:00:00+02:00",
        "2022-12-13T14:00:10+02:00",
        "2022-12-14T15:30:00+02:00",
        "2022-12-18T09:45:30+02:00",
    )
    patient_of(
        notification("admit-inpatient", message="p1", sent=start, start=start),
        notification("start-leave-inpatient", message="p2", sent=out, start=start, leaves=[(out, None)]),
        notification("end-leave-inpatient", message="p3", sent=back, start=start, leaves=[(out, back)]),
        notification(
            "discharge-inpatient-home", message="p4", sent=end, start=start, end=end, status="finished"
        ),
        cpr=cpr,
    )
    expected = ("discharged", instant(start), instant(end), 25.4972)
    assert shown(intake, cpr) == expected

    samples = os.environ.get("CARECHAIN_SAMPLES")
    if samples:
        counts = ingest(intake, Path(samples) / "medcom")
        # The four of the stay, an acknowledgement and a care communication; one of them as JSON and as XML.
        assert (counts.accepted, counts.known, counts.put_aside) == (6, 1, 0)
        assert counts.not_of_use == 0
        with connect(intake.store_dsn) as connection:
            journeys = connection.execute(
                "SELECT DISTINCT originator_id FROM store.journeys_events WHERE convert_from(state, 'UTF8') LIKE %s",
                ('%"time":"2022-12-07T10:00:00.000000Z"%',),
            ).fetchall()
        patients = {intake.vault.identity_of(journey)[0] for (journey,) in journeys}
        (theirs,) = patients - {("cpr", cpr)}
        row = stay(intake, *theirs)
        assert (row.state, row.started_at, row.ended_at, row.value) == expected
