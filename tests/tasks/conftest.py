"""Every test runs with each provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.rounds import SIDES, Side


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    yield request.param
    for one in SIDES:
        one.close()
