"""Clients that cannot make the call: another SDK's, or of an older version of the API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anthropic
import cohere
import httpx
import openai
import pytest

from mirascope_like.core import ConfigurationError
from tests.conformance.contract import BaseRow
from tests.conformance.rows import COHERE, EVERY, GEMINI
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server

WANTED = {
    "openai": "openai.OpenAI(...) or openai.AsyncOpenAI(...)",
    "anthropic": "anthropic.Anthropic(...) or anthropic.AsyncAnthropic(...)",
    "groq": "groq.Groq(...) or groq.AsyncGroq(...)",
    "azure": "openai.AzureOpenAI(...) or openai.AsyncAzureOpenAI(...)",
    "mistral": "mistralai.client.Mistral(...)",
    "cohere": "cohere.ClientV2(...) or cohere.AsyncClientV2(...)",
    "google": "google.genai.Client(...)",
    "vertex": "google.genai.Client(...)",
    "gemini": "GenerativeModel(...) or GenerativeServiceClient(...)",
    "bedrock": "boto3.client('bedrock-runtime')",
    "ollama": "openai.OpenAI(...) or openai.AsyncOpenAI(...)",
    "openrouter": "openai.OpenAI(...) or openai.AsyncOpenAI(...)",
    "xai": "openai.OpenAI(...) or openai.AsyncOpenAI(...)",
}


def called(row: BaseRow, client: Any) -> list[str]:
    """Return the errors that the four kinds of calls raise for a client."""

    async def main(call: Callable[[Any], Any]) -> None:
        await call(client)

    messages: list[str] = []
    for call in (row.ask, lambda given: row.stream(given).collect()):
        with pytest.raises(ConfigurationError) as caught:
            call(client)
        messages.append(str(caught.value))
    for acall in (row.aask, lambda given: row.astream(given).collect()):
        with pytest.raises(ConfigurationError) as caught:
            asyncio.run(main(acall))
        messages.append(str(caught.value))
    return messages


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_client_of_another_sdk(row: BaseRow) -> None:
    with (
        openai.OpenAI(api_key="sk-test", http_client=openai.DefaultHttpxClient(verify=False)) as of_openai,
        anthropic.Anthropic(api_key="sk-test", http_client=anthropic.DefaultHttpxClient(verify=False)) as of_anthropic,
    ):
        client: Any = of_openai if row.id == "anthropic" else of_anthropic
        for message in called(row, client):
            assert f"{type(client).__name__} has no " in message
            assert f"pass client={WANTED[row.id.removesuffix('.responses')]}" in message


def test_cohere_clients_of_version_1(server: Server) -> None:
    """`cohere.Client`, which v1's documentation passes, sends to version 2 of the API with its `v2`."""
    answer = Answer("Hello")
    with httpx.Client() as http:
        client: Any = cohere.Client("sk-test", base_url=server.url, httpx_client=http)
        server.reply(COHERE.wire.answered(answer), COHERE.wire.streamed(answer))
        assert COHERE.ask(client).content == COHERE.stream(client).collect().content == "Hello"

    async def main() -> tuple[str, str]:
        async with httpx.AsyncClient() as http:
            client: Any = cohere.AsyncClient("sk-test", base_url=server.url, httpx_client=http)
            return (await COHERE.aask(client)).content, (await COHERE.astream(client).collect()).content

    server.reply(COHERE.wire.answered(answer), COHERE.wire.streamed(answer))
    assert asyncio.run(main()) == ("Hello", "Hello")
    assert {request.path for request in server.requests} == {"/v2/chat"}


def test_cohere_clients_of_other_platforms(server: Server) -> None:
    class PlatformClient(cohere.Client):
        """A client that translates the requests of version 1, such as the SDK's own for Bedrock and SageMaker."""

    with httpx.Client() as http:
        client = PlatformClient("sk-test", base_url=server.url, httpx_client=http)
        version_1 = "PlatformClient is a client for version 1 of Cohere's API: pass client=cohere.ClientV2(...)"
        needs_async = "an async call needs an async client: pass cohere.AsyncClientV2(...)"
        assert called(COHERE, client) == [f"{version_1} or cohere.AsyncClientV2(...)"] * 2 + [needs_async] * 2
    assert not server.requests


class AsyncClient:
    async def generate_content(self, *given: Any, **options: Any) -> None: ...

    async def stream_generate_content(self, *given: Any, **options: Any) -> None: ...


def test_async_client_of_an_sdk_that_is_called_in_threads() -> None:
    for message in called(GEMINI, AsyncClient()):
        assert message == f"AsyncClient is an async client: pass client={WANTED[GEMINI.id]}"
