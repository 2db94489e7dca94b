"""Streams that are mended are read both ways, from both formats, without waiting."""

from __future__ import annotations

import pytest

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
