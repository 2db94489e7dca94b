"""Clients that Anthropic's SDK has for other platforms, which are not of the class of its own."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import anthropic
import pytest

from mirascope_like.core import ConfigurationError, StreamInterruptedError, StreamTimeoutError
from tests.conformance.providers import ANTHROPIC
from tests.harness.oracles_bedrock import event, exception, streamed
from tests.harness.server import Reply, Server, Stall

ACCESS: dict[str, dict[str, str]] = {
    "AnthropicBedrock": {"aws_region": "us-east-1", "aws_access_key": "a", "aws_secret_key": "b"},
    "AnthropicVertex": {"region": "us-east5", "project_id": "p", "access_token": "t"},
}
"""The clients, and what each needs."""


def made(name: str, server: Server, *, asynchronous: bool = False) -> Any:
    """A client, sync or async."""
    make: Callable[..., Any] = getattr(anthropic, f"Async{name}" if asynchronous else name)
    http = anthropic.DefaultAsyncHttpxClient if asynchronous else anthropic.DefaultHttpxClient
    return make(base_url=server.url, max_retries=0, http_client=http(verify=False), **ACCESS[name])


def on_bedrock(server: Server, *, asynchronous: bool = False) -> Any:
    return made("AnthropicBedrock", server, asynchronous=asynchronous)


def framed(*events: Any) -> Reply:
    """Events of Anthropic's in the binary stream of Bedrock."""
    return streamed(*(event("chunk", bytes=b64encode(json.dumps(one).encode()).decode()) for one in events))


both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def collected(server: Server, *, asynchronous: bool) -> Any:
    """The answer to a streamed call on Bedrock, and the texts that came."""
    if not asynchronous:
        with on_bedrock(server) as client:
            stream = ANTHROPIC.stream(client)
            return [chunk.content for chunk, _ in stream], stream.construct_call_response()

    async def main() -> Any:
        async with on_bedrock(server, asynchronous=True) as client:
            stream = ANTHROPIC.astream(client)
            texts = [chunk.content async for chunk, _ in stream]
            return texts, await stream.collect()

    return asyncio.run(main())


@both_ways
def test_stream_on_bedrock(asynchronous: bool, server: Server) -> None:
    server.reply(framed(*ANTHROPIC.texts("Hel", "lo")))
    texts, response = collected(server, asynchronous=asynchronous)
    assert [text for text in texts if text] == ["Hel", "lo"]
    assert (response.content, response.id, response.model) == ("Hello", "msg_1", "m-1")
    assert (response.input_tokens, response.output_tokens, response.finish_reasons) == (3, 5, ["end_turn"])
    assert server.request.path == "/model/m/invoke-with-response-stream"


@both_ways
def test_stream_on_bedrock_that_stops_early(asynchronous: bool, server: Server) -> None:
    server.reply(framed(*ANTHROPIC.texts("Hel", finish=None)))
    with pytest.raises(StreamInterruptedError) as caught:
        collected(server, asynchronous=asynchronous)
    assert isinstance(caught.value, anthropic.APIConnectionError)
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hel"


@both_ways
def test_error_in_a_stream_on_bedrock(asynchronous: bool, server: Server) -> None:
    events = framed(*ANTHROPIC.texts("Hel", finish=None))
    server.reply(events.then(exception("throttlingException", "Not now")))
    with pytest.raises(StreamInterruptedError, match="Not now") as caught:
        collected(server, asynchronous=asynchronous)
    assert isinstance(caught.value, anthropic.APIStatusError)


def test_first_deadline_on_bedrock(server: Server) -> None:
    server.reply(framed(*ANTHROPIC.texts("Hello")).insert(0, Stall()))
    with on_bedrock(server) as client, pytest.raises(StreamTimeoutError):
        ANTHROPIC.stream(client).timeout(first=0.1).collect()


every_platform = pytest.mark.parametrize("name", ACCESS)


@every_platform
def test_whole_answer(name: str, server: Server) -> None:
    server.always(Reply.json(ANTHROPIC.whole("Hello")))
    with made(name, server) as client:
        assert ANTHROPIC.ask(client).content == "Hello"

    async def main() -> None:
        async with made(name, server, asynchronous=True) as client:
            assert (await ANTHROPIC.aask(client)).content == "Hello"

    asyncio.run(main())


@every_platform
def test_async_client_for_a_sync_call(name: str, server: Server) -> None:
    client = made(name, server, asynchronous=True)
    for call in (ANTHROPIC.ask, lambda given: ANTHROPIC.stream(given).collect()):
        with pytest.raises(ConfigurationError, match=r"a sync call .* pass anthropic\.Anthropic\(\.\.\.\)"):
            call(client)
    asyncio.run(client.close())


@every_platform
def test_sync_client_for_an_async_call(name: str, server: Server) -> None:
    async def main(call: Any) -> None:
        await call(client)

    with made(name, server) as client:
        for call in (ANTHROPIC.aask, lambda given: ANTHROPIC.astream(given).collect()):
            with pytest.raises(ConfigurationError, match=r"an async call .* pass anthropic\.AsyncAnthropic\("):
                asyncio.run(main(call))
