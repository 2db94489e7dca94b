"""Cohere's chat through the real SDK, over a real socket."""

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import cohere as sdk
import httpx
import pytest
from cohere.core import ApiError
from pydantic import BaseModel

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    BaseMessageParam,
    BaseTool,
    ConfigurationError,
    ConnectionFailedError,
    ContentFilterError,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    Messages,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    PromptError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
    TextPart,
    ToolCallPart,
    ToolResultPart,
    cohere,
)
from mirascope_like.core.base.messages import AudioPart, DocumentURLPart
from tests.harness.clocks import MovedClock, once_begun
from tests.harness.oracles_cohere import expected_raw, sum_events
from tests.harness.recordings import Exchange, exchange, parametrize_exchanges
from tests.harness.server import CloseEarly, Reply, Reset, Server, Stall

JSON = dict[str, Any]
WAYS = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
START: JSON = {
    "id": "a-1",
    "type": "message-start",
    "delta": {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
}
USAGE = {"billed_units": {"input_tokens": 3, "output_tokens": 5}, "tokens": {"input_tokens": 70, "output_tokens": 5}}
END: JSON = {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": USAGE}}


def block(index: int, kind: str, *pieces: str) -> list[JSON]:
    """The events of one block of content."""
    start = {"type": kind, kind: ""}
    events: list[JSON] = [{"type": "content-start", "index": index, "delta": {"message": {"content": start}}}]
    events += [
        {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: one}}}} for one in pieces
    ]
    return [*events, {"type": "content-end", "index": index}]


def tool_call(index: int, id_: str, name: str, *pieces: str) -> list[JSON]:
    """The events of one tool call."""

    def event(kind: str, call: JSON) -> JSON:
        return {"type": f"tool-call-{kind}", "index": index, "delta": {"message": {"tool_calls": call}}}

    start = event("start", {"id": id_, "type": "function", "function": {"name": name, "arguments": ""}})
    deltas = [event("delta", {"function": {"arguments": piece}}) for piece in pieces]
    return [start, *deltas, {"type": "tool-call-end", "index": index}]


def reply(*events: Any) -> Reply:
    return Reply.sse(*events, "[DONE]", named=False)


def hi(server: Server) -> Reply:
    return reply(START, *block(0, "text", "Hel", "lo"), END)


def get_weather(location: str) -> str:
    """Get the current weather."""
    return f"sunny in {location}"


def get_time(location: str) -> str:
    """Get the current time."""
    return f"noon in {location}"


@pytest.fixture
def client(server: Server) -> Iterator[sdk.ClientV2]:
    with sdk.ClientV2("sk-test", base_url=server.url, max_retries=0) as client:
        yield client


def asked(client: Any, **options: Any) -> Callable[[Any], Any]:
    @cohere.call("command-r", client=client, **options)
    def say(prompt: Any) -> Any:
        return prompt

    return say


class Read:
    """A stream, read to its end or to where it breaks."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.pairs: list[tuple[Any, Any]] = []
        self.error: Any = None

    @property
    def text(self) -> str:
        return "".join(chunk.content for chunk, _ in self.pairs)

    @property
    def tools(self) -> list[Any]:
        return [tool for _, tool in self.pairs if tool is not None]

    @property
    def response(self) -> Any:
        if self.error is not None:
            raise self.error
        return self.stream.construct_call_response()


def read(server: Server, *, asynchronous: bool = False, patch: Any = None, **options: Any) -> Read:
    options = {"stream": True, **options}
    if not asynchronous:
        with sdk.ClientV2("sk-test", base_url=server.url, max_retries=0) as client:
            found = Read(asked(patch(client) if patch else client, **options)("Hi"))
            try:
                found.pairs.extend(found.stream)
            except Exception as error:
                found.error = error
        return found

    async def main() -> Read:
        async with sdk.AsyncClientV2("sk-test", base_url=server.url, max_retries=0) as client:

            @cohere.call("command-r", client=patch(client) if patch else client, **options)
            async def say(prompt: str) -> str:
                return prompt

            found = Read(say("Hi"))
            try:
                async for pair in found.stream:
                    found.pairs.append(pair)
            except Exception as error:
                found.error = error
            return found

    return asyncio.run(main())


def raw_of(response: Any) -> JSON:
    """The SDK's object as the JSON that it was made of."""
    dumped: JSON = json.loads(response.json())
    return dumped


class Traced:
    """A client that somebody has wrapped: only its own interface is there."""

    def __init__(self, client: Any) -> None:
        self.chat = client.chat
        self.chat_stream = client.chat_stream


# Recordings


@parametrize_exchanges("cohere.chat", stream=True)
@WAYS
@pytest.mark.parametrize("cut", [None, 1, 2])
@pytest.mark.parametrize("patch", [None, Traced], ids=["bytes", "objects"])
def test_streams_are_rebuilt(
    exchange: Exchange, asynchronous: bool, cut: int | None, patch: Any, server: Server
) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    found = read(server, asynchronous=asynchronous, patch=patch)
    response = found.response
    assert raw_of(response.response) == expected_raw(exchange)
    assert found.stream.state is StreamState.DONE
    assert found.text == found.stream.content == response.content == str(response)
    for name in ("model", "id", "finish_reasons", "input_tokens", "cached_tokens", "output_tokens", "usage", "cost"):
        assert getattr(found.stream, name) == getattr(response, name), name
    assert found.stream.message_param == response.message_param
    again = type(response).model_validate_json(response.model_dump_json())
    assert raw_of(again.response) == expected_raw(exchange)
    assert again == response
    assert server.wait_closed()


@parametrize_exchanges("cohere.chat", stream=False)
@WAYS
def test_whole_answers_are_the_sdks(exchange: Exchange, asynchronous: bool, server: Server) -> None:
    recorded = Reply.from_exchange(exchange)
    server.reply(recorded, recorded)
    with sdk.ClientV2("sk-test", base_url=server.url) as client:
        theirs = client.chat(model="command-r", messages=[{"role": "user", "content": "Hi"}])
        ours = None if asynchronous else asked(client)("Hi")
    if asynchronous:

        async def main() -> Any:
            async with sdk.AsyncClientV2("sk-test", base_url=server.url) as client:

                @cohere.call("command-r", client=client)
                async def say() -> str:
                    return "Hi"

                return await say()

        ours = asyncio.run(main())
    assert ours is not None
    assert type(ours.response) is sdk.V2ChatResponse
    assert ours.response == theirs
    raw = expected_raw(exchange)
    assert raw_of(ours.response) == raw
    assert ours.content == "".join(part["text"] for part in raw["message"].get("content", ()))
    assert (ours.id, ours.finish_reasons) == (raw["id"], [raw["finish_reason"]])
    assert ours.input_tokens == raw["usage"]["tokens"]["input_tokens"]
    assert ours.cached_tokens == raw["usage"].get("cached_tokens")
    again = type(ours).model_validate_json(ours.model_dump_json())
    assert again == ours
    assert raw_of(again.response) == raw
    assert server.requests[0].json == server.requests[1].json


@WAYS
@pytest.mark.parametrize("partial", [False, True])
def test_recorded_tools(asynchronous: bool, partial: bool, server: Server) -> None:
    recorded = exchange("stream-tools-command-r-8ba0d0d4")
    server.reply(Reply.from_exchange(recorded, cut=4))
    stream: Any = {"partial_tools": True} if partial else True
    found = read(server, asynchronous=asynchronous, tools=[get_weather, get_time], stream=stream)
    whole = [tool for tool in found.tools if tool.delta is None]
    grown = "".join(tool.delta for tool in found.tools if tool.delta is not None)
    assert [(type(tool).__name__, tool.args) for tool in whole] == [
        ("get_time", {"location": "Tokyo"}),
        ("get_weather", {"location": "Tokyo"}),
    ]
    calls = expected_raw(recorded)["message"]["tool_calls"]
    assert [tool.id for tool in whole] == [call["id"] for call in calls]
    assert grown == ("".join(call["function"]["arguments"] for call in calls) if partial else "")
    response = found.response
    assert [tool.args for tool in response.tools] == [tool.args for tool in whole]
    assert response.tool_plan == "I will search for the current time and weather in Tokyo."
    assert response.content == found.text == ""
    assert response.common_finish_reasons == ["tool_calls"]
    sent = [server.request.json["tools"][0]["function"][key] for key in ("name", "description")]
    assert sent == ["get_weather", "Get the current weather."]


def test_a_conversation_with_tools(client: sdk.ClientV2, server: Server) -> None:
    first, second = (Reply.from_exchange(exchange("call-tools-command-r-e259ee2f", index)) for index in (0, 1))
    server.reply(first, second)
    say = asked(client, tools=[get_weather, get_time])
    asks = say("What is the weather and current time in Tokyo?")
    assert isinstance(asks.tool, cohere.CohereTool)
    outputs = [(tool, tool.call()) for tool in asks.tools]
    answer = say([asks.user_message_param, asks.message_param, *asks.tool_message_params(outputs)])
    sent = server.request.json["messages"]
    assert sent[1] == {**expected_raw(exchange("call-tools-command-r-e259ee2f", 0))["message"]}
    assert sent[2] == {"role": "tool", "tool_call_id": asks.tools[0].id, "content": "noon in Tokyo"}
    assert [one.text for one in answer.citations] == ["4:20 PM", "sunny with a temperature of 20°C."]
    assert (
        answer.message_param["citations"]
        == expected_raw(exchange("call-tools-command-r-e259ee2f", 1))["message"]["citations"]
    )
    assert answer.common_message_param.content == answer.content
    roles = [message.role for message in answer.common_messages]
    assert roles == ["user", "assistant", "tool", "tool"]
    assert answer.common_messages[1].content[0] == ToolCallPart(
        name="get_time", args={"location": "Tokyo"}, id=asks.tools[0].id
    )


# Streams


@WAYS
@pytest.mark.parametrize("patch", [None, Traced], ids=["bytes", "objects"])
def test_every_kind_of_event(asynchronous: bool, patch: Any, server: Server) -> None:
    source = {"type": "document", "id": "d", "document": {"id": "d", "text": "sky"}}
    citation = {"start": 0, "end": 4, "text": "Blue", "sources": [source], "type": "TEXT_CONTENT"}
    cited = {"type": "citation-start", "index": 0, "delta": {"message": {"citations": citation}}}
    thoughts, texts = block(0, "thinking", "hm", "m"), block(1, "text", "Blue", ".")
    texts[1]["logprobs"] = {"text": "Blue", "token_ids": [7], "logprobs": [-0.5]}
    texts[2]["new_field"] = 1
    events = [START, *thoughts, *texts[:2], cited, {"type": "citation-end", "index": 0}, *texts[2:], END]
    server.reply(reply(*events).cut(3))
    found = read(server, asynchronous=asynchronous, patch=patch)
    response = found.response
    assert raw_of(response.response) == sum_events(events)
    assert (response.thinking, response.content) == ("hmm", "Blue.")
    assert "".join(chunk.thinking for chunk, _ in found.pairs) == "hmm"
    assert response.citations[0].text == "Blue"
    assert response.response.logprobs[0].token_ids == [7]
    assert response.message_param["content"][0] == {"type": "thinking", "thinking": "hmm"}
    assert (response.input_tokens, response.output_tokens) == (70, 5)
    assert response.cost == pytest.approx(3 * 0.15e-6 + 5 * 0.6e-6)
    assert response.common_finish_reasons == ["stop"]


def test_chunks_are_the_sdks_events(server: Server) -> None:
    server.reply(hi(server), hi(server))
    ours = read(server)
    with sdk.ClientV2("sk-test", base_url=server.url) as client:
        theirs = list(client.chat_stream(model="m", messages=[{"role": "user", "content": "Hi"}]))
    assert [chunk.chunk for chunk, _ in ours.pairs] == theirs
    first, last = ours.pairs[0][0], ours.pairs[-1][0]
    assert (first.id, first.model, first.usage, first.finish_reasons) == ("a-1", None, None, None)
    assert (last.finish_reasons, last.usage.tokens.input_tokens, last.input_tokens) == (["COMPLETE"], 70, 70)
    assert last.common_usage.total_tokens == 75


def test_interleaved_and_empty_tool_calls(server: Server) -> None:
    one, two = tool_call(0, "t1", "get_time", '{"loc', 'ation":"x"}'), tool_call(1, "t2", "nothing")
    events = [START, one[0], two[0], one[1], two[1], one[2], one[3], END]
    server.reply(reply(*events))

    def nothing() -> None:
        """Do nothing."""

    found = read(server, tools=[get_time, nothing])
    assert [(tool.id, tool.args) for tool in found.tools] == [("t2", {}), ("t1", {"location": "x"})]
    assert raw_of(found.response.response) == sum_events(events)


def test_a_call_without_its_end_is_given_at_the_end(server: Server) -> None:
    server.reply(reply(START, *tool_call(0, "t1", "get_time", '{"location":"x"}')[:-1], END))
    found = read(server, tools=[get_time])
    assert [tool.args for tool in found.tools] == [{"location": "x"}]


@WAYS
def test_an_unknown_event_is_shown_and_skipped(asynchronous: bool, server: Server) -> None:
    server.reply(reply(START, {"type": "new-thing", "x": 1}, *block(0, "text", "a"), END))
    found = read(server, asynchronous=asynchronous)
    assert found.pairs[1][0].data == {"type": "new-thing", "x": 1}
    assert found.pairs[1][0].chunk.x == 1
    assert raw_of(found.response.response)["message"] == {
        "role": "assistant",
        "content": [{"type": "text", "text": "a"}],
    }


@WAYS
@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "message": "it broke"},
        {"message": "it broke"},
        {"type": "error", "error": {"message": "it broke"}},
        {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "it broke"}},
    ],
)
def test_an_error_in_the_stream_is_raised(event: JSON, asynchronous: bool, server: Server) -> None:
    server.reply(reply(START, *block(0, "text", "so far")[:2], event))
    found = read(server, asynchronous=asynchronous)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, ApiError)
    assert isinstance(found.error, ProviderError)
    assert "it broke" in str(found.error)
    assert found.error.partial.content == "so far"
    assert server.wait_closed()


@WAYS
@pytest.mark.parametrize("patch", [None, Traced], ids=["bytes", "objects"])
@pytest.mark.parametrize("fault", [CloseEarly(), Reset(), None], ids=["closed", "reset", "ended"])
def test_a_broken_stream(fault: Any, patch: Any, asynchronous: bool, server: Server) -> None:
    whole = Reply.sse(START, *block(0, "text", "so far")[:2])
    server.reply(whole.then(fault) if fault else whole)
    found = read(server, asynchronous=asynchronous, patch=patch)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, ConnectionFailedError)
    assert isinstance(found.error, ApiError)
    assert not isinstance(found.error, httpx.HTTPError)
    assert found.stream.state is StreamState.FAILED
    partial = found.error.partial
    assert (partial.content, partial.finish_reasons, partial.usage) == ("so far", None, None)


def test_an_answer_that_is_no_stream(server: Server) -> None:
    server.reply(Reply.json({"message": "hello"}))
    found = read(server)
    assert isinstance(found.error, StreamInterruptedError)


@pytest.mark.parametrize("message", [{}, {"message": None}, {"message": {}}, {"message": {"content": None}}], ids=str)
def test_empty_answer_can_be_read(message: JSON, client: sdk.ClientV2, server: Server) -> None:
    server.reply(Reply.json({"finish_reason": "COMPLETE", **message}))
    response = asked(client)("Hi")
    assert (response.content, response.finish_reasons) == ("", ["COMPLETE"])
    for name in ("thinking", "tool_plan", "citations", "tools", "id", "usage", "cost"):
        assert getattr(response, name) is None, name
    assert response.message_param == {"role": "assistant"}
    assert response.common_message_param == BaseMessageParam(role="assistant", content="")
    assert response.model_dump_json()


def test_block_without_text(client: sdk.ClientV2, server: Server) -> None:
    blocks = [{"type": "text", "text": None}, {"type": "thinking", "thinking": None}, {"type": "text", "text": "Hi"}]
    server.reply(Reply.json({"message": {"role": "assistant", "content": blocks}}))
    response = asked(client)("Hi")
    assert (response.content, response.thinking) == ("Hi", None)


def test_garbage_is_an_error(server: Server) -> None:
    server.reply(Reply.sse(START, "{not json"))
    found = read(server)
    assert isinstance(found.error, StreamInterruptedError)
    assert isinstance(found.error, ApiError)


@WAYS
@pytest.mark.parametrize("patch", [None, Traced], ids=["bytes", "objects"])
def test_leaving_closes_the_connection(asynchronous: bool, patch: Any, server: Server) -> None:
    server.reply(Reply.sse(START, *block(0, "text", "a")[:2], Stall()))
    patched = patch or (lambda client: client)
    if asynchronous:

        async def main() -> None:
            async with sdk.AsyncClientV2("sk-test", base_url=server.url) as client:

                @cohere.call("m", client=patched(client), stream=True)
                async def say() -> str:
                    return "Hi"

                async with say() as stream:
                    async for chunk, _ in stream:
                        if chunk.content:
                            break
                assert await asyncio.to_thread(server.wait_closed)

        asyncio.run(main())
    else:
        with sdk.ClientV2("sk-test", base_url=server.url) as client:
            with asked(patched(client), stream=True)("Hi") as stream:
                for chunk, _ in stream:
                    if chunk.content:
                        break
            assert server.wait_closed()


@pytest.mark.parametrize("begun", [False, True])
def test_deadlines(begun: bool, client: sdk.ClientV2, server: Server, clock: MovedClock) -> None:
    server.reply(Reply.sse(*([START, *block(0, "text", "a")[:2], Stall()] if begun else [Stall()])))
    stream = asked(client, stream=True)("Hi")
    stream.timeout(first=0.05) if not begun else once_begun(stream, "idle", clock)
    with pytest.raises(StreamTimeoutError) as caught:
        stream.collect()
    assert caught.value.deadline == ("idle" if begun else "first")
    assert server.wait_closed()


def test_a_finished_stream_gives_its_connection_back(client: sdk.ClientV2, server: Server) -> None:
    server.reply(hi(server), hi(server))
    for _ in range(2):
        asked(client, stream=True)("Hi").collect()
    assert server.connections == 1


# Errors


STATUSES = {
    400: (BadRequestError, sdk.BadRequestError),
    401: (AuthenticationError, sdk.UnauthorizedError),
    403: (PermissionDeniedError, sdk.ForbiddenError),
    404: (NotFoundError, sdk.NotFoundError),
    422: (BadRequestError, sdk.UnprocessableEntityError),
    429: (RateLimitError, sdk.TooManyRequestsError),
    498: (ContentFilterError, sdk.InvalidTokenError),
    500: (ServerError, sdk.InternalServerError),
    503: (OverloadedError, sdk.ServiceUnavailableError),
    504: (RequestTimeoutError, sdk.GatewayTimeoutError),
}


def opened(server: Server, asynchronous: bool, patch: Any, stream: bool) -> None:
    """Make a call, and read no more than its beginning."""
    if not asynchronous:
        with sdk.ClientV2("sk-test", base_url=server.url, max_retries=0) as client:
            given = asked(patch(client), stream=stream)("Hi")
            given.open()
        return

    async def main() -> None:
        async with sdk.AsyncClientV2("sk-test", base_url=server.url, max_retries=0) as client:

            @cohere.call("command-r", client=patch(client), stream=stream)
            async def say() -> str:
                return "Hi"

            given: Any = say()
            await (given.open() if stream else given)

    asyncio.run(main())


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("patch", [None, Traced], ids=["bytes", "objects"])
@WAYS
def test_errors_are_the_sdks_and_ours(
    status: int, stream: bool, patch: Any, asynchronous: bool, server: Server
) -> None:
    server.reply(Reply.json({"id": "r-1", "message": "no"}, status, headers={"retry-after": "7"}))
    with pytest.raises(ProviderError) as caught:
        opened(server, asynchronous, patch or (lambda client: client), stream)
    ours, theirs = STATUSES[status]
    error: Any = caught.value
    assert isinstance(error, ours)
    assert isinstance(error, theirs)
    assert not isinstance(error, StreamInterruptedError)
    assert (error.provider, error.model, error.status_code) == ("cohere", "command-r", status)
    assert (error.retry_after, error.body) == (7.0, {"id": "r-1", "message": "no"})
    assert "sk-test" not in f"{error} {error!r}"
    assert type(pickle.loads(pickle.dumps(error))) is type(error)


def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match=r"^no key for cohere: set .*CO_API_KEY") as caught:
        asked(None)("Hi")
    assert isinstance(caught.value, ApiError)


def test_unreachable() -> None:
    with sdk.ClientV2("k", base_url="http://127.0.0.1:1", max_retries=0) as client:
        with pytest.raises(ConnectionFailedError) as caught:
            asked(client)("Hi")
        assert isinstance(caught.value, ApiError)


def test_the_wrong_client(client: sdk.ClientV2) -> None:
    @cohere.call("m", client=client)
    async def say() -> str:
        return "Hi"

    with pytest.raises(ConfigurationError, match=r"cohere\.AsyncClientV2"):
        asyncio.run(say())


def test_the_default_client_follows_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.always(Reply.json({"id": "1", "message": {"role": "assistant"}, "finish_reason": "COMPLETE"}))
    monkeypatch.setenv("CO_API_KEY", "sk-env")
    monkeypatch.setenv("CO_API_URL", server.url)
    assert asked(None)("Hi").content == ""
    assert asked(None)("Hi").id == "1"
    assert server.connections == 1
    assert server.request.headers["authorization"] == "Bearer sk-env"

    async def main() -> None:
        @cohere.call("m")
        async def say() -> str:
            return "Hi"

        assert (await say()).usage is None

    asyncio.run(main())
    assert server.connections == 2


# Requests


def sent(server: Server, client: Any, prompt: Any, **options: Any) -> JSON:
    server.reply(Reply.json({"id": "1", "message": {"role": "assistant"}, "finish_reason": "COMPLETE"}))
    asked(client, **options)(prompt)
    body: JSON = server.request.json
    return body


def test_every_part(client: sdk.ClientV2, server: Server) -> None:
    prompt = [
        Messages.System("Be brief."),
        BaseMessageParam(
            role="user",
            content=[
                TextPart(text="Look:"),
                ImagePart(media_type="image/png", image=b"png", detail="low"),
                ImageURLPart(url="https://example.com/a.png"),
                DocumentPart(media_type="text/plain", document=b"The sky is blue."),
            ],
        ),
        BaseMessageParam(
            role="assistant", content=[TextPart(text="Well."), ToolCallPart(name="f", args={"a": 1}, id="t1")]
        ),
        Messages.Tool(ToolResultPart(name="f", content="ok", id="t1")),
    ]
    body = sent(server, client, prompt, call_params={"documents": ["Grass is green."]})
    image = {"url": "data:image/png;base64,cG5n", "detail": "low"}
    function = {"name": "f", "arguments": '{"a":1}'}
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look:"},
                {"type": "image_url", "image_url": image},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Well.",
            "tool_calls": [{"id": "t1", "type": "function", "function": function}],
        },
        {"role": "tool", "content": "ok", "tool_call_id": "t1"},
    ]
    assert body["documents"] == ["Grass is green.", {"data": {"text": "The sky is blue."}}]


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (AudioPart(media_type="audio/wav", audio=b"x"), "audio"),
        (ImagePart(media_type="image/tiff", image=b"x"), "image/tiff"),
        (DocumentPart(media_type="application/pdf", document=b"x"), "document parts as application/pdf"),
        (DocumentURLPart(url="https://example.com/a.pdf"), "document url"),
    ],
)
def test_what_cannot_be_sent(part: Any, message: str, client: sdk.ClientV2) -> None:
    with pytest.raises(PromptError, match=message):
        asked(client)([BaseMessageParam(role="user", content=[part])])


def test_params_and_native_messages(client: sdk.ClientV2, server: Server) -> None:
    class Book(BaseTool):
        """A book."""

        title: str
        tool_config: ClassVar[Any] = {"strict": True}

    native = sdk.UserChatMessageV2(content="Hi")
    tool = {"type": "function", "function": {"name": "f", "parameters": {}}}
    params: Any = {
        "top_p": 0.5,
        "stop": "x",
        "k": 3,
        "thinking": sdk.Thinking(type="enabled", token_budget=9),
        "tool_choice": "REQUIRED",
        "request_options": {"additional_headers": {"x-a": "b"}},
    }
    body = sent(server, client, [native], call_params=params, tools=[Book, tool])
    assert body["messages"] == [{"role": "user", "content": "Hi"}]
    assert (body["p"], body["k"], body["stop_sequences"], body["strict_tools"]) == (0.5, 3, ["x"], True)
    assert body["thinking"] == {"type": "enabled", "token_budget": 9}
    assert [one["function"]["name"] for one in body["tools"]] == ["f", "Book"]
    assert "strict" not in body["tools"][1]["function"]
    assert server.request.headers["x-a"] == "b"
    with pytest.raises(ConfigurationError, match="'max_tokens'"):
        asked(client, call_params={"max_token": 3})


def test_json_mode(client: sdk.ClientV2, server: Server) -> None:
    assert sent(server, client, "Hi", json_mode=True)["response_format"] == {"type": "json_object"}
    beside: Any = {"documents": ["Grass is green."]}  # Cohere takes no format beside documents and tools
    assert "response_format" not in sent(server, client, "Hi", json_mode=True, call_params=beside)
    assert "response_format" not in sent(server, client, "Hi", json_mode=True, tools=[get_time])


def test_nothing_unset_is_sent(client: sdk.ClientV2, server: Server) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    assert sent(server, client, "Hi") == {"model": "command-r", "messages": messages, "stream": False}


# Structured answers


class Trip(BaseModel):
    """A trip."""

    to: str
    days: int


class Loose(BaseModel):
    to: str
    why: str | None = None


TRIP = '{"to":"Rome","days":3}'


@pytest.mark.parametrize("model", [Trip, Loose])
def test_an_answer_of_a_type(model: type[BaseModel], client: sdk.ClientV2, server: Server) -> None:
    text = TRIP if model is Trip else '{"to":"Rome"}'
    server.reply(reply(START, *block(0, "text", text[:5], text[5:]), END))
    *_, last = asked(client, response_model=model, stream=True)("Hi")
    assert last == model.model_validate_json(text)
    body = server.request.json
    format_ = body["response_format"]
    assert format_["type"] == "json_object"
    # What Cohere could not hold an answer to is told in words alone.
    assert ("json_schema" in format_) is (model is Trip)
    assert '"to":{"type":"string"}' in body["messages"][0]["content"]


def test_an_answer_beside_tools(client: sdk.ClientV2, server: Server) -> None:
    server.reply(reply(START, *tool_call(0, "t1", "Trip", TRIP[:7], TRIP[7:]), END))
    answer = list(asked(client, response_model=Trip, tools=[get_time], stream=True)("Hi"))
    assert answer[-1] == Trip(to="Rome", days=3)
    body = server.request.json
    assert [tool["function"]["name"] for tool in body["tools"]] == ["get_time", "Trip"]
    assert body["tool_choice"] == "REQUIRED"
    assert "response_format" not in body
