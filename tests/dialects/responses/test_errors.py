"""Streams that fail, and responses that failed."""

from __future__ import annotations

from typing import Any

import openai as sdk
import pytest

from mirascope_like.core import (
    BadRequestError,
    ConnectionFailedError,
    ContentFilterError,
    ProviderError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
)
from tests.conformance.providers import RESPONSES, response_events
from tests.conformance.test_whole import call
from tests.dialects.responses.streams import completed, message, streamed
from tests.harness.oracles import JSON
from tests.harness.server import Reply, Server

both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def failed(code: str, text: str = "no luck") -> JSON:
    error = {"code": code, "message": text}
    return completed(message("Hel"), kind="response.failed", error=error)


@both_ways
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("server_error", ServerError),
        ("rate_limit_exceeded", RateLimitError),
        ("invalid_prompt", BadRequestError),
        ("image_content_policy_violation", ContentFilterError),
        ("something_new", ProviderError),
    ],
)
def test_failed(code: str, kind: type[Exception], asynchronous: bool, server: Server) -> None:
    found = streamed(server, *response_events("Hel", finish=None), failed(code), asynchronous=asynchronous)
    error: Any = found.error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, kind)
    assert isinstance(error, sdk.APIError)
    assert (str(error), error.code, error.body) == ("no luck", code, {"code": code, "message": "no luck"})
    assert (error.provider, error.model) == ("openai", "m")
    assert error.partial.response.status == "failed"
    assert error.partial.finish_reasons == ["failed"]
    assert error.partial.content == found.stream.content == "Hel"
    assert error.partial.input_tokens == 3
    assert server.wait_closed()


@both_ways
@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": None},
        {"type": "error", "error": {"type": "x", "code": "rate_limit_exceeded", "message": "slow down"}},
        {"error": {"type": "rate_limit_error", "message": "slow down"}},
    ],
    ids=["flat", "nested", "bare"],
)
def test_error_event(event: JSON, asynchronous: bool, server: Server) -> None:
    found = streamed(server, *response_events("Hel", finish=None), event, asynchronous=asynchronous)
    error: Any = found.error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, RateLimitError)
    assert isinstance(error, sdk.APIError)
    assert str(error) == "slow down"
    assert error.partial.content == "Hel"
    assert error.partial.response.status == "in_progress"


@both_ways
@pytest.mark.parametrize("tail", [[], ["[DONE]"]], ids=["eof", "done"])
def test_end_without_the_final_event(tail: list[str], asynchronous: bool, server: Server) -> None:
    found = streamed(server, *response_events("Hel", "lo")[:-1], *tail, asynchronous=asynchronous)
    error: Any = found.error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, sdk.APIConnectionError)
    assert error.partial.content == "Hello"
    assert error.partial.finish_reasons is None
    assert error.partial.usage is None


@pytest.mark.parametrize(
    "event",
    [
        "nonsense",
        "[]",
        "3",
        '{"type": "response.output_text.delta", "output_index": [], "content_index": {}, "delta": "x"}',
    ],
)
def test_garbled(event: str, server: Server) -> None:
    found = streamed(server, *response_events("Hel", finish=None), event)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, sdk.APIError)
    assert found.error.partial.content == "Hel"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "response.output_item.added", "output_index": 1},
        {"type": "response.output_item.added", "output_index": 1, "item": None},
        {"type": "response.content_part.added", "output_index": 0, "content_index": -7, "part": {}},
        {"type": "response.content_part.added", "output_index": 0, "content_index": 10**12, "part": None},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": "x", "delta": None},
        {"type": "response.function_call_arguments.delta", "output_index": 9, "delta": 3},
        {"type": 7, "output_index": 0},
        {"type": "response.in_progress", "response": None},
    ],
)
def test_odd_events_do_no_harm(event: JSON, server: Server) -> None:
    events = response_events("Hel", "lo")
    found = streamed(server, *events[:5], event, *events[5:])
    assert found.response.content == "Hello"


@both_ways
def test_failed_unstreamed(asynchronous: bool, server: Server) -> None:
    server.reply(Reply.json(failed("server_error")["response"]))
    with pytest.raises(ServerError, match="no luck") as caught:
        call(RESPONSES, server, asynchronous=asynchronous)
    error: Any = caught.value
    assert isinstance(error, sdk.APIError)
    assert (error.code, error.provider) == ("server_error", "openai")


def test_cancelled_and_queued(server: Server) -> None:
    server.reply(Reply.json({**completed(kind="response.cancelled")["response"]}))
    server.reply(Reply.json({**completed()["response"], "status": "queued", "usage": None}))
    with RESPONSES.client(server) as client:
        assert RESPONSES.ask(client).finish_reasons == ["cancelled"]
        queued = RESPONSES.ask(client, call_params={"background": True})
    assert queued.finish_reasons is queued.common_finish_reasons is queued.usage is queued.cost is None
    assert queued.content == ""
    assert server.request.json["background"] is True
