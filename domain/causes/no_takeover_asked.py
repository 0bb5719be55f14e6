"""The patient is judged to need the municipality, and nobody has asked it to take over."""

from collections.abc import Iterator

from domain.case import Case
from domain.facts.notification import ServiceNeedAssessed
from domain.rows import Cause, Wait
from domain.subject import Until
from domain.takeovers import takeovers

CODE = "no-takeover-asked"
MEASURE = "W-06"
TEXT = "The hospital has not asked the municipality to take over."
SOURCE = "practice (LUS has no such message)"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """Only where the judgement names municipal health care or social services; until the first word about it."""
    first = next((said.recorded for said in takeovers(case)), None)
    judgements = list(case.stay.all(ServiceNeedAssessed))
    for (judged, fact), following in zip(judgements, [*judgements[1:], None], strict=False):
        if fact.outcome == "yes" and {"municipal-health", "social-services"} & set(fact.needs):
            yield from case.cause(
                CODE,
                wait,
                judged,
                case.hospital(judged),
                until=(
                    Until.by(first, "asked"),
                    Until.by(following[0] if following is not None else None, "judged-anew"),
                ),
            )
