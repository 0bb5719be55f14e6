"""Every mismatch has one sentence for people, and a test file of its own."""

from pathlib import Path

from domain.findings import TEXTS
from domain.mismatches import texts


def test_each_has_a_sentence() -> None:
    assert texts().items() <= TEXTS.items()
    assert all(text.endswith(".") and text.count(".") == 1 for text in texts().values())


def test_each_has_a_test() -> None:
    written = "".join(
        file.read_text() for file in Path(__file__).parent.glob("test_*.py") if file != Path(__file__)
    )
    assert [code for code in texts() if f'"{code}"' not in written] == []
