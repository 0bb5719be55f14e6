"""What does not fit between those who share the care: one file for each gap, overlap and contradiction.

Each offers ``TEXTS`` (code -> one sentence for people) and ``rows(chain, care)``, where ``care`` is who gives it.
"""

from collections.abc import Iterator, Sequence
from types import ModuleType

from domain.chain import Chain
from domain.discovery import modules_of
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


def _modules() -> tuple[ModuleType, ...]:
    return modules_of(__name__)
