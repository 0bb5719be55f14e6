"""The catalogue of facts, held against a listing that people read: stored names, commands, ranks, what is mandatory."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import domain.envelope
import domain.fact
from domain.envelope import Envelope
from domain.fact import Fact, by_name, load_catalogue
from domain.facts.admission import LeaveEnded, LeaveStarted, PatientAdmitted

CATALOGUE = load_catalogue()
GOLDEN = Path(__file__).parent.parent / "golden"
RECORD = Path(__file__).parents[2] / "infra" / "decisions" / "0002-fact-format.md"
OPPOSITES = [
    ("leave-started", "leave-ended"),
    ("discharge-ready-declared", "discharge-ready-withdrawn"),
    ("open-care-service-unavailable", "open-care-service-cleared"),
    ("municipal-takeover-accepted", "municipal-takeover-declined"),
    ("care-contact-appointed", "care-contact-ended"),
    ("municipal-care-started", "municipal-care-ended"),
    ("mobile-team-took-over", "mobile-team-handed-back"),
    ("referral-accepted", "referral-returned"),
    ("shared-care-agreed", "handed-back-to-primary-care"),
    ("wait-paused", "wait-resumed"),
    ("patient-identity-linked", "patient-identity-unlinked"),
    ("block-set", "block-lifted"),
    ("protected-identity-set", "protected-identity-lifted"),
    ("fact-voided", "fact-amended"),
]


def test_the_catalogue_is_as_listed(golden: Callable[[str, str], None]) -> None:
    golden("catalogue.txt", "".join(listed(kind) for kind in sorted(CATALOGUE.values(), key=place)))


def listed(kind: type[Fact]) -> str:
    """One fact as the listing has it; the regimes it can be under follow from whether it says so itself."""
    first_line = (kind.__doc__ or "").strip().splitlines()[0]
    regimes = "HSL" if kind.regime is Fact.regime else "HSL SoL"
    return (
        f"{kind.RANK:3} {kind.TYPE}  {kind.COMMAND}  {regimes}\n"
        f"    mandatory: {', '.join(kind.MANDATORY) or '-'}\n"
        f"    free text: {', '.join(kind.free_text_fields())}\n"
        f"    {first_line}\n"
    )


def place(kind: type[Fact]) -> tuple[int, str]:
    return (kind.RANK, kind.TYPE)


@pytest.mark.parametrize(("one", "other"), OPPOSITES)
def test_opposites_share_a_rank(one: str, other: str) -> None:
    """Else of two that happened at the same moment the same one would always win, whatever the source says."""
    first, second = by_name(one), by_name(other)
    assert first is not None
    assert second is not None
    assert first.RANK == second.RANK


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_each_fact_tells_its_swedish_term(kind: type[Fact]) -> None:
    assert kind.__dict__.get("__doc__"), "it needs a docstring of its own"
    assert re.match(r"\s*\*[A-ZÅÄÖa-zåäö][^*\n]+\*", kind.__doc__ or "")


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_a_name_a_command_a_place(kind: type[Fact]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", kind.NAME)
    assert re.fullmatch(r"([A-Z][a-z]+)+", kind.COMMAND)
    assert f"se.carechain.{kind.NAME}.v{kind.VERSION}" == kind.TYPE
    assert kind.RANK > 0
    assert set(kind.MANDATORY) <= set(kind.model_fields)


def test_each_command_asks_for_one_fact() -> None:
    commands = [kind.COMMAND for kind in CATALOGUE.values()]
    assert len(commands) == len(set(commands))


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_every_field_may_be_absent_in_a_stored_fact(kind: type[Fact]) -> None:
    assert kind.model_validate_json("{}").missing() == kind.MANDATORY


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=CATALOGUE.keys())
def test_nothing_undeclared_gets_in(kind: type[Fact]) -> None:
    with pytest.raises(ValueError, match="Extra inputs are not permitted"):
        kind.model_validate_json('{"patient_name": "Anna"}')


@pytest.fixture
def own_catalogue(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[Fact]]:
    """A copy that a test may add to."""
    copy = dict(CATALOGUE)
    monkeypatch.setattr(domain.fact, "CATALOGUE", copy)
    monkeypatch.setattr(domain.envelope, "CATALOGUE", copy)
    return copy


def test_a_stored_name_does_not_follow_the_class(own_catalogue: dict[str, type[Fact]]) -> None:
    class SomethingElseAltogether(Fact, name="bed-made", command="MakeBed", rank=1):
        """*Sängen bäddas*."""

    assert SomethingElseAltogether.TYPE == "se.carechain.bed-made.v1"
    assert own_catalogue["se.carechain.bed-made.v1"] is SomethingElseAltogether
    assert by_name("bed-made") is SomethingElseAltogether


def test_one_stored_name_is_one_fact(own_catalogue: dict[str, type[Fact]]) -> None:
    with pytest.raises(TypeError, match=r"se\.carechain\.patient-admitted\.v1 is declared twice"):

        class Again(Fact, name="patient-admitted", command="AdmitAgain", rank=1):
            """*Inskrivning*, again."""


def test_the_newest_version_bears_the_name(own_catalogue: dict[str, type[Fact]]) -> None:
    class Newer(Fact, name="leave-started", command="StartLeave", rank=60, version=2):
        """*Permission börjar*, told better."""

    assert by_name("leave-started") is Newer
    assert by_name("leave-ended") is LeaveEnded
    assert by_name("never-heard-of") is None


def test_a_base_that_facts_share_is_not_in_the_catalogue(own_catalogue: dict[str, type[Fact]]) -> None:
    before = dict(own_catalogue)

    class Shared(Fact):
        """No name, no fact."""

    assert own_catalogue == before
    assert Shared not in own_catalogue.values()


def test_a_fact_does_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        PatientAdmitted().__setattr__("unit", "hsa:SE2321000198-WARD1")


def test_a_fact_is_strict() -> None:
    with pytest.raises(ValueError, match="Input should be a valid boolean"):
        PatientAdmitted.model_validate_json('{"unplanned": "yes"}')
    with pytest.raises(ValueError, match="time zone"):
        LeaveStarted.model_validate_json('{"expected_return_at": "2026-03-02T10:00:00"}')


def test_the_decision_record_names_the_act_of_every_fact() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \|$", RECORD.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(kind.NAME for kind in CATALOGUE.values())


def test_the_decision_record_has_the_attributes_in_their_order() -> None:
    told = re.findall(
        r"^\| `([a-z]+)` \| [^|]+ \| [^|]+ \|$", RECORD.read_text(encoding="utf-8"), re.MULTILINE
    )
    example = GOLDEN / "facts" / "discharge-ready-notified.v1.all-attributes.json"
    assert told == list(json.loads(example.read_bytes()))
    assert set(told) == set(Envelope.__struct_fields__)
