"""What a resource says that no fact has a place for: as lines of text, the same for JSON and XML."""

from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

_ALWAYS_READ: Final = frozenset({"resourceType", "id", "meta", "implicitRules", "language", "contained"})


def lines_of(resource: Mapping[str, Any], read: Collection[str] = ()) -> str:
    """The elements that are not in ``read``, one value a line behind its path; nothing if none are left.

    Elements stand by name, repeated ones in their order, so that one resource always gives one text. The narrative
    is left out: it repeats in words what the elements say.
    """
    left = {
        name: value
        for name, value in resource.items()
        if name not in _ALWAYS_READ and name.lstrip("_") not in read and not _is_narrative(name, value)
    }
    found = list(_lines("", left))
    return "\n".join([name_of(resource), *found]) if found else ""


def name_of(resource: Mapping[str, Any]) -> str:
    """Its type and id, as other resources refer to it."""
    kind, own = resource.get("resourceType"), resource.get("id")
    return f"{kind}/{own}" if isinstance(own, str) and own else str(kind)


def digest_of(resource: Mapping[str, Any]) -> str:
    """Hex SHA-256 of everything it says, the same for JSON and XML."""
    everything = {name: value for name, value in resource.items() if not _is_narrative(name, value)}
    return sha256("\n".join(_lines("", everything)).encode("utf-8", "replace")).hexdigest()


def _is_narrative(name: str, value: Any) -> bool:
    return name == "text" and isinstance(value, dict) and "status" in value


def _plain_name(name: str) -> tuple[str, bool]:
    """What JSON writes beside a plain value (``_birthDate``) stands with it, as in XML."""
    return name.lstrip("_"), name.startswith("_")


def _lines(path: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name in sorted(value, key=_plain_name):
            inner, _ = _plain_name(name)
            yield from _lines(f"{path}.{inner}" if path else inner, value[name])
    elif isinstance(value, list):
        for item in value:
            yield from _lines(path, item)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield f"{path}: {text}"
