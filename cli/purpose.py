"""For what patients' data are read (PDL 2:4): as said, else as answered once in half a day, else as usual for the role."""

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.output import say

if TYPE_CHECKING:
    from infra.postgres import Connection

PURPOSES = ("care", "coordination", "administration", "quality", "patient-request", "audit")
USUAL = {"operator": "coordination", "care": "care", "municipal": "quality", "auditor": "audit"}
HOLDS = timedelta(hours=12)
"""How long an answer holds: a long day's work."""


def purpose_of(connection: "Connection", role: str) -> str:
    """The purpose of a reader with a commission: asked at a terminal where the role has several, and remembered."""
    usual = USUAL.get(role, "care")
    if not at_a_terminal():
        return usual
    remembered = _remembered(role)
    if remembered is not None:
        return remembered
    rows = connection.execute(
        "SELECT purpose FROM access.purpose WHERE role = %s ORDER BY purpose", (role,)
    ).fetchall()
    allowed = [purpose for (purpose,) in rows]
    if len(allowed) < 2:
        return usual
    answer = ""
    while answer not in allowed:
        if answer:
            say(f"Your purposes are {', '.join(allowed)}.")
        answer = str(
            typer.prompt(f"For what do you read ({', '.join(allowed)})", default=usual, err=True)
        ).strip()
    _remember(role, answer)
    return answer


def at_a_terminal() -> bool:
    """Whether somebody is there to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _file() -> Path:
    from infra.settings import load_settings

    return load_settings().home / "purpose.json"


def _remembered(role: str) -> str | None:
    try:
        said = json.loads(_file().read_text(encoding="utf-8"))
        fresh = datetime.now(UTC) - datetime.fromisoformat(said["at"]) < HOLDS
        return str(said["purpose"]) if fresh and said["role"] == role else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(role: str, purpose: str) -> None:
    file = _file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.write_text(
        json.dumps({"role": role, "purpose": purpose, "at": datetime.now(UTC).isoformat()}), encoding="utf-8"
    )
