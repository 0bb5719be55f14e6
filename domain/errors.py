"""The two ways the domain says no: a refusal to a person, and input that cannot become a fact."""

from __future__ import annotations

from pydantic_core import PydanticCustomError


class Refused(Exception):
    """A command, or a value somebody gave, that the domain turns down.

    `message` is one sentence a ward nurse or an administrator can act on; `hint` (may be empty) says what to
    do instead. Neither ever contains an identity, so both may be logged and shown.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        return type(self), (self.message, self.hint)


class Unreadable(Exception):
    """Input that cannot become a fact, and so goes to the dead letters.

    `reason` is a short machine code that stays the same over versions (`no-patient-id`, `not-json`,
    `unknown-fact`, `invalid-field`, `unknown-id-system`); `message` is one sentence; `field` is where the fault is
    thought to be, by the format's own name for the place (`PV1-44`, `Encounter.period`). None of them ever contains
    an identity or a piece of the input.
    """

    def __init__(self, reason: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field

    def __reduce__(self) -> tuple[type[Unreadable], tuple[str, str, str | None]]:
        return type(self), (self.reason, self.message, self.field)


def field_error(refused: Refused) -> PydanticCustomError:
    """The same refusal in the form pydantic collects: type `refused`, context `message` and `hint`."""
    return PydanticCustomError("refused", "{message}", {"message": refused.message, "hint": refused.hint})
