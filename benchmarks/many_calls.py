"""The same call many times at once: a `gather` of the SDK's calls, and maps, which have a store and limits.

    python -m benchmarks.many_calls 1000000       prints the memory of a direct map of so many inputs
    python -m benchmarks.many_calls mistral 5     prints the CPU time of calls of Mistral, of so many rounds

For the CPU time, the server answers after 50 ms.
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
from .map_programs import map_program
from .measure import Samples, Work, measured
from .providers import mistral_client

GATHER, GATHER_AIOHTTP = "the SDK's calls, gather", "the SDK's calls on aiohttp, gather"
MAP, MAP_DIRECT = "map on aiohttp, store and limits", "map direct, store and limits"
PROGRAMS = {GATHER: "sdk", GATHER_AIOHTTP: "sdk-aiohttp", MAP: "ours-aiohttp", MAP_DIRECT: "ours-direct"}
CALLS = 20_000
"""Fewer calls hide what a full garbage collection costs, which comes once in thousands of calls. So the ratios of
`--quick`, which makes a quarter of them, are higher.
"""
ROUNDS = 3
CONCURRENCY = 200
LATENCY_MS = 50
LIMITS = Limits(rpm=60_000_000, tpm=100_000_000_000, concurrency=CONCURRENCY)
"""Limits that are never reached: what is measured is their cost."""


def measured_maps(calls: int, rounds: int) -> dict[str, Samples]:
    """CPU of a `gather` of the SDK's calls and of maps (`map_programs`), each in a process of its own, round after
    round. What one leaves in memory would slow down the next.
    """
    seconds: dict[str, list[float]] = {name: [] for name in PROGRAMS}
    with server.start(latency=LATENCY_MS / 1000) as url:
        for _ in range(rounds):
            for name, program in PROGRAMS.items():
                found = map_program(sys.executable, program, url, calls, CONCURRENCY, "--warm", str(CONCURRENCY))
                assert not found["failed"]
                seconds[name].append(found["cpu"] / calls)
    return {name: Samples(several) for name, several in seconds.items()}


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
