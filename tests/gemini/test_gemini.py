"""Gemini through google-generativeai, over REST: every recording, as far as the SDK's types can take it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import warnings
from enum import Enum
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict

from mirascope_like.core import (
    BaseMessageParam,
    BaseTool,
    ConfigurationError,
    ConnectionFailedError,
    ContextWindowExceededError,
    Messages,
    NotFoundError,
    PromptError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
    StreamState,
)
from mirascope_like.core.base.messages import (
    AudioPart,
    DocumentPart,
    ImagePart,
    ImageURLPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.harness.clocks import waits
from tests.harness.oracles_gemini import gemini_calls, gemini_event, gemini_events, gemini_raw, gemini_text, sum_gemini
from tests.harness.recordings import Exchange, parametrize_exchanges
from tests.harness.server import CloseEarly, Reply, Reset, Server, Stall

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    import google.generativeai as genai
    from google.api_core import exceptions
    from google.generativeai import protos
    from google.generativeai.client import get_default_generative_client
    from google.generativeai.types import GenerateContentResponse
    from google.protobuf import json_format

from mirascope_like.core import gemini

# The SDK speaks to an older protobuf.
pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _settings(server: Server) -> Any:
    genai.configure(api_key="test-key", transport="rest", client_options={"api_endpoint": server.url})
    yield
    get_default_generative_client().transport.close()
    genai.configure()


class Read:
    """A call, made and read to where it ends."""

    def __init__(self, asynchronous: bool, prompt: Any = "Hi", **options: Any) -> None:
        self.pairs: list[tuple[Any, Any]] = []
        self.error: Any = None
        self.stream: Any = None
        self.response: Any = None
        options.setdefault("call_params", {}).setdefault("request_options", {"retry": None})
        try:
            asyncio.run(self._aread(prompt, options)) if asynchronous else self._read(prompt, options)
        except Exception as error:
            self.error = error

    def _read(self, prompt: Any, options: dict[str, Any]) -> None:
        @gemini.call("gemini-1.5-flash", **options)
        def ask() -> Any:
            return prompt

        if not options.get("stream"):
            self.response = ask()
            return
        self.stream = ask()
        for pair in self.stream:
            self.pairs.append(pair)
        self.response = self.stream.construct_call_response()

    async def _aread(self, prompt: Any, options: dict[str, Any]) -> None:
        @gemini.call("gemini-1.5-flash", **options)
        async def ask() -> Any:
            return prompt

        if not options.get("stream"):
            self.response = await ask()
            return
        self.stream = ask()
        async for pair in self.stream:
            self.pairs.append(pair)
        self.response = self.stream.construct_call_response()

    def well(self) -> Read:
        if self.error is not None:
            raise self.error
        return self


def rest(*events: dict[str, Any]) -> Reply:
    """Return a stream as the REST API sends it to this SDK: one JSON array, one element in each piece."""
    pieces = [(b",\r\n" if number else b"[") + json.dumps(event).encode() for number, event in enumerate(events)]
    return Reply((*pieces, b"]"), 200, {"content-type": "application/json; charset=UTF-8"})


def known(event: Any) -> dict[str, Any]:
    """What the SDK's types take of an answer, as JSON of the wire."""
    message = json_format.Parse(json.dumps(event), protos.GenerateContentResponse.pb()(), ignore_unknown_fields=True)
    return json_format.MessageToDict(message)


def offered(exchange: Exchange) -> list[type[BaseTool]]:
    declared = [one for tool in exchange.request.body.get("tools", ()) for one in tool.get("functionDeclarations", ())]
    space = {"__doc__": "Any.", "__module__": __name__, "model_config": ConfigDict(extra="allow")}
    return [type(one["name"], (BaseTool,), space) for one in declared]


# Recordings


@parametrize_exchanges("gemini.generate", stream=True, error=False)
@both_ways
@pytest.mark.parametrize("cut", [None, 1], ids=["whole", "cut"])
def test_recorded_streams(exchange: Exchange, asynchronous: bool, cut: int | None, server: Server) -> None:
    events = gemini_events(exchange)
    server.reply(rest(*events) if cut is None else rest(*events).cut(cut))
    read = Read(asynchronous, stream=True, tools=offered(exchange)).well()
    expected = sum_gemini([known(event) for event in events])
    response = read.response
    assert response.raw == expected
    assert read.stream.state is StreamState.DONE
    assert "".join(chunk.content for chunk, _ in read.pairs) == response.content == gemini_text(expected)
    called = [(tool.id, type(tool).__name__, tool.args) for _, tool in read.pairs if tool]
    assert called == gemini_calls(expected)
    for name in ("content", "model", "finish_reasons", "input_tokens", "output_tokens", "cost"):
        assert getattr(read.stream, name) == getattr(response, name), name
    assert isinstance(response.response, GenerateContentResponse)
    assert all(isinstance(chunk.chunk, GenerateContentResponse) for chunk, _ in read.pairs)
    again = type(response).model_validate_json(response.model_dump_json())
    assert again == response
    assert ":streamGenerateContent?" in server.request.path


@parametrize_exchanges("gemini.generate", stream=False, error=False)
@both_ways
@pytest.mark.parametrize("model", [False, True], ids=["configured", "model"])
def test_recorded_answers(exchange: Exchange, asynchronous: bool, model: bool, server: Server) -> None:
    reply = Reply.from_exchange(exchange)
    server.reply(reply, reply)
    sdk = genai.GenerativeModel("gemini-1.5-flash").generate_content("Hi")
    client = genai.GenerativeModel("gemini-1.5-flash") if model else None
    response = Read(asynchronous, client=client).well().response
    assert response.response.to_dict() == sdk.to_dict()
    assert response.raw == known(gemini_raw(exchange))
    assert response.content == gemini_text(response.raw)
    assert response.model == sdk.model_version
    assert response.finish_reasons == [candidate.finish_reason.name for candidate in sdk.candidates]
    assert response.input_tokens == sdk.usage_metadata.prompt_token_count
    again = type(response).model_validate_json(response.model_dump_json())
    assert again == response


@parametrize_exchanges("gemini.generate", error=True)
@both_ways
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_recorded_errors(exchange: Exchange, asynchronous: bool, stream: bool, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange))
    error = Read(asynchronous, stream=stream).error
    assert isinstance(error, NotFoundError)
    assert isinstance(error, exceptions.NotFound)
    assert (error.provider, error.model, error.status_code) == ("gemini", "gemini-1.5-flash", 404)
    assert error.body == json.loads(exchange.response.body)
    assert "test-key" not in f"{error!r}"


# Streams


@pytest.mark.parametrize("with_model", [False, True], ids=["configured", "model"])
@both_ways
def test_streams(asynchronous: bool, with_model: bool, server: Server) -> None:
    server.reply(rest(gemini_event("Hel"), gemini_event("lo {"), gemini_event("}", finish="STOP")))
    client = genai.GenerativeModel("gemini-1.5-flash") if with_model else None
    read = Read(asynchronous, stream=True, client=client).well()
    assert [chunk.content for chunk, _ in read.pairs] == ["Hel", "lo {", "}"]
    assert read.response.content == "Hello {}"
    assert (read.response.input_tokens, read.response.output_tokens) == (3, 5)
    assert read.response.common_finish_reasons == ["stop"]
    assert read.pairs[0][0].chunk.text == "Hel"


@both_ways
@pytest.mark.parametrize("with_model", [False, True], ids=["configured", "model"])
def test_a_blocked_prompt_is_an_answer(asynchronous: bool, with_model: bool, server: Server) -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}
    server.reply(rest(blocked))
    client = genai.GenerativeModel("gemini-1.5-flash") if with_model else None
    response = Read(asynchronous, stream=True, client=client).well().response
    assert response.raw == blocked
    assert response.content == ""


@pytest.mark.parametrize("with_model", [False, True], ids=["configured", "model"])
def test_candidates_in_events_of_their_own(with_model: bool, server: Server) -> None:
    pieces = [
        gemini_event("b", index=1),
        gemini_event("a"),
        gemini_event("d", index=1),
        gemini_event("f", index=1),
        gemini_event("c"),
    ]
    server.reply(rest(*pieces, gemini_event("", index=1, finish="STOP"), gemini_event("", finish="STOP")))
    client = genai.GenerativeModel("gemini-1.5-flash") if with_model else None
    read = Read(False, stream=True, client=client).well()
    assert [chunk.content for chunk, _ in read.pairs] == ["", "a", "", "", "c", "", ""]
    assert (read.stream.content, read.response.content) == ("ac", "ac")
    parts = [candidate["content"]["parts"] for candidate in read.response.raw["candidates"]]
    assert parts == [[{"text": "ac"}], [{"text": "bdf"}]]


@both_ways
def test_an_end_after_the_finish_reason_is_the_end(asynchronous: bool, server: Server) -> None:
    reply = rest(gemini_event("Hel"), gemini_event("lo", finish="STOP"))
    server.reply(reply.truncate(len(reply.body) - 1))  # the array is not closed
    assert Read(asynchronous, stream=True).well().response.content == "Hello"


@both_ways
def test_an_end_without_an_end_is_an_interruption(asynchronous: bool, server: Server) -> None:
    server.reply(rest(gemini_event("Hel"), gemini_event("lo", finish=None)))
    read = Read(asynchronous, stream=True)
    assert isinstance(read.error, StreamInterruptedError)
    assert isinstance(read.error, ConnectionFailedError)
    assert isinstance(read.error, exceptions.GoogleAPICallError)
    assert read.error.partial.content == "Hello"


@both_ways
@pytest.mark.parametrize("step", [CloseEarly(), Reset()], ids=["close", "reset"])
def test_a_connection_that_breaks(asynchronous: bool, step: Any, server: Server) -> None:
    reply = rest(gemini_event("Hel"), gemini_event("lo"))
    server.reply(reply.at(len(reply.body) - 20, step))
    error = Read(asynchronous, stream=True).error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, exceptions.ServiceUnavailable)


def test_a_stream_that_is_left_is_closed(server: Server) -> None:
    server.reply(rest(gemini_event("Hel"), gemini_event("lo")).insert(2, Stall()))

    @gemini.call("gemini-1.5-flash", stream=True)
    def ask() -> str:
        return "Hi"

    with ask() as stream:
        next(stream)
    assert server.wait_closed()
    assert server.aborted == 1


@pytest.mark.parametrize("how", ["close", "cancel"])
def test_an_async_stream_that_is_left_is_closed(how: str, server: Server) -> None:
    server.reply(rest(gemini_event("Hel"), gemini_event("lo")).insert(2, Stall()))

    @gemini.call("gemini-1.5-flash", stream=True)
    async def ask() -> str:
        return "Hi"

    async def main() -> None:
        stream: Any = ask()
        await anext(stream)
        if how == "close":
            await stream.close()
        else:
            reading = asyncio.create_task(stream.collect())
            await waits(reading)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        assert await asyncio.to_thread(server.wait_closed)

    asyncio.run(main())
    assert server.aborted == 1


# Errors


@both_ways
def test_errors(asynchronous: bool, server: Server) -> None:
    too_long = "The input token count (12) exceeds the maximum number of tokens allowed (10)."
    server.reply(Reply.json({"error": {"code": 400, "message": too_long, "status": "INVALID_ARGUMENT"}}, 400))
    error = Read(asynchronous).error
    assert isinstance(error, ContextWindowExceededError)
    assert isinstance(error, exceptions.InvalidArgument | exceptions.BadRequest)
    slow = {"error": {"code": 429, "message": "Slow.", "status": "RESOURCE_EXHAUSTED"}}
    server.reply(Reply.json(slow, 429, headers={"retry-after": "7"}))
    error = Read(asynchronous, stream=True).error
    assert isinstance(error, RateLimitError)
    assert error.retry_after == 7


@both_ways
def test_silence_and_nobody(asynchronous: bool, server: Server) -> None:
    server.reply(Reply((Stall(),), headers={"content-type": "application/json; charset=UTF-8"}))
    quick = {"request_options": {"timeout": 0.2, "retry": None}}
    error = Read(asynchronous, stream=True, call_params=quick).error
    assert isinstance(error, RequestTimeoutError)
    assert isinstance(error, exceptions.DeadlineExceeded)
    genai.configure(api_key="k", transport="rest", client_options={"api_endpoint": "http://127.0.0.1:9"})
    error = Read(asynchronous).error
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, exceptions.ServiceUnavailable)


def test_no_array(server: Server) -> None:
    server.reply(Reply((b'{"a": 1}',), 200, {"content-type": "application/json; charset=UTF-8"}))
    error = Read(False, stream=True).error
    assert isinstance(error, ProviderError)
    assert isinstance(error, StreamInterruptedError)


@both_ways
def test_answers_that_do_not_fit(asynchronous: bool, server: Server) -> None:
    server.reply(Reply.json({"candidates": 3}))
    error = Read(asynchronous).error
    assert isinstance(error, ProviderError)
    assert isinstance(error, exceptions.GoogleAPICallError)
    assert "candidates" in str(error)
    server.reply(rest(gemini_event("so far"), {"candidates": 3}))
    error = Read(asynchronous, stream=True).error
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, ProviderError)
    assert error.partial.content == "so far"


def test_a_tool_that_is_none(server: Server) -> None:
    error = Read(False, tools=[{"function_declarations": 3}]).error
    assert isinstance(error, ConfigurationError)
    assert "Tool" in str(error)
    assert not server.requests


# What is sent


def sent(server: Server, prompt: Any = "Hi", **options: Any) -> dict[str, Any]:
    server.reply(Reply.json(gemini_event("Hi", finish="STOP")))
    Read(False, prompt, **options).well()
    body: dict[str, Any] = server.request.json
    return body


@pytest.mark.parametrize("with_model", [False, True], ids=["configured", "model"])
def test_every_part(with_model: bool, server: Server) -> None:
    prompt = [
        Messages.System("Be brief."),
        Messages.User(
            "See:",
            ImagePart(media_type="image/png", image=PNG),
            ImageURLPart(url="https://example.com/a.webp"),
            AudioPart(media_type="audio/wav", audio=b"RIFF"),
            DocumentPart(media_type="application/pdf", document=b"%PDF-"),
        ),
        BaseMessageParam(role="assistant", content=[ToolCallPart(name="f", args={"a": 1}, id="1")]),
        Messages.Tool(ToolResultPart(content="one", id="1")),
        {"role": "user", "parts": ["Go on", {"text": "now"}]},
    ]
    body = sent(server, prompt, client=genai.GenerativeModel("gemini-1.5-flash") if with_model else None)
    contents = body["contents"]
    if with_model:
        assert contents[:2] == [
            {"role": "user", "parts": [{"text": "Be brief."}]},
            {"role": "model", "parts": [{"text": "Understood."}]},
        ]
        contents = contents[2:]
    else:
        assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    assert contents == [
        {
            "role": "user",
            "parts": [
                {"text": "See:"},
                {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                {"fileData": {"mimeType": "image/webp", "fileUri": "https://example.com/a.webp"}},
                {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
                {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}},
            ],
        },
        {"role": "model", "parts": [{"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}}]},
        {"role": "user", "parts": [{"functionResponse": {"id": "1", "name": "f", "response": {"output": "one"}}}]},
        {"role": "user", "parts": [{"text": "Go on"}, {"text": "now"}]},
    ]


def test_what_gemini_does_not_take() -> None:
    assert isinstance(
        Read(False, [Messages.User(ImagePart(media_type="image/gif", image=b"GIF89a"))]).error, PromptError
    )
    assert isinstance(Read(False, [{"role": "user", "parts": [3]}]).error, PromptError)
    with pytest.raises(ConfigurationError, match="did you mean 'temperature'"):
        gemini.call("m", call_params={"temprature": 0})  # type: ignore[typeddict-unknown-key]


def test_params(server: Server) -> None:
    params = {
        "temperature": 0.5,
        "max_tokens": 5,
        "stop": "x",
        "generation_config": {"top_k": 3, "temperature": 1},
        "safety_settings": {"HARASSMENT": "BLOCK_NONE"},
    }
    body = sent(server, call_params=params)
    assert body["generationConfig"] == {"temperature": 1, "maxOutputTokens": 5, "stopSequences": ["x"], "topK": 3}
    assert len(body["safetySettings"]) == 1


def test_native_contents_are_read_back(server: Server) -> None:
    native = protos.Content(role="user", parts=[protos.Part(text="Hi")])
    server.reply(Reply.json(gemini_event("Yes", finish="STOP")))
    response = Read(False, [native]).well().response
    assert response.common_messages == [Messages.User("Hi")]
    assert response.user_message_param == {"role": "user", "parts": [{"text": "Hi"}]}
    assert response.message_param == {"role": "model", "parts": [{"text": "Yes"}]}
    history = [response.user_message_param, response.message_param]
    assert genai.GenerativeModel("m").start_chat(history=history).history[1].parts[0].text == "Yes"


class Shade(Enum):
    DARK = "dark"
    LIGHT = "light"


class Point(BaseModel):
    x: float
    next: Point | None = None


def draw(point: Point, shade: Shade, tags: list[str], size: Literal[1, 2] = 1, name: str | int | None = None) -> str:
    """Draw it.

    Args:
        point: Where.
    """
    return f"{shade.value} at {point.x}"


@both_ways
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_tools_from_call_to_answer(asynchronous: bool, stream: bool, server: Server) -> None:
    arguments = {"point": {"x": 1.5}, "shade": "dark", "tags": ["a"]}
    event = gemini_event("So:", {"functionCall": {"name": "draw", "args": arguments}}, finish="STOP")
    server.reply(rest(event) if stream else Reply.json(event), Reply.json(gemini_event("Done.", finish="STOP")))
    response = Read(asynchronous, stream=stream, tools=[draw]).well().response
    declared = server.request.json["tools"][0]["functionDeclarations"][0]
    schema = declared["parameters"]
    assert schema["type"] in ("OBJECT", 6)
    assert schema["properties"]["shade"]["enum"] == ["dark", "light"]
    assert schema["properties"]["name"]["nullable"] is True
    assert "properties" in schema["properties"]["point"]
    assert set(schema["required"]) == {"point", "shade", "tags"}
    tool = response.tool
    assert isinstance(tool, gemini.GeminiTool)
    assert isinstance(tool.tool_call, protos.FunctionCall)
    assert tool.call() == "dark at 1.5"
    results = response.tool_message_params([(tool, tool.call())])
    Read(asynchronous, [response.user_message_param, response.message_param, *results]).well()
    _, call, result = server.request.json["contents"]
    assert call["parts"] == [{"text": "So:"}, {"functionCall": {"name": "draw", "args": arguments}}]
    answer = {"functionResponse": {"name": "draw", "response": {"output": "dark at 1.5"}}}
    assert result["parts"] == [answer]


class Book(BaseModel):
    """A book."""

    title: str
    year: int


@pytest.mark.parametrize("tools", [[], [draw]], ids=["schema", "tool"])
@both_ways
def test_structured(tools: list[Any], asynchronous: bool, server: Server) -> None:
    call = {"functionCall": {"name": "Book", "args": {"title": "Dune", "year": 1965}}}
    server.reply(Reply.json(gemini_event(*([call] if tools else ['{"title": "Dune", "year": 1965}']), finish="STOP")))
    assert Read(asynchronous, response_model=Book, tools=tools).well().response == Book(title="Dune", year=1965)
    body = server.request.json
    if tools:
        names = [one["name"] for tool in body["tools"] for one in tool["functionDeclarations"]]
        assert names == ["draw", "Book"]
    else:
        assert body["generationConfig"]["responseMimeType"] == "application/json"
        assert set(body["generationConfig"]["responseSchema"]["properties"]) == {"title", "year"}


def test_json_mode(server: Server) -> None:
    assert sent(server, json_mode=True)["generationConfig"] == {"responseMimeType": "application/json"}


def test_loads_no_other_sdk() -> None:
    code = (
        "import sys\nfrom mirascope_like.core import gemini\ngemini.call\n"
        "print(sorted({'openai', 'anthropic', 'google.genai', 'groq', 'cohere'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
