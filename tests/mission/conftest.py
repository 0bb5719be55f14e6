"""One place for all rows: each has patients, and where it counts a municipality or a region, of its own.

A row's file says in ``tell`` what is recorded. All rows that are asked about in a run are recorded before the first
question, and shown at once.
"""

from collections.abc import Iterator

import pytest
from conftest import NewPlace
from mission_way import Patient, Way


@pytest.fixture(scope="session")
def way(
    request: pytest.FixtureRequest, new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Way]:
    modules = {item.module.__name__: item.module for item in request.session.items if hasattr(item, "module")}
    with new_place() as place:
        made = Way(place, tmp_path_factory.mktemp("mission"))
        for name in sorted(modules):
            if "test_row_" in name:
                modules[name].tell(made)
        made.show()
        yield made


@pytest.fixture
def patient(way: Way, request: pytest.FixtureRequest) -> Patient:
    """The row's patient."""
    return way.patient(request.module.PATIENT)
