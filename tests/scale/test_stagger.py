"""Few responses are made in each iteration of the event loop, and the user's task continues between them. What has
arrived is kept if its task is cancelled while it waits.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import closing
from contextvars import copy_context
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx2
import pytest
import trio

from mirascope_like.core.base.runtime.stagger import PER_ITERATION, Stagger, raise_cancelled, stagger
from mirascope_like.core.openai.provider import OpenAIProvider
from mirascope_like.scale import Failed, Limits, amap
from tests.conformance.providers import OPENAI
from tests.harness.clocks import PATIENCE
from tests.harness.server import Server
from tests.scale.direct.rows import BASE, closed

BODY = json.dumps(OPENAI.whole("Hello")).encode()


async def iterations_of(per_iteration: int, tasks: int, cancelled: tuple[int, ...] = ()) -> list[list[int]]:
    """The numbers of the tasks that continue between two steps of another task."""
    staggering = Stagger(per_iteration)
    iterations: list[list[int]] = [[]]

    async def one(number: int) -> None:
        await staggering.wait()
        iterations[-1].append(number)

    waiting = [asyncio.create_task(one(number)) for number in range(tasks)]
    await asyncio.sleep(0)
    for number in cancelled:
        waiting[number].cancel()
    async with asyncio.timeout(PATIENCE):
        while not all(task.done() for task in waiting):
            iterations.append([])
            await asyncio.sleep(0)
    return [some for some in iterations if some]


def test_few_tasks_continue_in_each_iteration() -> None:
    iterations = asyncio.run(iterations_of(4, 18))
    assert [number for some in iterations for number in some] == list(range(18))
    assert max(map(len, iterations)) == 4


def test_cancelled_tasks_continue_at_once() -> None:
    iterations = asyncio.run(iterations_of(2, 8, cancelled=(5, 6)))
    assert iterations[0] == [0, 1]
    assert set(iterations[1]) >= {5, 6}
    assert sorted(number for some in iterations for number in some) == list(range(8))


def test_a_task_is_cancelled_after_it_has_kept_what_it_waited_for() -> None:
    async def main() -> tuple[list[str], list[bool]]:
        staggering, kept = Stagger(1), list[str]()
        context = copy_context()
        staggering.set_in(context)
        await staggering.wait()

        async def one(name: str) -> None:
            async with asyncio.timeout(0 if name == "late" else None):
                await stagger()
                kept.append(name)
                raise_cancelled()

        tasks = [asyncio.create_task(one(name), context=context) for name in ("other", "cancelled", "late")]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait(tasks)
        return kept, [
            isinstance(tasks[2].exception(), TimeoutError),
            tasks[1].cancelled(),
            tasks[0].exception() is None,
        ]

    kept, ended = asyncio.run(main())
    assert sorted(kept) == ["cancelled", "late", "other"]
    assert ended == [True, True, True]


def test_the_next_iteration_has_room_again() -> None:
    async def main() -> None:
        staggering = Stagger(1)
        for _ in range(3):
            async with asyncio.timeout(PATIENCE):
                await staggering.wait()
            await asyncio.sleep(0)

    asyncio.run(main())


def test_tasks_of_another_loop_do_not_wait() -> None:
    async def main() -> None:
        staggering = Stagger(1)
        await staggering.wait()
        await asyncio.to_thread(asyncio.run, staggering.wait())
        await asyncio.to_thread(trio.run, staggering.wait)

    asyncio.run(main())


def direct(arrived: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> AsyncGenerator[bytes]:
        yield BODY

    content = SimpleNamespace(iter_any=body)
    received = SimpleNamespace(
        status=200, headers={"content-type": "application/json"}, raw_headers=(), content=content
    )

    async def post(self: Any, *args: Any, **options: Any) -> Any:
        await arrived()
        return received

    monkeypatch.setattr(aiohttp.ClientSession, "post", post)


def by_sdk(arrived: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch, body: bytes = BODY) -> None:
    received = httpx2.Response(200, content=body, request=httpx2.Request("POST", "http://127.0.0.1"))

    async def http(self: Any, *args: Any, **options: Any) -> httpx2.Response:
        await arrived()
        return received

    monkeypatch.setattr(OpenAIProvider, "http", http)


def by_sdk_unreadable(arrived: Callable[[], Awaitable[object]], monkeypatch: pytest.MonkeyPatch) -> None:
    by_sdk(arrived, monkeypatch, b"{")


SENDS = pytest.mark.parametrize("sends", [by_sdk, direct], ids=lambda sends: sends.__name__)


def forty_at_once(
    sends: Callable[..., None], client: Any, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> tuple[Any, list[None]]:
    """A map of forty inputs whose responses arrive in one iteration, and its requests."""
    arrived, requests = asyncio.Event(), list[None]()

    async def wait() -> None:
        requests.append(None)
        if len(requests) == 40:
            arrived.set()
        await arrived.wait()

    sends(wait, monkeypatch)
    transport: Any = "direct" if sends is direct else "sdk"
    texts = [str(number) for number in range(40)]
    return amap(BASE.ask(client), texts, limits=Limits(concurrency=40), transport=transport, **options), requests


@SENDS
def test_the_user_reads_items_while_responses_wait(
    sends: Callable[..., None], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        client = BASE.client(server)
        async with closed(client):
            run, requests = forty_at_once(sends, client, monkeypatch)
            unread = [run.waiting async for _ in run]
        assert len(unread) == len(requests) == 40
        assert max(unread) < 2 * PER_ITERATION

    asyncio.run(main())


@SENDS
def test_responses_that_have_arrived_are_stored(
    sends: Callable[..., None], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The task that reads the map is cancelled at the first item."""

    async def main() -> None:
        client = BASE.client(server)
        async with closed(client):
            run, requests = forty_at_once(sends, client, monkeypatch, store=tmp_path / "run.db")
            waiting = list[int]()

            async def read() -> None:
                async for _ in run:
                    waiting.append(40 - run.waiting)
                    reading.cancel()

            reading = asyncio.create_task(read())
            await asyncio.wait({reading})
            assert reading.cancelled()
            assert len(requests) == 40
            assert waiting[0] >= 30

    asyncio.run(main())
    with closing(sqlite3.connect(tmp_path / "run.db")) as database:
        assert database.execute("SELECT count(*) FROM answer").fetchone() == (40,)


def limits_pass(
    sends: Callable[..., None], server: Server, monkeypatch: pytest.MonkeyPatch, store: Path
) -> tuple[list[Any], Any]:
    """The items and the counts of a map of forty inputs, in which the time limits of the user's function pass while the
    responses wait.
    """
    arrived, limits, requests = asyncio.Event(), set[asyncio.Timeout](), list[None]()

    def pass_limits() -> None:
        for limit in limits:
            limit.reschedule(0)

    async def wait() -> None:
        requests.append(None)
        if len(requests) == 40:
            arrived.set()
            asyncio.get_running_loop().call_soon(pass_limits)
        await arrived.wait()

    async def main() -> tuple[list[Any], Any]:
        client = BASE.client(server)
        ask = BASE.ask(client)

        async def limited(text: str) -> Any:
            async with asyncio.timeout(None) as limit:
                limits.add(limit)
                try:
                    return await ask(text)
                finally:
                    limits.discard(limit)

        sends(wait, monkeypatch)
        transport: Any = "direct" if sends is direct else "sdk"
        texts = [str(number) for number in range(40)]
        async with closed(client):
            run = amap(limited, texts, limits=Limits(concurrency=40), transport=transport, store=store)
            return [item async for item in run], run.counts

    return asyncio.run(main())


@SENDS
def test_a_late_item_is_stored(
    sends: Callable[..., None], server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    items, counts = limits_pass(sends, server, monkeypatch, tmp_path / "run.db")
    assert counts.requests == 40
    late = [item for item in items if isinstance(item, Failed)]
    assert len(items) == 40
    assert late
    assert {type(item.error) for item in late} == {TimeoutError}
    assert all(item.response.content == "Hello" for item in items)
    with closing(sqlite3.connect(tmp_path / "run.db")) as database:
        assert database.execute("SELECT count(*) FROM answer").fetchone() == (40,)


def test_a_late_response_that_cannot_be_read(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The time limit is not lost with the error of the response."""
    items, _ = limits_pass(by_sdk_unreadable, server, monkeypatch, tmp_path / "run.db")
    kinds = [type(item.error) for item in items]
    assert len(kinds) == 40
    assert kinds.count(TimeoutError) > 20
