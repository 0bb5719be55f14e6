"""W-08: stays of one day or more *utskrivningsklar*, and per 1 000 inhabitants (Region Gävleborg, Region Örebro län)."""

from collections.abc import Iterator

from domain.subject import Rule
from projections.measures.question import Question, SummaryLine, rated
from projections.measures.w_07 import READY

RULE = Rule(
    "W-08",
    "Stays ready for discharge a day or more, per 1 000 inhabitants",
    "Region Gävleborg; Region Örebro län (resultatportal)",
    unit="stays",
    word="resource-efficient",
)


def lines(question: Question) -> Iterator[SummaryLine]:
    """One line per group."""
    yield from rated(question, RULE, f"{READY} AND r.value >= 1", "count")
