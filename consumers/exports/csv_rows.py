"""CSV: one fact a line, for spreadsheets and for programs that read nothing else.

Columns: ``journey`` (whose it counts as), ``stay``, ``fact``, ``happened`` and ``recorded`` (UTC, ISO 8601), ``precision``
(second, minute or day), ``state`` (happened, voided, amended, sealed), ``unit``, ``role``, ``controller``, ``municipality``
and ``region`` (SCB codes), ``regime`` (HSL or SoL), ``staff`` (a reference), ``source``, ``sent``, ``fact_on_record`` and
``happened_on_record`` (as recorded, where they were amended), ``mends`` and ``mended_by`` (ids of facts), ``chain`` (the
journey it stands in), ``version``, ``position``, ``id``, ``hash``. A cell that a spreadsheet would take for a formula
begins with an apostrophe.
"""

import csv
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TextIO

from consumers.exports.shown import ShownFact, ShownJourney
from domain.calendar import format_instant

COLUMNS = (
    "journey",
    "stay",
    "fact",
    "happened",
    "recorded",
    "precision",
    "state",
    "unit",
    "role",
    "controller",
    "municipality",
    "region",
    "regime",
    "staff",
    "source",
    "sent",
    "fact_on_record",
    "happened_on_record",
    "mends",
    "mended_by",
    "chain",
    "version",
    "position",
    "id",
    "hash",
)
FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes for the beginning of a formula."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
"""A line end in a cell would begin a row, and with it a formula."""


def write(journeys: Iterable[ShownJourney], to: TextIO) -> None:
    """Write the table with its heading."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    for journey in journeys:
        writer.writerows(map(_row, journey.facts))


def _row(fact: ShownFact) -> list[str]:
    record = fact.evidence
    values = (
        fact.case,
        fact.stay,
        fact.kind,
        fact.time,
        fact.recorded_at,
        fact.precision,
        fact.state,
        fact.unit,
        fact.role,
        fact.controller,
        fact.municipality,
        fact.region,
        fact.regime,
        fact.actor,
        fact.source,
        record and record.sent_at,
        fact.kind_on_record,
        fact.time_on_record,
        " ".join(fact.mends),
        fact.mended_by,
        record and record.journey,
        record and record.version,
        record and record.position,
        fact.id,
        record and record.hash,
    )
    return [_cell(value) for value in values]


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = format_instant(value) if isinstance(value, datetime) else _CONTROL.sub(" ", str(value))
    return f"'{text}" if text.lstrip().startswith(FORMULA) else text
