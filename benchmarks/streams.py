"""Reading streams in each contender's way, sync and async."""

from __future__ import annotations

import asyncio
from typing import Any

from .contenders import HELPER, OURS, REBUILT, SDK, TYPED, Contest
from .measure import Work


def reading(contest: Contest, client: Any) -> dict[str, Work]:
    """Ways to read a stream to its end; each returns the number of events."""
    prompt = contest.prompt(client, stream=True)

    def sdk() -> int:
        count = 0
        for _ in contest.stream(client):
            count += 1
        return count

    def helper() -> int:
        count = 0
        with contest.helper(client) as stream:
            for _ in stream:
                count += 1
        return count

    def ours() -> int:
        count = 0
        for _, _ in prompt():
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

    return {SDK: sdk, HELPER: per_event(helper, sdk), OURS: ours, REBUILT: rebuilt, TYPED: typed}


def areading(contest: Contest, client: Any, runner: asyncio.Runner) -> dict[str, Work]:
    """`reading`, with an async client."""
    prompt = contest.aprompt(client, stream=True)

    async def sdk() -> int:
        count = 0
        async for _ in await contest.astream(client):
            count += 1
        return count

    async def helper() -> int:
        count = 0
        async with contest.ahelper(client) as stream:
            async for _ in stream:
                count += 1
        return count

    async def ours() -> int:
        count = 0
        async for _, _ in prompt():
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
    asked = per_event(lambda: run(helper()), lambda: run(sdk()))
    return {
        SDK: lambda: run(sdk()),
        HELPER: asked,
        OURS: lambda: run(ours()),
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


def crowd(contest: Contest, client: Any, runner: asyncio.Runner, size: int) -> dict[str, Work]:
    """Many streams at once in one event loop."""
    prompt = contest.aprompt(client, stream=True)

    async def sdk() -> int:
        count = 0
        async for _ in await contest.astream(client):
            count += 1
        return count

    async def ours() -> int:
        count = 0
        async for _, _ in prompt():
            count += 1
        return count

    async def all_of(read: Any) -> int:
        return sum(await asyncio.gather(*(read() for _ in range(size))))

    return {SDK: lambda: runner.run(all_of(sdk)), OURS: lambda: runner.run(all_of(ours))}
