"""Reference data: every region and municipality is there, checks out, and is found as people write it."""

import re
from collections import Counter

import pytest

from domain import reference
from domain.errors import Refused

# Code: name, organisation number, municipalities in the county.
REGIONS = {
    "01": ("Region Stockholm", "232100-0016", 26),
    "03": ("Region Uppsala", "232100-0024", 8),
    "04": ("Region Sörmland", "232100-0032", 9),
    "05": ("Region Östergötland", "232100-0040", 13),
    "06": ("Region Jönköpings län", "232100-0057", 13),
    "07": ("Region Kronoberg", "232100-0065", 8),
    "08": ("Region Kalmar län", "232100-0073", 12),
    "09": ("Region Gotland", "212000-0803", 1),
    "10": ("Region Blekinge", "232100-0081", 5),
    "12": ("Region Skåne", "232100-0255", 33),
    "13": ("Region Halland", "232100-0115", 6),
    "14": ("Västra Götalandsregionen", "232100-0131", 49),
    "17": ("Region Värmland", "232100-0156", 16),
    "18": ("Region Örebro län", "232100-0164", 12),
    "19": ("Region Västmanland", "232100-0172", 10),
    "20": ("Region Dalarna", "232100-0180", 15),
    "21": ("Region Gävleborg", "232100-0198", 10),
    "22": ("Region Västernorrland", "232100-0206", 7),
    "23": ("Region Jämtland Härjedalen", "232100-0214", 8),
    "24": ("Region Västerbotten", "232100-0222", 15),
    "25": ("Region Norrbotten", "232100-0230", 14),
}


def luhn_sum(digits: str) -> int:
    """The textbook sum: every second digit from the right doubled, and the digits of the products added."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        product = int(digit) * (2 if place % 2 else 1)
        total += product // 10 + product % 10
    return total


def test_all_regions_with_name_and_organisation_number() -> None:
    found = {unit.code: (unit.name, unit.organisation_number) for unit in reference.regions()}
    assert found == {
        code: (name, number.replace("-", "")) for code, (name, number, _count) in REGIONS.items()
    }


def test_all_municipalities_lie_in_their_region() -> None:
    units = reference.municipalities()
    assert len(units) == len({unit.name for unit in units}) == 290
    assert all(re.fullmatch(r"\d{4}", unit.code) for unit in units)
    counted = Counter(reference.region_of_municipality(unit.code) for unit in units)
    assert counted == {code: count for code, (_name, _number, count) in REGIONS.items()}


def test_municipality_names_are_without_kommun() -> None:
    assert not [unit.name for unit in reference.municipalities() if "kommun" in unit.name.casefold()]


@pytest.mark.parametrize("unit", reference.regions(), ids=lambda unit: unit.code)
def test_organisation_number_has_its_check_digit(unit: reference.Region) -> None:
    assert re.fullmatch(r"\d{10}", unit.organisation_number)
    assert luhn_sum(unit.organisation_number) % 10 == 0


def test_only_numbers_seen_published_are_called_known() -> None:
    known = {unit.code: unit.confidence for unit in reference.regions() if unit.confidence != "unconfirmed"}
    assert known == {
        "01": "secondary",
        "10": "secondary",
        "14": "primary",
        "21": "secondary",
        "23": "secondary",
    }


@pytest.mark.parametrize(
    ("code", "name", "region"),
    [
        ("2180", "Gävle", "21"),
        ("2303", "Ragunda", "23"),
        ("1060", "Olofström", "10"),
        ("0980", "Gotland", "09"),
        ("0114", "Upplands Väsby", "01"),
        ("1480", "Göteborg", "14"),
        # Göteborgsregionen's member that lies in Halland.
        ("1384", "Kungsbacka", "13"),
    ],
)
def test_municipality_by_code(code: str, name: str, region: str) -> None:
    assert reference.municipality(code).name == name
    assert reference.region_of_municipality(code) == region


def test_region_by_organisation_number_with_or_without_hyphen() -> None:
    for number in ("2321000131", "232100-0131"):
        found = reference.region_by_organisation_number(number)
        assert found is not None
        assert found.code == "14"
    assert reference.region_by_organisation_number("5565594230") is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("21", "21"),
        ("Region Gävleborg", "21"),
        ("gävleborg", "21"),
        ("GAVLEBORG", "21"),
        ("Gävleborgs län", "21"),
        (" region  gavleborg ", "21"),
        ("Västra Götalandsregionen", "14"),
        ("vastra gotaland", "14"),
        ("vgr", "14"),
        ("Jönköping", "06"),
        ("Region Kalmar", "08"),
        ("Södermanland", "04"),
        ("Jämtland", "23"),
        ("Jämtland-Härjedalen", "23"),
        ("Landstinget Blekinge", "10"),
        ("Ga\u0308vleborg", "21"),  # the two dots as a sign of their own
    ],
)
def test_find_region_as_people_write_it(asked: str, code: str) -> None:
    assert reference.find_region(asked).code == code


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("2180", "2180"),
        ("gavle", "2180"),
        ("Gävle kommun", "2180"),
        ("Österåkers kommun", "0117"),
        ("Göteborgs Stad", "1480"),
        ("upplands bro", "0139"),
        ("Malung Salen", "2023"),
        ("Borås", "1490"),
        ("Hofors kommun", "2104"),
        ("Habo", "0643"),
        ("Håbo", "0305"),
        ("HÅBO KOMMUN", "0305"),
    ],
)
def test_find_municipality_as_people_write_it(asked: str, code: str) -> None:
    assert reference.find_municipality(asked).code == code


def test_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refused) as refused:
        reference.find_region("Region Gevleborg")
    assert refused.value.hint == "Did you mean Region Gävleborg (21)?"
    with pytest.raises(Refused) as refused:
        reference.find_municipality("Gevle")
    assert refused.value.hint == "Did you mean Gävle (2180)?"


@pytest.mark.parametrize("asked", ["", "xyzzy", "195704289999", "99"])
def test_unknown_name_far_from_all_is_refused_and_not_repeated(asked: str) -> None:
    for find in (reference.find_region, reference.find_municipality):
        with pytest.raises(Refused) as refused:
            find(asked)
        assert refused.value.hint
        assert not asked or asked not in refused.value.message + refused.value.hint


def test_unknown_codes_are_refused() -> None:
    for lookup, code in ((reference.region, "02"), (reference.municipality, "2199")):
        with pytest.raises(Refused, match=r"no (region|municipality) with that code"):
            lookup(code)
    with pytest.raises(Refused):
        reference.region_of_municipality("21")


def test_a_code_says_which_kind_of_huvudman_it_is() -> None:
    assert reference.is_region("09")
    assert not reference.is_region("0980")
    assert reference.is_municipality("0980")
    assert not reference.is_municipality("09")
    assert not reference.is_region("02")


def test_digest_is_of_the_content(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reference.digest()
    assert re.fullmatch(r"[0-9a-f]{64}", before)
    assert reference.digest.__wrapped__() == before
    shorter = reference.municipalities()[:-1]
    monkeypatch.setattr(reference, "municipalities", lambda: shorter)
    assert reference.digest.__wrapped__() != before
