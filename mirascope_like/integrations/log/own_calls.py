"""Calls that a log makes itself while it writes, in its `write` or in `redact`: they are not logged. Each would make
another one.
"""

from __future__ import annotations

from contextvars import ContextVar, Token

WRITING: ContextVar[bool] = ContextVar("mirascope_like_log_writing", default=False)
"""True while a log writes a call, in this context and in tasks that are started in it."""


class OwnCalls:
    """Context manager: calls that are made inside the `with` block are not logged."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        self._token: Token[bool] = WRITING.set(True)

    def __exit__(self, *error: object) -> None:
        WRITING.reset(self._token)
