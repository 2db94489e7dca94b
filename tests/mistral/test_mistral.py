"""What Mistral alone does: content in parts, whole calls at the end, its SDK's errors, fields that its SDK drops."""

from __future__ import annotations

import asyncio
import json
import pickle
import re
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from mistralai.client import Mistral, errors
from mistralai.client._hooks import SDKHooks
from mistralai.client.models import ChatCompletionResponse, CompletionChunk, CompletionEvent

from mirascope_like.core import (
    AudioPart,
    AudioURLPart,
    AuthenticationError,
    BadRequestError,
    BaseMessageParam,
    ConfigurationError,
    ConnectionFailedError,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    Messages,
    PromptError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    mistral,
)
from mirascope_like.core.base.request import Request
from mirascope_like.core.mistral import MistralProvider
from tests.conformance.providers import MISTRAL, chat_text, chat_whole
from tests.harness.clocks import PATIENCE
from tests.harness.odd_streams import call, choice, chunk
from tests.harness.oracles import expected_raw
from tests.harness.recordings import Exchange, exchange, parametrize_exchanges
from tests.harness.server import CloseEarly, Pause, Reply, Reset, Server, Stall

JSON = dict[str, Any]


@pytest.fixture
def client(server: Server) -> Iterator[Mistral]:
    with Mistral(server_url=server.url, api_key="sk-test") as client:
        yield client


def thinking(*texts: str, **fields: Any) -> JSON:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text} for text in texts], **fields}


def text(text: str) -> JSON:
    return {"type": "text", "text": text}


THOUGHT = (
    chunk(choice(role="assistant", content="")),
    chunk(choice(content=[thinking("Two")])),
    chunk(choice(content=[thinking(" and", " two")])),
    chunk(choice(content=[thinking(" is four.", closed=True, signature="sig")])),
    chunk(choice(content="The answer")),
    chunk(choice(content=" is")),
    chunk(choice(content=[text(" 4"), {"type": "reference", "reference_ids": [1]}])),
    chunk(choice(content=".")),
    chunk(choice(0, "stop", content=""), usage={"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}),
)
CONTENT = [
    thinking("Two and two is four.", closed=True, signature="sig"),
    text("The answer is 4"),
    {"type": "reference", "reference_ids": [1]},
    text("."),
]


@pytest.mark.parametrize("cut", [None, 1, 2], ids=["whole", "cut1", "cut2"])
def test_content_in_parts_and_plain(cut: int | None, client: Mistral, server: Server) -> None:
    reply = Reply.chat(*THOUGHT)
    server.reply(reply if cut is None else reply.cut(cut))
    stream = MISTRAL.stream(client)
    pairs = list(stream)
    response = stream.construct_call_response()
    assert "".join(event.content for event, _ in pairs) == "The answer is 4."
    assert "".join(event.thinking for event, _ in pairs) == "Two and two is four."
    assert stream.content == response.content == "The answer is 4."
    assert response.thinking == "Two and two is four."
    whole = {**chat_whole(""), **chunk(), "object": "chat.completion"}
    message = {"role": "assistant", "content": CONTENT}
    whole["choices"] = [{"index": 0, "finish_reason": "stop", "message": message}]
    assert response.response == ChatCompletionResponse.model_validate(whole)
    assert response.message_param == message
    assert type(response).model_validate_json(response.model_dump_json()) == response


def test_content_in_parts_of_a_second_choice(client: Mistral, server: Server) -> None:
    server.reply(
        Reply.chat(
            chunk(choice(0, content="a"), choice(1, content="b")),
            chunk(choice(0, content="c"), choice(1, content=[thinking("hm")])),
            chunk(choice(0, "stop"), choice(1, "stop", content="d")),
        )
    )
    response = MISTRAL.stream(client).collect()
    assert response.content == "ac"
    assert [part["type"] for part in response.model_dump()["response"]["choices"][1]["message"]["content"]] == [
        *("text", "thinking", "text")
    ]


def test_content_in_parts_of_a_recorded_answer(client: Mistral, server: Server) -> None:
    recorded = exchange("call-reasoning-mistral-small-latest-ea192afb")
    server.reply(Reply.from_exchange(recorded), Reply.json(chat_whole("ok")))
    response = MISTRAL.ask(client)
    message = expected_raw(recorded)["choices"][0]["message"]
    assert response.content == "4"
    assert response.thinking == message["content"][0]["thinking"][0]["text"]
    assert response.message_param == {"role": "assistant", "content": message["content"]}
    assert response.common_message_param == BaseMessageParam(role="assistant", content=[TextPart(text="4")])

    @mistral.call("m", client=client)
    def again() -> Any:
        return [Messages.User("2+2?"), response.message_param, Messages.User("Sure?")]

    assert again().content == "ok"
    assert server.request.json["messages"][1] == {**response.message_param, "prefix": False}


def plus(a: int, b: int) -> int:
    """Add."""
    return a + b


def minus(a: int, b: int) -> int:
    """Subtract."""
    return a - b


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
def test_two_whole_calls_in_the_last_event(partial: bool, client: Mistral, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange("stream-tools-mistral-large-latest-2dd0c1b7")))
    stream = MISTRAL.stream(client, tools=[plus, minus], stream={"partial_tools": partial})
    tools: list[Any] = [tool for _, tool in stream if tool is not None and tool.delta is None]
    assert [(tool.id, tool.call()) for tool in tools] == [("nqjf8Hqe1", 3), ("ATcpCKul3", 1)]
    response = stream.construct_call_response()
    assert [tool.args for tool in response.tools] == [{"a": 1, "b": 2}, {"a": 2, "b": 1}]
    assert response.tool_message_params([(tool, tool.call()) for tool in tools]) == [
        {"role": "tool", "content": "3", "tool_call_id": "nqjf8Hqe1"},
        {"role": "tool", "content": "1", "tool_call_id": "ATcpCKul3"},
    ]
    assert stream.finish_reasons == response.common_finish_reasons == ["tool_calls"]


def test_arguments_as_an_object(client: Mistral, server: Server) -> None:
    piece: Any = {**call(None, "x", "plus", ""), "function": {"name": "plus", "arguments": {"a": 1, "b": 2}}}
    message = {"role": "assistant", "content": "", "tool_calls": [piece]}
    whole = {**chat_whole(""), "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]}
    server.reply(Reply.chat(chunk(choice(0, "tool_calls", tool_calls=[piece]))), Reply.json(whole))
    streamed = MISTRAL.stream(client, tools=[plus]).collect()
    unstreamed = MISTRAL.ask(client, tools=[plus])
    assert streamed.tool.call() == unstreamed.tool.call() == 3


def test_fields_that_the_sdk_does_not_know(client: Mistral, server: Server) -> None:
    end = {**choice(0, "stop", content="b", new_in_delta=2), "new_in_choice": {"a": 1}}
    server.reply(Reply.chat(chunk(choice(content="a")), {**chunk(end), "new_on_top": [3]}))
    stream = MISTRAL.stream(client)
    *_, (last, _) = stream
    assert isinstance(last.chunk, CompletionChunk)
    assert last.chunk.model_extra == {"new_on_top": [3]}
    response = stream.construct_call_response()
    made: Any = response.response
    assert isinstance(made, ChatCompletionResponse)
    assert made.new_on_top == [3]  # type: ignore[attr-defined]
    assert made.choices[0].new_in_choice == {"a": 1}
    assert made.choices[0].message.new_in_delta == 2
    assert response.message_param["new_in_delta"] == 2
    again: Any = type(response).model_validate_json(response.model_dump_json())
    assert again == response
    assert again.response.choices[0].new_in_choice == {"a": 1}
    assert pickle.loads(pickle.dumps(response)) == response


def test_a_part_of_a_kind_that_the_sdk_does_not_know(client: Mistral, server: Server) -> None:
    new = {"type": "hologram", "depth": 3}
    server.reply(Reply.chat(chunk(choice(content=[text("a"), new])), chunk(choice(0, "stop"))))
    assert MISTRAL.stream(client).collect().message_param["content"] == [text("a"), new]


@parametrize_exchanges("mistral.chat", stream=True)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_through_the_sdks_iterator(exchange: Exchange, asynchronous: bool, server: Server) -> None:
    """A stream of a wrapped client is read by the SDK's iterator, with the same result."""

    class Chat:
        def __init__(self, chat: Any) -> None:
            self.chat = chat

        def stream(self, **payload: Any) -> Iterator[CompletionEvent]:
            yield from self.chat.stream(**payload)

        async def stream_async(self, **payload: Any) -> AsyncIterator[CompletionEvent]:
            async def events() -> AsyncIterator[CompletionEvent]:
                async for event in await self.chat.stream_async(**payload):
                    yield event

            return events()

    class Wrapped:
        def __init__(self, client: Mistral) -> None:
            self.chat = Chat(client.chat)

    server.reply(Reply.from_exchange(exchange), Reply.from_exchange(exchange))
    with Mistral(server_url=server.url, api_key="sk-test") as client:
        direct = MISTRAL.stream(client).collect()
        wrapped = Wrapped(client)
        if asynchronous:
            indirect = asyncio.run(MISTRAL.astream(wrapped).collect())
        else:
            indirect = MISTRAL.stream(wrapped).collect()
    assert indirect.response == direct.response
    assert indirect.content == direct.content


# What is sent


def test_parameters(client: Mistral, server: Server) -> None:
    server.reply(Reply.json(chat_whole("a")))
    params = {"seed": 7, "max_tokens": 5, "stop": ["x"], "safe_prompt": True, "http_headers": {"X-Mine": "1"}}
    MISTRAL.ask(client, call_params=params, json_mode=True)
    sent = server.request.json
    assert (sent["random_seed"], sent["max_tokens"], sent["stop"], sent["safe_prompt"]) == (7, 5, ["x"], True)
    assert sent["response_format"] == {"type": "json_object"}
    assert "temperature" not in sent
    assert server.request.headers["x-mine"] == "1"
    misspelt: Any = {"random_sed": 1}
    with pytest.raises(ConfigurationError, match="did you mean 'random_seed'"):
        mistral.call("m", call_params=misspelt)


def test_parts(client: Mistral, server: Server) -> None:
    server.reply(Reply.json(chat_whole("a")))

    @mistral.call("m", client=client)
    def show() -> Any:
        return [
            Messages.System("Look."),
            Messages.User(
                "What?",
                ImagePart(media_type="image/png", image=b"x"),
                ImageURLPart(url="https://example.com/a.png", detail="low"),
                AudioPart(media_type="audio/mpeg", audio=b"x"),
                AudioURLPart(url="https://example.com/a.mp3"),
                DocumentPart(media_type="application/pdf", document=b"x"),
                DocumentURLPart(url="https://example.com/a.pdf"),
            ),
            Messages.Assistant(ToolCallPart(name="plus", args={"a": 1}, id="nqjf8Hqe1")),
            Messages.Tool(ToolResultPart(name="plus", content="2", id="nqjf8Hqe1")),
        ]

    show()
    system, user, assistant, tool = server.request.json["messages"]
    assert system["content"] == "Look."
    assert user["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,eA=="}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        {"type": "input_audio", "input_audio": "eA=="},
        {"type": "input_audio", "input_audio": "https://example.com/a.mp3"},
        {"type": "document_url", "document_url": "data:application/pdf;base64,eA=="},
        {"type": "document_url", "document_url": "https://example.com/a.pdf"},
    ]
    assert assistant["tool_calls"][0]["function"] == {"name": "plus", "arguments": '{"a":1}'}
    assert (tool["content"], tool["tool_call_id"]) == ("2", "nqjf8Hqe1")


@pytest.mark.parametrize(
    "part",
    [DocumentPart(media_type="text/plain", document=b"x")],
    ids=lambda part: part.type,
)
def test_parts_that_mistral_does_not_take(part: Any, client: Mistral) -> None:
    @mistral.call("m", client=client)
    def show() -> Any:
        return [Messages.User("a", part)]

    with pytest.raises(PromptError, match="mistral accepts no"):
        show()


# Errors


@pytest.mark.parametrize(
    ("status", "body", "ours", "theirs"),
    [
        (401, {"detail": "Unauthorized"}, AuthenticationError, errors.SDKError),
        (422, {"detail": [{"loc": ["a"], "msg": "b", "type": "c"}]}, BadRequestError, errors.HTTPValidationError),
        (429, {"object": "error", "message": "Slow", "code": "1300"}, RateLimitError, errors.SDKError),
        (500, {"object": "error", "message": "Oh", "code": "1000"}, ServerError, errors.SDKError),
    ],
    ids=["401", "422", "429", "500"],
)
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_errors(status: int, body: JSON, ours: Any, theirs: Any, stream: bool, client: Mistral, server: Server) -> None:
    headers = {"retry-after": "2", "mistral-correlation-id": "id-1"}
    server.reply(Reply.json(body, status, headers=headers))
    with pytest.raises(ours) as caught:
        MISTRAL.stream(client).collect() if stream else MISTRAL.ask(client)
    error: Any = caught.value
    assert isinstance(error, theirs)
    assert (error.provider, error.model, error.status_code) == ("mistral", "m", status)
    assert (error.retry_after, error.request_id) == (2.0, "id-1")
    assert json.loads(error.body) == body
    assert error.raw_response.status_code == status
    assert "sk-test" not in f"{error} {error!r}"


@pytest.mark.parametrize(
    "event",
    [
        {"object": "error", "message": "Overheated", "type": "internal_server_error", "code": "3000"},
        {"error": {"message": "Overheated", "type": "internal_server_error"}},
        {"message": "Overheated", "type": "internal_server_error"},
    ],
    ids=["object", "error", "message"],
)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_an_error_in_the_middle_of_a_stream(event: JSON, asynchronous: bool, client: Mistral, server: Server) -> None:
    server.reply(Reply.chat(*chat_text("Hel", finish=None), event))

    def read() -> None:
        asyncio.run(MISTRAL.astream(client).collect()) if asynchronous else MISTRAL.stream(client).collect()

    with pytest.raises(StreamInterruptedError, match="Overheated") as caught:
        read()
    error: Any = caught.value
    assert isinstance(error, errors.MistralError)
    assert isinstance(error, ProviderError)
    assert "Overheated" in error.body
    assert error.partial.content == "Hel"
    assert error.partial.usage is None
    assert error.partial.finish_reasons is None


@pytest.mark.parametrize("step", [CloseEarly(), Reset()], ids=["closed", "reset"])
def test_a_connection_that_breaks(step: Any, client: Mistral, server: Server) -> None:
    server.reply(MISTRAL.streamed(*chat_text("Hel", finish=None), Pause(0.05), step))
    with pytest.raises(StreamInterruptedError) as caught:
        MISTRAL.stream(client).collect()
    assert isinstance(caught.value, errors.MistralError)
    assert isinstance(caught.value, ConnectionFailedError)
    assert type(caught.value.__cause__).__module__.startswith("httpx2")
    assert caught.value.partial.content == "Hel"


def test_an_end_without_an_end(client: Mistral, server: Server) -> None:
    server.reply(Reply.sse(*chat_text("Hel", finish=None)))
    with pytest.raises(StreamInterruptedError, match="the provider's final event is missing") as caught:
        MISTRAL.stream(client).collect()
    assert isinstance(caught.value, errors.MistralError)


def test_no_connection() -> None:
    with Mistral(server_url="http://127.0.0.1:9", api_key="sk-test") as client:
        for ask in (MISTRAL.ask, lambda client: MISTRAL.stream(client).collect()):
            with pytest.raises(ConnectionFailedError) as caught:
                ask(client)
            assert isinstance(caught.value, errors.NoResponseError)


def test_timeouts(client: Mistral, server: Server) -> None:
    late = Reply((Stall(),), 200, {"content-type": "application/json"})
    server.reply(late, MISTRAL.streamed(*chat_text("Hel", finish=None), Stall()))
    with pytest.raises(RequestTimeoutError) as caught:
        MISTRAL.ask(client, call_params={"timeout_ms": 50})
    assert isinstance(caught.value, errors.NoResponseError)
    with pytest.raises(RequestTimeoutError) as broken:
        MISTRAL.stream(client, call_params={"timeout_ms": 50}).collect()
    assert isinstance(broken.value, StreamInterruptedError)
    assert isinstance(broken.value, errors.MistralError)


def test_an_answer_that_is_not_json(client: Mistral, server: Server) -> None:
    reply = Reply((b"<html>",), 200, {"content-type": "application/json"}, "length")
    server.reply(reply)
    with pytest.raises(ProviderError) as caught:
        MISTRAL.ask(client)
    assert isinstance(caught.value, errors.ResponseValidationError)


def test_missing_key() -> None:
    with pytest.raises(ConfigurationError, match="MISTRAL_API_KEY"):
        MISTRAL.ask()
    with pytest.raises(ConfigurationError, match="MISTRAL_API_KEY"):
        MISTRAL.stream().collect()


def test_cached_tokens_under_both_names(client: Mistral, server: Server) -> None:
    recorded = exchange("call-tools-media-mistral-medium-latest-e93bf2fd")
    server.reply(Reply.from_exchange(recorded))
    response = MISTRAL.ask(client)
    assert (response.input_tokens, response.cached_tokens) == (64, 32)
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}}
    server.reply(Reply.chat(chunk(choice(0, "stop", content="a"), usage=usage)))
    stream = MISTRAL.stream(client)
    ((event, _),) = list(stream)
    assert event.usage.prompt_tokens == 9
    assert (event.cached_tokens, stream.cached_tokens) == (4, 4)


def test_cut_by_length_in_mistrals_words(client: Mistral, server: Server) -> None:
    server.reply(Reply.chat(chunk(choice(content="a")), chunk(choice(0, "model_length"))))
    response = MISTRAL.stream(client).collect()
    assert response.finish_reasons == ["model_length"]
    assert response.common_finish_reasons == ["length"]


def test_ids_of_other_providers_tool_calls() -> None:
    request = Request(
        "mistral",
        "m",
        [
            BaseMessageParam(
                role="assistant",
                content=[
                    ToolCallPart(name="look", args={}, id="call_PTLP8xhu3uwZk4l3nlnrrJha"),
                    ToolCallPart(name="time", args={}, id="nqjf8Hqe1"),
                ],
            ),
            Messages.Tool(ToolResultPart(content="sun", id="call_PTLP8xhu3uwZk4l3nlnrrJha")),
            Messages.Tool(ToolResultPart(content="9", id="nqjf8Hqe1")),
        ],
    )
    called, *results = MistralProvider().payload(request)["messages"]
    ids = [call["id"] for call in called["tool_calls"]]
    assert [result["tool_call_id"] for result in results] == ids
    assert re.fullmatch("[a-zA-Z0-9]{9}", ids[0])
    assert ids[1] == "nqjf8Hqe1"  # Mistral's own


@pytest.mark.parametrize(("status", "hook"), [(200, "after_success"), (500, "after_error")])
def test_cancelled_between_the_headers_and_the_stream(status: int, hook: str, server: Server) -> None:
    """The SDK runs its hooks in a thread then, and closes the response of no cancelled task: seen on a busy machine."""
    entered, go = threading.Event(), threading.Event()
    own = getattr(SDKHooks, hook)

    def slow(hooks: Any, *args: Any) -> Any:
        entered.set()
        go.wait(PATIENCE)
        return own(hooks, *args)

    async def main() -> None:
        async with Mistral(server_url=server.url, api_key="sk-test") as client:
            opening = asyncio.ensure_future(MISTRAL.astream(client).open())
            assert await asyncio.to_thread(entered.wait, PATIENCE)
            opening.cancel()
            await asyncio.wait({opening})
            assert opening.cancelled()
            go.set()
            assert await asyncio.to_thread(server.wait_closed)

    server.reply(Reply((b"data: ", Stall()), status, {"content-type": "text/event-stream"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SDKHooks, hook, slow)
        asyncio.run(main())
