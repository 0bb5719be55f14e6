"""What does not fit between those who share the care: one file for each gap, overlap and contradiction.

Each offers ``TEXTS`` (code -> one sentence for people) and ``rows(chain, care)``, where ``care`` is who gives it.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from functools import cache
from types import ModuleType

from domain.chain import Chain
from domain.rows import Finding, Responsibility


def mismatches(chain: Chain, care: Sequence[Responsibility]) -> Iterator[Finding]:
    """Every stretch with nobody, with two who claim the same, or in which each believes it is the other.

    What was mended in the same moment never was one.
    """
    for module in _modules():
        for row in module.rows(chain, care):
            if row.ended_at is None or row.ended_at > row.valid_from:
                yield row


def texts() -> dict[str, str]:
    """Finding code -> one sentence for people."""
    return {code: text for module in _modules() for code, text in module.TEXTS.items()}


@cache
def _modules() -> tuple[ModuleType, ...]:
    """The folder is the list."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names if name[0] != "_")
