"""Clients whose methods are coroutine functions, as those of aiobotocore: they are awaited, not run in a thread.

The client here has the shape of aiobotocore's (3.10): `converse` and `converse_stream` return the coroutine of
`_make_api_call`, and the stream is an async iterable with a sync `close`. It sends through the real boto3, over a real
socket. (The real aiobotocore needs an older botocore than boto3's newest, so it cannot be installed beside it.)
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mirascope_like.core import ConfigurationError, RateLimitError, StreamInterruptedError, bedrock
from tests.conformance.rows import BEDROCK
from tests.harness.oracles_bedrock import METADATA, START, delta, ended, stop, streamed
from tests.harness.server import CloseEarly, Reply, Server

MODEL = "m"
WHOLE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 2, "outputTokens": 1, "totalTokens": 3},
    "metrics": {"latencyMs": 1},
}
TEXT = (START, delta(0, text="Hel"), delta(0, text="lo"), stop(0))


class AsyncEvents:
    """A stream in the shape of aiobotocore's `AioEventStream`."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[Any]:
        for event in self._stream:
            yield event

    def close(self) -> None:
        self.closed = True
        self._stream.close()


class AsyncClient:
    """A client in the shape of aiobotocore's."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.threads: list[threading.Thread] = []
        self.streams: list[AsyncEvents] = []

    def converse(self, **payload: Any) -> Any:
        return self._make_api_call("converse", payload)

    def converse_stream(self, **payload: Any) -> Any:
        return self._make_api_call("converse_stream", payload)

    async def _make_api_call(self, name: str, payload: Any) -> Any:
        self.threads.append(threading.current_thread())
        answer = getattr(self._client, name)(**payload)
        if name == "converse":
            return answer
        self.streams.append(AsyncEvents(answer["stream"]))
        return {**answer, "stream": self.streams[-1]}


@pytest.fixture
def client(server: Server) -> Any:
    with BEDROCK.client(server) as client:
        yield AsyncClient(client)


def test_a_whole_response(server: Server, client: AsyncClient) -> None:
    server.reply(Reply.json(WHOLE))

    @bedrock.call(MODEL, client=client)
    async def ask() -> str:
        return "Hi"

    response = asyncio.run(ask())
    assert (response.content, response.input_tokens) == ("Hello", 2)
    assert client.threads == [threading.main_thread()]


def test_a_stream(server: Server, client: AsyncClient) -> None:
    server.reply(streamed(*TEXT, ended(), METADATA))

    @bedrock.call(MODEL, client=client, stream=True)
    async def ask() -> str:
        return "Hi"

    async def main() -> Any:
        stream = await ask()
        texts = [chunk.content async for chunk, _ in stream]
        return texts, stream.construct_call_response()

    texts, response = asyncio.run(main())
    assert "".join(texts) == response.content == "Hello"
    assert response.response["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert client.streams[0].closed


def test_a_stream_that_is_left(server: Server, client: AsyncClient) -> None:
    server.reply(streamed(*TEXT, ended(), METADATA))

    @bedrock.call(MODEL, client=client, stream=True)
    async def ask() -> str:
        return "Hi"

    async def main() -> None:
        async with ask() as stream:
            async for _ in stream:
                break

    asyncio.run(main())
    assert client.streams[0].closed


def test_errors(server: Server, client: AsyncClient) -> None:
    throttled = {"x-amzn-ErrorType": "ThrottlingException"}
    refused = Reply.json({"message": "slow down"}, status=429, headers=throttled)
    server.reply(refused, streamed(*TEXT[:2]).then(CloseEarly()))

    @bedrock.call(MODEL, client=client)
    async def ask() -> str:
        return "Hi"

    @bedrock.call(MODEL, client=client, stream=True)
    async def stream() -> str:
        return "Hi"

    with pytest.raises(RateLimitError):
        asyncio.run(ask())

    async def main() -> None:
        async for _ in stream():
            pass

    with pytest.raises(StreamInterruptedError) as caught:
        asyncio.run(main())
    assert caught.value.partial is not None
    assert caught.value.partial.content == "Hel"


def test_a_sync_call_names_the_client_to_pass(client: AsyncClient) -> None:
    @bedrock.call(MODEL, client=client)
    def ask() -> str:
        return "Hi"

    with pytest.raises(ConfigurationError, match=r"AsyncClient is an async client: pass client=boto3.client"):
        ask()
