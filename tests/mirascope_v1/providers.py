"""The providers that programs run on: their names in programs for v1, and default clients, which call the server."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

import openai
import pytest
from mistralai.client.sdkconfiguration import SERVERS
from openai.types.chat import ChatCompletion

from tests.conformance.rows import COHERE, GEMINI, GOOGLE, VERTEX
from tests.conformance.wires.answer import Wire
from tests.conformance.wires.bedrock import BedrockWire
from tests.conformance.wires.chat import ChatWire, MistralWire
from tests.conformance.wires.messages import MessagesWire
from tests.harness.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)  # the SDK says that it is retired
    from google import generativeai

Patch = pytest.MonkeyPatch


@dataclass(frozen=True)
class Provider:
    """A provider: what takes the place of OpenAI in a program, and how its default client calls the server."""

    wire: Wire
    prefix: str
    """What its classes are called by."""
    variables: dict[str, str] = field(default_factory=dict[str, str])
    """The environment; `{url}` is the server's."""
    model: str = "m"
    named: str = ""
    """The name of the model in its answers, if that is another."""
    prepare: Callable[[Server, Patch], None] = lambda server, patch: None

    @property
    def answers(self) -> str:
        """The name of the model in its answers."""
        return self.named or self.model

    def set_up(self, server: Server, patch: Patch) -> None:
        for name, value in self.variables.items():
            patch.setenv(name, value.format(url=server.url))
        self.prepare(server, patch)


def _prepare_mistral(server: Server, patch: Patch) -> None:
    patch.setitem(SERVERS, "global", server.url)  # no variable sets the URL


def _prepare_gemini(server: Server, patch: Patch) -> None:
    from google.generativeai import client

    patch.setattr(client, "_client_manager", client._ClientManager())  # type: ignore[attr-defined]
    configure: Any = generativeai.__dict__["configure"]
    configure(api_key="key", transport="rest", client_options={"api_endpoint": server.url})


def _prepare_litellm(server: Server, patch: Patch) -> None:
    made: Any = ModuleType("litellm")
    made.completion = partial(_complete, f"{server.url}/v1")
    made.acompletion = partial(_acomplete, f"{server.url}/v1")
    made.ModelResponse = ChatCompletion.construct
    patch.setitem(sys.modules, "litellm", made)


def _complete(url: str, **payload: Any) -> Any:
    with openai.OpenAI(base_url=url, api_key="key") as client:
        response = client.chat.completions.create(**payload)
        return iter(list(response)) if payload.get("stream") else response


async def _acomplete(url: str, **payload: Any) -> Any:
    async with openai.AsyncOpenAI(base_url=url, api_key="key") as client:
        response = await client.chat.completions.create(**payload)
        return _later([one async for one in response]) if payload.get("stream") else response


async def _later(events: list[Any]) -> Any:
    for event in events:
        yield event


_AWS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}
OPENAI = {"OPENAI_API_KEY": "key", "OPENAI_BASE_URL": "{url}/v1"}

PROVIDERS = {
    "openai": Provider(ChatWire(), "OpenAI", OPENAI, "gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
    "anthropic": Provider(
        MessagesWire(), "Anthropic", {"ANTHROPIC_API_KEY": "key", "ANTHROPIC_BASE_URL": "{url}"}, "claude-sonnet-5"
    ),
    "azure": Provider(
        ChatWire(), "Azure", {"AZURE_INFERENCE_CREDENTIAL": "key", "AZURE_INFERENCE_ENDPOINT": "{url}"}, "gpt-4o-mini"
    ),
    "bedrock": Provider(
        BedrockWire(), "Bedrock", {**_AWS, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "{url}"}, "amazon.nova-lite-v1:0"
    ),
    "cohere": Provider(COHERE.wire, "Cohere", {"CO_API_KEY": "key", "CO_API_URL": "{url}"}, "command-r"),
    "gemini": Provider(GEMINI.wire, "Gemini", {}, "gemini-2.0-flash", prepare=_prepare_gemini),
    "google": Provider(
        GOOGLE.wire, "Google", {"GOOGLE_API_KEY": "key", "GOOGLE_GEMINI_BASE_URL": "{url}"}, "gemini-2.0-flash"
    ),
    "groq": Provider(
        ChatWire("reasoning", whole_calls=True),
        "Groq",
        {"GROQ_API_KEY": "key", "GROQ_BASE_URL": "{url}"},
        "llama-3.1-8b-instant",
    ),
    "litellm": Provider(ChatWire(), "LiteLLM", {}, "gpt-4o-mini", prepare=_prepare_litellm),
    "mistral": Provider(
        MistralWire(), "Mistral", {"MISTRAL_API_KEY": "key"}, "mistral-small", prepare=_prepare_mistral
    ),
    "vertex": Provider(
        VERTEX.wire, "Vertex", {"GOOGLE_API_KEY": "key", "GOOGLE_VERTEX_BASE_URL": "{url}"}, "gemini-2.0-flash"
    ),
    "xai": Provider(ChatWire("reasoning"), "XAI", {"XAI_API_KEY": "key", "XAI_BASE_URL": "{url}/v1"}, "grok-3"),
    "local": Provider(ChatWire(), "Local", {}, "smollm2-135m"),
}
"""The providers, by their names in v1's programs. The answers of `local` are those of the embedded model."""
