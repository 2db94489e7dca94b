"""`prepare`: the request of a call, without sending it. `use_client`: another client for the calls of a provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from functools import partial
from inspect import iscoroutine
from typing import Any, ParamSpec, TypeVar, cast

from ..core.base.calls import PREPARING, Prepared, PreparedRequest, Task
from ..core.base.errors import ConfigurationError
from ..core.base.provider import Provider
from ..core.base.request import OVERRIDES, overridden

P = ParamSpec("P")
R = TypeVar("R")


def prepare(call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Prepared[R]:
    """Return the messages and the payload that a call or a task would send for these arguments. Sends nothing.

    The prompt function runs, and the calls that it makes are sent; settings of `llm.context` and `llm.override` apply.
    `send()` of the result makes the call.
    Raises `TypeError` for an async call (see `aprepare`) and for a function that makes no call.
    """
    if isinstance(cast("Any", call), Task):
        prepared: Prepared[R] = cast("Any", call).prepare(*args, **kwargs)
        return prepared
    token = PREPARING.set(True)
    try:
        made: Any = call(*args, **kwargs)
    except PreparedRequest as stopped:
        return _prepared(stopped, partial(call, *args, **kwargs))
    finally:
        PREPARING.reset(token)
    if hasattr(made, "__await__"):
        if iscoroutine(made):
            made.close()
        raise TypeError(f"{_name(call)} is async: await aprepare({_name(call)}, ...)")
    raise TypeError(f"{_name(call)} sends no request: give a function that is decorated with a provider's `call`")


async def aprepare(call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Prepared[R]:
    """`prepare` for async calls, streamed or not."""
    token = PREPARING.set(True)
    try:
        await cast("Awaitable[Any]", call(*args, **kwargs))
    except PreparedRequest as stopped:
        return _prepared(stopped, partial(call, *args, **kwargs))
    finally:
        PREPARING.reset(token)
    raise TypeError(f"{_name(call)} sends no request: give a function that is decorated with a provider's `call`")


def _prepared(stopped: PreparedRequest, send: Callable[[], R]) -> Prepared[R]:
    request = stopped.request
    return Prepared(list(request.messages), stopped.provider.payload(request), send)


def _name(call: Callable[..., Any]) -> str:
    return getattr(call, "__name__", repr(call))


@contextmanager
def use_client(call: Any, client: Any) -> Generator[None]:
    """Context manager: send the calls of a provider with this client of its SDK, in the current thread or task.

    `call` is a provider's `call`, such as `openai.call`, or a model of the provider. The client replaces those that
    calls, models, tasks, sessions and `llm.context` name; `llm.call` uses it for the same provider. Both formats of a
    provider use the same client. Raises `ConfigurationError` for `llm.call`, which has no provider of its own.
    """
    provider: object = getattr(call, "provider", None)
    if not isinstance(provider, Provider) or provider.open_choice:
        raise ConfigurationError(
            f"use_client needs the `call` of a provider, such as openai.call, not {call!r}: llm.call then uses the "
            "client for that provider"
        )
    active = OVERRIDES.get()
    clients: Mapping[str, Any] = active.get("clients", {})
    with overridden({**active, "clients": {**clients, provider.name: client}}):
        yield
