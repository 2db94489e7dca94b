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
from tests.conformance.rows import BEDROCK, COHERE, EVERY, GEMINI
from tests.harness.server import Server

WANTED = {
    "openai": "openai.OpenAI(...) or openai.AsyncOpenAI(...)",
    "anthropic": "anthropic.Anthropic(...) or anthropic.AsyncAnthropic(...)",
    "groq": "groq.Groq(...) or groq.AsyncGroq(...)",
    "azure": "openai.AzureOpenAI(...) or openai.AsyncAzureOpenAI(...)",
    "mistral": "mistralai.client.Mistral(...)",
    "cohere": "cohere.ClientV2(...) or cohere.AsyncClientV2(...)",
    "google": "google.genai.Client(...)",
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

    said: list[str] = []
    for call in (row.ask, lambda given: row.stream(given).collect()):
        with pytest.raises(ConfigurationError) as caught:
            call(client)
        said.append(str(caught.value))
    for acall in (row.aask, lambda given: row.astream(given).collect()):
        with pytest.raises(ConfigurationError) as caught:
            asyncio.run(main(acall))
        said.append(str(caught.value))
    return said


@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_client_of_another_sdk(row: BaseRow) -> None:
    with (
        openai.OpenAI(api_key="sk-test", http_client=openai.DefaultHttpxClient(verify=False)) as of_openai,
        anthropic.Anthropic(api_key="sk-test", http_client=anthropic.DefaultHttpxClient(verify=False)) as of_anthropic,
    ):
        client: Any = of_openai if row.id == "anthropic" else of_anthropic
        for said in called(row, client):
            assert f"{type(client).__name__} has no " in said
            assert f"pass client={WANTED[row.id.removesuffix('.responses')]}" in said


def test_cohere_clients_of_version_1(server: Server) -> None:
    version_1 = (
        "is a client for version 1 of Cohere's API: pass client=cohere.ClientV2(...) or cohere.AsyncClientV2(...)"
    )
    sync: Any = cohere.Client("sk-test", base_url=server.url, httpx_client=httpx.Client(verify=False))
    needs_async = "an async call needs an async client: pass cohere.AsyncClientV2(...)"
    assert called(COHERE, sync) == [f"Client {version_1}"] * 2 + [needs_async] * 2
    http = httpx.AsyncClient(verify=False)
    asynchronous: Any = cohere.AsyncClient("sk-test", base_url=server.url, httpx_client=http)
    needs_sync = "a sync call cannot use an async client: pass cohere.ClientV2(...)"
    assert called(COHERE, asynchronous) == [needs_sync] * 2 + [f"AsyncClient {version_1}"] * 2
    assert not server.requests


class AsyncClient:
    async def converse(self, **given: Any) -> None: ...

    async def converse_stream(self, **given: Any) -> None: ...

    async def generate_content(self, *given: Any, **options: Any) -> None: ...

    async def stream_generate_content(self, *given: Any, **options: Any) -> None: ...


@pytest.mark.parametrize("row", [BEDROCK, GEMINI], ids=lambda row: row.id)
def test_async_client_of_an_sdk_that_is_called_in_threads(row: BaseRow) -> None:
    for said in called(row, AsyncClient()):
        assert said == f"AsyncClient is an async client: pass client={WANTED[row.id]}"
