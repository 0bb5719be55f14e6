"""Which adopted population holds: the last, unless it is of an older count; and what else is adopted does not matter."""

import json
from datetime import date

import pytest

from consumers.adoption import basis_of
from domain.basis import Basis
from projections.population import adopted_of


def adopted(name: str, as_of: str, gavle: int) -> bytes:
    """An adoption as it stands on the topic."""
    return json.dumps(
        {
            "type": "se.carechain.population-adopted.v1",
            "data": {
                "digest": "0" * 64,
                "text": "the file",
                "population": {
                    "id": name,
                    "title": "Folkmängd",
                    "as_of": as_of,
                    "source": "made by hand",
                    "total": {"2180": gavle},
                    "aged_65": {},
                },
            },
        }
    ).encode()


AGREEMENT = json.dumps(
    {
        "type": "se.carechain.agreement-adopted.v1",
        "recordedtime": "2026-03-01T09:00:00.000000Z",
        "data": {"agreement": {"id": "demo", "version": 1, "title": "Demo"}},
    }
).encode()
FIRST = adopted("a-2029", "2029-12-31", 100)


@pytest.mark.parametrize(
    ("then", "name"),
    [
        (adopted("a-2030", "2030-12-31", 200), "a-2030"),
        (adopted("a-2028", "2028-12-31", 300), "a-2029"),
        # Of the same day, the later is a correction.
        (adopted("a-2029-mended", "2029-12-31", 400), "a-2029-mended"),
        (AGREEMENT, "a-2029"),
    ],
)
def test_the_last_adopted_holds_unless_its_count_is_older(then: bytes, name: str) -> None:
    found = adopted_of([FIRST, then])
    assert found is not None
    assert found.id == name


def test_a_population_is_read_as_it_was_adopted() -> None:
    found = adopted_of([FIRST])
    assert found is not None
    assert (found.as_of, found.of_municipality("2180"), found.of_municipality("2181")) == (
        date(2029, 12, 31),
        100,
        None,
    )


def test_nothing_adopted_is_none() -> None:
    assert adopted_of([]) is None
    assert adopted_of([AGREEMENT]) is None


def test_conclusions_do_not_rest_on_the_population() -> None:
    assert basis_of([FIRST]).digest == Basis().digest
    assert basis_of([AGREEMENT, FIRST]).digest == basis_of([AGREEMENT]).digest
