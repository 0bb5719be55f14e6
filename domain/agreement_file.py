"""An agreement as a TOML file: read and checked, with everything that is wrong named by file, line and key.

Each value is plain (confirmed), ``{value = ..., source = "..."}``, ``"unconfirmed"``, or
``{unconfirmed = candidate, source = "..."}``. An unconfirmed one is not used: what stands under it holds instead.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from domain.agreement import SECTIONS, STATUTE, Agreement
from domain.agreement_sense import senseless
from domain.agreement_words import UNCONFIRMED, Wrong, what_is_wrong
from domain.errors import Refused
from domain.reference import Municipality, Region, find_municipality, find_region
from domain.toml_lines import Lines, Path, lines_of

_HEAD = tuple(name for name in Agreement.model_fields if name not in (*SECTIONS, "sources", "unconfirmed"))
_NEEDED = ("id", "version", "title")
_UNCERTAIN = ("valid_from", "valid_to", "care_forms", "excluded_care_forms")
"""What may be unconfirmed besides the values: then it is as if it were not said."""
_EXAMPLES = {"id": '"gavleborg"', "version": "1", "title": '"Överenskommelse om utskrivning"'}
_TOO_LARGE = 2**53
_PARTIES: dict[str, Callable[[str], Region | Municipality]] = {
    "regions": find_region,
    "municipalities": find_municipality,
}


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a file, and how to mend it."""

    file: str
    line: int | None
    """From 1; none where it is about the whole file."""
    key: str
    """As ``payment.threshold_days``; empty where it is about the whole file."""
    wrong: str
    """A sentence."""
    mend: str
    """A sentence, or empty."""

    def __str__(self) -> str:
        place = [self.file, *([f"line {self.line}"] if self.line else []), *([self.key] if self.key else [])]
        return " ".join(filter(None, (f"{', '.join(place)}: {self.wrong}", self.mend)))


@dataclass(frozen=True)
class Checked:
    """What came of a file: an agreement, or what is wrong with it, in the order of the lines."""

    agreement: Agreement | None
    problems: tuple[Problem, ...]
    lines: Lines
    """Where each key stands."""

    def line(self, key: str) -> int | None:
        """The line of a key as ``payment.free_days``."""
        return self.lines.line(_path(key))


def read_agreement(text: str, file: str = "the agreement", *, alone: bool = True) -> Agreement:
    """An agreement from TOML. Raises ``Refused`` naming everything that is wrong, by line and key.

    Values that are not ``alone``, but change another agreement's, need make no sense without it.
    """
    checked = check_agreement(text, file, alone=alone)
    if checked.agreement is None:
        raise refusal(checked.problems)
    return checked.agreement


def refusal(problems: tuple[Problem, ...]) -> Refused:
    """All of it as one refusal, a line each."""
    return Refused("\n".join(map(str, problems)), hint="`carechain schema agreement` has every key.")


def check_agreement(content: str | bytes, file: str, *, alone: bool = True) -> Checked:
    """Read a file and tell all that is wrong with it. ``file`` is how it is named in what is told."""
    reading = _Reading(file, alone=alone)
    agreement = reading.read(content)
    problems = tuple(sorted(reading.problems, key=lambda problem: problem.line or 0))
    return Checked(None if problems else agreement, problems, reading.lines)


class _Reading:
    """One file being read: what was said so far, and what is wrong."""

    def __init__(self, file: str, *, alone: bool) -> None:
        self.file = file
        self.alone = alone
        self.problems: list[Problem] = []
        self.lines = Lines({}, ())
        self.said: dict[str, Any] = {}
        self.sources: dict[str, str] = {}
        self.unconfirmed: dict[str, dict[str, Any]] = {}

    def read(self, content: str | bytes) -> Agreement | None:
        document = self._document(content)
        if document is None:
            return None
        self._head(document)
        for section in SECTIONS:
            self._section(section, document.get(section, {}))
        self._look_for_strangers((), document, (*_HEAD, *SECTIONS))
        # What is wrong by itself is told once, and not again for what it would mean to the rest.
        wrong_keys = {problem.key.partition("[")[0] for problem in self.problems}
        for key, wrong in senseless(self.said, {*self.unconfirmed, *wrong_keys}):
            if self.alone and key not in wrong_keys:
                self._tell(_path(key), wrong)
        return None if self.problems else self._made()

    def _made(self) -> Agreement:
        more = {"sources": self.sources, "unconfirmed": self.unconfirmed}
        content = self.said | {name: values for name, values in more.items() if values}
        return Agreement.model_validate_json(msgspec.json.encode(content))

    def _tell(self, path: Path, wrong: Wrong, line: int | None = None) -> None:
        at = line or self.lines.line(path)
        self.problems.append(Problem(self.file, at, _key(path), wrong.what, wrong.mend))

    # -- the file ----------------------------------------------------------------------------------------------

    def _document(self, content: str | bytes) -> dict[str, Any] | None:
        try:
            text = content.decode("utf-8") if isinstance(content, bytes) else content
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self._tell((), Wrong("This is not UTF-8 text.", "Save the file as UTF-8."), line)
            return None
        if text.startswith("\ufeff"):
            bom = Wrong("The file begins with a byte order mark.", "Save it as UTF-8 without one (no BOM).")
            self._tell((), bom, 1)
            text = text.removeprefix("\ufeff")
        text = text.replace("\r\n", "\n")
        self.lines = lines_of(text)
        for again in self.lines.again:
            what = f"This stands on line {self.lines.of[again.path]} already."
            self._tell(again.path, Wrong(what, "Keep the one that is right."), again.first)
        # Without its heading a table's keys would belong to another.
        return None if any(a.is_table for a in self.lines.again) else self._parsed(_once(text, self.lines))

    def _parsed(self, text: str) -> dict[str, Any] | None:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            what, _, place = str(error).rpartition(" (at ")
            line = "".join(sign for sign in place.partition(",")[0] if sign.isdigit())
            mend = "Write `key = value`, texts in quotation marks, days as 2026-01-31, times as 12:00:00."
            at = int(line) if line else text.count("\n") + 1
            self._tell((), Wrong(f"This is not TOML: {what or error}.", mend), at)
            return None

    def _look_for_strangers(self, within: Path, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in table:
            if name not in known:
                self._tell((*within, name), _stranger(name, within, known))

    # -- what it is --------------------------------------------------------------------------------------------

    def _head(self, document: Mapping[str, Any]) -> None:
        for name in _NEEDED:
            if name not in document:
                mend = f"Write `{name} = {_EXAMPLES[name]}` at the beginning."
                self._tell((name,), Wrong(f"The agreement does not say its {name}.", mend), 1)
        for name in _HEAD:
            if name not in document:
                continue
            value = document[name]
            if name in _PARTIES:
                self._parties(name, value)
            elif name in _UNCERTAIN:
                self._value(Agreement, (name,), value, self.said)
            elif self._is_valid(Agreement, (name,), value):
                self.said[name] = value
        if self.said.get("id") == STATUTE.id:
            taken = Wrong("That id is the statute's own.", "Choose another, such as the region's name.")
            self._tell(("id",), taken)

    def _parties(self, name: str, value: Any) -> None:
        """Regions or municipalities, each by code or name."""
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            mend = f'Write a list of names or codes: `{name} = ["21"]`.'
            self._tell((name,), Wrong("This is not a list of texts.", mend))
            return
        codes: list[str] = []
        for one in value:
            try:
                code = _PARTIES[name](one).code
            except Refused as refused:
                self._tell((name,), Wrong(f'"{one}": {_lowered(refused.message)}', refused.hint))
                continue
            if code in codes:
                self._tell((name,), Wrong(f'"{one}" is named twice.', "Name it once."))
            else:
                codes.append(code)
        self.said[name] = codes

    # -- the values --------------------------------------------------------------------------------------------

    def _section(self, section: str, table: Any) -> None:
        if not isinstance(table, dict):
            wrong = Wrong(
                "This is a part of the file, not a value.", f"Write `[{section}]` on a line of its own."
            )
            self._tell((section,), wrong)
            return
        model = SECTIONS[section]
        values: dict[str, Any] = {}
        for name in model.model_fields:
            if name in table:
                self._value(model, (section, name), table[name], values)
        self._look_for_strangers((section,), table, tuple(model.model_fields))
        if values:
            self.said[section] = values

    def _value(self, model: type[BaseModel], path: Path, value: Any, into: dict[str, Any]) -> None:
        """A value in one of its four forms."""
        key, name = _key(path), str(path[-1])
        if value == UNCONFIRMED:
            self.unconfirmed[key] = {}
            return
        if not isinstance(value, dict):
            if self._is_valid(model, path, value):
                into[name] = value
            return
        forms = [form for form in ("value", "unconfirmed") if form in value]
        if len(forms) != 1:
            mend = 'Write `{value = ..., source = "..."}`, or `{unconfirmed = ..., source = "..."}`.'
            self._tell(path, Wrong("This says neither, or both, of `value` and `unconfirmed`.", mend))
            return
        (form,) = forms
        self._look_for_strangers(path, value, (form, "source"))
        source = value.get("source")
        if source is not None and (not isinstance(source, str) or not source.strip()):
            self._tell(path, Wrong("The source is not a text.", 'Write `source = "who published it"`.'))
            return
        if not self._is_valid(model, path, value[form]):
            return
        if form == "value":
            into[name] = value[form]
            if source is not None:
                self.sources[key] = source
        else:
            self.unconfirmed[key] = {"candidate": value[form]} | ({"source": source} if source else {})

    def _is_valid(self, model: type[BaseModel], path: Path, value: Any) -> bool:
        """Whether the field takes the value; else it is told what is wrong."""
        wrongs: dict[Path, Wrong] = {}
        for at, wrong in _wrongs(model, path, value):
            wrongs.setdefault(at, wrong)  # where none of several kinds fits, what the first one says
        for at, wrong in wrongs.items():
            self._tell(at, wrong)
        return not wrongs


def _wrongs(model: type[BaseModel], path: Path, value: Any) -> Iterator[tuple[Path, Wrong]]:
    """Each place in the value that the field does not take."""
    name = str(path[-1])
    if isinstance(value, int | float) and not abs(value) < _TOO_LARGE:  # also what is no number at all
        yield path, Wrong("This is not a number that can be used.", "Write one as in `= 3`.")
        return
    try:
        model.model_validate_json(msgspec.json.encode({name: value}))
    except OverflowError:
        yield path, Wrong("A number in it is too large.", "Write one as in `= 3`.")
    except ValidationError as error:
        # The other fields of the head are not there, and not what is asked.
        for one in error.errors(include_url=False):
            if one["loc"][:1] == (name,):
                yield _place(path, one["loc"]), what_is_wrong(one)


def _place(path: Path, location: tuple[str | int, ...]) -> Path:
    """Where it is in the file: in a list by number; of a value that may be of several kinds only the value."""
    inside = location[1:]
    return (*path, *inside) if inside and isinstance(inside[0], int) else path


def _key(path: Path) -> str:
    """``payment.amounts[1].sek``, as people number them."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _path(key: str) -> Path:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


def _stranger(name: str, within: Path, known: tuple[str, ...]) -> Wrong:
    what = f"There is no such key in [{'.'.join(map(str, within))}]." if within else "There is no such key."
    every = {
        f"{section}.{field}": section for section, model in SECTIONS.items() for field in model.model_fields
    }
    elsewhere = [key for key in every if key.endswith(f".{name}")]
    if elsewhere:
        return Wrong(what, f"It stands under [{every[elsewhere[0]]}].")
    near = get_close_matches(name, known, n=1)
    return Wrong(what, f"Did you mean {near[0]}?" if near else f"The keys here are {', '.join(known)}.")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _once(text: str, lines: Lines) -> str:
    """The text without what stands there a second time; all other lines keep their numbers."""
    kept = text.split("\n")
    for again in lines.again:
        kept[again.first - 1 : again.last] = [""] * (again.last - again.first + 1)
    return "\n".join(kept)
