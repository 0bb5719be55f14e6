"""Mobile teams: what an operator may record, and that only a team that has the patient hands back."""

import pytest
from given import said
from situations import accepted, admitted, in_clear_under_hsl, needs, of_the_living, refused, unknown

from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.discharge import PatientDeceased
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver

TEAM, OTHER_TEAM = "hsa:SE2321000198-TEAM1", "hsa:SE2321000198-TEAM2"
MEMBERS = (Recipient(role="open-care"), Recipient(role="municipal-health", municipality="2180"))
TAKEN = MobileTeamTookOver(team=TEAM, members=MEMBERS)
BACK = MobileTeamHandedBack(team=TEAM, handed_to=MEMBERS, reason="stable")
NOT_THEIRS = "You cannot hand back: this team does not have the patient."


def test_a_team_takes_over_the_living() -> None:
    of_the_living(TAKEN, "take over by a mobile team")


def test_a_team_hands_back_whom_it_has() -> None:
    accepted(unknown(), TAKEN)
    accepted(admitted(said("2026-03-02T11:00", TAKEN)), BACK)
    accepted(admitted(said("2026-03-02T11:00", TAKEN), said("2026-03-02T11:30", PatientDeceased())), BACK)


def test_nobody_hands_back_whom_they_do_not_have() -> None:
    refused(unknown(), BACK, NOT_THEIRS)
    refused(admitted(said("2026-03-02T12:01", TAKEN)), BACK, NOT_THEIRS)
    other = TAKEN.model_copy(update={"team": OTHER_TEAM})
    refused(admitted(said("2026-03-02T11:00", other)), BACK, NOT_THEIRS)
    refused(admitted(said("2026-03-02T11:00", TAKEN), said("2026-03-02T11:30", BACK)), BACK, NOT_THEIRS)


def test_another_teams_hand_back_is_not_this_teams() -> None:
    other_back = BACK.model_copy(update={"team": OTHER_TEAM})
    accepted(admitted(said("2026-03-02T11:00", TAKEN), said("2026-03-02T11:30", other_back)), BACK)


@pytest.mark.parametrize(
    ("fact", "items"),
    [(MobileTeamTookOver(), "team, members"), (MobileTeamHandedBack(), "team")],
)
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)


@pytest.mark.parametrize("fact", [TAKEN, BACK])
def test_it_is_health_care(fact: Fact) -> None:
    in_clear_under_hsl(fact)
