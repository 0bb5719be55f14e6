"""Gap: home, and the municipal care that was promised has not begun."""

from given import given
from nearby import GAVLE, found, lasted, open_findings
from ward import accepted, admitted, care_started, closed, declined, died, discharged, proposed

IN = admitted("2026-03-02T10:00", stay="A")
ASKED = proposed("2026-03-04T10:00")
YES = accepted("2026-03-04T14:00", start="2026-03-06T09:00")
OUT = discharged("2026-03-05T14:00", stay="A")
CODE = "gap-municipal-care"


def test_from_the_planned_start_until_it_begins() -> None:
    story = given(IN, ASKED, YES, OUT, care_started("2026-03-07T10:00"))
    assert CODE not in open_findings(story, "2026-03-06T08:59")
    assert CODE in open_findings(story, "2026-03-06T09:00")
    row = found(story, CODE)
    assert lasted(row, "2026-03-06T09:00", "2026-03-07T10:00")
    assert (row.party, row.role, row.outcome, row.severity) == (
        GAVLE,
        "municipal-health",
        "started",
        "quality",
    )


def test_the_facts_behind_it() -> None:
    story = given(IN, ASKED, YES, OUT, care_started("2026-03-07T10:00"))
    row = found(story, CODE)
    names = {fact.id: fact.kind.NAME for fact in story.history.facts}
    assert [names[fact] for fact in row.opened_by] == ["municipal-takeover-accepted", "patient-discharged"]
    assert [names[fact] for fact in row.closed_by] == ["municipal-care-started"]


def test_a_planned_start_before_the_discharge_counts_from_the_discharge() -> None:
    story = given(IN, ASKED, accepted("2026-03-04T14:00", start="2026-03-04T20:00"), OUT)
    assert lasted(found(story, CODE), "2026-03-05T14:00", None)


def test_begun_in_time_there_is_none() -> None:
    for start in ("2026-03-05T14:00", "2026-03-06T09:00"):
        assert CODE not in open_findings(given(IN, ASKED, YES, OUT, care_started(start)), "2026-03-20T10:00")
        assert not given(IN, ASKED, YES, OUT, care_started(start)).findings("2026-03-20T10:00")


def test_rehabilitation_begun_is_health_care_begun() -> None:
    story = given(IN, ASKED, YES, OUT, care_started("2026-03-06T08:00", "rehabilitation"))
    assert not story.findings("2026-03-20T10:00")


def test_what_another_municipality_or_the_other_law_began_does_not_count() -> None:
    story = given(
        IN,
        ASKED,
        YES,
        OUT,
        care_started("2026-03-06T08:00", municipality="2181"),
        care_started("2026-03-06T08:00", "home-help"),
    )
    assert CODE in open_findings(story, "2026-03-20T10:00")


def test_a_yes_taken_back_by_a_no_is_no_promise() -> None:
    story = given(IN, ASKED, YES, declined("2026-03-05T10:00"), OUT)
    assert CODE not in story.findings("2026-03-20T10:00")


def test_readmission_death_and_a_closed_case_end_it() -> None:
    for end, outcome in (
        (admitted("2026-03-08T10:00", stay="B"), "readmitted"),
        (died("2026-03-08T10:00"), "deceased"),
        (closed("2026-03-08T10:00", stay="A"), "stopped"),
    ):
        row = found(given(IN, ASKED, YES, OUT, end), CODE)
        assert lasted(row, "2026-03-06T09:00", "2026-03-08T10:00")
        assert row.outcome == outcome
