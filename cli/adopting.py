"""What commands that adopt something have in common: reading files, who asks, what is on record and what is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from cli.output import say
from domain.errors import Refused

if TYPE_CHECKING:
    from domain.agreement import Agreement
    from domain.basis import Basis

Made = TypeVar("Made")


def text_of(file: Path) -> str:
    """The file's text. Raises ``Refused`` where it is not UTF-8."""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{file.name} is not UTF-8 text.", hint="Save it as UTF-8.") from None


def on_record(put: Callable[[str, str, datetime], Made]) -> Made:
    """What ``put`` does with the store's address, who asks as a staff reference, and the moment in UTC."""
    from datetime import UTC

    from cli.actor import staff_reference
    from infra.settings import connections, load_settings

    return put(connections(load_settings()).store_dsn, staff_reference(), datetime.now(UTC))


@dataclass(frozen=True)
class Reference:
    """The events of the reference stream, oldest first."""

    shown: tuple[bytes, ...]
    """What the answers rest on."""
    waiting: tuple[bytes, ...] = ()
    """What is on record here, and has not come by Kafka yet."""

    @property
    def every(self) -> tuple[bytes, ...]:
        return (*self.shown, *self.waiting)

    def basis(self, known_at: datetime | None) -> "Basis":
        """What the answers rest on."""
        from domain.adopted import basis_of

        return basis_of(self.shown, known_at=known_at)


def reference() -> Reference:
    """What was adopted. Raises ``OperatingError`` where PostgreSQL is out of reach."""
    from consumers.adoption import recorded
    from consumers.journal import Journal
    from infra.postgres import connect
    from infra.settings import connections, load_settings

    reached = connections(load_settings())
    with connect(reached.read_dsn, application_name="carechain read") as connection:
        shown = tuple(Journal(connection).reference())
    known = set(shown)
    return Reference(shown, tuple(body for body in recorded(reached.store_dsn) if body not in known))


def tell_waiting(found: Reference) -> None:
    """Say so where something on record is not yet what the answers rest on."""
    if found.waiting:
        what = "One adoption is" if len(found.waiting) == 1 else f"{len(found.waiting)} adoptions are"
        say(f"{what} on record and not passed on yet: `carechain run` does it.")


def adopted_named(name: str) -> "list[Agreement]":
    """Those that stand under an id or an id@version, oldest version first; none where no server is up."""
    from domain.adopted import basis_of
    from infra.errors import OperatingError

    try:
        basis = basis_of(reference().every)
    except OperatingError:
        return []
    found = [agreement for agreement in basis.agreements if name in (agreement.id, agreement.name)]
    return sorted(found, key=lambda agreement: agreement.version)
