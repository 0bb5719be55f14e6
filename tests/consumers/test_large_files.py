"""A file of one GiB of anything is read, or passed over, in bounded memory."""

import gzip
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import openpyxl
import pytest

TESTS = Path(__file__).parent.parent
ROOT = TESTS.parent
SIZE = 1024**3
PIECE = 1024**2
PEAK_KIB = 400 * 1024
ADDRESSES = 2 * 1024**3
HEADER = b"patient;case;ward;in;out;form;free\n"
MSH = b"MSH|^~\\&|PAS|HOSP|||20260302081500||ADT^A01|1|P|2.5\r"


def repeated(pattern: bytes) -> bytes:
    return (pattern * (PIECE // len(pattern) + 1))[:PIECE]


@contextmanager
def endless(file: Path, head: bytes, pattern: bytes) -> Iterator[None]:
    """One GiB that comes through a pipe, so that it need not stand anywhere."""
    os.mkfifo(file)
    piece = repeated(pattern)

    def write() -> None:
        with suppress(BrokenPipeError), file.open("wb") as pipe:
            pipe.write(head)
            for _ in range(SIZE // PIECE):
                pipe.write(piece)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        yield
    finally:
        if thread.is_alive():
            # A reader that never came would leave it waiting.
            os.close(os.open(file, os.O_RDONLY | os.O_NONBLOCK))
        thread.join(30)


def read(file: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, TESTS / "reading_process.py", file, str(ADDRESSES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["peak"] < PEAK_KIB
    assert told["peak_of_children"] < ADDRESSES // 1024
    return told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "head", "pattern", "reason"),
    [
        ("a.ndjson", b'{"type": "', b"x", "too-large"),
        ("a.json", b'{"resourceType": "Bundle", "id": "', b"x", "too-large"),
        ("a.xml", b"<Bundle>", b"<a>", "too-large"),
        ("a.hl7", MSH, b"NTE|1||xxxx", "too-large"),
        ("a.hl7", b"", b"PID|1||" + b"x" * 1016 + b"\r", "too-large"),
        ("a.csv", b"", b"x", "unknown-table"),
        ("a.csv", HEADER + b'1;"', b"x" * 65535 + b"\n", None),
        ("a.csv", HEADER + b"1;", b"x", "too-large"),
        ("a.xes", b"<log><trace>", b'<string key="x" value="y"/>', "not-xml"),
        ("a", b"", b"\0", "too-large"),
    ],
)
def test_a_file_without_end(tmp_path: Path, name: str, head: bytes, pattern: bytes, reason: str) -> None:
    file = tmp_path / name
    with endless(file, head, pattern):
        told = read(file)
    if reason is None:
        # A quotation mark that is never closed spoils its row, not the rows behind it.
        assert sum(told["reasons"].values()) == told["read"] > 1
    else:
        assert (told["read"], told["reasons"]) == (1, {reason: 1})


@pytest.mark.slow
@pytest.mark.parametrize(("name", "head"), [("a.ndjson.gz", b""), ("a.csv.gz", HEADER)])
def test_a_packed_file_that_is_much_larger_unpacked(tmp_path: Path, name: str, head: bytes) -> None:
    file = tmp_path / name
    # Members one after the other are one file to whoever unpacks it.
    member = gzip.compress(b"x" * PIECE * 16)
    file.write_bytes(gzip.compress(head) + member * (SIZE // PIECE // 16))
    told = read(file)
    assert (told["read"], told["reasons"]) == (1, {"too-large": 1})


@pytest.mark.slow
def test_a_workbook_that_is_much_larger_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    made = openpyxl.Workbook()
    made.save(tmp_path / "small.xlsx")
    row = b"<row><c><v>1</v></c></row>"
    piece = row * (PIECE // len(row))
    with (
        zipfile.ZipFile(tmp_path / "small.xlsx") as small,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as large,
    ):
        for name in small.namelist():
            if not name.startswith("xl/worksheets/"):
                large.writestr(name, small.read(name))
        with large.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(
                b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
            )
            for _ in range(SIZE // PIECE):
                sheet.write(piece)
            sheet.write(b"</sheetData></worksheet>")
    told = read(file)
    assert (told["read"], told["reasons"]) == (1, {"broken-workbook": 1})
