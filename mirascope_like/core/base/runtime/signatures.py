"""Inspect the signatures of prompt functions: their arguments, and whether they are async."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast


def bound_values(
    signature: inspect.Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Return the variables of a template: a call's arguments by name, with defaults and the entries of `**kwargs`.

    Raises `TypeError` if the arguments do not fit the signature.
    """
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    values: dict[str, object] = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            values.update(cast("Mapping[str, object]", values[name]))
    return values


def is_async(fn: Callable[..., object]) -> bool:
    """Return True if the function, or the one that it wraps, is a coroutine function."""
    inner = inspect.unwrap(fn)
    return any(inspect.iscoroutinefunction(one) for one in (fn, inner, type(inner).__call__))


def alike(outer: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return `outer`, wrapped as a coroutine function if `inner` is one.

    Libraries such as tenacity and FastAPI check the function itself, not what calling it returns.
    """
    if not inspect.iscoroutinefunction(inner):
        return outer

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await outer(*args, **kwargs)

    return awaited
