"""One value on Kafka as messages: by its header ``content-type``, else by how it begins."""

import re
from collections.abc import Iterator
from dataclasses import replace

from consumers.intake.door import guarded
from consumers.intake.message import Message, Told
from consumers.intake.reading import messages_of
from consumers.intake.site import Site
from domain.errors import Unreadable
from infra.kafka import Record

_SOURCE = re.compile(r"[a-z][A-Za-z0-9:._-]{0,127}")
"""A source's name, as a submission has it."""
_NUMBER = re.compile(r"\d{6}[-+]?\d{4}")


def read_value(record: Record, site: Site) -> Iterator[Message]:
    """The messages of one value; from the source that its header ``source`` names, where they do not tell their own."""
    raw = bytes(record.value or b"")
    headers = {name.lower(): value.decode("latin-1") for name, value in record.headers}
    content_type = headers.get("content-type", "")
    place = f"inbound, partition {record.partition}, offset {record.offset}"

    def whole() -> Message:
        return Message.of(
            raw,
            _nothing,
            place=place,
            format="unknown",
            content_type=content_type or "application/octet-stream",
        )

    source = headers.get("source", "")
    named = _SOURCE.fullmatch(source) and not _NUMBER.search(source)
    for message in guarded(messages_of(raw, content_type, site, place), whole):
        yield _sent_by(source, message) if named else message


def _nothing() -> Told:
    raise Unreadable("not-read", "carechain could not read this message.")


def _sent_by(source: str, message: Message) -> Message:
    """The same message, from this source where it does not tell its own."""

    def read() -> Told:
        try:
            told = message.read()
        except Unreadable as unreadable:
            return Told(message.format, source=source, trouble=unreadable)
        return told if told.source is not None else replace(told, source=source)

    return replace(message, read=read)
