"""Paths of functions and classes ("module:qualified.name"), by which pickles and dumps find them again.

Tools use it for the functions and classes they are made from. Knows no tools.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from types import MethodType
from typing import Any


def path_of(owner: Any) -> str | None:
    """Return the path of a function or class; None if no path leads to this very object."""
    module, names = getattr(owner, "__module__", None), getattr(owner, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(names, str):
        return None
    path = f"{module}:{names}"
    found = loaded(path)
    return path if found is owner or (isinstance(owner, MethodType) and found == owner) else None


def why_no_path(owner: Any) -> str:
    """Return why `path_of` returns None."""
    names = str(getattr(owner, "__qualname__", ""))
    if isinstance(owner, MethodType):
        return f"it is a method of an object ({type(owner.__self__).__name__}), which may hold secrets or connections"
    if "<locals>" in names:
        return f"{names.rpartition('.')[2]!r} is defined inside a function: define it in a module"
    if "<lambda>" in names or not names:
        return "it has no name in a module: define it with def or class in a module"
    return f"{owner.__module__}.{names} is not the object that it was made from"


def loaded(path: str) -> Any:
    """Return what has a path in the modules that are loaded, or None. Imports nothing and runs no code of a module."""
    module, _, names = path.partition(":")
    first, *others = names.split(".")
    try:
        # Not `vars`: of a module that loads itself when it is first used, that would do so.
        found: Any = object.__getattribute__(sys.modules[module], "__dict__").get(first)
        for name in others:
            if not isinstance(found, type):
                return None
            inner: Any = inspect.getattr_static(found, name)
            bound = type(inner) in (classmethod, staticmethod)
            found = inner.__get__(None, found) if bound else inner
    except (AttributeError, KeyError, TypeError):
        return None
    return found


def imported(path: str) -> Any:
    """Return what has a path; its module is imported, as pickle does. None if that fails."""
    try:
        import_module(path.partition(":")[0])
    except Exception:  # the module may be gone, and importing it may raise anything
        return None
    return loaded(path)
