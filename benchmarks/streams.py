"""Reading streams in each contender's way, sync and async."""

from __future__ import annotations

import asyncio
from typing import Any

from .contenders import HELPER, OURS, REBUILT, SDK, TYPED, Contest, Entrant
from .measure import Work


def plainly(entrant: Entrant, client: Any, our_client: Any) -> dict[str, Work]:
    """The SDK's way and ours to read a stream to its end; each returns the number of events."""
    prompt = entrant.prompt(our_client, stream=True)

    def sdk() -> int:
        count = 0
        for _ in entrant.stream(client):
            count += 1
        return count

    def ours() -> int:
        count = 0
        for _, _ in prompt():
            count += 1
        return count

    return {SDK: sdk, OURS: ours}


def aplainly(entrant: Entrant, client: Any, our_client: Any, runner: asyncio.Runner, size: int = 1) -> dict[str, Work]:
    """`plainly`, with async clients; `size` streams at once in one event loop."""
    prompt = entrant.aprompt(our_client, stream=True)

    async def sdk() -> int:
        count = 0
        async for _ in await entrant.astream(client):
            count += 1
        return count

    async def ours() -> int:
        count = 0
        async for _, _ in prompt():
            count += 1
        return count

    async def all_of(read: Any) -> int:
        return sum(await asyncio.gather(*(read() for _ in range(size)))) if size > 1 else await read()

    return {SDK: lambda: runner.run(all_of(sdk)), OURS: lambda: runner.run(all_of(ours))}


def reading(contest: Contest, client: Any) -> dict[str, Work]:
    """`plainly`, and the other ways."""
    plain, prompt = plainly(contest, client, client), contest.prompt(client, stream=True)

    def helper() -> int:
        count = 0
        with contest.helper(client) as stream:
            for _ in stream:
                count += 1
        return count

    def rebuilt() -> int:
        count = 0
        stream = prompt()
        for _, _ in stream:
            count += 1
        assert stream.construct_call_response().content
        return count

    def typed() -> int:
        count = 0
        for chunk, _ in prompt():
            _ = chunk.chunk
            count += 1
        return count

    return {SDK: plain[SDK], HELPER: per_event(helper, plain[SDK]), OURS: plain[OURS], REBUILT: rebuilt, TYPED: typed}


def areading(contest: Contest, client: Any, runner: asyncio.Runner) -> dict[str, Work]:
    """`reading`, with an async client."""
    plain, prompt = aplainly(contest, client, client, runner), contest.aprompt(client, stream=True)

    async def helper() -> int:
        count = 0
        async with contest.ahelper(client) as stream:
            async for _ in stream:
                count += 1
        return count

    async def rebuilt() -> int:
        count = 0
        stream = await prompt()
        async for _, _ in stream:
            count += 1
        assert stream.construct_call_response().content
        return count

    async def typed() -> int:
        count = 0
        async for chunk, _ in prompt():
            _ = chunk.chunk
            count += 1
        return count

    run = runner.run
    return {
        SDK: plain[SDK],
        HELPER: per_event(lambda: run(helper()), plain[SDK]),
        OURS: plain[OURS],
        REBUILT: lambda: run(rebuilt()),
        TYPED: lambda: run(typed()),
    }


def per_event(work: Work, plain: Work) -> Work:
    """Count the events of the wire, where a helper adds events of its own."""
    count = 0

    def counted() -> int:
        nonlocal count
        count = count or plain()  # in the round that warms up
        work()
        return count

    return counted
