"""A notice went to somebody it was not meant for, and it has not been sent anew."""

from given import WARD, given
from nearby import astray, found, lasted, open_findings
from ward import NURSING, OPEN_CARE, admitted, discharged, notified, sip_called

CODE = "contradiction-misdirected"
IN = admitted("2026-03-02T10:00", stay="A")
SENT = notified("2026-03-02T12:00", NURSING)
REPORT = astray("2026-03-03T09:00", "admission-notified", role="municipal-health")


def test_until_it_is_sent_anew() -> None:
    story = given(IN, SENT, REPORT, notified("2026-03-03T15:00", OPEN_CARE))
    assert CODE not in open_findings(story, "2026-03-03T08:59")
    assert CODE in open_findings(story, "2026-03-03T14:59")
    row = found(story, CODE)
    assert lasted(row, "2026-03-03T09:00", "2026-03-03T15:00")
    assert (row.party, row.role, row.unit) == ("region:21", "inpatient", WARD)
    assert (row.detail, row.outcome) == ("admission-notified", "sent-anew")


def test_the_stays_end_makes_it_too_late() -> None:
    row = found(given(IN, SENT, REPORT, discharged("2026-03-05T14:00", stay="A")), CODE)
    assert lasted(row, "2026-03-03T09:00", "2026-03-05T14:00")


def test_sent_anew_to_one_who_also_says_no() -> None:
    story = given(
        IN,
        SENT,
        REPORT,
        notified("2026-03-03T15:00", OPEN_CARE),
        astray("2026-03-04T09:00", "admission-notified", role="open-care"),
    )
    assert CODE not in open_findings(story, "2026-03-03T16:00")
    assert CODE in open_findings(story, "2026-03-04T09:00")


def test_a_call_to_a_sip_is_owed_by_open_care_beyond_the_stay() -> None:
    story = given(
        IN,
        sip_called("2026-03-04T09:00", NURSING),
        astray("2026-03-04T15:00", "sip-meeting-called", role="municipal-health"),
        discharged("2026-03-05T14:00", stay="A"),
    )
    row = found(story, CODE)
    assert lasted(row, "2026-03-04T15:00", None)
    assert (row.party, row.role) == ("region:21", "open-care")
