"""Site profiles: what they say, whom they are for, and what is told of a wrong one, by file, line and key."""

from pathlib import Path

import pytest
from hl7v2_messages import INPATIENT, PERSON, PERSONNUMMER, adt

from consumers.intake.hl7v2.adt import read_message
from consumers.intake.hl7v2.profile import Profile, parse_profile, profile_of
from consumers.intake.site import load_site
from domain.errors import Refused
from domain.submission import Patient, Submission

WHOLE = """format = "hl7v2"
source = "gavle-pas"
controller = "orgnr:2321000198"
principal = "21"
time_zone = "Europe/Helsinki"
character_set = "8859/1"
answer_dead_letters = "AE"
care_form = "somatic"

[[match]]
application = "pas"

[[match]]
facility = "GH"

[patient]
fields = ["PID-2"]
authorities = { SIM = "simulated" }

[episode]
fields = ["PV1-50"]

[unit]
components = [4, 1]
[unit.known]
AVD1 = "hsa:SE2321000198-WARD1"
[unit.care_forms]
PSYK = "psychiatric"

[times]
admitted = ["ZPV-5.1", "EVN-2"]

[patient_class]
S = "inpatient"

[admission_type]
"1" = true

[discharge_disposition]
HEM = "home"
DOD = "died"
"""


def first(raw: bytes, *profiles: str) -> Submission:
    found = read_message(raw, [parse_profile(f'format = "hl7v2"\n{text}', "p.toml") for text in profiles])
    assert found.trouble is None
    return found.submissions[0]


def test_a_whole_profile() -> None:
    profile = parse_profile(WHOLE, "gavle.toml")
    pv1 = {2: "S", 3: "AVD1", 4: "1", 19: "E1", 50: "V9"}
    raw = adt("A01", "ZPV|||||20260302091500", pid={2: "SIM-0001^^^SIM", 3: PERSON[3]}, pv1=pv1)
    (admitted,) = read_message(raw, [profile]).submissions
    assert admitted.type == "se.carechain.patient-admitted.v1"
    assert admitted.time.isoformat() == "2026-03-02T07:15:00+00:00"
    assert admitted.patient == Patient(system="simulated", value="SIM-0001")
    assert (admitted.source, admitted.episode, admitted.unit) == ("gavle-pas", "V9", "hsa:SE2321000198-WARD1")
    assert (admitted.controller, admitted.principal) == ("orgnr:2321000198", "21")
    assert admitted.data["care_form"] == "somatic"
    assert admitted.data["unplanned"] is True
    psychiatric = adt("A01", pid={2: "SIM-0001^^^SIM"}, pv1=pv1 | {3: "X^^^PSYK"})
    (other,) = read_message(psychiatric, [profile]).submissions
    assert (other.unit, other.data["care_form"]) == ("local:2321000198/PSYK", "psychiatric")
    (death,) = read_message(
        adt("A03", pid={2: "SIM-1234^^^SIM"}, pv1=pv1 | {36: "DOD"}), [profile]
    ).submissions
    assert death.type == "se.carechain.patient-deceased.v1"


def test_the_profile_is_chosen_by_the_sender() -> None:
    one = parse_profile(WHOLE, "a.toml")
    other = parse_profile('format = "hl7v2"\n[[match]]\napplication = "LAB"\nfacility = "GH"', "b.toml")
    every = parse_profile('format = "hl7v2"\nsource = "others"', "c.toml")
    assert profile_of(adt("A01"), [every, other, one]) is one
    assert profile_of(adt("A01").replace(b"|PAS|", b"|LAB^x|"), [other, one]) is other
    assert profile_of(adt("A01").replace(b"|PAS|GH|", b"|X|Y|"), [one, other, every]) is every
    assert profile_of(adt("A01").replace(b"|PAS|GH|", b"|X|Y|"), [one, other]) is None
    assert profile_of(adt("A01").replace(b"|GH|", b"|Y^GH&1.2|"), [other, one]) is one
    assert profile_of(b"hello", [every]) is None


def test_the_folder_holds_profiles(tmp_path: Path) -> None:
    (tmp_path / "gavle.toml").write_text(WHOLE, encoding="utf-8")
    (profile,) = load_site(tmp_path).profiles
    assert profile.answer_dead_letters == "AE"
    assert Profile().answer_dead_letters == "AA"


# -- patient, unit, controller -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "system", "value"),
    [
        (f"{PERSONNUMMER}^^^&1.2.752.129.2.1.3.1&ISO", "personnummer", PERSONNUMMER),
        ("19570428-9999^^^1.2.752.129.2.1.3.1", "personnummer", PERSONNUMMER),
        ("570428-9999^^^SKV^NNSWE", "personnummer", PERSONNUMMER),  # the century by the day it was sent
        ("196109732393^^^&1.2.752.129.2.1.3.3", "samordningsnummer", "196109732393"),
        ("2509479989^^^&1.2.208.176.1.2&ISO", "cpr", "2509479989"),
        ("007^^^GH^MR", "mrn:GH", "007"),
        ("007^^^Good Health&1.2.3&ISO^MR", "mrn:Good-Health", "007"),
        ("007", "mrn:PAS-GH", "007"),
        ("007^^^^MR^Clinic", "mrn:Clinic", "007"),
        (f"9^^^A^AN~7^^^B^MR~{PERSONNUMMER}^^^^NNSWE", "personnummer", PERSONNUMMER),
        ("9^^^A^AN~7^^^B^MR", "mrn:B", "7"),
    ],
)
def test_which_number_names_the_patient(number: str, system: str, value: str) -> None:
    admitted = first(adt("A01", pid={3: number}))
    assert admitted.patient == Patient(system=system, value=value)


def test_pid_2_where_pid_3_says_nothing() -> None:
    assert first(adt("A01", pid={2: "12^^^X", 5: "A"})).patient == Patient(system="mrn:X", value="12")


def test_the_profile_says_what_a_number_is() -> None:
    raw = adt("A01", pid={3: "2509479989^^^SKS^DK"})
    assert first(raw, '[patient.types]\nDK = "cpr"').patient == Patient(system="cpr", value="2509479989")
    assert first(raw, '[patient]\notherwise = "cpr"').patient == Patient(system="cpr", value="2509479989")
    assert first(raw, '[patient.authorities]\nSKS = "mrn:DK"').patient == Patient(
        system="mrn:DK", value="2509479989"
    )


def test_a_wrong_national_number_is_put_aside_and_not_replaced_by_another() -> None:
    found = read_message(adt("A01", pid={3: "195704289998^^^^NNSWE~7^^^GH^MR"}))
    assert found.trouble is not None
    assert (found.trouble.reason, found.trouble.field) == ("invalid-patient-id", "PID-3")
    assert "195704289998" not in found.trouble.message


@pytest.mark.parametrize(
    ("facility", "controller", "principal", "unit"),
    [
        ("GH", "local:PAS-GH/GH", None, "local:PAS-GH/AVD-1"),
        ("SE2321000198-016965", "orgnr:2321000198", "21", "local:2321000198/AVD-1"),
        ("Gavle^232100-0198^L", "orgnr:2321000198", "21", "local:2321000198/AVD-1"),
        ("", "local:PAS/PAS", None, "local:PAS/AVD-1"),
    ],
)
def test_who_answers_for_the_data_without_a_profile(
    facility: str, controller: str, principal: str | None, unit: str
) -> None:
    admitted = first(adt("A01", pv1={**INPATIENT, 3: "AVD 1^3^2"}).replace(b"|GH|", f"|{facility}|".encode()))
    assert (admitted.controller, admitted.principal, admitted.unit) == (controller, principal, unit)


def test_a_nameless_sender() -> None:
    admitted = first(adt("A01").replace(b"|PAS|GH|", b"|||"))
    assert (admitted.source, admitted.controller) == ("hl7:unknown", "local:unknown/unknown")


@pytest.mark.parametrize(
    ("location", "unit"),
    [
        ("SE2321000198-WARD1^5", "hsa:SE2321000198-WARD1"),
        ("Ward 1&SE2321000198-WARD1&HSA", "hsa:SE2321000198-WARD1"),
        ("Avd Öst/2", "local:PAS-GH/Avd-Öst-2"),
        ("^5^2^Sjukhuset", "local:PAS-GH/Sjukhuset"),
        ("^5^2", None),
        ("//", None),
    ],
)
def test_the_unit_is_point_of_care_or_facility_and_never_a_bed(location: str, unit: str | None) -> None:
    assert first(adt("A01", pv1={**INPATIENT, 3: location})).unit == unit


# -- wrong profiles ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        ('sourse = "x"', 2, "sourse", "Did you mean source"),
        ("source = 7", 2, "source", "not a text"),
        ('source = "Ä"', 2, "source", "signs"),
        ('controller = "orgnr:1"', 2, "controller", "organisation number"),
        ('principal = "99"', 2, "principal", "no region"),
        ('time_zone = "Mars"', 2, "time_zone", "no time zone"),
        ('character_set = "klingon"', 2, "character_set", "character set is not known"),
        ('answer_dead_letters = "AR"', 2, "answer_dead_letters", "'AA' or 'AE'"),
        ('[times]\n\nadmited = ["EVN-2"]', 4, "times.admited", "is no time; the times are sent, admitted"),
        ('[times]\nadmitted = ["EVN2"]', 3, "times.admitted[1]", "is no field; write it as PV1-44"),
        ("[times]\nadmitted = []", 3, "times.admitted", "empty"),
        ('[times]\nadmitted = "EVN-2"', 3, "times.admitted", "not a list"),
        ('[patient.types]\nDK = "danish"', 3, "patient.types.DK", "is no kind of patient id"),
        ('[patient_class]\nI = "inside"', 3, "patient_class.I", "inpatient"),
        ('[unit.known]\nA = "ward 1"', 3, "unit.known.A", "does not name an organisation"),
        ("[unit]\ncomponents = [0]", 3, "unit.components[1]", "too small"),
        ("[unit]\ncomponent = [1]", 3, "unit.component", "Did you mean components"),
        ('[admission_type]\nE = "yes"', 3, "admission_type.E", "neither true nor false"),
        ('[[match]]\nfacilty = "GH"', 3, "match[1].facilty", "Did you mean facility"),
        ('patient = "PID-3"', 2, "patient", "part of the file"),
    ],
)
def test_what_is_wrong_is_told_by_file_line_and_key(text: str, line: int, key: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        parse_profile(f'format = "hl7v2"\n{text}\n', "gavle.toml")
    assert refused.value.message.startswith(f"gavle.toml, line {line}, {key}: ")
    assert says in refused.value.message
    assert "\n" not in refused.value.message
    assert refused.value.hint


def test_all_that_is_wrong_is_told_in_order() -> None:
    with pytest.raises(Refused) as refused:
        parse_profile('format = "hl7v2"\na25 = "no"\nsource = 7\n[times]\nx = ["EVN-2"]', "p.toml")
    assert [line.split(":")[0] for line in refused.value.message.splitlines()] == [
        "p.toml, line 2, a25",
        "p.toml, line 3, source",
        "p.toml, line 5, times.x",
    ]


def test_a_match_of_nothing_and_what_is_no_toml() -> None:
    with pytest.raises(Refused, match="a match needs application or facility"):
        parse_profile('format = "hl7v2"\n[[match]]\n', "p.toml")
    with pytest.raises(Refused, match="not TOML"):
        parse_profile("format = ", "p.toml")
