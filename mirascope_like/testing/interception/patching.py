"""Replaces methods of libraries while a handler is active: at once if the library is loaded, else on its import."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from threading import RLock
from types import ModuleType
from typing import Any, NamedTuple


class Patch(NamedTuple):
    """A method to replace."""

    module: str
    """The module of the library that has the class."""
    name: str
    """The class and the method: "ConnectionPool.handle_request"."""
    maker: tuple[str, str]
    """The module of ours and its function that makes the new method of (the library's module, the old method)."""


_PATCHES = (
    *(
        Patch(module, name, ("pools", maker))
        for module in ("httpcore", "httpcore2")
        for name, maker in (
            ("ConnectionPool.handle_request", "handle_request"),
            ("AsyncConnectionPool.handle_async_request", "handle_async_request"),
        )
    ),
    Patch("requests.adapters", "HTTPAdapter.send", ("sessions", "send_requests")),
    Patch("botocore.httpsession", "URLLib3Session.send", ("sessions", "send_botocore")),
    Patch("aiohttp.client", "ClientSession._request", ("aiohttp_sessions", "request")),
    Patch("grpc._channel", "_UnaryUnaryMultiCallable.__call__", ("channels", "unary")),
    Patch("grpc._channel", "_UnaryUnaryMultiCallable.with_call", ("channels", "unary_with_call")),
    Patch("grpc._channel", "_UnaryStreamMultiCallable.__call__", ("channels", "stream")),
    Patch("grpc._channel", "_SingleThreadedUnaryStreamMultiCallable.__call__", ("channels", "stream")),
)

_lock = RLock()
_undo: list[Callable[[], None]] = []
_users = 0


@contextmanager
def patched() -> Generator[None]:
    """Context manager: replace the methods. Blocks may overlap; the last one to end restores the methods."""
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            sys.meta_path.insert(0, _ON_IMPORT)
            for name in {patch.module for patch in _PATCHES} & sys.modules.keys():
                _apply(sys.modules[name])
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                sys.meta_path.remove(_ON_IMPORT)
                while _undo:
                    _undo.pop()()


def _apply(module: ModuleType) -> None:
    for patch in _PATCHES:
        if patch.module == module.__name__:
            _replace(module, patch)


def _replace(module: ModuleType, patch: Patch) -> None:
    kind_name, _, method = patch.name.partition(".")
    kind: Any = getattr(module, kind_name, None)
    old = getattr(kind, method, None)
    if old is None:
        return  # a version of the library without it
    home, maker = patch.maker
    new = getattr(import_module(f".{home}", __package__), maker)(module, old)
    own = method in vars(kind)
    setattr(kind, method, wraps(old)(new))

    def undo() -> None:
        if own:
            setattr(kind, method, old)
        else:
            delattr(kind, method)

    _undo.append(undo)


class _OnImport(MetaPathFinder):
    """Replaces the methods of a module when it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in {patch.module for patch in _PATCHES} or fullname in _finding:
            return None
        _finding.add(fullname)
        try:
            spec = find_spec(fullname)
        finally:
            _finding.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Patching(spec.loader)
        return spec


class _Patching(Loader):
    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        with _lock:
            if _users:
                _apply(module)


_finding: set[str] = set()
_ON_IMPORT = _OnImport()
