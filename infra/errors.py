"""The one error for trouble with servers, settings and rights, told to people as a sentence."""


class OperatingError(Exception):
    """Something around the program is wrong: a server, a setting, a right, a disk.

    `message` is one sentence an administrator can act on and `hint` what to do next. `exit_code` is 2 for
    usage or configuration, 3 where Kafka or PostgreSQL cannot be reached, 4 where something is not allowed.
    """

    def __init__(self, message: str, *, hint: str | None = None, exit_code: int = 3) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


class VaultError(OperatingError):
    """The vault cannot: bytes were changed, or keys belong to another master key, or a key is destroyed."""


class KeyDestroyedError(VaultError):
    """Something new was to be sealed where the key was destroyed, by decision or at the end of its time."""
