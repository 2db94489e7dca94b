"""Modules that are loaded when something in them is first used, so that a program pays for no more than it uses."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Later:
    """A module, by its full name. A type checker is shown the import itself."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self._name), name)
        self.__dict__[name] = value  # the next time it is found at once
        return value
