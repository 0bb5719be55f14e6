"""XES, OCEL 2.0 and CSV: two small journeys, written down by hand, and what the standards demand of any log."""

import csv
import io
import json
import sqlite3
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from shown_journeys import (
    ADMITTED,
    ANNA,
    ANNAS,
    ANNAS_STAY,
    BO,
    BOS,
    BOS_STAY,
    EMPTY,
    JOURNEYS,
    STAFF,
    WARD,
    id_of,
)

from consumers.exports import csv_rows, ocel_json, ocel_sqlite, xes
from consumers.exports.shown import ShownJourney

XES = "{http://www.xes-standard.org/}"


# -- XES -----------------------------------------------------------------------------------------------------------


def xes_of(*journeys: ShownJourney, case: xes.Case = "journey") -> ElementTree.Element:
    written = io.StringIO()
    xes.write(journeys, written, case=case)
    log = ElementTree.fromstring(written.getvalue())
    assert_xes(log)
    return log


def said(element: ElementTree.Element) -> dict[str, str]:
    """The element's own attributes by key."""
    return {child.attrib["key"]: child.attrib["value"] for child in element if "key" in child.attrib}


def assert_xes(log: ElementTree.Element) -> None:
    """What the schema of IEEE 1849 demands, and what its rules say besides."""
    order = ["extension", "global", "classifier", "string", "date", "trace"]
    tags = [child.tag.removeprefix(XES) for child in log]
    assert log.tag == f"{XES}log"
    assert [order.index(tag) for tag in tags] == sorted(order.index(tag) for tag in tags)
    assert float(log.attrib["xes.version"]) >= 1
    prefixes = set()
    for extension in log.findall(f"{XES}extension"):
        assert set(extension.attrib) == {"name", "prefix", "uri"}
        prefixes.add(extension.attrib["prefix"])
    declared = {scope.attrib["scope"]: set(said(scope)) for scope in log.findall(f"{XES}global")}
    assert set(declared) == {"trace", "event"}
    for classifier in log.findall(f"{XES}classifier"):
        assert set(classifier.attrib["keys"].split()) <= declared["event"]
    for trace in log.findall(f"{XES}trace"):
        assert declared["trace"] <= set(said(trace))
        assert trace.findall(f"{XES}event")
        for event in trace.findall(f"{XES}event"):
            assert declared["event"] <= set(said(event))
            keys = [child.attrib["key"] for child in event]
            assert len(keys) == len(set(keys))
            assert {key.partition(":")[0] for key in keys if ":" in key} <= prefixes
            for child in event:
                assert child.tag in (f"{XES}string", f"{XES}date")
                if child.tag == f"{XES}date":
                    assert datetime.fromisoformat(child.attrib["value"]).tzinfo is not None


def test_a_trace_tells_what_counts_in_the_order_in_which_it_happened() -> None:
    annas, bos = xes_of(*JOURNEYS).findall(f"{XES}trace")
    assert said(annas) == {"concept:name": str(ANNA)}
    assert [said(event) for event in annas.findall(f"{XES}event")] == [
        {
            "concept:name": "patient-admitted",
            "lifecycle:transition": "complete",
            "org:group": WARD,
            "org:role": "inpatient",
            "org:resource": STAFF,
            "time:timestamp": "2026-03-02T07:00:00.000000Z",
            "recorded": "2026-03-02T07:05:00.000000Z",
            "precision": "second",
            "state": "happened",
            "regime": "HSL",
            "source": "hsa:SE2321000198-JOURNAL",
            "stay": str(ANNAS_STAY),
            "fact": id_of(1),
        },
        {
            "concept:name": "patient-discharged",
            "lifecycle:transition": "complete",
            "org:group": WARD,
            "org:role": "inpatient",
            "time:timestamp": "2026-03-04T10:30:00.000000Z",
            "recorded": "2026-03-04T12:00:00.000000Z",
            "precision": "second",
            "state": "amended",
            "regime": "HSL",
            "source": "hsa:SE2321000198-JOURNAL",
            "stay": str(ANNAS_STAY),
            "fact": id_of(4),
        },
    ]
    assert said(bos) == {"concept:name": str(BO)}


def test_of_a_protected_identity_no_place_and_no_record_is_told() -> None:
    (event,) = xes_of(BOS).findall(f"{XES}trace/{XES}event")
    assert said(event) == {
        "concept:name": "patient-admitted",
        "lifecycle:transition": "complete",
        "org:role": "inpatient",
        "time:timestamp": "2026-03-31T22:00:00.000000Z",
        "precision": "day",
        "state": "happened",
        "regime": "HSL",
        "stay": str(BOS_STAY),
        "fact": id_of(6),
    }


def test_by_stay_a_trace_is_a_stay_and_names_its_journey() -> None:
    without = replace(ANNAS, facts=(ADMITTED, replace(ADMITTED, id=id_of(7), stay=None)))
    (trace,) = xes_of(without, case="stay").findall(f"{XES}trace")
    assert said(trace) == {"concept:name": str(ANNAS_STAY), "journey": str(ANNA)}
    assert len(trace.findall(f"{XES}event")) == 1


def test_an_empty_log_is_a_log() -> None:
    assert xes_of().findall(f"{XES}trace") == []


def test_what_xml_cannot_hold_does_not_break_the_log() -> None:
    odd = replace(ADMITTED, source='a<b&"\x00\x1f\ud800')
    (event,) = xes_of(replace(ANNAS, facts=(odd,))).findall(f"{XES}trace/{XES}event")
    assert said(event)["source"] == 'a<b&"���'


# -- OCEL 2.0 ------------------------------------------------------------------------------------------------------

COUNTS = {
    "events": {"patient-admitted": 2, "patient-discharged": 1},
    "objects": {"journey": 2, "stay": 2, "unit": 1, "municipality": 1},
    # Anna's two: journey, stay, unit and municipality; Bo's: journey and stay.
    "event-object": {"about": 3, "during": 3, "by": 2, "resident of": 2},
    "object-object": {"part of": 2},
}
"""By hand, of both journeys."""


def ocel_of(*journeys: ShownJourney) -> dict[str, Any]:
    written = io.StringIO()
    ocel_json.write(journeys, written)
    log: dict[str, Any] = json.loads(written.getvalue())
    assert_ocel(log)
    return log


def assert_ocel(log: Mapping[str, Any]) -> None:
    """The rules of the specification's JSON schema, and that whatever is named is there."""
    assert set(log) == {"events", "objects", "eventTypes", "objectTypes"}
    ids = [one["id"] for one in (*log["events"], *log["objects"])]
    assert len(ids) == len(set(ids))
    objects = {one["id"] for one in log["objects"]}
    for kinds, things in (("eventTypes", "events"), ("objectTypes", "objects")):
        names = [kind["name"] for kind in log[kinds]]
        assert len(names) == len(set(names))
        declared = {kind["name"]: {a["name"]: a["type"] for a in kind["attributes"]} for kind in log[kinds]}
        for attributes in declared.values():
            assert set(attributes.values()) <= {"string", "time", "integer", "float", "boolean"}
        for thing in log[things]:
            assert_thing(thing, declared[thing["type"]], objects, timed=things == "objects")
    for event in log["events"]:
        assert datetime.fromisoformat(event["time"]).tzinfo is not None


def assert_thing(
    thing: Mapping[str, Any], declared: Mapping[str, str], objects: set[str], *, timed: bool
) -> None:
    assert set(thing) == {"id", "type", "attributes", "relationships", *(() if timed else ("time",))}
    for attribute in thing["attributes"]:
        assert set(attribute) == {"name", "value", *(("time",) if timed else ())}
        assert isinstance(attribute["value"], str)
        if declared[attribute["name"]] == "time":
            assert datetime.fromisoformat(attribute["value"]).tzinfo is not None
        if timed:
            assert datetime.fromisoformat(attribute["time"]).tzinfo is not None
    for related in thing["relationships"]:
        assert set(related) == {"objectId", "qualifier"}
        assert related["objectId"] in objects
        assert related["qualifier"]


def test_the_json_log_says_what_was_counted_by_hand() -> None:
    log = ocel_of(*JOURNEYS)
    relations = Counter(r["qualifier"] for e in log["events"] for r in e["relationships"])
    between = Counter(r["qualifier"] for o in log["objects"] for r in o["relationships"])
    assert {
        "events": Counter(event["type"] for event in log["events"]),
        "objects": Counter(one["type"] for one in log["objects"]),
        "event-object": relations,
        "object-object": between,
    } == COUNTS


def test_an_event_and_its_objects_in_json() -> None:
    log = ocel_of(replace(ANNAS, facts=(ADMITTED,)))
    journey, stay = f"journey:{ANNA}", f"stay:{ANNAS_STAY}"
    assert log["events"] == [
        {
            "id": id_of(1),
            "type": "patient-admitted",
            "time": "2026-03-02T07:00:00.000000Z",
            "attributes": [
                {"name": "recorded", "value": "2026-03-02T07:05:00.000000Z"},
                {"name": "precision", "value": "second"},
                {"name": "state", "value": "happened"},
                {"name": "role", "value": "inpatient"},
                {"name": "staff", "value": STAFF},
                {"name": "regime", "value": "HSL"},
                {"name": "source", "value": "hsa:SE2321000198-JOURNAL"},
            ],
            "relationships": [
                {"objectId": journey, "qualifier": "about"},
                {"objectId": stay, "qualifier": "during"},
                {"objectId": f"unit:{WARD}", "qualifier": "by"},
                {"objectId": "municipality:2180", "qualifier": "resident of"},
            ],
        }
    ]
    always = {"time": "1970-01-01T00:00:00Z"}
    assert log["objects"] == [
        {"id": journey, "type": "journey", "attributes": [], "relationships": []},
        {
            "id": stay,
            "type": "stay",
            "attributes": [],
            "relationships": [{"objectId": journey, "qualifier": "part of"}],
        },
        {
            "id": f"unit:{WARD}",
            "type": "unit",
            "attributes": [{"name": "system", **always, "value": "hsa"}],
            "relationships": [],
        },
        {
            "id": "municipality:2180",
            "type": "municipality",
            "attributes": [{"name": "name", **always, "value": "Gävle"}],
            "relationships": [],
        },
    ]


def test_the_sqlite_log_has_the_tables_and_says_the_same(tmp_path: Path) -> None:
    file = tmp_path / "log.sqlite"
    ocel_sqlite.write(JOURNEYS, file)
    with closing(sqlite3.connect(file)) as log:
        tables = {row[0] for row in log.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        assert tables == {
            *("event", "object", "event_map_type", "object_map_type", "event_object", "object_object"),
            *("event_PatientAdmitted", "event_PatientDischarged"),
            *("object_Journey", "object_Stay", "object_Unit", "object_Municipality"),
        }
        assert log.execute("PRAGMA foreign_key_check").fetchall() == []

        def count(column: str, table: str) -> dict[str, int]:
            return dict(log.execute(f"SELECT {column}, count(*) FROM {table} GROUP BY 1").fetchall())

        assert {
            "events": count("ocel_type", "event"),
            "objects": count("ocel_type", "object"),
            "event-object": count("ocel_qualifier", "event_object"),
            "object-object": count("ocel_qualifier", "object_object"),
        } == COUNTS
        for things in ("event", "object"):
            for kind, mapped in log.execute(
                f"SELECT ocel_type, ocel_type_map FROM {things}_map_type"
            ).fetchall():
                of_kind = log.execute(f"SELECT ocel_id FROM {things} WHERE ocel_type = ?", (kind,)).fetchall()
                in_table = log.execute(f"SELECT ocel_id FROM {things}_{mapped}").fetchall()
                assert sorted(of_kind) == sorted(in_table)
        assert log.execute("SELECT * FROM event_PatientDischarged").fetchall() == [
            (
                id_of(4),
                "2026-03-04T10:30:00.000000Z",
                "2026-03-04T12:00:00.000000Z",
                "second",
                "amended",
                "inpatient",
                None,
                "HSL",
                "hsa:SE2321000198-JOURNAL",
            )
        ]
        assert log.execute("SELECT * FROM object_Municipality").fetchall() == [
            ("municipality:2180", "1970-01-01T00:00:00Z", None, "Gävle")
        ]


def test_an_empty_log_is_a_log_in_both_forms(tmp_path: Path) -> None:
    assert ocel_of(EMPTY)["events"] == []
    ocel_sqlite.write((EMPTY,), tmp_path / "log.sqlite")
    with closing(sqlite3.connect(tmp_path / "log.sqlite")) as log:
        assert log.execute("SELECT count(*) FROM object_map_type").fetchone() == (4,)


# -- CSV -----------------------------------------------------------------------------------------------------------


def test_csv_has_a_line_for_each_fact_on_record() -> None:
    written = io.StringIO()
    csv_rows.write(JOURNEYS, written)
    heading, *lines = written.getvalue().splitlines()
    assert heading == (
        "journey,stay,fact,happened,recorded,precision,state,unit,role,controller,municipality,region,regime,staff,"
        "source,sent,fact_on_record,happened_on_record,mends,mended_by,chain,version,position,id,hash"
    )
    ward = "hsa:SE2321000198-WARD1,inpatient,orgnr:2321000198"
    journal = "hsa:SE2321000198-JOURNAL"
    assert lines[:4] == [
        f"{ANNA},{ANNAS_STAY},patient-admitted,2026-03-02T07:00:00.000000Z,2026-03-02T07:05:00.000000Z,second,happened,"
        f"{ward},2180,21,HSL,{STAFF},{journal},,patient-admitted,2026-03-02T07:00:00.000000Z,,,"
        f"{ANNA},1,11,{'1' * 64},{'1a' * 32}",
        f"{ANNA},,leave-started,2026-03-03T07:30:00.000000Z,2026-03-03T08:00:00.000000Z,second,voided,"
        f"{ward},,,HSL,,{journal},,leave-started,2026-03-03T07:30:00.000000Z,,{'3' * 64},"
        f"{ANNA},2,12,{'2' * 64},{'2a' * 32}",
        f"{ANNA},,fact-voided,2026-03-03T08:55:00.000000Z,2026-03-03T09:00:00.000000Z,second,happened,"
        f"{ward},,,HSL,,{journal},,fact-voided,2026-03-03T08:55:00.000000Z,{'2' * 64},,"
        f"{ANNA},3,13,{'3' * 64},{'3a' * 32}",
        f"{ANNA},{ANNAS_STAY},patient-discharged,2026-03-04T10:30:00.000000Z,2026-03-04T12:00:00.000000Z,second,amended,"
        f"{ward},2180,21,HSL,,{journal},,patient-discharged,2026-03-04T11:30:00.000000Z,,{'5' * 64},"
        f"{ANNA},4,14,{'4' * 64},{'4a' * 32}",
    ]
    assert lines[5:] == [
        f"{BO},{BOS_STAY},patient-admitted,2026-03-31T22:00:00.000000Z,,day,happened,,inpatient,,,,HSL,,,,"
        f"patient-admitted,2026-03-31T22:00:00.000000Z,,,,,,{'6' * 64},"
    ]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+46", "'+46"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        (" =1", "' =1"),
        ("\t=1", "' =1"),
        ("\r\n=1", "'  =1"),
        ("a\r\n=1", "a  =1"),
        ('a,"b', 'a,"b'),
    ],
)
def test_no_cell_is_a_formula_and_none_ends_its_line(text: str, cell: str) -> None:
    written = io.StringIO()
    csv_rows.write([replace(ANNAS, facts=(replace(ADMITTED, source=text),))], written)
    (row,) = csv.DictReader(io.StringIO(written.getvalue(), newline=""))
    assert row["source"] == cell
