"""Tool loops of whole calls."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import ConfigurationError, ToolExecutionError, ToolLoop, ToolTimeoutError
from tests.harness.clocks import PATIENCE
from tests.harness.rounds import Side
from tests.harness.server import Server

ADD = ("call_1", "add", '{"a": 1, "b": 2}')


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fail(a: int) -> str:
    """Fail."""
    raise ValueError(f"no {a}")


def asked(side: Side, server: Server, tools: list[Any], loop: ToolLoop, **options: Any) -> Any:
    @side.module.call("m", client=side.client(server), tools=tools, tool_loop=loop, **options)
    def ask() -> str:
        return "What is 1 + 2?"

    return ask()


def aasked(side: Side, server: Server, tools: list[Any], loop: ToolLoop) -> Any:
    async def main() -> Any:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=tools, tool_loop=loop)
            async def ask() -> str:
                return "What is 1 + 2?"

            return await ask()

    return asyncio.run(main())


def test_goes_on_until_no_tool_is_called(side: Side, server: Server) -> None:
    server.reply(side.whole("Let me see.", ADD), side.whole("", ("call_2", "add", '{"a": 3, "b": 4}')), side.whole("7"))
    response = asked(side, server, [add], ToolLoop())
    assert response.content == "7"
    assert [one.content for one in response.rounds] == ["Let me see.", "", "7"]
    assert [[(one.name, one.result) for one in answer.executed] for answer in response.rounds] == [
        [("add", 3)],
        [("add", 7)],
        [],
    ]
    assert (response.input_tokens, response.total_usage.input_tokens) == (10, 30)
    assert response.total_usage.total_tokens == 45
    assert side.results(server.request.json) == [("call_1", "3", False), ("call_2", "7", False)]
    assert "tools" in server.request.json
    assert not side.untooled(server.request.json)


def test_async(side: Side, server: Server) -> None:
    async def slow(a: int, b: int) -> int:
        """Add two numbers."""
        await asyncio.sleep(0)
        return a + b

    server.reply(side.whole("", ("call_1", "slow", '{"a": 1, "b": 2}'), ("call_2", "add", '{"a": 3, "b": 4}')))
    server.reply(side.whole("3 and 7"))
    response = aasked(side, server, [slow, add], ToolLoop())
    assert response.content == "3 and 7"
    assert side.results(server.request.json) == [("call_1", "3", False), ("call_2", "7", False)]


def test_an_async_tool_in_a_sync_call(side: Side, server: Server) -> None:
    async def slow(a: int) -> int:
        """Wait."""
        await asyncio.sleep(0)
        return a

    server.reply(side.whole("", ("call_1", "slow", '{"a": 1}')), side.whole("1"))
    assert asked(side, server, [slow], ToolLoop()).content == "1"
    assert side.results(server.request.json) == [("call_1", "1", False)]


def test_without_a_loop_no_tool_runs(side: Side, server: Server) -> None:
    server.reply(side.whole("", ADD))

    @side.module.call("m", client=side.client(server), tools=[add])
    def ask() -> str:
        return "What is 1 + 2?"

    response = ask()
    assert response.tool.call() == 3
    assert (response.rounds, response.executed) == ([response], [])


def test_the_last_round_is_asked_without_tools(side: Side, server: Server) -> None:
    server.reply(side.whole("", ADD), side.whole("", ADD), side.whole("3"))
    response = asked(side, server, [add], ToolLoop(max_rounds=3))
    assert response.content == "3"
    assert [side.untooled(one.json) for one in server.requests] == [False, False, True]


def test_tools_that_are_called_all_the_same_are_left_to_the_caller(side: Side, server: Server) -> None:
    server.reply(side.whole("", ADD), side.whole("", ADD))
    response = asked(side, server, [add], ToolLoop(max_rounds=2))
    assert len(server.requests) == 2
    assert response.executed == []


def test_errors_are_sent_to_the_model_once_for_each_call(side: Side, server: Server) -> None:
    calls = [
        ("call_1", "fail", '{"a": 1}'),
        ("call_2", "ad", '{"a": 1, "b": 2}'),
        ("call_3", "add", '{"a": "x"}'),
        ("call_4", "add", '{"a": 1, "b": 2}'),
    ]
    server.reply(side.whole("", *calls), side.whole("Sorry"))
    asked(side, server, [fail, add], ToolLoop())
    error = side.name == "anthropic"
    results = side.results(server.request.json)
    assert [(id, is_error) for id, _, is_error in results] == [
        ("call_1", error),
        ("call_2", error),
        ("call_3", error),
        ("call_4", False),
    ]
    assert [text.partition(":")[0] for _, text, _ in results] == [
        "ToolExecutionError",
        "ToolNotFoundError",
        "ToolArgumentsError",
        "3",
    ]
    assert results[0][1] == "ToolExecutionError: fail: ValueError: no 1"
    assert "did you mean 'add'?" in results[1][1]


@pytest.mark.parametrize("run", [asked, aasked])
def test_errors_are_raised_where_that_is_wanted(side: Side, server: Server, run: Any) -> None:
    server.reply(side.whole("", ("call_1", "fail", '{"a": 1}')))
    with pytest.raises(ToolExecutionError, match="fail: ValueError: no 1") as caught:
        run(side, server, [fail], ToolLoop(on_error="raise"))
    assert isinstance(caught.value.__cause__, ValueError)


def test_what_the_model_does_wrong_is_never_raised(side: Side, server: Server) -> None:
    server.reply(side.whole("", ("call_1", "none", "{}")), side.whole("Sorry"))
    assert asked(side, server, [add], ToolLoop(on_error="raise")).content == "Sorry"


@pytest.mark.parametrize("run", [asked, aasked])
def test_a_tool_that_is_late(side: Side, server: Server, run: Any) -> None:
    release = threading.Event()

    def wait(a: int) -> int:
        """Wait."""
        release.wait()
        return a

    call = ("call_1", "wait", '{"a": 1}')
    server.reply(side.whole("", call), side.whole("Sorry"), side.whole("", call))
    assert run(side, server, [wait], ToolLoop(timeout=0.05)).content == "Sorry"
    assert side.results(server.request.json)[0][1] == "ToolTimeoutError: wait did not finish within 0.05 seconds"
    with pytest.raises(ToolTimeoutError):
        run(side, server, [wait], ToolLoop(timeout=0.05, on_error="raise"))
    release.set()


@pytest.mark.parametrize("run", [asked, aasked])
@pytest.mark.parametrize("parallel", [True, False])
def test_parallel(side: Side, server: Server, run: Any, parallel: bool) -> None:
    meeting = threading.Barrier(2)
    order: list[int] = []

    def meet(a: int) -> str:
        """Meet."""
        order.append(a)
        if not parallel:
            with pytest.raises(threading.BrokenBarrierError):
                meeting.wait(0.02)  # nobody comes
            meeting.reset()
            return "alone"
        meeting.wait(PATIENCE)
        return "met"

    server.reply(side.whole("", ("call_1", "meet", '{"a": 1}'), ("call_2", "meet", '{"a": 2}')), side.whole("Done"))
    run(side, server, [meet], ToolLoop(parallel=parallel))
    text = "met" if parallel else "alone"
    assert side.results(server.request.json) == [("call_1", text, False), ("call_2", text, False)]
    assert sorted(order) == [1, 2]


@pytest.mark.parametrize("run", [asked, aasked])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_approval(side: Side, server: Server, run: Any, kind: str) -> None:
    ran: list[int] = []

    def delete(a: int) -> str:
        """Delete a file."""
        ran.append(a)
        return "gone"

    def approve(tool: Any) -> bool:
        return bool(tool.args["a"] == 2)

    async def aapprove(tool: Any) -> bool:
        return approve(tool)

    server.reply(side.whole("", ("call_1", "delete", '{"a": 1}'), ("call_2", "delete", '{"a": 2}')), side.whole("Done"))
    run(side, server, [delete], ToolLoop(on_error="raise", approve=approve if kind == "sync" else aapprove))
    assert ran == [2]
    refused = "ToolRefusedError: delete was not allowed to run: do not call it again like this"
    assert [text for _, text, _ in side.results(server.request.json)] == [refused, "gone"]


def test_a_response_model_after_tools(side: Side, server: Server) -> None:
    class Sum(BaseModel):
        value: int

    server.reply(side.whole("", ADD), side.whole("", ("call_2", "Sum", '{"value": 3}')))
    answer = asked(side, server, [add], ToolLoop(), response_model=Sum)
    assert answer == Sum(value=3)
    assert len(answer._response.rounds) == 2


def test_llm(side: Side, server: Server) -> None:
    server.reply(side.whole("", ADD), side.whole("3"))

    @llm.call(f"{side.name}:m", client=side.client(server), tools=[add], tool_loop=ToolLoop())
    def ask() -> str:
        return "What is 1 + 2?"

    response = ask()
    assert [one.content for one in response.rounds] == ["", "3"]
    assert side.results(server.request.json) == [("call_1", "3", False)]


def test_settings_that_make_no_sense() -> None:
    with pytest.raises(ConfigurationError, match="at least 2"):
        ToolLoop(max_rounds=1)
    with pytest.raises(ConfigurationError, match="on_error"):
        ToolLoop(on_error="ignore")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # that is the test


def test_a_late_sync_tool_does_not_keep_the_event_loop_from_closing(side: Side, server: Server) -> None:
    leave, ended = threading.Event(), threading.Event()

    def wait(a: int) -> str:
        leave.wait(PATIENCE)
        ended.set()
        return ""

    async def main() -> None:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[wait], tool_loop=ToolLoop(timeout=0.1))
            async def ask() -> str:
                return "Wait"

            response = await ask()
            assert isinstance(response.rounds[0].executed[0].error, ToolTimeoutError)

    server.reply(side.whole("", ("call_1", "wait", '{"a": 1}')), side.whole("Well"))
    asyncio.run(main())
    assert not ended.is_set()
    leave.set()
    assert ended.wait(PATIENCE)


def test_all_sync_tools_of_a_round_run_at_once_under_async(side: Side, server: Server) -> None:
    count = 40  # more than asyncio has threads
    together = threading.Barrier(count, timeout=PATIENCE)

    def meet(a: int) -> str:
        together.wait()
        return "met"

    async def main() -> None:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[meet], tool_loop=ToolLoop(max_parallel=count))
            async def ask() -> str:
                return "Meet"

            response = await ask()
            assert [one.result for one in response.rounds[0].executed] == ["met"] * count

    calls = [(f"call_{number}", "meet", f'{{"a": {number}}}') for number in range(count)]
    server.reply(side.whole("", *calls), side.whole("Well"))
    asyncio.run(main())


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_at_most_max_parallel_tools_of_a_round_run_at_once(side: Side, server: Server, asynchronous: bool) -> None:
    """Each group of three meets; a fourth thread would break the count. Sixteen is the default."""
    running: list[int] = []
    most: list[int] = []
    lock, together = threading.Lock(), threading.Barrier(3, timeout=PATIENCE)

    def meet(a: int) -> str:
        with lock:
            running.append(a)
            most.append(len(running))
        together.wait()
        with lock:
            running.remove(a)
        return str(a)

    calls = [(f"call_{number}", "meet", f'{{"a": {number}}}') for number in range(9)]
    server.reply(side.whole("", *calls), side.whole("Well"))
    options: Any = {"tools": [meet], "tool_loop": ToolLoop(max_parallel=3)}

    async def main() -> Any:
        async with side.aclient(server) as client:
            return await side.module.model("m", client=client).ask_async("Meet", **options)

    if asynchronous:
        response = asyncio.run(main())
    else:
        response = side.module.model("m", client=side.client(server)).ask("Meet", **options)
    assert [one.result for one in response.rounds[0].executed] == [str(number) for number in range(9)]
    assert max(most) == 3
    assert ToolLoop().max_parallel == 16
