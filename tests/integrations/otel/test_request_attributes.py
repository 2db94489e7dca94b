"""The parameters of requests, under the names of the conventions, whatever a provider calls them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import anthropic
import openai
import pytest
from pydantic import BaseModel

from mirascope_like import llm
from mirascope_like.core import hosts
from mirascope_like.integrations.otel import with_otel
from mirascope_like.integrations.otel.server import provider_name, server_of
from tests.conformance.contract import BaseRow
from tests.conformance.providers import ANTHROPIC, GROQ, MISTRAL, OPENAI, RESPONSES
from tests.conformance.rows import BEDROCK, COHERE, GEMINI, GOOGLE, VERTEX
from tests.conformance.wires.answer import Answer
from tests.harness.server import Server
from tests.integrations.otel.telemetry import Telemetry

REQUEST = "gen_ai.request."
SAMPLING = {f"{REQUEST}temperature": 0.5, f"{REQUEST}top_p": 0.9}


class Book(BaseModel):
    """A book."""

    title: str


PARAMETERS: list[tuple[BaseRow, dict[str, Any], dict[str, Any]]] = [
    # (provider, call_params, attributes)
    (
        OPENAI,
        {
            "temperature": 0.5,
            "top_p": 0.9,
            "seed": 7,
            "max_completion_tokens": 9,
            "n": 2,
            "stop": "END",
            "frequency_penalty": 0.1,
            "presence_penalty": 0.2,
            "reasoning_effort": "low",
        },
        {
            **SAMPLING,
            f"{REQUEST}seed": 7,
            f"{REQUEST}max_tokens": 9,
            f"{REQUEST}choice.count": 2,
            f"{REQUEST}stop_sequences": ("END",),
            f"{REQUEST}reasoning.level": "low",
            f"{REQUEST}frequency_penalty": 0.1,
            f"{REQUEST}presence_penalty": 0.2,
        },
    ),
    (OPENAI, {"n": 1}, {}),  # the conventions leave 1 out
    (OPENAI, {"response_format": {"type": "json_object"}}, {"gen_ai.output.type": "json"}),
    (OPENAI, {"response_format": {"type": "text"}}, {"gen_ai.output.type": "text"}),
    (
        OPENAI,
        {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
        {"gen_ai.output.type": "speech"},
    ),
    (OPENAI, {"extra_body": {"top_k": 40}}, {f"{REQUEST}top_k": 40.0}),
    (
        RESPONSES,
        {
            "max_output_tokens": 9,
            "previous_response_id": "resp_0",
            "reasoning": {"effort": "high"},
            "conversation": "conv_1",
        },
        {
            f"{REQUEST}max_tokens": 9,
            f"{REQUEST}previous_response.id": "resp_0",
            f"{REQUEST}reasoning.level": "high",
            "gen_ai.conversation.id": "conv_1",
        },
    ),
    (RESPONSES, {"conversation": {"id": "conv_2"}}, {"gen_ai.conversation.id": "conv_2"}),
    (RESPONSES, {"text": {"format": {"type": "json_object"}}}, {"gen_ai.output.type": "json"}),
    (
        ANTHROPIC,
        {"max_tokens": 9, "top_k": 5, "stop_sequences": ["A", "B"]},
        {f"{REQUEST}max_tokens": 9, f"{REQUEST}top_k": 5.0, f"{REQUEST}stop_sequences": ("A", "B")},
    ),
    (GROQ, {"temperature": 0.5, "top_p": 0.9, "max_tokens": 9}, {**SAMPLING, f"{REQUEST}max_tokens": 9}),
    (MISTRAL, {"random_seed": 7, "max_tokens": 9}, {f"{REQUEST}seed": 7, f"{REQUEST}max_tokens": 9}),
    (COHERE, {"p": 0.9, "k": 5, "seed": 7}, {f"{REQUEST}top_p": 0.9, f"{REQUEST}top_k": 5.0, f"{REQUEST}seed": 7}),
    (
        BEDROCK,
        {"temperature": 0.5, "top_p": 0.9, "max_tokens": 9, "stop": "END"},
        {**SAMPLING, f"{REQUEST}max_tokens": 9, f"{REQUEST}stop_sequences": ("END",)},
    ),
    *(
        (
            row,
            {
                container: {
                    "temperature": 0.5,
                    "top_p": 0.9,
                    "max_output_tokens": 9,
                    "stop_sequences": ["END"],
                    "candidate_count": 2,
                    "response_mime_type": "application/json",
                }
            },
            {
                **SAMPLING,
                f"{REQUEST}max_tokens": 9,
                f"{REQUEST}choice.count": 2,
                f"{REQUEST}stop_sequences": ("END",),
                "gen_ai.output.type": "json",
            },
        )
        for row, container in ((GOOGLE, "config"), (VERTEX, "config"), (GEMINI, "generation_config"))
    ),
    (GOOGLE, {"top_k": 5}, {f"{REQUEST}top_k": 5.0}),
    (GOOGLE, {"thinking_config": {"thinking_level": "high"}}, {f"{REQUEST}reasoning.level": "high"}),
    (GOOGLE, {"response_modalities": ["TEXT", "IMAGE"]}, {"gen_ai.output.type": "image"}),
]
PARTS = (REQUEST, "gen_ai.output.type", "gen_ai.conversation.id")


@pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")
@pytest.mark.parametrize(
    ("row", "params", "expected"), PARAMETERS, ids=[f"{row.id}-{','.join(params)}" for row, params, _ in PARAMETERS]
)
def test_parameters(
    row: BaseRow, params: dict[str, Any], expected: dict[str, Any], server: Server, telemetry: Telemetry
) -> None:
    server.reply(row.wire.answered(Answer("Hello")))
    with row.client(server) as client:
        with_otel(**telemetry.options)(row.decorated(client, call_params=params))("Hi")
    attrs = telemetry.starts("chat m")
    found = {name: value for name, value in attrs.items() if name.startswith(PARTS) and name != f"{REQUEST}model"}
    assert found == expected


def test_top_k_is_a_whole_number_in_the_newer_conventions(server: Server, telemetry: Telemetry) -> None:
    """PR 217 of the conventions changed its type from double to int."""
    server.reply(ANTHROPIC.wire.answered(Answer("Hello")))
    with ANTHROPIC.client(server) as client:
        call = ANTHROPIC.decorated(client, call_params={"top_k": 5})
        with_otel(conventions="0.1", **telemetry.options)(call)("Hi")
    span = telemetry.one()
    assert type(span.attributes["gen_ai.request.top_k"]) is int
    assert span.instrumentation_scope.schema_url == "https://opentelemetry.io/schemas/gen-ai/0.1.0"


@pytest.mark.parametrize("given", ["thread-1", lambda call: call.arguments["prompt"]], ids=["text", "function"])
def test_the_conversation(given: Any, server: Server, telemetry: Telemetry) -> None:
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    with OPENAI.client(server) as client:
        with_otel(conversation=given, **telemetry.options)(OPENAI.decorated(client))("thread-1")
    assert telemetry.starts("chat m")["gen_ai.conversation.id"] == "thread-1"


# Values that a structured output cannot hold


@pytest.mark.parametrize("kind", [list[str], Book, int])
def test_a_response_model_that_cannot_hold_its_response(kind: Any, server: Server, telemetry: Telemetry) -> None:
    answers = {list[str]: '{"value": ["a"]}', Book: '{"title": "Emma"}', int: '{"value": 3}'}
    server.reply(OPENAI.wire.answered(Answer(answers[kind])))
    with OPENAI.client(server) as client:
        call = OPENAI.decorated(client, response_model=kind, json_mode=True)
        with_otel(**telemetry.options)(call)("Hi")
    attrs = telemetry.one().attributes
    assert (attrs["gen_ai.response.model"], attrs["gen_ai.usage.output_tokens"]) == ("m-1", 5)


# Where a request is sent


@pytest.mark.parametrize(
    ("provider", "client", "name", "server"),
    [
        # The addresses are those of the SDKs' own defaults.
        ("openai", openai.OpenAI(api_key="k", base_url="https://api.openai.com/v1"), "openai", "api.openai.com:443"),
        ("openai", openai.OpenAI(api_key="k", base_url="http://[::1]:8080/v1"), "openai", "::1:8080"),
        (
            "openai",
            openai.AzureOpenAI(api_key="k", azure_endpoint="https://x.openai.azure.com", api_version="v"),
            "azure.ai.openai",
            "x.openai.azure.com:443",
        ),
        ("anthropic", anthropic.AsyncAnthropic(api_key="k"), "anthropic", "api.anthropic.com:443"),
        ("anthropic", SimpleNamespace(base_url=""), "anthropic", None),
        ("openai.responses", None, "openai", None),
        ("moonshot", None, "moonshot_ai", None),
        ("perplexity", None, "perplexity", None),
    ],
)
def test_the_server(provider: str, client: Any, name: str, server: str | None) -> None:
    assert provider_name(provider, client) == name
    found = server_of(client, provider)
    assert (f"{found[0]}:{found[1]}" if found else None) == server


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_default_client(
    asynchronous: bool, server: Server, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request makes the client, so only its later ones have the address at their start."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
    server.always(OPENAI.wire.answered(Answer("Hello")))

    async def main() -> None:
        call = with_otel(**telemetry.options)(OPENAI.adecorated())
        await call("Hi")
        await call("Hi")

    if asynchronous:
        asyncio.run(main())
    else:
        call = with_otel(**telemetry.options)(OPENAI.decorated())
        call("Hi")
        call("Hi")
    port = int(server.url.rpartition(":")[2])
    assert [span.attributes["server.port"] for span in telemetry.spans if span.attributes] == [port, port]
    assert telemetry.starts("chat m")["server.port"] == port


def test_a_host(server: Server, telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPSEEK_API_KEY", "sk-test")
    monkeypatch.setenv("DEEPSEEK_BASE_URL", f"{server.url}/v1")
    server.reply(OPENAI.wire.answered(Answer("Hello")))
    with_otel(**telemetry.options)(hosts.deepseek.call("m")(lambda: "Hi"))()
    assert telemetry.one().attributes["gen_ai.provider.name"] == "deepseek"


def test_llm(server: Server, telemetry: Telemetry) -> None:
    server.reply(RESPONSES.wire.answered(Answer("Hello")))
    with RESPONSES.client(server) as client:
        call = llm.call("openai.responses:m", client=client)(lambda: "Hi")
        with_otel(**telemetry.options)(call)()
    attrs = telemetry.starts("chat m")
    assert (attrs["gen_ai.provider.name"], attrs["server.address"]) == ("openai", "127.0.0.1")
