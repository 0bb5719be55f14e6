"""TOML that people wrote: what is odd is refused with a sentence, whatever it is."""

import pytest

from domain.errors import Refused
from domain.toml_text import DEPTH_MAX, parsed_toml


def test_a_document_is_read_with_and_without_a_byte_order_mark() -> None:
    assert parsed_toml("a = 1", "x.toml") == parsed_toml("\ufeffa = 1", "x.toml") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = ", "x.toml: This is not TOML: Invalid value (at end of document)."),
        ("a = " + "[" * 5000, f"x.toml: Tables or lists stand inside each other more than {DEPTH_MAX} deep."),
        (
            "a." * 3000 + "b = 1",
            f"x.toml: Tables or lists stand inside each other more than {DEPTH_MAX} deep.",
        ),
    ],
)
def test_what_is_no_document_is_refused(text: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed_toml(text, "x.toml")
    assert refused.value.message == message


def test_a_number_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refused, match="This is not TOML"):
        parsed_toml("a = " + "9" * 5000, "x.toml")


def test_as_deep_as_may_be() -> None:
    assert parsed_toml("a = " + "[" * (DEPTH_MAX - 1) + "]" * (DEPTH_MAX - 1), "x.toml")
    with pytest.raises(Refused):
        parsed_toml("a = " + "[" * DEPTH_MAX + "]" * DEPTH_MAX, "x.toml")
