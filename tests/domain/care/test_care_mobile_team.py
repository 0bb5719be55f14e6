"""A mobile team of region and municipality: Funäsdalen's takes over at home, follows the patient, and hands back."""

from given import given
from nearby import care_of, handed_back, lasted, took_over, who
from ward import admitted, care_started, died

from domain.facts._parts import Recipient

TEAM = "hsa:SE2321000230-FUNAS"
CENTRE = "hsa:SE2321000230-HCFUN"
REGION, HARJEDALEN = "region:23", "municipality:2361"
PHYSICIAN = Recipient(role="open-care", unit=CENTRE)
NURSE = Recipient(role="municipal-health", municipality="2361")
HELP = Recipient(role="social-services", municipality="2361")
OF_REGION = {"principal": "23", "controller": "orgnr:2321000214"}
START = took_over("2026-03-02T09:00", TEAM, PHYSICIAN, NURSE, **OF_REGION)


def test_the_team_and_each_member_answer() -> None:
    story = given(START)
    assert who(story, "2026-03-02T09:00") == {
        ("mobile-team", REGION, TEAM),
        ("team-member", REGION, CENTRE),
        ("team-member", HARJEDALEN, None),
    }
    assert {row.organisation for row in care_of(story, "team-member")} == {TEAM}
    assert {row.detail for row in care_of(story, "team-member")} == {"open-care", "municipal-health"}


def test_handed_back_the_teams_part_and_the_members_is_over() -> None:
    story = given(
        START,
        care_started("2026-03-20T10:00", municipality="2361", principal="2361"),
        handed_back("2026-03-20T15:00", TEAM, NURSE, **OF_REGION),
    )
    assert who(story, "2026-03-20T14:59", "mobile-team") == {("mobile-team", REGION, TEAM)}
    assert who(story, "2026-03-20T15:00") == {("municipal-health", HARJEDALEN, None)}
    rows = [*care_of(story, "mobile-team"), *care_of(story, "team-member")]
    assert [lasted(row, "2026-03-02T09:00", "2026-03-20T15:00") for row in rows] == [True] * 3
    assert {row.outcome for row in rows} == {"handed-back"}


def test_a_hand_back_that_names_no_team() -> None:
    story = given(START, handed_back("2026-03-20T15:00", None, NURSE, **OF_REGION))
    assert who(story, "2026-03-20T15:00") == set()


def test_another_teams_hand_back_changes_nothing() -> None:
    story = given(START, handed_back("2026-03-20T15:00", "hsa:SE2321000230-OTHER", NURSE, **OF_REGION))
    assert ("mobile-team", REGION, TEAM) in who(story, "2026-03-20T15:00")


def test_told_twice_it_is_the_same_care() -> None:
    story = given(START, took_over("2026-03-04T09:00", TEAM, PHYSICIAN, NURSE, **OF_REGION))
    assert len(care_of(story, "mobile-team")) == 1
    assert len(care_of(story, "team-member")) == 2


def test_a_member_who_joins_begins_then() -> None:
    story = given(START, took_over("2026-03-04T09:00", TEAM, PHYSICIAN, NURSE, HELP, **OF_REGION))
    joined = care_of(story, "team-member")[-1]
    assert (joined.detail, joined.party) == ("social-services", HARJEDALEN)
    assert lasted(joined, "2026-03-04T09:00", None)


def test_a_team_follows_the_patient_into_hospital() -> None:
    story = given(START, admitted("2026-03-05T10:00", municipality="2361", **OF_REGION))
    assert who(story, "2026-03-05T10:00", "mobile-team", "inpatient") == {
        ("mobile-team", REGION, TEAM),
        ("inpatient", REGION, "hsa:SE2321000198-WARD1"),
    }


def test_a_member_whose_municipality_is_not_named_is_the_patients_own() -> None:
    story = given(
        admitted("2026-03-01T10:00"), took_over("2026-03-02T09:00", TEAM, Recipient(role="municipal-health"))
    )
    assert who(story, "2026-03-02T09:00", "team-member") == {("team-member", "municipality:2180", None)}


def test_death_ends_it() -> None:
    story = given(START, died("2026-03-05T10:00"))
    assert who(story, "2026-03-05T10:00") == set()
    assert {row.outcome for row in care_of(story, "team-member")} == {"deceased"}
