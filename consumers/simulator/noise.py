"""What becomes of true messages on their way: told wrong and mended, repeated, late, in any order and offset.

None of it may change what is true: the corrected view of all lines is exactly the plan.
"""

import json
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from consumers.simulator.clock import ABROAD, HOUR, MINUTE, SECOND, with_offset
from consumers.simulator.desk import Message
from consumers.simulator.dice import Dice
from consumers.simulator.records import Journey, Stay
from consumers.simulator.region import Area

MENDED_SHARE = 0.05
REPEATED_SHARE = 0.04
WRONGLY_RECORDED_SHARE = 0.04
"""Of stays: something is recorded that never happened, and annulled."""
_JUDGED = ("service-need-assessed", "discharge-ready-declared", "sip-need-decided", "care-contact-appointed")
_SENT_LATER = (
    "patient-admitted",
    "patient-discharged",
    "service-need-assessed",
    "leave-started",
    "leave-ended",
)
_NOTES = ("Anhörig är underrättad.", "Patienten vill ha besked per telefon.", "Se även journalen.")


@dataclass
class Post:
    """Turns one journey's true messages into lines with the moment each arrives."""

    area: Area
    journey: Journey
    dice: Dice
    ends: datetime
    tally: Counter[str]
    lines: list[tuple[datetime, str]] = field(default_factory=list)
    _numbers: int = 0

    def deliver(self, true: list[Message]) -> list[tuple[datetime, str]]:
        for stay in self.journey.stays:
            self._wrongly_recorded(stay)
        kinds = Counter((message.kind, message.episode) for message in true)
        for message in true:
            self._adorn(message)
            alone = message.episode is not None and kinds[message.kind, message.episode] == 1
            if message.several or not self.dice.chance(MENDED_SHARE) or not self._mended(message, alone):
                self._write(message)
        return self.lines

    def _adorn(self, message: Message) -> None:
        if message.kind in _JUDGED:
            number = message.controller.partition(":")[2]
            message.actor = f"SE{number}-SIM{int(self.dice.number(1000, 9999))}"
        if message.kind in _SENT_LATER and self.dice.chance(0.3):
            message.extra["sent"] = message.at + self.dice.span(MINUTE, 20 * MINUTE)
        if self.dice.chance(0.03):
            message.data["note"] = self.dice.one_of(_NOTES)

    def _mended(self, true: Message, alone: bool) -> bool:
        """Tell it wrong, or annul it by mistake, and mend that; False where the month is too short for it."""
        true.extra.pop("sent", None)
        wrong = spoil(true, self.dice, self.ends)
        first = max(true.at, wrong.at) + self.dice.skewed(3 * HOUR, 1.0)
        second = first + self.dice.skewed(5 * HOUR, 0.8)
        if second >= self.ends:
            return False
        how = self.dice.pick({"amend": 40, "twice": 10, "episode": 10, "replace": 25, "restore": 15})
        self.tally[f"mended:{how}"] += 1
        if how == "restore":
            told = self._write(true)
            annulled = self._correct("fact-voided", true, first, {"target_message": told})
            kinds = {"target_message": annulled, "target_kinds": ["fact-voided"]}
            self._correct("fact-voided", true, second, kinds)
            return True
        told = self._write(wrong)
        target: dict[str, Any] = {"target_message": told}
        if how == "episode" and alone:
            target = {"target_episode": true.episode, "target_kinds": [true.kind]}
        elif self.dice.chance(0.5):
            target["target_kinds"] = [true.kind]
        if how == "replace":
            self._correct("fact-voided", true, first, target)
            self._write(true)
            return True
        if how == "twice":
            still_wrong = spoil(true, self.dice, self.ends)
            self._amend(still_wrong, first, target)
        self._amend(true, second if how == "twice" else first, target)
        return True

    def _amend(self, right: Message, at: datetime, target: dict[str, Any]) -> None:
        changed = {
            "amended_type": f"se.carechain.{right.kind}.v1",
            "amended_at": right.at,
            "amended_data": right.data,
        }
        self._correct("fact-amended", right, at, target | changed)

    def _correct(self, kind: str, about: Message, at: datetime, data: dict[str, Any]) -> str:
        if about.regime == "SoL":
            data = data | {"target_regime": "SoL"}
        correction = replace(about, kind=kind, at=at, data=data, actor=None, extra={})
        self.tally["corrections"] += 1
        return self._write(correction)

    def _wrongly_recorded(self, stay: Stay) -> None:
        """Something that never happened, and its annulment."""
        if stay.admitted_at is None or not self.dice.chance(WRONGLY_RECORDED_SHARE):
            return
        until = min(stay.ended_at or self.ends, self.ends)
        at = self.dice.between(stay.admitted_at, until)
        annulled = at + self.dice.skewed(2 * HOUR, 0.8)
        if annulled >= self.ends:
            return
        kind = self.dice.one_of(list(_NEVER_HAPPENED))
        message = Message(
            kind,
            at,
            self.area.hospital_source,
            self.area.code,
            self.area.organisation,
            deepcopy(_NEVER_HAPPENED[kind]),
            unit=stay.unit,
            role="inpatient",
            episode=stay.episode,
        )
        self.tally["never happened"] += 1
        told = self._write(message)
        self._correct("fact-voided", message, annulled, {"target_message": told})

    def _write(self, message: Message) -> str:
        """Write the line, perhaps twice, and return the message's id."""
        self._numbers += 1
        number = f"{self.journey.patient}-{self._numbers:03d}"
        arrives = message.at + self._delay()
        line = self._line(message, number)
        self.lines.append((arrives, line))
        self.tally["facts"] += 1
        if self.dice.chance(REPEATED_SHARE):
            # Sent anew, the same instants may come with another offset; a correction is sent as it was.
            again = line if message.kind.startswith("fact-") else self._line(message, number)
            self.lines.append((arrives + self._delay() + SECOND, again))
            self.tally["repeats"] += 1
        return number

    def _delay(self) -> timedelta:
        how = self.dice.pick({"soon": 78, "hours": 14, "days": 7, "weeks": 1})
        if how == "soon":
            return self.dice.span(SECOND, 5 * MINUTE)
        self.tally["late"] += 1
        longest = {"hours": 8, "days": 72, "weeks": 14 * 24}[how]
        return self.dice.span(HOUR, longest * HOUR)

    def _line(self, message: Message, number: str) -> str:
        offset = self.dice.pick({None: 70, 0: 18, 60: 4, 120: 3, ABROAD[0]: 3, ABROAD[1]: 2})
        line = {
            "type": f"se.carechain.{message.kind}.v1",
            "time": message.at,
            "patient": {"system": "simulated", "value": self.journey.patient},
            "source": message.source,
            "message": number,
            "sequence": self._sequence(message, number),
            "episode": message.episode,
            "sent": message.extra.get("sent"),
            "actor": message.actor,
            "unit": message.unit,
            "role": message.role,
            "controller": message.controller,
            "principal": message.principal,
            "regime": message.regime,
            "data": message.data,
        }
        given = {key: _written(value, offset) for key, value in line.items() if value is not None}
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"))

    def _sequence(self, message: Message, number: str) -> int | None:
        return int(number.rpartition("-")[2]) if message.source == self.area.hospital_source else None


def _written(value: Any, offset: int | None) -> Any:
    if isinstance(value, datetime):
        return with_offset(value, offset)
    if isinstance(value, dict):
        return {key: _written(item, offset) for key, item in value.items()}
    if isinstance(value, list):
        return [_written(item, offset) for item in value]
    return value


_NEVER_HAPPENED: dict[str, dict[str, Any]] = {
    "patient-deceased": {},
    "patient-discharged": {"destination": "home"},
    "discharge-ready-declared": {"physician_role": "treating-physician"},
    "discharge-ready-withdrawn": {"reason": "error"},
    "admission-notified": {"recipients": [{"role": "open-care"}]},
    "service-need-assessed": {"outcome": "yes", "needs": ["municipal-health"]},
    "discharge-information-transferred": {"recipients": [{"role": "open-care"}]},
    "episode-cancelled": {"reason": "did-not-arrive"},
    "episode-closed": {"reason": "completed"},
    "compulsory-open-care-decided": {"form": "LPT", "recipients": [{"role": "open-care"}]},
    "notification-misdirected": {"notification": "admission-notified", "role": "open-care"},
    "discharge-ready-status-observed": {"ready": False},
    "open-care-service-unavailable": {"service": "equipment"},
    "care-contact-ended": {"reason": "moved"},
    "egenvard-assessed": {"outcome": "egenvard", "support": "patient"},
    "responsible-municipality-changed": {"to_municipality": "0180", "ground": "registration"},
}


def spoil(true: Message, dice: Dice, ends: datetime) -> Message:
    """The same message told wrong: another time, or wrong contents where its kind has any that matter."""
    wrong = replace(true, data=deepcopy(true.data), extra={})
    change = _SPOILED.get(true.kind)
    if change is not None and dice.chance(0.6):
        change(wrong.data, dice)
        return wrong
    if true.not_before is not None:
        wrong.at = dice.between(true.not_before, true.at)
    else:
        wrong.at = true.at + dice.one_of((-1, 1)) * dice.span(MINUTE, 8 * HOUR)
    if wrong.at >= ends:
        wrong.at = true.at - dice.span(MINUTE, 8 * HOUR)
    return wrong


def _flip(name: str, *words: Any) -> Callable[[dict[str, Any], Dice], None]:
    def change(data: dict[str, Any], dice: Dice) -> None:
        data[name] = dice.one_of([word for word in words if word != data.get(name)])

    return change


def _move(name: str) -> Callable[[dict[str, Any], Dice], None]:
    def change(data: dict[str, Any], dice: Dice) -> None:
        if name in data:
            data[name] += dice.one_of((-1, 1)) * dice.span(HOUR, 60 * HOUR)

    return change


def _forget_last(name: str) -> Callable[[dict[str, Any], Dice], None]:
    def change(data: dict[str, Any], _: Dice) -> None:
        data[name] = data[name][:-1] or [{"role": "social-services"}]

    return change


_SPOILED: dict[str, Callable[[dict[str, Any], Dice], None]] = {
    "patient-admitted": _flip("unplanned", True, False),
    "service-need-assessed": _flip("outcome", "yes", "no"),
    "admission-notified": _forget_last("recipients"),
    "estimated-discharge-changed": _move("new_estimate_at"),
    "discharge-ready-notified": _forget_last("recipients"),
    "sip-need-decided": _flip("needed", True, False),
    "consent-recorded": _flip("decision", "given", "refused", "withdrawn"),
    "patient-discharged": _flip("destination", "home", "other-hospital", "compulsory-open-care"),
    "municipal-takeover-accepted": _move("planned_start_at"),
    "follow-up-planned": _move("due_at"),
    "notification-misdirected": _flip("role", "open-care", "social-services", "municipal-health"),
    "compulsory-open-care-decided": _forget_last("recipients"),
    "responsible-municipality-changed": _flip("to_municipality", "0180", "1480"),
    "discharge-ready-status-observed": _flip("ready", True, False),
    "municipal-care-ended": _flip("reason", "no-longer-needed", "moved", "handed-over"),
    "mobile-team-took-over": _forget_last("members"),
    "egenvard-assessed": _flip("support", "patient", "relative", "region"),
    "egenvard-reviewed": _flip("outcome", "continues", "ended"),
    "ambulance-attended": _flip("outcome", "conveyed", "left-at-home"),
    "wait-paused": _flip("step", "visit", "treatment"),
    "residential-care-offered": _move("move_in_at"),
}
