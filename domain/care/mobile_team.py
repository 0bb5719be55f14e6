"""Mobile teams at home: the team answers, and each member for its own part (Funäsdalen and others)."""

from collections.abc import Iterator

from domain.care._parts import Running, begun, private_provider, receiver
from domain.chain import Chain
from domain.envelope import RecordedFact
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.rows import Responsibility


def rows(chain: Chain) -> Iterator[Responsibility]:
    """From a take-over until the team hands back, or death; an admission ends nothing, for teams follow."""
    running = Running(chain)
    for recorded, fact in chain.all(MobileTeamTookOver, MobileTeamHandedBack):
        if isinstance(fact, MobileTeamTookOver):
            _take_over(chain, running, recorded, fact)
        elif isinstance(fact, MobileTeamHandedBack):
            _hand_back(running, recorded, fact.team)
    yield from running.rows()


def _take_over(chain: Chain, running: Running, recorded: RecordedFact, fact: MobileTeamTookOver) -> None:
    """Told again while it runs it is the same care; a member who is new begins then."""
    team = fact.team
    if not running.now(recorded, lambda row: row.role == "mobile-team" and row.unit == team):
        owner = chain.owner(recorded, "mobile-team", team)
        running.begin(begun(chain, recorded, owner, organisation=private_provider(recorded)))
    for place, member in enumerate(fact.members):
        owner = receiver(chain, recorded, member, role="team-member")
        row = begun(
            chain,
            recorded,
            owner,
            key=f"team-member/{place}",
            organisation=team,
            detail=member.role,
        )
        if not any(_same(row, other) for other in running.now(recorded)):
            running.begin(row)


def _hand_back(running: Running, recorded: RecordedFact, team: str | None) -> None:
    """One that names no team means every team that has the patient."""
    running.end(
        running.now(recorded, lambda row: team is None or _team(row) == team), recorded, "handed-back"
    )


def _team(row: Responsibility) -> str | None:
    return row.unit if row.role == "mobile-team" else row.organisation


def _same(row: Responsibility, other: Responsibility) -> bool:
    return all(
        getattr(row, name) == getattr(other, name)
        for name in ("role", "party", "unit", "organisation", "detail")
    )
