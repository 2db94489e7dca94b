"""Tests in memory run sync and async, with a clock that stands still."""

from __future__ import annotations

import pytest

from mirascope_like.core.base.flows import retry_policy
from mirascope_like.core.base.runtime import CLOCK
from tests.memory.scripts import Clock, Reader


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def reader(request: pytest.FixtureRequest) -> Reader:
    """How a stream is read."""
    return Reader(request.param)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of deadlines."""
    made = Clock()
    monkeypatch.setattr(CLOCK, "monotonic", made.monotonic)
    monkeypatch.setattr(CLOCK, "timestamp", made.timestamp)
    return made


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_policy, "FIRST_WAIT", 0.0)
