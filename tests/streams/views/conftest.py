"""Every test of views runs against both formats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.rounds import SIDES, Side
from tests.streams.views.reading import Reader


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    """A provider."""
    yield request.param
    request.param.close()


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def reader(request: pytest.FixtureRequest) -> Any:
    """How a stream is read: sync or async."""
    return Reader(request.param)
