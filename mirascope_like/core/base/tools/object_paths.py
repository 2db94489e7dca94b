"""Finds functions and classes by a path ("module:qualified.name"). Pickles and dumps of tools store this path.

Knows no tools.
"""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from types import MethodType
from typing import Any


def path_of(owner: Any) -> str | None:
    """Return the path of a function or class, such as "module:name"; None if that path does not lead to this same
    object.

    A function or class of another process's `__main__`, which cloudpickle brought here, has the path that it has there.
    """
    module, names = getattr(owner, "__module__", None), getattr(owner, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(names, str):
        return None
    path = f"{module}:{names}"
    found = loaded(path)
    if found is None and module == "__main__" and "<" not in names and not isinstance(owner, MethodType):
        return path
    return path if found is owner or (isinstance(owner, MethodType) and found == owner) else None


def why_no_path(owner: Any) -> str:
    """Return an explanation, for an error message, why an object has no path."""
    names = str(getattr(owner, "__qualname__", ""))
    if isinstance(owner, MethodType):
        return f"it is a bound method, and its {type(owner.__self__).__name__} object may hold secrets or connections"
    if "<locals>" in names:
        return f"{names.rpartition('.')[2]!r} is defined inside a function: define it in a module"
    if "<lambda>" in names or not names:
        return "it has no name in a module: define it with def or class in a module"
    return f"{owner.__module__}.{names} is another object than the one the tool was made from"


def loaded(path: str) -> Any:
    """Return the object at a path, or None. Looks only in modules that are already imported, and runs no code."""
    module, _, names = path.partition(":")
    first, *others = names.split(".")
    try:
        # Not `vars`: a module that is loaded lazily would be executed by that.
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
    """Return the object at a path, and import its module if necessary, as pickle does. Returns None if the import
    fails or the object is not there.
    """
    try:
        import_module(path.partition(":")[0])
    except Exception:  # the module may be gone, and importing it may raise anything
        return None
    return loaded(path)
