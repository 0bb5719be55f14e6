"""Short words for liability: a stay that is ready for discharge, and who pays for it at a moment."""

from collections.abc import Iterable
from typing import Any, TypeVar

from given import DEMO, Story, given, instant, said
from ward import EVERYBODY, admitted, judged, notified, told_ready

from domain.agreement import Agreement, LiabilityTerms
from domain.basis import Basis
from domain.command import Command
from domain.facts.compulsory_care import CompulsoryOpenCareDecided
from domain.facts.discharge_ready import OpenCareServiceCleared, OpenCareServiceUnavailable
from domain.facts.messages import NotificationMisdirected
from domain.facts.residence import ResponsibleMunicipalityChanged
from domain.rows import Responsibility, Row, Wait

AnyRow = TypeVar("AnyRow", bound=Row)
REGION, GAVLE, OCKELBO = "region:21", "municipality:2180", "municipality:2101"

ADMITTED = admitted("2026-02-27T10:00")
"""A Friday."""
JUDGED = judged("2026-02-27T11:00")
NOTIFIED = notified("2026-02-27T12:00")
IN_TIME = (ADMITTED, JUDGED, NOTIFIED)
MONDAY = "2026-03-02T10:00"
THURSDAY = "2026-03-05T00:00"
"""When the municipality begins to pay for a notice of Monday morning."""


def bar_or_delay(**terms: Any) -> Basis:
    """An agreement that reads the law so."""
    (demo,) = DEMO.agreements
    return Basis(agreements=(demo.model_copy(update={"liability": LiabilityTerms(**terms)}),))


def only_for(municipality: str, **terms: Any) -> Agreement:
    """An agreement with one municipality."""
    return Agreement(
        id="own", version=1, title="Own", municipalities=(municipality,), liability=LiabilityTerms(**terms)
    )


def told(*more: Command, notice: str = MONDAY, basis: Basis = DEMO) -> Story:
    """Admitted, the municipality told in time, and the discharge-ready notice sent; a SIP is not said to be needed."""
    return given(*IN_TIME, told_ready(notice), *more, basis=basis)


def blocked(time: str, service: str = "rehabilitation", **more: Any) -> Command:
    return said(time, OpenCareServiceUnavailable(service=service), **more)  # type: ignore[arg-type]


def unblocked(time: str, service: str = "rehabilitation", **more: Any) -> Command:
    return said(time, OpenCareServiceCleared(service=service), **more)  # type: ignore[arg-type]


def moved(time: str, to: str, ground: str = "registration", **more: Any) -> Command:
    fact = ResponsibleMunicipalityChanged(to_municipality=to, ground=ground)  # type: ignore[arg-type]
    return said(time, fact, **more)


def astray(time: str, notification: str, **more: Any) -> Command:
    """The municipality says that the last notice of that kind was not for it."""
    about = {name: more.pop(name) for name in ("role", "municipality", "unit") if name in more}
    return said(time, NotificationMisdirected(notification=notification, **about), **more)  # type: ignore[arg-type]


def compulsory(time: str, **more: Any) -> Command:
    return said(time, CompulsoryOpenCareDecided(form="LPT", recipients=EVERYBODY), **more)


def pays(story: Story, moment: str) -> tuple[str | None, str | None] | None:
    """Who pays at that moment, and why it is not the municipality; never two."""
    rows = [row for row in story.rows(Responsibility, moment, "payment") if row.ended_at is None]
    assert len(rows) <= 1, rows
    return (rows[0].party, rows[0].detail) if rows else None


def payers(story: Story, moment: str = "2027-06-01T00:00") -> list[tuple[str | None, str | None]]:
    """Who has paid up to that moment, one after the other."""
    rows = story.rows(Responsibility, moment, "payment")
    return [(row.party, row.detail) for row in _in_time(rows)]


def liable(
    story: Story, moment: str = "2027-06-01T00:00"
) -> list[tuple[str | None, float | None, str | None]]:
    """The municipality's days: whose, how many dates, how they ended."""
    rows = story.rows(Wait, moment, "W-11")
    return [(row.party, row.value, row.outcome) for row in _in_time(rows)]


def begins(story: Story, moment: str) -> bool:
    """Whether the municipality pays from exactly that moment, and the region until the microsecond before."""
    now = instant(moment)
    rows = [row for row in story.all_rows() if isinstance(row, Responsibility) and row.rule == "payment"]
    after = [row for row in rows if row.valid_from == now and (row.party or "").startswith("municipality:")]
    before = [row for row in rows if row.ended_at == now and (row.party or "").startswith("region:")]
    return len(after) == len(before) == 1


def _in_time(rows: Iterable[AnyRow]) -> list[AnyRow]:
    return sorted(rows, key=lambda row: row.started_at or row.valid_from)
