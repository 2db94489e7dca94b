"""However a program makes its calls: with clients of its own, with the SDK alone, or with another HTTP library."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import anthropic as anthropic_sdk
import httpcore
import httpcore2
import httpx
import httpx2
import openai as openai_sdk
import pytest
import requests
import trio
from google import genai

from mirascope_like.core import anthropic, azure, openai
from mirascope_like.testing import (
    ReplyError,
    RequestBlockedError,
    answer,
    block_requests,
    cut,
    error,
    fake,
    places,
    raw,
    text,
    tool,
)
from tests.harness.server import Reply, Server


def test_a_client_that_was_made_before() -> None:
    client = openai_sdk.OpenAI(api_key="sk-mine", base_url="https://gateway.example/v1", max_retries=0)
    before = openai_sdk.OpenAI(api_key="sk-mine")

    @openai.call("m", client=client)
    def ask(prompt: str) -> str:
        return prompt

    with fake("Hi", "Hello") as model:
        assert ask("x").content == "Hi"
        made = before.chat.completions.create(model="m", messages=[{"role": "user", "content": "y"}])
    assert made.choices[0].message.content == "Hello"
    assert [request.url for request in model.requests] == [
        "https://gateway.example/v1/chat/completions",
        "https://api.openai.com/v1/chat/completions",
    ]
    assert "authorization" not in model.request.headers


def test_the_sdk_alone() -> None:
    with fake("Hi", tool("add", a=1), error(401, "no"), text("a", "b")) as model:
        client = anthropic_sdk.Anthropic()  # needs no key
        ask: Any = client.messages.create
        asked: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "x"}]}
        assert ask(**asked).content[0].text == "Hi"
        assert ask(**asked).content[0].input == {"a": 1}
        with pytest.raises(anthropic_sdk.AuthenticationError, match="no"):
            ask(**asked)
        with client.messages.stream(**asked) as stream:
            assert list(stream.text_stream) == ["a", "b"]
    assert len(model.requests) == 4


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")
def test_google_s_async_client_sends_with_aiohttp() -> None:
    pytest.importorskip("aiohttp")

    async def main() -> None:
        async with fake("Hi", text("Hi", " you"), cut("Once"), error(400, "no")) as model:
            client = genai.Client()
            response = await client.aio.models.generate_content(model="m", contents="x")
            assert response.text == "Hi"
            stream = await client.aio.models.generate_content_stream(model="m", contents="x")
            assert [chunk.text async for chunk in stream] == ["Hi", " you"]
            stream = await client.aio.models.generate_content_stream(model="m", contents="x")
            with pytest.raises(Exception, match=r"payload|closed|complete"):
                [chunk.text async for chunk in stream]
            with pytest.raises(genai.errors.ClientError, match="no"):
                await client.aio.models.generate_content(model="m", contents="x")
            await client.aio.aclose()
        assert len(model.requests) == 4

    asyncio.run(main())


def test_openai_s_aiohttp_client() -> None:
    pytest.importorskip("aiohttp")

    async def main() -> None:
        async with openai_sdk.DefaultAioHttpClient() as http:
            client = openai_sdk.AsyncOpenAI(api_key="sk-mine", http_client=http, max_retries=0)

            @openai.call("m", client=client, stream=True)
            async def ask(prompt: str) -> str:
                return prompt

            async with fake(text("Hi", " you"), cut("Once")):
                assert [chunk.content async for chunk, _ in await ask("x") if chunk.content] == ["Hi", " you"]
                with pytest.raises(Exception, match=r"interrupted|closed|payload"):
                    [chunk async for chunk, _ in await ask("x")]

    asyncio.run(main())


def test_other_requests_are_sent(server: Server) -> None:
    server.reply(*(Reply.json({"page": number}) for number in range(1, 7)))

    async def fetch() -> Any:
        async with httpx.AsyncClient() as client:
            return (await client.post(f"{server.url}/messages", json={"messages": []})).json()

    with fake() as model:
        assert httpx2.get(f"{server.url}/page").json() == {"page": 1}
        assert requests.post(f"{server.url}/v1/page", data="x", timeout=60).json() == {"page": 2}
        assert asyncio.run(fetch()) == {"page": 3}  # this path is Anthropic's, but not the host and the headers
        # The path and the field of Responses in one API of the user's own; the body of another format.
        for page, (path, body) in enumerate(
            [
                ("responses", {"messages": []}),
                ("form/responses", {"model": "survey", "input": "yes"}),
                ("v2/chat", {"messages": []}),  # Cohere's, at a host that is not theirs
            ],
            4,
        ):
            assert httpx2.post(f"{server.url}/{path}", json=body).json() == {"page": page}
    assert model.requests == []


def test_unknown_services_are_blocked_and_not_answered() -> None:
    """With `block_requests`, what `fake` does not answer is an error, also at a path such as OpenAI's."""
    with fake("Hi") as model, block_requests():
        for path, body in (
            ("form/responses", {"input": "yes"}),
            ("v1/responses", {"input": "yes"}),
            ("v2/chat", {"messages": []}),
        ):
            with pytest.raises(RequestBlockedError, match=f"blocked POST https://survey.example/{path}"):
                httpx2.post(f"https://survey.example/{path}", json=body)
        model.forgive()
    assert model.requests == []


@pytest.mark.parametrize("base", ["https://gateway.example", "https://gateway.example/v1"])
def test_gateways_are_answered(base: str) -> None:
    """At any host: the requests of the SDKs, and those that name a model in OpenAI's format."""
    client = openai_sdk.OpenAI(api_key="k", base_url=base)
    with fake("one", "two"):
        assert client.responses.create(model="m", input="x").output_text == "one"
        answered = httpx2.post("https://gateway.example/v1/responses", json={"model": "m", "input": "x"}).json()
    assert answered["output"][0]["content"][0]["text"] == "two"


def test_an_application_on_the_port_of_a_local_provider(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(places.HOSTS, server.url.removeprefix("http://"), "ollama")
    server.reply(Reply.json({"page": 1}))
    with fake("Hi") as model:
        assert httpx2.get(f"{server.url}/of/the/user").json() == {"page": 1}
        made = openai_sdk.OpenAI(api_key="x", base_url=f"{server.url}/v1").chat.completions.create(
            model="m", messages=[{"role": "user", "content": "x"}]
        )
    assert made.choices[0].message.content == "Hi"
    assert [request.provider for request in model.requests] == ["ollama"]


def test_nothing_is_left_behind() -> None:
    before = [
        httpcore.ConnectionPool.handle_request,
        httpcore2.ConnectionPool.handle_request,
        httpcore2.AsyncConnectionPool.handle_async_request,
        requests.adapters.HTTPAdapter.send,
    ]
    keys, finders = dict(os.environ), list(sys.meta_path)
    with fake():
        assert httpcore2.ConnectionPool.handle_request is not before[1]
        assert os.environ["OPENAI_API_KEY"] == "fake-key"
    assert before == [
        httpcore.ConnectionPool.handle_request,
        httpcore2.ConnectionPool.handle_request,
        httpcore2.AsyncConnectionPool.handle_async_request,
        requests.adapters.HTTPAdapter.send,
    ]
    assert (dict(os.environ), list(sys.meta_path)) == (keys, finders)


def test_a_real_key_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-real")
    with fake():
        assert os.environ["OPENAI_API_KEY"] == "sk-real"
    assert os.environ["OPENAI_API_KEY"] == "sk-real"


def test_a_key_that_the_test_sets_inside_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "")  # restored after the test
    with fake():
        assert os.environ["OPENAI_API_KEY"] == "fake-key"
        os.environ["OPENAI_API_KEY"] = "sk-real"
    assert os.environ["OPENAI_API_KEY"] == "sk-real"


def test_a_gap_longer_than_the_read_timeout() -> None:
    client = openai_sdk.OpenAI(api_key="sk-mine", max_retries=0, timeout=httpx2.Timeout(0.001))

    @openai.call("m", client=client, stream=True)
    def ask(prompt: str) -> str:
        return prompt

    with fake(text("a", "b", gap=5)), pytest.raises(openai_sdk.APITimeoutError):
        list(ask("x"))


def test_sessions_and_models() -> None:
    model = openai.model("gpt-4o-mini")
    with fake("Hi Ann", "You are Ann") as faked:
        session = model.session()
        assert session.send("I am Ann").content == "Hi Ann"
        assert session.send("Who am I?").content == "You are Ann"
    assert [message["content"] for message in faked.request["messages"]] == ["I am Ann", "Hi Ann", "Who am I?"]


def test_tasks() -> None:
    @openai.model("gpt-4o-mini").task
    def greet(name: str) -> str:
        """Greet somebody."""

    @anthropic.model("claude-sonnet-5").task
    def count(text: str) -> dict[str, int]:
        """Count the words."""

    with fake("Hi Ann", answer({"a": 2})) as model:
        assert greet("Ann") == "Hi Ann"
        assert count("a a") == {"a": 2}
    assert model.requests[0].text == "Greet somebody.\n\nInputs:\nname: Ann"


def test_an_unknown_address_of_a_provider() -> None:
    client = openai_sdk.OpenAI(api_key="sk-mine", max_retries=0)
    with fake("Hi", raw({"data": [{"embedding": [0.5], "index": 0}], "model": "e"})) as model:
        with pytest.raises(
            ReplyError, match=r"https://api.openai.com/v1/embeddings is not an address of a model: script"
        ):
            client.embeddings.create(model="e", input="x", encoding_format="float")
        assert client.embeddings.create(model="e", input="x", encoding_format="float").data[0].embedding == [0.5]
        assert model.request.model == "e"
        model.forgive()


ON_PLATFORMS = {
    "AnthropicBedrock": {"aws_region": "us-east-1", "aws_access_key": "a", "aws_secret_key": "b"},
    "AnthropicVertex": {"region": "us-east5", "project_id": "p", "access_token": "t"},
}


@pytest.mark.parametrize("name", ON_PLATFORMS)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_claude_on_platforms(name: str, asynchronous: bool) -> None:
    make: Any = getattr(anthropic_sdk, f"Async{name}" if asynchronous else name)
    client = make(max_retries=0, **ON_PLATFORMS[name])

    @anthropic.call("claude-x", client=client)
    def ask(prompt: str) -> str:
        return prompt

    @anthropic.call("claude-x", client=client, stream=True)
    def stream(prompt: str) -> str:
        return prompt

    @anthropic.call("claude-x", client=client)
    async def aask(prompt: str) -> str:
        return prompt

    @anthropic.call("claude-x", client=client, stream=True)
    async def astream(prompt: str) -> str:
        return prompt

    async def main() -> list[str]:
        if asynchronous:
            return [(await aask("a")).content, (await (await astream("b")).collect()).content]
        return [ask("a").content, stream("b").collect().content]

    with fake("Hi", text("Hel", "lo")) as model:
        assert asyncio.run(main()) == ["Hi", "Hello"]
    assert [(one.provider, one.model, one.text, one.stream) for one in model.requests] == [
        ("anthropic", "claude-x", "a", False),
        ("anthropic", "claude-x", "b", True),
    ]


def test_azure_s_inference_client() -> None:
    inference = pytest.importorskip("azure.ai.inference")
    credentials = pytest.importorskip("azure.core.credentials")
    client = inference.ChatCompletionsClient(
        "https://x.services.ai.azure.com/models", credentials.AzureKeyCredential("k")
    )

    @azure.call("m", client=client)
    def ask(prompt: str) -> str:
        return prompt

    @azure.call("m", client=client, stream=True)
    def stream(prompt: str) -> str:
        return prompt

    with fake("Hi", text("Hel", "lo")) as model:
        assert ask("a").content == "Hi"
        assert [chunk.content for chunk, _ in stream("b") if chunk.content] == ["Hel", "lo"]
    assert [one.provider for one in model.requests] == ["azure", "azure"]


def test_trio() -> None:
    @openai.call("m", stream=True)
    async def stream(prompt: str) -> str:
        return prompt

    async def main() -> list[str]:
        async with fake(text("a", "b", gap=0.001)):
            return [chunk.content async for chunk, _ in await stream("x") if chunk.content]

    assert trio.run(main) == ["a", "b"]


def test_litellm() -> None:
    litellm = pytest.importorskip("litellm")
    with fake("Hi", text("Hel", "lo")) as model:
        asked: Any = {"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "x"}]}
        assert litellm.completion(**asked).choices[0].message.content == "Hi"
        pieces = [chunk.choices[0].delta.content for chunk in litellm.completion(**asked, stream=True)]
    assert "".join(filter(None, pieces)) == "Hello"
    assert [one.provider for one in model.requests] == ["openai", "openai"]


def test_google_s_own_function_calling() -> None:
    """Source: google-genai's automatic function calling, which sends the result of a tool as `{"result": ...}`."""

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    config: Any = {"tools": [add]}
    client = genai.Client(api_key="k")
    with fake(tool("add", a=1, b=2), "It is three.") as model:
        found = client.models.generate_content(model="m", contents="1 + 2?", config=config)
    assert found.text == "It is three."
    assert [request.text for request in model.requests] == ["1 + 2?", "3"]
