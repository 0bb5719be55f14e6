"""Which field of a message gives which time, unless a site profile says otherwise, and why: the one place for it."""

from collections.abc import Mapping
from typing import Final, NamedTuple


class TimeRule(NamedTuple):
    """Where one time is looked for."""

    what: str
    """What the time is of."""
    fields: tuple[str, ...]
    """In this order; the first that says something is the time."""
    why: str


TIMES: Final[Mapping[str, TimeRule]] = {
    "sent": TimeRule(
        "the sending (and the time of a cancel, a correction, a note, a new estimate)",
        ("MSH-7", "EVN-2"),
        "MSH-7 is when the message was made; a batch without it was at least recorded at EVN-2.",
    ),
    "admitted": TimeRule(
        "an admission (A01), and the arrival of an emergency visit (A01, A04)",
        ("PV1-44", "EVN-6", "EVN-2"),
        "PV1-44 is the admission by definition and stays the same in every later message; EVN-6 is when the event "
        "happened, EVN-2 when somebody recorded it, which may be hours later.",
    ),
    "made_inpatient": TimeRule(
        "the change of an outpatient to inpatient (A06)",
        ("EVN-6", "EVN-2", "PV1-44"),
        "PV1-44 often still says when the visit began, which would make the admission too early.",
    ),
    "transferred": TimeRule(
        "a transfer (A02)",
        ("EVN-6", "EVN-2"),
        "No field of PV1 says when a patient was moved.",
    ),
    "discharged": TimeRule(
        "a discharge and the end of a visit (A03)",
        ("PV1-45", "EVN-6", "EVN-2"),
        "PV1-45 is the discharge by definition.",
    ),
    "made_outpatient": TimeRule(
        "the change of an inpatient to outpatient (A07)",
        ("EVN-6", "EVN-2", "PV1-45"),
        "The visit goes on, so that PV1-45 is seldom this time.",
    ),
    "died": TimeRule(
        "a death",
        ("PID-29",),
        "Where an A03 does not say it, or only the day of the discharge, it is the time of the discharge; in an A08 "
        "only where PV1-36 says that the patient died there.",
    ),
    "leave_started": TimeRule("a leave's beginning (A21)", ("EVN-6", "EVN-2"), "As for a transfer."),
    "expected_return": TimeRule("the return that is expected (A21)", ("PV2-47",), "By definition."),
    "leave_ended": TimeRule("a leave's end (A22)", ("EVN-6", "EVN-2"), "As for a transfer."),
    "discharge_ready": TimeRule(
        "the judgement that the patient is ready for discharge (A16)",
        ("EVN-6", "EVN-2"),
        "PV2-9 and PV1-45 are expected times, and not when anybody judged.",
    ),
    "discharge_ready_withdrawn": TimeRule(
        "that judgement's withdrawal (A25)", ("EVN-6", "EVN-2"), "As for the judgement."
    ),
    "estimate": TimeRule("the estimated discharge (A08)", ("PV2-9",), "By definition."),
    "linked": TimeRule(
        "a link of identities, a moved episode (A40, A45, A47)",
        ("EVN-6", "EVN-2", "MSH-7"),
        "It decides only which of two contradictory links is the later.",
    ),
    "told_of_person": TimeRule(
        "a changed municipality (A08, A28, A31)",
        ("EVN-6", "EVN-2", "MSH-7"),
        "No field says since when.",
    ),
}
"""By the key that a site profile has for it under ``[times]``."""
