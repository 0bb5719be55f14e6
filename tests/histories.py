"""Strategies that make any journey: what plausibly happens in a ward, what never should, and corrections of both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, get_args, get_origin

from given import EVERY_LIMIT, JOURNEY, STORE, WARD, episode, instant
from hypothesis import strategies as st
from sealing import ScopeSeal

from domain.command import Command
from domain.conclude import conclude
from domain.envelope import RecordedFact, plain_data
from domain.fact import CATALOGUE, Fact
from domain.facts._parts import Recipient
from domain.facts.correction import Correction
from domain.history import History
from domain.journey import CareJourney
from domain.rows import Row

FIRST = instant("2026-03-27T08:00")
"""A Friday before the night when summer time begins, so that many journeys cross it."""
RECORDED = instant("2026-12-31T00:00:00Z")
"""When facts are recorded unless something else is said: after all that happens."""
UNITS = (WARD, "hsa:SE2321000198-WARD2", "hsa:SE2321000198-VC1", "hsa:SE2120002338-HEM1")
STAYS = ("A", "B", "C")
MESSAGES = tuple(f"m{number}" for number in range(12))
ACTS = tuple(sorted((f for f in CATALOGUE.values() if not issubclass(f, Correction)), key=lambda f: f.TYPE))
CORRECTIONS = tuple(
    sorted((f for f in CATALOGUE.values() if issubclass(f, Correction)), key=lambda f: f.TYPE)
)

TIMES = st.one_of(
    st.integers(0, 40).map(lambda half_days: FIRST + timedelta(hours=12 * half_days)),
    st.integers(0, 40 * 720).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
)
"""Often the same moments, so that ties are common."""

CHAIN = (
    "emergency-visit-started",
    "patient-admitted",
    "service-need-assessed",
    "admission-notified",
    "admission-acknowledged",
    "consent-recorded",
    "care-contact-appointed",
    "leave-started",
    "leave-ended",
    "patient-transferred",
    "sip-need-decided",
    "discharge-ready-declared",
    "discharge-ready-notified",
    "discharge-ready-withdrawn",
    "discharge-ready-declared",
    "discharge-ready-notified",
    "municipal-takeover-proposed",
    "municipal-takeover-declined",
    "municipal-takeover-proposed",
    "municipal-takeover-accepted",
    "sip-meeting-called",
    "follow-up-planned",
    "patient-discharged",
    "discharge-information-transferred",
    "municipal-care-started",
    "sip-established",
    "follow-up-planned",
    "follow-up-completed",
    "patient-admitted",
    "patient-deceased",
)
"""A stay as it should go, from which steps are left out."""

SURROUNDED = (
    "provider-commissioned",
    "responsible-municipality-changed",
    "patient-admitted",
    "home-situation-reported",
    "service-need-assessed",
    "admission-notified",
    "notification-misdirected",
    "admission-notified",
    "planning-input-submitted",
    "participant-changed",
    "care-contact-appointed",
    "patient-goal-stated",
    "discharge-ready-notified",
    "notification-misdirected",
    "discharge-ready-notified",
    "discharge-ready-status-observed",
    "responsible-municipality-changed",
    "compulsory-open-care-decided",
    "discharge-ready-withdrawn",
    "discharge-ready-notified",
    "open-care-service-unavailable",
    "open-care-service-cleared",
    "sip-meeting-held",
    "coordinated-care-plan-established",
    "egenvard-assessed",
    "homegoing-checklist-completed",
    "patient-discharged",
    "municipal-care-started",
    "mobile-team-took-over",
    "home-visit-made",
    "case-disputed",
    "care-contact-ended",
    "mobile-team-handed-back",
    "egenvard-reviewed",
    "municipal-care-ended",
    "emergency-visit-started",
)
"""A stay with what goes astray in it and what surrounds it."""

TRACK = (
    "care-contact-sought",
    "care-assessed",
    "referral-sent",
    "wait-paused",
    "wait-resumed",
    "referral-returned",
    "referral-sent",
    "referral-accepted",
    "digital-visit-held",
    "visit-made",
    "treatment-decided",
    "wait-paused",
    "wait-resumed",
    "treatment-started",
    "shared-care-agreed",
    "handed-back-to-primary-care",
    "residential-care-applied",
    "residential-care-offered",
    "ambulance-attended",
    "preventive-contact-made",
)
"""A patient between primary and specialised care, and at home."""


def _recipients() -> st.SearchStrategy[tuple[Recipient, ...]]:
    one = st.builds(
        Recipient,
        role=st.sampled_from(("open-care", "municipal-health", "social-services", "inpatient")),
        unit=st.sampled_from((None, *UNITS)),
        municipality=st.sampled_from((None, "2180", "2181")),
    )
    return st.lists(one, max_size=4).map(tuple)


_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    **{
        name: st.sampled_from(("2180", "2181"))
        for name in ("municipality", "from_municipality", "to_municipality")
    },
    "track": st.sampled_from(("heart-failure", "heart-failure", "diabetes", "dermatology")),
    "on_behalf_of": st.sampled_from(("21", "2180")),
    "other_journey": st.just("00000000-0000-4000-8000-000000000002"),
    "month": st.sampled_from(("2026-03", "2026-04")),
    "subject": st.just("question"),
    "message": st.sampled_from(MESSAGES),
    "to_region": st.sampled_from(("21", "01")),
    "principals": st.just(("21", "2180")),
    "overall_responsible": st.just("2180"),
    "person": st.just("staff1"),
    "acknowledges": st.sampled_from(MESSAGES),
    **{
        name: st.none()
        for name in ("note", "plan", "documents", "report", "text", "question", "measure", "goal")
    },
    **{
        name: _recipients()
        for name in ("recipients", "invitees", "added", "removed", "members", "handed_to", "participants")
    },
    **{
        name: st.sampled_from(UNITS)
        for name in (
            *("unit", "organisation", "from_unit", "to_unit", "to_organisation", "right_unit", "team"),
            *(
                "passed_on_to",
                "specialist_unit",
                "primary_care_unit",
                "provider",
                "conveyed_to",
                "closed_unit",
            ),
        )
    },
}


def _literals(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    return [value for part in get_args(annotation) for value in _literals(part)]


def _mentions(annotation: Any, kind: Any) -> bool:
    return annotation is kind or any(_mentions(part, kind) for part in get_args(annotation))


def _field(name: str, annotation: Any) -> st.SearchStrategy[Any]:
    if name in _BY_NAME:
        return _BY_NAME[name]
    values = _literals(annotation)
    if get_origin(annotation) is tuple:
        return (
            st.lists(st.sampled_from(values), max_size=3, unique=True).map(tuple) if values else st.just(())
        )
    if values:
        return st.sampled_from(values)
    if _mentions(annotation, bool):
        return st.booleans()
    if _mentions(annotation, datetime):
        return TIMES
    return st.none()


def facts(kind: type[Fact]) -> st.SearchStrategy[Fact]:
    """Any fact of this kind; each field may be missing."""
    fields = {name: _field(name, field.annotation) for name, field in kind.model_fields.items()}
    return st.fixed_dictionaries({}, optional=fields).map(
        lambda given: kind(**{name: value for name, value in given.items() if value is not None})
    )


_FACTS: dict[type[Fact], st.SearchStrategy[Fact]] = {kind: facts(kind) for kind in ACTS}
_NAMED = {kind.NAME: kind for kind in ACTS}


@st.composite
def _act(draw: st.DrawFn, kind: type[Fact] | None = None, time: datetime | None = None) -> Command:
    kind = kind or draw(st.sampled_from(ACTS))
    stay = draw(st.sampled_from((*STAYS, "A", None)))
    return Command(
        journey=JOURNEY,
        fact=draw(_FACTS[kind]),
        time=time or draw(TIMES),
        source=draw(st.sampled_from(("ward", "ward", "town"))),
        message=draw(st.sampled_from(MESSAGES)),
        controller="orgnr:2321000198",
        principal=draw(st.sampled_from(("21", "21", "21", "2180", None))),
        sequence=draw(st.sampled_from((None, None, 1, 2))),
        stay=episode(stay) if stay else None,
        unit=draw(st.sampled_from(UNITS)),
        sent=draw(st.one_of(st.none(), TIMES)),
    )


@st.composite
def _chain(draw: st.DrawFn) -> list[Command]:
    """Steps of one stay or track in the right order, some left out, some in the same moment."""
    chain = draw(st.sampled_from((CHAIN, CHAIN, SURROUNDED, TRACK)))
    stay = draw(st.sampled_from((*STAYS, None)))
    time = draw(TIMES)
    acts: list[Command] = []
    for name in chain:
        if draw(st.integers(0, 3)) == 0:
            continue
        time += timedelta(hours=draw(st.sampled_from((0, 0, 1, 12, 24, 25, 72))))
        kind = _NAMED[name]
        acts.append(
            Command(
                journey=JOURNEY,
                fact=draw(_FACTS[kind]),
                time=time,
                source="ward",
                message=f"c{len(acts)}",
                controller="orgnr:2321000198",
                principal="21",
                stay=episode(stay) if stay else None,
                unit=WARD,
            )
        )
    return acts


@st.composite
def _correction(draw: st.DrawFn, acts: Sequence[Command], seal: ScopeSeal) -> Command:
    kind = draw(st.sampled_from(CORRECTIONS))
    aim = draw(st.sampled_from(acts))
    said: dict[str, Any] = {"target_regime": aim.scope.regime}
    how = draw(st.sampled_from(("fact", "fact", "message", "episode", "nothing")))
    if how == "fact":
        said["target_fact"] = seal.fact_id(aim.scope, aim.canonical())
    elif how == "message":
        said["target_message"] = aim.message
    elif how == "episode":
        said["target_episode"] = str(aim.stay or episode("A"))
        said["target_kinds"] = (aim.fact.NAME,)
    if "amended_type" in kind.model_fields:
        same = type(aim.fact) if type(aim.fact) in _FACTS else draw(st.sampled_from(ACTS))
        becomes = draw(st.sampled_from((same, same, same, draw(st.sampled_from(ACTS)))))
        said["amended_type"] = becomes.TYPE
        said["amended_at"] = draw(st.one_of(st.none(), TIMES))
        said["amended_data"] = plain_data(draw(_FACTS[becomes]))
    return Command(
        journey=JOURNEY,
        fact=kind(**said),
        time=draw(TIMES),
        source=aim.source,
        message=draw(st.sampled_from(MESSAGES)),
        controller="orgnr:2321000198",
        principal="21",
    )


@dataclass(frozen=True)
class Journey:
    """What was said of one patient, by other systems, in some order of arrival."""

    commands: tuple[Command, ...]
    keys_gone: bool = False
    """The keys of what was said under social-services law are destroyed."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        said = [
            f"{c.time:%d %H:%M} {str(c.stay)[:4]} {c.source} {c.message} {c.fact!r}" for c in self.commands
        ]
        printer.text("\n".join([f"Journey(keys_gone={self.keys_gone})", *said]))

    def history(self, commands: Sequence[Command] | None = None, clock: datetime | None = None) -> History:
        return History.of(self.recorded(commands, clock))

    def recorded(
        self, commands: Sequence[Command] | None = None, clock: datetime | None = None
    ) -> list[RecordedFact]:
        """The facts as stored when they arrive in this order, from ``clock`` (UTC) on, one a second."""
        journey, seal = CareJourney(JOURNEY), ScopeSeal()
        for number, command in enumerate(self.commands if commands is None else commands):
            journey.decide(command, (clock or RECORDED) + timedelta(seconds=number), seal, STORE)
        if not self.keys_gone:
            return journey.facts
        return [replace(f, fact=None) if f.envelope.regime == "SoL" else f for f in journey.facts]

    def rows(self) -> list[Row]:
        return conclude(JOURNEY, self.history(), EVERY_LIMIT)

    def without(self, command: Command) -> "Journey":
        return replace(self, commands=tuple(c for c in self.commands if c is not command))


@st.composite
def journeys(draw: st.DrawFn, corrections: bool = True) -> Journey:
    """Any journey."""
    chains = draw(st.lists(_chain(), max_size=2))
    acts = [act for chain in chains for act in chain]
    acts += draw(st.lists(_act(), max_size=10, min_size=0 if acts else 1))
    said, seal = list(acts), ScopeSeal()
    for _ in range(draw(st.integers(0, 4)) if corrections else 0):
        said.append(draw(_correction(said, seal)))
    return Journey(distinct(said), keys_gone=draw(st.integers(0, 7)) == 0)


def distinct(commands: Sequence[Command]) -> tuple[Command, ...]:
    """Without twins.

    A repeat is told by source, message and content; one said otherwise around it (another stay) is still a repeat,
    and of those the first to arrive counts.
    """
    seal = ScopeSeal()
    found = {seal.fact_id(command.scope, command.canonical()): command for command in reversed(commands)}
    return tuple(reversed(found.values()))


@st.composite
def extra_acts(draw: st.DrawFn) -> Command:
    """An act that no journey of ``journeys`` has: its message is its own."""
    return replace(draw(_act()), message="extra")
