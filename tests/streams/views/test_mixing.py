"""One cursor: for any mix of views and any cuts of the bytes, everything is yielded once and in order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirascope_like.core.base.response import TextEvent, ToolReadyEvent
from mirascope_like.core.base.tools import ToolResultEvent
from tests.harness.rounds import SIDES, Side
from tests.harness.server import Server
from tests.streams.views.reading import ADD, Reader, Views, add, ask

WHOLE_TEXT = "It is a sum. I add, and then I tell you.\nWait for it! So"
SUB = ("call_2", "add", '{"a": 5, "b": 6}')

texts_options = st.fixed_dictionaries(
    {},
    optional={
        "buffer": st.integers(0, 5),
        "min_chars": st.integers(0, 12),
        "by": st.sampled_from(["word", "line", "sentence"]),
        "max_delay": st.sampled_from([0.0, 0.0005, 30.0]),
    },
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["pairs", "events", "items", "cumulative", "text", "text"]), st.integers(1, 6), texts_options
    ),
    max_size=6,
)


async def mixed(stream: Any, views: Views, plan: list[tuple[str, int, dict[str, Any]]]) -> tuple[str, list[Any]]:
    """Read a stream by a plan of views; return the text and the tools that they gave."""
    text = ""
    tools: list[Any] = []
    for name, count, options in [*plan, ("items", 10**6, {})]:
        view = stream if name == "pairs" else getattr(stream, name)(**(options if name == "text" else {}))
        for one in await views.some(view, count):
            match one:
                case str():
                    text += one
                case (chunk, tool):
                    text += chunk.content
                    tools += [tool] if tool is not None else []
                case TextEvent(delta):
                    text += delta
                case ToolReadyEvent(tool) | ToolResultEvent(tool):
                    tools.append(tool)
                case _ if name == "cumulative":
                    text += one.delta
                case _:
                    pass
    return text, tools


@pytest.fixture(scope="module")
def servers() -> Any:
    with Server() as one:
        clients = [replace(side, _clients=[]).client(one) for side in SIDES]  # other tests close those of `SIDES`
        yield one, clients
        for client in clients:
            client.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=steps, cut=st.integers(0, 10**6), which=st.integers(0, 1))
def test_any_mix(servers: Any, plan: list[tuple[str, int, dict[str, Any]]], cut: int, which: int) -> None:
    server, clients = servers
    side = SIDES[which]
    server.reply(side.streamed(WHOLE_TEXT, ADD, SUB).cut(cut))
    stream = ask(side, clients[which], asynchronous=False, tools=[add])
    text, tools = asyncio.run(mixed(stream, Views(False), plan))
    check(stream, text, tools, plan)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=steps, cut=st.integers(0, 10**6), which=st.integers(0, 1))
def test_any_mix_async(servers: Any, plan: list[tuple[str, int, dict[str, Any]]], cut: int, which: int) -> None:
    server, _ = servers
    side = SIDES[which]

    async def main() -> None:
        server.reply(side.streamed(WHOLE_TEXT, ADD, SUB).cut(cut))
        async with side.aclient(server) as client:
            stream = ask(side, client, asynchronous=True, tools=[add])
            text, tools = await mixed(stream, Views(True), plan)
            check(stream, text, tools, plan)

    asyncio.run(main())


def check(stream: Any, text: str, tools: list[Any], plan: list[tuple[str, int, dict[str, Any]]]) -> None:
    """Check that all text was yielded once, and so was each tool, except those that `text` and `cumulative` omit."""
    response = stream.construct_call_response()
    assert text == WHOLE_TEXT == response.content == stream.content
    assert [tool.args for tool in response.tools] == [{"a": 1, "b": 2}, {"a": 5, "b": 6}]
    assert [tool.tool_call_id if hasattr(tool, "tool_call_id") else tool.args for tool in stream.tools]
    if any(name in ("text", "cumulative") for name, _, _ in plan):
        assert len(tools) <= 2
    else:
        assert [tool.args for tool in tools] == [{"a": 1, "b": 2}, {"a": 5, "b": 6}]


def test_break_and_go_on(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        assert await views.some(stream.text(by="word"), 2) == ["One ", "two "]
        events = await views.some(stream.events(), 2)
        assert [event.text for event in events] == ["three ", "four"] or "".join(e.text for e in events) == "three four"
        pairs = await views.some(stream, 1)
        assert pairs[0][0].content == " five"
        shots = await views.some(stream.cumulative(), 1)
        assert (shots[0].delta, shots[0].response) == (" six", "One two three four five six")
        *_, response = await views.all(stream.items())
        assert response.content == "One two three four five six"
        assert await views.all(stream.items()) == [response]
        assert await views.all(stream.text()) == []
        assert len(server.requests) == 1

    server.reply(side.streamed("One two three four five six"))
    reader.run(side, server, use)
