"""Recorded and odd streams: what is rebuilt is what the provider would have sent whole."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ConfigDict

from mirascope_like.core import BaseTool, StreamInterruptedError, StreamState
from mirascope_like.core.base.parsing import object_so_far
from tests.conformance.providers import Exchange, OddStream, Row, every_exchange, every_odd_stream, ways
from tests.conformance.reading import Read, read
from tests.harness.oracles import expected_raw, same, stream_error
from tests.harness.server import Reply, Server


def check(found: Read, expected: dict[str, Any]) -> None:
    """Check that the response is as expected, equals the joined chunks, and survives a dump to JSON."""
    response = found.response
    same(response.response, expected)
    assert found.stream.state is StreamState.DONE
    assert found.text == found.stream.content == response.content == str(response)
    for name in ("model", "id", "finish_reasons", "input_tokens", "cached_tokens", "output_tokens", "usage", "cost"):
        assert getattr(found.stream, name) == getattr(response, name), name
    assert found.stream.message_param == response.message_param
    assert found.stream.user_message_param == response.user_message_param
    assert found.stream.messages == response.messages
    again = type(response).model_validate_json(response.model_dump_json())
    same(again.response, expected)
    assert again == response
    assert again.model_dump_json() == response.model_dump_json()


def completed(expected: dict[str, Any]) -> dict[str, Any]:
    """A sum of chat chunks, with the constants of a whole answer that a host may leave out of a stream."""
    for choice in expected.get("choices", ()):
        message = choice["message"]
        message["role"] = message.get("role") or "assistant"
        for call in message.get("tool_calls") or ():
            call.setdefault("type", "function")
    return expected


@every_exchange(stream=True, error=False)
@ways(cuts=(None, 1, 2))
def test_recorded(row: Row, exchange: Exchange, asynchronous: bool, cut: int | None, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    found = read(row, server, asynchronous=asynchronous)
    if stream_error(exchange):
        assert isinstance(found.error, StreamInterruptedError)
        same(found.error.partial.response, expected_raw(exchange))
        assert found.text == found.stream.content == found.error.partial.content
    else:
        check(found, expected_raw(exchange))
    assert server.wait_closed()


@every_odd_stream()
@ways(cuts=(None, 1))
def test_odd(row: Row, odd: OddStream, asynchronous: bool, cut: int | None, server: Server) -> None:
    server.reply(odd.reply if cut is None else odd.reply.cut(cut))
    found = read(row, server, asynchronous=asynchronous)
    if odd.name == "blocks-interleaved":  # its texts come in another order than they stand in
        same(found.response.response, odd.expected)
        assert found.text == "ba"
        assert found.stream.content == found.response.content == "ab"
    else:
        check(found, completed(odd.expected))


def offered(exchange: Exchange) -> list[type[BaseTool]]:
    """The tools of a recorded request as classes that take any arguments."""
    named = [tool.get("function", tool).get("name") for tool in exchange.request.body.get("tools", ())]
    config = ConfigDict(extra="allow")
    space = {"__doc__": "Any.", "__module__": __name__, "model_config": config}
    return [
        type(name, (BaseTool,), {**space, "_name": classmethod(lambda _, name=name: name)}) for name in named if name
    ]


def called(row: Row, raw: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """The id, name and arguments of the tool calls in a whole answer."""
    if row.name == "anthropic":
        return [(b["id"], b["name"], b["input"]) for b in raw["content"] if b["type"] == "tool_use"]
    if "output" in raw:
        items = [item for item in raw["output"] if item["type"] == "function_call"]
        return [(i["call_id"], i["name"], object_so_far(i["arguments"])) for i in items]
    calls = raw["choices"][0]["message"].get("tool_calls") or ()
    return [(c.get("id"), c["function"]["name"], json.loads(c["function"]["arguments"] or "{}")) for c in calls]


def seen(tools: list[Any]) -> list[tuple[str, str, Any]]:
    return [(tool.id, type(tool).__name__, tool.args) for tool in tools]


def with_tools(exchange: Exchange) -> bool:
    return bool(exchange.request.body.get("tools")) and not stream_error(exchange)


@every_exchange(stream=True, error=False, where=with_tools)
@ways(cuts=(None, 3))
def test_recorded_tools(row: Row, exchange: Exchange, asynchronous: bool, cut: int | None, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    found = read(row, server, asynchronous=asynchronous, tools=offered(exchange))
    expected = called(row, expected_raw(exchange))
    assert seen(found.tools) == expected
    assert seen(found.stream.tools or []) == expected
    assert seen(found.response.tools or []) == expected
    same(found.response.response, expected_raw(exchange))
    assert found.text == found.stream.content


@every_exchange(stream=True, error=False, where=with_tools)
@ways(cuts=(4,))
def test_recorded_partial_tools(
    row: Row, exchange: Exchange, asynchronous: bool, cut: int | None, server: Server
) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    found = read(row, server, asynchronous=asynchronous, tools=offered(exchange), stream={"partial_tools": True})
    expected = called(row, expected_raw(exchange))
    whole = [tool for tool in found.tools if tool.delta is None]
    assert seen(whole) == expected
    assert seen(found.response.tools or []) == expected
    grown = "".join(tool.delta for tool in found.tools if tool.delta is not None)
    if expected:
        assert grown.count("{") >= sum(bool(arguments) for *_, arguments in expected)
    same(found.response.response, expected_raw(exchange))
    assert found.text == found.stream.content
