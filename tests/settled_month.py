"""A March on real servers: stays of Gävle, which has a monthly mean, and of Sandviken, which has none."""

import json
from datetime import UTC, datetime
from typing import Any

from conftest import Place
from pipeline import Pipeline, submission

from consumers.adoption import adopt
from domain.agreement import AVERAGE, AgreedAmount, Agreement, LocalLimits, PaymentTerms
from domain.submission import Submission

REPORTED = datetime(2026, 4, 5, 8, tzinfo=UTC)
"""When everything was recorded, unless a test says otherwise."""
NOW = datetime(2026, 4, 12, 7, tzinfo=UTC)
"""When it is frozen."""


def own(version: int = 1, **terms: Any) -> Agreement:
    """Gävle's agreement: a mean with a threshold of one day, 6 000 SEK, disputed until the 8th, frozen from the 10th."""
    said: dict[str, Any] = {
        "model": AVERAGE,
        "threshold_days": 1.0,
        "amount_source": "local",
        "amounts": (AgreedAmount(valid_from=datetime(2026, 1, 1).date(), sek=6_000),),
        "freeze_day_of_month": 10,
        **terms,
    }
    return Agreement(
        id="own",
        version=version,
        title="Own",
        regions=("21",),
        municipalities=("2180",),
        limits=LocalLimits(dispute_day_of_month=8),
        payment=PaymentTerms(**said),
    )


def stay(
    pipeline: Pipeline,
    patient: str,
    municipality: str,
    notice: str,
    discharge: str,
    *,
    amend: bool = False,
    recorded: datetime = REPORTED,
) -> None:
    """A stay from the first of the notice's month at eight, with a notice at nine and a discharge at ten of these
    days; with ``amend`` the discharge of the stay told before is corrected instead."""
    month = notice[:7]
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        (
            "patient-admitted",
            f"{month}-01T08:00",
            {"unit": "hsa:SE2321000198-WARD1", "care_form": "somatic", "municipality": municipality},
        ),
        (
            "admission-notified",
            f"{month}-01T09:00",
            {"recipients": [{"role": "municipal-health", "municipality": municipality}]},
        ),
        (
            "discharge-ready-notified",
            f"{notice}T09:00",
            {"recipients": [{"role": "municipal-health", "municipality": municipality}]},
        ),
        ("patient-discharged", f"{discharge}T10:00", {"destination": "home"}),
    ]
    if amend:
        _, _, _, (kind, time, data) = kinds
        correction = {
            "target_message": f"{patient} {kind} {month}",
            "amended_type": f"se.carechain.{kind}.v1",
            "amended_data": data,
            "amended_at": _offset(time),
        }
        told = [_said("fact-amended", time, patient, "amended", correction)]
    else:
        told = [_said(kind, time, patient, f"{kind} {month}", data) for kind, time, data in kinds]
    pipeline.submit(told, lambda: recorded)


def _said(kind: str, time: str, patient: str, message: str, data: dict[str, Any]) -> Submission:
    return submission(
        kind, _offset(time), patient, message=f"{patient} {message}", data=json.loads(json.dumps(data))
    )


def _offset(time: str) -> str:
    summer = "2026-03-29" <= time[:10] < "2026-10-25"
    return f"{time}:00+0{2 if summer else 1}:00"


def a_march(place: Place) -> Pipeline:
    """Gävle has three days and none in March, and a stay into April; Sandviken has five days, the last two paid for."""
    pipeline = Pipeline(place)
    agreement = own()
    adopt(
        place.connections.store_dsn,
        agreement,
        agreement.model_dump_json(),
        "tester",
        datetime(2026, 1, 2, tzinfo=UTC),
    )
    stay(pipeline, "SIM-0001", "2180", "2026-03-03", "2026-03-06")
    stay(pipeline, "SIM-0002", "2180", "2026-03-10", "2026-03-10")
    stay(pipeline, "SIM-0003", "2180", "2026-03-20", "2026-04-02")
    stay(pipeline, "SIM-0004", "2181", "2026-03-03", "2026-03-08")
    pipeline.project()
    return pipeline
