"""What is active while code runs for a call, a request or a tool."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import Any

from .hooks import BaseObserver, Hooks, warn_once


class Active:
    """Context manager: enters what the observers' `active` returns for a node. Used once."""

    __slots__ = ("_entered", "_hooks", "_node")

    def __init__(self, hooks: Hooks, node: Any) -> None:
        self._hooks = hooks
        self._node = node
        self._entered: list[tuple[BaseObserver, AbstractContextManager[Any]]] = []

    def __enter__(self) -> None:
        for observer, active in self._hooks.active:
            try:
                if (manager := active(self._node)) is not None:
                    manager.__enter__()
                    self._entered.append((observer, manager))
            except Exception:
                warn_once(observer, "active")

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        for observer, manager in reversed(self._entered):
            try:
                manager.__exit__(kind, error, trace)
            except Exception:
                warn_once(observer, "active")


class Inside:
    """Context manager: enters the scope of a call, and what the observers' `active` returns. Used once."""

    __slots__ = ("_active", "_scope", "_token", "_variable")

    def __init__(self, hooks: Hooks, node: Any, variable: ContextVar[Any], scope: Any) -> None:
        self._active = Active(hooks, node) if hooks.active else None
        self._variable = variable
        self._scope = scope

    def __enter__(self) -> None:
        self._token = self._variable.set(self._scope)
        if self._active is not None:
            self._active.__enter__()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if self._active is not None:
            self._active.__exit__(kind, error, trace)
        try:
            self._variable.reset(self._token)
        except ValueError:
            return  # a coroutine was dropped and is closed in another context, which has no such scope
