"""Unstreamed answers: the SDK's own object, as its own call returns it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.conformance.providers import Exchange, Row, every_exchange, every_provider, ways
from tests.harness.oracles import plain
from tests.harness.server import Reply, Server

HI = [{"role": "user", "content": "Hi"}]


def call(row: Row, server: Server, *, asynchronous: bool, **options: Any) -> Any:
    """The response of one unstreamed call."""
    if not asynchronous:
        with row.client(server) as client:
            return row.ask(client, **options)

    async def main() -> Any:
        async with row.aclient(server) as client:
            return await row.aask(client, **options)

    return asyncio.run(main())


def text(raw: dict[str, Any]) -> str:
    """The text of an answer on the wire."""
    if "choices" in raw:
        content = raw["choices"][0]["message"].get("content") or ""
        if isinstance(content, list):
            return "".join(part["text"] for part in content if part["type"] == "text")
        return str(content)
    if "output" in raw:
        parts = [part for item in raw["output"] if item["type"] == "message" for part in item["content"]]
        return "".join(part["text"] for part in parts if part["type"] == "output_text")
    return "".join(block["text"] for block in raw["content"] if block["type"] == "text")


@every_exchange(stream=False, error=False)
@ways()
def test_is_what_the_sdk_returns(
    row: Row, exchange: Exchange, asynchronous: bool, cut: int | None, server: Server
) -> None:
    reply = Reply.from_exchange(exchange)
    server.reply(reply, reply)
    with row.client(server) as client:
        theirs = row.create(client)(model="m", messages=HI, **row.demands)
    ours = call(row, server, asynchronous=asynchronous)
    raw = json.loads(exchange.response.body)
    assert repr(ours.response) == repr(theirs)
    assert ours.response.model_dump(warnings=False) == theirs.model_dump(warnings=False)
    assert plain(ours.response) == plain(theirs)
    assert not hasattr(theirs, "_request_id") or ours.response._request_id == theirs._request_id
    assert ours.content == str(ours) == text(raw)
    assert (ours.model, ours.id) == (raw["model"], raw["id"] or None)
    assert ours.usage == theirs.usage
    assert ours.start_time <= ours.end_time


@every_exchange(stream=False, error=False)
def test_goes_through_json(row: Row, exchange: Exchange, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange))
    response = call(row, server, asynchronous=False)
    again = type(response).model_validate_json(response.model_dump_json())
    assert again == response
    assert again.response.model_dump(warnings=False) == response.response.model_dump(warnings=False)
    assert type(response).model_validate(response.model_dump()) == response
    for name in ("content", "finish_reasons", "usage", "cost", "message_param", "messages", "input_tokens"):
        assert getattr(again, name) == getattr(response, name), name


@every_provider
@ways()
def test_streamed_and_whole_are_equal(row: Row, asynchronous: bool, cut: int | None, server: Server) -> None:
    server.reply(Reply.json(row.whole("Hello")), row.text("Hel", "lo"))
    whole = call(row, server, asynchronous=asynchronous)
    with row.client(server) as client:
        rebuilt = row.stream(client).collect()
    assert plain(whole.response) == plain(rebuilt.response)
    assert whole.content == rebuilt.content == "Hello"
    assert whole.message_param == rebuilt.message_param
    assert whole.messages == rebuilt.messages == HI
    assert (whole.input_tokens, whole.output_tokens) == (rebuilt.input_tokens, rebuilt.output_tokens) == (3, 5)
    assert whole.common_finish_reasons == rebuilt.common_finish_reasons == ["stop"]
