"""The patient has chosen care in another region (HSF 6:2)."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.pauses import paused_causes
from domain.rows import Cause, Wait
from domain.subject import Owner

CODE = "chose-other-region"
MEASURE = "W-18"
TEXT = "The patient has chosen another region."
SOURCE = "HSF 6:2"


def rows(chain: Chain, wait: Wait) -> Iterator[Cause]:
    """The patient's own choice."""
    yield from paused_causes(chain, CODE, wait, Owner("patient"))
