"""Requests of botocore that are sent once: it repeats a request as its client was configured, and a call cannot
configure it otherwise.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from ...base.parsing import at

_ONCE: ContextVar[bool] = ContextVar("mirascope_like_bedrock_sent_once", default=False)
_NAME = "mirascope_like_sent_once"


@contextmanager
def sent_once(client: Any, once: bool) -> Generator[None]:
    """Make a client of botocore repeat no request in this context, if `once` is True: its first error is raised."""
    events = at(client, "meta.events")
    if not once or events is None:
        yield
        return
    events.register_first("needs-retry.bedrock-runtime", partial(_raise_error, client.exceptions), unique_id=_NAME)
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
