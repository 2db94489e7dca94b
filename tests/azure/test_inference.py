"""Azure as Mirascope v1 called it: its environment variables, and clients of `azure-ai-inference`, over a socket."""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import openai as openai_sdk
import pytest
from pydantic import BaseModel

from mirascope_like.core import (
    AuthenticationError,
    BadRequestError,
    BaseMessageParam,
    ConfigurationError,
    ConnectionFailedError,
    ProviderError,
    RateLimitError,
    ResponseModelConfigDict,
    ServerError,
    StreamInterruptedError,
    azure,
)
from mirascope_like.core.base.provider import client_address
from tests.conformance.providers import AZURE
from tests.conformance.wires.answer import Answer, Call
from tests.harness.server import CloseEarly, Reply, Server

WIRE = AZURE.wire
KEYS = ("AZURE_INFERENCE_ENDPOINT", "AZURE_INFERENCE_CREDENTIAL", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_API_KEY")
VERSION = "2024-05-01-preview"  # the default of azure-ai-inference 1.0.0b9 (_configuration.py)


def find_book(title: str) -> str:
    """Find a book."""
    return title.upper()


class Book(BaseModel):
    """A book."""

    title: str


class StrictBook(BaseModel):
    """A book."""

    model_config = ResponseModelConfigDict(strict=True)
    title: str


# Environment variables: OpenAI's SDK sends


@pytest.fixture
def environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    for name in (*KEYS, "OPENAI_API_VERSION"):
        monkeypatch.delenv(name, raising=False)

    def set_variables(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return set_variables


def sent(server: Server, call: Callable[[], Any]) -> tuple[str, Any]:
    server.reply(WIRE.answered(Answer("Hi")))
    response = call()
    assert response.content == "Hi"
    assert isinstance(response.response, openai_sdk.types.chat.ChatCompletion)
    request = server.requests[-1]
    return request.path, request.headers


def responses() -> Any:
    @azure.responses.call("m")
    def ask() -> str:
        return "Hi"

    return ask()


def test_the_inference_endpoint(server: Server, environment: Callable[..., None]) -> None:
    environment(AZURE_INFERENCE_ENDPOINT=f"{server.url}/models", AZURE_INFERENCE_CREDENTIAL="key-1")
    path, headers = sent(server, lambda: AZURE.ask())
    assert path == f"/models/chat/completions?api-version={VERSION}"
    assert (headers["authorization"], headers["api-key"]) == ("Bearer key-1", "key-1")  # both, as azure-ai-inference
    server.reply(WIRE.streamed(Answer("Hello")))
    assert AZURE.stream().collect().content == "Hello"

    async def main() -> Any:
        server.reply(WIRE.answered(Answer("Hi")), WIRE.streamed(Answer("Hello")))
        return (await AZURE.aask()).content, (await AZURE.astream().collect()).content

    assert asyncio.run(main()) == ("Hi", "Hello")
    assert {request.path for request in server.requests} == {path}


def test_a_v1_endpoint_has_no_version(server: Server, environment: Callable[..., None]) -> None:
    environment(AZURE_INFERENCE_ENDPOINT=f"{server.url}/openai/v1/", AZURE_INFERENCE_CREDENTIAL="key-1")
    assert sent(server, lambda: AZURE.ask())[0] == "/openai/v1/chat/completions"
    environment(AZURE_OPENAI_ENDPOINT=f"{server.url}/openai/v1", AZURE_OPENAI_API_KEY="key-2")
    path, headers = sent(server, lambda: AZURE.ask())
    assert (path, headers["authorization"]) == ("/openai/v1/chat/completions", "Bearer key-2")


def test_the_variables_of_azure_openai_win(server: Server, environment: Callable[..., None]) -> None:
    environment(AZURE_INFERENCE_ENDPOINT="http://127.0.0.1:9/models", AZURE_INFERENCE_CREDENTIAL="key-1")
    environment(AZURE_OPENAI_ENDPOINT=server.url, AZURE_OPENAI_API_KEY="key-2")
    path, headers = sent(server, lambda: AZURE.ask())
    # The version is Azure OpenAI's newest stable one of its data plane.
    assert (path, headers["api-key"]) == ("/openai/deployments/m/chat/completions?api-version=2024-10-21", "key-2")


@pytest.mark.parametrize("ask", [AZURE.ask, AZURE.stream, responses], ids=["whole", "streamed", "responses"])
@pytest.mark.parametrize("status", [401, 403, 404])
def test_errors_name_the_settings_that_are_used(
    server: Server, environment: Callable[..., None], status: int, ask: Callable[..., Any]
) -> None:
    def notes() -> list[str]:
        server.reply(Reply.json({"error": {"code": "x", "message": "no"}}, status))
        with pytest.raises(ProviderError) as caught:
            list(ask() or ())
        return caught.value.__notes__

    environment(AZURE_INFERENCE_ENDPOINT=f"{server.url}/models", AZURE_INFERENCE_CREDENTIAL="key-1")
    assert notes() == ["azure used AZURE_INFERENCE_ENDPOINT."]
    environment(AZURE_OPENAI_ENDPOINT=server.url, AZURE_OPENAI_API_KEY="key-2")
    assert notes() == ["azure used AZURE_OPENAI_ENDPOINT. AZURE_INFERENCE_ENDPOINT is ignored."]


def test_an_error_of_a_given_client_names_no_setting(server: Server, environment: Callable[..., None]) -> None:
    environment(AZURE_INFERENCE_ENDPOINT=f"{server.url}/models", AZURE_INFERENCE_CREDENTIAL="key-1")
    server.reply(Reply.json({"error": {"code": "x", "message": "no"}}, 401))
    with AZURE.client(server) as client, pytest.raises(AuthenticationError) as caught:
        AZURE.ask(client)
    assert not getattr(caught.value, "__notes__", [])


def test_a_token_of_entra_id(server: Server, environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def provider(credential: Any, scope: str) -> Callable[[], str]:
        asked.append((credential, scope))
        return lambda: "token-1"

    def async_provider(credential: Any, scope: str) -> Any:
        async def token() -> str:
            return "token-2"

        return token

    fake = {"DefaultAzureCredential": lambda: "credential"}
    monkeypatch.setitem(sys.modules, "azure.identity", SimpleNamespace(get_bearer_token_provider=provider, **fake))
    asynchronous = SimpleNamespace(get_bearer_token_provider=async_provider, **fake)
    monkeypatch.setitem(sys.modules, "azure.identity.aio", asynchronous)
    environment(AZURE_INFERENCE_ENDPOINT=f"{server.url}/models")
    _, headers = sent(server, lambda: AZURE.ask())
    assert headers["authorization"] == "Bearer token-1"
    assert "api-key" not in headers
    assert asked == [("credential", "https://ml.azure.com/.default")]  # the scope of azure-ai-inference 1.0.0b9

    async def main() -> Any:
        return await AZURE.aask()

    _, headers = sent(server, lambda: asyncio.run(main()))
    assert headers["authorization"] == "Bearer token-2"


def test_no_key(environment: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    environment(AZURE_INFERENCE_ENDPOINT="http://127.0.0.1:9/models")
    with pytest.raises(ConfigurationError, match="set AZURE_INFERENCE_CREDENTIAL, or install azure-identity"):
        AZURE.ask()


def test_model_extras(server: Server, environment: Callable[..., None]) -> None:
    environment(AZURE_INFERENCE_ENDPOINT=server.url, AZURE_INFERENCE_CREDENTIAL="key-1")
    sent(server, lambda: AZURE.ask(call_params={"model_extras": {"safe_mode": True}}))
    assert server.requests[-1].json["safe_mode"] is True


# Clients of azure-ai-inference: their own method is called


@pytest.fixture
def client(server: Server) -> Iterator[Any]:
    inference = pytest.importorskip("azure.ai.inference", reason="needs the package azure-ai-inference")
    credentials: Any = pytest.importorskip("azure.core.credentials")
    with closing(
        inference.ChatCompletionsClient(server.url, credentials.AzureKeyCredential("key-1"), retry_total=0)
    ) as client:
        yield client


def kind(value: Any) -> str:
    return f"{type(value).__module__.partition('._')[0]}.{type(value).__name__}"


def test_a_whole_response(server: Server, client: Any) -> None:
    server.reply(WIRE.answered(Answer("Hello")))
    models: Any = pytest.importorskip("azure.ai.inference.models")
    prompt = [models.SystemMessage(content="Be brief."), models.UserMessage(content="Hi")]
    extras = {"stop": "END", "temperature": 0.5, "model_extras": {"safe_mode": True}, "extra_body": {"top_k": 3}}
    response = AZURE.ask(client, prompt, call_params=extras)
    assert kind(response.response) == "azure.ai.inference.models.ChatCompletions"
    assert response.content == response.response.choices[0].message.content == "Hello"
    assert (response.finish_reasons, response.common_finish_reasons) == (["stop"], ["stop"])
    assert (response.usage.prompt_tokens, response.input_tokens) == (response.response.usage.prompt_tokens,) * 2
    assert response.message_param == {"role": "assistant", "content": "Hello"}
    assert response.common_messages == [
        BaseMessageParam(role="system", content="Be brief."),
        BaseMessageParam(role="user", content="Hi"),
    ]
    request = server.requests[0]
    assert request.path == f"/chat/completions?api-version={VERSION}"
    assert request.headers["extra-parameters"] == "pass-through"
    assert request.json == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "model": "m",
        "stream": False,
        "stop": ["END"],
        "temperature": 0.5,
        "safe_mode": True,
        "top_k": 3,
    }
    for again in (
        pickle.loads(pickle.dumps(response)),
        type(response).model_validate(response.model_dump()),
        type(response).model_validate_json(response.model_dump_json()),
    ):
        assert (again.content, again) == ("Hello", response)


def test_a_stream(server: Server, client: Any) -> None:
    server.reply(WIRE.streamed(Answer("Hello")), WIRE.streamed(Answer(Call("call_1", "find_book", '{"title":"emma"}'))))
    stream = AZURE.stream(client)
    chunks = [chunk for chunk, _ in stream]
    assert "".join(chunk.content for chunk in chunks) == "Hello"
    assert {kind(chunk.chunk) for chunk in chunks} == {"azure.ai.inference.models.StreamingChatCompletionsUpdate"}
    response = stream.construct_call_response()
    assert kind(response.response) == "azure.ai.inference.models.ChatCompletions"
    assert response.response.choices[0].message.content == "Hello"
    stream = AZURE.stream(client, tools=[find_book])
    (tool,) = [tool for _, tool in stream if tool is not None]
    assert tool.call() == "EMMA"
    call = stream.construct_call_response().response.choices[0].message.tool_calls[0]
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "find_book", '{"title":"emma"}')


def test_tools(server: Server, client: Any) -> None:
    called = Answer(Call("call_1", "find_book", '{"title":"emma"}'))
    server.reply(WIRE.answered(called), WIRE.answered(Answer("It is EMMA.")))
    response = AZURE.ask(client, tools=[find_book])
    results = response.tool_message_params([(response.tool, response.tool.call())])
    history = [*response.messages, response.message_param, *results]
    assert AZURE.ask(client, history, tools=[find_book]).content == "It is EMMA."
    assert server.requests[1].json["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": response.message_param["tool_calls"]},
        {"role": "tool", "content": "EMMA", "tool_call_id": "call_1"},
    ]


@pytest.mark.parametrize(
    ("model", "json_mode", "form"),
    [(Book, False, None), (Book, True, "json_object"), (StrictBook, False, "json_schema")],
    ids=["tool", "json", "schema"],
)
def test_response_models(server: Server, client: Any, model: Any, json_mode: bool, form: str | None) -> None:
    text = '{"title":"Emma"}'
    answer = Answer(text) if form else Answer(Call("call_1", "Book", text))
    server.reply(WIRE.answered(answer), WIRE.streamed(answer))
    assert AZURE.ask(client, response_model=model, json_mode=json_mode).title == "Emma"
    assert AZURE.ask(client, response_model=model, json_mode=json_mode, stream=True).collect().title == "Emma"
    for request in server.requests:
        assert request.json.get("response_format", {}).get("type") == form


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, BadRequestError), (401, AuthenticationError), (429, RateLimitError), (500, ServerError)],
)
def test_errors(server: Server, client: Any, status: int, expected: type[ProviderError]) -> None:
    server.reply(Reply.json({"error": {"code": "x", "message": "no"}}, status))
    with pytest.raises(expected) as caught:
        AZURE.ask(client)
    exceptions: Any = pytest.importorskip("azure.core.exceptions")
    assert isinstance(caught.value, exceptions.HttpResponseError)
    assert caught.value.status_code == status


def test_broken_connections(server: Server, client: Any) -> None:
    server.reply(WIRE.streamed(Answer("Hello")).truncate(200).then(CloseEarly()))
    with pytest.raises(StreamInterruptedError):
        AZURE.stream(client).collect()
    inference: Any = pytest.importorskip("azure.ai.inference")
    credential = client._config.credential
    lost = inference.ChatCompletionsClient("http://127.0.0.1:9", credential, retry_total=0)
    with closing(lost), pytest.raises(ConnectionFailedError) as caught:
        AZURE.ask(lost)
    assert client_address(lost) == "http://127.0.0.1:9"  # a part of the keys of caches and stores
    (note,) = caught.value.__notes__
    assert note == (
        "http://127.0.0.1:9: cannot be reached. Check the address, the network and the environment's proxies."
    )


def test_async_clients(server: Server, client: Any) -> None:
    aio: Any = pytest.importorskip("azure.ai.inference.aio")
    pytest.importorskip("aiohttp", reason="the async client needs aiohttp")

    async def main() -> None:
        async with aio.ChatCompletionsClient(server.url, client._config.credential, retry_total=0) as aclient:
            server.reply(WIRE.answered(Answer("Hi")), WIRE.streamed(Answer("Hello")), WIRE.streamed(Answer("Hello")))
            response = await AZURE.aask(aclient)
            assert (response.content, kind(response.response)) == ("Hi", "azure.ai.inference.models.ChatCompletions")
            assert (await AZURE.astream(aclient).collect()).content == "Hello"
            async with AZURE.astream(aclient) as stream:
                await anext(aiter(stream))
            with pytest.raises(ConfigurationError, match=r"pass client=azure.ai.inference.ChatCompletionsClient"):
                AZURE.ask(aclient)
            with pytest.raises(ConfigurationError, match=r"pass client=azure.ai.inference.aio.ChatCompletionsClient"):
                await AZURE.aask(client)
            server.reply(Reply.json({"error": {"code": "x", "message": "no"}}, 429))
            with pytest.raises(RateLimitError):
                await AZURE.aask(aclient)

    asyncio.run(main())


def test_clients_with_a_token(server: Server) -> None:
    """Its SDK sends tokens over https only, so the transport gives each request the address of the test's server."""
    inference: Any = pytest.importorskip("azure.ai.inference", reason="needs the package azure-ai-inference")
    aio: Any = pytest.importorskip("azure.ai.inference.aio")
    transports: Any = pytest.importorskip("azure.core.pipeline.transport")
    pytest.importorskip("aiohttp", reason="the async client needs aiohttp")
    token = SimpleNamespace(token="token-1", expires_on=2**40)

    def redirected(transport: Any) -> Any:
        send = transport.send

        def to_server(request: Any, **options: Any) -> Any:
            request.url = request.url.replace("https://test", server.url)
            return send(request, **options)

        transport.send = to_server
        return transport

    def get_token(*scopes: str, **options: Any) -> Any:
        return token

    async def get_token_async(*scopes: str, **options: Any) -> Any:
        return token

    async def main() -> str:
        credential = SimpleNamespace(get_token=get_token_async)
        async with aio.ChatCompletionsClient(
            "https://test", credential, transport=redirected(transports.AioHttpTransport())
        ) as client:
            return (await AZURE.aask(client)).content

    server.reply(WIRE.answered(Answer("Hi")), WIRE.answered(Answer("Hi")))
    credential = SimpleNamespace(get_token=get_token)
    with closing(
        inference.ChatCompletionsClient(
            "https://test", credential, transport=redirected(transports.RequestsTransport())
        )
    ) as client:
        assert AZURE.ask(client).content == asyncio.run(main()) == "Hi"
    assert [request.headers["authorization"] for request in server.requests] == ["Bearer token-1"] * 2


def test_a_client_in_a_dynamic_config(server: Server, client: Any) -> None:
    server.reply(WIRE.answered(Answer("Hi")))

    @azure.call("m")
    def ask() -> azure.AzureDynamicConfig:
        return {"messages": [BaseMessageParam(role="user", content="Hi")], "client": client}

    response = ask()
    assert kind(response.response) == "azure.ai.inference.models.ChatCompletions"
    assert json.loads(response.model_dump_json())["content"] == "Hi"
