"""Identifiers of patients and organisations: what is accepted, how it is kept, what is never shown."""

import pickle
from datetime import date

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from domain.errors import Refused, Unreadable
from domain.identifiers import (
    HsaId,
    MunicipalityCode,
    OrganisationNumber,
    OrganisationRef,
    PatientId,
    RegionCode,
    is_patient_system,
    local_unit,
    organisation_number_of_hsa,
    record_system,
)

A_DAY = date(2026, 11, 22)

PUBLISHED_PERSONNUMMER = [
    "191212121212",
    "200002292399",
    "195704289999",
    "194608239986",
    "190901219931",
    "200004059937",
    "190905271474",
]
PUBLISHED_SAMORDNINGSNUMMER = ["196109732393", "198001910002"]


@pytest.mark.parametrize("number", PUBLISHED_PERSONNUMMER)
def test_published_personnummer_is_accepted_as_it_is(number: str) -> None:
    assert PatientId.parse("personnummer", number) == PatientId("personnummer", number)


@pytest.mark.parametrize("number", PUBLISHED_SAMORDNINGSNUMMER)
def test_published_samordningsnummer_is_accepted_as_it_is(number: str) -> None:
    assert PatientId.parse("samordningsnummer", number) == PatientId("samordningsnummer", number)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("19570428-9999", "195704289999"),
        ("570428-9999", "195704289999"),
        ("5704289999", "195704289999"),
        (" 570428-9999\n", "195704289999"),
        ("19090121+9931", "190901219931"),
        ("090121+9931", "190901219931"),
        ("000229-2399", "200002292399"),
        ("640823-3234", "196408233234"),
    ],
)
def test_every_way_of_writing_a_personnummer_gives_twelve_digits(written: str, kept: str) -> None:
    assert PatientId.parse("personnummer", written, A_DAY).value == kept


@pytest.mark.parametrize(
    ("written", "on", "kept"),
    [
        # Born 1909: with "-" the year before turning a hundred, with "+" from 1 January of that year on.
        ("090121-9931", date(2008, 12, 31), "190901219931"),
        ("090121+9931", date(2009, 1, 1), "190901219931"),
        # The same digits without "+" are by then a child's.
        ("090121-9931", date(2009, 1, 21), "200901219931"),
        ("121212+1212", A_DAY, "191212121212"),
        ("610973-2393", A_DAY, "196109732393"),
    ],
)
def test_century_follows_the_sign_and_the_day_it_was_written(written: str, on: date, kept: str) -> None:
    assert PatientId.parse("personnummer", written, on).value == kept


def test_short_number_needs_a_day_to_tell_the_century_from() -> None:
    with pytest.raises(Refused, match="which century"):
        PatientId.parse("personnummer", "570428-9999")


@pytest.mark.parametrize("written", ["090121-9931", "0901219931"])
def test_short_number_of_somebody_not_yet_born_is_not_guessed(written: str) -> None:
    with pytest.raises(Refused, match="century is in doubt"):
        PatientId.parse("personnummer", written, date(2009, 1, 20))


# Check digits by hand, weights 2,1,2,1,... over YYMMDDNNN:
#   610060 001 -> 6*2=12->3, 1, 0, 0, 6*2=12->3, 0, 0, 0, 1*2=2 -> 9, check 1
#   610073 239 -> 3, 1, 0, 0, 7*2=14->5, 3, 2*2=4, 3, 9*2=18->9 -> 28, check 2
#   610960 239 -> 3, 1, 0, 9, 3, 0, 4, 3, 9 -> 32, check 8
#   610291 239 -> 3, 1, 0, 2, 9*2=18->9, 1, 4, 3, 9 -> 32, check 8 (31 February)
@pytest.mark.parametrize("number", ["196100600011", "196100732392", "196109602398", "196102912398"])
def test_samordningsnummer_is_not_turned_down_for_its_date(number: str) -> None:
    assert PatientId.parse("samordningsnummer", number) == PatientId("samordningsnummer", number)


def test_the_number_itself_says_whether_it_is_a_samordningsnummer() -> None:
    assert PatientId.parse("personnummer", "196109732393").system == "samordningsnummer"
    assert PatientId.parse("samordningsnummer", "195704289999").system == "personnummer"


@pytest.mark.parametrize(
    "number",
    [
        "195704289998",  # check digit
        "201509160006",  # serial number 000
        "200102290000",  # no 29 February in 2001
        "195713289999",
        "195700289999",
        "195704009999",
        "196113732393",  # samordningsnummer with month 13
        "196109922393",  # and with day 92
        "196109732394",
        "165704289999",
        "57042899",
        "19570428 9999",
        "1957-04-28-9999",
        "１９５７０４２８９９９９",
        "",
    ],
)
def test_wrong_personnummer_is_refused_and_never_repeated(number: str) -> None:
    with pytest.raises(Refused) as refused:
        PatientId.parse("personnummer", number, A_DAY)
    said = refused.value.message + refused.value.hint + str(refused.value) + repr(refused.value)
    assert refused.value.hint
    assert not number or number not in said


@pytest.mark.parametrize("number", ["20000101T220", "000101-T220", "000101r220"])
def test_interim_number_is_refused_with_a_way_out(number: str) -> None:
    with pytest.raises(Refused, match="interim") as refused:
        PatientId.parse("personnummer", number, A_DAY)
    assert "reservnummer:" in refused.value.hint


@pytest.mark.parametrize(
    ("system", "written", "kept"),
    [
        ("reservnummer", "98240301AA06", "98240301AA06"),
        ("reservnummer", "20210325k069", "20210325K069"),
        ("reservnummer", "20210325-K069", "20210325K069"),
        ("reservnummer:2321000198", "ab-12345", "AB-12345"),
        ("lma", "50-123456/7", "501234567"),
        ("cpr", "250947-9989", "2509479989"),
        ("cpr", "2509479989", "2509479989"),
        ("cpr", "0101371000", "0101371000"),
        ("cpr", "2902004000", "2902004000"),  # 29 February 2000
        ("cpr", "6509479989", "6509479989"),  # day + 60
        ("simulated", "SIM-00042", "SIM-00042"),
    ],
)
def test_other_systems_and_their_normal_forms(system: str, written: str, kept: str) -> None:
    assert PatientId.parse(system, written) == PatientId(system, kept)


@pytest.mark.parametrize(
    ("system", "value"),
    [
        ("reservnummer", "195704289999"),  # no letter
        ("reservnummer", "20210325K06"),
        ("reservnummer:21", "AB12345"),
        ("reservnummer:2321000199", "AB12345"),
        ("reservnummer:", "AB12345"),
        ("reservnummer:2321000198", "A 1"),
        ("lma", "12"),
        ("cpr", "3109479989"),  # 31 September
        ("cpr", "2902010000"),  # 29 February 1901
        ("cpr", "2513479989"),
        ("cpr", "250947998"),
        ("cpr", "195704289999"),
        ("simulated", "SIM-ABC"),
        ("simulated", "sim-00042"),
        ("simulated", "195704289999"),
        ("passport", "AB12345"),
        ("", "195704289999"),
    ],
)
def test_values_that_break_their_systems_rules_are_refused(system: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        PatientId.parse(system, value, A_DAY)
    assert value not in refused.value.message + refused.value.hint


def test_local_reserve_numbers_of_two_issuers_are_two_patients() -> None:
    assert PatientId.parse("reservnummer:2321000198", "AB12345") != PatientId.parse(
        "reservnummer:2321000131", "AB12345"
    )
    hyphenated = PatientId.parse("reservnummer:232100-0198", "AB12345")
    assert hyphenated.system == "reservnummer:2321000198"


@pytest.mark.parametrize(
    ("uri", "value", "expected"),
    [
        ("http://electronichealth.se/identifier/personnummer", "195704289999", "personnummer:195704289999"),
        (
            "http://electronichealth.se/identifier/samordningsnummer",
            "196109732393",
            "samordningsnummer:196109732393",
        ),
        (
            "http://electronichealth.se/identifier/nationelltReservnummer",
            "20210325K069",
            "reservnummer:20210325K069",
        ),
        ("http://electronichealth.se/identifier/LMA-nummer", "501234567", "lma:501234567"),
        ("urn:oid:1.2.752.129.2.1.3.1", "195704289999", "personnummer:195704289999"),
        ("urn:oid:1.2.752.129.2.1.3.3", "196109732393", "samordningsnummer:196109732393"),
        ("urn:oid:1.2.208.176.1.2", "2509479989", "cpr:2509479989"),
    ],
)
def test_fhir_systems(uri: str, value: str, expected: str) -> None:
    assert PatientId.from_fhir(uri, value).as_text() == expected


def test_unknown_fhir_system_is_unreadable_and_shows_no_value() -> None:
    with pytest.raises(Unreadable) as unreadable:
        PatientId.from_fhir("urn:oid:1.2.3.4", "195704289999")
    assert unreadable.value.reason == "unknown-id-system"
    assert "195704289999" not in str(unreadable.value)


@pytest.mark.parametrize(
    "text",
    [
        "personnummer:195704289999",
        "reservnummer:2321000198:AB12345",
        "simulated:SIM-00042",
        "mrn:GOOD-HEALTH:12:34",  # a colon in the number itself
    ],
)
def test_text_form_goes_there_and_back(text: str) -> None:
    assert PatientId.from_text(text).as_text() == text


@pytest.mark.parametrize(
    ("issuer", "system"),
    [
        ("GOOD HEALTH HOSPITAL", "mrn:GOOD-HEALTH-HOSPITAL"),
        ("1.2.752.97.1", "mrn:1.2.752.97.1"),
        (" Länssjukhuset/Gävle ", "mrn:L-nssjukhuset-G-vle"),
        ("h" * 60, "mrn:" + "h" * 60),
    ],
)
def test_issuer_of_a_record_number_has_one_name(issuer: str, system: str) -> None:
    assert record_system(issuer) == system
    assert PatientId.parse(system, " 0012 A ").as_text() == f"{system}:0012 A"


def test_long_names_of_two_issuers_stay_two() -> None:
    one, other = record_system("h" * 80 + "1"), record_system("h" * 80 + "2")
    assert one != other
    assert len(one) == len(other) == len("mrn:") + 60
    assert one.startswith("mrn:" + "h" * 47 + "-")


def test_a_record_number_is_never_taken_for_a_personnummer() -> None:
    told = PatientId.parse("mrn:GH", "195704289999")
    assert told != PatientId.parse("personnummer", "195704289999")
    assert told != PatientId.parse("mrn:OTHER", "195704289999")


@pytest.mark.parametrize(
    ("system", "value"),
    [
        ("mrn:", "1"),
        ("mrn:a b", "1"),
        ("mrn:" + "a" * 61, "1"),
        ("mrn:GH", " "),
        ("mrn:GH", "1" * 65),
        ("mrn:GH", "1\n2"),
        ("mrn", "1"),
    ],
)
def test_wrong_record_numbers_are_refused(system: str, value: str) -> None:
    with pytest.raises(Refused):
        PatientId.parse(system, value)


@pytest.mark.parametrize(
    ("system", "is_one"),
    [
        ("personnummer", True),
        ("samordningsnummer", True),
        ("reservnummer", True),
        ("reservnummer:2321000198", True),
        ("mrn:GH", True),
        ("reservnummer:2321000199", False),
        ("mrn:", False),
        ("mrn", False),
        ("passport", False),
        ("", False),
    ],
)
def test_kinds_of_patient_identifiers_that_are_known(system: str, is_one: bool) -> None:
    assert is_patient_system(system) is is_one


@pytest.mark.parametrize("issuer", ["", "  ", "---", "åäö"])
def test_an_issuer_without_a_name_is_refused(issuer: str) -> None:
    with pytest.raises(Refused):
        record_system(issuer)


def test_the_value_is_never_shown() -> None:
    patient = PatientId.parse("personnummer", "195704289999")
    assert repr(patient) == "PatientId(personnummer, …)"
    assert str(patient) == f"{patient}" == repr(patient)
    assert "9999" not in repr([patient])


def test_patient_id_can_be_a_key_and_be_pickled() -> None:
    patient = PatientId.parse("personnummer", "195704289999")
    assert {patient: 1}[PatientId("personnummer", "195704289999")] == 1
    assert pickle.loads(pickle.dumps(patient)) == patient
    refused = pickle.loads(pickle.dumps(Refused("No.", "Do this.")))
    assert (refused.message, refused.hint) == ("No.", "Do this.")


class Form(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", hide_input_in_errors=True)
    patient: PatientId


def test_patient_field_reads_and_writes_text_in_a_strict_model() -> None:
    form = Form.model_validate_json('{"patient": "personnummer:19570428-9999"}')
    assert form.patient == PatientId("personnummer", "195704289999")
    assert form.model_dump_json() == '{"patient":"personnummer:195704289999"}'
    assert Form(patient=form.patient) == form
    assert "9999" not in repr(form)
    for mode in ("validation", "serialization"):
        assert Form.model_json_schema(mode=mode)["properties"]["patient"]["type"] == "string"


@pytest.mark.parametrize(
    "body",
    [
        '{"patient": "personnummer:195704289998"}',
        '{"patient": "570428-9999"}',
        '{"patient": {"system": "personnummer", "value": "195704289998"}}',
        '{"patient": 195704289999}',
    ],
)
def test_patient_field_refuses_without_repeating(body: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        Form.model_validate_json(body)
    assert "999" not in str(invalid.value)
    assert invalid.value.errors()[0]["ctx"]["hint"]


@pytest.mark.parametrize(
    ("hsa_id", "organisation"),
    [
        ("SE2321000131-E000000000001", "2321000131"),
        ("SE2321000198-016965", "2321000198"),
        ("SE2321000081-b3283", "2321000081"),
        ("SE2321000016-39KJ", "2321000016"),
        ("SE165565594230-1000", "5565594230"),
    ],
)
def test_hsa_id_keeps_its_case_and_holds_an_organisation_number(hsa_id: str, organisation: str) -> None:
    assert TypeAdapter(HsaId).validate_python(hsa_id) == hsa_id
    assert organisation_number_of_hsa(hsa_id) == organisation


@pytest.mark.parametrize(
    "hsa_id",
    [
        "SE2321000199-016965",
        "SE2321000198016965",
        "SE2321000198-",
        "NO2321000198-1",
        "SE232100019-1",
        "SE2321000198-1 2",
        "SE5704289999-1",  # a person's number, as a sole trader's organisation number is
    ],
)
def test_wrong_hsa_id_is_refused(hsa_id: str) -> None:
    with pytest.raises(Refused):
        organisation_number_of_hsa(hsa_id)
    with pytest.raises(ValidationError):
        TypeAdapter(HsaId).validate_python(hsa_id)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("hsa:SE2321000081-b3283", "hsa:SE2321000081-b3283"),
        ("sor:325421000016002", "sor:325421000016002"),
        ("orgnr:2321000198", "orgnr:2321000198"),
        ("orgnr:232100-0198", "orgnr:2321000198"),
        ("local:2321000198/AVD12", "local:2321000198/AVD12"),
        ("local:cosmic.test/Kir-Å_3.b", "local:cosmic.test/Kir-Å_3.b"),
    ],
)
def test_organisation_reference(written: str, kept: str) -> None:
    assert TypeAdapter(OrganisationRef).validate_python(written, strict=True) == kept


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2321000198",
            "hsa:2321000198",
            "sor:12a",
            "sor:",
            "orgnr:2321000199",
            "orgnr:5704289999",
            "gln:1",
            "",
        ),
        *(
            "local:",
            "local:AVD12",
            "local:/AVD12",
            "local:cosmic/",
            "local:cosmic/AVD 12",
            "local:cosmic/a/b",
        ),
        *("local:Cosmic å/AVD12", f"local:cosmic/{'A' * 65}", f"local:{'c' * 65}/A"),
    ],
)
def test_wrong_organisation_reference_is_refused_with_a_hint(written: str) -> None:
    with pytest.raises(ValidationError) as invalid:
        TypeAdapter(OrganisationRef).validate_python(written, strict=True)
    assert invalid.value.errors()[0]["type"] == "refused"
    assert invalid.value.errors()[0]["ctx"]["hint"]


@pytest.mark.parametrize(
    ("issuer", "code", "reference"),
    [
        ("2321000198", "AVD12", "local:2321000198/AVD12"),
        ("cosmic", " Kirurgen 3/4 ", "local:cosmic/Kirurgen-3-4"),
        ("SE 2321000198 ", "A\u030aVD", "local:SE-2321000198/\u00c5VD"),
        (
            "c",
            "A" * 65,
            # SHA-256 of sixty-five A begins 836203944f4c.
            f"local:c/{'A' * 51}-836203944f4c",
        ),
    ],
)
def test_a_senders_own_code_of_a_unit_has_one_name(issuer: str, code: str, reference: str) -> None:
    assert local_unit(issuer, code) == reference
    assert TypeAdapter(OrganisationRef).validate_python(reference, strict=True) == reference


@pytest.mark.parametrize(("issuer", "code"), [("", "A"), ("c", ""), ("c", " / "), ("^", "A")])
def test_what_has_no_letter_or_digit_is_no_code_of_a_unit(issuer: str, code: str) -> None:
    with pytest.raises(Refused):
        local_unit(issuer, code)


def test_organisation_number_is_kept_as_ten_digits() -> None:
    assert TypeAdapter(OrganisationNumber).validate_python("232100-0198") == "2321000198"


@pytest.mark.parametrize(
    ("kind", "code"), [(RegionCode, "01"), (RegionCode, "25"), (MunicipalityCode, "0980")]
)
def test_codes_that_exist_keep_their_leading_zero(kind: type[str], code: str) -> None:
    assert TypeAdapter(kind).validate_json(f'"{code}"', strict=True) == code


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (RegionCode, '"1"'),
        (RegionCode, '"02"'),
        (RegionCode, '"2180"'),
        (RegionCode, "21"),
        (MunicipalityCode, '"980"'),
        (MunicipalityCode, '"2199"'),
        (MunicipalityCode, "2180"),
    ],
)
def test_codes_that_do_not_exist_are_refused(kind: type[str], body: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(body, strict=True)


def test_field_types_say_their_form_in_json_schema() -> None:
    assert TypeAdapter(RegionCode).json_schema()["pattern"] == "^[0-9]{2}$"
    assert TypeAdapter(MunicipalityCode).json_schema()["pattern"] == "^[0-9]{4}$"
    assert TypeAdapter(OrganisationRef).json_schema()["type"] == "string"
