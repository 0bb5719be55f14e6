"""The words of the account: every kind of fact, rule and finding has some, they fit what they tell, and they are plain."""

import itertools
import re
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args, get_origin

import pytest
from given import instant

from cli.account import dates, duties, facts, findings, now, places, rights
from cli.account.model import NO_BREAK, readable, together
from cli.account.voice import FAMILY, PATIENT
from cli.purpose import PURPOSES
from consumers import system_findings
from domain.conclude import rules
from domain.fact import Role, by_name, load_catalogue
from domain.facts._parts import Service
from domain.findings import TEXTS
from domain.organisations import Organisation, Organisations
from domain.restrictions import BLOCKS

SENTENCES = [
    *facts.PLAIN.values(),
    *(sentence for told in facts.TOLD.values() for sentence in told.sentences.values()),
    *duties.ACTS.values(),
    *findings.SAID.values(),
    findings.RECORDS,
]
PLACE = re.compile(r"\{(\w+)\}")


def test_every_kind_of_fact_has_a_sentence_and_no_sentence_is_left_over() -> None:
    assert set(facts.PLAIN) == {kind.NAME for kind in load_catalogue().values()}


@pytest.mark.parametrize("name", facts.TOLD)
def test_what_is_told_by_fields_is_told_by_values_that_they_can_have(name: str) -> None:
    kind = by_name(name)
    assert kind is not None
    told = facts.TOLD[name]
    possible = set(itertools.product(*(values(kind.model_fields[field].annotation) for field in told.fields)))
    assert set(told.sentences) <= possible


def values(annotation: Any) -> Iterator[object]:
    """What a field may hold besides nothing."""
    if get_origin(annotation) in (typing.Union, types.UnionType):
        for one in get_args(annotation):
            yield from values(one)
    elif get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif annotation is bool:
        yield from (True, False)


def test_what_was_consented_to_is_told_for_every_decision() -> None:
    assert len(facts.TOLD["consent-recorded"].sentences) == 8


@pytest.mark.parametrize(("name", "field"), facts.DATES)
def test_times_are_told_of_fields_that_hold_them(name: str, field: str) -> None:
    kind = by_name(name)
    assert kind is not None
    assert datetime in [
        one for part in get_args(kind.model_fields[field].annotation) for one in (part, *get_args(part))
    ]


def test_every_service_and_capacity_has_a_name() -> None:
    assert set(facts.SERVICES) == set(get_args(Service))
    assert set(places.ROLES) >= set(get_args(Role))
    assert set(now.CARE) <= {*places.ROLES, "egenvard"}
    assert {service for kind in now._OF_KIND.values() for service in kind} == set(get_args(Service))


def test_every_duty_is_told_or_it_is_said_why_not() -> None:
    known = {rule for rule in rules() if not rule.startswith("W-")}
    assert set(duties.ACTS) | set(duties.NOT_TOLD) | {"MH-23"} == known
    assert not set(duties.ACTS) & set(duties.NOT_TOLD)
    assert "MH-23" in findings.SAID


def test_every_finding_is_told_or_counted_or_left_out() -> None:
    groups = (set(findings.SAID) - {"MH-23"}, findings.OF_RECORDS, findings.NOT_TOLD)
    assert sorted(itertools.chain(*groups)) == sorted({*TEXTS, *system_findings.TEXTS})


def test_every_purpose_and_block_has_words() -> None:
    assert set(rights.PURPOSES) == set(PURPOSES)
    assert set(rights.BLOCKS) == set(BLOCKS.values())


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_can_be_said_to_the_patient_and_to_the_family(sentence: str) -> None:
    for voice in (PATIENT, FAMILY):
        said = voice.say(sentence)
        assert "{" not in said
        assert "  " not in said
    # Told of somebody else, nobody does anything to themselves: that would need another word.
    for part in re.split(r"(?<=[.,]) ", FAMILY.say(sentence)):
        assert part.lower().count("din närstående") <= 1, part


@pytest.mark.parametrize("sentence", [*facts.PLAIN.values(), *findings.SAID.values()])
def test_a_sentence_begins_and_ends_as_sentences_do(sentence: str) -> None:
    said = PATIENT.say(sentence)
    assert said[0].isupper()
    assert said.endswith((".", "?”"))


@pytest.mark.parametrize("sentence", SENTENCES)
def test_words_are_plain(sentence: str) -> None:
    """No codes, no English, none of the professions' own words, and nothing that takes long breath."""
    said = PATIENT.say(sentence)
    assert not re.search(r"[A-Z]{2,}-\d|\b(LUS|HSL|SoL|PDL)\b", said)
    assert not re.search(
        r"utskrivningsklar|inskrivningsmeddelande|slutenvård|öppenvård|huvudman|patient", said
    )
    assert not re.search(r"\b(the|and|of|discharge|care|unit)\b", said)
    assert max(len(part.split()) for part in re.split(r"(?<=\.) ", said)) <= 18


# -- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        ("2026-03-05T11:40", "torsdag 5 mars 2026 kl. 11.40"),
        ("2026-01-01T00:00", "torsdag 1 januari 2026 kl. 00.00"),
        ("2026-07-19T23:59", "söndag 19 juli 2026 kl. 23.59"),
        ("2026-12-31T23:30:00Z", "fredag 1 januari 2027 kl. 00.30"),
    ],
)
def test_moments_are_written_in_swedish_and_in_swedish_time(moment: str, written: str) -> None:
    assert dates.when(instant(moment)) == written


def test_the_end_of_a_day_is_that_day_and_a_day_has_no_time() -> None:
    assert dates.by(instant("2026-03-05T23:59:59.999999")) == "torsdag 5 mars 2026"
    assert dates.by(instant("2026-03-05T23:59:59")) == "torsdag 5 mars 2026 kl. 23.59"
    assert dates.when(instant("2026-03-05T11:40"), day_only=True) == "torsdag 5 mars 2026"


@pytest.mark.parametrize(
    ("span", "written"),
    [
        (timedelta(days=2, hours=3, minutes=50), "2 dagar och 3 timmar"),
        (timedelta(days=1), "1 dag"),
        (timedelta(days=1, minutes=5), "1 dag"),
        (timedelta(hours=1, minutes=1), "1 timme och 1 minut"),
        (timedelta(minutes=45), "45 minuter"),
        (timedelta(seconds=30), "mindre än en minut"),
    ],
)
def test_lengths_of_time_have_two_parts_at_most(span: timedelta, written: str) -> None:
    assert dates.length(span) == written


# -- places ----------------------------------------------------------------------------------------------------------

WARD, TWIN, CODE = "hsa:SE2321000198-WARD1", "hsa:SE2321000198-WARD2", "local:2321000198/AVD1"
REGISTER = Organisations(
    entries=(
        Organisation(id=WARD, name="Avdelning 1", phone="08-465 004 01"),
        Organisation(id=TWIN, name="Avdelning 1"),
        Organisation(id=CODE, same_as=WARD),
    )
)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("municipality:2180", "Gävle kommun"),
        ("municipality:2183", "Bollnäs kommun"),
        ("municipality:2184", "Hudiksvalls kommun"),
        ("municipality:2080", "Falu kommun"),
        ("municipality:0980", "Region Gotland"),
        ("region:21", "Region Gävleborg"),
        ("region:99", ""),
        ("orgnr:5560360793", ""),
        (None, ""),
    ],
)
def test_parties_are_called_what_people_call_them(code: str | None, name: str) -> None:
    assert places.Places(REGISTER, date(2026, 3, 5)).party(code) == name


def test_units_are_named_without_ids_and_called_where_the_register_says() -> None:
    known = places.Places(REGISTER, date(2026, 3, 5))
    assert known.unit(WARD) == ("Avdelning 1", "08-465 004 01")
    assert known.unit(TWIN) == ("Avdelning 1", None)
    assert known.unit(CODE) == ("Avdelning 1", "08-465 004 01")
    assert known.unit("hsa:SE2321000198-UNKNOWN") is None


def test_where_somebody_is_hidden_nothing_is_named() -> None:
    hidden = places.Places(REGISTER, date(2026, 3, 5), hidden=True)
    line = {"role": "inpatient", "unit": WARD, "party": "region:21"}
    assert (hidden.unit(WARD), hidden.party("region:21"), hidden.who(line)) == (None, "", "Sjukhuset")


# -- text ------------------------------------------------------------------------------------------------------------


def test_what_nobody_can_read_is_taken_out() -> None:
    assert readable("a\x1b[31mb\u202ec\x00d\ud800e\r\nf\tg åäö ”–” 😀") == "a[31mbcde\nf g åäö ”–” 😀"


def test_what_is_one_word_to_the_eye_stays_on_one_line() -> None:
    said = together("Ring 08-465 004 01 torsdag 5 mars 2026 kl. 11.40, annars 3 gånger")
    expected = "Ring 08-465_004_01 torsdag 5_mars_2026 kl._11.40, annars 3 gånger"
    assert said == expected.replace("_", NO_BREAK)
