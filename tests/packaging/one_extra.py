"""Make calls with one extra alone: `python -m tests.packaging.one_extra NAME`, in an environment that has only it.

Each provider of the extra answers a call, a stream and a tool's call, sync and async, from a server on loopback. Needs
pytest besides, which the server's modules import; nothing of an SDK is imported here.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

from tests.conformance.wires.answer import Answer, Call, Wire
from tests.harness.server import Reply, Server

Clients = Callable[[str], tuple[Any, Any]]
"""Makes a sync and an async client of a server's address; `(None, None)` takes the library's default clients."""


def env(name: str, path: str = "", **others: str) -> Clients:
    """Default clients that find the address in an environment variable."""

    def make(url: str) -> tuple[Any, Any]:
        os.environ.update({name: url + path, **others})
        return None, None

    return make


def mistral(url: str) -> tuple[Any, Any]:
    """Return Mistral's client, whose base URL can be set only by an argument."""
    from mistralai.client import Mistral

    client = Mistral("sk-test", server_url=url)
    return client, client


def gemini(url: str) -> tuple[Any, Any]:
    """Return the client below the models of Google's retired SDK, the only one that accepts a base URL."""
    from google.ai import generativelanguage

    where = {"api_endpoint": url, "api_key": "sk-test"}
    client = generativelanguage.GenerativeServiceClient(transport="rest", client_options=where)
    return client, client


def aiohttp(url: str) -> tuple[Any, Any]:
    """Return a default sync client, and an async one over aiohttp, which the check closes."""
    import openai

    os.environ["OPENAI_BASE_URL"] = url
    return None, openai.AsyncOpenAI(base_url=url, http_client=openai.DefaultAioHttpClient())


OPENAI = ("openai", "chat.ChatWire", env("OPENAI_BASE_URL"))
AWS = {"AWS_ACCESS_KEY_ID": "sk-test", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
VERTEX_OFF = {"GOOGLE_GENAI_USE_VERTEXAI": "false"}

EXTRAS: dict[str, list[tuple[str, str, Clients]]] = {
    "openai": [
        OPENAI,
        ("openai.responses", "responses.ResponsesWire", env("OPENAI_BASE_URL")),
        ("hosts.deepseek", "chat.ChatWire", env("DEEPSEEK_BASE_URL", DEEPSEEK_API_KEY="sk-test")),
    ],
    "anthropic": [("anthropic", "messages.MessagesWire", env("ANTHROPIC_BASE_URL"))],
    "groq": [("groq", "chat.ChatWire", env("GROQ_BASE_URL"))],
    "mistral": [("mistral", "chat.ChatWire", mistral)],
    "cohere": [("cohere", "cohere.CohereWire", env("CO_API_URL"))],
    "google": [("google", "gemini.GeminiWire", env("GOOGLE_GEMINI_BASE_URL", **VERTEX_OFF))],
    "gemini": [("gemini", "gemini.ArrayWire", gemini)],
    "bedrock": [("bedrock", "bedrock.BedrockWire", env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", **AWS))],
    "ollama": [("hosts.ollama", "chat.ChatWire", env("OLLAMA_BASE_URL"))],
    "litellm": [],  # its calls have a session of their own: nox -s litellm
    "aiohttp": [("openai", "chat.ChatWire", aiohttp)],
    "cost": [OPENAI],
    "redis": [OPENAI],
    "ray": [],  # nox -s ray makes its calls
    "tenacity": [OPENAI],
    "chat": [OPENAI],
    **{name: [OPENAI] for name in ("hyperdx", "langfuse", "logfire", "otel", "search", "tools")},
}
"""The providers whose calls an extra makes possible, and how they write answers (a class of `wires`).

Extras that add to calls are installed with `openai`.
"""

MODULES = {
    "tenacity": "mirascope_like.retries.tenacity",
    "chat": "mirascope_like.integrations.progress",
    "otel": "mirascope_like.integrations.otel",
    "hyperdx": "mirascope_like.integrations.otel",
    "langfuse": "mirascope_like.integrations.langfuse",
    "logfire": "mirascope_like.integrations.logfire",
    "search": "mirascope_like.tools.web_search",
    "tools": "mirascope_like.tools.http",
}
"""What an extra makes importable, beyond calls."""


def get_weather(city: str) -> str:
    """Return the weather in a city."""
    return f"Rain in {city}."


def check(server: Server, name: str, wire: Wire, clients: Clients) -> None:
    """Make each kind of call of one provider. Raises where the answer is not the one that was sent."""
    module: Any = importlib.import_module(f"mirascope_like.core.{name.split('.')[0]}")
    for attribute in name.split(".")[1:]:
        module = getattr(module, attribute)
    client, aclient = clients(server.url)
    text = Answer("Hel", "lo")
    tool = Answer(Call("call_1", "get_weather", '{"city":', ' "Oslo"}'))

    def prompt(city: str) -> str:
        return f"How is the weather in {city}?"

    async def aprompt(city: str) -> str:
        return prompt(city)

    def call(function: Any, answer: Answer, *, stream: bool) -> Any:
        server.always(wire.stream(*wire.events(answer)) if stream else Reply.json(wire.whole(answer)))
        given = aclient if function is aprompt else client
        return module.call("m-1", tools=[get_weather], stream=stream, client=given)(function)("Oslo")

    response = call(prompt, text, stream=False)
    assert response.content == "Hello", response
    assert call(prompt, tool, stream=False).tool.call() == "Rain in Oslo."
    with closing(call(prompt, text, stream=True)) as stream:
        assert "".join(chunk.content for chunk, _ in stream) == "Hello", stream
        assert stream.construct_call_response().content == "Hello"
    assert [found.call() for _, found in call(prompt, tool, stream=True) if found] == ["Rain in Oslo."]

    async def main() -> None:
        assert (await call(aprompt, text, stream=False)).content == "Hello"
        stream = await call(aprompt, text, stream=True)
        assert "".join([chunk.content async for chunk, _ in stream]) == "Hello", stream
        found = [found async for _, found in await call(aprompt, tool, stream=True) if found]
        assert [each.call() for each in found] == ["Rain in Oslo."]
        if aclient is not None and aclient is not client:
            await aclient.close()

    asyncio.run(main())
    print(f"{name}: whole, streamed and tools, sync and async")


def check_local() -> None:
    """Stream a real answer from the embedded model. Its weights have to be installed."""
    local: Any = importlib.import_module("mirascope_like.core.local")

    @local.call("smollm2-135m", stream=True, call_params={"max_tokens": 8})
    def recommend(genre: str) -> str:
        return f"Recommend a {genre} book"

    stream = recommend("fantasy")
    text = "".join(chunk.content for chunk, _ in stream)
    assert text, stream
    assert stream.construct_call_response().content == text
    print(f"local: {text!r}")


def main(extra: str) -> None:
    """Check one extra. Exits with an error where it does not import or call."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY", "CO_API_KEY", "GEMINI_API_KEY"):
        os.environ[name] = "sk-test"
    for module in ("mirascope_like.core", "mirascope_like.llm", MODULES.get(extra, "mirascope_like")):
        print(importlib.import_module(module).__name__, "imports")
    if extra == "local":
        check_local()
    for name, wire, clients in EXTRAS.get(extra, ()):
        module, _, kind = wire.partition(".")  # imported here: Bedrock's needs its SDK
        with Server() as server:
            check(server, name, getattr(importlib.import_module(f"tests.conformance.wires.{module}"), kind)(), clients)


if __name__ == "__main__":
    main(sys.argv[1])
