"""Stays of a whole region, as rows written by hand: what figures over many patients are counted from."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from hand_rows import make

from domain.rows import NAMESPACE, Row, Wait

NOTICE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Monday 2 March 2026, 10:00 in Sweden."""
DAY = timedelta(days=1)


def patient(number: int) -> UUID:
    return uuid5(NAMESPACE, f"patient {number}")


def ready(number: int, days: int, municipality: str, *, region: str = "21", start: datetime = NOTICE) -> Wait:
    """Ready for discharge, and discharged so many days later."""
    wait: Wait = make(
        Wait,
        f"W-06/{number}/{start}",
        rule="W-06",
        journey=patient(number),
        value_unit="dates",
        valid_from=start,
        started_at=start,
        ended_at=start + days * DAY,
        outcome="discharged",
        municipality=municipality,
        region=region,
    )
    return wait


def a_region() -> list[Row]:
    """25 patients of Gävle with 0, 1, 2, 3, 4 days, five of each; 21 of Sandviken with 2 days; 3 of Ockelbo with 9."""
    gavle = [ready(number, number % 5, "2180") for number in range(25)]
    sandviken = [ready(100 + number, 2, "2181") for number in range(21)]
    ockelbo = [ready(200 + number, 9, "2101") for number in range(3)]
    return [*gavle, *sandviken, *ockelbo]
