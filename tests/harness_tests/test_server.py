"""The loopback server, as the real SDKs see it."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from tests.harness.clocks import PATIENCE
from tests.harness.oracles import events, stream_error
from tests.harness.recordings import Exchange, parametrize_exchanges
from tests.harness.replies import StreamEvent
from tests.harness.server import CloseEarly, Gate, Pause, Reply, Reset, Server, Stall

CHUNK: dict[str, Any] = {
    "id": "c",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "Hé"}, "finish_reason": None}],
}
CUTS = [None, 1]

streamed_chats = parametrize_exchanges("openai.chat", stream=True, error=False)
streamed_messages = parametrize_exchanges("anthropic.messages", stream=True, error=False)
failed = parametrize_exchanges(["openai.chat", "anthropic.messages"], error=True)


@pytest.fixture
def chat(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client:
        yield client


def stream_chat(client: openai.OpenAI) -> openai.Stream[Any]:
    return client.chat.completions.create(model="m", messages=[], stream=True)


def read_chat(server: Server, received: list[Any]) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client:
        received.extend(chunk.to_dict() for chunk in stream_chat(client))


async def read_chat_async(server: Server, received: list[Any]) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client:
        stream = await client.chat.completions.create(model="m", messages=[], stream=True)
        async for chunk in stream:
            received += [chunk.to_dict()]


def read_messages(server: Server, received: list[Any]) -> None:
    with (
        anthropic.Anthropic(base_url=server.url, api_key="test", max_retries=0) as client,
        client.beta.messages.create(model="m", max_tokens=1, messages=[], stream=True) as stream,
    ):
        received.extend(event.to_dict(warnings=False) for event in stream)


async def read_messages_async(server: Server, received: list[Any]) -> None:
    async with anthropic.AsyncAnthropic(base_url=server.url, api_key="test", max_retries=0) as client:
        stream = await client.beta.messages.create(model="m", max_tokens=1, messages=[], stream=True)
        async for event in stream:
            received += [event.to_dict(warnings=False)]


# Replaying


@streamed_chats
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_openai_sees_the_recorded_chunks(
    exchange: Exchange, cut: int | None, asynchronous: bool, server: Server
) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    received: list[Any] = []
    try:
        if asynchronous:
            asyncio.run(read_chat_async(server, received))
        else:
            read_chat(server, received)
    except openai.APIError:
        assert stream_error(exchange)
    assert received == events(exchange)
    assert server.request.path == "/v1/chat/completions"
    assert server.request.json["stream"] is True
    assert server.wait_closed()


@streamed_messages
@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_anthropic_sees_the_recorded_events(
    exchange: Exchange, cut: int | None, asynchronous: bool, server: Server
) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    received: list[Any] = []
    if asynchronous:
        asyncio.run(read_messages_async(server, received))
    else:
        read_messages(server, received)
    assert received == [event for event in events(exchange) if event["type"] != "ping"]
    assert "anthropic-version" in server.request.headers
    assert server.wait_closed()


@failed
def test_sdks_see_the_recorded_errors(exchange: Exchange, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange))
    api = openai if exchange.api == "openai.chat" else anthropic
    with pytest.raises(api.APIStatusError) as caught:
        (read_chat if api is openai else read_messages)(server, [])
    assert caught.value.status_code == exchange.response.status
    assert caught.value.response.content == exchange.response.body


@pytest.mark.parametrize("seed", range(5))
def test_cuts_keep_the_bytes(seed: int) -> None:
    whole = Reply.chat(CHUNK, Pause(0), CHUNK)
    cut = whole.cut(seed)
    assert cut.body == whole.body
    assert cut != whole
    assert cut == whole.cut(seed)
    assert Pause(0) in cut.pieces
    assert cut.cut(seed).by_event().body == whole.body


def test_by_event() -> None:
    reply = Reply((b"data: 1\r\n\r\ndata: 2\r\n\r\n: end",)).by_event()
    assert reply.pieces == (b"data: 1\r\n\r\n", b"data: 2\r\n\r\n", b": end")


def test_truncate_and_steps_at_a_byte() -> None:
    reply = Reply((b"abc", b"def"))
    assert reply.truncate(4).pieces == (b"abc", b"d")
    assert reply.at(3, Stall()).pieces == (b"abc", Stall(), b"def")
    assert reply.at(5, Stall(), Reset()).pieces == (b"abc", b"de", Stall(), Reset(), b"f")
    assert reply.insert(1, b"x").then(b"y").body == b"abcxdefy"


# Faults


def test_body_ends_in_good_order_but_early(server: Server, chat: openai.OpenAI) -> None:
    server.reply(Reply.chat(CHUNK, CHUNK).truncate(len(Reply.sse(CHUNK).body)))
    assert len(list(stream_chat(chat))) == 1
    assert server.served[-1].state == "sent"


@pytest.mark.parametrize("step", [CloseEarly(), Reset()], ids=["close", "reset"])
def test_connection_breaks(server: Server, chat: openai.OpenAI, step: CloseEarly | Reset) -> None:
    gate = Gate()  # so that the reset does not overtake the first chunk
    server.reply(Reply.chat(CHUNK, gate, step))
    stream = stream_chat(chat)
    assert next(iter(stream)).to_dict() == CHUNK
    gate.open()
    with pytest.raises(openai.APIConnectionError):
        next(stream)
    assert server.served[-1].state == "faulted"
    assert server.aborted == 0


def test_declared_length_is_not_reached(server: Server) -> None:
    server.reply(Reply.json({"a": 1}).at(3, CloseEarly()))
    with pytest.raises(httpx2.RemoteProtocolError):
        httpx2.get(server.url)


def test_end_of_connection_ends_the_body(server: Server) -> None:
    server.reply(Reply((b"a", b"b"), framing="close"))
    assert httpx2.get(server.url).content == b"ab"
    assert server.wait_closed()


def test_errors_then_success(server: Server) -> None:
    server.reply(Reply.error(429, retry_after_ms="1"), Reply.error(529, retry_after="0"), Reply.chat(CHUNK))
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=2) as client:
        assert len(list(stream_chat(client))) == 1
    assert [served.reply.status for served in server.served] == [429, 529, 200]


def test_wrong_content_type_and_status(server: Server) -> None:
    server.reply(Reply.chat(CHUNK).with_headers(content_type="text/html"), Reply.json([], 299))
    assert httpx2.get(server.url).headers["content-type"] == "text/html"
    assert httpx2.get(server.url).status_code == 299


# Watching the client


@pytest.mark.parametrize(
    "ending",
    [[Stall()], [Gate()], [Pause(60)], [b"x" * 100] * 100_000],
    ids=["stall", "gate", "pause", "flood"],
)
def test_abort_is_seen(server: Server, chat: openai.OpenAI, ending: list[StreamEvent]) -> None:
    server.reply(Reply.sse(CHUNK, *ending))
    with stream_chat(chat) as stream:
        next(iter(stream))
        assert server.open_connections == 1
        assert server.aborted == 0
        assert not server.wait_closed(0.05)
    assert server.wait_closed()
    assert server.aborted == 1
    assert server.served[0].sent < 10_000_000


def test_dropping_the_stream_closes_it(server: Server, chat: openai.OpenAI) -> None:
    server.reply(Reply.chat(CHUNK, Stall()))
    for _ in stream_chat(chat):
        break
    gc.collect()
    assert server.wait_closed()
    assert server.aborted == 1


def test_cancelling_closes(server: Server) -> None:
    server.reply(Reply.chat(CHUNK, Stall()))

    async def main() -> None:
        received: list[Any] = []
        reading = asyncio.create_task(read_chat_async(server, received))
        assert await asyncio.to_thread(server.wait_until, lambda: bool(received))
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await asyncio.to_thread(server.wait_closed)

    asyncio.run(main())
    assert server.aborted == 1


def test_connections_are_kept_alive(server: Server) -> None:
    server.always(Reply.json({"a": 1}))
    with httpx2.Client(base_url=server.url) as client:
        for number in range(3):
            assert client.post("/x?y=1", json={"n": number}).json() == {"a": 1}
        assert (server.connections, server.open_connections) == (1, 1)
    assert server.wait_closed()
    assert [request.json["n"] for request in server.requests] == [0, 1, 2]
    assert (server.request.method, server.request.path) == ("POST", "/x?y=1")


def test_request_in_chunks(server: Server) -> None:
    server.reply_with(lambda request: Reply.json({"got": request.body.decode()}))

    def body() -> Iterator[bytes]:
        yield b"ab"
        yield b"cd"

    assert httpx2.post(server.url, content=body()).json() == {"got": "abcd"}


def test_gate_holds_the_stream(server: Server, chat: openai.OpenAI) -> None:
    gate = Gate()
    server.reply(Reply.chat(CHUNK, gate, CHUNK))
    stream = stream_chat(chat)
    next(iter(stream))
    threading.Timer(0.05, gate.open).start()
    assert len(list(stream)) == 1


def test_pauses_and_delays(server: Server, chat: openai.OpenAI) -> None:
    server.reply(Reply(Reply.chat(CHUNK, CHUNK).paced(0.02).pieces, delay=0.02))
    assert len(list(stream_chat(chat))) == 2


# Problems and limits


def test_unscripted_request_is_a_problem() -> None:
    server = Server()
    assert httpx2.post(f"{server.url}/x").status_code == 418
    with pytest.raises(AssertionError, match="no reply is scripted for POST /x"):
        server.close()
    server.close()


def test_failing_script_is_a_problem() -> None:
    server = Server().reply_with(lambda request: request.json["missing"])
    assert httpx2.post(server.url, json={}).status_code == 418
    with pytest.raises(AssertionError, match="KeyError"):
        server.close()


def test_close_drops_clients_in_mid_stream() -> None:
    before = set(threading.enumerate())
    server = Server(Reply.chat(CHUNK, Stall()), Reply.chat(CHUNK, Gate()))
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="test", max_retries=0) as client:
        streams = [stream_chat(client), stream_chat(client)]
        for stream in streams:
            next(iter(stream))
        server.close()
        for stream in streams:
            with pytest.raises(openai.APIConnectionError):
                next(stream)
    assert set(threading.enumerate()) <= before
    gc.collect()  # with warnings as errors, a socket left open would show here


def test_two_hundred_streams_at_once(server: Server) -> None:
    server.always(Reply.chat(*[CHUNK] * 20))

    async def read(client: httpx2.AsyncClient) -> bytes:
        return (await client.post("/", json={}, timeout=60)).content

    async def main() -> set[bytes]:
        limits = httpx2.Limits(max_connections=None)
        async with httpx2.AsyncClient(base_url=server.url, limits=limits) as client:
            return set(await asyncio.gather(*(read(client) for _ in range(200))))

    assert asyncio.run(main()) == {Reply.chat(*[CHUNK] * 20).body}
    assert server.wait_closed()
    assert server.aborted == 0


def test_a_connection_that_is_accepted_at_the_end() -> None:
    """In the last step of the server's loop: its transport is made afterwards."""
    clients: list[socket.socket] = []
    with Server() as server:

        def connect_and_stop() -> None:
            clients.append(socket.create_connection(("127.0.0.1", server.port)))
            server._stopping = True
            server._loop.call_soon(server._loop.stop)

        server._loop.call_soon_threadsafe(connect_and_stop)
        server._thread.join(PATIENCE)
    gc.collect()  # an unclosed socket is a warning, and so an error
    with clients[0] as client, suppress(ConnectionError):
        assert client.recv(1) == b""
    assert server._transports == set()
