"""Versions: what was stored as an older one is read as the newest, and no step of the way may be missing."""

import json
from typing import Any

import pytest
from given import given, instant, said

import domain.envelope
import domain.fact
from domain.envelope import plain_data, read, read_data
from domain.fact import CATALOGUE, UPCASTS, Fact, load_catalogue, upcast
from domain.facts.admission import LeaveStarted
from domain.facts.correction import FactAmended

load_catalogue()
V1, V2, V3 = (f"se.carechain.leave-started.v{version}" for version in (1, 2, 3))


def ends(start: str) -> str:
    """Where the upcasts from a stored type lead; KeyError-free, and an endless ring is told."""
    seen, here = {start}, start
    while here in UPCASTS:
        here = UPCASTS[here][0]
        assert here not in seen, f"the upcasts from {start} run in a ring"
        seen.add(here)
    return here


def test_every_chain_of_upcasts_ends_at_a_fact() -> None:
    assert [start for start in UPCASTS if ends(start) not in CATALOGUE] == []


def test_only_what_is_no_longer_declared_is_upcast() -> None:
    assert UPCASTS.keys() & CATALOGUE.keys() == set()


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> type[Fact]:
    """A world where a leave has come to its third version: renamed a field, then added one."""
    catalogue, upcasts = dict(CATALOGUE), dict(UPCASTS)
    for module in (domain.fact, domain.envelope):
        monkeypatch.setattr(module, "CATALOGUE", catalogue)
        monkeypatch.setattr(module, "UPCASTS", upcasts)
    del catalogue[V1]

    class Leave(Fact, name="leave-started", command="StartLeave", rank=60, version=3):
        """*Permission börjar*."""

        back_at: str | None = None
        accompanied: bool | None = None

    @upcast(V1, V2)
    def to_v2(data: dict[str, Any]) -> dict[str, Any]:
        renamed = dict(data)
        if "expected_return_at" in renamed:
            renamed["back_at"] = renamed.pop("expected_return_at")
        return renamed

    @upcast(V2, V3)
    def to_v3(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "accompanied": False}

    return Leave


def test_the_first_version_is_read_as_the_newest(newer: type[Fact]) -> None:
    kind, value = read_data(V1, b'{"expected_return_at":"2026-03-04T07:30:00.000000Z"}')
    assert kind is newer
    assert value == newer.model_validate({"back_at": "2026-03-04T07:30:00.000000Z", "accompanied": False})


def test_the_second_version_takes_one_step(newer: type[Fact]) -> None:
    assert read_data(V2, b'{"back_at":"soon"}')[1] == newer.model_validate(
        {"back_at": "soon", "accompanied": False}
    )
    assert read_data(V3, b'{"back_at":"soon"}')[1] == newer.model_validate({"back_at": "soon"})


def test_data_that_nobody_can_open_have_the_newest_kind(newer: type[Fact]) -> None:
    assert read_data(V1, None) == (newer, None)


def test_stored_bytes_keep_their_version_and_their_hash(request: pytest.FixtureRequest) -> None:
    story = given(said("2026-03-02T10:00", LeaveStarted(expected_return_at=instant("2026-03-04T08:30"))))
    (stored,) = story.journey.facts
    newest = request.getfixturevalue("newer")
    again = read(stored.raw)
    assert again.kind is newest
    assert json.loads(again.raw)["type"] == again.envelope.type == V1
    assert again.hash == stored.hash
    assert again.id == stored.id


def test_an_amendment_written_in_an_older_version_is_recorded_in_the_newest(newer: type[Fact]) -> None:
    fact = FactAmended(amended_type=V1, amended_data={"expected_return_at": "soon"})
    assert plain_data(fact) == {
        "amended_type": V3,
        "amended_data": {"back_at": "soon", "accompanied": False},
    }


def test_two_upcasts_of_one_version_are_a_mistake(newer: type[Fact]) -> None:
    with pytest.raises(TypeError, match="has two upcasts"):
        upcast(V1, V3)(dict)
