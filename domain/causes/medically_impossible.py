"""The care cannot be given for medical reasons (HSF 6:2)."""

from collections.abc import Iterator

from domain.chain import Chain
from domain.pauses import paused_causes
from domain.rows import Cause, Wait
from domain.subject import Owner

CODE = "medically-impossible"
MEASURE = "W-18"
TEXT = "The care cannot be given yet for medical reasons."
SOURCE = "HSF 6:2"


def rows(chain: Chain, wait: Wait) -> Iterator[Cause]:
    """Nobody can end it: no party is named."""
    yield from paused_causes(chain, CODE, wait, Owner(None))
