"""Ids of rows and stays are plain UUIDs of version 5, and facts are found by kind in their order."""

from uuid import RFC_4122, uuid5

from given import given, said
from hypothesis import given as any_of
from hypothesis import strategies as st

from domain.facts.admission import PatientAdmitted
from domain.facts.discharge import PatientDischarged
from domain.rows import NAMESPACE, Wait, named_id, row_id


@any_of(st.text())
def test_an_id_is_what_uuid5_makes(name: str) -> None:
    assert named_id(name) == uuid5(NAMESPACE, name)
    assert (named_id(name).version, named_id(name).variant) == (5, RFC_4122)


def test_the_id_of_a_row_names_kind_rule_fact_and_party() -> None:
    assert row_id(Wait, "W-01", "a1", "region:21") == uuid5(NAMESPACE, "wait|W-01|a1|region:21")
    assert row_id(Wait, "W-01", "a1") == uuid5(NAMESPACE, "wait|W-01|a1|")


def test_facts_of_several_kinds_come_in_the_order_they_happened() -> None:
    story = given(
        said("2026-03-02T10:00", PatientAdmitted(municipality="2180"), stay="A"),
        said("2026-03-04T10:00", PatientDischarged(), stay="A"),
        said("2026-03-20T10:00", PatientAdmitted(municipality="2180"), stay="B"),
    )
    first, second, third = story.history.facts
    assert list(story.history.of_kinds(PatientDischarged, PatientAdmitted)) == [first, second, third]
    assert list(story.history.of_kinds(PatientAdmitted)) == [first, third]
    assert story.history.by_id[second.id] is second
