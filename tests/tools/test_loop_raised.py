"""What tools raise that means something else to Python: the end of an iterator, or that a task is cancelled."""

from __future__ import annotations

import asyncio
import concurrent.futures
from typing import Any

import pytest

from mirascope_like.core import ToolLoop
from tests.harness.clocks import never
from tests.harness.rounds import Side
from tests.harness.server import Server


def find(title: str) -> str:
    """Find a book."""
    return next(one for one in ["Dune"] if one == title)


def give_up(title: str) -> str:
    """Find a book."""
    raise concurrent.futures.CancelledError


async def lose(title: str) -> str:
    """Find a book."""
    raise asyncio.CancelledError


async def wait_for_the_lost(title: str) -> str:
    """Find a book."""
    other = asyncio.create_task(never())
    other.cancel()
    await other
    return title


RESULTS = {
    find: "ToolExecutionError: find: StopIteration: ",
    give_up: "ToolExecutionError: give_up: CancelledError: ",
    lose: "ToolExecutionError: lose: CancelledError: ",
    wait_for_the_lost: "ToolExecutionError: wait_for_the_lost: CancelledError: ",
}
raising = pytest.mark.parametrize(("tool", "result"), RESULTS.items(), ids=[one.__name__ for one in RESULTS])
loops = pytest.mark.parametrize("loop", [ToolLoop(), ToolLoop(timeout=20)], ids=["", "timed"])


def calls(tool: Any, count: int) -> list[tuple[str, str, str]]:
    return [(f"call_{number}", tool.__name__, '{"title": "Emma"}') for number in range(count)]


@raising
@loops
@pytest.mark.parametrize("count", [1, 2])
def test_loop(side: Side, server: Server, tool: Any, result: str, loop: ToolLoop, count: int) -> None:
    server.reply(side.whole("", *calls(tool, count)), side.whole("None"))

    @side.module.call("m", client=side.client(server), tools=[tool], tool_loop=loop)
    def ask() -> str:
        return "Find Emma"

    assert ask().content == "None"
    assert [text for _, text, _ in side.results(server.request.json)] == [result] * count


@raising
@loops
@pytest.mark.parametrize("count", [1, 2])
def test_async_loop(side: Side, server: Server, tool: Any, result: str, loop: ToolLoop, count: int) -> None:
    server.reply(side.whole("", *calls(tool, count)), side.whole("None"))

    async def main() -> None:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[tool], tool_loop=loop)
            async def ask() -> str:
                return "Find Emma"

            async with asyncio.timeout(20):
                assert (await ask()).content == "None"

    asyncio.run(main())
    assert [text for _, text, _ in side.results(server.request.json)] == [result] * count


@raising
def test_items(side: Side, server: Server, tool: Any, result: str) -> None:
    server.reply(side.streamed("", *calls(tool, 1)))

    @side.module.call("m", client=side.client(server), tools=[tool], stream=True)
    def ask() -> str:
        return "Find Emma"

    error = next(ask().items()).error
    assert f"{type(error).__name__}: {error}" == result


@raising
def test_async_items(side: Side, server: Server, tool: Any, result: str) -> None:
    server.reply(side.streamed("", *calls(tool, 1)))

    async def main() -> Any:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[tool], stream=True)
            async def ask() -> str:
                return "Find Emma"

            async with asyncio.timeout(20):
                items = [item async for item in ask().items()]
                return items[0].error

    error = asyncio.run(main())
    assert f"{type(error).__name__}: {error}" == result


def test_cancelled_while_a_tool_runs(side: Side, server: Server) -> None:
    begun: asyncio.Queue[str]

    async def forever(title: str) -> str:
        """Wait."""
        begun.put_nowait(title)
        await never()
        return title

    async def main(count: int) -> None:
        nonlocal begun
        begun = asyncio.Queue()
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[forever], tool_loop=ToolLoop(timeout=30))
            async def ask() -> str:
                return "Wait"

            task = asyncio.create_task(ask())
            for _ in range(count):
                await begun.get()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    for count in (1, 2):
        server.reply(side.whole("", *calls(forever, count)))
        asyncio.run(main(count))


class Mistake(StopIteration):
    """The end of an iterator."""


def test_approval_that_ends_an_iterator(side: Side, server: Server) -> None:
    def approve(tool: Any) -> bool:
        raise Mistake

    server.reply(side.whole("", *calls(find, 1)))

    @side.module.call("m", client=side.client(server), tools=[find], tool_loop=ToolLoop(approve=approve))
    def ask() -> str:
        return "Find Emma"

    with pytest.raises(Mistake):
        ask()


def test_async_approval_that_ends_an_iterator_or_is_cancelled(side: Side, server: Server) -> None:
    def approve(tool: Any) -> bool:
        raise Mistake

    def give_up(tool: Any) -> bool:
        raise concurrent.futures.CancelledError

    async def main(approve: Any) -> None:
        async with side.aclient(server) as client, asyncio.timeout(20):

            @side.module.call("m", client=client, tools=[find], tool_loop=ToolLoop(approve=approve))
            async def ask() -> str:
                return "Find Emma"

            await ask()

    server.reply(side.whole("", *calls(find, 1)), side.whole("", *calls(find, 1)))
    with pytest.raises(RuntimeError, match="StopIteration") as caught:  # what a coroutine makes of it
        asyncio.run(main(approve))
    assert isinstance(caught.value.__cause__, Mistake)
    with pytest.raises(concurrent.futures.CancelledError):
        asyncio.run(main(give_up))
