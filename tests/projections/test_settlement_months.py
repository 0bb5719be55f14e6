"""The rows of municipalities' months as they are read for a settlement, and the means of all stays beside them."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import psycopg
from hand_rows import JOURNEY, make

from domain.agreement import AVERAGE, Agreement, PaymentTerms
from domain.basis import Basis
from domain.population import Population
from domain.rows import NAMESPACE, Responsibility, Row, TimelineEntry, Wait, at
from domain.settled import Figures
from domain.spells import Spell, spells_of
from projections import base
from projections.settlement import Month, journeys_about, months, months_with_cases, spells

Shown = psycopg.Connection[Any]
GAVLE, SANDVIKEN = "2180", "2181"
LATER = datetime(2026, 5, 1, 9, tzinfo=UTC)
BASIS = Basis(
    agreements=(
        Agreement(
            id="own",
            version=1,
            title="Own",
            payment=PaymentTerms(model=AVERAGE, threshold_days=1.0),
        ),
    )
)

PEOPLE = Population(
    id="people",
    title="People",
    as_of=date(2025, 12, 31),
    source="by hand",
    total={GAVLE: 100_000, SANDVIKEN: 40_000},
    aged_65={GAVLE: 27_000},
)


def day(month: int, day_: int, hour: int = 9) -> datetime:
    return datetime(2026, month, day_, hour, tzinfo=UTC)


def patient(name: str) -> UUID:
    return uuid5(NAMESPACE, f"patient {name}")


def ready(name: str, municipality: str | None, notice: datetime, end: datetime | None, **more: Any) -> Wait:
    """Ready for discharge from a notice; discharged, unless it says otherwise."""
    wait: Wait = make(
        Wait,
        f"W-06 {name}",
        **{
            "rule": "W-06",
            "value_unit": "dates",
            "journey": patient(name),
            "stay": uuid5(NAMESPACE, f"stay {name}"),
            "municipality": municipality,
            "valid_from": notice,
            "started_at": notice,
            "ended_at": end,
            "outcome": "discharged",
            "agreement": "own@1",
            **more,
        },
    )
    return wait


def paid(name: str, payer: str, start: datetime, end: datetime, **more: Any) -> Wait:
    """Paid for by a municipality, and told of by a notice on 1 March."""
    said: dict[str, Any] = {
        "id": uuid5(NAMESPACE, f"W-11 {name}"),
        "rule": "W-11",
        "party": f"municipality:{payer}",
        "opened_by": ("admission", f"notice {name}"),
        **more,
    }
    return ready(name, GAVLE, start, end, **said)


def notice(name: str, rule: str = "discharge-ready-notified") -> TimelineEntry:
    entry: TimelineEntry = make(
        TimelineEntry,
        f"timeline {name}",
        rule=rule,
        journey=patient(name),
        valid_from=day(3, 1),
        started_at=day(3, 1),
        opened_by=(f"notice {name}",),
    )
    return entry


def put(connection: Shown, *rows: Row) -> None:
    base.copy_rows(connection, base.SCHEMA, rows, {row.journey: 0 for row in rows})


def march(connection: Shown, now: datetime = LATER) -> dict[str, Month]:
    return months(connection, base.SCHEMA, [GAVLE, SANDVIKEN], "2026-03", now, BASIS, PEOPLE)


MONTH = (
    ready("a", GAVLE, day(3, 2), day(3, 2, 15)),
    ready("b", GAVLE, day(3, 2), day(3, 3)),
    ready("c", GAVLE, day(2, 26), day(3, 3)),
    # 23:30 UTC on 31 March is 1 April in Sweden; 22:30 on 28 February is still February.
    ready("d", GAVLE, day(3, 31), day(3, 31, 23)),
    ready("h", GAVLE, day(2, 20), datetime(2026, 2, 28, 22, 30, tzinfo=UTC)),
    ready("e", None, day(3, 2), day(3, 4)),
    ready("f", GAVLE, day(3, 2), day(3, 9), outcome="withdrawn"),
    ready("g", GAVLE, day(3, 2), None, outcome=None),
    ready("i", SANDVIKEN, day(3, 2), day(3, 9), agreement="statute@1"),
)
"""Gävle in March: 0, 1 and 5 days; Sandviken 7, under the statute."""


def test_the_month_is_settled_and_the_means_of_all_stays_stand_beside(shown: Shown) -> None:
    """Stockholm's mean is 6/3, SKR's leaves the zero out: 6/2. With a threshold of one day 6 - 3 = 3 are paid for."""
    put(shown, *MONTH)
    found = march(shown)
    gavle, sandviken = found[GAVLE], found[SANDVIKEN]
    assert gavle.figures == Figures(
        discharged=3,
        days=6.0,
        mean_stockholm=2.0,
        stays_one_day=2,
        mean_skr=3.0,
        per_1000_aged_65=0.2222,
    )
    (mean,) = gavle.settled.means
    assert (mean.discharged, mean.days, str(mean.billable)) == (3, 6, "3.0")
    assert [case.days for case in gavle.settled.cases] == [0, 5, 1]
    assert (sandviken.settled.means, sandviken.figures.days) == ((), 7.0)
    assert (gavle.agreements, sandviken.agreements) == (("own@1",), ("statute@1",))


def test_days_per_1000_aged_65_or_older(shown: Shown) -> None:
    """Six days among 27 000 in Gävle: 0.2222. Of Sandviken the file does not say."""
    put(shown, *MONTH)
    found = march(shown)
    assert found[GAVLE].figures.per_1000_aged_65 == 0.2222
    assert str(found[GAVLE].settled.means[0].per_1000_aged_65) == "0.2222"
    assert found[SANDVIKEN].figures.per_1000_aged_65 is None


def test_a_month_of_zeros_has_no_mean_by_skr(shown: Shown) -> None:
    put(shown, ready("a", GAVLE, day(3, 2), day(3, 2, 15)))
    figures = march(shown)[GAVLE].figures
    assert (figures.mean_stockholm, figures.stays_one_day, figures.mean_skr) == (0.0, 0, None)


def test_a_month_without_stays(shown: Shown) -> None:
    found = march(shown)[GAVLE]
    assert (found.figures, found.spells, found.settled.means) == (Figures(), (), ())


def test_a_stay_that_ended_after_the_moment_asked_about_had_not(shown: Shown) -> None:
    put(shown, *MONTH)
    assert [case.days for case in march(shown, day(3, 2, 16))[GAVLE].settled.cases] == [0]


def test_days_paid_for_are_the_payers_however_they_ended(shown: Shown) -> None:
    """The patient is Gävle's in the end; Sandviken paid until the move. The notice's day stands in the timeline."""
    put(
        shown,
        paid("a", SANDVIKEN, day(3, 5), day(3, 8), outcome="moved"),
        notice("a"),
        paid("b", GAVLE, day(3, 5), day(3, 6)),
        notice("b", "compulsory-open-care-decided"),
        paid("c", GAVLE, day(3, 5), day(3, 6)),
        notice("c", "sip-meeting-called"),
    )
    found = march(shown)
    (alone,) = spells(shown, base.SCHEMA, [SANDVIKEN], "2026-03", LATER)
    (moved,) = found[SANDVIKEN].settled.cases
    assert alone.id == moved.id
    assert (moved.days, moved.outcome, moved.notified) == (3, "moved", date(2026, 3, 1))
    assert {case.journey: case.notified for case in found[GAVLE].settled.cases} == {
        patient("b"): date(2026, 3, 1),
        patient("c"): None,
    }


def test_sql_and_rows_in_memory_give_the_same(shown: Shown) -> None:
    rows = [
        *MONTH,
        paid("a", GAVLE, day(3, 5), day(3, 8)),
        notice("a"),
        paid("c", GAVLE, day(3, 5), day(3, 8)),
        notice("c", "sip-meeting-called"),
        paid("k", GAVLE, day(4, 5), day(4, 8)),
    ]
    put(shown, *rows)
    for now in (day(3, 3, 12), LATER):
        read = spells(shown, base.SCHEMA, [GAVLE, SANDVIKEN], "2026-03", now)
        of_rows = [
            s
            for s in spells_of(at(rows, now))
            if s.month == "2026-03" and s.municipality in (GAVLE, SANDVIKEN)
        ]
        assert sorted(read, key=_id) == sorted(of_rows, key=_id)
        assert read


def _id(spell: Spell) -> str:
    return str(spell.id)


def test_which_months_have_cases(shown: Shown) -> None:
    put(shown, *MONTH, paid("z", "1480", day(3, 5), day(3, 8), agreement="statute@1"))
    assert months_with_cases(shown, base.SCHEMA, None, LATER) == [
        (GAVLE, "2026-02", ("own@1",)),
        ("1480", "2026-03", ("statute@1",)),
        (GAVLE, "2026-03", ("own@1",)),
        (SANDVIKEN, "2026-03", ("statute@1",)),
        (GAVLE, "2026-04", ("own@1",)),
    ]
    assert months_with_cases(shown, base.SCHEMA, [SANDVIKEN], LATER) == [
        (SANDVIKEN, "2026-03", ("statute@1",))
    ]
    assert months_with_cases(shown, base.SCHEMA, [SANDVIKEN], day(3, 4)) == []


def test_who_was_in_hospital_while_a_municipality_answered(shown: Shown) -> None:
    def row(name: str, start: datetime, end: datetime | None, municipality: str = GAVLE) -> Responsibility:
        found: Responsibility = make(
            Responsibility,
            name,
            rule="payment",
            journey=patient(name),
            valid_from=start,
            started_at=start,
            ended_at=end,
            municipality=municipality,
        )
        return found

    put(
        shown,
        row("over", day(2, 20), day(2, 27)),
        row("into", day(2, 20), day(3, 2)),
        row("still", day(3, 20), None),
        row("later", day(4, 2), None),
        row("theirs", day(3, 2), day(3, 3), SANDVIKEN),
        make(Responsibility, "care", rule="care", municipality=GAVLE, valid_from=day(3, 2), journey=JOURNEY),
    )
    assert set(journeys_about(shown, base.SCHEMA, GAVLE, "2026-03", LATER)) == {
        patient("into"),
        patient("still"),
    }
