"""Population files: the one that is shipped, what can be read, and what is refused with line and column."""

from datetime import date

import pytest

from domain import reference
from domain.errors import Refused
from domain.population import SHIPPED, Population, read_population

HEAD = """\
# id: test-2030
# title: Folkmängd 31 december 2030
# as_of: 2030-12-31
# source: made by hand
code;total;aged_65
"""

# SCB, 31 December 2024: inhabitants of each county, and those aged 65 or older.
COUNTIES = {
    "01": (2_473_307, 418_087),
    "03": (407_912, 77_883),
    "04": (301_542, 71_123),
    "05": (472_446, 101_237),
    "06": (370_009, 79_863),
    "07": (203_351, 44_823),
    "08": (246_352, 64_879),
    "09": (60_971, 16_747),
    "10": (157_223, 39_165),
    "12": (1_428_626, 286_963),
    "13": (345_074, 79_594),
    "14": (1_772_821, 359_559),
    "17": (283_384, 71_235),
    "18": (308_375, 68_324),
    "19": (281_158, 62_668),
    "20": (286_546, 74_684),
    "21": (284_558, 72_154),
    "22": (241_458, 61_269),
    "23": (132_839, 32_378),
    "24": (281_138, 60_934),
    "25": (248_620, 62_919),
}


def refusal(text: str) -> str:
    with pytest.raises(Refused) as refused:
        read_population(text)
    assert refused.value.hint
    return refused.value.message


# -- the shipped one -----------------------------------------------------------------------------------------------


def test_the_shipped_count_is_scbs_of_2024() -> None:
    assert (SHIPPED.id, SHIPPED.as_of) == ("scb-2024", date(2024, 12, 31))
    assert SHIPPED.title == "Folkmängd 31 december 2024"
    assert SHIPPED.source.startswith("SCB")


def test_the_shipped_count_has_every_municipality_and_adds_up_to_sweden() -> None:
    codes = [unit.code for unit in reference.municipalities()]
    counts = [SHIPPED.of_municipality(code) for code in codes]
    assert len(counts) == 290
    assert sum(count or 0 for count in counts) == 10_587_710


@pytest.mark.parametrize("code", COUNTIES)
def test_the_shipped_regions_are_what_their_municipalities_add_up_to(code: str) -> None:
    inside = [unit.code for unit in reference.municipalities() if unit.region_code == code]
    assert sum(SHIPPED.total[one] for one in inside) == COUNTIES[code][0]
    assert (SHIPPED.of_region(code), SHIPPED.aged_65_of_region(code)) == COUNTIES[code]


def test_the_shipped_count_has_all_regions() -> None:
    assert [unit.code for unit in reference.regions()] == list(COUNTIES)


@pytest.mark.parametrize(
    ("code", "total"),
    [
        ("0127", 95_905),
        ("0136", 100_895),
        ("0126", 114_304),
        ("0182", 112_112),
        ("0123", 88_950),
        ("0180", 995_574),
        ("0305", 22_973),
    ],
)
def test_the_shipped_numbers_are_those_scb_tells(code: str, total: int) -> None:
    assert SHIPPED.of_municipality(code) == total


def test_where_those_aged_65_are_not_known_nothing_is_made_up() -> None:
    known = {code: SHIPPED.aged_65[code] for code in SHIPPED.aged_65 if len(code) == 4}
    assert known == {"0180": 162_879, "0980": 16_747, "1280": 55_865, "1480": 97_471}
    assert SHIPPED.aged_65_of_municipality("2180") is None


# -- what can be read ----------------------------------------------------------------------------------------------


def test_a_file_says_what_it_is_and_who_lives_where() -> None:
    made = read_population(HEAD + "# a remark: nothing else\n\n2180;1000;250\n2181; 400 ;\n")
    assert made == Population(
        id="test-2030",
        title="Folkmängd 31 december 2030",
        as_of=date(2030, 12, 31),
        source="made by hand",
        total={"2180": 1000, "2181": 400},
        aged_65={"2180": 250},
    )
    assert (made.of_municipality("2181"), made.aged_65_of_municipality("2181")) == (400, None)
    assert made.of_municipality("2182") is None


def test_a_file_as_a_spreadsheet_saves_it() -> None:
    padded = HEAD.replace("test-2030\n", "test-2030;;\n")
    made = read_population(f"\ufeff{padded}2180;1000;250\n".replace("\n", "\r\n"))
    assert (made.id, made.of_municipality("2180")) == ("test-2030", 1000)


BLEKINGE = "1060;10;1\n1080;20;2\n1081;30;3\n1082;40;4\n"


def test_a_region_is_the_sum_of_its_municipalities() -> None:
    made = read_population(f"{HEAD}{BLEKINGE}1083;50;5\n")
    assert (made.of_region("10"), made.aged_65_of_region("10")) == (150, 15)


def test_a_region_with_a_municipality_missing_is_not_known() -> None:
    made = read_population(f"{HEAD}{BLEKINGE}1083;50;\n")
    assert (made.of_region("10"), made.aged_65_of_region("10")) == (150, None)
    assert read_population(HEAD + BLEKINGE).of_region("10") is None
    assert made.of_region("21") is None
    assert made.of_region("99") is None


def test_a_regions_own_line_holds() -> None:
    """SCB's tables have noise from 2025 on: a region's own number need not be the sum."""
    made = read_population(f"{HEAD}10;151;16\n{BLEKINGE}1083;50;\n")
    assert (made.of_region("10"), made.aged_65_of_region("10")) == (151, 16)


def test_a_population_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        SHIPPED.id = "other"  # type: ignore[misc]


# -- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2199;1;", "Line 6, column code: no municipality or region has that code."),
        ("180;1;", "Line 6, column code: no municipality or region has that code."),
        ("2180;1;\n2180;1;", "Line 7, column code: that code has a line already."),
        ("2180;;", "Line 6, column total: that is not a number of people."),
        ("2180;-1;", "Line 6, column total: that is not a number of people."),
        ("2180;1 000;", "Line 6, column total: that is not a number of people."),
        ("2180;1.5;", "Line 6, column total: that is not a number of people."),
        ("2180;١;", "Line 6, column total: that is not a number of people."),
        ("2180;123456789;", "Line 6, column total: that is not a number of people."),
        ("2180;10;x", "Line 6, column aged_65: that is not a number of people."),
        ("\n2180;10;-3", "Line 7, column aged_65: that is not a number of people."),
        ("2180;10;11", "Line 6, column aged_65: more than there are inhabitants."),
        ("2180;10", "Line 6 does not have 3 columns."),
        ("2180,10,1", "Line 6 does not have 3 columns."),
        ("", "The population file names no municipality and no region."),
        ("# id: other\n2180;1;", "Line 6 says id a second time."),
    ],
)
def test_a_wrong_line_is_refused_by_line_and_column(lines: str, said: str) -> None:
    assert refusal(HEAD + lines + "\n") == said


def test_what_is_refused_is_not_repeated() -> None:
    with pytest.raises(Refused) as refused:
        read_population(HEAD + "191212121212;19121212-1212;1\n")
    assert "1212" not in refused.value.message + refused.value.hint


@pytest.mark.parametrize("name", ["id", "title", "as_of", "source"])
def test_a_file_must_say_what_it_is(name: str) -> None:
    without = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(f"# {name}:"))
    assert refusal(without + "2180;1;\n") == f"The population file does not say its {name}."
    empty = "".join(
        f"# {name}:\n" if line.startswith(f"# {name}:") else line for line in HEAD.splitlines(keepends=True)
    )
    assert refusal(empty + "2180;1;\n") == f"The population file does not say its {name}."


def test_a_file_must_name_its_columns() -> None:
    assert refusal(HEAD.replace("code;total", "kod;antal") + "2180;1;\n") == (
        "Line 5 does not name the columns."
    )
    assert refusal(HEAD.replace("code;total;aged_65\n", "")) == (
        "The population file does not name the columns."
    )


def test_the_day_and_the_id_are_checked() -> None:
    assert refusal(HEAD.replace("2030-12-31", "31/12 2030") + "2180;1;\n") == (
        "The population file's as_of is not a day."
    )
    assert refusal(HEAD.replace("test-2030", "Test 2030") + "2180;1;\n").startswith(
        "The population file cannot be used: id: "
    )
