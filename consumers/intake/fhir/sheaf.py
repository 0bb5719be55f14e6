"""Resources that came together, so that one finds what it refers to: a Bundle, or a single resource."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from consumers.intake.fhir.leftover import digest_of, name_of
from consumers.intake.fhir.models import Part, Reference
from consumers.intake.fhir.time import Moment
from domain.errors import Unreadable

DEEPEST: Final = 100
"""Levels of a resource: a real one has some ten; the limit keeps a hostile one from using up the stack."""
_KEY_MAX: Final = 400
AnyPart = TypeVar("AnyPart", bound=Part)


@dataclass(frozen=True, repr=False)
class Item:
    """One resource and how others call it."""

    kind: str
    resource: Mapping[str, Any]
    full_url: str | None = None

    @property
    def key(self) -> str:
        """What tells it from others of its sender, in every version of it: its id, else an identifier, else its content."""
        own = self.resource.get("id")
        if isinstance(own, str) and own:
            return name_of(self.resource)[:_KEY_MAX]
        for system, value in identifiers(self.resource):
            return f"{self.kind}?{system}|{value}"[:_KEY_MAX]
        if self.full_url:
            return f"{self.kind} {self.full_url}"[:_KEY_MAX]
        return f"{self.kind} {digest_of(self.resource)}"

    def read(self, model: type[AnyPart]) -> AnyPart:
        """Raises Unreadable (`invalid-field`) where a field that we need has another form."""
        try:
            return model.model_validate(self.resource)
        except ValidationError as error:
            place = (part for part in error.errors(include_input=False)[0]["loc"] if isinstance(part, str))
            raise Unreadable(
                "invalid-field",
                f"A field of the {self.kind} does not have the form that FHIR gives it.",
                ".".join((self.kind, *place)),
            ) from None


@dataclass(repr=False)
class Sheaf:
    """All resources of one message, contained ones too, by what they are called."""

    items: list[Item]
    sent: Moment | None = None
    """When all of it was sent, where the Bundle says so."""
    system: str | None = None
    """The sending system, where the message as a whole names it."""
    issuer: str = "location"
    """Who gave places their ids, where nothing else tells it."""
    memory: dict[Any, Any] = field(default_factory=dict)
    """What was found out once about one of the resources and is asked again."""
    _named: dict[str, Item] = field(default_factory=dict)
    _by_kind: defaultdict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for item in self.items:
            self._by_kind[item.kind].append(item)
            for name in _names(item):
                self._named.setdefault(name, item)

    def of(self, kind: str) -> Sequence[Item]:
        """All of one type, in order."""
        return self._by_kind.get(kind, ())

    def only(self, kind: str) -> Item | None:
        """The one resource of this type; nothing where there are several."""
        found = self.of(kind)
        return found[0] if len(found) == 1 else None

    def find(self, reference: Reference | None) -> Item | None:
        """What a reference means: by full address, by type and id, by a search for an identifier, or by the identifier."""
        if reference is None:
            return None
        text = (reference.reference or "").partition("/_history/")[0]
        found = self._named.get(text) if text else None
        if found is None and "://" in text and "?" not in text:
            found = self._named.get("/".join(text.split("/")[-2:]))
        if found is None and reference.identifier is not None and reference.identifier.value:
            found = self._named.get(f"{reference.identifier.system or ''}|{reference.identifier.value}")
        return found


def identifiers(resource: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """System and value of each identifier that has a value."""
    given = resource.get("identifier")
    for one in given if isinstance(given, list) else [given]:
        if isinstance(one, dict) and isinstance(one.get("value"), str) and one["value"]:
            system = one.get("system")
            yield (system if isinstance(system, str) else "", one["value"])


def items_of(resource: Mapping[str, Any], full_url: str | None = None, place: str = "0") -> list[Item]:
    """A resource and those contained in it, the references between them made good."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not kind:
        return []
    inner = resource.get("contained")
    held = [one for one in (inner if isinstance(inner, list) else [inner]) if isinstance(one, dict)]
    if not held:
        return [Item(kind, resource, full_url)]
    prefix = f"urn:contained:{place}:"
    found = [Item(kind, _absolute(resource, prefix), full_url)]
    for one in held:
        own, name = one.get("resourceType"), one.get("id")
        if isinstance(own, str) and own:
            found.append(Item(own, _absolute(one, prefix), f"{prefix}{name}"))
    return found


def depth_of(value: Any) -> int:
    """How many levels a document has, without a function calling itself."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, level = waiting.pop()
        if isinstance(one, (dict, list)):
            deepest = max(deepest, level)
            inner = one.values() if isinstance(one, dict) else one
            waiting.extend((item, level + 1) for item in inner)
    return deepest


def _names(item: Item) -> Iterator[str]:
    if item.full_url:
        yield item.full_url
    contained = (item.full_url or "").startswith("urn:contained:")
    if isinstance(item.resource.get("id"), str) and not contained:
        yield f"{item.kind}/{item.resource['id']}"
    for system, value in identifiers(item.resource):
        yield f"{item.kind}?identifier={system}|{value}"
        yield f"{system}|{value}"


def _absolute(value: Any, prefix: str) -> Any:
    """The same with ``#id`` written as an address."""
    if isinstance(value, list):
        return [_absolute(item, prefix) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: f"{prefix}{item[1:]}"
        if name == "reference" and isinstance(item, str) and item.startswith("#")
        else _absolute(item, prefix)
        for name, item in value.items()
    }
