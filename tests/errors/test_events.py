"""Errors that providers report in the middle of a stream, and answers that are no stream."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    ContextWindowExceededError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
)
from mirascope_like.core.base.parsing import sse as events
from tests.conformance.providers import ANTHROPIC, OPENAI, Row, every_provider, openai_like
from tests.conformance.reading import Read, asked, read
from tests.harness.server import Reply, Server

both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def failed(row: Row, server: Server, reply: Reply, *, asynchronous: bool = False) -> Any:
    """Return the error that a stream of these events raises. Its partial response has what arrived before."""
    server.reply(reply)
    found: Read = read(row, server, asynchronous=asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, row.base_error)
    partial = found.error.partial
    assert (partial.content if partial is not None else "") == found.text == found.stream.content
    assert server.wait_closed()
    return found.error


@both_ways
@pytest.mark.parametrize(
    ("kind", "ours"),
    [
        ("overloaded_error", OverloadedError),
        ("rate_limit_error", RateLimitError),
        ("api_error", ServerError),
        ("authentication_error", AuthenticationError),
        ("invalid_request_error", BadRequestError),
        ("a_new_error", ProviderError),
    ],
)
def test_anthropic_error_event(kind: str, ours: type[ProviderError], asynchronous: bool, server: Server) -> None:
    body = {"type": "error", "error": {"type": kind, "message": "Not now"}, "request_id": "req_1"}
    error = failed(
        ANTHROPIC, server, Reply.messages(*ANTHROPIC.texts("Hel", finish=None), body), asynchronous=asynchronous
    )
    assert isinstance(error, ours)
    assert isinstance(error, anthropic.APIStatusError)
    assert "Not now" in str(error)
    assert error.body == body
    assert error.partial.content == "Hel"
    assert (error.provider, error.model, error.status_code) == ("anthropic", "m", 200)


@both_ways
@pytest.mark.parametrize(
    ("body", "ours", "message"),
    [
        ({"error": {"message": "Not now", "type": "overloaded_error"}}, OverloadedError, "Not now"),
        ({"error": {"message": "Not now"}}, ProviderError, "Not now"),
        ({"error": "Not now"}, ProviderError, "Not now"),
        ({"type": None, "error": {"message": "Not now"}}, ProviderError, "Not now"),
        ({"type": "error"}, ProviderError, "an error in the stream"),
    ],
)
def test_anthropic_error_event_with_missing_fields(
    body: dict[str, Any], ours: type[ProviderError], message: str, asynchronous: bool, server: Server
) -> None:
    events = Reply.sse(*ANTHROPIC.texts("Hel", finish=None), body)
    error = failed(ANTHROPIC, server, events, asynchronous=asynchronous)
    assert isinstance(error, ours)
    assert isinstance(error, anthropic.APIStatusError)
    assert message in str(error)
    assert error.body == body


@both_ways
@pytest.mark.parametrize(
    ("body", "ours"),
    [
        ({"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}, RateLimitError),
        ({"message": "Slow down", "type": "tokens", "code": "rate_limit_exceeded"}, RateLimitError),
        ({"message": "Slow down", "code": 429}, RateLimitError),
        ({"message": "Slow down", "code": "503"}, OverloadedError),
        ({"message": "Slow down", "type": "server_error", "code": None}, ServerError),
        ({"message": "Slow down", "type": "invalid_request_error", "code": "context_length_exceeded"}, BadRequestError),
        ({"message": "Slow down"}, ProviderError),
    ],
    ids=lambda value: str(value.get("code")) if isinstance(value, dict) else value.__name__,
)
def test_chat_error_chunk(body: dict[str, Any], ours: type[ProviderError], asynchronous: bool, server: Server) -> None:
    chunks = [*OPENAI.texts("Hel", finish=None), {"error": body}]
    error = failed(OPENAI, server, Reply.chat(*chunks), asynchronous=asynchronous)
    assert isinstance(error, ours)
    assert isinstance(error, openai.APIError)
    assert "Slow down" in str(error)
    assert error.body == body
    assert error.partial.content == "Hel"


def test_context_window_in_a_chunk(server: Server) -> None:
    body = {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}
    assert isinstance(failed(OPENAI, server, Reply.chat({"error": body})), ContextWindowExceededError)


@both_ways
def test_anthropic_error_in_the_form_of_others(asynchronous: bool, server: Server) -> None:
    events = [*ANTHROPIC.texts("Hel", finish=None), b'data: {"error": {"message": "Over", "type": "api_error"}}\n\n']
    error = failed(ANTHROPIC, server, Reply.messages(*events), asynchronous=asynchronous)
    assert isinstance(error, ServerError)
    assert str(error) == "Over"
    assert error.partial.content == "Hel"


def test_error_that_is_text(server: Server) -> None:
    error = failed(OPENAI, server, Reply.chat({"error": "the engine is gone"}))
    assert "the engine is gone" in str(error)


def test_named_error_event_of_a_chat_host(server: Server) -> None:
    event = b'event: error\ndata: {"error":{"message":"Over","type":"server_error"}}\n\n'
    error = failed(OPENAI, server, Reply.sse(*OPENAI.texts("Hel", finish=None), event))
    assert isinstance(error, ServerError)


@both_ways
@every_provider
@pytest.mark.parametrize(
    "event",
    [b"data: {nonsense\n\n", b"data: nonsense\n\n", b"data: \xff\xfe\n\n", b"data: [1]\n\n", b"data: 3\n\n"],
    ids=["object", "word", "bytes", "list", "number"],
)
def test_garbage(row: Row, event: bytes, asynchronous: bool, server: Server) -> None:
    events = row.streamed(*row.texts("Hel", finish=None), event)
    error = failed(row, server, events, asynchronous=asynchronous)
    assert isinstance(error, row.theirs("APIError"))
    assert isinstance(error, ProviderError)
    assert "cannot be read" in str(error)
    assert error.partial.content == "Hel"


@both_ways
@every_provider
def test_event_too_long(row: Row, asynchronous: bool, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MAX_EVENT_BYTES", 10_000)
    reply = row.streamed(*row.texts("Hel", finish=None), b"data: " + b"x" * 200_000)
    error = failed(row, server, reply, asynchronous=asynchronous)
    assert "10000 bytes" in str(error)
    assert error.partial.content == "Hel"


PAGE = b"<!doctype html>\n\n<html><body>Sign in to the network</body></html>\n"


@both_ways
@openai_like
def test_html_for_a_stream(row: Row, asynchronous: bool, server: Server) -> None:
    error = failed(row, server, Reply((PAGE,), 200, {"content-type": "text/html"}), asynchronous=asynchronous)
    assert isinstance(error, ConnectionFailedError)
    assert "text/html" in str(error)
    assert error.partial is None


@both_ways
@openai_like
def test_whole_answer_for_a_stream(row: Row, asynchronous: bool, server: Server) -> None:
    error = failed(row, server, Reply.json(row.whole("Hello")), asynchronous=asynchronous)
    assert "application/json" in str(error)
    assert error.partial is None


@openai_like
def test_html_for_an_answer(row: Row, server: Server) -> None:
    server.reply(Reply((PAGE,), 200, {"content-type": "text/html"}, "length"))
    with row.client(server) as client, pytest.raises(ProviderError) as caught:
        row.ask(client)
    assert isinstance(caught.value, row.theirs("APIResponseValidationError"))
    assert "not JSON" in str(caught.value)
    assert caught.value.status_code == 200


@openai_like
@pytest.mark.parametrize("body", [b"[]", b"3", b'"x"', b"null", b"", b'{"a":'])
def test_nonsense_for_an_answer(row: Row, server: Server, body: bytes) -> None:
    server.reply(Reply((body,), 200, {"content-type": "application/json"}, "length"))
    with row.client(server) as client, pytest.raises(ProviderError) as caught:
        row.ask(client)
    assert isinstance(caught.value, row.base_error)


@openai_like
def test_what_holds_nothing_of_an_answer_is_shown(row: Row, server: Server) -> None:
    server.reply(Reply.json({"choices": None, "content": None, "output": None, "other": "boom"}))
    with row.client(server) as client, pytest.raises(ProviderError, match=r"cannot be read: .*'other': 'boom'"):
        row.ask(client)


@openai_like
def test_what_holds_nothing_but_words_is_an_error(row: Row, server: Server) -> None:
    server.reply(Reply.json({"choices": None, "content": None, "output": None, "detail": "boom"}))
    with row.client(server) as client, pytest.raises(ProviderError, match=r"^boom$"):
        row.ask(client)


@both_ways
def test_anthropic_error_for_an_answer(asynchronous: bool, server: Server) -> None:
    server.reply(Reply.error(200, "Not now", type="overloaded_error"))
    with pytest.raises(OverloadedError, match="Not now") as caught:
        asked(ANTHROPIC, server, asynchronous)
    assert isinstance(caught.value, anthropic.APIError)
    assert caught.value.body == {"type": "overloaded_error", "message": "Not now", "code": None, "param": None}


@openai_like
def test_html_error_page(row: Row, server: Server) -> None:
    server.reply(Reply((PAGE,), 502, {"content-type": "text/html"}, "length"))
    with row.client(server) as client, pytest.raises(ServerError) as caught:
        row.ask(client)
    assert isinstance(caught.value, row.theirs("InternalServerError"))
    assert caught.value.status_code == 502


@openai_like
@pytest.mark.parametrize("more", ["", ', "id": null, "model": null, "usage": null'])
def test_empty_answer_can_be_read(row: Row, server: Server, more: str) -> None:
    content = '{"choices": [], "content": [], "output": []' + more + "}"
    server.reply(Reply((content.encode(),), 200, {"content-type": "application/json"}, "length"))
    with row.client(server) as client:
        response = row.ask(client)
    assert response.content == ""
    for name in ("finish_reasons", "model", "id", "usage", "input_tokens", "cost", "tools"):
        assert getattr(response, name) is None, name
    assert response.message_param is not None
    assert response.model_dump_json()
