"""Whatever single thing is tampered with in a copy, the check finds it and names that copy."""

import random

import audit_copies
import pytest
from audit_copies import TAMPERINGS, Copies, Tamper, a_log, checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.audit.copies import place
from consumers.audit.verify_check import Verdict
from domain.checkpoint import fact_leaf

EVERY = [(copy, tamper) for copy, tampers in TAMPERINGS.items() for tamper in tampers]


def _named(verdict: Verdict) -> set[str]:
    return {copy for fault in verdict.found for copy in fault.odd}


def _told(verdict: Verdict) -> list[str]:
    return [
        f"{fault.kind} {fault.odd} {fault.position} {fault.expected} {fault.found} {fault.why}"
        for fault in verdict.found
    ]


@given(
    seed=st.integers(0, 10_000), portion=st.integers(1, 40), signed=st.sampled_from([(), (20,), (5, 20, 30)])
)
def test_an_honest_log_is_found_whole(seed: int, portion: int, signed: tuple[int, ...]) -> None:
    verdict = a_log(seed=seed, signed=signed).check(portion=portion)
    assert _told(verdict) == []
    proven = max(signed, default=0)
    assert (verdict.facts, verdict.proven, verdict.unproven) == (30, proven, 30 - proven)
    assert (verdict.not_on_kafka, verdict.not_in_journal, verdict.blocks_skipped) == (0, 0, 0)


def test_an_empty_log() -> None:
    verdict = Copies().check()
    assert (verdict.facts, verdict.journeys, _told(verdict)) == (0, 0, [])


@settings(max_examples=300)
@given(
    which=st.sampled_from(EVERY),
    seed=st.integers(0, 1_000_000),
    signed=st.sampled_from([(), (20,), (5, 30)]),
    portion=st.integers(1, 40),
)
def test_any_single_tampering_is_found_in_its_copy(
    which: tuple[str, Tamper], seed: int, signed: tuple[int, ...], portion: int
) -> None:
    copy, tamper = which
    copies = a_log(seed=seed % 50, signed=signed)
    tamper(copies, random.Random(seed))
    verdict = copies.check(portion=portion)
    assert verdict.found, tamper.__name__
    assert _named(verdict) == {copy}, (tamper.__name__, _told(verdict))


@settings(max_examples=200)
@given(tamper=st.sampled_from(TAMPERINGS["store"]), seed=st.integers(0, 100_000))
def test_where_the_journal_has_nothing_yet_the_checkpoint_tells(tamper: Tamper, seed: int) -> None:
    copies = a_log(seed=seed % 50, signed=(30,))
    copies.journal, copies.journalled = [], {}
    tamper(copies, random.Random(seed))
    verdict = copies.check()
    assert verdict.found
    assert _named(verdict) == {"store"}, (tamper.__name__, _told(verdict))


@settings(max_examples=200)
@given(tamper=st.sampled_from(TAMPERINGS["kafka"]), seed=st.integers(0, 100_000))
def test_where_kafka_alone_can_be_wrong_the_checkpoint_tells(tamper: Tamper, seed: int) -> None:
    copies = a_log(seed=seed % 50, signed=(30,))
    copies.journal = []
    tamper(copies, random.Random(seed))
    copies.journalled = {}
    verdict = copies.check()
    assert verdict.found
    assert _named(verdict) == {"kafka"}, (tamper.__name__, _told(verdict))


def test_two_copies_and_no_checkpoint_leave_it_open() -> None:
    copies = a_log(signed=())
    copies.journal, copies.journalled = [], {}
    copies.store[7] = copies.store[7]._replace(raw=copies.store[7].raw.replace(b"somatic", b"somatit"))
    verdict = copies.check()
    changed = verdict.found.first["changed"]
    assert changed.odd == ()
    assert changed.position == copies.store[7].position
    assert changed.why == "Nothing shows which of the store and Kafka is right."


def _changed(copies: Copies, number: int) -> tuple[bytes, bytes]:
    raw = copies.store[number].raw
    return raw, raw.replace(b"somatic", b"somatit")


def _change_kafka(copies: Copies, old: bytes, new: bytes) -> None:
    for records in copies.kafka.values():
        records[:] = [r._replace(value=new) if r.value == old else r for r in records]


def _change_journal(copies: Copies, old: bytes, new: bytes) -> None:
    copies.journal = [row._replace(raw=new) if row.raw == old else row for row in copies.journal]


def test_a_checkpoint_outweighs_kafka_and_journal_together() -> None:
    copies = a_log()
    old, new = _changed(copies, 7)
    _change_kafka(copies, old, new)
    _change_journal(copies, old, new)
    verdict = copies.check()
    assert verdict.found.first["changed"].odd == ("kafka", "journal")
    assert verdict.found.first["changed"].why == "A signed checkpoint proves what the store holds."
    assert "root" not in verdict.found.first


def test_a_checkpoint_outweighs_store_and_journal_together() -> None:
    copies = a_log()
    old, new = _changed(copies, 7)
    copies.store[7] = copies.store[7]._replace(raw=new)
    _change_journal(copies, old, new)
    verdict = copies.check()
    assert verdict.found.first["changed"].odd == ("store", "journal")
    assert verdict.found.first["changed"].why == "A signed checkpoint proves what Kafka holds."
    root = verdict.found.first["root"]
    assert (root.odd, root.position) == (("store",), copies.checkpoints[0].position)


def test_all_three_changed_alike_are_caught_by_chain_and_checkpoint() -> None:
    copies = a_log()
    old, new = _changed(copies, 7)
    copies.store[7] = copies.store[7]._replace(raw=new)
    _change_kafka(copies, old, new)
    _change_journal(copies, old, new)
    verdict = copies.check()
    assert "changed" not in verdict.found.first
    assert verdict.found.first["root"].odd == ("store", "kafka", "journal")


def test_after_the_last_checkpoint_the_majority_tells() -> None:
    copies = a_log()
    old, new = _changed(copies, 25)
    _change_kafka(copies, old, new)
    verdict = copies.check()
    changed = verdict.found.first["changed"]
    assert (changed.odd, changed.why) == (("kafka",), "The other two agree.")
    assert (verdict.proven, verdict.unproven) == (20, 10)


def test_facts_dropped_everywhere_at_the_end_are_missed_by_the_checkpoint() -> None:
    whole, cut = a_log(signed=(30,)), a_log(facts=28, signed=())
    cut.checkpoints = whole.checkpoints
    verdict = cut.check()
    size = verdict.found.first["size"]
    assert (size.expected, size.found) == ("30 facts", "28 facts")


def test_heads_of_another_log_are_not_taken() -> None:
    copies = a_log(signed=(30,))
    from dataclasses import replace

    copies.checkpoints = [replace(copies.checkpoints[0], heads=bytes(32))]
    verdict = copies.check()
    assert [fault.kind for fault in verdict.found] == ["heads"]
    assert verdict.found.first["heads"].expected == "00" * 32


class TestNotYetThere:
    def test_the_store_is_ahead_of_kafka(self) -> None:
        copies = a_log(signed=())
        held = copies.store[24].position
        for partition, records in copies.kafka.items():
            records[:] = [r for r in records if int(dict(r.headers)["position"]) <= held]
            copies.journalled[partition] = records[-1].offset + 1 if records else 0
        copies.journal = [row for row in copies.journal if row.position <= held]
        copies.noted = held
        verdict = copies.check()
        assert (_told(verdict), verdict.not_on_kafka, verdict.not_in_journal) == ([], 5, 0)

    def test_kafka_is_ahead_of_the_journal(self) -> None:
        copies = a_log(signed=())
        positions: set[int] = set()
        for partition, records in copies.kafka.items():
            copies.journalled[partition] = records[-2].offset
            positions |= {int(dict(r.headers)["position"]) for r in records[-2:]}
        copies.journal = [row for row in copies.journal if row.position not in positions]
        verdict = copies.check()
        assert (_told(verdict), verdict.not_on_kafka, verdict.not_in_journal) == ([], 0, len(positions))

    def test_a_topic_that_was_noted_as_longer_has_lost_its_tail(self) -> None:
        copies = a_log(signed=())
        partition = max(copies.kafka, key=lambda p: int(dict(copies.kafka[p][-1].headers)["position"]))
        lost = copies.kafka[partition].pop()
        copies.journal = [row for row in copies.journal if row.raw != lost.value]
        copies.journalled[partition] = copies.kafka[partition][-1].offset + 1
        verdict = copies.check()
        assert verdict.found

    def test_neither_kafka_nor_journal_has_anything(self) -> None:
        copies = a_log(signed=(30,))
        copies.kafka = {p: [] for p in range(audit_copies.PARTITIONS)}
        copies.journal, copies.journalled, copies.noted, copies.ends = [], {}, 0, {}
        verdict = copies.check()
        assert (_told(verdict), verdict.not_on_kafka, verdict.proven) == ([], 30, 30)

    def test_a_journal_that_a_new_topic_has_not_reached_yet(self) -> None:
        copies = a_log()
        copies.journalled = {}
        assert _told(copies.check()) == []


def test_the_leaf_is_that_of_the_checkpoints() -> None:
    row = a_log().store[3]
    from uuid import UUID

    told = fact_leaf(row.position, UUID(bytes=row.journey), row.version, row.raw)
    assert place(row.position, row.journey, row.version) + row.raw == told


def test_many_blocks_that_differ_alike_are_looked_into_in_part() -> None:
    copies = a_log(facts=800, journeys=20, signed=())
    copies.journal = [row._replace(raw=row.raw.replace(b"somatic", b"somatit")) for row in copies.journal]
    verdict = copies.check(portion=50)
    assert verdict.found.first["changed"].odd == ("journal",)
    assert verdict.found.first["changed"].position == copies.store[0].position
    assert verdict.blocks_skipped > 0


@pytest.mark.parametrize("size", [1, 20, 29, 30])
def test_a_checkpoint_of_any_size_is_met(size: int) -> None:
    copies = a_log(signed=())
    copies.checkpoints = [checkpoint(copies.store[:size])]
    verdict = copies.check(portion=4)
    assert (_told(verdict), verdict.proven) == ([], size)
