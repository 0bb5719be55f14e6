"""`carechain rules`: the list, and the page that is made from it."""

import json
from pathlib import Path

import pytest

from cli import main

PAGE = Path(__file__).parents[2] / "infra" / "reference" / "rules.md"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main.run(("rules", *arguments)) == 0
    return capsys.readouterr().out


def test_the_page_is_what_the_code_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert PAGE.read_text(encoding="utf-8") == run(capsys, "--markdown"), (
        "write it anew: carechain rules --markdown > infra/reference/rules.md"
    )


def test_every_rule_of_the_law_and_every_measure_is_there_with_its_source(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = json.loads(run(capsys, "--json"))["data"]
    ids = [line["id"] for line in lines]
    assert [one for one in ids if one.startswith("MH-")] == [f"MH-{number:02}" for number in range(1, 26)]
    assert [one for one in ids if one.startswith("W-")] == [f"W-{number:02}" for number in range(1, 28)]
    assert all(line["source"] and line["title"] for line in lines)
    assert {line["word"] for line in lines if line["kind"] == "measure"} == {
        "near",
        "coordinated",
        "resource-efficient",
        "health-promoting",
        "person-centred",
    }
    assert len(ids) == len(set(ids))


def test_for_reading(capsys: pytest.CaptureFixture[str]) -> None:
    assert "MH-10" in run(capsys)
