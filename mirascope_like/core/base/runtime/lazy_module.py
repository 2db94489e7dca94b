"""Imports modules when one of their names is first used, so that a program loads only the modules that it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from .old_paths import find as find_old


class LazyModule:
    """Replaces the module with this full name, and imports it when an attribute is first read.

    Use it in the `else` branch of `if TYPE_CHECKING:`, so that type checkers see a normal import.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __reduce__(self) -> Any:
        # cloudpickle pickles decorated functions with the global names that they use.
        return LazyModule, (self._name,)

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self._name), name)
        self.__dict__[name] = value  # later reads do not reach __getattr__
        return value


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return the `__getattr__` and `__dir__` of a package that imports a submodule when one of its names is first used.

    `homes` maps each submodule to its public names, separated by spaces. Type checkers see normal imports. Names that
    the package had when it was still a module (see `old_paths`) are found too.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if (module := home.get(name)) is None:
            return find_old(package, name)
        value = getattr(import_module(f".{module}", package), name)
        setattr(sys.modules[package], name, value)  # later reads do not reach __getattr__
        return value

    return load, lambda: sorted(home)
