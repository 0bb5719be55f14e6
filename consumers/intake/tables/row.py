"""What one row says by a mapping: a pure function of the row, which needs no other row and no server."""

import json
from collections.abc import Mapping as AnyMapping
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from consumers.intake.message import Told
from consumers.intake.notes import with_note
from consumers.intake.tables.cells import Moment, read_time, read_unit, read_whole
from consumers.intake.tables.mapping import Mapping
from consumers.intake.tables.mapping_parts import ROW_NUMBER, PatientValue, Rule, Value
from consumers.intake.tables.row_values import Cells, RowValues, column_of
from domain.calendar import format_instant, local_date
from domain.errors import Refused, Unreadable
from domain.identifiers import PatientId
from domain.submission import Patient, Submission


def read_row(cells: Cells, mapping: Mapping) -> Told:
    """What the row tells: facts, something to put aside, both, or nothing. Never raises."""
    for ignored in mapping.ignore:
        if all(when.holds(cells) for when in ignored.when):
            return Told(f"{mapping.id} ({ignored.name})", source=mapping.source)
    return _Row(cells, mapping).told()


class _Row:
    """One row being read: what was used of it, and what stood in the way."""

    def __init__(self, cells: Cells, mapping: Mapping) -> None:
        self.cells = cells
        self.mapping = mapping
        self.values = RowValues(cells, mapping)
        self.troubles: list[Unreadable] = []

    def told(self) -> Told:
        fitting = [rule for rule in self.mapping.rules if all(when.holds(self.cells) for when in rule.when)]
        rules = [rule for rule in fitting if self._is_told(rule)]
        if not rules:
            return self._nothing(told=bool(fitting))
        moments = [(rule, self._try(lambda rule=rule: self._moment(rule.time))) for rule in rules]
        first = next((moment for _, moment in moments if moment is not None), None)
        patient = self._try(lambda: self._patient(first))
        made = [
            self._try(lambda rule=rule, moment=moment: self._submission(rule, moment, patient))
            for rule, moment in moments
            if moment is not None and patient is not None
        ]
        submissions = [one for one in made if one is not None]
        trouble = self.troubles[0] if self.troubles else None
        unit = submissions[0].unit if submissions else None
        return Told(
            self.mapping.id,
            self._noted(submissions),
            self.mapping.source,
            unit,
            trouble=trouble,
            patient=patient,
        )

    def _is_told(self, rule: Rule) -> bool:
        """Whether the rule's time is filled. One that was asked for by a value must have it."""
        if self.values.text(rule.time) is not None:
            return True
        if any(when.tells for when in rule.when):
            self.troubles.append(
                Unreadable("missing-time", "The row does not say when it happened.", column_of(rule.time))
            )
        return False

    def _nothing(self, *, told: bool) -> Told:
        """No fact: because there is nothing in it yet, or because nobody has said what its values mean."""
        mapping = self.mapping
        asked = [when.column for rule in mapping.rules for when in rule.when if when.tells]
        if not self.troubles and asked and not told and mapping.otherwise == "put-aside":
            why = "The mapping does not say what this value means."
            self.troubles.append(Unreadable("unmapped-value", why, asked[0]))
        if not self.troubles:
            return Told(f"{mapping.id} (nothing told)", source=mapping.source)
        patient = self._try(lambda: self._patient(None))
        return Told(mapping.id, source=mapping.source, trouble=self.troubles[0], patient=patient)

    def _try(self, read: Any) -> Any:
        try:
            return read()
        except Unreadable as trouble:
            self.troubles.append(trouble)
            return None

    # -- who, when ---------------------------------------------------------------------------------------------

    def _patient(self, moment: Moment | None) -> Patient:
        for value in self.mapping.patient:
            text = self.values.use(value)
            if text is None:
                continue
            text = _made_id(text, value)
            try:
                named = PatientId.parse(value.id_system, text, moment and local_date(moment.at))
                return Patient(system=named.system, value=named.value)
            except Refused as refused:
                raise Unreadable("no-patient-id", refused.message, column_of(value)) from None
            except ValidationError:
                why = "The row's id of the patient is longer than any."
                raise Unreadable("no-patient-id", why, column_of(value)) from None
        field = column_of(self.mapping.patient[0])
        raise Unreadable("no-patient-id", "The row does not say whom it is about.", field)

    def _moment(self, value: Value) -> Moment:
        text = self.values.use(value)
        assert text is not None
        return read_time(text, self.mapping, column_of(value))

    # -- facts -------------------------------------------------------------------------------------------------

    def _submission(self, rule: Rule, moment: Moment, patient: Patient) -> Submission:
        kind, mapping = rule.kind, self.mapping
        self.values.used.update(when.column for when in rule.when if when.tells)
        sequence, sent = self.values.optional(mapping.sequence), self.values.optional(rule.sent)
        unit_value = rule.unit or mapping.unit
        unit = self.values.optional(unit_value)
        data = {
            name: read
            for name, datum in rule.data.items()
            if (read := self.values.datum(kind, name, datum)) is not None
        }
        given = {
            "type": kind.TYPE,
            "time": format_instant(moment.at),
            "precision": moment.precision,
            "patient": patient.model_dump(),
            "source": mapping.source,
            "episode": self.values.optional(mapping.episode),
            "unit": unit_value and unit and read_unit(unit, unit_value, mapping, column_of(unit_value)),
            "role": rule.role or mapping.role,
            "controller": mapping.controller,
            "principal": mapping.principal,
            "actor": self.values.optional(mapping.actor),
            "sequence": mapping.sequence
            and sequence
            and read_whole(sequence, mapping, column_of(mapping.sequence)),
            "sent": rule.sent and sent and format_instant(read_time(sent, mapping, column_of(rule.sent)).at),
            "data": data,
        }
        # Without an id of the row a fact is named by what it says: told again, also in another row or file, it is known.
        number = {"row": self.cells[ROW_NUMBER]} if ROW_NUMBER in self.cells else {}
        message = self.values.optional(mapping.message) or _digest(given | number)
        try:
            return Submission.model_validate_json(json.dumps(given | {"message": message}))
        except ValidationError as error:
            name = ".".join(map(str, error.errors()[0]["loc"][:1])) or "text"
            raise Unreadable("invalid-field", f"What the row gives as {name} cannot be used.", name) from None

    # -- the rest ----------------------------------------------------------------------------------------------

    def _noted(self, submissions: list[Submission]) -> tuple[Submission, ...]:
        """The columns that no fact has a place for, kept sealed.

        In a row that is filled in over time they stand apart: inside the act they would make it another each time.
        """
        rest = self.values.rest
        if not rest or not submissions:
            return tuple(submissions)
        bare = submissions[0].model_copy(update={"sequence": None})
        if self.mapping.rows == "event":
            return with_note(submissions, rest, bare=bare)
        if self.mapping.message is None:
            bare = bare.model_copy(update={"message": _digest({"of": bare.message, "note": rest})})
        return *submissions, *with_note((), rest, bare=bare)


def _made_id(text: str, value: PatientValue) -> str:
    """An id for whom the table does not name, made of what the row says; else the id as it is written."""
    if value.made_of is None:
        return text
    digest = sha256(text.encode("utf-8", "replace")).hexdigest()[:24].upper()
    return f"SIM-{digest}" if value.id_system == "simulated" else digest


def _digest(given: AnyMapping[str, Any]) -> str:
    plain = json.dumps(given, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(plain.encode()).hexdigest()
