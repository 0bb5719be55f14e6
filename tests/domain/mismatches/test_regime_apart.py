"""Home nursing has begun and home help, asked for at the same time, has not: or the other way round."""

from given import given
from nearby import GAVLE, found, lasted, open_findings
from ward import accepted, admitted, care_started, declined, died, discharged, proposed

CODE = "regime-apart"
IN = admitted("2026-03-02T10:00", stay="A")
BOTH = (proposed("2026-03-04T10:00"), proposed("2026-03-04T10:00", "home-help"))
OUT = discharged("2026-03-05T14:00", stay="A")
NURSING = care_started("2026-03-05T16:00")
HELP = care_started("2026-03-07T08:00", "home-help")


def test_health_care_without_social_services() -> None:
    story = given(IN, *BOTH, OUT, NURSING, HELP)
    assert CODE not in open_findings(story, "2026-03-05T15:59")
    row = found(story, CODE)
    assert lasted(row, "2026-03-05T16:00", "2026-03-07T08:00")
    assert (row.party, row.role, row.outcome) == (GAVLE, "social-services", "started")
    names = {fact.id: (fact.kind.NAME, fact.envelope.regime) for fact in story.history.facts}
    assert [names[fact] for fact in row.opened_by] == [
        ("municipal-takeover-proposed", "HSL"),
        ("municipal-takeover-proposed", "SoL"),
        ("municipal-care-started", "HSL"),
    ]


def test_social_services_without_health_care() -> None:
    row = found(given(IN, *BOTH, OUT, care_started("2026-03-05T16:00", "home-help")), CODE)
    assert lasted(row, "2026-03-05T16:00", None)
    assert row.role == "municipal-health"


def test_begun_together_there_is_none() -> None:
    story = given(IN, *BOTH, OUT, NURSING, care_started("2026-03-05T16:00", "home-help"))
    assert CODE not in story.findings("2026-03-20T10:00")


def test_only_one_was_asked_for() -> None:
    story = given(IN, BOTH[0], OUT, NURSING)
    assert CODE not in story.findings("2026-03-20T10:00")


def test_what_was_declined_is_not_waited_for() -> None:
    story = given(IN, *BOTH, declined("2026-03-04T15:00", "home-help"), OUT, NURSING)
    assert CODE not in story.findings("2026-03-20T10:00")


def test_accepted_without_having_been_asked() -> None:
    both = (accepted("2026-03-04T10:00"), accepted("2026-03-04T10:00", "home-help"))
    assert lasted(found(given(IN, *both, OUT, NURSING, HELP), CODE), "2026-03-05T16:00", "2026-03-07T08:00")


def test_readmission_and_death_end_it() -> None:
    for end in (admitted("2026-03-06T10:00", stay="B"), died("2026-03-06T10:00")):
        assert lasted(
            found(given(IN, *BOTH, OUT, NURSING, end), CODE), "2026-03-05T16:00", "2026-03-06T10:00"
        )


def test_what_was_asked_before_the_last_admission_is_over() -> None:
    again = (admitted("2026-03-08T10:00", stay="B"), discharged("2026-03-09T10:00", stay="B"))
    story = given(IN, *BOTH, OUT, *again, care_started("2026-03-09T12:00"))
    assert CODE not in story.findings("2026-03-20T10:00")
