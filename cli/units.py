"""What units are called where people read: by the register of organisations, as known at the moment asked about."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.organisations import Names
    from infra.postgres import Connection


class _Register:
    """What the question that is being answered knows; one command answers one."""

    raw: bytes | None = None
    now: datetime | None = None
    names: "Names | None" = None


def forget() -> None:
    """Let units be called by their ids."""
    _Register.raw = _Register.now = _Register.names = None


def learn(connection: "Connection", *, now: datetime | None = None, known_at: datetime | None = None) -> None:
    """Let units be called what they were at ``now`` (``None``: lately), by what was adopted by ``known_at``. Both in UTC."""
    from projections.organisations import adopted_in

    forget()
    _Register.raw, _Register.now = adopted_in(connection, known_at=known_at), now


def name(id: str) -> str:
    """What people call a unit or an organisation; its id where the register does not say."""
    names = _names()
    return id if names is None else names.of(id) or id


def ids(text: str) -> tuple[str, ...]:
    """The ids of the units that are called so."""
    names = _names()
    return () if names is None else names.ids(text)


def _names() -> "Names | None":
    """Read when the first unit is named: most answers for programs name none."""
    if _Register.names is None and _Register.raw is not None:
        from domain.calendar import local_date
        from domain.organisations import Names, read_adopted

        day = None if _Register.now is None else local_date(_Register.now)
        _Register.names = Names(read_adopted(_Register.raw), day)
    return _Register.names
