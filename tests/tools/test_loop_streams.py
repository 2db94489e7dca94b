"""Tool loops of streams: one stream for all rounds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import StreamState, ToolExecutionError, ToolLoop
from tests.harness.clocks import PATIENCE, never
from tests.harness.rounds import Side
from tests.harness.server import Server, Stall

ADD = ("call_1", "add", '{"a": 1, "b": 2}')
runs: list[tuple[int, int]] = []


@pytest.fixture(autouse=True)
def _clean() -> None:
    runs.clear()


def add(a: int, b: int) -> int:
    """Add two numbers."""
    runs.append((a, b))
    return a + b


def fail(a: int) -> str:
    """Fail."""
    raise ValueError(f"no {a}")


def stream(side: Side, server: Server, tools: Any = (add,), **options: Any) -> Any:
    options.setdefault("tool_loop", ToolLoop())

    @side.module.call("m", client=side.client(server), tools=list(tools), stream=True, **options)
    def ask() -> str:
        return "What is 1 + 2?"

    return ask()


def two_rounds(side: Side, server: Server) -> None:
    server.reply(side.streamed("Let me see. ", ADD), side.streamed("It is 3."))


def check(found: Any) -> None:
    assert found.state is StreamState.DONE
    assert found.content == "Let me see. It is 3."
    response = found.construct_call_response()
    assert response.content == "It is 3."
    assert [one.content for one in response.rounds] == ["Let me see. ", "It is 3."]
    assert response.total_usage.total_tokens == 30
    assert runs == [(1, 2)]


def test_pairs(side: Side, server: Server) -> None:
    two_rounds(side, server)
    found = stream(side, server)
    pairs = [(chunk.content, tool.args if tool else None) for chunk, tool in found]
    assert "".join(text for text, _ in pairs) == "Let me see. It is 3."
    assert [args for _, args in pairs if args] == [{"a": 1, "b": 2}]
    check(found)
    assert side.results(server.request.json) == [("call_1", "3", False)]


def test_text(side: Side, server: Server) -> None:
    two_rounds(side, server)
    found = stream(side, server)
    assert "".join(found.text(by="word")) == "Let me see. It is 3."
    check(found)


def test_items(side: Side, server: Server) -> None:
    two_rounds(side, server)
    found = stream(side, server)
    items = list(found.items())
    kinds = [one if isinstance(one, str) else type(one).__name__ for one in items]
    last = type(found.construct_call_response()).__name__
    assert kinds == ["Let", " me", " see.", " ", "ToolResultEvent", "It", " is", " 3.", last]
    assert (items[4].name, items[4].arguments, items[4].result) == ("add", {"a": 1, "b": 2}, 3)
    check(found)


def test_events(side: Side, server: Server) -> None:
    two_rounds(side, server)
    found = stream(side, server)
    kinds = [type(event).__name__ for event in found.events() if type(event).__name__.startswith("Tool")]
    assert kinds == ["ToolStartEvent", "ToolDeltaEvent", "ToolReadyEvent", "ToolResultEvent"]
    check(found)


def test_results_are_shown_before_the_next_round_begins(side: Side, server: Server) -> None:
    server.reply(side.streamed("", ADD))
    for item in stream(side, server).items():
        assert item.result == 3
        break
    assert len(server.requests) == 1


def test_mixed_views_neither_repeat_nor_lose(side: Side, server: Server) -> None:
    two_rounds(side, server)
    found = stream(side, server)
    text = next(found.text())
    for item in found.items():
        if not isinstance(item, str):
            assert item.result == 3
            break
        text += item
    text += "".join(chunk.content for chunk, _ in found)
    assert text == "Let me see. It is 3."
    check(found)


def test_on_end_callbacks_run_once_after_the_last_round(side: Side, server: Server) -> None:
    two_rounds(side, server)
    ends: list[Any] = []
    found = stream(side, server).ended(lambda stream: ends.append((stream.state, stream.content, len(runs))))
    states = {found.state for _ in found}
    assert states == {StreamState.OPEN}
    assert ends == [(StreamState.DONE, "Let me see. It is 3.", 1)]


@pytest.mark.parametrize("how", ["close", "drop"])
def test_left_between_rounds(side: Side, server: Server, how: str) -> None:
    server.reply(side.streamed("Let me see. ", ADD))
    ends: list[Any] = []
    found = stream(side, server).ended(lambda stream: ends.append((stream.state, stream.content)))
    for item in found.items():
        if not isinstance(item, str):
            break
    response = found.construct_call_response(partial=True)
    assert (response.content, response.executed[0].result) == ("Let me see. ", 3)
    if how == "close":
        found.close()
    del found
    assert ends == [(StreamState.CLOSED, "Let me see. ")]


def test_left_in_the_second_round(side: Side, server: Server) -> None:
    second = side.streamed("It is 3.").by_event()
    server.reply(side.streamed("Let me see. ", ADD), second.insert(len(second.pieces) // 2, Stall()))
    found = stream(side, server)
    for chunk, _ in found:
        if chunk.content == "It":
            break
    found.close()
    assert server.wait_until(lambda: server.aborted == 1)
    partial = found.construct_call_response(partial=True)
    assert (partial.content[:2], [one.content for one in partial.rounds[:-1]]) == ("It", ["Let me see. "])


def test_errors_are_raised_where_that_is_wanted(side: Side, server: Server) -> None:
    server.reply(side.streamed("", ("call_1", "fail", '{"a": 1}')))
    found = stream(side, server, [fail], tool_loop=ToolLoop(on_error="raise"))
    with pytest.raises(ToolExecutionError, match="fail: ValueError: no 1"):
        found.collect()
    assert found.state is StreamState.FAILED


def test_errors_are_sent_to_the_model(side: Side, server: Server) -> None:
    server.reply(side.streamed("", ("call_1", "fail", '{"a": 1}')), side.streamed("Sorry"))
    items = list(stream(side, server, [fail]).items())
    assert isinstance(items[0].error, ToolExecutionError)
    error = ("call_1", "ToolExecutionError: fail: ValueError: no 1", side.name == "anthropic")
    assert side.results(server.request.json) == [error]


def test_the_last_round_is_asked_without_tools(side: Side, server: Server) -> None:
    server.reply(side.streamed("", ADD), side.streamed("", ADD))
    found = stream(side, server, tool_loop=ToolLoop(max_rounds=2))
    results = [item for item in found.items() if getattr(item, "result", None)]
    assert [side.untooled(one.json) for one in server.requests] == [False, True]
    assert (len(results), runs) == (1, [(1, 2)])


def test_async(side: Side, server: Server) -> None:
    async def later(a: int) -> int:
        """Wait."""
        await asyncio.sleep(0)
        return a

    ends: list[Any] = []

    async def main() -> Any:
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[add, later], stream=True, tool_loop=ToolLoop())
            async def ask() -> str:
                return "What is 1 + 2?"

            server.reply(side.streamed("Let me see. ", ADD), side.streamed("It is 3."))
            found = ask().ended(lambda stream: ends.append(stream.state))
            items = [item async for item in found.items()]
            assert [one for one in items if isinstance(one, str)] == ["Let", " me", " see.", " ", "It", " is", " 3."]
            assert items[4].result == 3
            check(found)
            server.reply(side.streamed("", ("call_1", "later", '{"a": 1}')), side.streamed("It is 1."))
            assert (await ask().collect()).content == "It is 1."
            assert side.results(server.request.json) == [("call_1", "1", False)]

    asyncio.run(main())
    assert ends == [StreamState.DONE]


def test_cancelled_while_a_tool_runs(side: Side, server: Server) -> None:
    limit: asyncio.Timeout

    async def forever(a: int) -> int:
        """Wait."""
        limit.reschedule(0)
        await never()
        return a

    async def main() -> Any:
        nonlocal limit
        async with side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[forever], stream=True, tool_loop=ToolLoop())
            async def ask() -> str:
                return "Wait"

            server.reply(side.streamed("", ("call_1", "forever", '{"a": 1}')))
            found = ask()
            limit = asyncio.timeout(PATIENCE)
            with pytest.raises(TimeoutError):
                async with limit:
                    await found.collect()
            assert found.state is StreamState.CLOSED

    asyncio.run(main())


def test_llm(side: Side, server: Server) -> None:
    two_rounds(side, server)

    @llm.call(f"{side.name}:m", client=side.client(server), tools=[add], tool_loop=ToolLoop(), stream=True)
    def ask() -> str:
        return "What is 1 + 2?"

    found = ask()
    assert [item.result for item in found.items() if hasattr(item, "result")] == [3]
    check(found)


class Book(BaseModel):
    title: str


class Books(BaseModel):
    books: list[Book]


def test_a_structured_answer_beside_a_call_is_none(side: Side, server: Server) -> None:
    early, late = ("call_0", "Book", '{"title": "Early"}'), ("call_2", "Book", '{"title": "Late"}')
    server.reply(side.streamed("", early, ADD), side.streamed("", late))
    found = stream(side, server, response_model=Book)
    titles = [one.title for one in found]
    assert titles[-1] == "Late"
    assert found.constructed_response_model == Book(title="Late")
    assert runs == [(1, 2)]


def test_items_of_a_structured_answer_are_those_of_the_last_round(side: Side, server: Server) -> None:
    early, late = ("call_0", "Books", '{"books": [{"title": "A"}]}'), ("call_2", "Books", '{"books": [{"title": "B"}]}')
    server.reply(side.streamed("", early, ADD), side.streamed("", late))
    found = stream(side, server, response_model=Books)
    assert [one.title for one in found.each()][-1] == "B"
    assert found.constructed_response_model == Books(books=[Book(title="B")])


def test_items_without_a_loop_run_async_tools_in_a_sync_stream(side: Side, server: Server) -> None:
    async def add(a: int, b: int) -> int:
        await asyncio.sleep(0)
        return a + b

    server.reply(side.streamed("", ADD))
    items = list(stream(side, server, tools=[add], tool_loop=None).items())
    assert items[0].result == 3
