"""What stands after agreements and registers were adopted and withdrawn, by whom and when, and the exact bytes of it."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from conftest import GOLDEN
from given import JOURNEY
from histories import Journey, journeys
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.adopted import adoptions_of, basis_of, registers_of
from domain.adoption_events import Act, Event, agreement_adopted, agreement_withdrawn, register_adopted
from domain.agreement import Agreement, LiabilityTerms, LocalLimits
from domain.agreement_file import read_agreement
from domain.basis import Basis
from domain.conclude import conclude
from domain.registers import read_register

STORE = UUID("00000000-0000-4000-8000-0000000000aa")
ACTOR = "00000000-0000-4000-8000-0000000000bb"
OTHER_ACTOR = "00000000-0000-4000-8000-0000000000cc"
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
TEXT = """\
# Agreed on in March.
id = "gavle-region"
version = 3
title = "Lokala tider"
regions = ["Gävleborg"]
municipalities = ["Gävle", "Ockelbo"]
valid_from = { value = 2026-03-01, source = "protokoll § 7" }
excluded_care_forms = ["compulsory-open-care"]

[limits]
discharge_ready_notice_minutes = 60
takeover_answer_hours = { unconfirmed = 24, source = "hearsay" }

[payment]
free_days = 3
cutoff_local_time = { value = 14:00:00, source = "protokoll § 8" }
amount_source = "local"
freeze_day_of_month = "unconfirmed"

[[payment.amounts]]
valid_from = 2026-01-01
valid_to = 2026-12-31
sek = 9000
"""
TRACKS = '[[track]]\nid = "heart-failure"\ntitle = "Hjärtsvikt"\nvisit_days = 30\n'
AMOUNTS = (
    '[[amount]]\nvalid_from = 2026-01-01\nsek = 11000\nregulation = "HSLF-FS 2025:74"\nsource = "made by hand"\n'
    'confidence = "primary"\n'
)


def act(hours: float = 0, actor: str = ACTOR) -> Act:
    return Act(STORE, actor, NOW + timedelta(hours=hours))


def agreement(name: str, version: int = 1, **said: Any) -> Agreement:
    return Agreement(id=name, version=version, title=name, **said)


def adopts(one: Agreement, hours: float = 0) -> bytes:
    return agreement_adopted(act(hours), one, "the file").body


def withdraws(one: Agreement, hours: float = 0) -> bytes:
    return agreement_withdrawn(act(hours, OTHER_ACTOR), one, "by mistake").body


def stand(*events: bytes, known_at: datetime | None = None) -> list[str]:
    return [one.name for one in basis_of(events, known_at=known_at).agreements]


# -- the exact bytes -------------------------------------------------------------------------------------------------

EVENTS: dict[str, Event] = {
    "agreement-adopted.v2": agreement_adopted(act(), read_agreement(TEXT), TEXT),
    "agreement-withdrawn.v1": agreement_withdrawn(act(), read_agreement(TEXT), "antagen i förtid"),
    "register-adopted.v1.tracks": register_adopted(act(), read_register(TRACKS), TRACKS),
    "register-adopted.v1.amounts": register_adopted(act(), read_register(AMOUNTS), AMOUNTS),
}


@pytest.mark.parametrize("name", EVENTS)
def test_exactly_these_bytes_stand_on_record(name: str, golden: Callable[[str, str], None]) -> None:
    event = EVENTS[name]
    golden(f"adoptions/{name}.json", event.body.decode())
    document = json.loads(event.body)
    assert document["type"] == f"se.carechain.{'.'.join(name.split('.')[:2])}"
    assert (document["subject"], document["actor"]) == (event.key, ACTOR)
    assert (event.at, document["time"], document["recordedtime"]) == (
        NOW,
        "2026-03-01T09:00:00.000000Z",
        "2026-03-01T09:00:00.000000Z",
    )
    if "text" in document["data"]:
        assert document["data"]["digest"] == hashlib.sha256(document["data"]["text"].encode()).hexdigest()
    cloud = JSONFormat().read(CloudEvent, event.body)
    assert cloud.get_type() == document["type"]


def test_the_event_says_only_what_the_agreement_says() -> None:
    said = json.loads(EVENTS["agreement-adopted.v2"].body)["data"]["agreement"]
    assert said == {
        "id": "gavle-region",
        "version": 3,
        "title": "Lokala tider",
        "regions": ["21"],
        "municipalities": ["2180", "2101"],
        "valid_from": "2026-03-01",
        "excluded_care_forms": ["compulsory-open-care"],
        "limits": {"discharge_ready_notice_minutes": 60},
        "payment": {
            "free_days": 3,
            "cutoff_local_time": "14:00:00",
            "amount_source": "local",
            "amounts": [{"valid_from": "2026-01-01", "valid_to": "2026-12-31", "sek": 9000}],
        },
        "sources": {"valid_from": "protokoll § 7", "payment.cutoff_local_time": "protokoll § 8"},
        "unconfirmed": {
            "limits.takeover_answer_hours": {"candidate": 24, "source": "hearsay"},
            "payment.freeze_day_of_month": {},
        },
    }


def test_these_bytes_are_the_agreement_again() -> None:
    raw = (GOLDEN / "adoptions" / "agreement-adopted.v2.json").read_bytes()
    (read,) = basis_of([raw]).agreements
    assert read == read_agreement(TEXT)
    assert dict(read.given()).keys() == dict(read_agreement(TEXT).given()).keys()


def test_an_event_of_version_1_still_says_what_it_said() -> None:
    """It held every field there was: one with the statute's value counts as not given."""
    raw = (GOLDEN / "adoptions" / "agreement-adopted.v1.json").read_bytes()
    (read,) = basis_of([raw]).agreements
    assert read == agreement("gavle-region", 2).model_copy(
        update={
            "title": "Lokala tider",
            "regions": ("21",),
            "municipalities": ("2180", "2101"),
            "limits": LocalLimits(discharge_ready_notice_minutes=60, dispute_day_of_month=12),
            "liability": LiabilityTerms(late_sip_call="delay"),
        }
    )
    assert dict(read.given()) == {
        "limits.discharge_ready_notice_minutes": 60,
        "limits.dispute_day_of_month": 12,
        "liability.late_sip_call": "delay",
    }
    (one,) = adoptions_of([raw])
    assert (one.adopted_at, one.adopted_by, one.withdrawn_at) == (NOW, ACTOR, None)


# -- what stands -----------------------------------------------------------------------------------------------------

FIRST, SECOND, TOWN = agreement("region"), agreement("region", 2), agreement("town")


def test_every_version_stands_in_the_order_of_adoption() -> None:
    assert stand() == []
    assert stand(adopts(FIRST), adopts(TOWN), adopts(SECOND)) == ["region@1", "town@1", "region@2"]


def test_one_withdrawn_stands_no_longer_and_one_adopted_again_stands_last() -> None:
    events = [adopts(FIRST), adopts(TOWN), withdraws(FIRST)]
    assert stand(*events) == ["town@1"]
    assert stand(*events, adopts(FIRST)) == ["town@1", "region@1"]
    assert stand(*events, withdraws(TOWN)) == []
    assert stand(withdraws(FIRST), adopts(TOWN)) == ["town@1"]  # nothing to withdraw


def test_what_was_known_at_a_time_is_what_was_recorded_by_then() -> None:
    events = [adopts(FIRST, 0), adopts(TOWN, 1), withdraws(FIRST, 2)]
    assert stand(*events, known_at=NOW - timedelta(seconds=1)) == []
    assert stand(*events, known_at=NOW) == ["region@1"]
    assert stand(*events, known_at=NOW + timedelta(hours=1, minutes=59)) == ["region@1", "town@1"]
    assert stand(*events, known_at=NOW + timedelta(hours=2)) == ["town@1"]


def test_each_adoption_tells_by_whom_and_when_and_its_withdrawal_too() -> None:
    (gone, stands) = adoptions_of([adopts(FIRST, 0), adopts(TOWN, 1), withdraws(FIRST, 2)])
    assert (gone.agreement.name, gone.adopted_by, gone.adopted_at) == ("region@1", ACTOR, NOW)
    assert (gone.withdrawn_by, gone.withdrawn_at, gone.reason) == (
        OTHER_ACTOR,
        NOW + timedelta(hours=2),
        "by mistake",
    )
    assert (stands.agreement.name, stands.withdrawn_at, stands.text) == ("town@1", None, "the file")


def test_of_registers_the_last_adopted_holds() -> None:
    newer = TRACKS.replace("30", "20")
    events = [
        register_adopted(act(hours), read_register(text), text).body
        for hours, text in enumerate((TRACKS, AMOUNTS, newer))
    ]
    basis = basis_of(events)
    assert basis.track("heart-failure").visit_days == 20
    assert [amount.sek for amount in basis.amounts or ()] == [11000]
    before = basis_of(events, known_at=NOW)
    assert before.track("heart-failure").visit_days == 30
    assert before.amounts is None
    found = registers_of(events)
    assert {kind: one.adopted_at for kind, one in found.items()} == {
        "amounts": NOW + timedelta(hours=1),
        "tracks": NOW + timedelta(hours=2),
    }


def test_the_basis_says_when_conclusions_are_to_be_made_anew() -> None:
    adopted, gone = [adopts(FIRST)], [adopts(FIRST), withdraws(FIRST)]
    assert basis_of([]).digest == Basis().digest == basis_of(gone).digest
    assert basis_of(adopted).digest != Basis().digest
    tracks = register_adopted(act(), read_register(TRACKS), TRACKS).body
    assert basis_of([tracks]).digest != Basis().digest


# -- of any of them --------------------------------------------------------------------------------------------------

POOL = [
    agreement("region", 1, limits=LocalLimits(discharge_ready_notice_minutes=30, acknowledgement_hours=2)),
    agreement("region", 2, liability=LiabilityTerms(late_sip_call="delay", late_admission_notice="delay")),
    agreement("town", 1, municipalities=("2180",), limits=LocalLimits(takeover_answer_hours=4)),
]
NORMAL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@NORMAL
@for_all(
    acts=st.lists(st.tuples(st.sampled_from(POOL), st.booleans()), max_size=12),
    cut=st.integers(min_value=0, max_value=12),
)
def test_what_stands_is_what_a_list_would_say(acts: list[tuple[Agreement, bool]], cut: int) -> None:
    events = [(adopts if adopting else withdraws)(one, number) for number, (one, adopting) in enumerate(acts)]
    names: list[str] = []
    for one, adopting in acts[:cut]:
        names = [name for name in names if name != one.name]
        names += [one.name] if adopting else []
    assert stand(*events[:cut]) == names
    assert stand(*events, known_at=NOW + timedelta(hours=cut, seconds=-1)) == names


@NORMAL
@for_all(journey=journeys(), one=st.sampled_from(POOL), before=st.lists(st.sampled_from(POOL), max_size=2))
def test_an_agreement_adopted_and_withdrawn_gives_back_the_old_rows(
    journey: Journey, one: Agreement, before: list[Agreement]
) -> None:
    stood = [adopts(other, number) for number, other in enumerate(before) if other.name != one.name]
    after = [*stood, adopts(one, 5), withdraws(one, 6)]
    rows = conclude(JOURNEY, journey.history(), basis_of(stood))
    assert conclude(JOURNEY, journey.history(), basis_of(after)) == rows
