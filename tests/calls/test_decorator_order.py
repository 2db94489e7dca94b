"""Calls, templates and tasks above or below `@classmethod`, `@staticmethod`, `@property` and `@cached_property`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import RateLimitError, prompt_template
from mirascope_like.integrations import middleware_factory
from mirascope_like.retries import fallback
from tests.harness.rounds import SIDES, Side
from tests.harness.server import Server

KINDS: list[Any] = [classmethod, staticmethod, property, cached_property]


def prompt_of(kind: Any) -> Callable[..., Any]:
    """Return a prompt function with the arguments that this kind of method passes."""
    if kind is staticmethod:
        return lambda: "Hi"
    return lambda owner: f"Hi {getattr(owner, '__name__', type(owner).__name__)}"


def asked(kind: Any, value: Any) -> Any:
    """Return the result of calling this method of a class."""
    made: Any = type("Library", (), {"ask": value})
    if isinstance(value, cached_property):
        value.__set_name__(made, "ask")
    return made().ask if kind in (property, cached_property) else made().ask()


@pytest.mark.parametrize("above", [True, False], ids=["above", "below"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_call(kind: Any, above: bool, side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"))
    call = side.module.call("m", client=side.client(server))
    value = call(kind(prompt_of(kind))) if above else kind(call(prompt_of(kind)))
    assert asked(kind, value).content == "Hello"
    assert server.request.json["messages"] == [
        {"role": "user", "content": "Hi" if kind is staticmethod else "Hi Library"}
    ]


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_a_streamed_async_call(kind: Any, side: Side, server: Server) -> None:
    async def prompt(*owner: Any) -> str:
        return "Hi"

    async def main() -> None:
        async with side.aclient(server) as client:
            server.reply(side.streamed("Hel lo"))
            value = side.module.call("m", client=client, stream=True)(kind(prompt))
            assert (await asked(kind, value).collect()).content == "Hel lo"

    asyncio.run(main())


@pytest.mark.parametrize("template_above", [True, False], ids=["template above", "template below"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_template(kind: Any, template_above: bool, side: Side, server: Server) -> None:
    server.reply(side.whole("Hello"))
    call, template = side.module.call("m", client=side.client(server)), prompt_template("Hi there")

    def nothing(*owner: Any) -> None: ...

    value = call(template(kind(nothing))) if template_above else call(kind(template(nothing)))
    assert asked(kind, value).content == "Hello"


@pytest.mark.parametrize("above", [True, False], ids=["above", "below"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_task_has_no_owner_among_its_inputs(kind: Any, above: bool, side: Side, server: Server) -> None:
    task = side.module.model("m", client=side.client(server), max_tokens=9).task
    server.reply(side.whole("Hello"))

    class Plain:
        def method(self) -> str:
            """Say hello."""
            raise NotImplementedError

        def free() -> str:  # type: ignore[misc]
            """Say hello."""
            raise NotImplementedError

    fn = vars(Plain)["free" if kind is staticmethod else "method"]
    assert asked(kind, task(kind(fn)) if above else kind(task(fn))) == "Hello"
    assert server.request.json["messages"] == [{"role": "user", "content": "Say hello."}]


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_fallbacks_and_middleware(kind: Any, server: Server) -> None:
    side = SIDES[0]
    server.reply(side.whole("Hello"))
    seen: list[str] = []
    middleware = middleware_factory(handle_call_response=lambda response, fn, context: seen.append(response.content))
    call = llm.call(provider="openai", model="m", client=side.client(server))
    value = middleware(fallback(RateLimitError, [])(call(kind(prompt_of(kind)))))
    assert asked(kind, value).content == "Hello"
    assert seen == ["Hello"]
    side.close()
