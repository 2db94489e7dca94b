"""What programs for Mirascope v1 rely on: names, docstrings and examples in requests, and the keys of dumps."""

from __future__ import annotations

import json
from enum import Enum
from typing import Any

import pytest
from pydantic import BaseModel

from mirascope_like.core import BaseMessageParam
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY, ROWS
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import Server

every_row = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
streamed_or_not = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
V1_KEYS = [
    # The fields of v1's `BaseCallResponse`, then its computed fields (mirascope 1.25.7, core/base/call_response.py).
    *("metadata", "response", "tool_types", "prompt_template", "fn_args", "dynamic_config", "messages", "call_params"),
    *("call_kwargs", "user_message_param", "start_time", "end_time", "content", "finish_reasons", "model", "id"),
    *("input_tokens", "cached_tokens", "output_tokens", "cost_metadata", "cost", "message_param"),
]


class Sentiment(Enum):
    GOOD = "good"
    BAD = "bad"


class Book(BaseModel):
    """A book of the sea.

    Example:
        {"title": "Dune"}
    """

    title: str


def found_book(title: str) -> str:
    """Find a book.

    Example:
        {"title": "Emma"}
    """
    return title


@streamed_or_not
@every_row
def test_a_dump_begins_with_v1s_keys(row: BaseRow, stream: bool, server: Server) -> None:
    answer = Answer(Call("call_1", "found_book", '{"title":"Emma"}'))
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    with row.client(server) as client:
        asked = (row.stream if stream else row.ask)(client, tools=[found_book])
        response = asked.collect() if stream else asked
    for dump in (response.model_dump(), json.loads(response.model_dump_json())):
        assert list(dump)[: len(V1_KEYS)] == V1_KEYS
        assert dump["tool_types"] == [{"type": "function", "name": "found_book"}]
        assert dump["input_tokens"] == response.input_tokens == dump["cost_metadata"].get("input_tokens")
        assert "Emma" in json.dumps(dump["message_param"])
        assert type(response).model_validate(dump) == response


@streamed_or_not
@every_row
def test_a_docstring_reaches_the_provider(row: BaseRow, stream: bool, server: Server) -> None:
    server.reply(
        row.wire.streamed(Answer('{"title": "Dune"}')) if stream else row.wire.answered(Answer('{"title": "Dune"}'))
    )
    with row.client(server) as client:
        if stream:
            assert row.ask(client, response_model=Book, stream=True).collect().title == "Dune"
        else:
            assert row.ask(client, response_model=Book).title == "Dune"
    sent = server.requests[-1].body.decode()
    assert "A book of the sea." in sent
    assert "Dune" in sent


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_the_example_of_a_tool_reaches_the_provider(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hi")))
    with row.client(server) as client:
        row.ask(client, tools=[found_book])
    assert '"examples":[{"title":"Emma"}]' in server.requests[-1].body.decode().replace(": ", ":").replace(", ", ",")


@pytest.mark.parametrize(
    ("kind", "name", "arguments", "value"),
    [
        (Sentiment, "Sentiment", '{"value": "good"}', Sentiment.GOOD),
        (list[str], "list", '{"value": ["a"]}', ["a"]),
        (str, "str", '{"value": "a"}', "a"),
        (list[Sentiment], "list", '{"value": ["bad"]}', [Sentiment.BAD]),
    ],
    ids=["enum", "list", "str", "list of enums"],
)
@pytest.mark.parametrize("row", [row for row in ROWS if row.id in ("openai", "anthropic")], ids=lambda row: row.id)
def test_the_name_of_a_response_model(
    row: BaseRow, kind: Any, name: str, arguments: str, value: Any, server: Server
) -> None:
    answer = Answer(Call("call_1", name, arguments))
    server.reply(row.wire.answered(answer), row.wire.streamed(answer))
    with row.client(server) as client:
        assert row.ask(client, response_model=kind) == value
        stream = row.ask(client, response_model=kind, stream=True)
        assert stream.collect() == value
    for request in server.requests:
        (tool,) = request.json["tools"]
        assert tool.get("function", tool)["name"] == name


@streamed_or_not
@every_row
def test_the_common_form_of_a_text_is_a_str(row: BaseRow, stream: bool, server: Server) -> None:
    # As mirascope 1.25.7 has it for every provider but Anthropic, which has a list of one part there.
    answer = Answer("fine")
    server.reply(row.wire.streamed(answer) if stream else row.wire.answered(answer))
    with row.client(server) as client:
        response = row.stream(client).collect() if stream else row.ask(client)
    assert response.common_message_param == BaseMessageParam(role="assistant", content="fine")
