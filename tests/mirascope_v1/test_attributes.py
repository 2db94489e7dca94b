"""The attributes that programs for Mirascope v1 read of streams, responses, chunks and tools.

The expected values are those of mirascope 1.25.7 for the same programs, where no other source is named.
"""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import pytest
from anthropic.types import ToolUseBlock
from openai import NOT_GIVEN
from openai.types.chat import ChatCompletionMessageToolCall
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    BasePrompt,
    FromCallArgs,
    Messages,
    ResponseModelConfigDict,
    ToolArgumentsError,
    anthropic,
    gemini,
    metadata,
    openai,
    prompt_template,
)
from mirascope_like.core.base.response import BaseCallResponse
from tests.conformance.contract import BaseRow
from tests.conformance.rows import EVERY, ROWS, generativelanguage
from tests.conformance.wires.answer import Answer, Call, Thought
from tests.harness.server import Server

every_row = pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
OPENAI_ROW = next(row for row in ROWS if row.id == "openai")
ANTHROPIC_ROW = next(row for row in ROWS if row.id == "anthropic")
REQUEST = ["metadata", "prompt_template", "fn_args", "dynamic_config", "call_params", "call_kwargs", "tool_types"]
"""The attributes that v1's streams have of their call, by the names that its responses have."""


class Book(BaseModel):
    title: str
    genre: Annotated[str, FromCallArgs()]


class Strict(BaseModel):
    title: str

    model_config = ResponseModelConfigDict(strict=True)


def found_book(title: str) -> str:
    """Find a book."""
    return title


def test_the_attributes_of_a_stream(server: Server) -> None:
    server.reply(OPENAI_ROW.wire.streamed(Answer("Hi")))
    with OPENAI_ROW.client(server) as client:

        @openai.call("m", client=client, stream=True, call_params={"temperature": 0.2}, tools=[found_book])
        @metadata({"tags": {"a"}})
        @prompt_template("Recommend a {genre} {kind}")
        def recommend(genre: str) -> openai.OpenAIDynamicConfig:
            return {"computed_fields": {"kind": "book"}}

        stream = recommend("fantasy")
        assert stream.metadata == {"tags": {"a"}}
        assert stream.fn_args == {"genre": "fantasy", "kind": "book"}
        assert stream.prompt_template == "Recommend a {genre} {kind}"
        assert stream.dynamic_config == {"computed_fields": {"kind": "book"}}
        assert stream.call_params == {"temperature": 0.2}
        assert [kind._name() for kind in stream.tool_types or ()] == ["found_book"]
        assert stream.call_kwargs["messages"] == [{"role": "user", "content": "Recommend a fantasy book"}]
        assert stream.call_kwargs["temperature"] == 0.2
        assert stream.provider == "openai"
        assert stream.call_response_type is openai.OpenAICallResponse
        assert [chunk.content for chunk, _ in stream.stream if chunk.content] == ["Hi"]


@every_row
def test_a_stream_has_what_its_response_has(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.streamed(Answer("Hi")))
    with row.client(server) as client:
        stream = row.stream(client, tools=[found_book])
        before = {name: getattr(stream, name) for name in REQUEST}
        response = stream.collect()
    assert stream.fn_args == {"prompt": "Hi"}
    assert before == {name: getattr(response, name) for name in REQUEST}
    assert stream.provider == response.provider == row.name.partition(".")[0]
    assert stream.call_response_type is type(response)
    assert list(stream.call_kwargs.values()).count(response.messages) == 1


@every_row
def test_an_async_stream_has_them_once_it_was_awaited(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.streamed(Answer("Hi")))

    async def main() -> None:
        async with row.aclient(server) as client:
            stream = row.astream(client)
            assert (stream.fn_args, stream.call_kwargs, stream.tool_types) == ({}, {}, None)
            await stream
            assert stream.fn_args == {"prompt": "Hi"}
            assert stream.stream is stream
            response = await stream.collect()
        assert {name: getattr(stream, name) for name in REQUEST} == {name: getattr(response, name) for name in REQUEST}

    asyncio.run(main())


def test_a_stream_of_llm(server: Server) -> None:
    server.reply(OPENAI_ROW.wire.streamed(Answer("Hi")), OPENAI_ROW.wire.answered(Answer("Hi")))
    with OPENAI_ROW.client(server) as client:

        @llm.call(provider="openai", model="m", client=client, stream=True)
        def streamed(genre: str) -> str:
            return genre

        @llm.call(provider="openai", model="m", client=client)
        def whole(genre: str) -> str:
            return genre

        stream = streamed("fantasy")
        assert stream.provider == "openai"
        assert stream.call_response_type is llm.CallResponse
        assert stream.collect().provider == "openai"
        response = whole("fantasy")
        assert response.provider == "openai"
    assert stream.fn_args == response.fn_args == {"genre": "fantasy"}
    assert isinstance(response._response, openai.OpenAICallResponse)
    assert not hasattr(llm.CallResponse, "provider")


def test_the_thinking_of_a_stream(server: Server) -> None:
    server.reply(ANTHROPIC_ROW.wire.streamed(Answer(Thought("Hm", "m"), "Hi")))
    with ANTHROPIC_ROW.client(server) as client:

        @anthropic.call("m", client=client, stream=True)
        def say(prompt: str) -> str:
            return prompt

        stream = say("Hi")
        assert (stream.thinking, stream.signature) == ("", "")
        response = stream.collect()
    assert stream.thinking == "Hmm"
    assert stream.signature == response.signature != ""


def test_the_audio_of_a_stream(server: Server) -> None:
    # The events of a spoken answer, as OpenAI documents `choices[].delta.audio`.
    piece = {"role": "assistant", "audio": {"id": "audio_1", "transcript": "Hi", "data": "UklGRg=="}}
    events = [{"delta": piece, "finish_reason": None}, {"delta": {}, "finish_reason": "stop"}]
    chunks = [{"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"} for _ in events]
    body = [{**chunk, "choices": [{"index": 0, **event}]} for chunk, event in zip(chunks, events, strict=True)]
    server.reply(OPENAI_ROW.wire.stream(*map(json_event, body), "[DONE]"))
    with OPENAI_ROW.client(server) as client:

        @openai.call("m", client=client, stream=True)
        def say(prompt: str) -> str:
            return prompt

        stream = say("Hi")
        assert stream.audio_id is None
        response = stream.collect()
    assert stream.audio_id == "audio_1"
    dump = response.model_dump()
    assert (dump["audio"], dump["audio_transcript"]) == ("UklGRg==", "Hi")


def json_event(event: dict[str, Any]) -> str:
    return json.dumps(event)


@every_row
def test_a_structured_stream(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.streamed(Answer(Call("call_1", "Book", '{"title":"Emma"}'))))
    with row.client(server) as client:

        @row.module.call("m", client=client, stream=True, response_model=Book)
        def book(genre: str) -> str:
            return genre

        stream = book("romance")
        assert stream.response_model is Book
        assert stream.fields_from_call_args == {"genre": "romance"}
        assert stream.stream.fn_args == {"genre": "romance"}
        assert stream.stream.tool_types is None
        assert stream.collect() == Book(title="Emma", genre="romance")


@every_row
def test_the_messages_of_a_call(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hi")), row.wire.answered(Answer("Hi")))
    with row.client(server) as client:
        response = row.ask(client)
        given = row.ask(client, {"messages": [Messages.User("Hi")], "metadata": {"a": 1}})
    assert list(response.call_kwargs.values()).count(response.messages) == 1
    assert response.dynamic_config == {"messages": [Messages.User("Hi")]}
    assert given.dynamic_config == {"messages": [Messages.User("Hi")], "metadata": {"a": 1}}
    dump = response.model_dump()
    # Not v1's: it repeats the messages, with all images, in a dump.
    assert response.messages
    assert response.messages not in dump["call_kwargs"].values()
    again = type(response).model_validate(dump)
    assert again == response
    assert again.call_kwargs.keys() == response.call_kwargs.keys()


@every_row
def test_what_a_dump_includes(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hi")))
    with row.client(server) as client:
        response = row.ask(client)
    assert response.model_dump(include={"content", "cost"}) == {"content": "Hi", "cost": response.cost}
    assert json.loads(response.model_dump_json(include={"content"})) == {"content": "Hi"}
    without = response.model_dump(exclude={"response", "message_param", "cost_metadata", "usage", "tool_classes"})
    assert not {"response", "message_param", "cost_metadata", "usage", "tool_classes"} & without.keys()
    assert without.keys() < response.model_dump().keys()
    assert None not in response.model_dump(exclude_none=True).values()


@pytest.mark.parametrize("nothing", [None, NOT_GIVEN], ids=["None", "NOT_GIVEN"])
@every_row
def test_a_parameter_without_a_value(row: BaseRow, nothing: Any, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hi")), row.wire.answered(Answer("Hi")))
    name = next(name for name in ("temperature", "max_tokens") if name in row.module.call.provider.known_params())
    with row.client(server) as client:
        without = row.ask(client)
        response = row.ask(client, call_params={name: nothing})
    plain, given = server.requests
    assert given.body == plain.body
    assert response.call_params == without.call_params
    assert name not in response.call_params


@every_row
def test_a_dump_of_a_chunk(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.streamed(Answer("Hi")))
    with row.client(server) as client:
        chunk = next(chunk for chunk, _ in row.stream(client) if chunk.content)
    dump = chunk.model_dump()
    # The fields of v1's `BaseCallResponseChunk`, then its computed fields (core/base/call_response_chunk.py).
    assert list(dump)[:10] == [
        *("chunk", "content", "finish_reasons", "model", "id", "usage", "input_tokens", "cached_tokens"),
        *("output_tokens", "cost_metadata"),
    ]
    assert dump["content"] == "Hi"
    assert json.loads(chunk.model_dump_json()) == dump
    assert chunk.model_dump(include={"content"}) == {"content": "Hi"}
    assert "chunk" not in chunk.model_dump(exclude={"chunk"})
    assert None not in chunk.model_dump(exclude_none=True).values()


CALLS: list[Any] = [
    pytest.param("openai", {"id": "1", "function": {"name": "found_book", "arguments": '{"title":"Emma"}'}}, id="chat"),
    pytest.param("anthropic", {"id": "1", "name": "found_book", "input": {"title": "Emma"}}, id="anthropic"),
    pytest.param("google", {"id": "1", "name": "found_book", "args": {"title": "Emma"}}, id="google"),
    pytest.param("bedrock", {"toolUseId": "1", "name": "found_book", "input": {"title": "Emma"}}, id="bedrock"),
]


@pytest.mark.parametrize(("provider", "call"), CALLS)
def test_a_tool_of_a_tool_call(provider: str, call: dict[str, Any]) -> None:
    row = next(row for row in EVERY if row.id == provider)
    kind = row.module.call.provider.tool_type.type_from_fn(found_book)
    tool = kind.from_tool_call(call)
    assert (tool.id, tool.name, tool.args, tool.call()) == ("1", "found_book", {"title": "Emma"}, "Emma")
    with pytest.raises(ToolArgumentsError, match="Field required"):
        kind.from_tool_call({"id": "1", "name": "found_book", "arguments": "{}"})


def test_a_tool_of_an_object_of_the_sdk() -> None:
    block = ToolUseBlock(id="1", name="found_book", input={"title": "Emma"}, type="tool_use")
    assert anthropic.AnthropicTool.type_from_fn(found_book).from_tool_call(block).args == {"title": "Emma"}
    message = generativelanguage.FunctionCall(name="found_book", args={"title": "Emma"})
    assert gemini.GeminiTool.type_from_fn(found_book).from_tool_call(message).args == {"title": "Emma"}
    function = {"name": "found_book", "arguments": '{"title":"Em'}
    call = ChatCompletionMessageToolCall.model_validate({"id": "1", "type": "function", "function": function})
    kind = openai.OpenAITool.type_from_fn(found_book)
    assert kind.from_tool_call(call, allow_partial=True).args == {"title": "Em"}
    assert kind.from_tool_call(call, allow_partial=True).tool_call == call
    kind.warn_for_unsupported_configurations()


def test_a_tool_of_a_built_in_type() -> None:
    kind = openai.OpenAITool.type_from_base_type(str)
    function = kind.tool_schema()["function"]
    assert function["name"] == "str"
    assert function["parameters"] == {
        "properties": {"value": {"type": "string"}},
        "required": ["value"],
        "type": "object",
    }


@every_row
@pytest.mark.parametrize("options", [{}, {"stream": True}, {"response_model": Book}], ids=str)
def test_the_model_of_a_decorated_function(row: BaseRow, options: dict[str, Any]) -> None:
    @row.module.call("m", **options)
    def say(genre: str) -> str:
        return genre

    @row.module.call("m", **options)
    async def asay(genre: str) -> str:
        return genre

    assert (say._model, asay._model) == ("m", "m")


def test_the_description_of_a_strict_model(server: Server) -> None:
    server.reply(OPENAI_ROW.wire.answered(Answer('{"title":"Emma"}')))
    with OPENAI_ROW.client(server) as client:
        OPENAI_ROW.ask(client, response_model=Strict)
    assert "calling" not in server.requests[-1].body.decode()


def test_the_text_of_a_prompt() -> None:
    @prompt_template("""
    SYSTEM: You know books.
    USER: Recommend a {genre} book
    """)
    class Recommend(BasePrompt):
        genre: str

    prompt = Recommend(genre="fantasy")
    assert str(prompt) == "SYSTEM: You know books.\nUSER: Recommend a fantasy book"
    assert prompt.dump()["template"] == "SYSTEM: You know books.\nUSER: Recommend a {genre} book"


@every_row
def test_a_template_is_shown_without_its_indentation(row: BaseRow, server: Server) -> None:
    server.reply(row.wire.answered(Answer("Hi")), row.wire.streamed(Answer("Hi")))
    text = """
    SYSTEM: You know books.
    USER: Recommend a {genre} book
    """
    with row.client(server) as client:
        prompt = prompt_template(text)(lambda genre: None)
        response = row.module.call("m", client=client)(prompt)(genre="fantasy")
        stream = row.module.call("m", client=client, stream=True)(prompt)(genre="fantasy")
        assert stream.prompt_template == "SYSTEM: You know books.\nUSER: Recommend a {genre} book"
        stream.close()
    assert response.prompt_template == "SYSTEM: You know books.\nUSER: Recommend a {genre} book"


@pytest.mark.parametrize(
    ("text", "value"),
    [("{x:list}", "text"), ("{x:lists}", ["text"]), ("MESSAGES: {x}", "text"), ("{x:image}", 3), ("{x:texts}", 3)],
    ids=lambda given: str(given),
)
def test_a_value_that_does_not_fit_is_a_value_error(text: str, value: Any) -> None:
    prompt: Any = prompt_template(text)
    with pytest.raises(ValueError, match="x"):
        prompt(lambda x: None)(value)


def test_a_response_of_one_provider_has_its_provider_on_the_class() -> None:
    assert openai.OpenAICallResponse.provider == "openai"
    assert issubclass(llm.CallResponse, BaseCallResponse)
