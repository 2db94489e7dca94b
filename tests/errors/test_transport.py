"""Connections that fail, answers that take too long, and requests that are tried again."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mirascope_like.core import (
    ConnectionFailedError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    StreamState,
)
from mirascope_like.core.base.runtime import CLOCK
from mirascope_like.integrations.log import SQLiteLog, with_log
from mirascope_like.retries import FallbackError
from mirascope_like.scale import map_calls
from tests.conformance.contract import BaseRow
from tests.conformance.providers import OPENAI, Row, openai_like
from tests.conformance.rows import EVERY
from tests.conformance.wires.answer import Answer, Text
from tests.harness.clocks import PATIENCE
from tests.harness.server import CloseEarly, Reply, Server, Stall, deaf_port, refusing_port

streamed_or_not = pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def failed(row: Row, server: Server, *, stream: bool, asynchronous: bool, **options: Any) -> Any:
    """What one call with a client of these options raises."""
    with pytest.raises(ProviderError) as caught:
        asyncio.run(_acall(row, server, stream, options)) if asynchronous else _call(row, server, stream, options)
    error: Any = caught.value
    assert isinstance(error, row.base_error)
    assert (error.provider, error.model) == (row.name, "m")
    assert "sk-test" not in f"{error!r} {error} {error.body}"
    return error


def _call(row: BaseRow, server: Server, stream: bool, options: dict[str, Any]) -> Any:
    with row.client(server, **options) as client:
        return row.stream(client).collect() if stream else row.ask(client)


async def _acall(row: BaseRow, server: Server, stream: bool, options: dict[str, Any]) -> Any:
    async with row.aclient(server, **options) as client:
        return await (row.astream(client).collect() if stream else row.aask(client))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port of this machine that nobody listens on."""
    with refusing_port() as port:
        yield port


@both_ways
@streamed_or_not
@openai_like
def test_refused(row: Row, stream: bool, asynchronous: bool, server: Server, closed_port: int) -> None:
    options = {"base_url": f"http://me:a-secret@127.0.0.1:{closed_port}"}
    error = failed(row, server, stream=stream, asynchronous=asynchronous, **options)
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, row.theirs("APIConnectionError"))
    (note,) = error.__notes__
    assert note.startswith(f"http://127.0.0.1:{closed_port}: ")
    assert "a-secret" not in f"{note} {error}"
    assert not isinstance(error, StreamInterruptedError)
    assert (error.status_code, error.request_id, error.retry_after, error.body) == (None, None, None, None)


@both_ways
@streamed_or_not
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_refused_connection_names_the_server(
    row: BaseRow, stream: bool, asynchronous: bool, closed_port: int
) -> None:
    """The message of most SDKs is only "Connection error." or "All connection attempts failed"."""
    nowhere: Any = SimpleNamespace(url=f"http://127.0.0.1:{closed_port}", port=closed_port)
    with pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(_acall(row, nowhere, stream, {})) if asynchronous else _call(row, nowhere, stream, {})
    assert not str(caught.value).endswith("Connection error.")
    (note,) = caught.value.__notes__
    assert note.startswith(f"http://127.0.0.1:{closed_port}: ")
    assert note.endswith("heck the address, the network and the environment's proxies.")
    assert "/model" not in note


CUT = {
    **dict.fromkeys(("google", "vertex"), "None UNAVAILABLE. {'error': {'message': '{0}', 'status': 'UNAVAILABLE'}}"),
    "gemini": "503 Response ended prematurely",
    "bedrock": "An error occurred while reading from response stream: Response ended prematurely",
}
"""The text of the SDK's error; of those that are not listed, the text of httpcore, which Google's SDK quotes."""
PEER_CLOSED = "peer closed connection without sending complete message body (incomplete chunked read)"


@both_ways
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_a_cut_response_names_the_server_and_the_reason(row: BaseRow, asynchronous: bool, server: Server) -> None:
    server.always(Reply((CloseEarly(),)))
    with pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(_acall(row, server, False, {})) if asynchronous else _call(row, server, False, {})
    reason = "Response ended prematurely" if row.name in ("gemini", "bedrock") else PEER_CLOSED
    check = "check"
    if row.name == "bedrock":  # botocore's text has the URL, and not the reason
        check = f"{reason}. Check"
    else:
        assert reason in str(caught.value)
    assert caught.value.__notes__ == [
        f"http://127.0.0.1:{server.port}: {check} the address, the network and the environment's proxies."
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse a connection that has no place in the queue")
@both_ways
@streamed_or_not
@openai_like
def test_a_connection_that_is_not_made_in_time_names_the_server(row: Row, stream: bool, asynchronous: bool) -> None:
    with deaf_port() as port:
        deaf: Any = SimpleNamespace(url=f"http://127.0.0.1:{port}", port=port)
        error = failed(row, deaf, stream=stream, asynchronous=asynchronous, timeout=0.1)
    assert isinstance(error, RequestTimeoutError)
    (note,) = error.__notes__
    assert note.startswith(f"http://127.0.0.1:{port}: ")
    assert note.endswith("heck the address, the network and the environment's proxies.")


def test_records_of_an_error_have_its_notes_once(tmp_path: Path, server: Server) -> None:
    """The notes say what to do. Texts and files have no traceback, which would show them."""
    server.always(Reply((CloseEarly(),)))
    text = (
        f"ConnectionFailedError: Connection error: {PEER_CLOSED}. http://127.0.0.1:{server.port}: check the address, "
        "the network and the environment's proxies."
    )
    log = SQLiteLog(tmp_path / "calls.db")
    with OPENAI.client(server) as client:
        ask = OPENAI.decorated(client)
        with pytest.raises(ConnectionFailedError) as caught:
            with_log(log)(ask)("Hi")
        map_calls(ask, ["Hi"], attempts=1).to_jsonl(tmp_path / "out.jsonl")
    assert caught.value.message == str(caught.value) == f"Connection error: {PEER_CLOSED}"
    assert str(FallbackError([caught.value])) == f"all 1 calls failed: {text}"
    assert [row.error for row in log.find()] == [text]
    assert json.loads((tmp_path / "out.jsonl").read_text())["error"] == text


@both_ways
@pytest.mark.parametrize("received", [True, False], ids=["text", "nothing"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_the_error_of_a_cut_stream_names_the_options_that_recover(
    row: BaseRow, received: bool, asynchronous: bool, server: Server
) -> None:
    """The text of the transport does not. A traceback shows the note below it."""
    whole = row.wire.streamed(Answer(Text("Hel", "lo", " you"))).by_event()
    server.reply(whole.insert((len(whole.pieces) + 1) // 2 if received else 0, CloseEarly()))

    async def acall() -> None:
        async with row.aclient(server) as client:
            await row.astream(client).collect()

    def call() -> None:
        with row.client(server) as client:
            row.stream(client).collect()

    with pytest.raises(StreamInterruptedError) as caught:
        asyncio.run(acall()) if asynchronous else call()
    assert str(caught.value) == CUT.get(row.name, PEER_CLOSED).replace("{0}", PEER_CLOSED)
    (note,) = caught.value.__notes__
    if received:
        assert caught.value.partial.content.startswith("Hel")
        assert note == (
            "What was received is kept: it is `error.partial`, and `stream.construct_call_response(partial=True)`. "
            "With the option resume=, models that can do so continue an interrupted text."
        )
    else:
        assert note == (
            "Nothing was received. With the option retry= the request is sent again, and with fallback= to another "
            "model."
        )


@both_ways
@streamed_or_not
@openai_like
def test_no_answer_in_time(row: Row, stream: bool, asynchronous: bool, server: Server) -> None:
    server.reply(Reply((Stall(),), delay=30))
    error = failed(row, server, stream=stream, asynchronous=asynchronous, timeout=0.1)
    assert isinstance(error, RequestTimeoutError)
    assert isinstance(error, row.theirs("APITimeoutError"))
    assert not isinstance(error, StreamInterruptedError)
    assert server.wait_closed()


def impatient(row: Row, *, asynchronous: bool) -> Any:
    """An HTTP client whose timeout of a read, which goes by the real clock, is short once an answer has begun."""

    def begun(response: Any) -> None:
        response.request.extensions["timeout"]["read"] = 0.05

    async def abegun(response: Any) -> None:
        begun(response)

    make = row.sdk.DefaultAsyncHttpxClient if asynchronous else row.sdk.DefaultHttpxClient
    return make(verify=False, event_hooks={"response": [abegun if asynchronous else begun]})


@both_ways
@openai_like
def test_silence_in_mid_stream(row: Row, asynchronous: bool, server: Server) -> None:
    reply = Reply.sse(*row.texts("Hel", finish=None), named=row.streamed is Reply.messages)
    server.reply(replace(reply, pieces=(reply.body, Stall())))  # the text arrives with the headers
    client = impatient(row, asynchronous=asynchronous)
    error = failed(row, server, stream=True, asynchronous=asynchronous, timeout=PATIENCE, http_client=client)
    assert isinstance(error, RequestTimeoutError)
    assert isinstance(error, row.theirs("APITimeoutError"))
    assert isinstance(error, StreamInterruptedError)
    assert error.partial.content == "Hel"
    assert server.wait_closed()


@both_ways
@openai_like
def test_body_of_an_answer_breaks(row: Row, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.json(row.whole("Hello")).at(10, CloseEarly()))
    error = failed(row, server, stream=False, asynchronous=asynchronous)
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, row.theirs("APIConnectionError"))


@both_ways
@streamed_or_not
@openai_like
def test_retried_by_the_sdk(row: Row, stream: bool, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.error(429, retry_after_ms="1"), Reply.error(500, retry_after_ms="1"))
    server.reply(row.text("Hello") if stream else Reply.json(row.whole("Hello")))
    if asynchronous:
        response = asyncio.run(_acall(row, server, stream, {"max_retries": 2}))
    else:
        response = _call(row, server, stream, {"max_retries": 2})
    assert response.content == "Hello"
    assert [served.reply.status for served in server.served] == [429, 500, 200]


@both_ways
@streamed_or_not
@openai_like
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "17"}, 17.0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"retry_after": "soon"}, None),
        ({}, None),
        ({"retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
    ids=["seconds", "milliseconds", "nonsense", "absent", "past"],
)
def test_rate_limit(
    row: Row, stream: bool, asynchronous: bool, headers: dict[str, str], seconds: float | None, server: Server
) -> None:
    server.reply(Reply.error(429, "Slow down", **headers))
    error = failed(row, server, stream=stream, asynchronous=asynchronous)
    assert isinstance(error, RateLimitError)
    assert isinstance(error, row.theirs("RateLimitError"))
    assert error.status_code == 429
    assert error.retry_after == seconds
    assert "Slow down" in str(error)
    assert "Slow down" in str(error.body)


def test_retry_after_a_date(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    monkeypatch.setattr(CLOCK, "timestamp", lambda: now.timestamp() * 1000)
    server.reply(Reply.error(429, retry_after=format_datetime(now + timedelta(seconds=60), usegmt=True)))
    error = failed(OPENAI, server, stream=False, asynchronous=False)
    assert error.retry_after == 60


@openai_like
@pytest.mark.parametrize(
    ("status", "ours"),
    [(500, ServerError), (502, ServerError), (503, OverloadedError), (529, OverloadedError)],
)
def test_server_errors(row: Row, status: int, ours: type[ProviderError], server: Server) -> None:
    server.reply(Reply.error(status))
    error = failed(row, server, stream=False, asynchronous=False)
    assert isinstance(error, ours)
    assert isinstance(error, row.theirs("InternalServerError"))
    assert error.status_code == status


@both_ways
@openai_like
def test_timeout_of_the_call(row: Row, asynchronous: bool, server: Server) -> None:
    server.reply(row.streamed(*row.texts("Hel", finish=None), Stall()))

    async def main() -> Any:
        async with row.aclient(server) as client:
            stream = row.astream(client, call_params={"timeout": 0.15})
            with pytest.raises(RequestTimeoutError):
                await stream.collect()
            return stream

    if asynchronous:
        stream = asyncio.run(main())
    else:
        with row.client(server) as client:
            stream = row.stream(client, call_params={"timeout": 0.15})
            with pytest.raises(RequestTimeoutError):
                stream.collect()
    assert stream.state is StreamState.FAILED
    assert stream.content == "Hel"


@openai_like
def test_errors_of_the_user_stay_as_they_are(row: Row, server: Server) -> None:
    @row.module.call("m", client=row.client(server))
    def say() -> str:
        raise OSError("a file of mine")

    with pytest.raises(OSError, match="a file of mine") as caught:
        say()
    assert type(caught.value) is OSError


REFUSAL = Reply.error(400, "Unknown parameter: 'stream_options'.", type="invalid_request_error")


@both_ways
@pytest.mark.parametrize("status", [400, 422])
def test_host_that_refuses_stream_options(asynchronous: bool, status: int, server: Server) -> None:
    refusal = Reply.error(status, "stream_options: Extra inputs are not permitted")
    server.reply(refusal, OPENAI.text("Hello"))
    response = asyncio.run(_acall(OPENAI, server, True, {})) if asynchronous else _call(OPENAI, server, True, {})
    assert response.content == "Hello"
    first, second = (request.json for request in server.requests)
    assert first.pop("stream_options") == {"include_usage": True}
    assert first == second


def test_refusal_is_retried_once(server: Server) -> None:
    server.reply(REFUSAL, REFUSAL)
    error = failed(OPENAI, server, stream=True, asynchronous=False)
    assert error.status_code == 400
    assert len(server.requests) == 2


def test_refusal_of_an_option_that_the_user_set_is_raised(server: Server) -> None:
    server.reply(REFUSAL)
    with OPENAI.client(server) as client, pytest.raises(ProviderError):
        OPENAI.stream(client, call_params={"stream_options": {"include_usage": True}}).collect()
    assert len(server.requests) == 1


def test_other_refusals_are_not_retried(server: Server) -> None:
    server.reply(Reply.error(400, "no such model"))
    failed(OPENAI, server, stream=True, asynchronous=False)
    assert len(server.requests) == 1
