"""A stay's days before they are settled between region and municipality (LUS 4:5, 5 chap.)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.fact import Fact
from domain.identifiers import MunicipalityCode
from domain.view import JourneyView

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", examples=["2026-03"])]
"""A calendar month in Sweden, as ``2026-03``."""


class CaseDisputed(
    Fact, name="case-disputed", command="DisputeCase", rank=160, mandatory=("municipality", "month", "reason")
):
    """*Bestridande av underlag*: the municipality contests a stay's data with the hospital before the freeze."""

    municipality: MunicipalityCode | None = None
    month: Month | None = None
    """The calendar month of discharge, as ``2026-03``."""
    reason: (
        Literal[
            "not-notified", "wrong-time", "wrong-municipality", "open-care-missing", "not-discharge-ready", "other"
        ]
        | None
    ) = None  # fmt: skip

    def check(self, view: JourneyView) -> None:
        view.require_stay("dispute a case")
