"""A municipality said no to taking over, and nobody has asked anew."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.municipal import MunicipalTakeoverDeclined
from domain.rows import Cause, Wait
from domain.subject import Until
from domain.takeovers import takeovers

CODE = "takeover-declined"
MEASURE = "W-06"
TEXT = "The municipality has declined to take over, and the hospital has not asked anew."
SOURCE = "practice (LUS has no such message)"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """Until somebody is asked, or accepts, under the same law. A no repeated meanwhile changes nothing."""
    said = list(takeovers(case))
    running = set()
    for place, no in enumerate(said):
        if not isinstance(no.word, MunicipalTakeoverDeclined):
            running.discard(no.role)
        elif no.role not in running:
            running.add(no.role)
            later = (other for other in said[place + 1 :] if other.role == no.role)
            moved = next((o for o in later if not isinstance(o.word, MunicipalTakeoverDeclined)), None)
            ended = Until.by(moved.recorded if moved is not None else None, "asked-anew")
            yield from case.cause(CODE, wait, no.recorded, case.hospital(no.recorded), until=(ended,))
