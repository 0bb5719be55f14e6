"""Gap: the patient has come home to municipal care that was promised, and it has not begun (HSL 12:1-2; SoL)."""

from collections.abc import Iterator, Sequence

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.municipal import (
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
)
from domain.mismatches._parts import (
    Service,
    finding,
    first,
    last_words,
    of_services,
    readmitted,
)
from domain.rows import Finding, Responsibility
from domain.stays import Stay
from domain.subject import Ending, Owner

CODE = "gap-municipal-care"
TEXTS = {CODE: "The patient is home, and the municipal care that was promised has not begun."}


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """From the planned start, or the discharge if that is later, by what the municipality had said at discharge."""
    for stay in chain.stays.stays.values():
        discharged = stay.discharged
        if discharged is None or stay.admitted is None:
            continue
        answers = last_words(chain, stay, discharged, MunicipalTakeoverAccepted, MunicipalTakeoverDeclined)
        for whose, promise in answers.items():
            fact = promise.fact
            if not isinstance(fact, MunicipalTakeoverAccepted):
                continue  # a no; or sealed and the key gone, so that nobody knows what was promised
            yield from finding(
                chain,
                CODE,
                discharged,
                Owner(whose[0], municipal_role(whose[1]), fact.unit),
                Ending(_started(chain, stay, discharged, whose), "started"),
                readmitted(chain, discharged),
                Ending(stay.closed, "stopped"),
                started_at=fact.planned_start_at,
                because=(promise,),
                key="/".join(whose),
            )


def _started(chain: Chain, stay: Stay, discharged: RecordedFact, whose: Service) -> RecordedFact | None:
    """Begun at any time of the stay or after it."""
    starts = of_services(chain, chain.history.facts, MunicipalCareStarted)
    return first(
        fact
        for fact, given in starts
        if given == whose and (fact.time >= discharged.time or fact in stay.facts)
    )
