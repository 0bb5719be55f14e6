"""How good it is what the sources send, by source, unit and month: what is late, repeated, contradictory, lacking."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, LiteralString, TypedDict, cast

from psycopg import Connection, sql

from domain.calendar import start_of_local_day
from domain.contradictions import CONTRADICTIONS
from domain.fact import load_catalogue
from domain.facts.correction import Correction
from projections.query import Filters, select, where

Key = Literal["source", "unit", "month"]
KEYS: tuple[Key, ...] = ("source", "month", "unit")
"""What a scorecard is told by, in the order of its lines."""
LATE_AFTER = 24.0
"""Hours after which a fact is late, where nothing else is asked."""
SMALL = 20
"""A share of fewer facts than this says little, and is marked."""
PLACES = 4


class Lacking(TypedDict):
    """How often one kind of fact lacked one mandatory item."""

    fact: str
    item: str
    facts: int
    """Facts of the kind that were asked for it: those that count, can be read, and that Swedish care answers for."""
    lacking: int
    share: float


class Unmapped(TypedDict):
    """Messages of one kind that told no fact."""

    verdict: str
    """``put_aside`` (a dead letter) or ``not_of_use``."""
    kind: str
    reason: str | None
    messages: int


class QualityLine(TypedDict):
    """The scorecard of a source, unit and month. Shares are from 0 to 1, none where there is nothing to share."""

    source: str | None
    """The sending system; of a message that could not be read, the format it has."""
    unit: str | None
    """The unit that acted, as ``system:value``; of messages the one they came from."""
    month: str | None
    """In Sweden, as ``2026-03``: of facts the month of the act, of messages that of the receipt."""
    facts: int
    """Facts recorded, the voided ones too; corrections are not counted as facts."""
    late: int
    """Recorded more than the hours asked for after they happened. Where the day alone is known, after that day."""
    late_share: float | None
    ahead: int
    """Recorded before they happened, by the time they tell."""
    contradictory: int
    """Named by a finding that tells of a contradiction (``domain.contradictions``)."""
    contradictory_share: float | None
    corrected: int
    """Voided or amended since."""
    corrected_share: float | None
    judged: int
    """Facts that mandatory items were asked of."""
    lacking: int
    """Of those, how many lacked one or more."""
    lacking_share: float | None
    delay_median: float | None
    """Hours from when it happened until it was recorded; none is below 0."""
    delay_p90: float | None
    """Nine of ten are at or below it."""
    messages: int | None
    """Messages received; none, as all that follows, where it was not asked as of now, or about places or a patient."""
    repeated: int | None
    """Messages that told nothing but what was known."""
    repeated_share: float | None
    unmapped: int | None
    """Messages put aside, or not of use."""
    unmapped_share: float | None
    small: bool
    """It rests on fewer than 20 facts."""
    missing: list[Lacking]
    """Item by item, for those that were lacking."""
    unmapped_by: list[Unmapped]
    """Kind by kind, and why."""


FIGURES = ("late", "repeated", "contradictory", "corrected", "unmapped", "lacking")
"""What is told as a share."""


@dataclass(frozen=True)
class Asked:
    """What a scorecard is asked for."""

    filters: Filters
    now: datetime
    """UTC."""
    by: tuple[Key, ...] = KEYS
    source: str | None = None
    since: date | None = None
    """The first day, in Sweden."""
    before: date | None = None
    """The day after the last one."""
    late_after: float = LATE_AFTER
    """Hours."""

    def given(self) -> dict[str, object]:
        """What the statements are given."""
        _, about = where(self.filters)
        return {
            **about,
            "now": self.now,
            "source": self.source,
            "begin": None if self.since is None else start_of_local_day(self.since),
            "end": None if self.before is None else start_of_local_day(self.before),
            "late_after": self.late_after,
            "before": len(_BEFORE_ID),
            "before_id": _BEFORE_ID,
            "contradictions": list(CONTRADICTIONS),
            "corrections": [kind.NAME for kind in load_catalogue().values() if issubclass(kind, Correction)],
        }


# Where a fact's id stands in its bytes. Every store writes envelopes in one order; one that is otherwise is searched.
_BEFORE_ID = b'{"specversion":"1.0","id":"'
_FACT_ID: LiteralString = """
    CASE WHEN substring(f.raw FROM 1 FOR %(before)s::int4) = %(before_id)s
    THEN encode(substring(f.raw FROM %(before)s::int4 + 1 FOR 64), 'escape')
    ELSE substring(encode(f.raw, 'escape') FROM '"id":"([0-9a-f]{64})"') END
"""
_CHOSEN: LiteralString = """
    WITH RECURSIVE chosen AS MATERIALIZED (
        SELECT r.journey, r.source, r.unit, to_char(r.started_at AT TIME ZONE 'Europe/Stockholm', 'YYYY-MM') AS month,
            r.rule AS fact, r.opened_by[1] AS id, r.started_at, r.at_latest, r.judged, r.lacks, r.detail
        FROM {timeline}(%(now)s) r
        WHERE r.rule <> ALL(%(corrections)s) AND (%(source)s::text IS NULL OR r.source = %(source)s)
            AND (%(begin)s::timestamptz IS NULL OR r.started_at >= %(begin)s)
            AND (%(end)s::timestamptz IS NULL OR r.started_at < %(end)s) AND {wanted}
    )
"""
# When a fact was recorded is no part of what was concluded, which does not depend on it: it stands in the journal, where
# a fact may be in another of the person's journeys than the one it is shown under.
_ACTS: LiteralString = """
    , mine AS (
        SELECT journey FROM chosen UNION SELECT l.other FROM journal.link l JOIN mine m ON l.journey = m.journey
    ), recorded AS (
        SELECT {fact_id} AS id, f.recorded_at FROM journal.fact f WHERE f.journey IN (SELECT journey FROM mine)
    ), named AS (
        SELECT DISTINCT unnest(f.opened_by) AS id FROM {findings}(%(now)s) f WHERE f.rule = ANY(%(contradictions)s)
    ), act AS (
        SELECT c.source, c.unit, c.month, c.judged, c.lacks, c.detail, j.recorded_at < c.started_at AS ahead,
            (extract(epoch FROM j.recorded_at - c.at_latest) / 3600)::float8 AS delay,
            n.id IS NOT NULL AS contradictory
        FROM chosen c LEFT JOIN recorded j ON j.id = c.id LEFT JOIN named n ON n.id = c.id
    )
"""
_SCORES: LiteralString = """
    SELECT {keys} count(*) AS facts, count(*) FILTER (WHERE delay > %(late_after)s) AS late,
        count(*) FILTER (WHERE ahead) AS ahead, count(*) FILTER (WHERE contradictory) AS contradictory,
        count(*) FILTER (WHERE detail IN ('voided', 'amended')) AS corrected,
        count(*) FILTER (WHERE judged) AS judged, count(*) FILTER (WHERE judged AND lacks <> '{{}}') AS lacking,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY greatest(delay, 0)) FILTER (WHERE delay IS NOT NULL) AS delay_median,
        percentile_cont(0.9) WITHIN GROUP (ORDER BY greatest(delay, 0)) FILTER (WHERE delay IS NOT NULL) AS delay_p90
    FROM act {grouped}
"""
_LACKING: LiteralString = """
    , asked AS (SELECT {keys} fact, count(*) AS facts FROM chosen WHERE judged GROUP BY {keys} fact)
    , lack AS (
        SELECT {keys} fact, item, count(*) AS lacking FROM chosen CROSS JOIN LATERAL unnest(lacks) AS item
        WHERE judged GROUP BY {keys} fact, item
    ) SELECT {of_lack} l.fact, l.item, a.facts, l.lacking FROM lack l JOIN asked a ON {same} a.fact = l.fact
    ORDER BY l.fact, l.item
"""
_RECEIVED: LiteralString = """
    SELECT {keys} verdict, kind, nullif(reason, '') AS reason, sum(messages)::int8 AS messages FROM (
        SELECT source, nullif(unit, '') AS unit, month, kind, verdict, reason, messages FROM store.received
    ) r WHERE (%(source)s::text IS NULL OR source = %(source)s) AND (%(unit)s::text IS NULL OR unit = %(unit)s)
        AND (%(first)s::text IS NULL OR month >= %(first)s) AND (%(last)s::text IS NULL OR month <= %(last)s)
    GROUP BY {keys} verdict, kind, nullif(reason, '') ORDER BY verdict, kind, nullif(reason, '') NULLS FIRST
"""

Group = tuple[str | None, ...]


def quality(
    connection: Connection[Any], schema: str, asked: Asked, store: Connection[Any] | None = None
) -> list[QualityLine]:
    """The scorecards, in order of their keys. ``store`` is where messages are counted; without it none are told."""
    scores = {_group(asked, line): line for line in _ask(connection, schema, asked, _SCORES)}
    lacking: dict[Group, list[Lacking]] = {}
    for line in _ask(connection, schema, asked, _LACKING):
        lacking.setdefault(_group(asked, line), []).append(_lacking(line))
    received = _received(store, asked) if store is not None else {}
    groups = scores.keys() | received.keys()
    if not asked.by and not any(line["facts"] for line in scores.values()) and not received:
        return []
    return [
        _line(asked, group, scores.get(group), lacking.get(group, []), received, told=store is not None)
        for group in sorted(groups, key=lambda group: [(name is not None, name or "") for name in group])
    ]


def _ask(
    connection: Connection[Any], schema: str, asked: Asked, statement: LiteralString
) -> list[dict[str, Any]]:
    wanted, _ = where(asked.filters)
    chosen = sql.SQL(_CHOSEN).format(timeline=sql.Identifier(schema, "timeline_at"), wanted=wanted)
    acts = sql.SQL(_ACTS).format(fact_id=sql.SQL(_FACT_ID), findings=sql.Identifier(schema, "findings_at"))
    names = [sql.Identifier(key) for key in asked.by]
    asks = sql.SQL(statement).format(
        keys=sql.SQL("").join(sql.SQL("{}, ").format(name) for name in names),
        of_lack=sql.SQL("").join(sql.SQL("l.{}, ").format(name) for name in names),
        same=sql.SQL("").join(
            sql.SQL("a.{0} IS NOT DISTINCT FROM l.{0} AND ").format(name) for name in names
        ),
        grouped=sql.SQL("GROUP BY {}").format(sql.SQL(", ").join(names)) if names else sql.SQL(""),
    )
    needs_acts = statement is _SCORES
    return select(connection, chosen + acts + asks if needs_acts else chosen + asks, asked.given())


def _received(store: Connection[Any], asked: Asked) -> dict[Group, list[dict[str, Any]]]:
    """What became of messages, by the same keys; of whole months, as that is how they are counted."""
    keys = sql.SQL("").join(sql.SQL("{}, ").format(sql.Identifier(key)) for key in asked.by)
    last = None if asked.before is None else date.fromordinal(asked.before.toordinal() - 1)
    given = {
        "source": asked.source,
        "unit": asked.filters.unit,
        "first": None if asked.since is None else f"{asked.since:%Y-%m}",
        "last": None if last is None else f"{last:%Y-%m}",
    }
    found: dict[Group, list[dict[str, Any]]] = {}
    for line in select(store, sql.SQL(_RECEIVED).format(keys=keys), given):
        found.setdefault(_group(asked, line), []).append(line)
    return found


def _group(asked: Asked, line: Mapping[str, Any]) -> Group:
    return tuple(line[key] for key in asked.by)


def _lacking(line: Mapping[str, Any]) -> Lacking:
    share = _share(line["lacking"], line["facts"])
    assert share is not None
    return Lacking(
        fact=line["fact"], item=line["item"], facts=line["facts"], lacking=line["lacking"], share=share
    )


def _line(
    asked: Asked,
    group: Group,
    scores: Mapping[str, Any] | None,
    lacking: Sequence[Lacking],
    received: Mapping[Group, Sequence[Mapping[str, Any]]],
    *,
    told: bool,
) -> QualityLine:
    known: dict[str, Any] = dict.fromkeys(QualityLine.__annotations__)
    known |= {"source": asked.source, "unit": asked.filters.unit, **dict(zip(asked.by, group, strict=True))}
    known |= dict.fromkeys(("facts", "late", "ahead", "contradictory", "corrected", "judged", "lacking"), 0)
    known |= {name: value for name, value in (scores or {}).items() if name in known}
    for name in ("late", "contradictory", "corrected"):
        known[f"{name}_share"] = _share(known[name], known["facts"])
    known["lacking_share"] = _share(known["lacking"], known["judged"])
    for name in ("delay_median", "delay_p90"):
        known[name] = None if known[name] is None else round(known[name], PLACES)
    messages = received.get(group, ())
    if told:
        known |= _messages(messages)
    known |= {
        "small": known["facts"] < SMALL,
        "missing": list(lacking),
        "unmapped_by": [
            Unmapped(verdict=m["verdict"], kind=m["kind"], reason=m["reason"], messages=m["messages"])
            for m in messages
            if m["verdict"] in _UNMAPPED
        ],
    }
    return cast(QualityLine, known)


_UNMAPPED = ("put_aside", "not_of_use")


def _messages(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    counts = [(line["verdict"], line["messages"]) for line in found]
    every = sum(count for _, count in counts)
    repeated = sum(count for verdict, count in counts if verdict == "known")
    unmapped = sum(count for verdict, count in counts if verdict in _UNMAPPED)
    return {
        "messages": every,
        "repeated": repeated,
        "repeated_share": _share(repeated, every),
        "unmapped": unmapped,
        "unmapped_share": _share(unmapped, every),
    }


def _share(part: int, of: int) -> float | None:
    return None if not of else round(part / of, PLACES)


def above(lines: Iterable[QualityLine], limits: Mapping[str, float]) -> list[QualityLine]:
    """The lines on which something is above its limit: a share by a name of ``FIGURES``, or hours by ``delay``."""
    return [line for line in lines if any(_above(line, name, limit) for name, limit in limits.items())]


def _above(line: Mapping[str, Any], name: str, limit: float) -> bool:
    value = line["delay_p90" if name == "delay" else f"{name}_share"]
    return value is not None and value > limit


COLUMNS = tuple(QualityLine.__annotations__)
"""The keys of a line, in order."""
