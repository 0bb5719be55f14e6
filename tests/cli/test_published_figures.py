"""Published figures: small groups hidden from who subtracts, too; protected identities without places; whole sets."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import psycopg
import pytest
from access_world import Login, logins
from conftest import Place
from hand_rows import make
from region_rows import NOTICE, a_region, patient

from cli import main
from consumers import workers
from consumers.figures import GROUPINGS, Figures, covered
from domain.rows import Restriction
from infra.postgres import connect
from infra.settings import Settings
from projections import base
from projections.measures.question import SummaryLine

broker = pytest.mark.broker


# -- what is hidden besides ----------------------------------------------------------------------------------------


def lines(**patients: int | None) -> list[SummaryLine]:
    """A line for each group by name; None is hidden already."""
    return [group(number, municipality=name) for name, number in patients.items()]


def group(patients: int | None, **keys: str) -> SummaryLine:
    said: dict[str, Any] = dict.fromkeys(SummaryLine.__annotations__)
    said |= {"measure": "W-06", "patients": patients, "count": patients, "suppressed": patients is None}
    return cast(SummaryLine, said | keys)


def shown(found: list[SummaryLine]) -> set[str | None]:
    return {line["municipality"] for line in found if not line["suppressed"]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": 50, "b": 30, "c": 40}, {"a", "b", "c"}),
        ({"a": 50, "b": 30, "c": None}, {"a"}),
        ({"a": 50, "b": None, "c": None}, {"a"}),
        ({"a": 50, "b": None}, set()),
        ({"a": None}, set()),
    ],
)
def test_no_group_is_hidden_alone(given: dict[str, int | None], told: set[str]) -> None:
    found = covered(lines(**given), ("municipality",))
    assert shown(found) == told
    assert all(line["count"] is None for line in found if line["suppressed"])


def test_nor_in_a_row_or_column_of_two_keys() -> None:
    table = {("a", "1"): None, ("a", "2"): 30, ("a", "3"): 40, ("b", "1"): 50, ("b", "2"): 60, ("b", "3"): 70}
    found = covered(
        [group(number, municipality=m, month=month) for (m, month), number in table.items()],
        ("municipality", "month"),
    )
    # In row a the 30 goes with it, in column 1 the 50; then column 2 has one alone, and row b one: the 60 ends both.
    assert {(line["municipality"], line["month"]) for line in found if not line["suppressed"]} == {
        ("a", "3"),
        ("b", "3"),
    }


# -- published -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def region(module_place: Place) -> Iterator[dict[str, Login]]:
    """25 patients of Gävle, of whom one has a protected identity, 21 of Sandviken, 3 of Ockelbo."""
    hidden: Restriction = make(
        Restriction, "protected", rule="protected-identity", journey=patient(0), valid_from=NOTICE
    )
    rows = [*a_region(), hidden]
    with connect(module_place.connections.read_dsn) as connection:
        base.create_schema(connection)
        base.copy_rows(connection, base.SCHEMA, rows, {row.journey: 0 for row in rows})
    with logins(module_place, ["carechain_leader", "carechain_dashboard", "carechain_figures"]) as made:
        yield made


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    module_place: Place,
    region: dict[str, Login],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    monkeypatch.setattr(Settings, "flags", {})
    for name, value in {**module_place.env, "NO_COLOR": "1", "COLUMNS": "160"}.items():
        monkeypatch.setenv(name, value)

    def ask(*words: str, by: Login | None = None) -> tuple[int, str, str]:
        with monkeypatch.context() as patch:
            if by is not None:
                patch.setenv("CARECHAIN_READ_DSN", by.dsn)
            capsys.readouterr()
            code = main.run(("summary", *words))
            out, err = capsys.readouterr()
        return code, out, err

    return ask


def forget(place: Place) -> None:
    with connect(place.connections.read_dsn) as connection:
        connection.execute("DELETE FROM figures.summary")


@broker
@pytest.mark.parametrize("role", ["leader", "dashboard"])
def test_leaders_read_what_is_published_and_nothing_else(
    module_place: Place, region: dict[str, Login], run: Run, role: str
) -> None:
    forget(module_place)
    own = region[role]
    assert run("--published", by=own)[0] == 1
    assert run("--publish", by=own)[0] == 4
    code, _, err = run(by=own)
    assert code == 4
    assert "summary --published" in err

    assert run("--publish")[0] == 0
    code, out, err = run("--published", "--by", "municipality", "--measure", "W-06", "--json", by=own)
    assert code == 0, err
    assert "Published " in err
    assert " ago." in err
    told = json.loads(out)
    assert told["published_at"] == told["as_of"]
    # 24 of Gävle and 21 of Sandviken; 3 of Ockelbo and the one nobody may place are too few.
    assert {line["municipality"]: line["patients"] for line in told["data"]} == {
        "2180": 24,
        "2181": 21,
        "2101": None,
        None: None,
    }
    (total,) = json.loads(run("--published", "--measure", "W-06", "--json", by=own)[1])["data"]
    assert total["patients"] == 49
    code, out, err = run("--published", "--by", "municipality", by=own)
    assert code == 0
    assert "Gävle" in out


@broker
@pytest.mark.parametrize(
    "words",
    [
        ("--published", "--by", "region", "--by", "month"),
        ("--published", "--municipality", "Gävle"),
        ("--published", "--small-groups"),
        ("--publish", "--by", "region"),
        ("--publish", "--measure", "W-06"),
    ],
)
def test_other_questions_are_refused(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words)[0] == 2


@broker
def test_a_set_takes_the_place_of_the_one_before_whole(module_place: Place, region: dict[str, Login]) -> None:
    """Two that publish at once, as the service that counts and with its rights alone, leave one set."""
    forget(module_place)
    made = [
        Figures(region["figures"].dsn, interval=timedelta(hours=1), clock=lambda: datetime.now(UTC))
        for _ in range(2)
    ]
    threads = [threading.Thread(target=one.publish) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(module_place.connections.read_dsn) as connection:
        found = connection.execute(
            "SELECT count(DISTINCT made_at), count(DISTINCT by), count(*) FROM figures.summary"
            " WHERE line ->> 'measure' = 'W-06'"
        ).fetchone()
    assert found is not None
    assert found[:2] == (1, len(GROUPINGS))


@broker
def test_they_are_published_again_when_they_are_old_enough(
    module_place: Place, region: dict[str, Login]
) -> None:
    forget(module_place)
    time = [datetime(2026, 4, 1, 12, 0, tzinfo=UTC)]
    figures = Figures(module_place.connections.read_dsn, interval=timedelta(hours=1), clock=lambda: time[0])
    assert figures.keep_up()
    time[0] += timedelta(minutes=59)
    assert figures.keep_up() is None
    time[0] += timedelta(minutes=1)
    assert figures.keep_up()


@broker
def test_nothing_is_published_before_anything_is_shown(place: Place) -> None:
    worker = workers.figures(place.settings, place.connections)
    assert worker.name == "figures"
    assert Figures(place.connections.read_dsn, interval=timedelta(hours=1)).keep_up() is None
