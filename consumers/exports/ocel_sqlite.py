"""OCEL 2.0 as an SQLite file: the tables of the specification, one more for each type of event and of object."""

import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from consumers.exports.ocel import ALWAYS, EVENT_ATTRIBUTES, OBJECT_ATTRIBUTES, Event, Object, Objects
from consumers.exports.shown import ShownJourney
from consumers.exports.xes import counting

_TABLES = """
CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT);
CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES event_map_type (ocel_type));
CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT REFERENCES object_map_type (ocel_type));
CREATE TABLE event_object (
    ocel_event_id TEXT REFERENCES event (ocel_id),
    ocel_object_id TEXT REFERENCES object (ocel_id),
    ocel_qualifier TEXT,
    PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier)
);
CREATE TABLE object_object (
    ocel_source_id TEXT REFERENCES object (ocel_id),
    ocel_target_id TEXT REFERENCES object (ocel_id),
    ocel_qualifier TEXT,
    PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier)
);
"""
_SQL_TYPES = {"string": "TEXT", "time": "TIMESTAMP"}


def write(journeys: Iterable[ShownJourney], to: Path) -> None:
    """Write the log into a new file."""
    with closing(sqlite3.connect(to)) as database, database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.executescript(_TABLES)
        objects, types = Objects(), set[str]()
        for journey in journeys:
            for fact in counting(journey):
                event = objects.event(fact)
                if event.type not in types:
                    types.add(event.type)
                    _make_event_type(database, event.type)
                _insert_event(database, event)
        for kind, attributes in OBJECT_ATTRIBUTES.items():
            _make_object_type(database, kind, attributes)
        for one in objects.met():
            _insert_object(database, one)


def table_of(name: str) -> str:
    """What stands for a type in the name of its table: ``patient-admitted`` is ``PatientAdmitted``."""
    return "".join(part.capitalize() for part in name.split("-"))


def _make_event_type(database: sqlite3.Connection, name: str) -> None:
    database.execute("INSERT INTO event_map_type VALUES (?, ?)", (name, table_of(name)))
    _make_table(database, f"event_{table_of(name)}", ("ocel_time TIMESTAMP",), EVENT_ATTRIBUTES)


def _make_object_type(database: sqlite3.Connection, name: str, attributes: Mapping[str, str]) -> None:
    database.execute("INSERT INTO object_map_type VALUES (?, ?)", (name, table_of(name)))
    changing = ("ocel_time TIMESTAMP", "ocel_changed_field TEXT")
    _make_table(database, f"object_{table_of(name)}", changing, attributes)


def _make_table(
    database: sqlite3.Connection, table: str, own: Iterable[str], attributes: Mapping[str, str]
) -> None:
    """Names come from our own catalogue of facts and from here: no name needs quoting but for SQL's own words."""
    columns = [*own, *(f'"{name}" {_SQL_TYPES[kind]}' for name, kind in attributes.items())]
    database.execute(f'CREATE TABLE "{table}" (ocel_id TEXT, {", ".join(columns)})')


def _insert_event(database: sqlite3.Connection, event: Event) -> None:
    database.execute("INSERT INTO event VALUES (?, ?)", (event.id, event.type))
    _insert(
        database,
        f"event_{table_of(event.type)}",
        (event.id, event.time, *(event.attributes.get(name) for name in EVENT_ATTRIBUTES)),
    )
    database.executemany(
        "INSERT INTO event_object VALUES (?, ?, ?)",
        [(event.id, one.id, one.qualifier) for one in event.related],
    )


def _insert_object(database: sqlite3.Connection, one: Object) -> None:
    database.execute("INSERT INTO object VALUES (?, ?)", (one.id, one.type))
    values = (one.attributes.get(name) for name in OBJECT_ATTRIBUTES[one.type])
    _insert(database, f"object_{table_of(one.type)}", (one.id, ALWAYS, None, *values))
    database.executemany(
        "INSERT INTO object_object VALUES (?, ?, ?)",
        [(one.id, other.id, other.qualifier) for other in one.related],
    )


def _insert(database: sqlite3.Connection, table: str, values: tuple[str | None, ...]) -> None:
    places = ", ".join("?" * len(values))
    database.execute(f'INSERT INTO "{table}" VALUES ({places})', values)  # noqa: S608  # our own names
