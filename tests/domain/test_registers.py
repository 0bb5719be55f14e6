"""Registers as files: which one a file is, what is refused in it, and what the ones that ship say."""

from datetime import date

import pytest

from domain.errors import Refused
from domain.registers import AMOUNTS, TRACKS, read_register, shipped_register

AMOUNT = '[[amount]]\nvalid_from = 2026-01-01\nsek = 11000\nconfidence = "primary"\n'
TRACK = '[[track]]\nid = "diabetes"\ntitle = "Diabetes"\n'


def test_a_file_of_amounts_is_told_by_its_heading_and_put_in_order() -> None:
    found = read_register(AMOUNT + AMOUNT.replace("2026", "2025"))
    assert found.kind == AMOUNTS
    assert [amount.valid_from for amount in found.amounts or ()] == [date(2025, 1, 1), date(2026, 1, 1)]


def test_a_file_of_tracks_has_the_guarantees_days_where_it_says_none() -> None:
    found = read_register(TRACK + "visit_days = 30\n")
    assert found.kind == TRACKS
    (track,) = found.tracks or ()
    assert (track.id, track.assessment_days, track.visit_days, track.treatment_days) == (
        "diabetes",
        3,
        30,
        90,
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no register"),
        ("x = 1\n", "is no register"),
        (AMOUNT + TRACK, "is no register"),
        ("amount = 3\n", "is no register"),
        ("[[amount]\n", "is not TOML"),
        (AMOUNT.replace("11000", '"11000"'), "line 3, sek: "),
        (AMOUNT.replace('confidence = "primary"\n', ""), "line 1, confidence: "),
        (AMOUNT.replace("primary", "sure"), "line 4, confidence: "),
        (AMOUNT + AMOUNT, "valid_from 2026-01-01 stands in two entries."),
        (TRACK + TRACK, "id diabetes stands in two entries."),
        (TRACK + "days = 3\n", "line 4, days: "),
    ],
)
def test_what_cannot_be_used_is_told(text: str, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        read_register(text, "register.toml")
    assert sentence in refused.value.message.replace("This ", "")
    assert refused.value.message.startswith("register.toml")


@pytest.mark.parametrize("kind", [AMOUNTS, TRACKS])
def test_those_that_ship_can_be_adopted_as_they_are(kind: str) -> None:
    text, register = shipped_register(kind)
    assert register.kind == kind
    assert read_register(text) == register
    assert len(register.entries) >= 7
