"""W-09: days *utskrivningsklar* per 1 000 inhabitants aged 65 or older (Väntetider i vården).

Days of patients of every age, as published since 2017; the denominator is those aged 65 or older.
"""

from collections.abc import Iterator

from domain.subject import Rule
from projections.measures.question import Question, SummaryLine, rated
from projections.measures.w_07 import READY

RULE = Rule(
    "W-09",
    "Days ready for discharge per 1 000 aged 65 or older",
    "Väntetider i vården",
    unit="dates",
    word="resource-efficient",
)


def lines(question: Question) -> Iterator[SummaryLine]:
    """One line per group."""
    yield from rated(question, RULE, READY, "total", aged_65=True)
