"""Mappings of tables as TOML: what is wrong is told by file, line and key, and those that are shipped hold."""

import pytest

from consumers.intake.tables.mapping import Mapping, parse_mapping
from consumers.intake.tables.shipped import shipped_files, shipped_mappings
from domain.errors import Refused

GOOD = """\
format = "table"
id = "our-wards"
version = 2
title = "Our wards"
match = ["who", "when"]
source = "our-wards"

[[patient]]
column = "who"
id_system = "mrn:our-wards"

[[fact]]
fact = "patient-admitted"
when = [{column = "what", is = "in"}]
time = {column = "when"}
data.unit = {column = "ward"}
data.care_form = "somatic"
"""
SHIPPED = {
    "bed-flow",
    "event-log",
    "inpatient-arrivals",
    "patient-handling-log",
    "patient-register",
    "ward-moves",
    "ward-periods",
    "ward-transfers",
}


def wrong(text: str) -> str:
    with pytest.raises(Refused) as refused:
        parse_mapping(text, "wards.toml")
    return refused.value.message


def test_a_mapping_is_read() -> None:
    mapping = parse_mapping("\ufeff" + GOOD, "wards.toml")
    assert (mapping.id, mapping.version, mapping.reference) == ("our-wards", 2, "our-wards@2")
    assert mapping.named == {"who", "when", "what", "ward"}


def test_those_that_are_shipped_hold_and_are_found_by_more_columns_first() -> None:
    mappings = shipped_mappings()
    assert {mapping.id for mapping in mappings} == SHIPPED
    assert {name.removesuffix(".toml") for name in shipped_files()} == SHIPPED
    columns = [len(mapping.match) for mapping in mappings]
    assert columns == sorted(columns, reverse=True)
    assert all(mapping.source == mapping.id for mapping in mappings)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = "Our wards"\n', "", "wards.toml, title: This is missing."),
        ("version = 2", 'version = "2"', "wards.toml, line 3, version: This is not a whole number"),
        ("[[patient]]", "colour = 1\n\n[[patient]]", "wards.toml, line 8, colour: There is no such key."),
        (
            "id_system",
            "id_sistem",
            "wards.toml, line 10, patient[1].id_sistem: There is no such key. Did you mean id_system?",
        ),
        (
            '"mrn:our-wards"',
            '"passport"',
            "wards.toml, line 10, patient[1].id_system: This cannot be used here",
        ),
        (
            '"patient-admitted"',
            '"patient-admited"',
            "wards.toml, line 13, fact[1].fact: There is no such fact. Did you mean patient-admitted?",
        ),
        (
            "data.unit",
            "data.unti",
            "wards.toml, line 16, fact[1].data.unti: patient-admitted has no such field. Did you mean unit?",
        ),
        (
            '"somatic"',
            '"bodily"',
            "line 17, fact[1].data.care_form: The constant holds what patient-admitted does not take as",
        ),
        (
            '{column = "when"}',
            "{}",
            "wards.toml, line 15, fact[1].time: This cannot be used: give exactly one of column, first",
        ),
        (
            '{column = "when"}',
            '"when"',
            "wards.toml, line 15, fact[1].time: This does not say where it comes from",
        ),
        (
            '{column = "ward"}',
            '{column = "ward", values = "wards"}',
            "wards.toml, line 16, fact[1].data.unit: There is no table of values called wards",
        ),
        (
            'is = "in"',
            'is = "in", empty = false',
            "wards.toml, line 14, fact[1].when[1]: This cannot be used: give exactly one of is, in, not_in, empty.",
        ),
        (
            "version = 2",
            'version = 2\ntime_zone = "Europe/Stokholm"',
            "wards.toml, line 4, time_zone: There is no such time zone",
        ),
        (
            'source = "our-wards"',
            'source = "our-wards"\ncontroller = "Region X"',
            "wards.toml, line 7, controller: This cannot be used: This does not name an organisation or a unit.",
        ),
        (
            "[[patient]]",
            '[file]\ndates = ["%d %H:%M"]\n\n[[patient]]',
            "wards.toml, line 9, file.dates[1]: This says not of which year, month and day",
        ),
        (
            "version = 2",
            "version = 2\nversion = 3",
            "wards.toml: This is not TOML: Cannot overwrite a value (at line 4",
        ),
    ],
)
def test_what_is_wrong_is_told_by_line_and_key(old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert told in wrong(GOOD.replace(old, new, 1))


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_lines() -> None:
    told = wrong(
        GOOD.replace("version = 2", "version = 0").replace("data.unit", "data.unti").replace('"who"', "3")
    )
    assert [line.split(",")[1] for line in told.splitlines()] == [" line 3", " line 5", " line 9"]


def test_a_table_of_values_must_give_what_the_fact_takes() -> None:
    text = GOOD.replace('data.care_form = "somatic"', 'data.care_form = {column = "form", values = "forms"}')
    assert isinstance(parse_mapping(text + '[values.forms]\n1 = "somatic"\n', "wards.toml"), Mapping)
    assert "The table of values forms holds what" in wrong(text + '[values.forms]\n1 = "S"\n')


def test_a_mapping_may_say_only_what_differs_from_one_that_is_shipped() -> None:
    text = (
        'format = "table"\nbased_on = "bed-flow"\nid = "ours"\nprincipal = "21"\n[columns]\nleft = ["gone"]\n'
    )
    mapping = parse_mapping(text, "ours.toml")
    assert (mapping.id, mapping.principal, mapping.source) == ("ours", "21", "bed-flow")
    assert mapping.known["gone"] == "left"
    assert mapping.known["callout"] == "called_out"
    assert "wards.toml, line 2, based_on: There is no such mapping to build on" in wrong(
        text.replace("bed-flow", "beds")
    )
