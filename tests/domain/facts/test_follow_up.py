"""Follow-up after discharge: what an operator may record, and in which words the rest is refused."""

import pytest
from given import instant
from situations import accepted, admitted, discharged, needs, refused, unknown

from domain.fact import Fact
from domain.facts.follow_up import FollowUpCompleted, FollowUpPlanned

PLANNED = FollowUpPlanned(due_at=instant("2026-03-05T11:00"), role="open-care")
DONE = FollowUpCompleted(channel="telephone", role="open-care")


@pytest.mark.parametrize(("fact", "act"), [(PLANNED, "plan a follow-up"), (DONE, "record a follow-up")])
def test_a_follow_up_follows_a_stay(fact: Fact, act: str) -> None:
    accepted(discharged(), fact)
    accepted(admitted(), fact)
    refused(unknown(), fact, f"You cannot {act}: nobody has recorded an admission before that time.")


@pytest.mark.parametrize(("fact", "items"), [(FollowUpPlanned(), "due at"), (FollowUpCompleted(), "channel")])
def test_what_must_not_be_left_out(fact: Fact, items: str) -> None:
    needs(fact, items)
