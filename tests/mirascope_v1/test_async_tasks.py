"""Streamed async calls as tasks. In mirascope 1.25.7 they were coroutines: each of these gave the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import openai
from mirascope_like.core.base import AsyncStructuredStream
from tests.harness.server import Server
from tests.mirascope_v1 import script
from tests.mirascope_v1.providers import PROVIDERS


class Book(BaseModel):
    title: str


@openai.call("m", stream=True)
async def ask(q: str) -> str:
    await asyncio.sleep(0)
    return q


@openai.call("m", stream=True, response_model=Book)
async def books(q: str) -> str:
    return q


@openai.call("m", stream=True)
async def failing(q: str) -> str:
    await asyncio.sleep(0)
    raise LookupError(q)


@openai.call("m", stream=True)
async def waiting(q: asyncio.Event) -> str:
    await q.wait()
    return "x"


a_task: Any = asyncio.create_task
"""Type checkers accept an awaitable in `ensure_future` only."""


@pytest.fixture(autouse=True)
def sent(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    PROVIDERS["openai"].set_up(server, monkeypatch)
    server.reply_with(lambda request: script.reply('answer {"title": "A"}', request, "openai"))
    return server


async def text_of(stream: AsyncIterator[Any]) -> str:
    return "".join([chunk.content async for chunk, _ in stream])


def test_tasks() -> None:
    async def main() -> list[str]:
        found = [await text_of(await a_task(ask("x")))]
        found.append(await text_of(await asyncio.ensure_future(ask("x"))))
        found.append(await text_of(await asyncio.wait_for(ask("x"), 60)))
        found += [await text_of(one) for one in await asyncio.gather(ask("x"), ask("y"))]
        async with asyncio.TaskGroup() as group:
            made: Any = group
            task = made.create_task(ask("x"))
        found.append(await text_of(task.result()))
        again = ask("x")
        assert await a_task(again) is await a_task(again) is again
        assert asyncio.iscoroutine(again)
        found.append(await text_of(again))
        return found

    assert asyncio.run(main()) == ['{"title": "A"}'] * 7


def test_a_structured_stream() -> None:
    async def main() -> Any:
        stream = await a_task(books("x"))
        assert isinstance(stream, AsyncStructuredStream)
        return [one async for one in stream][-1]

    assert asyncio.run(main()) == Book(title="A")


def test_run_itself(sent: Server) -> None:
    run: Any = asyncio.run
    assert isinstance(run(ask("x")), openai.OpenAIAsyncStream)
    assert not sent.requests  # it is sent when the stream is read


def test_errors_and_cancellation(sent: Server) -> None:
    async def main() -> None:
        with pytest.raises(LookupError, match="x"):
            await a_task(failing("x"))
        task = a_task(waiting(asyncio.Event()))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not sent.requests
