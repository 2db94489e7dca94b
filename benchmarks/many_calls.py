"""The same call many times at once: a `gather` of the SDK's calls, and maps, which have a store and limits.

    with server.start() as base_url, asyncio.Runner() as runner, many_calls(base_url, runner, folder) as works:
        samples = measured(works, rounds)

    python -m benchmarks.many_calls 1000000       prints the memory of a direct map of so many inputs
    python -m benchmarks.many_calls mistral 5     prints the CPU time of calls of Mistral, of so many rounds

The server answers after 50 ms. `Work` returns the number of calls; its CPU time is that of this process.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from mirascope_like.core import mistral, openai
from mirascope_like.scale import Done, Limits, amap

from . import server
from .contenders import OPENAI, QUESTION
from .crowded import memory
from .measure import Work, measured
from .providers import mistral_client

GATHER, GATHER_AIOHTTP = "the SDK's calls, gather", "the SDK's calls on aiohttp, gather"
MAP, MAP_DIRECT = "map on aiohttp, store and limits", "map direct, store and limits"
CALLS = 20_000
"""Fewer calls hide what a full garbage collection costs, which comes once in thousands of calls."""
ROUNDS = 3
CONCURRENCY = 200
LATENCY_MS = 50
LIMITS = Limits(rpm=60_000_000, tpm=100_000_000_000, concurrency=CONCURRENCY)
"""Limits that are never reached: what is measured is their cost."""


@contextmanager
def many_calls(base_url: str, runner: asyncio.Runner, folder: Path, calls: int = CALLS) -> Generator[dict[str, Work]]:
    """Context manager with the contenders, in the order of the table. `folder` receives the stores of the maps.

    Each input is another question, so that no call of a map shares the response of an equal one.
    """
    numbers = count()
    headers = {"x-delay-ms": str(LATENCY_MS)}
    plain, aiohttp = (OPENAI.async_client(base_url, headers, aiohttp=one) for one in (False, True))

    def work(run: Callable[[Any, list[str]], Coroutine[Any, Any, int]], client: Any) -> Work:
        return lambda: runner.run(run(client, [f"{QUESTION} {next(numbers)}" for _ in range(calls)]))

    async def mapped(client: Any, inputs: list[str], **options: Any) -> int:
        @openai.call(OPENAI.model, client=client)
        async def ask(text: str) -> str:
            return text

        store = folder / f"{next(numbers)}.db"
        async for item in amap(ask, inputs, limits=LIMITS, store=store, **options):
            assert isinstance(item, Done)
        return len(inputs)

    yield {
        GATHER: work(gathered, plain),
        GATHER_AIOHTTP: work(gathered, aiohttp),
        MAP: work(mapped, aiohttp),
        MAP_DIRECT: work(partial(mapped, transport="direct"), plain),
    }
    for client in (plain, aiohttp):
        runner.run(client.close())


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


@contextmanager
def calls_of_mistral(base_url: str, runner: asyncio.Runner, folder: Path, calls: int) -> Generator[dict[str, Work]]:
    """Context manager with the contenders for Mistral."""
    numbers = count()
    clients = [mistral_client(base_url) for _ in range(3)]

    def work(run: Callable[[Any, list[str]], Coroutine[Any, Any, int]], client: Any) -> Work:
        return lambda: runner.run(run(client, [f"{QUESTION} {next(numbers)}" for _ in range(calls)]))

    async def mapped(client: Any, inputs: list[str], **options: Any) -> int:
        @mistral.call("mistral-small", client=client)
        async def ask(text: str) -> str:
            return text

        run = amap(ask, inputs, limits=LIMITS, store=folder / f"{next(numbers)}.db", **options)
        async for item in run:
            assert isinstance(item, Done)
        assert run.counts.direct == (len(inputs) if options else 0)
        return len(inputs)

    async def sent(client: Any, inputs: list[str]) -> int:
        places = asyncio.Semaphore(CONCURRENCY)

        async def ask(text: str) -> None:
            async with places:
                messages = [{"role": "user", "content": text}]
                assert (await client.chat.complete_async(model="mistral-small", messages=messages)).choices

        await asyncio.gather(*map(ask, inputs))
        return len(inputs)

    yield {
        GATHER: work(sent, clients[0]),
        "map, store and limits": work(mapped, clients[1]),
        MAP_DIRECT: work(partial(mapped, transport="direct"), clients[2]),
    }
    for client in clients:
        runner.run(client.__aexit__(None, None, None))


def print_mistral(rounds: int) -> None:
    """Print the CPU time of calls of Mistral, and its ratio to the SDK's."""
    with (
        server.start(latency=LATENCY_MS / 1000) as url,
        TemporaryDirectory() as folder,
        asyncio.Runner() as runner,
        calls_of_mistral(url, runner, Path(folder), 200) as works,
    ):
        samples = measured(works, rounds)
    for name, one in samples.items():
        print(f"{name:<40} {one.median * 1e6:>8,.0f} µs/call {one.ratio(samples[GATHER]):>6.2f}")


async def inputs_once(base_url: str, number: int, folder: Path) -> None:
    """Make a direct map of many inputs, with a store and limits, and print the memory of the process, in MB above the
    start, ten times.
    """
    client = OPENAI.async_client(base_url, {})

    @openai.call(OPENAI.model, client=client)
    async def ask(text: str) -> str:
        return text

    await amap(ask, ["first"], limits=LIMITS, store=folder / "first.db", transport="direct")  # what is made once
    inputs = (f"{QUESTION} {one}" for one in range(number))
    start, most, read, step = memory("VmRSS"), 0, 0, max(1, number // 100)
    async for item in amap(ask, inputs, limits=LIMITS, store=folder / "run.db", transport="direct"):
        assert isinstance(item, Done)
        read += 1
        if read % step == 0:
            most = max(most, memory("VmRSS") - start)
        if read % (10 * step) == 0:
            print(f"{read:>9,} inputs: at most {most / 1e6:.1f} MB above the start", flush=True)
    print(f"{process_time() / number * 1e6:.0f} µs of CPU time an input")
    await client.close()


if __name__ == "__main__":
    if sys.argv[1:2] == ["mistral"]:
        print_mistral(int(sys.argv[2]) if sys.argv[2:] else 5)
        sys.exit()
    with server.start() as url, TemporaryDirectory() as stores:
        asyncio.run(inputs_once(url, int(sys.argv[1]) if sys.argv[1:] else 1_000_000, Path(stores)))
