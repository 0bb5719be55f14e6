"""The municipality takes over from a day that has not come yet."""

from collections.abc import Iterator

from domain.case import Case
from domain.envelope import RecordedFact
from domain.facts.municipal import MunicipalCareStarted, MunicipalTakeoverAccepted
from domain.rows import Cause, Wait
from domain.subject import Owner, Until
from domain.takeovers import Said, takeovers

CODE = "waiting-for-start"
MEASURE = "W-06"
TEXT = "The municipality has accepted and starts later."
SOURCE = "practice (LUS has no such message)"


def rows(case: Case, wait: Wait) -> Iterator[Cause]:
    """From the acceptance to its planned start; ended before by care that starts, or by another word about it."""
    said = list(takeovers(case))
    for place, yes in enumerate(said):
        if isinstance(yes.word, MunicipalTakeoverAccepted) and yes.word.planned_start_at is not None:
            anew = next((o.recorded for o in said[place + 1 :] if o.owner == yes.owner), None)
            yield from case.cause(
                CODE,
                wait,
                yes.recorded,
                Owner(yes.owner.party, yes.owner.role, yes.word.unit),
                until=(
                    Until(yes.word.planned_start_at, "start-day"),
                    Until.by(_started(case, yes), "started"),
                    Until.by(anew, "said-anew"),
                ),
            )


def _started(case: Case, yes: Said) -> RecordedFact | None:
    """Care by the same municipality under the same law, once it has accepted."""
    for recorded, fact in case.stay.all(MunicipalCareStarted):
        same = case.municipality(fact.municipality).party == yes.owner.party
        if (
            same
            and recorded.envelope.regime == yes.recorded.envelope.regime
            and recorded.order > yes.recorded.order
        ):
            return recorded
    return None
