"""Contradiction: the municipality said no, and the patient was discharged to its care all the same."""

from collections.abc import Iterator, Sequence

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import municipal_role
from domain.facts.discharge import PatientDischarged
from domain.facts.municipal import (
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
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
from domain.subject import Ending, Owner

CODE = "contradiction-declined"
TEXTS = {CODE: "The municipality declined to take over, and the patient was discharged all the same."}
_HOME = ("home", "residential-care", "short-term-place")
_WORDS = (MunicipalTakeoverProposed, MunicipalTakeoverAccepted, MunicipalTakeoverDeclined)


def rows(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """From the discharge until the municipality says yes, or begins."""
    for stay in chain.stays.stays.values():
        discharged = stay.discharged
        if discharged is None or stay.admitted is None:
            continue
        if not isinstance(discharged.fact, PatientDischarged):
            continue
        if discharged.fact.destination not in _HOME:
            continue
        for whose, word in last_words(chain, stay, discharged, *_WORDS).items():
            if word.kind is MunicipalTakeoverDeclined:
                yield from finding(
                    chain,
                    CODE,
                    discharged,
                    Owner(whose[0], municipal_role(whose[1])),
                    *_taken(chain, discharged, whose),
                    readmitted(chain, discharged),
                    because=(word,),
                    key="/".join(whose),
                )


def _taken(chain: Chain, discharged: RecordedFact, whose: Service) -> Iterator[Ending]:
    for kind, outcome in ((MunicipalTakeoverAccepted, "accepted"), (MunicipalCareStarted, "started")):
        later = of_services(chain, chain.history.facts, kind)
        said = (fact for fact, of in later if of == whose and fact.time >= discharged.time)
        yield Ending(first(said), outcome)
