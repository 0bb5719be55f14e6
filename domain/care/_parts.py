"""What the kinds of care share: a row from the fact that begins it, what ends it, and whom a recipient stands for."""

from collections.abc import Callable, Iterator
from uuid import UUID

from msgspec.structs import replace

from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.fact import MUNICIPAL_ROLES
from domain.facts._parts import Recipient
from domain.reference import is_municipality, is_region, party_of, region_by_organisation_number
from domain.responsibility import CARE
from domain.rows import Responsibility, row_id
from domain.subject import Ending, Owner

_PUBLIC = "2"
"""The first digit of an organisation number of the state, a region or a municipality."""


def begun(
    chain: Chain,
    fact: RecordedFact,
    owner: Owner,
    *,
    notion: str = CARE,
    key: str = "",
    detail: str | None = None,
    organisation: str | None = None,
) -> Responsibility:
    """Care that a fact begins. ``key`` tells apart several that one fact begins."""
    stay = chain.stay_of(fact)
    return Responsibility(
        id=row_id(Responsibility, notion, fact.id, key or owner.role),
        journey=chain.journey,
        stay=stay.id if stay is not None else None,
        rule=notion,
        valid_from=fact.time,
        started_at=fact.time,
        party=owner.party,
        role=owner.role,
        unit=owner.unit,
        organisation=organisation,
        municipality=chain.municipality_of(fact),
        region=chain.region_of(fact),
        opened_by=(fact.id,),
        detail=detail,
    )


def until(row: Responsibility, *endings: Ending) -> Responsibility:
    """The row, ended by the first of what ends it."""
    known = [(end.fact, end.outcome) for end in endings if end.fact is not None]
    if not known:
        return row
    fact, outcome = min(known, key=lambda end: end[0].order)
    return replace(row, ended_at=fact.time, outcome=outcome, closed_by=(fact.id,))


class Running:
    """Rows in the making, fact by fact: which run at a moment, and what has ended them. Death ends every one."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._rows: dict[UUID, Responsibility] = {}

    def begin(self, row: Responsibility, *endings: Ending) -> None:
        """Nothing begins after death."""
        died = self._chain.died
        assert row.started_at is not None
        if died is None or row.started_at <= died.time:
            self._rows[row.id] = until(row, self._chain.deceased(), *endings)

    def now(
        self, fact: RecordedFact, where: Callable[[Responsibility], bool] = lambda _: True
    ) -> list[Responsibility]:
        """Those that no earlier fact has ended."""
        return [
            row
            for row in self._rows.values()
            if where(row) and (row.ended_at is None or row.ended_at > fact.time)
        ]

    def end(self, rows: list[Responsibility], by: RecordedFact, outcome: str) -> None:
        for row in rows:
            self._rows[row.id] = replace(row, ended_at=by.time, outcome=outcome, closed_by=(by.id,))

    def rows(self) -> Iterator[Responsibility]:
        yield from self._rows.values()


# -- who ---------------------------------------------------------------------------------------------------------


def regional(chain: Chain, fact: RecordedFact, role: str, unit: str | None = None) -> Owner:
    """The region that a fact was said in; where none is known, whoever said it."""
    return Owner(party_of(chain.region_of(fact)) or fact.envelope.controller, role, unit)


def municipality_named(chain: Chain, fact: RecordedFact) -> str | None:
    """The municipality that a fact is about: the one it names, else whose fact it is, else the patient's own.

    Data whose key is gone names none; the fact counts all the same.
    """
    named: str | None = getattr(fact.fact, "municipality", None)
    principal = fact.envelope.principal
    if named is None and principal is not None and is_municipality(principal):
        named = principal
    return named or chain.municipality_at(fact.time)


def municipal_party(chain: Chain, fact: RecordedFact) -> str:
    """As a party; where no municipality is known at all, whoever said it."""
    return party_of(municipality_named(chain, fact)) or fact.envelope.controller


def receiver(chain: Chain, fact: RecordedFact, recipient: Recipient, role: str | None = None) -> Owner:
    """Whom a recipient stands for: its municipality (the patient's own where none is named), or the region."""
    if recipient.role in MUNICIPAL_ROLES:
        code = recipient.municipality or chain.municipality_of(fact)
        return Owner(party_of(code), role or recipient.role, recipient.unit)
    return regional(chain, fact, role or recipient.role, recipient.unit)


def private_provider(fact: RecordedFact) -> str | None:
    """The organisation that said it on a region's behalf without being public itself (HSL 15:1; Hälsovalet).

    A municipality's own organisation number is not known to us, so what is said on a municipality's behalf
    tells nothing: there only ``ProviderCommissioned`` does.
    """
    principal, controller = fact.envelope.principal, fact.envelope.controller
    system, _, number = controller.partition(":")
    if principal is None or not is_region(principal) or system != "orgnr" or number.startswith(_PUBLIC):
        return None
    return controller if region_by_organisation_number(number) is None else None
