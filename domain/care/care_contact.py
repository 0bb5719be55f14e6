"""The *fast vårdkontakt*: which unit of open care it is, at every moment (LUS 2:5, patientlagen 6:2)."""

from collections.abc import Iterator

from domain.care._parts import Running, begun, private_provider, regional
from domain.chain import Chain
from domain.facts.notification import CareContactAppointed, CareContactEnded
from domain.responsibility import CARE_CONTACT
from domain.rows import Responsibility


def rows(chain: Chain) -> Iterator[Responsibility]:
    """From the appointment until another unit's, until it ends, or death; appointed anew at the unit, it goes on."""
    running = Running(chain)
    for recorded, fact in chain.all(CareContactAppointed, CareContactEnded):
        standing = running.now(recorded)
        if isinstance(fact, CareContactEnded):
            units = [row for row in standing if None in (fact.unit, row.unit) or row.unit == fact.unit]
            running.end(units, recorded, "ended")
        elif isinstance(fact, CareContactAppointed) and (
            fact.unit is None or fact.unit not in [row.unit for row in standing]
        ):
            running.end(standing, recorded, "replaced")
            running.begin(
                begun(
                    chain,
                    recorded,
                    regional(chain, recorded, "open-care", fact.unit),
                    notion=CARE_CONTACT,
                    organisation=private_provider(recorded),
                )
            )
    yield from running.rows()
