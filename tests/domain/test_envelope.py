"""The envelope: attribute names and forms, what reading refuses, what is sealed and how it opens again."""

import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from given import JOURNEY, STORE, Story, instant, said
from sealing import ScopeSeal

from domain.envelope import GENESIS, Envelope, RecordedFact, encode, plain_data, read, seal_data
from domain.errors import Refused, Unreadable
from domain.fact import Fact, Sealed
from domain.facts._parts import Recipient
from domain.facts.admission import LeaveStarted, PatientAdmitted
from domain.facts.correction import FactAmended
from domain.facts.municipal import MunicipalCareStarted
from domain.facts.notification import AdmissionNotified
from domain.seal import Scope

FACT_ID = "f" * 64
HSL = Scope(JOURNEY, "orgnr:2321000198", "HSL")
SOL = Scope(JOURNEY, "orgnr:2321000198", "SoL")
DOCUMENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": FACT_ID,
    "source": f"/carechain/{STORE}",
    "type": "se.carechain.leave-started.v1",
    "subject": str(JOURNEY),
    "time": "2026-03-02T10:40:00.000000Z",
    "datacontenttype": "application/json",
    "dataschema": "urn:carechain:schema:leave-started.v1",
    "journeyversion": 1,
    "recordedtime": "2026-03-02T10:41:00.000000Z",
    "prevhash": GENESIS,
    "controller": "orgnr:2321000198",
    "regime": "HSL",
    "sourcesystem": "ward",
    "data": {},
}


def raw(**changes: object) -> bytes:
    changed = DOCUMENT | changes
    return json.dumps({key: value for key, value in changed.items() if value is not ...}).encode()


def test_attribute_names_are_those_cloudevents_allows() -> None:
    """CloudEvents 1.0 §3.1: lower-case letters and digits, no more than twenty characters."""
    names = Envelope.__struct_fields__
    assert all(re.fullmatch("[a-z0-9]{1,20}", name) for name in names)


def test_attribute_values_are_of_types_cloudevents_knows() -> None:
    """CloudEvents 1.0 §2.4: here strings, and integers of 32 bits."""
    story = Story()
    fact = story.record(said("2026-03-02T10:00", PatientAdmitted(), sequence=2_147_483_647))
    document = json.loads(fact.raw)
    data = document.pop("data")
    assert data == {}
    integers = {name for name, value in document.items() if isinstance(value, int)}
    assert integers == {"journeyversion", "sourcesequence"}
    assert all(isinstance(value, str | int) for value in document.values())


def test_bytes_have_no_spaces_keep_their_order_and_are_utf8() -> None:
    when = datetime(2026, 3, 2, 10, tzinfo=UTC)
    made = encode({"b": "å", "a": when, "gone": None, "c": JOURNEY, "data": {"x": [1]}})
    assert (
        made
        == (
            '{"b":"å","a":"2026-03-02T10:00:00.000000Z","c":"00000000-0000-4000-8000-000000000001","data":{"x":[1]}}'
        ).encode()
    )


def test_the_least_that_can_be_read() -> None:
    fact = read(raw())
    assert fact.kind is LeaveStarted
    assert fact.fact == LeaveStarted()
    assert fact.time == datetime(2026, 3, 2, 10, 40, tzinfo=UTC)
    assert (fact.originator_id, fact.originator_version, fact.id) == (JOURNEY, 1, FACT_ID)
    assert (fact.stay, fact.envelope.timeprecision, fact.scope) == (None, "second", HSL)


def test_an_attribute_of_a_later_edition_is_left_alone() -> None:
    assert read(raw(traceparent="00-1", later=1)).fact == LeaveStarted()


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"not json",
        b"[]",
        raw(id=...),
        raw(prevhash=...),
        raw(controller=...),
        raw(data=...),
        raw(specversion="0.3"),
        raw(datacontenttype="text/plain"),
        raw(subject="patient 1"),
        raw(journeyversion="1"),
        raw(regime="LVU"),
        raw(actorrole="nurse"),
        raw(timeprecision="hour"),
        raw(time="yesterday"),
        raw(time="2026-03-02T10:40:00"),
        raw(recordedtime="2026-03-02T10:40:00"),
        raw(senttime="2026-03-02T10:40:00"),
    ],
)
def test_broken_bytes_are_told_as_such(bad: bytes) -> None:
    with pytest.raises(Unreadable) as error:
        read(bad)
    assert error.value.reason == "broken-envelope"
    assert error.value.message.startswith("A stored fact cannot be read: ")


def test_a_type_nobody_knows_is_told_as_such() -> None:
    with pytest.raises(Unreadable) as error:
        read(raw(type="se.carechain.never-heard-of.v1"))
    assert error.value.reason == "unknown-fact"
    assert "se.carechain.never-heard-of.v1" in error.value.message


def test_data_that_do_not_fit_are_told_by_field_and_never_repeated() -> None:
    with pytest.raises(Unreadable) as error:
        read(raw(data={"admitted_at": "19121212-1212"}))
    assert error.value.reason == "invalid-data"
    assert error.value.message.startswith("A leave-started cannot be read: admitted_at: ")
    assert "1912" not in error.value.message


def test_facts_come_in_order_of_time_rank_sequence_and_id() -> None:
    def order(**changes: object) -> tuple[datetime, int, int, str]:
        return read(raw(**changes)).order

    first = order(time="2026-03-02T10:39:59.999999Z", type="se.carechain.fact-voided.v1", id="f" * 64)
    admitted = order(type="se.carechain.patient-admitted.v1", sourcesequence=9, id="f" * 64)
    unnumbered = order(id="f" * 64)
    zeroth, eighth = order(sourcesequence=0, id="e" * 64), order(sourcesequence=8, id="0" * 64)
    eighth_too = order(sourcesequence=8, id="1" * 64, recordedtime="2020-01-01T00:00:00Z", journeyversion=7)
    assert first < admitted < unnumbered < zeroth < eighth < eighth_too


def test_what_is_absent_or_as_usual_is_not_written() -> None:
    assert plain_data(PatientAdmitted()) == {}
    assert plain_data(PatientAdmitted(unplanned=False)) == {"unplanned": False}


def test_times_are_written_in_utc_with_six_decimals_at_every_depth() -> None:
    at = instant("2026-03-02T10:00:00+01:00")
    fact = AdmissionNotified(
        recipients=(Recipient(role="open-care", received_at=at),), estimated_discharge_at=at
    )
    assert plain_data(fact) == {
        "recipients": [{"role": "open-care", "received_at": "2026-03-02T09:00:00.000000Z"}],
        "estimated_discharge_at": "2026-03-02T09:00:00.000000Z",
    }


def amendment(**data: object) -> FactAmended:
    return FactAmended(
        target_message="m1", amended_type="se.carechain.leave-started.v1", amended_data=dict(data)
    )


def test_an_amendment_has_the_same_content_in_any_offset() -> None:
    here = amendment(admitted_at="2026-03-02T10:00:00+01:00", note=None)
    there = amendment(admitted_at="2026-03-02T09:00:00Z")
    assert plain_data(here) == plain_data(there)
    assert plain_data(here)["amended_data"] == {"admitted_at": "2026-03-02T09:00:00.000000Z"}
    first, second = said("2026-03-03T10:00", here, message="m"), said("2026-03-03T10:00", there, message="m")
    assert first.canonical() == second.canonical()


def test_free_text_is_sealed_where_it_stands() -> None:
    seal = ScopeSeal()
    data = seal_data(PatientAdmitted(care_form="somatic", note="Ont i bröstet"), FACT_ID, HSL, seal)
    box = Sealed.model_validate(data.pop("note"))
    assert data == {"care_form": "somatic"}
    assert seal.open(box.unwrap(), f"{FACT_ID}#/note".encode()) == "Ont i bröstet".encode()


def test_free_text_inside_an_amendment_is_sealed() -> None:
    seal = ScopeSeal()
    data = seal_data(amendment(note="Ont i bröstet"), FACT_ID, HSL, seal)
    box = Sealed.model_validate(data["amended_data"]["note"])
    assert seal.open(box.unwrap(), f"{FACT_ID}#/amended_data/note".encode()) == "Ont i bröstet".encode()


@pytest.mark.parametrize(
    ("amended_type", "data"),
    [
        ("se.carechain.later.v1", {"words": "Ont i bröstet", "more": ["i bröstet"]}),
        ("se.carechain.leave-started.v1", {"undeclared": "Ont i bröstet"}),
    ],
)
def test_new_data_that_fit_no_fact_are_sealed_whole(amended_type: str, data: dict[str, object]) -> None:
    seal = ScopeSeal()
    fact = FactAmended(amended_type=amended_type, amended_data=data)
    written = seal_data(fact, FACT_ID, HSL, seal)["amended_data"]
    plain = seal.open(Sealed.model_validate(written).unwrap(), f"{FACT_ID}#/amended_data".encode())
    assert json.loads(plain or b"") == data


def test_under_social_services_law_everything_is_sealed() -> None:
    seal = ScopeSeal()
    fact = MunicipalCareStarted(services=("home-help",), municipality="2180", note="Trappor")
    data = seal_data(fact, FACT_ID, SOL, seal)
    assert set(data) == {"sealed", "key"}
    plain = seal.open(Sealed.model_validate(data).unwrap(), f"{FACT_ID}#".encode())
    assert json.loads(plain or b"") == {"services": ["home-help"], "municipality": "2180", "note": "Trappor"}


@pytest.mark.parametrize("scope", [HSL, SOL])
@pytest.mark.parametrize(
    "fact",
    [
        PatientAdmitted(note=Sealed(sealed="QW5uYQ==", key="k")),
        amendment(note={"sealed": "QW5uYQ==", "key": "k"}),
    ],
)
def test_nobody_brings_a_sealed_text(fact: Fact, scope: Scope) -> None:
    """It could hold anything: only what we sealed is sealed."""
    with pytest.raises(Refused, match="sealed already"):
        seal_data(fact, FACT_ID, scope, ScopeSeal())


def social_services() -> tuple[RecordedFact, ScopeSeal]:
    story = Story()
    return story.record(said("2026-03-02T10:00", MunicipalCareStarted(services=("home-help",)))), story.seal


def test_what_is_sealed_whole_opens_with_its_key() -> None:
    fact, seal = social_services()
    assert read(fact.raw, seal).fact == MunicipalCareStarted(services=("home-help",))


def test_without_its_key_a_fact_counts_by_type_time_and_controller() -> None:
    fact, seal = social_services()
    assert read(fact.raw).fact is None
    seal.destroyed.update(seal.keys)
    erased = read(fact.raw, seal)
    assert erased.fact is None
    assert erased.kind is MunicipalCareStarted
    assert erased.time == instant("2026-03-02T10:00")
    assert erased.envelope.controller == "orgnr:2321000198"
    assert erased.hash == fact.hash


def test_a_word_whose_key_is_gone_leaves_the_rest_readable() -> None:
    story = Story()
    fact = story.record(said("2026-03-02T10:00", PatientAdmitted(care_form="somatic", note="Ont i bröstet")))
    story.seal.destroyed.update(story.seal.keys)
    found = read(fact.raw, story.seal).fact
    assert isinstance(found, PatientAdmitted)
    assert found.care_form == "somatic"
    assert isinstance(found.note, Sealed)
    assert story.seal.open(found.note.unwrap(), f"{fact.id}#/note".encode()) is None


@pytest.mark.parametrize("data", [{"sealed": "%%%", "key": "k"}, {"sealed": "QQ==", "key": "k", "more": 1}])
def test_a_damaged_seal_is_told_as_such(data: dict[str, object]) -> None:
    bad = (
        raw(data=...).removesuffix(b"}")
        + b',"data":'
        + json.dumps(data, separators=(",", ":")).encode()
        + b"}"
    )
    with pytest.raises(Unreadable) as error:
        read(bad, ScopeSeal())
    assert error.value.reason == "broken-seal"


def test_a_journey_is_a_chain_of_hashes_and_of_times_that_never_run_back() -> None:
    story = Story()
    first = story.record(said("2026-03-02T10:00", PatientAdmitted()))
    ahead = first.envelope.recordedtime
    story.clock = instant("2020-01-01T00:00:00Z")
    second = story.record(said("2026-03-02T11:00", LeaveStarted()))
    assert first.envelope.prevhash == "0" * 64
    assert second.envelope.prevhash == first.hash
    assert (second.envelope.recordedtime - ahead).total_seconds() == 0.000001
    assert (first.envelope.journeyversion, second.envelope.journeyversion) == (1, 2)


def test_an_admission_without_an_episode_makes_its_stay_and_nothing_else_does() -> None:
    story = Story()
    admission = story.record(said("2026-03-02T10:00", PatientAdmitted()))
    assert isinstance(admission.stay, UUID)
    assert story.record(said("2026-03-02T11:00", LeaveStarted())).stay is None
    assert story.record(said("2026-03-02T12:00", LeaveStarted(), stay="e1")).stay is not None
