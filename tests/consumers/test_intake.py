"""Submissions become facts: repeats, order, law, identities, and what an operator is refused."""

import json
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from conftest import Place
from intakes import (
    NOW,
    WARD,
    about,
    clock,
    facts,
    instant,
    intake_into,
    journey_of,
    line,
    places_with,
    said,
    stay,
    stays,
    tables,
)

from consumers.intake.intake import Answer, Intake
from domain.errors import Refused, Unreadable
from domain.submission import Submission
from infra.postgres import connect

pytestmark = pytest.mark.broker
MORNING = "2026-03-02T08:00:00+01:00"


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


def admitted(patient: str, time: str = MORNING, **more: object) -> Submission:
    return said("patient-admitted", time, patient, {"unit": WARD, "municipality": "2180"}, **more)


def submit(intake: Intake, *submissions: Submission) -> list[Answer]:
    return intake.submit(submissions, clock)


def outcome(answers: list[Answer]) -> list[tuple[int, int]]:
    assert all(answer.refused is None for answer in answers)
    return [(len(answer.new), len(answer.known)) for answer in answers]


# -- repeats -------------------------------------------------------------------------------------------------------


def test_a_repeat_is_known_in_the_same_batch_and_later(intake):
    first = admitted("SIM-REPEAT", message="m1")

    assert outcome(submit(intake, first, first)) == [(1, 0), (0, 1)]
    assert outcome(submit(intake, first)) == [(0, 1)]
    assert len(facts(intake, "simulated", "SIM-REPEAT")) == 1


def test_a_repeat_is_known_whatever_the_offset_the_order_of_the_fields_and_the_spelling_of_the_patient(
    intake,
):
    one = line("leave-started", "2026-03-02T08:00:00+01:00", "x", {"admitted_at": MORNING}, message="m1")
    one["patient"] = {"system": "personnummer", "value": "19121212-1212"}
    other = line(
        "leave-started", "2026-03-02T07:00:00Z", "x", {"admitted_at": "2026-03-02T07:00:00.0Z"}, message="m1"
    )
    other["patient"] = {"system": "samordningsnummer", "value": "191212121212"}
    submissions = [
        Submission.model_validate_json(json.dumps(dict(reversed(o.items())))) for o in (one, other)
    ]

    assert outcome(submit(intake, *submissions)) == [(1, 0), (0, 1)]


def test_the_same_message_id_with_other_content_is_new(intake):
    told = [
        admitted("SIM-SAMEID", message="m1"),
        admitted("SIM-SAMEID", "2026-03-02T09:00:00+01:00", message="m1"),
    ]

    assert outcome(submit(intake, *told)) == [(1, 0), (1, 0)]
    one, other = facts(intake, "simulated", "SIM-SAMEID")
    assert one.envelope.sourcemessage == other.envelope.sourcemessage
    assert one.id != other.id


def test_the_same_message_of_another_source_is_new(intake):
    told = [admitted("SIM-SOURCE", message="m1"), admitted("SIM-SOURCE", message="m1", source="other")]

    assert outcome(submit(intake, *told)) == [(1, 0), (1, 0)]


def test_without_a_message_id_it_is_always_new(intake):
    assert outcome(submit(intake, admitted("SIM-NOID"), admitted("SIM-NOID"))) == [(1, 0), (1, 0)]


# -- order ---------------------------------------------------------------------------------------------------------


def test_what_comes_late_and_out_of_order_is_accepted_and_put_in_its_place(intake):
    discharged = said(
        "patient-discharged", "2026-03-09T11:30:00+01:00", "SIM-LATE", message="m3", episode="e1"
    )
    answers = submit(
        intake,
        discharged,
        said("leave-ended", "2026-03-05T18:00:00+01:00", "SIM-LATE", message="m2", episode="e1"),
        said("leave-started", "2026-03-05T12:00:00+01:00", "SIM-LATE", message="m1", episode="e1"),
        admitted("SIM-LATE", message="m0", episode="e1"),
    )

    assert outcome(answers) == [(1, 0)] * 4
    shown = stay(intake, "simulated", "SIM-LATE")
    assert (shown.state, shown.started_at, shown.ended_at, shown.value) == (
        "discharged",
        instant("2026-03-02T07:00:00Z"),
        instant("2026-03-09T10:30:00Z"),
        6.0,
    )


def test_each_fact_links_to_the_one_before(intake):
    submit(intake, admitted("SIM-CHAIN"), said("leave-started", "2026-03-03T08:00:00+01:00", "SIM-CHAIN"))
    submit(intake, said("leave-ended", "2026-03-03T09:00:00+01:00", "SIM-CHAIN"))

    chain = facts(intake, "simulated", "SIM-CHAIN")
    assert [fact.envelope.journeyversion for fact in chain] == [1, 2, 3]
    assert [fact.envelope.prevhash for fact in chain] == ["0" * 64, chain[0].hash, chain[1].hash]


# -- law -----------------------------------------------------------------------------------------------------------


def test_an_act_under_both_laws_is_two_facts_that_share_a_correlation_id(intake):
    services = {"municipality": "2180", "services": ["home-nursing", "home-help"], "note": "Nyckel i skåpet"}
    asked = said("municipal-takeover-proposed", MORNING, "SIM-LAWS", services, message="m1")

    assert outcome(submit(intake, asked)) == [(2, 0)]
    assert outcome(submit(intake, asked)) == [(0, 2)]
    health, social = facts(intake, "simulated", "SIM-LAWS")
    assert (health.envelope.regime, social.envelope.regime) == ("HSL", "SoL")
    assert health.envelope.correlationid == social.envelope.correlationid == health.envelope.sourcemessage
    health_data, social_data = json.loads(health.raw)["data"], json.loads(social.raw)["data"]
    assert health_data["services"] == ["home-nursing"]
    assert set(health_data["note"]) == {"sealed", "key"}
    assert set(social_data) == {"sealed", "key"}
    assert social.fact.services == ("home-help",)
    assert health_data["note"]["key"] != social_data["key"]


def test_a_correction_about_social_services_is_sealed_as_such(intake):
    data = {
        "target_message": "m1",
        "amended_type": "se.carechain.municipal-care-started.v1",
        "amended_data": {"municipality": "2180", "services": ["home-help"]},
    }

    assert outcome(submit(intake, said("fact-amended", MORNING, "SIM-LAWFIX", data))) == [(1, 0)]
    (fact,) = facts(intake, "simulated", "SIM-LAWFIX")
    assert fact.envelope.regime == "SoL"
    assert b"home-help" not in fact.raw


# -- identities ----------------------------------------------------------------------------------------------------


def test_no_identity_stands_in_store_or_vault_in_clear(intake, module_place):
    names = {
        "patient": "191212121212",
        "message": "MESSAGE-19121212-1212",
        "episode": "EPISODE-Tolvan",
        "actor": "SE2321000198-TOLVAN",
        "person": "SE2321000198-ELVAN",
        "note": "Tolvan Tolvansson bor hos Elvan",
        "correlation": "REMISS-4711",
    }
    more = {key: names[key] for key in ("message", "episode", "actor", "correlation")}
    told = [
        said(
            "care-contact-appointed", MORNING, "x", {"person": names["person"], "note": names["note"]}, **more
        ),
        said(
            "fact-amended",
            MORNING,
            "x",
            {
                "target_message": names["message"],
                "target_episode": names["episode"],
                "amended_type": "se.carechain.care-contact-appointed.v1",
                "amended_data": {"person": names["person"], "note": names["note"]},
            },
            **more,
        ),
    ]
    patient = about("personnummer", names["patient"])

    assert (
        outcome(submit(intake, *(one.model_copy(update={"patient": patient}) for one in told)))
        == [(1, 0)] * 2
    )
    found = {name: places_with(module_place, value) for name, value in names.items()}
    assert {name: where for name, where in found.items() if where} == {}
    # The scan finds what is there: the unit stands in clear.
    assert "store.journeys_events" in places_with(module_place, WARD)


def test_the_vault_tells_who_and_what_was_meant(intake):
    submit(intake, admitted("SIM-VAULT", message="m-77", episode="e-77", actor="SE2321000198-ELVAN"))

    (fact,) = facts(intake, "simulated", "SIM-VAULT")
    assert intake.vault.identity_of(fact.originator_id) == [("simulated", "SIM-VAULT")]
    assert intake.vault.staff_of(str(fact.envelope.actor)) == "SE2321000198-ELVAN"
    message = str(fact.envelope.sourcemessage)
    assert intake.vault.reveal("message", [message]) == {message: "m-77"}
    assert intake.vault.reveal("episode", [str(fact.stay)]) == {str(fact.stay): "e-77"}


# -- what cannot become a fact -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"patient": {"system": "personnummer", "value": "19121212-1213"}}, "no-patient-id"),
        ({"patient": {"system": "passport", "value": "X"}}, "no-patient-id"),
        ({"type": "se.carechain.patient-abducted.v1"}, "unknown-fact"),
        ({"type": "se.carechain.patient-admitted.v2"}, "unknown-fact"),
        ({"type": "se.carechain.fact-amended.v1", "data": {"amended_type": "Tolvan 1212"}}, "unknown-fact"),
        ({"type": "se.carechain.fact-voided.v1", "data": {"target_kinds": ["Tolvan"]}}, "invalid-data"),
        ({"unit": None}, "no-controller"),
        ({"data": {"ward": "7"}}, "invalid-data"),
        ({"data": {"19121212-1212": "Tolvan"}}, "invalid-data"),
        (
            {
                "type": "se.carechain.admission-notified.v1",
                "data": {"recipients": [{"role": "open-care", "Tolvan": 1}]},
            },
            "invalid-data",
        ),
        ({"data": {"municipality": "9999"}}, "invalid-data"),
        ({"data": {"note": {"sealed": "VG9sdmFu", "key": "1"}}}, "invalid-data"),
        ({"time": "9999-12-31T23:59:59Z"}, "invalid-field"),
        ({"time": "1899-12-31T23:59:59Z"}, "invalid-field"),
        (
            {"type": "se.carechain.follow-up-planned.v1", "data": {"due_at": "9999-01-01T00:00:00Z"}},
            "invalid-field",
        ),
        ({"type": "se.carechain.fact-amended.v1", "data": {"amended_data": {"x": "Tolvan"}}}, "invalid-data"),
        (
            {
                "type": "se.carechain.fact-amended.v1",
                "data": {"amended_type": "se.carechain.fact-amended.v1", "amended_data": {"note": "Tolvan"}},
            },
            "invalid-data",
        ),
        (
            {
                "type": "se.carechain.municipal-care-started.v1",
                "data": {"services": ["home-help"]},
                "regime": "HSL",
            },
            "invalid-data",
        ),
        (
            {
                "type": "se.carechain.fact-amended.v1",
                "data": {
                    "target_regime": "HSL",
                    "amended_type": "se.carechain.municipal-care-started.v1",
                    "amended_data": {"services": ["home-help"]},
                },
            },
            "invalid-data",
        ),
    ],
)
def test_what_cannot_become_a_fact_is_said_and_the_rest_goes_on(intake, wrong, reason):
    one = line("patient-admitted", MORNING, "SIM-WRONG") | {"message": str(uuid4())} | wrong
    bad = Submission.model_validate_json(json.dumps({k: v for k, v in one.items() if v is not None}))

    before, after, turned_down = (
        admitted("SIM-BESIDE", message=str(uuid4())),
        admitted("SIM-BESIDE", message=str(uuid4())),
        bad,
    )
    first, middle, last = submit(intake, before, turned_down, after)
    assert (len(first.new), len(last.new)) == (1, 1)
    assert isinstance(middle.refused, Unreadable)
    assert middle.refused.reason == reason
    assert "Tolvan" not in middle.refused.message
    assert "1212" not in middle.refused.message


def test_an_erased_part_of_a_journey_takes_nothing_more_and_the_rest_goes_on(intake, module_place):
    submit(intake, admitted("SIM-ERASED", message="m1"))
    journey = journey_of(intake, "simulated", "SIM-ERASED")
    with connect(module_place.connections.vault_dsn) as connection:
        connection.execute(
            "UPDATE vault.content_key SET wrapped = NULL, destroyed_at = now() WHERE journey = %s", (journey,)
        )
    intake.vault.forget()

    gone, other = submit(intake, admitted("SIM-ERASED", message="m2"), admitted("SIM-ALIVE", message="m2"))

    assert isinstance(gone.refused, Refused)
    assert len(other.new) == 1


# -- operators -----------------------------------------------------------------------------------------------------


def test_an_operators_refused_command_writes_no_fact(intake, module_place):
    submit(intake, admitted("SIM-OPERATOR", message="m1"))
    before = tables(module_place)["store.journeys_events"]
    wrong = said("leave-ended", "2026-03-03T08:00:00+01:00", "SIM-OPERATOR", source="operator", message="r1")

    (answer,) = intake.submit([wrong], clock, operator=True)

    assert isinstance(answer.refused, Refused)
    assert answer.refused.message == "You cannot end a leave: the patient was an inpatient at that time."
    assert tables(module_place)["store.journeys_events"] == before


def test_a_rehearsal_leaves_no_trace(intake, module_place):
    submit(intake, admitted("SIM-TRIED", message="m1"))
    before = tables(module_place)
    good = said(
        "leave-started",
        "2026-03-03T08:00:00+01:00",
        "SIM-TRIED",
        {"note": "Hem"},
        actor="os:somebody",
        message="r1",
    )
    wrong = said("leave-ended", "2026-03-03T08:00:00+01:00", "SIM-NOBODY", actor="os:nobody", message="r2")

    assert [fact.kind.NAME for fact in intake.rehearse(good, clock).new] == ["leave-started"]
    assert isinstance(intake.rehearse(wrong, clock).refused, Refused)
    assert tables(module_place) == before


def test_a_journey_can_be_named_in_place_of_the_patient(intake):
    submit(intake, admitted("SIM-NAMED", message="m1"))
    journey = journey_of(intake, "simulated", "SIM-NAMED")
    unnamed = said("leave-started", "2026-03-03T08:00:00+01:00", "nobody", message="r1")

    answers = intake.submit([unnamed, admitted("SIM-NAMED", message="m1")], clock, journeys=[journey, None])

    assert outcome(answers) == [(1, 0), (0, 1)]
    assert [fact.kind.NAME for fact in facts(intake, "simulated", "SIM-NAMED")] == [
        "patient-admitted",
        "leave-started",
    ]
    assert intake.vault.find_journey("simulated", "nobody") is None


def test_recorded_time_is_the_clocks_and_never_runs_backwards(intake):
    submit(intake, admitted("SIM-CLOCK"), admitted("SIM-CLOCK"))

    one, other = facts(intake, "simulated", "SIM-CLOCK")
    assert one.envelope.recordedtime == NOW
    assert (other.envelope.recordedtime - NOW).microseconds == 1


def test_stays_of_one_episode_are_one_and_of_two_are_two(intake):
    answers = submit(
        intake,
        admitted("SIM-TWOSTAYS", episode="e1"),
        said("patient-discharged", "2026-03-04T08:00:00+01:00", "SIM-TWOSTAYS", episode="e1"),
        admitted("SIM-TWOSTAYS", "2026-03-10T08:00:00+01:00", episode="e2"),
    )

    assert outcome(answers) == [(1, 0)] * 3
    assert [(row.state, row.started_at) for row in stays(intake, "simulated", "SIM-TWOSTAYS")] == [
        ("discharged", instant("2026-03-02T07:00:00Z")),
        ("inpatient", instant("2026-03-10T07:00:00Z")),
    ]
    assert all(isinstance(row.stay, UUID) for row in stays(intake, "simulated", "SIM-TWOSTAYS"))
