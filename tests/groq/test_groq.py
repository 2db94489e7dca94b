"""What Groq alone does: `x_groq`, errors by name, tools that it runs itself, parts that it does not take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import groq as sdk
import pytest

from mirascope_like.core import (
    AudioPart,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    DocumentPart,
    ImagePart,
    Messages,
    PromptError,
    StreamInterruptedError,
    groq,
)
from tests.conformance.providers import GROQ, chat_text
from tests.harness.odd_streams import choice, chunk
from tests.harness.oracles import events, expected_raw, same, stream_error
from tests.harness.recordings import exchange
from tests.harness.server import Reply, Server

STREAM = "stream-tools-reasoning-openai-gpt-oss-120b-2ede60d9"


@pytest.fixture
def client(server: Server) -> Iterator[sdk.Groq]:
    with GROQ.client(server) as client:
        yield client


def stream(client: sdk.Groq, server: Server, *chunks: dict[str, Any], **options: Any) -> groq.GroqStream:
    server.reply(Reply.chat(*chunks))
    made: groq.GroqStream = GROQ.stream(client, **options)  # type: ignore[assignment]
    return made


def test_an_error_by_name_in_the_middle_of_a_stream(client: sdk.Groq, server: Server) -> None:
    recorded = exchange(STREAM)
    server.reply(Reply.from_exchange(recorded))
    with pytest.raises(StreamInterruptedError) as caught:
        GROQ.stream(client).collect()
    error: Any = caught.value
    assert isinstance(error, BadRequestError)
    assert isinstance(error, sdk.APIError)
    event = stream_error(recorded)
    assert event is not None
    assert error.body == event["error"]
    assert error.body["failed_generation"].startswith('{"name": "get_something_by_name"')
    assert str(error) == event["error"]["message"]
    same(error.partial.response, expected_raw(recorded))
    assert error.partial.thinking.startswith("We need to call the tool")
    assert error.partial.finish_reasons is None
    assert error.partial.usage is None


def test_thinking_and_usage_of_a_recorded_stream(client: sdk.Groq, server: Server) -> None:
    recorded = exchange(STREAM, 2)
    server.reply(Reply.from_exchange(recorded))
    read = GROQ.stream(client)
    thinking = "".join(chunk.thinking for chunk, _ in read)
    response = read.construct_call_response()
    deltas = [event["choices"][0]["delta"] for event in events(recorded)]
    assert response.thinking == thinking == "".join(delta.get("reasoning", "") for delta in deltas)
    assert response.message_param["reasoning"] == thinking
    assert response.response.x_groq.seed is not None
    assert (response.input_tokens, response.output_tokens) == (339, 58)
    assert response.cost == pytest.approx(0.339e-3 * 0.15 + 0.058e-3 * 0.75, rel=0.5)


def test_tool_use_failed(client: sdk.Groq, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange("call-tools-reasoning-error-400-openai-gpt-oss-120b-15d95f61")))
    with pytest.raises(BadRequestError) as caught:
        GROQ.ask(client)
    error: Any = caught.value
    assert isinstance(error, sdk.BadRequestError)
    assert error.body["error"]["code"] == "tool_use_failed"
    assert error.body["error"]["failed_generation"] == "maybe"


def test_executed_tools(client: sdk.Groq, server: Server) -> None:
    recorded = exchange("call-reasoning-compound-beta-3c74bd2a")
    server.reply(Reply.from_exchange(recorded))
    response = GROQ.ask(client)
    recorded_tools = json.loads(recorded.response.body)["choices"][0]["message"]["executed_tools"]
    assert [tool.to_dict() for tool in response.executed_tools] == recorded_tools
    assert response.tools is None


def test_executed_tools_are_sent_twice_in_a_stream(client: sdk.Groq, server: Server) -> None:
    begun = {"index": 0, "type": "search", "arguments": '{"query": "x"}', "output": None}
    ended = {**begun, "output": "found", "search_results": {"results": [{"title": "t"}]}}
    other = {**begun, "index": 1, "arguments": '{"query": "y"}'}
    chunks = (
        chunk(choice(role="assistant", executed_tools=[begun])),
        chunk(choice(executed_tools=[ended])),
        chunk(choice(executed_tools=[other])),
        chunk(choice(0, "stop", content="Yes")),
    )
    message = stream(client, server, *chunks).collect().response.choices[0].message.to_dict()
    assert message["executed_tools"] == [ended, other]


def test_usage_that_stands_in_x_groq_alone(client: sdk.Groq, server: Server) -> None:
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    last = {**chunk(choice(0, "stop")), "x_groq": {"id": "req_1", "usage": usage}}
    read = stream(client, server, chunk(choice(content="a")), last)
    *_, (final, _) = read
    assert final.usage is not None
    assert final.usage.total_tokens == 8
    assert (final.input_tokens, final.output_tokens) == (3, 5)
    assert (read.input_tokens, read.output_tokens) == (3, 5)
    response = read.construct_call_response()
    assert response.usage is not None
    assert response.usage.to_dict() == usage


def test_an_error_in_x_groq(client: sdk.Groq, server: Server) -> None:
    with pytest.raises(StreamInterruptedError, match="over_capacity") as caught:
        stream(client, server, chunk(choice(content="a")), {**chunk(), "x_groq": {"error": "over_capacity"}}).collect()
    assert isinstance(caught.value, sdk.APIError)
    assert caught.value.partial.content == "a"


def test_what_is_sent(client: sdk.Groq, server: Server) -> None:
    stream(
        client, server, *chat_text("a"), call_params={"reasoning_format": "parsed", "extra_body": {"x": 1}}
    ).collect()
    assert server.request.path == GROQ.path
    assert server.request.json == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "reasoning_format": "parsed",
        "stream": True,
        "x": 1,
    }


def test_unknown_parameters() -> None:
    misspelt: Any = {"reasoning_formt": "parsed"}
    with pytest.raises(ConfigurationError, match="did you mean 'reasoning_format'"):
        groq.call("m", call_params=misspelt)
    refused: Any = {"stream_options": {}}
    with pytest.raises(ConfigurationError, match="stream_options"):
        groq.call("m", call_params=refused)


@pytest.mark.parametrize(
    "part",
    [AudioPart(media_type="audio/wav", audio=b"x"), DocumentPart(media_type="application/pdf", document=b"x")],
    ids=lambda part: part.type,
)
def test_parts_that_groq_does_not_take(part: Any, client: sdk.Groq) -> None:
    @groq.call("m", client=client)
    def show() -> Any:
        return [Messages.User(part)]

    with pytest.raises(PromptError, match=f"groq accepts no {part.type} parts"):
        show()


def test_images(client: sdk.Groq, server: Server) -> None:
    server.reply(Reply.json(GROQ.whole("A cat")))

    @groq.call("m", client=client)
    def show() -> Any:
        return [Messages.User("What?", ImagePart(media_type="image/png", image=b"x"))]

    assert show().content == "A cat"
    image = server.request.json["messages"][0]["content"][1]
    assert image == {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}}


def test_retry_after_and_request_id(client: sdk.Groq, server: Server) -> None:
    server.reply(Reply.error(401, x_request_id="req_7", retry_after="3"))
    with pytest.raises(AuthenticationError) as caught:
        GROQ.ask(client)
    assert (caught.value.request_id, caught.value.retry_after) == ("req_7", 3.0)


def test_missing_key() -> None:
    with pytest.raises(ConfigurationError, match="GROQ_API_KEY") as caught:
        GROQ.ask()
    assert isinstance(caught.value, sdk.GroqError)
