"""The region's picture: every measure under one of the five words, side by side, small groups hidden."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from types import ModuleType
from typing import Any, get_args

from psycopg import Connection

from domain.conclude import rules
from domain.discovery import modules_of
from domain.subject import Rule, Word
from projections.measures.question import Key, Question, SummaryLine, hidden
from projections.population import population_in
from projections.query import Filters

WORDS: tuple[Word, ...] = get_args(Word)


def summary(
    connection: Connection[Any],
    schema: str,
    filters: Filters,
    now: datetime,
    *,
    by: Sequence[Key] = (),
    month: str | None = None,
    small_groups: bool = False,
) -> list[SummaryLine]:
    """Every measure, or those of ``filters.rules``, at ``now`` (UTC), in the order of the five words.

    ``month`` is ``2026-03``. With ``small_groups`` groups of fewer than 20 patients are told, too.
    """
    wanted = filters.rules
    everything = Filters(
        journeys=filters.journeys,
        unit=filters.unit,
        municipality=filters.municipality,
        region=filters.region,
        known_at=filters.known_at,
    )
    population = population_in(connection, known_at=filters.known_at)
    question = Question(connection, schema, everything, now, tuple(by), month, population)
    found = [
        line
        for module in _modules()
        for line in module.lines(question)
        if wanted is None or line["measure"] in wanted
    ]
    return sorted(found if small_groups else hidden(found), key=_place)


@cache
def all_measures() -> dict[str, Rule]:
    """Every measure by id: those of each patient, and those that only many patients have."""
    own = [module.RULE for module in _modules() if hasattr(module, "RULE")]
    patient = [rule for rule in rules().values() if rule.id.startswith("W-")]
    return {rule.id: rule for rule in sorted([*patient, *own], key=lambda rule: rule.id)}


def _modules() -> tuple[ModuleType, ...]:
    """Each module of ``projections.measures`` that offers ``lines``."""
    return tuple(module for module in modules_of("projections.measures") if hasattr(module, "lines"))


def _place(line: SummaryLine) -> tuple[object, ...]:
    word = line["word"]
    groups = (line["region"], line["municipality"], line["provider"], line["unit"], line["month"])
    return (
        WORDS.index(word) if word is not None else len(WORDS),
        line["measure"],
        line["part"] or "",
        tuple(group or "" for group in groups),
    )
