"""The APIs under test, and their clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.server import Server
from tests.structured.apis import APIS, Api


@pytest.fixture(params=APIS, ids=lambda api: api.name)
def api(request: pytest.FixtureRequest) -> Api:
    found: Api = request.param
    return found


@pytest.fixture
def client(api: Api, server: Server) -> Iterator[Any]:
    with api.client(server) as client:
        yield client
