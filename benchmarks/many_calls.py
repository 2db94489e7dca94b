"""The same call many times at once: a `gather` of the SDK's calls, and maps, which have a store and limits.

    with server.start() as base_url, asyncio.Runner() as runner:
        samples = measured(many_calls(base_url, runner, folder), rounds)

The server answers after 50 ms. `Work` returns the number of calls; its CPU time is that of this process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from mirascope_like.core import openai
from mirascope_like.scale import Done, Limits, amap

from .contenders import OPENAI, QUESTION
from .measure import Work

GATHER, GATHER_AIOHTTP = "the SDK's calls, gather", "the SDK's calls on aiohttp, gather"
MAP, MAP_DIRECT = "map on aiohttp, store and limits", "map direct, store and limits"
CALLS = 1000
CONCURRENCY = 200
LATENCY_MS = 50
LIMITS = Limits(rpm=60_000_000, tpm=100_000_000_000, concurrency=CONCURRENCY)
"""Limits that are never reached: what is measured is their cost."""


def many_calls(base_url: str, runner: asyncio.Runner, folder: Path, calls: int = CALLS) -> dict[str, Work]:
    """Return the contenders, in the order of the table. `folder` receives the stores of the maps.

    Each input is another question, so that no call of a map shares the response of an equal one.
    """
    numbers = count()

    def texts() -> list[str]:
        return [f"{QUESTION} {next(numbers)}" for _ in range(calls)]

    def work(run: Callable[[Any, list[str]], Coroutine[Any, Any, int]], *, aiohttp: bool) -> Work:
        async def once() -> int:
            async with OPENAI.async_client(base_url, {"x-delay-ms": str(LATENCY_MS)}, aiohttp=aiohttp) as client:
                return await run(client, texts())

        return lambda: runner.run(once())

    async def mapped(client: Any, inputs: list[str], **options: Any) -> int:
        @openai.call(OPENAI.model, client=client)
        async def ask(text: str) -> str:
            return text

        store = folder / f"{next(numbers)}.db"
        async for item in amap(ask, inputs, limits=LIMITS, store=store, **options):
            assert isinstance(item, Done)
        return len(inputs)

    return {
        GATHER: work(gathered, aiohttp=False),
        GATHER_AIOHTTP: work(gathered, aiohttp=True),
        MAP: work(mapped, aiohttp=True),
        MAP_DIRECT: work(partial(mapped, transport="direct"), aiohttp=False),
    }


async def gathered(client: Any, inputs: list[str]) -> int:
    """Make a call of the SDK for each input, as a program without a map does; return their number."""
    places = asyncio.Semaphore(CONCURRENCY)

    async def ask(text: str) -> None:
        async with places:
            found = await OPENAI.resource(client).create(
                model=OPENAI.model, messages=[{"role": "user", "content": text}]
            )
            assert found.choices

    await asyncio.gather(*map(ask, inputs))
    return len(inputs)
