"""The units are called to a SIP that is not drawn up yet."""

from collections.abc import Iterator

from domain.case import Case
from domain.cause import while_owed
from domain.rows import Cause, Wait
from domain.rules import mh_11

CODE = "sip-not-established"
MEASURE = "W-06"
TEXT = "The SIP is called and not drawn up yet."
SOURCE = "LUS 4:2, HSL 16:4"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """From the first call until the plan stands or the patient says no to it."""
    yield from while_owed(case, CODE, wait, mh_11.rows(case), "established")
