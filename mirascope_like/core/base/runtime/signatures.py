"""What a prompt function takes, and whether it is async."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast


def bound_values(
    signature: inspect.Signature, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Return the variables that a call gives to a template: arguments and defaults, those in `**kwargs` too.

    Raises `TypeError` where the arguments do not fit the signature.
    """
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    values: dict[str, object] = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            values.update(cast("Mapping[str, object]", values[name]))
    return values


def is_async(fn: Callable[..., object]) -> bool:
    """Whether calling the function, or the one that it wraps, gives a coroutine."""
    inner = inspect.unwrap(fn)
    return any(inspect.iscoroutinefunction(one) for one in (fn, inner, type(inner).__call__))


def alike(outer: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    """Return `outer`, whose calls give what those of `inner` give, as a coroutine function where `inner` is one.

    tenacity, FastAPI and others look at the function, not at what a call gives.
    """
    if not inspect.iscoroutinefunction(inner):
        return outer

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await outer(*args, **kwargs)

    return awaited
