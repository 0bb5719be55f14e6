"""Each mapping that is shipped, with a table that we wrote and the facts that follow from it, by hand."""

from pathlib import Path

from table_rows import short, submissions, table, told, troubles

from consumers.intake.message import Told


def data(file: Path) -> list[dict[str, object]]:
    return [said.data for said in submissions(file)]


def unused(file: Path) -> list[str]:
    return [one.kind for one in told(file) if isinstance(one, Told) and not one.submissions]


def test_ward_periods(tmp_path: Path) -> None:
    file = table(
        tmp_path / "wards.csv",
        [
            ["Patient", "Stay", "Ward", "In", "Out", "Out_to", "Bed"],
            ["7", "S1", "AVD 12", "2026-03-02 08:00", "2026-03-04 10:30", "", ""],
            ["7", "S1", "AVD 14/2", "2026-03-04 10:30", "2026-03-09 13:00", "Hem", "4"],
            ["8", "S2", "AVD 12", "2026-03-05 01:00", "", "", ""],
            ["9", "S3", "väntelista", "2026-03-05 01:00", "", "", ""],
            ["9", "S4", "AVD 12", "2026-03-29 01:59", "2026-03-29 03:01", "avliden", ""],
        ],
    )

    assert [short(said) for said in submissions(file)] == [
        "patient-admitted 2026-03-02T07:00:00Z minute mrn:ward-periods 7 S1 local:ward-periods/AVD-12",
        "message-noted 2026-03-02T07:00:00Z minute mrn:ward-periods 7 S1 local:ward-periods/AVD-12",
        "patient-admitted 2026-03-04T09:30:00Z minute mrn:ward-periods 7 S1 local:ward-periods/AVD-14-2",
        "patient-discharged 2026-03-09T12:00:00Z minute mrn:ward-periods 7 S1 local:ward-periods/AVD-14-2",
        "message-noted 2026-03-04T09:30:00Z minute mrn:ward-periods 7 S1 local:ward-periods/AVD-14-2",
        "patient-admitted 2026-03-05T00:00:00Z minute mrn:ward-periods 8 S2 local:ward-periods/AVD-12",
        "patient-admitted 2026-03-29T00:59:00Z minute mrn:ward-periods 9 S4 local:ward-periods/AVD-12",
        "patient-deceased 2026-03-29T01:01:00Z minute mrn:ward-periods 9 S4 local:ward-periods/AVD-12",
    ]
    assert data(file)[1:5] == [
        {"text": "out: 2026-03-04 10:30"},
        {"unit": "local:ward-periods/AVD-14-2"},
        {"destination": "home"},
        {"text": "Bed: 4"},
    ]
    assert unused(file) == ["ward-periods (waiting-list)"]


def test_ward_transfers(tmp_path: Path) -> None:
    file = table(
        tmp_path / "transfers.csv",
        [
            ["subject_id", "hadm_id", "transfer_id", "eventtype", "careunit", "intime", "outtime"],
            ["10", "", "1", "ED", "Emergency Department", "2026-01-02 20:10:05", "2026-01-02 23:00:00"],
            ["10", "200", "2", "admit", "Medicine", "2026-01-02 23:00:00", "2026-01-03 12:00:00"],
            ["10", "200", "3", "transfer", "Surgery", "2026-01-03 12:00:00", "2026-01-06 15:00:00"],
            ["10", "200", "4", "discharge", "UNKNOWN", "2026-01-06 15:00:00", ""],
            ["10", "200", "5", "teleported", "Surgery", "2026-01-07 15:00:00", ""],
        ],
        separator="\t",
    )
    *good, odd = told(file)
    assert isinstance(odd, Told)
    assert odd.trouble is not None
    assert (odd.trouble.reason, odd.trouble.field, odd.source) == (
        "unmapped-value",
        "event",
        "ward-transfers",
    )
    assert odd.patient is not None
    assert [short(said) for one in good if isinstance(one, Told) for said in one.submissions] == [
        "emergency-visit-started 2026-01-02T19:10:05Z second mrn:ward-transfers 10 10"
        " local:ward-transfers/Emergency-Department",
        "patient-admitted 2026-01-02T22:00:00Z second mrn:ward-transfers 10 200 local:ward-transfers/Medicine",
        "patient-transferred 2026-01-03T11:00:00Z second mrn:ward-transfers 10 200 local:ward-transfers/Surgery",
        "patient-discharged 2026-01-06T14:00:00Z second mrn:ward-transfers 10 200 local:ward-transfers/UNKNOWN",
    ]


def test_ward_moves(tmp_path: Path) -> None:
    file = table(
        tmp_path / "moves.csv",
        [
            ["patient", "stay", "time", "from_ward", "to_ward", "reason"],
            ["1", "S1", "02/03/2026 08:00", "", "A", "fell"],
            ["1", "S1", "03/03/2026 08:00", "A", "B", ""],
            ["1", "S1", "04/03/2026 08:00", "B", "", ""],
            ["1", "S1", "04/03/2026 09:00", "", "", ""],
        ],
    )
    assert [short(said) for said in submissions(file)] == [
        "patient-admitted 2026-03-02T07:00:00Z minute mrn:ward-moves 1 S1 local:ward-moves/A",
        "patient-transferred 2026-03-03T07:00:00Z minute mrn:ward-moves 1 S1 local:ward-moves/B",
        "patient-discharged 2026-03-04T07:00:00Z minute mrn:ward-moves 1 S1 local:ward-moves/B",
    ]
    assert data(file)[0] == {"unit": "local:ward-moves/A", "note": "reason: fell"}
    assert unused(file) == ["ward-moves (nothing told)"]


def test_bed_flow(tmp_path: Path) -> None:
    file = table(
        tmp_path / "flow.csv",
        [
            ["patient", "stay", "ward", "admitted", "ready", "call_out", "left", "to", "kommun"],
            ["1", "S1", "A", "2026-03-02 08:00", "2026-03-05 10:00", "2026-03-05 10:45", "2026-03-06 14:00", "Hem", "Gävle"],
            ["2", "S2", "A", "2026-03-02 09:00", "2026-03-05 11:00", "", "", "", "2180"],
            ["3", "S3", "A", "2026-03-02 10:00", "", "", "2026-03-03 01:00", "died", ""],
            ["4", "S4", "A", "2026-03-02 11:00", "", "", "2026-03-03 02:00", "the moon", "Atlantis"],
        ],
        separator=";",
        encoding="cp1252",
    )  # fmt: skip
    assert [short(said) for said in submissions(file)] == [
        "patient-admitted 2026-03-02T07:00:00Z minute mrn:bed-flow 1 S1 local:bed-flow/A",
        "discharge-ready-declared 2026-03-05T09:00:00Z minute mrn:bed-flow 1 S1 local:bed-flow/A",
        "discharge-ready-notified 2026-03-05T09:45:00Z minute mrn:bed-flow 1 S1 local:bed-flow/A",
        "patient-discharged 2026-03-06T13:00:00Z minute mrn:bed-flow 1 S1 local:bed-flow/A",
        "patient-admitted 2026-03-02T08:00:00Z minute mrn:bed-flow 2 S2 local:bed-flow/A",
        "discharge-ready-declared 2026-03-05T10:00:00Z minute mrn:bed-flow 2 S2 local:bed-flow/A",
        "patient-admitted 2026-03-02T09:00:00Z minute mrn:bed-flow 3 S3 local:bed-flow/A",
        "patient-deceased 2026-03-03T00:00:00Z minute mrn:bed-flow 3 S3 local:bed-flow/A",
        "patient-admitted 2026-03-02T10:00:00Z minute mrn:bed-flow 4 S4 local:bed-flow/A",
        "patient-discharged 2026-03-03T01:00:00Z minute mrn:bed-flow 4 S4 local:bed-flow/A",
        "message-noted 2026-03-02T10:00:00Z minute mrn:bed-flow 4 S4 local:bed-flow/A",
    ]
    assert data(file)[0] == {"unit": "local:bed-flow/A", "municipality": "2180"}
    assert data(file)[2] == {"recipients": [{"role": "municipal-health", "municipality": "2180"}]}
    assert data(file)[3] == {"destination": "home"}
    # What nobody has mapped is kept as it was said, and not guessed.
    assert data(file)[8:] == [
        {"unit": "local:bed-flow/A"},
        {},
        {"text": "to: the moon\nmunicipality: Atlantis"},
    ]


def test_patient_register(tmp_path: Path) -> None:
    file = table(
        tmp_path / "sv.txt",
        [
            ["LPNR", "PNR", "SJUKHUS", "KLINIK", "INDATUM", "UTDATUM", "INSATT", "UTSATT", "LKF", "HDIA"],
            ["", "19121212-1212", "11001", "101", "20260302", "20260309", "1", "3", "218001", "S720"],
            ["77", "", "11001", "", "20260330", "", "2", "", "", ""],
            ["", "191212121213", "11001", "101", "20260302", "20260309", "1", "3", "218001", ""],
        ],
        separator=";",
    )
    first, second, third = told(file)
    assert isinstance(first, Told)
    assert isinstance(second, Told)
    assert isinstance(third, Told)
    assert [short(said) for said in first.submissions] == [
        "patient-admitted 2026-03-01T23:00:00Z day personnummer 191212121212"
        " 19121212-1212 11001 101 20260302 local:patient-register/11001-101",
        "patient-discharged 2026-03-08T23:00:00Z day personnummer 191212121212"
        " 19121212-1212 11001 101 20260302 local:patient-register/11001-101",
        "message-noted 2026-03-01T23:00:00Z day personnummer 191212121212"
        " 19121212-1212 11001 101 20260302 local:patient-register/11001-101",
    ]
    # The codes' meanings are not confirmed: no destination is told, and the codes stay in the note.
    assert [said.data for said in first.submissions] == [
        {"unit": "local:patient-register/11001-101", "municipality": "2180"},
        {"admitted_at": "2026-03-01T23:00:00.000000Z"},
        {"text": "INSATT: 1\nUTSATT: 3\nHDIA: S720"},
    ]
    assert next(short(said) for said in second.submissions) == (
        "patient-admitted 2026-03-29T22:00:00Z day mrn:patient-register 77"
        " 77 11001 20260330 local:patient-register/11001"
    )
    assert not third.submissions
    assert third.trouble is not None
    assert (third.trouble.reason, third.trouble.field) == ("no-patient-id", "PERSONNUMMER")
    assert "1212" not in third.trouble.message


def test_patient_handling_log(tmp_path: Path) -> None:
    file = table(
        tmp_path / "log.csv",
        [
            ["handling", "patient", "employee", "handling_id", "registration_type", "time"],
            ["Registration", "5", "r1", "50", "start", "2026-01-02T11:41:53Z"],
            ["Registration", "5", "r1", "50", "complete", "2026-01-02T12:40:20Z"],
            ["Triage and Assessment", "5", "r2", "51", "start", "2026-01-02T12:40:20Z"],
            ["X-Ray", "5", "r5", "52", "start", "2026-01-02T12:40:20Z"],
            ["Discuss Results", "5", "r6", "53", "start", "2026-01-02T12:40:20Z"],
            ["Check-out", "5", "r7", "54", "start", "2026-01-02T17:00:00Z"],
            ["Check-out", "5", "r7", "54", "complete", "2026-01-02T17:10:00Z"],
            ["Tea", "5", "r7", "55", "complete", "2026-01-02T17:10:00Z"],
        ],
    )
    found = [said for one in told(file) if isinstance(one, Told) for said in one.submissions]
    assert [(short(said), said.message, said.actor, said.role) for said in found] == [
        ("emergency-visit-started 2026-01-02T11:41:53Z second mrn:patient-handling-log 5 5", "50 start", "r1", "emergency"),
        ("emergency-visit-ended 2026-01-02T17:10:00Z second mrn:patient-handling-log 5 5", "54 complete", "r7", "emergency"),
    ]  # fmt: skip
    assert [one.kind.split("(")[1] for one in told(file) if isinstance(one, Told) and "(" in one.kind] == [
        "end-of-registration)",
        "triage)",
        "examination)",
        "results-discussed)",
        "start-of-check-out)",
    ]
    assert troubles(file) == [("unmapped-value", "handling")]


def test_inpatient_arrivals(tmp_path: Path) -> None:
    file = table(
        tmp_path / "arrivals.csv",
        [
            ["training_validation_test", "arrival_datetime", "sex", "specialty", "is_child"],
            ["train", "2031-07-01 07:12:49", "F", "medical", "False"],
            ["train", "2031-07-01 07:12:49", "M", "medical", "False"],
            ["test", "2031-03-30 01:30:00", "F", "", "True"],
        ],
    )
    first, second, third = told(file)
    assert isinstance(first, Told)
    assert isinstance(second, Told)
    (one,), (other,) = first.submissions, second.submissions
    assert one.patient is not None
    assert other.patient is not None
    # London is an hour ahead of UTC in summer. Nobody is named: each row is somebody of its own.
    assert f"{one.time:%Y-%m-%dT%H:%M:%SZ}" == "2031-07-01T06:12:49Z"
    assert one.patient.system == other.patient.system == "simulated"
    assert one.patient.value.startswith("SIM-")
    assert one.patient.value != other.patient.value
    assert one.data == {}
    assert isinstance(third, Told)
    assert third.trouble is not None
    assert (third.trouble.reason, third.trouble.field) == ("no-such-time", "arrival_datetime")


def test_event_log(tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    file.write_text(
        """<?xml version="1.0" encoding="UTF-8"?>
<!-- ours -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="nothing"/></global>
  <string key="concept:name" value="the log's own name"/>
  <trace>
    <string key="concept:name" value="A"/>
    <event>
      <string key="concept:name" value="ER Registration"/>
      <date key="time:timestamp" value="2026-03-02T09:15:41.000+01:00"/>
      <string key="lifecycle:transition" value="complete"/>
      <string key="org:group" value="E"/>
      <int key="Age" value="85"><string key="unit" value="years"/></int>
    </event>
    <event>
      <string key="org:group" value="B 1"/>
      <string key="concept:name" value="Admission NC"/>
      <date key="time:timestamp" value="2026-03-02T12:00:00.000+01:00"/>
    </event>
    <event>
      <string key="concept:name" value="CRP"/>
      <date key="time:timestamp" value="2026-03-02T13:00:00.000+01:00"/>
    </event>
    <event>
      <string key="concept:name" value="Release A"/>
      <string key="lifecycle:transition" value="start"/>
      <date key="time:timestamp" value="2026-03-07T10:00:00.000+01:00"/>
    </event>
    <event>
      <string key="concept:name" value="Release A"/>
      <string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="2026-03-07T11:00:00.000+01:00"/>
    </event>
  </trace>
</log>
""",
        encoding="utf-8",
    )
    assert [short(said) for said in submissions(file)] == [
        "emergency-visit-started 2026-03-02T08:15:41Z second mrn:event-log A A local:event-log/E",
        "patient-admitted 2026-03-02T11:00:00Z second mrn:event-log A A local:event-log/B-1",
        "patient-discharged 2026-03-07T10:00:00Z second mrn:event-log A A",
    ]
    assert data(file) == [{"note": "Age: 85"}, {"unit": "local:event-log/B-1"}, {}]
    assert unused(file) == ["event-log (nothing told)", "event-log (not-complete)"]


def test_the_same_log_as_a_table(tmp_path: Path) -> None:
    file = table(
        tmp_path / "log.csv",
        [
            ["case:concept:name", "concept:name", "time:timestamp"],
            ["A", "Admission", "2026-03-02 12:00:00+01:00"],
        ],
    )
    assert [short(said) for said in submissions(file)] == [
        "patient-admitted 2026-03-02T11:00:00Z second mrn:event-log A A"
    ]
