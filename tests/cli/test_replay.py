"""A journey step by step: what changed after each fact, and when time alone changed something."""

import subprocess
import sys
from datetime import timedelta

import pytest
from given import Story, given, instant, said
from replays import replay

from cli import journey
from cli.replay import Step, answer, print_step, steps
from domain.facts.admission import PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.facts.notification import ServiceNeedAssessed
from domain.rows import Obligation, Responsibility, Stay, Wait

WARD = "hsa:SE2321000198-WARD1"
ADMITTED = said("2026-03-02T10:00", PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180"))
ASSESSED = said(
    "2026-03-02T12:00", ServiceNeedAssessed(outcome="yes", needs=("municipal-health",), at_admission=True)
)
HOME = said("2026-03-05T11:00", PatientDischarged(destination="home"))


def replayed(story: Story, until: str) -> list[Step]:
    return list(steps(story.history, story.all_rows(), instant(until)))


def changes(step: Step) -> set[tuple[str, str, str | None]]:
    return {(row.KIND, row.rule, row.state) for row in step.changes}


def test_each_fact_is_followed_by_what_it_changed() -> None:
    first, second, *_ = replayed(given(ADMITTED, ASSESSED), "2026-03-02T13:00")
    assert [fact.kind.NAME for fact in first.facts] == ["patient-admitted"]
    assert changes(first) == {
        ("stay", "stay", "inpatient"),
        ("responsibility", "care", "current"),
        ("responsibility", "payment", "current"),
        ("obligation", "NS-assess", "open"),
    }
    assert [fact.kind.NAME for fact in second.facts] == ["service-need-assessed"]
    assert {
        ("wait", "W-01", "waiting"),
        ("obligation", "MH-01", "due"),
        ("obligation", "NS-assess", "done"),
    } <= changes(second)


def test_time_alone_makes_a_handoff_missed() -> None:
    """MH-01: 24 hours from admission, and a microsecond."""
    story = given(ADMITTED, ASSESSED)
    last = replayed(story, "2026-03-04T00:00")[-1]
    assert last.facts == ()
    assert last.time == instant("2026-03-03T10:00") + timedelta(microseconds=1)
    assert ("obligation", "MH-01", "missed") in changes(last)


def test_nothing_after_the_moment_asked_is_told() -> None:
    story = given(ADMITTED, ASSESSED, HOME)
    assert {step.time for step in replayed(story, "2026-03-02T11:00")} == {instant("2026-03-02T10:00")}


def test_every_step_is_what_stood_then_and_not_before() -> None:
    story = given(ADMITTED, ASSESSED, HOME)
    last = next(
        step
        for step in replayed(story, "2026-03-06T00:00")
        if step.facts and step.facts[0].kind is PatientDischarged
    )
    kinds = {type(row): row for row in last.changes}
    assert set(kinds) == {Stay, Responsibility, Obligation, Wait}
    assert ("stay", "stay", "discharged") in changes(last)
    assert {(row.role, row.state) for row in last.changes if isinstance(row, Responsibility)} == {
        ("inpatient", "ended"),
        ("open-care", "current"),
        (None, "ended"),  # who paid
    }


def test_a_step_for_other_programs_names_facts_and_changes() -> None:
    (first, *_) = replayed(given(ADMITTED), "2026-03-02T11:00")
    said_ = answer(first)
    assert said_["time"] == instant("2026-03-02T10:00")
    (fact,) = said_["facts"]  # type: ignore[misc]
    assert (fact["fact"], fact["state"], fact["unit"]) == ("patient-admitted", "happened", WARD)
    kinds = [(change["kind"], change.get("notion"), change["state"]) for change in said_["changes"]]  # type: ignore[attr-defined]
    assert kinds == [
        ("stay", None, "inpatient"),
        ("responsibility", "care", "current"),
        ("responsibility", "payment", "current"),
        ("obligation", None, "open"),
    ]


def test_a_key_goes_on_and_q_ends(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = replayed(given(ADMITTED, ASSESSED, HOME), "2026-03-06T00:00")
    keys = iter([" ", "q"])
    monkeypatch.setattr("typer.getchar", lambda: next(keys))
    journey._play(found, pause=None, by_key=True)
    out = capsys.readouterr().out
    assert "service need assessed" in out
    assert "patient discharged" not in out


def test_a_pace_waits_between_the_moments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = replayed(given(ADMITTED, ASSESSED), "2026-03-02T13:00")
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    journey._play(found, pause=0.5, by_key=False)
    assert slept == [0.5]
    assert "patient admitted" in capsys.readouterr().out


def test_every_notion_of_responsibility_is_printed_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    for step in replay().steps:
        print_step(step)
    told = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert "+ care contact: Region Gävleborg, open-care" in told
    assert "+ payment: Gävle, social-services" in told
    assert "- no longer responsible: Region Gävleborg, inpatient (discharged)" in told


def test_the_view_is_imported_only_to_be_shown() -> None:
    code = "import sys; import cli.journey, cli.replay, cli.replay_panes; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
