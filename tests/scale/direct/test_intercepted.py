"""Requests are left to the SDK while a method of aiohttp is patched, also if it was not at the first request."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from mirascope_like.scale.direct.connections import Connections


class Wrapped:
    """A wrapper that is equal to the method that it wraps, as those of wrapt are, with which tracers patch."""

    def __init__(self, method: Any) -> None:
        self._method = method

    def __eq__(self, other: object) -> bool:
        return bool(self._method == other)

    def __hash__(self) -> int:
        return hash(self._method)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._method(*args, **kwargs)


@pytest.mark.parametrize("name", ["_request", "__init__"])
@pytest.mark.parametrize("patch", [Wrapped, lambda method: lambda *args, **kwargs: method(*args, **kwargs)])
def test_a_patch_after_the_first_request(monkeypatch: pytest.MonkeyPatch, name: str, patch: Any) -> None:
    connections = Connections()
    for _ in range(2):
        assert not connections.intercepted
        with monkeypatch.context() as patches:
            patches.setattr(aiohttp.ClientSession, name, patch(getattr(aiohttp.ClientSession, name)))
            assert connections.intercepted
    assert not connections.intercepted
