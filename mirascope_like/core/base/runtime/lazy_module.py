"""Modules that are imported when one of their names is first used, so that a program loads only what it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from .old_paths import find as find_old


class LazyModule:
    """A stand-in for the module with this full name; imports it when an attribute is first read.

    Type checkers see a normal import: use it in the `else` of `if TYPE_CHECKING`.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self._name), name)
        self.__dict__[name] = value  # later reads do not reach __getattr__
        return value


def lazy_names(package: str, homes: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`, which import a submodule when one of its names is first used.

    `homes` maps each submodule to the names in it, separated by spaces. Type checkers see normal imports. Names from
    before the module became a package (see `old_paths`) are found too.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}

    def load(name: str) -> Any:
        if (module := home.get(name)) is None:
            return find_old(package, name)
        value = getattr(import_module(f".{module}", package), name)
        setattr(sys.modules[package], name, value)  # later reads do not reach __getattr__
        return value

    return load, lambda: sorted(home)
