"""Which huvudman answers for the whole, as the SIP says."""

from given import Story, given, said

from domain.calendar import parse_instant
from domain.command import Command
from domain.facts.discharge import PatientDeceased
from domain.facts.planning import SipEstablished
from domain.rows import Responsibility, at


def overall(story: Story, moment: str) -> list[str | None]:
    rows = at(story.all_rows(), parse_instant(moment))
    return [
        row.party
        for row in rows
        if isinstance(row, Responsibility) and row.rule == "overall" and row.state == "current"
    ]


def sip(time: str, who: str | None) -> Command:
    return said(time, SipEstablished(principals=("21", "2180"), overall_responsible=who))


def test_who_the_last_sip_names_answers_for_the_whole() -> None:
    story = given(
        sip("2026-03-02T10:00", "21"),
        sip("2026-03-05T10:00", None),
        sip("2026-03-09T10:00", "2180"),
    )
    assert overall(story, "2026-03-02T09:59") == []
    assert overall(story, "2026-03-06T08:00") == ["region:21"]
    assert overall(story, "2026-03-09T10:00") == ["municipality:2180"]


def test_death_ends_it() -> None:
    story = given(sip("2026-03-02T10:00", "2180"), said("2026-03-03T10:00", PatientDeceased()))
    assert overall(story, "2026-03-03T10:00") == []
