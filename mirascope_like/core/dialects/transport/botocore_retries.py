"""Requests of botocore that are sent once: it repeats a request as its client was configured, and a call cannot
configure it otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from ...base.parsing import at

_ONCE: ContextVar[bool] = ContextVar("mirascope_like_bedrock_sent_once", default=False)
_NAME = "mirascope_like_sent_once"


def sent_once(method: Callable[..., Any], wanted: bool) -> Callable[..., Any]:
    """Return a method of a client whose requests are not repeated: the first error is raised. Returns the method
    itself if this is not `wanted`, or if its client is not of botocore.
    """

    def call(**payload: Any) -> Any:
        with _once():
            return method(**payload)

    return call if wanted and _prepared(method) else method


def asent_once(method: Callable[..., Any], wanted: bool) -> Callable[..., Any]:
    """Async version of `sent_once`."""

    async def call(**payload: Any) -> Any:
        with _once():
            return await method(**payload)

    return call if wanted and _prepared(method) else method


def _prepared(method: Any) -> bool:
    """Make the client of a method raise errors at once where this is wanted. Return False if it is not botocore's."""
    client: Any = getattr(method, "__self__", None)
    if (events := at(client, "meta.events")) is None:
        return False
    events.register_first("needs-retry.bedrock-runtime", partial(_raise_error, client.exceptions), unique_id=_NAME)
    return True


@contextmanager
def _once() -> Generator[None]:
    token = _ONCE.set(True)
    try:
        yield
    finally:
        _ONCE.reset(token)


def _raise_error(kinds: Any, *, response: Any, operation: Any, caught_exception: Any = None, **_: Any) -> None:
    """Raise the error of a request, as botocore does for the last one, before its own handler decides to repeat it."""
    if not _ONCE.get():
        return
    if caught_exception is not None:
        raise caught_exception
    http_response, parsed = response
    if http_response.status_code >= 300:
        raise kinds.from_code(at(parsed, "Error.Code"))(parsed, operation.name)
