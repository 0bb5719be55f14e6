"""How tables are written: separators, character sets, quotation marks, workbooks, event logs, and what is broken in them."""

import gzip
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_rows import Rows, messages_in, short, submissions, table, told, troubles

from consumers.intake.ingest import read
from consumers.intake.message import Told
from consumers.intake.reading import formats, messages_of
from consumers.intake.site import Site
from consumers.intake.tables import text, workbook, xes
from consumers.intake.tables.mapping import parse_mapping
from consumers.intake.tables.shipped import shipped_mappings
from domain.errors import Unreadable

HEADER = ["patient", "stay", "ward", "in", "out"]
ROW = ["Åke", "S1", "AVD 12", "2026-03-02 08:00", ""]
FACT = "patient-admitted 2026-03-02T07:00:00Z minute mrn:ward-periods Åke S1 local:ward-periods/AVD-12"


def written(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def facts(file: Path, site: Site | None = None) -> list[str]:
    return [short(said) for said in submissions(file, site)]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_separator_and_character_set_are_told_by_the_file(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    assert facts(table(tmp_path / "t.csv", [HEADER, ROW], separator, encoding)) == [FACT]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.txt", "t.csv.gz", "nothing"])
def test_line_ends_and_names_do_not_matter(tmp_path: Path, end: str, name: str) -> None:
    content = end.join(";".join(row) for row in (HEADER, ROW)).encode() + end.encode()
    assert facts(written(tmp_path / name, gzip.compress(content) if name.endswith(".gz") else content)) == [
        FACT
    ]


def test_a_title_above_the_header_and_empty_rows_are_passed_over(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [["Report"], [], HEADER, [], ROW, ["", "", "", "", ""]])
    (message,) = messages_in(file)
    assert message.place == "file 1 (.csv), row 5"
    assert facts(file) == [FACT]


def test_quoted_line_ends_belong_to_the_cell(tmp_path: Path) -> None:
    file = table(
        tmp_path / "t.csv",
        [[*HEADER, "words"], [*ROW, 'said "no",\nand left'], [*ROW[:1], "S2", *ROW[2:], "x"]],
    )
    first, second = (one for one in told(file) if isinstance(one, Told))
    assert first.submissions[1].data == {"text": 'words: said "no",\nand left'}
    assert [said.episode for said in second.submissions] == ["S2", "S2"]


def test_a_quotation_mark_left_open_costs_one_row(tmp_path: Path) -> None:
    lines = [",".join(HEADER), 'A,S1,"AVD,2026-03-02 08:00,', ",".join(ROW), 'B,S1,5" bed,2026-03-02 08:00,']
    file = written(tmp_path / "t.csv", "\n".join(lines).encode())
    assert troubles(file) == [("open-quote", None)]
    assert [message.place for message in messages_in(file)] == [
        "file 1 (.csv), row 2",
        "file 1 (.csv), row 3",
        "file 1 (.csv), row 4",
    ]


def test_many_quotation_marks_left_open_are_read_through_once(tmp_path: Path) -> None:
    rows = "".join(f'P{number},S{number},"A,2026-03-02 08:00,\n' for number in range(1001))
    file = written(tmp_path / "t.csv", (",".join(HEADER) + "\n" + rows).encode())
    found = troubles(file)
    assert {reason for reason, _ in found} <= {"open-quote", "ragged-row", "broken-row", "invalid-time"}


def test_a_row_with_too_many_or_too_few_columns_is_put_aside(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [HEADER, ROW[:4], [*ROW, "more"], [*ROW, "", ""]])
    assert troubles(file) == [("ragged-row", None), ("ragged-row", None)]
    assert [one.source for one in told(file) if isinstance(one, Told)] == ["ward-periods"] * 3


def test_bytes_of_no_character_set_are_put_aside(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv", (",".join(HEADER) + "\nP\x81,S,A,2026-03-02,\n").encode("latin-1"))
    assert troubles(file) == [("wrong-encoding", None)]


def test_a_row_larger_than_any_is_passed_over(tmp_path: Path) -> None:
    large = ["P", "S", "A", "2026-03-02", "x" * (1024 * 1024)]
    file = table(tmp_path / "t.csv", [HEADER, large, ROW])
    first, second = messages_in(file)
    assert (first.raw, first.place) == (None, "file 1 (.csv), row 2")
    assert first.size > 1024 * 1024
    assert troubles(file) == [("too-large", None)]
    assert isinstance(read(second), Told)


def test_a_table_that_no_mapping_fits_is_one_letter_with_a_hint(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [["patient", "stay", "ward", "in", "Tolvan"], *[ROW] * 30])
    (message,) = messages_in(file)
    assert message.raw == file.read_bytes()
    one = read(message)
    assert isinstance(one, Unreadable)
    assert (one.reason, one.field) == ("unknown-table", "out")
    assert one.message == "No mapping fits this table. The closest, ward-periods, also needs out."


def test_a_larger_one_is_kept_as_its_digest(tmp_path: Path) -> None:
    file = written(tmp_path / "t.csv", b"a;b\n" + b"1;2\n" * (5 * 1024 * 1024))
    (message,) = messages_in(file)
    assert (message.raw, message.size) == (None, file.stat().st_size)
    assert troubles(file) == [("unknown-table", None)]


def test_a_table_without_rows_tells_nothing(tmp_path: Path) -> None:
    assert messages_in(table(tmp_path / "t.csv", [HEADER])) == []
    assert messages_in(written(tmp_path / "u.csv", b"")) == []


def test_a_row_can_be_read_again_alone(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [HEADER, ROW, ["P", "S", "A; B", "soon", ""]], ";", "cp1252")
    first, second = messages_in(file)
    assert first.raw == "patient,stay,ward,in,out\nÅke,S1,AVD 12,2026-03-02 08:00,\n".encode()
    assert first.content_type == "text/csv; mapping=ward-periods@1"
    (again,) = messages_of(first.raw, first.content_type)
    assert read(again) == read(first)
    assert (again.digest, again.content_type) == (first.digest, first.content_type)
    assert second.raw is not None
    (odd,) = messages_of(second.raw, second.content_type)
    trouble = read(odd)
    assert isinstance(trouble, Told)
    assert trouble.trouble is not None
    assert (trouble.trouble.reason, trouble.trouble.field) == ("invalid-time", "in")


def test_a_mended_mapping_of_the_same_name_reads_it(tmp_path: Path) -> None:
    (message,) = messages_in(table(tmp_path / "t.csv", [HEADER, ["P", "S", "A", "2 of 3 2026", ""]]))
    shipped = next(mapping for mapping in shipped_mappings() if mapping.id == "ward-periods")
    form = shipped.file.model_copy(update={"dates": ("%d of %m %Y",)})
    site = Site(mappings=(shipped.model_copy(update={"file": form, "version": 2}), *shipped_mappings()))
    assert message.raw is not None
    assert read(message).trouble is not None  # type: ignore[union-attr]
    (again,) = messages_of(message.raw, message.content_type, site)
    one = read(again)
    assert isinstance(one, Told)
    assert [short(said) for said in one.submissions] == [
        "patient-admitted 2026-03-01T23:00:00Z day mrn:ward-periods P S local:ward-periods/A"
    ]


def test_a_value_on_kafka_may_name_its_mapping() -> None:
    raw = "patient;stay;ward;in;out\nP;S;A;2026-03-02 08:00;\n".encode("utf-16")
    for kind in ("text/csv", "text/csv; mapping=ward-periods", "text/csv; charset=utf-16"):
        (message,) = messages_of(raw, kind)
        one = read(message)
        assert isinstance(one, Told)
        assert one.trouble is None


def test_a_mapping_that_is_named_goes_before_one_that_fits(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [HEADER, ROW])
    own = next(mapping for mapping in shipped_mappings() if mapping.id == "ward-periods")
    other = own.model_copy(update={"id": "ours", "source": "ours"})
    site = Site(mappings=(*shipped_mappings(), other), mapping="ours")
    assert [said.source for said in submissions(file, site)] == ["ours"]
    assert troubles(file, replace(site, mapping="patient-register")) == [
        ("unknown-table", "INDATUM, UTDATUM, SJUKHUS, PERSONNUMMER or LPNR")
    ]


def test_equal_rows_are_one_or_are_numbered(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [HEADER, ROW, ROW])
    own = next(mapping for mapping in shipped_mappings() if mapping.id == "ward-periods")
    one, same = submissions(file)
    assert one == same
    site = Site(mappings=(own.model_copy(update={"repeats": "numbered"}),))
    one, other = submissions(file, site)
    assert one.message != other.message
    assert one.data == other.data
    first, _ = messages_in(file, site)
    assert first.raw == "patient,stay,ward,in,out,#row\nÅke,S1,AVD 12,2026-03-02 08:00,,2\n".encode()
    (again,) = messages_of(first.raw, first.content_type, site)
    assert read(again) == read(first)


def test_a_row_that_was_filled_in_since_tells_only_what_is_new(tmp_path: Path) -> None:
    before = submissions(table(tmp_path / "a.csv", [HEADER, ROW]))
    later = [*HEADER, "to", "bed"]
    after = submissions(table(tmp_path / "b.csv", [later, [*ROW[:4], "2026-03-04 10:00", "home", "3"]]))
    assert after[0] == before[0]
    assert [said.type.split(".")[2] for said in after[1:]] == ["patient-discharged", "message-noted"]


# -- values --------------------------------------------------------------------------------------------------------

OURS = """\
format = "table"
id = "ours"
version = 1
title = "Ours"
match = ["who", "day"]
source = "ours"
controller = "orgnr:2321000198"
principal = "21"
rows = "event"

[file]
decimal = ","
dates = ["%d.%m.%y", "%d.%m.%y %H.%M"]

[[patient]]
column = "who"
id_system = "personnummer"

[unit]
column = "ward"
values = "wards"

[sequence]
column = "number"

[actor]
column = "by"

[[fact]]
fact = "patient-admitted"
time = {join = ["day", "clock"]}
sent = {column = "sent"}
role = "inpatient"
data.unplanned = {column = "acute"}
data.municipality = {column = "home"}
data.care_form = {column = "form", values = "forms"}

[values.wards]
A = "hsa:SE2321000198-WARD1"
B = "SE2321000198-WARD2"

[values.forms]
S = "somatic"
"""


def test_cells_are_read_as_the_field_needs_them(tmp_path: Path) -> None:
    site = Site(mappings=(parse_mapping(OURS, "ours.toml"),))
    rows: Rows = [
        ["who", "day", "clock", "ward", "number", "by", "acute", "home", "form", "sent", "why"],
        ["19121212-1212", "02.03.26", "8.30", "a", "3,0", "nurse1", "Ja", "Gävle", "s", "2026-03-02T09:00:00Z", "fall"],
        ["191212121212", "02.03.26", "", "B", "", "", "nej", "2180", "", "", ""],
        ["191212121212", "02.03.26", "", "C", "", "", "", "", "", "", ""],
        ["191212121212", "02.03.26", "", "A", "many", "", "", "", "", "", ""],
        ["191212121212", "02.03.26", "", "A", "", "", "perhaps", "", "", "", ""],
        ["191212121212", "02.03.26", "", "A", "", "", "", "Atlantis", "", "", ""],
        ["191212121212", "02.03.26", "", "A", "", "", "", "", "X", "", ""],
        ["191212121212", "31.02.26", "", "A", "", "", "", "", "", "", ""],
        ["", "02.03.26", "", "A", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    file = table(tmp_path / "t.csv", rows, ";")
    first, second, *wrong = told(file, site)
    assert isinstance(first, Told)
    assert isinstance(second, Told)
    (said,) = first.submissions
    assert short(said) == (
        "patient-admitted 2026-03-02T07:30:00Z minute personnummer 191212121212 hsa:SE2321000198-WARD1"
    )
    assert (said.sequence, said.actor, said.controller, said.principal) == (
        3,
        "nurse1",
        "orgnr:2321000198",
        "21",
    )
    assert f"{said.sent:%H:%M}" == "09:00"
    assert said.data == {
        "unplanned": True,
        "municipality": "2180",
        "care_form": "somatic",
        "note": "why: fall",
    }
    (said,) = second.submissions
    assert short(said) == (
        "patient-admitted 2026-03-01T23:00:00Z day personnummer 191212121212 hsa:SE2321000198-WARD2"
    )
    assert said.data == {"unplanned": False, "municipality": "2180"}
    assert len(wrong) == 7
    assert troubles(file, site) == [
        ("unmapped-value", "ward"),
        ("invalid-value", "number"),
        ("invalid-value", "acute"),
        ("unknown-municipality", "home"),
        ("unmapped-value", "form"),
        ("invalid-time", "day, clock"),
        ("no-patient-id", "who"),
    ]
    assert all(
        one.patient is not None or one.trouble.reason in ("no-patient-id", "invalid-time")
        for one in wrong
        if isinstance(one, Told) and one.trouble is not None
    )


# -- workbooks -----------------------------------------------------------------------------------------------------

STAYS: Rows = [
    [*HEADER, "to", "bed"],
    ["7", "12", "AVD 12", datetime(2026, 3, 2, 8, 0), datetime(2026, 3, 4, 10, 30, 31), "home", 2.5],
    ["191212121212", "S2", "14", date(2026, 3, 5), "", "", 4],
    ["9", "S3", "14", "soon", "", "", ""],
]
AS_TEXT: Rows = [
    [*HEADER, "to", "bed"],
    ["7", "12", "AVD 12", "2026-03-02 08:00", "2026-03-04 10:30:31", "home", "2.5"],
    ["191212121212", "S2", "14", "2026-03-05", "", "", "4"],
    ["9", "S3", "14", "soon", "", "", ""],
]


def as_xlsx(file: Path, *sheets: Rows) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Blad{number + 1}")
        for row in rows:
            # Numbers as numbers, as a spreadsheet would have them.
            sheet.append([int(cell) if isinstance(cell, str) and cell.isdigit() else cell for cell in row])
    book.save(file)
    return file


def as_ods(file: Path, rows: Rows) -> Path:
    def cell(value: object) -> str:
        if isinstance(value, date):
            return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
        if isinstance(value, float | int) or str(value).isdigit():
            return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    lines = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows)
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    content = (
        f'<office:document-content xmlns:office="{space}office:1.0" xmlns:table="{space}table:1.0"'
        f' xmlns:text="{space}text:1.0"><office:body><office:spreadsheet><table:table table:name="Blad1">{lines}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("content.xml", content)
        packed.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return file


def test_the_same_rows_as_text_and_as_workbooks_are_the_same_facts(tmp_path: Path) -> None:
    as_text = told(table(tmp_path / "t.csv", AS_TEXT))
    assert [len(one.submissions) for one in as_text if isinstance(one, Told)] == [3, 2, 0]
    for file in (as_xlsx(tmp_path / "t.xlsx", STAYS), as_ods(tmp_path / "t.ods", STAYS)):
        found = told(file)
        assert [one.submissions for one in found if isinstance(one, Told)] == [
            one.submissions for one in as_text if isinstance(one, Told)
        ]
        assert troubles(file) == [("invalid-time", "in")]
    assert (
        next(message.place for message in messages_in(tmp_path / "t.xlsx"))
        == "file 1 (.xlsx), sheet 1, row 2"
    )
    # A row of a workbook is text once it is taken out of it.
    (first, *_), (other, *_) = messages_in(tmp_path / "t.xlsx"), messages_in(tmp_path / "t.ods")
    assert first.digest == other.digest


def test_of_a_workbook_every_sheet_that_fits_is_read_or_the_one_that_is_named(tmp_path: Path) -> None:
    file = as_xlsx(tmp_path / "t.xlsx", [["About"], ["us"]], [["x"], [], HEADER, ROW], [], [HEADER, ROW])
    assert [message.place for message in messages_in(file)] == [
        "file 1 (.xlsx), sheet 2, row 4",
        "file 1 (.xlsx), sheet 4, row 2",
    ]
    assert [message.place for message in messages_in(file, Site(sheet="Blad4"))] == [
        "file 1 (.xlsx), sheet 4, row 2"
    ]


def test_a_workbook_that_no_mapping_fits_or_that_is_broken_is_one_letter(tmp_path: Path) -> None:
    unknown = as_xlsx(tmp_path / "t.xlsx", [["a", "b"], ["1", "2"]])
    assert troubles(unknown) == [("unknown-table", None)]
    assert messages_in(unknown)[0].raw == unknown.read_bytes()
    broken = written(tmp_path / "u.xlsx", unknown.read_bytes()[:-200])
    assert troubles(broken) == [("broken-workbook", None)]
    assert troubles(written(tmp_path / "v.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and no more")) == [
        ("broken-workbook", None)
    ]


def test_a_workbook_that_unpacks_to_more_than_memory_ends_no_more_than_its_reading(tmp_path: Path) -> None:
    file = as_xlsx(tmp_path / "t.xlsx", [HEADER, ROW])
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    swollen = io.BytesIO()
    with zipfile.ZipFile(file) as packed, zipfile.ZipFile(swollen, "w") as out:
        for name in packed.namelist():
            content = packed.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"</sheetData>", corner.encode())
            out.writestr(name, content)
    assert troubles(written(tmp_path / "u.xlsx", swollen.getvalue())) == [("broken-workbook", None)]


def test_a_workbook_larger_than_any_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "WORKBOOK_MAX", 1000)
    file = as_xlsx(tmp_path / "t.xlsx", [HEADER, ROW])
    assert troubles(file) == [("too-large", None)]


# -- event logs ----------------------------------------------------------------------------------------------------

EVENT = (
    '<event><string key="concept:name" value="Admission"/>'
    '<date key="time:timestamp" value="2026-03-02T12:00:00Z"/>{}</event>'
)
LOG = (
    '<log xmlns="http://www.xes-standard.org/"><trace><string key="concept:name" value="A"/>{}</trace></log>'
)


def test_a_packed_log_and_one_called_xml(tmp_path: Path) -> None:
    content = LOG.format(EVENT.format("")).encode()
    assert len(submissions(written(tmp_path / "a.xes.gz", gzip.compress(content)))) == 1
    assert len(submissions(written(tmp_path / "b.xml", content))) == 1
    (message,) = messages_in(tmp_path / "b.xml")
    assert message.raw == (
        b"concept:name,time:timestamp,case:concept:name\nAdmission,2026-03-02T12:00:00Z,A\n"
    )
    (again,) = messages_of(message.raw, message.content_type)
    assert read(again) == read(message)


def test_of_a_log_that_breaks_off_what_came_before_is_read(tmp_path: Path) -> None:
    content = LOG.format(EVENT.format("") * 3).encode()
    file = written(tmp_path / "a.xes", content[:-40])
    assert len(messages_in(file)) == 3
    assert troubles(file) == [("not-xml", None)]


def test_a_log_with_a_document_type_is_refused(tmp_path: Path) -> None:
    content = '<!DOCTYPE log [<!ENTITY a "b">]>' + LOG.format(EVENT.format(""))
    assert troubles(written(tmp_path / "a.xes", content.encode())) == [("not-xml", None)]


def test_an_event_larger_than_any_is_passed_over(tmp_path: Path) -> None:
    large = EVENT.format("".join(f'<string key="k{number}" value="{"x" * 1000}"/>' for number in range(3000)))
    file = written(tmp_path / "a.xes", LOG.format(large + EVENT.format("")).encode())
    assert troubles(file) == [("too-large", None)]
    assert len(messages_in(file)) == 2


def test_a_tag_without_end_does_not_fill_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xes, "_SILENT_MAX", 200_000)
    endless = '<log><trace><string key="' + ">" * 3_000_000
    assert troubles(written(tmp_path / "a.xes", endless.encode())) == [("not-xml", None)]


def test_a_log_that_no_mapping_fits_is_one_letter(tmp_path: Path) -> None:
    content = b'<log><trace><event><string key="a" value="b"/></event></trace></log>'
    file = written(tmp_path / "a.xes", content)
    assert troubles(file) == [("unknown-table", None)]
    assert messages_in(file)[0].raw == content


# -- anything ------------------------------------------------------------------------------------------------------

TABLES = [one for one in formats() if one.name in ("table", "xes")]
CELLS = st.sampled_from(
    [*HEADER, *ROW, '"', '""', ";", ",", "\t", "\r", "\n", "\x00", "å", "2026-02-30", "0"]
)


@given(st.binary(max_size=400) | st.lists(CELLS, max_size=60).map(lambda cells: ",".join(cells).encode()))
def test_any_bytes_are_told_or_unreadable(raw: bytes) -> None:
    header = (",".join(HEADER) + "\n").encode()
    for content in (raw, header + raw, b"\xff\xfe" + raw):
        for kind in ("text/csv", "text/csv; mapping=ward-periods@1", "application/xes+xml"):
            for message in messages_of(content, kind):
                assert isinstance(read(message), Told | Unreadable)
                one = read(message)
                assert not isinstance(one, Unreadable) or one.reason != "not-read"


@given(st.lists(st.lists(st.text(max_size=20), min_size=5, max_size=5), max_size=20))
def test_rows_come_out_as_they_were_written(rows: list[list[str]]) -> None:
    import csv

    from consumers.intake.formats._format import Stream

    written = io.StringIO()
    csv.writer(written, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    stream: Stream = io.BufferedReader(io.BytesIO(written.getvalue().encode("utf-8", "surrogatepass")))
    found = list(text.rows(stream, text.Dialect(",", '"', ("utf-8",))))
    if not any("\r" in cell for row in rows for cell in row):
        assert [list(row.cells) for row in found] == rows


@pytest.mark.parametrize(
    ("written", "at", "precision"),
    [
        ("2026-03-02", "2026-03-01T23:00:00", "day"),
        ("20260302", "2026-03-01T23:00:00", "day"),
        ("2026-03-02 24:00", "2026-03-02T23:00:00", "minute"),
        ("2026-03-02T08:00:31.5", "2026-03-02T07:00:31", "second"),
        ("2026-03-02 08:00:31,123+05:30", "2026-03-02T02:30:31", "second"),
        ("2026-03-02T08:00Z", "2026-03-02T08:00:00", "minute"),
        ("2026-03-02 08:00 +0100", "2026-03-02T07:00:00", "minute"),
        ("2026-10-25 02:30", "2026-10-25T00:30:00", "minute"),  # comes twice: the first
        ("02/03/2026 08:00", "2026-03-02T07:00:00", "minute"),
    ],
)
def test_times_as_they_are_written(tmp_path: Path, written: str, at: str, precision: str) -> None:
    (said,) = submissions(table(tmp_path / "t.csv", [HEADER, ["P", "S", "A", written, ""]]))
    assert (f"{said.time:%Y-%m-%dT%H:%M:%S}", said.precision) == (at, precision)


@pytest.mark.parametrize(
    "written",
    [
        "2026-02-30",
        "2026-03-02 25:00",
        "2026-03-02 08:00:75",
        "0000-01-01",
        "2026-03-02T08:00+99:00",
        "tomorrow",
    ],
)
def test_what_is_no_time_is_put_aside(tmp_path: Path, written: str) -> None:
    assert troubles(table(tmp_path / "t.csv", [HEADER, ["P", "S", "A", written, ""]])) == [
        ("invalid-time", "in")
    ]


def test_the_hour_that_the_clocks_jumped_over_is_put_aside(tmp_path: Path) -> None:
    file = table(tmp_path / "t.csv", [HEADER, ["P", "S", "A", "2026-03-29 02:30", ""]])
    assert troubles(file) == [("no-such-time", "in")]
