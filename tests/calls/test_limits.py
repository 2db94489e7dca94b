"""The token limit, under any of its names, is sent under the name that the model accepts; the role `developer`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mirascope_like import llm
from mirascope_like.core import BadRequestError, BaseMessageParam, Messages, anthropic, azure, google, openai
from mirascope_like.core.base.request import Request
from mirascope_like.llm.providers import provider_named
from tests.conformance.contract import BaseRow
from tests.conformance.providers import AZURE, GROQ, OPENAI
from tests.conformance.rows import EVERY, OPENROUTER
from tests.conformance.wires.answer import Answer
from tests.errors.test_parameters import ask, ask_ways, stream_ways
from tests.harness.server import Reply, Server

pytestmark = pytest.mark.filterwarnings("ignore:.*including_default_value_fields:DeprecationWarning")

LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens")
BOTH = ("openai", "azure", "groq", "openrouter")
"""Whose chat completions take both names. Sources: the references of OpenAI, Groq and OpenRouter."""
NAMES = {
    "openai.responses": "max_output_tokens",
    "azure.responses": "max_output_tokens",
    "xai.responses": "max_output_tokens",
    "google": "maxOutputTokens",
    "vertex": "maxOutputTokens",
    "gemini": "maxOutputTokens",
    "bedrock": "maxTokens",
}
"""What the limit is called elsewhere; "max_tokens" where nothing stands. Sources: the providers' references."""


def limits(body: Any) -> dict[str, Any]:
    """The limits in a request, wherever they stand."""
    if not isinstance(body, dict):
        return {}
    own = {name: body[name] for name in LIMITS if name in body}
    return {**own, **{name: one for value in body.values() for name, one in limits(value).items()}}


@stream_ways
@ask_ways
@pytest.mark.parametrize("given", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_both_names_are_accepted(row: BaseRow, given: str, asynchronous: bool, stream: bool, server: Server) -> None:
    body = ask(row, server, stream=stream, asynchronous=asynchronous, call_params={given: 7})
    assert limits(body) == {given if row.id in BOTH else NAMES.get(row.id, "max_tokens"): 7}


@stream_ways
@pytest.mark.parametrize("given", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("row", EVERY, ids=lambda row: row.id)
def test_both_names_are_accepted_by_llm(row: BaseRow, given: str, stream: bool, server: Server) -> None:
    server.reply(row.wire.streamed(Answer("ok")) if stream else row.wire.answered(Answer("ok")))
    with row.client(server) as client:
        params: Any = {given: 7}

        @llm.call(provider=row.id, model="m", client=client, stream=stream, call_params=params)
        def hi() -> str:
            return "Hi"

        answer: Any = hi()
        if stream:
            answer.collect()
    assert limits(row.wire.body(server.request)) == {given if row.id in BOTH else NAMES.get(row.id, "max_tokens"): 7}


@pytest.mark.parametrize("model", ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "gpt-5.1-codex", "ft:gpt-5-mini:me"])
@pytest.mark.parametrize("provider", [openai.call.provider, azure.call.provider])
@pytest.mark.parametrize("given", ["max_tokens", "max_completion_tokens"])
def test_reasoning_models(model: str, provider: Any, given: str) -> None:
    # OpenAI's error: "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    payload = provider.payload(Request("openai", model, [Messages.User("Hi")], call_params={given: 7}))
    assert limits(payload) == {"max_completion_tokens": 7}


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "gpt-3.5-turbo", "llama3.2:1b", "omni-moderation"])
def test_other_models_are_sent_what_is_given(model: str) -> None:
    # A server of another's, asked through OpenAI's SDK, may know `max_tokens` alone.
    for given in ("max_tokens", "max_completion_tokens"):
        request = Request("openai", model, [Messages.User("Hi")], call_params={given: 7})
        assert limits(openai.call.provider.payload(request)) == {given: 7}


def test_the_limit_given_last_counts(server: Server) -> None:
    server.always(OPENAI.wire.answered(Answer("ok")))
    with OPENAI.client(server) as client:
        model = openai.model("gpt-4o", client=client, max_tokens=5)
        model.ask("Hi", call_params={"max_completion_tokens": 9})
        assert limits(server.request.json) == {"max_completion_tokens": 9}


REFUSED = {
    "error": {
        "message": "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.",
        "type": "invalid_request_error",
        "param": "max_tokens",
        "code": "unsupported_parameter",
    }
}


@stream_ways
@ask_ways
@pytest.mark.parametrize("row", [OPENAI, AZURE, GROQ, OPENROUTER], ids=lambda row: row.id)
def test_a_refused_name_is_replaced_once(row: BaseRow, asynchronous: bool, stream: bool, server: Server) -> None:
    # The name of a deployment on Azure says nothing of the model behind it.
    wire = row.wire
    server.reply(
        Reply.json(REFUSED, status=400), wire.streamed(Answer("ok")) if stream else wire.answered(Answer("ok"))
    )

    async def main() -> Any:
        async with row.aclient(server) as client:
            params = {"call_params": {"max_tokens": 7}}
            return await (row.astream(client, **params).collect() if stream else row.aask(client, **params))

    if asynchronous:
        response = asyncio.run(main())
    else:
        with row.client(server) as client:
            options: Any = {"call_params": {"max_tokens": 7}}
            response = row.stream(client, **options).collect() if stream else row.ask(client, **options)
    assert response.content == "ok"
    sent = [limits(request.json) for request in server.requests]
    assert sent == [{"max_tokens": 7}, {"max_completion_tokens": 7}]


@stream_ways
def test_a_limit_that_is_too_large_is_not_sent_again(stream: bool, server: Server) -> None:
    # The report of a wrong value names the parameter too.
    error = {"message": "max_tokens is too large: 99999. This model supports at most 16384 tokens.", "code": None}
    server.reply(Reply.json({"error": error}, status=400))
    params = {"max_tokens": 99999}
    with OPENAI.client(server) as client, pytest.raises(BadRequestError, match="too large"):
        OPENAI.stream(client, call_params=params).collect() if stream else OPENAI.ask(client, call_params=params)
    assert len(server.requests) == 1


TALK = [BaseMessageParam(role="developer", content="Be brief"), Messages.User("Hi")]


def test_a_message_of_the_developer() -> None:
    # OpenAI's reference: "With o1 models and newer, `developer` messages replace the previous `system` messages."
    for provider, key in ((openai, "messages"), (azure, "messages"), (openai.responses, "input")):
        sent = provider.call.provider.payload(Request("p", "m", TALK))[key]
        assert sent[0] == {"role": "developer", "content": "Be brief"}
    for name in ("groq", "mistral", "cohere", "ollama", "openrouter", "xai"):
        sent = provider_named(name).payload(Request("p", "m", TALK))["messages"]
        assert sent[0] == {"role": "system", "content": "Be brief"}
    assert anthropic.call.provider.payload(Request("p", "m", TALK))["system"] == "Be brief"
    found = google.call.provider.payload(Request("p", "m", TALK))["config"]["system_instruction"]
    assert "Be brief" in str(found)
