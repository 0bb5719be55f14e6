"""The house rules that a machine can check: who imports whom, what each module says of itself, who may read a clock."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("domain", "projections", "consumers", "cli", "infra")
MODULES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
WRITTEN = [file for file in MODULES if file.read_text(encoding="utf-8").strip()]
"""An empty ``__init__`` has nothing to say."""
CLOCKS = re.compile(
    r"\b(datetime\.now|utcnow|fromtimestamp|date\.today|datetime\.today|time\.time|time\.monotonic|perf_counter)\b"
)
PLACES = re.compile(r"https?://[^\s\"']*(pypi|/simple\b)|/root/|/home/[a-z]|/work/")
"""Addresses of package registries, and paths of the machine something was written on."""


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_five_packages_are_there() -> None:
    assert {named(file).split("/")[0] for file in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("file", WRITTEN, ids=named)
def test_each_module_says_in_one_sentence_what_it_is_for(file: Path) -> None:
    docstring = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    assert docstring, "the first thing in a module is its docstring"
    first = docstring.split("\n\n")[0]
    assert first.rstrip().endswith((".", "?")), "its first paragraph is a sentence"
    assert "\n" not in first, "which stands on one line"


@pytest.mark.parametrize("file", [f for f in MODULES if f.relative_to(ROOT).parts[0] != "cli"], ids=named)
def test_nothing_but_the_command_line_prints(file: Path) -> None:
    calls = [
        node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    assert not [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


@pytest.mark.parametrize("file", [f for f in MODULES if f.relative_to(ROOT).parts[0] == "domain"], ids=named)
def test_the_domain_reads_no_clock(file: Path) -> None:
    """Time arrives; else the same history would give other rows tomorrow."""
    assert not CLOCKS.findall(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "file", [f for f in MODULES if f.relative_to(ROOT).parts[0] == "projections"], ids=named
)
def test_projections_read_no_clock(file: Path) -> None:
    assert not CLOCKS.findall(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", WRITTEN, ids=named)
def test_nothing_of_the_machine_it_was_written_on(file: Path) -> None:
    assert not PLACES.findall(file.read_text(encoding="utf-8"))


def test_test_modules_have_names_of_their_own() -> None:
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_tests_are_no_packages() -> None:
    """Pytest imports by path; a package would shadow what it tests."""
    assert [named(file) for file in (ROOT / "tests").rglob("__init__.py")] == []


def test_nothing_is_skipped() -> None:
    marks = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)")
    files = [file for file in (ROOT / "tests").rglob("*.py") if file != Path(__file__)]
    assert [named(file) for file in files if marks.search(file.read_text(encoding="utf-8"))] == []
