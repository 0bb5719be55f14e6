"""Row 8: those who answer for nursing and rehabilitation in a municipality see its missed handoffs and its figures."""

import pytest
from mission_way import WARD, Patient, Way, changes, told

pytestmark = pytest.mark.broker

SANDVIKEN = "municipality:2181"
GOES_HOME, STAYS = "ROW08A", "ROW08B"
AS_OF = "2026-03-10T12:00"


def tell(way: Way) -> None:
    """Two of Sandviken's are ready on Monday 2 March; one goes home on the 6th, one is still in on the 10th."""
    to_sandviken = {"recipients": [{"role": "municipal-health", "municipality": "2181"}]}
    for name in (GOES_HOME, STAYS):
        say = way.patient(name).message
        admitted = {"unit": WARD, "care_form": "somatic", "municipality": "2181"}
        lines = [
            say("2026-02-27T08:00:00+01:00", "patient-admitted", admitted, WARD),
            say("2026-03-02T08:30:00+01:00", "discharge-ready-declared", {}, WARD),
            say("2026-03-02T09:00:00+01:00", "discharge-ready-notified", to_sandviken, WARD),
        ]
        if name == GOES_HOME:
            home = {"destination": "home"}
            lines.append(say("2026-03-06T11:00:00+01:00", "patient-discharged", home, WARD))
        way.ingest(lines)


def _journeys(way: Way) -> dict[str, str]:
    """Name of the patient -> journey."""
    pages = {name: way.patient(name).ask("journey", "show", as_of=AS_OF) for name in (GOES_HOME, STAYS)}
    return {name: page["journey"] for name, (page,) in pages.items()}


def test_the_municipality_sees_what_it_missed_and_what_others_missed_for_its_residents(way: Way) -> None:
    journeys = _journeys(way)
    missed = way.ask("missed", "--municipality", "Sandviken", as_of=AS_OF)
    own = [line for line in missed if line["party"] == SANDVIKEN]
    assert told(own, "rule", "state", "journey", "due_at") == {
        ("MH-14", "late", journeys[GOES_HOME], "2026-03-04T23:59:59.999999+01:00"),
        ("MH-14", "missed", journeys[STAYS], "2026-03-04T23:59:59.999999+01:00"),
    }
    # The hospital told nobody of the admissions, so nobody but the region pays; and did not see the patient off.
    others = [line for line in missed if line["party"] != SANDVIKEN]
    assert {(line["rule"], line["party"], line["municipality"]) for line in others} == {
        (rule, "region:21", "2181") for rule in ("MH-12", "MH-13", "MH-15")
    }


def test_it_sees_what_is_its_own_to_do_next(way: Way) -> None:
    steps = way.ask("responsible", "--municipality", "Sandviken", "--notion", "next_step", as_of=AS_OF)
    own = [line for line in steps if line["party"] == SANDVIKEN and line["rule"].startswith("NS")]
    assert told(own, "rule", "journey") == {("NS-receive", _journeys(way)[STAYS])}


def test_it_sees_how_long_its_residents_wait(way: Way) -> None:
    waits = way.ask("waits", "--municipality", "Sandviken", "--measure", "W-06", as_of=AS_OF)
    journeys = _journeys(way)
    assert told(waits, "journey", "value", "state") == {
        (journeys[GOES_HOME], 4.0, "ended"),
        (journeys[STAYS], 8.0, "waiting"),
    }


def test_its_figures_are_told_on_request_and_else_hidden_where_few_are_behind_them(way: Way) -> None:
    asked = ("summary", "--municipality", "Sandviken", "--measure", "W-06")
    (told_,) = way.ask(*asked, "--small-groups", as_of=AS_OF)
    assert (told_["count"], told_["waiting"], told_["mean"]) == (1, 1, 4.0)
    (hidden,) = way.ask(*asked, as_of=AS_OF)
    assert (hidden["suppressed"], hidden["count"], hidden["mean"]) == (True, None, None)


def test_a_miss_of_its_own_is_explained_and_replayed(way: Way) -> None:
    stays: Patient = way.patient(STAYS)
    (why,) = stays.explain(AS_OF, "MH-14")
    assert (why["rule"]["source"], why["party"], why["state"]) == ("LUS 5:4", SANDVIKEN, "missed")
    assert ("MH-14", "missed", SANDVIKEN) in changes(stays.replay(AS_OF), "2026-03-05T00:00:00+01:00")


def test_it_sees_how_good_what_is_told_of_its_residents_is(way: Way) -> None:
    """In March two were declared and notified ready, and one went home; the admissions were in February."""
    (line,) = way.ask(
        "quality", "--municipality", "Sandviken", "--month", "2026-03", "--by", "month", as_of=AS_OF
    )
    assert (line["month"], line["facts"]) == ("2026-03", 5)
