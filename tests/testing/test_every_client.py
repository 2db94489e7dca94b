"""`prepare` and `use_client` for every provider of the conformance suite."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest

from mirascope_like import llm
from mirascope_like.core import Messages, ToolLoop
from mirascope_like.testing import aprepare, fake, prepare, use_client
from tests.conformance.capabilities import both_ways, each_row, nodes
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY
from tests.testing.rows import Row, both, every_row

OWN: Any = SimpleNamespace(url="https://own.example")
OTHER: Any = SimpleNamespace(url="https://other.example")


@each_row
@both_ways
def test_use_client(row: BaseRow, asynchronous: bool) -> None:
    """The client of the block replaces that of the call, whatever the call is: whole, streamed, by `llm`."""
    name = f"{row.id if row in EVERY else row.name}:m"

    @llm.call(name)
    def by_name() -> str:
        return "Hi"

    @llm.call(name)
    async def aby_name() -> str:
        return "Hi"

    async def main() -> None:
        async with row.aclient(OWN) as own, row.aclient(OTHER) as other:
            with use_client(row.module.call, other):
                assert (await row.aask(own)).content == "Hello"
                assert (await row.astream(own).collect()).content == "Hello"
                assert (await aby_name()).content == "Hello"
            await row.aask(own)

    with fake(lambda _: "Hello") as model:
        if asynchronous:
            asyncio.run(main())
        else:
            with row.client(OWN) as own, row.client(OTHER) as other:
                with use_client(row.module.call, other):
                    assert row.ask(own).content == "Hello"
                    assert row.stream(own).collect().content == "Hello"
                    assert by_name().content == "Hello"
                row.ask(own)
    hosts = [urlsplit(request.url).hostname for request in model.requests]
    assert hosts == ["other.example"] * 3 + ["own.example"]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


PREPARED: dict[str, dict[str, Any]] = {
    "whole": {"tools": [add]},
    "streamed": {"tools": [add], "stream": True},
    "structured": {"response_model": list[str]},
    "streamed structured": {"response_model": list[str], "stream": True},
    "tool loop": {"tools": [add], "tool_loop": ToolLoop()},
}


@every_row
@both
@pytest.mark.parametrize("options", PREPARED.values(), ids=PREPARED)
def test_prepare(row: Row, asynchronous: bool, options: dict[str, Any]) -> None:
    """It returns what the call then sends, and sends nothing."""

    @row.call("m1", **options)
    def say(prompt: str) -> str:
        return prompt

    @row.call("m1", **options)
    async def asay(prompt: str) -> str:
        return prompt

    with fake() as model:
        prepared = asyncio.run(aprepare(asay, "Hello")) if asynchronous else prepare(say, "Hello")
    assert prepared.messages[-1] == Messages.User("Hello")
    found = list(nodes(plain(prepared.payload)))
    assert any(isinstance(one, str) and one.startswith("Hello") for one in found)
    assert "tools" not in options or "add" in found
    assert model.requests == []


def plain(value: Any) -> Any:
    """Return a payload without the classes of SDKs."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return plain(dump(exclude_none=True))
    to_dict = getattr(type(value), "to_dict", None)
    return plain(to_dict(value)) if to_dict is not None else value
