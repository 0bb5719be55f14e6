"""What a row is an instance of, whatever its kind: title, source and the values of the agreement that it uses."""

from dataclasses import dataclass

from domain.agreement import Agreement
from domain.cause import causes
from domain.conclude import rules
from domain.findings import TEXTS
from domain.liability_parts import START_VALUES


@dataclass(frozen=True)
class About:
    """For people: which rule, measure, notion or finding it is, and where that comes from."""

    id: str
    title: str
    source: str
    severity: str | None = None
    version: int = 1
    values: tuple[str, ...] = ()
    """Paths in an agreement, as ``limits.takeover_answer_hours``."""


NOTIONS = {
    "care": About("care", "Whose care the patient is in", "HSL 12:1-2, 14:1, 16:1; SoL 29 chap."),
    "care_contact": About("care_contact", "Who is the fast vårdkontakt", "LUS 2:5"),
    "overall": About("overall", "Who answers for the whole, by the SIP", "HSL 16:4, SoL 10:9"),
    "payment": About(
        "payment",
        "Who pays for the day",
        "LUS 5:1-5:5",
        values=(
            *START_VALUES,
            "liability.late_admission_notice",
            "liability.late_sip_call",
            "limits.sip_call_rolls_over",
            "liability.open_care_cleared",
            "liability.refused_sip_waives_call",
        ),
    ),
    "stay": About("stay", "A stay in inpatient care, or a visit", "LUS 1:3"),
}
"""The notions of responsibility, and the stay, by the name that stands on their rows."""


def about(rule: str, detail: str | None = None) -> About:
    """What is known of the rule on a row. A next step is told by the rule it follows from, its ``detail``."""
    if rule == "next_step" and detail is not None:
        rule = detail
    known = rules().get(rule)
    if known is not None:
        return About(known.id, known.title, known.source, known.severity, known.version, known.values)
    if rule in NOTIONS:
        return NOTIONS[rule]
    why = causes().get(rule)
    if why is not None:
        return About(rule, why.text, why.source)
    return About(rule, TEXTS.get(rule, rule), "what was recorded", "quality")


def value_of(agreement: Agreement, path: str) -> object:
    """The value at a path as ``limits.takeover_answer_hours``, as JSON has it; ``None`` where none is set."""
    value: object = agreement.model_dump(mode="json", include={path.split(".")[0]})
    for name in path.split("."):
        assert isinstance(value, dict)
        value = value[name]
    return value
