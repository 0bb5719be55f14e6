"""Looks for identities wherever they could have come: tables, topics, output, files, in any spelling or unsalted hash."""

import base64
import gzip
import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from conftest import Place
from psycopg import sql
from pypdf import PdfReader
from relay_facts import published

from infra import kafka
from infra.postgres import Connection

HASHES = ("md5", "sha1", "sha256", "sha512")
NUMBER = re.compile(r"(\d\d)?(\d{6})[-+]?(\d{4})", re.ASCII)
Found = tuple[str, str, str]
"""Where, which identity, in which form."""


def spellings(identity: str) -> set[str]:
    """As others may write it: a number with and without dash and century, anything with and without its signs."""
    texts = {identity, re.sub(r"[-+ ]", "", identity)}
    number = NUMBER.fullmatch(identity)
    if number is not None:
        century, day, rest = number[1] or "19", number[2], number[3]
        for sign in ("", "-", "+"):
            texts |= {f"{day}{sign}{rest}", f"{century}{day}{sign}{rest}"}
    return {form for text in texts for form in (text, text.lower(), text.upper())}


def forms(identity: str) -> dict[str, bytes]:
    """Everything that would give the identity away -> what it is called. Letters' case does not matter."""
    found: dict[str, bytes] = {}
    for text in spellings(identity):
        found[f"plain {text}"] = text.encode()
        found[f"escaped {text}"] = json.dumps(text)[1:-1].encode()
        found[f"quoted {text}"] = quote(text).encode()
        found[f"latin-1 {text}"] = text.encode("latin-1")
        found[f"utf-16 {text}"] = text.encode("utf-16-le")
        found[f"hex {text}"] = text.encode().hex().encode()
        found |= {f"base64/{n} {text}": coded for n, coded in enumerate(_base64(text.encode()))}
        found |= _hashed(text)
    return {name: form.lower() for name, form in found.items()}


def _base64(raw: bytes) -> Iterator[bytes]:
    """As it stands inside a longer text: the signs that depend on nothing but the bytes themselves."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        begin, over = (0, 2, 3)[before], (before + len(raw)) % 3
        end = len(coded) - (0, 3, 2)[over]
        yield coded[begin:end]
        yield coded[begin:end].translate(bytes.maketrans(b"+/", b"-_"))


def _hashed(text: str) -> dict[str, bytes]:
    found = {}
    for name in HASHES:
        digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
        found[f"{name} {text}"] = digest.hex().encode()
        found[f"{name} as bytes {text}"] = digest
        found[f"{name} in base64 {text}"] = base64.b64encode(digest).rstrip(b"=")
    return found


class Scanner:
    """Knows the identities to look for."""

    def __init__(self, identities: Iterable[str]) -> None:
        every = [(one, name, form) for one in identities for name, form in forms(one).items()]
        self._head = min(len(form) for _, _, form in every)
        """Bytes by which each form is looked up."""
        self._by_head: dict[bytes, list[tuple[str, str, bytes]]] = {}
        for identity, name, form in every:
            self._by_head.setdefault(form[: self._head], []).append((identity, name, form))

    def scan(self, places: Mapping[str, bytes], *, plain_only: bool = False) -> list[Found]:
        """Each identity found, by place."""
        return [
            (place, identity, name)
            for place, content in places.items()
            for identity, name in self._found(content.lower())
            if not plain_only or name.startswith("plain")
        ]

    def _found(self, lowered: bytes) -> dict[tuple[str, str], None]:
        # Forms are many thousands: each place in the content is looked at once, not once for each of them.
        heads, length = self._by_head, self._head
        return {
            (identity, name): None
            for start in range(len(lowered) - length + 1)
            if (head := lowered[start : start + length]) in heads
            for identity, name, form in heads[head]
            if lowered.startswith(form, start)
        }


def tables(connection: Connection) -> dict[str, bytes]:
    """Every value of every table and view that is not PostgreSQL's own, and that the reader may see; bytes as they are."""
    names = connection.execute(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'"
        " AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1, 2"
    ).fetchall()
    return {
        f"table {schema}.{table}": values(
            connection, sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table))
        )
        for schema, table in names
    }


def values(connection: Connection, query: sql.Composed) -> bytes:
    """Every value that a query gives."""
    return b"\n".join(_bytes(value) for row in connection.execute(query) for value in row)


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if isinstance(value, list):
        return b"\n".join(_bytes(item) for item in value)
    return str(value).encode()


def topics(place: Place) -> dict[str, bytes]:
    """Keys, headers and values of every record of the place's topics, also of what was not committed."""
    with kafka.admin(place.connections.kafka) as admin:
        names = [n for n in admin.topics() if n.startswith(place.settings.topic_prefix)]
    found = {}
    for name in sorted(set(names) - {place.topic("inbound")}):
        records = published(place.connections.kafka, name, isolation_level="read_uncommitted")
        found[f"topic {name}"] = b"\n".join(
            part
            for record in records
            for part in (
                record.key or b"",
                record.value or b"",
                *(text.encode() + b"=" + value for text, value in record.headers),
            )
        )
    return found


def files(folder: Path, *patterns: str) -> dict[str, bytes]:
    """Names and content of the files below a folder."""
    found = {}
    # Walked so that it may change meanwhile: Kafka takes away what another test has deleted at its own time.
    for root, _, names in os.walk(folder):
        for name in names:
            file = Path(root, name)
            if any(file.match(pattern) for pattern in patterns):
                with suppress(FileNotFoundError):
                    found[f"file {file.relative_to(folder)}"] = str(file).encode() + b"\n" + opened(file)
    return found


def opened(file: Path) -> bytes:
    """A file's bytes, and what is packed in them: the members of a zip, a packed file, a PDF's text."""
    raw = file.read_bytes()
    if raw.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            return raw + b"".join(name.encode() + b"\n" + packed.read(name) for name in packed.namelist())
    if raw.startswith(b"\x1f\x8b"):
        return raw + gzip.decompress(raw)
    if raw.startswith(b"%PDF"):
        pages = PdfReader(io.BytesIO(raw)).pages
        return raw + "\n".join(page.extract_text() for page in pages).encode()
    return raw
