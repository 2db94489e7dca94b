"""A stream that stops before its provider's final event is an interruption, wherever and however it stops."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like.core import ConnectionFailedError, StreamInterruptedError, StreamState
from tests.conformance.providers import ANTHROPIC, OPENAI, Row, every_provider
from tests.conformance.reading import Read, read
from tests.harness.recordings import exchange
from tests.harness.server import CloseEarly, Gate, Pause, Reply, Reset, Server

RECORDED = pytest.mark.parametrize(
    ("row", "stem"),
    [
        pytest.param(OPENAI, "stream-tools-gpt-3.5-turbo-ed3f92ca", id="openai-tools"),
        pytest.param(OPENAI, "stream-gpt-5-nano-d37041a5", id="openai-text"),
        pytest.param(ANTHROPIC, "stream-tools-claude-3-5-sonnet-20240620-fb3a7696", id="anthropic-tools"),
        pytest.param(ANTHROPIC, "stream-reasoning-claude-sonnet-4-20250514-6ea76a33", id="anthropic-thinking"),
    ],
)
REPORTED = ("content", "model", "id", "finish_reasons", "usage", "input_tokens", "output_tokens", "cost", "tools")


def check_interrupted(row: Row, found: Read) -> None:
    """The error is ours and the SDK's, and holds just what had come."""
    error = found.error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, row.theirs("APIConnectionError"))
    assert error.provider == row.name
    assert error.model == "m"
    assert error.status_code in (None, 200)
    assert found.stream.state is StreamState.FAILED
    assert found.text == found.stream.content
    partial = error.partial
    if partial is None:
        assert found.text == ""
        assert not found.stream.message_param
        return
    assert partial.content == found.text
    for name in REPORTED:
        assert getattr(partial, name) == getattr(found.stream, name), name
    assert type(partial).model_validate_json(partial.model_dump_json()) == partial
    assert partial.message_param is not None


def is_whole(row: Row, body: bytes) -> bool:
    """Whether a stream cut here has come to an honest end."""
    if row is ANTHROPIC:
        # The reason why it ended comes with the usage: nothing else is needed.
        return b"message_delta" in body and b"message_stop" in body
    return body.count(b'"finish_reason":"') >= 1


@RECORDED
@pytest.mark.parametrize("ending", ["eof", "close"])
def test_cut_anywhere(row: Row, stem: str, ending: str, server: Server) -> None:
    whole = Reply.from_exchange(exchange(stem))
    size = len(whole.body)
    steps = () if ending == "eof" else (CloseEarly(),)
    with row.client(server) as client:
        for place in range(1, size, max(1, size // 25)):
            server.reply(whole.truncate(place).then(*steps))
            found = Read(row.stream(client))
            try:
                for pair in found.stream:  # type: ignore[attr-defined]
                    found.pairs.append(pair)
            except row.base_error as error:
                found.error = error
            body = whole.truncate(place).body
            if found.error is None:
                assert is_whole(row, body), place
                assert found.stream.finish_reasons
                assert found.stream.construct_call_response().content == found.text
            else:
                assert b"[DONE]" not in body
                check_interrupted(row, found)


@every_provider
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("step", [None, CloseEarly(), Reset()], ids=["eof", "close", "reset"])
def test_broken_off(row: Row, asynchronous: bool, step: CloseEarly | Reset | None, server: Server) -> None:
    events = row.texts("Hel", finish=None)
    pieces = Reply.sse(*events, named=row.streamed is Reply.messages).pieces
    steps = (Pause(0.05), step) if step else ()  # so that the reset does not overtake the text
    server.reply(Reply((*pieces, *steps), 200, {"content-type": "text/event-stream"}))
    found = read(row, server, asynchronous=asynchronous)
    check_interrupted(row, found)
    assert found.text == "Hel"
    assert "sk-test" not in repr(found.error)


@every_provider
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_nothing_at_all(row: Row, asynchronous: bool, server: Server) -> None:
    server.reply(Reply((), 200, {"content-type": "text/event-stream"}))
    found = read(row, server, asynchronous=asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    check_interrupted(row, found)
    assert found.error.partial is None


@every_provider
def test_partial_is_read_when_asked(row: Row, server: Server) -> None:
    server.reply(row.streamed(*row.texts("Hel", finish=None), CloseEarly()))
    found = read(row, server, asynchronous=False)
    assert isinstance(found.error, StreamInterruptedError)
    assert found.error.partial.content == "Hel"
    assert found.error.partial.finish_reasons is None


@every_provider
def test_one_of_many_async_streams_breaks(row: Row, server: Server) -> None:
    gate = Gate()
    whole, broken = row.text("Hello"), row.streamed(*row.texts("Hel", finish=None), gate, CloseEarly())
    server.reply_with(lambda request: broken if b"break" in request.body else whole)

    async def main() -> list[Any]:
        async with row.aclient(server) as client:
            streams = [row.astream(client, prompt).collect() for prompt in ("a", "break", "b")]
            asyncio.get_running_loop().call_later(0.05, gate.open)
            return await asyncio.gather(*streams, return_exceptions=True)

    first, failed, last = asyncio.run(main())
    assert (first.content, last.content) == ("Hello", "Hello")
    assert isinstance(failed, StreamInterruptedError)
    assert failed.partial.content == "Hel"
