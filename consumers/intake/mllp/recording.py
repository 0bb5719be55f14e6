"""Takes in what all connections have read, many messages a transaction, and makes the answer of each.

The answers (HL7 v2, chapter 2, table 0008): AA when a message is on disk, as a fact or as a dead letter; AE when it could
not be stored and is to be sent again; AR when sending it again is of no use.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

from consumers.intake.door import Door
from consumers.intake.hl7v2.ack import acknowledgement, is_supported
from consumers.intake.hl7v2.profile import profile_of
from consumers.intake.ingest import Outcome
from consumers.intake.message import Message, Told
from consumers.intake.mllp.framing import Frame
from consumers.intake.reading import messages_of
from domain.errors import Unreadable
from infra.errors import OperatingError
from infra.logs import fault, get_logger

FORMAT, CONTENT_TYPE = "hl7v2", "application/hl7-v2"
Code = Literal["AA", "AE", "AR"]
_PLACE = "MLLP"
_NOT_STORED = "It could not be stored now. Send it again later."

_log = get_logger(__name__)


@dataclass(frozen=True, repr=False)
class Answer:
    """What one frame is answered."""

    code: Code
    text: str = ""
    """Why it is not simply AA; a sentence that names nobody."""


def written(frame: Frame, answer: Answer) -> bytes:
    """The answer as an HL7 v2 message. Never raises."""
    now = datetime.now(UTC)
    try:
        return acknowledgement(frame.head, answer.code, answer.text, now=now)
    except Exception as error:  # noqa: BLE001  # without an answer its sender and all behind it would wait for ever
        _log.error("mllp_answer_failed", why=type(error).__name__, size=frame.size)
        return acknowledgement(b"", answer.code, answer.text, now=now)


class Recording:
    """Takes frames to a door, and makes answers of what became of them. To be used in the door's thread only."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def open(self) -> None:
        """Connect, unless that is done. Raises ``OperatingError`` where a server is gone."""
        self._door.open()

    def close(self) -> None:
        """Let go of the connections; the next batch would open others."""
        self._door.close()

    def take(self, frames: Sequence[Frame]) -> list[bytes]:
        """Take frames in and answer each, in order. Never raises: what goes wrong is an answer, too."""
        return [written(frame, answer) for frame, answer in zip(frames, self._answers(frames), strict=True)]

    def _answers(self, frames: Sequence[Frame]) -> list[Answer]:
        try:
            return self._recorded(frames)
        except OperatingError as error:
            _log.error("mllp_not_stored", messages=len(frames), why=error.message, hint=error.hint)
            return [Answer("AE", _NOT_STORED)] * len(frames)
        except Exception as error:  # noqa: BLE001  # a mistake of ours about one message must not stop the others
            if len(frames) > 1:
                return [answer for frame in frames for answer in self._answers([frame])]
            _log.error("mllp_failed", why=fault(error), size=frames[0].size)
            return [Answer("AE", _NOT_STORED)]

    def _recorded(self, frames: Sequence[Frame]) -> list[Answer]:
        said = [self._messages(frame) for frame in frames]
        outcomes = iter(self._door.take([message for messages in said for message in messages]))
        return [
            self._answer(frame, list(islice(outcomes, len(messages))))
            for frame, messages in zip(frames, said, strict=True)
        ]

    def _messages(self, frame: Frame) -> list[Message]:
        """Most often one; a sender may put a batch into one block."""
        if frame.digest is not None:
            return [_too_large(frame, frame.digest)]
        return [
            # How it stood in the block is of no use to a person: it came over a line.
            replace(message, place=_PLACE)
            for message in messages_of(frame.head, CONTENT_TYPE, self._door.site, _PLACE)
        ]

    def _answer(self, frame: Frame, outcomes: Sequence[Outcome]) -> Answer:
        if frame.wrong is not None:
            return Answer("AR", frame.wrong)
        if not outcomes:
            return Answer("AR", "The block holds no message.")
        aside = next((o.trouble for o in outcomes if o.trouble is not None), None)
        if aside is not None:
            code: Code = "AE" if self._answers_dead_letters_ae(frame.head) else "AA"
            return Answer(code, f"Dead letter: {aside.message}")
        if all(o.verdict == "not_of_use" for o in outcomes) and not is_supported(frame.head):
            return Answer("AR", "Messages of this type are not taken in.")
        return Answer("AA")

    def _answers_dead_letters_ae(self, raw: bytes) -> bool:
        profile = profile_of(raw, self._door.site.profiles)
        return profile is not None and profile.answer_dead_letters == "AE"


def _too_large(frame: Frame, digest: str) -> Message:
    """A letter tells of it, so that people know; its bytes are gone."""
    why = frame.wrong or ""

    def refuse() -> Told:
        raise Unreadable("too-large", why)

    return Message(_PLACE, FORMAT, CONTENT_TYPE, None, digest, frame.size, refuse)
