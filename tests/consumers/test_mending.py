"""Which correction decides: by hand for the ways to mend, and for any journey as its history has it."""

from given import given
from histories import Journey, journeys
from hypothesis import given as for_any
from sealing import ScopeSeal
from ward import admitted, amended, discharged, voided

from consumers.exports.mending import mending
from domain.command import Command
from domain.facts.correction import Correction, FactVoided
from domain.history import History

IN = admitted("2026-03-02T10:00", stay="A", message="in")
OUT = discharged("2026-03-04T10:00", stay="A", message="out")


def fact_id(command: Command) -> str:
    return ScopeSeal().fact_id(command.scope, command.canonical())


def mended(*commands: Command) -> dict[str, str]:
    return mending(given(*commands).journey.facts)


def test_nothing_is_mended_where_nothing_was_corrected() -> None:
    assert mended(IN, OUT) == {}


def test_the_correction_that_voids_a_fact_decides() -> None:
    void = voided("2026-03-05T10:00", "out")
    assert mended(IN, OUT, void) == {fact_id(OUT): fact_id(void)}


def test_of_two_corrections_the_last_by_their_own_time_decides() -> None:
    void = voided("2026-03-05T10:00", "out")
    later = amended("2026-03-06T10:00", "out", discharged("2026-03-04T11:00"))
    assert mended(IN, OUT, later, void) == {fact_id(OUT): fact_id(later)}


def test_a_voided_correction_decides_nothing_but_is_mended_itself() -> None:
    void = voided("2026-03-05T10:00", "out", message="v1")
    undone = voided("2026-03-06T10:00", "v1", message="v2")
    assert mended(IN, OUT, void, undone) == {fact_id(void): fact_id(undone)}


@for_any(journeys())
def test_whatever_counts_otherwise_has_a_correction_and_nothing_else_has(journey: Journey) -> None:
    recorded = journey.recorded()
    history, found = History.of(recorded), mending(recorded)
    kinds = {fact.id: fact.kind for fact in recorded}
    acts = {one: by for one, by in found.items() if not issubclass(kinds[one], Correction)}
    assert {one for one, by in acts.items() if kinds[by] is FactVoided} == {f.id for f in history.voided}
    assert {one: by for one, by in acts.items() if kinds[by] is not FactVoided} == {
        fact.id: fact.corrected_by for fact in history.facts if fact.corrected_by
    }
