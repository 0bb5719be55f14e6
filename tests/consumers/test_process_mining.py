"""The event logs are opened by pm4py, in an environment of its own that is thrown away: its licence is not ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from shown_journeys import ANNA, BO, JOURNEYS

from consumers.exports import ocel_json, ocel_sqlite, xes

PM4PY = "pm4py==2.7.23.11"
COUNTS = """
import json, sys
import pm4py

log = pm4py.read_xes(sys.argv[1])
said = {
    "xes": {
        "cases": sorted(log["case:concept:name"].unique().tolist()),
        "activities": log["concept:name"].value_counts().to_dict(),
        "first": log["time:timestamp"].min().isoformat(),
        "recorded": int(log["recorded"].notna().sum()),
        "variants": sorted("|".join(variant) for variant in pm4py.get_variants(log)),
    }
}
for form, file in (("json", sys.argv[2]), ("sqlite", sys.argv[3])):
    found = pm4py.read_ocel2(file)
    said[form] = {
        "events": found.events["ocel:activity"].value_counts().to_dict(),
        "objects": found.objects["ocel:type"].value_counts().to_dict(),
        "relations": found.relations["ocel:qualifier"].value_counts().to_dict(),
        "between": found.o2o["ocel:qualifier"].value_counts().to_dict(),
        "names": sorted(found.objects["name"].dropna().tolist()),
        "first": found.events["ocel:timestamp"].min().isoformat(),
    }
with open(sys.argv[4], "w", encoding="utf-8") as answer:
    json.dump(said, answer)
"""


def run(*command: object) -> None:
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1"}
    done = subprocess.run(
        [str(part) for part in command], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def uv(folder: Path) -> Path:
    """As the Makefile finds it: on the path, else among the tools, else fetched."""
    found = shutil.which("uv")
    if found is not None:
        return Path(found)
    made = ROOT / ".tools" / "bin" / "uv"
    if not made.exists():
        made = folder / "uv"
        run(sys.executable, ROOT / ".ci" / "fetch_uv.py", made)
    return made


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python that has pm4py, and nothing of ours."""
    folder, tool = tmp_path / "environment", uv(tmp_path)
    run(tool, "venv", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    run(tool, "pip", "install", "--python", python, PM4PY)
    return python


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_pm4py_opens_both_logs_and_counts_as_we_do(python: Path, tmp_path: Path) -> None:
    logs = [tmp_path / name for name in ("log.xes", "log.json", "log.sqlite")]
    with logs[0].open("w", encoding="utf-8") as file:
        xes.write(JOURNEYS, file)
    with logs[1].open("w", encoding="utf-8") as file:
        ocel_json.write(JOURNEYS, file)
    ocel_sqlite.write(JOURNEYS, logs[2])
    script, answer = tmp_path / "counts.py", tmp_path / "answer.json"
    script.write_text(COUNTS, encoding="utf-8")
    run(python, script, *logs, answer)
    said: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
    assert said["xes"] == {
        "cases": [str(ANNA), str(BO)],
        "activities": {"patient-admitted": 2, "patient-discharged": 1},
        "first": "2026-03-02T07:00:00+00:00",
        "recorded": 2,
        "variants": ["patient-admitted", "patient-admitted|patient-discharged"],
    }
    assert said["json"] == said["sqlite"]
    assert said["json"] == {
        "events": {"patient-admitted": 2, "patient-discharged": 1},
        "objects": {"journey": 2, "stay": 2, "unit": 1, "municipality": 1},
        "relations": {"about": 3, "during": 3, "by": 2, "resident of": 2},
        "between": {"part of": 2},
        "names": ["Gävle"],
        "first": "2026-03-02T07:00:00+00:00",
    }
