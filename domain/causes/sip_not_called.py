"""A SIP is needed and nobody has called the units to it."""

from collections.abc import Iterator

from domain.case import Case
from domain.cause import while_owed
from domain.rows import Cause, Wait
from domain.rules import mh_10

CODE = "sip-not-called"
MEASURE = "W-06"
TEXT = "Open care has not called the units to the SIP."
SOURCE = "LUS 4:3"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """As long as the call is owed, late or not."""
    yield from while_owed(case, CODE, wait, mh_10.rows(case), "called")
