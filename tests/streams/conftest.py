"""Streams that are mended are read both ways, from both formats, without waiting."""

from __future__ import annotations

import pytest

from mirascope_like.core.base.flows import retry_policy
from tests.streams.mending import CHAT, MESSAGES, Reader, Side


@pytest.fixture(params=[CHAT, MESSAGES], ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Side:
    """A provider."""
    found: Side = request.param
    return found


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """How a stream is read."""
    return Reader(request.param)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits between two tries."""
    monkeypatch.setattr(retry_policy, "FIRST_WAIT", 0.0)
