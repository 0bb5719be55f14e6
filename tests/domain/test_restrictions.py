"""Spärr, protected identity and consent: from when until when each stands, and whose it is."""

from given import Story, given, said

from domain.calendar import parse_instant
from domain.command import Command
from domain.fact import Fact
from domain.facts.correction import FactVoided
from domain.facts.notification import ConsentRecorded
from domain.facts.person import BlockLifted, BlockSet, ProtectedIdentityLifted, ProtectedIdentitySet
from domain.rows import Restriction, at

WARD = "hsa:SE2321000198-WARD1"
REGION, MUNICIPALITY = "orgnr:2321000198", "orgnr:2120002338"


def by(controller: str, time: str, fact: Fact) -> Command:
    return said(time, fact, controller=controller)


def standing(story: Story, moment: str) -> list[tuple[str, str | None, str | None, str | None]]:
    """Rule, controller, closed unit and detail of what stands."""
    rows = at(story.all_rows(), parse_instant(moment))
    return sorted(
        (row.rule, row.organisation, row.unit, row.detail)
        for row in rows
        if isinstance(row, Restriction) and row.state == "current"
    )


def test_a_block_stands_until_it_is_lifted() -> None:
    story = given(
        by(REGION, "2026-03-02T10:00", BlockSet(kind="inner", closed_unit=WARD)),
        by(REGION, "2026-03-04T10:00", BlockLifted(kind="inner", closed_unit=WARD, ground="patient")),
    )
    assert standing(story, "2026-03-02T09:59") == []
    assert standing(story, "2026-03-03T10:00") == [("block-inner", REGION, WARD, None)]
    assert standing(story, "2026-03-04T10:00") == []


def test_a_block_of_one_is_not_lifted_by_another_nor_for_another_unit() -> None:
    story = given(
        by(REGION, "2026-03-02T10:00", BlockSet(kind="shared-documentation")),
        by(MUNICIPALITY, "2026-03-02T11:00", BlockSet(kind="shared-documentation")),
        by(MUNICIPALITY, "2026-03-03T10:00", BlockLifted(kind="shared-documentation", ground="patient")),
    )
    assert standing(story, "2026-03-05T10:00") == [("block-shared-documentation", REGION, None, None)]


def test_a_block_without_kind_closes_both_ways() -> None:
    story = given(by(REGION, "2026-03-02T10:00", BlockSet(closed_unit=WARD)))
    assert standing(story, "2026-03-02T10:00") == [
        ("block-inner", REGION, WARD, None),
        ("block-shared-documentation", REGION, WARD, None),
    ]


def test_protection_stands_until_that_kind_of_it_is_lifted() -> None:
    story = given(
        by(REGION, "2026-03-02T10:00", ProtectedIdentitySet(kind="secrecy-marking")),
        by(REGION, "2026-03-03T10:00", ProtectedIdentitySet(kind="protected-registration")),
        by(REGION, "2026-03-05T10:00", ProtectedIdentityLifted(kind="protected-registration")),
    )
    assert [one[3] for one in standing(story, "2026-03-04T10:00")] == [
        "protected-registration",
        "secrecy-marking",
    ]
    assert [one[3] for one in standing(story, "2026-03-05T10:00")] == ["secrecy-marking"]


def test_the_last_word_on_consent_stands_for_its_scope() -> None:
    story = given(
        by(REGION, "2026-03-02T10:00", ConsentRecorded(scope="information-sharing", decision="given")),
        by(
            MUNICIPALITY,
            "2026-03-04T10:00",
            ConsentRecorded(scope="information-sharing", decision="withdrawn"),
        ),
        by(REGION, "2026-03-03T10:00", ConsentRecorded(scope="sip", decision="refused")),
    )
    assert standing(story, "2026-03-03T10:00") == [
        ("consent-information-sharing", REGION, None, "given"),
        ("consent-sip", REGION, None, "refused"),
    ]
    assert standing(story, "2026-03-04T10:00") == [
        ("consent-information-sharing", MUNICIPALITY, None, "withdrawn"),
        ("consent-sip", REGION, None, "refused"),
    ]


def test_what_was_voided_restricts_nobody() -> None:
    story = given(by(REGION, "2026-03-02T10:00", ProtectedIdentitySet(kind="secrecy-marking")))
    protection = story.journey.facts[0].id
    mended = story.when(by(REGION, "2026-03-02T12:00", FactVoided(target_fact=protection)))
    assert standing(mended, "2026-03-02T11:00") == []
