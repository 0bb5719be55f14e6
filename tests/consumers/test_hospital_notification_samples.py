"""Others' real messages, where there are any: `CARECHAIN_SAMPLES` names the folder that holds them."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hospital_notifications import as_xml, notification

from consumers.intake.fhir.hospital_notification import read_hospital_notification
from consumers.intake.fhir.xml import parse_fhir_xml
from domain.submission import Submission

FLOW = {
    "se.carechain.patient-admitted.v1": datetime(2022, 12, 7, 10, 0, tzinfo=UTC),
    "se.carechain.leave-started.v1": datetime(2022, 12, 13, 12, 0, 10, tzinfo=UTC),
    "se.carechain.leave-ended.v1": datetime(2022, 12, 14, 13, 30, tzinfo=UTC),
    "se.carechain.patient-discharged.v1": datetime(2022, 12, 18, 7, 45, 30, tzinfo=UTC),
}
"""MedCom's published example of one stay: admitted, on leave, back, discharged."""


def samples(folder: str) -> list[dict[str, Any]]:
    root = os.environ.get("CARECHAIN_SAMPLES")
    files = sorted((Path(root) / "medcom").glob(f"{folder}-*/*")) if root else []
    assert files or not root, f"CARECHAIN_SAMPLES is set and holds no medcom/{folder}-*"
    return [
        parse_fhir_xml(file.read_bytes()) if file.suffix == ".xml" else json.loads(file.read_bytes())
        for file in files
    ]


def read_all(messages: list[dict[str, Any]]) -> list[Submission]:
    return [submission for message in messages for submission in read_hospital_notification(message, "")]


def test_the_published_flow_is_read_alike_in_json_and_xml() -> None:
    ours = [notification("admit-inpatient"), parse_fhir_xml(as_xml(notification("admit-inpatient")))]
    assert len({repr(submission) for submission in read_all(ours)}) == 1

    theirs = samples("hospitalnotification")
    read = {submission.message: submission for submission in read_all(theirs)}
    assert all(read[submission.message] == submission for submission in read_all(theirs))
    if theirs:
        assert {submission.type: submission.time for submission in read.values()} == FLOW
        assert len({(submission.source, submission.episode) for submission in read.values()}) == 1
        assert all(submission.source == submission.controller for submission in read.values())
