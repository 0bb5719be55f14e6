"""What `carechain record` does with what was given: understand it, try it, record it, say what came of it."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import typer
from pydantic import ValidationError

from cli.actor import user
from cli.asking import patient_number, understood
from cli.fact_options import TEXT_FROM_STDIN, FieldOption, as_data, checked
from cli.field_values import organisation, principal
from cli.output import VERSION, print_json, say
from consumers.intake.intake import Answer, Intake
from consumers.intake.journeys import find_journey
from domain.calendar import for_people, local_date, parse_instant
from domain.envelope import RecordedFact
from domain.errors import Refused
from domain.fact import Fact, by_name
from domain.identifiers import PatientId
from domain.submission import Patient, Submission, TimePrecision
from infra.keys import master_key
from infra.settings import connections, load_settings

SOURCE = "operator"
"""The sending system of what people record themselves."""
_TO_THE_MINUTE = re.compile(r"\S{10}[Tt ]\d{2}:\d{2}(?:[Zz+-].*)?", re.ASCII)


@dataclass(frozen=True)
class _Asked:
    """What was given, understood."""

    kind: type[Fact]
    data: dict[str, Any]
    time: datetime | None
    precision: TimePrecision
    number: str | None
    others: dict[str, str]
    """Journeys that the fact names besides, by field, as written."""
    given: Mapping[str, Any]


def record_fact(kind: type[Fact], fields: Sequence[FieldOption], given: Mapping[str, Any]) -> None:
    """Record it, and print the facts. Raises ``Refused``, usage errors, ``OperatingError``."""
    asked = _understood(kind, fields, given)
    settings = load_settings()
    reached = connections(settings)
    journey = None if given["journey"] is None else find_journey(reached.store_dsn, given["journey"])
    asked.data.update(_others(asked, reached.store_dsn))
    with Intake(reached.store_dsn, reached.vault_dsn, master_key(settings)) as intake:
        submission = _submission(asked, intake, journey)
        # First without a trace: a refusal leaves nothing, not even who was meant.
        answer = _told(intake.rehearse(submission, _now, journey), kind)
        if not given["dry_run"]:
            answer = _told(intake.submit([submission], _now, operator=True, journeys=[journey])[0], kind)
    _show(answer, kind, as_json=given["as_json"], dry_run=given["dry_run"])


def _understood(kind: type[Fact], fields: Sequence[FieldOption], given: Mapping[str, Any]) -> _Asked:
    if (given["patient"] is None) == (given["journey"] is None):
        raise typer.BadParameter("say about whom: --patient - or --journey ID.", param_hint="--patient")
    time = precision = None
    if given["at"] is not None:
        time, precision = _moment(given["at"])
    number = patient_number(given["patient"])
    data = as_data(given, list(fields)) | _shared(kind, given) | _texts(kind, fields, given)
    named = by_name(str(data.get("amended_type")))
    if named is not None:
        data["amended_type"] = named.TYPE
    others = {
        option.field: data.pop(option.field)
        for option in fields
        if option.names_journey and option.field in data
    }
    flags = {option.field: option.flags[0] for option in fields} | {"unit": "--unit", "role": "--role"}
    checked(kind, data, flags)
    return _Asked(kind, data, time, precision or "second", number, others, given)


def _others(asked: _Asked, store_dsn: str) -> dict[str, str]:
    """The ids of the other journeys, as the store has them. Raises ``Refused`` where one is not known."""
    found = {}
    for field, text in asked.others.items():
        try:
            found[field] = str(find_journey(store_dsn, text))
        except Refused as refused:
            flag = field.replace("_", "-")
            raise Refused(f"--{flag}: {refused.message}", hint=refused.hint) from None
    return found


def _moment(text: str) -> tuple[datetime, TimePrecision]:
    moment = understood(parse_instant, text, "--at")
    say(f"At {for_people(moment)} (Europe/Stockholm).")
    return moment, "minute" if _TO_THE_MINUTE.fullmatch(text.strip()) else "second"


def _shared(kind: type[Fact], given: Mapping[str, Any]) -> dict[str, Any]:
    """What --unit and --role give the fact itself, where it has such a field."""
    found = {}
    if "unit" in kind.model_fields and given["unit"] is not None:
        found["unit"] = organisation(given["unit"])
    if "role" in kind.model_fields and given["role"] is not None:
        found["role"] = given["role"]
    return found


def _texts(kind: type[Fact], fields: Sequence[FieldOption], given: Mapping[str, Any]) -> dict[str, str]:
    """The one text that is to be read from stdin."""
    texts = kind.free_text_fields()
    wanted = [o for o in fields if o.field in texts and given[o.field] == TEXT_FROM_STDIN]
    if len(wanted) > 1:
        raise typer.BadParameter("stdin holds one text only.", param_hint=wanted[1].flags[0])
    if not wanted:
        return {}
    if sys.stdin.isatty():
        say("Write the text; end it with Ctrl-D on a line of its own.")
    return {wanted[0].field: sys.stdin.read().strip()}


def _submission(asked: _Asked, intake: Intake, journey: UUID | None) -> Submission:
    given = asked.given
    request = str(given["request_id"] or uuid4())
    now = _now().replace(microsecond=0)
    patient = Patient(system="journey", value=str(journey))
    if asked.number is not None:
        named = asked.number if ":" in asked.number else f"personnummer:{asked.number}"
        found = PatientId.from_text(named, on=local_date(asked.time or now))
        patient = Patient(system=found.system, value=found.value)
        journey = intake.vault.find_journey(found.system, found.value)
    time = asked.time
    if time is None and given["request_id"] is not None and journey is not None:
        time = _recorded_time(intake, journey, request, asked.kind)
    unit = given["acting_unit"] or given["unit"]
    named = given["principal"]
    whose = None if named is None else understood(principal, named, "--principal")
    try:
        return Submission(
            type=asked.kind.TYPE,
            time=time or now,
            precision=asked.precision,
            patient=patient,
            source=SOURCE,
            message=request,
            episode=given["episode"],
            actor=f"os:{user()}",
            unit=None if unit is None else organisation(unit),
            role=given["acting_role"] or given["role"],
            controller=given["controller"],
            principal=whose,
            data=asked.data,
        )
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise typer.BadParameter(
            f"{first['msg']} {first.get('ctx', {}).get('hint', '')}".strip(),
            param_hint=f"--{first['loc'][0]}",
        ) from None


def _recorded_time(intake: Intake, journey: UUID, request: str, kind: type[Fact]) -> datetime | None:
    """The time that the same request was recorded with: asked again without --at, it means that one."""
    message = intake.vault.message_ref(SOURCE, request)
    for fact in intake.app.journeys([journey])[journey].facts:
        if fact.envelope.sourcemessage == message and fact.kind is kind:
            return fact.envelope.time
    return None


def _told(answer: Answer, kind: type[Fact]) -> Answer:
    if isinstance(answer.refused, Refused):
        raise answer.refused
    if answer.refused is not None:
        raise Refused(
            answer.refused.message, hint=f"`carechain record {kind.NAME} --help` names what can be given."
        )
    return answer


def _show(answer: Answer, kind: type[Fact], *, as_json: bool, dry_run: bool) -> None:
    lines = [(fact, "recorded") for fact in answer.new] + [(fact, "known") for fact in answer.known]
    if as_json:
        print_json({"version": VERSION, "dry_run": dry_run, "data": [_row(f, s, dry_run) for f, s in lines]})
        return
    for fact, state in lines:
        when = for_people(fact.time)
        if dry_run:
            typer.echo(f"Would record {kind.NAME} at {when}. Nothing was written.")
        else:
            typer.echo(
                f"{'Recorded' if state == 'recorded' else 'Already known:'} {kind.NAME} at {when}"
                f" in journey {fact.originator_id}."
            )


def _row(fact: RecordedFact, state: str, dry_run: bool) -> dict[str, object]:
    if dry_run:
        # Ids would be made, and are not.
        return {"type": fact.kind.TYPE, "time": fact.time, "state": "would be recorded"}
    return {
        "id": fact.id,
        "journey": fact.originator_id,
        "stay": fact.stay,
        "type": fact.kind.TYPE,
        "time": fact.time,
        "state": state,
    }


def _now() -> datetime:
    return datetime.now(UTC)
