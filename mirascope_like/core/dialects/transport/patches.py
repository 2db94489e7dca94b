"""Tells a library's own classes and methods from wrapped and patched ones."""

from __future__ import annotations

from types import FunctionType, MethodType, ModuleType
from typing import Any


def made_by(sdk: ModuleType, value: Any) -> bool:
    """Return True if a class or method belongs to the SDK itself. Return False for wrappers and for methods that
    were patched to trace calls.
    """
    if type(value) is MethodType:
        value = value.__func__
    # A tracing proxy imitates the type that it wraps, but only for `isinstance`.
    home = value.__globals__["__name__"] if type(value) is FunctionType else type(value).__module__
    return str(home).partition(".")[0] == sdk.__name__.partition(".")[0]
