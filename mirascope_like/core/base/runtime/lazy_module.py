"""Modules that are loaded when something in them is first used, so that a program pays for no more than it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from .old_paths import find as find_old


class LazyModule:
    """A module, by its full name. A type checker is shown the import itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self._name), name)
        self.__dict__[name] = value  # the next time it is found at once
        return value


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`, which load a name's module when the name is first used.

    `homes` maps each module of the package to the names in it, separated by spaces. A type checker is shown the imports
    themselves. Names that a module of the same path had before it became a package are found as well.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if (module := home.get(name)) is None:
            return find_old(package, name)
        value = getattr(import_module(f".{module}", package), name)
        setattr(sys.modules[package], name, value)  # the next time it is found at once
        return value

    return load, lambda: sorted(home)
