"""What the facts' own files say of them: the words for --help and for the descriptions in the schemas."""

import ast
import importlib
import inspect
import textwrap
from functools import cache
from types import ModuleType

from pydantic import BaseModel

from domain.fact import Fact, load_catalogue


@cache
def steps() -> tuple[tuple[str, tuple[type[Fact], ...]], ...]:
    """The facts by step of the care chain, newest version each: the step's sentence, and its facts in order."""
    newest: dict[str, type[Fact]] = {}
    for kind in sorted(load_catalogue().values(), key=lambda kind: (kind.RANK, kind.NAME, kind.VERSION)):
        newest[kind.NAME] = kind
    files: dict[str, list[type[Fact]]] = {}
    for kind in newest.values():
        files.setdefault(kind.__module__, []).append(kind)
    return tuple((_title(importlib.import_module(name)), tuple(kinds)) for name, kinds in files.items())


def _title(module: ModuleType) -> str:
    return plain(module.__doc__ or "").partition(":")[0].partition(" (")[0].rstrip(".")


def sentence(kind: type[BaseModel]) -> str:
    """The first paragraph of its docstring: the Swedish term, what it is, the paragraph of the law."""
    return plain(inspect.cleandoc(kind.__doc__ or "").partition("\n\n")[0])


def more(kind: type[BaseModel]) -> list[str]:
    """The paragraphs after the first."""
    return [plain(part) for part in inspect.cleandoc(kind.__doc__ or "").split("\n\n")[1:]]


@cache
def field_words(model: type[BaseModel]) -> dict[str, str]:
    """The docstring under each field, those of the classes it inherits from included."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _own_words(base)
    return {name: text for name, text in found.items() if name in model.model_fields}


def _own_words(model: type[BaseModel]) -> dict[str, str]:
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    assert isinstance(tree, ast.ClassDef)
    found = {}
    for statement, following in zip(tree.body, tree.body[1:], strict=False):
        if (
            isinstance(statement, ast.AnnAssign)
            and isinstance(statement.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            found[statement.target.id] = plain(following.value.value)
    return found


def plain(text: str) -> str:
    """One line without the docstrings' marks."""
    return " ".join(text.split()).replace("``", "").replace("*", "")
