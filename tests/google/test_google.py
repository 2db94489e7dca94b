"""Gemini through google-genai: every recording, and what the recordings show only in part."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Literal

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, ConfigDict

from mirascope_like.core import (
    AuthenticationError,
    BaseMessageParam,
    BaseTool,
    ConfigurationError,
    ConnectionFailedError,
    ContextWindowExceededError,
    Messages,
    NotFoundError,
    OverloadedError,
    PromptError,
    ProviderError,
    RateLimitError,
    RequestTimeoutError,
    StreamInterruptedError,
    StreamState,
    StreamTimeoutError,
    google,
    prompt_template,
)
from mirascope_like.core.base.messages import (
    AudioPart,
    DocumentPart,
    DocumentURLPart,
    ImagePart,
    ImageURLPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from tests.harness.clocks import PATIENCE
from tests.harness.oracles_gemini import crlf, gemini_calls, gemini_event, gemini_raw, gemini_text
from tests.harness.recordings import Exchange, exchange, parametrize_exchanges
from tests.harness.server import CloseEarly, Reply, Reset, Server, Stall

Kind = Literal["default", "fast", "plain"]
KINDS: tuple[Kind, ...] = ("default", "fast", "plain")

# The SDK's own sessions, where aiohttp is installed.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
every_kind = pytest.mark.parametrize("kind", KINDS)
both_ways = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(autouse=True)
def _settings(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_API_KEY", "test-key")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", server.url)


class Client(genai.Client):
    """The SDK's client. It also closes the HTTP clients passed to it, which the SDK does not."""

    def __init__(self, options: types.HttpOptions) -> None:
        super().__init__(api_key="test-key", http_options=options)
        self.options: Any = options


def client_of(kind: Kind, server: Server) -> Client | None:
    """No client, one that reads bytes, or one that uses the SDK's iterator."""
    if kind == "default":
        return None
    return Client((google.fast_http_options if kind == "fast" else types.HttpOptions)(base_url=server.url))


def close(client: Client | None) -> None:
    if client is not None:
        client.close()
        if client.options.httpx_client is not None:
            client.options.httpx_client.close()


async def aclose(client: Any) -> None:
    if isinstance(client, Client):
        await client.aio.aclose()
        if client.options.httpx_async_client is not None:
            await client.options.httpx_async_client.aclose()


class Read:
    """A call, made and read to where it ends."""

    def __init__(self, asynchronous: bool, model: str = "gemini-2.5-flash", prompt: Any = "Hi", **options: Any) -> None:
        self.pairs: list[tuple[Any, Any]] = []
        self.error: Any = None
        self.stream: Any = None
        self.response: Any = None
        try:
            if asynchronous:
                asyncio.run(self._within_loop(model, prompt, options))
            else:
                self._read(model, prompt, options)
        except Exception as error:
            self.error = error

    def _read(self, model: str, prompt: Any, options: dict[str, Any]) -> None:
        @google.call(model, **options)
        def ask() -> Any:
            return prompt

        if not options.get("stream"):
            self.response = ask()
            return
        self.stream = ask()
        for pair in self.stream:
            self.pairs.append(pair)
        self.response = self.stream.construct_call_response()

    async def _within_loop(self, model: str, prompt: Any, options: dict[str, Any]) -> None:
        try:
            await self._aread(model, prompt, options)
        finally:
            await aclose(options.get("client"))

    async def _aread(self, model: str, prompt: Any, options: dict[str, Any]) -> None:
        @google.call(model, **options)
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


def without(data: Any, *names: str) -> Any:
    """The same without these keys, at any depth."""
    if isinstance(data, dict):
        return {key: without(one, *names) for key, one in data.items() if key not in names}
    return [without(one, *names) for one in data] if isinstance(data, list) else data


# Recordings


@parametrize_exchanges("gemini.generate", stream=True, error=False)
@both_ways
@pytest.mark.parametrize("cut", [None, 1, 2], ids=["whole", "cut1", "cut2"])
def test_recorded_streams(exchange: Exchange, asynchronous: bool, cut: int | None, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange, cut=cut))
    read = Read(asynchronous, stream=True, tools=offered(exchange)).well()
    expected = gemini_raw(exchange)
    response = read.response
    assert response.raw == expected
    assert read.stream.state is StreamState.DONE
    assert "".join(chunk.content for chunk, _ in read.pairs) == response.content == gemini_text(expected)
    assert [(t.id, type(t).__name__, t.args) for _, t in read.pairs if t] == gemini_calls(expected)
    for name in ("content", "model", "id", "finish_reasons", "input_tokens", "cached_tokens", "output_tokens", "usage"):
        assert getattr(read.stream, name) == getattr(response, name), name
    assert response.message_param == {"role": "model", "parts": expected["candidates"][0]["content"]["parts"]}
    usage = expected["usageMetadata"]
    assert response.common_usage.total_tokens == usage["totalTokenCount"]
    again = type(response).model_validate_json(response.model_dump_json())
    assert again == response
    assert again.raw == expected
    assert server.request.path.endswith(":streamGenerateContent?alt=sse")


@parametrize_exchanges("gemini.generate", stream=True, error=False)
@both_ways
def test_recorded_streams_through_the_sdks_iterator(exchange: Exchange, asynchronous: bool, server: Server) -> None:
    server.reply(Reply.from_exchange(exchange))
    client = client_of("plain", server)
    read = Read(asynchronous, stream=True, client=client, tools=offered(exchange)).well()
    close(client)
    lost = ("finishMessage", "serviceTier")  # by the SDK
    assert without(read.response.raw, *lost) == without(gemini_raw(exchange), *lost)
    assert [(t.id, type(t).__name__, t.args) for _, t in read.pairs if t] == gemini_calls(gemini_raw(exchange))


@parametrize_exchanges("gemini.generate", stream=False, error=False)
@both_ways
@every_kind
def test_recorded_answers(exchange: Exchange, asynchronous: bool, kind: Kind, server: Server) -> None:
    reply = Reply.from_exchange(exchange)
    server.reply(reply, reply)
    with genai.Client(api_key="test-key", http_options={"base_url": server.url}) as theirs:
        sdk = theirs.models.generate_content(model="gemini-2.5-flash", contents="Hi")
    client = client_of(kind, server)
    response = Read(asynchronous, client=client).well().response
    close(client)
    raw = gemini_raw(exchange)
    assert response.raw == raw
    ours = response.response.model_copy(update={"sdk_http_response": sdk.sdk_http_response})
    for candidate in ours.candidates:
        candidate.finish_message = None  # the SDK has the field, and leaves it empty
    sdk.automatic_function_calling_history = ours.automatic_function_calling_history  # of functions that it could run
    assert ours.model_dump() == sdk.model_dump()
    assert lowered(response.response.sdk_http_response.headers) == lowered(sdk.sdk_http_response.headers)
    assert response.content == gemini_text(raw) == (sdk.text or "")
    assert (response.model, response.id) == (sdk.model_version, sdk.response_id)
    assert response.usage == sdk.usage_metadata
    assert response.finish_reasons == [candidate.finish_reason for candidate in sdk.candidates or ()]
    again = type(response).model_validate_json(response.model_dump_json())
    assert again == response


@parametrize_exchanges("gemini.generate", error=True)
@both_ways
@every_kind
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_recorded_errors(exchange: Exchange, asynchronous: bool, kind: Kind, stream: bool, server: Server) -> None:
    reply = Reply.from_exchange(exchange)
    server.reply(reply, reply)
    with (
        genai.Client(api_key="test-key", http_options={"base_url": server.url}) as theirs,
        pytest.raises(errors.ClientError) as caught,
    ):
        theirs.models.generate_content(model="m", contents="Hi")
    client = client_of(kind, server)
    error = Read(asynchronous, client=client, stream=stream).error
    close(client)
    assert isinstance(error, NotFoundError)
    assert isinstance(error, errors.ClientError)
    assert str(error) == str(caught.value)
    assert (error.provider, error.model, error.status_code, error.code) == ("google", "gemini-2.5-flash", 404, 404)
    assert error.body == error.details == json.loads(exchange.response.body)
    assert "test-key" not in f"{error!r}"


def lowered(headers: dict[str, str]) -> dict[str, str]:
    """Return the headers with lower-case names, as httpx2 has them; aiohttp keeps the case."""
    return {name.lower(): value for name, value in headers.items()}


def offered(exchange: Exchange) -> list[type[BaseTool]]:
    """The tools of a recorded request as classes that take any arguments."""
    declared = [one for tool in exchange.request.body.get("tools", ()) for one in tool.get("functionDeclarations", ())]
    space = {"__doc__": "Any.", "__module__": __name__, "model_config": ConfigDict(extra="allow")}
    return [type(one["name"], (BaseTool,), space) for one in declared]


# Oddities


def test_parallel_calls_of_which_the_first_is_signed(server: Server) -> None:
    recorded = exchange("stream-tools-reasoning-gemini-2.5-flash-6fc5429b")
    server.reply(Reply.from_exchange(recorded))
    read = Read(False, stream=True, tools=offered(recorded)).well()
    assert [tool.args for _, tool in read.pairs] == [{"password": "mellon"}, {"password": "radiance"}]
    first, second = read.response.message_param["parts"]
    assert first["thoughtSignature"].startswith("CikB0e2K")
    assert "thoughtSignature" not in second
    assert read.response.response.candidates[0].finish_message == "Model generated function call(s)."
    assert read.response.finish_reasons == [types.FinishReason.STOP]
    assert isinstance(read.response.tools[0].tool_call, types.FunctionCall)
    assert [delta.index for chunk, _ in read.pairs for delta in chunk.tool_deltas] == [0, 1]


@every_kind
def test_a_signature_alone_and_the_way_back(kind: Kind, server: Server) -> None:
    recorded = exchange("stream-structured-reasoning-gemini-3-pro-preview-a1d33aaf")
    server.reply(Reply.from_exchange(recorded), crlf(gemini_event("Yes", finish="STOP")))
    client = client_of(kind, server)
    first = Read(False, stream=True, client=client).well().response
    text, signed = first.message_param["parts"]
    assert set(text) == {"text"}
    assert signed["text"] == ""
    history = [first.user_message_param, first.message_param, Messages.User("Sure?")]
    Read(False, prompt=history, stream=True, client=client).well()
    close(client)
    sent = server.request.json["contents"]
    assert [content["role"] for content in sent] == ["user", "model", "user"]
    came = signed["thoughtSignature"]
    assert sent[1]["parts"][1]["thoughtSignature"].replace("-", "+").replace("_", "/") == came


def test_thoughts_are_no_text(server: Server) -> None:
    server.reply(Reply.from_exchange(exchange("stream-tools-reasoning-gemini-2.5-pro-048d315d")))
    read = Read(False, stream=True).well()
    thoughts = "".join(chunk.thinking for chunk, _ in read.pairs)
    assert thoughts
    assert thoughts == read.response.thinking
    assert thoughts not in read.response.content
    kinds = [bool(part.get("thought")) for part in read.response.message_param["parts"] if "text" in part]
    assert kinds[:2] == [True, False]


def test_server_side_tools_and_grounding(server: Server) -> None:
    server.reply(Reply.from_exchange(exchange("stream-tools-reasoning-gemini-3-flash-preview-d436b438")))
    response = Read(False, stream=True).well().response
    parts = response.response.candidates[0].content.parts
    assert parts[0].tool_call.tool_type == "FILE_SEARCH"
    assert parts[1].tool_response.id == parts[0].tool_call.id
    grounding = response.response.candidates[0].grounding_metadata
    assert grounding.grounding_chunks[0].retrieved_context.text.startswith("Paris is the capital")
    assert response.input_tokens == 427 + 771
    assert response.output_tokens == 122 + 447
    assert response.raw["usageMetadata"]["serviceTier"] == "standard"


@both_ways
def test_content_without_parts_and_whole_streams_of_one_event(asynchronous: bool, server: Server) -> None:
    blocked = {"candidates": [{"content": {"role": "model"}, "finishReason": "SAFETY", "index": 0}]}
    bare = {"candidates": [{"finishReason": "MAX_TOKENS"}]}
    server.reply(crlf(blocked), crlf(bare), crlf(gemini_event("Goodbye", finish="STOP")))
    first = Read(asynchronous, stream=True).well().response
    assert first.raw == blocked
    assert (first.content, first.common_finish_reasons, first.usage) == ("", ["content_filter"], None)
    second = Read(asynchronous, stream=True).well().response
    assert second.raw == bare
    assert (second.message_param["parts"], second.common_finish_reasons) == ([], ["length"])
    assert Read(asynchronous, stream=True).well().response.content == "Goodbye"


@both_ways
@every_kind
def test_a_json_error_labelled_as_an_event_stream(asynchronous: bool, kind: Kind, server: Server) -> None:
    body = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    text = json.dumps(body, indent=2).encode()
    headers = {"content-type": "text/event-stream"}
    server.reply(Reply((text,), 200, headers), Reply((text,), 503, headers))
    client = client_of(kind, server)
    for interrupted in (True, False):
        error = Read(asynchronous, stream=True, client=client).error
        assert isinstance(error, OverloadedError)
        assert isinstance(error, errors.ServerError)
        assert error.code == 503
        assert "The model is overloaded." in error.message
        assert isinstance(error, StreamInterruptedError) is (interrupted and kind != "plain")
    close(client)


@both_ways
@every_kind
def test_an_error_in_the_middle(asynchronous: bool, kind: Kind, server: Server) -> None:
    error_event = {"error": {"code": 500, "message": "Internal error.", "status": "INTERNAL"}}
    server.reply(crlf(gemini_event("Hel"), gemini_event("lo"), error_event))
    client = client_of(kind, server)
    read = Read(asynchronous, stream=True, client=client)
    close(client)
    assert isinstance(read.error, StreamInterruptedError)
    assert isinstance(read.error, errors.ServerError)
    assert read.error.body == error_event
    assert read.error.partial.content == "Hello"
    assert read.error.partial.finish_reasons is None


@both_ways
@pytest.mark.parametrize("error", ["boom", ["boom"], {"boom": 1}], ids=["text", "list", "object"])
def test_an_error_of_another_form_in_the_middle(error: Any, asynchronous: bool, server: Server) -> None:
    server.reply(crlf(gemini_event("Hel"), {"error": error}))
    read = Read(asynchronous, stream=True)
    assert isinstance(read.error, ProviderError)
    assert isinstance(read.error, StreamInterruptedError)
    assert isinstance(read.error, errors.APIError)
    assert "boom" in str(read.error)
    assert read.error.body == {"error": error}
    assert read.error.partial.content == "Hel"


def test_bare_json_in_the_middle(server: Server) -> None:
    text = json.dumps({"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED"}}, indent=2)
    server.reply(crlf(gemini_event("Hel")).then(text.encode()))
    read = Read(False, stream=True)
    assert isinstance(read.error, RateLimitError)
    assert read.stream.content == "Hel"


def test_answers_as_a_json_array(server: Server) -> None:
    events = [gemini_event("Hel"), gemini_event("lo", finish="STOP")]
    server.reply(Reply((json.dumps(events).encode(),), 200, {"content-type": "application/json"}))
    read = Read(False, stream=True).well()
    assert [chunk.content for chunk, _ in read.pairs] == ["Hel", "lo"]
    assert read.response.content == "Hello"


# How a stream ends


@both_ways
@every_kind
def test_an_end_without_a_finish_reason_is_an_interruption(asynchronous: bool, kind: Kind, server: Server) -> None:
    server.reply(crlf(gemini_event("Hel"), gemini_event("lo")))
    client = client_of(kind, server)
    read = Read(asynchronous, stream=True, client=client)
    close(client)
    assert isinstance(read.error, StreamInterruptedError)
    assert isinstance(read.error, ConnectionFailedError)
    assert isinstance(read.error, errors.APIError)
    assert read.stream.state is StreamState.FAILED
    assert read.error.partial.content == "Hello"
    assert read.error.status_code is None


@both_ways
@every_kind
@pytest.mark.parametrize("step", [CloseEarly(), Reset()], ids=["close", "reset"])
def test_a_connection_that_breaks(asynchronous: bool, kind: Kind, step: Any, server: Server) -> None:
    reply = crlf(gemini_event("Hel"), gemini_event("lo"))
    server.reply(reply.at(len(reply.body) - 20, step))
    client = client_of(kind, server)
    error = Read(asynchronous, stream=True, client=client).error
    close(client)
    assert isinstance(error, StreamInterruptedError)
    assert isinstance(error, errors.APIError)


def test_a_blocked_prompt_is_an_answer(server: Server) -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}
    server.reply(crlf(blocked), Reply.json(blocked))
    streamed, whole = Read(False, stream=True).well().response, Read(False).well().response
    assert streamed.raw == whole.raw == blocked
    assert streamed.finish_reasons is whole.finish_reasons is None
    assert streamed.response.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT
    assert streamed.message_param == {"role": "model", "parts": []}


@every_kind
@pytest.mark.parametrize("how", ["break", "with", "drop"])
def test_a_stream_that_is_left_is_closed(how: str, kind: Kind, server: Server) -> None:
    server.reply(crlf(gemini_event("Hel")).then(Stall()))
    client = client_of(kind, server)

    @google.call("m", stream=True, client=client)
    def ask() -> str:
        return "Hi"

    stream: Any = ask()
    if how == "with":
        with stream:
            next(stream)
    else:
        next(stream)
        if how == "break":
            stream.close()
        del stream
    assert server.wait_closed()
    assert server.aborted == 1
    close(client)


@pytest.mark.parametrize("kind", ["default", "plain"])
def test_a_deadline_for_the_first_event(kind: Kind, server: Server) -> None:
    server.reply(crlf(gemini_event("Hi", finish="STOP")))
    server.always(Reply((Stall(),), delay=PATIENCE))
    client = client_of(kind, server)

    @google.call("m", stream=True, client=client)
    def ask() -> str:
        return "Hi"

    assert ask().timeout(first=PATIENCE).collect().content == "Hi"
    assert "x-server-timeout" not in server.request.headers
    with pytest.raises(StreamTimeoutError):
        ask().timeout(first=0.1).collect()
    close(client)


@every_kind
@pytest.mark.parametrize("how", ["close", "cancel"])
def test_an_async_stream_that_is_left_is_closed(how: str, kind: Kind, server: Server) -> None:
    server.reply(crlf(gemini_event("Hel")).then(Stall()))
    client = client_of(kind, server)

    @google.call("m", stream=True, client=client)
    async def ask() -> str:
        return "Hi"

    async def read(stream: Any, seen: asyncio.Event) -> None:
        async for _ in stream:
            seen.set()

    async def main() -> None:
        stream: Any = ask()
        if how == "close":
            await anext(stream)
            await stream.close()
        else:
            seen = asyncio.Event()
            reading = asyncio.create_task(read(stream, seen))
            await seen.wait()
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
        assert await asyncio.to_thread(server.wait_closed)
        assert stream.state is StreamState.CLOSED
        await aclose(client)

    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()
    assert server.aborted == 1
    close(client)


def test_connections_are_used_again(server: Server) -> None:
    server.always(crlf(gemini_event("Hi", finish="STOP")))
    for _ in range(3):
        Read(False, stream=True).well()
    assert (server.connections, len(server.requests)) == (1, 3)


# Errors


@both_ways
@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"status": "INVALID_ARGUMENT", "details": [{"reason": "API_KEY_INVALID"}]}, AuthenticationError),
        (
            400,
            {"message": "The input token count (12) exceeds the maximum number of tokens allowed (10)."},
            ContextWindowExceededError,
        ),
        (429, {"status": "RESOURCE_EXHAUSTED"}, RateLimitError),
        (503, {"status": "UNAVAILABLE"}, OverloadedError),
        (504, {"status": "DEADLINE_EXCEEDED"}, RequestTimeoutError),
    ],
)
def test_errors(asynchronous: bool, status: int, error: dict[str, Any], kind: type[Exception], server: Server) -> None:
    server.reply(Reply.json({"error": {"code": status, "message": "No.", **error}}, status))
    found = Read(asynchronous).error
    assert isinstance(found, kind)
    assert isinstance(found, errors.ServerError if status >= 500 else errors.ClientError)
    assert found.status_code == status


@both_ways
def test_no_answer(asynchronous: bool, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")
    error = Read(asynchronous).error
    assert isinstance(error, ConnectionFailedError)
    assert isinstance(error, errors.APIError)


@both_ways
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_silence(asynchronous: bool, stream: bool, server: Server) -> None:
    server.always(Reply((Stall(),), headers={"content-type": "text/event-stream"}))  # however often the SDK asks
    error = Read(asynchronous, stream=stream, call_params={"config": {"http_options": {"timeout": 200}}}).error
    assert isinstance(error, RequestTimeoutError)
    assert isinstance(error, errors.APIError)


def test_garbage(server: Server) -> None:
    server.reply(Reply.sse("no json"), Reply.sse("[1]"), Reply((b"no json",), framing="length"))
    for stream in (True, True, False):
        error = Read(False, stream=stream).error
        assert isinstance(error, ProviderError)
        assert isinstance(error, errors.UnknownApiResponseError)
        assert isinstance(error, StreamInterruptedError) is stream


@both_ways
def test_no_key(asynchronous: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOOGLE_API_KEY")
    error = Read(asynchronous).error
    assert isinstance(error, ConfigurationError)
    assert isinstance(error, ValueError)
    assert "GOOGLE_API_KEY" in str(error)


def test_a_client_of_the_other_kind(server: Server) -> None:
    client = client_of("fast", server)
    assert client is not None
    assert "google.genai.Client(...)" in str(Read(False, client=client.aio).error)
    server.reply(Reply.json(gemini_event("Hi", finish="STOP")))

    async def main() -> str:
        @google.call("m", client=client.aio)
        async def ask() -> str:
            return "Hi"

        answered = await ask()
        await aclose(client)
        return answered.content

    assert asyncio.run(main()) == "Hi"
    close(client)


# What is sent


def sent(server: Server, prompt: Any = "Hi", model: str = "gemini-2.5-flash", **options: Any) -> dict[str, Any]:
    server.reply(Reply.json(gemini_event("Hi", finish="STOP")))
    Read(False, model, prompt, **options).well()
    body: dict[str, Any] = camel(server.request.json)
    return body


def camel(data: Any) -> Any:
    """Return the value with camelCase keys. The SDK sends some keys in snake_case, and Google accepts both."""
    if isinstance(data, dict):
        return {re.sub(r"_([a-z])", lambda found: found[1].upper(), key): camel(one) for key, one in data.items()}
    return [camel(one) for one in data] if isinstance(data, list) else data


def test_every_part(server: Server) -> None:
    prompt = [
        Messages.System("Be brief."),
        Messages.User(
            "See:",
            ImagePart(media_type="image/png", image=PNG),
            ImageURLPart(url="https://example.com/a.webp?x=1"),
            AudioPart(media_type="audio/wav", audio=b"RIFF"),
            DocumentPart(media_type="application/pdf", document=b"%PDF-"),
            DocumentPart(media_type="text/plain", document=b"text"),
            DocumentURLPart(url="gs://bucket/a.pdf"),
        ),
        BaseMessageParam(
            role="assistant",
            content=[ToolCallPart(name="f", args={"a": 1}, id="1"), ToolCallPart(name="g", id="2")],
        ),
        Messages.Tool(ToolResultPart(content="one", id="1")),
        Messages.Tool(ToolResultPart(name="g", content="boom", id="2", is_error=True)),
        {"role": "user", "parts": [{"text": "Go on"}]},
    ]
    body = sent(server, prompt)
    assert body["systemInstruction"]["parts"] == [{"text": "Be brief."}]
    first, call, results, last = body["contents"]
    assert first == {
        "role": "user",
        "parts": [
            {"text": "See:"},
            {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
            {"fileData": {"mimeType": "image/webp", "fileUri": "https://example.com/a.webp?x=1"}},
            {"inlineData": {"mimeType": "audio/wav", "data": "UklGRg=="}},
            {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0="}},
            {"inlineData": {"mimeType": "text/plain", "data": "dGV4dA=="}},
            {"fileData": {"mimeType": "application/pdf", "fileUri": "gs://bucket/a.pdf"}},
        ],
    }
    calls = [{"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}}]
    assert call == {"role": "model", "parts": [*calls, {"functionCall": {"id": "2", "name": "g", "args": {}}}]}
    answers = [
        {"functionResponse": {"id": "1", "name": "f", "response": {"output": "one"}}},
        {"functionResponse": {"id": "2", "name": "g", "response": {"error": "boom"}}},
    ]
    assert results == {"role": "user", "parts": answers}
    assert last == {"role": "user", "parts": [{"text": "Go on"}]}


def test_calls_of_others_are_marked_for_gemini_3(server: Server) -> None:
    prompt = [
        Messages.User("Hi"),
        BaseMessageParam(role="assistant", content=[ToolCallPart(name="f"), ToolCallPart(name="g")]),
        Messages.Tool(ToolResultPart(name="f", content="1"), ToolResultPart(name="g", content="2")),
    ]
    first, second = sent(server, prompt, "gemini-3-flash-preview")["contents"][1]["parts"]
    assert first["thoughtSignature"] == "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
    assert "thoughtSignature" not in second


@pytest.mark.parametrize(
    "part",
    [
        ImagePart(media_type="image/gif", image=b"GIF89a"),
        DocumentPart(media_type="application/zip", document=b"PK"),
    ],
    ids=lambda part: part.type,
)
def test_parts_that_gemini_does_not_take(part: Any) -> None:
    error = Read(False, prompt=[Messages.User("Hi", part)]).error
    assert isinstance(error, PromptError)
    assert "Gemini accepts" in str(error)


def test_params(server: Server) -> None:
    common = {"temperature": 0, "max_tokens": 5, "top_p": 0.5, "seed": 1, "stop": "x", "presence_penalty": 0.1}
    config = {"top_k": 3, "labels": {"a": "b"}, "temperature": 1, "http_options": {"extra_body": {"new": 1}}}
    body = sent(server, call_params={**common, "thinking_config": {"thinking_budget": 0}, "config": config})
    assert body["generationConfig"] == {
        "temperature": 1,
        "maxOutputTokens": 5,
        "topP": 0.5,
        "topK": 3,
        "seed": 1,
        "stopSequences": ["x"],
        "presencePenalty": 0.1,
        "thinkingConfig": {"thinkingBudget": 0},
    }
    assert (body["labels"], body["new"]) == ({"a": "b"}, 1)
    typed = sent(server, call_params={"config": types.GenerateContentConfig(candidate_count=2)})
    assert typed["generationConfig"] == {"candidateCount": 2}
    with pytest.raises(ConfigurationError, match="did you mean 'temperature'"):
        google.call("m", call_params={"temprature": 0})  # type: ignore[typeddict-unknown-key]


@pytest.mark.parametrize(
    "given",
    [
        "Be brief.",
        ["Be brief."],
        [types.Part(text="Be brief.")],
        types.Part(text="Be brief."),
        types.Content(parts=[types.Part(text="Be brief.")]),
        {"parts": [{"text": "Be brief."}]},
        {"text": "Be brief."},
    ],
    ids=["text", "texts", "parts", "part", "content", "dict", "dict of a part"],
)
@pytest.mark.parametrize("where", ["params", "config", "typed config"])
def test_system_instruction_beside_the_prompts_own(where: str, given: Any, server: Server) -> None:
    params: Any = {"system_instruction": given}
    if where != "params":
        params = {"config": params if where == "config" else types.GenerateContentConfig(**params)}
    for own in ([], [Messages.System("Say yes."), Messages.System("Always.")]):
        server.reply(Reply.json(gemini_event("Hello", finish="STOP")))
        response = Read(False, prompt=[*own, Messages.User("Hi")], call_params=params).well().response
        texts = ["Be brief.", *(message.content for message in own)]
        assert server.request.json["systemInstruction"]["parts"] == [{"text": text} for text in texts]
        system, user = response.common_messages
        assert (system.role, user) == ("system", Messages.User("Hi"))
        assert system.content == ("Be brief." if not own else [TextPart(text=text) for text in texts])


def weather(city: str, days: int = 1) -> str:
    """Tell the weather.

    Args:
        city: Where.
    """
    return f"{city}: sun for {days} days"


@both_ways
@every_kind
@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
def test_tools_from_call_to_answer(asynchronous: bool, kind: Kind, stream: bool, server: Server) -> None:
    calls = [{"functionCall": {"id": "1", "name": "weather", "args": {"city": "Oslo"}}, "thoughtSignature": "ab+/"}]
    calls += [
        {"functionCall": {"name": "weather", "args": {"city": "Rome", "days": 2}}},
        {"functionCall": {"name": "x"}},
    ]
    event = gemini_event("Let me see.", *calls, finish="STOP")
    server.reply(crlf(event) if stream else Reply.json(event), Reply.json(gemini_event("Sun.", finish="STOP")))
    client = client_of(kind, server)
    response = Read(asynchronous, stream=stream, tools=[weather], client=client).well().response
    declared = camel(server.request.json)["tools"][0]["functionDeclarations"][0]
    assert declared["name"] == "weather"
    assert declared["parametersJsonSchema"]["properties"]["city"]["description"] == "Where."
    assert response.content == "Let me see."
    oslo, rome, unknown = response.tools
    assert (oslo.id, rome.id, unknown.error is None) == ("1", None, False)
    outputs = [(oslo, oslo.call()), (rome, rome.call()), (unknown, unknown.error)]
    history = [response.user_message_param, response.message_param, *response.tool_message_params(outputs)]
    Read(asynchronous, prompt=history, client=client).well()
    close(client)
    _, again, results = server.request.json["contents"]
    assert again["parts"][1]["thoughtSignature"] in ("ab+/", "ab-_")
    assert [part["functionResponse"]["response"] for part in results["parts"]] == [
        {"output": "Oslo: sun for 1 days"},
        {"output": "Rome: sun for 2 days"},
        {"error": "ToolNotFoundError: unknown tool 'x'; known: weather"},
    ]
    assert [part["functionResponse"].get("id") for part in results["parts"]] == ["1", None, None]


def test_calls_that_come_in_pieces(server: Server) -> None:
    def piece(*args: dict[str, Any], **call: Any) -> dict[str, Any]:
        return gemini_event({"functionCall": {**call, **({"partialArgs": list(args)} if args else {})}})

    server.reply(
        crlf(
            piece(name="weather", id="1", willContinue=True),
            piece({"jsonPath": "$.city", "stringValue": "Os", "willContinue": True}, willContinue=True),
            piece({"jsonPath": "$.city", "stringValue": "lo"}, willContinue=True),
            piece({"jsonPath": "$.days", "numberValue": 3}, willContinue=True),
            piece(),
            gemini_event("Done", finish="STOP"),
        )
    )
    read = Read(False, stream={"partial_tools": True}, tools=[weather]).well()
    tools = [tool for _, tool in read.pairs if tool is not None]
    assert [getattr(tool, "city", None) for tool in tools] == [None, "Os", "Oslo", "Oslo", "Oslo"]
    assert [tool.delta is None for tool in tools] == [False, False, False, False, True]
    call = {"name": "weather", "id": "1", "args": {"city": "Oslo", "days": 3}}
    assert read.response.message_param["parts"] == [{"functionCall": call}, {"text": "Done"}]
    assert read.response.tool.call() == "Oslo: sun for 3 days"


def test_functions_for_the_sdk_to_run(server: Server) -> None:
    called = gemini_event({"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}, finish="STOP")
    server.reply(Reply.json(called), Reply.json(gemini_event("Sun.", finish="STOP")))
    response = Read(False, call_params={"config": {"tools": [weather]}}).well().response
    assert response.content == "Sun."
    assert len(server.requests) == 2


def test_two_candidates(server: Server) -> None:
    server.reply(
        crlf(
            {"candidates": [gemini_event("a")["candidates"][0], gemini_event("x", index=1)["candidates"][0]]},
            gemini_event("y", index=1, finish="STOP"),
            gemini_event("b", finish="MAX_TOKENS"),
        )
    )
    response = Read(False, stream=True).well().response
    texts = [candidate["content"]["parts"][0]["text"] for candidate in response.raw["candidates"]]
    assert texts == ["ab", "xy"]
    assert response.content == "ab"
    assert response.finish_reasons == ["MAX_TOKENS", "STOP"]
    assert response.common_finish_reasons == ["length", "stop"]


@both_ways
@pytest.mark.parametrize("kind", ["fast", "plain"])
def test_candidates_in_events_of_their_own(kind: Kind, asynchronous: bool, server: Server) -> None:
    server.reply(
        crlf(
            *(
                gemini_event("b", index=1),
                gemini_event("a", index=0),
                gemini_event("d", index=1),
                gemini_event("c", index=0),
                gemini_event("f", index=1),
            ),
            gemini_event({"functionCall": {"name": "weather", "args": {"city": "Rome"}}}, index=1, finish="STOP"),
            gemini_event({"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}, index=0, finish="STOP"),
        )
    )
    client = client_of(kind, server)
    read = Read(asynchronous, stream=True, tools=[weather], client=client).well()
    close(client)
    assert [chunk.content for chunk, _ in read.pairs] == ["", "a", "", "c", "", "", ""]
    assert [tool.city for _, tool in read.pairs if tool] == ["Oslo"]
    assert [delta.index for chunk, _ in read.pairs for delta in chunk.tool_deltas] == [0]
    assert (read.stream.content, read.response.content) == ("ac", "ac")
    assert [tool.city for tool in read.response.tools] == ["Oslo"]
    parts = [candidate["content"]["parts"] for candidate in read.response.raw["candidates"]]
    assert [one[0]["text"] for one in parts] == ["ac", "bdf"]


def test_whole_answer_whose_candidates_stand_in_another_order(server: Server) -> None:
    candidates = [
        gemini_event("b", index=1, finish="STOP")["candidates"][0],
        gemini_event("a", finish="STOP")["candidates"][0],
    ]
    server.reply(Reply.json({"candidates": candidates}))
    assert Read(False).well().response.content == "a"


def test_nothing_is_lost_known_or_not(server: Server) -> None:
    chosen = [{"token": "a", "logProbability": -1}]
    first = gemini_event({"text": "a", "newKey": 1}, {"newPart": {"x": 1}}, later={"deep": [1]})
    first["candidates"][0].update(
        citationMetadata={"citationSources": [{"uri": "https://a", "startIndex": 0}]},
        safetyRatings=[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}],
        logprobsResult={"chosenCandidates": chosen},
        unknown="kept",
    )
    second = gemini_event(
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}, finish="STOP", later={"deep": [2]}
    )
    second["candidates"][0].update(
        citationMetadata={"citationSources": [{"uri": "https://b", "startIndex": 5}]},
        safetyRatings=[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}],
        logprobsResult={"chosenCandidates": chosen},
    )
    server.reply(crlf(first, second))
    response = Read(False, stream=True).well().response
    candidate = response.raw["candidates"][0]
    assert candidate["content"]["parts"] == [
        {"text": "a", "newKey": 1},
        {"newPart": {"x": 1}},
        {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
    ]
    assert [one["uri"] for one in candidate["citationMetadata"]["citationSources"]] == ["https://a", "https://b"]
    assert candidate["safetyRatings"] == [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "NEGLIGIBLE"}]
    assert candidate["logprobsResult"]["chosenCandidates"] == chosen * 2
    assert (candidate["unknown"], response.raw["later"]) == ("kept", {"deep": [1, 2]})
    typed = response.response.candidates[0]
    assert [one.uri for one in typed.citation_metadata.citations] == ["https://a", "https://b"]
    assert typed.content.parts[0].text == "a"
    assert [part.media_type for part in response.media] == ["image/png"]
    assert json.loads(response.response.sdk_http_response.body) == response.raw
    assert type(response).model_validate_json(response.model_dump_json()).raw == response.raw


def test_audio_is_joined(server: Server) -> None:
    sound = {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": "AAEC"}}
    server.reply(crlf(gemini_event(sound), gemini_event(sound, finish="STOP")))
    response = Read(False, stream=True).well().response
    assert response.audio == b"\0\1\2" * 2


def test_neutral_words(server: Server) -> None:
    prompt = [Messages.System("Be brief."), Messages.User("See:", ImagePart(media_type="image/png", image=PNG))]
    event = gemini_event(
        {"text": "hm", "thought": True}, "Look", {"functionCall": {"name": "f", "args": {"a": 1}}}, finish="STOP"
    )
    server.reply(Reply.json(event))
    response = Read(False, prompt=prompt).well().response
    assert response.common_messages == prompt
    assert response.common_user_message_param == prompt[1]
    parts = [TextPart(text="Look"), ToolCallPart(name="f", args={"a": 1})]
    assert response.common_message_param == BaseMessageParam(role="assistant", content=parts)
    assert response.thinking == "hm"
    assert (response.common_finish_reasons, response.common_usage.total_tokens) == (["stop"], 8)


def test_native_contents(server: Server) -> None:
    native = types.Content(role="user", parts=[types.Part.from_bytes(data=PNG, mime_type="image/png")])
    snake = {"role": "user", "parts": [{"inline_data": {"mime_type": "image/png", "data": PNG}}]}
    server.reply(Reply.json(gemini_event("Hi", finish="STOP")))
    response = Read(False, prompt=[native, snake]).well().response
    body = camel(server.request.json)["contents"]
    assert [content["parts"][0]["inlineData"]["mimeType"] for content in body] == ["image/png"] * 2
    picture = ImagePart(media_type="image/png", image=PNG)
    assert [message.content for message in response.common_messages] == [[picture], [picture]]


def test_cost_counts_thoughts_and_cached_tokens(server: Server) -> None:
    usage = {"promptTokenCount": 1000, "cachedContentTokenCount": 600, "candidatesTokenCount": 10}
    usage |= {"thoughtsTokenCount": 90, "totalTokenCount": 1100}
    answer = {**gemini_event("Hi", finish="STOP"), "usageMetadata": usage, "modelVersion": "gemini-2.5-flash"}
    server.reply(Reply.json(answer))
    response = Read(False).well().response
    assert (response.input_tokens, response.cached_tokens, response.output_tokens) == (1000, 600, 100)
    assert response.cost == pytest.approx((400 * 0.3 + 600 * 0.03 + 100 * 2.5) / 1e6)


class Book(BaseModel):
    """A book."""

    title: str
    year: int


@pytest.mark.parametrize(("model", "tools", "by"), [("m", [], "schema"), ("gemini-2.5-pro", [weather], "call")])
@both_ways
def test_structured(model: str, tools: list[Any], by: str, asynchronous: bool, server: Server) -> None:
    call = {"functionCall": {"name": "Book", "args": {"title": "Dune", "year": 1965}}}
    parts = [call] if by == "call" else ['{"title": "Dune", "year": 1965}']
    server.reply(Reply.json(gemini_event(*parts, finish="STOP")))
    book = Read(asynchronous, model, response_model=Book, tools=tools).well().response
    assert book == Book(title="Dune", year=1965)
    body = camel(server.request.json)
    if by == "schema":
        config = body["generationConfig"]
        assert config["responseMimeType"] == "application/json"
        assert config["responseJsonSchema"]["required"] == ["title", "year"]
    else:
        names = [one["name"] for tool in body["tools"] for one in tool["functionDeclarations"]]
        assert names == ["weather", "Book"]
        assert body["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"


def test_structured_streams(server: Server) -> None:
    server.reply(crlf(gemini_event('{"title": "Du'), gemini_event('ne", "year": 1965}', finish="STOP")))

    @google.call("m", stream=True, response_model=Book)
    def ask() -> str:
        return "Hi"

    books = list(ask())
    assert books[-1] == Book(title="Dune", year=1965)
    assert books[0].title == "Du"


def test_json_mode(server: Server) -> None:
    assert sent(server, json_mode=True)["generationConfig"] == {"responseMimeType": "application/json"}


def test_templates_and_methods(server: Server) -> None:
    server.reply(crlf(gemini_event("Hi", finish="STOP")))

    class Asker:
        topic = "birds"

        @google.call("gemini-2.5-flash", stream=True)
        @prompt_template("SYSTEM: Be brief.\nUSER: Tell of {self.topic} in {n} words.")
        def ask(self, n: int) -> None: ...

    response = Asker().ask(3).collect()
    assert server.request.json["contents"][0]["parts"] == [{"text": "Tell of birds in 3 words."}]
    assert response.fn_args["n"] == 3
    assert response.call_kwargs["model"] == "gemini-2.5-flash"


def test_a_traced_client_sees_what_it_would(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def traced(original: Callable[..., Any]) -> Callable[..., Any]:
        def trace(self: Any, **given: Any) -> Any:
            for event in original(self, **given):
                seen.append(event)
                yield event

        return trace

    models: Any = genai.models.Models
    monkeypatch.setattr(models, "generate_content_stream", traced(models.generate_content_stream))
    server.reply(crlf(gemini_event("Hi", finish="STOP")))
    assert Read(False, stream=True).well().response.content == "Hi"
    assert [event.text for event in seen] == ["Hi"]


def test_loads_no_other_sdk() -> None:
    code = (
        "import sys\nfrom mirascope_like.core import google\ngoogle.call\n"
        "print(sorted({'openai', 'anthropic', 'google.generativeai', 'groq', 'cohere'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
