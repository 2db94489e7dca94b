"""`core.litellm`: calls through LiteLLM, over a real socket.

Runs with LiteLLM where it is installed (`nox -s litellm`), else with a double that has its functions `completion` and
`acompletion` and sends with OpenAI's SDK. The expected values are those of LiteLLM 1.110.2.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import json
import pickle
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    StreamTimeoutError,
    litellm,
)
from mirascope_like.core.base.errors import MissingSDKError
from tests.conformance.providers import OPENAI
from tests.conformance.wires.answer import Answer, Call, Text
from tests.harness.clocks import MovedClock, once_begun
from tests.harness.server import CloseEarly, Reply, Server, Stall

WIRE = OPENAI.wire
MODEL = "gpt-4o-mini"
REAL = importlib.util.find_spec("litellm") is not None


class Book(BaseModel):
    """A book."""

    title: str


def find_book(title: str) -> str:
    """Find a book."""
    return title.upper()


class Unreachable(openai.InternalServerError):
    """What LiteLLM raises if a connection fails: an error with status 500, and with another address than that of the
    request.
    """

    __module__ = "litellm.exceptions"

    def __init__(self) -> None:
        request = SimpleNamespace(url="https://docs.litellm.ai/docs", headers={})
        response: Any = SimpleNamespace(status_code=500, headers={}, request=request)
        super().__init__("Connection error.", response=response, body=None)


CLIENTS: list[Any] = []
"""The clients of the double that are to be closed."""


def double() -> ModuleType:
    made: Any = ModuleType("litellm")

    def completion(
        *, api_base: str, api_key: str, num_retries: int, custom_llm_provider: str = "", **payload: Any
    ) -> Any:
        client = openai.OpenAI(base_url=api_base, api_key=api_key, max_retries=num_retries)
        CLIENTS.append(client)
        try:
            return client.chat.completions.create(**payload)
        except openai.APIConnectionError:
            raise Unreachable

    async def acompletion(*, api_base: str, api_key: str, num_retries: int, **payload: Any) -> Any:
        client = openai.AsyncOpenAI(base_url=api_base, api_key=api_key, max_retries=num_retries)
        CLIENTS.append(client)
        try:
            return await client.chat.completions.create(**payload)
        except openai.APIConnectionError:
            raise Unreachable

    def response(**fields: Any) -> Any:
        return ChatCompletion.construct(**fields)

    def cost(completion_response: Any) -> float:
        usage = completion_response.usage
        return (usage.prompt_tokens * 0.15 + usage.completion_tokens * 0.6) / 1_000_000

    made.completion, made.acompletion, made.ModelResponse, made.completion_cost = (
        completion,
        acompletion,
        response,
        cost,
    )
    return made


@pytest.fixture(autouse=True)
def _litellm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not REAL:
        monkeypatch.setitem(sys.modules, "litellm", double())
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it is downloaded
    yield
    while CLIENTS:
        CLIENTS.pop().close()


def asked(server: Server, **options: Any) -> Any:
    params = {"api_base": f"{server.url}/v1", "api_key": "sk-test", "num_retries": 0, **options.pop("params", {})}

    @litellm.call(MODEL, call_params=params, **options)
    def ask(text: str) -> str:
        return text

    return ask


def awaited(server: Server, **options: Any) -> Any:
    @litellm.call(
        MODEL, call_params={"api_base": f"{server.url}/v1", "api_key": "sk-test", "num_retries": 0}, **options
    )
    async def ask(text: str) -> str:
        return text

    return ask


def test_a_whole_response(server: Server) -> None:
    server.reply(WIRE.answered(Answer("Hello")))
    response = asked(server, params={"temperature": 0.5})("Hi")
    assert isinstance(response, litellm.LiteLLMCallResponse)
    assert (response.content, response.finish_reasons, response.provider) == ("Hello", ["stop"], "litellm")
    assert response.response.choices[0].message.content == "Hello"
    assert response.message_param["content"] == "Hello"
    assert response.cost is not None
    request = server.request
    assert (request.path, request.headers["authorization"]) == ("/v1/chat/completions", "Bearer sk-test")
    assert (request.json["messages"], request.json["temperature"]) == ([{"role": "user", "content": "Hi"}], 0.5)
    assert "sk-test" not in response.model_dump_json()
    assert "sk-test" not in repr(response)
    for again in (
        pickle.loads(pickle.dumps(response)),
        type(response).model_validate(json.loads(response.model_dump_json())),
    ):
        assert (again.content, again.input_tokens) == ("Hello", response.input_tokens)


def test_a_stream(server: Server) -> None:
    server.reply(WIRE.streamed(Answer("Hel", "lo")))
    stream = asked(server, stream=True)("Hi")
    assert isinstance(stream, litellm.LiteLLMStream)
    assert "".join(chunk.content for chunk, _ in stream) == "Hello"
    response = stream.construct_call_response()
    assert response.response.choices[0].message.content == "Hello"
    assert response.input_tokens is not None
    assert response.finish_reasons == ["stop"]


def test_tools(server: Server) -> None:
    answer = Answer(Call("call_1", "find_book", '{"title":"emma"}'))
    server.reply(WIRE.answered(answer), WIRE.streamed(answer), WIRE.answered(Answer("EMMA")))
    response = asked(server, tools=[find_book])("Hi")
    assert response.tool.call() == "EMMA"
    stream = asked(server, tools=[find_book], stream=True)("Hi")
    assert [tool.call() for _, tool in stream if tool] == ["EMMA"]
    (call,) = stream.construct_call_response().message_param["tool_calls"]
    assert (call["id"], call["function"]["name"]) == ("call_1", "find_book")
    results = response.tool_message_params([(response.tool, "EMMA")])

    @litellm.call(MODEL, call_params={"api_base": f"{server.url}/v1", "api_key": "sk-test", "num_retries": 0})
    def again() -> Any:
        return [*response.messages, response.message_param, *results]

    assert again().content == "EMMA"
    assert server.requests[-1].json["messages"][-1]["content"] == "EMMA"


def test_response_models(server: Server) -> None:
    answer = Answer(Call("call_1", "Book", '{"title":"Emma"}'))
    server.reply(WIRE.answered(answer), WIRE.streamed(answer), WIRE.answered(Answer('{"title":"Emma"}')))
    assert asked(server, response_model=Book)("Hi") == Book(title="Emma")
    assert asked(server, response_model=Book, stream=True)("Hi").collect() == Book(title="Emma")
    assert asked(server, response_model=Book, json_mode=True)("Hi") == Book(title="Emma")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, BadRequestError), (401, AuthenticationError), (404, NotFoundError), (429, RateLimitError)],
)
def test_errors(server: Server, status: int, expected: type[ProviderError]) -> None:
    server.reply(Reply.error(status))
    with pytest.raises(expected) as caught:
        asked(server)("Hi")
    assert isinstance(caught.value, openai.OpenAIError)
    assert caught.value.provider == "litellm"


@pytest.mark.parametrize("stream", [False, True], ids=["unstreamed", "streamed"])
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_refused_connection(stream: bool, asynchronous: bool) -> None:
    """LiteLLM raises `InternalServerError` with status 500, which is not the status of a response."""
    nowhere: Any = SimpleNamespace(url="http://127.0.0.1:9")

    async def main() -> None:
        found = awaited(nowhere, stream=stream)("Hi")
        try:
            await (found.collect() if stream else found)
        finally:
            while CLIENTS:
                await CLIENTS.pop().close()

    def call() -> None:
        found = asked(nowhere, stream=stream)("Hi")
        found.collect()

    with pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(main()) if asynchronous else call()
    error: Any = caught.value
    assert not isinstance(error, ServerError)
    assert isinstance(error, openai.InternalServerError)
    assert str(error.request.url) == "http://127.0.0.1:9/v1/chat/completions"
    (note,) = error.__notes__
    assert note.startswith("http://127.0.0.1:9: ")
    assert "sk-test" not in f"{error} {error!r} {note} {error.request.headers}"


def test_a_broken_stream(server: Server) -> None:
    whole = WIRE.streamed(Answer("Hel", "lo"))
    server.reply(whole.truncate(len(whole.body) // 3).then(CloseEarly()))
    with pytest.raises(StreamInterruptedError) as caught:
        asked(server, stream=True)("Hi").collect()
    assert isinstance(caught.value, ConnectionFailedError)


def test_an_error_event(server: Server) -> None:
    """LiteLLM raises `MidStreamFallbackError`, with status 500, for any error event of a stream."""
    server.reply(Reply.sse(b'data: {"error": {"message": "Slow down", "code": 429}}\n\n'))
    with pytest.raises(StreamInterruptedError) as caught:
        asked(server, stream=True)("Hi").collect()
    assert isinstance(caught.value, RateLimitError)
    assert not isinstance(caught.value, ConnectionFailedError)


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_an_error_in_place_of_a_stream(server: Server, asynchronous: bool) -> None:
    """LiteLLM ends such a stream with the finish reason "stop"."""
    server.reply(Reply.json({"error": {"message": "Slow down", "code": 429}}))

    async def main() -> None:
        stream = awaited(server, stream=True)("Hi")
        try:
            await stream.collect()
        finally:
            while CLIENTS:
                await CLIENTS.pop().close()

    def call() -> None:
        asked(server, stream=True)("Hi").collect()

    with pytest.raises(RateLimitError, match="Slow down"):
        asyncio.run(main()) if asynchronous else call()


@pytest.mark.parametrize("host", ["openai", "groq"])
def test_a_deadline(server: Server, host: str, clock: MovedClock) -> None:
    """LiteLLM calls OpenAI through its SDK, and Groq without an SDK."""
    events = WIRE.events(Answer(Text("Hel", "lo"), ended=False))
    server.reply(WIRE.stream(*events, Stall()))
    stream = asked(server, stream=True, params={"custom_llm_provider": host})("Hi")
    with pytest.raises(StreamTimeoutError) as caught:
        once_begun(stream, "idle", clock).collect()
    assert caught.value.partial is not None
    assert caught.value.partial.content.startswith("Hel")
    assert caught.value.partial.finish_reasons is None
    assert server.wait_closed()


def test_async_calls(server: Server) -> None:
    async def main() -> None:
        server.reply(WIRE.answered(Answer("Hello")), WIRE.streamed(Answer("Hel", "lo")), WIRE.streamed(Answer("Hello")))
        assert (await awaited(server)("Hi")).content == "Hello"
        stream = await awaited(server, stream=True)("Hi")
        assert isinstance(stream, litellm.LiteLLMAsyncStream)
        assert "".join([chunk.content async for chunk, _ in stream]) == "Hello"
        async with awaited(server, stream=True)("Hi") as stream:
            await anext(aiter(stream))
        assert stream.state == "closed"
        server.reply(Reply.error(429))
        with pytest.raises(RateLimitError):
            await awaited(server)("Hi")
        while CLIENTS:
            await CLIENTS.pop().close()

    asyncio.run(main())


def test_a_router(server: Server) -> None:
    """A `litellm.Router` has the methods `completion` and `acompletion`."""
    functions: Any = sys.modules.get("litellm") or importlib.import_module("litellm")
    given = {"api_base": f"{server.url}/v1", "api_key": "sk-test", "num_retries": 0}

    class Router:
        def completion(self, **payload: Any) -> Any:
            return functions.completion(**payload, **given)

    server.reply(WIRE.answered(Answer("Hello")))
    ask = litellm.call(MODEL, client=Router())(lambda: "Hi")
    assert ask().content == "Hello"

    @litellm.call(MODEL, client=Router())
    async def aask() -> str:
        return "Hi"

    with pytest.raises(ConfigurationError, match="Router has no acompletion"):
        asyncio.run(aask())


def test_by_name(server: Server) -> None:
    functions: Any = sys.modules.get("litellm") or importlib.import_module("litellm")
    given = {"api_base": f"{server.url}/v1", "api_key": "sk-test", "num_retries": 0}

    class Router:
        def completion(self, **payload: Any) -> Any:
            return functions.completion(**payload, **given)

    server.reply(WIRE.answered(Answer("Hello")))

    @llm.call(provider="litellm", model=MODEL, client=Router())
    def ask() -> str:
        return "Hi"

    assert ask().content == "Hello"


def test_litellm_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "litellm", None)
    with pytest.raises(MissingSDKError, match=r"pip install 'mirascope-like\[litellm\]'"):
        litellm.call(MODEL)(lambda: "Hi")()


def test_the_cost_that_litellm_computes(server: Server) -> None:
    server.reply(WIRE.answered(Answer("Hello")))
    response = asked(server)("Hi")
    object.__setattr__(response.response, "_hidden_params", {"response_cost": 0.25})
    assert response.cost == 0.25


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("This model isn't mapped yet. model=m, custom_llm_provider=openai. ", []),  # LiteLLM's `utils.py`
        ("unsupported operand", ["LiteLLM could not compute a cost"]),
    ],
)
def test_an_error_in_litellms_computation(
    text: str, logged: list[str], server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A model without a price is not an error; anything else is not hidden."""

    def failing(**_: Any) -> float:
        raise Exception(text)

    server.reply(WIRE.answered(Answer("Hello")))
    response = asked(server)("Hi")
    response.response.model = "no-such-model"
    object.__setattr__(response.response, "_hidden_params", {})  # LiteLLM itself computes a cost for each response
    for name in ("completion_cost", "cost_per_token"):
        monkeypatch.setattr(sys.modules["litellm"], name, failing, raising=False)
    assert response.cost is None
    assert caplog.messages == logged * 2  # for the response, and for the model and its tokens
