"""Few responses are made in each round of the event loop, and the user's task has its turn between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

import httpx2
import pytest
import trio

from mirascope_like.core.base.runtime.turns import AT_ONCE, Turns
from mirascope_like.core.openai.provider import OpenAIProvider
from mirascope_like.scale import Limits, amap
from mirascope_like.scale.direct.session import HTTPSession, Received
from tests.conformance.providers import OPENAI
from tests.harness.clocks import PATIENCE
from tests.harness.server import Server
from tests.scale.direct.rows import BASE, closed

BODY = json.dumps(OPENAI.whole("Hello")).encode()


async def rounds_of(at_once: int, tasks: int, cancelled: tuple[int, ...] = ()) -> list[list[int]]:
    """The numbers of the tasks that continue between two steps of another task."""
    turns = Turns(at_once)
    rounds: list[list[int]] = [[]]

    async def one(number: int) -> None:
        await turns.take()
        rounds[-1].append(number)

    waiting = [asyncio.create_task(one(number)) for number in range(tasks)]
    await asyncio.sleep(0)
    for number in cancelled:
        waiting[number].cancel()
    async with asyncio.timeout(PATIENCE):
        while not all(task.done() for task in waiting):
            rounds.append([])
            await asyncio.sleep(0)
    return [some for some in rounds if some]


def test_few_tasks_continue_in_each_round() -> None:
    rounds = asyncio.run(rounds_of(4, 18))
    assert [number for some in rounds for number in some] == list(range(18))
    assert max(map(len, rounds)) == 4


def test_cancelled_tasks_take_no_turns() -> None:
    rounds = asyncio.run(rounds_of(2, 8, cancelled=(3, 4, 5)))
    assert rounds[0] == [0, 1]
    assert sorted(number for some in rounds for number in some) == [0, 1, 2, 6, 7]


def test_a_turn_that_is_over_is_renewed() -> None:
    async def main() -> None:
        turns = Turns(1)
        for _ in range(3):
            async with asyncio.timeout(PATIENCE):
                await turns.take()
            await asyncio.sleep(0)

    asyncio.run(main())


def test_tasks_of_another_loop_do_not_wait() -> None:
    async def main() -> None:
        turns = Turns(1)
        await turns.take()
        await asyncio.to_thread(asyncio.run, turns.take())
        await asyncio.to_thread(trio.run, turns.take)

    asyncio.run(main())


def direct(arrived: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    received = Received(200, {"content-type": "application/json"}, (), BODY)

    async def post(self: HTTPSession, head: Any, body: bytes) -> Received:
        await arrived()
        return received

    monkeypatch.setattr(HTTPSession, "post", post)


def by_sdk(arrived: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    received = httpx2.Response(200, content=BODY, request=httpx2.Request("POST", "http://127.0.0.1"))

    async def http(self: Any, *args: Any, **options: Any) -> httpx2.Response:
        await arrived()
        return received

    monkeypatch.setattr(OpenAIProvider, "http", http)


@pytest.mark.parametrize("sends", [by_sdk, direct], ids=lambda sends: sends.__name__)
def test_the_user_reads_items_while_responses_wait(
    sends: Callable[..., None], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All forty responses arrive in one round."""
    arrived, requests = asyncio.Event(), count(1)

    async def wait() -> None:
        if next(requests) == 40:
            arrived.set()
        await arrived.wait()

    async def main() -> list[int]:
        client = BASE.client(server)
        async with closed(client):
            texts = [str(number) for number in range(40)]
            transport: Any = "direct" if sends is direct else "sdk"
            run = amap(BASE.ask(client), texts, limits=Limits(concurrency=40), transport=transport)
            return [run.waiting async for _ in run]

    sends(wait, monkeypatch)
    unread = asyncio.run(main())
    assert len(unread) == next(requests) - 1 == 40
    assert max(unread) < 2 * AT_ONCE
