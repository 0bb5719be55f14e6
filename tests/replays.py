"""One journey for tests of the replay: its facts by the usual way, its rows by hand, so that no rule's change moves it."""

from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from given import JOURNEY, WARD, given, instant, said

from cli.replay import Replay, steps
from domain.facts._parts import Recipient
from domain.facts.admission import PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.facts.notification import AdmissionNotified, ServiceNeedAssessed
from domain.rows import Cause, Obligation, Responsibility, Row, Stay, TimelineEntry, Wait

REGION, GAVLE = "region:21", "municipality:2180"
ADMITTED, ASSESSED = instant("2026-03-02T10:00"), instant("2026-03-02T12:00")
LIMIT, NOTIFIED, HOME = (
    instant("2026-03-03T10:00"),
    instant("2026-03-03T12:30"),
    instant("2026-03-04T13:00:05"),
)
PASSED = LIMIT + timedelta(microseconds=1)
STORY = given(
    said(
        "2026-03-02T10:00",
        PatientAdmitted(unit=WARD, care_form="somatic", municipality="2180"),
        role="inpatient",
    ),
    said("2026-03-02T12:00", ServiceNeedAssessed(outcome="yes"), role="inpatient"),
    said(
        "2026-03-03T12:30",
        AdmissionNotified(recipients=(Recipient(role="open-care"),)),
        role="inpatient",
    ),
    said("2026-03-04T13:00:05", PatientDischarged(destination="home"), role="inpatient"),
)


def _row(kind: type[Row], name: str, **given_: object) -> Row:
    return kind(id=uuid5(NAMESPACE_URL, name), journey=JOURNEY, **given_)  # type: ignore[arg-type]


WAIT = uuid5(NAMESPACE_URL, "wait")
INPATIENT = {"party": REGION, "role": "inpatient"}
OPEN_CARE = {"party": REGION, "role": "open-care"}
SOCIAL = {"party": GAVLE, "role": "social-services"}
DUTY = {
    "valid_from": ASSESSED,
    "started_at": ASSESSED,
    "due_at": LIMIT,
    "ended_at": NOTIFIED,
    "outcome": "done",
}
STAY = {"rule": "stay", "started_at": ADMITTED, "unit": WARD}
ROWS: list[Row] = [
    _row(Stay, "stay", valid_from=ADMITTED, valid_to=HOME, **STAY),
    _row(
        Stay,
        "stay",
        valid_from=HOME,
        ended_at=HOME,
        outcome="discharged",
        phase="discharged",
        **STAY,
    ),
    _row(
        Responsibility,
        "care",
        rule="care",
        valid_from=ADMITTED,
        started_at=ADMITTED,
        ended_at=HOME,
        outcome="discharged",
        unit=WARD,
        **INPATIENT,
    ),
    _row(Obligation, "notice", rule="MH-01", **DUTY, **INPATIENT),
    _row(Responsibility, "step", rule="next_step", detail="MH-01", **DUTY, **INPATIENT),
    _row(
        Wait,
        "wait",
        rule="W-01",
        valid_from=ASSESSED,
        started_at=ADMITTED,
        ended_at=NOTIFIED,
        outcome="done",
        at_most=24.0,
        **INPATIENT,
    ),
    _row(
        Cause,
        "cause",
        of=WAIT,
        rule="notice-not-sent",
        valid_from=PASSED,
        started_at=PASSED,
        ended_at=NOTIFIED,
        outcome="done",
        **INPATIENT,
    ),
    _row(
        Responsibility, "contact", rule="care_contact", valid_from=NOTIFIED, started_at=NOTIFIED, **OPEN_CARE
    ),
    _row(Responsibility, "payment", rule="payment", valid_from=HOME, started_at=HOME, **SOCIAL),
    *(
        _row(
            TimelineEntry,
            fact.id,
            rule=fact.kind.NAME,
            valid_from=fact.time,
            opened_by=(fact.id,),
            **INPATIENT,
        )
        for fact in STORY.history.facts
    ),
]


def replay(until: str = "2026-03-31T00:00", incomplete: str | None = None) -> Replay:
    """Five steps: admitted, assessed, the notice missed, notified, home."""
    found = list(steps(STORY.history, ROWS, instant(until)))
    return Replay(JOURNEY, found, ROWS, incomplete)
