"""The account as a PDF that a screen reader can read too: tagged, in Swedish, with headings as bookmarks (PDF/UA-1)."""

import json
from dataclasses import asdict
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from cli.account.model import Account, together

UNKNOWN = "\N{REPLACEMENT CHARACTER}"


def as_pdf(account: Account) -> bytes:
    """The whole document, A4. Whatever the account holds is text in it, never markup."""
    import typst

    pdf: bytes = typst.compile(
        files("cli.account").joinpath("page.typ").read_bytes(),
        font_paths=typst.Fonts(False, False, [str(_fonts())]),
        sys_inputs={"account": json.dumps(_printable(asdict(account)))},
        format="pdf",
        pdf_standards="ua-1",
    )
    return pdf


@cache
def _fonts() -> Path:
    """DejaVu, which has every letter of the languages of Europe, comes with matplotlib."""
    from matplotlib import get_data_path

    return Path(get_data_path(), "fonts", "ttf")


@cache
def _letters() -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_fonts() / "DejaVuSans.ttf")).get_charmap())


def _printable(value: Any) -> Any:
    """The same with a mark for signs that the font has not: a page with a gap is better than none."""
    if isinstance(value, str):
        signs = together(value)
        return "".join(sign if sign == "\n" or ord(sign) in _letters() else UNKNOWN for sign in signs)
    if isinstance(value, dict):
        return {name: _printable(one) for name, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value
