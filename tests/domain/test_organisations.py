"""The register of organisations: what a file may say, what is refused in it and where, and what units are called by it."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from domain.adopted import adoptions_of, basis_of, registers_of
from domain.adoption_events import Act, adopted, register_adopted
from domain.basis import Basis
from domain.errors import Refused
from domain.organisation_file import read_organisations, toml_entry
from domain.organisations import (
    ADOPTED,
    KEY,
    Names,
    Organisation,
    Organisations,
    adopted_of,
    suggested_region,
)
from domain.registers import read_register

HOSPITAL, WARD, OTHER_WARD = "hsa:SE2321000198-HOSP", "hsa:SE2321000198-WARD3", "hsa:SE2321000198-KIR3"
CODE = "local:2321000198/AVD3"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ACTOR = "6d1c1d0e-3a55-4a58-9a3c-0d2c7a1b5e11"
TOML = """\
# Gävle
[[organisation]]
id = "hsa:SE2321000198-HOSP"
name = "Gävle sjukhus"
kind = "provider"
part_of = "orgnr:2321000198"
municipality = "Gävle"

[[organisation]]
id = "hsa:SE2321000198-WARD3"
name = "Avdelning 3"
kind = "unit"
part_of = "hsa:SE2321000198-HOSP"
region = "21"
municipality = "2180"
care_form = "somatic"
roles = ["inpatient"]
valid_from = 2025-01-01
phone = "08-465 004 00"

[[organisation]]
id = "local:2321000198/AVD3"
same_as = "hsa:SE2321000198-WARD3"
"""
CSV = """\
id;name;kind;part_of;region;municipality;care_form;roles;valid_from;same_as;phone
hsa:SE2321000198-HOSP;Gävle sjukhus;provider;orgnr:2321000198;;Gävle;;;;;
hsa:SE2321000198-WARD3;Avdelning 3;unit;hsa:SE2321000198-HOSP;21;2180;somatic;inpatient;2025-01-01;;08-465 004 00
local:2321000198/AVD3;;;;;;;;;hsa:SE2321000198-WARD3;
"""


def entry(id: str, **said: str) -> str:
    return "".join(
        [f'[[organisation]]\nid = "{id}"\n', *(f'{name} = "{value}"\n' for name, value in said.items())]
    )


def register(*entries: str) -> Organisations:
    return read_organisations("".join(entries), "organisations.toml")


def adoption(one: Organisations, hours: float = 0) -> bytes:
    act = Act(UUID(int=7), ACTOR, NOW + timedelta(hours=hours))
    return adopted(act, ADOPTED, KEY, "organisations", "the file", {"organisations": one.content()}).body


# -- files -----------------------------------------------------------------------------------------------------------


def test_toml_and_csv_say_the_same() -> None:
    found = read_organisations(TOML, "organisations.toml")
    hospital, ward, code = found.entries
    assert (hospital.id, hospital.name, hospital.kind, hospital.part_of) == (
        HOSPITAL,
        "Gävle sjukhus",
        "provider",
        "orgnr:2321000198",
    )
    assert (hospital.municipality, hospital.region, hospital.lies_in) == ("2180", None, "21")
    assert ward == Organisation(
        id=WARD,
        name="Avdelning 3",
        kind="unit",
        part_of=HOSPITAL,
        region="21",
        municipality="2180",
        care_form="somatic",
        roles=("inpatient",),
        valid_from=date(2025, 1, 1),
        phone="08-465 004 00",
    )
    assert (code.id, code.name, code.kind, code.same_as) == (CODE, None, "unit", WARD)
    assert read_organisations(CSV, "organisations.csv") == found


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_spreadsheet_may_write_its_own_way(separator: str, line_end: str) -> None:
    lines = [
        ["Valid From", "ID", "Municipality", "Region", "name", "Roles", "last seen", ""],
        ["", HOSPITAL, "180", "9", '"Sjukhuset, norr"', '"inpatient emergency"', "2026-03-01", ""],
        [""] * 8,
    ]
    text = "\ufeff" + "".join(separator.join(cells) + line_end for cells in lines)
    (found,) = read_organisations(text, "units.csv").entries
    assert (found.id, found.municipality, found.region, found.name, found.roles, found.valid_from) == (
        HOSPITAL,
        "0180",
        "09",
        "Sjukhuset, norr",
        ("inpatient", "emergency"),
        None,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            entry("SE2321000198-1", name="A"),
            "r.toml, line 2, id: This does not name an organisation or a unit.",
        ),
        (entry(WARD), "r.toml, line 2: it has no name: give name, or same_as where another entry has it."),
        (entry(WARD, name=""), "r.toml, line 2: it has no name"),
        (entry(WARD, name="A", namn="B"), "r.toml, line 4, namn: "),
        (
            entry(WARD, name="A", region="Gevleborg"),
            "r.toml, line 4, region: No region has that name or code.",
        ),
        (entry(WARD, name="A", region="Gevleborg"), "Did you mean Region Gävleborg (21)?"),
        (entry(WARD, name="A", municipality="9999"), "r.toml, line 4, municipality: No municipality"),
        (entry(WARD, name="A", kind="ward"), "r.toml, line 4, kind: "),
        (entry(WARD, name="A", care_form="surgical"), "r.toml, line 4, care_form: "),
        (entry(WARD, name="A", phone="call Eva"), "r.toml, line 4, phone: "),
        (entry(WARD, name="A", roles="inpatient"), "r.toml, line 4, roles: "),
        (entry(WARD, name="A", part_of=HOSPITAL), f"r.toml, line 4, part_of: there is no entry {HOSPITAL}."),
        (entry(CODE, same_as=WARD), f"r.toml, line 3, same_as: there is no entry {WARD}."),
        (entry(CODE, name="A", same_as=CODE), "r.toml, line 2: it is named as the same as itself."),
        (
            entry(WARD, name="A") + entry(CODE, same_as=WARD) + entry("local:a/b", same_as=CODE),
            f"r.toml, line 9, same_as: {CODE} is itself the same as another; name that one.",
        ),
        (
            entry(WARD, name="A") + entry(WARD, name="B"),
            f"r.toml, line 5, id: {WARD} has an entry for the same days already (line 2).",
        ),
        (
            entry(WARD, name="A", part_of=HOSPITAL) + entry(HOSPITAL, name="B", part_of=WARD),
            "r.toml, line 4, part_of: it is part of itself, by way of others.",
        ),
        (
            entry(WARD, name="A") + "valid_from = 2026-02-01\nvalid_to = 2026-01-31\n",
            "valid_to is before valid_from",
        ),
        (entry(WARD, name="A") + "[limits]\n", "r.toml is no register of organisations"),
        ("organisation = 3\n", "r.toml is no register of organisations"),
        ("[[organisation]\n", "r.toml: This is not TOML"),
    ],
)
def test_what_cannot_be_used_is_told_by_line_and_key(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read_organisations(text, "r.toml")
    assert sentence in refused.value.message
    assert refused.value.message.startswith("r.toml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "r.csv is empty."),
        (
            "name;kind\nA;unit\n",
            "r.csv is no register of organisations: it has neither [[organisation]] nor a column id.",
        ),
        ("id;namn\n", "r.csv, line 1, namn: there is no such column."),
        ("id;name;Name\n", "r.csv, line 1, name: the column is there twice."),
        (
            f"\nid;name\n{WARD};A\nSE-1;B\n",
            "r.csv, line 4, id: This does not name an organisation or a unit.",
        ),
        (f"id;name\n{WARD};\n", "r.csv, line 2: it has no name"),
        (f"id;name\n{WARD};A;B\n", "r.csv, line 2: it has more cells than there are columns."),
        (f"id;name;\n{WARD};A;B\n", "r.csv, line 2: it has more cells than there are columns."),
        (f'id;name\n{WARD};"A\n', "r.csv, line 2: this is not CSV"),
        (f"id;name;valid_from\n{WARD};A;1/2/26\n", "r.csv, line 2, valid_from: "),
        (f"id;name;region\n{WARD};A;99\n", "r.csv, line 2, region: No region has that name or code."),
    ],
)
def test_so_is_what_cannot_be_used_in_a_spreadsheet(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read_organisations(text, "r.csv")
    assert sentence in refused.value.message


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        read_organisations(f"id;name;kind\nx;A;unit\n{WARD};B;ward\n", "r.csv")
    assert [line.split(":")[0] for line in refused.value.message.splitlines()] == [
        "r.csv, line 2, id",
        "r.csv, line 3, kind",
    ]


def test_a_register_of_organisations_is_no_other_register() -> None:
    with pytest.raises(Refused) as refused:
        read_register(TOML, "organisations.toml")
    assert "`carechain organisation import` takes it." in refused.value.hint


def test_an_entry_written_out_is_read_back() -> None:
    said = {
        "id": WARD,
        "name": 'Avdelning "3" \\ 4',
        "valid_from": date(2026, 1, 1),
        "roles": ("inpatient", "emergency"),
        "phone": None,
    }
    text = toml_entry(said, ["a remark"])
    assert text.splitlines()[:3] == ["# a remark", "[[organisation]]", f'id = "{WARD}"']
    (found,) = read_organisations(text).entries
    assert (found.name, found.valid_from, found.roles, found.phone) == (
        'Avdelning "3" \\ 4',
        date(2026, 1, 1),
        ("inpatient", "emergency"),
        None,
    )


# -- names -----------------------------------------------------------------------------------------------------------


def test_a_ward_is_called_with_its_hospital_and_a_code_as_the_ward() -> None:
    names = Names(read_organisations(TOML))
    assert names.of(WARD) == "Avdelning 3, Gävle sjukhus"
    assert names.of(CODE) == "Avdelning 3, Gävle sjukhus"
    assert names.of(HOSPITAL) == "Gävle sjukhus"
    assert names.of(OTHER_WARD) is None
    assert names.ids("avdelning 3") == names.ids("Avdelning  3, gävle sjukhus") == (WARD,)
    assert names.ids("Avdelning 4") == ()


def test_that_a_hospital_is_the_regions_is_not_said() -> None:
    names = Names(
        register(
            entry("orgnr:2321000198", name="Region Gävleborg", kind="organisation"),
            entry(HOSPITAL, name="Gävle sjukhus", part_of="orgnr:2321000198"),
        )
    )
    assert names.of(HOSPITAL) == "Gävle sjukhus"


def test_two_units_of_one_name_are_told_apart() -> None:
    names = Names(register(entry(WARD, name="Avdelning 3"), entry(OTHER_WARD, name="avdelning 3")))
    assert names.of(WARD) == f"Avdelning 3 ({WARD})"
    assert names.of(OTHER_WARD) == f"avdelning 3 ({OTHER_WARD})"
    assert names.ids("Avdelning 3") == (WARD, OTHER_WARD)


def test_a_unit_is_called_what_it_was_called_on_the_day() -> None:
    found = register(
        entry(WARD, name="Kirurgen") + "valid_to = 2025-12-31\n",
        entry(WARD, name="Avdelning 3") + "valid_from = 2026-01-01\nvalid_to = 2026-06-30\n",
    )
    called = {
        date(2025, 12, 31): "Kirurgen",
        date(2026, 1, 1): "Avdelning 3",
        # Nobody says what it is called since; what it was called last still helps to find it.
        date(2026, 7, 1): "Avdelning 3",
    }
    assert {day: Names(found, day).of(WARD) for day in called} == called
    assert Names(found).of(WARD) == "Avdelning 3"
    later = register(entry(WARD, name="Avdelning 3") + "valid_from = 2026-01-01\n")
    assert Names(later, date(2025, 1, 1)).of(WARD) == "Avdelning 3"


@pytest.mark.parametrize(
    ("id", "region"),
    [
        (WARD, "21"),
        ("hsa:SE162321000198-X", "21"),
        ("orgnr:2321000198", "21"),
        (CODE, "21"),
        ("orgnr:2120002338", None),  # Gävle kommun
        ("local:cosmic/AVD3", None),
        ("sor:441211000016002", None),
    ],
)
def test_a_region_is_suggested_where_the_id_holds_its_number(id: str, region: str | None) -> None:
    found = suggested_region(id)
    assert (found.code if found else None) == region


# -- adopted ---------------------------------------------------------------------------------------------------------


def test_exactly_these_bytes_stand_on_record(golden: Callable[[str, str], None]) -> None:
    act = Act(UUID(int=7), ACTOR, NOW)
    content = {"organisations": read_organisations(TOML).content()}
    event = adopted(act, ADOPTED, KEY, "organisations", TOML, content)
    golden("adoptions/organisations-adopted.v1.json", event.body.decode())
    document = json.loads(event.body)
    assert (document["type"], document["subject"]) == (
        "se.carechain.organisations-adopted.v1",
        "register:organisations",
    )
    assert document["data"]["digest"] == hashlib.sha256(TOML.encode()).hexdigest()
    assert document["data"]["organisations"]["entries"][2] == {"id": CODE, "same_as": WARD}
    assert adopted_of([event.body]) == read_organisations(TOML)


def test_the_last_adopted_holds_and_known_at_asks_what_held_then() -> None:
    first, second = register(entry(WARD, name="A")), register(entry(WARD, name="B"))
    events = [adoption(first, 0), adoption(second, 2)]
    assert adopted_of(events) == second
    assert adopted_of(events, known_at=NOW + timedelta(hours=1)) == first
    assert adopted_of(events, known_at=NOW - timedelta(hours=1)) is None
    assert adopted_of([]) is None


TRACKS = '[[track]]\nid = "own"\ntitle = "Eget"\n'


def test_no_conclusion_rests_on_it() -> None:
    tracks = register_adopted(Act(UUID(int=7), ACTOR, NOW), read_register(TRACKS), TRACKS).body
    ours = adoption(read_organisations(TOML))
    assert basis_of([ours]).digest == Basis().digest
    assert basis_of([ours, tracks, ours]) == basis_of([tracks])
    assert basis_of([ours, tracks, ours]).digest == basis_of([tracks]).digest
    assert list(registers_of([ours, tracks])) == ["tracks"]
    assert adoptions_of([ours]) == []
    assert adopted_of([tracks]) is None


def test_a_register_of_a_kind_that_no_rule_reads_is_passed_by() -> None:
    """A newer program may adopt others; this one goes on concluding."""
    tracks = register_adopted(Act(UUID(int=7), ACTOR, NOW), read_register(TRACKS), TRACKS).body
    document = json.loads(tracks)
    document["data"]["register"] = {"beds": [{"unit": WARD, "count": 12}]}
    newer = json.dumps(document).encode()
    assert basis_of([newer]).digest == Basis().digest
    assert basis_of([tracks, newer]) == basis_of([tracks])
    assert registers_of([newer]) == {}
