"""Which test shows which capability: the ground that the table in `docs/providers.md` is made on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.conformance.contract import BaseRow
from tests.conformance.rows import BESIDES, EVERY

CAPABILITIES: list[str] = []
"""In the order of the tests."""
LACKING: list[str] = []
"""Those that some provider has not, as far as a test says what happens then."""

both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])

SDKS_WARN = pytest.mark.filterwarnings(
    # An older protobuf is spoken to, and aiohttp is no friend of being inherited from.
    "ignore:.*including_default_value_fields:DeprecationWarning",
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning",
)
"""Lets Google's SDKs warn of what they do themselves."""

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def capability(name: str) -> Decorator:
    """Run a test for every provider that does not lack this."""
    if name not in CAPABILITIES:
        CAPABILITIES.append(name)
    return _of([row for row in (*EVERY, *BESIDES) if name not in row.lacks], name)


def lacking(name: str) -> Decorator:
    """Run a test, of what is done instead, for every provider that lacks this."""
    LACKING.append(name)
    return _of([row for row in (*EVERY, *BESIDES) if name in row.lacks], name)


def _of(rows: list[BaseRow], name: str) -> Decorator:
    def decorate(test: Callable[..., Any]) -> Callable[..., Any]:
        marked: Any = _each(rows)(test)
        marked.capability = name
        return marked

    return decorate


def _each(rows: Sequence[BaseRow]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("row", [pytest.param(row, id=row.id, marks=SDKS_WARN) for row in rows])


every_row = _each(EVERY)
"""Runs a test for every provider of the table."""
each_row = _each((*EVERY, *BESIDES))
"""Runs a test for every row of the suite."""


def nodes(data: Any) -> Iterator[Any]:
    """Every value in JSON, at any depth."""
    yield data
    for one in data.values() if isinstance(data, dict) else data if isinstance(data, list) else ():
        yield from nodes(one)
