"""A municipality was asked to take over and has not answered."""

from collections.abc import Iterator

from domain.case import Case
from domain.cause import while_owed
from domain.rows import Cause, Wait
from domain.rules import mh_24

CODE = "takeover-unanswered"
MEASURE = "W-06"
TEXT = "The municipality has not answered the request to take over."
SOURCE = "practice; local agreement"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """Once per municipality and law, however often it is asked meanwhile; one who asks before the notice counts."""
    yield from while_owed(case, CODE, wait, mh_24.rows(case), "answered")
