"""Responses without content, and bodies with status 200 that are no response."""

from __future__ import annotations

from typing import Any

import pytest

from mirascope_like.core import BaseMessageParam, ConnectionFailedError, Messages, ProviderError, ServerError
from tests.conformance.capabilities import both_ways, each_row
from tests.conformance.contract import BaseRow
from tests.conformance.reading import asked, read
from tests.conformance.wires.answer import Answer
from tests.harness.server import Reply, Server

DROPPED = {
    "bedrock": "boto3 drops what its service model does not name",
    "gemini": "the retired SDK drops what its messages have no field for",
}
"""Providers whose SDK does not pass on the message of such an error, and why."""


def is_dropped(row: BaseRow, error: Any, asynchronous: bool) -> bool:
    """Whether the SDK drops the message of an error in place of an answer. LiteLLM does not read an error that is a
    string, and drops the message of an object in sync calls.
    """
    return row.name in DROPPED or (row.name == "litellm" and (isinstance(error, str) or not asynchronous))


def roles(row: BaseRow, server: Server) -> list[str]:
    """Whose messages were sent last."""
    body = row.wire.body(server.request)
    key = next(key for key in ("messages", "input", "contents") if key in body)
    return [message["role"] for message in body[key]]


@each_row
def test_a_session_sends_no_empty_answer_back(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer()), row.wire.answered(Answer("Hello")))
    with row.client(server) as client:
        session = row.module.model("m", client=client).session()
        assert session.send("Hi").content == ""
        assert session.send("Again").content == "Hello"
    assert roles(row, server) == ["user", "user"]


@each_row
@pytest.mark.parametrize("nothing", ["", []], ids=["text", "parts"])
def test_an_empty_common_answer_is_left_out(row: BaseRow, nothing: Any, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hello")))
    answer = BaseMessageParam(role="assistant", content=nothing)
    asked(row, server, False, [Messages.User("Hi"), answer, Messages.User("Again")])
    assert roles(row, server) == ["user", "user"]


@each_row
@both_ways
@pytest.mark.parametrize("error", [{"message": "boom", "code": 500}, "boom"], ids=["object", "text"])
def test_an_error_in_place_of_an_answer(row: BaseRow, error: Any, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.json({"error": error}))
    with pytest.raises(ProviderError) as caught:
        asked(row, server, asynchronous)
    assert (caught.value.provider, caught.value.model) == (row.name, "m")
    if not is_dropped(row, error, asynchronous):
        assert "boom" in str(caught.value)
        assert isinstance(caught.value, ServerError) == (error != "boom")


@each_row
@both_ways
@pytest.mark.parametrize("error", [{"message": "boom", "code": 500}, "boom"], ids=["object", "text"])
def test_an_error_in_place_of_a_stream(row: BaseRow, error: Any, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.json({"error": error}))
    found: Any = read(row, server, asynchronous=asynchronous).error
    assert isinstance(found, ProviderError)
    if row.name not in DROPPED:
        assert "boom" in str(found)
        assert isinstance(found, ServerError) == (error != "boom")
        assert not isinstance(found, ConnectionFailedError)


@each_row
@both_ways
@pytest.mark.parametrize("body", [b"", b"{}", b"null", b"[]", b'"x"', b"<html>", b'{"detail": "x"}'])
def test_nothing_in_place_of_an_answer(row: BaseRow, body: bytes, asynchronous: bool, server: Server) -> None:
    server.reply(Reply((body,), 200, {"content-type": "application/json"}, "length"))
    with pytest.raises(ProviderError) as caught:
        asked(row, server, asynchronous)
    assert (caught.value.provider, caught.value.model) == (row.name, "m")
