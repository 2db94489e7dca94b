"""Streams for the tests of views, and one interface to read them sync and async."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from tests.conformance.providers import chat_text, message_text
from tests.harness.clocks import run_by_clock
from tests.harness.replies import Reply, Step
from tests.harness.rounds import Side
from tests.harness.server import Server

ADD = ("call_1", "add", '{"a": 1, "b": 2}')


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fail(a: int) -> str:
    """Fail."""
    raise ValueError(f"no {a}")


def texts(side: Side, *parts: str | Step, finish: bool = True) -> Reply:
    """A reply that streams these texts, one event each, with steps between them."""
    make: Any = chat_text if side.name == "openai" else message_text
    words = [one for one in parts if isinstance(one, str)]
    events: list[Any] = make(*words) if finish else make(*words, finish=None)
    first = next(number for number, event in enumerate(events) if f": {words[0]!r}" in str(event))
    between: list[Any] = []
    place = first
    for one in parts:
        if isinstance(one, str):
            between.append(events[place])
            place += 1
        else:
            between.append(one)
    whole = [*events[:first], *between, *events[place:]]
    if side.name == "openai":
        return Reply.chat(*whole) if finish else Reply.sse(*whole)
    return Reply.messages(*whole)


def ask(side: Side, client: Any, *, asynchronous: bool, tools: Any = (), **options: Any) -> Any:
    """A streamed call, made and not read."""
    given = {"tools": list(tools), **options} if tools else options
    call: Any = side.module.call
    if asynchronous:

        @call("m", client=client, stream=True, **given)
        async def say() -> str:
            return "Hi"
    else:

        @call("m", client=client, stream=True, **given)
        def say() -> str:
            return "Hi"

    return say()


class Reader:
    """Reads streams sync, or async, in the same words."""

    def __init__(self, asynchronous: bool) -> None:
        self.asynchronous = asynchronous

    def run(
        self, side: Side, server: Server, use: Callable[[Any, Views], Coroutine[Any, Any, Any]], **options: Any
    ) -> Any:
        """Have a stream used by a coroutine; what is awaited in there is sync unless this reader is async."""
        return run_by_clock(self._run(side, server, use, options))

    async def _run(self, side: Side, server: Server, use: Any, options: dict[str, Any]) -> Any:
        views = Views(self.asynchronous)
        if not self.asynchronous:
            return await use(ask(side, side.client(server), asynchronous=False, **options), views)
        async with side.aclient(server) as client:
            return await use(ask(side, client, asynchronous=True, **options), views)


class Views:
    """How to take from a view."""

    def __init__(self, asynchronous: bool) -> None:
        self.asynchronous = asynchronous

    async def all(self, view: Any) -> list[Any]:
        """Return all that a view yields."""
        return [one async for one in view] if self.asynchronous else list(view)

    async def some(self, view: Any, count: int) -> list[Any]:
        """Return the first things that a view yields, and stop reading."""
        found: list[Any] = []
        if count and self.asynchronous:
            async for one in view:
                found.append(one)
                if len(found) == count:
                    break
        elif count:
            for one in view:
                found.append(one)
                if len(found) == count:
                    break
        return found

    async def until_error(self, view: Any) -> tuple[list[Any], Exception]:
        """Return what a view yields, and the error that it ends with."""
        found: list[Any] = []
        try:
            if self.asynchronous:
                async for one in view:
                    found.append(one)  # noqa: PERF401  # what came before the error is wanted
            else:
                found.extend(view)
        except Exception as error:
            return found, error
        raise AssertionError("there was no error")

    async def value(self, given: Any) -> Any:
        """A result, awaited where it has to be."""
        return await given if self.asynchronous else given
