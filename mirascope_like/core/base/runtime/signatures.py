"""Reads the signatures of prompt functions: binds their arguments, and detects if they are async."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, cast

T = TypeVar("T")


def bound_values(
    signature: inspect.Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Return the arguments of a call by name, with defaults, and with each entry of `**kwargs` as an additional value.

    Raises `TypeError` if the arguments do not match the signature.
    """
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    values: dict[str, object] = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            values.update(cast("Mapping[str, object]", values[name]))
    return values


def named_values(
    signature: inspect.Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Return the arguments of a call by name, with defaults. The entries of `**kwargs` replace the mapping itself.

    Raises `TypeError` if the arguments do not match the signature.
    """
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    values: dict[str, object] = {}
    for name, value in bound.arguments.items():
        if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD:
            values.update(cast("Mapping[str, object]", value))
        else:
            values[name] = value
    return values


def within_descriptor(fn: Any, decorate: Callable[[Any], Any]) -> Any:
    """Return a copy of a `classmethod`, `staticmethod`, `property` or `cached_property` whose function is decorated by
    `decorate`.

    Returns None for any other `fn`. So a decorator may be written above or below them.
    """
    if isinstance(fn, classmethod | staticmethod):
        method: Any = cast("Any", fn)
        return type(method)(decorate(method.__func__))
    if isinstance(fn, property):
        return property(decorate(fn.fget), fn.fset, fn.fdel)
    if isinstance(fn, cached_property):
        return cached_property(decorate(cast("Any", fn).func))
    return None


def over_descriptors(decorate: T) -> T:
    """Return a version of a decorator that may also be written above `classmethod`, `staticmethod` and properties."""
    plain: Any = decorate

    def outer(fn: Any) -> Any:
        made = within_descriptor(fn, outer)
        return plain(fn) if made is None else made

    return cast("T", outer)


def is_async(fn: Callable[..., object]) -> bool:
    """Return True if a function, or the function inside its wrappers, is a coroutine function."""
    inner = inspect.unwrap(fn)
    return any(inspect.iscoroutinefunction(one) for one in (fn, inner, type(inner).__call__))


def alike(outer: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return `outer`; if `inner` is a coroutine function, return it wrapped as a coroutine function.

    Libraries such as tenacity and FastAPI check the function itself, not what it returns.
    """
    if not inspect.iscoroutinefunction(inner):
        return outer

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await outer(*args, **kwargs)

    return awaited
