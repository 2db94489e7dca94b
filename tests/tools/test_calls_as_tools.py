"""Calls as tools of another call: the outer model receives their text, never a dump of prompt and response.

Reports: openai-agents-python#117 and Scopeo/draftnrun PR#99 (a call as a tool of another). The text is what `str()` of
a response gives.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import StreamNotConsumedError, ToolExecutionError, ToolLoop
from mirascope_like.core.base.tools import tool_output_text
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, OPENAI
from tests.conformance.wires.answer import Answer, Call
from tests.harness.rounds import Side
from tests.harness.server import Server
from tests.tools.test_loop_whole import aasked, asked

WEATHER = ("call_1", "weather", '{"city": "Rome"}')
ASKED = Answer("It is ", "sunny.")


class Report(BaseModel):
    sky: str


Give = Callable[[Any, Any], Any]
"""Makes the tool `weather` of a provider and its client."""


def whole(row: BaseRow, client: Any) -> Any:
    @row.module.call("m", client=client)
    def weather(city: str) -> str:
        """Ask the expert."""
        return f"PRIVATE {city}"

    return weather


def streamed(row: BaseRow, client: Any) -> Any:
    @row.module.call("m", client=client, stream=True)
    def weather(city: str) -> str:
        """Ask the expert."""
        return f"PRIVATE {city}"

    return weather


def opened(row: BaseRow, client: Any) -> Any:
    def weather(city: str) -> Any:
        """Ask the expert."""
        stream = streamed(row, client)(city)
        next(stream)
        return stream

    return weather


def any_provider(row: BaseRow, client: Any) -> Any:
    @llm.call(f"{row.name}:m", client=client, stream=True)
    def weather(city: str) -> str:
        """Ask the expert."""
        return f"PRIVATE {city}"

    return weather


def sync_in_async(row: BaseRow, client: Any) -> Any:
    async def weather(city: str) -> Any:
        """Ask the expert."""
        return streamed(row, client)(city)

    return weather


def in_a_list(row: BaseRow, client: Any) -> Any:
    def weather(city: str) -> Any:
        """Ask the expert."""
        return {"found": [whole(row, client)(city)]}

    return weather


def in_a_class(row: BaseRow, client: Any) -> Any:
    class Expert:
        @row.module.call("m", client=client)
        def weather(self, city: str) -> str:
            """Ask the expert."""
            return f"PRIVATE {city}"

    return Expert().weather


TEXT = "It is sunny."
GIVEN: list[tuple[Give, bool, str]] = [
    (whole, False, TEXT),
    (streamed, True, TEXT),
    (opened, True, TEXT),
    (any_provider, True, TEXT),
    (sync_in_async, True, TEXT),
    (in_a_list, False, '{"found":["It is sunny."]}'),
    (in_a_class, False, TEXT),
]
every_form = pytest.mark.parametrize(("give", "stream", "text"), GIVEN, ids=[give.__name__ for give, _, _ in GIVEN])
inner_rows = pytest.mark.parametrize("row", [OPENAI, ANTHROPIC], ids=lambda row: row.name)


@inner_rows
@every_form
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_the_outer_model_gets_the_text(
    row: BaseRow, give: Give, stream: bool, text: str, asynchronous: bool, side: Side, server: Server
) -> None:
    server.reply(side.whole("", WEATHER), row.wire.streamed(ASKED) if stream else row.wire.answered(ASKED))
    server.reply(side.whole("done"))
    with row.client(server) as client:
        ask = aasked if asynchronous else asked
        assert ask(side, server, [give(row, client)], ToolLoop()).content == "done"
    assert "PRIVATE Rome" in str(server.requests[1].json)
    assert side.results(server.request.json) == [("call_1", text, False)]
    assert "PRIVATE" not in str(server.request.json)


def awhole(row: BaseRow, client: Any) -> Any:
    @row.module.call("m", client=client)
    async def weather(city: str) -> str:
        """Ask the expert."""
        return f"PRIVATE {city}"

    return weather


def astreamed(row: BaseRow, client: Any) -> Any:
    @row.module.call("m", client=client, stream=True)
    async def weather(city: str) -> str:
        """Ask the expert."""
        return f"PRIVATE {city}"

    return weather


def aopened(row: BaseRow, client: Any) -> Any:
    async def weather(city: str) -> Any:
        """Ask the expert."""
        stream = await astreamed(row, client)(city)
        await anext(stream)
        return stream

    return weather


def astructured(row: BaseRow, client: Any) -> Any:
    @row.module.call("m", client=client, stream=True, response_model=Report, json_mode=True)
    async def weather(city: str) -> str:
        """Ask the expert."""
        return f"PRIVATE {city}"

    return weather


@inner_rows
@pytest.mark.parametrize("give", [awhole, astreamed, aopened])
def test_async_calls(row: BaseRow, give: Give, side: Side, server: Server) -> None:
    server.reply(side.whole("", WEATHER), (row.wire.answered if give is awhole else row.wire.streamed)(ASKED))
    server.reply(side.whole("done"))

    async def main() -> None:
        async with row.aclient(server) as inner, side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[give(row, inner)], tool_loop=ToolLoop())
            async def ask() -> str:
                return "What is it like?"

            assert (await ask()).content == "done"

    asyncio.run(main())
    assert side.results(server.request.json) == [("call_1", TEXT, False)]


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_streamed_structured_output_is_its_json(asynchronous: bool, side: Side, server: Server) -> None:
    server.reply(side.whole("", WEATHER), OPENAI.wire.streamed(Answer('{"sk', 'y": "blue"}')), side.whole("done"))

    async def main() -> None:
        async with OPENAI.aclient(server) as inner, side.aclient(server) as client:

            @side.module.call("m", client=client, tools=[astructured(OPENAI, inner)], tool_loop=ToolLoop())
            async def ask() -> str:
                return "What is it like?"

            await ask()

    if asynchronous:
        asyncio.run(main())
    else:
        with OPENAI.client(server) as client:

            @OPENAI.module.call("m", client=client, stream=True, response_model=Report, json_mode=True)
            def weather(city: str) -> str:
                """Ask the expert."""
                return city

            asked(side, server, [weather], ToolLoop())
    assert side.results(server.request.json) == [("call_1", '{"sky":"blue"}', False)]


def test_a_stream_that_fails_is_the_tools_error(side: Side, server: Server) -> None:
    server.reply(side.whole("", WEATHER), OPENAI.wire.failed(401), side.whole("done"))
    with OPENAI.client(server) as client:
        response = asked(side, server, [streamed(OPENAI, client)], ToolLoop())
    ((event,),) = [one.executed for one in response.rounds if one.executed]
    assert isinstance(event.error, ToolExecutionError)
    (result,) = side.results(server.request.json)
    assert result[1].startswith("ToolExecutionError: weather: ")


def test_results_sent_back_by_hand(server: Server) -> None:
    server.reply(OPENAI.wire.answered(Answer(Call(*WEATHER))), OPENAI.wire.streamed(ASKED))
    with OPENAI.client(server) as client:
        response = OPENAI.ask(client, tools=[streamed(OPENAI, client)])
        (message,) = response.tool_message_params([(response.tool, response.tool.call())])
    assert message["content"] == TEXT


def test_a_stream_that_was_stopped_is_the_text_so_far(server: Server) -> None:
    server.reply(OPENAI.wire.answered(Answer(Call(*WEATHER))), OPENAI.wire.streamed(ASKED))
    with OPENAI.client(server) as client:
        response = OPENAI.ask(client, tools=[streamed(OPENAI, client)])
        stream = response.tool.call().until(3)
        list(stream)
        (message,) = response.tool_message_params([(response.tool, stream)])
    assert message["content"] == "It is "


def test_an_async_stream_that_was_not_read_is_an_error(server: Server) -> None:
    server.reply(OPENAI.wire.answered(Answer(Call(*WEATHER))), OPENAI.wire.streamed(ASKED))

    async def main() -> Any:
        async with OPENAI.aclient(server) as client:
            response = await OPENAI.aask(client, tools=[astreamed(OPENAI, client)])
            stream = await response.tool.call()
            with pytest.raises(StreamNotConsumedError, match="read it to its end first"):
                response.tool_message_params([(response.tool, stream)])
            await stream.collect()
            return response.tool_message_params([(response.tool, stream)])

    (message,) = asyncio.run(main())
    assert message["content"] == TEXT


def test_a_tuple_reaches_the_model_as_a_list() -> None:
    assert tool_output_text((1, ("a", {"b": (2,)}))) == '[1,["a",{"b":[2]}]]'
