"""The folder is the list: every module of a package, so that a new file is part of the system without being named."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType


@cache
def modules_of(package: str) -> tuple[ModuleType, ...]:
    """The modules of a package in order of name, imported; those that begin with an underscore are only parts."""
    path = importlib.import_module(package).__path__
    names = sorted(module.name for module in pkgutil.iter_modules(path) if not module.name.startswith("_"))
    return tuple(importlib.import_module(f"{package}.{name}") for name in names)
