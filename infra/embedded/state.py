"""What an instance remembers of its local servers between starts: ports, passwords, the cluster's id."""

import base64
import json
import secrets
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.errors import OperatingError
from infra.home import write_private


def _password() -> str:
    return secrets.token_urlsafe(24)


def _cluster_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


@dataclass
class State:
    """Kept in a file only its owner can read; ports are 0 until the first start has chosen them."""

    postgres_port: int = 0
    postgres_password: str = field(default_factory=_password, repr=False)
    kafka_port: int = 0
    kafka_controller_port: int = 0
    kafka_password: str = field(default_factory=_password, repr=False)
    kafka_internal_password: str = field(default_factory=_password, repr=False)
    kafka_cluster_id: str = field(default_factory=_cluster_id)
    kafka_pid: int = 0

    def save(self, path: Path) -> None:
        """Write the state, whole or not at all."""
        write_private(path, json.dumps(asdict(self), indent=2) + "\n")


def load(path: Path) -> State | None:
    """Read the state; nothing where no server was ever started. Raises OperatingError if it is damaged."""
    try:
        return State(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except PermissionError:
        raise OperatingError(
            f"The servers in {path.parent} belong to another user.",
            hint="Set CARECHAIN_HOME to a folder of your own.",
            exit_code=4,
        ) from None
    except (ValueError, TypeError):
        raise OperatingError(
            f"The file {path}, which holds the servers' passwords, is damaged.",
            hint="Restore it from a backup; without it the data beside it cannot be opened.",
            exit_code=2,
        ) from None
