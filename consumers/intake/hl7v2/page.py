"""The reference page on HL7 v2: which event becomes which fact, which field gives which time, what a profile may say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel

from consumers.intake.hl7v2.profile import (
    AUTHORITIES,
    DISPOSITIONS,
    PATIENT_CLASSES,
    TYPES,
    UNPLANNED,
    Episodes,
    Match,
    Patients,
    Profile,
    Units,
)
from consumers.intake.hl7v2.time_rules import TIMES

EVENTS_IN_WORDS: Final[Mapping[str, str]] = {
    "A01": "patient-admitted; class emergency: emergency-visit-started; class other: noted",
    "A02": "patient-transferred, from PV1-6 to PV1-3; within one unit, or class other: noted",
    "A03": "patient-discharged; class emergency: emergency-visit-ended; a death (PID-29, PID-30, PV1-36): patient-deceased",
    "A04": "emergency-visit-started for class emergency; else noted",
    "A05": "noted",
    "A06": "patient-admitted, in the same episode",
    "A07": "patient-discharged, to `other`",
    "A08": "estimated-discharge-changed (PV2-9); a death: patient-deceased; "
    "another municipality where the profile says so; else noted",
    "A11": "fact-voided: the episode's last admission or visit",
    "A12": "fact-voided: the episode's last transfer",
    "A13": "fact-voided: the episode's last discharge, end of a visit, or death",
    "A16": "discharge-ready-declared",
    "A21": "leave-started, with the expected return (PV2-47)",
    "A22": "leave-ended",
    "A25": 'discharge-ready-withdrawn, or fact-voided where the profile says `a25 = "void"`',
    "A28": "a death: patient-deceased; another municipality where the profile says so; else noted",
    "A31": "as A28",
    "A40": "patient-identity-linked, PID-3 and MRG-1; several pairs in one message",
    "A45": "episode-moved: the episode in MRG-5 (else PV1-19) from MRG-1 to PID-3",
    "A47": "patient-identity-linked, PID-3 and MRG-1",
    "A52": "fact-voided: the episode's last beginning of a leave",
    "A53": "fact-voided: the episode's last end of a leave",
    "A54": "noted",
    "A55": "noted",
}
_PARTS: Final[Mapping[str, type[BaseModel]]] = {
    "[[match]]": Match,
    "[patient]": Patients,
    "[episode]": Episodes,
    "[unit]": Units,
}


def as_markdown() -> str:
    """The page ``infra/reference/hl7v2.md``."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# HL7 v2 ADT: what becomes of a message"
    yield ""
    yield "Made from the code (`consumers/intake/hl7v2`); a test holds it against the code. A site profile is a TOML file"
    yield 'with `format = "hl7v2"` in the folder `sources`; what it leaves out is as it stands here. Other types of messages'
    yield "are counted by type and source. What a message says beside its facts is kept sealed, as the note of its first"
    yield "fact, or noted alone."
    yield ""
    yield from _table("## Events", ("event", "becomes"), EVENTS_IN_WORDS.items())
    yield from _table(
        "## Which field gives which time",
        ("key in `[times]`", "time of", "fields, first that says something", "why"),
        ((name, rule.what, ", ".join(rule.fields), rule.why) for name, rule in TIMES.items()),
    )
    yield from _table("## Keys of a profile", ("key", "what it says", "else"), _keys(Profile))
    for heading, part in _PARTS.items():
        yield from _table(f"### `{heading}`", ("key", "what it says", "else"), _keys(part))
    for heading, values in (
        ("`[patient_class]`: PV1-2", PATIENT_CLASSES),
        ("`[admission_type]`: PV1-4, whether it was unplanned", UNPLANNED),
        ("`[discharge_disposition]`: PV1-36", DISPOSITIONS),
        ("PID-3.4, beside `[patient.authorities]`", AUTHORITIES),
        ("PID-3.5, beside `[patient.types]`", TYPES),
    ):
        rows = ((code, str(value).lower()) for code, value in values.items())
        yield from _table(f"### {heading}", ("code", "means"), rows)


def _keys(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        default = field.get_default()
        if isinstance(default, tuple):
            plain = ", ".join(map(str, default))
        else:
            plain = "" if default is None or isinstance(default, BaseModel | dict) else str(default)
        yield name, " ".join((field.description or "").split()), plain


def _table(heading: str, head: tuple[str, ...], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield heading
    yield ""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '/') for cell in row)} |"
    yield ""
