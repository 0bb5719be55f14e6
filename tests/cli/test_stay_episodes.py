"""Which ids of stays are told: those of the source, and none that was made of the patient's number."""

import pytest

from cli.stay import names_patient


@pytest.mark.parametrize(
    "episode",
    [
        "personnummer|195704289999|2026-03-02T07:00:00.000000Z",
        "mrn:PAS|4711|2026-03-02T07:00:00.000000Z",
        "reservnummer:2321000198|RES-1|2026-03-02T07:00:00.000000Z",
        "19570428-9999 11001 101 20260302",
        "570428+9999/1",
    ],
)
def test_made_of_the_patients_number(episode: str) -> None:
    assert names_patient(episode)


@pytest.mark.parametrize(
    "episode",
    [
        "EPISODE-7",
        "V-4711",
        "VTF|12",
        "3f2a91c4-0000-4000-8000-195704289999",
        "2603021",
        "11001 101 20260302",
    ],
)
def test_given_by_the_source(episode: str) -> None:
    assert not names_patient(episode)
