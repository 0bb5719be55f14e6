"""The published schemas: facts of every kind as recorded, the NDJSON line, and the files that hold them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.bindings.kafka import KafkaMessage, from_structured_event
from cloudevents.v1.http import from_json
from conftest import Place
from intakes import NOW, clock, facts, intake_into, line
from jsonschema import Draft202012Validator, FormatChecker

from cli import main, schemas
from consumers.intake.intake import Intake
from domain.fact import Fact, load_catalogue
from domain.submission import Submission

KINDS = sorted(load_catalogue().values(), key=lambda kind: kind.NAME)
PUBLISHED = Path(schemas.__file__).parent.parent / "infra" / "reference" / "schemas"


NDJSON = schemas.ndjson()


def errors(schema: dict[str, Any], document: object) -> list[str]:
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    return [f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator.iter_errors(document)]


def sample(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """A value that the schema allows, with every field there is."""
    if "$ref" in schema:
        return sample(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], definitions)
    if "enum" in schema:
        return schema["enum"][0]
    if "examples" in schema:
        return schema["examples"][0]
    match schema["type"]:
        case "object":
            return {name: sample(field, definitions) for name, field in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema["items"], definitions)]
        case "boolean":
            return True
    if schema.get("format") == "date-time":
        return "2026-03-02T08:00:00+01:00"
    return "0" * 64 if "pattern" in schema else "Tolvan"


def data(kind: type[Fact]) -> dict[str, Any]:
    schema = NDJSON["$defs"][kind.__name__]
    made: dict[str, Any] = sample(schema, NDJSON["$defs"])
    if "amended_type" in made:
        made |= {"amended_type": "se.carechain.leave-started.v1", "amended_data": {"note": "Tolvan"}}
    if "target_kinds" in made:
        made |= {"target_kinds": ["leave-started"]}
    return made


@pytest.fixture(scope="module")
def intake(module_place: Place) -> Iterator[Intake]:
    with intake_into(module_place) as made:
        yield made


@pytest.fixture(scope="module")
def recorded(intake: Intake) -> Callable[[type[Fact], str], list[bytes]]:
    """Records a full fact of this kind under this law, and gives the bytes as they go to the topic."""

    def record(kind: type[Fact], regime: str) -> list[bytes]:
        patient = f"SIM-{regime.upper()}{KINDS.index(kind):04}"
        said = line(
            kind.NAME,
            "2026-03-02T08:00:00+01:00",
            patient,
            data(kind),
            message="m1",
            sequence=7,
            episode="e1",
            sent="2026-03-02T08:05:00+01:00",
            precision="minute",
            actor="SE2321000198-ELVAN",
            role="inpatient",
            principal="21",
            regime=regime,
            correlation="c1",
            causation="c0",
        )
        assert errors(NDJSON, said) == []
        (answer,) = intake.submit([Submission.model_validate_json(json.dumps(said))], clock)
        assert answer.refused is None
        return [fact.raw for fact in facts(intake, "simulated", patient)]

    return record


def laws(kind: type[Fact]) -> list[str]:
    """The laws a sender may name; what is always the social services' is under theirs alone."""
    made = data(kind)
    is_sol = kind.regime is not Fact.regime and kind.model_validate_json(json.dumps(made)).regime() == "SoL"
    return ["SoL"] if is_sol else ["HSL", "SoL"]


@pytest.mark.broker
@pytest.mark.parametrize(
    ("kind", "regime"),
    [(kind, law) for kind in KINDS for law in laws(kind)],
    ids=lambda value: value if isinstance(value, str) else value.NAME,
)
def test_a_recorded_fact_is_what_its_schema_and_cloud_events_say(recorded, kind, regime):
    for raw in recorded(kind, regime):
        message = json.loads(raw)

        assert errors(schemas.message_of(kind), message) == []
        assert errors(schemas.data_of(kind), message["data"]) == []
        assert errors(schemas.envelope(), message) == []
        assert message["dataschema"] == schemas.data_of(kind)["$id"]
        whole = regime == "SoL" and not kind.CLEAR
        assert (set(message["data"]) == {"sealed", "key"}) == whole
        if regime == "SoL" and not whole:
            sealed = set(message["data"]) - set(kind.CLEAR)
            assert all(set(message["data"][name]) == {"sealed", "key"} for name in sealed)
        assert b"Tolvan" not in raw

        headers = {"content-type": "application/cloudevents+json"}
        for event in (
            from_http_event(HTTPMessage(headers, raw)),
            from_structured_event(KafkaMessage(headers, message["subject"].encode(), raw)),
        ):
            assert (event.get_id(), event.get_type()) == (message["id"], kind.TYPE)
            assert event.get_time() == NOW.replace(month=3, day=2, hour=7)
            assert event.get_extension("prevhash") == "0" * 64
        assert from_json(raw)["journeyversion"] == 1


@pytest.mark.broker
def test_a_message_that_says_something_else_does_not_fit(recorded):
    (raw,) = recorded(load_catalogue()["se.carechain.patient-admitted.v1"], "HSL")
    message, schema = (
        json.loads(raw),
        schemas.message_of(load_catalogue()["se.carechain.patient-admitted.v1"]),
    )

    for wrong in (
        {"type": "se.carechain.leave-started.v1"},
        {"id": "x"},
        {"time": "2026-03-02T08:00:00+01:00"},
        {"prevhash": ""},
        {"journeyversion": 0},
        {"regime": "LSS"},
        {"actor": "SE2321000198-ELVAN"},
        {"data": {"ward": "7"}},
        {"data": {"care_form": "surgical"}},
        {"data": {"sealed": "x"}},
    ):
        assert errors(schema, message | wrong), wrong
    for name in schemas.envelope()["required"]:
        assert errors(schema, {key: value for key, value in message.items() if key != name}), name
    assert errors(schema, message | {"traceparent": "00-1-2-03"}) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"patient": None},
        {"patient": {"system": "simulated"}},
        {"time": "yesterday"},
        {"time": "2026-03-02T08:00:00"},
        {"type": "se.carechain.patient-abducted.v1"},
        {"data": {"note": {"sealed": "x", "key": "y"}}},
        {"data": {"ward": "7"}},
        {"ward": "7"},
    ],
)
def test_a_line_that_intake_refuses_does_not_fit(wrong):
    good = line("patient-admitted", "2026-03-02T08:00:00+01:00", "SIM-0001", {"note": "Tolvan"})

    assert errors(NDJSON, good) == []
    assert errors(NDJSON, good | wrong)


def test_the_published_files_are_what_the_code_says():
    written = {
        str(file.relative_to(PUBLISHED)): file.read_text(encoding="utf-8")
        for file in PUBLISHED.rglob("*.json")
    }
    assert written == schemas.files(), "write them anew: carechain schema --all infra/reference/schemas"


def test_every_schema_has_an_address_of_its_own_and_is_of_the_dialect():
    documents = [json.loads(text) for text in schemas.files().values()]

    assert len({document["$id"] for document in documents}) == len(documents) == 16 + 2 * len(KINDS)
    for document in documents:
        Draft202012Validator.check_schema(document)
    assert {document["$schema"] for document in documents} == {"https://json-schema.org/draft/2020-12/schema"}


def test_every_fact_and_every_field_that_needs_words_has_them():
    for kind in KINDS:
        assert schemas.data_of(kind)["description"]
    fields = schemas.data_of(load_catalogue()["se.carechain.patient-admitted.v1"])["$defs"]["PatientAdmitted"]
    assert fields["properties"]["municipality"]["description"] == "Folkbokföringskommun (LUS 5:2)."


# -- the command ---------------------------------------------------------------------------------------------------


def test_the_command_lists_prints_and_writes(capsys, tmp_path):
    assert main.run(["schema"]) == 0
    listed = [row.split()[0] for row in capsys.readouterr().out.splitlines()[1:]]
    assert listed[:4] == ["envelope", "ndjson", "dead-letter", "dead-letter-resolved"]
    assert listed[4:9] == ["agreement", "quality", "quality-sources", "alarm-raised", "alarm-resolved"]
    assert listed[9:12] == ["patient-data-read", "audit-verify", "audit-prove"]
    assert listed[12:16] == ["audit-check", "vault-due", "vault-proposals", "vault-status"]
    assert listed[16] == "episode-moved"
    assert len(listed) == 16 + len(KINDS)

    assert main.run(["schema", "patient-admitted"]) == 0
    assert json.loads(capsys.readouterr().out)["$id"] == "urn:carechain:schema:patient-admitted.v1"
    assert main.run(["schema", "patient-admitted", "--message"]) == 0
    assert json.loads(capsys.readouterr().out)["properties"]["type"] == {
        "const": "se.carechain.patient-admitted.v1"
    }
    for name in ("ndjson", "envelope", "dead-letter"):
        assert main.run(["schema", name]) == 0
        assert json.loads(capsys.readouterr().out)["$id"] == f"urn:carechain:schema:{name}.v1"

    assert main.run(["schema", "--all", str(tmp_path)]) == 0
    assert {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.json")} == set(schemas.files())


def test_an_unknown_name_is_wrong_usage_with_a_suggestion(capsys):
    assert main.run(["schema", "patient-admited"]) == 2
    assert "Did you mean patient-admitted" in capsys.readouterr().err
    assert main.run(["schema", "ndjson", "--message"]) == 2


def test_the_help_begins_with_examples(capsys):
    assert main.run(["schema", "--help"]) == 0
    assert "\n  carechain schema ndjson\n" in capsys.readouterr().out
