"""The reference page on HL7 v2 says what the code does."""

from pathlib import Path

from consumers.intake.hl7v2.header import SUPPORTED
from consumers.intake.hl7v2.page import EVENTS_IN_WORDS, as_markdown
from consumers.intake.hl7v2.profile import Profile

PAGE = Path(__file__).parents[2] / "infra" / "reference" / "hl7v2.md"


def test_the_page_is_as_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == as_markdown(), (
        "write it anew: carechain source fields > infra/reference/hl7v2.md"
    )


def test_every_event_and_every_key_is_told() -> None:
    assert set(EVENTS_IN_WORDS) == SUPPORTED
    assert all(field.description for field in Profile.model_fields.values())
