"""What can be wrong with an audit bundle, told once of each kind, and the verdict on the whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from consumers.audit.bundle import Manifest
from domain.checkpoint import Checkpoint
from domain.errors import Refused
from infra.errors import OperatingError

Kind = Literal[
    "container",
    "manifest",
    "file",
    "signature",
    "checkpoint",
    "earlier",
    "since",
    "place",
    "tree",
    "version",
    "chain",
    "journeys",
    "period",
]
"""The kinds of faults; `infra/reference/audit-bundle.md` says what each means."""


@dataclass(frozen=True)
class Fault:
    """The first fault of a kind."""

    kind: Kind
    message: str
    where: str
    """The file, and where it helps the line."""
    expected: str | None = None
    found: str | None = None


@dataclass
class Faults:
    """The first of each kind, in the order in which they were found."""

    first: dict[Kind, Fault] = field(default_factory=dict)

    def add(
        self, kind: Kind, where: str, message: str, expected: object = None, found: object = None
    ) -> None:
        self.first.setdefault(
            kind, Fault(kind, message, where, *(None if x is None else str(x) for x in (expected, found)))
        )

    def equal(self, kind: Kind, where: str, message: str, expected: object, found: object) -> None:
        """A fault unless what was found is what was expected."""
        if expected != found:
            self.add(kind, where, message, expected, found)

    @contextmanager
    def refused(self, kind: Kind, where: str) -> Iterator[None]:
        """What is refused inside is a fault, and what follows inside cannot be looked at."""
        try:
            yield
        except (Refused, OperatingError) as error:
            self.add(kind, where, error.message)
        except ValueError as error:
            self.add(kind, where, str(error))


Trusted = Literal["given", "bundle"]
GIVEN: Final = "given"
OWN: Final = "bundle"


@dataclass(frozen=True)
class Verdict:
    """What a bundle shows, and what is wrong with it."""

    faults: tuple[Fault, ...]
    key: Trusted
    """Whose word the key was taken on: the auditor's, or only the bundle's own."""
    manifest: Manifest | None = None
    checkpoint: Checkpoint | None = None
    facts: int = 0
    leaves: tuple[int, int] | None = None
    """The numbers of the first and the last leaf, of a period."""
    earlier: int = 0
    """How many earlier checkpoints this log was shown to extend."""
    since: Checkpoint | None = None
    """The one that the auditor kept."""

    @property
    def holds(self) -> bool:
        return not self.faults


NOTE_BYTES: Final = 64 * 1024
"""No checkpoint is longer."""
