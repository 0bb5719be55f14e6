"""What of a content type may stand in clear: known types and parameters, never a sender's own word."""

import codecs
import re

from consumers.intake.reading import formats

OTHER = "application/octet-stream"
_OURS = frozenset({OTHER, "application/gzip"})
_PARAMETERS = (
    re.compile(r"part=line"),
    re.compile(r"mapping=[a-z][a-z0-9-]{0,63}@\d{1,6}"),  # of a row that our own mapping told from the others
)
_CHARSET = re.compile(r'charset="?([A-Za-z0-9][A-Za-z0-9_.:-]{0,30})"?', re.IGNORECASE)


def known_part(content_type: str) -> str:
    """The type with those of its parameters that are known, in lower case; ``OTHER`` for a type that is not."""
    plain, *parameters = (part.strip() for part in content_type.split(";"))
    plain = plain.lower()
    if plain not in _OURS and not any(plain in format.content_types for format in formats()):
        return OTHER
    return "; ".join([plain, *(known for parameter in parameters if (known := _known(parameter)))])


def _known(parameter: str) -> str | None:
    if any(known.fullmatch(parameter) for known in _PARAMETERS):
        return parameter
    named = _CHARSET.fullmatch(parameter)
    if named is None:
        return None
    try:
        return f"charset={codecs.lookup(named[1]).name}"
    except LookupError:
        return None
