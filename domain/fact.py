"""What a fact is: a strict, frozen model with a pinned type name, one command, and its place in the order."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from domain.discovery import modules_of
from domain.seal import SealedBytes

if TYPE_CHECKING:
    from domain.view import JourneyView

Regime = Literal["HSL", "SoL"]
Role = Literal[
    "inpatient",  # sluten vård (SV)
    "emergency",  # akutmottagning
    "open-care",  # region-financed öppen vård (ÖV)
    "municipal-health",  # kommunal hälso- och sjukvård (K-HSL)
    "social-services",  # socialtjänst (K-SoL)
]
"""In which capacity somebody acts or answers (`domain-facts.md` §2: SV, ÖV, K-HSL, K-SoL)."""
MUNICIPAL_ROLES: tuple[Role, ...] = ("municipal-health", "social-services")
"""The capacities in which a municipality answers."""

CATALOGUE: dict[str, type["Fact"]] = {}
"""Stored type name -> class. Filled by importing the modules of ``domain.facts``: see ``load_catalogue``."""

UPCASTS: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
"""Old stored type -> (next type, how its data becomes the next version's)."""


class Sealed(BaseModel):
    """A sealed value as it stands in the log, in place of a field or of the whole ``data``."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    sealed: str
    """Base64 of nonce, ciphertext and tag."""
    key: str
    """The id of the key that opens it, as long as that key exists."""

    @classmethod
    def wrap(cls, value: SealedBytes) -> "Sealed":
        return cls(sealed=base64.b64encode(value.box).decode(), key=value.key)

    def unwrap(self) -> SealedBytes:
        return SealedBytes(base64.b64decode(self.sealed, validate=True), self.key)


@dataclass(frozen=True)
class _FreeText:
    """Marks a field whose text is sealed before it is stored."""


FREE_TEXT = _FreeText()
FreeText = Annotated[Annotated[str, Field(min_length=1, max_length=20_000)] | Sealed, FREE_TEXT]
"""Words somebody wrote: plain in a command, sealed in the log, never in a row."""


class Fact(BaseModel):
    """What somebody did or said. Recorded once, never changed; a mistake is mended by another fact.

    Every field is optional in a stored fact, because other systems leave things out; what an operator must
    give is named by ``mandatory`` (`domain-facts.md` §8), and its absence in a message is a finding.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    NAME: ClassVar[str]
    """The short name people type, as ``patient-admitted``."""
    VERSION: ClassVar[int]
    TYPE: ClassVar[str]
    """The stored name, ``se.carechain.<name>.v<version>``. It never follows a class or a module."""
    COMMAND: ClassVar[str]
    """The command that asks for it, in the imperative."""
    RANK: ClassVar[int]
    """Which comes first within one moment; opposites share a rank (a golden list guards it)."""
    MANDATORY: ClassVar[tuple[str, ...]]
    CLEAR: ClassVar[tuple[str, ...]] = ()
    """Fields that stand in clear also under SoL, because they say no more than an envelope does."""

    note: FreeText | None = None
    """What else was said, in the words it was said in."""

    def __init_subclass__(
        cls,
        *,
        name: str = "",
        command: str = "",
        rank: int = 0,
        version: int = 1,
        mandatory: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        if not name:
            return  # a base that facts share, never stored itself
        cls.NAME, cls.VERSION, cls.COMMAND, cls.RANK, cls.MANDATORY = name, version, command, rank, mandatory
        cls.TYPE = f"se.carechain.{name}.v{version}"
        if cls.TYPE in CATALOGUE:
            raise TypeError(f"{cls.TYPE} is declared twice")
        CATALOGUE[cls.TYPE] = cls

    def regime(self) -> Regime:
        """The law the act was done under; a fact that concerns both laws is two facts."""
        return "HSL"

    def split(self) -> tuple["Fact", ...]:
        """The same act as one fact per regime (they are joined by ``correlationid``)."""
        return (self,)

    def check(self, view: "JourneyView") -> None:
        """Refuse what cannot be, in the ward's words: only an operator's command is asked this.

        Raises ``Refused``.
        """

    def missing(self) -> tuple[str, ...]:
        """The mandatory items this fact lacks."""
        return tuple(name for name in self.MANDATORY if getattr(self, name) in (None, ()))

    @classmethod
    def free_text_fields(cls) -> tuple[str, ...]:
        return _free_text_fields(cls)


_FREE_TEXT_CACHE: dict[type[Fact], tuple[str, ...]] = {}


def _free_text_fields(fact: type[Fact]) -> tuple[str, ...]:
    if fact not in _FREE_TEXT_CACHE:
        _FREE_TEXT_CACHE[fact] = tuple(
            name for name, field in fact.model_fields.items() if _mentions(field.annotation, field.metadata)
        )
    return _FREE_TEXT_CACHE[fact]


def _mentions(annotation: Any, metadata: Any = ()) -> bool:
    if FREE_TEXT in tuple(metadata) or FREE_TEXT in getattr(annotation, "__metadata__", ()):
        return True
    return any(_mentions(part) for part in getattr(annotation, "__args__", ()))


def upcast(old: str, new: str) -> Callable[[Callable[[dict[str, Any]], dict[str, Any]]], Any]:
    """Declare, in the fact's own file, how the data of stored type ``old`` becomes that of ``new``."""

    def register(
        step: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> Callable[[dict[str, Any]], dict[str, Any]]:
        if old in UPCASTS:
            raise TypeError(f"{old} has two upcasts")
        UPCASTS[old] = (new, step)
        return step

    return register


def municipal_role(regime: Regime) -> Role:
    """In which capacity a municipality gives services under this law."""
    return "municipal-health" if regime == "HSL" else "social-services"


def load_catalogue() -> Mapping[str, type[Fact]]:
    """Stored type -> class, with every module of ``domain.facts`` imported: the folder is the list."""
    modules_of("domain.facts")
    return CATALOGUE


def by_name(name: str) -> type[Fact] | None:
    """The newest version of the fact with this short name."""
    found = [fact for fact in load_catalogue().values() if name == fact.NAME]
    return max(found, key=lambda fact: fact.VERSION, default=None)
