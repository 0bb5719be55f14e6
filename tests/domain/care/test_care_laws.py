"""Laws of shared care: as of a moment it is what was concluded then, and overlaps are where two claim the same."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations, pairwise
from typing import Any
from uuid import UUID

from given import DEMO, JOURNEY, STORE, episode, instant
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st
from sealing import ScopeSeal

from domain.chain import Chain
from domain.command import Command
from domain.fact import Fact
from domain.facts._parts import Recipient
from domain.facts.admission import PatientAdmitted
from domain.facts.contact import AmbulanceAttended, HomeVisitMade, VisitMade
from domain.facts.discharge import EpisodeClosed, PatientDeceased, PatientDischarged
from domain.facts.egenvard import EgenvardAssessed, EgenvardReviewed
from domain.facts.emergency import EmergencyVisitStarted
from domain.facts.messages import NotificationMisdirected
from domain.facts.mobile_team import MobileTeamHandedBack, MobileTeamTookOver
from domain.facts.municipal import (
    MunicipalCareEnded,
    MunicipalCareStarted,
    MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined,
    MunicipalTakeoverProposed,
)
from domain.facts.notification import AdmissionNotified, CareContactAppointed, CareContactEnded
from domain.facts.provider import ProviderCommissioned
from domain.facts.referral import (
    HandedBackToPrimaryCare,
    ReferralAccepted,
    ReferralReturned,
    ReferralSent,
    SharedCareAgreed,
)
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.history import History
from domain.journey import CareJourney
from domain.mismatches import mismatches
from domain.responsibility import CARE, care
from domain.rows import Finding, Responsibility, Row, at
from domain.stays import Stays
from domain.unfold import unfolded
from domain.waits import w_21

FIRST = instant("2026-03-02T08:00")
TIMES = st.integers(0, 30).map(lambda hours: FIRST + timedelta(hours=12 * hours))
"""Few moments, so that many facts share one."""
UNITS = st.sampled_from((None, "hsa:SE2321000198-A", "hsa:SE2321000198-B"))
TOWNS = st.sampled_from((None, "2180", "2181"))
TRACKS = st.sampled_from(("heart-failure", "diabetes"))
SERVICES = st.sampled_from(
    ((), ("home-nursing",), ("rehabilitation",), ("home-nursing", "habilitation"), ("home-help",))
)
SOMEBODY = st.lists(
    st.builds(
        Recipient,
        role=st.sampled_from(("open-care", "municipal-health", "social-services")),
        unit=UNITS,
        municipality=TOWNS,
    ),
    max_size=2,
).map(tuple)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "unit": UNITS,
    "team": UNITS,
    "from_unit": UNITS,
    "to_unit": UNITS,
    "specialist_unit": UNITS,
    "primary_care_unit": UNITS,
    "passed_on_to": UNITS,
    "provider": st.just("orgnr:5599000014"),
    "on_behalf_of": st.sampled_from(("21", "2180")),
    "municipality": TOWNS,
    "to_municipality": TOWNS,
    "track": TRACKS,
    "services": SERVICES,
    "recipients": SOMEBODY,
    "members": SOMEBODY,
    "handed_to": SOMEBODY,
    "planned_start_at": st.one_of(st.none(), TIMES),
    "destination": st.sampled_from(("home", "other-hospital", None)),
    "support": st.sampled_from(("patient", "relative", "municipality")),
    "notification": st.sampled_from(("admission-notified", "sip-meeting-called")),
    "ground": st.sampled_from(("placement", "registration")),
}
OUTCOMES: dict[type[Fact], dict[str, st.SearchStrategy[Any]]] = {
    AmbulanceAttended: {"outcome": st.just("left-at-home")},
    EgenvardAssessed: {"outcome": st.sampled_from(("egenvard", "health-care"))},
    EgenvardReviewed: {"outcome": st.sampled_from(("continues", "ended"))},
    MunicipalCareEnded: {"reason": st.sampled_from(("handed-over", "other"))},
    MunicipalTakeoverDeclined: {"reason": st.sampled_from(("no-place", "not-our-resident"))},
}
USUAL: tuple[type[Fact], ...] = (
    AdmissionNotified, AmbulanceAttended, CareContactAppointed, CareContactEnded, EgenvardAssessed, EgenvardReviewed,
    EmergencyVisitStarted, EpisodeClosed, HandedBackToPrimaryCare, HomeVisitMade, MobileTeamHandedBack,
    MobileTeamTookOver, MunicipalCareEnded, MunicipalCareStarted, MunicipalTakeoverAccepted,
    MunicipalTakeoverDeclined, MunicipalTakeoverProposed, PatientAdmitted, PatientDischarged, ReferralAccepted,
    ReferralReturned, ReferralSent, SharedCareAgreed, VisitMade,
)  # fmt: skip
REVISING: tuple[type[Fact], ...] = (
    NotificationMisdirected,
    ProviderCommissioned,
    ResponsibleMunicipalityChanged,
)
SETTINGS = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def _said(draw: st.DrawFn, kinds: tuple[type[Fact], ...], number: int) -> Command:
    kind = draw(st.sampled_from(kinds))
    fields = {**{n: s for n, s in FIELDS.items() if n in kind.model_fields}, **OUTCOMES.get(kind, {})}
    stay = draw(st.sampled_from((None, None, "A", "B")))
    return _command(
        kind(**draw(st.fixed_dictionaries(fields))),
        draw(TIMES),
        f"m{number}",
        controller=draw(st.sampled_from(("orgnr:2321000198", "orgnr:5599000022"))),
        principal=draw(st.sampled_from(("21", "21", "2180", "2181", None))),
        stay=episode(stay) if stay else None,
    )


def _command(
    fact: Fact, time: datetime, message: str, controller: str = "orgnr:2321000198", **more: Any
) -> Command:
    return Command(
        journey=JOURNEY, fact=fact, time=time, source="ward", message=message, controller=controller, **more
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What is said of one patient, in any order, with few moments and few who act."""
    few = draw(st.lists(st.sampled_from(USUAL), min_size=2, max_size=6, unique=True))
    revising = REVISING if draw(st.booleans()) else ()
    kinds: tuple[type[Fact], ...] = (*few, PatientAdmitted, PatientDischarged, *revising)
    said = [draw(_said(kinds, number)) for number in range(draw(st.integers(2, 12)))]
    if draw(st.integers(0, 3)) == 0:
        said.append(_command(PatientDeceased(), draw(TIMES), "death"))
    journey, seal = CareJourney(JOURNEY), ScopeSeal()
    for number, command in enumerate(said):
        journey.decide(command, instant("2026-12-31T00:00") + timedelta(seconds=number), seal, STORE)
    # Now and then the keys of what was said under social-services law are gone.
    gone = draw(st.integers(0, 4)) == 0
    return History.of(
        replace(fact, fact=None) if gone and fact.envelope.regime == "SoL" else fact for fact in journey.facts
    )


def _once(history: History) -> list[Row]:
    chain = Chain(JOURNEY, history, Stays.of(history), DEMO)
    given = list(care(chain))
    return [*given, *mismatches(chain, given), *w_21.chain_rows(chain)]


def concluded(history: History) -> list[Row]:
    """Care, what does not fit in it, and the waits without a contact."""
    return unfolded(history, _once)


def _moments(history: History) -> list[datetime]:
    times = sorted({fact.time for fact in history.facts})
    between = [one + (other - one) / 2 for one, other in pairwise(times)]
    return sorted({*times, *between, instant("2027-06-01T00:00")})


@SETTINGS
@for_all(histories())
def test_as_of_a_moment_it_is_what_was_concluded_then(history: History) -> None:
    rows = concluded(history)
    for moment in _moments(history):
        then = concluded(history.until(moment))
        assert set(at(rows, moment)) == set(at(then, moment)), moment.isoformat()


@SETTINGS
@for_all(histories())
def test_versions_of_a_row_follow_one_another(history: History) -> None:
    known = {fact.id for fact in history.facts}
    versions: dict[UUID, list[Row]] = defaultdict(list)
    for row in concluded(history):
        versions[row.id].append(row)
        assert row.opened_by
        assert set(row.facts) <= known
        assert (row.ended_at is None) == (row.outcome is None)
    for rows in versions.values():
        rows.sort(key=lambda row: row.valid_from)
        assert all(one.valid_to == other.valid_from for one, other in pairwise(rows))
        assert rows[-1].valid_to is None


def _claims(rows: Iterable[Row]) -> set[str]:
    """Kinds of care that two claim, by a plain look at who gives care."""
    current = [r for r in rows if isinstance(r, Responsibility) and r.rule == CARE and r.ended_at is None]
    claimed = set()
    for one, other in combinations(current, 2):
        if one.role != other.role:
            continue
        if one.role in ("municipal-health", "social-services", "rehabilitation"):
            twice = one.party != other.party
        elif one.role == "mobile-team":
            twice = one.unit != other.unit
        else:
            twice = one.role == "specialist" and one.detail == other.detail and one.unit != other.unit
        if twice:
            claimed.add(f"overlap-{one.role}")
    return claimed


@SETTINGS
@for_all(histories())
def test_overlaps_are_found_exactly_where_two_claim_the_same(history: History) -> None:
    rows = concluded(history)
    for moment in _moments(history):
        shown = at(rows, moment)
        told = {row.rule for row in shown if isinstance(row, Finding) and row.state == "open"}
        assert {code for code in told if code.startswith("overlap-")} == _claims(shown)
