"""XES (IEEE 1849): an event log of process mining, a trace for each journey or each stay.

Facts that count are events, in the order in which they happened; what was voided and what voided it are not. Besides the
standard's own attributes an event says when it was ``recorded``, how exactly its time is known (``precision``), its
``state``, ``regime``, ``source``, ``stay``, and ``fact``: its id on record.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TextIO
from uuid import UUID
from xml.sax.saxutils import quoteattr

from consumers.exports.shown import ShownFact, ShownJourney
from domain.calendar import format_instant

Case = Literal["journey", "stay"]

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849.2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <global scope="trace">
    <string key="concept:name" value=""/>
  </global>
  <global scope="event">
    <string key="concept:name" value=""/>
    <date key="time:timestamp" value="1970-01-01T00:00:00.000Z"/>
    <string key="lifecycle:transition" value="complete"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
  <classifier name="Activity and transition" keys="concept:name lifecycle:transition"/>
  <string key="concept:name" value="carechain"/>
  <string key="lifecycle:model" value="standard"/>
"""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def counting(journey: ShownJourney) -> list[ShownFact]:
    """The facts that count as having happened, in the order in which they did."""
    counted = [fact for fact in journey.facts if not fact.correction and fact.state != "voided"]
    return sorted(counted, key=lambda fact: (fact.time, fact.in_order_of_record, fact.id))


def write(journeys: Iterable[ShownJourney], to: TextIO, *, case: Case = "journey") -> None:
    """Write the log. By stay, facts that belong to no stay are left out."""
    to.write(_HEAD)
    for journey in journeys:
        for name, facts in _traces(journey, case):
            to.write("  <trace>\n")
            to.write(_attribute("    ", "string", "concept:name", str(name)))
            if case == "stay":
                to.write(_attribute("    ", "string", "journey", str(journey.case)))
            for fact in facts:
                _write_event(fact, to)
            to.write("  </trace>\n")
    to.write("</log>\n")


def _traces(journey: ShownJourney, case: Case) -> Iterator[tuple[UUID, list[ShownFact]]]:
    facts = counting(journey)
    if case == "journey":
        if facts:
            yield journey.case, facts
        return
    stays: dict[UUID, list[ShownFact]] = {}
    for fact in facts:
        if fact.stay is not None:
            stays.setdefault(fact.stay, []).append(fact)
    yield from stays.items()


def _write_event(fact: ShownFact, to: TextIO) -> None:
    to.write("    <event>\n")
    strings: Mapping[str, str | None] = {
        "concept:name": fact.kind,
        "lifecycle:transition": "complete",
        "org:group": fact.unit,
        "org:role": fact.role,
        "org:resource": fact.actor,
    }
    more: Mapping[str, str | None] = {
        "precision": fact.precision,
        "state": fact.state,
        "regime": fact.regime,
        "source": fact.source,
        "stay": str(fact.stay) if fact.stay else None,
        "fact": fact.id,
    }
    for key, value in strings.items():
        to.write(_attribute("      ", "string", key, value))
    to.write(_attribute("      ", "date", "time:timestamp", format_instant(fact.time)))
    recorded = format_instant(fact.recorded_at) if fact.recorded_at else None
    to.write(_attribute("      ", "date", "recorded", recorded))
    for key, value in more.items():
        to.write(_attribute("      ", "string", key, value))
    to.write("    </event>\n")


def _attribute(indent: str, kind: str, key: str, value: str | None) -> str:
    """One attribute; nothing for what is not known, which XES has no word for."""
    if value is None:
        return ""
    return f"{indent}<{kind} key={quoteattr(key)} value={quoteattr(_NOT_XML.sub('�', value))}/>\n"
