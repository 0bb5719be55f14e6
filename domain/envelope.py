"""How a fact is written down: one CloudEvents 1.0 JSON document, and the chain from each to the one before.

The bytes made here are stored, published, journalled, hashed and shown to an auditor unchanged
(`infra/decisions/0002-fact-format.md`).
"""

import dataclasses
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import ValidationError

from domain.calendar import format_instant
from domain.errors import Refused, Unreadable
from domain.fact import CATALOGUE, UPCASTS, Fact, Regime, Role, Sealed, load_catalogue
from domain.seal import Scope, Seal

GENESIS = "0" * 64
"""What the first fact of a journey links to."""

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant; one without an offset makes the bytes broken, not a time that cannot be compared."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The attributes of one CloudEvent. Absent ones are ``None``; unknown ones are kept in the bytes, unread."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: UUID
    time: Aware
    datacontenttype: Literal["application/json"]
    dataschema: str
    journeyversion: int
    recordedtime: Aware
    prevhash: str
    controller: str
    regime: Regime
    sourcesystem: str
    timeprecision: Literal["second", "minute", "day"] = "second"
    stay: UUID | None = None
    actor: str | None = None
    actorunit: str | None = None
    actorrole: Role | None = None
    principal: str | None = None
    sourcemessage: str | None = None
    sourcesequence: int | None = None
    senttime: Aware | None = None
    correlationid: str | None = None
    causationid: str | None = None
    data: msgspec.Raw


_DECODER = msgspec.json.Decoder(Envelope)
_ENCODER = msgspec.json.Encoder()


def dataschema(fact: type[Fact]) -> str:
    """The URN of the fact's JSON Schema, which ``carechain schema`` prints."""
    return f"urn:carechain:schema:{fact.NAME}.v{fact.VERSION}"


def encode(envelope: dict[str, Any]) -> bytes:
    """The one way an envelope becomes bytes: attributes in the order given, no spaces, UTF-8, times with six decimals."""
    written = {
        key: format_instant(value)
        if isinstance(value, datetime)
        else str(value)
        if isinstance(value, UUID)
        else value
        for key, value in envelope.items()
        if value is not None
    }
    return _ENCODER.encode(written)


@dataclass(frozen=True, slots=False)
class RecordedFact:
    """A fact in its envelope: the domain event of ``eventsourcing``, the record on Kafka, the line of the history.

    ``time`` and ``fact`` are the corrected ones once ``History`` has applied corrections; ``envelope`` and
    ``raw`` always say what was recorded. ``fact`` is ``None`` when its data is sealed and the key is not at
    hand: it then counts by type, time and controller.
    """

    envelope: Envelope
    raw: bytes
    kind: type[Fact]
    fact: Fact | None
    time: datetime
    corrected_by: str | None = None

    @property
    def originator_id(self) -> UUID:
        """The journey, by the name ``eventsourcing`` uses."""
        return self.envelope.subject

    @property
    def originator_version(self) -> int:
        """The version in the journey, by the name ``eventsourcing`` uses."""
        return self.envelope.journeyversion

    @property
    def id(self) -> str:
        return self.envelope.id

    @property
    def stay(self) -> UUID | None:
        return self.envelope.stay

    @property
    def scope(self) -> Scope:
        return Scope(self.envelope.subject, self.envelope.controller, self.envelope.regime)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the exact bytes: the next fact's ``prevhash``."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def order(self) -> tuple[datetime, int, int, str]:
        """When it happened, then by content: rank of its kind, the source's sequence, its id. Never by arrival."""
        sequence = self.envelope.sourcesequence
        return (self.time, self.kind.RANK, -1 if sequence is None else sequence, self.envelope.id)

    def corrected(self, by: str, kind: type[Fact], time: datetime, fact: Fact | None) -> "RecordedFact":
        """As another fact says it should have been; id, stay and bytes remain."""
        return dataclasses.replace(self, kind=kind, time=time, fact=fact, corrected_by=by)


def read(raw: bytes, seal: Seal | None = None) -> RecordedFact:
    """Read stored bytes of any version, opening sealed data where ``seal`` has the key.

    Raises ``Unreadable`` for broken bytes and unknown types: such a fact parks its journey.
    """
    try:
        envelope = _DECODER.decode(raw)
    except msgspec.MsgspecError as error:
        raise Unreadable("broken-envelope", f"A stored fact cannot be read: {error}.") from None
    load_catalogue()
    data = _open_whole(envelope, seal)
    kind, fact = read_data(envelope.type, data)
    # Not getattr: of a fact without the field, pydantic takes longer to say so than everything else here.
    if fact is not None and seal is not None and is_sealed(vars(fact).get("amended_data")):
        fact = _open_amended(envelope, fact, seal)
    return RecordedFact(envelope, raw, kind, fact, envelope.time)


def is_sealed(value: object) -> bool:
    """Whether a value is one that stands sealed in place of a field."""
    return isinstance(value, dict) and value.keys() == {"sealed", "key"}


def _open_amended(envelope: Envelope, fact: Fact, seal: Seal) -> Fact:
    """An amendment with its new data opened, as far as the key is there."""
    opened = _open(getattr(fact, "amended_data"), envelope.id, "/amended_data", seal)  # noqa: B009  # of a subclass
    return fact if opened is None else fact.model_copy(update={"amended_data": msgspec.json.decode(opened)})


def read_data(stored_type: str, data: bytes | None) -> tuple[type[Fact], Fact | None]:
    """Class and value of data written in any version of a fact; the value is ``None`` where the data is.

    Raises ``Unreadable`` for a type this version does not know and for data that does not fit its type.
    """
    upcasts, newest = [], stored_type
    while newest in UPCASTS:
        newest, step = UPCASTS[newest]
        upcasts.append(step)
    kind = CATALOGUE.get(newest)
    if kind is None:
        raise Unreadable("unknown-fact", f"This version of carechain does not know the fact {stored_type}.")
    if data is None:
        return kind, None
    if upcasts:
        document = msgspec.json.decode(data)
        for step in upcasts:
            document = step(document)
        data = _ENCODER.encode(document)
    try:
        return kind, kind.model_validate_json(data)
    except ValidationError as error:
        raise Unreadable("invalid-data", f"A {kind.NAME} cannot be read: {first_problem(error)}.") from None


def first_problem(error: ValidationError, *, own_file: bool = False) -> str:
    """The first thing wrong, by field, without the value (it may be an identity).

    The name of a field we do not know is the sender's word, and told only of an administrator's ``own_file``.
    """
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "extra_forbidden" and not own_file:
        return "it holds a field that does not belong there"
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


def _open_whole(envelope: Envelope, seal: Seal | None) -> bytes | None:
    """The data as JSON bytes; ``None`` when it is sealed whole and cannot be opened."""
    data = bytes(envelope.data)
    if not data.startswith(b'{"sealed":'):
        return data
    if seal is None:
        return None
    try:
        document = msgspec.json.decode(data)
    except msgspec.MsgspecError:
        raise Unreadable("broken-seal", "A sealed fact cannot be read: its seal is damaged.") from None
    return _open(document, envelope.id, "", seal)


def _open(value: object, fact_id: str, pointer: str, seal: Seal) -> bytes | None:
    try:
        sealed = Sealed.model_validate(value)
        return seal.open(sealed.unwrap(), associated(fact_id, pointer))
    except (ValidationError, ValueError):
        raise Unreadable("broken-seal", "A sealed fact cannot be read: its seal is damaged.") from None


def associated(fact_id: str, pointer: str) -> bytes:
    """What binds a sealed value to its place: the fact's id and the JSON pointer inside ``data``."""
    return f"{fact_id}#{pointer}".encode()


def seal_data(fact: Fact, fact_id: str, scope: Scope, seal: Seal) -> dict[str, Any]:
    """The ``data`` that may stand in the log: sealed whole under SoL, else with its free text sealed.

    Under SoL a fact that names fields to stay in ``CLEAR`` has its other fields sealed, each by itself.
    """
    plain = plain_data(fact)
    texts = _texts(plain, type(fact).free_text_fields(), "")
    if isinstance(plain.get("amended_data"), dict):
        texts |= _amended_texts(plain)
    if scope.regime == "SoL":
        if not type(fact).CLEAR:
            return _sealed(_ENCODER.encode(plain), fact_id, "", scope, seal)
        texts = {f"/{name}": _as_text(value) for name, value in plain.items() if name not in type(fact).CLEAR}
    boxes = {
        pointer: _sealed(text.encode(), fact_id, pointer, scope, seal) for pointer, text in texts.items()
    }
    return _put(plain, boxes, "")


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else _ENCODER.encode(value).decode()


def _put(values: dict[str, Any], boxes: dict[str, dict[str, Any]], place: str) -> dict[str, Any]:
    """``values`` with the boxes that have a JSON pointer in it in place of their text."""
    return {
        name: boxes[f"{place}/{name}"]
        if f"{place}/{name}" in boxes
        else _put(value, boxes, f"{place}/{name}")
        if isinstance(value, dict)
        else value
        for name, value in values.items()
    }


def _texts(values: dict[str, Any], names: tuple[str, ...], place: str) -> dict[str, str]:
    """A command's free text by JSON pointer. Raises ``Refused`` where it brings a sealed value: only we seal."""
    found = {f"{place}/{name}": values[name] for name in names if values.get(name) is not None}
    if not all(isinstance(text, str) for text in found.values()):
        raise Refused(
            "A text that is sealed already cannot be recorded.",
            hint="Give the text itself, as it was written.",
        )
    return found


def _amended_texts(plain: dict[str, Any]) -> dict[str, str]:
    """The free text of an amendment's new data; all of them, where they fit no fact and any word may be one."""
    amended = plain["amended_data"]
    try:
        kind, _ = read_data(plain.get("amended_type", ""), _ENCODER.encode(amended))
    except Unreadable:
        return {"/amended_data": _ENCODER.encode(amended).decode()}
    return _texts(amended, kind.free_text_fields(), "/amended_data")


def _sealed(plaintext: bytes, fact_id: str, pointer: str, scope: Scope, seal: Seal) -> dict[str, Any]:
    return Sealed.wrap(seal.seal(scope, plaintext, associated(fact_id, pointer))).model_dump()


def plain_data(fact: Fact) -> dict[str, Any]:
    """The fact's own fields as JSON values, absent ones left out, times in UTC with six decimals."""
    fields = fact.model_dump(mode="python", exclude_none=True, exclude_defaults=True)
    plain = {name: _plain(value) for name, value in fields.items()}
    if isinstance(plain.get("amended_data"), dict):
        plain |= _plain_amended(plain)
    return plain


def _plain_amended(plain: dict[str, Any]) -> dict[str, Any]:
    """What an amendment says, in the form any fact has: the same instant in another offset is the same content."""
    try:
        kind, amended = read_data(plain["amended_type"], _ENCODER.encode(plain["amended_data"]))
    except (KeyError, Unreadable):
        return {}
    assert amended is not None
    return {"amended_type": kind.TYPE, "amended_data": plain_data(amended)}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
