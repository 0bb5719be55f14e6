"""The account as a web page of its own: one file that asks for nothing, in any browser, on paper and for readers aloud."""

from functools import cache
from typing import TYPE_CHECKING

from cli.account.model import Account, together

if TYPE_CHECKING:
    from jinja2 import Template


def as_page(account: Account) -> str:
    """The whole page. Whatever the account holds is text in it, never markup."""
    return _template().render(account=account)


@cache
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("cli.account", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["together"] = together
    return environment.get_template("page.html")
