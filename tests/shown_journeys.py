"""Two small journeys as an export is given them: one with a voided and an amended fact, one of a protected identity."""

from dataclasses import replace
from uuid import UUID

from given import instant

from consumers.exports.shown import Evidence, ShownFact, ShownJourney

ANNA = UUID("00000000-0000-4000-8000-000000000001")
BO = UUID("00000000-0000-4000-8000-000000000002")
ANNAS_STAY = UUID("00000000-0000-4000-8000-0000000000a1")
BOS_STAY = UUID("00000000-0000-4000-8000-0000000000b1")
STAFF = "0d6f1c2a-0000-4000-8000-00000000000d"
WARD = "hsa:SE2321000198-WARD1"


def id_of(number: int) -> str:
    """The id of Anna's first, second ... fact: a digit 64 times."""
    return str(number) * 64


def fact(
    number: int, kind: str, happened: str, recorded: str, *, stay: UUID | None = ANNAS_STAY
) -> ShownFact:
    """One of Anna's facts, by ward 1."""
    time = instant(happened)
    return ShownFact(
        id=id_of(number),
        case=ANNA,
        stay=stay,
        kind=kind,
        kind_on_record=kind,
        correction=kind in ("fact-voided", "fact-amended"),
        time=time,
        time_on_record=time,
        precision="second",
        state="happened",
        mends=(),
        mended_by=None,
        actor=None,
        unit=WARD,
        role="inpatient",
        controller="orgnr:2321000198",
        municipality=None if stay is None else "2180",
        region=None if stay is None else "21",
        regime="HSL",
        source="hsa:SE2321000198-JOURNAL",
        evidence=Evidence(
            journey=ANNA,
            version=number,
            position=10 + number,
            recorded_at=instant(recorded),
            sent_at=None,
            message=f"{number}f" * 32,
            hash=f"{number}a" * 32,
            previous_hash=f"{number - 1}a" * 32,
        ),
    )


ADMITTED = replace(fact(1, "patient-admitted", "2026-03-02T07:00Z", "2026-03-02T07:05Z"), actor=STAFF)
ON_LEAVE = replace(
    fact(2, "leave-started", "2026-03-03T07:30Z", "2026-03-03T08:00Z", stay=None),
    state="voided",
    mended_by=id_of(3),
)
VOIDED = replace(
    fact(3, "fact-voided", "2026-03-03T08:55Z", "2026-03-03T09:00Z", stay=None), mends=(id_of(2),)
)
DISCHARGED = replace(
    fact(4, "patient-discharged", "2026-03-04T10:30Z", "2026-03-04T12:00Z"),
    time_on_record=instant("2026-03-04T11:30Z"),
    state="amended",
    mended_by=id_of(5),
)
AMENDED = replace(
    fact(5, "fact-amended", "2026-03-05T08:00Z", "2026-03-05T08:00:01Z", stay=None), mends=(id_of(4),)
)
BO_ADMITTED = replace(
    fact(6, "patient-admitted", "2026-03-31T22:00Z", "2026-03-31T22:00Z"),
    case=BO,
    stay=BOS_STAY,
    precision="day",
    unit=None,
    controller=None,
    municipality=None,
    region=None,
    source=None,
    evidence=None,
)
ANNAS = ShownJourney(ANNA, (ADMITTED, ON_LEAVE, VOIDED, DISCHARGED, AMENDED))
BOS = ShownJourney(BO, (BO_ADMITTED,))
EMPTY = ShownJourney(UUID("00000000-0000-4000-8000-000000000003"), ())
JOURNEYS = (ANNAS, BOS, EMPTY)
