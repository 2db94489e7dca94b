"""The other views, each on its own, and `on` and `until`."""

from __future__ import annotations

import io
from typing import Any

import pytest

from mirascope_like.core import StreamInterruptedError, StreamState
from mirascope_like.core.base.response import (
    ErrorEvent,
    FinishEvent,
    TextEvent,
    ToolDeltaEvent,
    ToolReadyEvent,
    ToolStartEvent,
    UsageEvent,
)
from mirascope_like.core.base.tools import ToolResultEvent
from tests.harness.rounds import Side
from tests.harness.server import CloseEarly, Pause, Server, Stall
from tests.streams.views.reading import ADD, Reader, Views, add, fail, texts


def comparable(event: Any) -> Any:
    """An event in a form to compare."""
    match event:
        case ToolReadyEvent(tool):
            return "ready", tool.args
        case UsageEvent(usage):
            return "usage", usage.output_tokens
        case FinishEvent():
            return "finish"
        case _:
            return event


def test_events(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> list[Any]:
        return [comparable(event) for event in await views.all(stream.events())]

    server.reply(side.streamed("Let me see.", ADD))
    found = reader.run(side, server, use, tools=[add])
    index = 0 if side.name == "openai" else 1
    expected = [
        TextEvent("Let"),
        TextEvent(" me"),
        TextEvent(" see."),
        ToolStartEvent(index, "call_1", "add"),
        ToolDeltaEvent(index, '{"a": 1, "b": 2}'),
        ("ready", {"a": 1, "b": 2}),
    ]
    assert [one for one in found if one != "finish" and not (isinstance(one, tuple) and one[0] == "usage")] == expected
    assert ("usage", 5) in found
    assert found.count("finish") == 1


def test_events_show_an_error_and_raise_it(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        found, error = await views.until_error(stream.events())
        assert isinstance(found[-1], ErrorEvent)
        assert found[-1].error is error is stream.error
        assert isinstance(error, StreamInterruptedError)
        assert TextEvent("Hel") in found
        assert await views.all(stream.events()) == []

    server.reply(texts(side, "Hel", Pause(0.02), CloseEarly(), finish=False))
    reader.run(side, server, use)


def test_items(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        *pieces, first, second, response = await views.all(stream.items())
        assert pieces == ["Let", " me", " see."]
        assert isinstance(first, ToolResultEvent)
        assert (first.name, first.arguments, first.result, first.error) == ("add", {"a": 1, "b": 2}, 3, None)
        assert (second.name, second.result) == ("fail", None)
        assert isinstance(second.error, Exception)
        assert "no 4" in str(second.error) + str(second.error.__cause__)
        assert response is stream.construct_call_response()

    server.reply(side.streamed("Let me see.", ADD, ("call_2", "fail", '{"a": 4}')))
    reader.run(side, server, use, tools=[add, fail])


def test_items_of_arguments_that_are_cut_off(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        *_, tool, response = await views.all(stream.items())
        assert (tool.result, tool.name) == (None, "add")
        assert tool.error is not None
        assert response.content == "See"

    server.reply(side.streamed("See", ("call_1", "add", '{"a": 1, "b')))
    reader.run(side, server, use, tools=[add])


def test_async_tools_are_awaited(side: Side, server: Server) -> None:
    async def aadd(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    async def use(stream: Any, views: Views) -> None:
        tool, _ = await views.all(stream.items())
        assert (tool.result, tool.error) == (3, None)

    server.reply(side.streamed("", ("call_1", "aadd", '{"a": 1, "b": 2}')))
    Reader(True).run(side, server, use, tools=[aadd])


def test_cumulative(reader: Reader, side: Side, server: Server) -> None:
    async def use(stream: Any, views: Views) -> None:
        shots = await views.all(stream.cumulative())
        assert [shot.response for shot in shots if shot.delta] == ["Hel", "Hello", "Hello you"]
        assert "".join(shot.delta for shot in shots) == "Hello you"
        assert str(shots[-1]) == "Hello you"
        assert all(isinstance(shot.raw_response, dict) for shot in shots)

    server.reply(texts(side, "Hel", "lo", " you"))
    reader.run(side, server, use)


def test_print_and_collect(reader: Reader, side: Side, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    async def use(stream: Any, views: Views) -> None:
        file = io.StringIO()
        response = await views.value(stream.print(file=file))
        assert (response.content, file.getvalue()) == ("Hello", "Hello\n")
        assert await views.value(stream.collect()) is response

    async def use_stdout(stream: Any, views: Views) -> None:
        await views.value(stream.print())

    server.reply(texts(side, "Hel", "lo"), texts(side, "Hel", "lo"))
    reader.run(side, server, use)
    assert capsys.readouterr().out == ""
    reader.run(side, server, use_stdout)
    assert capsys.readouterr().out == "Hello\n"


def test_on(reader: Reader, side: Side, server: Server) -> None:
    received: list[Any] = []

    async def use(stream: Any, views: Views) -> None:
        assert stream.on(text=received.append) is stream
        stream.on(tool=lambda tool: received.append(tool.args), done=lambda response: received.append(response.content))
        assert await views.some(stream.text(), 1) == ["Let"]
        assert received == ["Let"]
        await views.value(stream.collect())
        assert received == ["Let", " me", " see.", {"a": 1, "b": 2}, "Let me see."]
        await views.value(stream.collect())
        assert len(received) == 5

    server.reply(side.streamed("Let me see.", ADD))
    reader.run(side, server, use, tools=[add])


def test_on_done_is_not_called_after_an_interruption(reader: Reader, side: Side, server: Server) -> None:
    received: list[Any] = []

    async def use(stream: Any, views: Views) -> None:
        stream.on(text=received.append, done=received.append)
        await views.until_error(stream.text())

    server.reply(texts(side, "Hel", Pause(0.02), CloseEarly(), finish=False))
    reader.run(side, server, use)
    assert received == ["Hel"]


@pytest.mark.parametrize("stop", [5, lambda text: "lo" in text], ids=["length", "predicate"])
@pytest.mark.parametrize("view", ["pairs", "text", "words", "collect"])
def test_until(reader: Reader, side: Side, server: Server, stop: Any, view: str) -> None:
    async def use(stream: Any, views: Views) -> None:
        stream.until(stop)
        if view == "collect":
            with pytest.raises(ValueError, match="closed"):
                await views.value(stream.collect())
        elif view == "pairs":
            assert "".join([chunk.content for chunk, _ in await views.all(stream)]) == "Hello"
        else:
            options = {"by": "word", "buffer": 9} if view == "words" else {}
            assert "".join(await views.all(stream.text(**options))) == "Hello"
        assert stream.state is StreamState.CLOSED
        assert stream.construct_call_response(partial=True).content == "Hello"
        assert server.wait_closed()

    server.reply(texts(side, "Hel", "lo", Stall(), finish=False))
    reader.run(side, server, use)
    assert server.aborted == 1
