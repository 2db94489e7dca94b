"""Every provider: what a log returns is equal to what the call returned."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mirascope_like.core import ProviderError
from mirascope_like.core.base.tools import ToolLoop
from mirascope_like.integrations.log import JSONLinesLog, SQLiteLog, log_calls
from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.server import Server

OSLO = Call("callOslo1", "get_weather", '{"city": "O', 'slo"}')
ANSWER = Answer(Text("Hel", "lo"))


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"sunny in {city}"


@pytest.fixture(params=["sqlite", "json lines"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    sqlite = request.param == "sqlite"
    with SQLiteLog(tmp_path / "calls.db") if sqlite else JSONLinesLog(tmp_path / "calls.jsonl") as log:
        yield log


def call(row: BaseRow, server: Server, *, streamed: bool, asynchronous: bool, **options: Any) -> Any:
    """Call the provider; return the response."""
    if not asynchronous:
        with row.client(server) as client:
            return row.stream(client, **options).collect() if streamed else row.ask(client, **options)

    async def main() -> Any:
        async with row.aclient(server) as client:
            if streamed:
                return await row.astream(client, **options).collect()
            return await row.aask(client, **options)

    return asyncio.run(main())


@each_row
@both_ways
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_response(row: BaseRow, server: Server, log: Any, streamed: bool, asynchronous: bool) -> None:
    server.reply(row.wire.streamed(ANSWER) if streamed else row.wire.answered(ANSWER))
    with log_calls(log):
        response = call(row, server, streamed=streamed, asynchronous=asynchronous)
    (one,) = log.find()
    assert log.get(one.id) == log.get(one.call_id) == response
    assert type(one.response.response) is type(response.response)
    assert one.response.content == one.response_text == "Hello"
    assert (one.state, one.error, one.prompt, one.streamed) == ("done", None, "Hi", streamed)
    assert (one.input_tokens, one.output_tokens) == (response.input_tokens, response.output_tokens)
    assert one.cost == response.cost
    assert one.provider == row.name


@each_row
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_tool_loop(row: BaseRow, server: Server, tmp_path: Path, streamed: bool) -> None:
    if "tools" in row.lacks:
        return
    send = row.wire.streamed if streamed else row.wire.answered
    server.reply(send(Answer(OSLO)), send(ANSWER))
    with SQLiteLog(tmp_path / "calls.db") as log:
        with log_calls(log):
            response = call(
                row, server, streamed=streamed, asynchronous=False, tools=[get_weather], tool_loop=ToolLoop()
            )
        asked, last = log.find(kind="request")[0], log.find(kind="call")[0]
        assert log.get(last.id) == response
        assert log.get(asked.id) == response.rounds[0]
        found = log.get(last.id)
        assert found is not None
        assert found.rounds == response.rounds
        assert [len(one.rounds) for one in found.rounds] == [1, 2]
        assert (found.total_usage, found.total_cost) == (response.total_usage, response.total_cost)
    assert asked.parent_id == last.call_id
    assert asked.tool_calls == [{"name": "get_weather", "arguments": {"city": "Oslo"}, "result": "sunny in Oslo"}]
    assert last.tools == ["get_weather"]


@each_row
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_failure_has_its_prompt_and_no_key(row: BaseRow, server: Server, tmp_path: Path, streamed: bool) -> None:
    log = SQLiteLog(tmp_path / "calls.db")
    server.reply(row.wire.failed(400))
    with log_calls(log), pytest.raises(ProviderError):
        call(row, server, streamed=streamed, asynchronous=False)
    (one,) = log.find()
    assert (one.state, one.prompt, one.arguments, one.response) == ("failed", "Hi", {"prompt": "Hi"}, None)
    assert one.messages
    assert one.error
    log.close()
    assert b"sk-test" not in (tmp_path / "calls.db").read_bytes()
